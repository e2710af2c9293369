"""What a reader of the printed pages would stumble over: words, names and figures, and pages that hold two lines."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weasyprint import HTML
from weasyprint.formatting_structure.boxes import LineBox, TextBox

from audit.canonical import canonical_bytes
from reports import fonts, pdf, questions, sources, verdicts
from reports.charts import draw_charts
from reports.document import Records, context
from reports.looks import Printing, Style
from reports.text import held_together
from reports.wording import aligned, fixed, listed, percent, shortened
from tests.reports.sample import digest_of, sample_decision, sample_records, sample_snapshot
from tests.reports.test_printing import records_of
from tests.reports.test_printing_kinds import LONG, crowded


def page_of(records: Records) -> str:
    """The report's HTML as words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", pdf.page(records, draw_charts(records))))


def decided(snapshot: bytes, **changes: Any) -> Records:
    decision = canonical_bytes(sample_decision(snapshot) | changes)
    return Records(snapshot, digest_of(snapshot), decision, digest_of(decision))


@pytest.mark.parametrize(
    ("spoken", "outcome", "said"),
    [
        (["abstain", "approve"], "approved", "B"),
        (["approve", "approve_with_conditions"], "approved", "A and B"),
        (["approve", "return", "reject"], "rejected", "C"),
        (["approve"] * 5, "approved", "A, B, C and 2 more"),
    ],
)
def test_the_decision_is_said_to_be_theirs_whose_verdicts_made_it(spoken: list[str], outcome: str, said: str) -> None:
    given = [{"verdict": verdict, "person": {"name": name}} for verdict, name in zip(spoken, "ABCDE", strict=False)]
    assert verdicts.deciders({"decision": {"outcome": outcome}, "verdicts": given}) == said


def test_who_abstained_first_is_not_named_as_the_one_who_approved() -> None:
    snapshot, _ = sample_records()
    given = sample_decision(snapshot)["verdicts"][0]
    abstained = given | {"verdict": "abstain", "person": given["person"] | {"name": "Somebody Else"}, "reason": ""}
    text = page_of(decided(snapshot, verdicts=[abstained, given]))
    assert f"{given['person']['name']} approved Vendor API in the EU" in text
    assert "Somebody Else approved" not in text


def test_a_recommendation_of_another_option_is_not_printed_as_if_it_were_of_the_proposed_one() -> None:
    snapshot = sample_snapshot()
    snapshot["proposal"] |= {"option": "managed-open", "option_name": "Managed open weights", "reason": "We know the host."}
    content = canonical_bytes(snapshot)
    text = page_of(decided(content))
    assert "for another option: Vendor API in the EU" in text
    assert "Why Vendor API in the EU is recommended" in text
    assert "Why Managed open weights was proposed We know the host." in text


def test_what_was_accepted_is_called_a_finding_and_named() -> None:
    text = page_of(crowded("Nobody watches"))
    assert "10 findings were accepted by signature" in text
    assert "The approval holds only under 10 conditions" in text
    assert "blockers accepted" not in text


@pytest.mark.parametrize("paper", ["A4", "letter"])
def test_cover_and_summary_are_one_page_each_however_much_is_in_them(paper: str) -> None:
    pages = laid_out(crowded(LONG), paper, "cover cover-close", "chapter summary")
    assert len(pages) == 2


def test_no_word_is_broken_in_a_narrow_column_of_what_is_done_about_findings() -> None:
    (page,) = laid_out(treated(), "A4", "chapter flow")
    lines = {" ".join(words) for words in _lines(page)}
    assert {"Before", "After", "Critical", "Medium", "Ines Albrecht"} <= lines


def treated() -> Records:
    """A record with one finding that is treated."""
    snapshot = sample_snapshot()
    snapshot["findings"] = snapshot["findings"][:1]
    snapshot["register"] = [
        {"option": snapshot["proposal"]["option"], "finding": "f", "title": "Nobody watches at night", "message": "", "inherent": "critical",
         "residual": "medium", "treatment": "mitigate", "plan": "Two people share the rota from spring on. " * 4, "blocker": False,
         "acceptable_by": None, "owner": {"name": "Ines Albrecht"}, "due_on": "2027-01-31", "evidence": []}
    ]  # fmt: skip
    return decided(canonical_bytes(snapshot))


def laid_out(records: Records, paper: str, *kinds: str) -> list[Any]:
    """The pages of the sections of these classes alone; of a class that several have, the one about findings."""
    charts, printing = draw_charts(records), Printing("sign_off", Style(1, paper))
    html = pdf.page(records, charts, printing)
    sections = re.split(r"(?=<section class=\")", html)
    kept = [
        next(s for s in sections if s.startswith(f'<section class="{kind}"') and ("flow" not in kind or 'id="findings"' in s))
        for kind in kinds
    ]
    head = sections[0].replace('<link rel="stylesheet" href="countersign:report.css">', "")  # given below
    document = HTML(string=head + "".join(kept), url_fetcher=pdf.OwnFilesOnly(charts))
    return list(document.render(stylesheets=[pdf.style_sheet(printing.css)], font_config=fonts.configuration()).pages)


