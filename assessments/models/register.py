"""The register of findings: what an organisation does about each gap that the answers show."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from assessments.models.deciding import Severity
from assessments.models.describing import Assessment, Evidence, Option, one_of


class Treatment(models.TextChoices):
    MITIGATE = "mitigate", _("Mitigate")
    ACCEPT = "accept", _("Accept")
    TRANSFER = "transfer", _("Transfer")
    AVOID = "avoid", _("Avoid")


class Treated(models.Model):
    """What is done about one finding of one option. The finding itself, with its inherent rating, comes out of the evaluation; a finding
    without a row is untreated, and its residual rating is its inherent one."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="treated")
    option = models.ForeignKey(Option, on_delete=models.CASCADE, related_name="treated")
    finding = models.CharField(max_length=80)
    treatment = models.CharField(max_length=10, choices=Treatment.choices)
    residual = models.CharField(max_length=10, choices=Severity.choices, blank=True, help_text="empty: as the inherent one")
    plan = models.TextField(max_length=4000, help_text="what is done, or why nothing has to be")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    evidence = models.ManyToManyField(Evidence, blank=True, related_name="+")
    revision = models.PositiveIntegerField(default=0)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["option", "finding"]
        constraints = [
            UniqueConstraint(fields=["option", "finding"], name="finding_treated_once"),
            one_of("treatment", Treatment, "treatment_known"),
            CheckConstraint(condition=Q(residual__in=["", *Severity.values]), name="residual_known"),
        ]

    def __str__(self) -> str:
        return f"{self.finding} {self.treatment}"
