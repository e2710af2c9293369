"""An organisation's own style of its reports: paper, colour and logo."""

from __future__ import annotations

import io
import re
import warnings

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image

from accounts.models import Organisation, User
from assessments.errors import Refused
from assessments.permissions import require
from audit.canonical import sha256_hex
from audit.trail import record
from reports.looks import INK, Style
from reports.models import Paper, ReportStyle

LARGEST_LOGO = 512 * 1024  # bytes
MOST_PIXELS = 4_000_000
LONGEST_SIDE = 1200  # pixels: a logo of 70 mm at 400 dots an inch
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, on white paper
_COLOUR = re.compile(r"#[0-9a-f]{6}")


def style_row(organisation: Organisation) -> ReportStyle | None:
    """The style in force; None where the organisation has set none."""
    return ReportStyle.objects.filter(organisation=organisation).order_by("-version").first()


def style_of(row: ReportStyle | None) -> Style:
    return Style() if row is None else Style(row.version, row.paper, row.colour, bytes(row.logo))


def style_set(
    *, actor: User, organisation: Organisation, paper: str, colour: str, logo: UploadedFile | None = None, keep_logo: bool = True
) -> ReportStyle:
    """Put a new version of the style in force; reports that were made keep theirs.

    ``colour``: ``#`` and six hexadecimal digits; ``logo``: a PNG or JPEG file; without one the former logo stays if ``keep_logo``. Raises
    PermissionDenied, and Refused naming what can't be.
    """
    require(actor, organisation, "report_style")
    colour = colour.strip().lower()
    wrong: dict[str, str] = {}
    if paper not in Paper.values:
        wrong["paper"] = _("Choose A4 or Letter.")
    if not _COLOUR.fullmatch(colour):
        wrong["colour"] = _("Give the colour as # and six digits from 0 to 9 and a to f, such as #0b5963.")
    elif (found := contrast_on_white(colour)) < LEAST_CONTRAST:
        wrong["colour"] = _("Headings in this colour are hard to read on white: %(found)s to 1, not 4.5 to 1. Choose a darker one.") % {
            "found": f"{found:.1f}"
        }
    drawn = b""
    if logo is not None:
        try:
            drawn = read_logo(logo)
        except Refused as error:
            wrong["logo"] = str(error)
    if wrong:
        raise Refused(_("The style can't be set like this."), wrong)
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        former = style_row(organisation)
        if logo is None and keep_logo and former is not None:
            drawn = bytes(former.logo)
        if former and (former.paper, former.colour, bytes(former.logo)) == (paper, colour, drawn):
            return former
        version = (ReportStyle.objects.filter(organisation=organisation).aggregate(last=Max("version"))["last"] or 0) + 1
        row = ReportStyle.objects.create(
            organisation=organisation, version=version, paper=paper, colour=colour, logo=drawn, created_by=actor, created_at=timezone.now()
        )
        record(
            stream=organisation.stream, action="report_style.set", actor=actor.reference, object_type="organisation",
            object_id=str(organisation.uuid), changes={"before": _told(former), "after": _told(row)},
            personal={"actor_name": actor.name},
        )  # fmt: skip
    return row


def _told(row: ReportStyle | None) -> dict[str, str | int]:
    if row is None:
        return {"version": 0, "paper": Paper.A4.value, "colour": INK, "logo": ""}
    return {"version": row.version, "paper": row.paper, "colour": row.colour, "logo": sha256_hex(bytes(row.logo)) if row.logo else ""}


def read_logo(upload: UploadedFile) -> bytes:
    """The picture drawn anew as a PNG of at most ``LONGEST_SIDE`` pixels a side, with nothing else that the file held.

    Raises Refused for another type, a file or picture that is too large, and one that can't be read. The picture's size is read from its head
    before any of it is unpacked.
    """
    if (upload.size or 0) > LARGEST_LOGO:
        raise Refused(_("The logo has more than 512 kB. Use a smaller file."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = Image.open(upload, formats=("PNG", "JPEG"))
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise Image.DecompressionBombError
            image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(_("The logo has more than four million pixels. Use a smaller picture.")) from error
    except Exception as error:  # what Pillow raises for a broken file is many things
        raise Refused(_("The logo can't be read. Use a PNG or JPEG picture.")) from error
    plain = image.convert("RGBA")
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # PDF/A allows transparency, but a logo on white needs none.
    flat = Image.new("RGB", plain.size, "white")
    flat.paste(plain, mask=plain.getchannel("A"))
    out = io.BytesIO()
    flat.save(out, "PNG")
    return out.getvalue()


def contrast_on_white(colour: str) -> float:
    """Contrast ratio of ``#rrggbb`` on white, 1 to 21 (WCAG 2.2, relative luminance)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
