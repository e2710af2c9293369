"""What a board must not miss: what is open at the signing, what speaks against the proposal, and what the law's texts and the figures are worth."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext
from typing import Any

import pytest

from assessments.scoring.costs import by_year
from assessments.scoring.evaluate import evaluate
from assessments.scoring.file import read_assessment
from assessments.scoring.rounding import COMPUTING
from audit.canonical import canonical_bytes
from audit.merkle import leaf_hash
from compliance.releases import by_name
from reports import costing, wording
from reports.charts import draw_charts
from reports.document import Records, context
from reports.looks import Printing
from reports.pdf import page
from tests.fixtures import EXAMPLE
from tests.reports.sample import digest_of, sample_decision, sample_snapshot
from tests.reports.test_printing_pages import decided, page_of

THRESHOLDS = {
    "clear_margin": "12", "leaning_margin": "5", "clear_completeness": "0.9", "clear_acceptability": "0.9", "leaning_acceptability": "0.6",
    "appetite": "Low: somebody else is to be accountable",
}  # fmt: skip


def of(snapshot: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return context(decided(canonical_bytes(snapshot), **changes))


def untreated(snapshot: dict[str, Any]) -> dict[str, Any]:
    finding = snapshot["findings"][0]
    entry = {
        "option": finding["option"], "finding": finding["id"], "title": finding["title"], "message": finding["message"], "inherent": "medium",
        "residual": "medium", "treatment": "", "plan": "", "blocker": False, "acceptable_by": None, "owner": None, "due_on": None, "evidence": [],
    }  # fmt: skip
    return snapshot | {"register": [entry]}


def test_summary_cover_and_executive_summary_say_what_is_open() -> None:
    snapshot = untreated(sample_snapshot())
    snapshot["use_case"]["owner"] = ""
    records = decided(canonical_bytes(snapshot))
    text = page_of(records)
    for expected in (
        "on 24 November 2026, with 1 obligation not met and its one finding not treated.",
        "Open at the time of signing: 1 obligation not met and its one finding not treated.",
        "1 of 3 that apply already: EU AI Act Art. 4, AI literacy",
        "1 medium; none is treated ; none accepted by signature",
        "Owner of the use case not named",
        "EUR 82,343; in a bad year, one of twenty (P95), EUR 296,957 or more",
        "36 months; no day of review",
        "Nothing is planned about 1 (medium): nobody is named for it, and it remains as grave as it is.",
    ):
        assert expected in text, expected
    brief = page(records, draw_charts(records), Printing("executive_summary"))
    for expected in (
        "Approved with 1 obligation not met and its one finding not treated.",
        "Proposed by Ines Albrecht.",
        "not named",
        "hands over",
    ):
        assert expected in brief, expected


def test_nothing_open_is_said_to_be_none() -> None:
    snapshot = sample_snapshot()
    snapshot["findings"], snapshot["register"] = [], []
    for obligation in snapshot["obligations"]:
        obligation["status"] = "met"
    assert of(snapshot)["open"]["words"] == ""
    text = page_of(decided(canonical_bytes(snapshot)))
    assert "Obligations not met none of 3 that apply already" in text
    assert "No blockers: nothing was found that makes an option inadmissible." in text


def test_every_reason_against_is_printed_in_both() -> None:
    snapshot = sample_snapshot()
    recommendation = snapshot["evaluation"]["recommendation"]
    recommendation["reasons"] = [f"Reason {n}." for n in range(6)] + [
        "It costs more.",
        "It falls behind on exit.",
        "Another could overtake it.",
    ]
    recommendation["backed_by"] = [
        *[[]] * 6,
        ["options.vendor-api.costs.total.likely", "options.managed-open.costs.total.likely"],
        ["options.vendor-api.values.concentration.value", "options.managed-open.values.concentration.value"],
        ["options.managed-open.completeness", "options.managed-open.score_best"],
    ]
    records = decided(canonical_bytes(snapshot))
    assert context(records)["reasons"]["contra"] == recommendation["reasons"][6:]
    for kind in ("sign_off", "executive_summary"):
        html = page(records, draw_charts(records), Printing(kind))
        for reason in recommendation["reasons"][6:]:
            assert f"<strong>Against it:</strong> {reason}" in html
        assert "on balance it is EUR\u00a079,171 a year worse" in html


def test_the_range_stands_with_the_score() -> None:
    records = decided(canonical_bytes(sample_snapshot()))
    html = page(records, draw_charts(records))
    assert html.count("P10 to P90: 68.1 to 72.3") == 1
    assert "a score may stand above its own P90" in html
    assert "P10 to P90: 68.1 to 72.3" in page(records, draw_charts(records), Printing("executive_summary"))


def test_clear_and_leaning_are_told_with_their_limits_and_what_was_reached() -> None:
    snapshot = sample_snapshot(grounds={"thresholds": THRESHOLDS, "margin": "6.5", "rates": [], "ruled_out": []})
    told = of(snapshot)["firmness"]
    assert (
        "at least 12 points ahead of the next option, at least 90 % of it is answered, it comes first in at least 90 of 100"
        in told["limits"]
    )
    assert "a leaning from 5 points and 60 of 100 draws on" in told["limits"]
    assert "risk appetite (low)" in told["limits"]
    assert told["reached"] == "Reached: 6.5 points ahead, 86 % answered, first in 83 of 100 draws."
    assert of(sample_snapshot())["firmness"] is None


def test_costs_as_they_are_paid_are_those_of_the_engine() -> None:
    facts, release = read_assessment(EXAMPLE.read_text("utf-8"), EXAMPLE.name, by_name)
    found = evaluate(release, facts)
    demand = {"horizon_months": facts.demand.horizon_months, "growth_per_year": str(facts.demand.growth_per_year), "discount_rate": "0.08",
              "budget": {"target_per_month": "15000", "limit_per_month": "75000"}}  # fmt: skip
    paid = costing.as_paid(
        {"file": {"demand": demand}, "evaluation": found.as_dict(trace=True)}, {o.facts.id: o.facts.label for o in found.options}
    )
    assert paid is not None
    rows = {row["title"]: row["cells"] for row in paid["tables"][0]["rows"]}
    for n, option in enumerate(found.options):
        assert option.costs.plan is not None and option.costs.total is not None
        with localcontext(COMPUTING):
            years = by_year(option.costs.plan, facts.demand)
        assert [rows[f"Year {year}"][n] for year in (1, 2, 3)] == [wording.amount(str(amount)) for amount in years]
        assert rows["Present value a month"][n] == wording.amount(str(option.costs.total / 36))
    assert set(rows["That average is"]) == {"above the target, below the limit"}


@pytest.mark.parametrize(
    ("average", "said"),
    [("9", "within the target, below the limit"), ("11", "above the target, below the limit"), ("21", "above the target, above the limit")],
)
def test_an_amount_is_held_against_the_budget_in_words(average: str, said: str) -> None:
    assert costing.against(Decimal(average), Decimal(10), Decimal(20)) == said


def test_entered_figures_stand_with_their_range_currency_rate_and_who_entered_them() -> None:
    snapshot = sample_snapshot(
        grounds={"thresholds": {}, "ruled_out": [], "rates": [
            {"currency": "USD", "base": "EUR", "rate": "0.86", "on": "2026-01-01", "sources": ["gdpr"]}]},
        figures=[{"option": "vendor-api", "figure": "support.per_month", "by": "Tomasz Wilk"}],
    )  # fmt: skip
    snapshot["cost_categories"][7]["fields"] = [{"key": "per_month", "text": "The support plan", "unit": "EUR per month"}]
    costs = {"currency": "USD", "scaling": {}, "support": {"per_month": {"low": "500", "likely": "1200", "high": "2000"}}}
    snapshot["file"]["options"] = [{"id": "vendor-api", "costs": costs}]
    text = page_of(decided(canonical_bytes(snapshot)))
    for expected in (
        "Entered in USD, converted at 0.86 EUR for one USD, the catalogue's rate of 1 January 2026",
        "All entered by Tomasz Wilk.",
        "Support: The support plan USD per month 1,200 500–2,000",
        "Scaling stated to cost nothing nothing",
    ):
        assert expected in text.replace("&#x27;", "'"), expected


def test_the_proposed_options_status_stands_first_and_unverified_texts_are_marked() -> None:
    snapshot = sample_snapshot()
    one = snapshot["obligations"][2] | {"instrument": "dora", "by_option": {"managed-open": "gap"}, "sources": ["bedrock-sla"]}
    snapshot["obligations"] = [one | {"id": ref, "reference": ref} for ref in ("Art. 30(2)", "Art. 28(3)", "Arts 17, 18", "Art. 5")]
    snapshot["obligations"][1]["by_option"] = {"vendor-api": "met", "managed-open": "gap"}
    shown = of(snapshot)["obligations"]
    assert [o["reference"] for o in shown] == ["Art. 5", "Arts 17 and 18", "Art. 28(3)", "Art. 30(2)"]
    assert [o["status_text"] for o in shown] == ["Does not apply", "Does not apply", "Met", "Does not apply"]
    assert {o["doubt"] for o in shown} == {"text not verified"}
    assert shown[2]["others"] == [
        {"text": "Gap", "names": "Managed open weights"}, {"text": "Does not apply", "names": "Own cluster in Frankfurt"},
    ]  # fmt: skip
    text = page_of(decided(canonical_bytes(snapshot)))
    assert "1 obligation of the proposed option, Vendor API in the EU: 1 met, none with a gap. The last column" in text
    assert "as in force on 23 November 2026: the consolidated text of that day" in text
    assert "as it was enacted on" not in text


def test_the_class_says_why_it_is_neither_prohibited_nor_high_risk() -> None:
    snapshot = sample_snapshot()
    question = snapshot["questionnaires"][0]["sections"][0]["questions"][0]["id"]
    out = {"risk_class": "prohibited", "reference": "Art. 5", "text": "Whether it is a prohibited practice.", "because": [question]}
    snapshot["grounds"] = {"thresholds": {}, "rates": [], "ruled_out": [out | {"risk_class": "out_of_scope", "reference": "Art. 2"}, out]}
    (ruled_out,) = of(snapshot)["risk_class"]["ruled_out"]
    assert (ruled_out["text"], ruled_out["reference"]) == ("Not prohibited", "Art. 5")
    assert "Whether it is a prohibited practice: no." in page_of(decided(canonical_bytes(snapshot)))
    assert ruled_out["questions"][0].startswith("Which monthly availability does the use case need? 99.9 %")


def test_findings_of_the_proposed_option_come_first_and_name_the_law() -> None:
    snapshot = sample_snapshot()
    shown = of(snapshot)["findings"]
    assert [f["id"] for f in shown["proposed"]] == ["retention"]
    assert [f["id"] for f in shown["others"]] == ["no-one-on-call"]
    assert shown["proposed"][0]["references"] == ["GDPR Art. 28(3)"]


def test_the_trail_ends_with_the_decision_itself() -> None:
    snapshot = canonical_bytes(sample_snapshot())
    decision = canonical_bytes(sample_decision(snapshot))
    entry = json.dumps({"index": 215, "at": "2026-11-24T08:05:41.200000Z", "actor": "person:3"})
    proof = canonical_bytes({"size": 216, "root": "7a" * 32, "checkpoint": "note", "decision": {"index": 215, "entry": entry}})
    records = Records(snapshot, digest_of(snapshot), decision, digest_of(decision), proof)
    text = page_of(records)
    assert "Dr Marguerite Oyelaran approved Chatbot for retail banking customers: the decision itself" in text
    assert leaf_hash(entry.encode()).hex() in text
    assert "Entries are numbered from 0" in text
    assert "a number that is missing below belongs to an entry about something else" in text


def test_what_answers_rest_on_is_counted_with_how_many_have_a_file() -> None:
    bases = of(sample_snapshot())["bases"]
    assert bases["claimed"]["own"] > bases["claimed"]["own_filed"] > 0
    assert bases["total"]["all"] == sum(row["all"] for row in bases["rows"])
    assert f"of its {bases['claimed']['own']} that claim a contract or a certificate" in page_of(
        decided(canonical_bytes(sample_snapshot()))
    )
