"""What was sealed with stays known: by SQL on either database a certificate can be retired once, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Organisation, SealCertificate
from accounts.seal import known_certificates, rotate, warm

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
SET = "UPDATE accounts_sealcertificate SET {} WHERE id = %s"
COPY = (
    "INSERT {} INTO accounts_sealcertificate (id, organisation_id, fingerprint, certificate, chain, made_at, retired_at) "
    "SELECT id + {}, organisation_id, {}, certificate, chain, made_at, {} FROM accounts_sealcertificate WHERE id = %s"
)


@pytest.fixture
def bank(settings: Any, tmp_path: Path) -> Organisation:
    settings.VAR_DIR = tmp_path
    Organisation.objects.create(slug="south-bank", name="South Bank")
    return Organisation.objects.create(slug="north-bank", name="North Bank")


@pytest.fixture
def sql(bank: Organisation) -> Callable[[str, SealCertificate], int]:
    """Run a statement on one certificate's row; returns how many rows it changed."""

    def run(statement: str, row: SealCertificate) -> int:
        connection.check_constraints()  # what is still to be checked would forbid TRUNCATE before any trigger does
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [row.pk] if "%s" in statement else None)
            return int(cursor.rowcount)

    return run


def rows() -> list[dict[str, Any]]:
    return [{**row, "certificate": bytes(row["certificate"])} for row in SealCertificate.objects.order_by("pk").values()]


REFUSED = [
    SET.format("fingerprint = 'ab'"),
    SET.format("certificate = decode('01', 'hex')" if connection.vendor == "postgresql" else "certificate = x'01'"),
    SET.format("chain = '[\"AA==\"]'"),
    SET.format("made_at = '2020-01-01 00:00:00+00:00'"),
    SET.format("organisation_id = (SELECT id FROM accounts_organisation WHERE slug = 'south-bank')"),
    SET.format("id = id + 1000"),
    SET.format("retired_at = '2030-01-01 00:00:00+00:00', fingerprint = 'ab'"),
    "DELETE FROM accounts_sealcertificate WHERE id = %s",
    "DELETE FROM accounts_sealcertificate",
]
ONLY_POSTGRESQL = ["TRUNCATE accounts_sealcertificate"]
ONLY_SQLITE = [
    COPY.format("OR REPLACE", 0, "'ab'", "made_at"),
    COPY.format("OR REPLACE", 1000, "fingerprint", "made_at"),
    COPY.format("OR REPLACE", 1000, "'ab'", "NULL"),
    "UPDATE OR REPLACE accounts_sealcertificate SET fingerprint = 'ab' WHERE id = %s",
]


@pytest.mark.parametrize("statement", REFUSED + (ONLY_POSTGRESQL if connection.vendor == "postgresql" else ONLY_SQLITE))
def test_nothing_of_a_certificate_changes(bank: Organisation, sql: Callable, statement: str) -> None:
    warm(bank)
    before = rows()
    with pytest.raises(IntegrityError, match="refused"):
        sql(statement, known_certificates(bank)[0])
    assert rows() == before


@pytest.mark.parametrize("change", ["retired_at = NULL", "retired_at = '2030-01-01 00:00:00+00:00'"])
def test_one_that_was_retired_is_not_taken_back_or_retired_at_another_time(bank: Organisation, sql: Callable, change: str) -> None:
    rotate(bank)
    rotate(bank)
    former, _ = known_certificates(bank)
    before = rows()
    with pytest.raises(IntegrityError, match="refused"):
        sql(SET.format(change), former)
    assert rows() == before


def test_one_in_use_is_retired_once(bank: Organisation, sql: Callable) -> None:
    warm(bank)
    (row,) = known_certificates(bank)
    assert sql(SET.format("retired_at = '2030-01-01 00:00:00+00:00'"), row) == 1
    row.refresh_from_db()
    assert row.retired_at is not None
