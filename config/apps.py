"""What production refuses to start with, and what it is warned of."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

SHORTEST_KEY = 50


class CountersignConfig(AppConfig):
    name = "config"
    label = "countersign"

    def ready(self) -> None:
        checks.register(production_warnings, checks.Tags.security)
        if settings.PRODUCTION:
            refuse_unsafe_settings()


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
    if wrong:
        raise ImproperlyConfigured("Countersign doesn't start in production with these settings: " + "; ".join(wrong) + ".")


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
    return found
