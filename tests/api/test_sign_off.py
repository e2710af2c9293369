"""Submitting, signing, returning, rejecting and withdrawing over the API, and the records that they leave."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from accounts.seal import certificate_of
from accounts.signatures import check_signed
from assessments import attestation
from assessments.models import Verdict
from audit.canonical import canonical_bytes
from jobs.models import Job
from tests.fixtures import PASSWORD, Cast, accept_all, make_approved, make_complete, make_draft, make_submitted, newest

pytestmark = pytest.mark.django_db


def approval(case, password: str = PASSWORD) -> dict[str, object]:
    snapshot = newest(case)
    acceptances = [{"option": o, "finding": f, "reason": given.reason} for (o, f), given in accept_all(snapshot).items()]
    return {"digest": snapshot.digest, "password": password, "acceptances": acceptances}


def test_submitting_freezes_a_snapshot(officer, cast: Cast) -> None:
    answer = officer("post", "submit", assessment=make_complete(cast))
    assert (answer.status_code, answer.json()["status"], answer.json()["snapshot"]["number"]) == (200, "in_review", 1)


def test_submitting_what_is_not_ready_says_what_is_missing(officer, cast: Cast) -> None:
    answer = officer("post", "submit", assessment=make_draft(cast))
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["options"])


def test_submitting_twice_is_a_conflict(officer, cast: Cast) -> None:
    assert officer("post", "submit", assessment=make_submitted(cast)).status_code == 409


def read_over_the_api(approver, case) -> None:
    for part in approver("get", "attestation", assessment=case).json()["parts"]:
        body = {"digest": newest(case).digest, "part": part["part"]}
        assert approver("post", "part_seen", body, assessment=case).status_code == 200


def test_a_signature_needs_every_part_to_be_read(approver, cast: Cast) -> None:
    case = make_submitted(cast)
    assert list(approver("post", "approve", approval(case), assessment=case).json()["errors"]) == ["parts"]
    body = {"digest": newest(case).digest, "part": "costs"}
    shown = approver("post", "part_seen", body, assessment=case).json()
    assert [part["part"] for part in shown if part["read_at"]] == ["costs"]
    again = approver("post", "part_seen", body, assessment=case).json()
    assert again == shown, "said again, it keeps its time"
    assert approver("post", "part_seen", body | {"part": "cellar"}, assessment=case).status_code == 422
    assert approver("post", "part_seen", body | {"digest": "sha256:" + "0" * 64}, assessment=case).status_code == 422
    assert not Verdict.objects.exists()


def test_approval_signs_the_statement_and_asks_for_the_report(approver, cast: Cast) -> None:
    case = make_submitted(cast)
    read_over_the_api(approver, case)
    answer = approver("post", "approve", approval(case), assessment=case)
    assert (answer.status_code, answer.json()["status"]) == (200, "approved")
    verdict = Verdict.objects.get()
    assert verdict.participation.person == cast.approver
    assert verdict.statement == attestation.statement(newest(case), "approve", "approval")
    assert (verdict.authentication, verdict.address) == ("password", "127.0.0.1")
    assert Job.objects.filter(task="reports.make_sign_off").count() == 1


def test_wrong_password_signs_nothing(approver, cast: Cast) -> None:
    case = make_submitted(cast)
    read_over_the_api(approver, case)
    answer = approver("post", "approve", approval(case, "guess"), assessment=case)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["password"])
    assert not Verdict.objects.exists()


def test_five_wrong_passwords_close_signing(approver, cast: Cast) -> None:
    case = make_submitted(cast)
    read_over_the_api(approver, case)
    for _ in range(5):
        approver("post", "approve", approval(case, "guess"), assessment=case)
    answer = approver("post", "approve", approval(case), assessment=case)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert not Verdict.objects.exists()


def test_another_digest_than_the_current_one_is_refused(approver, cast: Cast) -> None:
    case = make_submitted(cast)
    read_over_the_api(approver, case)
    answer = approver("post", "approve", approval(case) | {"digest": "sha256:" + "0" * 64}, assessment=case)
    assert answer.status_code == 422
    assert not Verdict.objects.exists()


@pytest.mark.parametrize("name", ["approve", "reject", "return", "abstain", "part_seen"])
def test_only_an_approver_decides(officer, cast: Cast, name: str) -> None:
    assert officer("post", name, {}, assessment=make_submitted(cast)).status_code == 403


def test_rejection_gives_its_reason(approver, cast: Cast) -> None:
    case = make_submitted(cast)
    read_over_the_api(approver, case)
    body = {"digest": newest(case).digest, "password": PASSWORD, "reason": "The contract isn't signed."}
    assert approver("post", "reject", body | {"reason": ""}, assessment=case).status_code == 400
    assert approver("post", "reject", body, assessment=case).json()["status"] == "rejected"
    assert Verdict.objects.get().statement == attestation.statement(newest(case), "reject", "approval")


def test_returned_one_is_submitted_again_as_a_new_snapshot(officer, approver, cast: Cast) -> None:
    case = make_submitted(cast)
    body = {"digest": newest(case).digest, "reason": "Name the owner."}
    assert approver("post", "return", body, assessment=case).json()["status"] == "returned"
    assert officer("post", "submit", assessment=case).json()["snapshot"]["number"] == 2
    assert [row["number"] for row in approver("get", "snapshots", assessment=case).json()["results"]] == [1, 2]


def test_withdrawing_needs_a_reason(officer, cast: Cast) -> None:
    case = make_draft(cast)
    assert officer("post", "withdraw", {}, assessment=case).status_code == 400
    assert officer("post", "withdraw", {"reason": "Not needed."}, assessment=case).json()["status"] == "withdrawn"


def test_attestation_shows_what_would_be_signed(approver, cast: Cast) -> None:
    case = make_submitted(cast)
    shown = approver("get", "attestation", assessment=case).json()
    assert shown["snapshot"] == {"number": 1, "digest": newest(case).digest}
    assert (shown["stage"]["key"], shown["stage"]["needed"], shown["stage"]["given"]) == ("approval", 1, 0)
    assert [seat["reference"] for seat in shown["seats"]] == [cast.approver.reference]
    assert shown["approve"] == attestation.statement(newest(case), "approve", "approval")
    assert "only if the conditions" in shown["approve_with_conditions"]
    assert approver("get", "attestation", assessment=make_draft(cast)).status_code == 404


def test_records_come_as_the_bytes_that_were_hashed(call_as, cast: Cast) -> None:
    decision = make_approved(cast)
    case, auditor = decision.snapshot.assessment, call_as("auditor")
    snapshot = auditor("get", "snapshot", assessment=case, number=1)
    assert "sha256:" + hashlib.sha256(snapshot.content).hexdigest() == decision.snapshot.digest
    record = auditor("get", "decision", assessment=case)
    assert "sha256:" + hashlib.sha256(record.content).hexdigest() == decision.digest
    assert json.loads(record.content)["decision"]["outcome"] == "approved"
    assert call_as("contributor")("get", "decision", assessment=case).status_code == 403
    assert auditor("get", "snapshot", assessment=case, number=2).status_code == 404
    assert auditor("get", "snapshot", assessment=case, number=10**12).status_code == 404


def test_nothing_decided_has_no_decision_record(officer, cast: Cast) -> None:
    assert officer("get", "decision", assessment=make_submitted(cast)).status_code == 404


def test_conditions_are_kept_with_owner_and_day(approver, cast: Cast) -> None:
    case = make_submitted(cast)
    read_over_the_api(approver, case)
    condition = {"text": "Set up a rota.", "owner": cast.contributor.email, "due_on": "2030-01-31"}
    late = approver("post", "approve", approval(case) | {"conditions": [condition | {"due_on": "2020-01-31"}]}, assessment=case)
    assert (late.status_code, list(late.json()["errors"])) == (422, ["condition:1:due_on"])
    stranger = approver("post", "approve", approval(case) | {"conditions": [condition | {"owner": cast.outsider.email}]}, assessment=case)
    assert list(stranger.json()["errors"]) == ["condition:1:owner"]
    assert approver("post", "approve", approval(case) | {"conditions": [condition]}, assessment=case).json()["status"] == "approved"
    decision = json.loads(approver("get", "decision", assessment=case).content)
    assert decision["decision"]["with_conditions"] is True
    assert [(c["text"], c["owner"]["reference"], c["due_on"]) for c in decision["conditions"]] == [
        ("Set up a rota.", cast.contributor.reference, "2030-01-31")
    ]


def test_abstaining_leaves_it_to_others(approver, cast: Cast) -> None:
    case = make_submitted(cast)
    body = {"digest": newest(case).digest, "reason": "I hold shares in the vendor."}
    assert approver("post", "abstain", body, assessment=case).json()["status"] == "in_review"
    assert approver("get", "attestation", assessment=case).json()["seats"] == []
    assert approver("post", "approve", approval(case), assessment=case).status_code == 422


def test_a_verdict_is_shown_with_its_seal(approver, cast: Cast) -> None:
    case = make_submitted(cast)
    read_over_the_api(approver, case)
    approver("post", "approve", approval(case), assessment=case)
    (verdict,) = approver("get", "verdicts", assessment=case).json()["verdicts"]
    certificate = certificate_of(cast.organisation, verdict["seal"]["certificate"])
    signature = base64.b64decode(verdict["seal"]["signature"])
    assert certificate is not None
    assert check_signed(canonical_bytes(verdict["signed"]), verdict["seal"]["algorithm"], signature, certificate)
    moved = verdict["signed"] | {"assessment": {"id": "another", "title": "Another"}}
    assert not check_signed(canonical_bytes(moved), verdict["seal"]["algorithm"], signature, certificate)
    assert verdict["signed"]["snapshot"]["digest"] == newest(case).digest
    assert {part["part"] for part in verdict["signed"]["parts_read"]} >= {"proposal", "costs", "answers"}
