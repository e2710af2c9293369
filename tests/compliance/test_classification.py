from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance import CONTENT
from compliance.catalogue.compile import compile_catalogue
from compliance.catalogue.conditions import truth
from compliance.catalogue.index import index
from compliance.catalogue.yamltree import parse
from compliance.classification import classify

RELEASE = compile_catalogue(CONTENT)
QUESTIONS = {id_: q for id_, q in index(RELEASE).questions.items() if id_.startswith("ai-act.") and q.type in ("choice", "choices")}
DOCUMENT = parse((Path(__file__).parent / "classification_cases.yaml").read_text()).plain()
ORDER = [heading.risk_class for heading in RELEASE.class_headings]


def read(answers, as_of):
    """Classify as an evaluation does: a question that its condition hides is bound to nothing."""
    given_answers, hidden = dict(answers), {}
    for question in QUESTIONS.values():
        if question.when is None:
            continue
        bound = {QUESTIONS[k].variable: v if isinstance(v, str) else list(v) for k, v in given_answers.items()} | hidden
        if truth(question.when, bound) is False:
            given_answers.pop(question.id, None)
            hidden[question.variable] = "" if question.type == "choice" else []
    return classify(RELEASE, given_answers, as_of, hidden)


def answers_of(case):
    raw = case["only"] if "only" in case else {**DOCUMENT["base"], **case.get("answers", {})}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items() if v is not None}


@pytest.mark.parametrize("case", DOCUMENT["cases"], ids=lambda c: c["name"])
def test_reviewed_cases(case):
    result = read(answers_of(case), date.fromisoformat(case.get("as_of", "2026-11-24")))
    assert result.risk_class == case["class"]
    if "at_least" in case:
        assert result.at_least == case["at_least"]
    if "references" in case:
        assert [b.reference for b in result.basis] == case["references"]
    if "missing" in case:
        assert list(result.basis[0].because) == case["missing"]
    if "applies_from" in case:
        assert {b.applies_from.isoformat() for b in result.basis} == {case["applies_from"]}
    if "in_force" in case:
        assert {b.in_force for b in result.basis} == {case["in_force"] == "true"}


def some_answers():
    def values(question):
        ids = [c.id for c in question.choices]
        if question.type == "choice":
            return st.sampled_from(ids)
        return st.lists(st.sampled_from(ids), max_size=2, unique=True).map(tuple)

    return st.fixed_dictionaries({}, optional={id_: values(q) for id_, q in QUESTIONS.items()})


def complete_answers():
    return some_answers().map(lambda answers: {k: tuple(v) if isinstance(v, list) else v for k, v in DOCUMENT["base"].items()} | answers)


SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@SLOW
@given(complete_answers())
def test_a_prohibited_practice_that_counts_always_wins(answers):
    answers |= {
        "ai-act.is-ai-system": "yes",
        "ai-act.eu-nexus": "yes",
        "ai-act.exclusion": "none",
        "ai-act.prohibited-practices": ("5.1.c",),
    }
    assert read(answers, date(2026, 11, 24)).risk_class == "prohibited"


@SLOW
@given(complete_answers())
def test_profiling_always_defeats_a_derogation(answers):
    answers |= {
        "ai-act.is-ai-system": "yes", "ai-act.eu-nexus": "yes", "ai-act.exclusion": "none", "ai-act.annex-iii": ("4.a",),
        "ai-act.derogation": ("6.3.a",), "ai-act.profiling": "yes",
    }  # fmt: skip
    result = read(answers, date(2026, 11, 24))
    assert result.risk_class in ("high", "prohibited") or result.at_least == "high"


@SLOW
@given(complete_answers(), st.sampled_from(sorted(QUESTIONS)))
def test_a_missing_answer_never_lowers_the_class(answers, left_out):
    known = read(answers, date(2026, 11, 24))
    poorer = read({k: v for k, v in answers.items() if k != left_out}, date(2026, 11, 24))
    if poorer.risk_class == "undetermined":
        return
    if known.risk_class == "undetermined":
        pytest.fail(f"leaving out {left_out} made an undetermined class {poorer.risk_class}")
    assert poorer.risk_class == known.risk_class


@SLOW
@given(complete_answers())
def test_at_least_is_never_more_than_what_comes_out(answers):
    partly = {k: v for k, v in answers.items() if k != "ai-act.prohibited-practices"}
    poorer = read(partly, date(2026, 11, 24))
    if poorer.at_least:
        full = read(answers, date(2026, 11, 24))
        assert full.risk_class == "undetermined" or ORDER.index(full.risk_class) <= ORDER.index(poorer.at_least)
