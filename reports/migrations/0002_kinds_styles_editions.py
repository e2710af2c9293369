import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

def fill(apps, editor):
    """Of one decision there may be reports by several templates: each takes the place of the one before."""
    Report = apps.get_model("reports", "Report")
    former = {}
    for report in Report.objects.order_by("created_at", "template_version").select_related("decision_record"):
        last = former.get((report.decision_record_id, report.kind))
        report.snapshot_id = report.decision_record.snapshot_id
        if last is not None:
            report.edition, report.supersedes_id, report.reason = last.edition + 1, last.pk, "Made again by a later template."
        report.save()
        former[report.decision_record_id, report.kind] = report


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_frozen_certificates"),
        ("assessments", "0005_frozen_sign_off"),
        ("reports", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="ReportStyle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("paper", models.CharField(choices=[("A4", "A4 (210 × 297 mm)"), ("letter", "Letter (8.5 × 11 in)")], default="A4", max_length=10)),
                ("colour", models.CharField(help_text="of headings: # and six hexadecimal digits", max_length=7)),
                ("logo", models.BinaryField(blank=True, default=b"", help_text="a PNG that was drawn anew from what was uploaded, or nothing")),
                ("created_at", models.DateTimeField()),
                ("created_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="report_styles", to="accounts.organisation")),
            ],
            options={
                "ordering": ["organisation", "-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "version"), name="report_style_version_once"),
                    models.CheckConstraint(condition=Q(("paper__in", ["A4", "letter"])), name="report_style_paper_known"),
                ],
            },
        ),
        migrations.RemoveConstraint(model_name="report", name="report_made_once"),
        migrations.RemoveConstraint(model_name="report", name="report_kind_known"),
        migrations.AlterField(
            model_name="report", name="kind",
            field=models.CharField(
                choices=[("sign_off", "Sign-off report"), ("executive_summary", "Executive summary"), ("draft", "Draft of the sign-off report")],
                default="sign_off", max_length=20,
            ),
        ),
        migrations.AddField(model_name="report", name="edition", field=models.PositiveSmallIntegerField(default=1)),
        migrations.AddField(
            model_name="report", name="supersedes",
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="superseded_by", to="reports.report"),
        ),
        migrations.AddField(
            model_name="report", name="reason", field=models.TextField(blank=True, default="", help_text="why the former edition was replaced"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="report", name="style",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="reports.reportstyle"),
        ),
        migrations.AddField(
            model_name="report", name="snapshot",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="assessments.snapshot"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="report", name="snapshot",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="assessments.snapshot"),
        ),
        migrations.AlterField(
            model_name="report", name="decision_record",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="assessments.decisionrecord"),
        ),
    ]

