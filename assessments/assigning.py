"""Asking people for parts of an assessment: who answers what by when. Each change is one function, for page and API alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.formats import as_sent
from accounts.models import User
from assessments import notices
from assessments.editing import note_change, opened
from assessments.errors import Refused, WrongStatus
from assessments.evaluation import DEMAND, release_of
from assessments.models import Assessment, Assignment
from assessments.permissions import ACTIONS, Place
from compliance.catalogue.index import index

LONGEST = 4000


def places_in(assessment: Assessment) -> dict[Place, str]:
    """Every part that the assessment's release asks, in order, by the titles that the catalogue gives them; the words are those of mails."""
    release = release_of(assessment)
    with as_sent():
        found: dict[Place, str] = {("", DEMAND): _("Demand")}
    found |= {(q.id, s.id): f"{q.title}: {s.title}" for q in release.questionnaires for s in q.sections}
    return found | {("", category): of.title for category, of in index(release).cost_categories.items()}


def place_in(text: str) -> Place:
    """The place that a form names as ``questionnaire/section``, or ``/category``; it need not be one."""
    questionnaire, _slash, section = text.partition("/")
    return questionnaire, section


def who_may_answer(assessment: Assessment) -> list[User]:
    """Who can be asked, by name."""
    roles = ACTIONS["answer"]
    held = User.objects.filter(is_active=True, memberships__organisation=assessment.organisation, memberships__role__in=roles)
    return list(held.order_by("name", "pk").distinct())


def assign(
    *, actor: User, assessment: Assessment, person: str, places: Sequence[Place], due_on: date | None = None, note: str = ""
) -> list[Assignment]:
    """Ask the member with the e-mail address ``person`` to answer these parts by a day; they get one mail. What they were asked for already and
    have not done gets the new day and note; what they said is done is open again.

    Raises PermissionDenied, WrongStatus, and Refused naming the fields that are wrong.
    """
    with transaction.atomic():
        assessment = opened(actor, assessment, "assign")
        asked, day, words = _checked(assessment, person, due_on, note)
        known = places_in(assessment)
        if not places:
            raise Refused(_("Choose what is to be answered."), {"places": _("Choose at least one part.")})
        if unknown := [place for place in places if place not in known]:
            message = _("%(part)r is no part of this assessment.") % {"part": "/".join(unknown[0])}
            raise Refused(_("This can't be asked for."), {"places": message})
        now = timezone.now()
        rows = [
            Assignment.objects.update_or_create(
                assessment=assessment, questionnaire=place[0], section=place[1], person=asked,
                defaults={"due_on": day, "note": words, "assigned_by": actor, "assigned_at": now, "done_at": None},
            )[0]
            for place in dict.fromkeys(places)
        ]  # fmt: skip
        notices.ask_to_answer(
            assessment, asked, actor, [known[row.place] for row in rows], day, words, key=f"{rows[0].pk}:{now.isoformat()}"
        )
        note_change(
            assessment, actor, "section.assigned", {"person": asked.reference, "due_on": _text(day), "sections": in_trail(rows)},
            {"person_name": asked.name, "note": words},
        )  # fmt: skip
    return rows


def assignment_change(
    *, actor: User, assignment: Assignment, person: str | None = None, due_on: date | None = None, note: str = ""
) -> Assignment:
    """Set day and note anew, or pass it on to ``person`` (an e-mail address), who is then asked in the place of the former one.

    Raises as ``assign``.
    """
    with transaction.atomic():
        assessment = opened(actor, assignment.assessment, "assign")
        row = _locked(assignment)
        former = row.person
        asked, day, words = _checked(assessment, former.email if person is None else person, due_on, note)
        before = {"due_on": _text(row.due_on)}
        row.due_on, row.note = day, words
        title = places_in(assessment).get(row.place, "/".join(row.place))
        if asked == former:
            row.save(update_fields=["due_on", "note"])
            note_change(
                assessment, actor, "section.assignment_changed",
                {"person": former.reference, "before": before, "due_on": _text(day), "sections": in_trail([row])},
                {"person_name": former.name, "note": words},
            )  # fmt: skip
            return row
        if assessment.assignments.filter(questionnaire=row.questionnaire, section=row.section, person=asked).exists():
            raise Refused(
                _("This can't be passed on."), {"person": _("%(person)s is asked for this part already.") % {"person": asked.name}}
            )
        row.person, row.assigned_by, row.assigned_at, row.done_at = asked, actor, timezone.now(), None
        row.save()
        notices.ask_to_answer(assessment, asked, actor, [title], day, words, key=f"{row.pk}:{row.assigned_at.isoformat()}")
        note_change(
            assessment, actor, "section.reassigned",
            {"person": asked.reference, "former": former.reference, "due_on": _text(day), "sections": in_trail([row])},
            {"person_name": asked.name, "former_name": former.name, "note": words},
        )  # fmt: skip
    return row


def withdraw(*, actor: User, assignment: Assignment) -> None:
    """Ask the person no more; a contributor then can't read the part any more either. What they answered stays."""
    with transaction.atomic():
        assessment = opened(actor, assignment.assessment, "assign")
        row = _locked(assignment)
        sections = in_trail([row])
        row.delete()
        note_change(
            assessment,
            actor,
            "section.unassigned",
            {"person": row.person.reference, "sections": sections},
            {"person_name": row.person.name},
        )


def mark_done(*, actor: User, assignment: Assignment, done: bool = True) -> Assignment:
    """Say that one is through with what one was asked for, or (``done`` False) that one isn't after all: the person's own word. Saying what
    stands changes nothing."""
    with transaction.atomic():
        assessment = opened(actor, assignment.assessment, "answer")
        row = _locked(assignment)
        if row.person != actor:
            raise PermissionDenied(_("Only %(person)s can say that.") % {"person": row.person.name})
        if done != (row.done_at is not None):
            row.done_at = timezone.now() if done else None
            row.save(update_fields=["done_at"])
            note_change(assessment, actor, "section.done" if done else "section.not_done", {"sections": in_trail([row])})
    return row


def in_trail(rows: Iterable[Assignment]) -> list[str]:
    """The parts as the trail names them for good: by the catalogue's ids."""
    return [f"{row.questionnaire or 'figures'}/{row.section}" for row in rows]


def _locked(assignment: Assignment) -> Assignment:
    row = Assignment.objects.select_for_update(of=("self",)).select_related("person").filter(pk=assignment.pk).first()
    if row is None:
        raise WrongStatus(_("Nobody is asked for this any more."))
    return row


def _checked(assessment: Assessment, person: str, due_on: date | None, note: str) -> tuple[User, date | None, str]:
    wrong: dict[str, str] = {}
    asked = next((user for user in who_may_answer(assessment) if user.email.lower() == person.strip().lower()), None)
    if asked is None:
        wrong["person"] = _("Choose a contributor or risk officer of the organisation.")
    if due_on is not None and due_on < timezone.now().date():
        wrong["due_on"] = _("That day is over already.")
    if len(note) > LONGEST:
        wrong["note"] = _("Has %(n)d characters; at most %(most)d are kept.") % {"n": len(note), "most": LONGEST}
    if wrong or asked is None:
        raise Refused(_("This can't be asked for as it stands."), wrong)
    return asked, due_on, note.strip()


def _text(day: date | None) -> Any:
    return day.isoformat() if day else None
