"""The derivation: every number of the output stands in it, down to the response."""

import pytest

from assessments.scoring.evaluate import evaluate
from tests.scoring.conftest import GOOD, POOR, costs, facts, option


@pytest.fixture
def data(small):
    machine = {"gpus_per_replica": 1, "gpu_price_per_hour": 1, "tokens_per_second_per_replica": 100, "utilisation_limit": 1}
    own = option("own", POOR, sourcing="self_hosted_open")
    own = type(own)(**{**vars(own), "costs": costs("USD", infrastructure=machine, support={"fte": (1, 2, 3), "fte_cost_per_year": 1000})})
    silent = option("silent", {k: v for k, v in GOOD.items() if k != "uptime"})
    return evaluate(small, facts(option("one"), own, silent)).as_dict(trace=True)


def nodes(node):
    yield node
    for part in node["inputs"]:
        yield from nodes(part)


def test_every_number_of_the_output_stands_in_the_trace(data):
    found = {n["key"]: n["value"] for n in nodes(data["trace"]) if "key" in n}
    for option_data in data["options"]:
        key = f"options.{option_data['id']}"
        assert found[f"{key}.score"] == option_data["score"]
        assert found[f"{key}.score_best"] == option_data["score_best"]
        assert found[f"{key}.completeness"] == option_data["completeness"]
        for criterion, value in option_data["values"].items():
            for part in ("value", "best", "weight", "completeness"):
                assert found[f"{key}.values.{criterion}.{part}"] == value[part]
        assert found[f"{key}.costs.total.likely"] == option_data["costs"]["total"]["likely"]
        assert found[f"{key}.costs.per_million_tokens"] == option_data["costs"]["per_million_tokens"]
        assert found[f"{key}.costs.replicas_at_end"] == str(option_data["costs"]["replicas_at_end"])
        for category, amount in option_data["costs"]["by_category"].items():
            assert found[f"{key}.costs.by_category.{category}"] == amount
    for position, crossing in enumerate(data["break_even"]):
        assert found[f"break_even.{position}.tokens_per_month"] == (crossing["tokens_per_month"] or "none")


def test_a_value_leads_down_to_the_response(data):
    sla = next(n for n in nodes(data["trace"]) if n.get("question") == "sla" and n["value"] == "0.5000")
    assert (sla["name"], sla["basis"], sla["source"]) == ("Question sla?", "unsupported", ["s"])
    assert sla["formula"] == "weight 3; value of the choice: part = 0.5"
    assert [n["value"] for n in sla["inputs"]] == ["part"]


def test_a_missing_answer_is_named_where_it_costs_points(data):
    silent = next(n for n in nodes(data["trace"]) if n.get("key") == "options.silent.values.service.value")
    assert "weight 1; unanswered: 0" in [n["formula"] for n in silent["inputs"]]


def test_a_figure_says_its_range_and_its_rate(data):
    support = next(n for n in nodes(data["trace"]) if n.get("key") == "options.own.costs.by_category.support")
    assert {n["name"]: (n["value"], n["formula"]) for n in support["inputs"]}.items() >= {
        "fte": ("2", "likely, of 1 to 3"),
        "fte_cost_per_year": ("1000", ""),
        "EUR for one USD": ("0.9", "newest rate of the catalogue by the day"),
        "horizon in months": ("12", ""),
    }.items()


def test_without_being_asked_for_there_is_none(small):
    assert "trace" not in evaluate(small, facts()).as_dict()
