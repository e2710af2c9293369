"""Who may do what to an assessment: the one place that decides it, for pages, API and tasks alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import Rights, rights_of, roles_of
from accounts.models import AuditAccess, AuditedAssessment, Organisation, Role, User
from assessments.models import Assessment, Assignment, Condition, DecisionRecord, Snapshot, Treated

RISK_OFFICER, CONTRIBUTOR, APPROVER, AUDITOR, ADMINISTRATOR = "risk_officer", "contributor", "approver", "auditor", "administrator"
ALL_ROLES = frozenset({RISK_OFFICER, CONTRIBUTOR, APPROVER, AUDITOR, ADMINISTRATOR})
READS_ALL = ALL_ROLES - {CONTRIBUTOR}  # a contributor reads what they are asked for

# A part of an assessment that is answered: (questionnaire, section), or ("", category) of figures, where ``demand`` is a category too.
Place = tuple[str, str]

ACTIONS: dict[str, frozenset[str]] = {
    "view": ALL_ROLES,
    "create": frozenset({RISK_OFFICER}),
    "edit": frozenset({RISK_OFFICER}),
    "answer": frozenset({RISK_OFFICER, CONTRIBUTOR}),
    "read_all": READS_ALL,
    "assign": frozenset({RISK_OFFICER}),
    "comment": ALL_ROLES - {AUDITOR},
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
    "ask_report": frozenset({RISK_OFFICER, APPROVER, ADMINISTRATOR}),
    "correct_report": frozenset({ADMINISTRATOR}),
    "report_style": frozenset({ADMINISTRATOR}),
    "export": frozenset({RISK_OFFICER, APPROVER, AUDITOR, ADMINISTRATOR}),
    "audit": frozenset({AUDITOR}),
    "admit_auditor": frozenset({ADMINISTRATOR}),
}


# What a person is told that they can't do: each follows on "To".
WORDS = {
    "view": gettext_lazy("view an assessment"),
    "create": gettext_lazy("create an assessment"),
    "edit": gettext_lazy("edit an assessment"),
    "answer": gettext_lazy("answer an assessment"),
    "submit": gettext_lazy("submit an assessment"),
    "withdraw": gettext_lazy("withdraw an assessment"),
    "approve": gettext_lazy("approve an assessment"),
    "return": gettext_lazy("return an assessment"),
    "reject": gettext_lazy("reject an assessment"),
    "abstain": gettext_lazy("abstain from deciding on an assessment"),
    "trail": gettext_lazy("read the trail"),
    "report": gettext_lazy("read the report of an assessment"),
    "export": gettext_lazy("export an assessment"),
    "read_all": gettext_lazy("read all of an assessment"),
    "assign": gettext_lazy("say who answers what of an assessment"),
    "comment": gettext_lazy("comment on the questions of an assessment"),
    "describe_organisation": gettext_lazy("describe the organisation"),
    "meet_condition": gettext_lazy("say that a condition is met"),
    "reopen_condition": gettext_lazy("reopen a condition"),
    "succeed": gettext_lazy("start the next assessment of a use case"),
    "delegate": gettext_lazy("let somebody sign for another"),
    "set_policy": gettext_lazy("set the policy of the sign-off"),
    "ask_report": gettext_lazy("ask for a report"),
    "correct_report": gettext_lazy("have a report made again"),
    "report_style": gettext_lazy("set how reports look"),
    "audit": gettext_lazy("see the page of auditors"),
    "admit_auditor": gettext_lazy("give an auditor access"),
}


def may(person: User, organisation: Organisation, action: str, rights: Rights | None = None) -> bool:
    """Whether one of the person's roles in the organisation allows ``action``; KeyError for an action that doesn't exist. ``rights``: the
    person's, where a page has just read them."""
    return bool(ACTIONS[action] & (rights.roles if rights else roles_of(person, organisation)))


def require(person: User, organisation: Organisation, action: str, rights: Rights | None = None) -> frozenset[str]:
    """The person's roles; raises PermissionDenied saying which roles may. ``rights``: as of ``may``."""
    held = rights.roles if rights else roles_of(person, organisation)
    if not ACTIONS[action] & held:
        refuse(organisation, action)
    return held


def refuse(organisation: Organisation, action: str) -> NoReturn:
    """Raises PermissionDenied saying which roles may."""
    roles = _(" or ").join(Role(role).label.lower() for role in sorted(ACTIONS[action]))
    said = {"what": WORDS[action], "roles": roles, "organisation": organisation.name}
    raise PermissionDenied(_("To %(what)s one must be %(roles)s in %(organisation)s.") % said)


