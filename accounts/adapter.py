from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


class ClosedSignupAdapter(DefaultAccountAdapter):
    """People are added by an administrator; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        """The right password of a closed account; whoever doesn't know it isn't told that the account exists."""
        return render(request, "account/closed.html", status=403)

    def clean_password(self, password: str, user: AbstractBaseUser | None = None) -> str:
        """The one that the person has is no new one: a temporary password would stay what an administrator has seen."""
        password = super().clean_password(password, user=user)
        if user is not None and user.check_password(password):
            raise ValidationError(_("That is the password that you have. Choose another one."))
        return password

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """Whoever has a second factor confirms by it: a password alone must not be enough to remove one, or to add another."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        second = [method for method in methods if method["id"].startswith("mfa_")]
        return second or methods
