"""Access of auditors that is limited in time and scope, which the database keeps as it was given, and a count of what is done without signing in."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from audit.triggers import append_only, drop_all

FROZEN = {
    "accounts_auditaccess": "1 = 0",
    "accounts_auditedassessment": "access_id = NEW.access_id AND assessment = NEW.assessment",
    "accounts_auditaccessend": "access_id = NEW.access_id",
}


def freeze(apps, editor):
    for table, unique in FROZEN.items():
        append_only(editor, table, unique=unique)


def thaw(apps, editor):
    for table in FROZEN:
        drop_all(editor, table)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_frozen_certificates"), ("audit", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="AuditAccess",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("listed", models.BooleanField()),
                ("period_from", models.DateField(blank=True, null=True)),
                ("period_to", models.DateField(blank=True, null=True)),
                ("reason", models.TextField(max_length=1000)),
                ("given_at", models.DateTimeField()),
                (
                    "given_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="audit_accesses", to="accounts.organisation"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="audit_accesses", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-ends_on", "id"],
                "indexes": [models.Index(fields=["user", "organisation", "ends_on"], name="audit_access_by_person")],
                "constraints": [
                    models.CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="audit_access_days_in_order"),
                    models.CheckConstraint(
                        condition=Q(period_from__isnull=True) | Q(period_to__isnull=True) | Q(period_from__lte=F("period_to")),
                        name="audit_access_period_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditedAssessment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("assessment", models.UUIDField()),
                (
                    "access",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="audited", to="accounts.auditaccess"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(fields=("access", "assessment"), name="audited_assessment_once")],
            },
        ),
        migrations.CreateModel(
            name="AuditAccessEnd",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("reason", models.TextField(max_length=1000)),
                (
                    "access",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="ended", to="accounts.auditaccess"
                    ),
                ),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="RateCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.CharField(max_length=20)),
                ("source", models.CharField(max_length=64)),
                ("began", models.DateTimeField(db_index=True)),
                ("count", models.PositiveIntegerField()),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("what", "source"), name="rate_counted_once")]},
        ),
        migrations.RunPython(freeze, thaw),
    ]
