"""Helping a person who has lost what they sign in with: second factors, the connection to a provider's account, the password.

An administrator does so for people of their organisation alone. Whoever is in a second one is out of reach: an administrator must not weaken an
account that opens another organisation, so whoever runs the service does it, by a command (``actor`` is None then). All that anybody is shown is
a temporary password: it signs nothing, and its person can't stay unaware of it, since theirs is gone and they are told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django import forms
from django.contrib.auth.hashers import make_password
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
from accounts.services import new_temporary_password
from audit.models import AuditEvent

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


def out_of_reach(actor: User, organisation: Organisation, user: User) -> str:
    """Why the administrator can change nothing of how a member of their organisation signs in, and who can; empty where they can."""
    if user.pk == actor.pk:
        return _("This is your own account. Change it on your page Security, or ask another administrator.")
    elsewhere = accesses_not_over().filter(user=user).exclude(organisation=organisation)
    if user.memberships.exclude(organisation=organisation).exists() or elsewhere.exists():
        return _(
            "%(user)s is in another organisation too, so no administrator can change how they sign in. Whoever runs "
            "this service can, with manage.py reset_sign_in or manage.py changepassword."
        ) % {"user": user.name}
    return ""


def why_not(actor: User, organisation: Organisation, user: User) -> str:
    """Why the administrator can't take second factors or a provider off a member's account, and who can; empty where they can."""
    if why := out_of_reach(actor, organisation, user):
        return why
    if user.temporary_password:
        return _(
            "%(user)s still has the temporary password that an administrator gave them, and whoever has seen it could come in as them. "
            "So only whoever runs this service can take second factors or a provider off their account, with manage.py reset_sign_in."
        ) % {"user": user.name}
    return ""


def why_no_password(actor: User, organisation: Organisation, user: User) -> str:
    """Why the administrator can't give a member a temporary password, and who can; empty where they can."""
    if why := out_of_reach(actor, organisation, user):
        return why
    if not user.has_usable_password():
        return _("%(user)s has no password: they sign in through a provider.") % {"user": user.name}
    if _factors_gone(organisation, user):
        return _(
            "The second factors of %(user)s were removed, and they haven't signed in since: whoever saw the temporary password could come in "
            "as them. Whoever runs this service can set one, with manage.py changepassword."
        ) % {"user": user.name}
    return ""


def _factors_gone(organisation: Organisation, user: User) -> bool:
    """Whether somebody else removed the person's second factors after their last sign-in."""
    removed = AuditEvent.objects.filter(
        stream=organisation.stream, object_type="person", object_id=str(user.uuid), action="person.factors_reset"
    )  # fmt: skip
    return (removed.filter(at__gt=user.last_login) if user.last_login else removed).exists()


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


def password_reset(*, actor: User, organisation: Organisation, user: User, reason: str) -> str:
    """Give a person who has lost their password a temporary one, end their sessions and tell them; returns it, to be shown once.

    Raises PermissionDenied unless the actor is an administrator there and the person a member, and ValidationError without a reason
    and as ``why_no_password`` says. Whoever has a temporary one already may get another.
    """
    reason = given_reason(reason)
    password = new_temporary_password()
    hashed = make_password(password)  # slow by design, so no lock is held meanwhile
    with transaction.atomic():
        user = _locked(actor, organisation, user, why_no_password)
        user.password, user.temporary_password = hashed, True
        user.save(update_fields=["password", "temporary_password"])
        _end_sessions(user)
        _mail("password_reset", actor, user, reason, path=reverse("account_change_password"))
        tell_by(actor, "person.password_reset", user, reason=reason)
    return password


def _locked(
    actor: User | None, organisation: Organisation | None, user: User, why_refused: Callable[[User, Organisation, User], str] = why_not
) -> User:
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
    if why := why_refused(actor, organisation, user):
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
