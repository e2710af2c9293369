"""The pages of the sign-off ask the database a bounded number of questions, however much there is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from assessments import delegating, registering, workflow
from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment
from assessments.policy import DEFAULT
from assessments.setting_policy import policy_set
from assessments.workflow import Asking
from tests.assessments.playing import Reader
from tests.fixtures import SIGNING, Cast, accept_all, make_complete, make_submitted, more_approvers, newest, read_all, sign, today
from tests.reports.trail import happen

pytestmark = pytest.mark.django_db
MOST = 15


def asked(reader: Reader, url: str, status: int = 200) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert reader.client.get(url).status_code == status
    assert len(queries) <= MOST, "\n".join(query["sql"][:200] for query in queries)


def treat_all(cast: Cast, case: Assessment) -> int:
    """Every finding of every option is treated; returns how many there are."""
    evaluation = evaluate_assessment(case)
    found = registering.register_of(case, evaluation.release, evaluation.as_dict())
    options = {option.key: option for option in case.options.all()}
    for one in found:
        registering.treat(
            actor=cast.risk_officer, assessment=case, option=options[one["option"]], finding=one["finding"], treatment="mitigate",
            plan="A second provider.", owner=cast.contributor.email, due_on=today(),
        )  # fmt: skip
    return len(found)


def approvers(cast: Cast, number: int) -> list[User]:
    return more_approvers(cast, *(f"approver_{n}" for n in range(number)))


def test_findings(cast: Cast) -> None:
    case = make_complete(cast)
    assert treat_all(cast, case) > 10
    reader = Reader(cast.risk_officer, case)
    asked(reader, reader.url("findings"))
    workflow.submit(actor=cast.risk_officer, assessment=case)
    sign(cast, case, *(Asking(f"Do thing {n}.", cast.contributor.email, today()) for n in range(12)))
    asked(reader, reader.url("findings"))
    asked(reader, reader.url("record"))


def test_signing_rules(cast: Cast) -> None:
    people = approvers(cast, 30)
    for number, person in enumerate(people[1:]):
        delegating.delegate(
            actor=cast.administrator, organisation=cast.organisation, of=people[0], to=person, starts_on=today() + timedelta(days=number),
            ends_on=today() + timedelta(days=number), reason="Leave.",
        )  # fmt: skip
    for number in range(10):
        text = DEFAULT.read_text().replace("due_days: 10", f"due_days: {number + 11}", 1)
        policy_set(actor=cast.administrator, organisation=cast.organisation, text=text, reason=f"Reason {number}.")
    reader = Reader(cast.administrator, make_complete(cast))
    url = reverse("assessments:signing_rules", args=[cast.organisation.slug])
    asked(reader, url)


@pytest.mark.parametrize("who", ["approver", "spare", "done"])
def test_signing(cast: Cast, who: str) -> None:
    people = approvers(cast, 20)
    text = DEFAULT.read_text().replace(
        "who: {role: approver}\n    quorum: any", f"who: {{people: [{people[0].email}, {people[1].email}]}}\n    quorum: all", 1
    )
    policy_set(actor=cast.administrator, organisation=cast.organisation, text=text, reason="As agreed.")
    case = make_submitted(cast)
    person = {"approver": people[0], "spare": people[5], "done": people[1]}[who]
    read_all(people[0], case)
    if who == "done":
        read_all(people[1], case)
        workflow.approve(
            actor=people[1], assessment=case, digest=newest(case).digest, signing=SIGNING, acceptances=accept_all(newest(case))
        )
    reader = Reader(person, case)
    asked(reader, reader.url("sign"), 200 if who == "approver" else 403)
    asked(reader, reader.url("record"))


@pytest.mark.parametrize("page", ["trail", "health", "checkpoints"])
def test_trail(cast: Cast, page: str) -> None:
    for number in range(300):
        happen(cast, number)
    reader = Reader(cast.administrator, make_complete(cast))
    asked(reader, reverse(f"reports:{page}", args=[cast.organisation.slug]))
