"""The numbers that a file's ``demand`` and ``costs`` hold, as the form and the API take them: label, unit and the bounds of the file's format;
and how a number is read that a person typed.

How each is found and what is usual stands in the catalogue's cost categories.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from assessments.scoring import read_costs
from assessments.scoring.read_costs import DEMAND, FIGURES
from assessments.scoring.reading import FINEST, MAX_NUMBER_LENGTH, NUMBER, Bounds, too_close
from compliance.marking import marked as _

_PER_CENT = Bounds(least=-(Decimal(10) ** 6), most=Decimal(10) ** 6)
BUDGET = Bounds(most=Decimal(10) ** 12)
# Of two figures that stand side by side the first must not be above the second.
ORDERED = (("budget_target_per_month", "budget_limit_per_month"), *read_costs.ORDERED)
_LOOKS_LIKE_ONE = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(?=$|\.|[eE])", re.ASCII)
_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_TWO_WAYS_BY_HAND = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)


SHARES = frozenset({"cached_share", "growth_per_year", "discount_rate", "utilisation_limit"})


@dataclass(frozen=True)
class FigureSpec:
    """``rangeable``: a low and a high figure may stand beside the likely one."""

    key: str
    label: str
    unit: str
    bounds: Bounds
    rangeable: bool
    help: str = ""

    @property
    def is_share(self) -> bool:
        """Whether 1 is the whole, or 100 % a year."""
        return self.key in SHARES


_DEMAND_LABELS: dict[str, tuple[str, ...]] = {
    "input_tokens_per_month": (_("Input tokens"), _("a month")),
    "output_tokens_per_month": (_("Output tokens"), _("a month")),
    "cached_share": (_("Cached share of input"), _("of the input"), _("0.3 or 30 %; 0 if left out")),
    "peak_ratio": (_("Busiest hour against the average"), _("times"), _("1 if left out")),
    "growth_per_year": (_("Growth"), _("a year"), _("0.2 or 20 %")),
    "horizon_months": (_("Horizon"), _("months")),
    "discount_rate": (_("Discount rate"), _("a year"), _("0.08 or 8 %")),
    "budget_target_per_month": (_("Budget: target"), _("a month"), _("cost scores best up to here; give the limit too")),
    "budget_limit_per_month": (_("Budget: limit"), _("a month"), _("cost scores worst from here on; give the target too")),
}
_COST_LABELS: dict[str, tuple[str, ...]] = {
    "input_price_per_million": (_("Input price"), _("per million tokens")),
    "cached_input_price_per_million": (_("Cached input price"), _("per million tokens"), _("the input price if left out")),
    "output_price_per_million": (_("Output price"), _("per million tokens")),
    "minimum_per_month": (_("Minimum"), _("a month")),
    "gpus_per_replica": (_("GPUs per replica"), _("GPUs")),
    "gpu_price_per_hour": (_("GPU price"), _("an hour")),
    "hours_per_month": (_("Hours"), _("a month"), _("730 if left out")),
    "tokens_per_second_per_replica": (_("Throughput of a replica"), _("tokens a second, input and output")),
    "utilisation_limit": (_("Utilisation limit"), _("of that throughput (0 to 1)")),
    "minimum_replicas": (_("Minimum replicas"), _("replicas"), _("1 if left out")),
    "maximum_replicas": (_("Maximum replicas"), _("replicas"), _("what was bought, or the quota; no limit if left out")),
    "other_per_month": (_("Other"), _("a month")),
    "one_off": (_("One-off"), _("once")),
    "per_month": (_("Running"), _("a month")),
    "fte": (_("Staff"), _("full-time posts")),
    "fte_cost_per_year": (_("Cost of a post"), _("a year")),
    "weeks": (_("Time to production"), _("weeks")),
    "cost_of_delay_per_week": (_("Cost of delay"), _("a week")),
}


def _spec(key: str, bounds: Bounds, labels: dict[str, tuple[str, ...]], rangeable: bool) -> FigureSpec:
    label, unit, *more = labels[key]
    return FigureSpec(key, label, unit, bounds, rangeable, *more)


DEMAND_FIGURES = {
    key: _spec(key, bounds, _DEMAND_LABELS, rangeable=False)
    for key, bounds in {**DEMAND, "budget_target_per_month": BUDGET, "budget_limit_per_month": BUDGET}.items()
}
COST_FIGURES = {
    category: {key: _spec(key, bounds, _COST_LABELS, rangeable=True) for key, bounds in figures.items()}
    for category, figures in FIGURES.items()
}


class NoFigure(ValueError):
    """Text that isn't the number that is wanted. ``said`` is what is wrong, marked for translation and filled with ``values``."""

    def __init__(self, said: str, **values: str) -> None:
        super().__init__(said % values)
        self.said, self.values = said, values


