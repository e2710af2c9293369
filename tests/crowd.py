"""An organisation that has much of everything, made in bulk: whatever a page shows a list of, there are more of here than it shows at once."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import cycle
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.auditing import audit_access_give
from accounts.models import ApiToken, Membership, Organisation, Role, User
from assessments.delegating import delegate
from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment, Evidence, Option, Status, UseCase
from assessments.registering import register_of, treat
from assessments.scoring.facts import MAX_OPTIONS
from audit.models import AuditCheck
from jobs.models import Job
from reports.models import Report
from tests.fixtures import Cast, more_approvers
from tests.reports.trail import happen

PEOPLE, ASSESSMENTS, EVENTS, REPORTS, FEW = 60, 120, 120, 80, 12


def people(cast: Cast) -> None:
    """Members of every role, and approvers with delegations among them."""
    made = User.objects.bulk_create(
        User(email=f"person-{n}@meridian-bank.example", name=f"Person {n}", password="!") for n in range(PEOPLE)
    )
    Membership.objects.bulk_create(
        Membership(user=user, organisation=cast.organisation, role=role) for user, role in zip(made, cycle(Role.values), strict=False)
    )
    approvers = more_approvers(cast, *(f"crowd_approver_{n}" for n in range(FEW)))
    today = timezone.now().date()
    for n, person in enumerate(approvers[1:]):
        delegate(
            actor=cast.administrator, organisation=cast.organisation, of=approvers[0], to=person, starts_on=today + timedelta(days=n),
            ends_on=today + timedelta(days=n), reason="Leave.",
        )  # fmt: skip
    for n in range(FEW):
        audit_access_give(
            actor=cast.administrator, organisation=cast.organisation, email=f"auditor-{n}@example.com", name=f"Auditor {n}",
            starts_on=today, ends_on=today, reason="A look.",
        )  # fmt: skip
    ApiToken.objects.bulk_create(
        ApiToken(user=user, organisation=cast.organisation, name=f"Token {n}", prefix=f"{user.pk}-{n}", digest="0" * 64)
        for user in (cast.risk_officer, cast.administrator) for n in range(FEW)
    )  # fmt: skip


def assessments(cast: Cast, like: Assessment) -> None:
    """Drafts and others with two options each, written by the risk officer and waiting for somebody."""
    cases, options = [], []
    for n, status in zip(range(ASSESSMENTS), cycle(Status.values), strict=False):
        use_case = UseCase(organisation=cast.organisation, name=f"Use case {n}", purpose="Much.", archetype=like.use_case.archetype)
        case = Assessment(
            organisation=cast.organisation, use_case=use_case, title=f"Assessment {n}", status=status, catalogue=like.catalogue,
            catalogue_digest=like.catalogue_digest, author=cast.risk_officer,
        )  # fmt: skip
        cases.append(case)
        options += [Option(assessment=case, key=key, name=key, sourcing="closed_api") for key in ("one", "two")]
    UseCase.objects.bulk_create(case.use_case for case in cases)
    Assessment.objects.bulk_create(cases)
    Option.objects.bulk_create(options)


def options_at_their_limit(case: Assessment) -> None:
    """As many options as an assessment may compare, the first few of them with all the answers and figures of the proposed one."""
    like = case.options.get(key=case.proposed_option.key)  # type: ignore[union-attr]
    answers, figures = list(like.responses.all()), list(like.figures.all())
    for n in range(MAX_OPTIONS - case.options.count()):
        option = Option.objects.get(pk=like.pk)
        option.pk, option.key, option.name, option.position = None, f"more-{n}", f"More {n}", 10 + n
        option.save()
        for rows in (answers, figures) if n < 3 else ():
            for row in rows:
                row.pk, row.option = None, option
            type(rows[0]).objects.bulk_create(rows)  # type: ignore[attr-defined]


def files(cast: Cast, case: Assessment) -> None:
    """A file on every answer."""
    Evidence.objects.bulk_create(
        Evidence(response=response, name=f"{response.question}.txt", size=3, sha256="0" * 64, uploaded_by=cast.contributor)
        for response in case.responses.all()
    )


def treated(cast: Cast, case: Assessment) -> None:
    """Every finding has its treatment."""
    evaluation = evaluate_assessment(case)
    options = {option.key: option for option in case.options.all()}
    for one in register_of(case, evaluation.release, evaluation.as_dict())[:30]:
        treat(
            actor=cast.risk_officer, assessment=case, option=options[one["option"]], finding=one["finding"], treatment="mitigate",
            plan="A second provider.", owner=cast.contributor.email, due_on=date(2030, 1, 1),
        )  # fmt: skip


def events(cast: Cast, case: Assessment) -> None:
    for n in range(EVENTS):
        happen(cast, n, object_id=str(case.pk))


def reports(like: Report) -> None:
    """Drafts of the report, one edition after another, and jobs that failed."""
    before: Report | None = None
    for n in range(1, REPORTS + 1):
        before = Report.objects.create(
            organisation=like.organisation, assessment=like.assessment, snapshot=like.snapshot, kind="draft", edition=n, supersedes=before,
            template_version=1, file=like.file.name, size=like.size, sha256=like.sha256, unsigned_sha256=like.unsigned_sha256,
        )  # fmt: skip
    Job.objects.bulk_create(
        Job(
            task="reports.make_report", key=f"failed-{n}", stream=like.organisation.stream, label=f"Report {n}", status="failed",
            error="It failed.", finished_at=timezone.now(),
        )
        for n in range(FEW)
    )  # fmt: skip


def checks(organisation: Organisation) -> None:
    AuditCheck.objects.bulk_create(
        AuditCheck(stream=organisation.stream, at=timezone.now(), ok=n < FEW - 1, size=n, root="0" * 64, seconds=0.1, problem="Entry 3.")
        for n in range(FEW)
    )


def fill(house: Any) -> None:
    """All of it, for a house of tests/test_permissions.py."""
    with transaction.atomic():
        people(house.cast)
        for case in house.cases.values():
            events(house.cast, case)
        assessments(house.cast, house.cases["draft"])
        files(house.cast, house.cases["draft"])
        options_at_their_limit(house.cases["draft"])
        treated(house.cast, house.cases["draft"])
        reports(house.report)
        checks(house.cast.organisation)
        Organisation.objects.bulk_create(Organisation(slug=f"other-{n}", name=f"Other {n}") for n in range(FEW))
