"""What has left the house: one row for each report that was made and stored. A stored report is never made again in place."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from accounts.models import Organisation
from assessments.models import Assessment, DecisionRecord


class Kind(models.TextChoices):
    SIGN_OFF = "sign_off", "Sign-off report"


class Report(models.Model):
    """A sealed PDF in the store. ``sha256`` is of the stored bytes, ``unsigned_sha256`` of those before sealing, which the same record
    under the same versions always gives; both in 64 hexadecimal digits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="reports")
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="reports")
    decision_record = models.ForeignKey(DecisionRecord, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.SIGN_OFF)
    template_version = models.PositiveSmallIntegerField()
    file = models.FileField(max_length=200)
    size = models.PositiveBigIntegerField(help_text="in bytes")
    sha256 = models.CharField(max_length=64)
    unsigned_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            UniqueConstraint(fields=["decision_record", "kind", "template_version"], name="report_made_once"),
            CheckConstraint(condition=Q(kind__in=Kind.values), name="report_kind_known"),
        ]
        indexes = [models.Index(fields=["organisation", "-created_at"]), models.Index(fields=["sha256"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id}"
