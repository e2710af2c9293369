"""Who may do what to an assessment: the one place that decides it, for pages, API and tasks alike."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from accounts.access import roles_of
from accounts.models import Organisation, User
from assessments.models import Assessment

RISK_OFFICER, CONTRIBUTOR, APPROVER, AUDITOR, ADMINISTRATOR = "risk_officer", "contributor", "approver", "auditor", "administrator"
ALL_ROLES = frozenset({RISK_OFFICER, CONTRIBUTOR, APPROVER, AUDITOR, ADMINISTRATOR})

ACTIONS: dict[str, frozenset[str]] = {
    "view": ALL_ROLES,
    "create": frozenset({RISK_OFFICER}),
    "edit": frozenset({RISK_OFFICER}),
    "answer": frozenset({RISK_OFFICER, CONTRIBUTOR}),
    "describe_organisation": frozenset({RISK_OFFICER, ADMINISTRATOR}),
    "submit": frozenset({RISK_OFFICER}),
    "withdraw": frozenset({RISK_OFFICER}),
    "approve": frozenset({APPROVER}),
    "return": frozenset({APPROVER}),
    "reject": frozenset({APPROVER}),
    "abstain": frozenset({APPROVER}),
    "meet_condition": frozenset({RISK_OFFICER, CONTRIBUTOR, APPROVER}),
    "reopen_condition": frozenset({APPROVER}),
    "succeed": frozenset({RISK_OFFICER}),
    "delegate": frozenset({APPROVER, ADMINISTRATOR}),
    "set_policy": frozenset({ADMINISTRATOR}),
    "trail": frozenset({RISK_OFFICER, APPROVER, AUDITOR, ADMINISTRATOR}),
    "report": frozenset({RISK_OFFICER, APPROVER, AUDITOR, ADMINISTRATOR}),
    "export": frozenset({RISK_OFFICER, APPROVER, AUDITOR, ADMINISTRATOR}),
}


WORDS = {
    "describe_organisation": "describe the organisation",
    "meet_condition": "say that a condition is met",
    "reopen_condition": "reopen a condition",
    "succeed": "start the next assessment of a use case",
    "delegate": "let somebody sign for another",
    "set_policy": "set the policy of the sign-off",
}


def may(person: User, organisation: Organisation, action: str) -> bool:
    """Whether one of the person's roles in the organisation allows ``action``; KeyError for an action that doesn't exist."""
    return bool(ACTIONS[action] & roles_of(person, organisation))


def require(person: User, organisation: Organisation, action: str) -> None:
    """Raises PermissionDenied saying which roles may."""
    if not may(person, organisation, action):
        roles = " or ".join(sorted(ACTIONS[action])).replace("_", " ")
        what = WORDS.get(action, f"{action} an assessment")
        raise PermissionDenied(f"To {what} one must be {roles} in {organisation.name}.")


def visible(person: User, organisation: Organisation) -> QuerySet[Assessment]:
    """The organisation's assessments that the person may see: all of them for a member, none for an outsider."""
    assessments = Assessment.objects.filter(organisation=organisation)
    return assessments if may(person, organisation, "view") else assessments.none()
