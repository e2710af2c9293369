"""The pages that ask: a section's questions and the saving of each answer, and the files that an answer rests on."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member
from assessments import answering, attaching, offering
from assessments.errors import Refused, Stale, WrongStatus
from assessments.models import Assessment, Evidence, Option, Response, State
from assessments.permissions import require
from assessments.progress import Standing, standing_of
from assessments.tally import place_in, progress_of
from assessments.views.asking import Cell, Trouble, evidence_of, pending_of, section_rows, why_not_asked
from assessments.views.common import find, page_context, reach, require_part
from assessments.views.figuring import costs, demand, figure_save
from assessments.views.filtering import ALL, LABELS, Filter, counts, filter_in
from assessments.views.saving import asked, save_one
from assessments.views.wire import Posted, dom_id, key_of, posted, untouched
from compliance.catalogue.model import Question, Questionnaire, Section

__all__ = [
    "costs", "demand", "evidence_attach", "evidence_download", "evidence_remove", "figure_save", "response_save", "section",
]  # fmt: skip


@member()
def section(request: HttpRequest, assessment: UUID, questionnaire: str, section: str) -> HttpResponse:
    """A section's page; posting it saves every answer in it, for a browser without scripts."""
    found = find(request, assessment, partly=True)
    standing = standing_of(found)
    of, part = place(standing, questionnaire, section)
    require_part(request, found, (of.id, part.id))
    if request.method != "POST":
        return section_page(request, standing, of, part)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    return save_section(request, standing, of, part, only=request.POST.get("clear", ""), take=request.POST.get("take", ""))


def place(standing: Standing, questionnaire: str, section: str) -> tuple[Questionnaire, Section]:
    for of in standing.release.questionnaires:
        for part in of.sections:
            if (of.id, part.id) == (questionnaire, section):
                return of, part
    raise Http404(_("No such section in the catalogue of this assessment."))


def section_url(standing: Standing, of: Questionnaire, part: Section, at: str = "") -> str:
    found = standing.assessment
    kwargs = {"org": found.organisation.slug, "assessment": found.pk, "questionnaire": of.id, "section": part.id}
    return reverse("assessments:section", kwargs=kwargs) + (f"#a-{dom_id(at)}" if at else "")


def section_page(
    request: HttpRequest,
    standing: Standing,
    of: Questionnaire,
    part: Section,
    troubles: dict[str, Trouble] | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = section_rows(standing, part, troubles)
    chosen = filter_in(request.GET, standing, request.user.pk)
    if chosen.show != ALL:
        rows = [replace(r, off=not any(c.trouble or chosen.wants(standing, r.question, c.option.pk if c.option else None) for c in r.cells))
                for r in rows]  # fmt: skip
    theirs = reach(request, standing.assessment)
    links = [(q, s) for q in standing.release.questionnaires for s in q.sections if theirs.reads((q.id, s.id))]
    at = links.index((of, part))
    shared = [row for row in rows if row.question.scope == "use_case"]
    compared = [row for row in rows if row.question.scope == "option"]
    context = page_context(
        request, standing.assessment, standing, place=(of.id, part.id), questionnaire=of, section=part, shared=shared, compared=compared,
        pending=pending_of(standing, part), count=progress_of(standing, part), offers_of_organisation=sum(bool(r.cell.offered) for r in shared),
        filters=section_filters(standing, part, chosen), chosen=chosen, off=sum(row.off and row.shown for row in rows),
        shown=sum(row.shown for row in rows),
        troubled=[cell for row in rows for cell in row.cells if cell.trouble], address=section_url(standing, of, part),
        previous=links[at - 1] if at else None, following=links[at + 1] if at + 1 < len(links) else None,
    )  # fmt: skip
    return render(request, "assessments/section.html", context, status=status)


def section_filters(standing: Standing, part: Section, chosen: Filter) -> list[tuple[str, str, int | None]]:
    """(what the address says, label, how many) of what the section's questions can be narrowed to."""
    found = counts(standing, list(part.questions), chosen)
    return [(kind, str(label), found.get(kind)) for kind, label in LABELS.items()]


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
                saved += save(request, standing.assessment, question, option, sent, row)
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
        state, value = sent.answer(question, row.value)
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
        raise Http404(_("No such answer in this section."))
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
    row: Response | None,
) -> bool:
    """Save one answer in the place of ``row``; True where something changed."""
    state, value = sent.answer(question, row.value if row else "")
    if row is None and untouched(None, state, sent):
        return False
    saved = answering.response_save(
        actor=request.user, assessment=assessment, question_id=question.id, option=option, state=state, value=value,  # type: ignore[arg-type]
        basis=sent.basis or None, note=sent.note, revision=sent.revision,
    )  # fmt: skip
    return saved.revision != (row.revision if row else 0)


