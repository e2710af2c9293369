"""What the portfolio keeps of each assessment is worked out anew: a risk may be not known yet now, and findings of law have a category."""

from django.db import migrations


def out_of_date(apps, editor):
    apps.get_model("assessments", "Standing").objects.update(of_change=None)


class Migration(migrations.Migration):
    dependencies = [("assessments", "0009_examples")]
    operations = [migrations.RunPython(out_of_date, migrations.RunPython.noop)]
