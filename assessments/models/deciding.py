"""What is decided: the frozen records of what was submitted, who was asked, what each said of it, and what came of it.

Every table here is append-only, kept so by triggers (migrations 0002 and 0005); what changes with time is a new row.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from assessments.models.describing import Assessment, one_of


class Part(models.TextChoices):
    """What a person had to do with a snapshot; each person has one part, so who wrote or answered can't approve."""

    AUTHOR = "author", _("Author")
    ANSWERED = "answered", _("Answered")
    APPROVER = "approver", _("Approver")


class VerdictKind(models.TextChoices):
    APPROVE = "approve", _("Approve")
    APPROVE_WITH_CONDITIONS = "approve_with_conditions", _("Approve with conditions")
    RETURN = "return", _("Return")
    REJECT = "reject", _("Reject")
    ABSTAIN = "abstain", _("Abstain")


APPROVING = (VerdictKind.APPROVE, VerdictKind.APPROVE_WITH_CONDITIONS)
SIGNED = (*APPROVING, VerdictKind.REJECT)  # what carries a statement, and so needs a fresh authentication


class Quorum(models.TextChoices):
    ANY = "any", _("Any of them")
    ALL = "all", _("All of them")
    SOME = "some", _("A number of them")


class Severity(models.TextChoices):
    """How grave a finding is, before or after what is done about it."""

    NONE = "none", _("None")
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    CRITICAL = "critical", _("Critical")


class SignOffPolicy(models.Model):
    """One version of an organisation's rules on who signs what; the newest counts for what is submitted from then on."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sign_off_policies")
    version = models.PositiveIntegerField()
    content = models.BinaryField(help_text="canonical JSON of the policy")
    digest = models.CharField(max_length=80)
    reason = models.TextField(max_length=4000, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["organisation", "version"]
        constraints = [UniqueConstraint(fields=["organisation", "version"], name="policy_version_once")]

    def __str__(self) -> str:
        return f"{self.organisation_id} policy {self.version}"


class Delegation(models.Model):
    """While one is away, another signs in one's seat. Ended by a row of DelegationEnd, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="delegations")
    of = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_given")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_held")
    starts_on = models.DateField()
    ends_on = models.DateField()
    reason = models.TextField(max_length=4000)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-starts_on", "id"]
        constraints = [
            CheckConstraint(condition=~Q(of=F("to")), name="delegation_to_another"),
            CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="delegation_days_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.of_id} to {self.to_id}"


class DelegationEnd(models.Model):
    """A delegation that was taken back before its last day."""

    delegation = models.OneToOneField(Delegation, on_delete=models.PROTECT, related_name="ended")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.delegation_id} ended"


class Snapshot(models.Model):
    """An assessment as it was submitted: canonical JSON, and the SHA-256 of it that every signature is bound to. Never updated."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="snapshots")
    number = models.PositiveIntegerField()
    content = models.BinaryField()
    digest = models.CharField(max_length=80)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["assessment", "number"]
        constraints = [UniqueConstraint(fields=["assessment", "number"], name="snapshot_number_once")]

    def __str__(self) -> str:
        return f"{self.assessment_id} snapshot {self.number}"


class Stage(models.Model):
    """One step of a snapshot's sign-off, as the policy routed it. Closed by ``needed`` approvals: of anybody with ``role``, or, where that is
    empty, of the people who have a Seat in it. It opens when the one before it is closed."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="stages")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    meaning = models.CharField(max_length=20)
    role = models.CharField(max_length=20, blank=True)
    quorum = models.CharField(max_length=10, choices=Quorum.choices)
    needed = models.PositiveSmallIntegerField()
    due_days = models.PositiveSmallIntegerField(help_text="days from when it opens")

    class Meta:
        ordering = ["snapshot", "position"]
        constraints = [
            UniqueConstraint(fields=["snapshot", "position"], name="stage_position_once"),
            one_of("quorum", Quorum, "stage_quorum_known"),
            CheckConstraint(condition=Q(needed__gte=1), name="stage_needs_somebody"),
        ]

    def __str__(self) -> str:
        return self.title


class Seat(models.Model):
    """A person who is asked by name in a stage."""

    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="seats")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [UniqueConstraint(fields=["stage", "person"], name="one_seat_per_person_and_stage")]

    def __str__(self) -> str:
        return f"{self.stage_id} {self.person_id}"


