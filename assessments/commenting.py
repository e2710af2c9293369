"""What people say to each other about a question: comments, a colleague who is asked, and the word that it is settled.

Comments are no part of a snapshot, and whoever comments has no hand in the record by that. Who may read a question's part reads its thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from assessments import notices
from assessments.answering import place_of
from assessments.editing import note_change
from assessments.errors import Refused, WrongStatus
from assessments.models import Assessment, Assignment, Comment, Status, Thread
from assessments.permissions import ACTIONS, CONTRIBUTOR, require, require_reading

LONGEST = 4000
TALKING = (Status.DRAFT, Status.RETURNED, Status.IN_REVIEW)  # an approver may ask while they read


@dataclass(frozen=True)
class Talk:
    """How a question's thread stands, as it is shown beside the question. ``asks_me``: somebody waits for the person's word."""

    count: int
    resolved: bool
    asks_me: bool


def talks_of(assessment: Assessment, person: User) -> dict[str, Talk]:
    """By question, for those that have a comment; one query whatever their number."""
    found: dict[str, list[Comment]] = {}
    for comment in Comment.objects.filter(thread__assessment=assessment).select_related("thread").defer("text"):
        found.setdefault(comment.thread.question, []).append(comment)
    return {question: _talk(comments, person) for question, comments in found.items()}


def _talk(comments: list[Comment], person: User) -> Talk:
    asked = False
    for comment in comments:
        asked = comment.asked_id == person.pk or (asked and comment.by_id != person.pk)
    resolved = comments[-1].thread.resolved_at is not None
    return Talk(len(comments), resolved, asked and not resolved)


def thread_of(assessment: Assessment, question: str) -> Thread | None:
    return Thread.objects.filter(assessment=assessment, question=question).select_related("resolved_by").first()


def comments_of(thread: Thread) -> list[Comment]:
    """In the order in which they were written."""
    return list(thread.comments.select_related("by", "asked"))


def may_delete(comment: Comment, comments: list[Comment], person: User) -> bool:
    """One's own, while nobody replied to it."""
    return comment.by_id == person.pk and comment == comments[-1]


def who_can_be_asked(assessment: Assessment, question: str, person: User) -> list[User]:
    """Who reads the question and may write an answer to a comment, by name, without the person themselves."""
    questionnaire, section = place_of(assessment, question)
    assigned = Assignment.objects.filter(assessment=assessment, questionnaire=questionnaire, section=section).values("person")
    here = {"memberships__organisation": assessment.organisation}
    people = User.objects.filter(
        Q(memberships__role__in=ACTIONS["comment"] - {CONTRIBUTOR}, **here) | Q(pk__in=assigned, memberships__role=CONTRIBUTOR, **here),
        is_active=True,
    )
    return list(people.exclude(pk=person.pk).order_by("name", "pk").distinct())


def write(*, actor: User, assessment: Assessment, question: str, text: str, ask: str = "") -> Comment:
    """Add a comment; ``ask``: the e-mail address of a colleague whose word is asked for, who gets a mail. A thread that was resolved is open
    again.

    Raises PermissionDenied, WrongStatus once the assessment is decided, and Refused naming what is wrong.
    """
    with transaction.atomic():
        assessment = _talking(actor, assessment, question)
        wrong: dict[str, str] = {}
        if not text.strip():
            wrong["text"] = _("Write something first.")
        elif len(text) > LONGEST:
            wrong["text"] = _("Has %(n)d characters; at most %(most)d are kept.") % {"n": len(text), "most": LONGEST}
        asked = None
        if ask.strip():
            known = who_can_be_asked(assessment, question, actor)
            asked = next((user for user in known if user.email.lower() == ask.strip().lower()), None)
            if asked is None:
                wrong["ask"] = _("Choose somebody who can read this question. A contributor can once this part is assigned to them.")
        if wrong:
            raise Refused(_("The comment isn't written yet."), wrong)
        thread, _made = Thread.objects.get_or_create(assessment=assessment, question=question)
        if thread.resolved_at is not None:
            thread.resolved_at = thread.resolved_by = None
            thread.save(update_fields=["resolved_at", "resolved_by"])
        made = Comment.objects.create(thread=thread, text=text.strip(), by=actor, at=timezone.now(), asked=asked)
        told = {"question": question, "comment": str(made.pk)}
        if asked is None:
            note_change(assessment, actor, "comment.written", told, {"text": made.text})
        else:
            notices.ask_colleague(assessment, asked, actor, question, made)
            note_change(
                assessment, actor, "comment.asked", told | {"asked": asked.reference}, {"text": made.text, "asked_name": asked.name}
            )  # fmt: skip
    return made


def delete(*, actor: User, comment: Comment) -> None:
    """Take one's own comment away while nobody replied; the trail keeps that it was there, and its text's digest."""
    with transaction.atomic():
        thread = comment.thread
        assessment = _talking(actor, thread.assessment, thread.question)
        written = comments_of(thread)
        found = next((one for one in written if one.pk == comment.pk), None)
        if found is None:
            raise WrongStatus(_("This comment is gone already."))
        if found.by != actor:
            raise PermissionDenied(_("You can delete your own comments only."))
        if not may_delete(found, written, actor):
            raise WrongStatus(_("Somebody has replied to this comment, so it stays."))
        told = {"question": thread.question, "comment": str(found.pk)}
        found.delete()
        if len(written) == 1:
            thread.delete()
        note_change(assessment, actor, "comment.deleted", told)


def resolve(*, actor: User, assessment: Assessment, question: str, resolved: bool = True) -> Thread:
    """Say that a question's thread is settled, or (``resolved`` False) that it isn't. Saying what stands changes nothing."""
    with transaction.atomic():
        assessment = _talking(actor, assessment, question)
        thread = thread_of(assessment, question)
        if thread is None:
            raise Refused(_("Nobody has commented on this question."))
        if resolved != (thread.resolved_at is not None):
            thread.resolved_at, thread.resolved_by = (timezone.now(), actor) if resolved else (None, None)
            thread.save(update_fields=["resolved_at", "resolved_by"])
            note_change(assessment, actor, "comment.resolved" if resolved else "comment.reopened", {"question": question})
    return thread


def comment_in(assessment: Assessment, question: str, pk: UUID) -> Comment | None:
    rows = Comment.objects.select_related("thread__assessment__organisation")
    return rows.filter(thread__assessment=assessment, thread__question=question, pk=pk).first()


def _talking(actor: User, assessment: Assessment, question: str) -> Assessment:
    """The row locked, once the person may comment there: of two who resolve and write at once, the later one is told what stands."""
    rows = Assessment.objects.select_for_update(of=("self",), no_key=True)
    assessment = rows.select_related("organisation", "use_case").get(pk=assessment.pk)
    roles = require(actor, assessment.organisation, "comment")
    place = place_of(assessment, question)
    require_reading(actor, assessment, place, roles)
    if place == ("", ""):
        raise Refused(_("This assessment asks no such question."), {"question": _("Use an id that the catalogue lists.")})
    if assessment.status not in TALKING:
        raise WrongStatus(
            _("This assessment is %(status)s; nothing is added to its comments any more.")
            % {"status": assessment.get_status_display().lower()}
        )
    return assessment
