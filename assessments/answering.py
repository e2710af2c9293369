"""Saving one answer, one figure or one file of evidence: checked against its question, with a revision, and recorded with before and after."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from assessments.editing import note_change, opened
from assessments.errors import Refused, Stale
from assessments.evaluation import DEMAND, release_of
from assessments.evidence_types import content_type_of
from assessments.figures import COST_FIGURES, DEMAND_FIGURES, ORDERED, FigureSpec, typed
from assessments.models import Assessment, BasisOfAnswer, Evidence, Figure, Option, Response, State
from assessments.permissions import require
from assessments.pricing import source_of_figure
from assessments.scoring.read_responses import bounds_of
from assessments.scoring.reading import Bounds
from compliance.catalogue.index import index
from compliance.catalogue.model import Question

LONGEST_TEXT = 4000
DIGITS = "has more digits than can be kept: at most 19 before the point and 8 after it"
Amounts = dict[str, Decimal | None]


def parse_answer(question: Question, raw: str | list[str]) -> Any:
    """What is stored for ``raw``: a choice id, a list of ids in the question's order, or a number, date or text as text.

    Raises Refused with a message for beside the field.
    """
    known = [choice.id for choice in question.choices]
    if question.type == "choices":
        chosen = [raw] if isinstance(raw, str) else list(raw)
        if wrong := [c for c in chosen if c not in known]:
            raise _wrong(f"{wrong[0]!r} is none of the choices.")
        return [c for c in known if c in chosen]
    text = (raw if isinstance(raw, str) else (raw or [""])[0]).strip()
    if question.type == "choice":
        if text not in known:
            raise _wrong(f"{text!r} is none of the choices." if text else "Choose one.")
        return text
    if question.type == "number":
        return f"{_number(text, bounds_of(question)):f}"
    if question.type == "date":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise _wrong(f"{text!r} is no date; write it as 2026-11-24.") from None
    if not text or len(text) > LONGEST_TEXT:
        raise _wrong(f"Write between 1 and {LONGEST_TEXT} characters.")
    return text


def _wrong(message: str, field: str = "value") -> Refused:
    return Refused(message, {field: message})


def _number(text: str, bounds: Bounds, field: str = "value") -> Decimal:
    """The number typed into ``field``; raises Refused naming it."""
    try:
        figure = typed(text, bounds)
    except ValueError as error:
        raise _wrong(str(error), field) from None
    if not keepable(figure):
        raise _wrong(f"{text} {DIGITS}.", field)
    return figure


def keepable(figure: Decimal) -> bool:
    """Whether a finite figure fits the database as it is."""
    return not figure or (figure.adjusted() <= 18 and figure == round(figure, 8))


def response_save(
    *,
    actor: User,
    assessment: Assessment,
    question_id: str,
    option: Option | None = None,
    state: str = State.ANSWERED,
    value: str | list[str] | None = None,
    basis: str | None = None,
    note: str | None = None,
    revision: int | None = None,
    taken_from: str = "",
    first_answered_by: User | None = None,
) -> Response:
    """Save one answer; None leaves basis and note as they are. ``taken_from`` tells the trail which offer it was taken over from, and
    ``first_answered_by`` is whose answer for the organisation that was: who answered it has a part in the record too.

    ``revision`` is the one that the answer was edited from (0: none yet; None: whatever stands). Raises Stale with both values where somebody
    saved in between, Refused where the value doesn't fit the question.
    """
    with transaction.atomic():
        assessment = opened(actor, assessment, "answer")
        question = question_of(assessment, question_id, option)
        stored = parse_answer(question, value if value is not None else "") if state == State.ANSWERED else None
        if state not in State.values:
            raise _wrong(f"{state!r} is none of {', '.join(State.values)}.")
        if state == State.NOT_APPLICABLE and not question.not_applicable:
            raise _wrong("This question always applies; choose an answer or say that it is unknown.")
        if basis is not None and basis not in BasisOfAnswer.values:
            raise Refused("Choose what the answer rests on.", {"basis": f"Choose one of {', '.join(BasisOfAnswer.values)}."})
        if note is not None and len(note) > LONGEST_TEXT:
            raise Refused("The note is too long.", {"note": f"At most {LONGEST_TEXT} characters fit."})
        response = assessment.responses.select_for_update().filter(option=option, question=question_id).first() or Response(
            assessment=assessment, option=option, question=question_id
        )
        mine = {
            "state": state,
            "value": stored,
            "basis": response.basis if basis is None else basis,
            "note": response.note if note is None else note.strip(),
        }
        before = {name: getattr(response, name) for name in mine}
        if revision is not None and revision != response.revision:
            if before == mine:
                return response
            raise Stale(
                "Somebody else changed this answer while you were on it. Theirs stands; look at both, then save again.",
                theirs=before,
                mine=mine,
            )
        if before == mine and response.pk:
            return response
        for name, content in mine.items():
            setattr(response, name, content)
        response.revision += 1
        response.answered_by, response.answered_at, response.first_answered_by = actor, timezone.now(), first_answered_by
        response.save()
        assessment.save(update_fields=["updated_at"])
        changes, personal = _before_and_after(question, before, mine)
        note_change(
            assessment, actor, "response.saved",
            {"question": question_id, "option": option.key if option else None, "revision": response.revision, **changes}
            | ({"taken_from": taken_from} if taken_from else {}), personal,
        )  # fmt: skip
    return response


def _before_and_after(question: Question, before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Free text goes beside the hashed bytes, everything else into them."""
    free = {"note"} | ({"value"} if question.type == "text" else set())
    changed = [name for name in after if before[name] != after[name]]
    changes = {name: {"before": before[name], "after": after[name]} for name in changed if name not in free}
    texts = {"before": before, "after": after}
    personal = {f"{name}_{when}": str(held[name]) for name in changed if name in free for when, held in texts.items() if held[name]}
    return changes | {"changed": sorted(changed)}, personal


