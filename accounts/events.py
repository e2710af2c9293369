"""What a person does with their account, told in the stream of each of their organisations."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import Organisation, User
from audit.trail import record

SYSTEM = "system"


def tell(action: str, user: User, *, known: bool = True, changes: dict[str, Any] | None = None) -> None:
    """Record an action of ``accounts.actions`` about a person; ``known`` is False where somebody else may have acted under their name.

    A person in no organisation is told of in the system's stream. Streams are locked in the order of their organisations, so that two
    such events can't wait for each other.
    """
    with transaction.atomic():
        organisations = Organisation.objects.filter(memberships__user=user).distinct().order_by("pk")
        for stream in [organisation.stream for organisation in organisations] or [SYSTEM]:
            record(
                stream=stream, action=action, actor=user.reference if known else None, object_type="person", object_id=str(user.uuid),
                changes=changes or {}, personal={"object_label": user.name, **({"actor_name": user.name} if known else {})},
            )  # fmt: skip


def tell_of_nobody_known(action: str, typed: str, *, changes: dict[str, Any] | None = None) -> None:
    """Record what somebody did under a name that no account has; ``typed`` stays out of the hashed bytes, as every name does."""
    with transaction.atomic():
        record(
            stream=SYSTEM, action=action, actor=None, object_type="person", object_id="unknown", changes=changes or {},
            personal={"object_label": typed},
        )  # fmt: skip
