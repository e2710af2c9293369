"""Access of auditors that is limited in time and scope: given and ended by administrators, for a reason, recorded and told to the auditor."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import formats
from accounts.mailing import mail_later
from accounts.models import AuditAccess, AuditAccessEnd, AuditedAssessment, Organisation, User
from accounts.services import administrator_only, person_with
from audit.trail import record

LONGEST = timedelta(days=366)
MOST_ASSESSMENTS = 500
REASON = forms.CharField(
    max_length=1000, error_messages={"required": gettext_lazy("Say why. The auditor is told it, and it stands in the trail.")}
)  # fmt: skip


def audit_access_give(
    *, actor: User, organisation: Organisation, email: str, name: str, starts_on: date, ends_on: date, reason: str,
    assessments: Collection[UUID] | None = None, period_from: date | None = None, period_to: date | None = None, by_provider: bool = False,
) -> tuple[AuditAccess, str]:  # fmt: skip
    """Let somebody audit from ``starts_on`` to ``ends_on`` (days in UTC, inclusive); returns the temporary password of a new person too, else "".

    ``assessments``: the ids of those in scope, None for all. ``period_from`` and ``period_to``: of what was submitted or decided on these days
    alone, None where that side is open. Raises PermissionDenied unless the actor is an administrator there, and ValidationError, by field, for
    what can't be, such as a person who holds a role: that isn't limited, so a limited access would mean nothing.
    """
    with transaction.atomic():
        # Locked, so that nobody is given a role meanwhile.
        organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        administrator_only(actor, organisation)
        wrong = _wrong_days(starts_on, ends_on, period_from, period_to)
        if assessments is not None and not assessments:
            wrong["assessments"] = _("Choose at least one assessment, or all of them.")
        elif assessments is not None and len(assessments) > MOST_ASSESSMENTS:
            wrong["assessments"] = _("Choose at most %(most)d assessments, or all of a period.") % {"most": MOST_ASSESSMENTS}
        if wrong:
            raise ValidationError(wrong)
        reason = given_reason(reason)
        user, password = person_with(email, name, by_provider=by_provider)
        if organisation.memberships.filter(user=user).exists():
            message = _("%(user)s holds a role in %(organisation)s, which isn't limited. Take every role from them first.")
            raise ValidationError({"email": message % {"user": user.name, "organisation": organisation.name}})
        if not organisation.audit_accesses.filter(user=user).exists():
            record(
                stream=organisation.stream, action="person.added", actor=actor.reference, object_type="person", object_id=str(user.uuid),
                personal={"actor_name": actor.name, "object_label": user.name},
            )  # fmt: skip
        access = AuditAccess.objects.create(
            organisation=organisation, user=user, starts_on=starts_on, ends_on=ends_on, listed=assessments is not None,
            period_from=period_from, period_to=period_to, reason=reason, given_by=actor, given_at=timezone.now(),
        )  # fmt: skip
        AuditedAssessment.objects.bulk_create(AuditedAssessment(access=access, assessment=one) for one in sorted(set(assessments or ())))
        _tell(access, actor, "audit_access.given", reason, len(set(assessments or ())))
    return access, password


def audit_access_end(*, actor: User, access: AuditAccess, reason: str) -> None:
    """Take an access back before its last day; from then on the auditor is an outsider.

    Raises PermissionDenied unless the actor is an administrator there, and ValidationError without a reason or where it is over.
    """
    reason = given_reason(reason)
    with transaction.atomic():
        administrator_only(actor, access.organisation)
        # Locked, so that ending it twice at once ends it once.
        access = AuditAccess.objects.select_for_update(no_key=True, of=("self",)).select_related("organisation", "user").get(pk=access.pk)
        if access.ends_on < timezone.now().date() or AuditAccessEnd.objects.filter(access=access).exists():
            raise ValidationError(_("The access of %(user)s is over already.") % {"user": access.user.name})
        AuditAccessEnd.objects.create(access=access, by=actor, at=timezone.now(), reason=reason)
        _tell(access, actor, "audit_access.ended", reason, access.audited.count())


def given_reason(text: str) -> str:
    """The trimmed reason; raises ValidationError, under ``reason``, for one that is missing or can't be stored."""
    try:
        return str(REASON.clean(text))
    except ValidationError as error:
        raise ValidationError({"reason": error.messages}) from None


def scope_in_words(access: AuditAccess, listed: int) -> str:
    """What an access opens, such as "2 assessments, as far as they were submitted or decided from 1 May 2026"; ``listed``: how many were chosen."""
    what = ngettext("%(n)d assessment", "%(n)d assessments", listed) % {"n": listed} if access.listed else _("all assessments")
    first, last = formats.day(access.period_from), formats.day(access.period_to)
    if not first and not last:
        return what
    days = _("from %(first)s to %(last)s") if first and last else _("from %(first)s on") if first else _("until %(last)s")
    whole = ngettext(
        "%(what)s that was submitted or decided %(days)s", "%(what)s that were submitted or decided %(days)s", listed if access.listed else 2
    )  # fmt: skip
    return whole % {"what": what, "days": days % {"first": first, "last": last}}


def _wrong_days(starts_on: date, ends_on: date, period_from: date | None, period_to: date | None) -> dict[str, str]:
    wrong = {}
    if ends_on < starts_on:
        wrong["ends_on"] = _("The last day lies before the first.")
    elif ends_on < timezone.now().date():
        wrong["ends_on"] = _("The last day is over already.")
    elif ends_on - starts_on > LONGEST:
        wrong["ends_on"] = _("A year is the longest. Give the access again when it is over.")
    if period_from and period_to and period_to < period_from:
        wrong["period_to"] = _("The last day of the period lies before its first.")
    return wrong


def _tell(access: AuditAccess, actor: User, action: str, reason: str, listed: int) -> None:
    """In the trail, and by mail to the auditor."""
    organisation, user = access.organisation, access.user
    days = {"starts_on": access.starts_on.isoformat(), "ends_on": access.ends_on.isoformat()}
    with formats.as_sent():
        told = scope_in_words(access, listed)
    with formats.as_recorded():
        scope = scope_in_words(access, listed)
    mail_later(
        kind=action.replace(".", "_"), to=user, organisation=organisation, key=str(access.pk),
        context={"by": actor.name, "reason": reason, "scope": told, **days, "path": "/"},
    )  # fmt: skip
    period = {name: day.isoformat() if day else None for name, day in (("from", access.period_from), ("to", access.period_to))}
    listing = [str(one) for one in access.audited.values_list("assessment", flat=True)] if access.listed else "all"
    record(
        stream=organisation.stream, action=action, actor=actor.reference, object_type="audit_access", object_id=str(access.pk),
        changes={"person": user.reference, **days, "assessments": listing, "period": period, "scope": scope}, reason=reason,
        personal={"actor_name": actor.name, "object_label": user.name},
    )  # fmt: skip
