"""Copying one option's answers to another: what it would change, and doing it, in one transaction and one event."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import roles_of
from accounts.models import User
from assessments.answering import place_of
from assessments.editing import note_change, opened
from assessments.errors import Refused, Stale
from assessments.models import Assessment, Evidence, Option, Response, State
from assessments.permissions import reach_of
from assessments.progress import Standing, standing_of
from audit.canonical import canonical_bytes
from compliance.catalogue.model import Question

CONTENT = ("state", "value", "basis", "note")


@dataclass(frozen=True)
class Copied:
    """One answer that can be copied. ``stands``: what the other option answers, None where nothing; ``files``: of the source's evidence."""

    question: Question
    source: Response
    stands: Response | None
    files: tuple[Evidence, ...] = ()

    @property
    def overwrites(self) -> bool:
        return self.stands is not None and self.stands.state != State.UNANSWERED

    @property
    def changes(self) -> bool:
        return self.stands is None or any(getattr(self.stands, name) != getattr(self.source, name) for name in CONTENT)


@dataclass(frozen=True)
class Plan:
    """What copying would do; ``answers`` in the catalogue's order."""

    source: Option
    target: Option
    answers: tuple[Copied, ...]

    def chosen(self, *, overwrite: bool, evidence: bool) -> list[Copied]:
        """What is copied: what is answered already only with ``overwrite``, files with ``evidence``."""
        return [a for a in self.answers if (a.changes or (evidence and a.files)) and (overwrite or not a.changes or not a.overwrites)]

    @property
    def token(self) -> str:
        """Tells this plan from another: what a person saw is what is done."""
        seen = [[a.question.id, a.source.revision, a.stands.revision if a.stands else 0, len(a.files)] for a in self.answers]
        return hashlib.sha256(canonical_bytes([self.source.key, self.target.key, seen])).hexdigest()[:16]


def copy_plan(assessment: Assessment, source: str, target: str, questions: Collection[str] | None = None) -> Plan:
    """What copying the option ``source`` onto ``target`` (their ids) would change, of these ``questions`` (None: of all).

    Left out is what isn't asked: of the source as it stands, or of the target once it has these answers. Raises Refused where the two
    aren't two of the assessment's options.
    """
    standing = standing_of(assessment)
    options = {option.key: option for option in standing.options}
    wrong = {
        name: _("Choose one of this assessment's options.") for name, key in (("source", source), ("target", target)) if key not in options
    }
    if not wrong and source == target:
        wrong = {"target": _("Choose another option than the one whose answers are copied.")}
    if wrong:
        raise Refused(_("Choose the two options."), wrong)
    one, other = options[source], options[target]
    files: dict[int, tuple[Evidence, ...]] = {}
    for file in Evidence.objects.filter(response__option=one).exclude(file=""):
        files[file.response_id] = (*files.get(file.response_id, ()), file)
    found = [
        Copied(question, row, standing.responses.get((other.pk, question.id)), files.get(row.pk, ()))
        for question in standing.known.questions.values()
        if (questions is None or question.id in questions)
        and (row := standing.responses.get((one.pk, question.id)))
        and row.state != State.UNANSWERED
        and standing.visible(question, one.pk) is not False
    ]
    after = standing.responses | {(other.pk, a.question.id): a.source for a in found}
    then = Standing(assessment, standing.options, after)
    asked = (a for a in found if then.visible(a.question, other.pk) is not False)
    return Plan(one, other, tuple(a for a in asked if a.changes or a.files))


def answers_copy(
    *, actor: User, assessment: Assessment, source: str, target: str, questions: Collection[str] | None = None, overwrite: bool = False,
    evidence: bool = False, token: str = "",
) -> int:  # fmt: skip
    """Copy answers with basis and note, as ``copy_plan`` says; how many were copied. What is answered already stays unless ``overwrite``;
    files come along with ``evidence``. The person who answered first keeps a part in the record. ``token``: of the plan that was seen.

    Raises Stale where answers have changed since, Refused as ``copy_plan`` and where there is nothing to copy.
    """
    with transaction.atomic():
        assessment = opened(actor, assessment, "answer")
        plan = copy_plan(assessment, source, target, questions)
        if token and token != plan.token:
            raise Stale(_("Answers have changed since you looked. Look again at what would be copied, then confirm."))
        chosen = plan.chosen(overwrite=overwrite, evidence=evidence)
        reach = reach_of(actor, assessment, roles_of(actor, assessment.organisation))
        for one in chosen:
            reach.require_answering(place_of(assessment, one.question.id))
        if not chosen:
            raise Refused(_("There is nothing to copy: the other option says the same, or has answers of its own, which stay."))
        now = timezone.now()
        fresh: list[Response] = []
        kept: list[Response] = []
        told: dict[str, Any] = {}
        for one in chosen:
            row = one.stands or Response(assessment=assessment, option=plan.target, question=one.question.id)
            told[one.question.id] = {"before": _told(one.question, one.stands), "after": _told(one.question, one.source)}
            if one.changes:
                for name in CONTENT:
                    setattr(row, name, getattr(one.source, name))
                row.revision += 1
                row.answered_by, row.answered_at = actor, now
                row.first_answered_by_id = one.source.first_answered_by_id or one.source.answered_by_id
                (kept if row.pk else fresh).append(row)
        Response.objects.bulk_create(fresh)
        Response.objects.bulk_update(kept, [*CONTENT, "revision", "answered_by", "answered_at", "first_answered_by"])
        files = _copy_files(actor, plan, chosen) if evidence else []
        assessment.save(update_fields=["updated_at"])
        note_change(
            assessment, actor, "answers.copied",
            {"option": plan.target.key, "from": plan.source.key, "count": len(chosen), "answers": told, "evidence": files},
        )  # fmt: skip
    return len(chosen)


def _told(question: Question, row: Response | None) -> dict[str, Any] | None:
    """An answer as the trail keeps it for good: no free text, which the trail of the answer itself holds apart."""
    if row is None or row.state == State.UNANSWERED:
        return None
    return {"state": row.state, "basis": row.basis} | ({} if question.type == "text" else {"value": row.value})


def _copy_files(actor: User, plan: Plan, chosen: list[Copied]) -> list[str]:
    """The files of the chosen answers also as those of the target's; their digests. What is kept on the disk is one and the same file."""
    wanted = [one for one in chosen if one.files]
    ids = [one.question.id for one in wanted]
    rows = {row.question: row for row in Response.objects.filter(option=plan.target, question__in=ids)}
    there = set(Evidence.objects.filter(response__in=rows.values()).values_list("response__question", "sha256"))
    copies = [
        Evidence(
            response=rows[one.question.id],
            file=file.file.name,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            uploaded_by=actor,
        )
        for one in wanted
        for file in one.files
        if (one.question.id, file.sha256) not in there
    ]
    Evidence.objects.bulk_create(copies)
    return sorted(file.sha256 for file in copies)
