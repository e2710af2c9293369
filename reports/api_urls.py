"""The API's addresses of reports and of the trail. The permission table in tests/permissions.py knows every name here."""

from django.urls import path

from reports import api

app_name = "reports_api"
_A = "organisations/<slug:org>/assessments/<uuid:assessment>/"

urlpatterns = [
    path(_A + "report/", api.ReportDetail.as_view(), name="report"),
    path(_A + "report/file/", api.ReportDownload.as_view(), name="report_file"),
    path(_A + "trail/", api.Trail.as_view(), name="trail"),
]
