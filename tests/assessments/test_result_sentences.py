"""Sentences of the result page that hang on signs and on what is known: break-even points, capacity and the accountability premium."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from assessments.views.presenting_costs import break_even, exceeded
from assessments.views.presenting_risk import premium_sentence
from assessments.views.presenting_sure import _confidence

NAMES = {"vendor": "Vendor", "own": "Own cluster"}


MORE, LESS = "costs EUR %s a year more than Own cluster and", "costs EUR %s a year less than Own cluster and"
OFF, TO = "takes EUR %s off the expected loss:", "adds EUR %s to the expected loss:"


@pytest.mark.parametrize(
    ("extra", "avoided", "cost", "loss", "end"),
    [
        (12, 40, MORE, OFF, "the premium is earned back, with EUR 28,000 a year to spare."),
        (40, 12, MORE, OFF, "EUR 28,000 a year of the premium isn’t earned back."),
        (-12, 40, LESS, OFF, "it is ahead on both counts, by EUR 52,000 a year together."),
        (12, -40, MORE, TO, "it is behind on both counts, by EUR 52,000 a year together."),
        (-40, -12, LESS.replace(" and", " but"), TO, "what is saved outweighs what is risked, by EUR 28,000 a year."),
        (-12, -40, LESS.replace(" and", " but"), TO, "what is risked outweighs what is saved, by EUR 28,000 a year."),
        (5, 5, MORE, OFF, "both come to the same."),
    ],
)
def test_the_premium_in_every_combination_of_signs(extra: int, avoided: int, cost: str, loss: str, end: str) -> None:
    said = f"Vendor {cost % f'{abs(extra)},000'} {loss % f'{abs(avoided)},000'} {end}"
    assert premium_sentence(premium(extra, avoided), NAMES, "EUR") == said


def test_a_premium_with_only_one_side() -> None:
    assert premium_sentence(premium(0, 40), NAMES, "EUR") == (
        "Vendor costs as much as Own cluster and takes EUR 40,000 off the expected loss: it is ahead by EUR 40,000 a year."
    )
    assert premium_sentence(premium(12, 0), NAMES, "EUR") == (
        "Vendor costs EUR 12,000 a year more than Own cluster and leaves the expected loss as it is: it is behind by EUR 12,000 a year."
    )


def premium(extra: int, avoided: int) -> dict[str, str]:
    """In thousands a year."""
    figures = {"extra_cost_per_year": extra, "loss_avoided_per_year": avoided, "net_per_year": avoided - extra}
    return {"option": "vendor", "against": "own", **{key: f"{figure * 1000}.00" for key, figure in figures.items()}}


def curve(option: str, price: str, fixed: str) -> dict[str, Any]:
    key = f"options.{option}.costs.monthly"
    parts = {"price_per_million": price, "minimum": "0", "fixed": fixed, "one_off": "0"}
    inputs = [{"name": part, "value": value, "formula": "", "key": f"{key}.{part}", "inputs": []} for part, value in parts.items()]
    return {"name": "", "value": "", "formula": "", "key": key, "inputs": inputs}


def content(pair: dict[str, Any], *curves: dict[str, Any], costs: dict[str, Any] | None = None) -> dict[str, Any]:
    options = [{"id": id_, "costs": (costs or {}) if id_ == "own" else {}} for id_ in NAMES]
    tree = {"name": "", "value": "", "formula": "", "inputs": list(curves)}
    return {
        "evaluation": {"break_even": [pair] if pair else [], "currency": "EUR", "options": options, "trace": tree},
        "options": [{"id": id_, "name": name} for id_, name in NAMES.items()],
        "providers": [{"id": "deepinfra", "name": "DeepInfra"}],
    }


VENDOR, OWN = curve("vendor", "10", "0"), curve("own", "0", "20000")
MANAGED = {"provider": "deepinfra", "model": "m", "price_per_million": "0.53", "on": "2026-11-01", "source": "s"}


def said(*given: Any) -> str:
    (sentence,) = break_even(content(*given))
    assert sentence["key"] == "break_even.0.tokens_per_month"
    return str(sentence["text"])


def test_a_break_even_names_first_what_costs_less_below_it() -> None:
    for between in (["vendor", "own"], ["own", "vendor"]):
        text = said({"between": between, "tokens_per_month": "2000000000", "replicas": {"own": 3}}, VENDOR, OWN)
        assert (
            text
            == "Vendor costs less than Own cluster up to 2 billion tokens a month; there the order turns. Own cluster then runs 3 replicas."
        )


def test_without_the_parts_of_the_monthly_cost_it_says_less() -> None:
    text = said({"between": ["vendor", "own"], "tokens_per_month": "2000000000"})
    assert text == "Vendor and Own cluster cost the same at 2 billion tokens a month."


def test_no_break_even_comes_with_its_reason() -> None:
    text = said({"between": ["vendor", "own"], "tokens_per_month": None, "reason": "Both cost the same at every volume."})
    assert text == "Vendor and Own cluster have no break-even: Both cost the same at every volume."


def test_against_a_published_managed_price() -> None:
    text = said({"between": ["own"], "managed": MANAGED, "tokens_per_month": "37735849056"}, OWN)
    assert text == (
        "Own cluster costs less than the published managed price of the same model, 0.53 EUR per million tokens at DeepInfra on "
        "1 November 2026, tokens alone, from 37.736 billion tokens a month on."
    )
    none = said({"between": ["own"], "managed": MANAGED, "tokens_per_month": None, "reason": "It costs more at every volume."})
    assert none.startswith("Own cluster has no break-even with the published managed price of the same model")
    assert none.endswith("It costs more at every volume.")


def test_one_that_is_cheaper_below_the_managed_price_says_so() -> None:
    cheap = curve("own", "0.1", "0")
    cheap["inputs"] += [
        {"name": part, "value": value, "formula": "", "key": f"options.own.costs.monthly.{part}", "inputs": []}
        for part, value in (("replica_cost", "430"), ("replica_tokens", "1000000000"), ("minimum_replicas", "0"))
    ]
    text = said({"between": ["own"], "managed": MANAGED | {"price_per_million": "2.00"}, "tokens_per_month": "1000000000"}, cheap)
    assert text.endswith("up to 1 billion tokens a month.")


def test_a_demand_beyond_all_replicas_is_said() -> None:
    full = {"capacity": {"tokens_per_month": "3200000000", "exceeded_in_month": 17}}
    assert exceeded(content({}, costs=full)) == [
        "Own cluster serves at most 3.2 billion tokens a month with all the replicas that it may have, and the demand passes that in "
        "month 17. Its cost counts as the worst, whatever it is."
    ]
    assert exceeded(content({}, costs={"capacity": {"tokens_per_month": "3200000000", "exceeded_in_month": None}})) == []


@pytest.mark.parametrize(
    ("share", "beginning"),
    [
        ("0.9676", "almost certain"),
        ("0.8", "mostly"),
        ("0.5", "first more often"),
        ("0.48", "first in fewer than half"),
        ("0.11", "seldom"),
    ],
)
def test_a_confidence_in_words(share: str, beginning: str) -> None:
    assert _confidence(Decimal(share)).startswith(beginning)
