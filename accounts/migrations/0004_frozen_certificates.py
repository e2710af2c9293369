"""A certificate that something was sealed with is never changed or deleted: the database says so too. And what sign-in needs to know besides."""

from django.db import migrations, models

from audit.triggers import append_only, drop_all

TABLE = "accounts_sealcertificate"
RETIRE_ONCE = f"{TABLE}_retire_once"
# SQLite's INSERT OR REPLACE would delete what it collides with, here the certificate in use as well.
UNIQUE = (
    "organisation_id = NEW.organisation_id AND (fingerprint = NEW.fingerprint OR (retired_at IS NULL AND NEW.retired_at IS NULL))"
)
COLUMNS = ("id", "organisation_id", "fingerprint", "certificate", "chain", "made_at")
REFUSAL = f"UPDATE on {TABLE} is refused: a certificate is retired once, and nothing else of it changes"


def install(apps, editor):
    append_only(editor, TABLE, unique=UNIQUE, refused=("DELETE",))
    if editor.connection.vendor == "postgresql":
        changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in COLUMNS)
        editor.execute(
            f"CREATE OR REPLACE FUNCTION {RETIRE_ONCE}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {changed} OR OLD.retired_at IS NOT NULL OR NEW.retired_at IS NULL THEN "
            f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$",
            params=None,
        )
        editor.execute(f"CREATE TRIGGER {RETIRE_ONCE} BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {RETIRE_ONCE}()")
    elif editor.connection.vendor == "sqlite":
        changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in COLUMNS)
        editor.execute(
            f"CREATE TRIGGER {RETIRE_ONCE} BEFORE UPDATE ON {TABLE} "
            f"WHEN {changed} OR OLD.retired_at IS NOT NULL OR NEW.retired_at IS NULL BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def uninstall(apps, editor):
    on = f" ON {TABLE}" if editor.connection.vendor == "postgresql" else ""
    editor.execute(f"DROP TRIGGER IF EXISTS {RETIRE_ONCE}{on}")
    drop_all(editor, TABLE)


def were_wrong(apps, editor):
    """What was counted until now counts on as wrong."""
    apps.get_model("accounts", "FailedCheck").objects.update(wrong=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_second_factors"), ("audit", "0001_initial")]

    operations = [
        migrations.AddField(model_name="user", name="session_generation", field=models.PositiveIntegerField(default=0)),
        migrations.AddField(model_name="apitoken", name="revoked_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddField(model_name="failedcheck", name="wrong", field=models.BooleanField(default=False)),
        migrations.CreateModel(
            name="RefusedToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=64)),
                ("prefix", models.CharField(max_length=16)),
                ("known", models.BooleanField()),
                ("at", models.DateTimeField(db_index=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("source", "prefix", "known"), name="refused_token_told_once")],
            },
        ),
        migrations.RunPython(were_wrong, migrations.RunPython.noop),
        migrations.RunPython(install, uninstall),
    ]
