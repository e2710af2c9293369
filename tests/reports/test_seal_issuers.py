"""Seals from a PKCS#12 file on a document: the verifier takes RSA and issuers' certificates, and still finds every changed byte of the seal."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from accounts.seal import signer_for
from reports.finishing import SEAL_FIELD
from reports.seal import seal
from reports.verifier.checks import Check
from reports.verifier.seal import check_seal
from tests.accounts.keyfiles import PASSPHRASE, Authority, authority, certificate, ec_key, issued, packed, rsa_key


@pytest.fixture(scope="module")
def ca() -> Authority:
    return authority()


@pytest.fixture(scope="module")
def blank() -> bytes:
    """A page with an empty field for the seal."""
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    writer = IncrementalPdfFileWriter(io.BytesIO(out.getvalue()))
    append_signature_field(writer, SigFieldSpec(SEAL_FIELD))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.fixture
def seal_with(settings: Any, tmp_path: Path, blank: bytes) -> Any:
    def sealed(file: bytes) -> bytes:
        settings.SEAL_PKCS12, settings.SEAL_PKCS12_PASSPHRASE = str(tmp_path / "seal.p12"), PASSPHRASE
        (tmp_path / "seal.p12").write_bytes(file)
        return seal(blank, signer_for(SimpleNamespace(name="North Bank", slug="north-bank")), reason="test")  # type: ignore[arg-type]

    return sealed


def found(data: bytes) -> dict[str, Check]:
    return {check.name: check for check in check_seal(data)[0]}


@pytest.mark.parametrize("make", [ec_key, rsa_key])
def test_a_seal_with_its_issuers_holds_and_names_the_root(seal_with: Any, ca: Authority, make: Any) -> None:
    checks = found(seal_with(issued(ca, make())))
    assert [check.ok for check in checks.values()] == [True, True, True], checks
    assert "Test Issuer issued the seal's certificate to North Bank" in checks["certificate"].message
    assert "lead to Test Root" in checks["certificate"].message


def test_without_the_root_the_issuers_are_not_known_rather_than_false(seal_with: Any, ca: Authority) -> None:
    key = ec_key()
    own = certificate("North Bank", key, issuer="Test Issuer", issuer_key=ca.key)
    checks = found(seal_with(packed(key, own, [ca.certificate])))
    assert checks["seal"].ok
    assert checks["seal's coverage"].ok
    assert checks["certificate"].ok is None
    assert "lacks the certificate of Test Root" in checks["certificate"].message


def test_a_certificate_that_says_it_issued_itself_but_did_not_is_found(seal_with: Any) -> None:
    key = ec_key()
    checks = found(seal_with(packed(key, certificate("North Bank", key, issuer="North Bank", issuer_key=ec_key()), [])))
    assert checks["certificate"].ok is False


def test_an_authority_that_did_not_issue_it_is_found(seal_with: Any, ca: Authority) -> None:
    key = ec_key()
    own = certificate("North Bank", key, issuer="Test Issuer", issuer_key=ec_key())
    assert found(seal_with(packed(key, own, [ca.certificate, ca.root])))["certificate"].ok is False


def test_a_changed_digit_anywhere_in_the_signature_is_found(seal_with: Any, ca: Authority) -> None:
    """The issuers' certificates are in the signature, but not under it."""
    data = seal_with(issued(ca, rsa_key()))
    start = data.rindex(b"/Contents <") + len(b"/Contents <")
    end = len(data[start : data.index(b">", start)].rstrip(b"0")) + start
    for position in range(start, end, 307):
        changed = bytearray(data)
        changed[position] = ord("0") if changed[position] != ord("0") else ord("1")
        assert not all(check.ok for check in check_seal(bytes(changed))[0]), f"the digit {position - start} of the signature"
