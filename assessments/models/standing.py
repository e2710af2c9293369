"""What the portfolio shows of each assessment: facts that were worked out from it once, kept until something changes.

Every row here can be thrown away and worked out again (``assessments.portfolio.refreshing``); nothing that is decided rests on it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from assessments.models.deciding import Severity
from assessments.models.describing import Assessment, Sourcing


class Standing(models.Model):
    """One assessment's facts. They are out of date where the assessment's time of change isn't ``of_change`` any more, once the day has passed
    on which an open assessment was read, or where the assessment has moved to another release
    (``assessments.portfolio.reading.freshness`` says it all).

    ``sourcing``, ``provider`` and ``model``, the score, cost and risk are those of the option that counts: the chosen (proposed) one, or
    while none is chosen the recommended one. ``problem``: why nothing could be worked out.
    """

    assessment = models.OneToOneField(Assessment, primary_key=True, on_delete=models.CASCADE, related_name="standing")
    refreshed_at = models.DateTimeField(null=True)
    of_change = models.DateTimeField(null=True, help_text="the assessment's time of change that these facts are of")
    read_on = models.DateField(null=True, help_text="the day on which law, prices and rates were read")
    catalogue_digest = models.CharField(max_length=80, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    risk_class = models.CharField(max_length=20, blank=True)
    outcome = models.CharField(max_length=20, blank=True, help_text="how firm the recommendation is")
    recommended = models.CharField(max_length=200, blank=True)
    recommended_sourcing = models.CharField(max_length=20, blank=True, choices=Sourcing.choices)
    chosen = models.CharField(max_length=200, blank=True)
    chosen_sourcing = models.CharField(max_length=20, blank=True, choices=Sourcing.choices)
    sourcing = models.CharField(max_length=20, blank=True, choices=Sourcing.choices)
    provider = models.CharField(max_length=200, blank=True)
    model = models.CharField(max_length=200, blank=True)
    score = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    score_best = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    completeness = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)
    cost_per_year = models.DecimalField(max_digits=28, decimal_places=2, null=True, help_text="mean of the years, in its own currency")
    cost_complete = models.BooleanField(default=False)
    base_currency = models.CharField(max_length=3, blank=True, help_text="the catalogue's, in which assessments are added up")
    base_cost_per_year = models.DecimalField(max_digits=28, decimal_places=2, null=True)
    residual = models.CharField(max_length=10, blank=True, choices=Severity.choices, help_text="the gravest finding after treatment")
    next_duty_on = models.DateField(null=True)
    next_duty_instrument = models.CharField(max_length=60, blank=True)
    next_duty = models.CharField(max_length=200, blank=True, help_text="its reference in the instrument")

    def __str__(self) -> str:
        return f"{self.assessment_id} as of {self.refreshed_at}"


class StandingYear(models.Model):
    """What one year of the horizon costs; ``base_amount`` in the catalogue's base currency, empty where it has no rate."""

    standing = models.ForeignKey(Standing, on_delete=models.CASCADE, related_name="years")
    year = models.PositiveSmallIntegerField(help_text="from 1, the first year of use")
    amount = models.DecimalField(max_digits=28, decimal_places=2)
    base_amount = models.DecimalField(max_digits=28, decimal_places=2, null=True)

    class Meta:
        ordering = ["year"]
        constraints = [
            UniqueConstraint(fields=["standing", "year"], name="standing_year_once"),
            CheckConstraint(condition=Q(year__gte=1), name="standing_year_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.standing_id} year {self.year}"


class StandingRisk(models.Model):
    """How many findings of one category are left with one severity."""

    standing = models.ForeignKey(Standing, on_delete=models.CASCADE, related_name="risks")
    category = models.CharField(max_length=80, help_text="the criterion of the question that shows it; empty for none")
    severity = models.CharField(max_length=10, choices=Severity.choices)
    count = models.PositiveIntegerField()

    class Meta:
        ordering = ["category", "severity"]
        constraints = [UniqueConstraint(fields=["standing", "category", "severity"], name="standing_risk_once")]

    def __str__(self) -> str:
        return f"{self.standing_id} {self.category} {self.severity}"


class StandingDuty(models.Model):
    """How many obligations of one instrument apply from one day on, by how they stand: met, gap or unknown."""

    standing = models.ForeignKey(Standing, on_delete=models.CASCADE, related_name="duties")
    applies_from = models.DateField()
    instrument = models.CharField(max_length=60)
    status = models.CharField(max_length=10)
    count = models.PositiveIntegerField()

    class Meta:
        ordering = ["applies_from", "instrument", "status"]
        constraints = [
            UniqueConstraint(fields=["standing", "applies_from", "instrument", "status"], name="standing_duty_once"),
            CheckConstraint(condition=Q(status__in=["met", "gap", "unknown"]), name="standing_duty_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.standing_id} {self.applies_from} {self.instrument} {self.status}"
