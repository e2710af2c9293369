"""What an approver has typed, kept in their session while they authenticate: bound to the person and to the record that it was typed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from assessments.models import Assessment, Snapshot

KEY = "signing.draft"
LONGEST = 8_000  # bytes: a session is read at each request
NAMES, PREFIXES = ("reason", "on_behalf_of"), ("accept:", "until:", "condition:")


def draft_keep(request: HttpRequest, assessment: Assessment, form: str) -> bool:
    """Keep what was typed into ``form`` (``approve`` or ``reject``) in the place of what was kept before; never what is secret.

    False where it is longer than ``LONGEST``: then nothing is kept.
    """
    fields = {name: str(text) for name, text in request.POST.items() if str(text).strip() and (name in NAMES or name.startswith(PREFIXES))}
    draft_drop(request)
    if sum(len(name.encode()) + len(text.encode()) for name, text in fields.items()) > LONGEST:
        return False
    request.session[KEY] = {
        "person": request.user.pk, "assessment": str(assessment.pk), "digest": request.POST.get("digest", ""), "form": form, "fields": fields,
    }  # fmt: skip
    return True


def draft_kept(request: HttpRequest, snapshot: Snapshot) -> tuple[str, Mapping[str, str]]:
    """The form and the fields that the person had typed on this very record; ("", {}) where there are none."""
    draft: dict[str, Any] = request.session.get(KEY) or {}
    about = (draft.get("person"), draft.get("assessment"), draft.get("digest"))
    if about != (request.user.pk, str(snapshot.assessment_id), snapshot.digest) or not draft["fields"]:
        return "", {}
    return str(draft["form"]), draft["fields"]


def draft_drop(request: HttpRequest) -> None:
    request.session.pop(KEY, None)
