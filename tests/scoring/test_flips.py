"""Every flip that is listed is applied and evaluated again from the start; and what a search left out is looked for by brute force."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest

from assessments.scoring.cost_model import CostModel
from assessments.scoring.evaluate import Evaluation, evaluate, profiles
from assessments.scoring.facts import Costs, Demand, Facts, Range, Response
from assessments.scoring.file import read_assessment
from assessments.scoring.flip import Flip
from assessments.scoring.flip_answers import others
from assessments.scoring.flip_weights import nearest_weights
from assessments.scoring.flips import find_flips
from assessments.scoring.rounding import COMPUTING
from assessments.scoring.vary import Answers
from compliance import releases
from compliance.catalogue.index import index
from compliance.catalogue.model import Questionnaire, Rule, Section
from tests.scoring.conftest import GOOD, POOR, QUESTIONS, D, answers, choices, costs, demand, facts, option, question, release

EXAMPLES = ("examples/bank-chatbot.yaml", "examples/internal-documents.yaml")


def example(path: str) -> Evaluation:
    found, of = read_assessment(Path(path).read_text("utf-8"), path, releases.named)
    return evaluate(of, found, draws=0)


def leader(of: Evaluation, case: Facts) -> str | None:
    return evaluate(of.release, case, draws=0).recommendation.option


def applied(evaluation: Evaluation, flip: Flip) -> Facts:
    """The facts with the flip, as somebody would type it."""
    case, known = evaluation.facts, index(evaluation.release)
    if flip.question is not None:
        question = known.questions[flip.question]
        text = flip.to_value if flip.what == "response" else flip.answer
        value = {"choices": tuple(t for t in (text or "").split(", ") if t), "number": None}.get(question.type, text)
        before = next((o.responses for o in case.options if o.id == flip.option), case.responses).get(flip.question)
        response = Response(Decimal(text) if question.type == "number" else value, basis=before.basis if before else "unsupported")
        if flip.option is None:
            case = replace(case, responses={**case.responses, flip.question: response})
        else:
            case = replace(
                case,
                options=tuple(
                    replace(o, responses={**o.responses, flip.question: response}) if o.id == flip.option else o for o in case.options
                ),
            )
    if flip.what == "demand":
        factor = Decimal(flip.to_value) / Decimal(flip.from_value)
        need = case.demand
        case = replace(
            case,
            demand=replace(
                need,
                input_tokens_per_month=need.input_tokens_per_month * factor,
                output_tokens_per_month=need.output_tokens_per_month * factor,
            ),
        )
    if flip.what == "cost":
        for figure in (flip.figure, *flip.also):
            category, key = figure.split(".")
            case = replace(
                case, options=tuple(_priced(o, category, key, Decimal(flip.to_value)) if o.id == flip.option else o for o in case.options)
            )
    if flip.what == "weight":
        stated = next(iter(profiles(known, case).values()))
        whole = sum(stated.values())
        shares = {c: w / whole for c, w in stated.items()}
        if flip.weights:  # as printed
            case = replace(case, weights=shares | {c: Decimal(w["to"]) for c, w in flip.as_dict()["weights"].items()})
        else:
            to = Decimal(flip.to_value)
            words = re.search(r"(?:rises above|falls below) ([0-9.]+) %", flip.text)
            assert Decimal(words[1]) == to * 100  # the sentence says the same
            rest = 1 - shares[flip.criterion]
            case = replace(case, weights={c: to if c == flip.criterion else w / rest * (1 - to) for c, w in shares.items()})
    return case


def _priced(o, category, key, figure):
    categories = {**o.costs.categories, category: {**o.costs.categories[category], key: Range.single(figure)}}
    return replace(o, costs=replace(o.costs, categories=categories))


@pytest.mark.parametrize("path", EXAMPLES)
def test_each_flip_of_the_examples_turns_the_recommendation_when_it_is_applied(path):
    evaluation = example(path)
    found = find_flips(evaluation)
    assert {f.what for f in found} >= {"response", "weight"}
    assert [f.distance for f in found] == sorted(f.distance for f in found)
    for flip in found:
        assert flip.leader != evaluation.recommendation.option
        assert leader(evaluation, applied(evaluation, flip)) == flip.leader, flip.text


@pytest.mark.parametrize("path", EXAMPLES)
def test_a_changed_answer_gives_what_a_whole_evaluation_gives(path):
    evaluation = example(path)
    varied = Answers(evaluation)
    places = [(None, a) for a in evaluation.sheet.asked.values()] + [
        (o.facts.id, a) for o in evaluation.options for a in o.sheet.asked.values()
    ]
    places = [(o, a, v) for o, a in places if a.visible for v in others(varied, o, a, evaluation.recommendation.option)]
    for at, asked, value in places[:: max(1, len(places) // 60)]:
        flip = Flip("response", 0.0, None, "", question=asked.question.id, option=at)
        case = applied(evaluation, replace(flip, to_value=", ".join(value) if isinstance(value, tuple) else str(value)))
        whole = {o.facts.id: o for o in evaluate(evaluation.release, case, draws=0).options}
        for standing in varied.changed(asked.question.id, at, Response(value)):
            assert standing.admissible == whole[standing.id].admissible, (asked.question.id, at, value)
            assert abs(varied.score(standing) - float(whole[standing.id].score.value)) < 1e-9, (asked.question.id, at, value)


def close(one: dict, other: dict, **more) -> Evaluation:
    return evaluate(release(), facts(option("one", one), option("two", other), **more), draws=0)


def test_the_least_answer_that_turns_is_found_among_all_of_them():
    evaluation = close(GOOD, GOOD | answers(certificates=("a", "c")))
    found = {(f.question, f.option) for f in find_flips(evaluation) if f.what == "response"}
    varied = Answers(evaluation)
    brute = set()
    for at in ("one", "two"):
        sheet = next(o.sheet for o in evaluation.options if o.facts.id == at)
        for asked in sheet.asked.values():
            for value in others(varied, at, asked, "one") if asked.visible else ():
                flip = Flip("response", 0.0, None, "", question=asked.question.id, option=at)
                case = applied(evaluation, replace(flip, to_value=", ".join(value) if isinstance(value, tuple) else str(value)))
                if leader(evaluation, case) != "one":
                    brute.add((asked.question.id, at))
    assert brute and brute == {f for f in found if f[1]}


def test_a_number_is_told_at_which_the_order_turns():
    evaluation = close(GOOD, GOOD | answers(certificates=("a", "c")))
    flip = next(f for f in find_flips(evaluation) if f.question == "uptime" and f.option == "one")
    assert D(99) < Decimal(flip.to_value) < D("99.9")
    assert leader(evaluation, applied(evaluation, flip)) == "two"


def test_what_keeps_an_option_out_is_lifted_by_an_answer():
    evaluation = evaluate(release(), facts(option("one", GOOD | answers(failover="no")), option("two", POOR)), draws=0)
    assert evaluation.recommendation.option == "two"
    flip = next(f for f in find_flips(evaluation) if f.question == "failover" and f.option == "one")
    assert (flip.to_value, flip.leader) == ("yes", "one")
    assert flip.text == "One leads once “Question failover?” is answered “The answer yes” for One (now “The answer no”)."


def test_no_option_is_admissible_any_more():
    flip = next(f for f in find_flips(close(GOOD, POOR)) if f.question == "practice")
    assert flip.leader is None and flip.text.startswith("No option is admissible once")
    assert flip.text.endswith("(now “The answer no”): One would no longer be admissible (“Forbidden”).")


def licensed(**more) -> Evaluation:
    """The licence of one opens a question on its size, which would keep it out; what two would need to lead isn't there."""
    own = (
        question("licence", choices=choices(free=None, paid=None)),
        question("size", choices=choices(small=1, exceeded=0), when='licence == "paid"', **more),
    )
    sections = (Section("one", "One", (*QUESTIONS, *own)),)
    too_big = Rule("too-big", "option", 'size == "exceeded"', "critical", "Too big", "It grants nothing.", "size", ("s",), True)
    base = release()
    case = facts(option("one", GOOD | answers(licence="free")), option("two", POOR | answers(licence="free")))
    return evaluate(
        release(questionnaires=(Questionnaire("all", "All", "Everything.", sections),), rules=(*base.rules, too_big)), case, draws=0
    )


