"""What is left to do once an assessment is approved: what is still open of it, and the assessment that comes after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.utils import timezone

from assessments.conditions import ConditionStanding, conditions_of
from assessments.models import Acceptance, Assessment, DecisionRecord, Status
from assessments.permissions import visible
from assessments.snapshots import content_of
from assessments.succeeding import ENDED
from assessments.views.common import allowed
from assessments.views.register import standing_of_finding


@dataclass(frozen=True)
class Left:
    """``untreated``: findings of the chosen option that nothing is done about, or that are open again; ``conditions``: those not met yet,
    ``late`` of them after their day; ``due_on``: the first day of one."""

    untreated: int
    conditions: int
    late: int
    due_on: date | None


def left_of(assessment: Assessment, decision: DecisionRecord | None) -> Left | None:
    """What is open of an assessment whose approval holds; None for any other."""
    if assessment.status != Status.APPROVED or decision is None:
        return None
    today = timezone.now().date()
    content = content_of(decision.snapshot)
    accepted = {
        (a.option_key, a.blocker): a
        for a in Acceptance.objects.filter(verdict__participation__snapshot=decision.snapshot_id).order_by("id")
    }
    mine = [entry for entry in content.get("register", []) if entry["option"] == content["proposal"]["option"]]
    stand = [standing_of_finding(entry, accepted.get((entry["option"], entry["finding"])), today)[0] for entry in mine]
    unmet: list[ConditionStanding] = [c for c in conditions_of(assessment, today) if c.state != "met"]
    return Left(
        untreated=sum(state in ("open", "open_again") for state in stand),
        conditions=len(unmet),
        late=sum(c.state == "overdue" for c in unmet),
        due_on=min((c.condition.due_on for c in unmet), default=None),
    )


def succession(request: HttpRequest, assessment: Assessment) -> tuple[Assessment | None, bool]:
    """The assessment that comes after this one, if the person may see it, and whether they may start it."""
    successor = assessment.successors.exclude(status__in=(Status.REJECTED, Status.WITHDRAWN)).first()
    if successor is None:
        return None, assessment.status in ENDED and allowed(request, "succeed")
    if not visible(request.user, assessment.organisation).filter(pk=successor.pk).exists():  # type: ignore[arg-type]
        return None, False  # an auditor's access may not open it
    return successor, False
