"""The trail as a file: whole, with what an auditor needs to rely on it, and written to the trail itself."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest

from audit import merkle
from audit.checkpoints import publish
from audit.models import AuditEvent
from audit.trail import checkpoint
from reports import exporting
from reports.reading import Filters
from tests.fixtures import Cast, make_cast
from tests.reports.trail import address, client_of, happen

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def exported(cast: Cast, query: dict[str, str], name: str = "reports:trail_export", who: str = "auditor") -> bytes:
    response = client_of(cast, who).get(address(cast, name), query)
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def lines(cast: Cast, **query: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in exported(cast, {"format": "jsonl", **query}).splitlines()]


def test_the_first_line_says_everything_about_the_list(cast: Cast) -> None:
    happen(cast, 1)
    happen(cast, 2, who="risk_officer")
    client = client_of(cast, "auditor")
    log = checkpoint(cast.organisation.stream)
    response = client.get(address(cast, "reports:trail_export"), {"format": "jsonl", "action": "assessment.exported", "text": "case"})
    head, *rows = (json.loads(line) for line in b"".join(response.streaming_content).splitlines())
    assert head["format"] == "countersign/trail-export@1"
    assert head["stream"] == cast.organisation.stream
    assert head["query"] == {"action": "assessment.exported", "text": "case"}
    assert head["count"] == len(rows) == 2
    assert head["made_by"] == {"reference": cast.auditor.reference, "name": cast.auditor.name}
    assert head["made_at"].endswith("Z")
    assert head["log"] == {"size": log.size, "root": log.root_hex}
    assert head["signed_checkpoint"] is None


def test_the_newest_signed_checkpoint_is_in_the_head(cast: Cast) -> None:
    happen(cast, 1)
    signed = publish(cast.organisation.stream)
    happen(cast, 2)
    head = lines(cast)[0]
    assert signed is not None
    assert head["signed_checkpoint"]["size"] == signed.size < head["log"]["size"]
    assert head["signed_checkpoint"]["note"] == signed.note


def test_each_line_is_an_entry_with_the_bytes_that_lead_to_its_hash(cast: Cast) -> None:
    event = happen(cast, 1, reason="Because I say so")
    row = lines(cast, object_id="case-1")[1]
    assert row["index"] == event.index
    assert row["actor"] == cast.auditor.reference
    assert row["actor_name"] == cast.auditor.name
    assert row["object"] == {"type": "assessment", "id": "case-1"}
    assert row["sentence"] == event.sentence()
    assert row["reason"] == "Because I say so"
    assert row["changes"] == {"number": 1}
    assert row["request"] == "r-1"
    assert merkle.leaf_hash(row["hashed"].encode()).hex() == row["leaf_hash"] == event.leaf_hash


@pytest.mark.databases
def test_an_export_is_recorded_before_its_first_byte_and_not_part_of_itself(cast: Cast) -> None:
    happen(cast, 1)
    response = client_of(cast, "auditor").get(
        address(cast, "reports:trail_export"), {"format": "jsonl", "text": "Case 1", "from": "2026-01-01"}
    )
    event = AuditEvent.objects.get(action="trail.exported")
    body = b"".join(response.streaming_content)
    assert event.changes["count"] == 1
    assert event.changes["query"] == {"from": "2026-01-01"}
    assert event.changes["size"] == json.loads(body.splitlines()[0])["log"]["size"] == event.index
    assert event.texts()["text"] == "Case 1"
    assert b"trail.exported" not in body
    assert event.sentence() == f"{cast.auditor.name} exported 1 entry of the trail of {cast.organisation.name} as jsonl"


def test_a_csv_comes_in_a_zip_with_what_is_said_about_it(cast: Cast) -> None:
    happen(cast, 1)
    happen(cast, 2, personal={"actor_name": "=HYPERLINK(1)", "object_label": "x"}, reason='-1, "quoted"\nand a second line')
    archive = zipfile.ZipFile(io.BytesIO(exported(cast, {"format": "csv", "action": "assessment.exported"})))
    assert archive.testzip() is None
    data = archive.read("trail.csv")
    about = json.loads(archive.read("about.json"))
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert list(rows[0]) == list(exporting.COLUMNS)
    assert [row["object_id"] for row in rows] == ["case-1", "case-2"]
    assert rows[1]["actor_name"] == "'=HYPERLINK(1)"
    assert rows[1]["reason"] == '\'-1, "quoted"\nand a second line'
    assert json.loads(rows[0]["changes"]) == {"number": 1}
    assert about["count"] == about["file"]["rows"] == 2
    assert about["file"]["sha256"] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_what_a_spreadsheet_takes_for_a_formula_is_made_text(cell: str) -> None:
    assert exporting.guarded(cell) == f"'{cell}"


def test_other_cells_stay_as_they_are() -> None:
    assert exporting.guarded("Ann = Bob") == "Ann = Bob"


@pytest.mark.databases
def test_it_is_read_in_pieces(cast: Cast) -> None:
    for number in range(3):
        happen(cast, number)
    made = exporting.trail_export(actor=cast.auditor, organisation=cast.organisation, filters=Filters(), format="jsonl")
    happen(cast, 99)
    read = list(made.chunks)
    assert len(read) == made.head["count"] + 1
    assert b"case-99" not in b"".join(read)


@pytest.mark.parametrize(
    ("who", "query", "status"),
    [("contributor", {}, 403), ("outsider", {}, 404), ("auditor", {"format": "pdf"}, 422), ("auditor", {"from": "soon"}, 422)],
)
def test_nothing_is_handed_out_or_recorded(cast: Cast, who: str, query: dict[str, str], status: int) -> None:
    assert client_of(cast, who).get(address(cast, "reports:trail_export"), query).status_code == status
    assert client_of(cast, "auditor").head(address(cast, "reports:trail_export")).status_code == 405
    assert not AuditEvent.objects.filter(action="trail.exported").exists()


def test_the_api_gives_the_same(cast: Cast) -> None:
    happen(cast, 1)
    head, row = (
        json.loads(line) for line in exported(cast, {"format": "jsonl", "object_id": "case-1"}, "reports_api:trail_export").splitlines()
    )
    assert (head["count"], row["object"]["id"]) == (1, "case-1")
    refused = client_of(cast, "auditor").get(address(cast, "reports_api:trail_export"), {"format": "pdf"})
    assert refused.status_code == 400
    assert "format" in refused.json()["errors"]
    assert client_of(cast, "auditor").head(address(cast, "reports_api:trail_export")).status_code == 405
    assert AuditEvent.objects.filter(action="trail.exported").count() == 1
