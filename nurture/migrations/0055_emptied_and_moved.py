"""That everybody was to leave a track, or to go on in a version, is known of whoever comes back later."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("nurture", "0054_replies_of_strangers_counted")]

    operations = [
        migrations.AddField(model_name="track", name="emptied_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            model_name="trackversion", name="moved_at", field=models.DateTimeField(blank=True, null=True)
        ),
        # A few hundred rows at most, all of them empty there.
        migrations.AddConstraint(
            model_name="track",
            constraint=models.CheckConstraint(
                condition=models.Q(("emptied_at", None), ("retired_at__isnull", False), _connector="OR"),
                name="track_emptied_is_out_of_use",
            ),
        ),
        migrations.AddConstraint(
            model_name="trackversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("moved_at", None),
                    models.Q(("published_at__isnull", False), ("published_by__isnull", False)),
                    _connector="OR",
                ),
                name="trackversion_moved_into_by_who_published_it",
            ),
        ),
    ]
