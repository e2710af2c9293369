"""The second place as an S3 bucket with object lock."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from audit import places
from audit.checkpoints import publish
from audit.models import AuditCheckpoint
from audit.places import Kept, PlaceUnavailable
from audit.verify import streams_and_places, verify_stream
from tests.audit.conftest import ORG

pytestmark = pytest.mark.django_db


@pytest.fixture
def bucket(settings, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    settings.CHECKPOINTS_RETAIN_YEARS = 7
    settings.STORAGES = settings.STORAGES | {"checkpoints": {"BACKEND": "audit.bucket.LockedBucket", "OPTIONS": {"bucket_name": "kept"}}}
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(
            Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}, ObjectLockEnabledForBucket=True
        )
        yield client


def test_checkpoints_are_locked_for_years_and_verify(bucket, note):
    for number in range(3):
        note(number)
        publish(ORG)
    objects = bucket.list_objects_v2(Bucket="kept")["Contents"]
    assert [entry["Key"].rpartition("-")[0] for entry in objects] == [f"org-{ORG[4:]}/{size:012}" for size in (1, 2, 3)]
    lock = bucket.head_object(Bucket="kept", Key=objects[0]["Key"])
    assert lock["ObjectLockMode"] == "COMPLIANCE"
    assert lock["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=7 * 365)
    assert verify_stream(ORG, second_place=True).problems == []
    assert streams_and_places() == [ORG]
    assert [kept.size for kept in places.listed(ORG, above=1)] == [2, 3]


def test_nothing_in_it_is_overwritten(bucket):
    kept = Kept(ORG, 1, "0" * 16)
    assert places.read(kept, ".note") is None
    assert places.keep(kept, ".note", b"first") == b"first"
    assert places.keep(kept, ".note", b"second") == b"first"
    assert len(bucket.list_object_versions(Bucket="kept")["Versions"]) == 1


def test_a_deleted_object_is_missed(bucket, note):
    note(0)
    row = publish(ORG)
    bucket.delete_object(Bucket="kept", Key=f"{Kept(ORG, 1, row.root[:16]).name}.note")  # sets a mark, which hides it
    (problem,) = verify_stream(ORG, second_place=True).problems
    assert problem.message == "the checkpoint of 1 entries stands in the table, but not in the second place"


def test_a_bucket_that_is_not_there_is_out_of_reach(bucket, note, settings):
    settings.STORAGES = settings.STORAGES | {"checkpoints": {"BACKEND": "audit.bucket.LockedBucket", "OPTIONS": {"bucket_name": "none"}}}
    note(0)
    with pytest.raises(PlaceUnavailable, match="can't be reached"):
        publish(ORG)
    assert not AuditCheckpoint.objects.exists()
    assert "can't be reached" in verify_stream(ORG, second_place=True).unchecked[0]
