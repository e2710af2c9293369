"""The digest of the facts that decide: the same for the same facts, however they were written down.

Titles, names and notes stay out, and so do answers that say "unknown"; weights count as shares, since doubling them all decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from assessments.scoring.facts import OWN_SOURCINGS, Demand, Facts, OptionFacts, Range, Response, Value
from assessments.scoring.rounding import plain
from audit.canonical import canonical_bytes, sha256_hex
from compliance.catalogue.index import Index
from compliance.catalogue.offers import model_named


def input_digest(known: Index, facts: Facts, weights: Mapping[str, Mapping[str, Decimal]]) -> str:
    """``sha256:`` and hex of canonical JSON. ``weights`` are the profiles in use, by name, as resolved for these facts."""
    content = {
        "catalogue": known.digest,
        "as_of": facts.as_of.isoformat(),
        "archetype": facts.archetype,
        "responses": _responses(facts.responses, known),
        "demand": _demand(facts.demand),
        "weights": [_shares(profile) for profile in weights.values()],
        "options": {
            option.id: {
                "sourcing": option.sourcing,
                "responses": _responses(option.responses, known),
                "currency": option.costs.currency or facts.demand.currency,
                "costs": {c: {k: _range(r) for k, r in figures.items()} for c, figures in option.costs.categories.items()},
                **({"fallback": option.fallback.sourcing} if option.fallback else {}),
                **({"model": model} if (model := _priced_model(option, known)) else {}),
            }
            for option in facts.options
        },
    }
    return sha256_hex(canonical_bytes(content))


def _priced_model(option: OptionFacts, known: Index) -> str | None:
    """The model that an option runs itself, where a host's price may be held against it."""
    model = model_named(known.release, option.model) if option.model and option.sourcing in OWN_SOURCINGS else None
    return model.id if model and any(price.model == model.id for price in known.release.prices) else None


def _responses(responses: Mapping[str, Response], known: Index) -> dict[str, Any]:
    return {
        id_: {"state": r.state, "value": _value(r.value, id_, known), "basis": r.basis}
        for id_, r in responses.items()
        if r.state != "unknown"
    }


def _value(value: Value, question: str, known: Index) -> Any:
    if isinstance(value, tuple):
        order = {c.id: n for n, c in enumerate(known.questions[question].choices)} if question in known.questions else {}
        return sorted(value, key=lambda choice: (order.get(choice, len(order)), choice))
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value


def _demand(demand: Demand) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key in (f.name for f in fields(demand) if f.name != "budget"):
        figure = getattr(demand, key)
        content[key] = plain(figure) if isinstance(figure, Decimal) else figure
    if demand.budget:
        content["budget"] = [plain(demand.budget.target_per_month), plain(demand.budget.limit_per_month)]
    return content


def _shares(profile: Mapping[str, Decimal]) -> dict[str, str]:
    total = sum(profile.values(), Decimal(0))
    return {c: plain(w / total) for c, w in profile.items() if w}


def _range(figure: Range) -> list[str]:
    return [plain(figure.low), plain(figure.likely), plain(figure.high)]
