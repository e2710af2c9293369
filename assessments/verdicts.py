"""Writing one verdict down: its part, its statement, what it accepts and asks for, and the organisation's seal over all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import formats
from accounts.models import Membership, Organisation, User
from accounts.seal import sign_bytes
from assessments import attestation
from assessments.errors import Refused
from assessments.models import (
    SIGNED,
    Acceptance,
    Assessment,
    Condition,
    Part,
    Participation,
    Snapshot,
    Stage,
    Verdict,
    VerdictKind,
)
from assessments.parts import parts_for
from assessments.permissions import ACTIONS, APPROVER
from assessments.policy import Who
from assessments.records import signature_record
from assessments.routing import Had, SignOff, has_right, seats_open_to, who_is_asked
from assessments.snapshots import content_of, to_be_accepted

MOST_CONDITIONS, LONGEST = 20, 4000
NOT_YOURS = gettext_lazy("You wrote or answered part of this record, or have decided on it already.")  # where it came about this moment


@dataclass(frozen=True)
class Signing:
    """How a signature was given: ``authentication`` names the fresh check (``password``, ``password+totp`` ...), with the address and client it
    came from."""

    authentication: str
    address: str = ""
    client: str = ""


@dataclass(frozen=True)
class Accepting:
    """Why a finding is accepted, and until when; without a day for as long as the policy allows."""

    reason: str
    until: date | None = None


@dataclass(frozen=True)
class Asking:
    """A condition: what must be done, by whom (a member's e-mail address), and until when."""

    text: str
    owner: str
    due_on: date | None


Acceptances = Mapping[tuple[str, str], Accepting]


def write(
    *,
    actor: User,
    snapshot: Snapshot,
    stage: Stage,
    kind: VerdictKind,
    signing: Signing,
    now: datetime,
    reason: str = "",
    acceptances: Acceptances | None = None,
    conditions: Sequence[Asking] = (),
    on_behalf_of: User | None = None,
) -> Verdict:
    """Store the verdict of ``actor`` in ``stage``, in the caller's transaction with the assessment locked.

    Raises Refused where it isn't the person's seat, parts of the record are unread, a finding isn't accepted, or a condition can't be.
    """
    seat = _seat(actor, snapshot, stage, on_behalf_of)
    if kind in SIGNED:
        _need_parts_read(actor, snapshot)
    accepted = (
        _acceptances(actor, snapshot, acceptances or {}) if kind in (VerdictKind.APPROVE, VerdictKind.APPROVE_WITH_CONDITIONS) else []
    )
    asked = _conditions(snapshot.assessment, conditions) if kind is VerdictKind.APPROVE_WITH_CONDITIONS else []
    try:
        with transaction.atomic():
            participation = Participation.objects.create(snapshot=snapshot, person=actor, part=Part.APPROVER)
    except IntegrityError:
        raise Refused(str(NOT_YOURS)) from None
    meaning = stage.meaning if kind in (VerdictKind.APPROVE, VerdictKind.APPROVE_WITH_CONDITIONS) else "review"
    verdict = Verdict(
        participation=participation, stage=stage, seat_of=seat, verdict=kind, role=APPROVER, meaning=meaning, reason=reason.strip(),
        statement=attestation.statement(snapshot, kind, stage.meaning, accepting=bool(accepted), conditions=bool(asked)),
        snapshot_digest=snapshot.digest, at=now, authentication=signing.authentication, address=signing.address[:64],
        client=signing.client[:300],
    )  # fmt: skip
    content = signature_record(verdict, accepted, asked)
    signed = sign_bytes(snapshot.assessment.organisation, content)
    verdict.content, verdict.seal = content, signed.signature
    verdict.seal_algorithm, verdict.seal_certificate = signed.algorithm, signed.certificate_fingerprint
    try:
        with transaction.atomic():
            verdict.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("Somebody signed in this seat meanwhile, or it isn't open any more. Read where the record stands now.")) from None
    for acceptance in accepted:
        acceptance.verdict = verdict
    for condition in asked:
        condition.verdict = verdict
    Acceptance.objects.bulk_create(accepted)
    Condition.objects.bulk_create(asked)
    return verdict


def _seat(actor: User, snapshot: Snapshot, stage: Stage, on_behalf_of: User | None) -> User:
    open_to = seats_open_to(actor, snapshot, stage)
    if not open_to:
        if had := SignOff(snapshot).part_of(actor):
            raise Refused(why_barred(had))
        names = ", ".join(person.name for person in who_is_asked(snapshot, stage)) or _("nobody now")
        raise Refused(_("It isn't your turn: the stage %(stage)s asks %(names)s.") % {"stage": stage.title, "names": names})
    if on_behalf_of is None:
        return open_to[0]
    if on_behalf_of not in open_to:
        said = _("You can't sign for %(person)s here.") % {"person": on_behalf_of.name}
        raise Refused(said, {"on_behalf_of": _("Choose one of those whom you stand in for.")})
    return on_behalf_of


def why_barred(had: Had) -> str:
    """Why somebody who had this part in a record doesn't speak on it, or not again."""
    if had.at is None:
        return _("You wrote or answered part of this record.")
    if had.verdict == VerdictKind.ABSTAIN:
        return _("You abstained on %(day)s.") % {"day": formats.day(had.at)}
    return _("You signed on %(day)s.") % {"day": formats.day(had.at)}


