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
from assessments.scoring.reading import MAX_NUMBER_LENGTH, NUMBER, TOO_CLOSE, Bounds, too_close

BUDGET = Bounds(most=Decimal(10) ** 12)
# Of two figures that stand side by side the first must not be above the second.
ORDERED = (("budget_target_per_month", "budget_limit_per_month"), *read_costs.ORDERED)
_LOOKS_LIKE_ONE = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(?=$|\.|[eE])", re.ASCII)
_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)


@dataclass(frozen=True)
class FigureSpec:
    """``rangeable``: a low and a high figure may stand beside the likely one."""

    key: str
    label: str
    unit: str
    bounds: Bounds
    rangeable: bool
    help: str = ""


_DEMAND_LABELS: dict[str, tuple[str, ...]] = {
    "input_tokens_per_month": ("Input tokens", "a month"),
    "output_tokens_per_month": ("Output tokens", "a month"),
    "cached_share": ("Cached share of input", "of the input (0 to 1)", "0 if left out"),
    "peak_ratio": ("Busiest hour against the average", "times", "1 if left out"),
    "growth_per_year": ("Growth", "a year (0.2 is 20 %)"),
    "horizon_months": ("Horizon", "months"),
    "discount_rate": ("Discount rate", "a year (0.08 is 8 %)"),
    "budget_target_per_month": ("Budget: target", "a month", "counts as the best cost, once the limit stands too"),
    "budget_limit_per_month": ("Budget: limit", "a month", "counts as the worst cost, once the target stands too"),
}
_COST_LABELS: dict[str, tuple[str, ...]] = {
    "input_price_per_million": ("Input price", "per million tokens"),
    "cached_input_price_per_million": ("Cached input price", "per million tokens", "the input price if left out"),
    "output_price_per_million": ("Output price", "per million tokens"),
    "minimum_per_month": ("Minimum", "a month"),
    "gpus_per_replica": ("GPUs per replica", "GPUs"),
    "gpu_price_per_hour": ("GPU price", "an hour"),
    "hours_per_month": ("Hours", "a month", "730 if left out"),
    "tokens_per_second_per_replica": ("Throughput of a replica", "tokens a second, input and output"),
    "utilisation_limit": ("Utilisation limit", "of that throughput (0 to 1)"),
    "minimum_replicas": ("Minimum replicas", "replicas", "1 if left out"),
    "maximum_replicas": ("Maximum replicas", "replicas", "what was bought, or the quota; no limit if left out"),
    "other_per_month": ("Other", "a month"),
    "one_off": ("One-off", "once"),
    "per_month": ("Running", "a month"),
    "fte": ("Staff", "full-time posts"),
    "fte_cost_per_year": ("Cost of a post", "a year"),
    "weeks": ("Time to production", "weeks"),
    "cost_of_delay_per_week": ("Cost of delay", "a week"),
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


def typed(text: str, bounds: Bounds) -> Decimal:
    """A number as people write it: ``1200``, ``1 200``, ``1,200,000``, ``1,200.5``, ``99.9`` or ``99,9``. ``1,200`` alone may be 1200 or 1.2.

    Raises ValueError with a message that says what is wrong and what would be right.
    """
    plain = "".join(text.split())
    shown = text.strip()[:MAX_NUMBER_LENGTH]
    if _TWO_WAYS.fullmatch(plain):
        whole, fraction = plain.replace(",", ""), Decimal(plain.replace(",", "."))
        raise ValueError(f"{shown!r} can be read as {whole} or as {fraction.normalize():f}; write the one you mean, without a comma.")
    if grouped := _THOUSANDS.match(plain):
        plain = grouped.group().replace(",", "") + plain[grouped.end() :]
    elif "." not in plain and plain.count(",") == 1:
        plain = plain.replace(",", ".")
    if not _LOOKS_LIKE_ONE.fullmatch(plain):
        raise ValueError(f"{shown!r} is no number; write {bounds}, in digits.")
    if len(plain) > MAX_NUMBER_LENGTH or not NUMBER.fullmatch(plain) or not bounds.hold(Decimal(plain)):
        raise ValueError(f"{shown} won't do: it must be {bounds}.")
    figure = Decimal(plain)
    if too_close(figure):
        raise ValueError(f"{shown} {TOO_CLOSE}.")
    return figure or figure.copy_abs()  # -0 is 0
