"""What-ifs: what a patch changes, in which order, what is wrong with one, and that it reads back from an address and from JSON."""

import json
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from assessments.scoring.evaluate import evaluate
from assessments.scoring.facts import Budget, Range, Response
from assessments.scoring.file import read_assessment
from assessments.scoring.patch import NewAnswer, NewFigure, Patch, PatchErrors, patched, what_if
from assessments.scoring.scenarios import applied, compare
from compliance.catalogue.reference import AnswerChange, PriceChange, Scenario
from compliance.releases import by_name
from tests.scoring.conftest import D, answers, costs, demand, facts, option, release

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bank-chatbot.yaml"
HARDER = Scenario(
    "harder", "Harder", "Dearer, and nothing promised.", ("s",),
    answers=(AnswerChange("sla", "none"),), weights={"cost": D(3)}, prices=(PriceChange("model_access", "input_price_per_million", D(2)),),
)  # fmt: skip
WITH_SCENARIO = release(scenarios=(HARDER,))
FULL = Patch(
    scenario="harder",
    weights={"cost": "40", "control": "0"},
    volume="2.5",
    answers=(
        NewAnswer("kind", None, "inside"),
        NewAnswer("certificates", "two", ("a", "c")),
        NewAnswer("certificates", "one", ()),
        NewAnswer("since", None, "2026-11-23"),
    ),
    figures=(NewFigure("one", "model_access", "output_price_per_million", "0.5"),),
    demand={"horizon_months": "24", "budget_limit_per_month": "9000"},
)


def errors(patch, given=None, under=WITH_SCENARIO):
    with pytest.raises(PatchErrors) as caught:
        patched(given or facts(), under, patch)
    return {e.key: e.message for e in caught.value.errors}


def test_nothing_changed_is_nothing_changed():
    given = facts()
    assert patched(given, WITH_SCENARIO, Patch()) == given
    assert what_if(WITH_SCENARIO, given, Patch()).as_dict() == evaluate(WITH_SCENARIO, given, draws=0).as_dict()


def test_the_facts_stay_as_they_were():
    given, same = facts(), facts()
    assert patched(given, WITH_SCENARIO, FULL) != given
    assert given == same


def test_answers_of_the_use_case_and_of_one_option():
    patch = Patch(answers=(NewAnswer("kind", None, "inside"), NewAnswer("uptime", "two", "99.95"), NewAnswer("audit", "one", "unknown")))
    found = patched(facts(), WITH_SCENARIO, patch)
    assert found.responses["kind"] == Response("inside")
    assert found.options[1].responses["uptime"] == Response(D("99.95"))
    assert found.options[0].responses["audit"] == Response(None, "unknown")
    assert found.options[0].responses["uptime"] == facts().options[0].responses["uptime"]


def test_several_choices_come_as_a_list_or_with_commas():
    for value in (("c", "a"), "a,c", "[c, a]"):
        found = patched(facts(), WITH_SCENARIO, Patch(answers=(NewAnswer("certificates", "one", value),)))
        assert found.options[0].responses["certificates"].value == ("a", "c")
    for value in ((), "[]", ""):
        found = patched(facts(), WITH_SCENARIO, Patch(answers=(NewAnswer("certificates", "one", value),)))
        assert found.options[0].responses["certificates"].value == ()
    found = patched(facts(), WITH_SCENARIO, Patch(answers=(NewAnswer("certificates", "one", "not-applicable"),)))
    assert found.options[0].responses["certificates"].state == "not_applicable"


def test_a_new_answer_rests_on_what_the_old_one_rested_on():
    given = facts(option("one", answers(sla=Response("part", basis="contractual"))))
    found = patched(given, WITH_SCENARIO, Patch(answers=(NewAnswer("sla", "one", "full"), NewAnswer("failover", "one", "yes"))))
    assert found.options[0].responses["sla"] == Response("full", basis="contractual")
    assert found.options[0].responses["failover"].basis == "unsupported"


