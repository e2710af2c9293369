"""Scenarios of loss and doubts in words: for the reference page, and for what an answer changes about a loss."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from compliance.catalogue.effects import Effect
from compliance.catalogue.risk import LossChange, LossScenario, Transfer
from compliance.views.pages import Place
from compliance.views.typed import shown
from compliance.views.words import BASES


def losses(place: Place) -> list[dict[str, Any]]:
    """Each scenario with its figures, and with its changes and transfers in words beside the condition of each."""
    base = place.release.exchange.base
    return [
        {
            "loss": loss,
            "question": place.question(loss.question),
            "often": _often(loss),
            "median": f"{base} {shown(loss.likely)}",
            "least": f"{base} {shown(loss.likely / loss.spread)}",
            "most": f"{base} {shown(loss.likely * loss.spread)}",
            "clause": place.clause(loss.when),
            "changes": [_part(place, change, change_in_words(change)) for change in loss.changes],
            "transfers": [_part(place, transfer, transfer_in_words(transfer)) for transfer in loss.transfers],
            "sources": place.sources(loss.sources),
        }
        for loss in place.release.losses
    ]


def _part(place: Place, part: LossChange | Transfer, effect: str) -> dict[str, Any]:
    return {"title": part.title, "clause": place.clause(part.when), "effect": effect, "sources": place.sources(part.sources)}


def _often(loss: LossScenario) -> str:
    f = loss.frequency
    return _("%(low)s to %(high)s a year, most likely %(likely)s") % {
        "low": shown(f.low), "high": shown(f.high), "likely": shown(f.likely),
    }  # fmt: skip


def change_in_words(change: LossChange) -> str:
    """``0.5 times as frequent, 0.8 times as costly``; a factor of 1 is left out."""
    parts = []
    if change.frequency != 1:
        parts.append(_("%(factor)s times as frequent") % {"factor": shown(change.frequency)})
    if change.magnitude != 1:
        parts.append(_("%(factor)s times as costly") % {"factor": shown(change.magnitude)})
    return ", ".join(parts)


def transfer_in_words(transfer: Transfer) -> str:
    """``80 % of each event, up to 12 months’ fees``."""
    share = _("%(share)s %% of each event") % {"share": shown(transfer.share * 100)}
    cap = transfer.cap_months
    if cap is None:
        return share
    if cap < 1:
        limit = _("up to %(share)s %% of a month’s fee") % {"share": shown(cap * 100)}
    else:
        limit = _("up to a month’s fee") if cap == 1 else _("up to %(n)s months’ fees") % {"n": shown(cap)}
    return f"{share}, {limit}"


def read_by(loss: LossScenario, effect: Effect) -> Iterable[str]:
    """What in ``loss`` reads the condition of ``effect``, or the figure itself, in words."""
    if not effect.condition:
        yield _("The answer is the median cost of one event.")
        return
    if effect.condition == loss.when:
        yield _("Whether it can happen to the option.")
    for change in loss.changes:
        if change.when == effect.condition:
            yield f"{change.title}: {change_in_words(change)}."
    for transfer in loss.transfers:
        if transfer.when == effect.condition:
            yield _("%(title)s: others bear %(what)s.") % {"title": transfer.title, "what": transfer_in_words(transfer)}


def robustness(place: Place) -> dict[str, Any] | None:
    """The doubts by basis in per cent and the bounds of the weights; None where the release has none."""
    found = place.release.robustness
    if found is None:
        return None
    return {
        "factor": shown(found.weight_factor),
        "least": shown(1 / found.weight_factor, 2),
        "doubts": [(BASES[doubt.basis], shown(doubt.share * Decimal(100))) for doubt in found.doubts],
        "sources": place.sources(found.sources),
    }