def question_of(assessment: Assessment, question_id: str, option: Option | None) -> Question:
    """The question, if it is asked in that scope; raises Refused."""
    question = index(release_of(assessment)).questions.get(question_id)
    if question is None:
        raise Refused(
            f"There is no question {question_id!r} in {assessment.catalogue}.", {"question": "Use an id that the catalogue lists."}
        )
    if (question.scope == "option") != (option is not None):
        raise Refused(f"{question_id} is asked {'of each option' if question.scope == 'option' else 'once, of the use case'}.")
    if option is not None and option.assessment_id != assessment.pk:
        raise Refused("That option belongs to another assessment.")
    return question


def figure_spec(category: str, key: str, option: Option | None) -> FigureSpec | None:
    """The bounds of a figure; None for the row that says a category stands (its key is empty). Raises Refused for an unknown one."""
    known = {DEMAND: DEMAND_FIGURES} if option is None else COST_FIGURES
    if category not in known:
        raise Refused(f"There is no category {category!r}; there are {', '.join(known)}.")
    if key == "" and option is not None:
        return None
    if key not in known[category]:
        raise Refused(f"There is no figure {key!r} in {category}; there are {', '.join(known[category])}.")
    return known[category][key]


def figure_save(
    *, actor: User, assessment: Assessment, option: Option | None, category: str, key: str, likely: str,
    low: str = "", high: str = "", revision: int | None = None,
) -> Figure | None:  # fmt: skip
    """Save one figure of the demand (no option) or of an option's costs; an empty ``likely`` takes it away and returns None.

    An empty ``key`` says that the category costs nothing (``likely`` "0") or takes that back (""). Raises Stale and Refused as ``response_save``.
    """
    with transaction.atomic():
        assessment = opened(actor, assessment, "answer")
        if option is not None and option.assessment_id != assessment.pk:
            raise Refused("That option belongs to another assessment.")
        spec = figure_spec(category, key, option)
        figure = assessment.figures.select_for_update().filter(option=option, category=category, key=key).first()
        mine = _figure_values(spec, low, likely, high)
        before = {name: _text(getattr(figure, name)) if figure else None for name in ("low", "likely", "high")}
        after = {name: _text(mine[name]) if mine else None for name in ("low", "likely", "high")}
        if before == after:
            return figure
        if revision is not None and revision != (figure.revision if figure else 0):
            raise Stale(
                "Somebody else changed this figure while you were on it. Theirs stands; look at both, then save again.",
                theirs=before,
                mine=after,
            )
        if spec is not None and mine is not None:
            _require_order(assessment, option, category, spec, mine)
        if mine is None:
            assert figure is not None
            figure.delete()
            figure = None
        else:
            figure = figure or Figure(assessment=assessment, option=option, category=category, key=key)
            figure.low, figure.likely, figure.high = mine["low"], mine["likely"] or Decimal(0), mine["high"]
            amounts = {"low": figure.low, "likely": figure.likely, "high": figure.high}
            figure.source = source_of_figure(assessment, option, category, key, amounts)[:300] if option and key else ""
            figure.revision += 1
            figure.entered_by, figure.entered_at = actor, timezone.now()
            figure.save()
        assessment.save(update_fields=["updated_at"])
        name = f"{category}.{key}" if key else category
        note_change(
            assessment, actor, "figure.saved",
            {"figure": name, "option": option.key if option else None, "before": before, "after": after},
        )  # fmt: skip
    return figure


def _text(figure: Decimal | None) -> str | None:
    """One text for one number, without trailing noughts or exponent."""
    return None if figure is None else f"{figure.normalize():f}"


