"""What production refuses to start with, and what it is warned of."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

SHORTEST_KEY = 50
SHORTEST_TOKEN = 16
SEAL_LEVELS = ("B-B", "B-T", "B-LTA")


class CountersignConfig(AppConfig):
    name = "config"
    label = "countersign"

    def ready(self) -> None:
        checks.register(production_warnings, checks.Tags.security)
        refuse_unfit_seal_level()
        if settings.PRODUCTION:
            refuse_unsafe_settings()


def refuse_unfit_seal_level() -> None:
    """Raises ImproperlyConfigured where reports can't be sealed as SEAL_LEVEL says: nothing is sealed at a lower level instead."""
    level, url, roots = settings.SEAL_LEVEL, settings.SEAL_TIMESTAMP_URL, settings.SEAL_TIMESTAMP_ROOTS
    wrong = ""
    if level not in SEAL_LEVELS:
        wrong = f"SEAL_LEVEL must be one of {', '.join(SEAL_LEVELS)}, and not {level}"
    elif level != "B-B" and urlsplit(url).scheme not in ("http", "https"):
        wrong = f"SEAL_LEVEL {level} needs a timestamp authority: give its http:// or https:// address in SEAL_TIMESTAMP_URL"
    elif level == "B-LTA" and not roots:
        wrong = "SEAL_LEVEL B-LTA needs SEAL_TIMESTAMP_ROOTS, a PEM file of the certificates that the timestamp authority's leads to"
    elif level != "B-B" and roots and not os.access(roots, os.R_OK):
        wrong = f"SEAL_TIMESTAMP_ROOTS must be a file that this service can read, and {roots} isn't one"
    if wrong:
        raise ImproperlyConfigured(wrong + ".")


def refuse_unsafe_settings() -> None:
    """Raises ImproperlyConfigured naming every setting that production must not run with, and what would be right."""
    wrong = []
    if settings.DEBUG:
        wrong.append("DEBUG is on; leave it off: people must not see stack traces")
    if len(settings.SECRET_KEY) < SHORTEST_KEY or len(set(settings.SECRET_KEY)) < 10:
        wrong.append(f"SECRET_KEY is too weak; give at least {SHORTEST_KEY} random characters")
    hosts = set(settings.ALLOWED_HOSTS)
    if "*" in hosts or not hosts - {"127.0.0.1", "localhost", "[::1]"}:
        wrong.append("ALLOWED_HOSTS must name the hosts that the service is reached by, and not *")
    if not settings.SESSION_COOKIE_SECURE or not settings.CSRF_COOKIE_SECURE:
        wrong.append("cookies must be sent over TLS alone: SESSION_COOKIE_SECURE and CSRF_COOKIE_SECURE")
    origins: list[str] = settings.CSRF_TRUSTED_ORIGINS
    plain = ", ".join(origin for origin in origins if not origin.startswith("https://"))
    if plain:
        wrong.append(f"CSRF_TRUSTED_ORIGINS must be https:// addresses, and not {plain}: anybody on the way can write such a page")
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        wrong.append(f"METRICS_TOKEN is too short; give at least {SHORTEST_TOKEN} random characters, or none for no such page")
    wrong += _unsafe_providers()
    wrong += _unsafe_seals()
    if wrong:
        raise ImproperlyConfigured("Countersign doesn't start in production with these settings: " + "; ".join(wrong) + ".")


def _unsafe_providers() -> list[str]:
    """A provider vouches for people, so what it says must come from it and from nobody between."""
    wrong = []
    providers: dict[str, Any] = settings.SOCIALACCOUNT_PROVIDERS
    for app in providers.get("openid_connect", {}).get("APPS", []):
        if urlsplit(app["settings"]["server_url"]).scheme != "https":
            wrong.append("OIDC_ISSUER must begin with https://; whoever can change what the provider says can sign in as anybody")
        if not app["client_id"] or not app["secret"]:
            wrong.append("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET beside it, as the provider gave them")
    return wrong