def test_a_number_replaces_a_range_and_leaves_the_other_figures():
    given = facts(option("one", price=(1, 2, 9)))
    found = patched(given, WITH_SCENARIO, Patch(figures=(NewFigure("one", "model_access", "input_price_per_million", "3"),)))
    figures = found.options[0].costs.categories["model_access"]
    assert figures == {"input_price_per_million": Range.single(D(3)), "output_price_per_million": Range(D(1), D(2), D(9))}


def test_weights_that_are_left_out_keep_their_share_of_a_hundred():
    found = patched(facts(), WITH_SCENARIO, Patch(weights={"cost": "45"}))  # 5, 1, 2, 2 of ten
    assert found.weights == {"service": 50, "control": 10, "cost": 45, "time": 20}
    assert patched(facts(), WITH_SCENARIO, Patch(weights="even")).weights == "even"


def test_volume_multiplies_what_the_demand_then_says():
    found = patched(facts(), WITH_SCENARIO, Patch(volume="0.5", demand={"input_tokens_per_month": "1000"})).demand
    assert (found.input_tokens_per_month, found.output_tokens_per_month) == (500, 10_000_000)


def test_a_part_of_the_budget():
    found = patched(facts(), WITH_SCENARIO, Patch(demand={"budget_limit_per_month": "9000"}))
    assert found.demand.budget == Budget(D(1000), D(9000))
    assert errors(Patch(demand={"budget_limit_per_month": "9"})) == {
        "demand.budget_target_per_month": "1000 is above limit_per_month 9; it can't be"
    }
    assert "demand.budget_limit_per_month" in errors(Patch(demand={"budget_target_per_month": "9"}), facts(demand=demand(budget=None)))


def test_the_scenario_comes_first_and_the_rest_goes_over_it():
    alone = patched(facts(), WITH_SCENARIO, Patch(scenario="harder"))
    assert alone == applied(facts(), HARDER, WITH_SCENARIO)
    patch = Patch(
        scenario="harder",
        weights={"time": "1"},
        answers=(NewAnswer("sla", "one", "full"),),
        figures=(NewFigure("one", "model_access", "input_price_per_million", "7"),),
    )
    found = patched(facts(), WITH_SCENARIO, patch)
    first, second = found.options
    assert (first.responses["sla"].value, second.responses["sla"].value) == ("full", "none")
    prices = [o.costs.categories["model_access"]["input_price_per_million"].likely for o in found.options]
    assert prices == [7, 40]
    share = Decimal(100) / 14  # 5, 1, three times 2, 2
    assert {c: round(w, 6) for c, w in found.weights.items()} == {
        "service": round(5 * share, 6), "control": round(share, 6), "cost": round(6 * share, 6), "time": 1,
    }  # fmt: skip


def test_of_two_changes_of_one_thing_the_later_counts():
    patch = Patch(
        answers=(NewAnswer("sla", "one", "none"), NewAnswer("sla", "one", "part")),
        figures=(NewFigure("one", "support", "fte", "1"), NewFigure("one", "support", "fte", "2")),
    )
    one = patched(facts(), WITH_SCENARIO, patch).options[0]
    assert one.responses["sla"].value == "part"
    assert one.costs.categories["support"]["fte"] == Range.single(D(2))


def test_two_figures_that_must_be_in_order_are_so_after_the_change():
    given = facts(option("one", costs=costs(infrastructure={"minimum_replicas": 2, "maximum_replicas": 4})))
    assert errors(Patch(figures=(NewFigure("one", "infrastructure", "maximum_replicas", "1"),)), given) == {
        "one.costs.infrastructure.maximum_replicas": "minimum_replicas 2 is above maximum_replicas 1; it can't be"
    }
    assert "one.costs.infrastructure.minimum_replicas" in errors(
        Patch(figures=(NewFigure("one", "infrastructure", "minimum_replicas", "5"),)), given
    )
    both = (NewFigure("one", "infrastructure", "minimum_replicas", "5"), NewFigure("one", "infrastructure", "maximum_replicas", "6"))
    assert patched(given, WITH_SCENARIO, Patch(figures=both)).options[0].costs.categories["infrastructure"]["maximum_replicas"].likely == 6


