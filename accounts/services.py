"""Changes of people, roles and tokens; each is recorded in the transaction that does it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter
from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import accesses_not_over, roles_of
from accounts.authentication import new_token
from accounts.models import ApiToken, Membership, Organisation, Role, User
from audit.trail import record, time_text

# What can be stored: trimmed, not empty, no longer than its column, and without the null characters that PostgreSQL refuses.
EMAIL = forms.EmailField(max_length=254, error_messages={"required": gettext_lazy("Enter the person's email address.")})
PERSON_NAME = forms.CharField(max_length=200, error_messages={"required": gettext_lazy("Enter the person's name.")})
TOKEN_NAME = forms.CharField(max_length=100, error_messages={"required": gettext_lazy("Say what the token is for.")})


def _given(name: str, field: forms.CharField, value: str) -> str:
    """The cleaned value of a field; raises ValidationError under the field's name."""
    try:
        return str(field.clean(value))
    except ValidationError as error:
        raise ValidationError({name: error.messages}) from None


def administrator_only(actor: User, organisation: Organisation) -> None:
    """Raises PermissionDenied unless the actor is an administrator there."""
    if Role.ADMINISTRATOR not in roles_of(actor, organisation):
        raise PermissionDenied(_("Only an administrator of %(organisation)s may change its people.") % {"organisation": organisation.name})


def tell_organisation(organisation: Organisation, action: str, actor: User, *, changes: dict[str, Any]) -> None:
    """Record what an administrator changed of the organisation itself."""
    _record(organisation, action, actor, "organisation", str(organisation.uuid), organisation.name, changes=changes)


def factors_of_outer(field: str) -> QuerySet[Authenticator]:
    """For ``Exists``: the authenticator app and passkeys of the person whose key the outer query holds in ``field``."""
    return Authenticator.objects.filter(type__in=(Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN), user=OuterRef(field))


def _record(
    organisation: Organisation, action: str, actor: User | None, kind: str, object_id: str, label: str, *,
    changes: dict[str, Any] | None = None, reason: str = "", **personal: str,
) -> None:  # fmt: skip
    """``actor``: None for whoever runs the service, by a command."""
    record(
        stream=organisation.stream, action=action, actor=actor.reference if actor else "system", object_type=kind, object_id=object_id,
        changes=changes or {}, reason=reason, personal={"object_label": label, **({"actor_name": actor.name} if actor else {}), **personal},
    )  # fmt: skip


def organisation_create(*, slug: str, name: str, administrator_email: str, administrator_name: str) -> tuple[Organisation, User, str]:
    """A new organisation with its first administrator; returns the temporary password too ("" where the person had an account).

    Raises ValidationError, by field, for a slug or name that can't be, a slug that is taken, or a person's name or address that can't be.
    """
    organisation = Organisation(slug=slug, name=name)
    organisation.full_clean()
    with transaction.atomic():
        organisation.save()
        user, password = person_with(administrator_email, administrator_name)
        Membership.objects.create(user=user, organisation=organisation, role=Role.ADMINISTRATOR)
        _record(organisation, "organisation.created", None, "organisation", str(organisation.uuid), name)
        _record(organisation, "person.added", None, "person", str(user.uuid), user.name)
        _record(organisation, "role.granted", None, "person", str(user.uuid), user.name, changes={"role": Role.ADMINISTRATOR.value})
    return organisation, user, password


def person_with(email: str, name: str, *, by_provider: bool = False) -> tuple[User, str]:
    """The person with that address, or a new one with a temporary password, or with none for who signs in by a provider."""
    if by_provider and not get_adapter().list_apps(None):
        raise ValidationError({"email": _("No provider is configured here, so nobody could sign in without a password.")})
    email = _given("email", EMAIL, email).lower()
    if existing := User.objects.filter(email__iexact=email).first():
        return existing, ""
    name = _given("name", PERSON_NAME, name)
    if by_provider:
        return User.objects.create_user(email, None, name=name), ""
    password = new_temporary_password()
    return User.objects.create_user(email, password, name=name, temporary_password=True), password


def new_temporary_password() -> str:
    """64 random bits, in groups that can be read out."""
    return "-".join(secrets.token_hex(2) for _ in range(4))


def user_create(
    *, actor: User, organisation: Organisation, email: str, name: str, role: str, by_provider: bool = False
) -> tuple[User, str]:
    """Add a person with a first role; returns the temporary password ("" where the person has an account already, or signs in by a provider).

    Raises PermissionDenied unless the actor is an administrator there, and ValidationError, by field, for what can't be stored, a role
    that there isn't, or a person who is here already.
    """
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)  # of two who add one person the second is told so
        administrator_only(actor, organisation)
        user, password = person_with(email, name, by_provider=by_provider)
        if organisation.memberships.filter(user=user).exists():
            message = _("%(user)s is in %(organisation)s already; give the role in the list of people.")
            raise ValidationError({"email": message % {"user": user.name, "organisation": organisation.name}})
        _record(organisation, "person.added", actor, "person", str(user.uuid), user.name)
        membership_grant(actor=actor, user=user, organisation=organisation, role=role)
    return user, password


