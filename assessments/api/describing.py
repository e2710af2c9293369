"""Organisations, assessments and their options, over the API."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import organisations_of
from accounts.models import ApiToken
from assessments import editing, permissions
from assessments.api import inputs, serializers
from assessments.api.base import WITH_ASSESSMENT, AssessmentEndpoint, Endpoint, OrganisationEndpoint
from assessments.api.schema import OBJECT, READING, YAML, operation
from assessments.files import export_assessment, import_assessment
from assessments.models import Snapshot, Status
from assessments.scoring.file import FileErrors

ASSESSMENTS, OPTIONS, FILES = "assessments", "options", "assessment files"


class Organisations(Endpoint):
    @operation("organisations_list", "Your organisations", tag="organisations", answer=serializers.OrganisationSerializer, pages=True,
               problems=(401, 403, 404), description="Those in which you hold a role; a token shows its own alone.")  # fmt: skip
    def get(self, request: Request) -> Response:
        rows = organisations_of(request.user)  # type: ignore[arg-type]
        if isinstance(request.auth, ApiToken):
            rows = rows.filter(pk=request.auth.organisation_id)
        return self.page_of(rows, serializers.OrganisationSerializer)


class Assessments(OrganisationEndpoint):
    actions = {"GET": "view", "POST": "create"}

    @operation(
        "assessments_list", "List assessments", tag=ASSESSMENTS, answer=serializers.AssessmentSummarySerializer, pages=True,
        parameters=[OpenApiParameter("status", enum=Status.values, description="Only those of this status.")], problems=(400, *READING),
        description="The one changed last comes first.",
    )  # fmt: skip
    def get(self, request: Request, org: str) -> Response:
        rows = permissions.visible(self.person, self.organisation).select_related(*WITH_ASSESSMENT)
        if status := request.query_params.get("status"):
            if status not in Status.values:
                raise ParseError(_("%(status)r is no status; there are %(known)s.") % {"status": status, "known": ", ".join(Status.values)})
            rows = rows.filter(status=status)
        light = Prefetch("snapshots", Snapshot.objects.only("assessment_id", "number", "digest"))
        return self.page_of(rows.prefetch_related(light), serializers.AssessmentSummarySerializer)

    @operation(
        "assessments_create", "Create an assessment", tag=ASSESSMENTS, body=inputs.AssessmentCreateSerializer, status=201,
        answer=serializers.AssessmentSerializer, changes=True, about="A draft, on the newest release of the catalogue.",
    )  # fmt: skip
    def post(self, request: Request, org: str) -> Response:
        values = self.given(inputs.AssessmentCreateSerializer)
        assessment = editing.assessment_create(actor=self.person, organisation=self.organisation, **values)
        return Response(serializers.AssessmentSerializer(assessment).data, status=201)


class AssessmentDetail(AssessmentEndpoint):
    partly = True
    actions = {"GET": "view", "PATCH": "edit"}

    @operation("assessments_retrieve", "Read an assessment", tag=ASSESSMENTS, answer=serializers.AssessmentSerializer)
    def get(self, request: Request, **address: Any) -> Response:
        return Response(serializers.AssessmentSerializer(self.assessment, context={"reads_all": self.reach.reads_all}).data)

    @operation("assessments_change", "Change the description", tag=ASSESSMENTS, body=inputs.AssessmentChangeSerializer, changes=True,
               answer=serializers.AssessmentSerializer, description="Fields that are left out stay as they are.")  # fmt: skip
    def patch(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.AssessmentChangeSerializer)
        assessment = editing.use_case_change(actor=self.person, assessment=self.assessment, **values)
        return Response(serializers.AssessmentSerializer(assessment).data)


class Terms(AssessmentEndpoint):
    actions = {"PUT": "edit"}

    @operation("terms_set", "Set currency and day", tag=ASSESSMENTS, body=inputs.TermsSerializer, changes=True,
               answer=serializers.AssessmentSerializer)  # fmt: skip
    def put(self, request: Request, **address: Any) -> Response:
        assessment = editing.terms_set(actor=self.person, assessment=self.assessment, **self.given(inputs.TermsSerializer))
        return Response(serializers.AssessmentSerializer(assessment).data)


class Options(AssessmentEndpoint):
    partly = True
    actions = {"GET": "view", "POST": "edit"}

    @operation("options_list", "List the options", tag=OPTIONS, answer=serializers.OptionSerializer, pages=True)
    def get(self, request: Request, **address: Any) -> Response:
        return self.page_of(self.assessment.options.all(), serializers.OptionSerializer)

    @operation("options_add", "Add an option", tag=OPTIONS, body=inputs.OptionAddSerializer, status=201,
               answer=serializers.OptionSerializer, changes=True)  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.OptionAddSerializer)
        option = editing.option_add(
            actor=self.person, assessment=self.assessment, key=values.pop("id", ""), **fallback_given(values), **values
        )
        return Response(serializers.OptionSerializer(option).data, status=201)


def fallback_given(values: dict[str, Any]) -> dict[str, str]:
    """Takes ``fallback`` out of the values and returns it as the services read it; nothing where it isn't given."""
    if "fallback" not in values:
        return {}
    fallback = values.pop("fallback") or {"sourcing": ""}
    return {f"fallback_{name}": text for name, text in fallback.items()}


