"""Since when a mail server puts a message off, and since when a letter that never left is no attempt."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("nurture", "0014_mail_stopped_reason")]

    operations = [
        migrations.AddField(model_name="message", name="put_off_since", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="message", name="settled_at", field=models.DateTimeField(null=True)),
    ]
