"""The organisation's assessments, and where one of them stands."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count as CountRows
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.access import member
from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment, Assignment, Condition, DecisionRecord, Status, Treated
from assessments.moving import newer_release
from assessments.permissions import Place, Reach, visible
from assessments.progress import Count, Standing, standing_of, standings
from assessments.routing import SignOff
from assessments.snapshots import content_of
from assessments.views.assigning import place_lines
from assessments.views.checking import newest_verdict, returned_by
from assessments.views.common import allowed, find, page_context, reach, url_or_none
from assessments.views.decided import left_of, succession
from assessments.views.wire import in_words
from compliance.catalogue.index import index
from compliance.releases import by_name

PAGE = 25


@dataclass(frozen=True)
class Step:
    """What to do next, with the way there; ``url`` empty where it is somebody else's turn."""

    text: str
    url: str = ""
    action: str = ""


@dataclass(frozen=True)
class Line:
    """One assessment in a list; ``count``: how much is answered of what the person reads."""

    assessment: Assessment
    count: Count
    archetype: str


@member()
@require_safe
def portfolio(request: HttpRequest) -> HttpResponse:
    """The assessments of the organisation, searched by ``q`` and filtered by ``status``."""
    organisation = request.organisation  # type: ignore[attr-defined]
    everything = visible(request.user, organisation, request.rights)  # type: ignore[attr-defined, arg-type]
    words, status = request.GET.get("q", "").strip(), request.GET.get("status", "")
    counts = dict(everything.order_by().values_list("status").annotate(CountRows("pk")))
    found = everything.filter(status=status) if status in Status.values else everything
    if words:
        found = found.filter(Q(title__icontains=words) | Q(use_case__name__icontains=words) | Q(use_case__owner__icontains=words))
    page = Paginator(found.select_related("use_case", "proposed_option"), PAGE).get_page(request.GET.get("page"))
    how = standings(page.object_list)
    theirs = places_of(request, [a.pk for a in page.object_list])
    context = {
        "nav": "assessments",
        "page": page,
        "lines": [line(how[a.pk], theirs[a.pk]) for a in page.object_list],
        "reads_all": allowed(request, "read_all"),
        "statuses": [(s.value, s.label, counts.get(s.value, 0)) for s in Status if counts.get(s.value)],
        "total": sum(counts.values()),
        "words": words,
        "status": status,
        "query": urlencode({k: v for k, v in (("q", words), ("status", status)) if v}) + ("&" if words or status else ""),
        "may_create": allowed(request, "create"),
    }
    return render(request, "assessments/list.html", context)


def line(standing: Standing, theirs: Reach) -> Line:
    use_case = standing.assessment.use_case
    archetype = standing.known.archetypes.get(use_case.archetype)
    return Line(standing.assessment, standing.progress.within(theirs), archetype.title if archetype else use_case.archetype)


def places_of(request: HttpRequest, assessments: list[UUID]) -> dict[UUID, Reach]:
    """What the person reads of each; looked up for who reads parts alone."""
    if allowed(request, "read_all"):
        return dict.fromkeys(assessments, Reach(True, False))
    found: dict[UUID, set[Place]] = {pk: set() for pk in assessments}
    for row in Assignment.objects.filter(person=request.user, assessment__in=assessments):  # type: ignore[misc]
        found[row.assessment_id].add(row.place)
    return {pk: Reach(False, False, frozenset(places)) for pk, places in found.items()}


@member()
@require_safe
def overview(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Where one assessment stands: its status and what comes next, how far each part is, its class, and the latest decision."""
    found = find(request, assessment, partly=True)
    standing = standing_of(found)
    if not reach(request, found).reads_all:
        return parts_page(request, standing)
    evaluation = evaluate_assessment(found, standing)
    decision = DecisionRecord.newest_of(found)
    verdict = newest_verdict(found)
    archetype = index(by_name(found.catalogue)).archetypes.get(found.use_case.archetype)
    successor, may_succeed = (None, False) if found.is_open else succession(request, found)
    where = {"org": request.organisation.slug, "assessment": found.pk}  # type: ignore[attr-defined]
    context = page_context(
        request, found, standing, nav="assessments", archetype=archetype, act=evaluation.as_dict()["ai_act"], decision=decision, verdict=verdict,
        returned=returned_by(found, verdict), conditions=len(content_of(decision).get("conditions", [])) if decision else 0,
        step=next_step(request, standing), left=left_of(found, decision), successor=successor, may_succeed=may_succeed,
        panel=url_or_none("reports:panel", **where) if allowed(request, "report") else None,
        may_export=allowed(request, "export"), newer=newer_release(found),
    )  # fmt: skip
    return render(request, "assessments/overview.html", context)


def parts_page(request: HttpRequest, standing: Standing) -> HttpResponse:
    """The overview for who reads parts alone: what they are asked for, and what the use case is."""
    found, person = standing.assessment, request.user
    rows = list(found.assignments.filter(person=person).select_related("person", "assigned_by"))  # type: ignore[misc]
    mine = [line for _title, lines in place_lines(standing, set(), rows) for line in lines if line.asked]
    sees_to = Treated.objects.filter(assessment=found, owner=person).exists() or Condition.objects.filter(  # type: ignore[misc]
        verdict__participation__snapshot__assessment=found, owner=person  # type: ignore[misc]
    ).exists()  # fmt: skip
    archetype = standing.known.archetypes.get(found.use_case.archetype)
    context = page_context(request, found, standing, nav="assessments", mine=mine, sees_to=sees_to, archetype=archetype)
    return render(request, "assessments/overview_parts.html", context)


def next_step(request: HttpRequest, standing: Standing) -> Step:
    """The one thing to do next, for this person on this assessment."""
    found, progress = standing.assessment, standing.progress
    where = {"org": request.organisation.slug, "assessment": found.pk}  # type: ignore[attr-defined]

    def to(name: str, text: str, action: str, **kwargs: str) -> Step:
        return Step(text, reverse(f"assessments:{name}", kwargs=where | kwargs), action)

    if found.status == Status.IN_REVIEW:
        snapshot = found.latest_snapshot
        if snapshot and SignOff(snapshot).stuck:
            return to("record", _("Nobody is left who could sign it: another approver is needed, or it has to be withdrawn."), _("See why"))
        if allowed(request, "approve"):
            return to("record", _("Read the frozen record. If you took no part in it, you can sign or return it."), _("Read the record"))
        return to("record", _("An approver reads the frozen record, and signs or returns it."), _("Look at the record"))
    if found.status == Status.WITHDRAWN:
        return Step(_("Nothing is left to do. It was withdrawn and is kept."))
    if not found.is_open:
        return to("record", _after(found), _("Look at the record"))
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


def _after(assessment: Assessment) -> str:
    """What a decision that has been taken means from now on."""
    if assessment.status == Status.APPROVED and assessment.review_on:
        return _("The approval holds until %(day)s, its review date.") % {"day": in_words(assessment.review_on)}
    if assessment.status == Status.EXPIRED and assessment.review_on:
        return _("The approval expired on %(day)s, its review date.") % {"day": in_words(assessment.review_on)}
    if assessment.status == Status.SUPERSEDED:
        return _("A newer approval has taken its place. The record and the decision on it stay as they are.")
    return _("It is decided. The record and the decision on it stay as they are.")
