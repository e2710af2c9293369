"""A real browser against the running service, with a real worker behind it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as configured
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from deploy.browser import browser_path
from tests.browser.axe import violations
from tests.fixtures import PASSWORD

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


CUT = ("htmx:sendError", "htmx:afterRequest", "Failed to load resource: net::ERR_FAILED")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a file of tests. Playwright keeps an event loop in this thread while it runs, beside which nothing else can run one, so it ends
    before the tests of other files begin."""
    path = browser_path()
    if path is None:
        pytest.fail("no Chromium here; make setup installs it, or names the package")
    # Playwright's synchronous calls keep an event loop in this thread; Django would refuse the ORM beside it.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def files_of_the_service(settings, tmp_path, monkeypatch) -> None:
    """Files, keys and checkpoints lie in a folder of this test's own, where a worker and commands of their own find them too."""
    var = tmp_path / "var"
    monkeypatch.setenv("VAR_DIR", str(var))
    monkeypatch.setenv("SECRET_KEY", settings.SECRET_KEY)
    settings.VAR_DIR = var
    files = {"BACKEND": "config.folder.FilesFolder", "OPTIONS": {"location": var / "files"}}
    checkpoints = configured.STORAGES["checkpoints"] | {"OPTIONS": {"location": var / "checkpoints"}}
    settings.STORAGES = {**configured.STORAGES, "default": files, "checkpoints": checkpoints}


@pytest.fixture
def sign_in(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """A page of a person's own, signed in; what the browser's console complains of fails the test. ``cut``: the test cuts the network, of
    which it may complain."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def enter(email: str, *, cut: bool = False, **options: object) -> Page:
        context = browser.new_context(
            **{
                "base_url": live_server.url,
                "accept_downloads": True,
                "reduced_motion": "reduce",
                **options,
            }  # colours don't fade under axe's eyes
        )  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)  # a busy machine takes its time
        expected = CUT if cut else ()
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" and not message.text.startswith(expected) else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/account/sign-in/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        return page

    yield enter
    for context in contexts:
        context.close()
    # A refused form answers 422 or 409 on purpose, which the browser logs as an error; so are both lines in which htmx tells of a request that
    # was given up, because a newer one took its place or its page was left.
    given_up = {place + step for place, text in enumerate(complaints) if text.startswith("htmx:sendAbort") for step in (-1, 0)}
    surprising = [text for place, text in enumerate(complaints) if "status of 4" not in text and place not in given_up]
    assert not surprising, surprising


def finds_nothing(page: Page, *, colours_alone: bool = False) -> None:
    """axe-core finds no violation of WCAG 2.2 A and AA on the page as it stands; ``colours_alone``: where only these are others than when it
    was last looked at."""
    wrong = violations(page, colours_alone=colours_alone)
    assert not wrong, "\n".join([page.url, *wrong])