def _lines(page: Any) -> list[list[str]]:
    """The texts of each line of a page."""
    boxes = page._page_box.descendants()
    return [[b.text.strip() for b in box.descendants() if isinstance(b, TextBox)] for box in boxes if isinstance(box, LineBox)]


def test_no_page_ends_with_a_heading() -> None:
    titles = {"Service levels and support", "Asked of", "Answer", "Basis", "Events a year"}
    snapshot = sample_snapshot()
    for questionnaire in snapshot["questionnaires"]:
        for section in questionnaire["sections"]:
            titles |= {section["title"], *(q["text"] for q in section["questions"])}
            for question in section["questions"]:
                for answer in question["answers"].values():
                    answer["note"] = "It is long. " * 30  # such a question may be parted
    titles |= {scenario["title"] for scenario in snapshot["losses"]}
    records = decided(canonical_bytes(snapshot))
    html = pdf.page(records, {})
    head, *sections = re.split(r"(?=<section class=\")", html)
    head = head.replace('<link rel="stylesheet" href="countersign:report.css">', "")
    wanted = [s for s in sections if 'id="losses"' in s or 'id="questions"' in s]
    for space in range(0, 200, 17):
        body = f'<div style="height: {space}mm"></div>'.join(["", *(s.replace('class="chapter"', 'class="chapter flow"') for s in wanted)])
        document = HTML(string=head + body, url_fetcher=pdf.OwnFilesOnly({}))
        for page in document.render(stylesheets=[pdf.style_sheet("")], font_config=fonts.configuration()).pages:
            boxes = page._page_box.children[0].descendants()  # without what stands in the margins
            last = [b.text for b in boxes if isinstance(b, TextBox) and b.text.strip()][-1:]
            assert not [title for title in titles if last and last[0].startswith(title)], (space, last)


def test_obligations_of_one_law_stand_together_the_ai_act_first() -> None:
    snapshot = sample_snapshot()
    one = snapshot["obligations"][0]
    snapshot["obligations"] = [
        one | {"id": f"{law}.{n}", "instrument": law} for n, law in enumerate(["data-act", "gdpr", "ai-act", "gdpr"])
    ]
    content = canonical_bytes(snapshot)
    shown = context(decided(content))["obligations"]
    assert [o["id"] for o in shown] == ["ai-act.2", "gdpr.1", "gdpr.3", "data-act.0"]


def test_large_answers_have_their_thousands_apart_and_codes_stay_as_they_are() -> None:
    snapshot = sample_snapshot()
    asked = next(questions.questions(snapshot))
    answer = next(iter(asked["answers"].values()))

    def shown(value: str, display: str) -> str:
        asked["answers"] = {next(iter(asked["answers"])): answer | {"state": "answered", "value": value, "display": display}}
        row = next(iter(questions.questionnaires(snapshot, {})))["sections"][0]["questions"][0]["answers"][0]
        return str(row["text"])

    assert shown("250000", "250000 requests") == "250,000 requests"
    asked["unit"] = "units of the demand's currency"  # as release 3 has it
    assert shown("8000", "8000 units of the demand's currency") == "EUR 8,000"
    asked["unit"] = ""
    assert shown("2026", "2026") == "2026"
    assert shown("100000", "A hundred thousand") == "A hundred thousand"


def test_what_was_not_asked_of_an_option_says_so_once_and_why() -> None:
    snapshot = sample_snapshot()
    names = {o["id"]: o["name"] for o in snapshot["options"]}
    question = next(q for q in questions.questions(snapshot) if q["scope"] == "option")
    question |= {"when": 'sourcing in ["closed_api"]'}
    question["answers"] = {key: {"state": "unknown" if key == "vendor-api" else "hidden"} for key in names}
    sections = next(iter(questions.questionnaires(snapshot, names)))["sections"]
    shown = next(q for section in sections for q in section["questions"] if q["id"] == question["id"])
    assert [row["owner"] for row in shown["answers"]] == ["Vendor API in the EU"]
    assert shown["hidden"] == [
        "not asked of Managed open weights, since it runs managed open weights",
        "not asked of Own cluster in Frankfurt, since it runs self-hosted open weights",
    ]


