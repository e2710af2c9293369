"""An auditor whose access is limited, at every address of the permission table: what is out of scope isn't there, and nothing tells of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.auditing import audit_access_end, audit_access_give
from accounts.models import User
from assessments.models import Assessment, Snapshot
from assessments.permissions import visible
from audit import proofs
from audit.models import AuditEvent
from audit.trail import events_of
from reports.reading import events_of_assessment
from tests.fixtures import make_draft, today
from tests.permissions import AU, TABLE, Row
from tests.test_permissions import House, build, expected, outcome, patterns
from tests.triggers import without_triggers

pytestmark = pytest.mark.django_db
OF_ORGANISATION = [row for row in TABLE if "org" in patterns()[row.name]]
READ = [row for row in OF_ORGANISATION if "GET" in row.methods]
NARROW = {"assessment", "report", "index"}  # parts of an address that name something in or out of scope


@dataclass(frozen=True)
class Audited:
    """``inside`` audits the house's three cases, ``outside`` another one, and the access of ``gone`` to all of it has been ended."""

    house: House
    other: Assessment
    inside: User
    outside: User
    gone: User


@pytest.fixture(scope="module")
def audited(django_db_setup: None, django_db_blocker: Any) -> Iterator[Audited]:
    with django_db_blocker.unblock(), transaction.atomic():
        house = build()
        cast, other = house.cast, make_draft(house.cast)

        def admit(name: str, *cases: Assessment) -> User:
            access, _ = audit_access_give(
                actor=cast.administrator, organisation=cast.organisation, email=f"{name}@example.com", name=name, starts_on=today(), ends_on=today(),
                reason="A look.", assessments=[case.pk for case in cases] or None,
            )  # fmt: skip
            if name == "gone":
                audit_access_end(actor=cast.administrator, access=access, reason="Done.")
            return access.user

        yield Audited(house, other, admit("inside", *house.cases.values()), admit("outside", other), admit("gone"))
        transaction.set_rollback(True)


def get(user: User, address: str, query: dict[str, str] | None = None) -> Any:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client.get(address, query)


def seen(user: User, audited: Audited, row: Row) -> Any:
    """The answer to a GET, read to its end; whatever it recorded is taken back."""
    with transaction.atomic():
        response = get(user, audited.house.address(row))
        if response.streaming:
            response.body = b"".join(response.streaming_content)
        else:
            response.body = response.content
        transaction.set_rollback(True)
    return response


@pytest.mark.parametrize("row", READ, ids=lambda row: row.name)
def test_what_is_out_of_scope_isnt_there_and_what_is_in_scope_is_as_the_table_says(audited: Audited, row: Row) -> None:
    inside, outside = seen(audited.inside, audited, row), seen(audited.outside, audited, row)
    assert outcome(row, inside) in expected(row, AU, "GET")
    if NARROW & set(patterns()[row.name]):
        assert outside.status_code == 404 if AU in row.methods["GET"] else outside.status_code in (403, 404)
    else:
        assert outcome(row, outside) in expected(row, AU, "GET")


@pytest.mark.parametrize("row", READ, ids=lambda row: row.name)
def test_nothing_tells_of_what_is_out_of_scope(audited: Audited, row: Row) -> None:
    text = readable(seen(audited.outside, audited, row))
    for case in audited.house.cases.values():
        assert case.title not in text
        if str(case.pk) not in audited.house.address(row):  # the error page may repeat what was asked for
            assert str(case.pk) not in text
    if str(audited.house.report.pk) not in audited.house.address(row):
        assert str(audited.house.report.pk) not in text
    assert audited.house.report.sha256 not in text


@pytest.mark.parametrize("row", OF_ORGANISATION, ids=lambda row: row.name)
def test_once_it_is_over_the_auditor_is_an_outsider(audited: Audited, row: Row) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(audited.gone)
    for method in row.methods:
        response = client.generic(method, audited.house.address(row), data="{}", content_type="application/json")
        assert response.status_code == 404, method


def readable(response: Any) -> str:
    data: bytes = response.body
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
    return data.decode(errors="replace")


