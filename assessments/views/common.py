"""What the pages of one assessment share: finding it, the spine beside it, and who may change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.commenting import talks_of
from assessments.evaluation import DEMAND
from assessments.models import Assessment, Option, Snapshot, Status
from assessments.permissions import ACTIONS, Place, Reach, reach_of, visible
from assessments.progress import Count, Standing, standing_of, total
from assessments.views.asked import Asked, asked_of

FROZEN = {
    Status.IN_REVIEW: gettext_lazy(
        "This assessment is in review. What was submitted is frozen while an approver reads it; it opens again if it is returned."
    ),
    Status.APPROVED: gettext_lazy("This assessment is approved. What was signed stays as it was signed."),
    Status.REJECTED: gettext_lazy("This assessment was rejected. It stays as the approver read it."),
    Status.EXPIRED: gettext_lazy(
        "The approval of this assessment has expired. What was signed stays as it was signed; start the next assessment from it."
    ),
    Status.SUPERSEDED: gettext_lazy("A newer approval has taken this one's place. What was signed stays as it was signed."),
    Status.WITHDRAWN: gettext_lazy("This assessment was withdrawn and is kept as it was."),
}

SIGN_OFF = {
    Status.DRAFT: gettext_lazy("not asked for"), Status.RETURNED: gettext_lazy("returned"), Status.IN_REVIEW: gettext_lazy("in review"),
    Status.APPROVED: gettext_lazy("approved"), Status.REJECTED: gettext_lazy("rejected"), Status.EXPIRED: gettext_lazy("expired"),
    Status.SUPERSEDED: gettext_lazy("superseded"), Status.WITHDRAWN: gettext_lazy("withdrawn"),
}  # fmt: skip


@dataclass(frozen=True)
class SpineLink:
    """One line of the spine. ``id`` is its place in the page; ``count`` None where nothing is counted; ``note`` stands in for a count;
    ``stands``: how it stands in a word or two, where that isn't a count."""

    id: str
    label: str
    url: str
    current: bool = False
    count: Count | None = None
    note: str = ""
    stands: str = ""


@dataclass(frozen=True)
class SpineGroup:
    """A heading with links under it, or (``heading`` empty) plain links. ``open`` where the current page is among them."""

    id: str
    heading: str
    links: tuple[SpineLink, ...]
    count: Count | None = None

    @property
    def open(self) -> bool:
        return any(link.current for link in self.links)


def find(request: HttpRequest, assessment: UUID, *, partly: bool = False, **counted: Any) -> Assessment:
    """The assessment, if the person may see it; Http404 otherwise. Raises PermissionDenied where they only read parts of it, unless the page
    says by ``partly`` that it looks after that itself, by ``reach`` or by ``require_part``. ``counted``: annotations that the page wants with it.
    """
    seen = visible(request.user, request.organisation, request.rights)  # type: ignore[attr-defined, arg-type]
    seen = seen.select_related("organisation", "use_case", "author", "proposed_option")
    found = get_object_or_404(seen.annotate(**counted) if counted else seen, pk=assessment)
    if not partly:
        _require_whole(request, found)
    return found


def _require_whole(request: HttpRequest, assessment: Assessment) -> None:
    if not reach(request, assessment).reads_all:
        raise PermissionDenied(_("You are asked for parts of this assessment, and read those. This page shows more than them."))


def reach(request: HttpRequest, assessment: Assessment) -> Reach:
    """What of the assessment the person reads and answers; looked up once for a request."""
    known: dict[UUID, Reach] = request.__dict__.setdefault("reaches", {})
    if assessment.pk not in known:
        known[assessment.pk] = reach_of(request.user, assessment, request.roles)  # type: ignore[attr-defined, arg-type]
    return known[assessment.pk]


def require_part(request: HttpRequest, assessment: Assessment, place: Place) -> None:
    """Raises PermissionDenied where the part isn't the person's to read."""
    if not reach(request, assessment).reads(place):
        raise PermissionDenied(_("This part of the assessment isn't assigned to you."))


def find_with_newest(request: HttpRequest, assessment: UUID) -> tuple[Assessment, Snapshot | None]:
    """As ``find``, with the newest snapshot (None: nothing was submitted yet) and, if there is one, the decision on it, in one query."""
    seen = visible(request.user, request.organisation, request.rights).filter(pk=assessment).order_by()  # type: ignore[attr-defined, arg-type]
    with_case = [f"assessment__{name}" for name in ("organisation", "use_case", "author", "proposed_option")]
    rows = Snapshot.objects.filter(assessment__in=seen.values("pk")).select_related("decision_record", *with_case)
    newest = rows.order_by("-number").first()
    if newest is None:
        return find(request, assessment), None
    _require_whole(request, newest.assessment)
    return newest.assessment, newest


def find_option(assessment: Assessment, key: str) -> Option:
    return get_object_or_404(assessment.options.select_related("assessment"), key=key)


def allowed(request: HttpRequest, action: str) -> bool:
    """Whether the person's roles allow the action, whatever the status; the services decide in the end."""
    return bool(ACTIONS[action] & request.roles)  # type: ignore[attr-defined]


def frozen_reason(request: HttpRequest, assessment: Assessment, action: str = "answer", place: Place | None = None) -> str:
    """Why the person can't change anything here, or in the part ``place``; empty where they can."""
    if not assessment.is_open:
        return str(FROZEN[Status(assessment.status)])
    if not allowed(request, action):
        return _("You can read this assessment; your role doesn't change it.")
    if place is not None and not reach(request, assessment).answers(place):
        return _("You can read this part; it isn't assigned to you.")
    return ""