@member()
@require_POST
def response_save(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """One answer: ``question``, ``option`` (empty for the use case), ``value``, ``basis``, ``note``, ``revision``. With htmx the answer is the
    state beside the field, and what else on the page follows from it; otherwise back to the section."""
    if request.htmx:  # type: ignore[attr-defined]
        return save_one(request, assessment)
    found = find(request, assessment, partly=True)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    standing = standing_of(found)
    question, option = asked(request, standing)
    of, part = place_in(standing.release.questionnaires, question)
    require_part(request, found, (of.id, part.id))
    return save_section(request, standing, of, part, only=key_of(question, option))


@member()
@require_POST
def evidence_attach(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Attach each posted ``file`` to the answer that ``question`` and ``option`` name; those that can't be are told by name."""
    found = find(request, assessment, partly=True)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    standing = standing_of(found)
    question, option = asked(request, standing)
    require_part(request, found, standing.known.places[question.id])
    uploads = request.FILES.getlist("file")
    wrong, status = ([], 200) if uploads else ([_("Choose a file first.")], 422)
    for upload in uploads:
        try:
            attaching.evidence_attach(actor=request.user, assessment=found, question_id=question.id, option=option, upload=upload)  # type: ignore[arg-type]
        except WrongStatus as error:
            wrong, status = [error.message], 409
            break
        except Refused as error:
            message, status = error.fields.get("file", error.message), 422
            wrong.append(f"{upload.name}: {message}" if len(uploads) > 1 else message)
    trouble = Trouble(wrong[0], {"file": " ".join(wrong)}) if wrong else None
    return evidence_done(request, standing, question, option, trouble, status)


def evidence_done(
    request: HttpRequest, standing: Standing, question: Question, option: Option | None, trouble: Trouble | None, status: int
) -> HttpResponse:
    of, part = place_in(standing.release.questionnaires, question)
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
    found = find(request, assessment, partly=True)
    rows = Evidence.objects.filter(response__assessment=found)
    return found, get_object_or_404(rows.select_related("response__assessment__organisation", "response__option"), pk=evidence)


@member()
@require_safe
def evidence_download(request: HttpRequest, assessment: UUID, evidence: UUID) -> HttpResponseBase:
    """The file as it was attached, always as a download: nothing in it is shown by the browser under our address. It is recorded."""
    _found, kept = find_evidence(request, assessment, evidence)
    if not kept.file:
        raise Http404(_("This file was named by an imported assessment; it was never uploaded here."))
    file = attaching.evidence_open(actor=request.user, evidence=kept)  # type: ignore[arg-type]
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
        raise Http404(_("The release that this assessment is on doesn't ask that question."))
    trouble, status = None, 200
    try:
        attaching.evidence_remove(actor=request.user, evidence=kept)  # type: ignore[arg-type]
    except WrongStatus as error:
        trouble, status = Trouble(error.message, {"file": error.message}), 409
    return evidence_done(request, standing, question, option, trouble, status)
