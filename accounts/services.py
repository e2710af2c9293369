"""Changes of people, roles and tokens; each is recorded in the transaction that does it."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.access import roles_of
from accounts.authentication import new_token
from accounts.models import ApiToken, Membership, Organisation, Role, User
from audit.trail import record


def _administrator(actor: User, organisation: Organisation) -> None:
    if Role.ADMINISTRATOR not in roles_of(actor, organisation):
        raise PermissionDenied(f"Only an administrator of {organisation.name} may change its people.")


def _record(
    organisation: Organisation, action: str, actor: User | None, kind: str, object_id: str, label: str, changes: dict | None = None
) -> None:
    record(
        stream=organisation.stream, action=action, actor=actor.reference if actor else "system", object_type=kind, object_id=object_id,
        changes=changes or {}, personal={"object_label": label, **({"actor_name": actor.name} if actor else {})},
    )  # fmt: skip


def organisation_create(*, slug: str, name: str, administrator_email: str, administrator_name: str) -> tuple[Organisation, User, str]:
    """A new organisation with its first administrator; returns the temporary password too ("" where the person had an account)."""
    with transaction.atomic():
        organisation = Organisation.objects.create(slug=slug, name=name)
        user, password = _person(administrator_email, administrator_name)
        Membership.objects.create(user=user, organisation=organisation, role=Role.ADMINISTRATOR)
        _record(organisation, "organisation.created", None, "organisation", str(organisation.uuid), name)
    return organisation, user, password


def _person(email: str, name: str) -> tuple[User, str]:
    email = email.strip().lower()
    validate_email(email)
    if existing := User.objects.filter(email__iexact=email).first():
        return existing, ""
    if not name.strip():
        raise ValidationError({"name": "Enter the person's name."})
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    return User.objects.create_user(email, password, name=name.strip()[:200]), password


def user_create(*, actor: User, organisation: Organisation, email: str, name: str, role: str) -> tuple[User, str]:
    """Add a person with a first role; returns the temporary password ("" where the person has an account already)."""
    with transaction.atomic():
        _administrator(actor, organisation)
        user, password = _person(email, name)
        _record(organisation, "person.added", actor, "person", str(user.uuid), user.name)
        membership_grant(actor=actor, user=user, organisation=organisation, role=role)
    return user, password


def membership_grant(*, actor: User, user: User, organisation: Organisation, role: str) -> Membership:
    """Give a role; giving one that is held changes nothing."""
    if role not in Role.values:
        raise ValidationError({"role": f"{role!r} is no role; choose one of {', '.join(Role.labels)}."})
    with transaction.atomic():
        _administrator(actor, organisation)
        membership, made = Membership.objects.get_or_create(user=user, organisation=organisation, role=role)
        if made:
            _record(organisation, "role.granted", actor, "person", str(user.uuid), user.name, {"role": role})
    return membership


def membership_revoke(*, actor: User, membership: Membership) -> None:
    """Take a role; the last administrator keeps theirs (ValidationError)."""
    organisation, user, role = membership.organisation, membership.user, membership.role
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=organisation.pk)
        _administrator(actor, organisation)
        if role == Role.ADMINISTRATOR and organisation.memberships.filter(role=role).count() == 1:
            raise ValidationError(f"{user.name} is the last administrator. Make somebody else one first.")
        membership.delete()
        _record(organisation, "role.revoked", actor, "person", str(user.uuid), user.name, {"role": role})


def token_create(*, actor: User, organisation: Organisation, name: str, expires: datetime | None = None) -> tuple[ApiToken, str]:
    """A token of the actor's own; the plain text is returned once."""
    if not name.strip():
        raise ValidationError({"name": "Say what the token is for."})
    if not roles_of(actor, organisation):
        raise PermissionDenied(f"You hold no role in {organisation.name}.")
    with transaction.atomic():
        token, plain = new_token(user=actor, organisation=organisation, name=name.strip()[:100], expires=expires)
        _record(organisation, "token.created", actor, "token", str(token.pk), token.prefix)
    return token, plain


def token_revoke(*, actor: User, token: ApiToken) -> None:
    """Revoke one's own token, or as an administrator anybody's."""
    with transaction.atomic():
        if token.user_id != actor.pk:
            _administrator(actor, token.organisation)
        pk, prefix, organisation = token.pk, token.prefix, token.organisation
        token.delete()
        _record(organisation, "token.revoked", actor, "token", str(pk), prefix)
