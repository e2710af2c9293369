"""Reading the trail: what is looked for, the entries that fit, and each entry as people and files get it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import CharField, Count, Func, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.access import Rights, rights_of
from accounts.ids import uuid_in
from accounts.models import Organisation, User
from assessments.models import Assessment
from assessments.permissions import visible
from audit.actions import name_of
from audit.context import is_request_id
from audit.models import AuditEvent
from audit.trail import stored_bytes, time_text
from reports.details import Detail, details_of
from reports.models import Report
from reports.sentence_search import Saying, saying

SYSTEM, NOBODY = "system", "nobody"
LONGEST_TEXT = 200
SHOWN_APART = frozenset({"actor_name", "object_label", "reason"})  # in the sentence, or a column of their own
_WORD = re.compile(r"[a-z][a-z0-9_.]{0,79}")
_ACTOR = re.compile(r"system|nobody|[a-z]+:[0-9A-Za-z-]{1,64}")
_ID = re.compile(r"[0-9A-Za-z:._@/-]{1,200}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Filters:
    """What is looked for; an empty field doesn't narrow.

    ``person``: a reference, ``system``, or ``nobody`` for what nobody known did. ``since`` and ``until``: days in UTC, both inclusive.
    ``text``: in the entry's sentence as the page tells it. ``request``: the id of one request or task.
    """

    action: str = ""
    person: str = ""
    object_type: str = ""
    object_id: str = ""
    since: date | None = None
    until: date | None = None
    text: str = ""
    request: str = ""

    def __bool__(self) -> bool:
        return bool(self.given())

    def given(self) -> dict[str, str]:
        """What narrows, by the names that addresses use (``from`` and ``to`` for the days), in the order of the fields."""
        named = {"since": "from", "until": "to"}
        values = {named.get(field.name, field.name): getattr(self, field.name) for field in fields(self)}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items() if value}


NAMES = ("action", "person", "object_type", "object_id", "from", "to", "text", "request")


def filters_from(typed: Mapping[str, str]) -> tuple[Filters, dict[str, str]]:
    """The filters that a person or a program typed, by ``NAMES``, and what is wrong by the same names; a wrong one doesn't narrow."""
    given = {name: typed.get(name, "").strip() for name in NAMES}
    wrong: dict[str, str] = {}

    def plain(name: str, fits: bool, message: str) -> str:
        if given[name] and not fits:
            wrong[name] = message
            return ""
        return given[name]

    since, until = _day(given, "from", wrong), _day(given, "to", wrong)
    if since and until and since > until:
        wrong["to"] = _("This day is before the first one. Enter the same day or a later one.")
    filters = Filters(
        action=plain("action", bool(_WORD.fullmatch(given["action"])), _("There is no such kind of entry. Choose one of the list.")),
        person=plain("person", bool(_ACTOR.fullmatch(given["person"])), _("This is no person's reference. Choose somebody of the list.")),
        object_type=plain("object_type", bool(_WORD.fullmatch(given["object_type"])), _("There is no such type. Choose one of the list.")),
        object_id=plain(
            "object_id",
            bool(_ID.fullmatch(given["object_id"])),
            _("An id has at most 200 letters, digits and the signs : . _ @ / - and no spaces."),
        ),
        since=since,
        until=until,
        text=plain(
            "text",
            len(given["text"]) <= LONGEST_TEXT and "\0" not in given["text"],
            _("Enter at most 200 characters, without control characters."),
        ),
        request=plain("request", is_request_id(given["request"]), _("A request's id has at most 64 letters, digits and the signs : . _ -")),
    )
    return filters, wrong


def _day(given: Mapping[str, str], name: str, wrong: dict[str, str]) -> date | None:
    if not given[name]:
        return None
    try:
        return date.fromisoformat(given[name] if _DAY.fullmatch(given[name]) else "")
    except ValueError:
        wrong[name] = _("This is no date. Write it as year, month and day, such as 2026-11-23.")
        return None


class _AsText(Func):
    """A UUID as the trail's columns write it."""

    arity = 1
    template = "CAST(%(expressions)s AS varchar)"
    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[str | int, ...]]:
        sql, params = compiler.compile(self.source_expressions[0])  # 32 digits in a row
        parts = [f"substr({sql}, {start}, {length})" for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))]
        return " || '-' || ".join(parts), tuple(params) * len(parts)


def seen_by(person: User, organisation: Organisation, rights: Rights | None = None) -> Q:
    """Which of the organisation's events the person may read: all, or, of an auditor whose access is limited, those of the assessments in scope
    and of their reports. ``rights``: the person's, where they are known already."""
    rights = rights or rights_of(person, organisation)
    if rights.limits is None:
        return Q()
    there = visible(person, organisation, rights).order_by()
    reports = Report.objects.filter(assessment__in=there.values("pk")).order_by()
    return Q(object_type="assessment", object_id__in=there.values_list(_AsText("pk"))) | Q(
        object_type="report", object_id__in=reports.values_list(_AsText("pk"))
    )


