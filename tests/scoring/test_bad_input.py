"""Bad input through ``manage.py evaluate FILE``: an error of one line and exit 2, or a result that is defined and exit 0.

What is refused for other reasons, and the plainest cases of these (text for a number, a horizon of 0, one negative price, one range out of
order, 21 options, half a budget), stand in test_file.py; no demand and no costs at all in test_costs.py. The page and the API are tried in
tests/assessments/test_bad_input.py and tests/api/test_bad_input.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assessments.scoring.read_costs import DEMAND, FIGURES
from compliance import releases
from compliance.catalogue.index import release_bytes
from tests.scoring.conftest import CATEGORIES, release, robustness
from tests.scoring.test_evaluate_command import run

AMOUNT = "a number from 0 to 1000000000000"
TOKENS = "a number from 0 to 1000000000000000"
NO_NUMBER = "is not a number; write " + TOKENS + ", without thousands separators or units"
OUT = "is out of range; write "
DEMAND_OF = {"input_tokens_per_month": "1000000", "output_tokens_per_month": "500000", "growth_per_year": "0.1", "horizon_months": "12",
             "discount_rate": "0.05"}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one published release, whose scores are drawn too."""
    made = tmp_path_factory.mktemp("published")
    (made / "open-or-closed@1.json").write_bytes(release_bytes(release(key="open-or-closed", robustness=robustness())))
    return made


@pytest.fixture
def file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(releases, "FOLDER", folder)
    return folder / "case.yaml"


def text(demand: str = "", weights: str = "", costs: str = "{}", options: str = "") -> str:
    """A file whose demand stands in line 4, its weights in line 5 and the costs of its first option in line 7; each is flow style YAML."""
    return (
        "format: countersign/assessment@1\nas_of: 2026-11-23\n"
        "use_case: {archetype: chatbot, responses: {kind: inside, practice: no, roles: [deployer]}}\n"
        f"demand: {{currency: EUR, {demand}}}\nweights: {weights or 'archetype'}\noptions:\n"
        f"  - {{id: one, sourcing: closed_api, responses: {{sla: full}}, costs: {costs}}}\n{options}"
    )


def given(**changes: str) -> str:
    """The demand as flow style YAML, with everything that costs need unless it is changed."""
    return ", ".join(f"{key}: {figure}" for key, figure in (DEMAND_OF | changes).items())


def infrastructure(figures: str) -> str:
    return text(costs=f"{{infrastructure: {{{figures}}}}}")


def ranged(figures: str) -> str:
    return text(costs=f"{{support: {{per_month: {{{figures}}}}}}}")


