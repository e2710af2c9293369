"""The transitions of an assessment. Nothing else changes its status.

Each is one function of one shape: lock the row, check the actor, guard the state, change, record the event, all in one transaction; the
report is asked for through the outbox. The page, the API and the commands call the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.access import roles_of
from accounts.models import Membership, User
from assessments import snapshots
from assessments.errors import Refused, WrongStatus
from assessments.evaluation import evaluate_assessment
from assessments.models import (
    Acceptance,
    Assessment,
    DecisionRecord,
    Evidence,
    Figure,
    Part,
    Participation,
    Response,
    Snapshot,
    Status,
    Verdict,
    VerdictKind,
)
from assessments.permissions import APPROVER, require
from audit.trail import record
from jobs.queue import enqueue

# action: (allowed from, to)
TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    "submit": (frozenset({Status.DRAFT, Status.RETURNED}), Status.IN_REVIEW),
    "return": (frozenset({Status.IN_REVIEW}), Status.RETURNED),
    "approve": (frozenset({Status.IN_REVIEW}), Status.APPROVED),
    "reject": (frozenset({Status.IN_REVIEW}), Status.REJECTED),
    "withdraw": (frozenset({Status.DRAFT, Status.RETURNED, Status.IN_REVIEW}), Status.WITHDRAWN),
}


@dataclass(frozen=True)
class Signing:
    """How a signature was given: ``authentication`` names the fresh check (``password``), with the address and client it came from."""

    authentication: str
    address: str = ""
    client: str = ""


def locked(assessment: Assessment) -> Assessment:
    """The row as it is now, locked to the end of the transaction."""
    return Assessment.objects.select_for_update(of=("self",)).select_related("organisation", "use_case", "author").get(pk=assessment.pk)


def _guard(assessment: Assessment, action: str) -> None:
    allowed, _ = TRANSITIONS[action]
    if assessment.status not in allowed:
        statuses = " or ".join(sorted(Status(s).label.lower() for s in allowed))
        raise WrongStatus(f"This assessment is {assessment.get_status_display().lower()}; to {action} it, it must be {statuses}.")


def _move(assessment: Assessment, action: str) -> None:
    assessment.status = TRANSITIONS[action][1]
    assessment.save(update_fields=["status", "updated_at"])


def submit(*, actor: User, assessment: Assessment) -> Snapshot:
    """Freeze the assessment and ask for a signature; returns the new snapshot.

    Raises Refused where there are not two options, nothing is proposed, a reason is missing, a blocker of the proposed option can't be
    accepted, or nobody is left who could approve.
    """
    with transaction.atomic():
        assessment = locked(assessment)
        require(actor, assessment.organisation, "submit")
        _guard(assessment, "submit")
        if assessment.as_of is None:
            assessment.as_of = timezone.localdate()
        evaluation = evaluate_assessment(assessment)
        check_proposal(assessment, evaluation.as_dict())
        parts = parts_of(assessment, actor)
        if not eligible_approvers(assessment, set(parts)):
            raise Refused(
                "Nobody could sign this: every approver wrote or answered part of it. Ask an administrator to make somebody else an approver."
            )
        number = (assessment.latest_snapshot.number if assessment.latest_snapshot else 0) + 1
        now = timezone.now()
        content, digest = snapshots.build(
            assessment=assessment, evaluation=evaluation, number=number, submitted_by=actor, at=now, parts=parts
        )
        snapshot = Snapshot.objects.create(
            assessment=assessment, number=number, content=content, digest=digest, submitted_by=actor, created_at=now
        )
        Participation.objects.bulk_create(Participation(snapshot=snapshot, person=person, part=part) for person, part in parts.items())
        _move(assessment, "submit")
        assessment.save(update_fields=["as_of"])
        _record(assessment, actor, "assessment.submitted", {"snapshot": number, "digest": digest})
    return snapshot


def check_proposal(assessment: Assessment, evaluation: dict) -> None:
    """Raises Refused naming what stands in the way of submitting; ``evaluation`` is the documented output."""
    if assessment.options.count() < 2:
        raise Refused("A decision needs at least two options to choose from. Add another.", {"options": "Add at least two options."})
    option = assessment.proposed_option
    if option is None:
        raise Refused("Propose one of the options first.", {"option": "Choose the option that you propose."})
    recommended = evaluation["recommendation"]["option"]
    if option.key != recommended and not assessment.proposal_reason.strip():
        raise Refused(
            "The proposed option isn't the recommended one. Say why it is proposed all the same.",
            {"reason": "Give the reason: the recommended option is another one."},
        )
    result = next(o for o in evaluation["options"] if o["id"] == option.key)
    fixed = [b["message"] for b in result["blockers"] if b["acceptable_by"] is None]
    if fixed:
        raise Refused(f"{option.name} can't be proposed: " + " ".join(fixed), {"option": "It has a blocker that nobody can accept."})


def parts_of(assessment: Assessment, submitter: User) -> dict[User, str]:
    """Everybody who had a hand in the record: the author, who submits it, and who answered (for the organisation too, where that
    was taken over), entered a figure or attached evidence."""
    answered = Response.objects.filter(assessment=assessment, answered_by__isnull=False).order_by().values("answered_by")
    first = Response.objects.filter(assessment=assessment, first_answered_by__isnull=False).order_by().values("first_answered_by")
    entered = Figure.objects.filter(assessment=assessment, entered_by__isnull=False).order_by().values("entered_by")
    attached = Evidence.objects.filter(response__assessment=assessment).order_by().values("uploaded_by")
    hands = User.objects.filter(Q(pk__in=answered) | Q(pk__in=first) | Q(pk__in=entered) | Q(pk__in=attached))
    parts: dict[User, str] = dict.fromkeys(hands, Part.ANSWERED)
    return parts | {submitter: Part.AUTHOR, assessment.author: Part.AUTHOR}


def eligible_approvers(assessment: Assessment, excluded: set[User]) -> list[User]:
    """The organisation's approvers without those who had a hand in the record."""
    approvers = Membership.objects.filter(organisation=assessment.organisation, role=APPROVER, user__is_active=True).select_related("user")
    return [membership.user for membership in approvers if membership.user not in excluded]


