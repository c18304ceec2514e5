"""What somebody saw lately is found by an index, made on PostgreSQL while everybody works on."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0004_clock_never_pauses")]

    operations = [
        AddIndexAside(
            model_name="notice",
            index=models.Index(
                condition=models.Q(seen_at__isnull=False), fields=["user", "-at", "-id"], name="notice_seen"
            ),
        ),
    ]
