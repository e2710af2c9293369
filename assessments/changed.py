"""What others changed lately, in the trail's own sentences, as far as the person may read it: the newest of each run of like events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.access import Rights
from accounts.models import Organisation, User
from assessments.models import Assessment, Assignment
from assessments.naming import titles_for
from assessments.permissions import ACTIONS, Place, visible
from audit.models import AuditEvent
from compliance.catalogue.index import index
from compliance.releases import by_name

SHOWN, READ = 10, 120
ABOUT = ("assessment", "report", "policy", "delegation", "organisation")
# Who read what changes nothing, and keys are for the trail's own page.
QUIET = (
    "record.downloaded", "record.part_read", "evidence.downloaded", "report.downloaded", "report.checked", "seal.made", "seal.rotated",
)  # fmt: skip
TOLD = ("assessment.submitted", "assessment.approved")  # what a contributor hears of the whole


@dataclass(frozen=True)
class Change:
    """``more``: how many events of the same kind by the same person about the same thing came right before it."""

    at: datetime
    sentence: str
    object_type: str
    object_id: str
    more: int


def changes_for(person: User, organisation: Organisation, rights: Rights) -> list[Change]:
    """The newest changes by others, newest first; four queries, and two more for who reads parts alone."""
    rows = (
        AuditEvent.objects.filter(stream=organisation.stream, object_type__in=ABOUT)
        .exclude(actor=person.reference)
        .exclude(action__in=QUIET)
    )
    reads: Callable[[AuditEvent], bool] = lambda _event: True  # noqa: E731
    if rights.limits is not None or not ACTIONS["trail"] & rights.roles:
        cases = {str(case.pk): case for case in visible(person, organisation, rights).order_by("-updated_at")[:READ]}
        rows = rows.filter(object_type="assessment", object_id__in=list(cases))
        if rights.limits is None:
            reads = _within(cases, person)
    events = [event for event in rows.order_by("-index").prefetch_related("private")[:READ] if reads(event)]
    return _collapsed(events, titles_for(events, organisation))[:SHOWN]


def _collapsed(events: list[AuditEvent], titles: dict[str, dict[str, str]]) -> list[Change]:
    found: list[Change] = []
    run: tuple[str, str, str] | None = None
    for event in events:
        like = (event.actor, event.action, event.object_id)
        if like == run:
            last = found[-1]
            found[-1] = Change(last.at, last.sentence, last.object_type, last.object_id, last.more + 1)
            continue
        run = like
        try:
            sentence = event.told(titles.get(event.object_id))
        except (ValueError, KeyError, TypeError, AttributeError):  # its bytes were changed: the check of the trail says so
            run = None
            continue
        found.append(Change(event.at, sentence, event.object_type, event.object_id, 0))
    return found


def _within(cases: dict[str, Assessment], person: User) -> Callable[[AuditEvent], bool]:
    """What somebody hears who reads parts: what happens in them, and that the whole was submitted or approved."""
    mine: dict[str, set[Place]] = {}
    for row in Assignment.objects.filter(person=person, assessment__in=list(cases)):
        mine.setdefault(str(row.assessment_id), set()).add(row.place)

    def reads(event: AuditEvent) -> bool:
        if event.action in TOLD:
            return True
        places = mine.get(event.object_id, set())
        try:
            return bool(places & set(_places(event, cases[event.object_id])))
        except (ValueError, KeyError, TypeError, AttributeError, LookupError):
            return False

    return reads


def _places(event: AuditEvent, case: Assessment) -> list[Place]:
    """The parts that an event is about, as far as it names any."""
    told: dict[str, Any] = event.changes
    if "sections" in told:
        pairs = [text.partition("/") for text in told["sections"]]
        return [("" if of == "figures" else of, section) for of, _slash, section in pairs]
    if question := told.get("question"):
        return [index(by_name(case.catalogue)).places[question]]
    if figure := told.get("figure"):
        return [("", figure.split(".")[0])]
    return []
