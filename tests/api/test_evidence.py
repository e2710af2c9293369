from __future__ import annotations

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assessments.models import Evidence
from audit.trail import events_of
from tests.fixtures import Cast, make_draft

pytestmark = pytest.mark.django_db
CONTENT = b"Certificate No. 42\n"


def upload(caller, assessment, name: str = "certificate.txt", content: bytes = CONTENT, **fields: str):
    address = reverse("api:evidence_files", kwargs={"org": caller.cast.organisation.slug, "assessment": assessment.pk})
    body = {"question": "ai-act.eu-nexus", "file": SimpleUploadedFile(name, content), **fields}
    return caller.client.post(address, body, format="multipart")


def test_attached_listed_downloaded_removed(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    attached = upload(officer, draft)
    assert attached.status_code == 201
    assert attached.json()["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    where = {"assessment": draft, "evidence": attached.json()["id"]}
    assert officer("get", "evidence_files", assessment=draft).json()["results"] == [attached.json()]
    assert officer("get", "evidence", **where).json() == attached.json()
    assert officer("delete", "evidence", **where).status_code == 204
    assert officer("get", "evidence", **where).status_code == 404


def test_download_gives_the_bytes_as_an_attachment_and_is_recorded(officer, call_as, cast: Cast) -> None:
    draft = make_draft(cast)
    where = {"assessment": draft, "evidence": upload(officer, draft).json()["id"]}
    answer = call_as("auditor")("get", "evidence_file", **where)
    assert b"".join(answer.streaming_content) == CONTENT
    assert answer["Content-Disposition"].startswith("attachment")
    last = events_of(cast.organisation.stream).last()
    assert (last.action, last.actor) == ("evidence.downloaded", cast.auditor.reference)


@pytest.mark.parametrize(
    ("name", "content"), [("certificate.pdf", CONTENT), ("certificate.exe", CONTENT), ("certificate.txt", b""), ("c.txt", b"a\x00b")]
)
def test_file_that_is_not_what_it_claims_is_refused(officer, cast: Cast, name: str, content: bytes) -> None:
    answer = upload(officer, make_draft(cast), name, content)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["file"])
    assert not Evidence.objects.exists()


def test_file_over_the_limit_is_refused(officer, cast: Cast, settings) -> None:
    settings.EVIDENCE_MAX_BYTES = 10
    answer = upload(officer, make_draft(cast))
    assert answer.status_code == 422
    assert "at most 10" in answer.json()["errors"]["file"][0]


def test_unknown_option_is_named(officer, cast: Cast) -> None:
    answer = upload(officer, make_draft(cast), option="nobody")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["option"])


def test_file_of_another_assessment_is_not_found(officer, cast: Cast) -> None:
    one, other = make_draft(cast), make_draft(cast)
    evidence = upload(officer, one).json()["id"]
    for name in ("evidence", "evidence_file"):
        assert officer("get", name, assessment=other, evidence=evidence).status_code == 404
