"""The transitions of an assessment. Nothing else changes its status.

Each is one function of one shape: lock the row, check the actor, guard the state, change, record the event, all in one transaction; mail, report
and checkpoint are asked for through the outbox. The page, the API, the tasks and the commands call the same functions.
"""

from __future__ import annotations

import calendar
import logging
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Organisation, User
from accounts.seal import SealUnreadable, warm
from assessments import notices, routing, snapshots, submission
from assessments.editing import note_change
from assessments.errors import Refused, WrongStatus
from assessments.evaluation import evaluate_assessment, release_of
from assessments.models import (
    Assessment,
    DecisionRecord,
    Delegation,
    Participation,
    PartSeen,
    Snapshot,
    Status,
    Verdict,
    VerdictKind,
)
from assessments.parts import PARTS, part_keys
from assessments.permissions import APPROVER, require
from assessments.records import build_decision
from assessments.registering import register_of
from assessments.verdicts import Acceptances, Accepting, Asking, Signing, not_accepted_yet, write
from audit.canonical import sha256_hex
from jobs.queue import enqueue

__all__ = ["Accepting", "Asking", "Signing"]

log = logging.getLogger(__name__)

# action: (allowed from, to)
TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    "submit": (frozenset({Status.DRAFT, Status.RETURNED}), Status.IN_REVIEW),
    "return": (frozenset({Status.IN_REVIEW}), Status.RETURNED),
    "approve": (frozenset({Status.IN_REVIEW}), Status.APPROVED),
    "reject": (frozenset({Status.IN_REVIEW}), Status.REJECTED),
    "withdraw": (frozenset({Status.DRAFT, Status.RETURNED, Status.IN_REVIEW}), Status.WITHDRAWN),
    "expire": (frozenset({Status.APPROVED}), Status.EXPIRED),
    "supersede": (frozenset({Status.APPROVED}), Status.SUPERSEDED),
}
# As a refusal names an action, and how it asks for the reason that one needs.
ACTS = {
    "submit": gettext_lazy("to submit it"), "read": gettext_lazy("to read it"), "approve": gettext_lazy("to approve it"),
    "return": gettext_lazy("to return it"), "reject": gettext_lazy("to reject it"), "abstain": gettext_lazy("to abstain from it"),
    "withdraw": gettext_lazy("to withdraw it"), "expire": gettext_lazy("to expire it"), "supersede": gettext_lazy("to supersede it"),
}  # fmt: skip
REASONS = {
    "return": (gettext_lazy("Give a reason to return this assessment."), gettext_lazy("Say why you return it.")),
    "reject": (gettext_lazy("Give a reason to reject this assessment."), gettext_lazy("Say why you reject it.")),
    "abstain": (gettext_lazy("Give a reason to abstain from this assessment."), gettext_lazy("Say why you abstain.")),
    "withdraw": (gettext_lazy("Give a reason to withdraw this assessment."), gettext_lazy("Say why you withdraw it.")),
}


def locked(assessment: Assessment) -> Assessment:
    """The row as it is now, locked to the end of the transaction."""
    rows = Assessment.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("organisation", "use_case", "author").get(pk=assessment.pk)


def _guard(assessment: Assessment, action: str, allowed: frozenset[str] | None = None) -> None:
    allowed = allowed or TRANSITIONS[action][0]
    if assessment.status not in allowed:
        statuses = _(" or ").join(sorted(Status(s).label.lower() for s in allowed))
        said = {"status": assessment.get_status_display().lower(), "act": ACTS[action], "statuses": statuses}
        raise WrongStatus(_("This assessment is %(status)s; %(act)s, it must be %(statuses)s.") % said)


def _move(assessment: Assessment, action: str, **fields: Any) -> None:
    assessment.status = TRANSITIONS[action][1]
    for name, value in fields.items():
        setattr(assessment, name, value)
    assessment.save(update_fields=["status", "updated_at", *fields])


