"""Every question of a release, and the page of each: why it is asked, what its answer changes, what it rests on, and its calculator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.access import member
from compliance.catalogue.effects import Effect, effects
from compliance.catalogue.model import Question, Section
from compliance.views.calculators import calculator_of, sources_of
from compliance.views.losses import read_by
from compliance.views.pages import Clause, Link, Place, context, release_or_404
from compliance.views.reference import said_of
from compliance.views.words import ANSWERED_BY, SCOPES


@dataclass(frozen=True)
class Consequence:
    """One thing that an answer changes; ``how`` says in what way, ``clause`` the whole condition that reads it."""

    link: Link
    how: str = ""
    severity: str = ""
    clause: Clause | None = None


@dataclass(frozen=True)
class Consequences:
    id: str
    title: str
    rows: tuple[Consequence, ...]


@member()
@require_safe
def questions(request: HttpRequest, release: str) -> HttpResponse:
    """All questions by questionnaire and section; ``q`` looks for words in text, reason, guidance and id."""
    place = Place(request, release_or_404(release))
    words = request.GET.get("q", "").strip()[:200]
    wanted = words.casefold().split()
    groups, found = [], 0
    for questionnaire in place.release.questionnaires:
        sections = []
        for section in questionnaire.sections:
            rows = [_row(place, question) for question in section.questions if _fits(question, wanted)]
            if rows:
                sections.append((section, rows))
                found += len(rows)
        if sections:
            groups.append({"questionnaire": questionnaire, "sections": sections, "count": sum(len(rows) for _s, rows in sections)})
    more = {"groups": groups, "words": words, "found": found, "all": len(place.known.questions)}
    return render(request, "compliance/questions.html", context(request, place, "questions", **more))


def _fits(question: Question, wanted: list[str]) -> bool:
    text = " ".join((question.id, question.text, question.why, question.help)).casefold()
    return all(word in text for word in wanted)


def _row(place: Place, question: Question) -> dict[str, Any]:
    return {
        "question": question,
        "url": place.question_url(question.id),
        "scope": SCOPES[question.scope],
        "who": ANSWERED_BY[question.answered_by],
        "criterion": place.criterion(question.criterion).text if question.scored and question.criterion else "",
    }


@member()
@require_safe
def question(request: HttpRequest, release: str, question: str) -> HttpResponse:
    """One question. Its calculator's figures come in the address; one that is wrong answers 422 with a message beside its field."""
    place = Place(request, release_or_404(release))
    found = place.known.questions.get(question)
    if found is None:
        raise Http404(_("No such question in this release."))
    questionnaire, section, before, after = _where(place, found)
    calculator = calculator_of(found, place.release.arithmetic, request.GET)
    more = {
        "question": found,
        "questionnaire": questionnaire,
        "section": section,
        "before": before,
        "after": after,
        "scope": SCOPES[found.scope],
        "who": ANSWERED_BY[found.answered_by],
        "criterion": place.criterion(found.criterion) if found.scored and found.criterion else None,
        "weight_share": _weight_share(place, found),
        "clause": place.clause(found.when),
        "bands": _bands(found),
        "groups": consequences(place, found),
        "sources": place.sources(found.sources),
        "published": said_of(place, [item for item in place.release.published if item.question == found.id]),
        "benchmarks": [
            {"benchmark": b, "source": place.known.sources[b.source], "stale": place.stale(b.on)}
            for b in place.release.benchmarks
            if b.question == found.id
        ],
        "calculator": calculator,
        "calculator_sources": place.sources(sources_of(found, place.release.arithmetic)),
    }  # fmt: skip
    status = 422 if calculator is not None and calculator.troubled else 200
    return render(request, "compliance/question.html", context(request, place, "questions", **more), status=status)


def _where(place: Place, found: Question) -> tuple[Any, Section, Link | None, Link | None]:
    """The questionnaire and section of a question, and the questions before and after it."""
    order = list(place.known.questions)
    at = order.index(found.id)
    before = place.question(order[at - 1]) if at else None
    after = place.question(order[at + 1]) if at + 1 < len(order) else None
    for questionnaire in place.release.questionnaires:
        for section in questionnaire.sections:
            if found in section.questions:
                return questionnaire, section, before, after
    raise Http404


