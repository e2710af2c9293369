"""Errors of the API as problem details, RFC 9457."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from assessments.errors import Refused, Stale, WrongStatus

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: gettext_lazy("Bad request"), 401: gettext_lazy("Sign in first"), 403: gettext_lazy("Not allowed"), 404: gettext_lazy("Not found"),
    405: gettext_lazy("Method not allowed"), 406: gettext_lazy("Not acceptable"), 409: gettext_lazy("Conflict"),
    413: gettext_lazy("Too large"), 415: gettext_lazy("Unsupported media type"), 422: gettext_lazy("Can't be done as it stands"),
    429: gettext_lazy("Too many requests"), 500: gettext_lazy("Something went wrong"),
}  # fmt: skip
log = logging.getLogger(__name__)


def problem(code: int, detail: str, **more: Any) -> dict[str, Any]:
    """The body of a problem; ``errors`` maps fields to messages."""
    return {"type": "about:blank", "title": str(TITLES.get(code) or _("Error")), "status": code, "detail": detail, **more}


def problem_details(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every error of a view becomes a problem; what nobody foresaw is logged with its trace and told without."""
    if isinstance(error, Stale):
        return _respond(problem(409, str(error), theirs=error.theirs, mine=error.mine))
    if isinstance(error, WrongStatus):
        return _respond(problem(409, str(error)))
    if isinstance(error, Refused):
        return _respond(
            problem(422, str(error), **({"errors": {name: [text] for name, text in error.fields.items()}} if error.fields else {}))
        )
    if isinstance(error, ValidationError):
        fields = error.message_dict if hasattr(error, "error_dict") else None
        return _respond(problem(422, " ".join(error.messages), **({"errors": fields} if fields else {})))
    if isinstance(error, Http404):
        return _respond(problem(404, str(error) or _("There is nothing here, or it isn't yours.")))
    if isinstance(error, PermissionDenied):
        return _respond(problem(403, str(error) or _("Your roles don't allow this.")))
    if isinstance(error, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        return _respond(problem(413, _("This is more than one request may hold. Send it in smaller parts.")))
    if isinstance(error, SuspiciousOperation):
        return _respond(problem(400, _("The request can't be read.")))
    response = exception_handler(error, context)
    if response is None:
        log.exception("An API request failed", exc_info=error)
        return _respond(problem(500, _("Something went wrong on our side; the log has it.")))
    if isinstance(error, exceptions.ValidationError):
        body = problem(response.status_code, _("Some of what was sent isn't right."), errors=response.data)
    else:
        detail = response.data.get("detail", "") if isinstance(response.data, dict) else response.data
        body = problem(response.status_code, str(detail))
    return _respond(body, {name: value for name, value in response.items() if name.lower() in ("www-authenticate", "retry-after", "allow")})


def _respond(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def json_problem(code: int, detail: str) -> JsonResponse:
    """A problem for what fails before a view of the API is reached."""
    return JsonResponse(problem(code, detail), status=code, content_type=CONTENT_TYPE)
