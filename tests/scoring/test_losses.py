"""Losses of a year: what answers may and may not do to them, and that drawn years agree with the closed form."""

from dataclasses import replace
from decimal import Decimal
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.scoring.evaluate import evaluate
from assessments.scoring.facts import Response
from compliance.catalogue.model import Questionnaire, Section
from tests.scoring.conftest import (
    GOOD,
    QUESTIONS,
    USE_CASE,
    D,
    answers,
    change,
    costs,
    demand,
    facts,
    losses,
    option,
    question,
    release,
    scenario,
    transfer,
)
from tests.scoring.strategies import open_cases, options, without

ASKED = question("cost-of-outage", "use_case", "number", minimum=D(1))
RISKY = release(losses=losses(), questionnaires=(Questionnaire("all", "All", "All of it.", (Section("one", "One", (*QUESTIONS, ASKED)),)),))
# In the scenarios of `losses()` these answers relieve, and in this order each more than the one before.
RELIEVING = {"failover": ("no", "yes"), "audit": ("no", "yes"), "sla": ("part", "full"), "weights-at-hand": ("no", "yes")}
few = settings(max_examples=25)
cases = st.builds(lambda one, use_case: facts(one, responses=use_case), options("one"), open_cases)


def loss_of(responses=None, catalogue=RISKY, draws=0, use_case=USE_CASE, need=None, **more):
    one = replace(option("one", GOOD if responses is None else responses), **more)
    asked = facts(one, responses=use_case, demand=need or demand())
    return evaluate(catalogue, asked, draws=draws, seed="the same").options[0].loss


def losing(case, responses):
    return (
        evaluate(RISKY, replace(case, options=(replace(case.options[0], responses=responses),)), draws=200, seed="the same").options[0].loss
    )


def assert_no_lower(higher, lower):
    """Expected, in the worst year of twenty, and in each year that is drawn."""
    assert higher.expected >= lower.expected
    assert higher.p95 >= lower.p95
    assert (higher.drawn >= lower.drawn - 1e-9 * lower.drawn).all()


@few
@given(cases, st.sampled_from(sorted(RELIEVING)))
def test_an_answer_that_relieves_never_raises_the_loss(case, id_):
    given_before = case.options[0].responses
    before, after = (losing(case, given_before | {id_: Response(answer)}) for answer in RELIEVING[id_])
    assert_no_lower(before, after)


@few
@given(cases, st.data())
def test_an_answer_left_out_never_lowers_the_loss(case, data):
    answered = case.options[0].responses
    if answered:
        gone = data.draw(st.sampled_from(sorted(answered)))
        assert_no_lower(losing(case, without(answered, gone)), losing(case, answered))
    if case.responses:
        gone = data.draw(st.sampled_from(sorted(case.responses)))
        known = replace(case, responses=without(case.responses, gone))
        assert_no_lower(losing(known, answered), losing(case, answered))


@few
@given(cases)
def test_exceedance_never_rises_with_the_amount(case):
    for found in evaluate(RISKY, case, draws=200).as_dict()["options"]:
        steps = found["loss"]["exceedance"]
        amounts = [Decimal(step["amount"]) for step in steps]
        shares = [Decimal(step["probability"]) for step in steps]
        assert amounts == sorted(set(amounts))
        assert shares == sorted(shares, reverse=True)
        assert all(0 <= share <= 1 for share in shares)


CAPPED = transfer("capped", "true", "0.7", 3)
WHOLE = transfer("whole", "true", "0.7")


@pytest.mark.parametrize(
    "what",
    [
        scenario("often", (1, 3, 9), 2000, 4),
        scenario("often", (1, 3, 9), 2000, 4, changes=(change("halved", "true", frequency="0.5", magnitude="0.3"),)),
        scenario("often", (1, 3, 9), 2000, 4, transfers=(CAPPED,)),
        scenario("often", (1, 3, 9), 2000, 4, transfers=(WHOLE,)),
        scenario("rarely", ("0.02", "0.1", "0.3"), 50_000, 3),
        scenario("rarely", ("0.02", "0.1", "0.3"), 50_000, 3, transfers=(CAPPED,)),
        scenario("surely", 12, 100, 1),
    ],
    ids=["often", "relieved", "capped", "borne", "rarely", "rarely capped", "all alike"],
)
def test_the_drawn_years_agree_with_the_closed_form(what):
    fee = costs(model_access={"minimum_per_month": 1000})
    found = loss_of(catalogue=release(losses=(what,)), draws=40_000, costs=fee)
    error = found.drawn.std() / sqrt(found.drawn.size)
    assert found.drawn.mean() == pytest.approx(float(found.expected), abs=4 * error)


