"""Saving one answer from its field: one request, and what comes back is the state beside the field and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import Context, Engine
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from assessments import answering, tally
from assessments.answering import Given
from assessments.errors import Refused, Stale, WrongStatus
from assessments.ground import Answer, Ground, hold
from assessments.models import Assessment, Option, Response, State
from assessments.progress import Owner, Standing, standing_of
from assessments.views.asking import Cell, Trouble, pending_of, section_rows
from assessments.views.common import SpineLink, find, page_context
from assessments.views.filtering import MINE, UNANSWERED, Filter, counts
from assessments.views.undoing import popped, pushed
from assessments.views.wire import NONE_OF_THESE, STATES, Posted, key_of, posted, untouched
from compliance.catalogue.model import Question, Section


def save_one(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Save, clear or undo the posted answer. Http404 for an assessment, question or option that isn't there."""
    person: User = request.user  # type: ignore[assignment]
    named = request.POST.get("question", "").replace("\x00", "")
    question: Question | None = None
    option: Option | None = None
    sent, stack, rest = Posted(), "", ""
    undo, clear = "undo" in request.POST, "clear" in request.POST
    try:
        with transaction.atomic():
            ground = hold(actor=person, organisation=request.organisation, assessment=assessment, question=named)  # type: ignore[attr-defined]
            question, option = asked(request, ground)
            place = (option.pk if option else None, question.id)
            key, stood, was = key_of(question, option), ground.answers.get(place), tally.shown(ground)
            sent, stack = posted(request.POST, key, question, plain=True), request.POST.get(f"undo:{key}", "")
            told: dict[str, Any] = {}
            if undo:
                step, rest = popped(stack)
                given, told = _given(step), {"undoes": sent.revision}
                sent = _as_posted(given, sent.revision)
            else:
                sent = replace(sent, values=[], specials=[]) if clear else sent
                given = Given(*sent.answer(question, stood.content if stood else ""), sent.basis or None, sent.note)
            if stood is None and not undo and untouched(None, given.state, sent):
                transaction.set_rollback(True)
                row = ground.response(option, question.id)
            else:
                row = answering.save_on(
                    ground, actor=person, question_id=question.id, option=option, given=given, revision=sent.revision, told=told
                )
    except Assessment.DoesNotExist:
        raise Http404(_("There is no such assessment here.")) from None
    except Refused as error:
        if question is None:  # refused for the assessment's status, before the question was looked at
            return _refused_at_once(request, assessment, error)
        trouble = Trouble(error.message, error.fields, sent, error if isinstance(error, Stale) else None)
        status = 409 if isinstance(error, Stale | WrongStatus) else 422
        standing = standing_of(find(request, assessment, partly=True))
        return answer_saved(request, standing, question, option, {}, trouble, status, stack=stack, again=undo or clear)
    if undo:
        stack = rest
    elif row.revision != (stood.revision if stood else 0):
        stack = pushed(stack, _step(stood))
    return _answered(request, ground, question, row, was, stood, stack, again=undo or clear, undone=undo)


def _refused_at_once(request: HttpRequest, assessment: UUID, error: Refused) -> HttpResponse:
    standing = standing_of(find(request, assessment, partly=True))
    question, option = asked(request, standing)
    sent = posted(request.POST, key_of(question, option), question, plain=True)
    return answer_saved(request, standing, question, option, {}, Trouble(error.message, {}, sent), 409)


def asked(request: HttpRequest, standing: Standing | Ground) -> tuple[Question, Option | None]:
    """The question and option that the request names; Http404 where there is none."""
    question = standing.known.questions.get(request.POST.get("question", ""))
    named = request.POST.get("option", "")
    option = next((o for o in standing.options if o.key == named), None)
    if question is None or (question.scope == "option") != (option is not None) or (named and option is None):
        raise Http404(_("No such question of that option in this assessment."))
    return question, option


def _step(stood: Answer | Response | None) -> dict[str, Any]:
    """What stood, as a step to go back to."""
    if stood is None:
        return {"state": State.UNANSWERED.value, "basis": "unsupported", "note": ""}
    content = stood.content if isinstance(stood, Answer) else stood.value
    return {"state": str(stood.state), "value": content, "basis": str(stood.basis), "note": stood.note}


def step_before(stood: Response | None, stack: str) -> str:
    """The stack once an answer has taken the place of ``stood``."""
    return pushed(stack, _step(stood))


def _given(step: dict[str, Any]) -> Given:
    """A step as an answer to be saved; raises Refused for what can't be one, since it was in somebody's browser."""
    value, texts = step.get("value"), [step.get(name) for name in ("state", "basis", "note")]
    listed = isinstance(value, list) and all(isinstance(one, str) for one in value)
    if not (value is None or isinstance(value, str) or listed) or not all(isinstance(text, str) for text in texts):
        raise Refused(_("What stood before can't be read any more."))
    return Given(texts[0] or "", value, texts[1], texts[2])


