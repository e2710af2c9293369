"""Copying one option's answers to another: what would change, before anything does."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import member
from assessments import copying
from assessments.copying import Plan, copy_plan
from assessments.errors import Refused, WrongStatus
from assessments.permissions import require
from assessments.progress import Standing, standing_of
from assessments.snapshots import display
from assessments.views.common import find, page_context
from assessments.views.showing import answer
from compliance.catalogue.model import Question, Section


@member()
def answers_copy(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Choose the two options and see what would change; posting does it. ``source``, ``target``, ``questionnaire`` and ``section`` (all of
    them where they are left out), ``overwrite``, ``evidence``."""
    found = find(request, assessment)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    standing = standing_of(found)
    data = request.POST if request.method == "POST" else request.GET
    part = _section(standing, data)
    if request.method != "POST":
        return _page(request, standing, data, part)
    try:
        n = copying.answers_copy(
            actor=request.user, assessment=found, source=data.get("source", ""), target=data.get("target", ""),  # type: ignore[arg-type]
            questions=_questions(part), overwrite="overwrite" in data, evidence="evidence" in data, token=data.get("token", ""),
        )  # fmt: skip
    except WrongStatus as error:
        return _page(request, standing, data, part, error, 409)
    except Refused as error:
        return _page(request, standing, data, part, error, 422)
    messages.success(request, ngettext("Copied %(n)d answer.", "Copied %(n)d answers.", n) % {"n": n})
    org = found.organisation.slug
    if part is None:
        return redirect("assessments:questions", org=org, assessment=found.pk)
    return redirect("assessments:section", org=org, assessment=found.pk, questionnaire=data["questionnaire"], section=part.id)


def _section(standing: Standing, data: QueryDict) -> Section | None:
    """The section that is named; None: all of them."""
    named = (data.get("questionnaire"), data.get("section"))
    return next((s for of in standing.release.questionnaires for s in of.sections if (of.id, s.id) == named), None)


def _questions(part: Section | None) -> set[str] | None:
    return None if part is None else {question.id for question in part.questions}


def _page(
    request: HttpRequest, standing: Standing, data: QueryDict, part: Section | None, error: Refused | None = None, status: int = 200
) -> HttpResponse:
    plan: Plan | None = None
    if data.get("source") or data.get("target"):
        try:
            plan = copy_plan(standing.assessment, data.get("source", ""), data.get("target", ""), _questions(part))
        except Refused as wrong:
            error = error or wrong
    lines = [(one, *_sides(one.question, one)) for one in plan.answers] if plan else []
    context = page_context(
        request, standing.assessment, standing, plan=plan, lines=lines, error=error, data=data, part=part,
        overwritten=sum(one.overwrites and one.changes for one, *_ in lines), files=sum(len(one.files) for one, *_ in lines),
    )  # fmt: skip
    return render(request, "assessments/answers_copy.html", context, status=status)


def _sides(question: Question, one: copying.Copied) -> tuple[str, str]:
    """What stands and what would stand, in words."""
    stands = answer(question, display(question, one.stands)) if one.stands and one.overwrites else _("Not answered yet")
    return stands, answer(question, display(question, one.source))
