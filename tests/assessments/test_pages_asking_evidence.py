"""Evidence on an answer: attached, listed, downloaded, removed, and refused where it isn't what it should be."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import override_settings

from assessments.models import Evidence, Response
from tests.assessments.asking import Case

PDF = b"%PDF-1.4\nfrom the vendor\n"


def attach(case: Case, name: str = "sla.pdf", content: bytes = PDF, option: str = "vendor", *, htmx: bool = True) -> HttpResponseBase:
    data = {"question": "sla", "option": option, "file": SimpleUploadedFile(name, content)}
    return case.client.post(case.url("evidence_attach"), data, headers=case.htmx(htmx))


def test_a_file_is_attached_listed_downloaded_and_removed(case: Case) -> None:
    body = attach(case).content.decode()
    assert "sla.pdf" in body
    assert "1 file" in body
    assert "sla.pdf" in case.page()
    kept = Evidence.objects.get()
    download = case.acting("auditor").client.get(case.url("evidence_download", evidence=kept.pk))
    assert b"".join(download.streaming_content) == PDF
    assert download["Content-Disposition"] == 'attachment; filename="sla.pdf"'
    assert "sandbox" in download["Content-Security-Policy"]
    gone = case.client.post(case.url("evidence_remove", evidence=kept.pk), headers=case.htmx())
    assert "sla.pdf" not in gone.content.decode()
    assert not Evidence.objects.exists()


def test_nothing_stays_of_a_file_that_can_not_be_recorded(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise OSError("No space left on device")

    def kept() -> list[Path]:
        return [path for path in Path(default_storage.path("evidence")).rglob("*") if path.is_file()]

    before = kept()
    monkeypatch.setattr("assessments.attaching.note_change", no_room)
    with pytest.raises(OSError, match="No space"):
        attach(case)
    assert not Evidence.objects.exists()
    assert kept() == before


def test_without_scripts_it_leads_back_to_the_answer(case: Case) -> None:
    response = attach(case, htmx=False)
    assert response.status_code == 302
    assert response["Location"] == f"{case.section_url}#a-sla--vendor"
    assert case.client.post(case.url("evidence_remove", evidence=Evidence.objects.get().pk)).status_code == 302


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("sla.pdf", b"plain words", "isn&#x27;t of that kind"),
        ("run.exe", b"MZ", "Attach one of"),
        ("empty.pdf", b"", "something in it"),
        ("sheet.docx", b"PK\x03\x04 no archive", "isn&#x27;t of that kind"),
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_what_is_not_what_its_name_claims_is_refused_beside_the_field(case: Case, name: str, content: bytes, said: str, htmx: bool) -> None:
    response = attach(case, name, content, htmx=htmx)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Evidence.objects.exists()


@override_settings(EVIDENCE_MAX_BYTES=20)
def test_a_file_over_the_limit_is_refused(case: Case) -> None:
    response = attach(case)
    assert response.status_code == 422
    assert "at most 20" in response.content.decode()
    assert not Evidence.objects.exists()


def test_no_file_at_all_is_said(case: Case) -> None:
    response = case.client.post(case.url("evidence_attach"), {"question": "sla", "option": "vendor"}, headers=case.htmx())
    assert response.status_code == 422
    assert "Choose a file first." in response.content.decode()


def test_a_name_with_markup_or_folders_is_only_a_name(case: Case) -> None:
    body = attach(case, "../../<b>x</b>.pdf").content.decode()
    assert "<b>x" not in body
    assert "/" not in Evidence.objects.get().name


def test_only_who_answers_attaches_and_removes_and_outsiders_find_nothing(case: Case) -> None:
    attach(case)
    kept = Evidence.objects.get()
    auditor, outsider = case.acting("auditor"), case.acting("outsider")
    assert attach(auditor, "other.pdf").status_code == 403
    assert auditor.client.post(case.url("evidence_remove", evidence=kept.pk)).status_code == 403
    assert outsider.client.get(case.url("evidence_download", evidence=kept.pk)).status_code == 404
    assert outsider.client.post(case.url("evidence_remove", evidence=kept.pk)).status_code == 404
    assert Evidence.objects.count() == 1


def test_a_frozen_assessment_keeps_its_files(case: Case) -> None:
    attach(case)
    case.close()
    kept = Evidence.objects.get()
    assert attach(case, "late.pdf").status_code == 409
    assert case.client.post(case.url("evidence_remove", evidence=kept.pk), headers=case.htmx()).status_code == 409
    assert Evidence.objects.count() == 1
    assert "sla.pdf" in case.page()


def test_a_file_of_a_question_that_the_release_does_not_ask_is_not_found(case: Case) -> None:
    case.client.post(case.url("evidence_attach"), {"question": "kind", "option": "", "file": SimpleUploadedFile("a.txt", b"Words.\n")})
    evidence = Evidence.objects.get()
    Response.objects.filter(pk=evidence.response_id).update(question="of-an-older-release")
    assert case.client.post(case.url("evidence_remove", evidence=evidence.pk)).status_code == 404
    assert Evidence.objects.exists()
