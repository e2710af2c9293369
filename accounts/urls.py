from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("o/<slug:org>/people/", views.people, name="people"),
    path("o/<slug:org>/people/add/", views.person_add, name="person_add"),
    path("o/<slug:org>/people/grant/", views.role_grant, name="role_grant"),
    path("o/<slug:org>/people/revoke/", views.role_revoke, name="role_revoke"),
    path("o/<slug:org>/tokens/", views.tokens, name="tokens"),
    path("o/<slug:org>/tokens/<int:token>/revoke/", views.token_revoke, name="token_revoke"),
]
