"""Who answers what by when: the page on which a risk officer asks people, and what a person says of what they are asked for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import member
from assessments import assigning
from assessments.errors import Refused, WrongStatus
from assessments.models import Assessment, Assignment
from assessments.permissions import require
from assessments.progress import PlaceProgress, Standing, standing_of
from assessments.views.asked import Asked, asked_of
from assessments.views.common import allowed, find, page_context, place_url
from assessments.views.wire import day_in

FIELDS = ("person", "due_on", "note")


@dataclass(frozen=True)
class PlaceLine:
    """A part of the assessment with who is asked for it."""

    part: PlaceProgress
    url: str
    asked: list[Asked]
    chosen: bool


def place_lines(standing: Standing, chosen: set[str], rows: list[Assignment]) -> list[tuple[str, list[PlaceLine]]]:
    """(title, lines) for each group of parts, in the order of the spine."""
    by_place: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for row in rows:
        by_place[row.place].append(asked_of(row))
    groups: dict[str, list[PlaceLine]] = {}
    for place, part in standing.progress.places.items():
        line = PlaceLine(part, place_url(standing.assessment, place), by_place[place], part.key in chosen)
        groups.setdefault(part.under, []).append(line)
    return list(groups.items())


@member()
def assignments(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Every part with its progress and who is asked for it; posting asks a person for the parts that are ticked (``places``)."""
    found = find(request, assessment)
    if request.method != "POST":
        return _page(request, found, {"places": request.GET.getlist("part")})
    require(request.user, found.organisation, "assign")  # type: ignore[arg-type]
    typed: dict[str, Any] = {name: request.POST.get(name, "") for name in FIELDS} | {"places": request.POST.getlist("places")}
    try:
        made = assigning.assign(
            actor=request.user, assessment=found, person=typed["person"], note=typed["note"],  # type: ignore[arg-type]
            due_on=day_in(typed["due_on"], "due_on"), places=[assigning.place_in(text) for text in typed["places"]],
        )  # fmt: skip
    except WrongStatus as error:
        messages.error(request, error.message)
        return redirect(request.path)
    except Refused as error:
        return _page(request, found, typed, error)
    text = ngettext("%(who)s is asked for %(n)d part.", "%(who)s is asked for %(n)d parts.", len(made))
    messages.success(request, text % {"who": made[0].person.name, "n": len(made)})
    return redirect(request.path)


def _page(request: HttpRequest, assessment: Assessment, typed: dict[str, Any], error: Refused | None = None) -> HttpResponse:
    standing = standing_of(assessment)
    may_assign = assessment.is_open and allowed(request, "assign")
    rows = list(assessment.assignments.select_related("person"))
    known = standing.progress.places
    context = page_context(
        request, assessment, standing, groups=place_lines(standing, set(typed["places"]), rows), may_assign=may_assign, typed=typed,
        gone=[asked_of(row) for row in rows if row.place not in known], errors=error.fields if error else {}, trouble=error.message if error else "",
        people=_people(assessment) if may_assign else [], everything=len({row.place for row in rows} & set(known)), of_all=len(known),
    )  # fmt: skip
    return render(request, "assessments/assignments.html", context, status=422 if error else 200)


def _people(assessment: Assessment) -> list[tuple[str, str]]:
    return [("", _("Choose")), *((person.email, person.name) for person in assigning.who_may_answer(assessment))]


def _row(assessment: Assessment, pk: UUID) -> Assignment:
    rows = Assignment.objects.select_related("person", "assessment__organisation")
    return get_object_or_404(rows, pk=pk, assessment=assessment)


@member()
def assignment(request: HttpRequest, assessment: UUID, assignment: UUID) -> HttpResponse:
    """Change the day or the note, pass it on to somebody else, or (``withdraw``) ask no more."""
    found = find(request, assessment, partly=True)
    require(request.user, found.organisation, "assign")  # type: ignore[arg-type]
    row = _row(found, assignment)
    back = reverse("assessments:assignments", kwargs={"org": found.organisation.slug, "assessment": found.pk})
    typed = {"person": row.person.email, "due_on": row.due_on.isoformat() if row.due_on else "", "note": row.note}
    error: Refused | None = None
    if request.method == "POST":
        try:
            if "withdraw" in request.POST:
                assigning.withdraw(actor=request.user, assignment=row)  # type: ignore[arg-type]
                messages.success(request, _("%(who)s is asked for this part no more.") % {"who": row.person.name})
            else:
                typed = {name: request.POST.get(name, "") for name in FIELDS}
                assigning.assignment_change(
                    actor=request.user, assignment=row, person=typed["person"], due_on=day_in(typed["due_on"], "due_on"), note=typed["note"]  # type: ignore[arg-type]
                )  # fmt: skip
                messages.success(request, _("Saved."))
            return redirect(back)
        except WrongStatus as refused:
            messages.error(request, refused.message)
            return redirect(back)
        except Refused as refused:
            error = refused
    standing = standing_of(found)
    context = page_context(
        request, found, standing, asked=asked_of(row), part=standing.progress.places.get(row.place), typed=typed, people=_people(found),
        errors=error.fields if error else {}, may_assign=found.is_open,
    )  # fmt: skip
    return render(request, "assessments/assignment.html", context, status=422 if error else 200)


@member()
@require_POST
def done(request: HttpRequest, assessment: UUID, assignment: UUID) -> HttpResponse:
    """The person asked says that they are through, or (``undo``) that they aren't after all; back to ``next``, else to the part."""
    found = find(request, assessment, partly=True)
    row = _row(found, assignment)
    undo = "undo" in request.POST
    try:
        assigning.mark_done(actor=request.user, assignment=row, done=not undo)  # type: ignore[arg-type]
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("It is open again.") if undo else _("Noted: you are through with this part."))
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = place_url(found, row.place)
    return redirect(back)
