"""Taking over what is offered beside a question, one answer at a time or all that the organisation says of itself."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import member
from assessments import offering
from assessments.errors import WrongStatus
from assessments.permissions import require
from assessments.progress import standing_of
from assessments.tally import place_in
from assessments.views.answers import section_page, section_url, take_posted
from assessments.views.asking import Trouble
from assessments.views.common import find, reach, require_part
from assessments.views.saving import answer_saved, asked, step_before
from assessments.views.wire import key_of


@member()
@require_POST
def take_over(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Take over what is offered for ``question`` and ``option``; with htmx the answer is drawn anew, otherwise back to the section."""
    found = find(request, assessment, partly=True)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    standing = standing_of(found)
    question, option = asked(request, standing)
    of, part = place_in(standing.release.questionnaires, question)
    require_part(request, found, (of.id, part.id))
    key = key_of(question, option)
    before = standing.visibilities()
    try:
        trouble = take_posted(request, standing, part, key)
        status = 200 if trouble is None else 409 if trouble.stale else 422
    except WrongStatus as error:
        trouble, status = Trouble(error.message, {}, taking=True), 409
    if not request.htmx:  # type: ignore[attr-defined]
        if trouble:
            return section_page(request, standing_of(found), of, part, {key: trouble}, status=status)
        return redirect(section_url(standing, of, part, at=key))
    stack = request.POST.get(f"undo:{key}", "")
    if trouble is None:
        stack = step_before(standing.responses.get((option.pk if option else None, question.id)), stack)
    return answer_saved(request, standing_of(found), question, option, before, trouble, status, stack=stack, again=True)


@member()
@require_POST
def take_all(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Take over all that the organisation says of itself and that isn't answered here yet; back to where it was asked for."""
    found = find(request, assessment, partly=True)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    standing = standing_of(found)
    try:
        taken = offering.take_all(actor=request.user, assessment=found)  # type: ignore[arg-type]
    except WrongStatus as error:
        messages.error(request, error.message)
    else:
        messages.success(request, ngettext("Took over %(n)d answer.", "Took over %(n)d answers.", taken) % {"n": taken})
    for of in standing.release.questionnaires:
        for part in of.sections:
            if any(q.of_organisation for q in part.questions) and reach(request, found).reads((of.id, part.id)):
                return redirect(section_url(standing, of, part))
    return redirect("assessments:detail", org=found.organisation.slug, assessment=found.pk)