def test_expected_losses_add_up_and_so_do_the_years():
    both = loss_of(draws=200)
    apart = [loss_of(catalogue=replace(RISKY, losses=(one,)), draws=200) for one in RISKY.losses]
    assert float(both.expected) == pytest.approx(float(sum(one.expected for one in apart)))
    assert both.drawn == pytest.approx(sum(one.drawn for one in apart))


def test_nothing_answered_relieves_nobody():
    silent = loss_of({}, use_case={})
    outage, breach = silent.scenarios
    assert ([c.id for c in outage.changes], outage.unruled) == (["unpromised"], ("unpromised",))
    assert (breach.changes, breach.transfer, breach.certain) == ((), None, False)
    # A lognormal's mean lies e^(σ²/2) above its median: σ = ln 4 / 1.644854.
    assert float(outage.expected) == pytest.approx((1 + 4 * 3 + 9) / 6 * 2 * 2000 * np.exp((np.log(4) / 1.6448536) ** 2 / 2), rel=1e-6)
    assert loss_of().expected < silent.expected


def test_a_scenario_that_can_not_happen_is_left_out():
    found = loss_of(use_case=USE_CASE | answers(critical="no"))
    assert [one.scenario.id for one in found.scenarios] == ["outage"]


def test_an_answered_cost_takes_the_place_of_the_assumed_one():
    assumed, answered = loss_of(), loss_of(use_case=USE_CASE | answers(cost_of_outage=D(4000)))
    assert (assumed.scenarios[0].assumed, answered.scenarios[0].assumed) == (True, False)
    assert answered.scenarios[0].expected == pytest.approx(2 * assumed.scenarios[0].expected)


def test_the_assumed_cost_is_converted_into_the_demand_s_currency():
    euros, pounds = loss_of(), loss_of(need=demand(currency="GBP"))
    assert pounds.scenarios[0].median * D("1.2") == euros.scenarios[0].median


def test_a_cap_of_fees_needs_the_fee():
    capped = replace(RISKY, losses=(scenario("outage", transfers=(transfer("credits", "true", 1, 1),)),))
    free = loss_of(catalogue=capped, costs=costs())
    unknown = loss_of(catalogue=capped, costs=replace(costs(), categories=without(costs().categories, "model_access")))
    dear = loss_of(catalogue=capped, costs=costs(model_access={"minimum_per_month": 500}))
    assert free.expected == unknown.expected > dear.expected


def test_the_same_years_happen_to_all_options():
    twins = evaluate(RISKY, facts(option("one"), option("two")), draws=200).options
    assert np.array_equal(twins[0].loss.drawn, twins[1].loss.drawn)


def test_the_premium_is_what_more_is_paid_for_what_less_is_lost():
    insured = release(losses=(scenario("outage", 2, 1000, 1, transfers=(transfer("vendor", 'sourcing == "closed_api"', "0.6"),)),))
    api = replace(option("api"), costs=costs(support={"per_month": 300}))
    own = replace(option("own"), sourcing="self_hosted_open", costs=costs(support={"per_month": 200}))
    # 24 months: 100 a month more; 60 % of two events of 1,000 less.
    found = evaluate(insured, facts(api, own, demand=demand(horizon_months=24)), draws=0).as_dict()
    assert found["accountability"] == [
        {"option": "api", "against": "own", "extra_cost_per_year": "1200.00", "loss_avoided_per_year": "1200.00", "net_per_year": "0.00"}
    ]


def test_an_answer_left_out_moves_no_loss_to_others():
    # With audit answered the first holds and bears a fifth; left out, the second would have borne four fifths.
    of = scenario("outage", transfers=(transfer("some", 'audit == "yes"', "0.2"), transfer("most", 'sla == "full"', "0.8")))
    catalogue = replace(RISKY, losses=(of,))
    known, silent = loss_of(catalogue=catalogue), loss_of(without(GOOD, "audit"), catalogue)
    assert silent.expected >= known.expected
    assert silent.scenarios[0].transfer.id == "some"
    assert loss_of(without(without(GOOD, "audit"), "sla"), catalogue).scenarios[0].transfer is None
