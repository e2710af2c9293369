"""Detached signatures: what holds, what doesn't, and that openssl says the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings

from accounts.signatures import ECDSA, RSA, SealKey, check_signed, sign
from tests.accounts.keyfiles import certificate, ec_key, rsa_key

DATA = b'{"meaning":"approval"}'


@pytest.fixture(scope="module", params=[ec_key, rsa_key], ids=["ec", "rsa"])
def key(request: pytest.FixtureRequest) -> SealKey:
    made: SealKey = request.param()
    return made


def der_of(key: SealKey) -> bytes:
    return certificate("North Bank", key, issuer="North Bank", issuer_key=key).public_bytes(Encoding.DER)


def test_it_holds_for_the_very_bytes_and_key_alone(key: SealKey) -> None:
    algorithm, signature = sign(key, DATA)
    der = der_of(key)
    assert check_signed(DATA, algorithm, signature, der)
    assert not check_signed(DATA + b" ", algorithm, signature, der)
    assert not check_signed(DATA, algorithm, signature[:-1], der)
    assert not check_signed(DATA, algorithm, b"", der)
    assert not check_signed(DATA, algorithm, signature, der_of(ec_key()))
    assert not check_signed(DATA, algorithm, signature, der[:40])


def test_it_holds_under_its_own_algorithms_name_alone(key: SealKey) -> None:
    algorithm, signature = sign(key, DATA)
    other = RSA if algorithm == ECDSA else ECDSA
    assert not check_signed(DATA, other, signature, der_of(key))
    assert not check_signed(DATA, "none", signature, der_of(key))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_openssl_checks_it_too(key: SealKey, tmp_path: Path) -> None:
    _, signature = sign(key, DATA)
    for name, content in (("c.der", der_of(key)), ("data", DATA), ("signature", signature)):
        (tmp_path / name).write_bytes(content)

    def openssl(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, text=True, check=False)

    (tmp_path / "key.pem").write_text(openssl("x509", "-inform", "DER", "-in", "c.der", "-pubkey", "-noout").stdout)
    assert "Verified OK" in openssl("dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "data").stdout
    (tmp_path / "data").write_bytes(DATA + b" ")
    assert openssl("dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "data").returncode != 0


def test_it_can_be_checked_without_the_framework() -> None:
    code = "import sys, accounts.signatures; print('django' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=settings.BASE_DIR)
    assert run.stdout == "False\n"
