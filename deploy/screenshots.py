"""Plays the demonstration as its people and keeps pictures under docs/screenshots/: by role, in the order in which a person meets things.

    python deploy/screenshots.py [NAME …]      # all, or those whose name begins so

It starts the service with data of its own. docs/user-guide.md shows the pictures; README.md shows one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
PORT = int(os.environ.get("PORT", "8790"))
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


@contextmanager
def service(var: Path) -> Iterator[str]:
    """The running service with the demonstration in it; gives the people's password."""
    env = {**os.environ, "VAR_DIR": str(var), "PORT": str(PORT), "BROKER_PORT": str(PORT + 1)}
    env.pop("DATABASE_URL", None)
    with open(var / "run.log", "wb") as log:
        process = subprocess.Popen([sys.executable, "deploy/run.py"], cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health/", timeout=2):
                    break
            except OSError:
                if process.poll() is not None:
                    sys.exit((var / "run.log").read_text())
                time.sleep(0.5)
        yield (var / "demo-password").read_text()
    finally:
        process.terminate()
        process.wait()


class Camera:
    """One person's browser. A picture is kept where its name was asked for; the way to it is gone all the same."""

    def __init__(self, browser: Any, password: str, email: str, wanted: list[str]) -> None:
        self.context = browser.new_context(
            base_url=f"http://127.0.0.1:{PORT}", viewport=DESKTOP, reduced_motion="reduce", color_scheme="light", locale="en-GB"
        )
        self.page, self.wanted = self.context.new_page(), wanted
        self.page.goto("/account/sign-in/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.get_by_role("button", name="Sign out").first.wait_for(state="attached")

    def shot(self, name: str, address: str | None = None, *, phone: bool = False, dark: bool = False, at: str | None = None) -> None:
        """``at``: what stands at the top of the picture."""
        page = self.page
        page.set_viewport_size(PHONE if phone else DESKTOP)
        page.emulate_media(color_scheme="dark" if dark else "light")
        if address is not None:
            page.goto(address)
        page.wait_for_load_state("networkidle")
        page.evaluate("window.scrollTo(0, 0)")
        if at is not None:
            page.locator(at).first.evaluate("element => window.scrollTo(0, element.getBoundingClientRect().top + scrollY - 12)")
        if not self.wanted or any(name.startswith(one) for one in self.wanted):
            page.screenshot(path=FOLDER / f"{name}.png")
            print(f"docs/screenshots/{name}.png")
        page.set_viewport_size(DESKTOP)


def main() -> None:
    from playwright.sync_api import sync_playwright

    from deploy.browser import browser_path
    from deploy.screenshot_stories import play

    path = browser_path()
    if path is None:
        sys.exit("No Chromium here; make setup installs it, or names the package.")
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="countersign-pictures-") as var,
        service(Path(var)) as password,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        play(lambda email: Camera(chromium, password, email, sys.argv[1:]))
        chromium.close()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
