"""The pages that answer: the result, the derivation of each number, and the weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal, localcontext
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import member
from assessments import editing
from assessments.charts.costs import cost_chart, monthly_cost_chart
from assessments.charts.drawing import Chart, Manner, Names
from assessments.charts.losses import exceedance_chart
from assessments.charts.ranges import cost_ranges_chart
from assessments.charts.robustness import ranks_chart
from assessments.charts.scores import scores_chart, values_chart
from assessments.errors import Refused
from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment, Snapshot
from assessments.permissions import require
from assessments.progress import standing_of
from assessments.scoring.evaluate import Evaluation
from assessments.scoring.patch import Patch, PatchErrors
from assessments.scoring.rounding import COMPUTING, plain, points
from assessments.scoring.values import score
from assessments.snapshots import content_of
from assessments.views.common import find, page_context
from assessments.views.places import live_places, questions_of, record_places
from assessments.views.presenting import Content, catalogue_of, live_content, present_live
from assessments.views.showing import manner
from assessments.views.tracing import Reader, found, trace_url
from assessments.views.what_if import what_if_context, what_if_described, what_if_url
from compliance.catalogue.index import index

OWN = "own"
DRAWN = {
    "scores": scores_chart,
    "criteria": values_chart,
    "ranks": ranks_chart,
    "costs": cost_chart,
    "cost_ranges": cost_ranges_chart,
    "monthly": monthly_cost_chart,
    "losses": exceedance_chart,
}
STUDIED = ("", "flips", "scenarios")  # the first parts of the keys that only the whole document has; the whole tree has no key


def charts_of(content: Content, written: Manner | None = None, only: Collection[str] = DRAWN.keys()) -> dict[str, Chart]:
    """The charts that its figures allow, by name, from the evaluation alone. ``written``: by default as the reader writes."""
    evaluation = content["evaluation"]
    names = Names(
        options={o["id"]: o["name"] for o in content["options"]},
        criteria={c["id"]: c["title"] for c in content["criteria"]},
        categories={c["id"]: c["title"] for c in content["cost_categories"]},
        providers={p["id"]: p["name"] for p in content.get("providers", ())},
    )
    if not evaluation["options"]:
        return {}
    written = written or manner()
    return {name: chart for name in only if (chart := DRAWN[name](evaluation, names, written)) is not None}


@require_safe
@member()
def result(request: HttpRequest, assessment: UUID) -> HttpResponse:
    seen = find(request, assessment)
    standing = standing_of(seen)
    evaluation = evaluate_assessment(seen, standing)
    content = live_content(evaluation)
    context = page_context(
        request,
        seen,
        standing,
        charts=charts_of(content),
        trace_url=trace_url(request, seen),
        snapshot=seen.latest_snapshot,
        **what_if_context(request, seen, evaluation),
        **present_live(content, live_places(seen, questions_of(content))),
    )
    return render(request, "assessments/result.html", context)


@require_safe
@member()
def flips(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """What would change the recommendation, and what it says under each scenario: the part alone where htmx asks for it, else a page."""
    seen = find(request, assessment)
    standing = None if request.htmx else standing_of(seen)  # type: ignore[attr-defined]
    content = live_content(evaluate_assessment(seen, standing), whole=True)
    shown = present_live(content, live_places(seen, questions_of(content)), what_if_url(request, seen))
    context = {"trace_url": trace_url(request, seen), "scenarios_derived": True, **shown}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "assessments/_result_changes.html", {"assessment": seen, **context})
    return render(request, "assessments/result_flips.html", page_context(request, seen, standing, **context))


@require_safe
@member()
def trace(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """The derivation of one number (``of``, its key in the output) or of all; of what stands now, of the snapshot number ``record``, or of what
    stands under the what-if that the address describes."""
    seen = find(request, assessment)
    number = request.GET.get("record", "")
    snapshot = snapshot_numbered(seen, number) if number else None
    key = request.GET.get("of", "")
    standing = None if request.htmx else standing_of(seen)  # type: ignore[attr-defined]
    try:
        tried = None if snapshot else what_if_described(request, seen, standing)
    except PatchErrors:  # its page says what is wrong with it
        page = f"{what_if_url(request, seen)}?{request.GET.urlencode()}"
        return HttpResponseClientRedirect(page) if request.htmx else redirect(page)  # type: ignore[attr-defined]
    content = (
        content_of(snapshot) if snapshot
        else live_content(tried.evaluation) if tried
        else live_content(evaluate_assessment(seen, standing), whole=key.partition(".")[0] in STUDIED)
    )  # fmt: skip
    tree = content["evaluation"]["trace"]
    node = found(tree, key) if key else tree
    if node is None:
        raise Http404(_("There is no such number in this evaluation."))
    asked = questions_of(content)
    derivations = trace_url(request, seen, snapshot, tried.query if tried else "")
    page = reverse("assessments:record", kwargs={"org": request.organisation.slug, "assessment": seen.pk})  # type: ignore[attr-defined]
    inside = record_places(asked)
    reader = Reader(
        asked=asked,
        sources={s["id"]: s["title"] for s in content["sources"]},
        where=(lambda k, option="": f"{page}?number={snapshot.number}{inside(k, option)}") if snapshot else live_places(seen, asked),
        derivations=derivations,
        evaluation=content["evaluation"],
        catalogue=reverse("compliance:reference", kwargs={"org": request.organisation.slug, "release": catalogue_of(content)}),  # type: ignore[attr-defined]
    )
    step = reader.step(node)
    names = {option["id"]: option["name"] for option in content["options"]}
    about = names.get(key.split(".")[1], "") if key.startswith("options.") else ""
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "assessments/_trace.html", {"step": step, "about": about, "tried": tried, "whole": derivations + key})
    context = page_context(request, seen, standing, step=step, about=about, key=key, snapshot=snapshot, tried=tried, trace_url=derivations)
    return render(request, "assessments/trace.html", context)


def snapshot_numbered(assessment: Assessment, number: str) -> Snapshot:
    """The snapshot with that number, as an address names it; raises Http404."""
    snapshot = assessment.snapshots.filter(number=int(number)).first() if number.isdecimal() and len(number) < 9 else None
    if snapshot is None:
        raise Http404(_("There is no such record of this assessment."))
    return snapshot


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def weights(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Choose how much each criterion counts. Reading it with ``choice`` (and ``w-<criterion>``) shows the effect and saves nothing."""
    seen = find(request, assessment)
    errors: dict[str, str] = {}
    trouble = ""
    if request.method == "POST":
        require(request.user, request.organisation, "edit")  # type: ignore[attr-defined, arg-type]
        try:
            editing.weights_set(actor=request.user, assessment=seen, weights=_chosen(request.POST))  # type: ignore[arg-type]
        except Refused as error:
            errors, trouble = error.fields, error.message
        else:
            messages.success(request, _("The weights are saved."))
            return redirect("assessments:weights", org=request.organisation.slug, assessment=seen.pk)  # type: ignore[attr-defined]
    given = request.POST if request.method == "POST" else request.GET
    standing = standing_of(seen)
    evaluation = evaluate_assessment(seen, standing)
    context = _weights_context(seen, evaluation, given, errors, trouble) | {"trace_url": trace_url(request, seen)}
    if request.htmx and request.method != "POST":  # type: ignore[attr-defined]
        return render(request, "assessments/_weights_effect.html", context)
    return render(request, "assessments/weights.html", page_context(request, seen, standing, **context), status=422 if trouble else 200)