def submit(*, actor: User, assessment: Assessment) -> Snapshot:
    """Freeze the assessment and ask for signatures by the organisation's policy; returns the new snapshot.

    Raises Refused where there are not two options, nothing is proposed, a reason is missing, a blocker of the proposed option can't be
    accepted, a finding that must be treated isn't, or a stage of the sign-off can't be filled.
    """
    with transaction.atomic():
        assessment = locked(assessment)
        require(actor, assessment.organisation, "submit")
        _guard(assessment, "submit")
        if assessment.as_of is None:
            assessment.as_of = timezone.now().date()
        evaluation = evaluate_assessment(assessment)
        found = evaluation.as_dict()
        # The policy, and the roles that it is applied to, stay as they are until this is submitted.
        Organisation.objects.select_for_update(no_key=True).get(pk=assessment.organisation_id)
        policy, version = routing.policy_in_force(assessment.organisation)
        register = register_of(assessment, release_of(assessment), found)
        submission.check_proposal(assessment, found)
        submission.check_treatments(assessment, register, policy)
        parts = submission.parts_of(assessment, actor)
        facts = submission.facts_of_submission(assessment, evaluation, found, register)
        stages = routing.route(policy, facts, assessment.organisation, set(parts))
        number = (assessment.latest_snapshot.number if assessment.latest_snapshot else 0) + 1
        now = timezone.now()
        content, digest = snapshots.build(
            assessment=assessment, evaluation=evaluation, number=number, submitted_by=actor, at=now, parts=parts, register=register,
            routing=submission.routing_data(policy, version, facts, stages),
        )  # fmt: skip
        snapshot = Snapshot.objects.create(
            assessment=assessment, number=number, content=content, digest=digest, submitted_by=actor, created_at=now
        )
        submission.check_acceptable(snapshot, stages)
        Participation.objects.bulk_create(Participation(snapshot=snapshot, person=person, part=part) for person, part in parts.items())
        routing.store_stages(snapshot, stages)
        _move(assessment, "submit", as_of=assessment.as_of)
        first = routing.turn_of(snapshot)
        assert first is not None
        notices.ask_to_sign(snapshot, first)
        note_change(
            assessment, actor, "assessment.submitted",
            {"snapshot": number, "digest": digest, "policy": policy.digest, "stages": [s.rule.id for s in stages]},
        )  # fmt: skip
    return snapshot


def may_sign(person: User, snapshot: Snapshot) -> bool:
    """Whether the person may speak on the snapshot now, in their own seat or for somebody who is away."""
    turn = routing.turn_of(snapshot)
    return turn is not None and bool(routing.seats_open_to(person, snapshot, turn.stage))


def see_part(*, actor: User, assessment: Assessment, digest: str, part: str) -> PartSeen:
    """Keep that the person has read one part of the current snapshot; saying it again changes nothing."""
    with transaction.atomic():
        assessment = locked(assessment)
        require(actor, assessment.organisation, "approve")
        _guard(assessment, "read", frozenset({Status.IN_REVIEW}))
        snapshot = _current(assessment, digest)
        if part not in part_keys(snapshot):
            raise Refused(
                _("The record has no part %(part)r; its parts are %(known)s.") % {"part": part, "known": ", ".join(part_keys(snapshot))}
            )
        seen, new = PartSeen.objects.get_or_create(snapshot=snapshot, person=actor, part=part, defaults={"at": timezone.now()})
        if new:
            note_change(
                assessment, actor, "record.part_read", {"snapshot": snapshot.number, "digest": snapshot.digest, "part": PARTS[part]}
            )
    return seen


def approve(
    *,
    actor: User,
    assessment: Assessment,
    digest: str,
    signing: Signing,
    acceptances: Acceptances | None = None,
    conditions: Sequence[Asking] = (),
    on_behalf_of: User | None = None,
) -> Snapshot:
    """Sign the snapshot ``digest`` in the stage that is open; the last stage's quorum closes the assessment as approved.

    ``acceptances`` gives for each (option id, finding id) that the person may accept the reason and the last day; a reason that is missing is
    refused. ``conditions`` make it an approval with conditions. Returns the snapshot that was signed.
    """
    kind = VerdictKind.APPROVE_WITH_CONDITIONS if conditions else VerdictKind.APPROVE
    return _speak(actor, assessment, kind, digest, signing, "", acceptances, conditions, on_behalf_of)


def reject(
    *, actor: User, assessment: Assessment, digest: str, signing: Signing, reason: str, on_behalf_of: User | None = None
) -> Snapshot:
    """Sign the snapshot ``digest`` and close the assessment as rejected, with the reason; one rejection is enough, in any stage."""
    return _speak(actor, assessment, VerdictKind.REJECT, digest, signing, reason, on_behalf_of=on_behalf_of)


def return_(
    *, actor: User, assessment: Assessment, digest: str, reason: str, signing: Signing, on_behalf_of: User | None = None
) -> Snapshot:
    """Give the assessment back to its author with a reason. What others signed on this snapshot is void; the next submission makes a new one."""
    return _speak(actor, assessment, VerdictKind.RETURN, digest, signing, reason, on_behalf_of=on_behalf_of)


