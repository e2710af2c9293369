"""What is described and asked: use cases, their assessments with options, responses, figures and evidence."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation

if TYPE_CHECKING:
    from assessments.models.deciding import Snapshot


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    RETURNED = "returned", _("Returned")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")
    SUPERSEDED = "superseded", _("Superseded")


OPEN_STATUSES = (Status.DRAFT, Status.RETURNED)
# Its proposed option was approved once; before that, and where it wasn't, it is a proposal.
CHOSEN_STATUSES = (Status.APPROVED, Status.EXPIRED, Status.SUPERSEDED)


class Sourcing(models.TextChoices):
    CLOSED_API = "closed_api", _("Closed API")
    MANAGED_OPEN = "managed_open", _("Managed open weights")
    SELF_HOSTED_OPEN = "self_hosted_open", _("Self-hosted open weights")
    ON_DEVICE_OPEN = "on_device_open", _("On-device open weights")


class State(models.TextChoices):
    ANSWERED = "answered", _("Answered")
    UNKNOWN = "unknown", _("Unknown")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")
    UNANSWERED = "unanswered", _("Unanswered")


class BasisOfAnswer(models.TextChoices):
    UNSUPPORTED = "unsupported", _("Unsupported")
    SELF_DECLARED = "self_declared", _("Self-declared")
    PUBLISHED = "published", _("Published")
    CONTRACTUAL = "contractual", _("Contractual")
    CERTIFIED = "certified", _("Certified")


def archetype_weights() -> str:
    return "archetype"


def one_of(field: str, choices: type[models.TextChoices], name: str) -> CheckConstraint:
    return CheckConstraint(condition=Q(**{f"{field}__in": choices.values}), name=name)


class UseCase(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="use_cases")
    name = models.CharField(max_length=200)
    purpose = models.TextField(max_length=4000)
    archetype = models.CharField(max_length=80)
    owner = models.CharField(max_length=200, blank=True, help_text="who answers for the use case in the business")
    people_affected = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Assessment(models.Model):
    """``weights`` is ``"archetype"``, the name of a profile, or a map of criterion to weight (as text); ``as_of`` is today while it is empty."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="assessments")
    use_case = models.ForeignKey(UseCase, on_delete=models.PROTECT, related_name="assessments")
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT)
    catalogue = models.CharField(max_length=100, help_text="key@version of the release it is pinned to")
    catalogue_digest = models.CharField(max_length=80)
    as_of = models.DateField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="EUR")
    weights = models.JSONField(default=archetype_weights)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assessments_written")
    proposed_option = models.ForeignKey("Option", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    proposal_reason = models.TextField(max_length=4000, blank=True)
    review_on = models.DateField(null=True, blank=True, help_text="the day on which an approval expires unless it is renewed")
    supersedes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="successors",
        help_text="the approved assessment that this one takes the place of once it is approved itself",
    )  # fmt: skip
    is_example = models.BooleanField(default=False, help_text="a worked example to look at: no portfolio counts it")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at", "id"]
        constraints = [one_of("status", Status, "assessment_status_known")]
        indexes = [models.Index(fields=["organisation", "-updated_at"]), models.Index(fields=["organisation", "status"])]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def is_chosen(self) -> bool:
        """Whether its proposed option is more than a proposal."""
        return self.status in CHOSEN_STATUSES

    @property
    def latest_snapshot(self) -> Snapshot | None:
        return self.snapshots.order_by("-number").first()


