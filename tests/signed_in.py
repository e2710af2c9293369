"""A session that has just confirmed who it is, as the pages of one's own security ask for."""

from __future__ import annotations

import time

from django.test import Client

from accounts.models import User


def confirm(client: Client, person: User) -> None:
    """As if the person, who is signed in, had entered the password again a moment ago."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