def abstain(
    *, actor: User, assessment: Assessment, digest: str, reason: str, signing: Signing, on_behalf_of: User | None = None
) -> Snapshot:
    """Say that a conflict of interest keeps the person from deciding; the seat counts for nothing from then on."""
    return _speak(actor, assessment, VerdictKind.ABSTAIN, digest, signing, reason, on_behalf_of=on_behalf_of)


ACTION_OF = {
    VerdictKind.APPROVE: "approve", VerdictKind.APPROVE_WITH_CONDITIONS: "approve", VerdictKind.REJECT: "reject",
    VerdictKind.RETURN: "return", VerdictKind.ABSTAIN: "abstain",
}  # fmt: skip


def _speak(
    actor: User,
    assessment: Assessment,
    kind: VerdictKind,
    digest: str,
    signing: Signing,
    reason: str,
    acceptances: Acceptances | None = None,
    conditions: Sequence[Asking] = (),
    on_behalf_of: User | None = None,
) -> Snapshot:
    try:
        warm(assessment.organisation)  # opening the key takes longer than any lock should be held
    except SealUnreadable as error:
        log.exception("the seal of %s can't be used", assessment.organisation.slug)
        raise Refused(_("Nothing was signed, since the organisation's seal can't be used: %(error)s") % {"error": error}) from error
    action = ACTION_OF[kind]
    with transaction.atomic():
        assessment = locked(assessment)
        require(actor, assessment.organisation, action)
        _guard(assessment, action, frozenset({Status.IN_REVIEW}))
        # A role that is being taken away at this moment (from who speaks, or from whom they stand in for), or a delegation that is being ended, is
        # gone already or stays until the verdict is stored.
        standing_in = (
            Delegation.objects.select_for_update(no_key=True).filter(to=actor, organisation=assessment.organisation).order_by("pk")
        )
        voices = {actor.pk, *(one.of_id for one in standing_in)}
        held = Membership.objects.filter(user__in=voices, organisation=assessment.organisation, role=APPROVER).order_by("pk")
        list(held.select_for_update(of=("self",), no_key=True))
        snapshot = _current(assessment, digest)
        if kind in (VerdictKind.REJECT, VerdictKind.RETURN, VerdictKind.ABSTAIN):
            _need_reason(reason, action)
        turn = routing.turn_of(snapshot)
        assert turn is not None  # a snapshot whose stages are closed is decided
        approving = action == "approve"
        if approving and not routing.still_fillable(snapshot, turn.stage, actor):
            raise Refused(
                _("You are needed at a later stage, and nobody may sign a record twice. Let somebody else sign at the stage %(stage)s.")
                % {"stage": turn.stage.title}
            )
        now = timezone.now()
        verdict = write(
            actor=actor, snapshot=snapshot, stage=turn.stage, kind=kind, signing=signing, now=now, reason=reason, acceptances=acceptances,
            conditions=conditions, on_behalf_of=on_behalf_of,
        )  # fmt: skip
        said = _said(verdict)
        if kind in (VerdictKind.RETURN, VerdictKind.ABSTAIN):
            _ask_for_checkpoint(assessment, actor, f"verdict:{verdict.pk}")
        if kind is VerdictKind.RETURN:
            _move(assessment, "return")
            notices.tell_returned(snapshot, actor, reason.strip())
            note_change(assessment, actor, "assessment.returned", said, reason=reason)
        elif kind is VerdictKind.ABSTAIN:
            if routing.SignOff(snapshot).stuck:
                notices.tell_stuck(snapshot, actor)
            note_change(assessment, actor, "assessment.abstained", said, reason=reason)
        elif kind is VerdictKind.REJECT:
            _decide(assessment, snapshot, actor, "rejected", now, said, reason)
        elif (after := routing.turn_of(snapshot)) is None:
            _need_accepted(snapshot)
            _decide(assessment, snapshot, actor, "approved", now, said, "")
        else:
            if after.stage != turn.stage:
                notices.ask_to_sign(snapshot, after)
            _ask_for_checkpoint(assessment, actor, f"verdict:{verdict.pk}")
            note_change(assessment, actor, "assessment.signed", said)
    return snapshot


def _said(verdict: Verdict) -> dict[str, Any]:
    """What the trail keeps of a verdict: enough to tell a row that was put in the place of another."""
    assert verdict.stage is not None
    assert verdict.seat_of is not None
    return {
        "snapshot": verdict.participation.snapshot.number, "digest": verdict.snapshot_digest, "verdict": verdict.verdict,
        "stage": verdict.stage.key, "seat_of": verdict.seat_of.reference, "signature": sha256_hex(bytes(verdict.content)),
        "authentication": verdict.authentication, "conditions": verdict.conditions.count(), "acceptances": verdict.acceptances.count(),
    }  # fmt: skip


