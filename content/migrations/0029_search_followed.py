"""Whoever takes what is offered for a word that finds nothing has not missed it, and has not where they come back to
the page of it. What was taken back until now was deleted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("content", "0028_request_asked_on_holds")]

    operations = [
        migrations.AddField(
            model_name="librarysearch", name="followed_at", field=models.DateTimeField(blank=True, null=True)
        ),
    ]
