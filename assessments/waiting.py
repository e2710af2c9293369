"""What waits for a person in an organisation, and what there is at risk: a few queries, whatever is stored.

Whatever has a day and a person is gathered by one query, a union in which each kind of thing fills the same columns; the stages of the sign-off
by a second, since whose turn it is follows from all verdicts. Everything is limited to the assessments that the person may see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat, NullIf

from accounts.access import Rights
from accounts.models import Organisation, User
from assessments.models import (
    APPROVING,
    OPEN_STATUSES,
    Acceptance,
    Assessment,
    Assignment,
    Comment,
    Condition,
    ConditionStep,
    ConditionStepKind,
    DecisionRecord,
    Part,
    Participation,
    Seat,
    Snapshot,
    Stage,
    Status,
    Treated,
    Treatment,
    Verdict,
)
from assessments.permissions import ADMINISTRATOR, APPROVER, READS_ALL, RISK_OFFICER, visible
from assessments.routing import standing_delegations
from jobs.models import Job

SOON = timedelta(days=30)  # acceptances and treatments that end
REVIEW_SOON = timedelta(days=60)
NO_DAY = date(9999, 12, 31)
EMPTY, MINE, NOT_MINE = Value(""), Value(True, BooleanField()), Value(False, BooleanField())
MOST = 200  # things that are looked at, the most urgent first; a page shows far fewer
COLUMNS = ("w_kind", "w_key", "w_case", "w_title", "w_about", "w_more", "w_due", "w_mine")


@dataclass(frozen=True)
class Thing:
    """Something that waits or is at risk. ``kind``: ``answer`` (a part to answer), ``condition``, ``acceptance``, ``review``, ``draft``,
    ``returned``, ``expired``, ``treatment``, ``comment``, ``sign``, ``stuck`` (too few are left who could sign),
    ``no_factor`` or ``job``. ``case``: the assessment, None for what belongs to
    none; ``about`` and ``more`` depend on the kind; ``mine``: it waits for the person themselves."""

    kind: str
    key: str
    case: UUID | None
    title: str
    about: str
    more: str
    due_on: date | None
    mine: bool

    def overdue(self, today: date) -> bool:
        return self.due_on is not None and self.due_on < today


def things_for(person: User, organisation: Organisation, rights: Rights, today: date) -> list[Thing]:
    """Everything that waits for the person or is at risk and theirs to see, the most urgent first. Two queries."""
    cases = visible(person, organisation, rights).order_by()
    watches = bool(READS_ALL & rights.roles)
    parts = [
        _answers(cases, person, watches and RISK_OFFICER in rights.roles, today),
        _conditions(cases, person, watches, today),
        _acceptances(cases, person, watches, today),
        _cases(cases, person, rights.roles, watches, today),
        _treatments(cases, person, watches, today),
        _comments(cases, person),
    ]
    if ADMINISTRATOR in rights.roles:
        parts += [_without_factor(organisation), _failed_jobs(organisation)]
    first, *others = parts
    rows = first.union(*others, all=True).order_by("-w_mine", "w_due", "w_key")[:MOST]
    found = [
        Thing(kind, key, case, title, about, more, None if due == NO_DAY else due, mine)
        for kind, key, case, title, about, more, due, mine in rows
    ]
    return sorted(
        [*found, *_signatures(cases, person, organisation, rights.roles, today)], key=lambda thing: (thing.due_on or NO_DAY, thing.key)
    )


def _columns(
    rows: QuerySet[Any],
    *,
    kind: Any,
    key: Any,
    case: str,
    title: Any,
    about: Any = EMPTY,
    more: Any = EMPTY,
    due: Any = None,
    mine: Any,
) -> QuerySet[Any, Any]:
    """A part of the union: every column of one type on both databases. ``case``: the path to the assessment, empty for what belongs to none."""
    text = {"w_kind": kind, "w_key": key, "w_title": title, "w_about": about, "w_more": more}
    no_day = Value(NO_DAY, DateField())
    named: dict[str, Any] = {name: Cast(value, TextField()) for name, value in text.items()}
    named["w_case"] = Cast(F(case) if case else Value(None, UUIDField()), UUIDField())
    named["w_due"] = Cast(no_day if due is None else Coalesce(due, no_day), DateField())
    named["w_mine"] = mine if isinstance(mine, Value) else Case(When(mine, then=MINE), default=NOT_MINE, output_field=BooleanField())
    return rows.order_by().annotate(**named).values_list(*COLUMNS)


def _answers(cases: QuerySet[Assessment], person: User, watches: bool, today: date) -> QuerySet[Any, Any]:
    """What the person is asked for, and for a risk officer what others are late with."""
    rows = Assignment.objects.filter(assessment__in=cases.values("pk"), assessment__status__in=OPEN_STATUSES, done_at__isnull=True)
    mine = Q(person=person)
    return _columns(
        rows.filter(mine | Q(due_on__lt=today) if watches else mine), kind=Value("answer"), key=F("pk"), case="assessment",
        title=F("assessment__title"), about=Concat("questionnaire", Value("/"), "section"), more=F("person__name"), due=F("due_on"), mine=mine,
    )  # fmt: skip


def _decided() -> QuerySet[Any, Any]:
    """The snapshots that approvals rest on which still stand."""
    return DecisionRecord.objects.filter(outcome="approved", snapshot__assessment__status=Status.APPROVED).values("snapshot")


def _conditions(cases: QuerySet[Assessment], person: User, watches: bool, today: date) -> QuerySet[Any, Any]:
    """Conditions that aren't met: the person's, and those that are overdue."""
    last = ConditionStep.objects.filter(condition=OuterRef("pk")).order_by("-pk").values("kind")[:1]
    case = "verdict__participation__snapshot__assessment"
    rows = Condition.objects.filter(verdict__participation__snapshot__in=_decided(), **{f"{case}__in": cases.values("pk")})
    rows = rows.annotate(w_last=Coalesce(Subquery(last), Value(""))).exclude(w_last=ConditionStepKind.MET)
    mine = Q(owner=person)
    return _columns(
        rows.filter(mine | Q(due_on__lt=today) if watches else mine), kind=Value("condition"), key=F("pk"), case=case, title=F(f"{case}__title"),
        about=F("text"), more=F("owner_name"), due=F("due_on"), mine=mine,
    )  # fmt: skip


def _acceptances(cases: QuerySet[Assessment], person: User, watches: bool, today: date) -> QuerySet[Any, Any]:
    """Acceptances that end soon or have: for who wrote the assessment and for who accepted; those that have ended, for all who read it."""
    snapshot = "verdict__participation__snapshot"
    rows = Acceptance.objects.filter(
        expires_on__lte=today + SOON, **{f"{snapshot}__in": _decided(), f"{snapshot}__assessment__in": cases.values("pk")}
    )
    mine = Q(**{f"{snapshot}__assessment__author": person}) | Q(verdict__participation__person=person)
    shown = mine | Q(expires_on__lt=today)
    return _columns(
        rows.filter(shown) if watches else rows.filter(verdict__isnull=True), kind=Value("acceptance"), key=F("pk"),
        case=f"{snapshot}__assessment", title=F(f"{snapshot}__assessment__title"), about=Coalesce(NullIf("title", Value("")), "blocker"),
        more=F("accepted_by"), due=F("expires_on"), mine=mine,
    )  # fmt: skip


def _cases(cases: QuerySet[Assessment], person: User, roles: Iterable[str], watches: bool, today: date) -> QuerySet[Any, Any]:
    """Drafts of the person's, returned ones for every risk officer, approvals whose review is near, and those that have expired."""
    mine = Q(pk__in=[])
    if RISK_OFFICER in roles:
        mine = Q(status=Status.DRAFT, author=person) | Q(status=Status.RETURNED)
        mine |= Q(status=Status.APPROVED, author=person) | Q(status=Status.EXPIRED, author=person)
    followed = Assessment.objects.filter(supersedes=OuterRef("pk")).exclude(status__in=(Status.REJECTED, Status.WITHDRAWN))
    reviewed = Q(status=Status.APPROVED, review_on__lte=today + REVIEW_SOON)
    lapsed = Q(status=Status.EXPIRED) & ~Exists(followed)
    wanted: Any = Q(status__in=OPEN_STATUSES) & mine
    if watches:
        wanted |= (reviewed & (mine | Q(review_on__lte=today))) | lapsed
    return _columns(
        cases.filter(wanted), kind=F("status"), key=F("pk"), case="pk", title=F("title"), more=F("author__name"),
        due=Case(When(status__in=(Status.APPROVED, Status.EXPIRED), then=F("review_on")), default=Value(None, DateField())), mine=mine,
    )  # fmt: skip


