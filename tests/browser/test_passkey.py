"""A passkey in a browser, with a virtual authenticator in the place of a device: added, used to sign in, and to sign."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from assessments.models import Verdict
from tests.browser.conftest import finds_nothing
from tests.fixtures import PASSWORD, make_submitted, read_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TOUCH_ID = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}


def test_a_passkey(cast, live_server, sign_in):
    case = make_submitted(cast)
    read_all(cast.approver, case)
    # A browser gives passkeys to names alone, not to addresses.
    # Otherwise axe may measure a button's colours in the middle of their transition.
    page = sign_in(cast.approver.email, base_url=live_server.url.replace("127.0.0.1", "localhost"), reduced_motion="reduce")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": TOUCH_ID | {"automaticPresenceSimulation": True}})

    page.locator("summary", has_text="account").click()
    page.get_by_role("link", name="Security").click()
    finds_nothing(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("This computer")
    finds_nothing(page)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="Back to Security").click()
    expect(page.get_by_role("row", name="This computer")).to_be_visible()
    finds_nothing(page)

    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Email").fill(cast.approver.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your second factor")).to_be_visible()
    finds_nothing(page)
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    page.goto(f"/o/{cast.organisation.slug}/assessments/{case.pk}/sign/")
    page.get_by_text("Reject it").click()
    form = page.locator("form", has=page.get_by_role("button", name="Sign and reject"))
    form.get_by_label("Why it is rejected").fill("It costs too much.")
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_role("button", name="Use your passkey").click()
    expect(form.get_by_role("status")).to_have_text("Your passkey is ready. Sign now.")
    finds_nothing(page)
    form.get_by_role("button", name="Sign and reject").click()
    expect(page.get_by_text("Rejected").first).to_be_visible()
    assert Verdict.objects.get().authentication == "password+passkey"
