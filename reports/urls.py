"""Pages of reports and of the trail, all under one organisation."""

from django.urls import path

from reports import (
    administration_views,
    auditing_views,
    auditors_views,
    documents_views,
    health_views,
    public_views,
    roles_views,
    trail_views,
    views,
)

app_name = "reports"
_O = "o/<slug:org>/"
_A = _O + "assessments/<uuid:assessment>/"

urlpatterns = [
    path(_A + "report/panel/", views.panel, name="panel"),
    path(_A + "report/again/", views.again, name="again"),
    path(_A + "report/cancel/", views.cancel, name="cancel"),
    path(_A + "documents/", documents_views.documents, name="documents"),
    path(_A + "documents/evidence.zip", documents_views.bundle, name="bundle"),
    path(_A + "documents/ask/", documents_views.ask, name="ask"),
    path(_O + "reports/style/", documents_views.style, name="style"),
    path(_O + "reports/style/logo.png", documents_views.logo, name="logo"),
    path(_O + "reports/<uuid:report>/correct/", documents_views.correct, name="correct"),
    path(_A + "trail/", trail_views.assessment_trail, name="assessment_trail"),
    path(_O + "reports/", views.listing, name="list"),
    path(_O + "reports/<uuid:report>/sign-off.pdf", views.download, name="download"),
    path(_O + "trail/", trail_views.trail, name="trail"),
    path(_O + "trail/export/", trail_views.export, name="trail_export"),
    path(_O + "trail/checkpoints/", trail_views.checkpoints, name="checkpoints"),
    path(_O + "audit/", auditing_views.audit, name="audit"),
    path(_O + "audit/reports.zip", auditing_views.gather, name="gather"),
    path(_O + "reports/<uuid:report>/check/", auditing_views.check, name="check"),
    path(_O + "people/auditors/", auditors_views.auditors, name="auditors"),
    path(_O + "people/auditors/<uuid:access>/end/", auditors_views.end, name="auditor_end"),
    path(_O + "people/roles/<int:membership>/take/", roles_views.taking, name="role_taking"),
    path(_O + "administration/", administration_views.administration, name="administration"),
    path(_O + "administration/catalogue/", administration_views.catalogue, name="administration_catalogue"),
    path(_O + "administration/seal/", administration_views.seal, name="administration_seal"),
    path(_O + "administration/mail/", administration_views.mail, name="administration_mail"),
    path(_O + "administration/retention/", administration_views.retention, name="administration_retention"),
    path("verify/", public_views.verify, name="verify"),
    path(_O + "health/", health_views.health, name="health"),
    path(_O + "health/jobs/<uuid:job>/again/", health_views.job_again, name="job_again"),
]