def found(organisation: Organisation, filters: Filters, *, below: int | None = None, seen: Q | None = None) -> Saying:
    """The organisation's events that fit, in no order yet; only those of the first ``below`` entries, and those that ``seen`` lets through, if
    asked."""
    rows = AuditEvent.objects.filter(seen or Q(), stream=organisation.stream)
    if below is not None:
        rows = rows.filter(index__lt=below)
    if filters.person:
        rows = rows.filter(actor="" if filters.person == NOBODY else filters.person)
    for name in ("action", "object_type", "object_id", "request"):
        if value := getattr(filters, name):
            rows = rows.filter(**{name: value})
    if filters.since:
        rows = rows.filter(at__gte=datetime.combine(filters.since, time.min, UTC))
    if filters.until:
        rows = rows.filter(at__lte=datetime.combine(filters.until, time.max, UTC))
    return saying(rows, organisation, filters.text) if filters.text else Saying(rows)


def events(organisation: Organisation, filters: Filters, seen: Q | None = None) -> Saying:
    """The organisation's events that fit, newest first, ready to be told as sentences; ``seen`` as of ``found``."""
    there = found(organisation, filters, seen=seen)
    return replace(there, rows=there.rows.order_by("-index").prefetch_related("private"))


def events_of_assessment(assessment: Assessment) -> QuerySet[AuditEvent]:
    """What happened to one assessment and to its reports, newest first."""
    reports = [str(pk) for pk in Report.objects.filter(assessment=assessment).values_list("pk", flat=True)]
    about = Q(object_type="assessment", object_id=str(assessment.pk)) | Q(object_type="report", object_id__in=reports)
    return AuditEvent.objects.filter(about, stream=assessment.organisation.stream).order_by("-index").prefetch_related("private")


@dataclass(frozen=True)
class Entry:
    """One entry as it is shown and handed out. ``at``: UTC with microseconds, as hashed; ``actor``: a reference, ``system``, or empty.

    ``actor_name`` and ``reason`` are empty where there were none or they have been erased; so are the other free texts and names that the entry
    speaks of, by key, in ``texts`` (a note as it was before and after, say). ``changes`` is None, and ``sentence`` says so, where the stored
    bytes can't be read any more: somebody changed them, and the check of the trail names the entry.
    """

    index: int
    at: str
    actor: str
    actor_name: str
    action: str
    object_type: str
    object_id: str
    sentence: str
    reason: str
    changes: dict[str, Any] | None
    texts: dict[str, str]
    request: str
    leaf_hash: str
    moment: datetime
    titles: Mapping[str, str]

    @property
    def details(self) -> list[Detail]:
        """What changed, and the texts that it speaks of, in words."""
        return details_of(self.changes or {}, self.texts, self.titles)


def entry_of(event: AuditEvent, titles: Mapping[str, str] | None = None) -> Entry:
    """Never raises for bytes that were tampered with: the page that shows the damage must stand. ``titles``: for its sentence."""
    texts = event.texts()
    try:
        sentence, changes = event.told(titles), event.changes
    except (ValueError, KeyError, TypeError, AttributeError):
        sentence, changes = _("The stored bytes of this entry can't be read: it isn't what was written."), None
    return Entry(
        index=event.index,
        at=time_text(event.at),
        actor=event.actor,
        actor_name=texts.get("actor_name", ""),
        action=event.action,
        object_type=event.object_type,
        object_id=event.object_id,
        sentence=sentence,
        reason=texts.get("reason", ""),
        changes=changes,
        texts={key: text for key, text in sorted(texts.items()) if key not in SHOWN_APART},
        request=event.request,
        leaf_hash=event.leaf_hash,
        moment=event.at,
        titles=titles or {},
    )


def salted_texts(event: AuditEvent) -> dict[str, dict[str, str]]:
    """The names and free texts that haven't been erased, with their salts: the SHA-256 of both together stands in the hashed bytes."""
    return {one.key: {"text": one.text, "salt": stored_bytes(one.salt).hex()} for one in event.private.all()}


@dataclass(frozen=True)
class Choice:
    """What one can narrow by: ``key`` as a filter takes it, ``text`` for people, and how many of the entries that are seen it has."""

    key: str
    text: str
    count: int


def actions_in(stream: str, seen: Q | None = None) -> list[Choice]:
    """The actions that occur in a stream, by the names that people have for them."""
    found = [Choice(key, _(name_of(key)), n) for key, n in _counted(stream, "action", seen)]
    return sorted(found, key=lambda choice: choice.text.casefold())


def types_in(stream: str, seen: Q | None = None) -> list[Choice]:
    """The types of object that occur in a stream."""
    return [Choice(key, key.replace("_", " ").capitalize(), n) for key, n in _counted(stream, "object_type", seen)]


def people_in(stream: str, seen: Q | None = None) -> list[Choice]:
    """Who acted in a stream, by name; a person who is no longer there is named by the reference."""
    counted = dict(_counted(stream, "actor", seen))
    uuids = [uuid for reference in counted if (uuid := uuid_in(reference.removeprefix("person:")))]
    names = {person.reference: person.name for person in User.objects.filter(uuid__in=uuids)}
    names |= {SYSTEM: _("The system"), "": _("Nobody known")}
    shown = [Choice(reference or NOBODY, names.get(reference, reference), n) for reference, n in counted.items()]
    return sorted(shown, key=lambda choice: choice.text.casefold())


def _counted(stream: str, column: str, seen: Q | None) -> list[tuple[str, int]]:
    rows = AuditEvent.objects.filter(seen or Q(), stream=stream).order_by(column).values(column).annotate(n=Count("pk"))
    return list(rows.values_list(column, "n"))
