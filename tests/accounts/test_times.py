"""Pages are written in the reader's time zone and by their conventions; what counts for the law stays in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts import formats
from accounts.models import Membership, Role, User
from assessments.evaluation import facts_of
from assessments.snapshots import content_of
from audit.models import AuditEvent
from tests.fixtures import Cast, make_draft, make_submitted, newest
from tests.reports.trail import client_of

SETTINGS = {"time_zone": "America/New_York", "formats": "en-US"}
LATE = datetime(2026, 11, 28, 3, 30, 5, tzinfo=UTC)  # still the 27th in New York


@pytest.mark.parametrize(
    ("zone", "style", "said", "legal"),
    [
        ("", "", "28 November 2026, 03:30 UTC", "28 November 2026, 03:30 UTC"),
        ("Europe/Berlin", "de-DE", "28. November 2026, 04:30 CET", "28. November 2026, 04:30 CET (03:30 UTC)"),
        (
            "America/New_York",
            "en-US",
            "November 27, 2026, 10:30 PM EST",
            "November 27, 2026, 10:30 PM EST (November 28, 2026, 3:30 AM UTC)",
        ),
        ("America/Sao_Paulo", "en-GB", "28 November 2026, 00:30 UTC-03", "28 November 2026, 00:30 UTC-03 (03:30 UTC)"),
        ("Nowhere/At_All", "xx", "28 November 2026, 03:30 UTC", "28 November 2026, 03:30 UTC"),
    ],
)
def test_moments(zone: str, style: str, said: str, legal: str) -> None:
    with formats.shown_in(zone, style):
        assert formats.moment(LATE) == said
        assert formats.legal_moment(LATE) == legal
    assert formats.moment(LATE) == "28 November 2026, 03:30 UTC"


def test_numbers() -> None:
    with formats.shown_in("", "de-DE"):
        assert formats.number("1,204.50") == "1.204,50"
        assert formats.number(formats.number("1,204.50")) == "1.204,50"
        assert formats.number("sha256:1.5") == "sha256:1.5"
        assert formats.short_day("2026-11-28") == "28.11.2026"
        assert formats.day(date(2026, 11, 28)) == "28. November 2026"
    assert formats.number("1,204.50") == "1,204.50"


@pytest.mark.django_db
def test_settings(cast: Cast) -> None:
    client, url = client_of(cast, "risk_officer"), reverse("account_settings")
    assert "Your settings" in client.get(url).content.decode()
    answer = client.post(url, SETTINGS, follow=True)
    assert "New York" in answer.content.decode()
    person = User.objects.get(pk=cast.risk_officer.pk)
    assert (person.time_zone, person.formats) == ("America/New_York", "en-US")
    (event,) = AuditEvent.objects.filter(action="person.times_set")
    assert event.sentence() == "Risk officer chose how days and times are written for them"
    client.post(url, SETTINGS)
    assert AuditEvent.objects.filter(action="person.times_set").count() == 1  # nothing changed


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"time_zone": "Etc/GMT+5"}, {"formats": "fr-FR"}, {"time_zone": "../../etc/passwd"}])
def test_what_is_not_on_the_list(cast: Cast, wrong: dict[str, str]) -> None:
    answer = client_of(cast, "risk_officer").post(reverse("account_settings"), SETTINGS | wrong)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert User.objects.get(pk=cast.risk_officer.pk).time_zone == ""


@pytest.mark.django_db
def test_the_pages_of_the_account_lead_back_to_the_only_organisation(cast: Cast) -> None:
    for person, ways in (("risk_officer", True), ("contributor", False)):
        for name in ("account_settings", "mfa_index"):
            page = client_of(cast, person).get(reverse(name)).content.decode()
            assert f'href="{reverse("assessments:home", args=["meridian-bank"])}"' in page
            assert (f'href="{reverse("assessments:portfolio", args=["meridian-bank"])}"' in page) == ways, (
                "a way that the person may not go"
            )
            assert 'aria-current="page"' not in page.partition("<main")[0]


def test_who_belongs_to_two_organisations_chooses(cast: Cast) -> None:
    Membership.objects.create(user=cast.risk_officer, organisation=cast.elsewhere, role=Role.AUDITOR)
    head = client_of(cast, "risk_officer").get(reverse("account_settings")).content.decode().partition("<main")[0]
    assert "Choose" in head
    assert reverse("assessments:list", args=["meridian-bank"]) not in head


def test_the_organisation_is_the_default(cast: Cast) -> None:
    times = reverse("accounts:times", args=[cast.organisation.slug])
    client_of(cast, "administrator").post(times, {"time_zone": "Europe/Berlin", "formats": "de-DE"})
    (event,) = AuditEvent.objects.filter(action="organisation.times_set")
    assert event.sentence() == "Administrator set how days and times are written in Meridian Bank"
    case = make_submitted(cast)
    record = reverse("assessments:record", args=[cast.organisation.slug, case.pk])

    def page(who: str) -> str:
        return client_of(cast, who).get(record).content.decode()

    at = newest(case).created_at
    with formats.shown_in("Europe/Berlin", "de-DE"):
        theirs = formats.legal_moment(at)
    assert "UTC)" in theirs and theirs in page("auditor")
    User.objects.filter(pk=cast.auditor.pk).update(time_zone="UTC", formats="en-GB")
    assert theirs not in page("auditor")
    assert formats.moment(at) in page("auditor")


@pytest.mark.django_db
def test_what_decides_and_the_api_keep_to_utc(cast: Cast) -> None:
    """The day that the law is read on, and what scripts are given, don't hang on who asks."""
    User.objects.filter(pk=cast.risk_officer.pk).update(**SETTINGS)
    with time_machine.travel(LATE, tick=False):
        case = make_draft(cast)
        client = Client()
        client.force_login(User.objects.get(pk=cast.risk_officer.pk))
        with formats.shown_in("America/New_York", "en-US"):
            assert facts_of(case).as_of == date(2026, 11, 28)
        answer = client.get(reverse("api:assessment", args=[cast.organisation.slug, case.pk]))
    assert answer.json()["created_at"].startswith("2026-11-28T03:30:05")


@pytest.mark.django_db
def test_money_on_a_page(cast: Cast) -> None:
    """The same figure by a Briton's and by a German's conventions."""
    case = make_submitted(cast)
    url = reverse("assessments:record", args=[cast.organisation.slug, case.pk])
    british = client_of(cast, "auditor").get(url).content.decode()
    User.objects.filter(pk=cast.auditor.pk).update(formats="de-DE")
    german = client_of(cast, "auditor").get(url).content.decode()
    costs = next(o["costs"] for o in content_of(newest(case))["evaluation"]["options"] if o["costs"].get("total"))
    total = f"{Decimal(costs['total']['likely']):,.0f}"
    assert total in british and "," in total
    assert total.replace(",", ".") in german
