"""A job is long work that somebody asked for; the outbox holds what is still owed to the broker."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """One piece of work: asked for in a transaction, done exactly once."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.CharField(max_length=120, help_text="Name of the Celery task.")
    key = models.CharField(max_length=200, unique=True, help_text="What the work is: asking for the same again gives this job.")
    stream = models.CharField(max_length=80, db_index=True, help_text="Whose work it is: 'org:<uuid>' or 'system'.")
    args = models.JSONField(default=dict)
    label = models.CharField(max_length=200, help_text="What people call it.")
    requested_by = models.CharField(max_length=80, blank=True, help_text="A person's reference.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Starts, and deliveries that no worker took up.")
    step = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True, help_text="What is being done, for people.")
    error = models.TextField(blank=True, help_text="Why it failed, as a sentence for people.")
    claim = models.UUIDField(null=True, editable=False, help_text="Which start is the valid one: an earlier, stalled one can't finish.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["queued", "running", "done", "failed", "cancelled"]), name="job_status_known"),
            models.CheckConstraint(condition=Q(step__lte=F("steps")), name="job_step_within_steps"),
            models.CheckConstraint(
                condition=Q(status__in=["done", "failed", "cancelled"], finished_at__isnull=False)
                | Q(status__in=["queued", "running"], finished_at__isnull=True),
                name="job_finished_when_over",
            ),
            models.CheckConstraint(condition=~Q(status="failed") | ~Q(error=""), name="job_failed_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.status})"

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.status in (self.Status.DONE, self.Status.FAILED, self.Status.CANCELLED)

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        if self.status == self.Status.DONE:
            return 100
        return self.step * 100 // self.steps if self.steps else 0

    def as_dict(self) -> dict[str, Any]:
        """Return the job's state in JSON's types; times in ISO 8601 with their offset, or None."""
        return {
            "id": str(self.id),
            "label": self.label,
            "status": str(self.status),
            "attempts": self.attempts,
            "step": self.step,
            "steps": self.steps,
            "percent": self.percent,
            "message": self.message,
            "error": self.error,
            "created_at": _iso(self.created_at),
            "started_at": _iso(self.started_at),
            "finished_at": _iso(self.finished_at),
        }


class Outbox(models.Model):
    """A job that isn't over: when it is to be looked at, and published again if nobody has taken it up."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, primary_key=True)
    due_at = models.DateTimeField(db_index=True)
    published_at = models.DateTimeField(null=True, help_text="Since when a message for it has been with the broker.")

    class Meta:
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return f"{self.job_id} due {self.due_at}"


class Sign(models.Model):
    """When a worker of a queue last did the small task that beat sends there each minute: the scheduler, the broker and the worker all run."""

    queue = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    worker = models.CharField(max_length=200, blank=True, help_text="Which one answered, as Celery names it.")

    def __str__(self) -> str:
        return f"{self.queue}, {self.at}"


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