def may_sign(person: User, snapshot: Snapshot) -> bool:
    """An approver of the organisation who neither wrote nor answered it, and hasn't signed this snapshot yet."""
    organisation = snapshot.assessment.organisation
    return APPROVER in roles_of(person, organisation) and not snapshot.participations.filter(person=person).exists()


def approve(
    *,
    actor: User,
    assessment: Assessment,
    digest: str,
    statement: str,
    signing: Signing,
    acceptances: dict[tuple[str, str], str] | None = None,
) -> DecisionRecord:
    """Sign the snapshot ``digest`` and close the assessment as approved.

    ``acceptances`` gives for each (option id, blocker id) of the proposed option the reason why the blocker is accepted; one that is missing
    is refused.
    """
    return _decide(actor, assessment, VerdictKind.APPROVE, digest, statement, signing, "", acceptances or {})


def reject(*, actor: User, assessment: Assessment, digest: str, statement: str, signing: Signing, reason: str) -> DecisionRecord:
    """Sign the snapshot ``digest`` and close the assessment as rejected, with the reason."""
    return _decide(actor, assessment, VerdictKind.REJECT, digest, statement, signing, reason, {})


def _decide(
    actor: User,
    assessment: Assessment,
    kind: VerdictKind,
    digest: str,
    statement: str,
    signing: Signing,
    reason: str,
    acceptances: dict[tuple[str, str], str],
) -> DecisionRecord:
    action = str(kind.value)
    with transaction.atomic():
        assessment = locked(assessment)
        require(actor, assessment.organisation, action)
        _guard(assessment, action)
        snapshot = _current(assessment, digest)
        if kind is VerdictKind.REJECT:
            _need_reason(reason, "reject")
        now = timezone.now()
        verdict = _verdict(actor, snapshot, kind, "approval" if kind is VerdictKind.APPROVE else "review", statement, reason, now, signing)
        if kind is VerdictKind.APPROVE:
            _accept(verdict, snapshot, acceptances)
        _move(assessment, action)
        outcome = "approved" if kind is VerdictKind.APPROVE else "rejected"
        content, record_digest = snapshots.build_decision(snapshot=snapshot, outcome=outcome, at=now)
        decision = DecisionRecord.objects.create(snapshot=snapshot, outcome=outcome, content=content, digest=record_digest, created_at=now)
        enqueue(
            task="reports.make_sign_off",
            key=f"sign_off:{record_digest}",
            stream=assessment.organisation.stream,
            args={"decision_record": str(decision.pk)},
            label=f"Sign-off report of {assessment.title}",
            requested_by=actor.reference,
        )
        _record(
            assessment, actor, f"assessment.{outcome}",
            {"snapshot": snapshot.number, "digest": snapshot.digest, "decision_record": record_digest, "authentication": signing.authentication},
            reason,
        )  # fmt: skip
    return decision