WRONG = [
    (Patch(scenario="softer"), "scenario", "no scenario 'softer'; there are harder"),
    (Patch(weights="gut"), "weights", "no profile of weights 'gut'; there are archetype, even"),
    (Patch(weights={"luck": "1"}), "weights.luck", "unknown key"),
    (Patch(weights={"cost": "lots"}), "weights.cost", "'lots' is not a number"),
    (Patch(weights={"cost": "-1"}), "weights.cost", "-1 is out of range"),
    (Patch(weights={"cost": "NaN"}), "weights.cost", "'NaN' is not a number"),
    (Patch(weights=dict.fromkeys(("service", "control", "cost", "time"), "0")), "weights", "at least one criterion must have a weight above 0"),
    (Patch(volume="0"), "volume", "0 is out of range; write a number above 0"),
    (Patch(volume="1,000"), "volume", "'1,000' is not a number"),
    (Patch(volume="1e999"), "volume", "'1e999' is not a number"),
    (Patch(volume="1000000", demand={"input_tokens_per_month": "1e12"}), "volume", "takes the tokens a month out of range"),
    (Patch(demand={"horizon": "1"}), "demand.horizon", "unknown key; did you mean horizon_months?"),
    (Patch(demand={"horizon_months": "1.5"}), "demand.horizon_months", "out of range; write a whole number from 1 to 600"),
    (Patch(demand={"cached_share": "2"}), "demand.cached_share", "2 is out of range; write a number from 0 to 1"),
    (Patch(answers=(NewAnswer("kindd", None, "inside"),)), "kindd", "no question 'kindd'; did you mean kind?"),
    (Patch(answers=(NewAnswer("kind", None, "nowhere"),)), "kind", "no choice 'nowhere'"),
    (Patch(answers=(NewAnswer("kind", None, ("inside",)),)), "kind", "takes one choice, not several"),
    (Patch(answers=(NewAnswer("kind", "one", "inside"),)), "one.kind", "asked once, of the use case"),
    (Patch(answers=(NewAnswer("sla", None, "full"),)), "sla", "asked of each option; name one of one, two"),
    (Patch(answers=(NewAnswer("sla", "three", "full"),)), "three.sla", "no option 'three'"),
    (Patch(answers=(NewAnswer("sla", "one", "not-applicable"),)), "one.sla", "this question always applies"),
    (Patch(answers=(NewAnswer("uptime", "one", "101"),)), "one.uptime", "101 is out of range; write a number from 0 to 100"),
    (Patch(answers=(NewAnswer("certificates", "one", "a,a"),)), "one.certificates[1]", "a stands twice"),
    (Patch(answers=(NewAnswer("since", None, "soon"),)), "since", "must be a day"),
    (Patch(figures=(NewFigure("three", "support", "fte", "1"),)), "three.costs.support.fte", "no option 'three'"),
    (Patch(figures=(NewFigure("one", "helpdesk", "fte", "1"),)), "one.costs.helpdesk.fte", "no cost category 'helpdesk'"),
    (Patch(figures=(NewFigure("one", "currency", "", "1"),)), "one.costs.currency", "no cost category 'currency'"),
    (Patch(figures=(NewFigure("one", "support", "posts", "1"),)), "one.costs.support.posts", "no figure 'posts'; there are one_off, per_month, fte"),
    (Patch(figures=(NewFigure("one", "support", "fte", "-1"),)), "one.costs.support.fte", "-1 is out of range; write a number from 0"),
]  # fmt: skip


@pytest.mark.parametrize(("patch", "key", "message"), WRONG, ids=[f"{key} {message[:20]}" for _, key, message in WRONG])
def test_what_is_wrong_is_said_with_where(patch, key, message):
    found = errors(patch)
    assert list(found) == [key]
    assert message in found[key]


