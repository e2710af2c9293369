"""Records, reports and bundles name the version that made them, which is the newest of the changelog."""

import re
from pathlib import Path

from django.conf import settings


def test_the_version_is_the_newest_of_the_changelog():
    changelog = (Path(__file__).parent.parent / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## (\S+)$", changelog, re.MULTILINE)[0] == settings.VERSION