class TestLists:
    def test_the_portfolio_and_its_counts(self, audited: Audited) -> None:
        page = get(audited.outside, address(audited, "assessments:list"))
        assert [line.assessment.pk for line in page.context["lines"]] == [audited.other.pk]
        assert page.context["total"] == 1
        assert get(audited.inside, address(audited, "assessments:list")).context["total"] == 3

    def test_the_api_s(self, audited: Audited) -> None:
        answer = get(audited.outside, address(audited, "api:assessments")).json()
        assert [row["id"] for row in answer["results"]] == [str(audited.other.pk)]
        (organisation,) = get(audited.outside, reverse("api:organisations")).json()["results"]
        assert organisation["roles"] == ["auditor"]

    def test_reports(self, audited: Audited) -> None:
        assert get(audited.outside, address(audited, "reports:list")).context["page"].paginator.count == 0
        assert get(audited.inside, address(audited, "reports:list")).context["page"].paginator.count == 1

    def test_health_without_the_work_of_others(self, audited: Audited) -> None:
        page = get(audited.outside, address(audited, "reports:health")).content.decode()
        assert "Checkpoints" in page
        assert "work-heading" not in page
        assert "work-heading" in get(audited.house.cast.auditor, address(audited, "reports:health")).content.decode()


@pytest.mark.databases
class TestTrail:
    def test_it_has_the_entries_of_what_is_in_scope_alone(self, audited: Audited) -> None:
        page = get(audited.outside, address(audited, "reports:trail"))
        assert {entry.object_id for entry in page.context["entries"]} == {str(audited.other.pk)}
        assert page.context["page"].paginator.count == events_of_assessment(audited.other).count() > 0
        assert {choice.key for choice in page.context["types"]} == {"assessment"}
        assert [choice.key for choice in page.context["people"]] == [audited.house.cast.risk_officer.reference]
        assert "Your access is limited" in page.content.decode()

    def test_reports_are_in_scope_with_their_assessment(self, audited: Audited) -> None:
        answer = get(audited.inside, address(audited, "reports_api:organisation_trail"), {"page_size": "200"}).json()
        ids = {row["object_id"] for row in answer["results"]}
        assert ids == {str(case.pk) for case in audited.house.cases.values()}
        assert answer["count"] == sum(events_of_assessment(case).count() for case in audited.house.cases.values())

    def test_an_export_says_that_it_is_limited_and_so_does_the_trail(self, audited: Audited) -> None:
        with transaction.atomic():
            response = get(audited.outside, address(audited, "reports:trail_export"), {"format": "jsonl"})
            head, *rows = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]
            event = AuditEvent.objects.get(action="trail.exported")
            assert event.changes["limited"] is True
            transaction.set_rollback(True)
        assert head["limited_to"].startswith("the assessments that the auditor's access opens")
        assert {row["object"]["id"] for row in rows} == {str(audited.other.pk)}
        assert head["count"] == len(rows)

    def test_an_unlimited_export_says_nothing_of_limits(self, audited: Audited) -> None:
        with transaction.atomic():
            response = get(audited.house.cast.auditor, address(audited, "reports:trail_export"), {"format": "jsonl"})
            head = json.loads(next(iter(response.streaming_content)))
            assert "limited" not in AuditEvent.objects.get(action="trail.exported").changes
            transaction.set_rollback(True)
        assert "limited_to" not in head

    def test_an_entry_in_scope_is_proved_and_another_isnt_there(self, audited: Audited) -> None:
        mine, theirs = events_of_assessment(audited.other)[0], events_of_assessment(audited.house.cases["draft"])[0]
        proof = get(audited.outside, address(audited, "reports_api:trail_proof", index=mine.index)).json()
        assert proof["leaf_hash"] == mine.leaf_hash
        assert proofs.check(proof)
        assert get(audited.outside, address(audited, "reports_api:trail_proof", index=theirs.index)).status_code == 404
        others = [event for event in events_of(audited.house.cast.organisation.stream) if event.object_type == "audit_access"]
        assert get(audited.inside, address(audited, "reports_api:trail_proof", index=others[0].index)).status_code == 404


