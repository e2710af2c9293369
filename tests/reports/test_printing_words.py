"""What the record has as a formula, an id or a long run of figures, as a board reads it: conditions, changes, digests, amounts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from weasyprint import HTML
from weasyprint.formatting_structure.boxes import LineBox, TextBox

from assessments.scoring.trace_node import node
from audit.canonical import canonical_bytes
from reports import fonts, pdf
from reports.conditions import in_words
from reports.derivation import Row, derivation
from reports.document import Records, context
from reports.looks import Printing
from reports.losses import losses
from reports.sources import LONGEST_BESIDE, used
from reports.titles import Titles
from reports.wording import whole_amounts
from tests.reports.sample import digest_of, sample_snapshot
from tests.reports.test_printing import text_of
from tests.reports.test_printing_pages import decided, page_of

QUESTIONS: dict[str, dict[str, Any]] = {
    "a_b": {"text": "Is it tested?", "choices": [{"id": "yes", "text": "Yes"}, {"id": "no", "text": "No"}]},
    "of_many": {"text": "Which of these?", "choices": [{"id": "x", "text": "The first"}]},
}


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ('a_b == "no"', "“Is it tested?” is answered “No”"),
        ('a_b in ["yes", "no"]', "“Is it tested?” is answered “Yes” or “No”"),
        ('!(a_b == "no") && "x" in of_many', "“Is it tested?” isn’t answered “No”, and “Which of these?” is answered with “The first”"),
        ('sourcing == "closed_api" || (a_b == "no" && size(of_many) == 0)',
         "the sourcing is Closed API, or (“Is it tested?” is answered “No”, and nothing is chosen under “Which of these?”)"),
        ("a_b + 1", ""),
    ],
)  # fmt: skip
def test_a_condition_is_said_in_the_words_of_the_record(condition: str, said: str) -> None:
    found = in_words(condition, QUESTIONS)
    assert found == said if not said else found.startswith(said[:-1])


def test_a_blockers_condition_stands_in_words_with_the_formula_beside_it() -> None:
    snapshot = sample_snapshot()
    question = snapshot["questionnaires"][0]["sections"][0]["questions"][0]
    question |= {"id": "own-case.q1", "text": "Is anybody woken?", "choices": [{"id": "no_one", "text": "Nobody is"}]}
    read = node("Is anybody woken?", "no_one", question="own-case.q1", basis="self_declared")
    rule = node("Nobody is on call", "holds", 'own_case_q1 == "no_one"', [read], question="own-case.q1")
    trace = {"inputs": [node("Own cluster", "1", "", [node("blockers", "1", "no score outweighs one", [rule], key="options.o.blockers")])]}
    rows = derivation(Titles(snapshot).of_trace(trace))[0].rows
    assert rows[1] == Row(1, False, "Nobody is on call", "holds", "“Is anybody woken?” is answered “Nobody is”", 'own_case_q1 == "no_one"')
    assert (rows[2].name, rows[2].value) == ("Is anybody woken?", "Nobody is")


def test_changes_stand_in_the_derivation_by_how_they_were_found_with_their_distance_alone() -> None:
    flips = [
        node("A leads once x.", "no", "another answer; distance 0.25, from yes", key="flips.0"),
        node("B leads once y.", "0.2", "least change of all weights; distance 0.3998, from 8 %", key="flips.1"),
        node("B leads once z.", "maybe", "another answer; distance 1, from yes", key="flips.2"),
    ]
    trace = {"inputs": [node("what would change the recommendation", "", "smallest first", flips, key="flips")]}
    section = derivation(trace)[0]
    assert section.wide
    assert [(r.heading, r.name, r.how) for r in section.rows] == [
        (True, "Another answer", ""),
        (False, "A leads once x.", "0.25"),
        (False, "B leads once z.", "1"),
        (True, "Least change of all weights", ""),
        (False, "B leads once y.", "0.3998"),
    ]


def test_what_several_inputs_are_of_is_named_once() -> None:
    inputs = [node("A: score", "80.1"), node("A: cost", "5", unit="EUR"), node("B: score", "60"), node("growth", "2")]
    trace = {"inputs": [node("x", "", "", [node("a shift", "", "evaluated again", inputs)], key="scenarios")]}
    assert derivation(trace)[0].rows[0].how.endswith("From A: score = 80.1, cost = EUR 5; B: score = 60; growth = 2")


def test_a_row_runs_on_from_its_value_where_a_colon_would_part_a_sentence() -> None:
    assert Row(2, False, "it is tried", "× 0.8", "[loss-assumptions]").said == "× 0.8 [loss-assumptions]"
    assert Row(2, False, "insured", "30 %", "of each event's cost; no cap").said == "30 % of each event's cost; no cap"
    assert Row(1, False, "points", "8.4", "100 × weight × value").said == "8.4: 100 × weight × value"
    assert Row(1, False, "costs", "EUR 5", "").said == "EUR 5"


def test_every_title_that_a_source_supports_is_quoted() -> None:
    snapshot = sample_snapshot()
    source = snapshot["sources"][0]["id"]
    snapshot["evaluation"]["trace"] = {
        "inputs": [node("Sovereignty tightens", "1", "", source=[source]), node("factor", "2", "", source=[source])]
    }
    found = next(s for s in used(snapshot) if s["id"] == source)
    assert found["supports"][-1] == {"of": "figures", "names": ["“Sovereignty tightens”", "factor"]}


def test_digests_are_set_as_such_wherever_they_stand_in_a_text() -> None:
    digest = "sha256:" + "5e" * 32
    snapshot = sample_snapshot()
    snapshot["evaluation"]["trace"] = {"inputs": [node("demand", "1", f"drawn <from> {digest}", key="demand")]}
    html = pdf.page(decided(canonical_bytes(snapshot)), {})
    assert f'drawn &lt;from&gt; <span class="digest">{digest}</span>' in html


def test_a_digest_in_the_appendix_stands_in_one_line() -> None:
    digest = "sha256:" + "5e" * 32
    snapshot = sample_snapshot()
    snapshot["evaluation"]["trace"] = {"inputs": [node("demand", "1", f"drawn from {digest}", key="demand")]}
    records = decided(canonical_bytes(snapshot))
    data = pdf.finish(pdf.lay_out(pdf.page(records, {}), records, {}))
    assert digest in text_of(data)


def test_the_amounts_of_a_sentence_are_whole_as_everywhere_else() -> None:
    assert whole_amounts("It costs EUR 197,655.83 less (EUR 534,317.34 against EUR\u00a0731,973.17), 23.41 each, EUR 23.41.") == (
        "It costs EUR 197,656 less (EUR 534,317 against EUR\u00a0731,973), 23.41 each, EUR 23.41."
    )


def test_rates_of_a_row_have_as_many_decimals_as_each_other() -> None:
    snapshot = sample_snapshot()
    rates = iter(("0.2000", "0.1367", "7.0000"))
    for option in snapshot["evaluation"]["options"]:
        option["loss"]["scenarios"][0]["events_per_year"] = next(rates)
    found = losses(snapshot, {o["id"]: o["name"] for o in snapshot["options"]})
    assert found is not None
    assert found["scenarios"][0]["parts"][0]["figures"][0] == ("Events a year", ["0.2000", "0.1367", "7.0000"])


def test_what_a_source_supports_stands_below_it_where_that_is_much() -> None:
    snapshot = sample_snapshot()
    source = snapshot["sources"][0]["id"]
    many = [node(f"The model is out of service for {n} hours", "1", "", source=[source]) for n in range(LONGEST_BESIDE // 40)]
    snapshot["evaluation"]["trace"] = {"inputs": many}
    found = next(s for s in used(snapshot) if s["id"] == source)
    assert found["long"]
    assert found["supports"][-1]["names"][0] == "“The model is out of service for 0 hours”"
    assert re.search(r"Supports .*“The model is out of service for 3 hours”", page_of(decided(canonical_bytes(snapshot))))


def test_no_question_ends_its_first_line_before_the_line_is_full() -> None:
    snapshot = sample_snapshot()
    text = "The model doesn't answer for four hours and nothing takes over. What would such an outage typically cost you?"
    question = snapshot["questionnaires"][0]["sections"][0]["questions"][0]
    question |= {"id": "loss.outage", "text": text, "criterion": None}
    html = pdf.page(decided(canonical_bytes(snapshot)), {}).replace('<link rel="stylesheet" href="countersign:report.css">', "")
    head, *sections = re.split(r"(?=<section class=\")", html)
    asked = next(s for s in sections if 'id="questions"' in s)
    document = HTML(string=head + asked, url_fetcher=pdf.OwnFilesOnly({}))
    pages = document.render(stylesheets=[pdf.style_sheet("")], font_config=fonts.configuration()).pages
    lines = [
        "".join(b.text for b in box.descendants() if isinstance(b, TextBox))
        for page in pages
        for box in page._page_box.descendants()
        if isinstance(box, LineBox)
    ]
    assert any(line.startswith("The model doesn't answer for four") for line in lines), lines


def test_the_executive_summary_says_what_would_change_the_recommendation() -> None:
    records = decided(canonical_bytes(sample_snapshot()))
    assert context(records)["change"]["groups"]
    text = pdf.page(records, {}, Printing("executive_summary"))
    assert "What would change it" in text
    assert "No option is admissible once nobody is woken for Vendor API in the EU." in text


def test_a_draft_doesnt_say_that_there_are_no_conditions_and_no_review() -> None:
    snapshot = canonical_bytes(sample_snapshot())
    html = pdf.page(Records(snapshot, digest_of(snapshot), b"", ""), {}, Printing("draft"))
    assert "set with the approval, if any" in html
    assert "the day of review is set with the approval" in html