def return_(*, actor: User, assessment: Assessment, digest: str, reason: str, signing: Signing) -> Assessment:
    """Give the assessment back to its author with a reason; the snapshot stays, and the next submission makes a new one."""
    with transaction.atomic():
        assessment = locked(assessment)
        require(actor, assessment.organisation, "return")
        _guard(assessment, "return")
        snapshot = _current(assessment, digest)
        _need_reason(reason, "return")
        _verdict(actor, snapshot, VerdictKind.RETURN, "review", "", reason, timezone.now(), signing)
        _move(assessment, "return")
        _record(assessment, actor, "assessment.returned", {"snapshot": snapshot.number, "digest": snapshot.digest}, reason)
    return assessment


def withdraw(*, actor: User, assessment: Assessment, reason: str) -> Assessment:
    """Take the assessment back for good, with a reason."""
    with transaction.atomic():
        assessment = locked(assessment)
        require(actor, assessment.organisation, "withdraw")
        _guard(assessment, "withdraw")
        _need_reason(reason, "withdraw")
        _move(assessment, "withdraw")
        _record(assessment, actor, "assessment.withdrawn", {}, reason)
    return assessment


def _current(assessment: Assessment, digest: str) -> Snapshot:
    snapshot = assessment.latest_snapshot
    if snapshot is None or snapshot.digest != digest:
        raise Refused("The record has changed since you opened it. Read the current one before you decide.")
    return snapshot


def _need_reason(reason: str, action: str) -> None:
    if not reason.strip():
        raise Refused(f"Give a reason to {action} this assessment.", {"reason": f"Say why you {action} it."})


def _verdict(
    actor: User, snapshot: Snapshot, kind: VerdictKind, meaning: str, statement: str, reason: str, now: datetime, signing: Signing
) -> Verdict:
    try:
        with transaction.atomic():
            participation = Participation.objects.create(snapshot=snapshot, person=actor, part=Part.APPROVER)
    except IntegrityError:
        raise Refused("You wrote or answered part of this record, or signed it already, so somebody else must decide on it.") from None
    return Verdict.objects.create(
        participation=participation, verdict=kind, role=APPROVER, meaning=meaning, statement=statement.strip(), reason=reason.strip(),
        snapshot_digest=snapshot.digest, at=now, authentication=signing.authentication, address=signing.address, client=signing.client[:300],
    )  # fmt: skip


def _accept(verdict: Verdict, snapshot: Snapshot, acceptances: dict[tuple[str, str], str]) -> None:
    for option, blocker in snapshots.blockers_of_proposal(snapshot):
        reason = acceptances.get((option, blocker["id"]), "").strip()
        if not reason:
            raise Refused(
                "A blocker of the proposed option isn't accepted: " + blocker["message"],
                {f"accept:{option}:{blocker['id']}": "Say why this blocker is accepted, or return the record."},
            )
        if blocker["acceptable_by"] not in (APPROVER, None):
            raise Refused(f"Only a person with the role {blocker['acceptable_by']} can accept this blocker: {blocker['message']}")
        Acceptance.objects.create(verdict=verdict, option_key=option, blocker=blocker["id"], message=blocker["message"], reason=reason)


def _record(assessment: Assessment, actor: User, action: str, changes: dict, reason: str = "") -> None:
    record(
        stream=assessment.organisation.stream,
        action=action,
        actor=actor.reference,
        object_type="assessment",
        object_id=str(assessment.pk),
        changes=changes,
        reason=reason.strip(),
        personal={"actor_name": actor.name, "object_label": assessment.title},
    )
