"""SQLite has no INSERT inside WITH: there a view takes an entry with its texts and the head's new end, and a trigger puts each where it belongs.

It refuses nothing and decides nothing; the tables' own triggers stand guard over what it writes as over everything else. Nothing can be
read from the view. A later migration that alters one of the three tables drops the view first and makes it again afterwards, since SQLite
renames no table while a trigger speaks of one that isn't there.
"""

from django.db import migrations

VIEW = """
CREATE VIEW audit_append AS SELECT
    NULL AS id, NULL AS stream, NULL AS "index", NULL AS at, NULL AS actor, NULL AS action, NULL AS object_type, NULL AS object_id,
    NULL AS request, NULL AS canonical, NULL AS leaf_hash, NULL AS head_id, NULL AS frontier, NULL AS texts, NULL AS salts
WHERE false
"""
# ``texts``: a JSON array of [key, text, about]; ``salts``: 16 bytes for each, joined, since JSON has no bytes.
WRITE = """
CREATE TRIGGER audit_append_write INSTEAD OF INSERT ON audit_append BEGIN
    INSERT INTO audit_auditevent (id, stream, "index", at, actor, action, object_type, object_id, request, canonical, leaf_hash)
    VALUES (NEW.id, NEW.stream, NEW."index", NEW.at, NEW.actor, NEW.action, NEW.object_type, NEW.object_id, NEW.request, NEW.canonical,
            NEW.leaf_hash);
    INSERT INTO audit_auditprivate (event_id, key, text, salt, about)
    SELECT NEW.id, json_extract(value, '$[0]'), json_extract(value, '$[1]'), substr(NEW.salts, 1 + 16 * key, 16), json_extract(value, '$[2]')
    FROM json_each(NEW.texts);
    UPDATE audit_streamhead SET size = NEW."index" + 1, frontier = NEW.frontier, latest_at = NEW.at WHERE id = NEW.head_id;
END
"""


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(VIEW)
        schema_editor.execute(WRITE)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP VIEW audit_append")  # and its trigger with it


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_checkpoints")]
    operations = [migrations.RunPython(install, remove)]
