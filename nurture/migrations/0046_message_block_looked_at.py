"""Messages of before are looked at while everybody works on."""

from django.db import migrations

from team.aside import ValidateAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0045_message_block_bounce")]

    operations = [ValidateAside(model_name="message", name="message_block_came_back")]
