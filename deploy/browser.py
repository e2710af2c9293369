"""Which browser tests, pictures and benchmarks use."""

from __future__ import annotations

import shutil

# The shell is Chromium's engine without a desktop around it, which takes a quarter less processor time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def browser_path() -> str | None:
    """The path of the first that is there."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)
