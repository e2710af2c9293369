"""The pages of the report: what stands on them, that hostile text stays text, and that the same record gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from weasyprint.urls import FatalURLFetchingError

from audit.canonical import canonical_bytes
from reports import pdf
from reports.charts import draw_charts
from reports.document import Records, UnknownRecord
from reports.fonts import FOLDER, SUBSETS, covered
from reports.text import printable
from tests.reports.sample import digest_of, sample_decision, sample_questionnaires, sample_records, sample_snapshot
from tests.reports.soundness import assert_sound

HOSTILE = (
    '<script>alert(1)</script> <img src="file:///etc/passwd"> <link rel="attachment" href="file:///etc/passwd"> file:///etc/hostname '
    'http://127.0.0.1:9/x {{ settings }} {% now "Y" %} & url(http://127.0.0.1:9/) \u202eabc \x07 \U0001f600 Žluťoučký Ωμέγα Привет'
)
ROOT = Path(__file__).resolve().parents[2]


def records_of(outcome: str = "approved", **changes: object) -> Records:
    snapshot, decision = sample_records(outcome, **changes)
    return Records(snapshot, digest_of(snapshot), decision, digest_of(decision))


def unsigned(records: Records) -> bytes:
    charts = draw_charts(records)
    return pdf.finish(pdf.lay_out(pdf.page(records, charts), records, charts))


def text_of(data: bytes, *options: str) -> str:
    """The document's text by poppler, with runs of space as one."""
    done = subprocess.run(["pdftotext", *options, "-", "-"], input=data, capture_output=True, check=True)
    return re.sub(r"\s+", " ", done.stdout.decode())


@pytest.fixture(scope="module")
def plain() -> bytes:
    return unsigned(records_of())


@pytest.fixture(scope="module")
def hostile() -> bytes:
    return unsigned(records_of(questionnaires=sample_questionnaires(1, HOSTILE, HOSTILE), assessment={"id": "x", "title": HOSTILE}))


def test_the_cover_says_what_was_decided_by_whom_on_which_record(plain: bytes) -> None:
    cover = text_of(plain, "-l", "1")
    for text in ("North Bank AG", "Approved", "Vendor API in the EU", "71.4", "86 %", "Limited risk", "Dr Marguerite Oyelaran"):
        assert text in cover
    assert records_of().snapshot_digest in cover
    assert records_of().decision_digest in cover


def test_an_abstention_is_not_said_to_have_been_signed_anew() -> None:
    snapshot, _ = sample_records()
    decision = sample_decision(snapshot)
    decision["verdicts"].insert(
        0, decision["verdicts"][0] | {"verdict": "abstain", "authentication": "session", "reason": "My cousin works there."}
    )
    data = canonical_bytes(decision)
    text = text_of(unsigned(Records(snapshot, digest_of(snapshot), data, digest_of(data))))
    assert "the session; to return or to abstain nobody is asked again" in text
    assert "password, at the time of signing" in text


def test_a_rejection_says_so() -> None:
    assert "Rejected" in text_of(unsigned(records_of("rejected")), "-l", "1")


def test_every_part_is_there_and_in_the_contents_with_its_page(plain: bytes) -> None:
    contents = text_of(plain, "-f", "2", "-l", "2", "-layout")
    with pikepdf.open(io.BytesIO(plain)) as document, document.open_outline() as outline:
        chapters = [item.title for item in outline.root[1:]]
        assert len(document.pages) > 10
    for chapter in chapters:
        if chapter != "Contents":
            assert re.search(rf"{re.escape(chapter)} \d+", contents), chapter
    for chapter in ("Summary", "Options side by side", "Result by criterion", "Blockers and findings", "EU AI Act", "Obligations", "Costs"):
        assert chapter in chapters
    for chapter in (
        "How sure",
        "Losses and accountability",
        "What would change it",
        "Scenarios side by side",
        "Where every number comes from",
    ):
        assert chapter in chapters
    for chapter in ("Questions and answers", "Signatures", "Evidence", "Audit trail", "Sources", "Methods", "How to recompute and verify"):
        assert chapter in chapters


def test_scores_answers_findings_costs_duties_and_evidence_stand_in_the_text(plain: bytes) -> None:
    text = text_of(plain)
    for expected in (
        "64.9", "Nobody is on call at night", "784,480", "1.2 billion", "Art. 50(1)", "2 August 2026", "Clause 7.2", "Tomasz Wilk",
        "Page 3 of",
        f"Sign-off report of 24 November 2026, decision record {digest_of(records_of().decision)[7:15]}",
        "not admissible", "to be checked", "pdfsig sign-off.pdf", "Contractual",
    ):  # fmt: skip
        assert expected in text, expected
    assert "5e" * 32 in text.replace(" ", "")


