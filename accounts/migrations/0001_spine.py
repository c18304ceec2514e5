import django.db.models.deletion
import django.utils.timezone
import uuid_utils.compat
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

import team.postgres


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("team", "0001_spine"),
    ]

    operations = [
        # Nothing off PostgreSQL.
        TrigramExtension(),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("prospect", "Prospect"),
                            ("open_opportunity", "Open opportunity"),
                            ("customer", "Customer"),
                            ("competitor", "Competitor"),
                            ("do_not_work", "Do not work"),
                        ],
                        default="prospect",
                        max_length=16,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="accounts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("industry", models.CharField(blank=True, default="", max_length=80)),
                ("segment", models.CharField(blank=True, default="", max_length=60)),
                ("employees", models.PositiveIntegerField(blank=True, null=True)),
                ("country", models.CharField(blank=True, default="", max_length=2)),
                ("region", models.CharField(blank=True, default="", max_length=80)),
                ("city", models.CharField(blank=True, default="", max_length=80)),
                ("website", models.CharField(blank=True, default="", max_length=200)),
                ("phone", models.CharField(blank=True, default="", max_length=40)),
                ("incumbent", models.CharField(blank=True, default="", max_length=120)),
                ("contract_ends_on", models.DateField(blank=True, null=True)),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "account",
                "verbose_name_plural": "accounts",
                "indexes": [
                    models.Index(fields=["name", "id"], name="account_by_name"),
                    models.Index(
                        condition=models.Q(("standing", "prospect"), _negated=True),
                        fields=["standing"],
                        name="account_not_prospect",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="account_has_a_name"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("standing__in", ["prospect", "open_opportunity", "customer", "competitor", "do_not_work"])
                        ),
                        name="account_standing_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountDomain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="domains", to="accounts.account"
                    ),
                ),
                ("domain", models.CharField(max_length=253, unique=True)),
            ],
            options={
                "verbose_name": "domain",
                "verbose_name_plural": "domains",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("domain", ""), _negated=True), name="accountdomain_is_not_empty"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True)),
                ("given_name", models.CharField(blank=True, default="", max_length=100)),
                ("family_name", models.CharField(blank=True, default="", max_length=100)),
                ("country", models.CharField(blank=True, default="", max_length=2)),
                ("region", models.CharField(blank=True, default="", max_length=80)),
                ("city", models.CharField(blank=True, default="", max_length=80)),
                ("time_zone", models.CharField(blank=True, default="", max_length=64)),
                ("language", models.CharField(blank=True, default="", max_length=10)),
                ("source", models.CharField(blank=True, default="", max_length=80)),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("prospect", "Prospect"),
                            ("open_opportunity", "Open opportunity"),
                            ("customer", "Customer"),
                            ("competitor", "Competitor"),
                            ("do_not_work", "Do not work"),
                        ],
                        default="prospect",
                        max_length=16,
                    ),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="accounts.person",
                    ),
                ),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "person",
                "verbose_name_plural": "people",
                "indexes": [models.Index(fields=["family_name", "given_name", "id"], name="person_by_name")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("standing__in", ["prospect", "open_opportunity", "customer", "competitor", "do_not_work"])
                        ),
                        name="person_standing_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into", None),
                            models.Q(("merged_into", models.F("pk")), _negated=True),
                            _connector="OR",
                        ),
                        name="person_is_not_merged_into_herself",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("erased_at", None), models.Q(("family_name", ""), ("given_name", "")), _connector="OR"
                        ),
                        name="person_erased_has_no_name",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="contact_points", to="accounts.person"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("email", "E-mail"), ("phone", "Phone"), ("mobile", "Mobile"), ("social", "Profile")],
                        max_length=6,
                    ),
                ),
                ("value", models.CharField(max_length=254)),
                ("normalised", models.CharField(max_length=254)),
                ("extension", models.CharField(blank=True, default="", max_length=12)),
                ("is_primary", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ok", "OK"),
                            ("unverified", "Unverified"),
                            ("wrong", "Wrong"),
                            ("bounced", "Bounced"),
                        ],
                        default="ok",
                        max_length=10,
                    ),
                ),
                ("source", models.CharField(blank=True, default="", max_length=80)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "contact point",
                "verbose_name_plural": "contact points",
                "ordering": ["kind", "-is_primary", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("kind__in", ["phone", "mobile"])),
                        fields=["normalised"],
                        name="contactpoint_phone",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["email", "phone", "mobile", "social"])),
                        name="contactpoint_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("value", ""), _negated=True), models.Q(("normalised", ""), _negated=True)
                        ),
                        name="contactpoint_has_a_value",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "email")),
                        fields=("normalised",),
                        name="contactpoint_one_person_per_email",
                    ),
                    models.UniqueConstraint(
                        fields=("person", "kind", "normalised"), name="contactpoint_once_per_person"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_primary", True)),
                        fields=("person", "kind"),
                        name="contactpoint_one_primary_per_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Employment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="employments", to="accounts.person"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="employments",
                        to="accounts.account",
                    ),
                ),
                ("title", models.CharField(blank=True, default="", max_length=200)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("decision_maker", "Decision maker"),
                            ("champion", "Champion"),
                            ("influencer", "Influencer"),
                            ("doer", "Doer"),
                            ("unknown", "Unknown"),
                        ],
                        default="unknown",
                        max_length=14,
                    ),
                ),
                ("from_on", models.DateField(blank=True, null=True)),
                ("until_on", models.DateField(blank=True, null=True)),
                ("is_current", models.BooleanField(default=True)),
            ],
            options={
                "verbose_name": "employment",
                "verbose_name_plural": "employments",
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_current", True)),
                        fields=["account", "person"],
                        name="employment_current",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("person",),
                        name="employment_one_current_per_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("until_on", None), _connector="OR"),
                        name="employment_current_has_no_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("from_on", None),
                            ("until_on", None),
                            ("until_on__gte", models.F("from_on")),
                            _connector="OR",
                        ),
                        name="employment_ends_after_it_begins",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("account__isnull", False), models.Q(("title", ""), _negated=True), _connector="OR"
                        ),
                        name="employment_names_an_account_or_a_title",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role__in", ["decision_maker", "champion", "influencer", "doer", "unknown"])
                        ),
                        name="employment_role_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "E-mail"), ("phone", "Phone"), ("all", "Every channel")], max_length=6
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suppressions",
                        to="accounts.person",
                    ),
                ),
                ("key_hash", models.CharField(blank=True, default="", max_length=64)),
                ("at", models.DateTimeField()),
                ("source", models.CharField(blank=True, default="", max_length=40)),
            ],
            options={
                "verbose_name": "suppression",
                "verbose_name_plural": "suppressions",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["email", "phone", "all"])),
                        name="suppression_channel_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("key_hash", ""), ("person__isnull", False)),
                            models.Q(("person", None), models.Q(("key_hash", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="suppression_of_a_person_or_a_key",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("person__isnull", False)),
                        fields=("channel", "person"),
                        name="suppression_once_per_person",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("key_hash", ""), _negated=True),
                        fields=("channel", "key_hash"),
                        name="suppression_once_per_key",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomField",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(choices=[("person", "Person"), ("account", "Account")], max_length=8)),
                ("key", models.SlugField(max_length=60)),
                ("label", models.CharField(max_length=120)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("number", "Number"),
                            ("date", "Date"),
                            ("boolean", "Yes or no"),
                            ("choice", "One of a list"),
                        ],
                        default="text",
                        max_length=8,
                    ),
                ),
                ("choices", models.JSONField(blank=True, default=list)),
                ("filterable", models.BooleanField(default=False)),
                ("not_for_scores", models.BooleanField(default=False)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "custom field",
                "verbose_name_plural": "custom fields",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("entity", "key"), name="customfield_key_once_per_entity"),
                    models.CheckConstraint(
                        condition=models.Q(("entity__in", ["person", "account"])), name="customfield_entity_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("type__in", ["text", "number", "date", "boolean", "choice"])),
                        name="customfield_type_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExternalId",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(choices=[("person", "Person"), ("account", "Account")], max_length=8)),
                ("source", models.SlugField(max_length=60)),
                ("value", models.CharField(max_length=200)),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="external_ids",
                        to="accounts.person",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="external_ids",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "verbose_name": "external id",
                "verbose_name_plural": "external ids",
                "constraints": [
                    models.UniqueConstraint(fields=("entity", "source", "value"), name="externalid_once_per_source"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("account", None), ("entity", "person"), ("person__isnull", False)),
                            models.Q(("account__isnull", False), ("entity", "account"), ("person", None)),
                            _connector="OR",
                        ),
                        name="externalid_names_its_entity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("value", ""), _negated=True), models.Q(("source", ""), _negated=True)
                        ),
                        name="externalid_is_not_empty",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "person",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_text",
                        to="accounts.person",
                    ),
                ),
                (
                    "account",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_text",
                        to="accounts.account",
                    ),
                ),
                ("text", models.TextField()),
            ],
            options={
                "indexes": [
                    team.postgres.PgGinIndex(fields=["text"], name="searchtext_trigram", opclasses=["gin_trgm_ops"])
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("account", None), ("person__isnull", False)),
                            models.Q(("account__isnull", False), ("person", None)),
                            _connector="OR",
                        ),
                        name="searchtext_of_one",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonMerge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.person"
                    ),
                ),
                (
                    "merged",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.person"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("moved", models.JSONField(default=dict)),
                ("undone_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kept", models.F("merged")), _negated=True), name="personmerge_of_two"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)), fields=("merged",), name="personmerge_once"
                    ),
                ],
            },
        ),
    ]
