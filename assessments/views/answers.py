"""The pages that ask: a section's questions and the saving of each answer, and the files that an answer rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member
from assessments import answering, offering
from assessments.errors import Refused, Stale, WrongStatus
from assessments.models import Assessment, Evidence, Option, Response, State
from assessments.permissions import require
from assessments.progress import Count, Standing, standing_of
from assessments.views.asking import Cell, Trouble, evidence_of, pending_of, section_rows, why_not_asked
from assessments.views.common import find, page_context
from assessments.views.figuring import costs, demand, figure_save
from assessments.views.wire import Posted, dom_id, key_of, posted, untouched
from compliance.catalogue.model import Question, Questionnaire, Section

__all__ = [
    "costs", "demand", "evidence_attach", "evidence_download", "evidence_remove", "figure_save", "response_save", "section",
]  # fmt: skip


@member()
def section(request: HttpRequest, assessment: UUID, questionnaire: str, section: str) -> HttpResponse:
    """A section's page; posting it saves every answer in it, for a browser without scripts."""
    found = find(request, assessment)
    standing = standing_of(found)
    of, part = place(standing, questionnaire, section)
    if request.method != "POST":
        return section_page(request, standing, of, part)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    return save_section(request, standing, of, part, only=request.POST.get("clear", ""), take=request.POST.get("take", ""))


def place(standing: Standing, questionnaire: str, section: str) -> tuple[Questionnaire, Section]:
    for of in standing.release.questionnaires:
        for part in of.sections:
            if (of.id, part.id) == (questionnaire, section):
                return of, part
    raise Http404("No such section in the catalogue of this assessment.")


def place_of_question(standing: Standing, question: Question) -> tuple[Questionnaire, Section]:
    return next((of, part) for of in standing.release.questionnaires for part in of.sections if question in part.questions)


def section_url(standing: Standing, of: Questionnaire, part: Section, at: str = "") -> str:
    found = standing.assessment
    kwargs = {"org": found.organisation.slug, "assessment": found.pk, "questionnaire": of.id, "section": part.id}
    return reverse("assessments:section", kwargs=kwargs) + (f"#a-{dom_id(at)}" if at else "")


def count_of(standing: Standing, part: Section) -> Count:
    return next(s.count for q in standing.progress.questionnaires for s in q.sections if s.section is part)