def _figure_values(spec: FigureSpec | None, low: str, likely: str, high: str) -> Amounts | None:
    """Low, likely and high as numbers; None where nothing is given. Raises Refused naming the field that is wrong."""
    texts = {"low": low.strip(), "likely": likely.strip(), "high": high.strip()}
    if not texts["likely"]:
        if texts["low"] or texts["high"]:
            raise Refused("Give the likely figure too.", {"likely": "A range needs its likely figure."})
        return None
    if spec is None:
        if texts != {"low": "", "likely": "0", "high": ""}:
            raise _wrong("That a category costs nothing is said with 0; give an amount at one of its figures.", "likely")
        return {"low": None, "likely": Decimal(0), "high": None}
    values: Amounts = {name: _number(text, spec.bounds, name) if text else None for name, text in texts.items()}
    first, middle, last = values["low"], values["likely"], values["high"]
    if first is None and last is None:
        return values
    if not spec.rangeable:
        raise Refused("This figure takes no range.", {"high" if first is None else "low": "Give one number."})
    if first is None or last is None:
        raise Refused("A range has both ends.", {"low" if first is None else "high": "Give both the low and the high figure, or neither."})
    assert middle is not None
    if not first <= middle <= last:
        message = f"Low must not be above likely, nor likely above high; these are {first:f}, {middle:f} and {last:f}."
        raise Refused("The range is out of order.", {"low" if first > middle else "high": message})
    return values


def _require_order(assessment: Assessment, option: Option | None, category: str, spec: FigureSpec, mine: Amounts) -> None:
    """Raises Refused where the figure would be above the one that limits it, or below the one that it limits, as that one stands now."""
    for lower, upper in ORDERED:
        if spec.key not in (lower, upper):
            continue
        key = upper if spec.key == lower else lower
        other = assessment.figures.filter(option=option, category=category, key=key).first()
        if other is None:
            continue
        label = _label(assessment, option, category, key)
        if key == upper:
            end, field, limit = mine["high"], "high", other.likely if other.low is None else other.low
        else:
            end, field, limit = mine["low"], "low", other.likely if other.high is None else other.high
        if end is None:
            end, field = mine["likely"], "likely"
        assert end is not None
        if key == upper and end > limit:
            raise _wrong(f"{end:f} is above “{label}”, {_text(limit)}: give at most that, or raise that first.", field)
        if key == lower and end < limit:
            raise _wrong(f"{end:f} is below “{label}”, {_text(limit)}: give at least that, or lower that first.", field)


def _label(assessment: Assessment, option: Option | None, category: str, key: str) -> str:
    """What the page calls a figure: the catalogue's words for it, where it has any."""
    if option is None:
        return DEMAND_FIGURES[key].label
    of = index(release_of(assessment)).cost_categories.get(category)
    return next((f.text for f in (of.fields if of else ()) if f.key == key), COST_FIGURES[category][key].label)


def evidence_attach(*, actor: User, assessment: Assessment, question_id: str, option: Option | None, upload: UploadedFile) -> Evidence:
    """Keep a file with an answer. Raises Refused where it is empty, too large, not what its name claims, or attached already."""
    limit = settings.EVIDENCE_MAX_BYTES
    name = upload.name.replace("\\", "/").rsplit("/", 1)[-1][:200] if upload.name else ""
    size = upload.size or 0
    if not size:
        raise Refused("The file is empty.", {"file": "Choose a file with something in it."})
    if size > limit:
        raise Refused("The file is too large.", {"file": f"It has {size:,} bytes; at most {limit:,} are taken."})
    content_type = content_type_of(name, upload)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    with transaction.atomic():
        assessment = opened(actor, assessment, "answer")
        question_of(assessment, question_id, option)
        response, _ = assessment.responses.get_or_create(assessment=assessment, option=option, question=question_id)
        if response.evidence.filter(sha256=digest.hexdigest()).exists():
            raise Refused("This file is attached already.", {"file": "The same file is attached to this answer."})
        evidence = Evidence(
            response=response, name=name, content_type=content_type, size=size, sha256=digest.hexdigest(), uploaded_by=actor
        )
        evidence.file.save(name, upload, save=False)
        evidence.save()
        note_change(
            assessment, actor, "evidence.attached",
            {"question": question_id, "option": option.key if option else None, "sha256": evidence.sha256, "size": size}, {"file_name": name},
        )  # fmt: skip
    return evidence


def evidence_remove(*, actor: User, evidence: Evidence) -> None:
    """Take a file off its answer while the assessment is open; files of submitted snapshots stay on the disk."""
    with transaction.atomic():
        response = evidence.response
        assessment = opened(actor, response.assessment, "answer")
        taken = {"question": response.question, "option": response.option.key if response.option else None, "sha256": evidence.sha256}
        evidence.delete()
        note_change(assessment, actor, "evidence.removed", taken, {"file_name": evidence.name})


def evidence_open(*, actor: User, evidence: Evidence) -> File:
    """The file, open for reading; that it was given out is recorded. Raises Refused where an imported assessment only named it."""
    assessment = evidence.response.assessment
    require(actor, assessment.organisation, "view")
    if not evidence.file:
        raise Refused("This file was named by an imported assessment; it was never uploaded here.")
    with transaction.atomic():
        note_change(assessment, actor, "evidence.downloaded", {"sha256": evidence.sha256}, {"file_name": evidence.name})
    return evidence.file.open("rb")
