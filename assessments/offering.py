"""What is offered beside a question: published values for the provider and model that an option names, and what the organisation
says of itself. Taking an offer over saves it as an answer, with its basis, source and date."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import roles_of
from accounts.models import User
from assessments.answering import parse_answer, place_of, question_of, response_save
from assessments.editing import opened
from assessments.errors import Refused
from assessments.evaluation import release_of, typed
from assessments.models import Assessment, BasisOfAnswer, Option, OrganisationAnswer, Response, State
from assessments.permissions import reach_of
from assessments.pricing import day_of
from assessments.scoring import facts
from assessments.scoring.carry import misfit
from assessments.snapshots import display
from audit.canonical import canonical_bytes
from compliance.catalogue.index import index
from compliance.catalogue.model import Question, Release
from compliance.catalogue.offers import published_for

PUBLISHED, ORGANISATION = "published", "organisation"


@dataclass(frozen=True)
class Offer:
    """``value`` as a response keeps it and ``shown`` in words; ``said_by`` names source or organisation, ``on`` the day that it is from, and
    ``note`` what an answer that takes it over will say. ``verified`` is empty for the organisation's own word."""

    kind: str
    value: Any
    shown: str
    said_by: str
    on: date
    basis: str
    note: str
    remark: str = ""
    verified: str = ""
    stale: bool = False
    by: User | None = None

    @property
    def token(self) -> str:
        """What tells this offer from another for the same question: what a person saw is what is saved."""
        return hashlib.sha256(canonical_bytes([self.value, self.basis, self.note])).hexdigest()[:16]

    def is_taken(self, row: Response | None) -> bool:
        return row is not None and (row.state, row.value, row.basis) == (State.ANSWERED, self.value, self.basis)


def option_offers(assessment: Assessment, release: Release, option: Option) -> Mapping[str, Offer]:
    """Published values by question id for the provider and model of ``option``, in so far as they fit the release's questions."""
    questions = index(release).questions
    found = {}
    published = published_for(
        release, provider=option.provider, model=option.model, sourcing=option.sourcing, as_of=day_of(assessment)
    )  # fmt: skip
    for id_, offer in published.items():
        question = questions[id_]
        try:
            value = parse_answer(question, list(offer.value) if isinstance(offer.value, tuple) else offer.value)
        except Refused:
            continue
        source = offer.source
        reference = f" ({source.reference})" if source.reference else ""
        found[id_] = Offer(
            PUBLISHED, value, display(question, Response(state=State.ANSWERED, value=value)), source.title, offer.on,
            BasisOfAnswer.PUBLISHED, f"{source.title}{reference}, as of {offer.on.day} {offer.on:%B %Y}: {offer.note}", offer.note, source.verified,
            offer.stale,
        )  # fmt: skip
    return found


def organisation_offers(assessment: Assessment, questions: Iterable[Question]) -> Mapping[str, Offer]:
    """What the organisation answered to those of ``questions`` that are its own; no query where none is."""
    own = {q.id: q for q in questions if q.of_organisation}
    if not own:
        return {}
    found = {}
    rows = OrganisationAnswer.objects.filter(organisation=assessment.organisation, question__in=own).select_related("answered_by")
    for row in rows:
        question = own[row.question]
        if not _fits(question, row.value):
            continue
        day = row.answered_at.astimezone(UTC).date()
        words = (
            f"As {assessment.organisation.name} answered for itself on {day.isoformat()}"  # kept in the record, so in no reader's language
        )
        found[row.question] = Offer(
            ORGANISATION, row.value, display(question, Response(state=State.ANSWERED, value=row.value)), row.answered_by.name, day, row.basis,
            f"{words}: {row.note}" if row.note else f"{words}.", row.note, by=row.answered_by,
        )  # fmt: skip
    return found


def _fits(question: Question, stored: Any) -> bool:
    """Whether what was answered under the newest release is an answer to the question as the assessment's own release asks it."""
    try:
        value = typed(question, stored)
    except (ArithmeticError, TypeError, ValueError):
        return False
    return isinstance(stored, list) == (question.type == "choices") and not misfit(question, "use_case", facts.Response(value))


def offer_for(assessment: Assessment, question: Question, option: Option | None) -> Offer | None:
    """The offer beside one question, if there is one."""
    if option is None:
        return organisation_offers(assessment, [question]).get(question.id)
    return option_offers(assessment, release_of(assessment), option).get(question.id)


def take_over(
    *, actor: User, assessment: Assessment, question_id: str, option: Option | None, revision: int | None = None, token: str = ""
) -> Response:
    """Save what is offered as the answer, with its basis, source and date. ``token`` is the offer's that the person saw ("": whatever stands).

    Raises Refused where nothing is offered or something else is by now, else as ``response_save``.
    """
    with transaction.atomic():
        assessment = opened(actor, assessment, "answer", lambda row: place_of(row, question_id))
        question = question_of(assessment, question_id, option)
        offer = offer_for(assessment, question, option)
        if offer is None:
            raise Refused(_("Nothing is offered for this question any more; answer it yourself."))
        if token and token != offer.token:
            raise Refused(_("What is offered has changed since you saw it. Load the page again, look at it, and then take it over."))
        return response_save(
            actor=actor, assessment=assessment, question_id=question_id, option=option, value=offer.value, basis=offer.basis,
            note=offer.note[:4000], revision=revision, taken_from=offer.kind, first_answered_by=offer.by,
        )  # fmt: skip


def take_all(*, actor: User, assessment: Assessment) -> int:
    """Take over everything that the organisation says of itself and that the assessment doesn't answer yet, where the person answers; how many
    answers that made."""
    with transaction.atomic():
        assessment = opened(actor, assessment, "answer")
        reach = reach_of(actor, assessment, roles_of(actor, assessment.organisation))
        known = index(release_of(assessment))
        offers = organisation_offers(assessment, [q for q in known.questions.values() if reach.answers(known.places[q.id])])
        answered = set(
            assessment.responses.filter(option=None, question__in=offers).exclude(state=State.UNANSWERED).values_list("question", flat=True)
        )
        for question_id in offers:
            if question_id not in answered:
                take_over(actor=actor, assessment=assessment, question_id=question_id, option=None)
    return len(set(offers) - answered)
