"""The portfolio as an Excel workbook: what was asked for on one sheet, the assessments on another."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

import xlsxwriter
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from accounts.models import Organisation, User
from assessments.models import Assessment, Severity, Sourcing, Status
from assessments.permissions import require
from assessments.portfolio.figures import archetype_titles, class_label
from assessments.portfolio.reading import Filters, rows, state_of_facts
from assessments.portfolio.wording import filters_in_words
from audit.trail import record

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK = 1000
# A text is never taken for a formula, a number or an address: it is written as text whatever it begins with.
AS_TEXT = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}


def portfolio_export(*, actor: User, organisation: Organisation, seen: QuerySet[Assessment], filters: Filters) -> IO[bytes]:
    """A workbook of what of ``seen`` fits, in its order, as a file that goes away when it is closed; memory doesn't grow with the rows.

    That it is made is an event of the trail (``portfolio.exported``). Raises PermissionDenied.
    """
    require(actor, organisation, "export")
    found, now = rows(seen, filters), timezone.now()
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - whoever sends it closes it
    try:
        count, refreshing = _write(file, organisation, actor, filters, found, now)
    except BaseException:
        file.close()
        raise
    given = {name: value for name, value in vars(filters).items() if value and name != "q"}
    with transaction.atomic():
        record(
            stream=organisation.stream, action="portfolio.exported", actor=actor.reference, object_type="portfolio",
            object_id=organisation.stream, changes={"query": given, "count": count, "refreshing": refreshing},
            personal={"actor_name": actor.name, "object_label": organisation.name, "text": filters.q},
        )  # fmt: skip
    file.seek(0)
    return file


def _write(
    file: IO[bytes], organisation: Organisation, actor: User, filters: Filters, found: QuerySet[Any], now: datetime
) -> tuple[int, int]:
    """Returns how many assessments there are, and of how many the facts are out of date."""
    with xlsxwriter.Workbook(file, {"constant_memory": True, **AS_TEXT}) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        formats = {"day": book.add_format({"num_format": "yyyy-mm-dd"}), "money": book.add_format({"num_format": "#,##0.00"}),
                   "share": book.add_format({"num_format": "0 %"}), "points": book.add_format({"num_format": "0.0"})}  # fmt: skip
        about = book.add_worksheet(_("About"))
        sheet = book.add_worksheet(_("Portfolio"))
        columns = _columns()
        for n, (title, width, _kind) in enumerate(columns):
            sheet.set_column(n, n, width)
            sheet.write_string(0, n, title, bold)
        sheet.freeze_panes(1, 1)
        count = refreshing = 0
        for count, (assessment, cells) in enumerate(_cells(found), 1):
            refreshing += not assessment.fresh
            for n, ((_title, _width, kind), cell) in enumerate(zip(columns, cells, strict=True)):
                _put(sheet, count, n, cell, formats.get(kind))
        if count:
            sheet.autofilter(0, 0, count, len(columns) - 1)
        said = [
            (_("Organisation"), organisation.name),
            (_("Made"), _("%(when)s UTC") % {"when": f"{now:%Y-%m-%d %H:%M:%S}"}),
            (_("Made by"), actor.name),
            *filters_in_words(filters),
            (_("Assessments"), str(count)),
            (_("Being refreshed"), _("%(n)d, whose figures are left empty") % {"n": refreshing}),
            (
                _("Costs"),
                _("Mean of the years of use, undiscounted; converted at the catalogue’s rates of the day on which each was read."),
            ),
            (_("Figures"), _("Of the option that is chosen or proposed, or while there is none of the recommended one.")),
        ]
        about.set_column(0, 0, 22)
        about.set_column(1, 1, 80)
        for n, (name, text) in enumerate(said):
            about.write_string(n, 0, name, bold)
            about.write_string(n, 1, text)
    return count, refreshing


def _put(sheet: Worksheet, row: int, column: int, cell: Any, look: Format | None) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, str):
        sheet.write_string(row, column, cell, look)
    elif hasattr(cell, "year"):
        sheet.write_datetime(row, column, cell, look)
    else:
        sheet.write_number(row, column, float(cell), look)


def _columns() -> list[tuple[str, int, str]]:
    """Title, width in characters and kind of each column."""
    return [
        (_("Assessment"), 36, ""), (_("Use case"), 30, ""), (_("Kind of use case"), 26, ""), (_("Owner"), 22, ""), (_("State"), 12, ""),
        (_("AI Act class"), 18, ""), (_("Recommended sourcing"), 24, ""), (_("Recommended option"), 26, ""), (_("Chosen sourcing"), 24, ""),
        (_("Chosen option"), 26, ""), (_("Choice"), 10, ""), (_("Provider"), 22, ""), (_("Model"), 22, ""), (_("Score"), 9, "points"),
        (_("Score at best"), 9, "points"), (_("Completeness"), 12, "share"), (_("Cost a year"), 16, "money"), (_("Currency"), 9, ""),
        (_("Cost is complete"), 10, ""), (_("Cost a year, converted"), 16, "money"), (_("Converted into"), 9, ""), (_("Residual risk"), 12, ""),
        (_("Next obligation from"), 12, "day"), (_("Next obligation"), 22, ""), (_("Review on"), 12, "day"), (_("Facts read on"), 12, "day"),
        (_("Facts"), 22, ""),
    ]  # fmt: skip


def _cells(found: QuerySet[Any]) -> Iterator[tuple[Any, list[Any]]]:
    kinds = archetype_titles()
    for assessment in found.iterator(chunk_size=CHUNK):
        use_case = assessment.use_case
        own = [
            assessment.title,
            use_case.name,
            kinds.get(use_case.archetype, use_case.archetype),
            use_case.owner,
            str(Status(assessment.status).label),
        ]
        s = getattr(assessment, "standing", None)
        if s is None or not assessment.fresh:
            said = _(s.problem) if s is not None and state_of_facts(assessment) == "failed" else _("being refreshed")
            yield assessment, [*own, *[None] * 19, assessment.review_on, None, said]
            continue
        yield assessment, [
            *own, class_label(s.risk_class), _sourcing(s.recommended_sourcing), s.recommended, _sourcing(s.chosen_sourcing), s.chosen,
            _choice(assessment), s.provider,
            s.model, s.score, s.score_best, s.completeness, s.cost_per_year, s.currency, (_("yes") if s.cost_complete else _("at least")),
            s.base_cost_per_year, s.base_currency, str(Severity(s.residual).label) if s.residual else "", s.next_duty_on, s.next_duty,
            assessment.review_on, s.read_on, _("up to date"),
        ]  # fmt: skip


def _sourcing(value: str) -> str:
    return str(Sourcing(value).label) if value else ""


def _choice(assessment: Any) -> str:
    """Until it is approved, an option is proposed and not chosen."""
    return "" if not assessment.standing.chosen else _("chosen") if assessment.is_chosen else _("proposed")
