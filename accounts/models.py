"""Who may act: people, organisations, the roles they hold there, and tokens for the API."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    RISK_OFFICER = "risk_officer", _("Risk officer")
    CONTRIBUTOR = "contributor", _("Contributor")
    APPROVER = "approver", _("Approver")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Others refer to them by ``reference``, which says nothing about them. ``temporary_password``: an administrator has seen it.

    ``session_generation``: a session is good for the number at which it began, so raising it ends all that there are. ``places_read``: what
    ``accounts.access.places_of`` says of who was read for a request just now, to be used once.
    """

    places_read: dict[Organisation, frozenset[str]] | None = None

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)
    temporary_password = models.BooleanField(default=False)
    session_generation = models.PositiveIntegerField(default=0)
    guide_closed_at = models.DateTimeField(null=True, blank=True, help_text="when they put the introduction away for good")
    time_zone = models.CharField(max_length=64, blank=True, default="", help_text="what pages show times in; empty: as the organisation")
    formats = models.CharField(max_length=10, blank=True, default="", help_text="whose conventions pages are written by; empty likewise")

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def reference(self) -> str:
        return f"person:{self.uuid}"

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must hold to be this person's; Django changes it with the password alone."""
        theirs: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        return f"{theirs}.{self.session_generation}" if self.session_generation else theirs

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class RiskAppetite(models.TextChoices):
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class Organisation(models.Model):
    """``risk_appetite`` is how much residual risk it tolerates; ``stream`` names its log in the trail."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    risk_appetite = models.CharField(max_length=10, choices=RiskAppetite.choices, default=RiskAppetite.MEDIUM)
    time_zone = models.CharField(max_length=64, blank=True, default="", help_text="for whoever has chosen none; empty: UTC")
    formats = models.CharField(max_length=10, blank=True, default="", help_text="likewise; empty: British")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [CheckConstraint(condition=Q(risk_appetite__in=RiskAppetite.values), name="risk_appetite_known")]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"org:{self.uuid}"


class Membership(models.Model):
    """One role of one person in one organisation; a person may hold several."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        ordering = ["organisation", "user", "role"]
        constraints = [
            UniqueConstraint(fields=["user", "organisation", "role"], name="role_held_once"),
            CheckConstraint(condition=Q(role__in=Role.values), name="role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.organisation}"


class ApiToken(models.Model):
    """A token for the API, bound to one person and one organisation; only its SHA-256 is kept, and ``prefix`` to find it by.

    The row of a revoked one stays, so that its use can be told from a guess.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    created = models.DateTimeField(auto_now_add=True)
    last_used = models.DateTimeField(null=True, blank=True)
    expires = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created", "id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class RefusedToken(models.Model):
    """A token of the API whose refusal the trail was told of at ``at``; the same isn't told again for a while.

    ``source``: the address that sent it, of IPv6 its network of 64 bits. ``known``: it was the secret of a token that is good no more.
    """

    source = models.CharField(max_length=64)
    prefix = models.CharField(max_length=16)
    known = models.BooleanField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["source", "prefix", "known"], name="refused_token_told_once")]

    def __str__(self) -> str:
        return f"{self.prefix}… from {self.source}"


class FailedCheck(models.Model):
    """An attempt to authenticate anew, from its beginning; it goes once one was right. ``wrong``: it is known to have been."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    wrong = models.BooleanField(default=False)

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.user} {self.at}"


class SealCertificate(models.Model):
    """A certificate that an organisation seals or sealed with; the row comes into being at its first use, and stays.

    ``fingerprint``: SHA-256 of ``certificate`` (DER) in hexadecimal digits. ``chain``: its issuers' certificates, each DER in base64.
    ``retired_at``: when another took its place.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="seal_certificates")
    fingerprint = models.CharField(max_length=64)
    certificate = models.BinaryField()
    chain = models.JSONField(default=list)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["organisation", "made_at", "id"]
        constraints = [
            UniqueConstraint(fields=["organisation", "fingerprint"], name="seal_certificate_known_once"),
            UniqueConstraint(fields=["organisation"], condition=Q(retired_at__isnull=True), name="one_seal_in_use"),
        ]

    def __str__(self) -> str:
        return self.fingerprint


class UsedProof(models.Model):
    """A second factor or fresh sign-in that a person has used, so that it isn't good again.

    ``proof``: ``totp:<step of 30 seconds>``, ``passkey:<challenge>`` or ``provider:<nonce>``.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    proof = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["user", "proof"], name="proof_used_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.proof}"


class AuditAccess(models.Model):
    """An auditor's access that is limited in time and scope, from ``starts_on`` to ``ends_on`` (days in UTC, both inclusive). Never changed: it is
    ended early by a row of AuditAccessEnd. It counts only while its person holds no role there, since a role isn't limited.

    ``listed``: only the assessments of its AuditedAssessment rows are in scope, which may be none. ``period_from`` and ``period_to``: only
    assessments that were submitted or decided on these days; None where that side is open. Both narrow.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="audit_accesses")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="audit_accesses")
    starts_on = models.DateField()
    ends_on = models.DateField()
    listed = models.BooleanField()
    period_from = models.DateField(null=True, blank=True)
    period_to = models.DateField(null=True, blank=True)
    reason = models.TextField(max_length=1000)
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        ordering = ["-ends_on", "id"]
        constraints = [
            CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="audit_access_days_in_order"),
            CheckConstraint(
                condition=Q(period_from__isnull=True) | Q(period_to__isnull=True) | Q(period_from__lte=F("period_to")),
                name="audit_access_period_in_order",
            ),
        ]
        indexes = [models.Index(fields=["user", "organisation", "ends_on"], name="audit_access_by_person")]

    def __str__(self) -> str:
        return f"{self.user} audits {self.organisation} until {self.ends_on}"

    @property
    def whole(self) -> bool:
        """Whether every assessment is in scope."""
        return not (self.listed or self.period_from or self.period_to)


class AuditedAssessment(models.Model):
    """An assessment, by its id, that an access is about; assessments are no concern of this app, so it is no foreign key."""

    access = models.ForeignKey(AuditAccess, on_delete=models.PROTECT, related_name="audited")
    assessment = models.UUIDField()

    class Meta:
        ordering = ["id"]
        constraints = [UniqueConstraint(fields=["access", "assessment"], name="audited_assessment_once")]

    def __str__(self) -> str:
        return f"{self.access_id} {self.assessment}"


class AuditAccessEnd(models.Model):
    """An access that was taken back before its last day."""

    access = models.OneToOneField(AuditAccess, on_delete=models.PROTECT, related_name="ended")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(max_length=1000)

    def __str__(self) -> str:
        return f"{self.access_id} ended"


class Session(AbstractBaseSession):
    """A session in a browser, and whose it is while somebody is signed in there. Its key is what the browser shows."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from accounts.sessions import SessionStore

        return SessionStore


class RateCount(models.Model):
    """How often ``source``, an address or of IPv6 its network of 64 bits, has done ``what`` since ``began``, where nobody signs in."""

    what = models.CharField(max_length=20)
    source = models.CharField(max_length=64)
    began = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [UniqueConstraint(fields=["what", "source"], name="rate_counted_once")]

    def __str__(self) -> str:
        return f"{self.what} {self.source}: {self.count}"