def test_everything_that_is_wrong_comes_at_once():
    patch = Patch(
        scenario="softer",
        weights={"cost": "x"},
        volume="x",
        demand={"cached_share": "x"},
        answers=(NewAnswer("sla", "one", "x"), NewAnswer("x", None, "x")),
        figures=(NewFigure("one", "support", "fte", "x"),),
    )
    assert set(errors(patch)) == {"scenario", "weights.cost", "volume", "demand.cached_share", "one.sla", "x", "one.costs.support.fte"}
    with pytest.raises(PatchErrors, match="one.sla: no choice 'x'; there are full, part, none"):
        patched(facts(), WITH_SCENARIO, patch)


def test_where_nothing_is_there_to_change():
    assert errors(Patch(scenario="harder"), under=release()) == {"scenario": "no scenario 'harder'; the release has none"}
    empty = facts(demand=demand(input_tokens_per_month=None, output_tokens_per_month=None))
    assert errors(Patch(volume="2"), empty) == {"volume": "the demand gives no tokens a month that it could multiply"}
    assert "give service, control, time too" in errors(Patch(weights={"cost": "1"}), facts(archetype=None))["weights"]
    every = {"service": "1", "control": "1", "cost": "1", "time": "1"}
    assert patched(facts(archetype=None), WITH_SCENARIO, Patch(weights=every)).weights == dict.fromkeys(every, 1)


@pytest.mark.parametrize("patch", [Patch(), FULL, Patch(weights="even"), Patch(weights="archetype", volume="0.05")])
def test_an_address_and_json_read_back_to_the_same_facts(patch):
    addressed = Patch.from_query(parse_qsl(patch.query(), keep_blank_values=True))
    written = Patch.from_data(json.loads(json.dumps(patch.as_data())))
    assert written == patch
    assert addressed.query() == patch.query()
    assert patched(facts(), WITH_SCENARIO, addressed) == patched(facts(), WITH_SCENARIO, patch)


def test_an_address_passes_over_what_it_does_not_know_and_what_is_empty():
    pairs = [("drawn", "x"), ("w-cost", " "), ("volume", ""), ("answer", ""), ("scenario", ""), ("weights", "")]
    assert Patch.from_query(pairs) == Patch()
    assert Patch.from_query([("answer", "a:b:c:d")]).answers == (NewAnswer("a", "b", "c:d"),)


def test_an_address_with_parts_missing():
    with pytest.raises(PatchErrors) as caught:
        Patch.from_query([("answer", "kind:inside"), ("figure", "one"), ("demand", "horizon_months")])
    assert [(e.key, e.message) for e in caught.value.errors] == [
        ("answer", "'kind:inside' isn't of the form question:option:value"),
        ("figure", "'one' isn't of the form option:category.key:value"),
        ("demand", "'horizon_months' isn't of the form key:value"),
    ]


def test_settings_of_a_command_line():
    pairs = [
        ("volume", "2"), ("weights.cost", "40"), ("demand.horizon_months", "24"), ("demand.budget.limit_per_month", "9000"), ("kind", "inside"),
        ("one.sla", "full"), ("one.costs.support.fte", "1"), ("nobody.sla", "full"),
    ]  # fmt: skip
    patch = Patch.from_settings(pairs, facts(), WITH_SCENARIO, "harder")
    assert patch == Patch(
        "harder", {"cost": "40"}, "2",
        (NewAnswer("kind", None, "inside"), NewAnswer("sla", "one", "full"), NewAnswer("nobody.sla", None, "full")),
        (NewFigure("one", "support", "fte", "1"),),
        {"horizon_months": "24", "budget_limit_per_month": "9000"},
    )  # fmt: skip
    assert Patch.from_settings([("weights", "even")], facts(), WITH_SCENARIO).weights == "even"


def test_a_what_if_keeps_the_seed_of_the_record():
    given, under = read_assessment(EXAMPLE.read_text(), EXAMPLE.name, by_name)
    base = evaluate(under, given, draws=200)
    for compared in compare(base):
        found = what_if(under, given, Patch(scenario=compared.scenario.id), draws=200)
        assert found.seed == base.seed == base.input_digest
        assert found.as_dict() == compared.evaluation.as_dict()
