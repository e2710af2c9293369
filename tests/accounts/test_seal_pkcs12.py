"""A seal from a PKCS#12 file that the settings name: which files serve, what is said of those that don't, and taking a new one."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings as configured
from django.core.management import CommandError, call_command

from accounts.models import Organisation
from accounts.seal import SealUnreadable, certificate_of, check_signed, known_certificates, rotate, seal_of, sign_bytes, signer_for
from tests.accounts.keyfiles import PASSPHRASE, Authority, authority, ec_key, issued, packed, rsa_key

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def ca() -> Authority:
    return authority()


@pytest.fixture
def file(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path / "var"
    settings.SEAL_PKCS12 = str(tmp_path / "{organisation}.p12")
    settings.SEAL_PKCS12_PASSPHRASE = PASSPHRASE
    return tmp_path / "north-bank.p12"


@pytest.fixture
def bank(file: Path) -> Organisation:
    return Organisation.objects.create(slug="north-bank", name="North Bank")


@pytest.mark.parametrize(("make", "algorithm"), [(ec_key, "ecdsa-p256-sha256"), (rsa_key, "rsa-pkcs1v15-sha256")])
def test_it_seals_with_the_configured_key_and_keeps_the_issuers(
    bank: Organisation, file: Path, ca: Authority, make: Any, algorithm: str
) -> None:
    file.write_bytes(issued(ca, make()))
    signed = sign_bytes(bank, b"approved")
    der = certificate_of(bank, signed.certificate_fingerprint)
    assert signed.algorithm == algorithm
    assert der is not None
    assert check_signed(b"approved", signed.algorithm, signed.signature, der)
    assert x509.load_der_x509_certificate(der).issuer == ca.certificate.subject
    (row,) = known_certificates(bank)
    assert [base64.b64decode(text) for text in row.chain] == [c.public_bytes(Encoding.DER) for c in (ca.certificate, ca.root)]
    assert {c.subject.native["common_name"] for c in signer_for(bank).cert_registry} == {"Test Issuer", "Test Root"}
    assert not (Path(configured.VAR_DIR) / "seals").exists(), "no key of its own is made"


def test_each_organisation_has_the_file_of_its_name(bank: Organisation, file: Path, ca: Authority) -> None:
    other = Organisation.objects.create(slug="south-bank", name="South Bank")
    file.write_bytes(issued(ca, ec_key()))
    file.with_name("south-bank.p12").write_bytes(issued(ca, ec_key(), "South Bank"))
    assert seal_of(bank).fingerprint != seal_of(other).fingerprint


def refusal(bank: Organisation) -> str:
    with pytest.raises(SealUnreadable) as caught:
        sign_bytes(bank, b"one")
    assert "North Bank" in str(caught.value) or "north-bank.p12" in str(caught.value)
    return str(caught.value)


def test_a_wrong_passphrase_is_said_without_being_shown(bank: Organisation, file: Path, ca: Authority, settings: Any) -> None:
    file.write_bytes(issued(ca, ec_key()))
    settings.SEAL_PKCS12_PASSPHRASE = "not the passphrase"
    said = refusal(bank)
    assert "SEAL_PKCS12_PASSPHRASE isn't its passphrase" in said
    assert "not the passphrase" not in said


def test_a_file_that_is_missing_or_no_pkcs12_is_said(bank: Organisation, file: Path) -> None:
    assert "No such file" in refusal(bank)
    file.write_bytes(b"-----BEGIN CERTIFICATE-----")
    assert "can't be opened" in refusal(bank)


def test_files_that_cant_seal_are_named_with_what_they_lack(bank: Organisation, file: Path, ca: Authority) -> None:
    file.write_bytes(issued(ca, rsa_key(1024)))
    assert "1024 bits" in refusal(bank)
    file.write_bytes(issued(ca, ec.generate_private_key(ec.SECP384R1())))
    assert "curve P-256" in refusal(bank)
    file.write_bytes(packed(None, None, [ca.certificate]))
    assert "holds no private key" in refusal(bank)
    file.write_bytes(packed(ec_key(), None, []))
    assert "holds no certificate of its key" in refusal(bank)


def test_a_certificate_that_is_over_is_refused_and_says_since_when(bank: Organisation, file: Path, ca: Authority) -> None:
    file.write_bytes(issued(ca, ec_key(), days=-30))
    assert "was valid until" in refusal(bank)
    with pytest.raises(CommandError, match="was valid until"):
        call_command("rotate_seal", "north-bank")


def test_a_new_file_is_taken_by_rotating_and_the_old_one_isnt_taken_twice(bank: Organisation, file: Path, ca: Authority) -> None:
    file.write_bytes(issued(ca, ec_key()))
    before = sign_bytes(bank, b"before")
    with pytest.raises(SealUnreadable, match="has sealed with already"):
        rotate(bank)
    file.write_bytes(issued(ca, rsa_key()))
    former, current = rotate(bank, reason="yearly change")
    assert former == before.certificate_fingerprint
    assert current == seal_of(bank).fingerprint
    der = certificate_of(bank, former)
    assert der is not None
    assert check_signed(b"before", before.algorithm, before.signature, der)


def test_moving_from_a_key_of_its_own_to_a_configured_one_is_a_rotation(
    bank: Organisation, file: Path, ca: Authority, settings: Any
) -> None:
    settings.SEAL_PKCS12, configured_file = "", settings.SEAL_PKCS12
    before = sign_bytes(bank, b"before")
    settings.SEAL_PKCS12 = configured_file
    file.write_bytes(issued(ca, ec_key()))
    assert rotate(bank) == (before.certificate_fingerprint, seal_of(bank).fingerprint)
    settings.SEAL_PKCS12 = ""
    with pytest.raises(SealUnreadable, match="was replaced by another one"):
        sign_bytes(bank, b"one")


def test_the_passphrase_can_lie_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.write_text(f"{PASSPHRASE}\n")
    code = "from config import settings; print(settings.SEAL_PKCS12_PASSPHRASE)"
    environment = os.environ | {"SEAL_PKCS12_PASSPHRASE_FILE": str(path), "VAR_DIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, cwd=configured.BASE_DIR)
    assert run.stdout == f"{PASSPHRASE}\n"