def _unsafe_seals() -> list[str]:
    """The file of a seal, where it isn't one for each organisation: those come and go while the service runs, and are looked at when used."""
    if not settings.SEAL_PKCS12 or "{organisation}" in settings.SEAL_PKCS12:
        return []
    path = Path(settings.SEAL_PKCS12)
    if not path.is_file() or not os.access(path, os.R_OK):
        return [f"SEAL_PKCS12 must be a file that this service can read, and {path} isn't one"]
    if path.stat().st_mode & stat.S_IROTH:
        return [f"SEAL_PKCS12 names {path}, which everybody on this machine can read; take that right away with chmod o-r"]
    return []


def production_warnings(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What production may run with, but rather shouldn't; ``manage.py check`` and every other command say so."""
    if not settings.PRODUCTION:
        return []
    found: list[checks.CheckMessage] = []
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        found.append(
            checks.Warning(
                "The database is SQLite, which lets one writer in at a time.",
                hint="Fine for a few people on one machine; set DATABASE_URL to a PostgreSQL database for more.",
                id="countersign.W001",
            )
        )
    broker = urlsplit(settings.CELERY_BROKER_URL)
    if not broker.password:
        found.append(
            checks.Warning(
                f"The broker at {broker.hostname or broker.scheme} is used without a password, so whoever reaches it can queue tasks.",
                hint="Give the broker a password, and BROKER_URL with it: redis://:PASSWORD@HOST:PORT/0.",
                id="countersign.W002",
            )
        )
    if settings.SEAL_PKCS12 and not settings.SEAL_PKCS12_PASSPHRASE:
        found.append(
            checks.Warning(
                "SEAL_PKCS12 is used without a passphrase, so whoever copies the file can sign in the organisation's name.",
                hint="Export the key with a passphrase, and give that in SEAL_PKCS12_PASSPHRASE_FILE.",
                id="countersign.W003",
            )
        )
    return found + _storage_and_timestamp_warnings() + _mail_warnings()


def _storage_and_timestamp_warnings() -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    database: Any = settings.DATABASES["default"]
    storages: dict[str, Any] = settings.STORAGES
    elsewhere = database.get("HOST") not in (None, "", "127.0.0.1", "localhost", "::1") and not str(database["HOST"]).startswith("/")
    if elsewhere and storages["default"]["BACKEND"] == "config.folder.FilesFolder":
        found.append(
            checks.Warning(
                f"The database is on another machine, but evidence and reports lie in {settings.MEDIA_ROOT} on this one.",
                hint="Set FILES_S3_BUCKET, or give every machine that serves pages or runs a worker the same folder, and keep it in backups.",
                id="countersign.W006",
            )
        )
    if settings.SEAL_LEVEL != "B-B" and not settings.SEAL_TIMESTAMP_ROOTS:
        found.append(
            checks.Warning(
                "Whoever answers at SEAL_TIMESTAMP_URL is taken for the timestamp authority of the seals.",
                hint="Give the certificates that the authority's leads to, as a PEM file, in SEAL_TIMESTAMP_ROOTS.",
                id="countersign.W007",
            )
        )
    return found


def _mail_warnings() -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    if urlsplit(settings.SITE_URL).hostname in (None, "127.0.0.1", "localhost", "::1"):
        found.append(
            checks.Warning(
                f"Links in mails begin with {settings.SITE_URL}, which nobody can follow from another machine.",
                hint="Set SITE_URL to the address that people reach the service at, such as https://countersign.example.",
                id="countersign.W004",
            )
        )
    if settings.EMAIL_BACKEND.endswith("FolderBackend"):
        found.append(
            checks.Warning(
                f"Mails are written to {settings.EMAIL_FILE_PATH} and reach nobody.",
                hint="Set EMAIL_URL to your mail server, and MAIL_FROM to whom mails are from.",
                id="countersign.W005",
            )
        )
    return found