def _as_posted(given: Given, revision: int | None) -> Posted:
    """An answer as its form would say it."""
    values = [given.value] if isinstance(given.value, str) else given.value or []
    specials = [token for token, state in STATES.items() if state == given.state]
    if given.state == State.ANSWERED and not values:
        specials = [NONE_OF_THESE]
    return Posted(values, specials, given.basis, given.note, revision)


def _answered(
    request: HttpRequest, ground: Ground, question: Question, row: Response, was: tally.Shown, stood: Answer | None, stack: str, *,
    again: bool, undone: bool,
) -> HttpResponse:  # fmt: skip
    """What comes back for a save. Mostly that is the one cell's state with the counts that it changed; where questions come or go, or the
    answer is drawn anew (``again``), the whole is looked at."""
    of, part = tally.place_in(ground.release.questionnaires, question)
    decides = question.id in ground.known.deciders
    now = tally.shown(ground) if decides else was
    if again or now != was or (decides and tally.pending(ground, now, part)):
        before = {(owner, id_): visible for owner, asked_ in was.by_owner.items() for id_, visible in asked_.items()}
        standing = standing_of(ground.assessment)
        return answer_saved(request, standing, question, row.option, before, None, 200, stack=stack, again=again, undone=undone)
    cell = Cell(question, row.option, visible=True, row=row if row.pk else None, files=stood.files if stood else 0, undo=stack)
    by_section = [tally.count(ground, now, section) for section in of.sections]
    mine = by_section[of.sections.index(part)]
    fresh = [(f"s-{of.id}-{part.id}", mine), (f"q-{of.id}", sum(by_section, tally.Count()))]
    context = {
        "organisation": ground.assessment.organisation, "assessment": ground.assessment, "cell": cell, "count": mine, "counts": fresh,
        "chips": {UNANSWERED: mine.asked - mine.answered, MINE: tally.given_by(ground, part)},
        "saved_at": timezone.localtime(), "oob": True, "saving": request.path,
    }  # fmt: skip
    return fragment(context)


def fragment(context: dict[str, Any]) -> HttpResponse:
    """What is sent for a save, drawn without what every page knows of the person, and its whole numbers, which every locale of ours writes
    alike, without being localised: it has no use for either, and both take time."""
    return HttpResponse(Engine.get_default().get_template("assessments/_answer_saved.html").render(Context(context, use_l10n=False)))


def answer_saved(
    request: HttpRequest, standing: Standing, question: Question, option: Option | None, before: dict[tuple[Owner, str], bool | None],
    trouble: Trouble | None, status: int, *, stack: str = "", again: bool = False, undone: bool = False,
) -> HttpResponse:  # fmt: skip
    """The state of one answer, and out of band: the spine's counts, and the rows and cells that appear or go with it. ``again``: the answer is
    drawn anew, fields and all; ``stack``: what can be undone."""
    part: Section = tally.place_in(standing.release.questionnaires, question)[1]
    rows = section_rows(standing, part, {key_of(question, option): trouble} if trouble else None)
    after = standing.visibilities()
    changed = {place for place in after if before.get(place) != after[place]} if before else set()
    fresh_rows, fresh_cells, appeared = [], [], 0
    for row in rows:
        moved = [c for c in row.cells if (c.option.pk if c.option else None, row.question.id) in changed]
        was_shown = any(before.get((c.option.pk if c.option else None, row.question.id)) for c in row.cells)
        if moved and was_shown != row.shown:
            fresh_rows.append(row)
            appeared += row.shown
        elif row.shown:
            fresh_cells += moved
    cell = replace(next(c for row in rows for c in row.cells if c.question == question and c.option == option), undo=stack)
    drawn = again and (
        not trouble or bool(trouble.stale and trouble.sent)
    )  # what was to be put back stands in the fields, to be saved or not
    context = page_context(
        request, standing.assessment, standing, cell=cell, row=next(row for row in rows if row.question == question), fresh_rows=fresh_rows,
        fresh_cells=fresh_cells, appeared=appeared, gone=len(fresh_rows) - appeared, pending=pending_of(standing, part), whole=True,
        saved_at=None if trouble else timezone.localtime(), clear=drawn, count=tally.progress_of(standing, part), oob=True, undone=undone,
    )  # fmt: skip
    context["chips"] = counts(standing, list(part.questions), Filter(person=request.user.pk))
    context["counts"] = [
        (line.id, line.count) for group in context["spine"] for line in (group, *group.links) if line.count and not _noted(line)
    ]
    response = render(request, "assessments/_answer_saved.html", context, status=status)
    if drawn:
        response["HX-Retarget"], response["HX-Reswap"] = f"#a-{cell.dom}", "outerHTML"
    return response


def _noted(line: object) -> bool:
    return isinstance(line, SpineLink) and bool(line.note)