@pytest.mark.databases
class TestPeriod:
    """Of the house's cases one is a draft, one was submitted and one decided, all of them today."""

    def admit(self, audited: Audited, name: str, **scope: Any) -> set[str]:
        cast = audited.house.cast
        access, _ = audit_access_give(
            actor=cast.administrator, organisation=cast.organisation, email=f"{name}@example.com", name=name, starts_on=today(), ends_on=today(),
            reason="A look.", **scope,
        )  # fmt: skip
        stages = {case.pk: stage for stage, case in audited.house.cases.items()} | {audited.other.pk: "other"}
        return {stages[pk] for pk in visible(access.user, cast.organisation).values_list("pk", flat=True)}

    def test_what_was_submitted_or_decided_within_it(self, audited: Audited) -> None:
        assert self.admit(audited, "a", period_from=today(), period_to=today()) == {"in_review", "approved"}

    @pytest.mark.parametrize(("bound", "days"), [("period_from", 1), ("period_to", -1)])
    def test_nothing_of_another_time(self, audited: Audited, bound: str, days: int) -> None:
        assert self.admit(audited, "b", **{bound: today() + timedelta(days=days)}) == set()

    def test_days_are_whole_and_in_utc(self, audited: Audited) -> None:
        case = audited.house.cases["in_review"]
        with transaction.atomic():
            with without_triggers(connection):
                Snapshot.objects.filter(assessment=case).update(created_at=datetime(2025, 12, 31, 23, 59, 59, 999999, UTC))
            found = [
                self.admit(audited, "c", period_from=date(2025, 12, 31), period_to=date(2025, 12, 31)),
                self.admit(audited, "d", period_from=date(2026, 1, 1), period_to=date(2026, 1, 1)),
            ]
            transaction.set_rollback(True)
        assert found == [{"in_review"}, set()]

    def test_a_list_and_a_period_both_narrow(self, audited: Audited) -> None:
        cases = audited.house.cases
        listed = [cases["draft"].pk, cases["approved"].pk]
        assert self.admit(audited, "e", assessments=listed) == {"draft", "approved"}
        assert self.admit(audited, "f", assessments=listed, period_from=today()) == {"approved"}

    def test_two_accesses_open_what_either_does(self, audited: Audited) -> None:
        assert self.admit(audited, "g", assessments=[audited.other.pk]) == {"other"}
        assert self.admit(audited, "g", period_from=today()) == {"other", "in_review", "approved"}
        assert self.admit(audited, "g") == {"other", "draft", "in_review", "approved"}

    def test_the_page_of_auditors_says_how_much_of_it_is_open(self, audited: Audited) -> None:
        all_of_it, some = "You can read it all, and change nothing.", "You can read what is open to you, and change nothing."
        assert self.admit(audited, "j", period_from=today()) == {"in_review", "approved"}
        bounded = User.objects.get(email="j@example.com")
        for person, said in ((audited.inside, some), (bounded, some), (audited.house.cast.auditor, all_of_it)):
            assert said in get(person, address(audited, "reports:audit")).content.decode()
        assert self.admit(audited, "j") > {"draft"}
        assert all_of_it in get(bounded, address(audited, "reports:audit")).content.decode()

    def test_all_there_is_with_what_is_to_come(self, audited: Audited) -> None:
        assert self.admit(audited, "h") == {"other", "draft", "in_review", "approved"}

    def test_what_is_listed_of_another_organisation_opens_nothing_there_or_here(self, audited: Audited) -> None:
        cast = audited.house.cast
        access, _ = audit_access_give(
            actor=cast.outsider, organisation=cast.elsewhere, email="i@example.com", name="I", starts_on=today(), ends_on=today(), reason="A look.",
            assessments=[audited.other.pk],
        )  # fmt: skip
        assert not visible(access.user, cast.elsewhere).exists()
        assert not visible(access.user, cast.organisation).exists()


def address(audited: Audited, name: str, **more: Any) -> str:
    return reverse(name, kwargs={"org": audited.house.cast.organisation.slug, **more})