def test_what_was_not_asked_of_several_options_is_said_of_all_of_them() -> None:
    snapshot = sample_snapshot()
    names = {o["id"]: o["name"] for o in snapshot["options"]}
    section = snapshot["questionnaires"][0]["sections"][0]
    by_sourcing, by_fallback, by_its_kind = section["questions"][:3]
    for option in snapshot["options"][:2]:
        option["sourcing"] = "closed_api"
    for question in section["questions"][:3]:
        question |= {"scope": "option", "answers": {key: {"state": "hidden"} for key in names}}
    by_sourcing["when"] = 'sourcing == "self_hosted_open"'
    by_sourcing["answers"]["own-cluster"] = {"state": "unknown"}
    by_fallback["when"] = 'fallback_sourcing != "none"'
    snapshot["options"][0]["fallback"] = {"sourcing": "closed_api", "provider": "", "model": ""}
    by_its_kind["when"] = 'fallback_sourcing == "self_hosted_open"'
    shown = next(iter(questions.questionnaires(snapshot, names)))["sections"][0]
    assert shown["questions"][0]["hidden"] == ["not asked of Vendor API in the EU and Managed open weights, since they are closed APIs"]
    assert [group["why"] for group in shown["unasked"]][1] == (
        " of Vendor API in the EU, since its fallback is a closed API;"
        " of Managed open weights and Own cluster in Frankfurt, since they have no fallback"
    )
    del snapshot["options"][0]["fallback"]
    shown = next(iter(questions.questionnaires(snapshot, names)))["sections"][0]
    assert shown["unasked"][0]["why"] == " of any option, since they have no fallback"


def test_questions_that_nobody_was_asked_stand_together_under_what_their_condition_fails_by() -> None:
    snapshot = sample_snapshot()
    section = snapshot["questionnaires"][0]["sections"][0]
    for question in section["questions"][1:]:
        question |= {"when": f'{section["questions"][0]["id"].replace(".", "_").replace("-", "_")} == "some"'}
        question["answers"] = {key: {"state": "hidden"} for key in question["answers"]}
    section["questions"][0] |= {
        "scope": "use_case",
        "answers": {"use_case": {"state": "answered", "value": "none", "display": "None at all", "basis": "published"}},
    }
    shown = next(iter(questions.questionnaires(snapshot, {})))["sections"][0]
    assert [q["text"] for q in shown["questions"]] == [section["questions"][0]["text"]]
    assert shown["unasked"] == [
        {
            "why": f", since “{section['questions'][0]['text']}” is answered “None at all”",
            "titles": [q["text"] for q in section["questions"][1:]],
        }
    ]
    text = page_of(decided(canonical_bytes(snapshot)))
    for question in section["questions"][1:]:
        assert question["text"] in unescape(text)


def test_who_answered_stands_once_and_with_the_exceptions() -> None:
    snapshot = sample_snapshot()
    shown = next(iter(questions.questionnaires(snapshot, {})))
    assert (shown["by"], shown["on"], shown["others"]) == ("Tomasz Wilk", "19 November 2026", False)
    first = next(questions.questions(snapshot))
    answer = next(iter(first["answers"].values()))
    answer |= {"answered_by": "Somebody Else", "answered_at": "2026-11-21T08:00:00.000000Z"}
    shown = next(iter(questions.questionnaires(snapshot, {})))
    assert shown["others"]
    rows = [row for section in shown["sections"] for q in section["questions"] for row in q["answers"]]
    assert [row["by"] for row in rows if row["by"]] == ["Somebody Else, 21 Nov 2026"]


def test_options_with_one_answer_share_a_row() -> None:
    snapshot = sample_snapshot()
    names = {o["id"]: o["name"] for o in snapshot["options"]}
    question = next(q for q in questions.questions(snapshot) if q["scope"] == "option")
    one = next(iter(question["answers"].values()))
    question["answers"] = dict.fromkeys(names, one)
    for section in next(iter(questions.questionnaires(snapshot, names)))["sections"]:
        for shown in section["questions"]:
            if shown["id"] == question["id"]:
                assert [row["owner"] for row in shown["answers"]] == ["Every option"]


def test_an_answer_of_several_choices_says_which_it_left() -> None:
    snapshot = sample_snapshot()
    first = next(questions.questions(snapshot))
    choices = [{"id": "a", "text": "Reads faces"}, {"id": "b", "text": "Scores people"}]
    first |= {"type": "choices", "scope": "use_case", "choices": choices}
    first["answers"] = {"use_case": {"state": "answered", "value": [], "display": "None of these", "basis": "self_declared"}}

    def left() -> tuple[str, list[str]]:
        """What the question says of all its answers, and what each says of itself."""
        found = next(iter(questions.questionnaires(snapshot, {})))["sections"][0]["questions"][0]
        return found["left"], [answer["left"] for answer in found["answers"]]

    assert left() == ("Not chosen: Reads faces; Scores people", [""])
    first["answers"]["use_case"]["value"] = ["a", "b"]
    assert left() == ("", [""])
    first["answers"]["other"] = first["answers"]["use_case"] | {"value": ["a"]}
    assert left() == ("", ["", "Not chosen: Scores people"])


