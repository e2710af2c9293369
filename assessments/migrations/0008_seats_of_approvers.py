"""A seat can be spoken for only while the person whose it is holds the role of an approver: the trigger of 0005 knew of the deputy's role alone."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("assessments.migrations.0005_frozen_sign_off")
NAME = "assessments_verdict_in_turn"
SEAT = "t.person_id = NEW.seat_of_id)"
HELD = """
              AND EXISTS (SELECT 1 FROM accounts_membership n
                          WHERE n.user_id = NEW.seat_of_id AND n.organisation_id = a.organisation_id AND n.role = 'approver')"""


def replace(editor, may_speak):
    """The trigger with another condition."""
    message = next(message for _table, name, _condition, message in BEFORE.GUARDS if name == NAME)
    if editor.connection.vendor == "postgresql":
        refused = may_speak.format(day="(NEW.at AT TIME ZONE 'UTC')::date")
        editor.execute(
            f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS ({refused}) THEN "
            f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$",
            params=None,
        )
    elif editor.connection.vendor == "sqlite":
        refused = may_speak.format(day="date(NEW.at)")
        editor.execute(f"DROP TRIGGER IF EXISTS {NAME}")
        editor.execute(
            f"CREATE TRIGGER {NAME} BEFORE INSERT ON assessments_verdict WHEN NOT EXISTS ({refused}) "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def install(apps, editor):
    assert BEFORE.MAY_SPEAK.count(SEAT) == 1
    replace(editor, BEFORE.MAY_SPEAK.replace(SEAT, SEAT + HELD))


def uninstall(apps, editor):
    replace(editor, BEFORE.MAY_SPEAK)


class Migration(migrations.Migration):
    dependencies = [("assessments", "0007_standings")]
    operations = [migrations.RunPython(install, uninstall)]
