"""What every endpoint shares: who may call it, which assessment it is about, and answers in JSON whatever is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.access import Rights, entered
from accounts.models import ApiToken, Organisation, User
from assessments import permissions
from assessments.errors import Refused
from assessments.evaluation import release_of
from assessments.models import Assessment, Evidence, Option
from compliance.catalogue.index import index

WITH_ASSESSMENT = ("use_case", "author", "proposed_option")


class AlwaysJson(DefaultContentNegotiation):
    """An answer's type is fixed by its endpoint, so ``Accept`` never makes a request fail."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, first.media_type


class Whole(Paginator):  # type: ignore[type-arg]
    """Pages that don't end at the count, which is asked for first: what somebody adds between the two would push a row off the page that was there
    before, and whoever has just made something must find it."""

    def page(self, number: int | str) -> Page:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        return Page(self.object_list[first : first + self.per_page], number, self)


class Pages(PageNumberPagination):
    """``?page=`` from 1, ``?page_size=`` up to 200."""

    django_paginator_class = Whole
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
        reads_all = bool(permissions.READS_ALL & (rights.roles if (rights := getattr(self, "rights", None)) else permissions.READS_ALL))
        return pages.get_paginated_response(
            serializer(page, many=True, context={"person": self.request.user, "request": self.request, "reads_all": reads_all}).data
        )

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
    rights: Rights

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.organisation, self.rights = entered(request.user, kwargs["org"])
        if isinstance(request.auth, ApiToken) and request.auth.organisation_id != self.organisation.pk:
            raise Http404(_("No such organisation, or this token is for another one."))
        action = self.actions.get("GET" if request.method == "HEAD" else request.method or "")
        if action is not None and not permissions.ACTIONS[action] & self.rights.roles:
            permissions.refuse(self.organisation, action)

    @property
    def person(self) -> User:
        """Who calls."""
        user = self.request.user
        if not isinstance(user, User):
            raise PermissionDenied(_("Sign in first."))
        return user


class AssessmentEndpoint(OrganisationEndpoint):
    """An address of one assessment; one of another organisation is a 404, as is one in which a contributor has nothing to do.

    ``partly``: it is for those too who only read parts of the assessment, and shows them no more than that, by ``reach``.
    """

    partly: ClassVar[bool] = False
    assessment: Assessment
    reach: permissions.Reach

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        rows = permissions.visible(self.person, self.organisation, self.rights).select_related("organisation", *WITH_ASSESSMENT)
        found = rows.filter(pk=kwargs["assessment"]).first()
        if found is None:
            raise Http404(_("There is no such assessment in this organisation."))
        self.assessment = found
        self.reach = permissions.reach_of(self.person, found, self.rights.roles)
        if not self.partly and not self.reach.reads_all:
            raise PermissionDenied(_("You are asked for parts of this assessment, and read those. This shows more than them."))

    def read_questions(self) -> list[str]:
        """The questions in the parts that the person reads."""
        return [question for question, place in index(release_of(self.assessment)).places.items() if self.reach.reads(place)]

    def option(self, key: str) -> Option:
        """The option that the address names; Http404 where there isn't such a one."""
        option = self.assessment.options.select_related("assessment").filter(key=key).first()
        if option is None:
            raise Http404(_("This assessment has no option %(option)r.") % {"option": key})
        return option

    def named_option(self, key: str | None) -> Option | None:
        """The option that a body names, None where it names none; Refused where there isn't such a one."""
        option = self.assessment.options.filter(key=key).first() if key is not None else None
        if key is not None and option is None:
            there = ", ".join(self.assessment.options.values_list("key", flat=True)) or _("none yet")
            message = _("%(option)r is none of this assessment's options; there are %(known)s.") % {"option": key, "known": there}
            raise Refused(_("There is no such option."), {"option": message})
        return option

    def evidence(self, pk: UUID) -> Evidence:
        """A file of this assessment's answers, or Http404."""
        found = Evidence.objects.select_related("response__assessment__organisation", "response__option", "uploaded_by")
        evidence = found.filter(response__assessment=self.assessment, pk=pk).first()
        if evidence is None or not (self.reach.reads_all or evidence.response.question in self.read_questions()):
            raise Http404(_("There is no such file on an answer of this assessment."))
        return evidence
