"""The organisation's key: made once, readable by the service alone, and bound to SECRET_KEY."""

from __future__ import annotations

import stat
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from accounts.seal import SealUnreadable, known_fingerprint, seal_of


@pytest.fixture
def bank(settings: Any, tmp_path: Path) -> Any:
    settings.VAR_DIR = tmp_path
    return SimpleNamespace(uuid=uuid.uuid4(), name="Bank")


def test_the_key_is_made_once_and_kept(bank: Any) -> None:
    assert known_fingerprint(bank) is None
    first = seal_of(bank)
    assert seal_of(bank).fingerprint == first.fingerprint == known_fingerprint(bank)


def test_several_workers_at_once_agree_on_one_key(bank: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len({seal.fingerprint for seal in pool.map(lambda _: seal_of(bank), range(16))}) == 1


def test_only_the_service_can_read_the_files(bank: Any, tmp_path: Path) -> None:
    seal_of(bank)
    folder = tmp_path / "seals"
    assert [path.name for path in folder.iterdir()] == [f"{bank.uuid}.p12"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / f"{bank.uuid}.p12").stat().st_mode) == 0o600


def test_another_secret_key_opens_it_only_as_a_former_one(bank: Any, settings: Any) -> None:
    made, former = seal_of(bank), settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    with pytest.raises(SealUnreadable, match="SECRET_KEY_FALLBACKS"):
        seal_of(bank)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert seal_of(bank).fingerprint == made.fingerprint


@pytest.mark.parametrize("name", ["B" * 200, "Žižkov Sparkasse 山田", "A, B & <C>; CN=other"])
def test_every_name_of_an_organisation_can_stand_in_a_certificate(bank: Any, name: str) -> None:
    bank.name = name
    certificate = seal_of(bank).certificate
    assert name[:40] in certificate.subject.rfc4514_string().replace("\\", "")
    assert certificate.subject == certificate.issuer
