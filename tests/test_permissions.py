"""The permission table, played at every address as every person of the cast; an address that the table doesn't name fails."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.auditing import audit_access_give
from accounts.models import ApiToken, AuditAccess
from accounts.services import token_create
from assessments.commenting import write
from assessments.delegating import delegate
from assessments.models import Assessment, Assignment, Comment, Condition, DecisionRecord, Delegation, Evidence, Option
from assessments.workflow import Asking
from jobs.models import Job
from reports.models import Report
from tests.fixtures import Cast, attach, first_use_case_question, make_cast, make_complete, make_submitted, more_approvers, option_of, sign
from tests.permissions import EVERYBODY, PEOPLE, ROLES, TABLE, Row

PAGE_METHODS = ("GET", "POST")
API_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED_FOR_CONTENT = (400, 409, 415, 422)
TRIED_WITHOUT_A_ROW = ("risk_officer", "outsider", "anonymous")  # a method that isn't there is there for nobody


@dataclass(frozen=True)
class House:
    """One organisation with a case at every stage."""

    cast: Cast
    cases: dict[str, Assessment]
    option: Option
    evidence: Evidence
    question: str
    report: Report
    token: ApiToken
    condition: Condition
    delegation: Delegation
    access: AuditAccess
    assignment: Assignment
    comment: Comment

    def address(self, row: Row) -> str:
        """The address of a row, with what it needs from the case at its stage."""
        have: dict[str, Any] = {
            "org": self.cast.organisation.slug,
            "assessment": self.cases[row.stage].pk,
            "option": self.option.key,
            "evidence": self.evidence.pk,
            "question": self.question,
            "questionnaire": "service-levels",
            "section": "commitment",
            "category": "model_access",
            "key": "one_off",
            "number": 1,
            "report": self.report.pk,
            "job": Job.objects.get(key=f"sign_off:{self.report.decision_record.digest}").pk,
            "token": self.token.pk,
            "person": self.cast.auditor.pk,
            "membership": self.cast.auditor.memberships.get().pk,
            "finding": "transfer-outside",
            "condition": self.condition.pk,
            "delegation": self.delegation.pk,
            "access": self.access.pk,
            "assignment": self.assignment.pk,
            "comment": self.comment.pk,
            **row.args,
        }
        return reverse(row.name, kwargs={name: have[name] for name in patterns()[row.name]})

    def form(self, row: Row) -> dict[str, Any]:
        """Enough for every form, so that whoever is let through gets past what names the thing to change. No password: its check insists on
        a transaction of its own, and a form without one is let through as far as the table goes."""
        snapshot, auditor = self.cases[row.stage].latest_snapshot, self.cast.auditor
        return {
            "question": self.question, "option": "", "category": "demand", "key": "horizon_months", "likely": "24",
            "user": auditor.pk, "role": "contributor", "membership": auditor.memberships.get().pk, "name": "Ada",
            "digest": snapshot.digest if snapshot else "", "reason": "For the table.", "password": "",
        }  # fmt: skip


@cache
def patterns() -> dict[str, list[str]]:
    """Every named address of the project with the names of its parts; an address without a name appears as its route."""
    found: dict[str, list[str]] = {}

    def walk(resolver: URLResolver, namespace: str, above: list[str]) -> None:
        for entry in resolver.url_patterns:
            parts = [*above, *entry.pattern.regex.groupindex]
            if isinstance(entry, URLResolver):
                walk(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace, parts)
            else:
                assert isinstance(entry, URLPattern)
                found[f"{namespace}{entry.name}" if entry.name else str(entry.pattern)] = parts

    walk(get_resolver(), "", [])
    return found


def build() -> House:
    cast = make_cast()
    draft, in_review, approved = make_complete(cast), make_submitted(cast), make_submitted(cast)
    (other,) = more_approvers(cast, "second_approver")
    decision = sign(cast, approved, Asking("Set up a rota.", cast.contributor.email, date(2030, 1, 31)))
    delegation = delegate(
        actor=cast.approver, organisation=cast.organisation, of=cast.approver, to=other, starts_on=date(2030, 1, 1),
        ends_on=date(2030, 1, 31), reason="Leave.",
    )  # fmt: skip
    access, _ = audit_access_give(
        actor=cast.administrator, organisation=cast.organisation, email="limited@example.com", name="Limited", starts_on=timezone.now().date(),
        ends_on=timezone.now().date(), reason="A look.",
    )  # fmt: skip
    TOTP.activate(cast.risk_officer, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(cast.risk_officer)
    token, _ = token_create(actor=cast.risk_officer, organisation=cast.organisation, name="script")
    return House(
        cast=cast,
        cases={"draft": draft, "in_review": in_review, "approved": approved},
        option=option_of(draft),
        evidence=attach(cast, draft),
        question=first_use_case_question(draft),
        report=stored_report(decision),
        token=token,
        condition=Condition.objects.get(),
        delegation=delegation,
        access=access,
        assignment=Assignment.objects.get(assessment=draft, person=cast.contributor, questionnaire="service-levels", section="commitment"),
        comment=write(actor=cast.risk_officer, assessment=draft, question=first_use_case_question(draft), text="Is this so?"),
    )


def stored_report(decision: DecisionRecord) -> Report:
    """A report as a worker leaves it; what stands in it doesn't matter here."""
    data, assessment = b"%PDF-1.7 for the table", decision.snapshot.assessment
    return Report.objects.create(
        organisation=assessment.organisation, assessment=assessment, decision_record=decision, snapshot=decision.snapshot,
        template_version=1, size=len(data), file=default_storage.save("reports/table.pdf", ContentFile(data)),
        sha256=hashlib.sha256(data).hexdigest(), unsigned_sha256="0" * 64,
    )  # fmt: skip


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    """Made once, in a transaction that is taken back; so is every request."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def signed_in(house: House) -> dict[str, dict[str, str]]:
    """The cookies of each person who has signed in. As every request is taken back, one sign-in lasts for all of them."""
    cookies: dict[str, dict[str, str]] = {"anonymous": {}}
    for person in set(PEOPLE) - {"anonymous"}:
        client = Client()
        client.force_login(house.cast[person])
        cookies[person] = {name: cookie.value for name, cookie in client.cookies.items()}
    return cookies


def outcome(row: Row, response: Any) -> str:
    """What became of a request, in a word or two."""
    to_sign_in = response.status_code == 302 and response["Location"].startswith(reverse("account_login")) and row.kind != "public"
    if response.status_code == 401 or to_sign_in:
        return "sign in"
    if response.status_code < 400 or response.status_code in REFUSED_FOR_CONTENT:
        return "let through"
    return {403: "forbidden", 404: "missing", 405: "no such method"}.get(response.status_code, f"status {response.status_code}")


def expected(row: Row, person: str, method: str) -> set[str]:
    """What may become of it."""
    if method not in row.methods:
        return {"no such method", "forbidden", "missing"} if person in ROLES else {"no such method", "missing", "sign in"}
    if person in row.methods[method]:
        return {"let through"}
    if person == "anonymous":
        return {"sign in"}
    return {"missing"} if person == "outsider" or row.private else {"forbidden"}


def send(client: Client, row: Row, method: str, address: str, form: str) -> Any:
    """Play one request, and take back whatever it did."""
    if row.kind in ("api", "personal_api"):
        body = {"data": "{}", "content_type": "application/json"}
    elif method == "POST":
        body = {"data": form, "content_type": "application/x-www-form-urlencoded"}
    else:
        body = {}
    with transaction.atomic():
        response = client.generic(method, address, **body)
        if response.streaming:
            list(response.streaming_content)  # read to the end, which closes the file
        transaction.set_rollback(True)
    return response


def test_every_address_is_in_the_table() -> None:
    there, known = set(patterns()), {row.name for row in TABLE}
    assert not there - known, "addresses that the permission table doesn't name: give each a row in tests/permissions.py"
    assert not known - there, "rows of the permission table for addresses that are gone"


def test_no_address_has_two_rows() -> None:
    names = [row.name for row in TABLE]
    assert len(names) == len(set(names))


def test_the_table_knows_everybody() -> None:
    assert {*ROLES, "outsider", "anonymous"} == EVERYBODY


@pytest.mark.django_db
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_everybody_gets_what_the_table_says(house: House, signed_in: dict[str, dict[str, str]], row: Row) -> None:
    address, form, client, wrong = house.address(row), urlencode(house.form(row)), Client(raise_request_exception=False), []
    for person in PEOPLE:
        for method in API_METHODS if row.kind in ("api", "personal_api") else PAGE_METHODS:
            if method not in row.methods and person not in TRIED_WITHOUT_A_ROW:
                continue
            client.cookies = SimpleCookie(signed_in[person])  # and none that the last answer set
            response = send(client, row, method, address, form)
            got, want = outcome(row, response), expected(row, person, method)
            if got not in want:
                wrong.append(f"{method} as {person}: {got} ({response.status_code}) instead of {' or '.join(sorted(want))}")
    assert not wrong, "\n".join([address, *wrong])


FORMS = [row for row in TABLE if "api" not in row.kind and not row.name.startswith("reports_api:") and set(row.methods) == {"POST"}]


@pytest.mark.django_db
@pytest.mark.parametrize("row", FORMS, ids=lambda row: row.name)
def test_from_an_address_that_only_takes_a_form_a_page_is_reached(house: House, signed_in: dict[str, dict[str, str]], row: Row) -> None:
    address, client = house.address(row), Client()
    for person in row.methods["POST"] & set(ROLES):
        client.cookies = SimpleCookie(signed_in[person])
        answer = send(client, row, "GET", address, "")
        assert answer.status_code == 405
        above = send(client, row, "GET", answer.context["back"], "")
        assert above.status_code in (200, 302), f"{answer.context['back']} as {person}"
        assert above.status_code == 302 or above["Content-Type"].startswith("text/html")