class Participation(models.Model):
    """Who had which part in a snapshot; unique on the first two, so one person never has two parts."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="participations")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=20, choices=Part.choices)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["snapshot", "person"], name="one_part_per_person_and_snapshot"),
            one_of("part", Part, "part_known"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.part}"


class PartSeen(models.Model):
    """A person said that they have read one part of a snapshot (``assessments.parts``)."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="parts_seen")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [UniqueConstraint(fields=["snapshot", "person", "part"], name="part_seen_once")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.part}"


class Verdict(models.Model):
    """An approver's word on one snapshot. Triggers refuse it unless ``participation`` has the part ``approver``, ``seat_of`` may be filled by
    that person in ``stage``, and every earlier stage is closed. ``content``: the canonical bytes that were sealed, ``seal`` the organisation's
    signature over them (``accounts.signatures``); both empty in records of before there were any. Never updated."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participation = models.OneToOneField(Participation, on_delete=models.PROTECT, related_name="verdict_given")
    stage = models.ForeignKey(Stage, null=True, on_delete=models.PROTECT, related_name="verdicts")
    seat_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="whose voice it is: the person's own, or that of somebody who is away",
    )  # fmt: skip
    verdict = models.CharField(max_length=30, choices=VerdictKind.choices)
    role = models.CharField(max_length=20)
    meaning = models.CharField(max_length=20)
    statement = models.TextField()
    reason = models.TextField(blank=True, max_length=4000)
    snapshot_digest = models.CharField(max_length=80)
    at = models.DateTimeField()
    authentication = models.CharField(max_length=120)
    address = models.CharField(max_length=64, blank=True)
    client = models.CharField(max_length=300, blank=True)
    content = models.BinaryField(default=bytes)
    seal_algorithm = models.CharField(max_length=40, blank=True)
    seal_certificate = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the certificate, in hexadecimal digits")
    seal = models.BinaryField(default=bytes)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            one_of("verdict", VerdictKind, "verdict_known"),
            UniqueConstraint(fields=["stage", "seat_of"], condition=Q(stage__isnull=False), name="one_verdict_per_seat"),
        ]

    def __str__(self) -> str:
        return self.verdict


class Condition(models.Model):
    """What must be done for an approval to hold, by whom and until when. What becomes of it are rows of ConditionStep."""

    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, related_name="conditions")
    number = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=4000)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    owner_name = models.CharField(max_length=200)
    due_on = models.DateField()

    class Meta:
        ordering = ["verdict", "number"]
        constraints = [UniqueConstraint(fields=["verdict", "number"], name="condition_number_once")]

    def __str__(self) -> str:
        return self.text[:80]


class ConditionStepKind(models.TextChoices):
    MET = "met", _("Met")
    REOPENED = "reopened", _("Reopened")


class ConditionStep(models.Model):
    """A condition was met, or turned out not to be."""

    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=ConditionStepKind.choices)
    note = models.TextField(max_length=4000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [one_of("kind", ConditionStepKind, "condition_step_known")]

    def __str__(self) -> str:
        return self.kind


class Acceptance(models.Model):
    """A finding (``blocker``: its id) of the proposed option that an approver accepted, with reason and last day; names and ratings as they
    were then. ``expires_on`` is empty in records of before acceptances had a last day. Never updated."""

    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, related_name="acceptances")
    option_key = models.CharField(max_length=60)
    blocker = models.CharField(max_length=80)
    title = models.CharField(max_length=300, blank=True)
    message = models.TextField()
    inherent = models.CharField(max_length=10, blank=True)
    residual = models.CharField(max_length=10, blank=True)
    reason = models.TextField(max_length=4000)
    accepted_by = models.CharField(max_length=200, blank=True)
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [UniqueConstraint(fields=["verdict", "option_key", "blocker"], name="blocker_accepted_once")]

    def __str__(self) -> str:
        return self.blocker


class AcceptanceExpiry(models.Model):
    """An acceptance's last day has passed and its finding is open again; a row once it was told."""

    acceptance = models.OneToOneField(Acceptance, on_delete=models.PROTECT, related_name="expiry")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.acceptance_id} expired"


class DecisionRecord(models.Model):
    """What was decided on a snapshot and by whom: canonical JSON and its SHA-256. A trigger refuses an approval while a stage lacks its
    quorum. Never updated."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    snapshot = models.OneToOneField(Snapshot, on_delete=models.PROTECT, related_name="decision_record")
    outcome = models.CharField(max_length=20)
    content = models.BinaryField()
    digest = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.digest

    @classmethod
    def newest_of(cls, assessment: Assessment) -> DecisionRecord | None:
        """With its snapshot, whose content is read once somebody asks for it."""
        found = cls.objects.filter(snapshot__assessment=assessment).select_related("snapshot").defer("snapshot__content")
        return found.order_by("-created_at").first()
