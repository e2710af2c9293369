"""Every question changes an outcome: for each, this file finds the answers that show it."""

from collections import Counter
from decimal import Decimal

import pytest

from assessments.scoring.answers import Asked
from assessments.scoring.facts import Response
from assessments.scoring.values import question_term
from compliance.catalogue.check_conditions import SCOPES
from compliance.catalogue.conditions import truth
from compliance.catalogue.effects import effects, idle
from compliance.catalogue.index import ActVariables, index
from compliance.catalogue.reach import decides
from compliance.releases import newest

RELEASE = newest()
KNOWN = index(RELEASE)
DOMAINS = {scope: {**KNOWN.domains(scopes), **ActVariables(RELEASE).of_class} for scope, scopes in SCOPES.items()}
RULES = {r.id: r.scope for r in RELEASE.rules}
OBLIGATIONS = {o.id: o.scope for o in RELEASE.obligations}


def scope_of(effect):
    if effect.kind in ("finding", "blocker"):
        return RULES[effect.id]
    if effect.kind in ("duty", "shown"):
        return OBLIGATIONS[effect.id]
    if effect.kind == "loss":
        return "option"
    return KNOWN.questions[effect.id].scope if effect.kind == "asked" else "use_case"


def changes(question, effect):
    """Whether two answers to the question make the effect's outcome differ while everything else is answered alike."""
    if effect.kind == "value":
        if question.type == "number":
            answers = [question.anchors.worst, question.anchors.best]
        else:
            answers = [c.id for c in question.choices]
        values = {question_term(Asked(question, True, Response((a,) if question.type == "choices" else a))).value for a in answers}
        return len(values) > 1
    if effect.kind == "recommendation":
        thresholds = {(a.clear_margin, a.leaning_margin, a.clear_completeness) for a in RELEASE.recommendation.by_appetite}
        return len(thresholds) > 1
    if effect.kind == "loss" and not effect.condition:  # what one event costs: any other figure is another loss
        return question.type == "number"
    found = decides(question.variable, effect.condition, KNOWN, DOMAINS[scope_of(effect)])
    if found is None:
        return False
    one, other = found
    return truth(effect.condition, one) is True and truth(effect.condition, other) is not True


@pytest.mark.parametrize("id_", list(KNOWN.questions))
def test_it_changes_a_value_a_finding_a_class_a_duty_or_what_is_asked(id_):
    question = KNOWN.questions[id_]
    found = effects(RELEASE)[id_]
    shown = [effect for effect in found if changes(question, effect)]
    assert shown, f"{id_}: none of {[(e.kind, e.id) for e in found]} can be turned by its answer"


def test_nothing_is_idle_not_even_through_what_it_leads_to():
    assert idle(RELEASE) == []


def test_the_catalogue_is_as_large_as_its_purpose_asks():
    scopes = Counter(q.scope for q in KNOWN.questions.values())
    assert sum(scopes.values()) >= 100
    assert len(RELEASE.obligations) >= 80
    assert all(o.met_when and o.shown_by for o in RELEASE.obligations)
    assert {o.instrument for o in RELEASE.obligations} >= {"ai-act", "gdpr", "dora", "nis2", "data-act", "product-liability"}
    assert len(RELEASE.archetypes) == 7
    assert len(RELEASE.scenarios) == 3
    assert [loss.id for loss in RELEASE.losses] == ["outage", "harmful-output", "data-breach", "ip-claim", "vendor-exit"]


def test_the_sovereignty_objectives_have_levels_weights_and_least_levels():
    """Cloud Sovereignty Framework 1.2.1: eight objectives with these shares of the score, five levels each."""
    shares = dict(zip(range(1, 9), (15, 10, 10, 15, 20, 15, 10, 5), strict=True))
    weights = {n: KNOWN.questions[f"sovereignty.sov-{n}"].weight for n in shares}
    total = sum(weights.values(), Decimal(0))
    assert {n: w / total * 100 for n, w in weights.items()} == {n: Decimal(share) for n, share in shares.items()}
    for n in shares:
        levels = [c.id for c in KNOWN.questions[f"sovereignty.sov-{n}"].choices]
        assert levels == ["seal-0", "seal-1", "seal-2", "seal-3", "seal-4"]
        least = KNOWN.questions[f"sovereignty.least-sov-{n}"].variable
        level = KNOWN.questions[f"sovereignty.sov-{n}"].variable
        blockers = [r for r in RELEASE.rules if r.blocker and level in r.when and least in r.when]
        assert len(blockers) == 1
        for i, wanted in enumerate(levels[1:], 1):
            for j, reached in enumerate(levels):
                bound = {least: wanted, level: reached, "sovereignty_least_levels": "yes"}
                assert truth(blockers[0].when, bound) is (j < i), (n, wanted, reached)
