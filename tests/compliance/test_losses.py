"""Doubts and scenarios of loss: what the check refuses, and what the content's own scenarios keep."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from assessments.scoring.answers import read_sheet
from assessments.scoring.facts import Response
from assessments.scoring.loss import scenario_loss
from assessments.scoring.values import answer_value
from compliance.catalogue.check import check
from compliance.catalogue.conditions import possible, references
from compliance.catalogue.diff import diff
from compliance.catalogue.index import NO_FALLBACK, SOURCINGS, ActVariables, index
from compliance.catalogue.model import Appetite, Recommendation
from compliance.catalogue.resting import resting_on
from compliance.catalogue.risk import Doubt, Frequency, LossChange, LossScenario, Robustness, Transfer
from compliance.catalogue.texts import texts
from compliance.releases import newest
from tests.compliance.small import D, question, small

RELEASE = newest()
KNOWN = index(RELEASE)
DOMAINS = {**KNOWN.domains(("use_case", "option")), **ActVariables(RELEASE).of_class}
every_loss = pytest.mark.parametrize("loss", RELEASE.losses, ids=lambda loss: loss.id)

DOUBTS = tuple(
    Doubt(basis, D(share))
    for basis, share in (("unsupported", 0.5), ("self_declared", 0.3), ("published", 0.3), ("contractual", 0.1), ("certified", 0))
)
CHANGE = LossChange("spare", "A spare takes over", 'a == "yes"', ("s",), magnitude=D(0.5))
TRANSFER = Transfer("insured", "It is insured", 'a == "yes"', D(0.6), ("s",), D(12))
LOSS = LossScenario(
    "fire",
    "It burns",
    "The machines burn.",
    "cost",
    Frequency(D(0), D(1), D(2)),
    D(1000),
    D(4),
    ("s",),
    changes=(CHANGE,),
    transfers=(TRANSFER,),
)
COST = question("cost", scope="use_case", type_="number", minimum=D(1), help="Ask finance.")


def with_losses(*losses, cost=COST, **parts):
    return small(question("a", help="Look."), cost, losses=losses, robustness=Robustness(D(2), DOUBTS, ("s",)), **parts)


def found_in(release):
    found = []
    check(release, lambda path, message: found.append((path, message)))
    return found


def test_a_release_with_doubts_and_a_loss_is_clean():
    assert found_in(with_losses(LOSS)) == []


def changed(**fields):
    return replace(LOSS, changes=(replace(CHANGE, **fields),))


def borne(**fields):
    return replace(LOSS, transfers=(replace(TRANSFER, **fields),))


@pytest.mark.parametrize(
    ("loss", "at", "message"),
    [
        (replace(LOSS, frequency=Frequency(D(2), D(1), D(3))), ("frequency",), "out of order: low 2, likely 1, high 3"),
        (replace(LOSS, frequency=Frequency(D(-1), D(1), D(3))), ("frequency",), "none below 0"),
        (replace(LOSS, likely=D(0)), ("likely",), "0 isn't above 0"),
        (replace(LOSS, spread=D("0.9")), ("spread",), "0.9 is below 1"),
        (replace(LOSS, question="nobody"), ("question",), "no question has the id 'nobody'"),
        (replace(LOSS, question="a"), ("question",), "must be a number that is asked once, of the use case"),
        (replace(LOSS, when='a == "perhaps"'), ("when",), "'perhaps' is no choice of a"),
        (replace(LOSS, when='a == "yes" && a == "no"'), ("when",), "it can never count"),
        (changed(when='cost == "1"'), ("changes", 0, "when"), "'cost' is no choice question that can be read here"),
        (changed(when='a == "yes" && a == "no"'), ("changes", 0, "when"), "it can never count"),
        (changed(frequency=D(2)), ("changes", 0), "relieves and burdens at once"),
        (changed(magnitude=D(1)), ("changes", 0), "changes nothing: give frequency or magnitude"),
        (changed(magnitude=D(-1)), ("changes", 0, "magnitude"), "-1 is below 0"),
        (replace(LOSS, changes=(CHANGE, CHANGE)), ("changes", 1, "id"), "'spare' stands twice in changes"),
        (replace(LOSS, transfers=(TRANSFER, TRANSFER)), ("transfers", 1, "id"), "'insured' stands twice in transfers"),
        (borne(share=D("1.1")), ("transfers", 0, "share"), "1.1 is outside 0 to 1"),
        (borne(cap_months=D(0)), ("transfers", 0, "cap_months"), "0 isn't above 0"),
        (borne(when='sourcing == "steam"'), ("transfers", 0, "when"), "'steam' is no choice of sourcing"),
        (borne(sources=("unread",)), ("transfers", 0, "sources"), "no source has the id 'unread'"),
        (replace(LOSS, sources=()), ("sources",), "names no source"),
    ],
)
def test_a_loss_that_can_not_be_reckoned(loss, at, message):
    found = found_in(with_losses(loss))
    assert any(path == ("losses", 0, *at) and message in text for path, text in found), found


@pytest.mark.parametrize(
    ("cost", "message"),
    [
        (replace(COST, scope="option"), "must be a number that is asked once"),
        (replace(COST, minimum=D(0)), "needs a minimum above 0: a lognormal has no nought"),
        (replace(COST, not_applicable=True), "can't be not_applicable"),
        (replace(COST, criterion="worth", weight=D(1)), "is scored; what an event costs is no value"),
    ],
)
def test_a_question_that_can_not_carry_a_loss(cost, message):
    found = found_in(with_losses(LOSS, cost=cost))
    assert any(path == ("losses", 0, "question") and message in text for path, text in found), found


def test_ids_and_questions_of_losses_are_their_own():
    found = [text for _, text in found_in(with_losses(LOSS, LOSS))]
    assert "'fire' stands twice in losses; ids are unique" in found
    found = [text for _, text in found_in(with_losses(LOSS, replace(LOSS, id="flood")))]
    assert "'cost' asks for the cost of 'fire'; each scenario has a question of its own" in found


@pytest.mark.parametrize(
    ("factor", "doubts", "message"),
    [
        ("0.5", DOUBTS, "0.5 is below 1"),
        ("2", (*DOUBTS, DOUBTS[0]), "'unsupported' stands twice"),
        ("2", DOUBTS[1:], "says nothing of unsupported"),
        ("2", (*DOUBTS[:4], Doubt("certified", D("1.5"))), "1.5 is outside 0 to 1"),
        ("2", (*DOUBTS[:4], Doubt("certified", D("0.2"))), "doubts certified (0.2) more than contractual (0.1)"),
    ],
)
def test_doubts_that_can_not_be(factor, doubts, message):
    release = replace(with_losses(LOSS), robustness=Robustness(D(factor), doubts, ("s",)))
    found = found_in(release)
    assert any(path[0] == "robustness" and message in text for path, text in found), found


@pytest.mark.parametrize(
    ("clear", "leaning", "message"),
    [
        ("1.2", "0.5", "1.2 is outside 0 to 1"),
        ("0.8", "-0.1", "-0.1 is outside 0 to 1"),
        ("0.5", "0.6", "0.6 is above clear_acceptability, 0.5"),
    ],
)
def test_acceptabilities_that_can_not_be(clear, leaning, message):
    limits = {"clear_acceptability": D(clear), "leaning_acceptability": D(leaning)}
    general = Recommendation(D(8), D(3), D("0.8"), ("s",), **limits)
    appetite = Appetite("yes", D(8), D(3), D("0.8"), **limits)
    by_appetite = Recommendation(D(8), D(3), D("0.8"), ("s",), "a", by_appetite=(appetite,))
    for recommendation, path in ((general, ("recommendation",)), (by_appetite, ("recommendation", "by_appetite", 0))):
        found = found_in(with_losses(LOSS, recommendation=recommendation))
        assert any(at[:-1] == path and message in text for at, text in found), found


def test_texts_and_sources_of_a_loss_have_their_names():
    keys = {key for key, _ in texts(with_losses(LOSS))}
    assert {"loss.fire.title", "loss.fire.description", "loss.fire.change.spare.title", "loss.fire.transfer.insured.title"} <= keys
    assert {"loss scenario fire", "robustness"} <= set(resting_on(with_losses(LOSS))["s"])


def test_what_changed_in_a_loss_and_in_the_doubts():
    old = with_losses(LOSS)
    doubts = (*DOUBTS[:4], Doubt("certified", D("0.05")))
    new = replace(with_losses(replace(changed(magnitude=D("0.4")), spread=D(5), transfers=())), robustness=Robustness(D(2), doubts, ("s",)))
    assert [(c.kind, c.part, c.id) for c in diff(old, new)] == [
        ("changed", "loss scenario", "fire"), ("changed", "loss change", "fire/spare"), ("changed", "robustness", "robustness"),
        ("removed", "loss transfer", "fire/insured"),
    ]  # fmt: skip
    scenario, change, robustness, transfer = diff(old, new)
    assert scenario.fields == {"spread": ("4", "5")}
    assert (change.title, change.fields) == ("A spare takes over", {"magnitude": ("0.5", "0.4")})
    before, after = robustness.fields["doubts"]
    assert (before["certified"], after["certified"]) == ("0", "0.05")
    assert transfer.title == "It is insured"


# The content's own scenarios


@every_loss
def test_a_loss_can_be_reviewed_and_each_of_its_conditions_can_hold_and_fail(loss):
    assert 3 <= len(loss.changes) <= 8
    for condition in [c for c in (loss.when, *(part.when for part in (*loss.changes, *loss.transfers))) if c]:
        assert {True, False} <= possible(condition, DOMAINS), condition


@every_loss
def test_the_guidance_says_what_is_assumed_while_the_question_is_open(loss):
    """The figures of losses.yaml stand in the question's help once more: the median, and the interval of 90 %."""
    guidance = KNOWN.questions[loss.question].help
    least, most = loss.likely / loss.spread, loss.likely * loss.spread
    assert RELEASE.exchange.base == "EUR"
    assert f"EUR {loss.likely:,} is assumed for the median" in guidance
    assert f"between EUR {least:,f} and EUR {most:,f}." in guidance
    assert KNOWN.questions[loss.question].when == loss.when


