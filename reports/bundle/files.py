"""The stored files of a bundle: reports and evidence, each looked up, read whole and held to its digest before the first byte leaves."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import Storage
from django.utils.translation import gettext as _

from assessments.models import Assessment, DecisionRecord, Evidence
from audit.models import AuditEvent
from reports.bundle.bag import Part
from reports.bundle.errors import BundleRefused
from reports.models import Report

_CHUNK = 1 << 18
_LONGEST_NAME = 60
_TEXT = ("text/", "application/json", "message/")  # what deflating makes smaller; the rest is compressed already


def report_parts(decision: DecisionRecord, events: list[AuditEvent]) -> list[Part]:
    """Each sealed report of a decision that the events tell of. Raises BundleRefused where there is none, or one isn't what was sealed."""
    told = {event.object_id for event in events if event.action == "report.made"}
    parts = []
    for report in Report.objects.filter(decision_record=decision).order_by("edition"):
        if str(report.pk) in told:
            what = f"The sign-off report, made with template {report.template_version} of the service"
            name = str(report.file.name)
            problem = _problem(report.file.storage, name, report.sha256, report.size)
            if problem:
                raise BundleRefused(
                    _(
                        "The stored sign-off report (%(name)s) %(problem)s, so no bundle is made. Put the file with SHA-256 %(sha256)s back from "
                        "the backup."
                    )
                    % {"name": name, "problem": problem, "sha256": report.sha256}
                )
            path = f"report/sign-off-v{report.template_version}.pdf"
            parts.append(_stored(path, report.sha256, report.size, report.file.storage, name, what, {"decision_record": decision.digest}))
    if not parts:
        raise BundleRefused(_("The sign-off report of this decision isn't made yet. Make the bundle once it is there."))
    return parts


def evidence_parts(assessment: Assessment, snapshot: dict[str, Any]) -> tuple[list[Part], list[dict[str, Any]]]:
    """A part for each file that the snapshot's answers rest on, in the order of the questions; and what of them was only named, by an imported
    assessment file, so that there never was a file. Raises BundleRefused, naming the file, where one is missing or was changed."""
    parts, named = [], []
    for digest, uses in _uses(snapshot).items():
        about = {"name": uses[0]["name"], "answers": [{key: use[key] for key in ("question", "option")} for use in uses]}
        size = max(use["size"] for use in uses)
        if not size:
            named.append({"sha256": digest, "why": "named by an imported assessment file, never uploaded", **about})
            continue
        storage, name = _sound(assessment, digest, size, uses[0])
        packed = uses[0]["type"].startswith(_TEXT)
        path = f"evidence/{digest[:32]}-{clean(uses[0]['name'])}"
        parts.append(_stored(path, digest, size, storage, name, "A file that answers rest on", about, packed=packed))
    return parts, named


def clean(name: str) -> str:
    """A file's name as every system takes it: ASCII letters, digits, dots and hyphens, its ending kept, at most 60 characters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[-.]*\.[-.]*", ".", re.sub(r"[^A-Za-z0-9.]+", "-", plain))
    found = re.fullmatch(r"(.*)(\.[A-Za-z0-9]{1,10})", plain)
    stem, ending = found.groups() if found else (plain, "")
    return (stem[: _LONGEST_NAME - len(ending)].strip(".-") or "file") + ending


def _uses(snapshot: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """SHA-256 -> where the snapshot names the file: ``question``, ``option`` (None: the use case), ``name``, ``size``, ``type``."""
    found: dict[str, list[dict[str, Any]]] = {}
    for questionnaire in snapshot["questionnaires"]:
        for section in questionnaire["sections"]:
            for question in section["questions"]:
                for owner, answer in question["answers"].items():
                    for one in answer.get("evidence", []):
                        option = None if owner == "use_case" else owner
                        found.setdefault(one["sha256"], []).append(one | {"question": question["id"], "option": option})
    return found


def _sound(assessment: Assessment, digest: str, size: int, use: dict[str, Any]) -> tuple[Storage, str]:
    """Where a file with exactly that content lies. Raises BundleRefused, saying what is wrong with the last place that was tried."""
    problem = _("isn't stored here any more")
    rows = Evidence.objects.filter(response__assessment=assessment, sha256=digest).exclude(file="").order_by("uploaded_at", "id")
    for name, storage in {str(row.file.name): row.file.storage for row in rows}.items():
        problem = _problem(storage, name, digest, size)
        if not problem:
            return storage, name
    of = _("the option %(option)s") % {"option": use["option"]} if use["option"] else _("the use case")
    raise BundleRefused(
        _(
            "The evidence file “%(name)s” on the answer to %(question)s of %(of)s %(problem)s, so no bundle is made. Put the file with "
            "SHA-256 %(digest)s back from the backup."
        )
        % {"name": use["name"], "question": use["question"], "of": of, "problem": problem, "digest": digest}
    )


def _problem(storage: Storage, name: str, sha256: str, size: int) -> str:
    """What is wrong with a stored file, as the end of a sentence; empty where it has its digest."""
    digest, read = hashlib.sha256(), 0
    try:
        for chunk in _chunks(storage, name):
            digest.update(chunk)
            read += len(chunk)
    except FileNotFoundError:
        return _("is missing from the storage")
    except OSError as error:
        return _("can't be read from the storage (%(why)s)") % {"why": error.strerror or error}
    return "" if (digest.hexdigest(), read) == (sha256, size) else _("was changed in the storage")


def _stored(
    path: str, sha256: str, size: int, storage: Storage, name: str, what: str, about: dict[str, Any], *, packed: bool = False
) -> Part:
    return Part(path, sha256, size, lambda: _chunks(storage, name), what, packed, about)


def _chunks(storage: Storage, name: str) -> Iterator[bytes]:
    with storage.open(name, "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