@pytest.mark.parametrize("scored", [{}, {"criterion": "service", "weight": D(100)}], ids=["blocker", "score"])
def test_an_answer_that_only_opens_a_question_is_no_flip(scored):
    evaluation = licensed(**scored)
    printed = Answers(evaluation).changed("licence", "one", Response("paid"))
    assert Answers(evaluation).leader(printed) == "two"  # while the size has no answer
    assert not [f for f in find_flips(evaluation) if f.question == "licence"]
    hopeful = Answers(evaluation).changed("licence", "one", Response("paid"), hopeful=True)
    case = applied(evaluation, Flip("response", 0.0, None, "", question="licence", option="one", to_value="paid"))
    best = replace(case.options[0], responses=case.options[0].responses | answers(size="small"))
    whole = evaluate(evaluation.release, replace(case, options=(best, case.options[1])), draws=0)
    assert hopeful[0].admissible and abs(Answers(evaluation).score(hopeful[0]) - float(whole.options[0].score.value)) < 1e-9


def test_the_examples_have_no_flip_that_only_opens_a_question():
    """A paid licence, a transfer, and that least levels are set at all."""
    found = {f.question for f in find_flips(example(EXAMPLES[1]))}
    assert not found & {"sovereignty.transfer", "sovereignty.least-levels"}
    flip = next(f for f in find_flips(example(EXAMPLES[1])) if f.question == "liability.weights-licence")
    assert flip.to_value == "non-commercial" and "would no longer be admissible (“A licence for research" in flip.text


