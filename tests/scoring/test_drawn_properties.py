"""What must hold for any facts once weights, values, costs and losses are drawn. The same seed everywhere, as a what-if has it."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.scoring.evaluate import evaluate
from assessments.scoring.facts import BASES, Costs, Range, Response
from compliance.catalogue.model import Questionnaire, Section
from tests.scoring.conftest import QUESTIONS, D, facts, losses, release, robustness
from tests.scoring.strategies import BETTER, amounts, answered, open_cases, options, ranges, without

UNSURE = release(robustness=robustness(), losses=losses())
TURNED = replace(UNSURE, questionnaires=(Questionnaire("all", "All", "Everything.", (Section("one", "One", QUESTIONS[::-1]),)),))
DRAWS = 200
few = settings(max_examples=25)

cases = st.builds(
    lambda found, use_case: facts(*found, responses=use_case),
    st.tuples(*(options(id_, ranges(), 1) for id_ in ("one", "two", "three"))),
    open_cases,
)


def drawn(case, catalogue=UNSURE):
    return evaluate(catalogue, case, draws=DRAWS, seed="the same")


def with_first(case, **changes):
    """The case with its first option changed."""
    return replace(case, options=(replace(case.options[0], **changes), *case.options[1:]))


def answering(case, **responses):
    return with_first(case, responses=case.options[0].responses | {id_.replace("_", "-"): r for id_, r in responses.items()})


def standing(evaluation):
    """Score, and how often it is first under the stated and under any weights, of the first option; never, where it isn't admissible."""
    one = evaluation.options[0]
    ranks = [ranks.get("one", (0,))[0] for ranks in (evaluation.robustness.stated, evaluation.robustness.any)]
    return one.score.value, *ranks


def assert_no_better(worse, better):
    assert all(less <= more for less, more in zip(standing(drawn(worse)), standing(drawn(better)), strict=True))


@few
@given(cases, st.sampled_from(sorted(BETTER)), st.sampled_from(BASES))
def test_no_option_improves_by_a_worse_answer(case, question, basis):
    assert_no_better(*(answering(case, **{question: Response(answer, basis=basis)}) for answer in BETTER[question][-2:]))


@few
@given(cases, st.lists(st.integers(980, 1000), min_size=2, max_size=2), st.sampled_from(BASES))
def test_no_option_improves_by_a_worse_figure(case, tenths, basis):
    low, high = sorted(tenths)
    assert_no_better(*(answering(case, uptime=Response(D(figure) / 10, basis=basis)) for figure in (low, high)))


@few
@given(cases, st.sampled_from([("time_to_production", "weeks"), ("support", "per_month"), ("model_access", "minimum_per_month")]), amounts)
def test_no_option_improves_by_a_dearer_figure(case, which, more):
    category, key = which
    figures = case.options[0].costs.categories
    if category in figures:
        figure = figures[category][key]
        dearer = Range(figure.low + more, figure.likely + more, figure.high + more)
        changed = Costs(None, {**figures, category: {**figures[category], key: dearer}})
        assert_no_better(with_first(case, costs=changed), case)


@few
@given(cases, answered(st.sampled_from(["part", "full"])), st.lists(st.sampled_from(BASES), min_size=2, max_size=2, unique=True))
def test_no_option_improves_by_a_weaker_basis(case, sla, bases):
    weak, strong = sorted(bases, key=BASES.index)
    worse, better = (answering(case, sla=replace(sla, basis=basis)) for basis in (weak, strong))
    assert_no_better(worse, better)
    assert standing(drawn(worse))[0] == standing(drawn(better))[0]


@few
@given(cases, st.data())
def test_no_option_improves_by_leaving_an_answer_or_a_cost_out(case, data):
    first = case.options[0]
    if first.responses:
        gone = data.draw(st.sampled_from(sorted(first.responses)))
        assert_no_better(with_first(case, responses=without(first.responses, gone)), case)
    gone = data.draw(st.sampled_from(sorted(first.costs.categories)))
    assert_no_better(with_first(case, costs=Costs(None, without(first.costs.categories, gone))), case)


@few
@given(cases)
def test_the_order_of_options_and_questions_changes_nothing(case):
    plain = drawn(case).as_dict()
    for other in (drawn(replace(case, options=case.options[::-1])), drawn(case, TURNED)):
        data = other.as_dict()
        assert data["robustness"] == plain["robustness"]
        assert data["ranking"] == plain["ranking"]
        assert data["recommendation"]["outcome"] == plain["recommendation"]["outcome"]
        for mine in plain["options"]:
            theirs = next(o for o in data["options"] if o["id"] == mine["id"])
            same = ("score", "score_best", "score_range", "completeness", "values", "admissible", "costs", "loss")
            assert {k: theirs.get(k) for k in same} == {k: mine.get(k) for k in same}


@few
@given(cases, options("ghost", ranges(), 1))
def test_another_option_moves_nothing_between_the_others(case, ghost):
    before, after = drawn(case), drawn(replace(case, options=(*case.options, ghost)))
    assert [o.facts.id for o in after.ranking if o.facts.id != "ghost"] == [o.facts.id for o in before.ranking]
    assert {a: without(row, "ghost") for a, row in after.robustness.pairwise.items() if a != "ghost"} == before.robustness.pairwise
    for old, new in zip(before.options, after.options, strict=False):  # the ghost comes last
        assert (new.score, new.cost_draws.p50) == (old.score, old.cost_draws.p50)
        assert (new.loss.expected, new.loss.p95) == (old.loss.expected, old.loss.p95)


@few
@given(cases, st.integers(1, 9), st.integers(1, 9), st.integers(0, 9), st.sampled_from([2, 3]))
def test_doubling_the_weights_changes_nothing(case, service, control, cost, times):
    once = {"service": D(service), "control": D(control), "cost": D(cost)}
    more = {c: w * times for c, w in once.items()}
    plain, doubled = (drawn(replace(case, weights=w)).as_dict() for w in (once, more))
    assert plain == doubled


@few
@given(cases)
def test_acceptabilities_add_up_to_one(case):
    found = drawn(case)
    written = found.as_dict()["robustness"]
    for exact, printed in ((found.robustness.stated, written["stated_weights"]), (found.robustness.any, written["any_weights"])):
        rows = list(exact.values())
        assert all(sum(row) == 1 for row in rows)
        assert all(sum(column) == 1 for column in zip(*rows, strict=True))
        # Each option's shares add up as they are written; those of one rank, written option by option, within what rounding takes.
        texts = [[Decimal(text) for text in row] for row in printed["rank_acceptability"].values()]
        assert all(sum(row) == 1 for row in texts)
        assert all(abs(sum(column) - 1) < len(texts) * Decimal("0.0001") for column in zip(*texts, strict=True))
    for a, row in found.robustness.pairwise.items():
        assert all(row[b] + found.robustness.pairwise[b][a] == 1 for b in row)


@few
@given(cases)
def test_ranges_of_scores_are_in_order_and_of_100_points(case):
    for found in drawn(case).as_dict()["options"]:
        if "score_range" in found:
            p10, p50, p90 = (Decimal(found["score_range"][key]) for key in ("p10", "p50", "p90"))
            assert 0 <= p10 <= p50 <= p90 <= 100