def _chosen(given: Mapping[str, Any]) -> str | dict[str, str]:
    """What a form says: ``archetype``, a profile, or the typed weights; an empty field leaves its criterion out."""
    choice = given.get("choice", "")
    if choice != OWN:
        return str(choice)
    return {name.removeprefix("w-"): text.strip() for name, text in given.items() if name.startswith("w-") and text.strip()} or {}


def _weights_context(
    assessment: Assessment, evaluation: Evaluation, given: Mapping[str, Any], errors: dict[str, str], trouble: str
) -> dict[str, Any]:
    release = evaluation.release
    known = index(release)
    archetype = known.archetypes[assessment.use_case.archetype]
    profiles: dict[str, tuple[str, str, Mapping[str, Decimal]]] = {
        "archetype": (_("As the kind of use case: %s") % archetype.title, archetype.lean_reason, archetype.weights),
        **{p.id: (p.title, p.description, p.weights) for p in release.profiles},
    }
    stored = assessment.weights
    choice = given.get("choice") or (stored if isinstance(stored, str) else OWN)
    own = (
        {c: Decimal(w) for c, w in stored.items()}
        if isinstance(stored, dict)
        else {c: w * 100 for c, w in profiles.get(str(stored), profiles["archetype"])[2].items()}  # in per cent, as a what-if has them
    )
    typed = {c.id: given.get(f"w-{c.id}", plain(own[c.id]) if c.id in own else "") for c in release.criteria}
    wrong = dict(errors)
    try:
        chosen = _chosen(given)
        if isinstance(chosen, dict):
            own = {c: Decimal(w) for c, w in editing.typed_weights(chosen, set(known.criteria)).items()}
    except Refused as error:
        wrong, trouble = wrong or error.fields, trouble or error.message
    rows: list[dict[str, Any]] = [
        {
            "id": name, "title": title, "text": text, "chosen": name == choice, "effect": _effect(evaluation, weighed),
            "under": f"&{Patch(weights=name).query()}",
        }
        for name, (title, text, weighed) in profiles.items()
    ]  # fmt: skip
    typed_in_full = Patch(weights={c.id: plain(own.get(c.id, Decimal(0))) for c in release.criteria})
    rows.append(
        {
            "id": OWN, "title": _("My own weights"), "text": "", "chosen": choice == OWN, "effect": _effect(evaluation, own),
            "under": f"&{typed_in_full.query()}",
        }
    )  # fmt: skip
    shares = own if choice == OWN else profiles.get(str(choice), profiles["archetype"])[2]
    whole = sum(shares.values(), Decimal(0)) or Decimal(1)
    return {
        "rows": rows,
        "option_names": [o.label for o in evaluation.facts.options],
        "criteria": [
            {
                "id": c.id, "title": c.title, "description": c.description, "typed": typed[c.id], "error": wrong.get(c.id, ""),
                "share": f"{shares.get(c.id, Decimal(0)) / whole * 100:.0f}",
            }
            for c in release.criteria
        ],
        "choice": choice,
        "leader": next((cell for row in rows if row["chosen"] for cell in row["effect"] if cell["first"]), None),
        "stored": stored if isinstance(stored, str) else OWN,
        "trouble": trouble,
        "errors": wrong,
    }  # fmt: skip


def _effect(evaluation: Evaluation, weighed: Mapping[str, Decimal]) -> list[dict[str, Any]]:
    """Score and rank of each option under other weights: the values stay, and who is admissible doesn't hang on weights."""
    with localcontext(COMPUTING):
        scores = [(option, score(option.criteria, weighed)) for option in evaluation.options]
    order = sorted((s for s in scores if s[0].admissible), key=lambda s: (-s[1].value, s[0].facts.id))
    places = {option.facts.id: n for n, (option, _score) in enumerate(order, 1)}
    return [
        {
            "name": option.facts.label,
            "score": points(s.value),
            "key": f"options.{option.facts.id}.score",
            "rank": places.get(option.facts.id),
            "first": places.get(option.facts.id) == 1,
        }
        for option, s in scores
    ]