def test_the_same_price_in_several_categories_is_varied_once():
    evaluation = example(EXAMPLES[1])
    flip = next(f for f in find_flips(evaluation) if (f.figure or "").endswith("fte_cost_per_year"))
    assert len([f for f in find_flips(evaluation) if (f.figure or "").endswith("fte_cost_per_year")]) == 1
    assert len(flip.also) == 5 and flip.as_dict()["also"] == list(flip.also)
    assert "in Scaling, Monitoring" in flip.text and flip.text.endswith("rises above USD 381,000 per year (now USD 180,000 per year).")


def test_a_share_is_told_in_per_cent():
    flip = next(f for f in find_flips(example(EXAMPLES[1])) if f.figure == "infrastructure.utilisation_limit")
    assert flip.text.endswith(" % (now 60 %).") and "share" not in flip.text.rsplit("falls below", 1)[1]


def test_the_demand_at_which_the_order_turns():
    """An API at 10 a million against machines at 2,000 a month: level at 200 million tokens."""
    own = costs(infrastructure={"other_per_month": 2000}, time_to_production={"weeks": 1})
    case = facts(option("api", GOOD, price=10, weeks=1), option("own", GOOD, costs=own), demand=demand(budget=None))
    evaluation = evaluate(release(), case, draws=0)
    assert evaluation.recommendation.option == "api"
    flip = next(f for f in find_flips(evaluation) if f.what == "demand" and f.leader == "own")
    assert abs(Decimal(flip.to_value) - 200_000_000) < 400_000
    assert flip.text == "Own leads once demand passes 200 million tokens a month (now 100 million)." or "200." in flip.text


