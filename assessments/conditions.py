"""What becomes of the conditions of an approval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import roles_of
from accounts.models import User
from assessments.editing import note_change
from assessments.errors import Refused, WrongStatus
from assessments.models import Assessment, Condition, ConditionStep, ConditionStepKind, DecisionRecord, Status
from assessments.permissions import RISK_OFFICER, require


@dataclass(frozen=True)
class ConditionStanding:
    """``state``: ``open``, ``overdue`` (open after its day) or ``met``; ``last``: the newest step, if there is one."""

    condition: Condition
    state: str
    last: ConditionStep | None


def conditions_of(assessment: Assessment, today: date) -> list[ConditionStanding]:
    """The conditions of the assessment's decision, in order, with how they stand."""
    decided = DecisionRecord.objects.filter(snapshot__assessment=assessment).order_by("-created_at").values_list("snapshot", flat=True)[:1]
    found = Condition.objects.filter(verdict__participation__snapshot__in=decided).select_related("owner", "verdict__participation__person")
    return [standing_of(condition, today) for condition in found.prefetch_related("steps__by").order_by("verdict__at", "number")]


def standing_of(condition: Condition, today: date) -> ConditionStanding:
    steps = list(condition.steps.all())
    last = steps[-1] if steps else None
    if last is not None and last.kind == ConditionStepKind.MET:
        return ConditionStanding(condition, "met", last)
    return ConditionStanding(condition, "overdue" if condition.due_on < today else "open", last)


def meet(*, actor: User, condition: Condition, note: str) -> ConditionStep:
    """Say that a condition is met, and how that shows: its owner's or a risk officer's to say. Raises Refused and WrongStatus."""
    return _step(actor, condition, ConditionStepKind.MET, note)


def reopen(*, actor: User, condition: Condition, note: str) -> ConditionStep:
    """An approver's word that a condition isn't met after all."""
    return _step(actor, condition, ConditionStepKind.REOPENED, note)


def _step(actor: User, condition: Condition, kind: ConditionStepKind, note: str) -> ConditionStep:
    meeting = kind is ConditionStepKind.MET
    with transaction.atomic():
        assessment = (
            Assessment.objects.select_for_update(of=("self",), no_key=True)
            .select_related("organisation")
            .get(pk=condition.verdict.participation.snapshot.assessment_id)
        )
        organisation = assessment.organisation
        require(actor, organisation, "meet_condition" if meeting else "reopen_condition")
        if meeting and actor != condition.owner and RISK_OFFICER not in roles_of(actor, organisation):
            raise PermissionDenied(
                _("Only %(owner)s or a risk officer can say that this condition is met.") % {"owner": condition.owner_name}
            )
        if assessment.status != Status.APPROVED:
            raise WrongStatus(
                _("This assessment is %(status)s; its conditions can't be changed now.")
                % {"status": assessment.get_status_display().lower()}
            )
        state = standing_of(condition, timezone.now().date()).state
        if meeting == (state == "met"):
            raise WrongStatus(_("This condition is met already.") if meeting else _("This condition isn't marked as met."))
        if not note.strip():
            raise Refused(_("Say what shows it."), {"note": _("Say how it was met.") if meeting else _("Say why it isn't met.")})
        step = ConditionStep.objects.create(condition=condition, kind=kind, note=note.strip()[:4000], by=actor, at=timezone.now())
        changes = {"condition": condition.number, "verdict": str(condition.verdict_id)}
        note_change(assessment, actor, f"condition.{kind.value}", changes, reason=note)
    return step
