"""What a reader of the printed pages would stumble over: words, names and figures, and pages that hold two lines."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weasyprint import HTML
from weasyprint.formatting_structure.boxes import LineBox, TextBox

from audit.canonical import canonical_bytes
from reports import fonts, pdf, questions, verdicts
from reports.charts import draw_charts
from reports.document import Records, context
from reports.looks import Printing, Style
from reports.wording import listed, percent, shortened
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
    (page,) = laid_out(treated(), "A4", "chapter")
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
        next(s for s in sections if s.startswith(f'<section class="{kind}"') and (kind != "chapter" or 'id="findings"' in s))
        for kind in kinds
    ]
    head = sections[0].replace('<link rel="stylesheet" href="countersign:report.css">', "")  # given below
    document = HTML(string=head + "".join(kept), url_fetcher=pdf.OwnFilesOnly(charts))
    return list(document.render(stylesheets=[pdf.style_sheet(printing.css)], font_config=fonts.configuration()).pages)


def _lines(page: Any) -> list[list[str]]:
    """The texts of each line of a page."""
    boxes = page._page_box.descendants()
    return [[b.text.strip() for b in box.descendants() if isinstance(b, TextBox)] for box in boxes if isinstance(box, LineBox)]


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

    assert shown("250000", "250000 units of the demand's currency") == "250,000 units of the demand's currency"
    assert shown("2026", "2026") == "2026"
    assert shown("100000", "A hundred thousand") == "A hundred thousand"


def test_percentages_have_their_thousands_apart() -> None:
    assert [percent(share) for share in ("12.45", "0.125", "1", "0")] == ["1,245 %", "12.5 %", "100 %", "0 %"]


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
