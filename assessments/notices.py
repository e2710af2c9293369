"""Whom a step of the sign-off, or of the work before it, is told by mail. Each is asked for in the transaction of the step, and sent by a worker
after it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse

from accounts.mailing import mail_later
from accounts.models import Role, User
from assessments.models import Assessment, Comment, Condition, Snapshot, Verdict
from assessments.routing import StageStanding, who_is_asked
from assessments.snapshots import day_text


def path_to(assessment: Assessment, name: str) -> str:
    return reverse(f"assessments:{name}", kwargs={"org": assessment.organisation.slug, "assessment": assessment.pk})


def _mail(kind: str, to: User, assessment: Assessment, key: str, page: str, **context: Any) -> None:
    mail_later(
        kind=kind, to=to, organisation=assessment.organisation, key=key,
        context={"title": assessment.title, "path": path_to(assessment, page), **context},
    )  # fmt: skip


def ask_to_sign(snapshot: Snapshot, standing: StageStanding) -> None:
    """Everybody who could speak in the stage that has opened."""
    stage = standing.stage
    for person in who_is_asked(snapshot, stage):
        _mail(
            "request_to_sign", person, snapshot.assessment, str(stage.pk), "record", stage=stage.title, due_on=day_text(standing.due_on),
            submitted_by=snapshot.submitted_by.name,
        )  # fmt: skip


def remind(snapshot: Snapshot, standing: StageStanding, today: date) -> int:
    """Who hasn't spoken in a stage that is due; once a day. Returns how many were asked to be told."""
    people = who_is_asked(snapshot, standing.stage)
    due = standing.due_on
    assert due is not None
    for person in people:
        _mail(
            "reminder", person, snapshot.assessment, f"{standing.stage.pk}:{today}", "record", stage=standing.stage.title, due_on=day_text(due),
            overdue=today > due,
        )  # fmt: skip
    return len(people)


def tell_decision(snapshot: Snapshot, outcome: str, by: User, option: str, conditions: int) -> None:
    """The author, who submitted it, and the owners of its conditions."""
    for person in _concerned(snapshot):
        _mail(
            "decision", person, snapshot.assessment, f"{snapshot.pk}:{outcome}", "record", outcome=outcome, option=option, by=by.name,
            conditions=conditions,
        )  # fmt: skip


def tell_returned(snapshot: Snapshot, by: User, reason: str) -> None:
    for person in _concerned(snapshot):
        _mail("returned", person, snapshot.assessment, str(snapshot.pk), "record", by=by.name, reason=reason)


def tell_stuck(snapshot: Snapshot, by: User) -> None:
    """The author, who submitted it and the administrators, that ``by`` abstained and nobody is left who could sign."""
    administrators = User.objects.filter(memberships__organisation=snapshot.assessment.organisation, memberships__role=Role.ADMINISTRATOR)
    for person in {*_concerned(snapshot), *administrators.filter(is_active=True)}:
        _mail("nobody_signs", person, snapshot.assessment, str(snapshot.pk), "record", by=by.name)


def tell_review_due(assessment: Assessment, review_on: date, notice: int, left: int) -> None:
    """``notice``: which of the notices it is, by its days before the review; each is sent once. ``left``: the days that are left."""
    key = f"{assessment.pk}:{review_on}:{notice}"
    _mail("review_due", assessment.author, assessment, key, "detail", review_on=review_on.isoformat(), days=left)


def tell_expired(assessment: Assessment, review_on: date) -> None:
    _mail("expired", assessment.author, assessment, f"{assessment.pk}:{review_on}", "detail", review_on=review_on.isoformat())


def tell_acceptance_expired(assessment: Assessment, finding: str, expired_on: date, key: str) -> None:
    _mail("acceptance_expired", assessment.author, assessment, key, "findings", finding=finding, expired_on=expired_on.isoformat())


def tell_condition_due(assessment: Assessment, condition: Condition, today: date) -> None:
    _mail(
        "condition_due", condition.owner, assessment, f"{condition.pk}:{today}", "findings", text=condition.text,
        due_on=condition.due_on.isoformat(), overdue=today > condition.due_on,
    )  # fmt: skip


def ask_to_answer(assessment: Assessment, person: User, by: User, parts: list[str], due_on: date | None, note: str, key: str) -> None:
    _mail("request_to_answer", person, assessment, key, "detail", parts=parts, due_on=day_text(due_on), note=note, by=by.name)


def remind_to_answer(assessment: Assessment, person: User, parts: list[str], due_on: date, today: date) -> None:
    """One mail a day for all that is due in one assessment; ``due_on``: the first of the days."""
    _mail(
        "answers_due", person, assessment, f"{assessment.pk}:{today}", "detail", parts=parts, due_on=due_on.isoformat(), overdue=today > due_on
    )  # fmt: skip


def ask_colleague(assessment: Assessment, person: User, by: User, question: str, comment: Comment) -> None:
    path = reverse("assessments:comments", kwargs={"org": assessment.organisation.slug, "assessment": assessment.pk, "question": question})
    mail_later(
        kind="question_to_colleague", to=person, organisation=assessment.organisation, key=str(comment.pk),
        context={"title": assessment.title, "path": path, "by": by.name, "text": comment.text},
    )  # fmt: skip


def _concerned(snapshot: Snapshot) -> list[User]:
    people = {snapshot.assessment.author, snapshot.submitted_by}
    people |= {c.owner for v in Verdict.objects.filter(participation__snapshot=snapshot) for c in v.conditions.select_related("owner")}
    return sorted(people, key=lambda person: person.pk)
