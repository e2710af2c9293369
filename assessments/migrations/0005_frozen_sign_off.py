"""What a sign-off consists of is never updated or deleted, nobody speaks out of turn or twice, and no approval lacks its quorum: the database says so too."""

from django.db import migrations

from audit.triggers import append_only, drop_all

FROZEN = {
    "assessments_verdict": "participation_id = NEW.participation_id",
    "assessments_acceptance": "verdict_id = NEW.verdict_id AND option_key = NEW.option_key AND blocker = NEW.blocker",
    "assessments_stage": "snapshot_id = NEW.snapshot_id AND position = NEW.position",
    "assessments_seat": "stage_id = NEW.stage_id AND person_id = NEW.person_id",
    "assessments_partseen": "snapshot_id = NEW.snapshot_id AND person_id = NEW.person_id AND part = NEW.part",
    "assessments_condition": "verdict_id = NEW.verdict_id AND number = NEW.number",
    "assessments_conditionstep": "1 = 0",
    "assessments_acceptanceexpiry": "acceptance_id = NEW.acceptance_id",
    "assessments_delegation": "1 = 0",
    "assessments_delegationend": "delegation_id = NEW.delegation_id",
    "assessments_signoffpolicy": "organisation_id = NEW.organisation_id AND version = NEW.version",
}

UNFILLED = (
    "(SELECT count(*) FROM assessments_verdict v WHERE v.stage_id = {stage}.id AND v.verdict IN ('approve', 'approve_with_conditions')) "
    "< {stage}.needed"
)

# {day}: the UTC day of NEW.at.
MAY_SPEAK = f"""
    SELECT 1 FROM assessments_participation p
    JOIN assessments_snapshot s ON s.id = p.snapshot_id
    JOIN assessments_assessment a ON a.id = s.assessment_id
    JOIN assessments_stage g ON g.id = NEW.stage_id AND g.snapshot_id = s.id
    WHERE p.id = NEW.participation_id AND p.part = 'approver' AND s.digest = NEW.snapshot_digest
    AND EXISTS (SELECT 1 FROM accounts_membership m
                WHERE m.user_id = p.person_id AND m.organisation_id = a.organisation_id AND m.role = 'approver')
    AND (NEW.seat_of_id = p.person_id OR EXISTS (
        SELECT 1 FROM assessments_delegation d
        WHERE d.organisation_id = a.organisation_id AND d.of_id = NEW.seat_of_id AND d.to_id = p.person_id
        AND {{day}} BETWEEN d.starts_on AND d.ends_on
        AND NOT EXISTS (SELECT 1 FROM assessments_delegationend e WHERE e.delegation_id = d.id)))
    AND NOT EXISTS (SELECT 1 FROM assessments_participation q
                    WHERE q.snapshot_id = s.id AND q.person_id = NEW.seat_of_id AND q.part <> 'approver')
    AND ((g.role = '' AND EXISTS (SELECT 1 FROM assessments_seat t WHERE t.stage_id = g.id AND t.person_id = NEW.seat_of_id))
         OR (g.role <> '' AND EXISTS (
             SELECT 1 FROM accounts_membership m
             WHERE m.user_id = NEW.seat_of_id AND m.organisation_id = a.organisation_id AND m.role = g.role)))
    AND NOT EXISTS (SELECT 1 FROM assessments_stage f
                    WHERE f.snapshot_id = s.id AND f.position < g.position AND {UNFILLED.format(stage="f")})
"""

LACKS = f"""
    (NEW.outcome = 'approved' AND (
        NOT EXISTS (SELECT 1 FROM assessments_stage f WHERE f.snapshot_id = NEW.snapshot_id)
        OR EXISTS (SELECT 1 FROM assessments_stage f WHERE f.snapshot_id = NEW.snapshot_id AND {UNFILLED.format(stage="f")})))
    OR (NEW.outcome <> 'approved' AND NOT EXISTS (
        SELECT 1 FROM assessments_verdict v JOIN assessments_participation p ON p.id = v.participation_id
        WHERE p.snapshot_id = NEW.snapshot_id AND v.verdict = 'reject'))
"""

GUARDS = (
    (
        "assessments_verdict", "assessments_verdict_in_turn", "NOT EXISTS ({may_speak})",
        "a verdict needs an approver without another part, whose seat and turn it is in a stage of its snapshot",
    ),
    ("assessments_decisionrecord", "assessments_decision_has_quorum", "{lacks}", "a decision needs the verdicts of its stages"),
)


def install(apps, editor):
    for table, unique in FROZEN.items():
        append_only(editor, table, unique=unique)
    postgresql = editor.connection.vendor == "postgresql"
    day = "(NEW.at AT TIME ZONE 'UTC')::date" if postgresql else "date(NEW.at)"
    for table, name, condition, message in GUARDS:
        refused = condition.format(may_speak=MAY_SPEAK.format(day=day), lacks=LACKS)
        if postgresql:
            editor.execute(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {refused} THEN "
                f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$",
                params=None,
            )
            editor.execute(f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
        elif editor.connection.vendor == "sqlite":
            editor.execute(f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {refused} BEGIN SELECT RAISE(ABORT, '{message}'); END")


def uninstall(apps, editor):
    for table, name, _condition, _message in GUARDS:
        on = f" ON {table}" if editor.connection.vendor == "postgresql" else ""
        editor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
    for table in FROZEN:
        drop_all(editor, table)


class Migration(migrations.Migration):
    dependencies = [("assessments", "0004_stages_and_register"), ("audit", "0001_initial"), ("accounts", "0001_initial")]
    operations = [migrations.RunPython(install, uninstall)]
