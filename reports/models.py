"""What has left the house: one row for each report that was made and stored. A stored report is never made again in place."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from assessments.models import Assessment, DecisionRecord, Snapshot


class Kind(models.TextChoices):
    SIGN_OFF = "sign_off", _("Sign-off report")
    EXECUTIVE_SUMMARY = "executive_summary", _("Executive summary")
    DRAFT = "draft", _("Draft of the sign-off report")


# What people ask for; the sign-off report is made by itself.
ON_REQUEST = [(kind.value, kind.label) for kind in (Kind.EXECUTIVE_SUMMARY, Kind.DRAFT)]


class Paper(models.TextChoices):
    A4 = "A4", _("A4 (210 × 297 mm)")
    LETTER = "letter", _("Letter (8.5 × 11 in)")


class ReportStyle(models.Model):
    """How an organisation's reports look, one version after the other; none of them is ever changed, since reports name theirs."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="report_styles")
    version = models.PositiveIntegerField()
    paper = models.CharField(max_length=10, choices=Paper.choices, default=Paper.A4)
    colour = models.CharField(max_length=7, help_text="of headings: # and six hexadecimal digits")
    logo = models.BinaryField(blank=True, default=b"", help_text="a PNG that was drawn anew from what was uploaded, or nothing")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["organisation", "-version"]
        constraints = [
            UniqueConstraint(fields=["organisation", "version"], name="report_style_version_once"),
            CheckConstraint(condition=Q(paper__in=Paper.values), name="report_style_paper_known"),
        ]

    def __str__(self) -> str:
        return f"Report style {self.version} of {self.organisation}"


class Report(models.Model):
    """A sealed PDF in the store. ``sha256`` is of the stored bytes, ``unsigned_sha256`` of those before sealing, which the same record
    under the same versions always gives; both in 64 hexadecimal digits.

    ``decision_record`` is empty for drafts alone. ``supersedes``: the former edition, whose place this one takes for ``reason``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="reports")
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="reports")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="reports")
    decision_record = models.ForeignKey(DecisionRecord, null=True, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.SIGN_OFF)
    edition = models.PositiveSmallIntegerField(default=1)
    supersedes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")
    reason = models.TextField(blank=True, help_text="why the former edition was replaced")
    style = models.ForeignKey(ReportStyle, null=True, on_delete=models.PROTECT, related_name="+")
    template_version = models.PositiveSmallIntegerField()
    file = models.FileField(max_length=200)
    size = models.PositiveBigIntegerField(help_text="in bytes")
    sha256 = models.CharField(max_length=64)
    unsigned_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            UniqueConstraint(fields=["decision_record", "kind", "edition"], name="report_made_once"),
            UniqueConstraint(fields=["snapshot", "edition"], condition=Q(kind=Kind.DRAFT), name="report_draft_made_once"),
            CheckConstraint(condition=Q(kind__in=Kind.values), name="report_kind_known"),
            CheckConstraint(
                condition=Q(kind=Kind.DRAFT, decision_record__isnull=True) | ~Q(kind=Kind.DRAFT) & Q(decision_record__isnull=False),
                name="report_decided_unless_draft",
            ),
            CheckConstraint(
                condition=Q(edition=1, supersedes__isnull=True) | Q(edition__gt=1, supersedes__isnull=False),
                name="report_later_edition_supersedes",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "-created_at"]), models.Index(fields=["sha256"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id}"

    @property
    def later(self) -> Report | None:
        """The edition that has taken this one's place."""
        found: Report | None = getattr(self, "superseded_by", None)
        return found
