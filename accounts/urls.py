from django.urls import path

from accounts import resetting_views, times, views

app_name = "accounts"

urlpatterns = [
    path("account/introduction/close/", views.guide_close, name="guide_close"),
    path("o/<slug:org>/people/", views.people, name="people"),
    path("o/<slug:org>/people/add/", views.person_add, name="person_add"),
    path("o/<slug:org>/people/grant/", views.role_grant, name="role_grant"),
    path("o/<slug:org>/people/revoke/", views.role_revoke, name="role_revoke"),
    path("o/<slug:org>/people/<int:person>/", resetting_views.sign_in_of, name="sign_in_of"),
    path("o/<slug:org>/people/<int:person>/factors/", resetting_views.factors_remove, name="factors_remove"),
    path("o/<slug:org>/people/<int:person>/password/", resetting_views.password_reset, name="password_reset"),
    path("o/<slug:org>/people/<int:person>/provider/", resetting_views.provider_disconnect, name="provider_disconnect"),
    path("o/<slug:org>/times/", times.organisation_times, name="times"),
    path("o/<slug:org>/tokens/", views.tokens, name="tokens"),
    path("o/<slug:org>/tokens/<int:token>/revoke/", views.token_revoke, name="token_revoke"),
]
