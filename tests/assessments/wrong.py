"""Bad input that the page and the API refuse with the same words: figures, answers in numbers and weights, on the small catalogue of asking.py."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wrong:
    """A figure of the demand (no option) or of an option's costs: what is sent, the field that is wrong, and what is said of it."""

    key: str
    sent: dict[str, str]
    said: str
    at: str = "likely"
    category: str = "demand"
    option: str = ""


def demand(key: str, typed: str, said: str) -> Wrong:
    return Wrong(key, {"likely": typed}, said)


@dataclass(frozen=True)
class Machine(Wrong):
    category: str = "infrastructure"
    option: str = "own"


@dataclass(frozen=True)
class Price(Wrong):
    key: str = "input_price_per_million"
    sent: dict[str, str] = field(default_factory=dict)
    said: str = ""
    category: str = "model_access"
    option: str = "vendor"


AMOUNT = "a number from 0 to 1000000000000"
TOKENS = "input_tokens_per_month"
COUNT = "a number from 0 to 1000000000000000"
HORIZON = "a whole number from 1 to 600"
ENDS = "Give both the low and the high figure, or neither."
ORDER = "Low must not be above likely, nor likely above high; these are "

FIGURES = {
    # not a number
    "text": demand(TOKENS, "a million", f"'a million' is no number; write {COUNT}, in digits."),
    "NaN": demand(TOKENS, "NaN", f"'NaN' is no number; write {COUNT}, in digits."),
    "signalling NaN": demand(TOKENS, "sNaN", "'sNaN' is no number"),
    "Infinity": demand(TOKENS, "Infinity", "'Infinity' is no number"),
    "negative infinity": demand(TOKENS, "-inf", "'-inf' is no number"),
    "1e999": demand(TOKENS, "1e999", f"1e999 won't do: it must be {COUNT}."),
    "1e9999999": demand(TOKENS, "1e9999999", f"1e9999999 won't do: it must be {COUNT}."),
    "1e99": demand(TOKENS, "1e99", f"1e99 won't do: it must be {COUNT}."),
    "1,000": demand(TOKENS, "1,000", "'1,000' can be read as 1000 or as 1; write the one you mean, without a comma."),
    "2,500 of a price": Price(sent={"likely": "2,500"}, said="'2,500' can be read as 2500 or as 2.5;"),
    "thousands astray": demand(TOKENS, "1,00,000", "'1,00,000' is no number"),
    "two points": demand(TOKENS, "1.000.000", "'1.000.000' is no number"),
    "underscore": demand(TOKENS, "1_000", "'1_000' is no number"),
    "other digits": demand(TOKENS, "١٠٠", "'١٠٠' is no number"),
    "unit": Price(sent={"likely": "5 EUR"}, said=f"'5 EUR' is no number; write {AMOUNT}, in digits."),
    "too fine": Price(sent={"likely": "0.000000001"}, said="0.000000001 has more digits than can be kept"),
    "nearly 0": Price(sent={"likely": "1e-20"}, said="1e-20 is too close to 0"),
    # negative
    "negative tokens": demand(TOKENS, "-1", f"-1 won't do: it must be {COUNT}."),
    "negative price": Price(sent={"likely": "-0.01"}, said=f"-0.01 won't do: it must be {AMOUNT}."),
    "negative budget": demand("budget_limit_per_month", "-1", f"-1 won't do: it must be {AMOUNT}."),
    "horizon of 0": demand("horizon_months", "0", f"0 won't do: it must be {HORIZON}."),
    "negative horizon": demand("horizon_months", "-12", f"-12 won't do: it must be {HORIZON}."),
    "half a month": demand("horizon_months", "0.5", f"0.5 won't do: it must be {HORIZON}."),
    "horizon beyond all": demand("horizon_months", "601", f"601 won't do: it must be {HORIZON}."),
    "discount": demand("discount_rate", "-0.6", "-0.6 won't do: it must be a number from -0.5 to 10."),
    "growth": demand("growth_per_year", "-1", "-1 won't do: it must be a number above -1 to 10."),
    # shares and ratios
    "peak below 1": demand("peak_ratio", "0.9", "0.9 won't do: it must be a number from 1 to 10000."),
    "cached share above 1": demand("cached_share", "1.1", "1.1 won't do: it must be a number from 0 to 1."),
    "cached share below 0": demand("cached_share", "-0.1", "-0.1 won't do: it must be a number from 0 to 1."),
    "no utilisation": Machine("utilisation_limit", {"likely": "0"}, "0 won't do: it must be a number above 0 to 1."),
    "utilisation in per cent": Machine("utilisation_limit", {"likely": "60"}, "60 won't do: it must be a number above 0 to 1."),
    # ranges
    "low above likely": Price(sent={"low": "3", "likely": "2", "high": "4"}, at="low", said=f"{ORDER}3, 2 and 4."),
    "low above high": Price(sent={"low": "4", "likely": "2", "high": "1"}, at="low", said=f"{ORDER}4, 2 and 1."),
    "likely above high": Price(sent={"low": "1", "likely": "9", "high": "4"}, at="high", said=f"{ORDER}1, 9 and 4."),
    "low alone": Price(sent={"low": "1", "likely": "2"}, at="high", said=ENDS),
    "high alone": Price(sent={"likely": "2", "high": "4"}, at="low", said=ENDS),
    "low is no number": Price(sent={"low": "none", "likely": "2", "high": "4"}, at="low", said="'none' is no number"),
    "high below 0": Price(sent={"low": "1", "likely": "2", "high": "-4"}, at="high", said="-4 won't do"),
    "range of the demand": Wrong("horizon_months", {"low": "1", "likely": "2", "high": "3"}, "Give one number.", at="low"),
    # replicas
    "no replica at most": Machine("maximum_replicas", {"likely": "0"}, "0 won't do: it must be a whole number from 1 to 100000."),
    "half a replica at most": Machine("maximum_replicas", {"likely": "2.5"}, "2.5 won't do: it must be a whole number from 1 to 100000."),
}

