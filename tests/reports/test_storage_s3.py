"""Evidence and reports in an S3 bucket: written under a temporary name, held to their digest, handed out, and told in words when it is away."""

from __future__ import annotations

import hashlib
import re
import tracemalloc
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage, storages
from django.test import Client
from django.urls import reverse
from moto import mock_aws

from assessments.models import DecisionRecord
from audit.models import AuditEvent
from config.apps import production_warnings
from jobs.models import Job
from reports.bundle.making import bundle_of
from reports.models import Report
from reports.storing import StoredOtherwise, digest_of, publish
from reports.tasks import make_sign_off
from tests.fixtures import Cast, attach, make_complete

DATA = b"%PDF-1.7 sealed"


@pytest.fixture(autouse=True)
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "config.bucket.FilesBucket", "OPTIONS": {"bucket_name": "files"}}}
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield client


@pytest.fixture
def storage(bucket: Any) -> Storage:
    return storages["default"]


def keys(bucket: Any) -> list[str]:
    return [entry["Key"] for entry in bucket.list_objects_v2(Bucket="files").get("Contents", [])]


class TestPublishing:
    def test_it_lies_under_its_own_name_alone(self, bucket: Any) -> None:
        assert publish(DATA, folder="reports/ours", name="one.pdf") == "reports/ours/one.pdf"
        assert keys(bucket) == ["reports/ours/one.pdf"]
        assert bucket.get_object(Bucket="files", Key="reports/ours/one.pdf")["Body"].read() == DATA

    def test_a_taken_name_is_not_overwritten(self, bucket: Any) -> None:
        first = publish(DATA, folder="reports", name="one.pdf")
        second = publish(b"other", folder="reports", name="one.pdf")
        assert re.fullmatch(r"reports/one_\w+\.pdf", second)
        assert digest_of(first) == hashlib.sha256(DATA).hexdigest()
        assert digest_of(second) == hashlib.sha256(b"other").hexdigest()
        assert sorted(keys(bucket)) == sorted([first, second])

    @pytest.mark.parametrize("changed", ["/.incoming/", "one.pdf"])
    def test_other_bytes_read_back_leave_nothing(
        self, bucket: Any, storage: Storage, monkeypatch: pytest.MonkeyPatch, changed: str
    ) -> None:
        """A store that loses a byte of what it is given, under the temporary name or under its own."""
        save = type(storage)._save

        def losing(self: Storage, name: str, content: Any) -> str:
            return save(self, name, ContentFile(content.read()[:-1]) if changed in name else content)

        monkeypatch.setattr(type(storage), "_save", losing)
        with pytest.raises(StoredOtherwise):
            publish(DATA, folder="reports/ours", name="one.pdf")
        assert keys(bucket) == []

    def test_a_bucket_that_is_not_there_is_a_fault_that_may_pass(self, settings: Any) -> None:
        settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "config.bucket.FilesBucket", "OPTIONS": {"bucket_name": "none"}}}
        with pytest.raises(OSError, match="the bucket of the files"):
            publish(DATA, folder="reports", name="one.pdf")


class TestReading:
    def test_a_digest_needs_no_room_for_the_file(self, storage: Storage) -> None:
        data = bytes(1 << 20) * 24
        name = storage.save("evidence/long", ContentFile(data))
        digest, size = hashlib.sha256(data).hexdigest(), len(data)
        del data
        with storage.open(name) as file:
            file.read(1)  # what the test's own S3 needs for its answer isn't counted
            file.seek(0)
            tracemalloc.start()
            try:
                for _ in file.chunks(1 << 20):
                    pass
                assert tracemalloc.get_traced_memory()[1] < size // 4
                assert file.file._rolled  # on the disk, where it isn't short
            finally:
                tracemalloc.stop()
        assert digest_of(name) == digest

    def test_what_is_missing_is_told_as_of_a_folder(self, storage: Storage) -> None:
        with pytest.raises(FileNotFoundError):
            storage.open("evidence/none")
        with pytest.raises(FileNotFoundError):
            storage.size("evidence/none")
        assert not storage.exists("evidence/none")
        storage.delete("evidence/none")

    def test_files_have_no_address_that_goes_round_the_service(self, storage: Storage) -> None:
        with pytest.raises(NotImplementedError):
            storage.url(storage.save("evidence/one", ContentFile(DATA)))


