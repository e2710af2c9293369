"""Django's PostgreSQL, but for how a connection that was kept is looked at before a request uses it."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the server still holds its end. Nobody speaks on a connection between two requests: what there is to read then is the server's
        farewell, or the end of the line. That spares each request the round trip of ``SELECT 1``, which is asked as ever after an error. A
        server that vanished without a farewell is noticed by the first statement, as it is when it vanishes just after a ``SELECT 1``."""
        if self.connection is None or self.connection.closed:
            return False
        if self.errors_occurred:
            return super().is_usable()
        line = select.poll()
        line.register(self.connection.fileno(), select.POLLIN)
        return not line.poll(0)
