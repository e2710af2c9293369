"""What is done with a person's account, told in the stream of each of their organisations."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.access import organisations_of
from accounts.models import User
from audit.trail import record

SYSTEM = "system"


# What allauth calls a kind of second factor: how the trail calls it, whoever reads it.
FACTORS = {"totp": "authenticator app", "webauthn": "passkey", "recovery_codes": "recovery codes"}


def tell(action: str, user: User, *, known: bool = True, changes: dict[str, Any] | None = None) -> None:
    """Record an action of ``accounts.actions`` about a person; ``known`` is False where somebody else may have acted under their name.

    A person in no organisation is told of in the system's stream. Streams are locked in the order of their organisations, so that two
    such events can't wait for each other.
    """
    _tell(action, user, user.reference if known else None, user.name if known else "", changes, "")


def tell_by(actor: User | None, action: str, user: User, *, changes: dict[str, Any] | None = None, reason: str = "") -> None:
    """Record what somebody else did to a person's account; ``actor`` is None for whoever runs the service, by a command."""
    _tell(action, user, actor.reference if actor else "system", actor.name if actor else "", changes, reason)


def _tell(action: str, user: User, actor: str | None, name: str, changes: dict[str, Any] | None, reason: str) -> None:
    with transaction.atomic():
        for stream in [organisation.stream for organisation in organisations_of(user).order_by("pk")] or [SYSTEM]:
            record(
                stream=stream, action=action, actor=actor, object_type="person", object_id=str(user.uuid), changes=changes or {},
                reason=reason, personal={"object_label": user.name, "actor_name": name},
            )  # fmt: skip


def tell_of_nobody_known(action: str, typed: str, *, changes: dict[str, Any] | None = None) -> None:
    """Record what somebody did under a name that no account has; ``typed`` stays out of the hashed bytes, as every name does."""
    with transaction.atomic():
        record(
            stream=SYSTEM, action=action, actor=None, object_type="person", object_id="unknown", changes=changes or {},
            personal={"object_label": typed},
        )  # fmt: skip