def _treatments(cases: QuerySet[Assessment], person: User, watches: bool, today: date) -> QuerySet[Any, Any]:
    """Findings that somebody sees to by a day that is near or over; accepting one is nothing to do."""
    rows = Treated.objects.filter(
        assessment__in=cases.values("pk"),
        assessment__status__in=(*OPEN_STATUSES, Status.IN_REVIEW, Status.APPROVED),
        due_on__lte=today + SOON,
    ).exclude(treatment=Treatment.ACCEPT)
    mine = Q(owner=person)
    shown = mine | Q(due_on__lt=today) if watches else mine
    return _columns(
        rows.filter(shown), kind=Value("treatment"), key=F("pk"), case="assessment", title=F("assessment__title"),
        about=Concat("assessment__catalogue", Value("|"), "finding"), more=Coalesce("owner__name", Value("")), due=F("due_on"), mine=mine,
    )  # fmt: skip


def _comments(cases: QuerySet[Assessment], person: User) -> QuerySet[Any, Any]:
    """Comments that ask for the person's word, until they have said something or it is settled."""
    answered = Comment.objects.filter(thread=OuterRef("thread"), by=person, at__gt=OuterRef("at"))
    rows = Comment.objects.filter(
        ~Exists(answered), asked=person, thread__resolved_at__isnull=True, thread__assessment__in=cases.values("pk"),
        thread__assessment__status__in=(*OPEN_STATUSES, Status.IN_REVIEW),
    )  # fmt: skip
    return _columns(
        rows, kind=Value("comment"), key=F("pk"), case="thread__assessment", title=F("thread__assessment__title"),
        about=Concat("thread__assessment__catalogue", Value("|"), "thread__question"),
        more=F("by__name"), mine=MINE,
    )  # fmt: skip