class OptionDetail(AssessmentEndpoint):
    partly = True
    actions = {"GET": "view", "PATCH": "edit", "DELETE": "edit"}

    @operation("options_retrieve", "Read an option", tag=OPTIONS, answer=serializers.OptionSerializer)
    def get(self, request: Request, option: str, **address: Any) -> Response:
        return Response(serializers.OptionSerializer(self.option(option)).data)

    @operation("options_change", "Change an option", tag=OPTIONS, body=inputs.OptionChangeSerializer, changes=True,
               answer=serializers.OptionSerializer, description="Fields that are left out stay as they are; so does its id.")  # fmt: skip
    def patch(self, request: Request, option: str, **address: Any) -> Response:
        found = self.option(option)
        stands = {name: getattr(found, name) for name in ("name", "sourcing", "provider", "model", "currency")}
        values = self.given(inputs.OptionChangeSerializer)
        changed = editing.option_change(actor=self.person, option=found, **fallback_given(values), **stands | values)
        return Response(serializers.OptionSerializer(changed).data)

    @operation("options_remove", "Remove an option", tag=OPTIONS, status=204, answer=None, changes=True,
               problems=(401, 403, 404, 409), description="Its answers, figures and evidence go with it.")  # fmt: skip
    def delete(self, request: Request, option: str, **address: Any) -> Response:
        editing.option_remove(actor=self.person, option=self.option(option))
        return Response(status=204)


class YamlText(BaseParser):
    """The body as it stands, as text; what is in it is read by the file format's own reader."""

    media_type = YAML

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return stream.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(_("The file isn't UTF-8: byte %(byte)d can't be read.") % {"byte": error.start}) from None


class WrongFile(ValidationError):
    """What is wrong with a file that could be read as text."""

    status_code = 422


class Import(OrganisationEndpoint):
    actions = {"POST": "create"}
    parser_classes = [YamlText]

    @operation(
        "assessments_import", "Import an assessment file", tag=FILES, body={YAML: OBJECT}, status=201, changes=True,
        answer=serializers.AssessmentSerializer, about="A draft with everything that the file says.",
        description="Format countersign/assessment@1. All that is wrong with it is named at once, by line and key; nothing is written.",
    )  # fmt: skip
    def post(self, request: Request, org: str) -> Response:
        text = request.data if isinstance(request.data, str) else ""
        try:
            assessment = import_assessment(actor=self.person, organisation=self.organisation, text=text, name="file")
        except FileErrors as error:
            raise WrongFile({"file": [f"line {e.line}: {e.key or 'file'}: {e.message}" for e in error.errors]}) from None
        return Response(serializers.AssessmentSerializer(assessment).data, status=201)


class Export(AssessmentEndpoint):
    actions = {"GET": "export"}

    @operation(
        "assessments_export", "Export as an assessment file", tag=FILES, answer=OBJECT, media=YAML,
        about="Format countersign/assessment@1: `manage.py evaluate` gives the same figures on it.", description="The export is recorded.",
    )  # fmt: skip
    def get(self, request: Request, **address: Any) -> HttpResponse:
        text = export_assessment(actor=self.person, assessment=self.assessment)
        return HttpResponse(text, content_type=YAML, headers={"Content-Disposition": f'attachment; filename="{self.assessment.pk}.yaml"'})
