"""Taking what a person has lost off their account: second factors, and the connection to a provider's account.

An administrator does so for people of their organisation alone. Whoever is in a second one is out of reach: an administrator must not weaken an
account that opens another organisation, so whoever runs the service does it, by a command (``actor`` is None then). Nobody is shown or given
anything that they could sign in with.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import accesses_not_over, organisations_of, people_of, roles_of
from accounts.events import FACTORS, tell_by
from accounts.formats import as_sent
from accounts.mailing import mail_later
from accounts.models import Organisation, Role, User

REASON = forms.CharField(
    max_length=1000, error_messages={"required": gettext_lazy("Say why. The person is told it, and it stands in the trail.")}
)  # fmt: skip
OPERATOR = gettext_lazy("Whoever runs this service")


def given_reason(text: str) -> str:
    """The trimmed reason; raises ValidationError, under ``reason``, for one that is missing or can't be stored."""
    try:
        return str(REASON.clean(text))
    except ValidationError as error:
        raise ValidationError({"reason": error.messages}) from None


def why_not(actor: User, organisation: Organisation, user: User) -> str:
    """Why the administrator can't change how a member of their organisation signs in, and who can; empty where they can."""
    if user.pk == actor.pk:
        return _("This is your own account. Change it on your page Security, or ask another administrator.")
    elsewhere = accesses_not_over().filter(user=user).exclude(organisation=organisation)
    if user.memberships.exclude(organisation=organisation).exists() or elsewhere.exists():
        return _(
            "%(user)s is in another organisation too, so no administrator can change how they sign in. Whoever runs "
            "this service can, with manage.py reset_sign_in."
        ) % {"user": user.name}
    if user.temporary_password:
        return _(
            "%(user)s still has the temporary password that an administrator gave them, and whoever has seen it could "
            "come in as them. Whoever runs this service can change how they sign in, with manage.py reset_sign_in."
        ) % {"user": user.name}
    return ""


def provider_name(provider: str) -> str:
    """How people call a provider; its identifier where it isn't configured any more."""
    return next((str(app.name) for app in get_adapter().list_apps(None) if provider in (app.provider_id, app.provider)), provider)


def factors_remove(*, actor: User | None, organisation: Organisation | None, user: User, reason: str) -> list[str]:
    """Remove a person's authenticator app, passkeys and recovery codes, end their sessions and tell them; returns what was removed, in words.

    ``organisation``: the actor's; both are None for whoever runs the service. Raises PermissionDenied unless the actor is an administrator
    there and the person a member, and ValidationError where there is nothing to remove, without a reason, and as ``why_not`` says.
    """
    reason = given_reason(reason)
    with transaction.atomic():
        user = _locked(actor, organisation, user)
        found = Authenticator.objects.filter(user=user)
        kinds = sorted({FACTORS[kind] for kind in found.values_list("type", flat=True)})
        if not kinds:
            raise ValidationError(_("%(user)s has no second factor.") % {"user": user.name})
        found.delete()
        _end_sessions(user)
        _mail("factors_removed", actor, user, reason)
        tell_by(actor, "person.factors_reset", user, changes={"factors": kinds}, reason=reason)
    return kinds


def provider_disconnect(*, actor: User | None, organisation: Organisation | None, user: User, provider: str, reason: str) -> None:
    """Forget which account of a provider is the person's, end their sessions and tell them; their next sign-in there connects anew.

    ``provider``: its identifier. Arguments and errors otherwise as of ``factors_remove``.
    """
    reason = given_reason(reason)
    with transaction.atomic():
        user = _locked(actor, organisation, user)
        removed, _each = SocialAccount.objects.filter(user=user, provider=provider).delete()
        if not removed:
            raise ValidationError(_("%(user)s is connected to no provider of that name.") % {"user": user.name})
        _end_sessions(user)
        _mail("provider_disconnected", actor, user, reason, provider=provider_name(provider))
        tell_by(actor, "person.provider_disconnected", user, changes={"provider": provider}, reason=reason)


def _locked(actor: User | None, organisation: Organisation | None, user: User) -> User:
    """The person's row, locked: nobody is given a role in a further organisation until this transaction ends."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if actor is None:
        return user
    assert organisation is not None
    if Role.ADMINISTRATOR not in roles_of(actor, organisation):
        raise PermissionDenied(
            _("Only an administrator of %(organisation)s may change how its people sign in.") % {"organisation": organisation.name}
        )
    if not people_of(organisation).filter(pk=user.pk).exists():
        raise PermissionDenied(_("%(user)s is not in %(organisation)s.") % {"user": user.name, "organisation": organisation.name})
    if why := why_not(actor, organisation, user):
        raise ValidationError(why)
    return user


def _end_sessions(user: User) -> None:
    user.session_generation += 1
    user.save(update_fields=["session_generation"])


def _mail(kind: str, actor: User | None, user: User, reason: str, **context: Any) -> None:
    organisation = organisations_of(user).order_by("pk").first()
    if organisation is not None:  # others are told nothing by anybody
        with as_sent():
            by = actor.name if actor else str(OPERATOR)
        mail_later(
            kind=kind, to=user, organisation=organisation, key=str(user.session_generation),
            context={"by": by, "reason": reason, "path": reverse("mfa_index"), **context},
        )  # fmt: skip
