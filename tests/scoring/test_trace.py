"""The derivation: every number of the output stands in it, down to the response."""

from math import prod

import pytest

from assessments.scoring import printed
from assessments.scoring.evaluate import evaluate
from compliance.catalogue.risk import LossChange
from tests.scoring.conftest import GOOD, POOR, D, costs, facts, option, release, robustness, scenario


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
        "fte": ("2", "most likely, from 1 to 3"),
        "fte cost per year": ("1000", ""),
        "EUR for one USD": ("0.9", "rate of 1 June 2026"),
        "horizon in months": ("12", ""),
    }.items()


def test_who_runs_no_replicas_has_no_figures_of_theirs(data):
    found = {n["key"]: n for n in nodes(data["trace"]) if "key" in n}
    none, some = (found[f"options.{o}.costs.replicas_at_end"] for o in ("one", "own"))
    assert (none["value"], none["formula"], none["inputs"]) == ("0", "it runs none", [])
    assert {"hours per month": "730", "minimum replicas": "1"}.items() <= {n["name"]: n["value"] for n in some["inputs"]}.items()
    assert found["options.one.costs.by_category.scaling"]["inputs"] == []


def test_what_is_listed_below_a_loss_gives_the_loss():
    """Each factor stands where it is multiplied: frequency with the events, severity with the cost of one."""
    changes = (
        LossChange("rarer", "Rarer", 'sla == "full"', ("s",), D("0.5"), D(1)),
        LossChange("milder", "Milder", 'sla == "full"', ("s",), D(1), D("0.25")),
        LossChange("both", "Both", 'sla == "full"', ("s",), D("0.8"), D("0.9")),
    )
    lossy = release(losses=(scenario("outage", changes=changes),), robustness=robustness())
    tree = evaluate(lossy, facts(option("one", GOOD)), draws=0).as_dict(trace=True)["trace"]
    whole = next(n for n in nodes(tree) if n.get("key") == "options.one.loss.scenarios.outage")
    events, cost = whole["inputs"]

    def factors(of):
        return {n["name"]: D(n["value"].removeprefix("× ")) for n in of["inputs"] if n["value"].startswith("× ")}

    assert factors(events) == {"Rarer": D("0.5"), "Both": D("0.8")}
    assert {"Milder": D("0.25"), "Both": D("0.9")}.items() <= factors(cost).items()
    low, likely, high = 1, 2, 4
    assert abs(D(events["value"]) - D(low + 4 * likely + high) / 6 * prod(factors(events).values())) < D("1e-7")
    median = next(D(n["value"]) for n in cost["inputs"] if n["name"] == "median cost of one event")
    assert abs(D(cost["value"]) - median * prod(factors(cost).values())) < D("0.01")
    assert abs(D(whole["value"]) - D(events["value"]) * D(cost["value"])) < D("0.01")


def test_without_being_asked_for_there_is_none(small):
    assert "trace" not in evaluate(small, facts()).as_dict()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("480000000", "", "480,000,000"),
        ("534317.34", "EUR", "EUR 534,317.34"),
        ("-314550.22", "EUR", "EUR −314,550.22"),
        ("180000", "USD per year", "USD 180,000 per year"),
        ("140000 to 220000", "USD per year", "USD 140,000 to 220,000 per year"),
        ("1839.44444444", "", "1,839.44"),
        ("1.35199167", "EUR", "EUR 1.35199"),
        ("1.0000", "", "1"),
        ("0.0765333333", "", "0.0765333"),
        ("0.0600", "share", "6 %"),
        ("0.9382, 0.0618", "share", "93.82 %, 6.18 %"),
        ("× 0.7", "", "× 0.7"),
        ("2026-11-23", "", "2026-11-23"),
        ("ISO 27001", "", "ISO 27001"),
    ],
)
def test_exact_values_in_print(value, unit, text):
    assert printed.value(value, unit) == text


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("Σ tokens × (1 + growth) ** ((m - 1) / 12)", "Σ tokens × (1 + growth)^((m − 1) / 12)"),
        ("0 at the limit 75000, 1 at 15000.5", "0 at the limit 75,000, 1 at 15,000.5"),
        (
            "value of the choice: “ISO 27001” = 0.8; on 2026-10-01 of GPT 4100",
            "value of the choice: “ISO 27001” = 0.8; on 2026-10-01 of GPT 4100",
        ),
        ("distance 0.4737, from -25615.48, 10,000 draws", "distance 0.4737, from −25,615.48, 10,000 draws"),
    ],
)
def test_formulas_in_print(formula, text):
    assert printed.sentence(formula) == text
