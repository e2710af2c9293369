"""The thread under a question: as a page of its own, and, with htmx, as a part of the section's page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import member
from assessments import commenting
from assessments.errors import Refused, WrongStatus
from assessments.models import Assessment
from assessments.permissions import require
from assessments.progress import standing_of
from assessments.views.common import allowed, find, page_context, require_part
from assessments.views.wire import dom_id
from compliance.catalogue.index import index
from compliance.catalogue.model import Question
from compliance.releases import by_name


def find_question(request: HttpRequest, assessment: UUID, question: str) -> tuple[Assessment, Question]:
    """The question, where the person reads its part; Http404 where the assessment's release doesn't ask it."""
    found = find(request, assessment, partly=True)
    known = index(by_name(found.catalogue))
    if question not in known.questions:
        raise Http404(_("This assessment asks no such question."))
    require_part(request, found, known.places[question])
    return found, known.questions[question]


@member()
def comments(request: HttpRequest, assessment: UUID, question: str) -> HttpResponse:
    """What was said about a question; posting (``text``, ``ask``) says more."""
    found, asked = find_question(request, assessment, question)
    if request.method != "POST":
        return show(request, found, asked)
    require(request.user, found.organisation, "comment")  # type: ignore[arg-type]
    text, ask = request.POST.get("text", ""), request.POST.get("ask", "")
    try:
        commenting.write(actor=request.user, assessment=found, question=question, text=text, ask=ask)  # type: ignore[arg-type]
    except Refused as error:
        return show(request, found, asked, error=error, typed={"text": text, "ask": ask})
    return after(request, found, asked)


@member()
@require_POST
def delete(request: HttpRequest, assessment: UUID, question: str, comment: UUID) -> HttpResponse:
    """Take one's own comment away."""
    found, asked = find_question(request, assessment, question)
    require(request.user, found.organisation, "comment")  # type: ignore[arg-type]
    written = commenting.comment_in(found, question, comment)
    if written is None:
        raise Http404(_("There is no such comment."))
    try:
        commenting.delete(actor=request.user, comment=written)  # type: ignore[arg-type]
    except Refused as error:
        return show(request, found, asked, error=error)
    return after(request, found, asked)


@member()
@require_POST
def settle(request: HttpRequest, assessment: UUID, question: str) -> HttpResponse:
    """Say that it is settled, or (``reopen``) that it isn't."""
    found, asked = find_question(request, assessment, question)
    require(request.user, found.organisation, "comment")  # type: ignore[arg-type]
    try:
        commenting.resolve(actor=request.user, assessment=found, question=question, resolved="reopen" not in request.POST)  # type: ignore[arg-type]
    except Refused as error:
        return show(request, found, asked, error=error)
    return after(request, found, asked)


def after(request: HttpRequest, assessment: Assessment, question: Question) -> HttpResponse:
    """With htmx the thread as it stands now; otherwise back to its page, so that a reload writes nothing twice."""
    if request.htmx:  # type: ignore[attr-defined]
        return show(request, assessment, question, changed=True)
    return redirect("assessments:comments", org=assessment.organisation.slug, assessment=assessment.pk, question=question.id)


def show(
    request: HttpRequest, assessment: Assessment, question: Question, *, error: Refused | None = None, typed: dict[str, str] | None = None,
    changed: bool = False,
) -> HttpResponse:  # fmt: skip
    person = request.user
    thread = commenting.thread_of(assessment, question.id)
    written = commenting.comments_of(thread) if thread else []
    may_comment = assessment.status in commenting.TALKING and allowed(request, "comment")
    people = commenting.who_can_be_asked(assessment, question.id, person) if may_comment else []  # type: ignore[arg-type]
    more: dict[str, Any] = {
        "question": question,
        "dom": dom_id(question.id),
        "thread": thread,
        "comments": [(comment, may_comment and commenting.may_delete(comment, written, person)) for comment in written],  # type: ignore[arg-type]
        "may_comment": may_comment,
        "people": [("", _("Nobody in particular")), *((one.email, one.name) for one in people)],
        "typed": typed or {"text": "", "ask": ""},
        "errors": error.fields if error else {},
        "trouble": error.message if error and not error.fields else "",
        "changed": changed,
    }
    status = 409 if isinstance(error, WrongStatus) else 422 if error else 200
    if request.htmx:  # type: ignore[attr-defined]
        talk = commenting.talks_of(assessment, person).get(question.id) if changed else None  # type: ignore[arg-type]
        return render(request, "assessments/_thread.html", {"assessment": assessment, "talk": talk, **more}, status=status)
    standing = standing_of(assessment)
    questionnaire, section = standing.known.places[question.id]
    context = page_context(request, assessment, standing, questionnaire_id=questionnaire, section_id=section, **more)
    return render(request, "assessments/comments.html", context, status=status)
