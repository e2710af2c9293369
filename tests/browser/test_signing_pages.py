"""The pages of the sign-off and the trail by day and by night: no violation that axe-core knows, and nothing wider than a telephone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page

from assessments import delegating, workflow
from assessments.policy import DEFAULT
from assessments.setting_policy import policy_set
from assessments.workflow import Asking
from tests.browser.conftest import finds_nothing
from tests.fixtures import SIGNING, Cast, accept_all, make_complete, more_approvers, read_all, today

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(page: Page, address: str, *, opened: bool = False) -> None:
    """By day and by night; with ``opened`` what is folded too."""
    page.emulate_media(color_scheme="light")
    page.goto(address)
    if opened:
        page.evaluate("document.querySelectorAll('main details').forEach((part, number) => { part.open = number < 12 })")
    finds_nothing(page)
    page.emulate_media(color_scheme="dark")
    finds_nothing(page, colours_alone=True)
    page.set_viewport_size({"width": 390, "height": 844})
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert wide <= 0, f"{address} is {wide} pixels wider than a telephone"


def test_signing_pages(cast: Cast, live_server, sign_in) -> None:
    (second,) = more_approvers(cast, "second_approver")
    org = f"/o/{cast.organisation.slug}"
    case = make_complete(cast)
    of = f"{org}/assessments/{case.pk}"
    officer = sign_in(cast.risk_officer.email)
    look(officer, f"{of}/findings/", opened=True)

    text = DEFAULT.read_text().replace('when: risk_class == "high" || risk_class == "undetermined"', "when: gaps >= 0", 1)
    policy_set(actor=cast.administrator, organisation=cast.organisation, text=text, reason="Two people sign.")
    delegating.delegate(
        actor=second, organisation=cast.organisation, of=second, to=cast.approver, starts_on=today(), ends_on=today(), reason="Leave."
    )
    workflow.submit(actor=cast.risk_officer, assessment=case)
    approver = sign_in(cast.approver.email)
    look(approver, f"{of}/sign/")
    read_all(cast.approver, case)
    look(approver, f"{of}/sign/", opened=True)
    workflow.return_(actor=cast.approver, assessment=case, digest=case.latest_snapshot.digest, reason="Name the remedy.", signing=SIGNING)
    workflow.submit(actor=cast.risk_officer, assessment=case)

    administrator = sign_in(cast.administrator.email)
    look(administrator, f"{org}/sign-off/", opened=True)
    look(administrator, f"{org}/sign-off/?version=1")
    look(administrator, f"{org}/health/")
    look(administrator, f"{org}/trail/", opened=True)
    look(administrator, f"{org}/trail/checkpoints/", opened=True)

    read_all(cast.approver, case)
    read_all(second, case)
    snapshot = case.latest_snapshot
    soon = today() + timedelta(days=30)
    for person, conditions in ((cast.approver, [Asking("Set up a rota.", cast.contributor.email, soon)]), (second, [])):
        workflow.approve(
            actor=person, assessment=case, digest=snapshot.digest, signing=SIGNING, acceptances=accept_all(snapshot), conditions=conditions
        )
    look(officer, f"{of}/findings/")
    look(officer, f"{of}/record/")
