import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Calendar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, unique=True)),
                ("time_zone", models.CharField(default="UTC", max_length=64)),
                ("country", models.CharField(blank=True, default="", max_length=2)),
                ("subdivision", models.CharField(blank=True, default="", max_length=10)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "verbose_name": "calendar",
                "verbose_name_plural": "calendars",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("time_zone", ""), _negated=True), name="calendar_has_time_zone"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="windows", to="team.calendar"
                    ),
                ),
                ("weekday", models.PositiveSmallIntegerField()),
                ("opens", models.PositiveSmallIntegerField()),
                ("closes", models.PositiveSmallIntegerField()),
            ],
            options={
                "verbose_name": "working hours",
                "verbose_name_plural": "working hours",
                "ordering": ["weekday", "opens"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weekday__lte", 6)), name="calendarwindow_weekday_is_monday_to_sunday"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("closes__lte", 1440), ("opens__lt", models.F("closes"))),
                        name="calendarwindow_opens_before_it_closes",
                    ),
                    models.UniqueConstraint(fields=("calendar", "weekday", "opens"), name="calendarwindow_opens_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="days", to="team.calendar"
                    ),
                ),
                ("day", models.DateField()),
                ("label", models.CharField(blank=True, default="", max_length=80)),
                ("opens", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("closes", models.PositiveSmallIntegerField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "own day",
                "verbose_name_plural": "own days",
                "ordering": ["day", "opens"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closes", None), ("opens", None)),
                            models.Q(
                                ("closes__isnull", False),
                                ("closes__lte", 1440),
                                ("opens__isnull", False),
                                ("opens__lt", models.F("closes")),
                            ),
                            _connector="OR",
                        ),
                        name="calendarday_is_closed_or_has_hours",
                    ),
                    models.UniqueConstraint(fields=("calendar", "day", "opens"), name="calendarday_opens_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("opens", None)),
                        fields=("calendar", "day"),
                        name="calendarday_is_closed_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("instance_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("company", models.CharField(blank=True, default="", max_length=120)),
                (
                    "letters",
                    models.CharField(
                        choices=[
                            ("articles", "Source articles: MQL, SAL when accepted, SQL when qualified"),
                            ("bdr_accepts", "BDR accepts: SAL when a BDR takes the lead, SQL at the agreed meeting"),
                        ],
                        default="articles",
                        max_length=12,
                    ),
                ),
                (
                    "opportunity_gate",
                    models.CharField(
                        choices=[
                            ("a", "Gate A: the agreed meeting"),
                            ("b", "Gate B: conversation held and judged qualified"),
                        ],
                        default="b",
                        max_length=1,
                    ),
                ),
                ("interest_half_life_days", models.PositiveSmallIntegerField(default=30)),
                ("step_max_days", models.PositiveSmallIntegerField(default=14)),
                ("calendar_shift", models.CharField(blank=True, default="", max_length=200)),
            ],
            options={
                "verbose_name": "installation",
                "verbose_name_plural": "installation",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="installation_is_one"),
                    models.CheckConstraint(
                        condition=models.Q(("interest_half_life_days__gt", 0)),
                        name="installation_half_life_is_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tick",
            fields=[
                ("kind", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("last_at", models.DateTimeField(null=True)),
                ("worked", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, unique=True)),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="teams", to="team.calendar"
                    ),
                ),
                ("is_default", models.BooleanField(default=False)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "team",
                "verbose_name_plural": "teams",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)), fields=("is_default",), name="team_one_is_default"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_default", False), ("retired_at", None), _connector="OR"),
                        name="team_default_is_not_retired",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("time_zone", models.CharField(default="UTC", max_length=64)),
                (
                    "calendar",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="users",
                        to="team.calendar",
                    ),
                ),
                (
                    "backup",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="backs_up",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("open_limit", models.PositiveSmallIntegerField(default=40)),
                ("touches_goal", models.PositiveSmallIntegerField(default=60)),
                (
                    "theme",
                    models.CharField(
                        blank=True,
                        choices=[("", "As the system"), ("light", "Light"), ("dark", "Dark")],
                        default="",
                        max_length=5,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False)),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("email"), name="user_one_per_email"),
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="user_has_a_name"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="absences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "cover",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="covering_absences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("released_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "absence",
                "verbose_name_plural": "absences",
                "indexes": [models.Index(fields=["user", "ends_at"], name="absence_of_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="absence_ends_after_it_starts"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cover", None), models.Q(("cover", models.F("user")), _negated=True), _connector="OR"
                        ),
                        name="absence_is_not_covered_by_herself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FormSubmission",
            fields=[
                ("form_id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("at", models.DateTimeField()),
                ("answer_url", models.CharField(blank=True, default="", max_length=500)),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="formsubmission_at")],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(
                        choices=[("import", "import"), ("import_rejects", "rejected rows")], max_length=20
                    ),
                ),
                ("file", models.FileField(upload_to="uploads/%Y/%m/")),
                ("name", models.CharField(max_length=255)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uploads", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("at", models.DateTimeField()),
                ("keep_until", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["keep_until"], name="upload_keep_until")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["import", "import_rejects"])),
                        name="upload_purpose_is_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SettingChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("model", models.CharField(max_length=80)),
                ("object_id", models.CharField(max_length=40)),
                ("changes", models.JSONField(default=dict)),
                ("reverts", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["model", "object_id", "at"], name="settingchange_of_object")],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="team.team",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("bdr", "BDR"),
                            ("ae", "account executive"),
                            ("marketer", "marketer"),
                            ("manager", "manager"),
                            ("admin", "admin"),
                        ],
                        max_length=10,
                    ),
                ),
            ],
            options={
                "verbose_name": "membership",
                "verbose_name_plural": "memberships",
                "indexes": [models.Index(fields=["team", "role"], name="membership_team_role")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["bdr", "ae", "marketer", "manager", "admin"])),
                        name="membership_role_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("team__isnull", False), ("role__in", ["admin", "marketer", "ae"]), _connector="OR"
                        ),
                        name="membership_bdr_and_manager_have_a_team",
                    ),
                    models.UniqueConstraint(fields=("user", "team", "role"), name="membership_once_per_team_and_role"),
                    models.UniqueConstraint(
                        condition=models.Q(("team", None)),
                        fields=("user", "role"),
                        name="membership_once_per_role_without_team",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Territory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="territories", to="team.team"
                    ),
                ),
                (
                    "bdr",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="territories",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("country", models.CharField(blank=True, default="", max_length=2)),
                ("segment", models.CharField(blank=True, default="", max_length=60)),
                ("source", models.CharField(blank=True, default="", max_length=60)),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "territory",
                "verbose_name_plural": "territories",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("country", ""), _negated=True),
                            models.Q(("segment", ""), _negated=True),
                            models.Q(("source", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="territory_names_something",
                    )
                ],
            },
        ),
    ]
