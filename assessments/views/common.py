"""What the pages of one assessment share: finding it, the spine beside it, and who may change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from assessments.models import Assessment, Option, Status
from assessments.permissions import ACTIONS, visible
from assessments.progress import Count, Standing, standing_of

FROZEN = {
    Status.IN_REVIEW: "This assessment is in review. What was submitted is frozen while an approver reads it; it opens again if it is returned.",
    Status.APPROVED: "This assessment is approved. What was signed stays as it was signed.",
    Status.REJECTED: "This assessment was rejected. It stays as the approver read it.",
    Status.EXPIRED: "The approval of this assessment has expired. What was signed stays as it was signed; start the next assessment from it.",
    Status.SUPERSEDED: "A newer approval has taken this one's place. What was signed stays as it was signed.",
    Status.WITHDRAWN: "This assessment was withdrawn and is kept as it was.",
}


@dataclass(frozen=True)
class SpineLink:
    """One line of the spine. ``id`` is its place in the page; ``count`` None where nothing is counted; ``note`` stands in for a count."""

    id: str
    label: str
    url: str
    current: bool = False
    count: Count | None = None
    note: str = ""


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


def find(request: HttpRequest, assessment: UUID) -> Assessment:
    """The assessment, if the person may see it; Http404 otherwise."""
    seen = visible(request.user, request.organisation)  # type: ignore[attr-defined, arg-type]
    return get_object_or_404(seen.select_related("organisation", "use_case", "author", "proposed_option"), pk=assessment)


def find_option(assessment: Assessment, key: str) -> Option:
    return get_object_or_404(assessment.options.select_related("assessment"), key=key)


def allowed(request: HttpRequest, action: str) -> bool:
    """Whether the person's roles allow the action, whatever the status; the services decide in the end."""
    return bool(ACTIONS[action] & request.roles)  # type: ignore[attr-defined]


def frozen_reason(request: HttpRequest, assessment: Assessment, action: str = "answer") -> str:
    """Why the person can't change anything here; empty where they can."""
    if not assessment.is_open:
        return _(FROZEN[Status(assessment.status)])
    if not allowed(request, action):
        return _("You can read this assessment; your role doesn't change it.")
    return ""


def url_or_none(name: str, **kwargs: Any) -> str | None:
    try:
        return reverse(name, kwargs=kwargs)
    except NoReverseMatch:
        return None


def page_context(request: HttpRequest, assessment: Assessment, standing: Standing | None = None, **more: Any) -> dict[str, Any]:
    """The context of every page of an assessment: ``assessment``, ``standing``, ``progress``, ``spine``, what the person may do, and ``more``."""
    standing = standing or standing_of(assessment)
    return {
        "assessment": assessment,
        "standing": standing,
        "progress": standing.progress,
        "spine": spine(request, standing),
        "may_edit": assessment.is_open and allowed(request, "edit"),
        "may_answer": assessment.is_open and allowed(request, "answer"),
        "frozen": frozen_reason(request, assessment),
        **more,
    }


def current_path(request: HttpRequest) -> str:
    """The path of the page that the person looks at, also where a part of it asks."""
    htmx = getattr(request, "htmx", None)
    there = htmx.current_url_abs_path if htmx else None
    return (there or request.path).split("?")[0]


def spine(request: HttpRequest, standing: Standing) -> list[SpineGroup]:
    """The way through an assessment: what to describe, ask, cost, read and sign, with how far each part is."""
    assessment, progress, path = standing.assessment, standing.progress, current_path(request)
    org = request.organisation.slug  # type: ignore[attr-defined]

    def link(id_: str, label: str, name: str, count: Count | None = None, note: str = "", under: str = "", **kwargs: str) -> SpineLink:
        url = reverse(f"assessments:{name}", kwargs={"org": org, "assessment": assessment.pk, **kwargs})
        here = path == url or bool(
            under and path.startswith(reverse(f"assessments:{under}", kwargs={"org": org, "assessment": assessment.pk}))
        )
        return SpineLink(id_, label, url, here, count, note)

    describing = SpineGroup(
        "describe",
        "",
        (
            link("overview", _("Overview"), "detail"),
            link("use-case", _("Use case"), "use_case"),
            link("options", _("Options"), "options", Count(min(progress.options, 2), 2), str(progress.options), under="options"),
            link("demand", _("Demand"), "demand", progress.demand),
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
            ),
            part.count,
        )
        for part in progress.questionnaires
    ]  # fmt: skip
    costing = SpineGroup(
        "costs",
        _("Deployment tax"),
        tuple(link(f"c-{c.category.id}", c.category.title, "costs", c.count, category=c.category.id) for c in progress.categories),
        progress.costs,
    )
    deciding = [
        link("result", _("Result"), "result", under="result"),
        link("findings", _("Findings"), "findings", under="findings"),
        link("sign-off", _("Sign-off"), "check" if assessment.is_open else "record"),
        SpineLink("report", _("Report"), reverse("assessments:detail", kwargs={"org": org, "assessment": assessment.pk}) + "#report"),
    ]
    if allowed(request, "trail") and (trail := url_or_none("reports:assessment_trail", org=org, assessment=assessment.pk)):
        deciding.append(SpineLink("trail", _("Trail"), trail, path == trail))
    return [describing, *asking, costing, SpineGroup("decide", "", tuple(deciding))]