def typed(text: str, bounds: Bounds) -> Decimal:
    """A number as people write it: ``1200``, ``1 200``, ``1,200,000``, ``1,200.5``, ``99.9`` or ``99,9``. ``1,200`` alone may be 1200 or 1.2.

    Raises NoFigure, which says what is wrong and what would be right.
    """
    plain = "".join(text.split())
    shown = text.strip()[:MAX_NUMBER_LENGTH]
    if _TWO_WAYS.fullmatch(plain):
        said = _("%(text)r can be read as %(whole)s or as %(fraction)s; write the one you mean, without a comma.")
        raise NoFigure(said, text=shown, whole=plain.replace(",", ""), fraction=_settled(plain.replace(",", ".")))
    if grouped := _THOUSANDS.match(plain):
        plain = grouped.group().replace(",", "") + plain[grouped.end() :]
    elif "." not in plain and plain.count(",") == 1:
        plain = plain.replace(",", ".")
    if not _LOOKS_LIKE_ONE.fullmatch(plain):
        raise NoFigure(_("%(text)r is no number; write %(bounds)s, in digits."), text=shown, bounds=str(bounds))
    if len(plain) > MAX_NUMBER_LENGTH or not NUMBER.fullmatch(plain) or not bounds.hold(Decimal(plain)):
        raise NoFigure(_("%(text)s won't do: it must be %(bounds)s."), text=shown, bounds=str(bounds))
    figure = Decimal(plain)
    if too_close(figure):
        raise NoFigure(_("%(text)s is too close to 0: the nearest that is taken is %(finest)s."), text=shown, finest=f"{FINEST:f}")
    return figure or figure.copy_abs()  # -0 is 0


def by_hand(text: str, bounds: Bounds, stands: str = "") -> str:
    """``text`` as a person typed it into a field that showed ``stands``. Raises NoFigure where its point may part thousands, as its comma may
    for ``typed``: whoever writes 75.000 for 75,000 would be off a thousandfold, and wouldn't be told. Programs and files mean 75."""
    plain = "".join(text.split())
    if text.strip() != stands and _TWO_WAYS_BY_HAND.fullmatch(plain) and bounds.hold(Decimal(plain.replace(".", ""))):
        said = _("%(text)r can be read as %(whole)s or as %(fraction)s; write the one you mean in just these digits.")
        raise NoFigure(said, text=text.strip(), whole=plain.replace(".", ""), fraction=_settled(plain))
    return text


def share_by_hand(text: str, bounds: Bounds, stands: str = "") -> str:
    """As ``by_hand`` for a share, which may also be written in per cent. Raises NoFigure for one above the whole that isn't: 8 is seldom 800 %."""
    plain = "".join(text.split())
    if plain.endswith("%"):
        return f"{(typed(plain[:-1], _PER_CENT) / 100).normalize():f}"
    by_hand(text, bounds, stands)
    if plain and text.strip() != stands and bounds.most > 1 and (figure := typed(text, bounds)) > 1:
        said = _("%(text)s would be %(percent)s %%. 8 %% is written 0.08 or 8 %%; write %(percent)s %% with its sign if that is meant.")
        raise NoFigure(said, text=text.strip(), percent=f"{(figure * 100).normalize():f}")
    return text


def _settled(plain: str) -> str:
    """A fraction of three decimals so that it can be read in one way only."""
    shorter = f"{Decimal(plain).normalize():f}"
    return f"{shorter}0" if _TWO_WAYS_BY_HAND.fullmatch(shorter) else shorter
