"""The public check of a file over the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import APIException, ParseError, Throttled
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from assessments.api.base import Endpoint
from assessments.api.schema import FILE, operation
from reports import public

_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Body:
    """What is left of a body: its digest."""

    sha256: str


class PdfParser(BaseParser):
    """Reads the body piece by piece, and keeps nothing of it."""

    media_type = "application/pdf"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        return Body(public.digest_of(iter(lambda: stream.read(_CHUNK), b"")))


class BytesParser(PdfParser):
    media_type = "application/octet-stream"


class TooLarge(APIException):
    status_code = 413
    default_detail = gettext_lazy("The file is larger than 200 MB. A report of this service is smaller.")


class VerifySerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(
        choices=public.OUTCOMES,
        help_text="issued: a report of this service, unchanged; superseded: that, and it stands no more; unknown: changed, or not of this service.",
    )


class Verify(Endpoint):
    """Open to everybody; a token or a session makes no difference."""

    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = [PdfParser, BytesParser, MultiPartParser]

    @operation("verify", "Check whether a file is a report of this service", tag="verify", answer=VerifySerializer, problems=(400, 413, 415, 429),
               body={"application/pdf": FILE, "application/octet-stream": FILE},
               description="The bytes of the PDF, 200 MB at most, as the body or as `file` of a multipart form. They are hashed and not kept. "
               "Nothing is told of what is in it. From one address 60 files in ten minutes are checked.")  # fmt: skip
    def post(self, request: Request) -> Response:
        if not public.may_ask(request._request):
            raise Throttled(wait=public.WITHIN.total_seconds())
        if public.too_large(request._request):
            raise TooLarge
        request._request.upload_handlers = [public.HashingHandler(request._request)]
        if isinstance(request.data, Body):
            return Response({"outcome": public.outcome_of(request.data.sha256)})
        file = request.FILES.get("file")
        if not isinstance(file, public.Hashed) or not file.size:
            raise ParseError(_("Send the bytes of a PDF, as the body or as the file named file."))
        return Response({"outcome": public.outcome_of(file.sha256)})
