"""Handing an evidence bundle out: recorded before its first byte leaves."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from assessments.errors import WrongStatus
from assessments.models import Assessment, DecisionRecord
from assessments.permissions import require
from audit.trail import record
from reports.bundle import Bundle, bundle_of


def bundle_open(*, actor: User, assessment: Assessment) -> Bundle:
    """The evidence bundle of the newest decision, ready to be streamed; call it outside a transaction, since it may sign a checkpoint.

    Raises PermissionDenied, WrongStatus where nothing was decided, and reports.bundle.BundleRefused where something that belongs in it is
    missing or was changed.
    """
    require(actor, assessment.organisation, "report")
    decision = DecisionRecord.newest_of(assessment)
    if decision is None:
        raise WrongStatus(_("Nothing has been decided yet, so there is no evidence of it."))
    bundle = bundle_of(decision)
    size, root = bundle.checkpoint
    with transaction.atomic():
        record(
            stream=assessment.organisation.stream, action="bundle.downloaded", actor=actor.reference, object_type="assessment",
            object_id=str(assessment.pk), changes={"decision_record": decision.digest, "checkpoint": {"size": size, "root": root}},
            personal={"actor_name": actor.name, "object_label": assessment.title},
        )  # fmt: skip
    return bundle