def _need_parts_read(actor: User, snapshot: Snapshot) -> None:
    if unread := [_(part.title) for part in parts_for(actor, snapshot) if part.seen_at is None]:
        n = len(unread)
        raise Refused(
            _("Read the whole record before you sign it. You haven't marked as read: %(parts)s.") % {"parts": "; ".join(unread)},
            {"parts": ngettext("%(n)d of its parts is not marked as read.", "%(n)d of its parts are not marked as read.", n) % {"n": n}},
        )


def not_accepted_yet(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Those of the findings to be accepted that no signature on this snapshot has accepted so far."""
    done = set(Acceptance.objects.filter(verdict__participation__snapshot=snapshot).values_list("option_key", "blocker"))
    return [item for item in to_be_accepted(content_of(snapshot)) if (item["option"], item["id"]) not in done]


def may_accept(person: User, item: dict[str, Any], content: dict[str, Any]) -> bool:
    """Whether the person has the right to accept a finding: the catalogue leaves it to approvers, and the policy to this one."""
    if item["acceptable_by"] not in (APPROVER, None) or (item["acceptable_by"] is None and item.get("blocker", True)):
        return False
    rights = content.get("routing", {}).get("acceptance")
    return rights is None or has_right(person, Who.model_validate(rights[item["inherent"]]["who"]))


def wrong_in(actor: User, snapshot: Snapshot, acceptances: Acceptances, conditions: Sequence[Asking]) -> dict[str, str]:
    """What an approval of these would be refused for, beside which field, so that it can be told together with what else is wrong."""
    wrong: dict[str, str] = {}
    try:
        _acceptances(actor, snapshot, acceptances)
    except Refused as error:
        wrong |= error.fields
    try:
        if conditions:
            _conditions(snapshot.assessment, conditions)
    except Refused as error:
        wrong |= error.fields
    return wrong


def _acceptances(actor: User, snapshot: Snapshot, given: Acceptances) -> list[Acceptance]:
    """The rows, not stored yet, of every finding that is still to be accepted and that the person may accept."""
    content = content_of(snapshot)
    rows, wrong = [], {}
    for item in not_accepted_yet(snapshot):
        if not may_accept(actor, item, content):
            continue
        field = f"accept:{item['option']}:{item['id']}"
        accepting = given.get((item["option"], item["id"]), Accepting(""))
        if not accepting.reason.strip():
            wrong[field] = _("Say why this is accepted, or return the record.")
        until = _until(item, accepting, wrong)
        rows.append(
            Acceptance(
                option_key=item["option"], blocker=item["id"], title=item["title"][:300], message=item["message"], inherent=item["inherent"],
                residual=item["residual"], reason=accepting.reason.strip()[:LONGEST], accepted_by=actor.name, expires_on=until,
            )
        )  # fmt: skip
    if wrong:
        raise Refused(_("A finding of the proposed option isn't accepted as it must be."), wrong)
    return rows


def _until(item: dict[str, Any], accepting: Accepting, wrong: dict[str, str]) -> date | None:
    if item["longest_days"] is None:
        return accepting.until
    today = timezone.now().date()
    latest = today + timedelta(days=item["longest_days"])
    until = accepting.until or latest
    if not today < until <= latest:
        wrong[f"until:{item['option']}:{item['id']}"] = _(
            "Give a day after today and not after %(latest)s: the policy accepts a finding of this severity for %(n)d days at most."
        ) % {"latest": formats.day(latest), "n": item["longest_days"]}
    return until


def may_see_to(organisation: Organisation) -> QuerySet[User]:
    """Who can own a condition, by name: whoever can say there that one is met."""
    held = Membership.objects.filter(organisation=organisation, role__in=ACTIONS["meet_condition"])
    return User.objects.filter(is_active=True, pk__in=held.values("user")).order_by("name", "pk")


def _conditions(assessment: Assessment, asked: Sequence[Asking]) -> list[Condition]:
    wrong: dict[str, str] = {}
    if not asked:
        raise Refused(_("Name at least one condition, or approve without."), {"condition:1:text": _("Say what must be done.")})
    if len(asked) > MOST_CONDITIONS:
        raise Refused(
            _("%(n)d conditions are too many to be followed: at most %(most)d; return the record instead.")
            % {"n": len(asked), "most": MOST_CONDITIONS}
        )
    rows = []
    for number, one in enumerate(asked, 1):
        owner = may_see_to(assessment.organisation).filter(email__iexact=one.owner.strip()).first()
        if not one.text.strip():
            wrong[f"condition:{number}:text"] = _("Say what must be done.")
        if owner is None:
            wrong[f"condition:{number}:owner"] = _(
                "Nobody with this address can see to it: name a risk officer, contributor or approver of the organisation."
            )
        if one.due_on is None or one.due_on < timezone.now().date():
            wrong[f"condition:{number}:due_on"] = _("Say until when: today or later.")
        if not wrong and owner and one.due_on:
            rows.append(Condition(number=number, text=one.text.strip()[:LONGEST], owner=owner, owner_name=owner.name, due_on=one.due_on))
    if wrong:
        raise Refused(_("A condition isn't complete."), wrong)
    return rows