@every_loss
def test_every_figure_of_a_loss_is_marked_as_judgement(loss):
    marks = {KNOWN.sources[source].verified for source in loss.sources}
    assert "judgement" in marks
    for part in (*loss.changes, *loss.transfers):
        assert "judgement" in {KNOWN.sources[source].verified for source in part.sources}, part.id


def answers_of(question):
    """The answers that can be given, the worst first; of a number one in each band."""
    if question.type == "number":
        limits = [band.below for band in question.bands if band.below is not None]
        figures = [Decimal(1), *(limit + Decimal("0.01") for limit in limits)]
        found = [Response(figure) for figure in figures]
    else:
        found = [Response(choice.id) for choice in question.choices]
    return sorted(found, key=lambda response: answer_value(question, response)) if question.scored else found


def asked_by(loss):
    """Every question that a loss hangs on, directly or through what hides a question."""
    conditions = [loss.when, *(part.when for part in (*loss.changes, *loss.transfers))]
    waiting, found = {name for c in conditions if c for name in references(c)}, {}
    while waiting:
        question = KNOWN.by_variable.get(waiting.pop())
        if question is not None and question.id not in found:
            found[question.id] = question
            waiting |= references(question.when) if question.when else set()
    return [found[id_] for id_ in sorted(found)]


