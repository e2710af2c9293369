"""Unsafe settings refuse to start in production, in words; safe ones start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.apps import production_warnings, refuse_unsafe_settings

ROOT = Path(__file__).parent.parent.parent
SAFE = {"SECRET_KEY": "f" * 10 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP", "ALLOWED_HOSTS": "countersign.example"}


def start(tmp_path, **env: str) -> subprocess.CompletedProcess:
    clean = {k: v for k, v in os.environ.items() if k not in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "BROKER_URL")}
    return subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, capture_output=True, text=True,
        env={**clean, "COUNTERSIGN_ENV": "production", "VAR_DIR": str(tmp_path), **env},
    )  # fmt: skip


def test_safe_settings_start(tmp_path):
    done = start(tmp_path, **SAFE)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too weak"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the hosts"),
        ({"ALLOWED_HOSTS": "127.0.0.1"}, "ALLOWED_HOSTS must name the hosts"),
    ],
)
def test_unsafe_settings_refuse(tmp_path, change, message):
    done = start(tmp_path, **(SAFE | change))
    assert done.returncode != 0
    assert message in done.stderr


def test_what_is_only_unwise_is_said_and_starts(tmp_path):
    done = start(tmp_path, **SAFE, BROKER_URL="redis://127.0.0.1:6379/0")
    assert done.returncode == 0, done.stderr
    assert "countersign.W001" in done.stderr
    assert "countersign.W002" in done.stderr
    wise = start(
        tmp_path, **SAFE, BROKER_URL="redis://:secret@127.0.0.1:6379/0", DATABASE_URL="postgresql://nobody@127.0.0.1/nothing",
        SITE_URL="https://countersign.example", EMAIL_URL="smtps://mail.example",
    )  # fmt: skip
    assert wise.returncode == 0, wise.stderr
    assert "countersign.W" not in wise.stderr


@pytest.fixture
def safe(settings, tmp_path):
    """Settings that production starts with, the seal's file and a provider included."""
    path = tmp_path / "seal.p12"
    path.write_bytes(b"")
    path.chmod(0o640)
    settings.PRODUCTION, settings.SECRET_KEY, settings.ALLOWED_HOSTS = True, SAFE["SECRET_KEY"], [SAFE["ALLOWED_HOSTS"]]
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.CSRF_TRUSTED_ORIGINS, settings.METRICS_TOKEN = ["https://countersign.example"], "f" * 16
    settings.SEAL_PKCS12, settings.SEAL_PKCS12_PASSPHRASE = str(path), "a passphrase"
    app = {"client_id": "countersign", "secret": "s", "settings": {"server_url": "https://login.example"}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    refuse_unsafe_settings()
    assert not [found for found in production_warnings(None) if found.id == "countersign.W003"]
    return settings


def change_provider(safe, **changes) -> None:
    safe.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0].update(changes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: setattr(s, "CSRF_TRUSTED_ORIGINS", ["http://countersign.example"]), "not http://countersign.example"),
        (lambda s: setattr(s, "METRICS_TOKEN", "short"), "METRICS_TOKEN is too short"),
        (lambda s: change_provider(s, settings={"server_url": "http://login.example"}), "OIDC_ISSUER must begin with https"),
        (lambda s: change_provider(s, secret=""), "OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"),
        (lambda s: change_provider(s, client_id=""), "OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"),
        (lambda s: Path(s.SEAL_PKCS12).unlink(), "SEAL_PKCS12 must be a file that this service can read"),
        (lambda s: Path(s.SEAL_PKCS12).chmod(0o644), "everybody on this machine can read"),
    ],
)
def test_what_signs_and_whom_is_trusted_must_be_safe(safe, change, message):
    change(safe)
    with pytest.raises(ImproperlyConfigured, match=message):
        refuse_unsafe_settings()


def test_a_file_for_each_organisation_is_looked_at_when_it_is_used(safe):
    safe.SEAL_PKCS12 = "/nowhere/{organisation}.p12"
    refuse_unsafe_settings()


def test_a_seal_without_a_passphrase_is_warned_of(safe):
    safe.SEAL_PKCS12_PASSPHRASE = ""
    assert [found.id for found in production_warnings(None) if found.id == "countersign.W003"] == ["countersign.W003"]
