"""The task that makes the sign-off report."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
from pathlib import Path

import pikepdf
import pytest
from django.db import connection
from django.template import Template

from assessments.models import DecisionRecord, Snapshot
from assessments.snapshots import content_of
from audit.models import AuditEvent
from jobs.models import Job
from reports.derivation import derivation
from reports.models import Report
from reports.questions import questions
from reports.routing import routing
from reports.storing import digest_of
from reports.tasks import make_sign_off
from reports.titles import Titles
from reports.verifier.figures import check_figures
from reports.wording import amount
from tests.reports.sample import sample_snapshot
from tests.reports.test_printing_risk import assert_whole
from tests.triggers import without_triggers

pytestmark = pytest.mark.django_db

WORKED_EXAMPLE = True


def test_the_stored_file_is_the_one_that_the_row_and_the_trail_name(report: Report, decision: DecisionRecord, stored: bytes) -> None:
    assert hashlib.sha256(stored).hexdigest() == report.sha256 == digest_of(report.file.name, report.file.storage)
    assert len(stored) == report.size
    event = AuditEvent.objects.get(action="report.made")
    assert event.object_id == str(report.pk)
    assert event.changes["sha256"] == report.sha256
    assert event.changes["decision_record"] == decision.digest
    assert decision.snapshot.assessment.title in event.sentence()


def test_the_seal_leaves_the_unsigned_bytes_as_a_prefix(report: Report, stored: bytes) -> None:
    digests = (hashlib.sha256(stored[: end + 6]).hexdigest() for end in _ends(stored))
    assert report.unsigned_sha256 in digests


def test_both_records_are_embedded_byte_for_byte(decision: DecisionRecord, stored: bytes) -> None:
    with pikepdf.open(io.BytesIO(stored)) as pdf:
        attached = {name: pdf.attachments[name] for name in pdf.attachments}
        assert sorted(attached) == ["decision-record.json", "evaluation.json", "log-proof.json", "snapshot.json"]
        assert attached["snapshot.json"].get_file().read_bytes() == bytes(decision.snapshot.content)
        assert attached["decision-record.json"].get_file().read_bytes() == bytes(decision.content)
        assert [str(spec.AFRelationship) for spec in pdf.Root.AF] == ["/Source", "/Data", "/Supplement", "/Supplement"]
        created = attached["snapshot.json"].get_file().creation_date
        assert created == decision.created_at.replace(microsecond=0)


def test_the_snapshot_names_all_that_the_report_tells_of_losses_and_doubts(decision: DecisionRecord) -> None:
    snapshot = content_of(decision.snapshot)
    texts = {text["id"]: {c["id"] for c in [*text["changes"], *text["transfers"]]} for text in snapshot["losses"]}
    found = [s for option in snapshot["evaluation"]["options"] for s in option["loss"]["scenarios"]]
    assert found
    for scenario in found:
        assert {*scenario["changes"], *filter(None, [scenario["transfer"]])} <= texts[scenario["id"]]
    assert snapshot["robustness"]["weight_factor"] == snapshot["evaluation"]["robustness"]["stated_weights"]["factor"]
    assert {d["basis"] for d in snapshot["robustness"]["doubts"]} == {
        "unsupported",
        "self_declared",
        "published",
        "contractual",
        "certified",
    }


def test_the_whole_derivation_of_a_real_case_is_printed(decision: DecisionRecord, stored: bytes) -> None:
    trace = content_of(decision.snapshot)["evaluation"]["trace"]
    assert_whole(trace, derivation(trace))
    with pikepdf.open(io.BytesIO(stored)) as pdf, pdf.open_outline() as outline:
        titles = [item.title for item in outline.root]
    for chapter in (
        "How sure",
        "Losses and accountability",
        "What would change it",
        "Scenarios side by side",
        "Where every number comes from",
    ):
        assert chapter in titles


def test_the_appendix_of_a_real_case_names_things_by_their_titles(decision: DecisionRecord) -> None:
    snapshot = content_of(decision.snapshot)
    trace, titles = snapshot["evaluation"]["trace"], Titles(snapshot)
    plain, titled = derivation(trace), derivation(titles.of_trace(trace))
    assert [len(s.rows) for s in titled] == [len(s.rows) for s in plain]  # no line is left out
    rows = [row for section in titled for row in section.rows]
    before = [row for section in plain for row in section.rows]
    choices = {choice["id"] for question in questions(snapshot) for choice in question.get("choices") or []}
    changed = {before.value for row, before in zip(rows, before, strict=True) if row.value != before.value}
    assert changed <= choices  # figures stay what they are
    text = "\n".join(f"{row.name} {row.value} {row.how}" for row in rows)
    asked = list(questions(snapshot))
    assert asked
    for question in asked:
        assert not re.search(rf"(?<![\w.-]){re.escape(question['id'])}(?![\w.-])", text), question["id"]
    assert not re.search(r"\b[a-z]+_[a-z_]+\b", text)
    assert re.search("value of the choice: “[^”]+” = 0", text)


def test_the_figures_of_an_older_record_hold_though_its_sentences_were_others(decision: DecisionRecord) -> None:
    snapshot = content_of(decision.snapshot)
    evaluation = snapshot["evaluation"]
    evaluation["recommendation"]["reasons"][0] = evaluation["flips"][0]["text"] = "In other words."
    assert not check_figures(snapshot).ok
    snapshot["software"]["countersign"] = "0.6.0"
    held = check_figures(snapshot)
    assert held.ok and "aren't compared" in held.message
    evaluation["options"][0]["score"] = "99.9"
    assert not check_figures(snapshot).ok


def test_the_appendix_says_nothing_twice_and_in_words(decision: DecisionRecord) -> None:
    snapshot = content_of(decision.snapshot)
    sections = derivation(Titles(snapshot).of_trace(snapshot["evaluation"]["trace"]))
    own = next(s for s in sections if s.title == "Own cluster")
    vendor = next(s for s in sections if s.title == "Vendor API in the EU")
    said = "\n".join(f"{r.name}: {r.value}: {r.how}" for s in sections for r in s.rows)
    for section in (own, vendor):
        names = [row.name for row in section.rows]
        assert names.count("EUR for one USD") == 1
        assert not [n for n in names if n.startswith(("best of", "completeness of"))]  # everything is answered, which one sentence says
        assert not {"Service levels", "Cost"} & set(names)  # parent and child under one name
    assert next(r.how for r in vendor.rows if r.name == "replicas in the last month") == "it runs none"
    rate = next(r for r in own.rows if r.name == "EUR for one USD")
    assert rate.how.startswith("rate of ") and rate.how.endswith("[exchange-planning-rates]")
    assert "Loaded cost of one such person a year: USD 180,000 per year: most likely, from 140,000 to 220,000" in said
    assert "weight of Regulation and data sovereignty × 2" in said and ": 1,440 minutes: for the sourcing Closed API" in said
    for absent in ("log between", "simplex", "seeded", "self declared", "see robustness", "default", " ** ", "see Vendor API", "480000000"):
        assert absent not in said, absent


def test_the_facts_of_the_policy_show_the_total_as_it_stands_elsewhere(decision: DecisionRecord) -> None:
    snapshot = content_of(decision.snapshot)
    total = next(o for o in snapshot["evaluation"]["options"] if o["id"] == snapshot["proposal"]["option"])["costs"]["total"]["likely"]
    facts = {f["text"]: f["value"] for f in routing(snapshot)["facts"]}
    assert facts["Costs over the horizon"] == f"EUR {amount(total)}"


def test_the_trail_is_told_with_titles() -> None:
    """What the snapshot knows by a title; the rest as the record has it."""
    snapshot = sample_snapshot()
    option = snapshot["options"][0]
    asked = next(questions(snapshot))
    category, figure = {"id": "model_access", "title": "Model access"}, {"key": "minimum_per_month", "text": "What a month costs at least"}
    snapshot["cost_categories"] = [category | {"fields": [figure]}]
    titles = Titles(snapshot)
    for action, sentence, told in (
        ("option.proposed", f"Ann proposed the option {option['id']} of Case", f"Ann proposed the option “{option['name']}” of Case"),
        ("response.saved", f"Ann answered {asked['id']} of Case", f"Ann answered “{asked['text']}” of Case"),
        (
            "figure.saved",
            f"Ann entered {category['id']}.{figure['key']} of Case",
            f"Ann entered “{category['title']}: {figure['text']}” of Case",
        ),
        (
            "answers.copied",
            f"Ann copied 3 answers of the option {option['id']} to {snapshot['options'][1]['id']} in Case",
            f"Ann copied 3 answers of the option “{option['name']}” to “{snapshot['options'][1]['name']}” in Case",
        ),
        (
            "section.assigned",
            "Ann asked Ben to answer figures/model_access, none/such of Case",
            "Ann asked Ben to answer “Model access”, none/such of Case",
        ),
        ("response.saved", "Ann answered former.question of Case", "Ann answered former.question of Case"),
        ("assessment.created", f"Ann created the assessment {asked['id']}", f"Ann created the assessment {asked['id']}"),
    ):
        assert titles.of_sentence(action, sentence) == told


def test_asked_twice_it_is_made_once(report: Report, job: Job) -> None:
    before = report.file.name
    assert make_sign_off(str(job.pk)) is False
    assert Report.objects.get().file.name == before
    assert AuditEvent.objects.filter(action="report.made").count() == 1


def test_another_job_for_the_same_record_makes_no_second_report(report: Report, job: Job) -> None:
    again = Job.objects.create(task=job.task, key="sign_off:again", stream=job.stream, args=job.args, label="again")
    assert make_sign_off(str(again.pk)) is True
    assert Report.objects.count() == 1
    assert AuditEvent.objects.filter(action="report.made").count() == 1


def test_progress_ends_at_its_last_step(report: Report, job: Job) -> None:
    job.refresh_from_db()
    assert (job.status, job.step, job.steps) == ("done", 6, 6)


def test_a_stored_record_that_was_changed_is_not_printed(waiting: Job, decision: DecisionRecord) -> None:
    content = bytes(decision.snapshot.content).replace(b"chatbot", b"chatbox", 1)
    with without_triggers(connection):
        Snapshot.objects.filter(pk=decision.snapshot_id).update(content=content)
    assert make_sign_off(str(waiting.pk)) is False
    waiting.refresh_from_db()
    assert waiting.status == "failed"
    assert "snapshot isn't the one that was signed" in waiting.error
    assert not Report.objects.exists()


def test_a_record_that_does_not_exist_is_a_failure_with_its_reason(cast) -> None:
    job = Job.objects.create(
        task="reports.make_sign_off", key="sign_off:none", stream="system", args={"decision_record": "none"}, label="none"
    )
    assert make_sign_off(str(job.pk)) is False
    job.refresh_from_db()
    assert "There is no decision record none" in job.error


def test_a_template_that_fails_is_a_failure_that_says_where_to_look(waiting: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> str:
        raise RuntimeError("broken template")

    monkeypatch.setattr("reports.pdf.page", broken)
    assert make_sign_off(str(waiting.pk)) is False
    waiting.refresh_from_db()
    assert waiting.status == "failed"
    assert str(waiting.pk) in waiting.error


def test_a_template_that_does_not_compile_is_named_in_the_failure(waiting: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.pdf.page", lambda *_args: Template("{% no_such_tag %}"))
    assert make_sign_off(str(waiting.pk)) is False
    waiting.refresh_from_db()
    assert waiting.status == "failed"
    assert "The report's template can't be used: Invalid block tag on line 1: 'no_such_tag'" in waiting.error


def test_a_fault_of_the_store_is_tried_again_and_leaves_no_report(waiting: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_options: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reports.making.publish", full)
    assert make_sign_off(str(waiting.pk)) is False
    waiting.refresh_from_db()
    assert waiting.status == "queued"
    assert not Report.objects.exists()


def test_pdfsig_finds_the_seal_valid_over_the_whole_document(stored: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sign-off.pdf"
    path.write_bytes(stored)
    done = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=True)
    assert "Signature is Valid." in done.stdout
    assert "Total document signed" in done.stdout
    assert "ETSI.CAdES.detached" in done.stdout
    subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)


def test_the_sealed_file_still_declares_its_standards(stored: bytes) -> None:
    with pikepdf.open(io.BytesIO(stored)) as pdf, pdf.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"], metadata["pdfuaid:part"]) == ("3", "A", "1")


def _ends(data: bytes) -> list[int]:
    """Where each revision of the file ends."""
    ends, at = [], data.find(b"%%EOF\n")
    while at != -1:
        ends.append(at)
        at = data.find(b"%%EOF\n", at + 1)
    return ends
