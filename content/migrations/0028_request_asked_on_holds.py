"""Every request was looked at: see what 0027 adds."""

from django.db import migrations

from team.aside import ValidateAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("content", "0027_request_asked_on")]

    operations = [ValidateAside(model_name="contentrequest", name="contentrequest_needed_on_a_day_to_come")]