def section_page(
    request: HttpRequest,
    standing: Standing,
    of: Questionnaire,
    part: Section,
    troubles: dict[str, Trouble] | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = section_rows(standing, part, troubles)
    links = [(q, s) for q in standing.release.questionnaires for s in q.sections]
    at = links.index((of, part))
    shared = [row for row in rows if row.question.scope == "use_case"]
    compared = [row for row in rows if row.question.scope == "option"]
    context = page_context(
        request, standing.assessment, standing, questionnaire=of, section=part, shared=shared, compared=compared,
        pending=pending_of(standing, part), count=count_of(standing, part), offers_of_organisation=sum(bool(r.cell.offered) for r in shared),
        troubled=[cell for row in rows for cell in row.cells if cell.trouble], address=section_url(standing, of, part),
        previous=links[at - 1] if at else None, following=links[at + 1] if at + 1 < len(links) else None,
    )  # fmt: skip
    return render(request, "assessments/section.html", context, status=status)


def save_section(
    request: HttpRequest, standing: Standing, of: Questionnaire, part: Section, only: str = "", take: str = ""
) -> HttpResponse:
    """Save the posted answers of the section (or the one with the key ``only``), each for itself; those that can't be saved come back as typed.
    ``take`` is the key of the answer for which the offer is taken over instead."""
    troubles: dict[str, Trouble] = {}
    saved = 0
    for question in part.questions:
        for option in [None] if question.scope == "use_case" else standing.options:
            key = key_of(question, option)
            if key == take or (only and key != only) or not (only or f"revision:{key}" in request.POST):
                continue
            sent = posted(request.POST, key, question, plain=bool(only))
            if only and "clear" in request.POST:
                sent = replace(sent, values=[], specials=[])
            row = standing.responses.get((option.pk if option else None, question.id))
            if row is not None and says_what_stands(question, row, sent):
                continue
            try:
                saved += save(
                    request, standing.assessment, question, option, sent, before=row.revision if row else 0, known=row is not None
                )
            except WrongStatus as error:
                messages.error(request, error.message)
                return redirect(section_url(standing, of, part))
            except Refused as error:
                stale = error if isinstance(error, Stale) else None
                troubles[key] = Trouble(error.message, error.fields, sent, stale)
    if take:
        try:
            trouble = take_posted(request, standing, part, take)
        except WrongStatus as error:
            messages.error(request, error.message)
            return redirect(section_url(standing, of, part))
        saved += trouble is None
        troubles |= {take: trouble} if trouble else {}
    if troubles:
        return section_page(request, standing_of(standing.assessment), of, part, troubles, status=422)
    if saved:
        messages.success(request, ngettext("Saved %(n)d answer.", "Saved %(n)d answers.", saved) % {"n": saved})
    else:
        messages.info(request, _("Nothing was changed, so nothing was saved."))
    return redirect(section_url(standing, of, part, at=only or take))


def says_what_stands(question: Question, row: Response, sent: Posted) -> bool:
    """Whether the form holds just what is saved: most answers of a section that is saved whole."""
    try:
        state, value = sent.answer(question)
        stored = answering.parse_answer(question, value or "") if state == State.ANSWERED else None
    except Refused:
        return False
    basis = sent.basis or row.basis
    note = row.note if sent.note is None else sent.note.strip()
    return (row.state, row.value, row.basis, row.note) == (state, stored, basis, note)


def take_posted(request: HttpRequest, standing: Standing, part: Section, key: str) -> Trouble | None:
    """Take over what is offered for the answer ``key``; what kept it from being saved, if anything did. Raises WrongStatus."""
    pairs = ((q, o) for q in part.questions for o in ([None] if q.scope == "use_case" else standing.options))
    question, option = next(((q, o) for q, o in pairs if key_of(q, o) == key), (None, None))
    if question is None:
        raise Http404("No such answer in this section.")
    revision = posted(request.POST, key, question).revision
    try:
        offering.take_over(
            actor=request.user,  # type: ignore[arg-type]
            assessment=standing.assessment,
            question_id=question.id,
            option=option,
            revision=revision,
            token=request.POST.get(f"offer:{key}", ""),
        )
    except WrongStatus:
        raise
    except Refused as error:
        return Trouble(error.message, error.fields, None, error if isinstance(error, Stale) else None, taking=True)
    return None


def save(
    request: HttpRequest,
    assessment: Assessment,
    question: Question,
    option: Option | None,
    sent: Posted,
    *,
    before: int = -1,
    known: bool = True,
) -> bool:
    """Save one answer; True where something changed."""
    state, value = sent.answer(question)
    if not known and untouched(None, state, sent):
        return False
    row = answering.response_save(
        actor=request.user, assessment=assessment, question_id=question.id, option=option, state=state, value=value,  # type: ignore[arg-type]
        basis=sent.basis or None, note=sent.note, revision=sent.revision,
    )  # fmt: skip
    return row.revision != before


@member()
@require_POST
def response_save(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """One answer: ``question``, ``option`` (empty for the use case), ``value``, ``basis``, ``note``, ``revision``. With htmx the answer is the
    state beside the field, and what else on the page follows from it; otherwise back to the section."""
    found = find(request, assessment)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    standing = standing_of(found)
    question, option = asked(request, standing)
    of, part = place_of_question(standing, question)
    key = key_of(question, option)
    if not request.htmx:  # type: ignore[attr-defined]
        return save_section(request, standing, of, part, only=key)
    clear = "clear" in request.POST
    sent = posted(request.POST, key, question, plain=True)
    if clear:
        sent = replace(sent, values=[], specials=[])
    before = standing.visibilities()
    trouble, status = None, 200
    known = (option.pk if option else None, question.id) in standing.responses
    try:
        save(request, found, question, option, sent, known=known)
    except Stale as error:
        trouble, status = Trouble(error.message, error.fields, sent, error), 409
    except WrongStatus as error:
        trouble, status = Trouble(error.message, {}, sent), 409
    except Refused as error:
        trouble, status = Trouble(error.message, error.fields, sent), 422
    return answer_saved(request, standing_of(found), part, question, option, before, trouble, status, clear=clear)


def asked(request: HttpRequest, standing: Standing) -> tuple[Question, Option | None]:
    """The question and option that the request names; Http404 where there is none."""
    question = standing.known.questions.get(request.POST.get("question", ""))
    named = request.POST.get("option", "")
    option = next((o for o in standing.options if o.key == named), None)
    if question is None or (question.scope == "option") != (option is not None) or (named and option is None):
        raise Http404("No such question of that option in this assessment.")
    return question, option


def answer_saved(
    request: HttpRequest, standing: Standing, part: Section, question: Question, option: Option | None, before: dict[Any, bool | None],
    trouble: Trouble | None, status: int, *, clear: bool,
) -> HttpResponse:  # fmt: skip
    """The state of one answer, and out of band: the spine's counts, and the rows and cells that appear or go with it."""
    rows = section_rows(standing, part, {key_of(question, option): trouble} if trouble else None)
    after = standing.visibilities()
    changed = {place for place in after if before.get(place) != after[place]}
    fresh_rows, fresh_cells, appeared = [], [], 0
    for row in rows:
        moved = [c for c in row.cells if (c.option.pk if c.option else None, row.question.id) in changed]
        was_shown = any(before.get((c.option.pk if c.option else None, row.question.id)) for c in row.cells)
        if moved and was_shown != row.shown:
            fresh_rows.append(row)
            appeared += row.shown
        elif row.shown:
            fresh_cells += moved
    cell = next(c for row in rows for c in row.cells if c.question == question and c.option == option)
    context = page_context(
        request, standing.assessment, standing, cell=cell, row=next(row for row in rows if row.question == question), fresh_rows=fresh_rows,
        fresh_cells=fresh_cells, appeared=appeared, gone=len(fresh_rows) - appeared, pending=pending_of(standing, part),
        saved_at=None if trouble else timezone.localtime(), clear=clear and not trouble, count=count_of(standing, part), oob=True,
    )  # fmt: skip
    response = render(request, "assessments/_answer_saved.html", context, status=status)
    if clear and not trouble:
        response["HX-Retarget"], response["HX-Reswap"] = f"#a-{cell.dom}", "outerHTML"
    return response


@member()
@require_POST
def evidence_attach(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Attach the posted ``file`` to the answer that ``question`` and ``option`` name."""
    found = find(request, assessment)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    standing = standing_of(found)
    question, option = asked(request, standing)
    trouble, status = None, 200
    try:
        upload = request.FILES.get("file")
        if upload is None:
            raise Refused(_("No file came with the request."), {"file": _("Choose a file first.")})
        answering.evidence_attach(actor=request.user, assessment=found, question_id=question.id, option=option, upload=upload)  # type: ignore[arg-type]
    except WrongStatus as error:
        trouble, status = Trouble(error.message, {"file": error.message}), 409
    except Refused as error:
        trouble, status = Trouble(error.message, error.fields or {"file": error.message}), 422
    return evidence_done(request, standing, question, option, trouble, status)


def evidence_done(
    request: HttpRequest, standing: Standing, question: Question, option: Option | None, trouble: Trouble | None, status: int
) -> HttpResponse:
    of, part = place_of_question(standing, question)
    key = key_of(question, option)
    if request.htmx:  # type: ignore[attr-defined]
        standing = standing_of(standing.assessment)
        owner = option.pk if option else None
        cell = Cell(
            question, option, standing.visible(question, owner), standing.responses.get((owner, question.id)),
            evidence_of(standing.assessment, [question.id])[(owner, question.id)], trouble, why_not_asked(standing, question, option),
        )  # fmt: skip
        return render(
            request,
            "assessments/_evidence.html",
            page_context(request, standing.assessment, standing, cell=cell, changed=True),
            status=status,
        )
    if trouble:
        return section_page(request, standing_of(standing.assessment), of, part, {key: trouble}, status=status)
    return redirect(section_url(standing, of, part, at=key))


def find_evidence(request: HttpRequest, assessment: UUID, evidence: UUID) -> tuple[Assessment, Evidence]:
    found = find(request, assessment)
    rows = Evidence.objects.filter(response__assessment=found)
    return found, get_object_or_404(rows.select_related("response__assessment__organisation", "response__option"), pk=evidence)


@member()
@require_safe
def evidence_download(request: HttpRequest, assessment: UUID, evidence: UUID) -> HttpResponseBase:
    """The file as it was attached, always as a download: nothing in it is shown by the browser under our address. It is recorded."""
    _found, kept = find_evidence(request, assessment, evidence)
    if not kept.file:
        raise Http404("This file was named by an imported assessment; it was never uploaded here.")
    file = answering.evidence_open(actor=request.user, evidence=kept)  # type: ignore[arg-type]
    response = FileResponse(file, as_attachment=True, filename=kept.name, content_type=kept.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@member()
@require_POST
def evidence_remove(request: HttpRequest, assessment: UUID, evidence: UUID) -> HttpResponse:
    """Take a file off its answer."""
    found, kept = find_evidence(request, assessment, evidence)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    standing = standing_of(found)
    question, option = standing.known.questions.get(kept.response.question), kept.response.option
    if question is None:
        raise Http404("The release that this assessment is on doesn't ask that question.")
    trouble, status = None, 200
    try:
        answering.evidence_remove(actor=request.user, evidence=kept)  # type: ignore[arg-type]
    except WrongStatus as error:
        trouble, status = Trouble(error.message, {"file": error.message}), 409
    return evidence_done(request, standing, question, option, trouble, status)