PRICE = "options[0].costs.model_access.input_price_per_million"
MONTH = "options[0].costs.support.per_month"
MACHINES = "options[0].costs.infrastructure"
REFUSED = {
    # not a number
    "NaN": (text("input_tokens_per_month: NaN"), 4, "demand.input_tokens_per_month", f"'NaN' {NO_NUMBER}"),
    "Infinity": (text("input_tokens_per_month: Infinity"), 4, "demand.input_tokens_per_month", f"'Infinity' {NO_NUMBER}"),
    "negative infinity": (text("input_tokens_per_month: -.inf"), 4, "demand.input_tokens_per_month", f"'-.inf' {NO_NUMBER}"),
    "1e999": (text("input_tokens_per_month: 1e999"), 4, "demand.input_tokens_per_month", f"'1e999' {NO_NUMBER}"),
    "1e99": (text("input_tokens_per_month: 1e99"), 4, "demand.input_tokens_per_month", f"1e99 {OUT}{TOKENS}"),
    "1,000": (text("input_tokens_per_month: '1,000'"), 4, "demand.input_tokens_per_month", f"'1,000' {NO_NUMBER}"),
    "empty text": (text("input_tokens_per_month: ''"), 4, "demand.input_tokens_per_month", f"'' {NO_NUMBER}"),
    "other digits": (text("input_tokens_per_month: ٣"), 4, "demand.input_tokens_per_month", f"'٣' {NO_NUMBER}"),
    "list": (text("input_tokens_per_month: [1]"), 4, "demand.input_tokens_per_month", f"not a number; write {TOKENS}"),
    "range of the demand": (text("horizon_months: {low: 1, likely: 2, high: 3}"), 4, "demand.horizon_months", "not a number; write a whole"),
    "price": (text(costs="{model_access: {input_price_per_million: '1,5'}}"), 7, PRICE, f"'1,5' is not a number; write {AMOUNT}"),
    "nearly 0": (
        infrastructure("utilisation_limit: 1e-99"), 7, f"{MACHINES}.utilisation_limit",
        "1e-99 is too close to 0: the nearest that is taken is 0.000000000001",
    ),
    # negative
    "tokens below 0": (text("output_tokens_per_month: -1"), 4, "demand.output_tokens_per_month", f"-1 {OUT}{TOKENS}"),
    "cached share below 0": (text("cached_share: -0.1"), 4, "demand.cached_share", f"-0.1 {OUT}a number from 0 to 1"),
    "horizon below 0": (text("horizon_months: -12"), 4, "demand.horizon_months", f"-12 {OUT}a whole number from 1 to 600"),
    "horizon beyond all": (text("horizon_months: 601"), 4, "demand.horizon_months", f"601 {OUT}a whole number from 1 to 600"),
    "budget below 0": (
        text("budget: {target_per_month: -1, limit_per_month: 2}"), 4, "demand.budget.target_per_month", f"-1 {OUT}{AMOUNT}",
    ),
    "GPU price below 0": (infrastructure("gpu_price_per_hour: -0.01"), 7, f"{MACHINES}.gpu_price_per_hour", f"-0.01 {OUT}{AMOUNT}"),
    "discount that makes money of waiting": (
        text("discount_rate: -0.6"), 4, "demand.discount_rate", f"-0.6 {OUT}a number from -0.5 to 10",
    ),
    # shares and ratios
    "peak just below 1": (text("peak_ratio: 0.999"), 4, "demand.peak_ratio", f"0.999 {OUT}a number from 1 to 10000"),
    "peak of 0": (text("peak_ratio: 0"), 4, "demand.peak_ratio", f"0 {OUT}a number from 1 to 10000"),
    "no utilisation": (infrastructure("utilisation_limit: 0"), 7, f"{MACHINES}.utilisation_limit", f"0 {OUT}a number above 0 to 1"),
    # weights
    "weight in words": (text(weights="{service: much}"), 5, "weights.service", "'much' is not a number; write a number from 0 to 1000000"),
    "weight that is none": (text(weights="{service: 1, cost: NaN}"), 5, "weights.cost", "'NaN' is not a number"),
    "endless weight": (text(weights="{service: 1e99}"), 5, "weights.service", f"1e99 {OUT}a number from 0 to 1000000"),
    "weights all 0": (
        text(weights="{service: 0, control: 0.0, cost: 0, time: 0}"), 5, "weights", "at least one criterion must have a weight above 0",
    ),
    "no weights": (text(weights="{}"), 5, "weights", "at least one criterion must have a weight above 0"),
    "empty weight": (text(weights="{service: }"), 5, "weights", "at least one criterion must have a weight above 0"),
    "weights as a list": (text(weights="[service]"), 5, "weights", "must be a map of keys and values"),
    # ranges
    "low above high": (ranged("low: 4, likely: 3, high: 1"), 7, MONTH, "must have low <= likely <= high; it has 4, 3, 1"),
    "likely above high": (ranged("low: 1, likely: 5, high: 4"), 7, MONTH, "must have low <= likely <= high; it has 1, 5, 4"),
    "likely below low": (ranged("low: 2, likely: 1, high: 4"), 7, MONTH, "must have low <= likely <= high; it has 2, 1, 4"),
    "high alone": (ranged("high: 4"), 7, MONTH, "a range needs low, likely and high; missing: low, likely"),
    "no likely": (ranged("low: 1, high: 4"), 7, MONTH, "a range needs low, likely and high; missing: likely"),
    "low is no number": (ranged("low: none, likely: 2, high: 4"), 7, f"{MONTH}.low", f"'none' is not a number; write {AMOUNT}"),
    "low below 0": (ranged("low: -1, likely: 2, high: 4"), 7, f"{MONTH}.low", f"-1 {OUT}{AMOUNT}"),
    # replicas
    "no replica at most": (infrastructure("maximum_replicas: 0"), 7, f"{MACHINES}.maximum_replicas", f"0 {OUT}a whole number from 1 to 100000"),
    "half a replica at most": (infrastructure("maximum_replicas: 2.5"), 7, f"{MACHINES}.maximum_replicas", f"2.5 {OUT}a whole number"),
    "too many replicas": (infrastructure("maximum_replicas: 100001"), 7, f"{MACHINES}.maximum_replicas", f"100001 {OUT}a whole number"),
    "fewer at most than at least": (
        infrastructure("minimum_replicas: 3, maximum_replicas: 2"), 7, f"{MACHINES}.maximum_replicas",
        "2 is below minimum_replicas 3; it can't be",
    ),
    "fewer at most than at least, as ranges": (
        infrastructure("minimum_replicas: {low: 1, likely: 2, high: 4}, maximum_replicas: {low: 3, likely: 5, high: 8}"), 7,
        f"{MACHINES}.maximum_replicas", "3 is below minimum_replicas 4; it can't be",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "line", "key", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_with_its_place_and_what_would_be_right(
    file: Path, content: str, line: int, key: str, message: str
) -> None:
    file.write_text(content, encoding="utf-8")
    code, out, err = run(file)
    assert (code, out) == (2, "")
    assert err.startswith(f"{file}:{line}: {key}: {message}"), err


def evaluated(file: Path, content: str) -> dict[str, Any]:
    """The output with its derivations, after the text page was printed too."""
    file.write_text(content, encoding="utf-8")
    code, page, err = run(file, "--format", "text", "--trace")
    assert (code, err) == (0, "")
    assert page
    code, out, err = run(file, "--trace")
    assert (code, err) == (0, "")
    assert "NaN" not in out
    assert "Infinity" not in out
    found: dict[str, Any] = json.loads(out)
    return found


EVERYTHING = "{" + ", ".join(f"{category}: {{}}" for category in CATEGORIES if category != "support") + ", support: {per_month: 100}}"
SECOND = f"  - {{id: two, sourcing: self_hosted_open, responses: {{sla: part}}, costs: {EVERYTHING}}}\n"


def test_one_option_alone_is_recommended_or_not_and_has_no_break_even(file: Path) -> None:
    found = evaluated(file, text(given(), costs=EVERYTHING))
    assert (found["ranking"], found["break_even"]) == (["one"], [])
    assert found["recommendation"]["option"] == "one"
    assert found["recommendation"]["reasons"][0].startswith("one is the only admissible option, with ")


def test_twenty_options_are_ranked(file: Path) -> None:
    more = "".join(f"  - {{id: o{n}, sourcing: managed_open, costs: {{support: {{per_month: {n}}}}}}}\n" for n in range(19))
    found = evaluated(file, text(given(), costs=EVERYTHING, options=more))
    assert len(found["ranking"]) == 20
    pairs = {tuple(sorted(entry["between"])) for entry in found["break_even"]}
    assert len({pair for pair in pairs if len(pair) == 2}) >= 190


def test_an_option_with_nothing_answered_scores_nought_and_could_still_be_anything(file: Path) -> None:
    found = evaluated(file, text(given(), costs=EVERYTHING, options="  - {id: two, sourcing: managed_open}\n"))
    two = found["options"][1]
    assert (two["score"], two["score_best"], two["completeness"]) == ("0.0", "100.0", "0.0000")
    assert not two["costs"]["complete"]
    assert {f"costs.{category}" for category in CATEGORIES} <= set(found["unanswered"]["options"]["two"])
    assert found["recommendation"]["outcome"] != "clear", "what nothing is known of may still overtake"


def test_weights_that_are_all_nought_where_they_apply_judge_nothing(file: Path) -> None:
    """No question of the criterion ``control`` is asked of a closed API here."""
    found = evaluated(file, text(given(), weights="{control: 1}", costs=EVERYTHING, options=SECOND))
    one, two = found["options"]
    assert "control" not in one["values"]
    assert {value["weight"] for value in one["values"].values()} == {"0.0000"}
    assert (one["score"], one["score_best"], one["completeness"]) == ("0.0", "100.0", "0.0000")
    assert two["values"]["control"]["weight"] == "1.0000"
    alone = evaluated(file, text(given(), weights="{control: 1}", costs=EVERYTHING))
    assert (alone["options"][0]["score"], alone["recommendation"]["outcome"]) == ("0.0", "leaning")


@pytest.mark.parametrize("budget", ["", ", budget: {target_per_month: 50, limit_per_month: 200}"], ids=["no budget", "budget"])
def test_no_tokens_leave_a_total_and_no_price_per_token(file: Path, budget: str) -> None:
    nought = given(input_tokens_per_month="0", output_tokens_per_month="0") + budget
    found = evaluated(file, text(nought, costs=EVERYTHING, options=SECOND))
    one = found["options"][0]
    assert one["costs"]["complete"]
    assert float(one["costs"]["total"]["likely"]) > 0
    assert "per_million_tokens" not in one["costs"]
    assert (one["values"]["cost"]["completeness"] == "1.0000") == bool(budget), "without a budget only a price per token could be held up"
    assert found["break_even"][0]["tokens_per_month"] is None
    assert found["break_even"][0]["reason"] == "The demand has no tokens, so it has no mix of input and output."


@pytest.mark.parametrize(("budget", "value"), [(0, "0.0000"), (90, "0.0000"), (200, "1.0000")])
def test_a_budget_whose_target_is_its_limit_is_a_line(file: Path, budget: int, value: str) -> None:
    need = given(growth_per_year="0", discount_rate="0") + f", budget: {{target_per_month: {budget}, limit_per_month: {budget}}}"
    assert evaluated(file, text(need, costs=EVERYTHING))["options"][0]["values"]["cost"]["value"] == value


def test_the_least_and_the_most_that_is_taken_can_be_computed(file: Path) -> None:
    """Each figure at one end of its bounds, then at the other, once as a range over all of it: none makes the sums break down."""
    for pick in ("least", "most"):
        demand = {key: end(bounds, pick) for key, bounds in DEMAND.items()}
        plain = {c: {key: end(bounds, pick) for key, bounds in figures.items()} for c, figures in FIGURES.items()}
        ranges = {
            c: {
                key: f"{{low: {end(bounds, 'least')}, likely: {end(bounds, pick)}, high: {end(bounds, 'most')}}}"
                for key, bounds in figures.items()
                if not key.endswith("_replicas")
            }
            for c, figures in FIGURES.items()
        }
        second = f"  - {{id: two, sourcing: self_hosted_open, costs: {flow({c: flow(f) for c, f in ranges.items()})}}}\n"
        found = evaluated(file, text(flow(demand)[1:-1], costs=flow({c: flow(f) for c, f in plain.items()}), options=second))
        assert [option["costs"]["complete"] for option in found["options"]] == [True, True]


def end(bounds: Any, pick: str) -> str:
    if pick == "most":
        return f"{bounds.most:f}"
    return f"{bounds.least:f}" if bounds.closed else f"{bounds.least + type(bounds.least)('1e-12'):f}"


def flow(entries: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {entry}" for key, entry in entries.items()) + "}"
