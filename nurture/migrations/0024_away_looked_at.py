"""What came in before keeps to the effects that are known: looked at while everybody works on."""

from django.db import migrations

from team.aside import ValidateAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0023_away")]

    operations = [ValidateAside(model_name="incoming", name="incoming_effect_is_known")]
