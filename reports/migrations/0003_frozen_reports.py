from django.db import migrations, models
from django.db.models import Q

from audit.triggers import append_only, drop_all

FROZEN = {
    "reports_report": "decision_record_id = NEW.decision_record_id AND kind = NEW.kind AND edition = NEW.edition",
    "reports_reportstyle": "organisation_id = NEW.organisation_id AND version = NEW.version",
}


def freeze(apps, editor):
    for table, unique in FROZEN.items():
        append_only(editor, table, unique=unique)


def thaw(apps, editor):
    for table in FROZEN:
        drop_all(editor, table)


class Migration(migrations.Migration):
    """Apart from the migration that fills the rows: PostgreSQL alters no table that rows were changed in just before."""

    dependencies = [("reports", "0002_kinds_styles_editions")]
    operations = [
        migrations.AddConstraint(
            model_name="report", constraint=models.UniqueConstraint(fields=("decision_record", "kind", "edition"), name="report_made_once")
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.UniqueConstraint(condition=Q(("kind", "draft")), fields=("snapshot", "edition"), name="report_draft_made_once"),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(condition=Q(("kind__in", ["sign_off", "executive_summary", "draft"])), name="report_kind_known"),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=Q(
                    Q(("decision_record__isnull", True), ("kind", "draft")),
                    Q(Q(("kind", "draft"), _negated=True), ("decision_record__isnull", False)),
                    _connector="OR",
                ),
                name="report_decided_unless_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=Q(
                    Q(("edition", 1), ("supersedes__isnull", True)), Q(("edition__gt", 1), ("supersedes__isnull", False)), _connector="OR"
                ),
                name="report_later_edition_supersedes",
            ),
        ),
        migrations.RunPython(freeze, thaw),
    ]
