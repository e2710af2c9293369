"""How the endpoints describe themselves in the OpenAPI schema: one decorator, and what is said of every problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.fields import empty

F = TypeVar("F", bound=Callable[..., Any])

PROBLEM = "application/problem+json"
YAML = "application/yaml"


class TokenScheme(OpenApiAuthenticationExtension):
    """What the schema says of API tokens."""

    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "An API token of yours; make one on your organisation's tokens page."}


class ProblemSerializer(serializers.Serializer[Any]):
    """A problem as RFC 9457 describes it; ``errors`` names what is wrong beside which field, ``theirs`` and ``mine`` what collided."""

    type = serializers.CharField(help_text="Names the kind of problem.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong, for people.")
    errors = serializers.JSONField(required=False, help_text="Messages by field.")  # type: ignore[assignment]
    theirs = serializers.JSONField(required=False, help_text="409: what stands now.")
    mine = serializers.JSONField(required=False, help_text="409: what was to be saved.")


MEANINGS = {
    400: "The request can't be read: its body, its type or a field of it.",
    401: "Nobody is signed in, and no valid token was sent.",
    403: "Your roles don't allow this.",
    404: "There is no such thing in your organisation.",
    409: "The status of the assessment doesn't allow this, or somebody saved in between.",
    413: "The file is larger than is taken.",
    415: "The body has a type that isn't taken here.",
    422: "The request was understood, and can't be carried out as it stands.",
    429: "Too many wrong passwords; try again later.",
    503: "The stored file can't be handed out now.",
}
READING = (401, 403, 404)
CHANGING = (400, 401, 403, 404, 409, 415, 422)

PAGE = (
    OpenApiParameter("page", {"type": "integer", "minimum": 1}, description="From 1."),
    OpenApiParameter("page_size", {"type": "integer", "minimum": 1, "maximum": 200}, description="50 if left out."),
)


def operation(
    name: str,
    summary: str,
    *,
    tag: str,
    answer: Any,
    status: int = 200,
    media: str | Sequence[str] = "application/json",
    about: str = "",
    body: Any = empty,
    changes: bool = False,
    problems: Sequence[int] | None = None,
    parameters: Sequence[OpenApiParameter] = (),
    pages: bool = False,
    description: str = "",
) -> Callable[[F], F]:
    """Describe one method of an endpoint.

    ``answer``: serializer or type of what comes back (None: nothing), ``about`` a sentence on it; ``changes``: whether it changes something, which
    decides the problems listed unless they are given; ``media``: the type or types of what comes
    back; ``pages``: the answer is a page of ``answer``.
    """
    codes = problems if problems is not None else CHANGING if changes else READING
    responses: dict[Any, Any] = {}
    if answer is None:
        responses[status] = OpenApiResponse(description=about or "Done.")
    for kind in [] if answer is None else [media] if isinstance(media, str) else media:
        responses[(status, kind)] = answer(many=True) if pages else OpenApiResponse(response=answer, description=about)
    responses |= {(code, PROBLEM): OpenApiResponse(response=ProblemSerializer, description=MEANINGS[code]) for code in codes}
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=description,
        tags=[tag],
        request=body if body is not empty else None,
        responses=responses,
        parameters=[*(PAGE if pages else ()), *parameters],
    )


FILE, OBJECT = OpenApiTypes.BINARY, OpenApiTypes.OBJECT