@dataclass(frozen=True)
class Reach:
    """What of one assessment a person reads and answers: all of it, or the places that are assigned to them. What is assigned to a
    contributor is theirs to answer while the assessment is open, and to read after that."""

    reads_all: bool
    answers_all: bool
    places: frozenset[Place] = frozenset()

    def reads(self, place: Place) -> bool:
        return self.reads_all or place in self.places

    def answers(self, place: Place) -> bool:
        return self.answers_all or place in self.places

    def require_answering(self, place: Place) -> None:
        """Raises PermissionDenied unless the person may answer that part of the assessment while it is open."""
        if not self.answers(place):
            raise PermissionDenied(_("This part of the assessment isn't assigned to you. Ask its risk officer, if you should answer it."))


def reach_of(person: User, assessment: Assessment, roles: Iterable[str]) -> Reach:
    """``roles``: the person's in the assessment's organisation. Only for contributors anything has to be looked up."""
    held = frozenset(roles)
    places: frozenset[Place] = frozenset()
    if CONTRIBUTOR in held and RISK_OFFICER not in held:
        places = frozenset(assessment.assignments.filter(person=person).values_list("questionnaire", "section"))
    return reach_with(held, places)


def reach_with(roles: Iterable[str], places: frozenset[Place]) -> Reach:
    """``places``: what is assigned to the person."""
    held = frozenset(roles)
    return Reach(bool(READS_ALL & held), RISK_OFFICER in held, places if CONTRIBUTOR in held else frozenset())


def require_reading(person: User, assessment: Assessment, place: Place, roles: Iterable[str] | None = None) -> None:
    """Raises PermissionDenied unless the person may read that part of the assessment."""
    held = roles_of(person, assessment.organisation) if roles is None else roles
    if not reach_of(person, assessment, held).reads(place):
        raise PermissionDenied(_("This part of the assessment isn't assigned to you."))


def require_answering(person: User, assessment: Assessment, place: Place, roles: Iterable[str]) -> None:
    """Raises PermissionDenied unless the person may answer that part of the assessment while it is open."""
    reach_of(person, assessment, roles).require_answering(place)


def visible(person: User, organisation: Organisation, rights: Rights | None = None) -> QuerySet[Assessment]:
    """The organisation's assessments that the person may see: all of them for a member, those that they are asked for or see to something in
    for one who only contributes, those in scope for an auditor whose access is limited, none for an outsider. Every list, page, file and search
    of assessments and of what belongs to them goes through here. ``rights``: the person's, where they are known already."""
    rights = rights or rights_of(person, organisation)
    assessments = Assessment.objects.filter(organisation=organisation)
    if not ACTIONS["view"] & rights.roles:
        return assessments.none()
    if not READS_ALL & rights.roles:
        return assessments.filter(concerning(person))
    return assessments if rights.limits is None else assessments.filter(in_scope(organisation, rights.limits))


def concerning(person: User) -> Q:
    """Assessments of which the person is asked for a part, owns a condition or sees to a finding."""
    conditions = Condition.objects.filter(owner=person).values("verdict__participation__snapshot__assessment")
    return (
        Q(pk__in=Assignment.objects.filter(person=person).values("assessment"))
        | Q(pk__in=Treated.objects.filter(owner=person).values("assessment"))
        | Q(pk__in=conditions)
    )


def in_scope(organisation: Organisation, accesses: Iterable[AuditAccess]) -> Q:
    """What of the organisation's assessments any of the accesses opens; nothing where there is none."""
    scopes = [_scope(organisation, access) for access in accesses]
    if any(not scope for scope in scopes):  # without a condition, which would vanish among those of others
        return Q()
    whole = Q(pk__in=[])
    for scope in scopes:
        whole |= scope
    return whole


def _scope(organisation: Organisation, access: AuditAccess) -> Q:
    scope = Q()
    if access.listed:
        scope &= Q(pk__in=AuditedAssessment.objects.filter(access=access).values("assessment"))
    if access.period_from or access.period_to:
        when = _days("created_at", access.period_from, access.period_to)
        submitted = Snapshot.objects.filter(when, assessment__organisation=organisation).values("assessment")
        decided = DecisionRecord.objects.filter(when, snapshot__assessment__organisation=organisation).values("snapshot__assessment")
        scope &= Q(pk__in=submitted) | Q(pk__in=decided)
    return scope


def _days(column: str, first: date | None, last: date | None) -> Q:
    """On these days in UTC, both inclusive."""
    when = Q()
    if first:
        when &= Q(**{f"{column}__gte": datetime.combine(first, time.min, UTC)})
    if last:
        when &= Q(**{f"{column}__lte": datetime.combine(last, time.max, UTC)})
    return when
