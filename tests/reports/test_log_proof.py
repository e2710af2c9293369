"""The proof in a sign-off report that its decision is in the log: made once for all, and every change of it found."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from django.test import TestCase

from assessments.models import DecisionRecord
from audit import checkpoints
from audit.keys import signers_of
from audit.models import AuditCheckpoint
from audit.note import TreeHead, sign
from audit.trail import record
from reports.log_proof import log_proof
from reports.verifier.log import check_log
from tests.fixtures import make_approved, make_cast


class TheProof(TestCase):
    row: DecisionRecord
    proof: dict[str, Any]
    decision: dict[str, Any]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.row = make_approved(make_cast())
        cls.stream = cls.row.snapshot.assessment.organisation.stream
        cls.happens()
        cls.bytes = log_proof(cls.row)
        cls.proof, cls.decision = json.loads(cls.bytes), json.loads(bytes(cls.row.content))

    @classmethod
    def happens(cls) -> None:
        """Something else, so that the log goes on after the decision."""
        record(stream=cls.stream, action="role.granted", actor="system", object_type="person", object_id="x", changes={"role": "auditor"})

    def failures(self, **changes: Any) -> list[str]:
        return [c.name for c in check_log(self.proof | changes, self.decision, self.row.digest) if c.ok is not True]

    def test_it_holds_and_names_the_key(self) -> None:
        checks = check_log(self.proof, self.decision, self.row.digest)
        assert [c.ok for c in checks] == [True] * 4
        assert "+".join(self.proof["keys"][0].split("+")[:2]) in checks[-1].message

    def test_a_later_one_is_the_same(self) -> None:
        self.happens()
        checkpoints.publish(self.stream)
        assert log_proof(self.row) == self.bytes
        assert AuditCheckpoint.objects.count() == 2

    def test_of_another_decision(self) -> None:
        assert [c.name for c in check_log(self.proof, self.decision, "sha256:" + "0" * 64) if not c.ok] == ["log entry of the decision"]

    def test_another_entry_is_found(self) -> None:
        told = self.proof["decision"]
        assert self.failures(decision=told | {"entry": told["entry"].replace("approve", "approved_", 1)}) == ["log entry of the decision"]
        assert self.failures(decision=told | {"index": told["index"] + 1}) == ["log entry of the decision"]
        assert self.failures(decision=told | {"path": told["path"][1:]}) == ["log entry of the decision"]

    def test_another_trail_is_found(self) -> None:
        trail = deepcopy(self.proof["trail"])
        trail[0]["path"][0] = "00" * 32
        assert self.failures(trail=trail) == ["log entries of the trail"]
        assert self.failures(trail=self.proof["trail"][1:]) == ["log entries of the trail"]

    def test_another_state_of_the_log_is_found(self) -> None:
        before = self.proof["grown_from"]
        assert self.failures(grown_from=before | {"root": "00" * 32}) == ["log"]
        assert self.failures(grown_from=before | {"path": [*before["path"], "00" * 32]}) == ["log"]
        assert len(self.failures(root="00" * 32)) == 4

    def test_another_checkpoint_is_found(self) -> None:
        note = self.proof["checkpoint"]
        assert self.failures(checkpoint=note.replace(f"\n{self.proof['size']}\n", "\n999\n", 1)) == ["checkpoint"]
        assert self.failures(keys=[]) == ["checkpoint"]
        signers = signers_of(self.stream)
        elsewhere = TreeHead(signers[0].name, self.proof["size"], bytes(32)).text
        assert self.failures(checkpoint=sign(elsewhere, signers, 1_800_000_000)) == ["checkpoint"], "signed, and of another tree"
        assert self.failures(stream="org:other") == ["log entry of the decision"]

    def test_what_is_no_proof_is_said(self) -> None:
        with pytest.raises(KeyError):
            check_log({}, self.decision, self.row.digest)
