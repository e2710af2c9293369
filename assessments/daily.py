"""What falls due with the calendar: reminders, reviews, approvals and acceptances that end. Run every hour; each thing is done once."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from assessments import assigning, notices, routing, workflow
from assessments.conditions import standing_of
from assessments.editing import note_change
from assessments.models import OPEN_STATUSES, Acceptance, AcceptanceExpiry, Assessment, Assignment, Condition, DecisionRecord, Status

REMIND_BEFORE = 2  # days before a stage is due, and every day after
REVIEW_NOTICES = (60, 30, 14, 7, 1)  # days before the review date
CONDITION_NOTICES = (7, 1, 0)
ANSWER_NOTICES = (3, 1, 0)  # days before, and every day after
log = logging.getLogger(__name__)


def run(today: date | None = None) -> dict[str, int]:
    """Do what is due on ``today`` (UTC); returns how many of each kind. One that fails is logged and doesn't stop the others."""
    today = today or timezone.now().date()
    done: Counter[str] = Counter()
    due: list[tuple[str, Iterable[Any], Callable[[Any, date], int]]] = [
        ("expired", Assessment.objects.filter(status=Status.APPROVED, review_on__lte=today), _expire),
        (
            "reviews",
            Assessment.objects.filter(
                status=Status.APPROVED, review_on__gt=today, review_on__lte=today + timedelta(days=max(REVIEW_NOTICES))
            )
            .annotate(approved_at=Max("snapshots__decision_record__created_at"))
            .select_related("organisation", "author"),
            _review,
        ),
        ("reminders", Assessment.objects.filter(status=Status.IN_REVIEW).select_related("organisation"), _remind),
        ("acceptances", _ended_acceptances(today), _end_acceptance),
        ("conditions", _open_conditions(), _condition),
        ("answers", _answers_due(today), _remind_to_answer),
    ]
    for name, rows, act in due:
        for row in rows:
            try:
                done[name] += act(row, today)
            except Exception:
                log.exception("what is due (%s) could not be done for %s", name, row[0].pk if isinstance(row, list) else row.pk)
    return dict(done)


def _expire(assessment: Assessment, today: date) -> int:
    return workflow.expire(assessment=assessment, today=today)


def _review(assessment: Assessment, today: date) -> int:
    """The notice whose day has come, or passed while nothing ran; not one whose day had come when it was approved."""
    assert assessment.review_on is not None
    left = (assessment.review_on - today).days
    notice = min(days for days in REVIEW_NOTICES if days >= left)
    if assessment.review_on - timedelta(days=notice) <= assessment.approved_at.date():  # type: ignore[attr-defined]
        return 0
    with transaction.atomic():
        notices.tell_review_due(assessment, assessment.review_on, notice, left)
    return 1


def _remind(assessment: Assessment, today: date) -> int:
    snapshot = assessment.latest_snapshot
    turn = routing.turn_of(snapshot) if snapshot else None
    if snapshot is None or turn is None:
        return 0
    with transaction.atomic():
        notices.ask_to_sign(snapshot, turn)  # who was made an approver or stands in since the stage opened; the others have theirs already
        if turn.due_on is None or (turn.due_on - today).days > REMIND_BEFORE:
            return 0
        return notices.remind(snapshot, turn, today)


def _ended_acceptances(today: date) -> Iterable[Acceptance]:
    """Of approvals that stand, those whose last day is over and that nobody was told of yet."""
    decided = DecisionRecord.objects.filter(outcome="approved", snapshot__assessment__status=Status.APPROVED).values("snapshot")
    return Acceptance.objects.filter(
        expires_on__lt=today, expiry__isnull=True, verdict__participation__snapshot__in=decided
    ).select_related("verdict__participation__snapshot__assessment__organisation", "verdict__participation__snapshot__assessment__author")


def _end_acceptance(acceptance: Acceptance, today: date) -> int:
    assessment = acceptance.verdict.participation.snapshot.assessment
    assert acceptance.expires_on is not None
    with transaction.atomic():
        Assessment.objects.select_for_update(no_key=True).get(pk=assessment.pk)
        _, new = AcceptanceExpiry.objects.get_or_create(acceptance=acceptance, defaults={"at": timezone.now()})
        if not new:
            return 0
        notices.tell_acceptance_expired(
            assessment, acceptance.title or acceptance.blocker, acceptance.expires_on, f"acceptance:{acceptance.pk}"
        )
        changes = {"finding": acceptance.blocker, "option": acceptance.option_key, "expired_on": acceptance.expires_on.isoformat()}
        note_change(assessment, None, "acceptance.expired", changes)
    return 1


def _open_conditions() -> Iterable[Condition]:
    decided = DecisionRecord.objects.filter(outcome="approved", snapshot__assessment__status=Status.APPROVED).values("snapshot")
    found = Condition.objects.filter(verdict__participation__snapshot__in=decided).prefetch_related("steps")
    return found.select_related("owner", "verdict__participation__snapshot__assessment__organisation")


def _condition(condition: Condition, today: date) -> int:
    standing = standing_of(condition, today)
    if standing.state == "met" or ((condition.due_on - today).days not in CONDITION_NOTICES and standing.state != "overdue"):
        return 0
    with transaction.atomic():
        notices.tell_condition_due(condition.verdict.participation.snapshot.assessment, condition, today)
    return 1


def _answers_due(today: date) -> Iterable[list[Assignment]]:
    """What people are asked for and haven't done, a list for each person and assessment of what they are to be reminded of today."""
    rows = Assignment.objects.filter(done_at__isnull=True, due_on__isnull=False, assessment__status__in=OPEN_STATUSES)
    due: dict[tuple[Any, Any], list[Assignment]] = {}
    for row in rows.select_related("person", "assessment__organisation").order_by("due_on", "questionnaire", "section"):
        assert row.due_on is not None
        if row.due_on < today or (row.due_on - today).days in ANSWER_NOTICES:
            due.setdefault((row.person_id, row.assessment_id), []).append(row)
    return due.values()


def _remind_to_answer(rows: list[Assignment], today: date) -> int:
    first, known = rows[0], assigning.places_in(rows[0].assessment)
    if parts := [known[row.place] for row in rows if row.place in known]:  # a newer release may ask something else
        assert first.due_on is not None
        with transaction.atomic():
            notices.remind_to_answer(first.assessment, first.person, parts, first.due_on, today)
    return len(parts)
