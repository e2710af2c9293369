"""The next assessment of a use case: a draft that begins with all that the former one holds, and takes its place once it is approved."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from assessments.editing import note_change
from assessments.errors import WrongStatus
from assessments.models import Assessment, Evidence, Figure, Option, Response, Status, Treated
from assessments.permissions import require

Row = TypeVar("Row", Option, Response, Figure, Treated)
ENDED = frozenset({Status.APPROVED, Status.EXPIRED, Status.REJECTED})


def succeed(*, actor: User, assessment: Assessment) -> Assessment:
    """A new draft with the options, answers, figures, evidence and treatments of ``assessment``; each keeps who gave it and when, so that
    whoever did has a hand in the new record too. Raises WrongStatus unless the former one is approved, expired or rejected."""
    with transaction.atomic():
        rows = Assessment.objects.select_for_update(of=("self",), no_key=True)
        former = rows.select_related("organisation", "use_case").get(pk=assessment.pk)
        require(actor, former.organisation, "succeed")
        if former.status not in ENDED:
            raise WrongStatus(
                _("This assessment is %(status)s; the next one is begun from one that is approved, expired or rejected.")
                % {"status": former.get_status_display().lower()}
            )
        if not may_be_succeeded(former):
            raise WrongStatus(_("The next assessment has been started already."))
        new = Assessment.objects.create(
            organisation=former.organisation, use_case=former.use_case, title=former.title, catalogue=former.catalogue,
            catalogue_digest=former.catalogue_digest, currency=former.currency, weights=former.weights, author=actor, supersedes=former,
        )  # fmt: skip
        options = {None: None} | {option.pk: _copy(option, assessment=new) for option in Option.objects.filter(assessment=former)}
        attached: dict[int, list[Evidence]] = defaultdict(list)
        for one in Evidence.objects.filter(response__assessment=former):
            attached[one.response_id].append(one)
        files: dict[UUID, Evidence] = {}
        for response in Response.objects.filter(assessment=former):
            mine = attached[response.pk]
            copied = _copy(response, assessment=new, option=options[response.option_id])
            files |= {one.pk: _copy_evidence(one, copied) for one in mine}
        for figure in Figure.objects.filter(assessment=former):
            _copy(figure, assessment=new, option=options[figure.option_id])
        for row in Treated.objects.filter(assessment=former):
            held = [files[one.pk] for one in row.evidence.all() if one.pk in files]
            _copy(row, assessment=new, option=options[row.option_id]).evidence.set(held)
        last = former.latest_snapshot
        assert last is not None  # what has ended was submitted
        # The record with that digest holds every answer that the new one begins with, word for word.
        note_change(new, actor, "assessment.continued", {"from": str(former.pk), "snapshot": last.number, "digest": last.digest})
        note_change(former, actor, "assessment.succeeded", {"by": str(new.pk)})
    return new


def may_be_succeeded(assessment: Assessment) -> bool:
    """Whether it has ended and no next one is under way or approved."""
    return assessment.status in ENDED and not assessment.successors.exclude(status__in=(Status.REJECTED, Status.WITHDRAWN)).exists()


def _copy(row: Row, **changes: Any) -> Row:
    """The row once more, with ``changes``."""
    row.pk, row._state.adding = None, True
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(force_insert=True)
    return row


def _copy_evidence(one: Evidence, response: Response) -> Evidence:
    """The file itself is shared: it is never changed, and is stored under a name of its own."""
    at = one.uploaded_at
    copied = Evidence.objects.create(
        response=response, file=one.file.name, name=one.name, content_type=one.content_type, size=one.size, sha256=one.sha256,
        uploaded_by=one.uploaded_by,
    )  # fmt: skip
    Evidence.objects.filter(pk=copied.pk).update(uploaded_at=at)
    return copied