def _without_factor(organisation: Organisation) -> QuerySet[Any, Any]:
    """Members without a second factor."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=(Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN))
    people = User.objects.filter(~Exists(factors), is_active=True, pk__in=organisation.memberships.order_by().values("user"))
    return _columns(people, kind=Value("no_factor"), key=F("uuid"), case="", title=F("name"), mine=NOT_MINE)


def _failed_jobs(organisation: Organisation) -> QuerySet[Any, Any]:
    """Work that was given up: mails, reports, checkpoints."""
    rows = Job.objects.filter(stream=organisation.stream, status=Job.Status.FAILED)
    return _columns(rows, kind=Value("job"), key=F("pk"), case="", title=F("label"), about=F("error"), mine=NOT_MINE)


def _signatures(cases: QuerySet[Assessment], person: User, organisation: Organisation, roles: Iterable[str], today: date) -> list[Thing]:
    """Records in review whose open stage asks the person (``about``: the stage, ``more``: in whose seat, empty for their own), those whose stage
    is overdue, and those that have fewer people left than signatures missing. One query."""
    if not READS_ALL & frozenset(roles):
        return []
    approvers = organisation.memberships.filter(role=APPROVER, user__is_active=True).order_by().values("user")
    said = Verdict.objects.filter(stage=OuterRef("pk"), verdict__in=APPROVING).order_by().values("stage")
    later = Snapshot.objects.filter(assessment=OuterRef("snapshot__assessment"), number__gt=OuterRef("snapshot__number"))
    had_part = Participation.objects.filter(snapshot=OuterRef("snapshot"), person=person)
    taken = Verdict.objects.filter(stage=OuterRef("stage"), seat_of=OuterRef("person"))
    hand = Participation.objects.filter(snapshot=OuterRef("stage__snapshot"), person=OuterRef("person")).exclude(part=Part.APPROVER)
    own = Seat.objects.filter(~Exists(taken), stage=OuterRef("pk"), person=person)
    absent = standing_delegations(organisation, today).filter(to=person, of__in=approvers).values("of")
    others = Seat.objects.filter(~Exists(taken), ~Exists(hand), stage=OuterRef("pk"), person__in=absent).order_by("person__name")
    # Who could still sign: any approver who has had no part in the record, or of the seats those of such people and of such people's stand-ins.
    part = Participation.objects.filter(snapshot=OuterRef(OuterRef("snapshot")), person=OuterRef("user"))
    anyone = organisation.memberships.filter(~Exists(part), role=APPROVER, user__is_active=True).order_by().values("role")
    had = Participation.objects.filter(snapshot=OuterRef("stage__snapshot"), person=OuterRef("person"))
    to_had = Participation.objects.filter(snapshot=OuterRef(OuterRef("stage__snapshot")), person=OuterRef("to"))
    stand_in = standing_delegations(organisation, today).filter(~Exists(to_had), of=OuterRef("person"), to__in=approvers)
    seats = Seat.objects.filter(
        ~Exists(taken), ~Exists(hand), ~Exists(had) | Exists(stand_in), stage=OuterRef("pk"), person__in=approvers
    ).order_by().values("stage")  # fmt: skip
    # A later stage that needs each of its seats, of which the person has one: they can't sign before it, too.
    seats_in = Seat.objects.filter(stage=OuterRef("pk")).order_by().values("stage").annotate(n=Count("pk")).values("n")
    needing = Stage.objects.filter(snapshot=OuterRef("snapshot"), position__gt=OuterRef("position"), seats__person=person)
    stages = (
        Stage.objects.filter(~Exists(later), snapshot__assessment__in=cases.filter(status=Status.IN_REVIEW).values("pk"))
        .annotate(
            given=Coalesce(Subquery(said.annotate(n=Count("pk")).values("n")), 0), last_at=Subquery(said.annotate(at_=Max("at")).values("at_")),
            spoken=Exists(had_part), own=Exists(own),
            later=Exists(needing.annotate(of=Subquery(seats_in)).filter(needed__gte=F("of"))),
            for_other=Subquery(others.values("person__name")[:1]),
            free=Coalesce(Subquery(anyone.annotate(n=Count("pk")).values("n")), 0),
            seats_left=Coalesce(Subquery(seats.annotate(n=Count("pk")).values("n")), 0),
        )
        .order_by("snapshot", "position")
        .values_list(
            "pk", "snapshot__assessment", "snapshot__assessment__title", "snapshot__created_at", "title", "role", "needed", "due_days", "given",
            "last_at", "spoken", "own", "for_other", "free", "seats_left", "snapshot__assessment__author", "later",
        )
    )  # fmt: skip
    found: list[Thing] = []
    open_since: dict[UUID, Any] = {}  # None once the open stage has been met
    missing: dict[UUID, int] = defaultdict(int)  # signatures up to this stage, each of which takes somebody else
    stuck: dict[UUID, Thing] = {}
    for (
        pk, case, title, submitted_at, stage, role, needed, due_days, given, last_at, spoken, seated, for_other, free, seats_left, author,
        needed_later,
    ) in stages:  # fmt: skip
        missing[case] += max(needed - given, 0)
        if given < needed and (free < missing[case] or (not role and seats_left < needed - given)):
            mine = ADMINISTRATOR in roles or (RISK_OFFICER in roles and author == person.pk)
            stuck[case] = Thing("stuck", str(pk), case, title, "", "", None, mine)
        opened_at = open_since.setdefault(case, submitted_at)
        if opened_at is None:
            continue
        if given >= needed:
            open_since[case] = last_at
            continue
        open_since[case] = None
        due = (opened_at + timedelta(days=due_days)).date()
        own_voice = bool(role) or seated
        mine = APPROVER in roles and not spoken and not needed_later and bool(own_voice or for_other)
        if mine or due < today:
            found.append(Thing("sign", str(pk), case, title, stage, "" if own_voice else for_other or "", due, mine))
    return [*found, *stuck.values()]
