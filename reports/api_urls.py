"""The API's addresses of reports and of the trail. The permission table in tests/permissions.py knows every name here."""

from django.urls import path

from reports import api, documents_api, public_api, trail_api

app_name = "reports_api"
_O = "organisations/<slug:org>/"
_A = _O + "assessments/<uuid:assessment>/"

urlpatterns = [
    path("verify/", public_api.Verify.as_view(), name="verify"),
    path(_A + "report/", api.ReportDetail.as_view(), name="report"),
    path(_A + "report/cancel/", api.ReportCancel.as_view(), name="report_cancel"),
    path(_A + "report/again/", api.ReportAgain.as_view(), name="report_again"),
    path(_A + "report/file/", api.ReportDownload.as_view(), name="report_file"),
    path(_A + "documents/", documents_api.Documents.as_view(), name="documents"),
    path(_A + "documents/<uuid:report>/file/", documents_api.DocumentFile.as_view(), name="document_file"),
    path(_A + "documents/<uuid:report>/correct/", documents_api.DocumentCorrect.as_view(), name="document_correct"),
    path(_A + "bundle/", documents_api.EvidenceBundle.as_view(), name="bundle"),
    path(_A + "trail/", trail_api.Trail.as_view(), name="trail"),
    path(_O + "trail/", trail_api.OrganisationTrail.as_view(), name="organisation_trail"),
    path(_O + "trail/export/", trail_api.TrailExport.as_view(), name="trail_export"),
    path(_O + "trail/consistency/", trail_api.TrailConsistency.as_view(), name="trail_consistency"),
    path(_O + "trail/checkpoints/", trail_api.TrailCheckpoints.as_view(), name="trail_checkpoints"),
    path(_O + "trail/<int:index>/proof/", trail_api.TrailProof.as_view(), name="trail_proof"),
]