class Option(models.Model):
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="options")
    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=200)
    sourcing = models.CharField(max_length=20, choices=Sourcing.choices)
    provider = models.CharField(max_length=200, blank=True)
    model = models.CharField(max_length=200, blank=True)
    fallback_sourcing = models.CharField(
        max_length=20, blank=True, choices=Sourcing.choices, help_text="empty: it has no fallback of its own"
    )
    fallback_provider = models.CharField(max_length=200, blank=True)
    fallback_model = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3, blank=True, help_text="of its cost figures; the demand's if empty")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            UniqueConstraint(fields=["assessment", "key"], name="option_key_once"),
            one_of("sourcing", Sourcing, "option_sourcing_known"),
            CheckConstraint(condition=Q(fallback_sourcing__in=["", *Sourcing.values]), name="option_fallback_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Response(models.Model):
    """One dated answer. ``value`` is a choice id, a list of them, or a number, date or text as text; null unless it is answered."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="responses")
    option = models.ForeignKey(Option, null=True, blank=True, on_delete=models.CASCADE, related_name="responses")
    question = models.CharField(max_length=80)
    state = models.CharField(max_length=20, choices=State.choices, default=State.UNANSWERED)
    value = models.JSONField(null=True, blank=True)
    basis = models.CharField(max_length=20, choices=BasisOfAnswer.choices, default=BasisOfAnswer.UNSUPPORTED)
    note = models.TextField(max_length=4000, blank=True)
    revision = models.PositiveIntegerField(default=0)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    first_answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="whose answer for the organisation was taken over",
    )  # fmt: skip

    class Meta:
        ordering = ["id"]
        constraints = [
            UniqueConstraint(fields=["assessment", "question"], condition=Q(option__isnull=True), name="use_case_answered_once"),
            UniqueConstraint(fields=["option", "question"], condition=Q(option__isnull=False), name="option_answered_once"),
            one_of("state", State, "response_state_known"),
            one_of("basis", BasisOfAnswer, "response_basis_known"),
        ]

    def __str__(self) -> str:
        return self.question


class OrganisationAnswer(models.Model):
    """What the organisation says of itself once: kept here, offered in each assessment, and frozen there with the answer that took it over.

    ``value`` as in Response; the questions are those that the newest release marks as the organisation's own.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="answers")
    question = models.CharField(max_length=80)
    value = models.JSONField()
    basis = models.CharField(max_length=20, choices=BasisOfAnswer.choices, default=BasisOfAnswer.SELF_DECLARED)
    note = models.TextField(max_length=4000, blank=True)
    revision = models.PositiveIntegerField(default=0)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ["question"]
        constraints = [
            UniqueConstraint(fields=["organisation", "question"], name="organisation_answered_once"),
            one_of("basis", BasisOfAnswer, "organisation_basis_known"),
        ]

    def __str__(self) -> str:
        return self.question


class Figure(models.Model):
    """One number of the demand (no option, category ``demand``) or of an option's costs. A row with an empty key says that the category
    stands and that nothing more is known of it: alone, it says that the category costs nothing."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="figures")
    option = models.ForeignKey(Option, null=True, blank=True, on_delete=models.CASCADE, related_name="figures")
    category = models.CharField(max_length=40)
    key = models.CharField(max_length=60, blank=True)
    low = models.DecimalField(max_digits=28, decimal_places=8, null=True, blank=True)
    likely = models.DecimalField(max_digits=28, decimal_places=8, default=Decimal(0))
    high = models.DecimalField(max_digits=28, decimal_places=8, null=True, blank=True)
    source = models.CharField(max_length=300, blank=True, help_text="where it is published, if it is what the catalogue offered")
    revision = models.PositiveIntegerField(default=0)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            UniqueConstraint(fields=["assessment", "category", "key"], condition=Q(option__isnull=True), name="demand_figure_once"),
            UniqueConstraint(fields=["option", "category", "key"], condition=Q(option__isnull=False), name="cost_figure_once"),
            CheckConstraint(condition=Q(likely__gte=0) | Q(category="demand"), name="figure_not_negative"),
            CheckConstraint(
                condition=Q(low__isnull=True, high__isnull=True)
                | Q(low__isnull=False, high__isnull=False, low__lte=F("likely"), likely__lte=F("high")),
                name="figure_range_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category}.{self.key}"


def evidence_path(evidence: Evidence, filename: str) -> str:
    """Files lie under their digest's beginning and a random name; the name that a person gave is only data."""
    return f"evidence/{evidence.response.assessment_id}/{evidence.sha256[:12]}-{uuid.uuid4().hex[:8]}"


class Evidence(models.Model):
    """A file that an answer rests on. One that was only named, by an imported assessment file, has no file and size 0."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="evidence")
    file = models.FileField(upload_to=evidence_path, max_length=200, blank=True)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["uploaded_at", "id"]
        constraints = [UniqueConstraint(fields=["response", "sha256"], name="evidence_once_per_response")]

    def __str__(self) -> str:
        return self.name
