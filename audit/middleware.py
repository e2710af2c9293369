"""What the log says of every request, and the one id that it has in the trail, in the log and in the answer's ``X-Request-ID`` header."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_structlog.middlewares import RequestMiddleware

from audit.context import is_request_id, request_id


class LogMiddleware(RequestMiddleware):
    """django-structlog's, but ``ip`` is the address that the request came from, which the trail and the limits go by as well. A header that
    names another, as ``X-Forwarded-For``, is whatever its sender likes."""

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        structlog.contextvars.bind_contextvars(ip=request.META.get("REMOTE_ADDR"))


class RequestIdMiddleware:
    """Takes the id that django-structlog bound for the log, so it stands after that middleware; makes one where there is none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        bound = structlog.contextvars.get_contextvars().get("request_id")
        # An upstream proxy's id may be anything at all where the log is told to trust it.
        value = bound if isinstance(bound, str) and is_request_id(bound) else str(uuid.uuid4())
        with request_id(value):
            response = self.get_response(request)
        response["X-Request-ID"] = value
        return response
