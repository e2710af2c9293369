"""Which files are taken as evidence, and whether a file is what its name claims."""

from __future__ import annotations

import zipfile
from pathlib import PurePosixPath
from typing import IO

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from assessments.errors import Refused

# ending: (content type, the bytes a file of that type begins with)
TYPES: dict[str, tuple[str, tuple[bytes, ...]]] = {
    ".pdf": ("application/pdf", (b"%PDF-",)),
    ".png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    ".jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (b"PK\x03\x04",)),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (b"PK\x03\x04",)),
    ".pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", (b"PK\x03\x04",)),
    ".txt": ("text/plain", ()),
    ".csv": ("text/csv", ()),
    ".md": ("text/markdown", ()),
    ".json": ("application/json", ()),
    ".eml": ("message/rfc822", ()),
}
OFFICE_FOLDER = {".docx": "word/", ".xlsx": "xl/", ".pptx": "ppt/"}


def content_type_of(name: str, upload: UploadedFile) -> str:
    """The content type of ``upload`` by its name, checked against its bytes; raises Refused where they disagree or the type isn't taken."""
    ending = PurePosixPath(name).suffix.lower()
    if ending not in TYPES:
        raise Refused(_("This kind of file isn't taken."), {"file": _("Attach one of %(known)s.") % {"known": ", ".join(TYPES)}})
    content_type, beginnings = TYPES[ending]
    head = upload.read(4096)
    upload.seek(0)
    message = _("Its name ends in %(ending)s, but its content isn't of that kind.") % {"ending": ending}
    claimed = Refused(_("The file isn't what its name says."), {"file": message})
    if beginnings and not head.startswith(beginnings):
        raise claimed
    if ending in OFFICE_FOLDER and not _holds(upload, OFFICE_FOLDER[ending]):
        raise claimed
    if not beginnings and not _is_text(head):
        raise claimed
    upload.seek(0)
    return content_type


def _holds(upload: IO[bytes], folder: str) -> bool:
    try:
        with zipfile.ZipFile(upload) as archive:
            return any(entry.startswith(folder) for entry in archive.namelist())
    except zipfile.BadZipFile:
        return False


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # the last character may be cut by the length that was read
        return error.start >= len(head) - 3 and len(head) == 4096
    return True
