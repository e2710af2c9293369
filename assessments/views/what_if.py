"""What-ifs: move weights and demand, take a scenario, change answers and figures, and see at once what follows. Nothing is saved.

Everything that is changed stands in the address, so a what-if can be shared and reloaded. The same panel stands on the result page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import formats
from accounts.access import member
from assessments.evaluation import facts_of, release_of
from assessments.models import Assessment
from assessments.progress import Standing, standing_of
from assessments.scoring import patch as patching
from assessments.scoring.evaluate import Evaluation, evaluate
from assessments.scoring.patch import Patch, PatchError, PatchErrors, patched, shares
from assessments.scoring.rounding import COMPUTING, plain
from assessments.views.common import allowed, current_path, find, page_context
from assessments.views.tracing import trace_url
from assessments.views.what_if_adding import Adding, adding_context
from assessments.views.what_if_effect import counted, effect, list_changes
from compliance.catalogue.index import index

EFFECT, PANEL, VALUES = "what-if-effect", "what-if", "what-if-value"  # what htmx asks for, by the element's id
WIDEST = 20  # the demand's slider goes from a twentieth to twenty times


@dataclass(frozen=True)
class Tried:
    """A what-if: ``found`` is its evaluation, None where ``errors`` says what is wrong with it."""

    base: Evaluation
    patch: Patch
    found: Evaluation | None
    errors: tuple[PatchError, ...] = ()


@require_safe
@member()
def what_if(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """The effect alone, the panel, or the values of a chosen question where htmx asks for them; else the page."""
    seen = find(request, assessment)
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    standing = None if htmx else standing_of(seen)
    base = evaluate(release_of(seen), facts_of(seen, standing), draws=0)
    wanted = htmx.target if htmx else ""
    adding = Adding.read(request.GET)
    tried = try_out(base, request.GET)
    refused: tuple[PatchError, ...] = ()
    if adding.complete and tried.found and not wanted:
        added = evaluated(base, adding.to(tried.patch))
        if added.found:
            return redirect(f"{request.path}?{added.patch.query()}")
        refused = added.errors
    status = 422 if tried.errors or refused else 200
    if wanted == VALUES:
        chosen = adding_context(tried.found or base, replace(adding, values=()))
        return render(request, "assessments/_what_if_value.html", {"adding": chosen})
    context: dict[str, Any] = {"assessment": seen, "what_if": panel(request, seen, tried), "trace_url": trace_url(request, seen)}
    if wanted == EFFECT:
        return render(request, "assessments/_what_if_effect.html", context, status=status)
    if wanted == PANEL:
        return render(request, "assessments/_what_if.html", context, status=status)
    context["adding"] = adding_context(tried.found or base, adding) | {"errors": [e.message for e in refused]}
    return render(request, "assessments/what_if.html", {**page_context(request, seen, standing), **context}, status=status)


@dataclass(frozen=True)
class Described:
    """A what-if that an address describes: its evaluation, its changes in words, its query and the address of its page."""

    evaluation: Evaluation
    changes: tuple[str, ...]
    query: str
    address: str


def what_if_described(request: HttpRequest, assessment: Assessment, standing: Standing | None) -> Described | None:
    """The what-if of ``request``'s address; None where it describes none. Raises PatchErrors for one that can't be."""
    if Patch.from_query(pairs_of(request.GET)) == Patch():
        return None
    base = evaluate(release_of(assessment), facts_of(assessment, standing), draws=0)
    tried = try_out(base, request.GET)
    if tried.found is None:
        raise PatchErrors(tried.errors)
    address = what_if_url(request, assessment)
    changes = tuple(change["text"] for change in list_changes(base, tried.found, tried.patch, address))
    return Described(tried.found, changes, tried.patch.query(), f"{address}?{tried.patch.query()}")


def what_if_url(request: HttpRequest, assessment: Assessment) -> str:
    return reverse("assessments:what_if", kwargs={"org": request.organisation.slug, "assessment": assessment.pk})  # type: ignore[attr-defined]


def what_if_context(request: HttpRequest, assessment: Assessment, evaluation: Evaluation) -> dict[str, Any]:
    """The context of ``_what_if_panel.html``, for a page that has ``evaluation``, the assessment as it stands."""
    return {"what_if": panel(request, assessment, Tried(evaluation, Patch(), evaluation))}


def pairs_of(given: QueryDict) -> Iterable[tuple[str, str]]:
    return ((name, text) for name, texts in given.lists() for text in texts)


def try_out(base: Evaluation, given: QueryDict) -> Tried:
    """What the address says, evaluated. A weight that stands as it was shown isn't a change."""
    try:
        patch = Patch.from_query(pairs_of(given))
        if isinstance(patch.weights, dict):
            patch = replace(patch, weights=moved(base, patch, given) or given.get("weights") or None)
    except PatchErrors as error:
        return Tried(base, Patch(), None, error.errors)
    return evaluated(base, patch)


def evaluated(base: Evaluation, patch: Patch) -> Tried:
    if patch == Patch():
        return Tried(base, patch, base)
    try:
        return Tried(base, patch, patching.what_if(base.release, base.facts, patch, seed=base.seed))
    except PatchErrors as error:
        return Tried(base, patch, None, error.errors)


