"""The executive summary and the draft, on both papers, with as much and as bad a text as people can write."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from audit.canonical import canonical_bytes
from reports import pdf
from reports.charts import draw_charts
from reports.document import Records
from reports.looks import Printing, Style
from reports.verifier import verify_pdf
from tests.reports.sample import digest_of, sample_decision, sample_records, sample_snapshot
from tests.reports.soundness import assert_sound
from tests.reports.test_printing import HOSTILE, text_of

LONG = "A rather long text that somebody wrote without thinking of whoever has to print it, and then went on. " * 12


def crowded(text: str) -> Records:
    """A record with eleven options, thirty findings, ten conditions, acceptances and signatures, each with the text."""
    snapshot = sample_snapshot()
    for number in range(8):
        key = f"more-{number}"
        snapshot["options"].append(snapshot["options"][1] | {"id": key, "name": f"{number} {text}"})
        snapshot["evaluation"]["options"].append(snapshot["evaluation"]["options"][1] | {"id": key})
        snapshot["evaluation"]["ranking"].append(key)
        for scenario in snapshot["evaluation"]["scenarios"]:
            scenario["options"].append(scenario["options"][1] | {"id": key})
            scenario["ranking"].append(key)
    snapshot["assessment"]["title"] = snapshot["use_case"]["name"] = snapshot["organisation"]["name"] = text
    snapshot["proposal"]["reason"] = snapshot["use_case"]["purpose"] = snapshot["use_case"]["owner"] = text
    snapshot["obligations"] = [snapshot["obligations"][1] | {"id": f"o-{n}", "title": text} for n in range(9)]
    recommendation = snapshot["evaluation"]["recommendation"]
    recommendation["reasons"] = [text] * 9
    recommendation["backed_by"] = [[]] * 2 + [["options.managed-open.completeness"]] * 7
    entry = {
        "option": snapshot["proposal"]["option"], "title": text, "message": text, "inherent": "critical", "residual": "high", "treatment": "mitigate",
        "plan": text, "blocker": False, "acceptable_by": None, "owner": {"name": text}, "due_on": "2027-01-31", "evidence": [],
    }  # fmt: skip
    snapshot["register"] = [entry | {"finding": f"f-{n}"} for n in range(30)]
    content = canonical_bytes(snapshot)
    decision: dict[str, Any] = sample_decision(content)
    decision["verdicts"] = decision["verdicts"] * 10
    decision["conditions"] = [{"number": 1, "text": text, "owner": {"name": text}, "due_on": "2027-01-31", "set_by": text}] * 10
    decision["acceptances"] = [
        {"blocker": "b", "option": entry["option"], "message": text, "title": text, "person": text, "reason": text,
         "at": "2026-11-01T08:00:00.000000Z", "expires_on": "2027-01-31", "inherent": "high", "residual": "high"}
    ] * 10  # fmt: skip
    data = canonical_bytes(decision)
    return Records(content, digest_of(content), data, digest_of(data))


def printed(records: Records, printing: Printing) -> bytes:
    charts = draw_charts(records)
    return pdf.finish(pdf.lay_out(pdf.page(records, charts, printing), records, charts, printing))


@pytest.mark.parametrize(("paper", "text"), [("A4", LONG), ("letter", LONG), ("letter", "w" * 1200)])
def test_an_executive_summary_has_two_pages_whatever_is_in_it(paper: str, text: str) -> None:
    data = printed(crowded(text), Printing("executive_summary", Style(1, paper, "#7a1f3d")))
    with pikepdf.open(io.BytesIO(data)) as document:
        assert len(document.pages) == 2
        assert document.Root.Lang == "en-GB"
        assert str(document.docinfo["/Title"]).startswith("Executive summary")


def test_hostile_text_is_printed_as_text() -> None:
    text = text_of(printed(crowded(HOSTILE), Printing("executive_summary")))
    assert "<script>alert(1)</script>" in text
    assert "root:" not in text


def test_the_same_record_gives_the_same_bytes_and_another_edition_others() -> None:
    records = crowded("x")
    first = printed(records, Printing("executive_summary"))
    assert printed(records, Printing("executive_summary")) == first
    assert printed(records, Printing("executive_summary", edition=2, replaces="0" * 64, reason="Because.")) != first


def test_the_executive_summary_is_as_sound_as_the_sign_off_report(tmp_path: Path) -> None:
    assert_sound(printed(crowded("x"), Printing("executive_summary")), tmp_path, figures=0)


@pytest.mark.parametrize("paper", ["A4", "letter"])
def test_the_watermark_of_a_draft_is_over_everything_on_every_page_and_no_content(paper: str) -> None:
    snapshot, _ = sample_records()
    data = printed(Records(snapshot, digest_of(snapshot), b"", ""), Printing("draft", Style(1, paper)))
    with pikepdf.open(io.BytesIO(data)) as document:
        assert len(document.pages) > 5
        for page in document.pages:
            steps = [(str(step.operator), step.operands) for step in pikepdf.parse_content_stream(page)]
            at = max(number for number, (operator, _) in enumerate(steps) if operator in ("Do", "Tj", "TJ", "S", "f", "f*", "B"))
            *_, (left, _, width, height) = [map(float, operands) for operator, operands in steps[:at] if operator == "re"]
            assert (width, height) == pytest.approx((150 / 25.4 * 96, 210 / 25.4 * 96), abs=0.01)
            assert left == pytest.approx(31 / 25.4 * 96, abs=0.01)
            assert steps[at][0] == "Do"
            opened = [operands for operator, operands in steps[:at] if operator in ("BMC", "BDC")]
            assert str(opened[-1][0]) == "/Artifact"
            assert steps[at + 1][0] == "EMC"


def test_a_draft_is_as_sound_and_no_decision(tmp_path: Path) -> None:
    snapshot, _ = sample_records(assessment={"id": "x", "title": HOSTILE})
    data = printed(Records(snapshot, digest_of(snapshot), b"", ""), Printing("draft"))
    assert_sound(data, tmp_path, figures=3)
    checks = {check.name: check for check in verify_pdf(data).checks}
    assert checks["draft"].ok is True
    assert checks["snapshot.json"].ok is True
    assert "decision-record.json" not in checks
    text = text_of(data)
    assert "Signatures" not in text
    for expected in ("<script>alert(1)</script>", "{{ settings }}", "[U+202E]abc", "[U+1F600]"):
        assert expected in text, expected
