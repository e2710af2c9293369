"""A client of the service's HTTP, as patient as a person who presses the button again."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"
_SECONDS = 30


class Unsure(Exception):
    """No answer, or one that says that something broke: what was asked for may have happened or not."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return f"{self.status} {self.body[:400].decode(errors='replace')}"


@dataclass(frozen=True)
class Client:
    """Sends each request on a connection of its own; ``headers`` say who asks."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, body: Any = None, *, kind: str = "application/json", sent: Callable[[], None] = lambda: None
    ) -> Answer:
        """The answer below 500. ``body``: text as it is, anything else as JSON. ``sent`` is called when the request is out and before
        its answer is read. Raises Unsure for a broken connection, 30 s of silence, or an answer of 500 and above."""
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = kind
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_SECONDS)
        try:
            connection.request(method, path, body, headers)
            sent()
            response = connection.getresponse()
            answer = Answer(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise Unsure(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
        if answer.status >= 500:
            raise Unsure(answer.text)
        return answer