def test_an_answer_and_a_demand_together():
    """Its blocker keeps one out, and its fixed cost holds it back until the volume is large."""
    own = costs(infrastructure={"other_per_month": 2000}, time_to_production={"weeks": 2})
    base = facts(option("api", GOOD), option("own", GOOD | answers(failover="no"), costs=own), demand=demand(budget=None))
    evaluation = evaluate(release(), base, draws=0)
    assert evaluation.recommendation.option == "api"
    found = [f for f in find_flips(evaluation) if f.leader == "own"]
    both = next(f for f in found if f.what == "demand")
    assert (both.question, both.option, both.answer) == ("failover", "own", "yes")
    assert "is answered “The answer yes” for Own and demand passes" in both.text
    assert leader(evaluation, applied(evaluation, both)) == "own"


def test_a_price_at_which_the_order_turns_is_told_in_the_currency_of_its_costs():
    evaluation = close(GOOD, GOOD, demand=demand(budget=None))
    evaluation = evaluate(
        release(), replace(evaluation.facts, options=(option("one", GOOD, price=10), option("two", GOOD, price=11))), draws=0
    )
    flips = [f for f in find_flips(evaluation) if f.what == "cost"]
    assert {(f.option, f.figure) for f in flips} >= {
        ("one", "model_access.input_price_per_million"),
        ("two", "model_access.input_price_per_million"),
    }
    for flip in flips:
        assert leader(evaluation, applied(evaluation, flip)) == "two"


class TestNearestWeights:
    values = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.4, 0.4, 0.4]])

    def test_two_criteria_meet_in_the_middle(self):
        found = nearest_weights(np.array([0.7, 0.1, 0.2]), self.values, 1)
        assert abs(np.abs(found - [0.7, 0.1, 0.2]).sum() - 0.6) < 1e-4  # from 0.7 and 0.1 to level, by moving 0.3

    def test_an_option_that_no_weights_put_first_has_none(self):
        assert nearest_weights(np.array([0.7, 0.1, 0.2]), self.values, 2) is None

    def test_no_weights_on_a_fine_grid_are_nearer(self):
        stated = np.array([0.5, 0.2, 0.3])
        values = np.array([[0.9, 0.2, 0.6], [0.4, 0.8, 0.5], [0.5, 0.5, 0.9]])
        grid = np.array([(a, b, 100 - a - b) for a in range(101) for b in range(101 - a)]) / 100
        scores = grid @ values.T
        for rival in (1, 2):
            leads = scores[:, rival] > np.delete(scores, rival, axis=1).max(axis=1)
            nearest = np.abs(grid[leads] - stated).sum(axis=1).min()
            found = np.abs(nearest_weights(stated, values, rival) - stated).sum()
            assert found <= nearest + 1e-4 and found >= nearest - 0.05

    def test_a_criterion_that_does_not_apply_leaves_the_sum(self):
        values = np.array([[0.9, 0.5, np.nan], [0.2, 0.6, 0.9]])
        found = nearest_weights(np.array([0.6, 0.3, 0.1]), values, 1)
        weights = np.where(np.isnan(values), 0, found)
        scores = np.nansum(values * found, axis=1) / weights.sum(axis=1)
        assert scores[1] > scores[0]


def test_one_option_has_no_weights_to_flip_and_an_empty_one_no_flips():
    single = evaluate(release(), facts(option("one")), draws=0)
    assert all(f.leader is None for f in find_flips(single))
    empty = evaluate(release(), facts(option("one", {}, costs=Costs()), responses={}, archetype=None, demand=Demand()), draws=0)
    assert isinstance(find_flips(empty), tuple)


def test_the_fast_cost_model_agrees_with_the_exact_one():
    evaluation = example(EXAMPLES[1])
    with localcontext(COMPUTING):
        for o in evaluation.options:
            fast = CostModel(o.facts.costs, evaluation.facts.demand, float(o.costs.rate)).total()
            assert abs(fast / float(o.costs.total) - 1) < 1e-9


def test_texts_have_no_ids_in_them():
    for flip in find_flips(example(EXAMPLES[0])):
        assert not re.search(r"\b[a-z]+_[a-z_]+\b", flip.text), flip.text
