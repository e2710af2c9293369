"""What every endpoint shares: who may call it, which assessment it is about, and answers in JSON whatever is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.access import organisation_for
from accounts.models import ApiToken, Organisation, User
from assessments import permissions
from assessments.errors import Refused
from assessments.models import Assessment, Evidence, Option

WITH_ASSESSMENT = ("use_case", "author", "proposed_option")


class AlwaysJson(DefaultContentNegotiation):
    """An answer's type is fixed by its endpoint, so ``Accept`` never makes a request fail."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, first.media_type


class Pages(PageNumberPagination):
    """``?page=`` from 1, ``?page_size=`` up to 200."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class Endpoint(APIView):
    """An address of the API: JSON in, JSON out, for a token or a signed-in session."""

    parser_classes = [JSONParser]
    content_negotiation_class = AlwaysJson
    pagination_class = Pages

    def page_of(self, rows: QuerySet[Any] | Sequence[Any], serializer: type[BaseSerializer[Any]]) -> Response:
        """One page of ``rows`` as the request asks for it; an unknown page is a 404. The serializer knows the ``person`` who asks."""
        pages = Pages()
        page = pages.paginate_queryset(rows, self.request, view=self)
        return pages.get_paginated_response(serializer(page, many=True, context={"person": self.request.user}).data)

    def given(self, serializer: type[BaseSerializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """The request's body, checked by ``serializer``; raises ValidationError."""
        checked = serializer(data=self.request.data, partial=partial)
        checked.is_valid(raise_exception=True)
        values: dict[str, Any] = checked.validated_data
        return values


class OrganisationEndpoint(Endpoint):
    """An address inside one organisation. ``actions`` says for each method what a person must be allowed to do there, by the names of
    ``assessments.permissions``: nobody known gets 401, an outsider 404, a member without the right 403, all before the body is read.
    """

    actions: ClassVar[dict[str, str]] = {}
    organisation: Organisation
    roles: frozenset[str]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.organisation, self.roles = organisation_for(request.user, kwargs["org"])
        if isinstance(request.auth, ApiToken) and request.auth.organisation_id != self.organisation.pk:
            raise Http404("No such organisation, or this token is for another one.")
        action = self.actions.get("GET" if request.method == "HEAD" else request.method or "")
        if action is not None:
            permissions.require(self.person, self.organisation, action)

    @property
    def person(self) -> User:
        """Who calls."""
        user = self.request.user
        if not isinstance(user, User):
            raise PermissionDenied("Sign in first.")
        return user


class AssessmentEndpoint(OrganisationEndpoint):
    """An address of one assessment; one of another organisation is a 404."""

    assessment: Assessment

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        rows = permissions.visible(self.person, self.organisation).select_related("organisation", *WITH_ASSESSMENT)
        found = rows.filter(pk=kwargs["assessment"]).first()
        if found is None:
            raise Http404("There is no such assessment in this organisation.")
        self.assessment = found

    def option(self, key: str) -> Option:
        """The option that the address names; Http404 where there isn't such a one."""
        option = self.assessment.options.select_related("assessment").filter(key=key).first()
        if option is None:
            raise Http404(f"This assessment has no option {key!r}.")
        return option

    def named_option(self, key: str | None) -> Option | None:
        """The option that a body names, None where it names none; Refused where there isn't such a one."""
        option = self.assessment.options.filter(key=key).first() if key is not None else None
        if key is not None and option is None:
            there = ", ".join(self.assessment.options.values_list("key", flat=True)) or "none yet"
            raise Refused("There is no such option.", {"option": f"{key!r} is none of this assessment's options; there are {there}."})
        return option

    def evidence(self, pk: UUID) -> Evidence:
        """A file of this assessment's answers, or Http404."""
        found = Evidence.objects.select_related("response__assessment__organisation", "response__option", "uploaded_by")
        evidence = found.filter(response__assessment=self.assessment, pk=pk).first()
        if evidence is None:
            raise Http404("There is no such file on an answer of this assessment.")
        return evidence
