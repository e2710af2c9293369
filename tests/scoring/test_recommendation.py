"""Ranking and recommendation: margins, completeness, and nothing won by silence."""

import re
from decimal import Decimal
from pathlib import Path

from assessments.scoring.evaluate import evaluate
from assessments.scoring.file import read_assessment
from compliance import releases
from tests.scoring.conftest import GOOD, POOR, answers, facts, option, release, robustness


def recommended(small, *options, **more):
    data = evaluate(small, facts(*options, **more)).as_dict()
    return data["recommendation"], data


def test_a_wide_margin_is_clear(small):
    found, data = recommended(small)
    assert (found["outcome"], found["option"]) == ("clear", "one")
    assert data["ranking"] == ["one", "two"]
    assert found["reasons"][0] == "One leads with 98.5 of 100 points, 51.4 ahead of Two (47.1)."
    assert found["reasons"][2] == "Over 12 months it costs EUR 12,000.00 less than Two (EUR 12,000.00 against EUR 24,000.00)."


def test_a_small_margin_leans_and_a_smaller_one_is_too_close(small):
    # A week is worth 2 × 100 / (10 × 26) points.
    leaning, _ = recommended(small, option("one"), option("two", weeks=8))
    close, _ = recommended(small, option("one"), option("two", weeks=4))
    assert leaning["outcome"] == "leaning"
    assert (close["outcome"], close["option"]) == ("too_close", "one")


def test_the_margin_is_the_difference_of_the_scores_as_they_are_printed():
    """77.69 − 70.64 is 7.05, but beside 77.7 and 70.6 stands 7.1."""
    case, of = read_assessment(Path("examples/internal-documents.yaml").read_text("utf-8"), "internal-documents.yaml", releases.named)
    found = evaluate(of, case, draws=0).recommendation.reasons[0]
    score, margin, second = (Decimal(text) for text in re.findall(r"\d+\.\d", found))
    assert score - second == margin == Decimal("7.1")


def test_ties_are_ranked_by_id(small):
    found, data = recommended(small, option("zebra"), option("ant"))
    assert data["ranking"] == ["ant", "zebra"]
    assert found["outcome"] == "too_close"
    assert found["reasons"][0] == "Ant and Zebra stand level with 98.5 of 100 points."


def test_one_option_is_clear_when_complete(small):
    found, data = recommended(small, option("one"))
    assert (found["outcome"], found["option"], data["break_even"]) == ("clear", "one", [])
    assert found["reasons"][0] == "One is the only admissible option, with 98.5 of 100 points."


def test_one_incomplete_option_leans(small):
    without = {k: v for k, v in GOOD.items() if k not in ("uptime", "certificates", "audit")}
    found, _ = recommended(small, option("one", without))
    assert found["outcome"] == "leaning"
    assert found["reasons"][-1] == (
        "73.3 % of what counts for One is answered; with the best of answers to the rest it would reach 98.5 points."
    )


def test_a_lead_over_an_option_left_unanswered_is_not_clear(small):
    silent = option("two", {k: v for k, v in GOOD.items() if k not in ("uptime", "certificates", "audit")})
    found, _ = recommended(small, option("one", weeks=3), silent)
    assert found["outcome"] == "leaning"
    assert any(r.startswith("Two could still overtake One: 73.3 % of it is answered") for r in found["reasons"])


def test_nor_over_one_that_is_only_barred_by_silence(small):
    silent = option("two", {})
    found, data = recommended(small, option("one", weeks=3), silent)
    assert data["ranking"] == ["one"]
    assert found["outcome"] == "leaning"


def test_an_option_that_is_certainly_barred_does_not_stand_in_the_way(small):
    barred = option("two", answers(sla="part", failover="no"))
    found, _ = recommended(small, option("one", weeks=3), barred)
    assert found["outcome"] == "clear"
    assert "Two is not admissible: It serves customers without a failover." in found["reasons"]


def test_none_admissible(small):
    found, data = recommended(small, option("one", GOOD | answers(failover="no")), option("two", POOR | answers(failover="no")))
    assert (found["outcome"], found["option"], data["ranking"]) == ("none_admissible", None, [])
    assert found["reasons"] == [f"{name} is not admissible: It serves customers without a failover." for name in ("One", "Two")]


def test_each_reason_is_backed_by_numbers_of_the_trace():
    held_out = option("three", GOOD | answers(failover="no"))
    open_rival = option("four", {k: v for k, v in GOOD.items() if k != "sla"})
    unsure = release(robustness=robustness())
    data = evaluate(unsure, facts(option("one"), option("two", POOR, price=20), held_out, open_rival), draws=100).as_dict(trace=True)
    keys, waiting = set(), [data["trace"]]
    for node in waiting:
        keys.add(node.get("key"))
        waiting.extend(node["inputs"])
    found = data["recommendation"]
    assert len(found["backed_by"]) == len(found["reasons"]) >= 6
    for reason, backed in zip(found["reasons"], found["backed_by"], strict=True):
        assert backed and set(backed) <= keys, reason


def test_without_an_archetype_criteria_are_not_held_against_each_other(small):
    found, _ = recommended(small, archetype=None)
    assert not any("gains most" in r or "falls behind" in r for r in found["reasons"])
