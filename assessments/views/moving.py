"""The release of the catalogue that an assessment is on, what a newer one would change, and moving a draft to it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import member
from assessments import moving
from assessments.errors import Refused
from assessments.evaluation import release_of
from assessments.permissions import require
from assessments.progress import standing_of
from assessments.views.common import find, page_context
from assessments.views.law import CLASSES
from assessments.views.places import live_places, questions_of
from assessments.views.presenting_change import OUTCOMES
from compliance.catalogue.diff import diff
from compliance.catalogue.index import as_data, index


@member()
def catalogue(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Which release the assessment is on and what a newer one would change; posting moves a draft to it."""
    found = find(request, assessment)
    newer = moving.newer_release(found)
    if request.method == "POST":
        require(request.user, found.organisation, "edit")  # type: ignore[arg-type]
        try:
            if newer is None:
                raise Refused(_("No newer release is published."))
            lost = moving.move(actor=request.user, assessment=found, release=newer)  # type: ignore[arg-type]
        except Refused as error:
            messages.error(request, error.message)
            return redirect(request.path)
        messages.success(request, _("Moved to %(release)s.") % {"release": f"{newer.key}@{newer.version}"})
        if lost:
            words = ngettext("%(n)d answer didn't fit it and is open again.", "%(n)d answers didn't fit it and are open again.", len(lost))
            messages.warning(request, words % {"n": len(lost)})
        return redirect("assessments:detail", org=found.organisation.slug, assessment=found.pk)
    context = page_context(request, found, standing_of(found), release=release_of(found), newer=newer)
    if newer is not None:
        changes = diff(context["release"], newer)
        counts: dict[str, dict[str, int]] = {}
        for change in changes:
            row = counts.setdefault(change.part, {"added": 0, "changed": 0, "removed": 0})
            row[change.kind] += 1
        questions = index(newer).questions
        asked = questions_of({"questionnaires": [as_data(q) for q in context["release"].questionnaires]})
        where = live_places(found, asked)
        try:
            effect, trouble = moving.effect_of(found, newer), ""
        except (LookupError, ValueError) as error:
            effect, trouble = None, str(error)
        context |= {
            "effect": effect,
            "risk_class": [CLASSES.get(one, one) for one in effect.risk_class] if effect else [],
            "recommendation": [_recommended(one) for one in effect.recommendation] if effect else [],
            "trouble": trouble,
            "counts": sorted(counts.items()),
            "questions": [questions[id_] for id_ in effect.questions] if effect else [],
            "lost": [
                {
                    "text": asked[one.question]["text"],
                    "reason": one.reason,
                    "option": one.option,
                    "url": where(one.question, one.option or ""),
                }
                for one in (effect.lost if effect else ())
            ],
        }
    return render(request, "assessments/catalogue.html", context)


def _recommended(text: str) -> str:
    """``clear: Vendor API`` with the outcome in words."""
    outcome, colon, option = text.partition(": ")
    return f"{OUTCOMES[outcome]}{colon}{option}"
