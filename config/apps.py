"""What refuses to start: a setting that is unsafe in production."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SHORTEST_KEY = 50


class CountersignConfig(AppConfig):
    name = "config"
    label = "countersign"

    def ready(self) -> None:
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
