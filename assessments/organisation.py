"""What the organisation says of itself: asked once, kept with it, and offered in each of its assessments."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from assessments.answering import LONGEST_TEXT, parse_answer
from assessments.errors import Refused, Stale
from assessments.models import BasisOfAnswer, OrganisationAnswer
from assessments.permissions import require
from audit.trail import record
from compliance.catalogue.index import index
from compliance.catalogue.model import Question, Release
from compliance.releases import newest


def questions_of_organisation(release: Release | None = None) -> dict[str, Question]:
    """The questions that a release (the newest) marks as the organisation's own, by id, in catalogue order."""
    return {id_: q for id_, q in index(release or newest()).questions.items() if q.of_organisation}


def organisation_answer_save(
    *, actor: User, organisation: Organisation, question_id: str, value: str | list[str] | None, basis: str = BasisOfAnswer.SELF_DECLARED,
    note: str = "", revision: int | None = None,
) -> OrganisationAnswer | None:  # fmt: skip
    """Save one answer of the organisation; None or "" takes it away. Assessments that took it over keep what they have.

    ``revision`` as in ``response_save``. Raises PermissionDenied, Stale, or Refused where it doesn't fit the question.
    """
    require(actor, organisation, "describe_organisation")
    question = questions_of_organisation().get(question_id)
    if question is None:
        raise Refused(_("There is no question %(question)r that the organisation answers for itself.") % {"question": question_id})
    stored = parse_answer(question, value) if value not in (None, "") else None
    if basis not in BasisOfAnswer.values:
        known = ", ".join(BasisOfAnswer.values)
        raise Refused(_("Choose what the answer rests on."), {"basis": _("Choose one of %(known)s.") % {"known": known}})
    if len(note) > LONGEST_TEXT:
        raise Refused(_("The note is too long."), {"note": _("At most %(most)d characters fit.") % {"most": LONGEST_TEXT}})
    with transaction.atomic():
        # The organisation's row is the lock: of two first answers to one question the second waits, and is then told of the first.
        organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        row = OrganisationAnswer.objects.filter(organisation=organisation, question=question_id).first()
        before = {"value": row.value, "basis": row.basis, "note": row.note} if row else None
        after = {"value": stored, "basis": basis, "note": note.strip()} if stored is not None else None
        if before == after:
            return row
        if revision is not None and revision != (row.revision if row else 0):
            own = row is not None and row.answered_by_id == actor.pk
            raise Stale(
                (
                    _(
                        "You changed this answer in another window while you were on it here. That one stands; look at both, then save again."
                    )
                    if own
                    else _("Somebody else changed this answer while you were on it. Theirs stands; look at both, then save again.")
                ),
                theirs=before or {},
                mine=after or {},
                own=own,
            )
        if after is None:
            assert row is not None
            row.delete()
            row = None
        else:
            row = row or OrganisationAnswer(organisation=organisation, question=question_id)
            row.value, row.basis, row.note = stored, basis, note.strip()
            row.revision += 1
            row.answered_by, row.answered_at = actor, timezone.now()
            row.save()
        _note(actor, organisation, question, before, after)
    return row


def _note(actor: User, organisation: Organisation, question: Question, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    """One event; free text goes beside the hashed bytes."""
    free = {"note"} | ({"value"} if question.type == "text" else set())
    plain = [{k: v for k, v in content.items() if k not in free} if content else None for content in (before, after)]
    texts = {"before": before, "after": after}
    personal = {f"{name}_{when}": str(held[name]) for name in sorted(free) for when, held in texts.items() if held and held[name]}
    record(
        stream=organisation.stream, action="organisation.answered", actor=actor.reference, object_type="organisation",
        object_id=organisation.slug, changes={"question": question.id, "before": plain[0], "after": plain[1]},
        personal={"actor_name": actor.name, "object_label": organisation.name, **personal},
    )  # fmt: skip
