"""Costs by hand: each category, growth, discount, replicas, currencies, and what is missing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from assessments.scoring.evaluate import evaluate
from assessments.scoring.facts import Costs, Demand
from tests.scoring.conftest import D, costs, demand, facts, option


def priced(small, figures, need=None, **more):
    """The costs of one option, and the whole output."""
    one = replace(option("one"), costs=figures)
    data = evaluate(small, facts(one, demand=need or demand(), **more)).as_dict()
    return data["options"][0]["costs"], data


def by_category(small, figures, need=None):
    found, _ = priced(small, figures, need)
    return {c: a for c, a in found["by_category"].items() if Decimal(a)}


def test_tokens_are_priced_by_kind(small):
    figures = costs(model_access={"input_price_per_million": 2, "cached_input_price_per_million": "0.2", "output_price_per_million": 10})
    # 80 M input, a quarter cached: 60 × 2 + 20 × 0.2 + 20 × 10 = 324 a month
    assert by_category(small, figures, demand(cached_share=D("0.25"))) == {"model_access": "3888.00"}


def test_cached_input_costs_as_much_as_input_where_its_price_is_left_out(small):
    figures = costs(model_access={"input_price_per_million": 2})
    assert by_category(small, figures, demand(cached_share=D("0.5"))) == {"model_access": "1920.00"}


def test_a_month_costs_at_least_the_minimum(small):
    figures = costs(model_access={"input_price_per_million": 1, "minimum_per_month": 100})
    # 80 a month is lifted to 100; doubling within a year passes it: month m costs the larger of 100 and 80 × 2 ** ((m - 1) / 12).
    expected = sum(max(Decimal(100), 80 * Decimal(2) ** (Decimal(m - 1) / 12)) for m in range(1, 13))
    found = by_category(small, figures, demand(growth_per_year=D(1)))
    assert found == {"model_access": str(expected.quantize(Decimal("0.01")))}


def test_growth_compounds_monthly_and_discount_begins_after_a_month(small):
    figures = costs(model_access={"input_price_per_million": 1, "output_price_per_million": 1}, monitoring={"one_off": 500})
    need = demand(growth_per_year=D("0.2"), discount_rate=D("0.08"), horizon_months=13)
    factors = [(1.2 ** ((m - 1) / 12), 1.08 ** (m / 12)) for m in range(1, 14)]
    found, _ = priced(small, figures, need)
    assert float(found["by_category"]["model_access"]) == pytest.approx(sum(100 * v / d for v, d in factors), abs=0.006)
    assert found["by_category"]["monitoring"] == "500.00"
    tokens = sum(100e6 * v for v, _ in factors)
    assert float(found["per_million_tokens"]) == pytest.approx(float(found["total"]["likely"]) / tokens * 1e6, abs=0.006)


def test_growth_of_a_whole_year_is_exact(small):
    # Twelve months on the volume is twice the first one to the token: two replicas exactly, and not a third.
    machine = {"gpus_per_replica": 1, "gpu_price_per_hour": 1, "hours_per_month": 100, "utilisation_limit": 1}
    figures = costs(infrastructure={**machine, "tokens_per_second_per_replica": 250})  # 90 M a month
    found, _ = priced(small, figures, demand(input_tokens_per_month=D(70_000_000), growth_per_year=D(1), horizon_months=13))
    assert found["replicas_at_end"] == 2


REPLICA = {"gpus_per_replica": 2, "gpu_price_per_hour": 3, "tokens_per_second_per_replica": 100, "utilisation_limit": "0.5"}
# One replica serves 730 × 3600 × 50 = 131.4 M tokens a month.


@pytest.mark.parametrize(
    ("tokens", "peak", "minimum", "replicas"),
    [
        (131_400_000, 1, 1, 1),
        (131_400_001, 1, 1, 2),
        (131_400_000, 2, 1, 2),
        (131_400_000, "2.01", 1, 3),
        (1, 1, 1, 1),
        (1, 1, 4, 4),
        (400_000_000, 1, 2, 4),
    ],
)
def test_replicas_are_a_staircase(small, tokens, peak, minimum, replicas):
    figures = costs(infrastructure={**REPLICA, "minimum_replicas": minimum})
    need = demand(input_tokens_per_month=D(tokens), output_tokens_per_month=D(0), peak_ratio=D(peak))
    found, _ = priced(small, figures, need)
    assert found["replicas_at_end"] == replicas
    assert found["by_category"]["infrastructure"] == f"{replicas * 2 * 3 * 730 * 12}.00"


def test_replicas_follow_the_growth(small):
    need = demand(input_tokens_per_month=D(100_000_000), output_tokens_per_month=D(0), growth_per_year=D(1))
    found, _ = priced(small, costs(infrastructure=REPLICA), need)
    # 131.4 M is passed in month 6: 100 × 2 ** (5 / 12) = 133.5; in month 12 two are enough: 100 × 2 ** (11 / 12) = 188.8.
    assert found["replicas_at_end"] == 2
    assert found["by_category"]["infrastructure"] == f"{(5 * 1 + 7 * 2) * 4380}.00"


def test_staff_one_off_and_delay(small):
    figures = costs(
        support={"one_off": 100, "per_month": 10, "fte": "0.5", "fte_cost_per_year": 120_000},
        time_to_production={"weeks": 6, "cost_of_delay_per_week": 1000},
        infrastructure={"one_off": 5000, "other_per_month": 50},
    )
    found, data = priced(small, figures)
    assert {c: a for c, a in found["by_category"].items() if Decimal(a)} == {
        "infrastructure": "5600.00",
        "support": "60220.00",
        "time_to_production": "6000.00",
    }
    assert found["total"] == {"likely": "71820.00"}
    assert data["options"][0]["values"]["time"]["value"] == "0.7692"  # 1 - 6 / 26


def test_ranges_count_at_their_likely_value(small):
    found, _ = priced(small, costs(support={"per_month": (10, 20, 90)}))
    assert found["total"]["likely"] == "240.00"


def test_other_currencies_take_the_newest_rate_by_the_day(small):
    figures = costs("USD", support={"per_month": 100})
    assert priced(small, figures)[0]["total"]["likely"] == "1080.00"  # 0.9 from June 2026; 0.5 comes in 2027
    into_pounds = demand(currency="GBP")
    assert priced(small, figures, into_pounds)[0]["total"]["likely"] == "900.00"
    earlier = replace(facts(replace(option("one"), costs=figures)), as_of=facts().as_of.replace(year=2025))
    assert evaluate(small, earlier).as_dict()["options"][0]["costs"]["total"]["likely"] == "960.00"


def test_a_currency_without_a_rate_leaves_the_costs_unknown(small):
    found, data = priced(small, costs("CHF", support={"per_month": 100}))
    assert found == {"complete": False}
    assert data["unanswered"]["options"]["one"] == ["costs.currency"]
    assert data["options"][0]["values"]["cost"] == {"value": "0.0000", "best": "1.0000", "weight": "0.2000", "completeness": "0.0000"}


def test_a_missing_category_makes_the_costs_incomplete(small):
    figures = costs(model_access={"input_price_per_million": 25, "output_price_per_million": 0})
    without = Costs(None, {c: f for c, f in figures.categories.items() if c not in ("support", "scaling")})
    found, data = priced(small, without)
    assert found["complete"] is False
    assert found["total"]["likely"] == "24000.00"
    assert data["unanswered"]["options"]["one"] == ["costs.scaling", "costs.support"]
    # 2,000 a month is worth 0.5 if nothing were to come on top; 7 of 9 categories are given.
    assert data["options"][0]["values"]["cost"] == {"value": "0.0000", "best": "0.5000", "weight": "0.2000", "completeness": "0.7778"}


def test_gpus_without_a_throughput_are_unknown_and_not_free(small):
    found, data = priced(small, costs(infrastructure={"gpus_per_replica": 2, "gpu_price_per_hour": 3}))
    assert data["unanswered"]["options"]["one"] == ["costs.infrastructure"]
    assert "infrastructure" not in found["by_category"]
    assert "replicas_at_end" not in found


@pytest.mark.parametrize("key", ["currency", "growth_per_year", "discount_rate"])
def test_a_demand_without_a_rate_is_computed_and_counts_as_incomplete(small, key):
    figures = costs(model_access={"input_price_per_million": 1})
    found, data = priced(small, figures, demand(**{key: None}))
    assert found["total"]["likely"] == "960.00"
    assert found["complete"] is False
    assert data["unanswered"]["use_case"] == [f"demand.{key}"]
    assert data["options"][0]["values"]["cost"] == {"value": "0.0000", "best": "1.0000", "weight": "0.2000", "completeness": "0.8333"}


@pytest.mark.parametrize("key", ["input_tokens_per_month", "output_tokens_per_month", "horizon_months"])
def test_a_demand_without_tokens_or_horizon_has_no_total(small, key):
    found, data = priced(small, costs(), demand(**{key: None}))
    assert found == {"complete": False}
    assert data["unanswered"]["use_case"] == [f"demand.{key}"]


def test_no_demand_at_all(small):
    found, data = priced(small, costs(), Demand())
    assert found == {"complete": False}
    assert data["options"][0]["values"]["cost"]["completeness"] == "0.0000"
    assert len(data["unanswered"]["use_case"]) == 6


@pytest.mark.parametrize(("price", "value"), [(10, "1.0000"), (20, "0.5000"), (30, "0.0000"), (5, "1.0000"), (40, "0.0000")])
def test_the_budget_anchors_the_cost_criterion(small, price, value):
    data = evaluate(small, facts(option("one", price=price))).as_dict()
    assert data["options"][0]["values"]["cost"]["value"] == value


def test_without_a_budget_the_catalogue_s_anchors_count_in_the_demand_s_currency(small):
    # 2 a million tokens lies midway between 20 and 0.2 on a log scale; in pounds the anchors are 20 / 1.2 and 0.2 / 1.2.
    euros = evaluate(small, facts(option("one", price=2), demand=demand(budget=None))).as_dict()
    assert euros["options"][0]["values"]["cost"]["value"] == "0.5000"
    pounds = evaluate(small, facts(option("one", price=Decimal(2) / Decimal("1.2")), demand=demand(budget=None, currency="GBP"))).as_dict()
    assert pounds["options"][0]["values"]["cost"]["value"] == "0.5000"


def test_a_demand_without_tokens_has_no_cost_per_token(small):
    none = demand(input_tokens_per_month=D(0), output_tokens_per_month=D(0), budget=None)
    found, data = priced(small, costs(support={"per_month": 10}), none)
    assert "per_million_tokens" not in found
    assert data["options"][0]["values"]["cost"]["value"] == "0.0000"