def _weight_share(place: Place, found: Question) -> str:
    """How much of its criterion the question weighs where every question of it is asked, in per cent."""
    if not found.scored:
        return ""
    whole = sum(q.weight for q in place.known.questions.values() if q.scored and q.criterion == found.criterion)
    criterion = place.known.criteria.get(found.criterion or "")
    if criterion is not None and criterion.measure is not None:
        whole += criterion.measure.weight
    return f"{found.weight / whole * 100:.0f}"


def _bands(found: Question) -> list[dict[str, Any]]:
    rows, least = [], None
    for band in found.bands:
        rows.append({"band": band, "least": least, "below": band.below})
        least = band.below
    return rows


def consequences(place: Place, found: Question) -> list[Consequences]:
    """What the answer changes, by kind, the gravest first."""
    mine = effects(place.release).get(found.id, ())

    def of(*kinds: str) -> list[Effect]:
        return [effect for effect in mine if effect.kind in kinds]

    def rules(kind: str) -> tuple[Consequence, ...]:
        rows = []
        for effect in of(kind):
            rule = place.known.rules[effect.id]
            rows.append(Consequence(place.rule(rule.id), rule.message, rule.severity, place.clause(effect.condition)))
        return tuple(rows)

    value = tuple(
        Consequence(place.criterion(effect.id), _("Its value counts with weight %(weight)s.") % {"weight": f"{found.weight.normalize():f}"})
        for effect in of("value")
    )
    lines = {effect.id: effect for effect in of("class")}
    texts: dict[str, list[str]] = {}
    for line in place.release.class_rules:
        if line.reference in lines:
            texts.setdefault(line.reference, []).append(line.text)
    classes = tuple(
        Consequence(Link(f"{id_}: {texts[id_][0]}", place.line(id_).url), _more(len(texts[id_]) - 1)) for id_ in lines
    )  # fmt: skip
    recommendation = tuple(
        Consequence(Link(_("How firmly an option is recommended")), _("The answer sets the margins that a recommendation needs."))
        for _effect in of("recommendation")
    )
    asked = tuple(Consequence(place.question(effect.id), "", "", place.clause(effect.condition)) for effect in of("asked"))
    found_groups = [
        Consequences("value", _("The score"), value),
        Consequences("blockers", _("Blockers"), rules("blocker")),
        Consequences("findings", _("Findings"), rules("finding")),
        Consequences("classes", _("The class under the AI Act"), classes),
        Consequences("duties", _("Obligations"), _duties(place, of("duty", "shown"))),
        Consequences("recommendation", _("The recommendation"), recommendation),
        Consequences("losses", _("The loss to expect in a year"), _losses(place, of("loss"))),
        Consequences("asked", _("Whether other questions are asked"), asked),
    ]
    return [group for group in found_groups if group.rows]


def _losses(place: Place, mine: list[Effect]) -> tuple[Consequence, ...]:
    """One row for each part of a scenario that the answer can turn, and for the scenario whose event it prices."""
    scenarios = {loss.id: loss for loss in place.release.losses}
    return tuple(
        Consequence(place.loss(effect.id), how, "", place.clause(effect.condition))
        for effect in mine
        for how in read_by(scenarios[effect.id], effect)
    )


def _more(count: int) -> str:
    return ngettext("and %(n)d more line on this point", "and %(n)d more lines on this point", count) % {"n": count} if count > 0 else ""


def _duties(place: Place, mine: list[Effect]) -> tuple[Consequence, ...]:
    """One row for each obligation: whether the answer decides that it applies, or that it is met, or both."""
    kinds: dict[str, set[str]] = {}
    for effect in mine:
        kinds.setdefault(effect.id, set()).add(effect.kind)
    words = {
        frozenset({"duty"}): _("whether it applies"),
        frozenset({"shown"}): _("whether it is met"),
        frozenset({"duty", "shown"}): _("whether it applies, and whether it is met"),
    }
    return tuple(Consequence(place.obligation(id_), words[frozenset(of)]) for id_, of in kinds.items())
