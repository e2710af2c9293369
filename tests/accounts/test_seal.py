"""The seal's certificates: entered at their first use, kept when they are replaced, and good for what was sealed with them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from accounts import seal, seal_keys
from accounts.models import Organisation, SealCertificate
from accounts.seal import SealUnreadable, certificate_of, check_signed, known_certificates, rotate, seal_of, sign_bytes, warm
from audit.models import AuditEvent
from audit.trail import checkpoint
from tests.triggers import without_triggers

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(settings: Any, tmp_path: Path) -> Organisation:
    settings.VAR_DIR = tmp_path
    return Organisation.objects.create(slug="north-bank", name="North Bank")


def holds(bank: Organisation, data: bytes, signed: seal.Signed) -> bool:
    der = certificate_of(bank, signed.certificate_fingerprint)
    return der is not None and check_signed(data, signed.algorithm, signed.signature, der)


def told(bank: Organisation) -> list[str]:
    return [event.sentence() for event in AuditEvent.objects.filter(stream=bank.stream).order_by("index")]


def test_the_first_use_enters_the_certificate_and_tells_the_trail_once(bank: Organisation) -> None:
    assert known_certificates(bank) == []
    warm(bank)
    sign_bytes(bank, b"one")
    (row,) = known_certificates(bank)
    assert row.fingerprint == seal_of(bank).fingerprint
    assert row.retired_at is None
    (sentence,) = told(bank)
    assert "began to seal for North Bank" in sentence
    assert row.fingerprint in sentence


def test_after_warming_a_signature_asks_the_database_once(bank: Organisation, django_assert_num_queries: Any) -> None:
    warm(bank)
    with django_assert_num_queries(1):
        sign_bytes(bank, b"one")


def test_a_signature_holds_for_its_own_data_alone(bank: Organisation) -> None:
    signed = sign_bytes(bank, b"approved")
    assert holds(bank, b"approved", signed)
    assert not holds(bank, b"rejected", signed)


def test_what_was_signed_before_a_rotation_holds_after_it(bank: Organisation) -> None:
    before = sign_bytes(bank, b"before")
    former, current = rotate(bank, reason="yearly change")
    after = sign_bytes(bank, b"after")
    assert (before.certificate_fingerprint, after.certificate_fingerprint) == (former, current)
    assert former != current
    assert holds(bank, b"before", before)
    assert holds(bank, b"after", after)
    assert [row.retired_at is None for row in known_certificates(bank)] == [False, True]
    event = AuditEvent.objects.get(stream=bank.stream, action="seal.rotated")
    assert event.changes == {"certificate": {"from": former, "to": current}}
    assert event.private.get(key="reason").text == "yearly change"


def test_the_former_key_is_kept_beside_the_new_one(bank: Organisation, tmp_path: Path) -> None:
    path = tmp_path / "seals" / f"{bank.uuid}.p12"
    warm(bank)
    held = path.read_bytes()
    former, _ = rotate(bank)
    assert former is not None
    assert path.read_bytes() != held
    assert (tmp_path / "seals" / f"{bank.uuid}.{former[:16]}.retired.p12").read_bytes() == held
    assert len(list((tmp_path / "seals").iterdir())) == 2, "nothing half made is left"


def test_rotating_before_the_first_use_makes_the_first_key(bank: Organisation, tmp_path: Path) -> None:
    former, current = rotate(bank)
    assert former is None
    assert sign_bytes(bank, b"one").certificate_fingerprint == current
    assert len(list((tmp_path / "seals").iterdir())) == 1


def test_a_rotation_that_breaks_off_before_its_entry_is_completed_by_the_next_use(bank: Organisation, monkeypatch: Any) -> None:
    before = sign_bytes(bank, b"before")

    def broken(*args: Any, **kwargs: Any) -> None:
        raise OSError("power failed")

    monkeypatch.setattr(seal, "record", broken)
    with pytest.raises(OSError, match="power failed"), transaction.atomic():
        rotate(bank)
    monkeypatch.undo()
    after = sign_bytes(bank, b"after")
    assert after.certificate_fingerprint != before.certificate_fingerprint
    assert holds(bank, b"before", before)
    assert holds(bank, b"after", after)
    assert "a new seal" in told(bank)[-1]


def test_a_replaced_key_that_comes_back_seals_nothing(bank: Organisation, tmp_path: Path) -> None:
    """Somebody restores an old copy of the folder, or a stolen key is put in place again."""
    warm(bank)
    path = tmp_path / "seals" / f"{bank.uuid}.p12"
    held = path.read_bytes()
    rotate(bank)
    path.write_bytes(held)
    with pytest.raises(SealUnreadable, match="was replaced by another one"):
        sign_bytes(bank, b"one")
    rotate(bank)
    assert holds(bank, b"one", sign_bytes(bank, b"one"))


def test_a_key_file_that_was_lost_is_followed_by_a_new_one_and_the_trail_says_so(bank: Organisation, tmp_path: Path) -> None:
    before = sign_bytes(bank, b"before")
    (tmp_path / "seals" / f"{bank.uuid}.p12").unlink()
    after = sign_bytes(bank, b"after")
    assert holds(bank, b"before", before)
    assert before.certificate_fingerprint != after.certificate_fingerprint
    assert "in place of" in told(bank)[-1]


def test_a_certificate_is_known_to_its_own_organisation_alone(bank: Organisation) -> None:
    signed = sign_bytes(bank, b"one")
    other = Organisation.objects.create(slug="south-bank", name="South Bank")
    assert certificate_of(other, signed.certificate_fingerprint) is None


def test_a_certificate_that_was_exchanged_in_the_database_counts_as_none(bank: Organisation) -> None:
    signed = sign_bytes(bank, b"one")
    other = Organisation.objects.create(slug="south-bank", name="South Bank")
    with without_triggers(connection):
        SealCertificate.objects.filter(organisation=bank).update(certificate=seal_of(other).der)
    assert certificate_of(bank, signed.certificate_fingerprint) is None


def test_a_certificate_that_is_over_seals_nothing_until_it_is_rotated(bank: Organisation, monkeypatch: Any) -> None:
    warm(bank)
    until = seal_of(bank).certificate.not_valid_after_utc
    seal_keys.check_dates(seal_of(bank), bank, until)
    monkeypatch.setattr("accounts.seal.timezone.now", lambda: until + timedelta(seconds=1))
    with pytest.raises(seal.SealOutOfDate, match=r"was valid until .* manage.py rotate_seal north-bank"):
        sign_bytes(bank, b"one")
    with pytest.raises(seal.SealOutOfDate):
        seal.signer_for(bank)
    with pytest.raises(seal.SealOutOfDate, match="is valid only from"):
        seal_keys.check_dates(seal_of(bank), bank, datetime(2001, 1, 1, tzinfo=UTC))


def test_the_command_says_which_certificate_to_tell_people(bank: Organisation) -> None:
    warm(bank)
    former = seal_of(bank).fingerprint
    out = StringIO()
    call_command("rotate_seal", "north-bank", reason="a laptop was lost", stdout=out)
    assert former in out.getvalue()
    assert f"with the certificate {seal_of(bank).fingerprint} from now on" in out.getvalue()
    assert AuditEvent.objects.get(action="seal.rotated").private.get(key="reason").text == "a laptop was lost"


def test_the_command_refuses_an_unknown_organisation_and_an_unreadable_key(bank: Organisation, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no organisation 'south-bank'"):
        call_command("rotate_seal", "south-bank")
    warm(bank)
    (tmp_path / "seals" / f"{bank.uuid}.p12").write_bytes(b"no key")
    with pytest.raises(CommandError, match="can't be opened"):
        call_command("rotate_seal", "north-bank")


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_eight_who_sign_first_at_once_enter_one_certificate(bank: Organisation) -> None:
    def one(number: int) -> seal.Signed:
        try:
            with transaction.atomic():
                return sign_bytes(bank, b"%d" % number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(one, range(8)))
    assert all(holds(bank, b"%d" % number, each) for number, each in enumerate(signed))
    assert len(known_certificates(bank)) == 1
    assert checkpoint(bank.stream).size == 1


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_signing_while_keys_are_replaced_yields_only_signatures_that_hold(bank: Organisation, tmp_path: Path) -> None:
    warm(bank)

    def one(number: int) -> seal.Signed | None:
        try:
            if number % 4 == 0:
                rotate(bank)
                return None
            with transaction.atomic():
                return sign_bytes(bank, b"%d" % number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        signed = list(pool.map(one, range(16)))
    assert all(each is None or holds(bank, b"%d" % number, each) for number, each in enumerate(signed))
    assert SealCertificate.objects.filter(organisation=bank, retired_at=None).count() == 1
    assert len(known_certificates(bank)) == 5
    assert len(list((tmp_path / "seals").glob("*.retired.p12"))) == 4, "no key is lost"
    assert checkpoint(bank.stream).size == 5
