"""Saving one answer or one figure: checked against its question, with a revision, and recorded with before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.rows import written
from assessments.editing import note_change, opened
from assessments.errors import Refused, Stale
from assessments.evaluation import DEMAND, release_of
from assessments.figures import COST_FIGURES, DEMAND_FIGURES, ORDERED, FigureSpec, NoFigure, typed
from assessments.ground import Ground, hold
from assessments.models import Assessment, BasisOfAnswer, Figure, Option, Response, State
from assessments.permissions import Place
from assessments.pricing import source_of_figure
from assessments.scoring.read_responses import bounds_of
from assessments.scoring.reading import Bounds
from compliance.catalogue.index import index
from compliance.catalogue.model import Question

LONGEST_TEXT = 4000
DIGITS = gettext_lazy("has more digits than can be kept: at most 19 before the point and 8 after it")
Amounts = dict[str, Decimal | None]


def parse_answer(question: Question, raw: str | list[str]) -> Any:
    """What is stored for ``raw``: a choice id, a list of ids in the question's order, or a number, date or text as text.

    Raises Refused with a message for beside the field.
    """
    known = [choice.id for choice in question.choices]
    if question.type == "choices":
        chosen = [raw] if isinstance(raw, str) else list(raw)
        if wrong := [c for c in chosen if c not in known]:
            raise _wrong(_("%(text)r is none of the choices.") % {"text": wrong[0]})
        return [c for c in known if c in chosen]
    text = (raw if isinstance(raw, str) else (raw or [""])[0]).strip()
    if question.type == "choice":
        if text not in known:
            raise _wrong(_("%(text)r is none of the choices.") % {"text": text} if text else _("Choose one."))
        return text
    if question.type == "number":
        return f"{_number(text, bounds_of(question)):f}"
    if question.type == "date":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise _wrong(_("%(text)r is no date; write it as 2026-11-24.") % {"text": text}) from None
    if not text or len(text) > LONGEST_TEXT:
        raise _wrong(_("Write between 1 and %(most)d characters.") % {"most": LONGEST_TEXT})
    return text


def _wrong(message: str, field: str = "value") -> Refused:
    return Refused(message, {field: message})


def _number(text: str, bounds: Bounds, field: str = "value") -> Decimal:
    """The number typed into ``field``; raises Refused naming it."""
    try:
        figure = typed(text, bounds)
    except NoFigure as error:
        raise _wrong(_(error.said) % error.values, field) from None
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
        ground = hold(actor=actor, organisation=assessment.organisation, assessment=assessment.pk, question=question_id, alone=True)
        return save_on(
            ground, actor=actor, question_id=question_id, option=option, given=Given(state, value, basis, note), revision=revision,
            told={"taken_from": taken_from} if taken_from else {}, first_answered_by=first_answered_by,
        )  # fmt: skip


@dataclass(frozen=True)
class Given:
    """An answer as somebody gives it; None leaves basis and note as they are."""

    state: str = State.ANSWERED
    value: str | list[str] | None = None
    basis: str | None = None
    note: str | None = None


def save_on(
    ground: Ground, *, actor: User, question_id: str, option: Option | None, given: Given, revision: int | None,
    told: Mapping[str, Any] | None = None, first_answered_by: User | None = None,
) -> Response:  # fmt: skip
    """``response_save`` for who holds the assessment already; call it last, and once, in the transaction that holds it: where nothing
    changes, that is rolled back. ``told``: what the trail is told besides. Raises PermissionDenied where the question isn't theirs to answer."""
    assessment = ground.assessment
    ground.reach.require_answering(place_of(assessment, question_id))
    question = question_of(assessment, question_id, option)
    if option is not None and all(option.pk != there.pk for there in ground.options):
        raise Refused(_("That option has been removed from the assessment."))
    value = given.value if given.value is not None else ""
    stored = parse_answer(question, value) if given.state == State.ANSWERED else None
    _check(question, given)
    response = ground.response(option, question_id)
    mine = {
        "state": given.state,
        "value": stored,
        "basis": response.basis if given.basis is None else given.basis,
        "note": response.note if given.note is None else given.note.strip(),
    }
    before = {name: getattr(response, name) for name in mine}
    if before == mine and (response.pk or revision not in (None, response.revision)):
        stands = Response.objects.select_related("answered_by", "option").get(pk=response.pk) if response.pk else response
        transaction.set_rollback(True)
        return stands
    if revision is not None and revision != response.revision:
        theirs = Response.objects.filter(pk=response.pk).select_related("answered_by").first()
        own = theirs is not None and theirs.answered_by_id == actor.pk
        raise Stale(
            (
                _("You changed this answer in another window while you were on it here. That one stands; look at both, then save again.")
                if own
                else _("Somebody else changed this answer while you were on it. Theirs stands; look at both, then save again.")
            ),
            theirs=before,
            mine=mine,
            by=theirs.answered_by.name if theirs and theirs.answered_by else "",
            at=theirs.answered_at if theirs else None,
            own=own,
        )
    for name, content in mine.items():
        setattr(response, name, content)
    response.revision += 1
    response.answered_by, response.answered_at = actor, timezone.now()
    columns: tuple[str, ...] = SAVED
    # Who only notes something to an answer doesn't make it theirs alone: whose it was at first has a part in the record as before.
    if first_answered_by or any(before[name] != mine[name] for name in ("state", "value")):
        response.first_answered_by, columns = first_answered_by, (*SAVED, "first_answered_by")
    row = written(response, columns)
    changes, personal = _before_and_after(question, before, mine)
    note_change(
        assessment, actor, "response.saved",
        {"question": question_id, "option": option.key if option else None, "revision": response.revision, **changes, **(told or {})},
        personal, row=row,
    )  # fmt: skip
    if row.pk is None:
        raise DatabaseError(f"the answer {response.pk} isn't there to be changed")
    response.pk, response._state.adding, response._state.db = row.pk, False, connection.alias
    ground.put(response)
    return response