def membership_grant(*, actor: User, user: User, organisation: Organisation, role: str) -> Membership:
    """Give a role; giving one that is held changes nothing.

    Raises PermissionDenied unless the actor is an administrator there, and ValidationError for a role that there isn't, or a person who
    has a limited access as an auditor.
    """
    if not role:
        raise ValidationError({"role": _("Choose a role.")})
    if role not in Role.values:
        known = ", ".join(str(label) for label in Role.labels)
        raise ValidationError({"role": _("%(role)r is no role; choose one of %(known)s.") % {"role": role, "known": known}})
    with transaction.atomic():
        administrator_only(actor, organisation)
        if accesses_not_over().filter(user=user, organisation=organisation).exists():
            message = _("%(user)s has limited access as an auditor, which a role would make void. End it first.")
            raise ValidationError({"role": message % {"user": user.name}})
        membership, made = Membership.objects.get_or_create(user=user, organisation=organisation, role=role)
        if made:
            _record(organisation, "role.granted", actor, "person", str(user.uuid), user.name, changes={"role": role})
    return membership


@dataclass(frozen=True)
class Loss:
    """What goes with a role besides it. ``access``: it is the person's only one; ``signing``: nobody else could sign; ``more``: something that
    is known elsewhere, as ``also_lost`` says."""

    access: bool = False
    signing: bool = False
    more: bool = False

    def __bool__(self) -> bool:
        return self.access or self.signing or self.more


# Filled in by the apps above this one: whether they know of something that goes with a role.
also_lost: list[Callable[[Membership], bool]] = []


def loss_with(membership: Membership) -> Loss:
    """What taking the role would cost; nothing for the last administrator's, which can't be taken."""
    user, held = membership.user, membership.organisation.memberships
    if membership.role == Role.ADMINISTRATOR and _is_last(membership):
        return Loss()
    only = not held.filter(user=user).exclude(pk=membership.pk).exists()
    signing = membership.role == Role.APPROVER and user.is_active and _is_last(membership)
    return Loss(access=only, signing=signing, more=any(tells(membership) for tells in also_lost))


def _is_last(membership: Membership) -> bool:
    """Whether nobody else who can sign in holds the role."""
    holding = Membership.objects.filter(organisation=membership.organisation_id, role=membership.role, user__is_active=True)
    return not holding.exclude(user=membership.user_id).exists()


def membership_revoke(*, actor: User, membership: Membership) -> None:
    """Take a role; one that was taken meanwhile changes nothing.

    Raises PermissionDenied unless the actor is an administrator there, and ValidationError where nobody who can sign in would be left as
    one. The lock on the organisation keeps two administrators from taking each other's role at once.
    """
    user, role = membership.user, membership.role
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(no_key=True).get(pk=membership.organisation_id)
        administrator_only(actor, organisation)
        if role == Role.ADMINISTRATOR and _is_last(membership):
            raise ValidationError(_("%(user)s is the last administrator. Make somebody else one first.") % {"user": user.name})
        deleted, _each = organisation.memberships.filter(pk=membership.pk).delete()
        if deleted:
            _record(organisation, "role.revoked", actor, "person", str(user.uuid), user.name, changes={"role": role})


def token_create(*, actor: User, organisation: Organisation, name: str, expires: datetime | None = None) -> tuple[ApiToken, str]:
    """A token of the actor's own; the plain text is returned once.

    Raises PermissionDenied for an outsider, and ValidationError for a name that is missing or can't be stored.
    """
    name = _given("name", TOKEN_NAME, name)
    if not roles_of(actor, organisation):
        raise PermissionDenied(_("You hold no role in %(organisation)s.") % {"organisation": organisation.name})
    with transaction.atomic():
        token, plain = new_token(user=actor, organisation=organisation, name=name, expires=expires)
        until = time_text(expires) if expires else "never"
        _record(
            organisation, "token.created", actor, "token", str(token.pk), token.prefix, changes={"expires": until}, token_label=token.name
        )
    return token, plain


def token_revoke(*, actor: User, token: ApiToken) -> None:
    """Revoke one's own token, or as an administrator anybody's (PermissionDenied otherwise); a revoked one changes nothing."""
    with transaction.atomic():
        if token.user_id != actor.pk:
            administrator_only(actor, token.organisation)
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
            _record(token.organisation, "token.revoked", actor, "token", str(token.pk), token.prefix)
