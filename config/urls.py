"""Every address of the service. The permission table in tests/permissions.py knows each name."""

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as social
from django.urls import include, path

from accounts import security_views as security
from accounts.times import settings
from config import metrics, views

urlpatterns = [
    # Addresses are looked through in this order: what is asked for all day comes first.
    path("", include("assessments.urls")),
    path("api/v1/", include("assessments.api.urls")),
    path("api/v1/", include("reports.api_urls")),
    path("", views.home, name="home"),
    path("health/", views.health, name="health"),
    path("metrics/", metrics.metrics, name="metrics"),
    path("design/", views.design, name="design"),
    path("account/sign-in/", allauth.login, name="account_login"),
    path("account/sign-out/", allauth.logout, name="account_logout"),
    path("account/password/", allauth.password_change, name="account_change_password"),
    path("account/confirm/", allauth.reauthenticate, name="account_reauthenticate"),
    path("account/sign-in/code/", mfa.authenticate, name="mfa_authenticate"),
    path("account/confirm/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/confirm/passkey/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/security/", security.security, name="mfa_index"),
    path("account/security/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/security/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/security/passkeys/add/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("account/security/passkeys/<int:pk>/remove/", security.remove_passkey, name="mfa_remove_webauthn"),
    path("account/security/recovery-codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/security/recovery-codes/renew/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/settings/", settings, name="account_settings"),
    path("account/passkey/", security.passkey_options, name="passkey_options"),
    path("account/provider/", security.provider_sign_in, name="provider_sign_in"),
    path("account/provider/<str:provider_id>/", security.provider_login, name="openid_connect_login"),
    path("account/provider/<str:provider_id>/back/", security.provider_callback, name="openid_connect_callback"),
    path("account/sign-in/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("", include("accounts.urls")),
    path("", include("compliance.urls")),
    path("", include("reports.urls")),
]

handler400 = "config.views.bad_request"
handler403 = "config.views.permission_denied"
handler404 = "config.views.not_found"
handler429 = "config.views.too_many_requests"  # read by allauth, which limits how often one may try to sign in
handler500 = "config.views.server_error"
