"""Sessions in the database that know whose they are: a request reads its session, the person and where they may go in one statement."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, cast

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from accounts.access import Places, read_person
from accounts.models import Session, User

_WHO = "SELECT session_data, user_id AS person FROM accounts_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """Django's, after its own recipe for a session that has more columns. ``read``: the person who came with it, with their places."""

    read: tuple[User, Places] | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast(Session, super().create_model_instance(data))
        row.user_id = data.get(SESSION_KEY)
        return row

    def load(self) -> dict[str, Any]:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        found = read_person(_WHO, [self.session_key, now], "session_data")
        if found is None:
            self._session_key = None
            return {}
        person, places, (data,) = found
        self.read = (person, places) if person else None
        return self.decode(data)


_being_asked: ContextVar[SessionStore | None] = ContextVar("session", default=None)


def person_of(request: HttpRequest) -> User | AnonymousUser:
    """Whoever the request's session belongs to, by Django's own rules for whether it is still good."""
    asked = _being_asked.set(request.session)  # type: ignore[arg-type]
    try:
        return get_user(request)  # type: ignore[return-value]
    finally:
        _being_asked.reset(asked)


class Backend(AuthenticationBackend):
    """allauth's, which takes a person from the session that was read with them."""

    def get_user(self, user_id: int) -> User | None:
        session = _being_asked.get()
        read = session.read if session is not None else None
        if session is None or read is None or read[0].pk != user_id:
            return super().get_user(user_id)  # type: ignore[return-value]
        session.read, user = None, read[0]
        user.places_read = read[1]
        return user if self.user_can_authenticate(user) else None
