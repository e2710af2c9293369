"""Frozen records are never updated or deleted, and a verdict belongs to an approver's part: the database says so too."""

from django.db import migrations

from audit.triggers import append_only, drop_all

FROZEN = {
    "assessments_snapshot": "assessment_id = NEW.assessment_id AND number = NEW.number",
    "assessments_participation": "snapshot_id = NEW.snapshot_id AND person_id = NEW.person_id",
    "assessments_verdict": "participation_id = NEW.participation_id",
    "assessments_acceptance": "verdict_id = NEW.verdict_id AND option_key = NEW.option_key AND blocker = NEW.blocker",
    "assessments_decisionrecord": "snapshot_id = NEW.snapshot_id",
}
NOT_APPROVER = "a verdict needs the part of approver in its snapshot"


def install(apps, editor):
    for table, unique in FROZEN.items():
        append_only(editor, table, unique=unique)
    if editor.connection.vendor == "postgresql":
        editor.execute(
            """
            CREATE OR REPLACE FUNCTION assessments_verdict_by_approver() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NOT EXISTS (SELECT 1 FROM assessments_participation p WHERE p.id = NEW.participation_id AND p.part = 'approver') THEN
                    RAISE EXCEPTION 'a verdict needs the part of approver in its snapshot' USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                RETURN NEW;
            END $$
            """,
            params=None,
        )
        editor.execute(
            "CREATE TRIGGER assessments_verdict_by_approver BEFORE INSERT ON assessments_verdict "
            "FOR EACH ROW EXECUTE FUNCTION assessments_verdict_by_approver()"
        )
    elif editor.connection.vendor == "sqlite":
        editor.execute(
            "CREATE TRIGGER assessments_verdict_by_approver BEFORE INSERT ON assessments_verdict "
            "WHEN NOT EXISTS (SELECT 1 FROM assessments_participation p WHERE p.id = NEW.participation_id AND p.part = 'approver') "
            f"BEGIN SELECT RAISE(ABORT, '{NOT_APPROVER}'); END"
        )


def uninstall(apps, editor):
    for table in FROZEN:
        drop_all(editor, table)
    on = " ON assessments_verdict" if editor.connection.vendor == "postgresql" else ""
    editor.execute(f"DROP TRIGGER IF EXISTS assessments_verdict_by_approver{on}")


class Migration(migrations.Migration):
    dependencies = [("assessments", "0001_initial"), ("audit", "0001_initial")]
    operations = [migrations.RunPython(install, uninstall)]
