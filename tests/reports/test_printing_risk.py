"""The chapters on how sure the result is, what it risks and what would change it, and the appendix that derives every number."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
import pytest

from assessments.scoring import printed
from assessments.scoring.flip import GROUPS
from assessments.views.presenting_change import _kind
from audit.canonical import canonical_bytes
from reports.charts import draw_charts
from reports.derivation import Section, derivation, told_by, walk
from reports.document import Records, context
from reports.pdf import page
from reports.sure import what_would_change_it
from tests.reports.sample import digest_of, sample_decision, sample_snapshot
from tests.reports.sample_risk import without_risk
from tests.reports.test_printing import text_of, unsigned

CHAPTERS = ("How sure", "Losses and accountability", "What would change it", "Scenarios side by side", "Where every number comes from")


def records_with(snapshot: dict[str, Any]) -> Records:
    content = canonical_bytes(snapshot)
    decision = canonical_bytes(sample_decision(content))
    return Records(content, digest_of(content), decision, digest_of(decision))


@pytest.fixture(scope="module")
def whole() -> bytes:
    return unsigned(records_with(sample_snapshot()))


def test_how_sure_is_told_in_words_and_shares(whole: bytes) -> None:
    text = text_of(whole)
    for expected in (
        "Vendor API in the EU comes first in 83 of 100 draws near the stated weights, and in 100 of 100 draws under any weights.",
        "Managed open weights comes first in 17 of 100 draws near the stated weights, and in no draw under any weights.",
        "each between half and twice the stated one",
        "unsupported 40 %, self-declared 25 %, contractual 10 %",
        "72.3",
        "12.3 %",
        "never first",
    ):
        assert expected in text, expected


def test_costs_have_their_ranges_and_break_even_against_a_published_price(whole: bytes) -> None:
    text = text_of(whole)
    for expected in (
        "706,032 784,480 800,170 941,376",
        "can serve 900,000,000 tokens a month with the most replicas it may have; the demand exceeds that in month 31.",
        "Own cluster in Frankfurt and the published price of Hoster SA",
        "2.7 billion",
        "Own cluster in Frankfurt runs 7 replicas there",
        "EUR 0.41 per million tokens",
    ):
        assert expected in text, expected


def test_losses_name_what_changes_them_and_what_others_bear(whole: bytes) -> None:
    text = text_of(whole, "-layout")
    for expected in (
        "82,343 296,957",
        "Nobody is bound to look at it at night – – not ruled out",
        "A fallback that was tried takes over applies applies –",
        "Others bear: Service credits of a tenth of a month's applies applies –",
        "can't happen",
        "5,165 *",
        "below 0.1 %",
        "Vendor API in the EU costs EUR 92,107 a year more than Managed open weights, and takes EUR 12,936 off",
        "on balance it is EUR 79,171 a year worse.",
    ):
        assert expected in text, expected
    assert "No option's answers show this" not in text


def test_changes_stand_with_their_distance_and_scenarios_side_by_side(whole: bytes) -> None:
    text = text_of(whole, "-layout")
    for expected in (
        "once the weight of Cost rises above 22.0 %. 14 of 100 points",
        "once demand passes 715 million tokens a month. 49 %",
        "No option is admissible once nobody is woken for Vendor API in the EU. 0.75 of 1",
        "Managed open weights 64.9, rank 2 66.6, rank 1",
        "52.3, not admissible 55.0, not admissible",
    ):
        assert expected in text, expected


def test_changes_stand_by_kind_with_the_names_of_the_page_and_the_nearest_first() -> None:
    snapshot = sample_snapshot()
    flip = {"what": "cost", "question": None, "option": "vendor-api", "figure": "support.fte", "from_value": "1", "leader": "managed-open"}
    more = [flip | {"to_value": "2", "distance": f"{n}.0000", "text": f"Change {n}."} for n in range(1, 13)]
    both = {"what": "demand", "question": "s0-1.q1", "option": "own-cluster", "answer": "x", "from_value": "1", "to_value": "2",
            "distance": "1.5000", "leader": "own-cluster", "text": "Both."}  # fmt: skip
    shared = {
        "what": "response",
        "question": "s0-1.q1",
        "option": None,
        "to_value": "x",
        "distance": "1.0000",
        "leader": None,
        "text": "Least.",
    }
    snapshot["evaluation"]["flips"] += [*more, both, shared]
    groups = what_would_change_it(snapshot)["groups"]
    pages = [_kind(id_, {"unanswered": {"use_case": []}, "ranking": ["a", "b"]})[0] for id_ in GROUPS]
    assert [g["title"] for g in groups] == pages
    assert [r["text"] for r in groups[4]["rows"]] == [f"Change {n}." for n in range(1, 11)]
    text = text_of(unsigned(records_with(snapshot)))
    assert "2 more, farther away, stand in the chapter Where every number comes from." in text


def test_an_older_record_prints_without_these_chapters() -> None:
    records = records_with(without_risk(sample_snapshot()))
    data = unsigned(records)
    text = text_of(data)
    with pikepdf.open(io.BytesIO(data)) as document, document.open_outline() as outline:
        assert not {item.title for item in outline.root} & set(CHAPTERS)
    for absent in ("P90", "at least", "published price", "SMAA-2", *CHAPTERS):
        assert absent not in text, absent
    for expected in ("784,480", "1.2 billion", "No figure passes through a binary floating-point number."):
        assert expected in text, expected


def test_a_release_without_parameters_and_losses_tells_changes_and_scenarios_alone() -> None:
    full = sample_snapshot()
    snapshot = without_risk(full) | {"losses": [], "providers": []}
    snapshot["evaluation"] |= {key: full["evaluation"][key] for key in ("flips", "scenarios")}
    for scenario in snapshot["evaluation"]["scenarios"]:
        for option in scenario["options"]:
            option["loss_per_year"] = None
    shown = context(records_with(snapshot))
    assert shown["sure"] is shown["losses"] is shown["cost_ranges"] is None
    assert [len(group["rows"]) for group in shown["change"]["groups"]] == [1, 1, 1]
    assert [part["title"] for part in shown["scenarios"]["tables"][0]["parts"]] == ["Score", "Costs over the horizon"]


def test_a_record_without_the_frozen_texts_prints_the_ids_instead() -> None:
    snapshot = {key: value for key, value in sample_snapshot().items() if key not in ("losses", "robustness", "providers")}
    records = records_with(snapshot)
    html = page(records, draw_charts(records))
    for expected in ("Vendor exit", "Nobody called", "Others bear: Credits", "the published price of hoster"):
        assert expected in html, expected


def test_one_admissible_option_is_first_under_any_weights() -> None:
    snapshot = sample_snapshot()
    evaluation = snapshot["evaluation"]
    evaluation["ranking"] = ["vendor-api"]
    evaluation["options"][1]["admissible"] = False
    alone = {"rank_acceptability": {"vendor-api": ["1.0000"]}}
    evaluation["robustness"]["stated_weights"] |= alone
    evaluation["robustness"]["any_weights"] |= alone
    for scenario in evaluation["scenarios"]:
        scenario["ranking"] = ["vendor-api"]
        scenario["options"][1]["admissible"] = False
    records = records_with(snapshot)
    charts = draw_charts(records)
    assert "ranks" not in charts
    assert "is the only admissible option, so it comes first under any weights" in page(records, charts)


def test_none_admissible_leaves_out_how_sure_and_keeps_the_rest() -> None:
    snapshot = sample_snapshot()
    evaluation = snapshot["evaluation"]
    evaluation["ranking"] = []
    evaluation["recommendation"] |= {"outcome": "none_admissible", "option": None}
    for option in evaluation["options"]:
        option["admissible"] = False
        option.pop("score_range", None)
    empty: dict[str, Any] = {"rank_acceptability": {}}
    evaluation["robustness"]["stated_weights"] |= empty
    evaluation["robustness"]["any_weights"] |= empty | {"central_weights": {}, "confidence": {}}
    records = records_with(snapshot)
    shown = context(records)
    assert shown["sure"] is None
    assert shown["losses"] and shown["scenarios"]
    assert "How sure</h2>" not in page(records, draw_charts(records))


def test_ranks_beyond_the_sixth_are_added_up() -> None:
    snapshot = sample_snapshot()
    evaluation = snapshot["evaluation"]
    ids = [f"o{n}" for n in range(9)]
    snapshot["options"] = [snapshot["options"][0] | {"id": id_, "name": f"Option {id_}"} for id_ in ids]
    evaluation["options"] = [evaluation["options"][0] | {"id": id_} for id_ in ids]
    evaluation["ranking"] = ids
    evaluation["recommendation"]["option"] = "o0"
    evaluation["break_even"], evaluation["accountability"], evaluation["scenarios"] = [], [], []
    shares = {id_: ["0.2000", *["0.1000"] * 8] for id_ in ids}
    evaluation["robustness"]["stated_weights"]["rank_acceptability"] = shares
    evaluation["robustness"]["any_weights"] = {
        "rank_acceptability": shares, "central_weights": dict.fromkeys(ids), "confidence": dict.fromkeys(ids),
    }  # fmt: skip
    snapshot["proposal"] |= {"option": "o0", "recommended": "o0"}
    snapshot["findings"] = []
    sure = context(records_with(snapshot))["sure"]
    assert sure["heads"] == ["First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Later"]
    assert sure["options"][0]["ranks_near"] == ["20 %", *["10 %"] * 5, "30 %"]
    assert [len(table["names"]) for table in sure["central"]] == [4, 4, 1]


def test_more_changes_than_a_list_can_hold_are_counted() -> None:
    snapshot = sample_snapshot()
    snapshot["evaluation"]["flips"] *= 11
    change = context(records_with(snapshot))["change"]
    assert [(len(group["rows"]), group["more"]) for group in change["groups"]] == [(10, 1)] * 3
    snapshot["evaluation"]["flips"] = []
    records = records_with(snapshot)
    assert "Nothing was found that would turn the recommendation" in page(records, draw_charts(records))


def test_the_appendix_leaves_nothing_of_the_trace_out(whole: bytes) -> None:
    trace = sample_snapshot()["evaluation"]["trace"]
    sections = derivation(trace)
    assert [s.title for s in sections] == ["Demand", "Option vendor-api", "Option managed-open", "Option own-cluster"]
    assert_whole(trace, sections)
    text = text_of(whole)
    assert "0.8: weight 3; value of the choice: contract-with-remedy = 0.8. From answer = contract" in text
    assert "Basis: contractual. [bedrock-sla]" in text


def test_the_appendix_has_bookmarks_for_its_parts(whole: bytes) -> None:
    with pikepdf.open(io.BytesIO(whole)) as document, document.open_outline() as outline:
        appendix = next(item for item in outline.root if item.title == "Where every number comes from")
        titles = [child.title for child in appendix.children]
        assert titles == ["Demand", "Option vendor-api: 71.4", "Option managed-open: 64.9", "Option own-cluster: 52.3"]
        assert [child.title for child in appendix.children[1].children] == ["score"]


def assert_whole(trace: dict[str, Any], sections: list[Section]) -> None:
    """Every node's name, value, formula, question and sources stand in a row or a heading of the sections, its figures in print; of those that
    say that everything is answered one sentence does."""
    text = "\n".join(
        [f"{s.title}\n{s.value}\n{s.how}" for s in sections] + [f"{r.name}\n{r.value}\n{r.how}" for s in sections for r in s.rows]
    ).lower()
    for node in walk(trace):
        if node is trace:
            continue
        said = [node["name"], printed.value(node["value"], node.get("unit", "")), printed.sentence(node["formula"])]
        if node.get("key", "").startswith("flips."):  # from what to what stands in the sentence
            said = [node["name"], *printed.sentence(node["formula"]).partition(", from ")[0].split("; distance ")]
        elif node["name"].count(": ") == 1 and not node["formula"]:  # what several inputs are of is named once
            said[:1] = node["name"].split(": ")
        for part in [told_by(node)] if told_by(node) else [*said, node.get("question", ""), *node.get("source", [])]:
            assert part.lower() in text, part
