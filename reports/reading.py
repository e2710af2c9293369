"""Reading the trail for the pages: an organisation's events, newest first, found by action, person and text."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from assessments.models import Assessment
from audit.models import AuditEvent
from reports.models import Report

SYSTEM = "system"


@dataclass(frozen=True)
class Filters:
    """What is looked for; an empty one doesn't narrow. ``person``: a reference, or ``system``."""

    action: str = ""
    person: str = ""
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.action or self.person or self.text)


def events(stream: str, filters: Filters) -> QuerySet[AuditEvent]:
    """The stream's events that fit, newest first, ready to be told as sentences."""
    found = AuditEvent.objects.filter(stream=stream)
    if filters.action:
        found = found.filter(action=filters.action)
    if filters.person:
        found = found.filter(actor=filters.person)
    if filters.text:
        # Names, titles and reasons stand in the private texts; ids and actions in the columns.
        text = filters.text
        by_text = Q(pk__in=AuditEvent.objects.filter(stream=stream, private__text__icontains=text).values("pk"))
        found = found.filter(by_text | Q(action__icontains=text) | Q(object_id__icontains=text) | Q(request__icontains=text))
    return found.order_by("-index").prefetch_related("private")


def events_of_assessment(assessment: Assessment) -> QuerySet[AuditEvent]:
    """What happened to one assessment and to its reports, newest first."""
    reports = [str(pk) for pk in Report.objects.filter(assessment=assessment).values_list("pk", flat=True)]
    about = Q(object_type="assessment", object_id=str(assessment.pk)) | Q(object_type="report", object_id__in=reports)
    return AuditEvent.objects.filter(about, stream=assessment.organisation.stream).order_by("-index").prefetch_related("private")


def actions_in(stream: str) -> list[tuple[str, str]]:
    """The actions that occur in a stream, with the words for them: ``("assessment.submitted", "Assessment submitted")``."""
    occurring = AuditEvent.objects.filter(stream=stream).order_by("action").values_list("action", flat=True).distinct()
    return [(action, in_words(action)) for action in occurring]


def in_words(action: str) -> str:
    return action.replace(".", " ").replace("_", " ").capitalize()


def people_in(stream: str) -> list[tuple[str, str]]:
    """Who acted in a stream: reference and name; a person who is no longer there is named by the reference."""
    references = list(
        AuditEvent.objects.filter(stream=stream).exclude(actor="").order_by("actor").values_list("actor", flat=True).distinct()
    )
    uuids = [uuid for reference in references if (uuid := _uuid(reference))]
    names = {person.reference: person.name for person in User.objects.filter(uuid__in=uuids)}
    shown = [(r, "The system" if r == SYSTEM else names.get(r, r)) for r in references]
    return sorted(shown, key=lambda pair: pair[1].casefold())


def _uuid(reference: str) -> UUID | None:
    try:
        return UUID(reference.removeprefix("person:"))
    except ValueError:
        return None
