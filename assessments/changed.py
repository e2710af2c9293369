"""What others changed lately, in the trail's own sentences, as far as the person may read it: by assessment, the newest of each run of like events,
and which of it is new since the person's last visit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Subquery

from accounts.access import Rights
from accounts.ids import uuid_in
from accounts.models import Organisation, User
from assessments.models import Assessment, Assignment
from assessments.naming import titles_for
from assessments.permissions import ACTIONS, Place, visible
from audit.models import AuditEvent
from compliance.catalogue.index import index
from compliance.releases import by_name

SHOWN, READ = 10, 120  # lines, of so many events
GROUPS, AT_LEAST = 5, 2  # assessments, and lines of each
SIGNING_IN = timedelta(minutes=1)  # what is older was no part of signing in this time
ABOUT = ("assessment", "report", "policy", "delegation", "organisation")
# Who read what changes nothing, and keys are for the trail's own page.
QUIET = (
    "record.downloaded", "record.part_read", "evidence.downloaded", "report.downloaded", "report.checked", "seal.made", "seal.rotated",
)  # fmt: skip
TOLD = ("assessment.submitted", "assessment.approved")  # what a contributor hears of the whole


@dataclass(frozen=True)
class Change:
    """``more``: how many events of the same kind by the same person about the same thing came right before it; ``new``: since the last visit.
    ``comment``: the question whose comments it is about."""

    at: datetime
    sentence: str
    about: str
    more: int
    new: bool = False
    comment: str = ""


@dataclass(frozen=True)
class Group:
    """What changed in one assessment, newest first; ``case`` and ``title`` are empty for what is the organisation's. ``left``: lines that aren't
    shown."""

    case: str
    title: str
    changes: tuple[Change, ...]
    left: int

    @property
    def new(self) -> int:
        """How many of the lines shown are new."""
        return sum(change.new for change in self.changes)


@dataclass(frozen=True)
class Lately:
    """``since``: when the person was last here before they signed in this time; None where that was never, and then nothing is called new."""

    since: datetime | None
    groups: tuple[Group, ...]

    @property
    def new(self) -> int:
        """How many of the lines shown are new."""
        return sum(group.new for group in self.groups)


def lately_for(person: User, organisation: Organisation, rights: Rights) -> Lately:
    """The newest changes by others; the assessment that changed last comes first. Five queries, and two more for who reads parts alone."""
    since = _last_visit(person, organisation)
    events = _events(person, organisation, rights)
    cases = Assessment.objects.filter(organisation=organisation, pk__in={case for event in events if (case := _case(event))})
    titles = {str(case.pk): case.title for case in cases}
    by_case: dict[str, list[Change]] = {}
    for change in _collapsed(events, titles_for(events, organisation, cases)):
        by_case.setdefault(change.about, []).append(replace(change, new=since is not None and change.at > since))
    shown = dict(list(by_case.items())[:GROUPS])
    most = max(SHOWN // len(shown), AT_LEAST) if shown else 0
    return Lately(
        since,
        tuple(
            Group(case if case in titles else "", titles.get(case, ""), tuple(some[:most]), len(some[most:]))
            for case, some in shown.items()
        ),
    )


def _last_visit(person: User, organisation: Organisation) -> datetime | None:
    """When the person last did something here before they signed in this time. It is looked for from the time on that they signed in before, which
    is found by an index: a log of a million entries isn't read for who is here for the first time."""
    if person.last_login is None:
        return None
    before = AuditEvent.objects.filter(stream=organisation.stream, at__lt=person.last_login - SIGNING_IN).order_by("-index")
    signed_in = before.filter(object_type="person", object_id=str(person.uuid), action="person.signed_in").values("index")[:1]
    return before.filter(actor=person.reference, index__gte=Subquery(signed_in)).values_list("at", flat=True).first()


def _events(person: User, organisation: Organisation, rights: Rights) -> list[AuditEvent]:
    """The newest events that others caused and that change something, newest first."""
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
    return [event for event in rows.order_by("-index").prefetch_related("private")[:READ] if reads(event)]


def _collapsed(events: list[AuditEvent], titles: dict[str, dict[str, str]]) -> list[Change]:
    found: list[Change] = []
    run: tuple[str, str, str] | None = None
    for event in events:
        like = (event.actor, event.action, event.object_id)
        if like == run:
            last = found[-1]
            found[-1] = replace(last, more=last.more + 1)
            continue
        run = like
        try:
            sentence = event.told(titles.get(event.object_id))
        except (ValueError, KeyError, TypeError, AttributeError):  # its bytes were changed: the check of the trail says so
            run = None
            continue
        question = event.changes.get("question", "") if event.action.startswith("comment.") else ""
        found.append(Change(event.at, sentence, _case(event), 0, comment=question))
    return found


def _case(event: AuditEvent) -> str:
    """The id of the assessment that the event is about, which a report's event names; empty for what is the organisation's."""
    try:
        about = event.object_id if event.object_type == "assessment" else event.changes.get("assessment")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return str(found) if isinstance(about, str) and (found := uuid_in(about)) else ""


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
