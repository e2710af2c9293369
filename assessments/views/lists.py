"""The organisation's assessments, and where one of them stands."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count as CountRows
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.access import member
from assessments.evaluation import evaluate_assessment
from assessments.models import OPEN_STATUSES, Assessment, DecisionRecord, Participation, Status, Verdict, VerdictKind
from assessments.moving import newer_release
from assessments.permissions import visible
from assessments.progress import Standing, standing_of, standings
from assessments.views.common import allowed, find, page_context, url_or_none
from compliance.catalogue.index import index
from compliance.releases import by_name

PAGE = 25
WAITING = 6


@dataclass(frozen=True)
class Step:
    """What to do next, with the way there; ``url`` empty where it is somebody else's turn."""

    text: str
    url: str = ""
    action: str = ""


@dataclass(frozen=True)
class Line:
    """One assessment in a list; ``next`` is what waits for the person there."""

    assessment: Assessment
    standing: Standing
    archetype: str
    next: str = ""


@member()
@require_safe
def portfolio(request: HttpRequest) -> HttpResponse:
    """The assessments of the organisation, searched by ``q`` and filtered by ``status``, and what waits for the person."""
    organisation = request.organisation  # type: ignore[attr-defined]
    everything = visible(request.user, organisation)  # type: ignore[arg-type]
    words, status = request.GET.get("q", "").strip(), request.GET.get("status", "")
    counts = dict(everything.order_by().values_list("status").annotate(CountRows("pk")))
    found = everything.filter(status=status) if status in Status.values else everything
    if words:
        found = found.filter(Q(title__icontains=words) | Q(use_case__name__icontains=words) | Q(use_case__owner__icontains=words))
    page = Paginator(found.select_related("use_case", "proposed_option"), PAGE).get_page(request.GET.get("page"))
    waiting = waits_for(request, everything) if not words and not status and page.number == 1 else []
    how = standings({a.pk: a for a in [*page.object_list, *(a for a, _text in waiting)]}.values())
    context = {
        "nav": "assessments",
        "page": page,
        "lines": [line(how[a.pk]) for a in page.object_list],
        "waiting": [line(how[a.pk], text) for a, text in waiting],
        "statuses": [(s.value, s.label, counts.get(s.value, 0)) for s in Status if counts.get(s.value)],
        "total": sum(counts.values()),
        "words": words,
        "status": status,
        "query": urlencode({k: v for k, v in (("q", words), ("status", status)) if v}) + ("&" if words or status else ""),
        "may_create": allowed(request, "create"),
    }
    return render(request, "assessments/list.html", context)


def line(standing: Standing, text: str = "") -> Line:
    use_case = standing.assessment.use_case
    archetype = standing.known.archetypes.get(use_case.archetype)
    return Line(standing.assessment, standing, archetype.title if archetype else use_case.archetype, text)


def waits_for(request: HttpRequest, everything: QuerySet[Assessment]) -> list[tuple[Assessment, str]]:
    """What the person's roles leave to them: records to sign, returned and own drafts to finish, open ones to answer."""
    waiting: dict[UUID, tuple[Assessment, str]] = {}

    def add(found: QuerySet[Assessment], text: str) -> None:
        for assessment in found.select_related("use_case", "proposed_option")[:WAITING]:
            waiting.setdefault(assessment.pk, (assessment, text))

    if allowed(request, "approve"):
        submitted = everything.filter(status=Status.IN_REVIEW).annotate(newest=Max("snapshots__number"))
        mine = set(
            Participation.objects.filter(person=request.user, snapshot__assessment__in=submitted.values("pk")).values_list(  # type: ignore[misc]
                "snapshot__assessment_id", "snapshot__number"
            )
        )
        for assessment in submitted.select_related("use_case", "proposed_option").order_by("updated_at")[: WAITING * 2]:
            if (assessment.pk, assessment.newest) not in mine:  # type: ignore[attr-defined]
                waiting[assessment.pk] = (assessment, _("Read the record and sign it"))
    if allowed(request, "edit"):
        add(everything.filter(status=Status.RETURNED), _("Returned: read why and finish it"))
        add(everything.filter(status=Status.DRAFT, author=request.user), _("Your draft: finish it"))  # type: ignore[misc]
    elif allowed(request, "answer"):
        add(everything.filter(status__in=OPEN_STATUSES), _("Answer what you know"))
    return list(waiting.values())[:WAITING]


