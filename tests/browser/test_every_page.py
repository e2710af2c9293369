"""Every page of the permission table by day and by night: axe-core finds nothing, and at 400 % zoom nobody scrolls sideways."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page

from accounts.models import Membership, Organisation, User
from tests.browser.axe import violations
from tests.fixtures import read_all
from tests.permissions import ROLES
from tests.signed_in import confirm
from tests.test_permissions import House, build
from tests.test_query_limits import ELSEWHERE, PAGES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NO_PAGE = {
    "health",
    "api:schema",
    "reports:logo",
    "assessments:portfolio_export",
    "assessments:portfolio_chart_svg",
    "assessments:portfolio_chart_csv",
    "assessments:result_chart_svg",
    "assessments:result_chart_csv",
}  # no pages for people
NOT_OURS = {"api:docs"}  # Swagger's own markup; tests/browser/test_api_docs.py looks at what is ours
EMPTY = ["assessments:list", "reports:list", "reports:trail", "reports:checkpoints", "reports:auditors", "accounts:tokens"]
# Forms sent off empty, each by its button.
REFUSED = [
    ("assessments:create", "main form[method=post] [type=submit]"),
    ("assessments:import", "main form[method=post] [type=submit]"),
    ("assessments:sign", "form:has([name=password]) [type=submit]"),
    ("reports:auditors", "main form[method=post] [type=submit]"),
    ("accounts:people", "form[action$='/add/'] [type=submit]"),
    ("account_change_password", "main form[method=post] [type=submit]"),
]
WIDE = """() => {
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide <= 0) return "";
  const scrolls = (one) => one && one !== document.body && (getComputedStyle(one).overflowX !== "visible" || scrolls(one.parentElement));
  const over = [...document.querySelectorAll("body *")].filter((one) =>
    one.getClientRects().length && one.getBoundingClientRect().right > window.innerWidth + 1 && !scrolls(one));
  return `${wide} px too wide: ` + over.slice(0, 3).map((one) => one.outerHTML.slice(0, 120)).join(" | ");
}"""


class Look:
    """Goes from page to page and keeps what is wrong with them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []

    def told(self, where: str, *, both: bool = False) -> None:
        self.wrong += [f"{where}: {one}" for one in violations(self.page, practice=True, both=both)]

    def at(self, where: str) -> None:
        """The page as it stands, with what is folded, by day, by night, and 320 pixels wide, which is 1280 at 400 %."""
        self.page.evaluate("document.querySelectorAll('main details').forEach((part, number) => { part.open = number < 12 })")
        self.told(where, both=True)
        self.page.set_viewport_size({"width": 320, "height": 640})
        if wide := self.page.evaluate(WIDE):
            self.wrong.append(f"{where}: {wide}")
        self.page.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture
def house(transactional_db: None) -> House:
    return build()


@pytest.fixture
def look(browser: Browser, live_server, house: House) -> Look:
    person = User.objects.create_user("all-trades@meridian-bank.example", "correct horse", name="Of all trades")
    nothing = Organisation.objects.create(slug="nothing-yet", name="Nothing yet")
    for place in (house.cast.organisation, nothing):
        Membership.objects.bulk_create(Membership(user=person, organisation=place, role=role) for role in ROLES)
    read_all(person, house.cases["in_review"])
    client = Client()
    client.force_login(person)
    confirm(client, person)
    context = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(120_000)  # a busy machine takes its time over the largest pages
    yield Look(page)
    context.close()


SHARES = 3  # so that several processes can take part


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page(look: Look, house: House, share: int) -> None:
    rows = [r for r in PAGES if r.name not in NO_PAGE | NOT_OURS | (ELSEWHERE - {"home"}) and not r.private]
    for row in rows[share::SHARES]:
        look.page.goto(house.address(row))
        look.at(row.name)
    assert not look.wrong, "\n".join(look.wrong)


def test_pages_without_anything_refused_forms_and_a_dialog(look: Look, house: House) -> None:
    for name in EMPTY:
        look.page.goto(reverse(name, args=["nothing-yet"]))
        look.at(f"{name}, empty")
    rows = {row.name: row for row in PAGES}
    for name, button in REFUSED:
        look.page.goto(house.address(rows[name]))
        look.page.evaluate("document.querySelectorAll('form').forEach((form) => { form.noValidate = true })")
        with look.page.expect_navigation():
            look.page.locator(f"{button} >> visible=true").first.click()
        look.at(f"{name}, refused")
    look.page.goto(house.address(rows["assessments:result"]))
    look.page.locator("[hx-target='#why-body'] >> visible=true").first.click()
    look.page.locator("dialog[open]").wait_for()
    look.told("a derivation")
    assert not look.wrong, "\n".join(look.wrong)
