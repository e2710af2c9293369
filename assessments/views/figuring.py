"""The pages of figures: the demand, and the nine categories of what an option costs. Each figure saves itself, as each answer does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import member
from assessments import answering, editing
from assessments.errors import Refused, Stale, WrongStatus
from assessments.evaluation import DEMAND
from assessments.figures import COST_FIGURES, FigureSpec
from assessments.models import Assessment, Figure, Option
from assessments.permissions import require
from assessments.progress import NEEDED_FIGURES, Standing, standing_of
from assessments.views.common import allowed, find, page_context, reach, require_part
from assessments.views.costing import NOTHING, PARTS, FigureCell, Trouble, cost_rows, demand_cells, figure_key, nothing_cells
from assessments.views.undoing import popped, pushed
from assessments.views.wire import meant, revision_in
from compliance.catalogue.model import CostCategory


def sent_figure(data: QueryDict, key: str, *, plain: bool = False) -> tuple[dict[str, str], int | None]:
    """What was posted for the figure ``key``, and the revision it was edited from."""

    def one(name: str) -> str:
        found = data.getlist(f"{name}:{key}") or (data.getlist(name) if plain else [])
        return found[0] if found else ""

    return {part: one(part) for part in PARTS}, revision_in(one("revision"))


def save(
    request: HttpRequest,
    standing: Standing,
    category: str,
    spec: FigureSpec,
    option: Option | None,
    sent: dict[str, str],
    revision: int | None,
    *,
    again: bool = False,
) -> bool:
    """Save one figure; True where something changed. A figure in a category that cost nothing takes that word back. ``again``: what stood before
    is put back, so nobody typed it."""
    owner = option.pk if option else None
    row = standing.figures.get((owner, category, spec.key))
    if not spec.key and sent["likely"].strip() and any((owner, category, key) in standing.figures for key in COST_FIGURES[category]):
        if row is None:
            raise Refused(
                _("There are figures."),
                {"likely": _("Figures stand in this category. Take them away before you say that it costs nothing.")},
            )
        return False
    if not again:
        sent = {part: meant(text, spec.bounds, figure_text(row, part), part, share=spec.is_share) for part, text in sent.items()}
    before = row.revision if row else 0
    common = {"actor": request.user, "assessment": standing.assessment, "option": option, "category": category}
    figure = answering.figure_save(**common, key=spec.key, **sent, revision=revision)  # type: ignore[arg-type]
    if figure and spec.key and (owner, category, "") in standing.figures:
        answering.figure_save(**common, key="", likely="")  # type: ignore[arg-type]
        standing.figures.pop((owner, category, ""))
    return (figure.revision if figure else 0) != before


def save_all(request: HttpRequest, standing: Standing, cells: list[FigureCell]) -> tuple[int, dict[str, Trouble]]:
    """Save every posted figure, each for itself; how many changed, and what is wrong with the others. Raises WrongStatus.

    What was refused is tried once more: the figure that limits it may have been changed further down in the same form.
    """
    saved = 0
    troubles: dict[str, Trouble] = {}
    waiting = [cell for cell in cells if f"revision:{cell.key}" in request.POST]
    for _attempt in range(2):
        refused = []
        for cell in waiting:
            sent, revision = sent_figure(request.POST, cell.key)
            try:
                saved += save(request, standing, cell.category, cell.spec, cell.option, sent, revision)
                troubles.pop(cell.key, None)
            except WrongStatus:
                raise
            except Refused as error:
                troubles[cell.key] = Trouble(error.message, error.fields, sent, error if isinstance(error, Stale) else None)
                refused.append(cell)
        waiting = refused
    return saved, troubles


def tell(request: HttpRequest, saved: int) -> None:
    if saved:
        messages.success(request, ngettext("Saved %(n)d figure.", "Saved %(n)d figures.", saved) % {"n": saved})
    else:
        messages.info(request, _("Nothing was changed, so nothing was saved."))


@member()
def demand(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """How much the use case asks of a model, in which currency and on which day. Posting saves all of it; with htmx the terms alone."""
    found = find(request, assessment, partly=True)
    require_part(request, found, ("", DEMAND))
    standing = standing_of(found)
    if request.method != "POST":
        return demand_page(request, standing)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    try:
        terms = save_terms(request, found)
        if request.htmx:  # type: ignore[attr-defined]
            context = {"terms_wrong": terms, "saved_at": None if terms else timezone.localtime()}
            return render(request, "assessments/_terms_status.html", context, status=422 if terms else 200)
        saved, troubles = save_all(request, standing, demand_cells(standing))
    except WrongStatus as error:
        messages.error(request, error.message)
        return redirect(request.path)
    if terms or troubles:
        return demand_page(request, standing_of(find(request, assessment, partly=True)), troubles, terms, status=422)
    tell(request, saved)
    return redirect(request.path)


def save_terms(request: HttpRequest, assessment: Assessment) -> dict[str, str]:
    """Save currency and day where they were posted and the person may; what is wrong, by field. Raises WrongStatus."""
    if "currency" not in request.POST or not allowed(request, "edit"):
        return {}
    typed = request.POST.get("as_of", "").strip()
    try:
        day = date.fromisoformat(typed) if typed else None
    except ValueError:
        return {"as_of": _("%(typed)s is no date; write it as 2026-11-24.") % {"typed": repr(typed)}}
    try:
        editing.terms_set(actor=request.user, assessment=assessment, currency=request.POST["currency"], as_of=day)  # type: ignore[arg-type]
    except WrongStatus:
        raise
    except Refused as error:
        return dict(error.fields)
    return {}


def demand_page(
    request: HttpRequest, standing: Standing, troubles: dict[str, Trouble] | None = None, terms_wrong: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    cells = demand_cells(standing, troubles)
    context = page_context(
        request, standing.assessment, standing, place=("", DEMAND), cells=cells, needed=NEEDED_FIGURES, terms_wrong=terms_wrong or {},
        currencies=editing.currencies_of(standing.assessment), today=timezone.now().date(),
        as_of_typed=request.POST.get("as_of", "") if terms_wrong else standing.assessment.as_of,
        own_weights=isinstance(standing.assessment.weights, dict),
        troubled=[cell for cell in cells if cell.trouble], first=standing.release.questionnaires[0],
    )  # fmt: skip
    return render(request, "assessments/demand.html", context, status=status)


@member()
def costs(request: HttpRequest, assessment: UUID, category: str) -> HttpResponse:
    """One category of the deployment tax: a row a figure, a column an option. Posting saves all of it, for a browser without scripts."""
    found = find(request, assessment, partly=True)
    standing = standing_of(found)
    of = standing.known.cost_categories.get(category)
    if of is None or category not in COST_FIGURES:
        raise Http404(_("No such category of costs."))
    require_part(request, found, ("", category))
    if request.method != "POST":
        return costs_page(request, standing, of)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    cells = [cell for row in cost_rows(standing, of) for cell in row.cells]
    try:
        saved, troubles = save_all(request, standing, cells)
        ticked, more = save_all(request, standing_of(found), nothing_cells(standing, of))
    except WrongStatus as error:
        messages.error(request, error.message)
        return redirect(request.path)
    if troubles or more:
        return costs_page(request, standing_of(found), of, troubles | more, status=422)
    tell(request, saved + ticked)
    return redirect(request.path)


def costs_page(
    request: HttpRequest, standing: Standing, category: CostCategory, troubles: dict[str, Trouble] | None = None, status: int = 200
) -> HttpResponse:
    rows = cost_rows(standing, category, troubles)
    nothing = nothing_cells(standing, category, troubles)
    theirs = reach(request, standing.assessment)
    all_of = [c.category for c in standing.progress.categories if theirs.reads(("", c.category.id))]
    at = all_of.index(category)
    last = standing.release.questionnaires[-1]
    context = page_context(
        request, standing.assessment, standing, place=("", category.id), category=category, rows=rows, nothing=nothing,
        troubled=[cell for cell in [*nothing, *(c for row in rows for c in row.cells)] if cell.trouble],
        previous=all_of[at - 1] if at else None, following=all_of[at + 1] if at + 1 < len(all_of) else None,
        before_costs=(last, last.sections[-1]), count=standing.progress.places["", category.id].count,
    )  # fmt: skip
    return render(request, "assessments/costs.html", context, status=status)


@member()
@require_POST
def figure_save(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """One figure: ``category``, ``key``, ``option`` (empty for the demand), ``likely``, ``low``, ``high``, ``revision``. An empty key with a
    ``likely`` says that the category costs nothing. With htmx the answer is the state beside the field; otherwise back to the page."""
    found = find(request, assessment, partly=True)
    require(request.user, found.organisation, "answer")  # type: ignore[arg-type]
    standing = standing_of(found)
    category, key, named = (request.POST.get(name, "") for name in ("category", "key", "option"))
    require_part(request, found, ("", category))
    option = next((o for o in standing.options if o.key == named), None)
    if named and option is None:
        raise Http404(_("No such option in this assessment."))
    spec = _spec(category, key, option)
    named_key = figure_key(category, key, option)
    sent, revision = sent_figure(request.POST, named_key, plain=True)
    undo, stack = "undo" in request.POST, request.POST.get(f"undo:{named_key}", "")
    stood = standing.figures.get((option.pk if option else None, category, key))
    trouble, status = None, 200
    try:
        if undo:
            step, stack = popped(stack)
            sent = {part: str(step.get(part) or "") for part in PARTS}
        if save(request, standing, category, spec, option, sent, revision, again=undo) and not undo and spec.key:
            stack = pushed(stack, {part: figure_text(stood, part) for part in PARTS})
    except Stale as error:
        trouble, status = Trouble(error.message, error.fields, sent, error), 409
    except WrongStatus as error:
        trouble, status = Trouble(error.message, {}, sent), 409
    except Refused as error:
        trouble, status = Trouble(error.message, error.fields, sent), 422
    return figure_saved(request, standing_of(found), category, spec, option, trouble, status, stack, again=undo)


def figure_text(figure: Figure | None, part: str) -> str:
    """One number of a figure as its field holds it; empty where there is none."""
    number = getattr(figure, part, None)
    return "" if number is None else f"{number.normalize():f}"


def _spec(category: str, key: str, option: Option | None) -> FigureSpec:
    try:
        return answering.figure_spec(category, key, option) or NOTHING
    except Refused as error:
        raise Http404(error.message) from None


def figure_saved(
    request: HttpRequest, standing: Standing, category: str, spec: FigureSpec, option: Option | None, trouble: Trouble | None, status: int,
    stack: str = "", *, again: bool = False,
) -> HttpResponse:  # fmt: skip
    """The state of one figure; ``again``: the figure is drawn anew, fields and all; ``stack``: what can be undone."""
    key = figure_key(category, spec.key, option)
    troubles = {key: trouble} if trouble else {}
    of = standing.known.cost_categories.get(category)
    if option is None or of is None:
        cells, page = demand_cells(standing, troubles), "demand"
    else:
        boxes = nothing_cells(standing, of, troubles)
        cells, page = [*boxes, *(c for row in cost_rows(standing, of, troubles) for c in row.cells)], "costs"
    if not request.htmx:  # type: ignore[attr-defined]
        if trouble:
            return (
                demand_page(request, standing, troubles, status=status)
                if of is None
                else costs_page(request, standing, of, troubles, status)
            )
        kwargs = {"org": standing.assessment.organisation.slug, "assessment": standing.assessment.pk}
        return redirect(reverse(f"assessments:{page}", kwargs=kwargs | ({"category": category} if page == "costs" else {})))
    cell = replace(next(c for c in cells if c.key == key), undo=stack)
    again = again and not trouble
    context = page_context(
        request, standing.assessment, standing, cell=cell, again=again, saved_at=None if trouble else timezone.localtime(),
        box=next((c for c in cells if not c.spec.key and c.option == option), None) if spec.key and option else None,
    )  # fmt: skip
    response = render(request, "assessments/_figure_saved.html", context, status=status)
    if again:
        response["HX-Retarget"], response["HX-Reswap"] = f"#a-{cell.dom}", "outerHTML"
    return response
