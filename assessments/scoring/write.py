"""Writes facts as an assessment file: reading it again gives the same facts, and so the same figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import yaml

from assessments.scoring.costs import CATEGORIES
from assessments.scoring.facts import BASES, Costs, Demand, Facts, OptionFacts, Range, Response, Value
from assessments.scoring.rounding import plain
from compliance.catalogue.index import index
from compliance.catalogue.model import Release

FORMAT = "countersign/assessment@1"


def write_assessment(facts: Facts, release: Release) -> str:
    """The file as YAML, pinned to ``release``; what nobody has given is left out."""
    return yaml.dump(assessment_data(facts, release), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def assessment_data(facts: Facts, release: Release) -> dict[str, Any]:
    """The file as plain data: strings, dicts and lists, with figures and days as text."""
    order = {id_: position for position, id_ in enumerate(index(release).questions)}
    use_case = {
        "name": facts.use_case_name,
        "purpose": facts.purpose,
        "archetype": facts.archetype,
        "responses": _responses(facts.responses, order),
    }
    weights = facts.weights if isinstance(facts.weights, str) else {c: _Plain(plain(w)) for c, w in facts.weights.items()}
    return _given(
        {
            "format": FORMAT,
            "title": facts.title,
            "as_of": _Plain(facts.as_of.isoformat()),
            "catalogue": f"{release.key}@{release.version}",
            "use_case": _given(use_case),
            "demand": _demand(facts.demand),
            "weights": weights,
            "options": [_option(option, order) for option in facts.options],
        }
    )


class _Plain(str):
    """A figure, a day or an id: written without quotes, since its type comes from the schema."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_plain(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    tag = dumper.resolve(yaml.ScalarNode, str(value), (True, False))
    return dumper.represent_scalar(tag, str(value))


_Dumper.add_representer(_Plain, _represent_plain)


def _given(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value is not None and value != "" and value != {}}


def _option(option: OptionFacts, order: Mapping[str, int]) -> dict[str, Any]:
    return _given(
        {
            "id": option.id,
            "name": option.name,
            "sourcing": option.sourcing,
            "provider": option.provider,
            "model": option.model,
            "fallback": _fallback(option),
            "responses": _responses(option.responses, order),
            "costs": _costs(option.costs),
        }
    )


def _fallback(option: OptionFacts) -> dict[str, Any] | None:
    held = option.fallback
    return _given({"sourcing": held.sourcing, "provider": held.provider, "model": held.model}) if held else None


def _responses(responses: Mapping[str, Response], order: Mapping[str, int]) -> dict[str, Any]:
    return {id_: _response(responses[id_]) for id_ in sorted(responses, key=lambda i: (order.get(i, len(order)), i))}


def _response(response: Response) -> Any:
    value = _value(response)
    if response.basis == BASES[0] and not response.note and not response.evidence:
        return value
    evidence = [_given({"file": e.file, "sha256": e.sha256}) for e in response.evidence]
    content = {"value": value, "basis": response.basis}
    if response.note:
        content["note"] = response.note
    if evidence:
        content["evidence"] = evidence
    return content


def _value(response: Response) -> Any:
    if response.state != "answered":
        return _Plain(response.state.replace("_", "-"))
    value: Value = response.value
    if isinstance(value, tuple):
        return [_Plain(choice) for choice in value]
    if isinstance(value, Decimal):
        return _Plain(plain(value))
    return _Plain(value.isoformat()) if isinstance(value, date) else value


def _demand(demand: Demand) -> dict[str, Any]:
    content: dict[str, Any] = {
        "currency": demand.currency,
        "input_tokens_per_month": demand.input_tokens_per_month,
        "output_tokens_per_month": demand.output_tokens_per_month,
        "cached_share": demand.cached_share or None,
        "peak_ratio": demand.peak_ratio if demand.peak_ratio != 1 else None,
        "growth_per_year": demand.growth_per_year,
        "horizon_months": demand.horizon_months,
        "discount_rate": demand.discount_rate,
    }
    written = {k: _Plain(plain(v)) if isinstance(v, Decimal) else v for k, v in content.items() if v is not None}
    if demand.budget:
        budget = demand.budget
        written["budget"] = {
            "target_per_month": _Plain(plain(budget.target_per_month)),
            "limit_per_month": _Plain(plain(budget.limit_per_month)),
        }
    return written


def _costs(costs: Costs) -> dict[str, Any]:
    content: dict[str, Any] = {"currency": costs.currency} if costs.currency else {}
    for category in CATEGORIES:
        if category in costs.categories:
            content[category] = {key: _range(figure) for key, figure in costs.categories[category].items()}
    return content


def _range(figure: Range) -> Any:
    if figure.certain:
        return _Plain(plain(figure.likely))
    return {"low": _Plain(plain(figure.low)), "likely": _Plain(plain(figure.likely)), "high": _Plain(plain(figure.high))}