@every_loss
def test_no_better_answer_adds_to_a_loss_and_leaving_one_out_never_takes_from_it(loss):
    """On random answers: each scored one made better, and each one left out, in turn."""
    questions = [q for q in asked_by(loss) if q.type != "choices"]
    several = {q.variable: ["financial-entity"] for q in asked_by(loss) if q.type == "choices"}
    rng = Random(f"loss {loss.id}")

    def expected(given, sourcing, fallback, fee):
        bound = {"sourcing": sourcing, "fallback_sourcing": fallback, "archetype": "chatbot", **several}
        asked = read_sheet(KNOWN, "use_case", {k: v for k, v in given.items() if KNOWN.questions[k].scope == "use_case"}, bound)
        sheet = read_sheet(
            KNOWN, "option", {k: v for k, v in given.items() if KNOWN.questions[k].scope == "option"}, {**bound, **asked.variables}
        )
        found = scenario_loss(loss, None, Decimal(1), sheet.variables, fee)
        return (found.expected if found else Decimal(0)), sheet

    for _ in range(25):
        sourcing, fallback = rng.choice(SOURCINGS), rng.choice((*SOURCINGS, NO_FALLBACK))
        fee = Decimal(rng.choice((0, 100, 10_000, 1_000_000)))
        given = {q.id: rng.choice(answers_of(q)) for q in questions}
        before, _ = expected(given, sourcing, fallback, fee)
        for q in questions:
            without, _ = expected({k: v for k, v in given.items() if k != q.id}, sourcing, fallback, fee)
            assert without >= before * Decimal("0.999999"), ("left out", q.id, given[q.id], sourcing, fallback, fee)
            if not q.scored:
                continue
            now = answer_value(q, given[q.id])
            for better in answers_of(q):
                if answer_value(q, better) > now:
                    after, _ = expected({**given, q.id: better}, sourcing, fallback, fee)
                    assert after <= before * Decimal("1.000001"), ("better", q.id, given[q.id], better, sourcing, fallback, fee)