SAVED = ("state", "value", "basis", "note", "revision", "answered_by", "answered_at")


def _check(question: Question, given: Given) -> None:
    """Raises Refused, naming the field, for what no answer to the question can say."""
    if given.state not in State.values:
        raise _wrong(_("%(state)r is none of %(known)s.") % {"state": given.state, "known": ", ".join(State.values)})
    if given.state == State.NOT_APPLICABLE and not question.not_applicable:
        raise _wrong(_("This question always applies; choose an answer or say that it is unknown."))
    if given.basis is not None and given.basis not in BasisOfAnswer.values:
        known = ", ".join(BasisOfAnswer.values)
        raise Refused(_("Choose what the answer rests on."), {"basis": _("Choose one of %(known)s.") % {"known": known}})
    if given.note is not None and len(given.note) > LONGEST_TEXT:
        raise Refused(_("The note is too long."), {"note": _("At most %(most)d characters fit.") % {"most": LONGEST_TEXT}})


def _before_and_after(question: Question, before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Free text goes beside the hashed bytes, everything else into them."""
    free = {"note"} | ({"value"} if question.type == "text" else set())
    changed = [name for name in after if before[name] != after[name]]
    changes = {name: {"before": before[name], "after": after[name]} for name in changed if name not in free}
    texts = {"before": before, "after": after}
    personal = {f"{name}_{when}": str(held[name]) for name in changed if name in free for when, held in texts.items() if held[name]}
    return changes | {"changed": sorted(changed)}, personal


def place_of(assessment: Assessment, question_id: str) -> Place:
    """Where a question is asked; nowhere (which is nobody's) for one that the assessment's release doesn't have."""
    return index(release_of(assessment)).places.get(question_id, ("", ""))


def question_of(assessment: Assessment, question_id: str, option: Option | None) -> Question:
    """The question, if it is asked in that scope; raises Refused."""
    question = index(release_of(assessment)).questions.get(question_id)
    if question is None:
        raise Refused(
            _("There is no question %(question)r in %(catalogue)s.") % {"question": question_id, "catalogue": assessment.catalogue},
            {"question": _("Use an id that the catalogue lists.")},
        )
    if (question.scope == "option") != (option is not None):
        asked = (
            _("%(question)s is asked of each option.") if question.scope == "option" else _("%(question)s is asked once, of the use case.")
        )
        raise Refused(asked % {"question": question_id})
    if option is not None and option.assessment_id != assessment.pk:
        raise Refused(_("That option belongs to another assessment."))
    return question


def figure_spec(category: str, key: str, option: Option | None) -> FigureSpec | None:
    """The bounds of a figure; None for the row that says a category stands (its key is empty). Raises Refused for an unknown one."""
    known = {DEMAND: DEMAND_FIGURES} if option is None else COST_FIGURES
    if category not in known:
        raise Refused(_("There is no category %(category)r; there are %(known)s.") % {"category": category, "known": ", ".join(known)})
    if key == "" and option is not None:
        return None
    if key not in known[category]:
        named = {"figure": key, "category": category, "known": ", ".join(known[category])}
        raise Refused(_("There is no figure %(figure)r in %(category)s; there are %(known)s.") % named)
    return known[category][key]


def figure_save(
    *, actor: User, assessment: Assessment, option: Option | None, category: str, key: str, likely: str,
    low: str = "", high: str = "", revision: int | None = None,
) -> Figure | None:  # fmt: skip
    """Save one figure of the demand (no option) or of an option's costs; an empty ``likely`` takes it away and returns None.

    An empty ``key`` says that the category costs nothing (``likely`` "0") or takes that back (""). Raises Stale and Refused as ``response_save``.
    """
    with transaction.atomic():
        assessment = opened(actor, assessment, "answer", lambda _row: ("", category))
        if option is not None and option.assessment_id != assessment.pk:
            raise Refused(_("That option belongs to another assessment."))
        spec = figure_spec(category, key, option)
        figure = assessment.figures.select_for_update().filter(option=option, category=category, key=key).first()
        mine = _figure_values(spec, low, likely, high)
        before = {name: _text(getattr(figure, name)) if figure else None for name in ("low", "likely", "high")}
        after = {name: _text(mine[name]) if mine else None for name in ("low", "likely", "high")}
        if before == after:
            return figure
        if revision is not None and revision != (figure.revision if figure else 0):
            own = figure is not None and figure.entered_by_id == actor.pk
            raise Stale(
                (
                    _(
                        "You changed this figure in another window while you were on it here. That one stands; look at both, then save again."
                    )
                    if own
                    else _("Somebody else changed this figure while you were on it. Theirs stands; look at both, then save again.")
                ),
                theirs=before,
                mine=after,
                own=own,
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
            raise Refused(_("Give the likely figure too."), {"likely": _("A range needs its likely figure.")})
        return None
    if spec is None:
        if texts != {"low": "", "likely": "0", "high": ""}:
            raise _wrong(_("That a category costs nothing is said with 0; give an amount at one of its figures."), "likely")
        return {"low": None, "likely": Decimal(0), "high": None}
    values: Amounts = {name: _number(text, spec.bounds, name) if text else None for name, text in texts.items()}
    first, middle, last = values["low"], values["likely"], values["high"]
    if first is None and last is None:
        return values
    if not spec.rangeable:
        raise Refused(_("This figure takes no range."), {"high" if first is None else "low": _("Give one number.")})
    if first is None or last is None:
        raise Refused(
            _("A range has both ends."), {"low" if first is None else "high": _("Give both the low and the high figure, or neither.")}
        )
    assert middle is not None
    if not first <= middle <= last:
        message = _("Low must not be above likely, nor likely above high; these are %(low)s, %(likely)s and %(high)s.")
        message %= {"low": f"{first:f}", "likely": f"{middle:f}", "high": f"{last:f}"}
        raise Refused(_("The range is out of order."), {"low" if first > middle else "high": message})
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
            message = _("%(figure)s is above “%(label)s”, %(limit)s: give at most that, or raise that first.")
            raise _wrong(message % {"figure": f"{end:f}", "label": label, "limit": _text(limit)}, field)
        if key == lower and end < limit:
            message = _("%(figure)s is below “%(label)s”, %(limit)s: give at least that, or lower that first.")
            raise _wrong(message % {"figure": f"{end:f}", "label": label, "limit": _text(limit)}, field)


def _label(assessment: Assessment, option: Option | None, category: str, key: str) -> str:
    """What the page calls a figure: the catalogue's words for it, where it has any."""
    if option is None:
        return _(DEMAND_FIGURES[key].label)
    of = index(release_of(assessment)).cost_categories.get(category)
    return next((f.text for f in (of.fields if of else ()) if f.key == key), _(COST_FIGURES[category][key].label))
