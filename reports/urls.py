"""Pages of reports and of the trail, all under one organisation."""

from django.urls import path

from reports import health_views, trail_views, views

app_name = "reports"
_O = "o/<slug:org>/"
_A = _O + "assessments/<uuid:assessment>/"

urlpatterns = [
    path(_A + "report/panel/", views.panel, name="panel"),
    path(_A + "report/again/", views.again, name="again"),
    path(_A + "trail/", trail_views.assessment_trail, name="assessment_trail"),
    path(_O + "reports/", views.listing, name="list"),
    path(_O + "reports/<uuid:report>/sign-off.pdf", views.download, name="download"),
    path(_O + "trail/", trail_views.trail, name="trail"),
    path(_O + "trail/export/", trail_views.export, name="trail_export"),
    path(_O + "trail/checkpoints/", trail_views.checkpoints, name="checkpoints"),
    path(_O + "health/", health_views.health, name="health"),
    path(_O + "health/jobs/<uuid:job>/again/", health_views.job_again, name="job_again"),
]
