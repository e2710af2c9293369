"""Pages of reports and of the trail, all under one organisation."""

from django.urls import path

from reports import views

app_name = "reports"
_O = "o/<slug:org>/"
_A = _O + "assessments/<uuid:assessment>/"

urlpatterns = [
    path(_A + "report/panel/", views.panel, name="panel"),
    path(_A + "report/again/", views.again, name="again"),
    path(_A + "trail/", views.assessment_trail, name="assessment_trail"),
    path(_O + "reports/", views.listing, name="list"),
    path(_O + "reports/<uuid:report>/sign-off.pdf", views.download, name="download"),
    path(_O + "trail/", views.trail, name="trail"),
]
