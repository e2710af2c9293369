"""An organisation's own policy of the sign-off: read from its text, kept by versions, written out again to be changed."""

from __future__ import annotations

from typing import Any

import yaml
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, Organisation, Role, User
from assessments.errors import Refused
from assessments.models import SignOffPolicy
from assessments.permissions import require
from assessments.policy import DEFAULT, Policy, PolicyError, policy_of, read_policy
from assessments.routing import policy_in_force
from audit.canonical import canonical_bytes
from audit.trail import record

LONGEST = 100_000


def policy_set(
    *, actor: User, organisation: Organisation, reason: str, text: str = "", policy: Policy | None = None, based_on: int | None = None
) -> SignOffPolicy:
    """Put a new version of the policy in force for what is submitted from now on; what is in review keeps the stages it was submitted with.

    ``text``: YAML in the form of ``policies/default.yaml``, people by e-mail address; or ``policy``, people by their references. ``based_on``: the
    version that somebody began from, where another one mustn't be lost. Raises Refused with everything that is wrong in it.
    """
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)  # two at once would take the same number
        require(actor, organisation, "set_policy")
        wrong: dict[str, str] = {}
        if not reason.strip():
            wrong["reason"] = _("Say why the policy changes.")
        try:
            policy = _resolved(read_policy(text[:LONGEST]), organisation) if policy is None else _of_approvers(policy, organisation)
        except PolicyError as error:
            wrong["text"] = "\n".join(error.problems)
            policy = None
        if wrong or policy is None:
            raise Refused(_("The policy can't be put in force as it stands."), wrong)
        before, version = policy_in_force(organisation)
        if based_on is not None and based_on != version:
            raise Refused(
                _("Somebody else has changed the policy meanwhile. Nothing was put in force; compare the two, and change it again.")
            )
        if version and before.digest == policy.digest:
            raise Refused(_("This is the policy that is in force already."), {"text": _("Nothing in it has changed.")})
        row = SignOffPolicy.objects.create(
            organisation=organisation, version=version + 1, content=canonical_bytes(policy.as_data()), digest=policy.digest,
            reason=reason.strip()[:4000], created_by=actor, created_at=timezone.now(),
        )  # fmt: skip
        record(
            stream=organisation.stream, action="policy.set", actor=actor.reference, object_type="policy", object_id=str(row.version),
            changes={"version": row.version, "before": before.digest, "after": policy.digest}, reason=reason.strip(),
            personal={"actor_name": actor.name},
        )  # fmt: skip
    return row


def policy_text(organisation: Organisation) -> str:
    """The policy in force as text that ``policy_set`` reads; the one that comes with the product keeps its comments."""
    policy, version = policy_in_force(organisation)
    if not version:
        return DEFAULT.read_text("utf-8")
    addresses = {user.reference: user.email for user in _approvers(organisation)}
    data = _people_replaced(policy.as_data(), addresses)
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=140)


def _approvers(organisation: Organisation) -> list[User]:
    held = Membership.objects.filter(organisation=organisation, role=Role.APPROVER, user__is_active=True).select_related("user")
    return [m.user for m in held]


def _resolved(policy: Policy, organisation: Organisation) -> Policy:
    """The policy with references in the place of addresses. Raises PolicyError for an address that is no approver's."""
    approvers = {user.email.lower(): user for user in _approvers(organisation)}
    whos = [stage.who for stage in policy.stages] + [rule.who for rule in policy.acceptance.values()]
    asked = {person for who in whos for person in who.people}
    problems = []
    for person in sorted(asked):
        if person.lower() not in approvers:
            said = _("%(person)s isn't the address of an approver of %(organisation)s; make the person one first.")
            problems.append(said % {"person": person, "organisation": organisation.name})
    if problems:
        raise PolicyError(problems)
    return policy_of(_people_replaced(policy.as_data(), {person: approvers[person.lower()].reference for person in asked}))


def _of_approvers(policy: Policy, organisation: Organisation) -> Policy:
    """The policy as it is, whose people are approvers. Raises PolicyError for one who isn't, as anybody may have been made or unmade one."""
    approvers = {user.reference for user in _approvers(organisation)}
    whos = [stage.who for stage in policy.stages] + [rule.who for rule in policy.acceptance.values()]
    if any(person not in approvers for who in whos for person in who.people):
        said = _("It names somebody who is no approver of %(organisation)s now; choose somebody else.")
        raise PolicyError([said % {"organisation": organisation.name}])
    return policy


def _people_replaced(data: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    for rule in (*data["stages"], *data["acceptance"].values()):
        if rule["who"].get("people"):
            rule["who"]["people"] = [names.get(person, person) for person in rule["who"]["people"]]
        else:
            rule["who"].pop("people", None)
    return data
