"""Following a report and fetching it, over the API."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from assessments.api.base import AssessmentEndpoint
from assessments.api.schema import FILE, READING, operation
from jobs.models import Job
from reports import cancelling, downloading
from reports.models import Report
from reports.standing import ReportStanding, standing_of_report

REPORTS = "reports"
STATES = ("undecided", "waiting", "running", "failed", "cancelled", "made")


class JobSerializer(serializers.ModelSerializer[Job]):
    """The work that makes the report: ``step`` of ``steps``, ``percent`` of it done; ``error`` says why it failed."""

    status = serializers.CharField(help_text="queued, running, done, failed or cancelled")
    percent = serializers.IntegerField(min_value=0, max_value=100)

    class Meta:
        model = Job
        fields = (
            "id",
            "label",
            "status",
            "attempts",
            "step",
            "steps",
            "percent",
            "message",
            "error",
            "created_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields


class StoredReportSerializer(serializers.ModelSerializer[Report]):
    """A sealed PDF; ``sha256`` is of its bytes, in hexadecimal digits."""

    url = serializers.SerializerMethodField(help_text="Where its bytes are.")

    class Meta:
        model = Report
        fields = ("id", "kind", "size", "sha256", "created_at", "url")
        read_only_fields = fields

    def get_url(self, report: Report) -> str:
        parts = {"org": report.organisation.slug, "assessment": report.assessment_id}
        return reverse("reports_api:report_file", kwargs=parts, request=self.context.get("request"))


class ReportStandingSerializer(serializers.Serializer[Any]):
    """Where the sign-off report of the latest decision stands; ask again each second while it is waiting or running."""

    progress = serializers.ChoiceField(choices=STATES)
    job = JobSerializer(allow_null=True)
    report = StoredReportSerializer(allow_null=True)


def progress_of(standing: ReportStanding) -> str:
    """One word of ``STATES``."""
    if standing.report is not None:
        return "made"
    if standing.decision is None:
        return "undecided"
    if standing.failed:
        return "failed"
    if standing.cancelled:
        return "cancelled"
    return "running" if standing.job is not None and standing.job.status == Job.Status.RUNNING else "waiting"


class ReportEndpoint(AssessmentEndpoint):
    def standing(self) -> Response:
        """Where the report stands now."""
        standing = standing_of_report(self.assessment)
        shown = {"progress": progress_of(standing), "job": standing.job, "report": standing.report}
        return Response(ReportStandingSerializer(shown, context={"request": self.request}).data)


class ReportDetail(ReportEndpoint):
    actions = {"GET": "report"}

    @operation("report_retrieve", "Follow the sign-off report", tag=REPORTS, answer=ReportStandingSerializer)
    def get(self, request: Request, **address: Any) -> Response:
        return self.standing()


class ReportCancel(ReportEndpoint):
    actions = {"POST": "report"}

    @operation("report_cancel", "Cancel the sign-off report", tag=REPORTS, answer=ReportStandingSerializer, changes=True,
               description="While it waits or is being made: by a risk officer, or by whoever gave the signature that asked for it. "
               "A worker that is busy with it stops at its next step.")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        cancelling.report_cancel(actor=self.person, assessment=self.assessment)
        return self.standing()


class ReportAgain(ReportEndpoint):
    actions = {"POST": "report"}

    @operation("report_again", "Ask for the sign-off report again", tag=REPORTS, answer=ReportStandingSerializer, changes=True,
               description="Where it failed: by an administrator. Where it was cancelled: by those who may cancel it, too.")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        cancelling.report_again(actor=self.person, assessment=self.assessment)
        return self.standing()


class WithheldProblem(APIException):
    status_code = 503


class ReportDownload(AssessmentEndpoint):
    actions = {"GET": "report"}

    @operation("report_download", "Download the sign-off report", tag=REPORTS, answer=FILE, media="application/pdf", problems=(*READING, 503),
               about="The sealed PDF, as it was stored.", description="The download is recorded.")  # fmt: skip
    def get(self, request: Request, **address: Any) -> FileResponse:
        report = standing_of_report(self.assessment).report
        if report is None:
            raise Http404(_("There is no report of this assessment yet."))
        try:
            file = downloading.report_open(actor=self.person, report=report)
        except downloading.Withheld as error:
            raise WithheldProblem(str(error)) from None
        return FileResponse(file, as_attachment=True, filename=downloading.file_name(report), content_type="application/pdf")
