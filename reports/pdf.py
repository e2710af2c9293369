"""From the records to the bytes of the unsigned PDF: laid out by WeasyPrint, with both records embedded, then set right.

The same records give the same bytes, in any process and on any day, under the same versions of the libraries.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from weasyprint import CSS, Attachment
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from audit.canonical import canonical_bytes, sha256_hex
from reports import finishing, fonts, layout
from reports.charts import Chart
from reports.document import Records, context
from reports.finishing import LaidOut
from reports.looks import WATERMARK, Printing
from reports.text import held_together
from reports.wording import day

STYLES = Path(settings.BASE_DIR) / "reports" / "static" / "reports" / "report.css"
# PDF/A-3 allows the embedded records; its level a asks for the tags. finishing.py adds what is missing to PDF/UA-1.
VARIANT = "pdf/a-3a"
KINDS = {
    "sign_off": ("report.html", "Sign-off report"),
    "executive_summary": ("executive.html", "Executive summary"),
    "draft": ("report.html", "Draft of the sign-off report"),
}


class OwnFilesOnly(URLFetcher):
    """Gives WeasyPrint our fonts and this report's charts, and refuses every other address.

    Nothing that people write becomes an address, since the template escapes it; this is the second wall, and it has no door: neither the network
    nor the file system can be reached, and an attempt stops the report.
    """

    def __init__(self, charts: Mapping[str, Chart], logo: bytes = b"") -> None:
        super().__init__(allowed_protocols=["countersign"])
        self.charts, self.logo = charts, logo

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        scheme, _, name = url.partition(":")
        if scheme == "countersign":
            if name == "watermark.svg":
                return URLFetcherResponse(url, WATERMARK.encode(), {"Content-Type": "image/svg+xml"})
            if name == "logo.png" and self.logo:
                return URLFetcherResponse(url, self.logo, {"Content-Type": "image/png"})
            folder, _, file = name.partition("/")
            if folder == "fonts" and file in _font_files():
                return URLFetcherResponse(url, (fonts.FOLDER / file).read_bytes(), {"Content-Type": "font/woff2"})
            if folder == "chart" and file in self.charts:
                return URLFetcherResponse(url, self.charts[file].svg.encode(), {"Content-Type": "image/svg+xml"})
        raise FatalURLFetchingError(f"the report may not fetch {url[:200]!r}: it has its own files alone")


def _font_files() -> frozenset[str]:
    return frozenset(path.name for path in fonts.FOLDER.glob("*.woff2"))


def page(records: Records, charts: Mapping[str, Chart], printing: Printing = Printing()) -> str:  # noqa: B008 - frozen
    """The report as HTML; every text of the records is escaped. Raises UnknownRecord."""
    template, title = KINDS[printing.kind]
    shown = {**context(records), "charts": charts, "printing": printing, "kind": printing.kind, "kind_title": title}
    digest = (records.decision_digest or records.snapshot_digest).removeprefix("sha256:")[:8]
    bound = "decision record" if records.decision_digest else "submitted record"
    # By it a loose page can be told from one of another edition or record.
    shown["kind_line"] = f"{title} of {day(shown['decision']['decision']['at'])}, {bound} {digest}, edition {printing.edition}"
    return held_together(render_to_string(f"reports/pdf/{template}", shown))


def lay_out(html: str, records: Records, charts: Mapping[str, Chart], printing: Printing = Printing()) -> LaidOut:  # noqa: B008 - frozen
    """Every page drawn, with the records attached. The decision's time is the time of everything in it."""
    identity = (records.decision or records.snapshot) + f"{printing.kind} {printing.edition}".encode()
    identifier = hashlib.md5(identity, usedforsecurity=False).hexdigest()
    fetcher = OwnFilesOnly(charts, printing.style.logo)
    with _no_collection():
        return layout.lay_out(html, fetcher, style_sheet(printing.css), _embedded(records, fetcher), identifier)


def _embedded(records: Records, fetcher: URLFetcher) -> list[Attachment]:
    snapshot, decision = records.data()
    at = datetime.fromisoformat(decision["decision"]["at"]).replace(microsecond=0, tzinfo=None)
    embedded = [
        ("snapshot.json", "What was submitted and signed", records.snapshot, "Source"),
        *([("decision-record.json", "What was decided on it", records.decision, "Data")] if records.decision else []),
        ("evaluation.json", "The snapshot's evaluation with its trace", canonical_bytes(snapshot["evaluation"]), "Supplement"),
    ]
    if records.log_proof:
        embedded.append(("log-proof.json", "That the decision is in the log, under a signed checkpoint", records.log_proof, "Supplement"))
    return [
        Attachment(
            string=content, name=name, description=f"{title}, SHA-256 {sha256_hex(content)}", created=at, modified=at,
            relationship=relationship, url_fetcher=fetcher,
        )
        for name, title, content, relationship in embedded
    ]  # fmt: skip


@lru_cache(maxsize=8)
def style_sheet(more: str = "") -> CSS:
    """The style sheet with an organisation's own rules after it, and the fonts that it names: read once for the process."""
    return CSS(string=STYLES.read_text("utf-8") + more, url_fetcher=OwnFilesOnly({}), font_config=fonts.configuration())


def finish(laid_out: LaidOut) -> bytes:
    """The unsigned PDF that is to be sealed: see reports.finishing."""
    with _no_collection():
        data = finishing.finish(laid_out)
    _hand_back()
    return data


@contextmanager
def _no_collection() -> Iterator[None]:
    """Layout makes many objects and throws few away; looking for cycles among them takes a sixth of its time."""
    _settle()
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _hand_back() -> None:
    """Give the memory of the pages back to the system, which the C library of Linux would keep for the next report."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


@lru_cache(maxsize=1)
def _settle() -> None:
    """What the process holds by its first report stays, so that no later collection goes through it again."""
    gc.collect()
    gc.freeze()