def test_percentages_have_their_thousands_apart() -> None:
    assert [percent(share) for share in ("12.45", "0.125", "1", "0")] == ["1,245 %", "12.5 %", "100 %", "0 %"]


def test_no_line_ends_between_a_figure_and_its_unit_and_code_is_left_as_it_is() -> None:
    held = held_together(
        '<p title="5 %">24 % of EUR 8,000, Art. 30(2), Arts 9 to 11, Annex III, 3 AM, 8.0 billion; see <code>EUR 8 %</code> 5 % </p>'
    )
    assert held == (
        '<p title="5 %">24\u00a0% of EUR\u00a08,000, Art.\u00a030(2), Arts\u00a09 to 11, Annex\u00a0III, 3\u00a0AM, 8.0\u00a0billion; '
        "see <code>EUR 8 %</code> 5\u00a0% </p>"
    )
    held = held_together("<p>2.4 points since 25 May 2018; growth = 10 × 2, 5 Marchers</p>")
    assert held == "<p>2.4\u00a0points since 25\u00a0May 2018; growth\u00a0=\u00a010 ×\u00a02, 5 Marchers</p>"


def test_sources_stand_by_how_far_they_were_verified_with_a_tally() -> None:
    shown = context(records_of())
    found = [s for group in shown["sources"] for s in group["sources"]]
    assert found == [s for group in shown["sources"] for s in sorted(group["sources"], key=lambda s: s["title"].lower())]
    order = ["primary", "secondary", "computed", "judgement", "to_check"]
    assert [order.index(s["verified"]) for s in found] == sorted(order.index(s["verified"]) for s in found)
    assert shown["sources_tally"].startswith(f"Of {len(found)} sources ")
    assert all(s["supports"] for s in found)
    given = [{"verified": v} for v in ("primary", "to_check", "to_check", "judgement")]
    assert sources.tally(given) == (
        "Of 4 sources 1 was read in its primary text, 1 is Countersign's own judgement and 2 are to be checked."
    )


def test_the_figures_of_a_column_have_as_many_decimals_as_each_other() -> None:
    assert aligned([["59 %", "10.4 %"], ["0 %", "below 0.1 %"], ["", "never first"]]) == [
        ["59.0 %", "10.4 %"],
        ["0.0 %", "below 0.1 %"],
        ["", "never first"],
    ]
    assert aligned([["59 %", "100 %"]]) == [["59 %", "100 %"]]
    assert [fixed(text) for text in ("1.0000", "0.4666", "-", "0")] == ["1.00", "0.47", "-", "0.00"]


def test_what_could_still_become_better_is_said_only_where_something_is_open() -> None:
    snapshot = sample_snapshot()
    for option in snapshot["evaluation"]["options"]:
        for value in option["values"].values():
            value["best"] = value["value"]
    text = page_of(decided(canonical_bytes(snapshot)))
    assert "what it could still become" not in text
    assert "a bar runs on" not in text
    assert "what it could still become" in page_of(records_of())


def test_an_amount_stands_behind_its_currency() -> None:
    snapshot = sample_snapshot()
    snapshot["file"]["demand"]["budget"] = {"target_per_month": "15000"}
    rows = {row["text"]: row["value"] for row in context(decided(canonical_bytes(snapshot)))["demand"]}
    assert rows["Budget: target a month"] == "EUR 15,000"


def test_names_are_listed_as_in_a_sentence() -> None:
    assert [listed(list(names)) for names in ("", "A", "AB", "ABC")] == ["", "A", "A and B", "A, B and C"]


@given(st.text(max_size=80), st.integers(min_value=4, max_value=60))
def test_a_shortened_text_is_never_longer_and_a_narrow_one_that_fits_is_whole(text: str, longest: int) -> None:
    short = shortened(text, longest)
    assert len(short) <= longest
    assert short == text or short.endswith("…")
    if 2 * len(text) <= longest:
        assert short == text


def test_a_text_is_shortened_between_words_and_sooner_where_its_letters_are_wide() -> None:
    assert shortened("Several open options lead once (no “Nothere”)", 33) == "Several open options lead once…"
    assert shortened("w" * 100, 21) == "w" * 10 + "…"
    assert shortened("l" * 100, 21) == "l" * 20 + "…"


def test_what_was_not_asked_or_does_not_apply_is_counted_apart() -> None:
    text = page_of(records_of())
    assert re.search(
        r"Of \d+ answers that were asked for \d+ are given, (\d+|none) (is|are) not applicable "
        r"and (\d+|none) (is|are) open or unknown",
        text,
    )
