"""The words of the library, by which a word that was written wrong is put right."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("content", "0023_what_is_new_by_moment")]

    operations = [
        migrations.CreateModel(
            name="LibraryWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(max_length=60, unique=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=Q(("word", ""), _negated=True), name="libraryword_is_a_word")
                ],
            },
        ),
    ]
