"""Who may act: people, organisations, the roles they hold there, and tokens for the API."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint


class Role(models.TextChoices):
    RISK_OFFICER = "risk_officer", "Risk officer"
    CONTRIBUTOR = "contributor", "Contributor"
    APPROVER = "approver", "Approver"
    AUDITOR = "auditor", "Auditor"
    ADMINISTRATOR = "administrator", "Administrator"


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
    """A person. Others refer to them by ``reference``, which says nothing about them. ``temporary_password``: an administrator has seen it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)
    temporary_password = models.BooleanField(default=False)

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

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class RiskAppetite(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


class Organisation(models.Model):
    """``risk_appetite`` is how much residual risk it tolerates; ``stream`` names its log in the trail."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    risk_appetite = models.CharField(max_length=10, choices=RiskAppetite.choices, default=RiskAppetite.MEDIUM)
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
    """A token for the API, bound to one person and one organisation; only its SHA-256 is kept, and ``prefix`` to find it by."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    created = models.DateTimeField(auto_now_add=True)
    last_used = models.DateTimeField(null=True, blank=True)
    expires = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created", "id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class FailedCheck(models.Model):
    """A wrong password given when signing."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

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
