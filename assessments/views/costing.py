"""What a page of figures shows: each figure of the demand or of an option's costs as a cell, with what the catalogue offers for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import formats
from assessments.errors import Stale
from assessments.evaluation import DEMAND
from assessments.figures import COST_FIGURES, DEMAND_FIGURES, FigureSpec
from assessments.models import Figure, Option
from assessments.pricing import FigureOffer, figure_offers
from assessments.progress import Standing
from assessments.scoring.reading import Bounds
from assessments.views.wire import dom_id
from compliance.catalogue.model import CostCategory, CostField, Source

PARTS = ("low", "likely", "high")
COUNTED = frozenset(
    {"gpus_per_replica", "hours_per_month", "tokens_per_second_per_replica", "utilisation_limit", "minimum_replicas", "maximum_replicas",
     "fte", "weeks"}
)  # fmt: skip
LARGE = 10_000
YEARLY = ("growth_per_year", "discount_rate")
NOTHING = FigureSpec("", gettext_noop("This category costs nothing"), "", Bounds(), rangeable=False)


@dataclass(frozen=True)
class Trouble:
    """Why a figure wasn't saved; ``sent`` is what was typed and is kept in the form."""

    message: str
    fields: Mapping[str, str] = field(default_factory=dict)
    sent: Mapping[str, str] = field(default_factory=dict)
    stale: Stale | None = None


@dataclass(frozen=True)
class FigureCell:
    """One figure, of the demand (no option) or of an option's category. ``unit`` with its currency."""

    category: str
    spec: FigureSpec
    option: Option | None
    row: Figure | None
    unit: str = ""
    trouble: Trouble | None = None
    offers: tuple[FigureOffer, ...] = ()
    others: bool = False
    label: str = ""
    undo: str = ""

    @property
    def key(self) -> str:
        return figure_key(self.category, self.spec.key, self.option)

    @property
    def dom(self) -> str:
        return dom_id(self.key)

    @property
    def revision(self) -> int:
        return self.row.revision if self.row else 0

    def _text(self, part: str) -> str:
        if self.trouble and self.trouble.sent:
            return self.trouble.sent.get(part, "")
        number: Decimal | None = getattr(self.row, part) if self.row else None
        return "" if number is None else f"{number.normalize():f}"

    @property
    def likely(self) -> str:
        return self._text("likely")

    @property
    def low(self) -> str:
        return self._text("low")

    @property
    def high(self) -> str:
        return self._text("high")

    @property
    def nothing(self) -> bool:
        """For the row without a key: it says that the category costs nothing as long as no figure stands beside it."""
        return self.row is not None and not self.others

    @property
    def understood(self) -> str:
        """What is saved, where the digits alone may mislead: a share in per cent, and a large number with its thousands apart."""
        if self.row is None or not (self.spec.is_share or self.row.likely >= LARGE):
            return ""
        if not self.spec.is_share:
            return formats.number(f"{self.row.likely.normalize():,f}")
        percent = formats.numbers(f"{(self.row.likely * 100).normalize():,f} %")
        return _("%(percent)s a year") % {"percent": percent} if self.spec.key in YEARLY else percent

    @property
    def ranged(self) -> bool:
        return bool(self.low or self.high or (self.trouble and (self.trouble.fields.keys() & {"low", "high"})))

    @property
    def theirs_and_mine(self) -> list[tuple[str, str, str]]:
        if not self.trouble or not self.trouble.stale:
            return []
        names = {"low": _("Low"), "likely": _("Likely"), "high": _("High")}
        theirs, mine = self.trouble.stale.theirs, self.trouble.stale.mine
        return [(names[p], str(theirs[p] or "–"), str(mine[p] or "–")) for p in PARTS if theirs[p] != mine[p]]


@dataclass(frozen=True)
class FigureRow:
    """One key of a category, with a cell for each option, and what the catalogue says of it."""

    spec: FigureSpec
    label: str
    cells: tuple[FigureCell, ...]
    guidance: CostField | None = None
    sources: tuple[Source, ...] = ()

    @property
    def dom(self) -> str:
        return dom_id(self.cells[0].key) if self.cells else self.spec.key


def figure_key(category: str, key: str, option: Option | None) -> str:
    return f"{category}.{key}@{option.key if option else ''}"


def demand_cells(standing: Standing, troubles: Mapping[str, Trouble] | None = None) -> list[FigureCell]:
    currency = standing.assessment.currency
    return [
        FigureCell(
            DEMAND, spec, None, standing.figures.get((None, DEMAND, spec.key)),
            f"{currency} {_(spec.unit)}" if spec.key.startswith("budget_") else _(spec.unit),
            (troubles or {}).get(figure_key(DEMAND, spec.key, None)), label=_(spec.label),
        )
        for spec in DEMAND_FIGURES.values()
    ]  # fmt: skip


def cost_rows(standing: Standing, category: CostCategory, troubles: Mapping[str, Trouble] | None = None) -> list[FigureRow]:
    """A row for each figure of the category, in the order of the format."""
    guidance = {f.key: f for f in category.fields}
    offers = {option.pk: figure_offers(standing.assessment, standing.release, option, category.id) for option in standing.options}
    rows = []
    for spec in COST_FIGURES[category.id].values():
        found = guidance.get(spec.key)
        cells = tuple(
            _cost_cell(standing, category.id, spec, option, found, troubles or {}, offers[option.pk].get(spec.key, ()))
            for option in standing.options
        )
        sources = tuple(standing.known.sources[s] for s in found.sources) if found else ()
        rows.append(FigureRow(spec, found.text if found else _(spec.label), cells, found, sources))
    return rows


def nothing_cells(standing: Standing, category: CostCategory, troubles: Mapping[str, Trouble] | None = None) -> list[FigureCell]:
    """For each option the box that says that the category costs nothing."""
    return [_cost_cell(standing, category.id, NOTHING, option, None, troubles or {}) for option in standing.options]


def _cost_cell(
    standing: Standing, category: str, spec: FigureSpec, option: Option, guidance: CostField | None, troubles: Mapping[str, Trouble],
    offers: tuple[FigureOffer, ...] = (),
) -> FigureCell:  # fmt: skip
    currency = option.currency or standing.assessment.currency
    money = spec.key not in COUNTED
    return FigureCell(
        category,
        spec,
        option,
        standing.figures.get((option.pk, category, spec.key)),
        f"{currency} {_(spec.unit)}" if money else _(spec.unit),
        troubles.get(figure_key(category, spec.key, option)),
        offers,
        others=not spec.key and any((option.pk, category, key) in standing.figures for key in COST_FIGURES[category]),
        label=guidance.text if guidance else _(spec.label),
    )
