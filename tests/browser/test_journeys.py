"""Five people do what they came for, each by the keyboard and by the mouse on a desktop, and by a finger on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Membership, Role, User
from assessments.assigning import assign
from assessments.models import Assessment, Comment, DecisionRecord, SignOffPolicy, Verdict
from audit.models import AuditEvent
from tests.accounts.authenticators import code_now, enrol_app
from tests.browser.conftest import finds_nothing
from tests.browser.hands import DESKTOP, PHONE, Hand, Keys, Pointer
from tests.fixtures import PASSWORD, Cast, make_approved, make_complete
from tests.test_permissions import stored_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Enter = Callable[[User], Hand]


@pytest.fixture(params=["keys", "mouse", "finger"])
def enter(request: Any, browser: Browser, live_server: Any) -> Any:
    """Signs a person in, by hand, and gives the hand."""
    contexts, complaints = [], []
    on_a_phone = request.param == "finger"

    def come(person: User, *, code: bool = False) -> Hand:
        context = browser.new_context(
            base_url=live_server.url, accept_downloads=True, reduced_motion="reduce", **(PHONE if on_a_phone else DESKTOP)
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)  # a busy machine takes its time
        page.on("pageerror", lambda error: complaints.append(str(error)))
        hand: Hand = Keys(page) if request.param == "keys" else Pointer(page, touch=on_a_phone)
        page.goto("/account/sign-in/")
        hand.fill(page.get_by_label("Email"), person.email)
        hand.fill(page.get_by_label("Password"), PASSWORD)
        hand.press(page.get_by_role("button", name="Sign in", exact=True))
        if code:
            hand.fill(page.get_by_label("Code"), code_now())
            hand.press(page.get_by_role("button", name="Sign in", exact=True))
        expect(page.get_by_role("button", name="Sign out", include_hidden=True)).to_be_attached()  # in a menu on a phone
        return hand

    yield come
    for context in contexts:
        context.close()
    assert not complaints


def looked_over(hand: Hand) -> None:
    """axe-core finds nothing. What it sees is the same under the keys and under the mouse, in the same window; the keys show the focus besides,
    so it looks there, and on the phone."""
    if isinstance(hand, Keys) or hand.page.viewport_size == PHONE["viewport"]:
        finds_nothing(hand.page)


def no_wider_than_the_window(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, f"{page.url} scrolls sideways"


def test_a_first_assessment_by_a_new_risk_officer(cast: Cast, enter: Any) -> None:
    hand = enter(cast.risk_officer)
    page, main = hand.page, hand.page.get_by_role("main")
    expect(page.get_by_role("heading", name="Your first assessment, in three steps")).to_be_visible()
    no_wider_than_the_window(page)
    hand.press(main.get_by_role("link", name="Begin with your own"))
    hand.fill(page.get_by_label("Title"), "Assistant for branch staff, 2026")
    hand.fill(page.get_by_label("Name of the use case"), "Branch assistant")
    hand.press(page.get_by_role("button", name="Create and add options"))
    hand.press(page.get_by_role("link", name=re.compile("purpose", re.I)).first)  # what is missing leads to its field
    hand.fill(page.get_by_label("Purpose"), "Answers questions of branch staff about products.")
    hand.tick(page.get_by_label("Internal document processing"))
    hand.press(page.get_by_role("button", name="Create and add options"))
    for name, sourcing in (("Vendor", "Closed API"), ("Own machines", "Self-hosted open weights")):
        hand.fill(page.get_by_label("Name", exact=True), name)
        hand.tick(page.get_by_label(sourcing, exact=True))
        hand.press(page.get_by_role("button", name="Add this option"))
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    no_wider_than_the_window(page)
    looked_over(hand)
    case = Assessment.objects.get()
    assert [option.sourcing for option in case.options.order_by("pk")] == ["closed_api", "self_hosted_open"]

    hand.press(page.get_by_role("link", name=re.compile("^Next")))
    hand.fill(page.get_by_label(re.compile("Input tokens", re.I)).first, "400000000")
    hand.press(page.get_by_role("link", name=re.compile("^Next")))  # the figure saves itself as the field is left
    cell = page.locator(".answer").first
    hand.tick(cell.locator("input[type=radio]").first)
    expect(cell.get_by_text(re.compile("^Saved"))).to_be_visible()
    no_wider_than_the_window(page)
    looked_over(hand)
    assert case.responses.count() == 1
    assert case.figures.get(category="demand", key="input_tokens_per_month").likely == 400_000_000

    page.goto(f"/o/{cast.organisation.slug}/assessments/{case.pk}/check/")
    no_wider_than_the_window(page)
    hand.press(main.get_by_role("link", name=re.compile("Choose it|Answer")).first)  # what is missing, and the way to it
    page.goto(f"/o/{cast.organisation.slug}/")
    expect(main.get_by_role("link", name=re.compile("Assistant for branch staff")).first).to_be_visible()


def test_a_lawyer_answers_an_assigned_section(cast: Cast, enter: Any) -> None:
    case = make_complete(cast)
    lawyer = User.objects.create_user("lawyer@meridian-bank.example", PASSWORD, name="Lena Lawyer")
    Membership.objects.create(user=lawyer, organisation=cast.organisation, role=Role.CONTRIBUTOR)
    assign(
        actor=cast.risk_officer, assessment=case, person=lawyer.email, places=[("liability", "contract")],
        note="Read the draft of the 3rd, please.",
    )  # fmt: skip
    hand = enter(lawyer)
    page, main = hand.page, hand.page.get_by_role("main")
    expect(page.get_by_role("link", name="Portfolio")).to_have_count(0)
    hand.press(main.get_by_role("link", name=re.compile(re.escape(case.title))).first)
    expect(page.get_by_text("Read the draft of the 3rd, please.")).to_be_visible()
    no_wider_than_the_window(page)
    looked_over(hand)
    cell = page.locator(".compare .answer:has(select[name^='value:'])").first
    field = cell.locator("select[name^='value:']")
    stands = field.input_value()
    hand.pick(field, field.evaluate("select => select.options[select.selectedIndex === 1 ? 2 : select.selectedIndex - 1].text.trim()"))
    expect(cell.get_by_text(re.compile("^Saved"))).to_be_visible()
    hand.press(cell.get_by_role("button", name=re.compile("^Undo")))
    expect(cell.locator("select[name^='value:']")).to_have_value(stands)
    talk = page.locator("details.talk").first
    hand.press(talk.locator("summary"))
    hand.fill(talk.get_by_label("Comment"), "Clause 9 caps it at a year's fees.")
    hand.press(talk.get_by_role("button", name="Write"))
    expect(talk.get_by_text("1 comment")).to_be_visible()
    looked_over(hand)
    hand.press(page.get_by_role("button", name="I am through with this"))
    expect(page.get_by_text("that you are through")).to_be_visible()
    assert Comment.objects.get().text == "Clause 9 caps it at a year's fees."
    assert case.assignments.get(person=lawyer).done_at is not None
    elsewhere = page.goto(f"/o/{cast.organisation.slug}/assessments/{case.pk}/questions/service-levels/commitment/")
    assert elsewhere is not None
    assert elsewhere.status == 403, "nothing but what is assigned"


def test_an_administrator_adds_a_person_and_changes_the_policy(cast: Cast, enter: Any) -> None:
    hand = enter(cast.administrator)
    page = hand.page
    page.goto(f"/o/{cast.organisation.slug}/administration/")
    no_wider_than_the_window(page)
    hand.press(page.get_by_role("main").get_by_role("link", name=re.compile("People")).first)
    expect(page.get_by_role("heading", name="People and roles")).to_be_visible()
    no_wider_than_the_window(page)
    hand.fill(page.get_by_label("Name", exact=True), "Grace Hopper")
    hand.fill(page.get_by_label("Email", exact=True), "grace@meridian-bank.example")
    hand.pick(page.get_by_label("First role"), "Approver")
    hand.press(page.get_by_role("button", name="Add the person"))
    expect(page.get_by_text("Grace Hopper is added.")).to_be_visible()
    expect(page.get_by_text("temporary password is shown once")).to_be_visible()
    looked_over(hand)
    assert Membership.objects.get(user__name="Grace Hopper").role == Role.APPROVER

    page.goto(f"/o/{cast.organisation.slug}/sign-off/")
    no_wider_than_the_window(page)
    hand.press(page.get_by_role("link", name=re.compile("Edit")).first)
    expect(page.get_by_role("heading", name="Edit the policy of the sign-off")).to_be_visible()
    first = page.locator(".stage-form").first
    hand.fill(first.get_by_label("Due within days"), "9")
    hand.pick(first.get_by_label("How many must sign"), "All of them")
    no_wider_than_the_window(page)
    hand.press(page.get_by_role("button", name="See what would change").last)
    expect(page.get_by_role("heading", name="2 changes")).to_be_visible()
    no_wider_than_the_window(page)
    looked_over(hand)
    assert not SignOffPolicy.objects.exists(), "nothing is in force yet"
    hand.fill(page.get_by_label("Why it changes"), "Two pairs of eyes.")
    hand.press(page.get_by_role("button", name="Put version 1 in force"))
    expect(page.get_by_text("Version 1 of this organisation’s own policy.")).to_be_visible()
    looked_over(hand)
    stage = json.loads(bytes(SignOffPolicy.objects.get().content))["stages"][0]
    assert (stage["due_days"], stage["quorum"]) == (9, "all")


def test_an_approver_returns_it_then_signs_with_a_second_factor(cast: Cast, enter: Any) -> None:
    from assessments import workflow

    case = make_complete(cast)
    workflow.submit(actor=cast.risk_officer, assessment=case)
    enrol_app(cast.approver)
    hand = enter(cast.approver, code=True)
    page = hand.page

    waiting = page.get_by_role("main").get_by_role("link", name=re.compile(re.escape(case.title))).first
    hand.press(waiting)
    hand.press(page.get_by_role("main").get_by_role("link", name="Decide on this record").first)
    hand.press(page.locator("summary", has_text="Return it to its author"))
    hand.fill(page.get_by_label("What should be changed"), "Say who is called at night.")
    hand.press(page.get_by_role("button", name="Return it", exact=True))
    expect(page.get_by_text("Returned").first).to_be_visible()
    looked_over(hand)

    case.refresh_from_db()
    workflow.submit(actor=cast.risk_officer, assessment=case)
    page.goto(f"/o/{cast.organisation.slug}/assessments/{case.pk}/record/")
    no_wider_than_the_window(page)
    unread = page.locator("main button:visible", has_text="I have read this part")
    while left := unread.count():
        hand.press(unread.first)
        expect(unread).to_have_count(left - 1)
    page.goto(f"/o/{cast.organisation.slug}/assessments/{case.pk}/sign/")
    no_wider_than_the_window(page)
    form = page.locator("form", has=page.get_by_role("button", name="Sign and approve"))
    for field in form.locator(".accept textarea").all():
        hand.fill(field, "Accepted until the next review.")
    hand.fill(form.get_by_label("Your password"), PASSWORD)
    hand.fill(form.get_by_label(re.compile("code", re.I)), code_now(steps=1))
    hand.press(form.get_by_role("button", name="Sign and approve"))
    expect(page.get_by_text("Approved").first).to_be_visible()
    looked_over(hand)
    assert Verdict.objects.get(verdict="approve").authentication == "password+totp"
    assert DecisionRecord.objects.count() == 1


def test_an_auditor_verifies_and_downloads(cast: Cast, enter: Any, tmp_path: Any) -> None:
    report = stored_report(make_approved(cast))
    hand = enter(cast.auditor)
    page = hand.page
    page.goto(f"/o/{cast.organisation.slug}/audit/")
    no_wider_than_the_window(page)
    looked_over(hand)
    hand.press(page.get_by_role("button", name="Check now").first)
    expect(page.get_by_role("heading", name="Report checked")).to_be_visible()
    page.goto(f"/o/{cast.organisation.slug}/audit/")
    hand.tick(page.get_by_label(f"The report of {report.assessment.title}"))
    with page.expect_download() as download:
        hand.press(page.get_by_role("button", name="Download the ticked reports as a zip"))
    assert download.value.suggested_filename.endswith(".zip")
    assert AuditEvent.objects.filter(action="report.downloaded").exists()
    with report.file.open("rb") as stored:
        content = stored.read()
    page.goto("/verify/")
    page.get_by_label("Drop").set_input_files({"name": "report.pdf", "mimeType": "application/pdf", "buffer": content})
    hand.press(page.get_by_role("button", name="Check it"))
    expect(page.get_by_role("heading", name="Issued by this service, and unchanged")).to_be_visible()
    no_wider_than_the_window(page)
