"""What must hold for any facts."""

import json
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.scoring.evaluate import evaluate
from assessments.scoring.facts import Costs, Response
from tests.scoring.conftest import CATEGORIES, D, answers, demand, facts, option, release
from tests.scoring.strategies import BETTER, cases, options

SMALL = release()


def outcome(case):
    return evaluate(SMALL, case).as_dict()


def assert_not_better(worse, better):
    """``worse`` says no more for any option than ``better`` does."""
    for less, more in zip(worse["options"], better["options"], strict=True):
        assert Decimal(less["score"]) <= Decimal(more["score"])
        assert not (less["admissible"] and not more["admissible"])


@settings(max_examples=80)
@given(cases, st.data())
def test_leaving_an_answer_out_never_improves(case, data):
    first = case.options[0]
    if first.responses:
        gone = data.draw(st.sampled_from(sorted(first.responses)))
        changed = replace(first, responses={k: v for k, v in first.responses.items() if k != gone})
        assert_not_better(outcome(replace(case, options=(changed, case.options[1]))), outcome(case))
    if case.responses:
        gone = data.draw(st.sampled_from(sorted(case.responses)))
        assert_not_better(outcome(replace(case, responses={k: v for k, v in case.responses.items() if k != gone})), outcome(case))


@settings(max_examples=60)
@given(cases, st.sampled_from(CATEGORIES))
def test_leaving_a_category_of_costs_out_never_improves(case, category):
    first = case.options[0]
    figures = Costs(None, {c: f for c, f in first.costs.categories.items() if c != category})
    assert_not_better(outcome(replace(case, options=(replace(first, costs=figures), case.options[1]))), outcome(case))


@settings(max_examples=40)
@given(cases, st.sampled_from(["currency", "input_tokens_per_month", "growth_per_year", "horizon_months", "discount_rate"]))
def test_leaving_a_figure_of_the_demand_out_never_improves(case, key):
    assert_not_better(outcome(replace(case, demand=demand(**{key: None}))), outcome(case))


@settings(max_examples=60)
@given(cases, st.sampled_from(sorted(BETTER)))
def test_no_option_improves_by_a_worse_answer(case, question):
    first = case.options[0]
    worse, better = (
        outcome(replace(case, options=(replace(first, responses=first.responses | {question: Response(v)}), case.options[1])))
        for v in BETTER[question][-2:]
    )
    assert_not_better(worse, better)


@settings(max_examples=60)
@given(cases)
def test_the_score_lies_between_what_is_known_and_the_best(case):
    for found in outcome(case)["options"]:
        assert 0 <= Decimal(found["score"]) <= Decimal(found["score_best"]) <= 100
        assert 0 <= Decimal(found["completeness"]) <= 1
        assert all(Decimal(v["value"]) <= Decimal(v["best"]) for v in found["values"].values())


@settings(max_examples=40)
@given(cases, options("ghost"))
def test_another_option_never_reorders_the_others(case, ghost):
    without, with_it = outcome(case), outcome(replace(case, options=(*case.options, ghost)))
    assert [id_ for id_ in with_it["ranking"] if id_ != "ghost"] == without["ranking"]
    assert with_it["options"][:2] == without["options"]


@settings(max_examples=40)
@given(cases)
def test_the_order_of_options_and_answers_changes_no_figure(case):
    turned = replace(
        case,
        options=tuple(replace(o, responses=dict(reversed(o.responses.items()))) for o in reversed(case.options)),
        responses=dict(reversed(case.responses.items())),
    )
    one, two = outcome(case), outcome(turned)
    assert {o["id"]: o for o in one["options"]} == {o["id"]: o for o in two["options"]}
    assert (one["input_digest"], one["ranking"], one["ai_act"]) == (two["input_digest"], two["ranking"], two["ai_act"])
    assert one["recommendation"]["outcome"] == two["recommendation"]["outcome"]


@settings(max_examples=40)
@given(cases, st.integers(1, 9), st.integers(1, 9), st.integers(0, 9))
def test_doubling_the_weights_changes_nothing(case, service, control, cost):
    once = {"service": D(service), "control": D(control), "cost": D(cost)}
    twice = {c: w * 2 for c, w in once.items()}
    assert outcome(replace(case, weights=once)) == outcome(replace(case, weights=twice))


@settings(max_examples=30)
@given(cases)
def test_the_output_is_plain_data(case):
    data = evaluate(SMALL, case).as_dict(trace=True)
    assert json.loads(json.dumps(data)) == data
    assert not [value for value in _leaves(data) if isinstance(value, float)]


def _leaves(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def test_titles_notes_and_names_decide_nothing():
    plain = facts()
    decorated = replace(
        plain,
        title="Another title",
        use_case_name="Another name",
        purpose="Another purpose",
        responses={k: replace(r, note="Asked twice") for k, r in plain.responses.items()},
        options=tuple(replace(o, name="Renamed", provider="Somebody", model="Something") for o in plain.options),
    )
    assert outcome(plain)["input_digest"] == outcome(decorated)["input_digest"]


def test_what_decides_changes_the_digest():
    plain = facts()
    changed = [
        replace(plain, as_of=plain.as_of.replace(day=1)),
        replace(plain, archetype="documents"),
        replace(plain, weights="even"),
        replace(plain, demand=demand(cached_share=D("0.1"))),
        replace(plain, demand=demand(budget=None)),
        replace(plain, responses=plain.responses | answers(kind="inside")),
        replace(plain, responses=plain.responses | {"kind": replace(plain.responses["kind"], basis="certified")}),
        replace(plain, options=plain.options[:1]),
        replace(plain, options=(plain.options[0], option("two", price=21))),
    ]
    digests = {outcome(case)["input_digest"] for case in (plain, *changed)}
    assert len(digests) == len(changed) + 1