def _need_accepted(snapshot: Snapshot) -> None:
    if left := not_accepted_yet(snapshot):
        raise Refused(
            _(
                "Nobody with the right to do so has accepted: %(findings)s. Somebody who may accept it must sign as well, so return the "
                "record or let them sign in this stage."
            )
            % {"findings": "; ".join(item["title"] or item["message"] for item in left)}
        )


def _decide(
    assessment: Assessment, snapshot: Snapshot, actor: User, outcome: str, now: datetime, said: dict[str, Any], reason: str
) -> DecisionRecord:
    content = snapshots.content_of(snapshot)
    review_on = None
    if outcome == "approved":
        review_on = months_after(now.date(), content["routing"]["review_months"])
    _move(assessment, "approve" if outcome == "approved" else "reject", review_on=review_on)
    data, digest = build_decision(snapshot=snapshot, outcome=outcome, at=now, review_on=review_on)
    decision = DecisionRecord.objects.create(snapshot=snapshot, outcome=outcome, content=data, digest=digest, created_at=now)
    enqueue(
        task="reports.make_sign_off", key=f"sign_off:{digest}", stream=assessment.organisation.stream,
        args={"decision_record": str(decision.pk)}, label=f"Sign-off report of {assessment.title}", requested_by=actor.reference,
    )  # fmt: skip
    conditions = sum(v.conditions.count() for v in Verdict.objects.filter(participation__snapshot=snapshot))
    notices.tell_decision(snapshot, outcome, actor, content["proposal"]["option_name"], conditions)
    _ask_for_checkpoint(assessment, actor, f"decision:{digest}")
    # Locked before the trail is: whoever ends or changes the former one at this moment locks the two in this order, too.
    former = locked(assessment.supersedes) if outcome == "approved" and assessment.supersedes is not None else None
    note_change(assessment, actor, f"assessment.{outcome}", said | {"decision_record": digest}, reason=reason)
    if former is not None:
        supersede(former, assessment, actor)
    return decision


def _ask_for_checkpoint(assessment: Assessment, actor: User, key: str) -> None:
    """A sealed checkpoint of the log goes to the second place after each verdict, whatever it says."""
    enqueue(
        task="reports.publish_checkpoint", key=f"checkpoint:{key}", stream=assessment.organisation.stream,
        args={"stream": assessment.organisation.stream}, label="Checkpoint of the trail", requested_by=actor.reference,
    )  # fmt: skip


def supersede(former: Assessment, by: Assessment, actor: User) -> None:
    """The new approval ``by`` takes the place of the former one, unless that has ended otherwise; in the transaction of the new one."""
    former = locked(former)
    if former.status in TRANSITIONS["supersede"][0]:
        _move(former, "supersede")
        note_change(former, actor, "assessment.superseded", {"by": str(by.pk)})


def expire(*, assessment: Assessment, today: date) -> bool:
    """End an approval whose review date has come; returns whether it did. What isn't due is left alone."""
    with transaction.atomic():
        assessment = locked(assessment)
        if assessment.status not in TRANSITIONS["expire"][0] or assessment.review_on is None or assessment.review_on > today:
            return False
        _move(assessment, "expire")
        notices.tell_expired(assessment, assessment.review_on)
        note_change(assessment, None, "assessment.expired", {"review_on": assessment.review_on.isoformat()})
    return True


def withdraw(*, actor: User, assessment: Assessment, reason: str) -> Assessment:
    """Take the assessment back for good, with a reason; what was signed on it is void."""
    with transaction.atomic():
        assessment = locked(assessment)
        require(actor, assessment.organisation, "withdraw")
        _guard(assessment, "withdraw")
        _need_reason(reason, "withdraw")
        _move(assessment, "withdraw")
        note_change(assessment, actor, "assessment.withdrawn", reason=reason)
    return assessment


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _current(assessment: Assessment, digest: str) -> Snapshot:
    snapshot = assessment.latest_snapshot
    if snapshot is None or snapshot.digest != digest:
        raise Refused(_("The record has changed since you opened it. Read the current one before you decide."))
    return snapshot


def _need_reason(reason: str, action: str) -> None:
    if not reason.strip():
        message, why = REASONS[action]
        raise Refused(str(message), {"reason": str(why)})
