from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agreement", "0005_entries_by_order"),
    ]

    operations = [
        migrations.CreateModel(
            name="Benchmark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        choices=[
                            ("not_nurtured", "Converted of those who were not nurtured"),
                            ("nurtured", "Converted of those who were nurtured"),
                            ("not_ready", "Not ready to buy, of all that came in"),
                        ],
                        max_length=14,
                        unique=True,
                    ),
                ),
                ("low", models.PositiveSmallIntegerField()),
                ("high", models.PositiveSmallIntegerField()),
                ("source", models.CharField(blank=True, default="", max_length=200)),
            ],
            options={
                "verbose_name": "benchmark",
                "verbose_name_plural": "benchmarks",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("key__in", ["not_nurtured", "nurtured", "not_ready"])),
                        name="benchmark_key_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("high__lte", 100), ("low__lt", models.F("high"))),
                        name="benchmark_is_a_band",
                    ),
                ],
            },
        ),
    ]
