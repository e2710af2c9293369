"""The trail over the API: entries, proofs and checkpoints of one's own organisation."""

from __future__ import annotations

import pytest

from audit import proofs
from audit.checkpoints import publish
from audit.models import AuditCheckpoint
from audit.trail import checkpoint
from tests.fixtures import Cast, make_cast
from tests.reports.trail import address, client_of, happen

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def test_entries_are_found_as_on_the_page(cast: Cast) -> None:
    happen(cast, 1, reason="A reason")
    happen(cast, 2)
    answer = (
        client_of(cast, "auditor").get(address(cast, "reports_api:organisation_trail"), {"object_id": "case-1", "page_size": "1"}).json()
    )
    assert answer["count"] == 1
    entry = answer["results"][0]
    assert entry["object_type"] == "assessment"
    assert entry["changes"] == {"number": 1}
    assert entry["reason"] == "A reason"
    assert entry["actor_name"] == cast.auditor.name
    assert entry["at"].endswith("Z")


def test_what_cannot_be_looked_for_is_named(cast: Cast) -> None:
    answer = client_of(cast, "auditor").get(address(cast, "reports_api:organisation_trail"), {"from": "soon", "text": "\0"})
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {"from", "text"}


def test_an_entry_is_proved_by_its_hash_and_a_path(cast: Cast) -> None:
    event = happen(cast, 1)
    happen(cast, 2)
    signed = publish(cast.organisation.stream)
    proof = client_of(cast, "auditor").get(address(cast, "reports_api:trail_proof", index=event.index)).json()
    assert signed is not None
    assert (proof["index"], proof["size"], proof["leaf_hash"]) == (event.index, signed.size, event.leaf_hash)
    assert proof["checkpoint"] == signed.note
    assert len(proofs.check(proof)) == 2


def test_that_the_log_only_grew_is_proved(cast: Cast) -> None:
    happen(cast, 1)
    client = client_of(cast, "auditor")
    before = checkpoint(cast.organisation.stream)
    happen(cast, 2)
    proof = client.get(address(cast, "reports_api:trail_consistency"), {"from": str(before.size)}).json()
    assert (proof["first_root"], proof["second"]) == (before.root_hex, before.size + 1)
    assert proofs.check(proof)


@pytest.mark.parametrize(
    ("name", "more", "query", "status"),
    [
        ("trail_proof", {"index": 10**9}, {}, 404),
        ("trail_proof", {"index": 10**30}, {}, 404),
        ("trail_proof", {"index": 0}, {"size": "10000000"}, 404),
        ("trail_proof", {"index": 0}, {"size": "many"}, 400),
        ("trail_consistency", {}, {}, 400),
        ("trail_consistency", {}, {"from": "5", "to": "2"}, 404),
        ("trail_consistency", {}, {"from": "1", "to": "-2"}, 400),
        ("trail_consistency", {}, {"from": "1", "to": "9" * 400}, 400),
    ],
)
def test_what_cannot_be_proved_is_refused(cast: Cast, name: str, more: dict[str, int], query: dict[str, str], status: int) -> None:
    happen(cast, 1)
    answer = client_of(cast, "auditor").get(address(cast, f"reports_api:{name}", **more), query)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_checkpoints_are_listed_with_their_notes_and_nobody_else_s(cast: Cast) -> None:
    happen(cast, 1)
    happen(cast, 2, stream=cast.elsewhere.stream)
    signed = publish(cast.organisation.stream)
    publish(cast.elsewhere.stream)
    assert signed is not None
    client = client_of(cast, "auditor")
    answer = client.get(address(cast, "reports_api:trail_checkpoints")).json()
    assert [(row["size"], row["root"], row["note"]) for row in answer["results"]] == [(signed.size, signed.root, signed.note)]
    page = client.get(address(cast, "reports:checkpoints")).content.decode()
    assert signed.root in page
    assert AuditCheckpoint.objects.get(stream=cast.elsewhere.stream).root not in page
    assert f"Last signed with {signed.size} entr" in client.get(address(cast, "reports:trail")).content.decode()
