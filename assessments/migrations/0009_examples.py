"""Examples, which no portfolio counts. SQLite alters a table by making it anew, which triggers that read it don't outlive."""

from django.db import migrations, models

from audit.triggers import rested


class AddField(migrations.AddField):
    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        with rested(schema_editor, "assessments_assessment"):
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        with rested(schema_editor, "assessments_assessment"):
            super().database_backwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [("assessments", "0008_seats_of_approvers")]
    operations = [
        AddField(
            "assessment", "is_example",
            models.BooleanField(default=False, help_text="a worked example to look at: no portfolio counts it"),
        ),
    ]  # fmt: skip
