"""``manage.py verify_report``: what it says of a true report and of one that was tampered with, in the file or in the database."""

from __future__ import annotations

import hashlib
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from accounts.models import Organisation, SealCertificate
from accounts.seal import rotate, seal_of, signer_for
from assessments.models import DecisionRecord
from audit.models import AuditEvent
from reports.models import Report
from reports.seal import seal
from tests.triggers import without_triggers

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(stored: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "sign-off.pdf"
    path.write_bytes(stored)
    return path


def said(path: Path, *options: str) -> str:
    out = StringIO()
    call_command("verify_report", str(path), *options, stdout=out)
    return out.getvalue()


def refused(path: Path, *options: str) -> tuple[str, str, int]:
    """What it printed, its last word and its exit code."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("verify_report", str(path), *options, stdout=out)
    return out.getvalue(), str(caught.value), caught.value.returncode


def test_a_true_report_holds_in_every_respect(path: Path, report: Report) -> None:
    text = said(path)
    assert "FAILS" not in text
    assert "not known" not in text
    assert "The figures are the same when they are computed again" in text
    assert f"This service issued exactly this file, SHA-256 {report.sha256}" in text
    assert "The seal covers every byte of the document." in text
    assert "says that this report was made" in text
    assert "everything that could be checked holds" in text


def test_offline_it_asks_no_database(path: Path, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        text = said(path, "--offline")
    assert "This service" not in text


def test_one_changed_byte_is_named_and_exits_1(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    printed, word, code = refused(path)
    assert code == 1
    assert "does NOT hold" in word
    assert "The seal is broken" in printed or "damaged" in printed
    assert "has not issued this file" in printed


def test_a_row_of_the_trail_that_was_changed_is_named(path: Path) -> None:
    with without_triggers(connection):
        AuditEvent.objects.filter(index=3).update(action="assessment.created")
    printed, word, _ = refused(path)
    assert "The trail is NOT what was written" in printed
    assert "entry 3" in printed
    assert "(trail)" in word


def test_a_stored_record_that_was_changed_is_named(path: Path, decision: DecisionRecord) -> None:
    with without_triggers(connection):
        DecisionRecord.objects.filter(pk=decision.pk).update(content=bytes(decision.content) + b" ")
    printed, word, _ = refused(path)
    assert "The decision record stored by this service no longer" in printed
    assert "(stored records)" in word


def test_a_report_sealed_with_another_key_is_named(path: Path, report: Report, tmp_path: Path, settings) -> None:
    """Whoever can write the database but has not the key."""
    data = path.read_bytes()
    end = data.index(b"%%EOF\n") + 6
    own = settings.VAR_DIR
    settings.VAR_DIR = tmp_path / "forger"
    forged = seal(data[:end], signer_for(Organisation.objects.get(pk=report.organisation_id)), reason="test")
    settings.VAR_DIR = own
    path.write_bytes(forged)
    with without_triggers(connection):
        Report.objects.filter(pk=report.pk).update(sha256=hashlib.sha256(forged).hexdigest())
    printed, word, _ = refused(path)
    assert "The certificate isn't the one that Meridian Bank seals with here" in printed
    assert "says that another report was made" in printed
    assert "own certificate" in word


def test_a_certificate_that_somebody_added_to_the_table_is_named(path: Path, report: Report, tmp_path: Path, settings) -> None:
    """Whoever can write the database, and enters a certificate of their own."""
    data = path.read_bytes()
    own = settings.VAR_DIR
    settings.VAR_DIR = tmp_path / "forger"
    forged = seal(data[: data.index(b"%%EOF\n") + 6], signer_for(report.organisation), reason="test")
    theirs = seal_of(report.organisation)
    settings.VAR_DIR = own
    path.write_bytes(forged)
    with without_triggers(connection):
        Report.objects.filter(pk=report.pk).update(sha256=hashlib.sha256(forged).hexdigest())
    SealCertificate.objects.create(
        organisation=report.organisation, fingerprint=theirs.fingerprint, certificate=theirs.der, made_at=timezone.now(),
        retired_at=timezone.now(),
    )  # fmt: skip
    printed, word, _ = refused(path)
    assert "the trail has no entry that says so" in printed
    assert "own certificate" in word


def test_a_report_sealed_before_a_rotation_holds_and_says_when_the_key_was_replaced(
    path: Path, report: Report, tmp_path: Path, settings
) -> None:
    shutil.copytree(settings.VAR_DIR, tmp_path / "var")
    settings.VAR_DIR = tmp_path / "var"
    rotate(report.organisation)
    text = said(path)
    assert "FAILS" not in text
    assert "is one that Meridian Bank sealed with here until" in text


def test_a_report_of_an_organisation_elsewhere_is_not_known_rather_than_false(path: Path, report: Report) -> None:
    with without_triggers(connection):
        connection.cursor().execute("DELETE FROM reports_report")
        Organisation.objects.filter(pk=report.organisation_id).update(uuid="00000000-0000-0000-0000-000000000000")
        connection.cursor().execute("UPDATE assessments_snapshot SET digest = 'sha256:none'")
    text = said(path)
    assert "not known  The organisation isn't one of this service's" in text


def test_a_file_that_is_not_there_exits_2(tmp_path: Path) -> None:
    _, word, code = refused(tmp_path / "none.pdf")
    assert code == 2
    assert "none.pdf can't be read" in word
