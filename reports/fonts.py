"""The fonts of the report: our own files alone, so that the same record gives the same pages on every machine.

WeasyPrint asks fontconfig, which by default offers whatever the system has. Here it is given a configuration that knows no folder at all;
what the style sheet names by ``@font-face`` is then all there is, and text in a script that those fonts don't hold is told by its code points.
"""

from __future__ import annotations

import os
import tempfile
import threading
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from fontTools.ttLib import TTFont
from weasyprint.text.fonts import FontConfiguration

FOLDER = Path(settings.BASE_DIR) / "static" / "fonts"
# The files of one face; the style sheet gives each a family of its own and names them after each other.
SUBSETS = ("latin", "latin-ext", "greek", "cyrillic", "vietnamese")
_NO_SYSTEM_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><cachedir>{cache}</cachedir></fontconfig>
"""
_lock = threading.Lock()


@lru_cache(maxsize=1)
def configuration() -> FontConfiguration:
    """One for the process: a font is read and unpacked once, not once for each report."""
    with _lock, tempfile.TemporaryDirectory(prefix="countersign-fonts-") as folder:
        path = Path(folder) / "fonts.conf"
        path.write_text(_NO_SYSTEM_FONTS.format(cache=folder))
        before = os.environ.get("FONTCONFIG_FILE")
        os.environ["FONTCONFIG_FILE"] = str(path)
        try:
            return FontConfiguration()
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before


@lru_cache(maxsize=1)
def covered() -> frozenset[int]:
    """The code points that both families can show."""
    return _of_family("inter") & _of_family("source-serif-4")


def _of_family(family: str) -> frozenset[int]:
    points: set[int] = set()
    for subset in SUBSETS:
        with TTFont(FOLDER / f"{family}-{subset}-400-normal.woff2", lazy=True) as font:
            points.update(font.getBestCmap())
    return frozenset(points)
