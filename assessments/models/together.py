"""How people work on an assessment together: who is asked for which part of it, and what they say to each other about its questions.

Neither is part of a snapshot: what is signed are the answers, not how they came about. The trail keeps how they did.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from assessments.models.describing import Assessment


class Assignment(models.Model):
    """A person is asked to answer one part of an assessment. ``questionnaire`` and ``section`` name it by the catalogue's ids; where the
    questionnaire is empty, ``section`` is a category of figures: ``demand``, or one of costs (see ``assessments.permissions.Place``)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="assignments")
    questionnaire = models.CharField(max_length=80, blank=True)
    section = models.CharField(max_length=80)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments")
    due_on = models.DateField(null=True, blank=True)
    note = models.TextField(max_length=4000, blank=True)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True, help_text="when the person said that they are through")

    class Meta:
        ordering = ["due_on", "assigned_at", "id"]
        constraints = [
            UniqueConstraint(fields=["assessment", "questionnaire", "section", "person"], name="part_assigned_once_per_person"),
            CheckConstraint(condition=~Q(section=""), name="assignment_names_a_part"),
        ]
        indexes = [models.Index(fields=["person", "done_at"], name="assignment_by_person")]

    def __str__(self) -> str:
        return f"{self.questionnaire}/{self.section} {self.person_id}"

    @property
    def place(self) -> tuple[str, str]:
        return self.questionnaire, self.section


class Thread(models.Model):
    """What is said about one question of an assessment. Resolved until somebody says more."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="threads")
    question = models.CharField(max_length=80)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["assessment", "question"]
        constraints = [
            UniqueConstraint(fields=["assessment", "question"], name="one_thread_per_question"),
            CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True) | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="resolved_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.question


class Comment(models.Model):
    """One remark in a thread. ``asked``: the colleague whose answer it asks for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="comments")
    text = models.TextField(max_length=4000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    asked = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="asked_in")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.text[:80]
