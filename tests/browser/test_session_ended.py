"""A form that is sent after the session has ended: what was typed is there again once the same person has signed in."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Session
from assessments.models import Assessment
from tests.browser.conftest import finds_nothing
from tests.fixtures import PASSWORD, Cast, make_draft

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TOLD = "What you typed before your session ended is here again."


def sent_too_late(page: Page, button: str) -> None:
    Session.objects.all().delete()
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text("Your session has ended; sign in to go on.")).to_be_visible()


def sign_in_again(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_new_assessment_is_typed_once(cast: Cast, live_server, sign_in) -> None:
    page = sign_in(cast.risk_officer.email)
    address = reverse("assessments:create", args=["meridian-bank"])
    page.goto(address)
    expect(page.get_by_text(TOLD)).to_be_hidden()
    page.get_by_label("Title of the assessment").fill("Letters to customers")
    page.get_by_label("Name of the use case").fill("Letters")
    page.get_by_label("Purpose").fill("Drafts letters,\nwhich people read before they are sent.")
    page.locator("label[for=id_archetype_customer-facing-chatbot]").click()
    sent_too_late(page, "Create and add options")
    finds_nothing(page)
    sign_in_again(page, cast.risk_officer.email)
    page.wait_for_url(f"**{address}")
    expect(page.get_by_text(TOLD)).to_be_visible()
    expect(page.get_by_label("Purpose")).to_have_value("Drafts letters,\nwhich people read before they are sent.")
    expect(page.locator("#id_archetype_customer-facing-chatbot")).to_be_checked()
    finds_nothing(page)
    page.get_by_role("button", name="Create and add options").click()
    expect(page.get_by_text("The assessment stands.")).to_be_visible()
    assert Assessment.objects.get().title == "Letters to customers"
    page.goto(address)
    expect(page.get_by_label("Title of the assessment")).to_have_value("")


def test_somebody_else_at_the_same_desk_sees_nothing_of_it(cast: Cast, live_server, sign_in) -> None:
    assessment = make_draft(cast)
    address = reverse("assessments:use_case", args=["meridian-bank", assessment.pk])
    page = sign_in(cast.risk_officer.email)
    page.goto(address)
    page.get_by_label("Purpose").fill("Something between us.")
    sent_too_late(page, "Save")
    cast.outsider.memberships.create(organisation=cast.organisation, role="risk_officer")
    sign_in_again(page, cast.outsider.email)
    page.wait_for_url(f"**{address}")
    expect(page.get_by_label("Purpose")).to_have_value("Answers questions about accounts and cards.")
    assert page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('cs-kept')).length") == 0
