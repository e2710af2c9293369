"""Files of evidence that are kept with an answer: attached, taken off and given out, each recorded."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import formats
from accounts.models import User
from assessments.answering import place_of, question_of
from assessments.editing import note_change, opened
from assessments.errors import Refused
from assessments.evidence_types import content_type_of
from assessments.models import Assessment, Evidence, Option
from assessments.permissions import require, require_reading


def evidence_attach(*, actor: User, assessment: Assessment, question_id: str, option: Option | None, upload: UploadedFile) -> Evidence:
    """Keep a file with an answer. Raises Refused where it is empty, too large, not what its name claims, or attached already."""
    limit = settings.EVIDENCE_MAX_BYTES
    name = upload.name.replace("\\", "/").rsplit("/", 1)[-1][:200] if upload.name else ""
    size = upload.size or 0
    if not size:
        raise Refused(_("The file is empty."), {"file": _("Choose a file with something in it.")})
    if size > limit:
        said = {"size": formats.number(f"{size:,}"), "limit": formats.number(f"{limit:,}")}
        raise Refused(_("The file is too large."), {"file": _("It has %(size)s bytes; at most %(limit)s are taken.") % said})
    content_type = content_type_of(name, upload)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    with transaction.atomic():
        assessment = opened(actor, assessment, "answer", lambda row: place_of(row, question_id))
        question_of(assessment, question_id, option)
        response, _made = assessment.responses.get_or_create(assessment=assessment, option=option, question=question_id)
        if response.evidence.filter(sha256=digest.hexdigest()).exists():
            raise Refused(_("This file is attached already."), {"file": _("The same file is attached to this answer.")})
        evidence = Evidence(
            response=response, name=name, content_type=content_type, size=size, sha256=digest.hexdigest(), uploaded_by=actor
        )
        evidence.file.save(name, upload, save=False)
        try:
            evidence.save()
            note_change(
                assessment, actor, "evidence.attached",
                {"question": question_id, "option": option.key if option else None, "sha256": evidence.sha256, "size": size},
                {"file_name": name},
            )  # fmt: skip
        except BaseException:
            evidence.file.delete(save=False)
            raise
    return evidence


def evidence_remove(*, actor: User, evidence: Evidence) -> None:
    """Take a file off its answer while the assessment is open; files of submitted snapshots stay on the disk."""
    with transaction.atomic():
        response = evidence.response
        assessment = opened(actor, response.assessment, "answer", lambda row: place_of(row, response.question))
        taken = {"question": response.question, "option": response.option.key if response.option else None, "sha256": evidence.sha256}
        evidence.delete()
        note_change(assessment, actor, "evidence.removed", taken, {"file_name": evidence.name})


def evidence_open(*, actor: User, evidence: Evidence) -> File:
    """The file, open for reading; that it was given out is recorded. Raises Refused where an imported assessment only named it."""
    assessment = evidence.response.assessment
    roles = require(actor, assessment.organisation, "view")
    require_reading(actor, assessment, place_of(assessment, evidence.response.question), roles)
    if not evidence.file:
        raise Refused(_("This file was named by an imported assessment; it was never uploaded here."))
    with transaction.atomic():
        note_change(assessment, actor, "evidence.downloaded", {"sha256": evidence.sha256}, {"file_name": evidence.name})
    return evidence.file.open("rb")
