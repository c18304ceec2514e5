"""Every message was looked at: see what 0032 takes back."""

from django.db import migrations

from team.aside import ValidateAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0032_settled_never_left")]

    operations = [ValidateAside(model_name="message", name="message_settled_never_left")]
