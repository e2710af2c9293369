"""The API of an assessment's documents: what was printed, what can be asked for, and the evidence bundle."""

from __future__ import annotations

from typing import Any, cast

from django.http import FileResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from assessments.api.base import AssessmentEndpoint
from assessments.api.schema import FILE, READING, operation
from reports import downloading
from reports.api import JobSerializer, WithheldProblem
from reports.asking import report_ask, report_correct
from reports.bundle import BundleRefused
from reports.bundling import bundle_open
from reports.models import ON_REQUEST, Report

REPORTS = "reports"


class DocumentSerializer(serializers.ModelSerializer[Report]):
    """A printed document. ``superseded_by``: the id of the later edition, if there is one."""

    decision_record = serializers.CharField(
        source="decision_record.digest", default=None, allow_null=True, help_text="Its digest; none of a draft."
    )
    snapshot = serializers.CharField(source="snapshot.digest", help_text="Its digest.")
    superseded_by = serializers.SerializerMethodField()
    style_version = serializers.IntegerField(source="style.version", default=0)
    url = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = [
            "id", "kind", "edition", "reason", "superseded_by", "template_version", "style_version", "size", "sha256", "unsigned_sha256", "snapshot",
            "decision_record", "created_at", "url",
        ]  # fmt: skip

    def get_superseded_by(self, report: Report) -> str | None:
        return str(report.later.pk) if report.later else None

    def get_url(self, report: Report) -> str:
        address = {"org": report.organisation.slug, "assessment": report.assessment_id, "report": report.pk}
        return cast(str, reverse("reports_api:document_file", kwargs=address, request=self.context["request"]))


class AskSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=ON_REQUEST)


class CorrectSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=1000, help_text="Why; the new edition prints it.")


class DocumentEndpoint(AssessmentEndpoint):
    def reports(self) -> Any:
        found = Report.objects.filter(assessment=self.assessment)
        return found.select_related("organisation", "snapshot", "decision_record", "style", "superseded_by").order_by("-created_at", "id")

    def report(self) -> Report:
        return cast(Report, get_object_or_404(self.reports(), pk=self.kwargs["report"]))


class Documents(DocumentEndpoint):
    actions = {"GET": "report", "POST": "ask_report"}

    @operation("documents_list", "List the printed documents", tag=REPORTS, answer=DocumentSerializer, pages=True,
               description="Every kind in every edition, the newest first.")  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        return self.page_of(self.reports(), DocumentSerializer)

    @operation("document_ask", "Ask for an executive summary or a draft", tag=REPORTS, body=AskSerializer, answer=JobSerializer, status=202,
               changes=True, description="Asked twice it is made once; the answer is the work that makes it.")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        asked = AskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        job = report_ask(actor=self.person, assessment=self.assessment, kind=asked.validated_data["kind"])
        return Response(JobSerializer(job).data, status=202)


class DocumentFile(DocumentEndpoint):
    actions = {"GET": "report"}

    @operation("document_download", "Download a printed document", tag=REPORTS, answer=FILE, media="application/pdf", problems=(*READING, 503),
               about="The sealed PDF, as it was stored.", description="The download is recorded.")  # fmt: skip
    def get(self, request: Request, **address: Any) -> FileResponse:
        report = self.report()
        try:
            file = downloading.report_open(actor=self.person, report=report)
        except downloading.Withheld as error:
            raise WithheldProblem(str(error)) from None
        return FileResponse(file, as_attachment=True, filename=downloading.file_name(report), content_type="application/pdf")


class DocumentCorrect(DocumentEndpoint):
    actions = {"POST": "correct_report"}

    @operation("document_correct", "Have a document made again", tag=REPORTS, body=CorrectSerializer, answer=JobSerializer, status=202, changes=True,
               description="From the same records by today's template and style. The new edition takes the place of the former one, which "
               "stays in the store.")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        asked = CorrectSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        job = report_correct(actor=self.person, report=self.report(), reason=asked.validated_data["reason"])
        return Response(JobSerializer(job).data, status=202)


class BundleProblem(APIException):
    status_code = 409


class EvidenceBundle(AssessmentEndpoint):
    actions = {"GET": "report"}

    @operation("bundle_download", "Download the evidence bundle", tag=REPORTS, answer=FILE, media="application/zip", problems=(*READING, 409),
               about="A BagIt zip with the report, the records, the evidence, the trail with its proofs, and a program that checks them.",
               description="Of the newest decision. The download is recorded.")  # fmt: skip
    def get(self, request: Request, **address: Any) -> StreamingHttpResponse:
        try:
            bundle = bundle_open(actor=self.person, assessment=self.assessment)
        except BundleRefused as error:
            raise BundleProblem(str(error)) from None
        headers = {"Content-Disposition": f'attachment; filename="{bundle.file_name}"'}
        return StreamingHttpResponse(iter(bundle), content_type=bundle.media_type, headers=headers)