@member()
@require_safe
def overview(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Where one assessment stands: its status and what comes next, how far each part is, its class, and the latest decision."""
    found = find(request, assessment)
    standing = standing_of(found)
    evaluation = evaluate_assessment(found)
    decision = DecisionRecord.objects.filter(snapshot__assessment=found).select_related("snapshot").order_by("-created_at").first()
    verdict = (
        Verdict.objects.filter(participation__snapshot__assessment=found).select_related("participation__person").order_by("-at").first()
    )
    archetype = index(by_name(found.catalogue)).archetypes.get(found.use_case.archetype)
    where = {"org": request.organisation.slug, "assessment": found.pk}  # type: ignore[attr-defined]
    context = page_context(
        request, found, standing, nav="assessments", archetype=archetype, act=evaluation.as_dict()["ai_act"], decision=decision, verdict=verdict,
        returned=verdict if verdict and verdict.verdict == VerdictKind.RETURN and found.status == Status.RETURNED else None,
        step=next_step(request, standing), panel=url_or_none("reports:panel", **where) if allowed(request, "report") else None,
        trail=url_or_none("reports:assessment_trail", **where) if allowed(request, "trail") else None,
        may_export=allowed(request, "export"), newer=newer_release(found),
    )  # fmt: skip
    return render(request, "assessments/overview.html", context)


def next_step(request: HttpRequest, standing: Standing) -> Step:
    """The one thing to do next, for this person on this assessment."""
    found, progress = standing.assessment, standing.progress
    where = {"org": request.organisation.slug, "assessment": found.pk}  # type: ignore[attr-defined]

    def to(name: str, text: str, action: str, **kwargs: str) -> Step:
        return Step(text, reverse(f"assessments:{name}", kwargs=where | kwargs), action)

    if found.status == Status.IN_REVIEW:
        if allowed(request, "approve"):
            return to("record", _("Read the frozen record. If you took no part in it, you can sign or return it."), _("Read the record"))
        return to("record", _("An approver reads the frozen record, and signs or returns it."), _("Look at the record"))
    if not found.is_open:
        return (
            to("record", _("Nothing is left to do. The record and the decision on it stay as they are."), _("Look at the record"))
            if (found.status != Status.WITHDRAWN)
            else Step(_("Nothing is left to do. It was withdrawn and is kept."))
        )
    if not allowed(request, "answer"):
        return Step(_("It is being worked on by the risk officer and the contributors."))
    if progress.options < 2:
        if not allowed(request, "edit"):
            return Step(_("The risk officer still has to add the options to compare."))
        return to("options", _("Add at least two options, so that there is something to choose from."), _("Add options"))
    if progress.demand.state != "done":
        return to("demand", _("Give the demand, so that costs can be counted."), _("Give the demand"))
    for part in progress.questionnaires:
        for section in part.sections:
            if section.count.state in ("open", "started"):
                left = section.count.asked - section.count.answered
                text = ngettext("%(n)d answer is missing in %(section)s.", "%(n)d answers are missing in %(section)s.", left)
                return to(
                    "section", text % {"n": left, "section": section.section.title}, _("Go on answering"),
                    questionnaire=part.questionnaire.id, section=section.section.id,
                )  # fmt: skip
    for category in progress.categories:
        if category.count.state != "done":
            text = _("Costs are missing: %(category)s.") % {"category": category.category.title}
            return to("costs", text, _("Enter costs"), category=category.category.id)
    if not allowed(request, "submit"):
        return to("result", _("Everything is answered. The risk officer proposes an option and submits it."), _("Look at the result"))
    if found.proposed_option_id is None:
        return to("result", _("Everything is answered. Read the result and propose an option."), _("Look at the result"))
    return to("check", _("An option is proposed. Check everything once more and submit it for sign-off."), _("Check and submit"))
