from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agreement", "0003_published_is_immutable"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="stage",
            name="stage_entry_is_in_use",
        ),
        migrations.RemoveConstraint(
            model_name="stage",
            name="stage_one_entry_per_phase",
        ),
        migrations.AddField(
            model_name="stage",
            name="is_connected",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="stage",
            name="is_without_meeting",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_entry", True), ("retired_at", None)),
                fields=("phase",),
                name="stage_one_entry_per_phase",
            ),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_connected", True), ("retired_at", None)),
                fields=("phase",),
                name="stage_one_connected",
            ),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_without_meeting", True), ("retired_at", None)),
                fields=("phase",),
                name="stage_one_without_meeting",
            ),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_connected", False), ("phase", "working"), _connector="OR"),
                name="stage_connected_is_worked",
            ),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_without_meeting", False), ("phase", "handed_off"), _connector="OR"),
                name="stage_without_meeting_is_handed_off",
            ),
        ),
    ]