# What stands first, what is then sent against it, and what is said.
OUT_OF_ORDER = {
    "target above limit": (
        demand("budget_limit_per_month", "3000", ""),
        demand("budget_target_per_month", "3000.01", "3000.01 is above “Budget: limit”, 3000: give at most that, or raise that first."),
    ),
    "limit below target": (
        demand("budget_target_per_month", "1000", ""),
        demand("budget_limit_per_month", "999", "999 is below “Budget: target”, 1000: give at least that, or lower that first."),
    ),
    "least replicas above most": (
        Machine("maximum_replicas", {"likely": "2"}, ""),
        Machine("minimum_replicas", {"likely": "3"}, "3 is above “Maximum replicas”, 2: give at most that, or raise that first."),
    ),
    "most replicas below least": (
        Machine("minimum_replicas", {"likely": "3"}, ""),
        Machine("maximum_replicas", {"likely": "2"}, "2 is below “Minimum replicas”, 3: give at least that, or lower that first."),
    ),
    "most replicas below least at the ends of their ranges": (
        Machine("minimum_replicas", {"low": "1", "likely": "2", "high": "4"}, ""),
        Machine("maximum_replicas", {"low": "3", "likely": "5", "high": "8"}, "3 is below “Minimum replicas”, 4:", at="low"),
    ),
}  # fmt: skip

# Answers to ``uptime`` (0 to 100) of an option.
ANSWERS = {
    "NaN": "'NaN' is no number; write a number from 0 to 100, in digits.",
    "Infinity": "'Infinity' is no number",
    "1e999": "1e999 won't do: it must be a number from 0 to 100.",
    "1e9999999": "1e9999999 won't do: it must be a number from 0 to 100.",
    "1,000": "'1,000' can be read as 1000 or as 1;",
    "-1": "-1 won't do: it must be a number from 0 to 100.",
    "100.1": "100.1 won't do: it must be a number from 0 to 100.",
    "99.999999999": "99.999999999 has more digits than can be kept",
}

# Weights of the criterion ``service``; ``control`` weighs 1 beside it.
WEIGHTS = {
    "much": "'much' is no number; write a number from 0 to 1000000, in digits.",
    "NaN": "'NaN' is no number",
    "-Infinity": "'-Infinity' is no number",
    "1e999": "1e999 won't do: it must be a number from 0 to 1000000.",
    "1000001": "1000001 won't do: it must be a number from 0 to 1000000.",
    "1,000": "'1,000' can be read as 1000 or as 1;",
    "-1": "-1 won't do: it must be a number from 0 to 1000000.",
    "1e-20": "1e-20 is too close to 0",
}
