"""Every address of the service. The permission table in tests/permissions.py knows each name."""

from allauth.account import views as allauth
from django.urls import include, path

from config import metrics, views

urlpatterns = [
    path("", views.home, name="home"),
    path("health/", views.health, name="health"),
    path("metrics/", metrics.metrics, name="metrics"),
    path("design/", views.design, name="design"),
    path("account/sign-in/", allauth.login, name="account_login"),
    path("account/sign-out/", allauth.logout, name="account_logout"),
    path("account/password/", allauth.password_change, name="account_change_password"),
    path("account/confirm/", allauth.reauthenticate, name="account_reauthenticate"),
    path("", include("accounts.urls")),
    path("", include("compliance.urls")),
    path("", include("reports.urls")),
    path("", include("assessments.urls")),
    path("api/v1/", include("reports.api_urls")),
    path("api/v1/", include("assessments.api.urls")),
]

handler400 = "config.views.bad_request"
handler403 = "config.views.permission_denied"
handler404 = "config.views.not_found"
handler429 = "config.views.too_many_requests"  # read by allauth, which limits how often one may try to sign in
handler500 = "config.views.server_error"
