"""How sure a ranking is: few and many options, what is absent without draws, shares as they are written, and thresholds on acceptability."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.scoring import robustness as module
from assessments.scoring.evaluate import evaluate
from assessments.scoring.facts import MAX_OPTIONS, Costs, Response
from assessments.scoring.rounding import shares
from compliance.catalogue.model import Recommendation
from tests.scoring.conftest import GOOD, USE_CASE, D, answers, costs, facts, losses, option, release, robustness

UNSURE = release(robustness=robustness(), losses=losses())
CERTIFIED = {id_: replace(response, basis="certified") for id_, response in GOOD.items()}


def drawn(*given_options, catalogue=UNSURE, draws=500, **more):
    return evaluate(catalogue, facts(*given_options, **more), draws=draws, seed="the same").as_dict()


def test_one_option_is_always_first():
    found = drawn(option("one"))["robustness"]
    assert found["stated_weights"]["rank_acceptability"] == found["any_weights"]["rank_acceptability"] == {"one": ["1.0000"]}
    assert found["any_weights"]["confidence"] == {"one": "1.0000"}
    assert found["pairwise"] == {"one": {}}


def test_twenty_options():
    many = [option(f"o{n:02}", price=10 + n) for n in range(MAX_OPTIONS)]
    data = drawn(*many)
    found = data["robustness"]
    assert len(data["options"]) == len(data["ranking"]) == len(found["pairwise"]) == 20
    for ranks in (found["stated_weights"]["rank_acceptability"], found["any_weights"]["rank_acceptability"]):
        assert [len(row) for row in ranks.values()] == [20] * 20
        assert all(sum(map(Decimal, row)) == 1 for row in ranks.values())
    assert all(len(row) == 19 for row in found["pairwise"].values())


def test_alike_options_share_all_ranks():
    alike = [option(id_, CERTIFIED) for id_ in ("one", "two", "three")]
    ranks = drawn(*alike)["robustness"]["any_weights"]["rank_acceptability"]
    assert all(row == ["0.3334", "0.3333", "0.3333"] for row in ranks.values())


def test_options_that_are_level_are_not_told_apart_by_rounding():
    # Both are worth 1 wherever they are asked, but one is asked about its control and the other isn't.
    use_case = USE_CASE | answers(critical="no")
    api, own = option("api", CERTIFIED, weeks=0), option("own", CERTIFIED, weeks=0, sourcing="self_hosted_open")
    found = drawn(api, own, responses=use_case)["robustness"]
    assert found["stated_weights"]["rank_acceptability"] == {"api": ["0.5000", "0.5000"], "own": ["0.5000", "0.5000"]}
    assert found["pairwise"]["api"] == {"own": "0.5000"}


def test_an_option_with_nothing_answered_wins_nothing_by_it():
    silent = replace(option("silent", {}), costs=Costs())
    data = drawn(option("one"), silent, responses=USE_CASE | answers(kind="inside"))
    found = data["robustness"]
    assert found["any_weights"]["rank_acceptability"]["silent"][0] == "0.0000"
    assert (found["any_weights"]["central_weights"]["silent"], found["any_weights"]["confidence"]["silent"]) == (None, None)
    one, two = data["options"]
    assert Decimal(two["loss"]["expected_per_year"]) > Decimal(one["loss"]["expected_per_year"])
    assert all(scenario["transfer"] is None for scenario in two["loss"]["scenarios"])


def test_inadmissible_options_stand_outside():
    found = drawn(option("one"), option("two", GOOD | answers(failover="no")))
    assert list(found["robustness"]["stated_weights"]["rank_acceptability"]) == ["one"]
    assert ["score_range" in o for o in found["options"]] == [True, False]
    none = drawn(option("two", GOOD | answers(failover="no")))
    assert none["robustness"]["stated_weights"]["rank_acceptability"] == {}


RANGED = costs(support={"per_month": (100, 200, 900)})


def absent(data):
    return "robustness" not in data and not any("score_range" in o for o in data["options"])


def test_a_release_without_parameters_has_no_robustness_and_no_losses():
    data = drawn(option("one"), option("two"), catalogue=release())
    assert absent(data)
    assert "accountability" not in data
    assert not any("loss" in o for o in data["options"])


def test_without_draws_what_is_drawn_is_absent_and_margins_decide():
    strict = replace(UNSURE, recommendation=Recommendation(D(8), D(3), D("0.8"), ("s",), None, D(1), D(1)))
    given_options = replace(option("one"), costs=RANGED), option("two", weeks=13)
    data = drawn(*given_options, catalogue=strict, draws=0)
    assert absent(data)
    assert data["options"][0]["costs"]["total"] == {"likely": "2400.00"}
    assert {"p95", "exceedance"}.isdisjoint(data["options"][0]["loss"])
    assert "expected_per_year" in data["options"][0]["loss"]
    assert data["recommendation"]["outcome"] == "clear"
    assert not any("draws" in reason for reason in data["recommendation"]["reasons"])
    assert set(drawn(*given_options)["options"][0]["costs"]["total"]) == {"likely", "p10", "p50", "p90"}


@pytest.mark.parametrize(
    ("clear", "leaning", "outcome"),
    [("0.8", "0.5", "clear"), ("0.95", "0.5", "leaning"), ("0.95", "0.9", "too_close"), (None, None, "clear")],
)
def test_the_data_say_how_often_is_enough(clear, leaning, outcome):
    limits = [None if share is None else D(share) for share in (clear, leaning)]
    # An answer that claims much on nothing leads one that claims less on certificates by 14.8 points, but not in each draw.
    loud = option("loud", {id_: Response(r.value, basis="unsupported") for id_, r in GOOD.items()})
    sure = option("sure", CERTIFIED | answers(sla=Response("part", basis="certified")), weeks=5)
    catalogue = replace(
        UNSURE,
        robustness=robustness(unsupported="0.3"),
        recommendation=Recommendation(D(8), D(3), D("0.8"), ("s",), None, *limits),
    )
    data = drawn(loud, sure, catalogue=catalogue)
    first = Decimal(data["robustness"]["stated_weights"]["rank_acceptability"]["loud"][0])
    assert D("0.8") < first < D("0.9")
    assert (data["recommendation"]["outcome"], data["recommendation"]["option"]) == (outcome, "loud")


def test_draws_that_come_in_chunks_are_the_same_draws(monkeypatch):
    case = option("one"), option("two", weeks=3), option("three", price=12)
    whole = drawn(*case, draws=200)
    monkeypatch.setattr(module, "CHUNK", 64)
    assert drawn(*case, draws=200) == whole


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
def test_shares_add_up_as_they_are_written(parts):
    exact = [Fraction(part, sum(parts)) for part in parts]
    written = [Decimal(text) for text in shares(exact)]
    assert sum(written) == 1
    assert all(abs(Fraction(text) - share) < Fraction(1, 10_000) for text, share in zip(written, exact, strict=True))


def test_what_rounding_loses_goes_to_those_that_lost_most():
    assert shares([Fraction(1, 3)] * 3) == ["0.3334", "0.3333", "0.3333"]
    assert shares([Fraction(5, 6), Fraction(1, 6)]) == ["0.8333", "0.1667"]
    assert shares([Fraction(0), Fraction(1)]) == ["0.0000", "1.0000"]


def test_weights_that_weigh_nothing_make_every_score_nought():
    # Only "control" has weight, and it applies to neither.
    gone = {"audit": Response(state="not_applicable")}
    case = facts(
        option("one", GOOD | gone), option("two", price=20), weights={"control": D(1)}, responses=USE_CASE | answers(critical="no")
    )
    data = evaluate(UNSURE, case, draws=200).as_dict()
    assert [o["score"] for o in data["options"]] == ["0.0", "0.0"]
    assert [o["score_range"] for o in data["options"]] == [{"p10": "0.0", "p50": "0.0", "p90": "0.0"}] * 2
    assert data["robustness"]["stated_weights"]["rank_acceptability"]["one"] == ["0.5000", "0.5000"]


def test_a_draw_that_cannot_serve_the_demand_is_worth_nothing_on_cost():
    # 100 million tokens a month are 38 a second; two replicas serve them from 19 a second on, which half of the draws reach.
    speed = {"tokens_per_second_per_replica": (10, "19.2", 30), "utilisation_limit": 1, "minimum_replicas": 1, "maximum_replicas": 2}
    machine = costs(infrastructure={"gpus_per_replica": 1, "gpu_price_per_hour": "0.001", **speed}, time_to_production={"weeks": 2})
    certified = option("one", CERTIFIED, costs=machine)
    found = evaluate(UNSURE, facts(certified, weights={"cost": D(1)}), draws=1000)
    assert found.options[0].costs.exceeded_in_month is None
    share = found.options[0].cost_draws.served.mean()
    assert 0.3 < share < 0.7
    spread = found.as_dict()["options"][0]["score_range"]
    assert (spread["p10"], spread["p90"]) == ("0.0", "100.0")
