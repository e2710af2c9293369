"""What the tests of the trail's pages, exports and proofs share: a client, addresses, and entries to find."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from audit.context import request_id
from audit.models import AuditEvent
from audit.trail import record
from tests.fixtures import Cast
from tests.triggers import without_triggers

HTMX = {"HX-Request": "true"}


def client_of(cast: Cast, who: str) -> Client:
    client = Client()
    client.force_login(cast[who])
    return client


def address(cast: Cast, name: str, **more: Any) -> str:
    return reverse(name, kwargs={"org": cast.organisation.slug, **more})


def happen(
    cast: Cast, number: int = 0, *, who: str = "auditor", action: str = "assessment.exported", request: str = "r-1", **given: Any
) -> AuditEvent:
    """One entry in the organisation's stream, about the assessment ``case-<number>``."""
    arguments: dict[str, Any] = {
        "stream": cast.organisation.stream,
        "action": action,
        "actor": cast[who].reference,
        "object_type": "assessment",
        "object_id": f"case-{number}",
        "changes": {"number": number},
        "personal": {"actor_name": cast[who].name, "object_label": f"Case {number}"},
    }
    with transaction.atomic(), request_id(request):
        return record(**{**arguments, **given})


def date_back(event: AuditEvent, at: datetime) -> None:
    """Give an entry's column another time, as if it had been written then."""
    with without_triggers(connection):
        AuditEvent.objects.filter(pk=event.pk).update(at=at)