def place_url(assessment: Assessment, place: Place) -> str:
    """The page on which a part of the assessment is answered."""
    where = {"org": assessment.organisation.slug, "assessment": assessment.pk}
    questionnaire, section = place
    if questionnaire:
        return reverse("assessments:section", kwargs=where | {"questionnaire": questionnaire, "section": section})
    return (
        reverse("assessments:demand", kwargs=where)
        if section == DEMAND
        else reverse("assessments:costs", kwargs=where | {"category": section})
    )


def url_or_none(name: str, **kwargs: Any) -> str | None:
    try:
        return reverse(name, kwargs=kwargs)
    except NoReverseMatch:
        return None


def page_context(
    request: HttpRequest, assessment: Assessment, standing: Standing | None = None, *, place: Place | None = None, **more: Any
) -> dict[str, Any]:
    """The context of every page of an assessment: ``assessment``, ``standing``, ``progress``, ``spine``, what the person may do, and ``more``.
    ``place``: the part that the page asks; None on a page that asks none, or where the person was let answer it already."""
    standing = standing or standing_of(assessment)
    return {
        "nav": "assessments",
        "assessment": assessment,
        "standing": standing,
        "progress": standing.progress,
        "spine": spine(request, standing),
        "may_edit": assessment.is_open and allowed(request, "edit"),
        "may_answer": assessment.is_open and allowed(request, "answer") and (place is None or reach(request, assessment).answers(place)),
        "reach": reach(request, assessment),
        "place": place,
        # Looked up where a page shows them alone.
        "assigned": SimpleLazyObject(lambda: assigned_at(assessment, place)),
        "talks": SimpleLazyObject(lambda: talks_of(assessment, request.user)),  # type: ignore[arg-type]
        "frozen": frozen_reason(request, assessment, place=place),
        "evidence_most": settings.EVIDENCE_MAX_BYTES,
        **more,
    }


def assigned_at(assessment: Assessment, place: Place | None) -> list[Asked]:
    """Who is asked for the part."""
    if place is None:
        return []
    rows = assessment.assignments.filter(questionnaire=place[0], section=place[1])
    return [asked_of(row) for row in rows.select_related("person", "assigned_by")]


def current_path(request: HttpRequest) -> str:
    """The path of the page that the person looks at, also where a part of it asks."""
    htmx = getattr(request, "htmx", None)
    there = htmx.current_url_abs_path if htmx else None
    return (there or request.path).split("?")[0]


def spine(request: HttpRequest, standing: Standing) -> list[SpineGroup]:
    """The way through an assessment: what to describe, ask, cost, read and sign, with how far each part is; of it what the person reads."""
    assessment, progress, path = standing.assessment, standing.progress, current_path(request)
    theirs = reach(request, assessment)
    org = request.organisation.slug  # type: ignore[attr-defined]

    def link(
        id_: str, label: str, name: str, count: Count | None = None, note: str = "", under: str = "", stands: str = "", **kwargs: str
    ) -> SpineLink:
        url = reverse(f"assessments:{name}", kwargs={"org": org, "assessment": assessment.pk, **kwargs})
        here = path == url or bool(
            under and path.startswith(reverse(f"assessments:{under}", kwargs={"org": org, "assessment": assessment.pk}))
        )
        return SpineLink(id_, label, url, here, count, note, stands)

    describing = SpineGroup(
        "describe",
        "",
        (
            link("overview", _("Overview"), "detail"),
            link("use-case", _("Use case"), "use_case"),
            link("options", _("Options"), "options", Count(min(progress.options, 2), 2), str(progress.options), under="options"),
            *([link("demand", _("Demand"), "demand", progress.demand)] if theirs.reads(("", "demand")) else []),
            *(
                [
                    link("questions", _("All questions"), "questions"),
                    link("who-answers", _("Who answers what"), "assignments", under="assignments"),
                ]
                if theirs.reads_all
                else []
            ),
        ),
    )
    asking = [
        SpineGroup(
            f"q-{part.questionnaire.id}",
            part.questionnaire.title,
            tuple(
                link(
                    f"s-{part.questionnaire.id}-{s.section.id}", s.section.title, "section", s.count,
                    questionnaire=part.questionnaire.id, section=s.section.id,
                )
                for s in part.sections
                if theirs.reads((part.questionnaire.id, s.section.id))
            ),
            total(s.count for s in part.sections if theirs.reads((part.questionnaire.id, s.section.id))),
        )
        for part in progress.questionnaires
    ]  # fmt: skip
    costing = SpineGroup(
        "costs",
        _("Deployment tax"),
        tuple(
            link(f"c-{c.category.id}", c.category.title, "costs", c.count, category=c.category.id)
            for c in progress.categories
            if theirs.reads(("", c.category.id))
        ),
        total(c.count for c in progress.categories if theirs.reads(("", c.category.id))),
    )
    if not theirs.reads_all:
        return [describing, *(group for group in (*asking, costing) if group.links)]
    deciding = [
        link("result", _("Result"), "result", under="result"),
        link("findings", _("Findings"), "findings", under="findings"),
        link(
            "sign-off",
            _("Sign-off"),
            "check" if assessment.is_open else "record",
            under="sign",
            stands=str(SIGN_OFF[Status(assessment.status)]),
        ),
        link("evidence", _("Evidence"), "evidence_all"),
    ]
    if allowed(request, "report") and (documents := url_or_none("reports:documents", org=org, assessment=assessment.pk)):
        deciding.append(SpineLink("report", _("Documents"), documents, path == documents))
    if allowed(request, "trail") and (trail := url_or_none("reports:assessment_trail", org=org, assessment=assessment.pk)):
        deciding.append(SpineLink("trail", _("Trail"), trail, path == trail))
    return [describing, *asking, costing, SpineGroup("decide", "", tuple(deciding))]
