"""Standing in for an approver who is away."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import roles_of
from accounts.models import Organisation, User
from assessments.errors import Refused, WrongStatus
from assessments.models import Delegation, DelegationEnd
from assessments.permissions import ADMINISTRATOR, APPROVER, require
from audit.trail import record

LONGEST = timedelta(days=366)


def delegate(*, actor: User, organisation: Organisation, of: User, to: User, starts_on: date, ends_on: date, reason: str) -> Delegation:
    """Let ``to`` sign in the seats of ``of`` on these days (inclusive, UTC): the approver's own to give, or an administrator's for somebody
    who can't. Raises Refused naming what can't be."""
    with transaction.atomic():
        require(actor, organisation, "delegate")
        if actor != of and ADMINISTRATOR not in roles_of(actor, organisation):
            raise PermissionDenied(_("You can let somebody sign for yourself; for others an administrator does that."))
        wrong: dict[str, str] = {}
        if APPROVER not in roles_of(of, organisation):
            wrong["of"] = _("%(person)s is no approver of %(organisation)s.") % {"person": of.name, "organisation": organisation.name}
        if APPROVER not in roles_of(to, organisation):
            wrong["to"] = _("%(person)s is no approver of %(organisation)s.") % {"person": to.name, "organisation": organisation.name}
        elif to == of:
            wrong["to"] = _("Choose somebody else.")
        if starts_on > ends_on:
            wrong["ends_on"] = _("The last day lies before the first.")
        elif ends_on < timezone.now().date():
            wrong["ends_on"] = _("The last day is over already.")
        elif ends_on - starts_on > LONGEST:
            wrong["ends_on"] = _("A year is the longest; who is away longer should give up the role.")
        if not reason.strip():
            wrong["reason"] = _("Say why, such as a leave.")
        if wrong:
            raise Refused(_("This can't be arranged as it stands."), wrong)
        made = Delegation.objects.create(
            organisation=organisation, of=of, to=to, starts_on=starts_on, ends_on=ends_on, reason=reason.strip()[:4000], created_by=actor,
            created_at=timezone.now(),
        )  # fmt: skip
        _tell(made, actor, "delegation.made", reason.strip())
    return made


def end(*, actor: User, delegation: Delegation) -> None:
    """Take a delegation back before its last day: by whom it is of, or an administrator."""
    with transaction.atomic():
        organisation = delegation.organisation
        require(actor, organisation, "delegate")
        if actor != delegation.of and ADMINISTRATOR not in roles_of(actor, organisation):
            raise PermissionDenied(_("Only the person who is stood in for, or an administrator, can end this."))
        # The row is locked so that ending it twice at once ends it once.
        Delegation.objects.select_for_update().get(pk=delegation.pk)
        if DelegationEnd.objects.filter(delegation=delegation).exists():
            raise WrongStatus(_("This has been ended already."))
        DelegationEnd.objects.create(delegation=delegation, by=actor, at=timezone.now())
        _tell(delegation, actor, "delegation.ended", "")


def _tell(delegation: Delegation, actor: User, action: str, reason: str) -> None:
    record(
        stream=delegation.organisation.stream, action=action, actor=actor.reference, object_type="delegation", object_id=str(delegation.pk),
        changes={
            "of": delegation.of.reference, "to": delegation.to.reference, "starts_on": delegation.starts_on.isoformat(),
            "ends_on": delegation.ends_on.isoformat(),
        },
        reason=reason, personal={"actor_name": actor.name, "of_name": delegation.of.name, "to_name": delegation.to.name},
    )  # fmt: skip