def client_of(cast: Cast, who: str) -> Client:
    client = Client()
    client.force_login(cast[who])
    return client


@pytest.mark.django_db
def test_evidence_goes_up_and_comes_down_as_it_was(bucket: Any, cast: Cast) -> None:
    case = make_complete(cast)
    evidence = attach(cast, case, content=b"Certificate No. 43\n")
    assert [key for key in keys(bucket) if key.startswith(f"evidence/{case.pk}/")] == [evidence.file.name]
    url = reverse("assessments:evidence_download", kwargs={"org": cast.organisation.slug, "assessment": case.pk, "evidence": evidence.pk})
    answer = client_of(cast, "auditor").get(url)
    assert b"".join(answer.streaming_content) == b"Certificate No. 43\n"  # type: ignore[attr-defined]
    assert int(answer["Content-Length"]) == evidence.size


@pytest.fixture
def kept(waiting: Job) -> Report:
    """The sign-off report, made by the real task into the bucket."""
    assert make_sign_off(str(waiting.pk)) is True
    return Report.objects.get()


@pytest.mark.django_db
class TestReport:
    def test_it_is_made_and_handed_out(self, bucket: Any, kept: Report, cast: Cast) -> None:
        assert [key for key in keys(bucket) if key.startswith("reports/")] == [kept.file.name]
        answer = self.download(kept, cast)
        data = b"".join(answer.streaming_content)
        assert hashlib.sha256(data).hexdigest() == kept.sha256
        assert AuditEvent.objects.filter(action="report.downloaded").count() == 1

    def test_one_that_was_changed_there_is_withheld(self, bucket: Any, kept: Report, cast: Cast) -> None:
        bucket.put_object(Bucket="files", Key=kept.file.name, Body=DATA)
        assert self.download(kept, cast).status_code == 503
        assert not AuditEvent.objects.filter(action="report.downloaded").exists()

    def test_it_is_withheld_with_words_while_the_bucket_is_away(self, kept: Report, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*args: Any, **kwargs: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://s3.example")

        monkeypatch.setattr("storages.backends.s3.S3File._get_file", away)
        answer = self.download(kept, cast)
        assert answer.status_code == 503
        assert "be read now. Try again later" in answer.content.decode()

    def test_it_is_tried_again_when_the_bucket_comes_back(self, bucket: Any, waiting: Job, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as gone:

            def away(*args: Any, **kwargs: Any) -> None:
                raise EndpointConnectionError(endpoint_url="https://s3.example")

            gone.setattr("storages.backends.s3.S3Storage._save", away)
            assert make_sign_off(str(waiting.pk)) is False
        waiting.refresh_from_db()
        assert (waiting.status, Report.objects.count()) == ("queued", 0)
        assert make_sign_off(str(waiting.pk)) is True
        assert digest_of(str(Report.objects.get().file.name)) == Report.objects.get().sha256

    def test_a_bundle_is_packed_from_it(self, kept: Report, decision: DecisionRecord, bucket: Any) -> None:
        assert sum(len(chunk) for chunk in bundle_of(decision)) > kept.size

    def download(self, report: Report, cast: Cast) -> Any:
        return client_of(cast, "auditor").get(reverse("reports:download", kwargs={"org": cast.organisation.slug, "report": report.pk}))


def test_default_storage_is_the_bucket(bucket: Any) -> None:
    default_storage.save("one", ContentFile(DATA))
    assert keys(bucket) == ["one"]


@pytest.mark.parametrize(
    ("host", "backend", "warned"),
    [
        ("db.bank.example", "config.folder.FilesFolder", True),
        ("db.bank.example", "config.bucket.FilesBucket", False),
        ("127.0.0.1", "config.folder.FilesFolder", False),
    ],
)
def test_a_folder_is_warned_of_where_the_database_is_on_another_machine(
    settings: Any, monkeypatch: pytest.MonkeyPatch, host: str, backend: str, warned: bool
) -> None:
    settings.PRODUCTION = True
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend}}
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", host)
    assert ("countersign.W006" in {found.id for found in production_warnings(None)}) is warned
