"""The trail is append-only in the database too: whoever reaches it with another tool is refused like everybody else."""

from django.db import migrations

from audit import triggers


def install(apps, schema_editor):
    triggers.append_only(
        schema_editor, "audit_auditevent", unique='stream = NEW.stream AND "index" = NEW."index"', refused=("UPDATE", "DELETE")
    )
    # Names and free texts can be deleted, which is how a person is erased; they can't be rewritten.
    triggers.append_only(schema_editor, "audit_auditprivate", unique="event_id = NEW.event_id AND key = NEW.key", refused=("UPDATE",))
    triggers.append_only(schema_editor, "audit_streamhead", unique="stream = NEW.stream", refused=("DELETE",))
    triggers.forwards_only(schema_editor, "audit_streamhead")


def remove(apps, schema_editor):
    for table in ("audit_auditevent", "audit_auditprivate", "audit_streamhead"):
        triggers.drop_all(schema_editor, table)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
