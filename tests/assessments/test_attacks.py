"""What whoever owns the tables could do to a sign-off, with the triggers out of the way; each is found, and by what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import TestCase

from assessments.models import Assessment, DecisionRecord, Snapshot, Verdict
from assessments.verifying import verify_records
from tests.fixtures import Cast, make_approved, make_cast, make_submitted
from tests.triggers import without_triggers


def by_sql(statement: str, *values: Any) -> None:
    with without_triggers(connection), connection.cursor() as cursor:
        cursor.execute(statement, values)


def key(row: Any) -> Any:
    """A primary key as the database keeps it."""
    return row.pk.hex if connection.vendor == "sqlite" and hasattr(row.pk, "hex") else row.pk


@pytest.mark.databases
class Attacks(TestCase):
    cast: Cast

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.first, cls.second = make_approved(cls.cast), make_approved(cls.cast)
        cls.open = make_submitted(cls.cast)

    def kinds(self) -> set[str]:
        return {problem.kind for problem in verify_records(self.cast.organisation)}

    def verdict_on(self, decision: DecisionRecord) -> Verdict:
        return Verdict.objects.get(participation__snapshot=decision.snapshot)

    def test_what_nobody_touched_is_sound(self) -> None:
        assert verify_records(self.cast.organisation) == []

    def test_a_statement_is_changed(self) -> None:
        by_sql("UPDATE assessments_verdict SET statement = 'I approve everything.' WHERE id = %s", key(self.verdict_on(self.first)))
        assert self.kinds() == {"verdict"}

    def test_a_seal_is_put_over_another_record(self) -> None:
        one, other = self.verdict_on(self.first), self.verdict_on(self.second)
        by_sql("UPDATE assessments_verdict SET content = %s WHERE id = %s", bytes(other.content), key(one))
        assert self.kinds() == {"seal", "missing"}

    def test_signatures_are_swapped_between_records(self) -> None:
        one, other = self.verdict_on(self.first), self.verdict_on(self.second)
        for row, given in ((one, other), (other, one)):
            by_sql(
                "UPDATE assessments_verdict SET content = %s, seal = %s, seal_certificate = %s WHERE id = %s",
                bytes(given.content), bytes(given.seal), given.seal_certificate, key(row),
            )  # fmt: skip
        assert self.kinds() == {"verdict"}

    def test_a_snapshot_is_rewritten_with_its_digest(self) -> None:
        snapshot = self.first.snapshot
        content = bytes(snapshot.content).replace(b"Chatbot", b"Charbot")
        by_sql("UPDATE assessments_snapshot SET content = %s WHERE id = %s", content, key(snapshot))
        assert self.kinds() == {"snapshot"}
        from audit.canonical import sha256_hex

        by_sql("UPDATE assessments_snapshot SET digest = %s WHERE id = %s", sha256_hex(content), key(snapshot))
        assert self.kinds() == {"snapshot", "verdict", "decision", "missing"}

    def test_a_decision_is_turned(self) -> None:
        by_sql("UPDATE assessments_decisionrecord SET outcome = 'rejected' WHERE id = %s", key(self.first))
        assert self.kinds() == {"decision", "status"}

    def test_a_status_is_set(self) -> None:
        Assessment.objects.filter(pk=self.open.pk).update(status="approved")
        assert self.kinds() == {"status"}

    def test_rows_are_deleted(self) -> None:
        deletions: tuple[Callable[[], None], ...] = (
            lambda: by_sql("DELETE FROM assessments_decisionrecord WHERE id = %s", key(self.first)),
            lambda: by_sql("DELETE FROM assessments_verdict WHERE id = %s", key(self.verdict_on(self.second))),
        )
        for delete in deletions:
            delete()
        assert self.kinds() == {"missing", "status"}

    def test_a_snapshot_of_another_assessment_is_put_in(self) -> None:
        by_sql("UPDATE assessments_snapshot SET assessment_id = %s, number = 7 WHERE id = %s", key(self.open), key(self.first.snapshot))
        assert {"snapshot", "verdict", "decision"} <= self.kinds()
        assert Snapshot.objects.filter(assessment=self.open).count() == 2
