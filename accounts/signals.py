"""Sign-in, sign-out and failed sign-in are events: in the stream of each of the person's organisations, or the system's where nobody is known."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver

from accounts.models import Organisation, User
from audit.trail import record


def _tell(action: str, user: User) -> None:
    with transaction.atomic():
        for organisation in Organisation.objects.filter(memberships__user=user).distinct().order_by("pk"):
            record(
                stream=organisation.stream, action=action, actor=user.reference, object_type="person", object_id=str(user.uuid),
                personal={"actor_name": user.name, "object_label": user.name},
            )  # fmt: skip


@receiver(user_logged_in)
def signed_in(sender: Any, user: User, **kwargs: Any) -> None:
    _tell("person.signed_in", user)


@receiver(user_logged_out)
def signed_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        _tell("person.signed_out", user)


@receiver(user_login_failed)
def sign_in_failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    email = str(credentials.get("email") or credentials.get("username") or "")[:254]
    user = User.objects.filter(email__iexact=email).first()
    streams = ([o.stream for o in Organisation.objects.filter(memberships__user=user).distinct().order_by("pk")] if user else []) or [
        "system"
    ]
    with transaction.atomic():
        for stream in streams:
            record(
                stream=stream, action="person.sign_in_failed", actor=None, object_type="person",
                object_id=str(user.uuid) if user else "unknown", personal={"object_label": user.name if user else email},
            )  # fmt: skip