def moved(base: Evaluation, patch: Patch, given: QueryDict) -> dict[str, str]:
    """The weights that differ from what their fields showed before anybody touched them; all of them where a profile was shown."""
    assert isinstance(patch.weights, dict)
    profile = given.get("weights") or None
    shown = shown_weights(base, Patch(scenario=given.get("drawn", patch.scenario) or None, weights=profile))
    changed = {c: text for c, text in patch.weights.items() if text != shown.get(c)}
    return patch.weights if changed and profile else changed


def shown_weights(base: Evaluation, patch: Patch) -> dict[str, str]:
    """The weights under a scenario or profile as the fields show them: per cent with one decimal, what is typed as it is typed."""
    typed = patch.weights if isinstance(patch.weights, dict) else {}
    try:
        facts = patched(base.facts, base.release, replace(patch, weights=None) if typed else patch)
    except PatchErrors:
        facts = base.facts
    with localcontext(COMPUTING):
        standing = shares(index(base.release), facts)
    return {c: plain(round(w, 1)) for c, w in standing.items()} | typed


def panel(request: HttpRequest, assessment: Assessment, tried: Tried) -> dict[str, Any]:
    """What ``_what_if.html`` shows: the fields as they stand, and the effect."""
    base, patch = tried.base, tried.patch
    address = what_if_url(request, assessment)
    only = Patch(scenario=patch.scenario, weights=patch.weights)
    known = {s.id for s in base.release.scenarios}
    chosen = patch.scenario if patch.scenario in known else ""
    profile = patch.weights if isinstance(patch.weights, str) else ""
    return {
        "address": address,
        "alone": current_path(request) == address,
        "may_edit": assessment.is_open and allowed(request, "edit"),
        "scenarios": scenarios(base, chosen or ""),
        "description": next((s.description for s in base.release.scenarios if s.id == chosen), ""),
        "drawn": chosen,
        "kept": kept(patch, profile),
        "criteria": sliders(base, shown_weights(base, only), tried.errors),
        "volume": volume(tried),
        "errors": [{"what": named(base, e.key), "message": e.message} for e in tried.errors],
        "effect": effect(base, tried.found, patch, address) if tried.found else None,
    }


def scenarios(base: Evaluation, chosen: str) -> list[dict[str, Any]]:
    listed = [("", _("As it stands")), *((s.id, s.title) for s in base.release.scenarios)]
    return [{"id": id_, "title": title, "chosen": id_ == chosen} for id_, title in listed]


def kept(patch: Patch, profile: str) -> list[tuple[str, str]]:
    """What has no field of its own in the panel, as hidden fields."""
    return Patch(weights=profile or None, answers=patch.answers, figures=patch.figures, demand=patch.demand).pairs()


def sliders(base: Evaluation, weights: dict[str, str], errors: Iterable[PatchError]) -> list[dict[str, str]]:
    """A row a criterion: its weight as it stands in the field, where the slider is, and the share that it comes to."""
    wrong = {e.key: e.message for e in errors}
    figures = {c: number(text) for c, text in weights.items()}
    whole = sum(figures.values()) or Decimal(1)
    return [
        {
            "id": criterion.id,
            "title": criterion.title,
            "text": weights.get(criterion.id, "0"),
            "at": str(min(100, round(figures.get(criterion.id, Decimal(0))))),
            "share": f"{figures.get(criterion.id, Decimal(0)) / whole * 100:.0f}",
            "error": wrong.get(f"weights.{criterion.id}", ""),
        }
        for criterion in base.release.criteria
    ]


def number(text: str) -> Decimal:
    """A typed number of 0 or more; 0 where it is none, as the message beside it says."""
    try:
        figure = Decimal(text)
    except InvalidOperation:
        return Decimal(0)
    return figure if figure.is_finite() and 0 <= figure <= 10**6 else Decimal(0)


def volume(tried: Tried) -> dict[str, Any]:
    """The demand's field and slider: the slider goes from -100 to 100, at 0 is once what it is, at its ends ``WIDEST`` times and its inverse."""
    factor = number(tried.patch.volume)
    at = 100 * math.log(factor) / math.log(WIDEST) if factor else 0.0
    demand = (tried.found or tried.base).facts.demand
    tokens = (demand.input_tokens_per_month or Decimal(0)) + (demand.output_tokens_per_month or Decimal(0))
    once = tokens / factor if tried.found and factor else tokens
    wrong = [e.message for e in tried.errors if e.key == "volume"]
    return {
        "text": tried.patch.volume,
        "at": round(min(100.0, max(-100.0, at))),
        "once": str(round(once)) if once else "",
        "words": counted(tokens) if tokens else "",
        "comma": formats.style().swapped,
        "error": wrong[0] if wrong else "",
    }


def named(base: Evaluation, key: str) -> str:
    """The words for where an error stands: a criterion's or an option's name for its id, else the key itself."""
    first, _dot, rest = key.partition(".")
    if first == "weights" and rest in index(base.release).criteria:
        return index(base.release).criteria[rest].title
    plain_names = {"scenario": _("Scenario"), "weights": _("Weights"), "volume": _("Demand"), "answer": _("Answer"), "figure": _("Figure")}
    return plain_names.get(key, key)