def test_seven_options_with_long_names_fit_the_page() -> None:
    snapshot = sample_snapshot()
    for number in range(4):
        key, name = f"more-{number}", f"Another option with a rather long name number {number}"
        snapshot["options"].append(snapshot["options"][1] | {"id": key, "name": name})
        snapshot["evaluation"]["options"].append(snapshot["evaluation"]["options"][1] | {"id": key})
        snapshot["evaluation"]["ranking"].append(key)
        for scenario in snapshot["evaluation"]["scenarios"]:
            scenario["options"].append(scenario["options"][1] | {"id": key})
            scenario["ranking"].append(key)
    content = canonical_bytes(snapshot)
    decision = canonical_bytes(sample_decision(content))
    data = unsigned(Records(content, digest_of(content), decision, digest_of(decision)))
    text = text_of(data)
    for expected in ("Model access", "Security and compliance", "Updates and patches"):
        assert expected in text
    with pikepdf.open(io.BytesIO(data)) as document:
        assert len(document.pages) < 40
    boxes = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=data, capture_output=True, check=True).stdout.decode()
    assert max(float(x) for x in re.findall(r'xMax="([0-9.]+)"', boxes)) <= 595.3 - 22 / 25.4 * 72 + 1


def test_hostile_text_is_printed_as_text_and_fetches_nothing(hostile: bytes) -> None:
    text = text_of(hostile)
    for expected in ("<script>alert(1)</script>", 'src="file:///etc/', "http://127.0.0.1:9/x", "{{ settings }}", '{% now "Y" %}'):
        assert "".join(expected.split()) in "".join(text.split()), expected  # wherever its lines break
    for expected in ("[U+202E]abc", "[U+0007]", "[U+1F600]", "Žluťoučký", "Ωμέγα", "Привет"):
        assert expected in text, expected
    assert "root:" not in text
    with pikepdf.open(io.BytesIO(hostile)) as document:
        assert sorted(document.attachments) == ["decision-record.json", "evaluation.json", "snapshot.json"]


def test_a_text_without_a_space_and_one_that_never_ends_are_laid_out() -> None:
    data = unsigned(records_of(assessment={"id": "x", "title": "z" * 3000}, proposal={
        "option": "vendor-api", "option_name": "Vendor API in the EU", "recommended": "vendor-api", "reason": "long " * 8000,
    }))  # fmt: skip
    assert "more characters in the embedded record" in text_of(data)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "http://127.0.0.1:9/", "https://example.com/", "ftp://example.com/", "data:text/plain,x",
     "countersign:fonts/../../etc/passwd", "countersign:fonts/../report.css", "countersign:chart/none", "/etc/passwd"],
)  # fmt: skip
def test_the_fetcher_refuses_everything_but_our_own_files(url: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        pdf.OwnFilesOnly({}).fetch(url)


def test_the_fonts_are_ours_alone_and_embedded(hostile: bytes) -> None:
    done = subprocess.run(["pdffonts", "-"], input=hostile, capture_output=True, check=True)
    rows = [line.split() for line in done.stdout.decode().splitlines()[2:]]
    assert rows
    assert all(row[0].split("+")[1].startswith(("Inter", "Source-Serif-4", "IBM-Plex-Mono")) for row in rows)
    assert all("yes yes yes" in " ".join(row) for row in rows)


def test_the_style_sheet_names_every_font_file() -> None:
    css = pdf.STYLES.read_text()
    for face in (
        "inter-{}-400-normal",
        "inter-{}-600-normal",
        "inter-{}-400-italic",
        "source-serif-4-{}-400-normal",
        "source-serif-4-{}-600-normal",
    ):
        for subset in SUBSETS:
            name = face.format(subset) + ".woff2"
            assert f"countersign:fonts/{name}" in css
            assert (FOLDER / name).exists()


def test_the_same_record_gives_the_same_bytes_in_another_process(plain: bytes, tmp_path: Path) -> None:
    script = (
        "import django; django.setup()\n"
        "from tests.reports.test_printing import records_of, unsigned\n"
        "import hashlib; print(hashlib.sha256(unsigned(records_of())).hexdigest())"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": str(tmp_path), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    env["LOG_LEVEL"] = "ERROR"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == hashlib.sha256(plain).hexdigest()
    assert hashlib.sha256(unsigned(records_of())).hexdigest() == hashlib.sha256(plain).hexdigest()


def test_it_is_a_sound_pdf_that_declares_its_standards(plain: bytes, tmp_path: Path) -> None:
    assert_sound(plain, tmp_path, figures=3)


def test_a_record_of_another_format_is_refused_by_name() -> None:
    records = records_of(format="countersign/snapshot@9")
    with pytest.raises(UnknownRecord, match="countersign/snapshot@9"):
        records.data()


@given(st.text(max_size=400))
def test_what_is_printed_has_only_characters_that_the_fonts_have(text: str) -> None:
    shown = printable(text, covered())
    assert all(c in "\n\t " or ord(c) in covered() for c in shown)


@given(st.text(alphabet=st.characters(codec="latin-1", categories=("L", "N", "P")), max_size=150))
def test_ordinary_text_is_printed_as_it_is(text: str) -> None:
    assert printable(text, covered()) == text
