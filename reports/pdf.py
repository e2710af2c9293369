"""From the records to the bytes of the unsigned PDF: laid out by WeasyPrint, with both records embedded, then set right by pikepdf.

The same records give the same bytes, in any process and on any day, under the same versions of the libraries.
"""

from __future__ import annotations

import gc
import hashlib
import io
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from weasyprint import HTML, Attachment
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from reports import finishing, fonts
from reports.charts import Chart
from reports.document import Records, context

# They tell of each page and of each table of a font; what goes wrong they say as a warning or an error.
for _name in ("weasyprint.progress", "fontTools", "pikepdf"):
    logging.getLogger(_name).setLevel(logging.WARNING)

STYLES = Path(settings.BASE_DIR) / "reports" / "static" / "reports" / "report.css"
# PDF/A-3 allows the embedded records; its level a asks for the tags. finishing.py adds what is missing to PDF/UA-1.
VARIANT = "pdf/a-3a"


class OwnFilesOnly(URLFetcher):
    """Gives WeasyPrint our style sheet, our fonts and this report's charts, and refuses every other address.

    Nothing that people write becomes an address, since the template escapes it; this is the second wall, and it has no door: neither the network
    nor the file system can be reached, and an attempt stops the report.
    """

    def __init__(self, charts: Mapping[str, Chart]) -> None:
        super().__init__(allowed_protocols=["countersign"])
        self.charts = charts

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        scheme, _, name = url.partition(":")
        if scheme == "countersign":
            if name == "report.css":
                return URLFetcherResponse(url, STYLES.read_bytes(), {"Content-Type": "text/css; charset=utf-8"})
            folder, _, file = name.partition("/")
            if folder == "fonts" and file in _font_files():
                return URLFetcherResponse(url, (fonts.FOLDER / file).read_bytes(), {"Content-Type": "font/woff2"})
            if folder == "chart" and file in self.charts:
                return URLFetcherResponse(url, self.charts[file].svg.encode(), {"Content-Type": "image/svg+xml"})
        raise FatalURLFetchingError(f"the report may not fetch {url[:200]!r}: it has its own files alone")


def _font_files() -> frozenset[str]:
    return frozenset(path.name for path in fonts.FOLDER.glob("*.woff2"))


def page(records: Records, charts: Mapping[str, Chart]) -> str:
    """The report as HTML; every text of the records is escaped. Raises UnknownRecord."""
    return render_to_string("reports/pdf/report.html", {**context(records), "charts": charts})


def lay_out(html: str, records: Records, charts: Mapping[str, Chart]) -> bytes:
    """The PDF as WeasyPrint writes it, with the records attached. The decision's time is the time of everything in it."""
    _, decision = records.data()
    at = datetime.fromisoformat(decision["decision"]["at"]).replace(microsecond=0, tzinfo=None)
    fetcher = OwnFilesOnly(charts)
    attachments = [
        Attachment(
            string=content, name=name, description=f"{title}, SHA-256 {digest}", created=at, modified=at, relationship=relationship,
            url_fetcher=fetcher,
        )
        for name, title, content, digest, relationship in (
            ("snapshot.json", "What was submitted and signed", records.snapshot, records.snapshot_digest, "Source"),
            ("decision-record.json", "What was decided on it", records.decision, records.decision_digest, "Data"),
        )
    ]  # fmt: skip
    identifier = hashlib.md5(records.decision, usedforsecurity=False).hexdigest().encode()
    document = HTML(string=html, url_fetcher=fetcher)
    with _no_collection():
        pdf = document.write_pdf(
            font_config=fonts.configuration(), attachments=attachments, pdf_variant=VARIANT, pdf_identifier=identifier, pdf_version="1.7"
        )
    assert pdf is not None
    return pdf


def finish(pdf: bytes) -> bytes:
    """The unsigned PDF that is to be sealed: see reports.finishing."""
    return finishing.finish(io.BytesIO(pdf))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Layout makes many objects and throws few away; looking for cycles among them takes a sixth of its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
