import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("team", "0001_spine"),
    ]

    operations = [
        migrations.CreateModel(
            name="Stage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=40, unique=True)),
                ("label", models.CharField(max_length=80)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "successor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.stage",
                    ),
                ),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("working", "Working"),
                            ("handed_off", "Handed off"),
                            ("accepted", "Accepted"),
                            ("qualified", "Qualified"),
                            ("nurture", "Nurture"),
                            ("closed", "Closed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("is_entry", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name": "stage",
                "verbose_name_plural": "stages",
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("label", ""), _negated=True), name="stage_has_a_label"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("successor", None), models.Q(("successor", models.F("pk")), _negated=True), _connector="OR"
                        ),
                        name="stage_does_not_succeed_itself",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("phase__in", ["queued", "working", "handed_off", "accepted", "qualified", "nurture"])
                        ),
                        name="stage_phase_is_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("retired_at", None), ("successor", None)),
                            models.Q(("retired_at__isnull", False), ("successor__isnull", False)),
                            _connector="OR",
                        ),
                        name="stage_retired_has_a_successor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_entry", False), ("retired_at", None), _connector="OR"),
                        name="stage_entry_is_in_use",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_entry", True)), fields=("phase",), name="stage_one_entry_per_phase"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=40, unique=True)),
                ("label", models.CharField(max_length=80)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "successor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.reason",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("recycle", "Recycle"),
                            ("disqualify", "Disqualify"),
                            ("reject", "Reject a hand-off"),
                            ("lose", "Lose a deal"),
                        ],
                        max_length=12,
                    ),
                ),
            ],
            options={
                "verbose_name": "reason",
                "verbose_name_plural": "reasons",
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("label", ""), _negated=True), name="reason_has_a_label"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("successor", None), models.Q(("successor", models.F("pk")), _negated=True), _connector="OR"
                        ),
                        name="reason_does_not_succeed_itself",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["recycle", "disqualify", "reject", "lose"])),
                        name="reason_kind_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Disposition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=40, unique=True)),
                ("label", models.CharField(max_length=80)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "successor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.disposition",
                    ),
                ),
                (
                    "sentiment",
                    models.CharField(
                        choices=[("neutral", "Neutral"), ("positive", "Positive"), ("negative", "Negative")],
                        default="neutral",
                        max_length=8,
                    ),
                ),
                (
                    "follows",
                    models.CharField(
                        choices=[
                            ("next_attempt", "The cadence's next attempt"),
                            ("call_back", "A promised call back"),
                            ("book_meeting", "Book meeting"),
                            ("recycle", "Recycle lead"),
                            ("find_contact", "Find a phone or e-mail"),
                            ("disqualify", "Recycle or disqualify"),
                        ],
                        max_length=14,
                    ),
                ),
                ("is_conversation", models.BooleanField(default=False)),
                ("with_email", models.BooleanField(default=False)),
                (
                    "reason",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.reason",
                    ),
                ),
            ],
            options={
                "verbose_name": "disposition",
                "verbose_name_plural": "dispositions",
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("label", ""), _negated=True), name="disposition_has_a_label"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("successor", None), models.Q(("successor", models.F("pk")), _negated=True), _connector="OR"
                        ),
                        name="disposition_does_not_succeed_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Criterion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=40, unique=True)),
                ("label", models.CharField(max_length=80)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "successor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.criterion",
                    ),
                ),
                ("question", models.CharField(blank=True, default="", max_length=200)),
            ],
            options={
                "verbose_name": "criterion",
                "verbose_name_plural": "criteria",
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("label", ""), _negated=True), name="criterion_has_a_label"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("successor", None), models.Q(("successor", models.F("pk")), _negated=True), _connector="OR"
                        ),
                        name="criterion_does_not_succeed_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Cadence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=40)),
                ("number", models.PositiveIntegerField(default=1)),
                ("label", models.CharField(max_length=80)),
                (
                    "lane",
                    models.CharField(
                        choices=[
                            ("hand_raiser", "Hand-raiser"),
                            ("content", "Content"),
                            ("list", "Early or list"),
                            ("rep_sourced", "Rep-sourced"),
                        ],
                        max_length=12,
                    ),
                ),
                ("is_current", models.BooleanField(default=True)),
            ],
            options={
                "verbose_name": "cadence",
                "verbose_name_plural": "cadences",
                "constraints": [
                    models.UniqueConstraint(fields=("key", "number"), name="cadence_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("lane",), name="cadence_one_current_per_lane"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lane__in", ["hand_raiser", "content", "list", "rep_sourced"])),
                        name="cadence_lane_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CadenceStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "cadence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="agreement.cadence"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("day_offset", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("call", "Call"),
                            ("email", "E-mail"),
                            ("call_email", "Call and e-mail"),
                            ("social", "Social touch"),
                            ("call_back", "Call back"),
                            ("find_contact", "Find a phone or e-mail"),
                            ("reply", "Answer the reply"),
                            ("rebook", "Rebook"),
                            ("decide", "Decide: recycle or go on"),
                            ("reach_up", "Reach up"),
                            ("task", "Task"),
                            ("meeting", "Meeting"),
                            ("outcome", "Outcome check"),
                        ],
                        max_length=12,
                    ),
                ),
            ],
            options={
                "verbose_name": "attempt",
                "verbose_name_plural": "attempts",
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("cadence", "position"), name="cadencestep_position_once"),
                    models.CheckConstraint(
                        condition=models.Q(("position__gte", 1)), name="cadencestep_position_from_1"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["call", "email", "call_email", "social"])),
                        name="cadencestep_kind_is_an_attempt",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AgreementVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published")], default="draft", max_length=10
                    ),
                ),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("note", models.CharField(blank=True, default="", max_length=500)),
                ("fit_a_from", models.SmallIntegerField(default=35)),
                ("fit_b_from", models.SmallIntegerField(default=15)),
                ("interest_1_from", models.PositiveSmallIntegerField(default=40)),
                ("interest_2_from", models.PositiveSmallIntegerField(default=15)),
            ],
            options={
                "verbose_name": "agreement version",
                "verbose_name_plural": "agreement versions",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("published_at", None), ("state", "draft")),
                            models.Q(("published_at__isnull", False), ("state", "published")),
                            _connector="OR",
                        ),
                        name="agreementversion_published_has_its_moment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="agreementversion_number_from_1"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReasonRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reason_rules",
                        to="agreement.agreementversion",
                    ),
                ),
                (
                    "reason",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rules", to="agreement.reason"
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_ready", "Not ready"),
                            ("mid_contract", "Mid-contract"),
                            ("no_authority", "No authority"),
                            ("unresponsive", "Unresponsive"),
                            ("wrong_person", "Wrong person"),
                            ("left_company", "Left company"),
                            ("lost_deal", "Lost deal"),
                            ("", "None"),
                        ],
                        default="",
                        max_length=14,
                    ),
                ),
                (
                    "destination",
                    models.CharField(
                        choices=[
                            ("bdr", "Back to the BDR"),
                            ("nurture", "Recycle"),
                            ("reroute", "Reroute"),
                            ("close", "Close"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "destination_reason",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.reason",
                    ),
                ),
                ("wake_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("notice_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("lead_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("facts", models.JSONField(blank=True, default=list)),
                ("second_look", models.BooleanField(default=False)),
                ("is_final", models.BooleanField(default=False)),
                ("suppresses", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("version", "reason"), name="reasonrule_once_per_version"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("destination", "nurture"), _negated=True),
                            models.Q(("wake_days__gt", 0), ("wake_days__isnull", False)),
                            _connector="OR",
                        ),
                        name="reasonrule_nurture_has_a_wake",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("destination__in", ["bdr", "nurture", "reroute", "close"])),
                        name="reasonrule_destination_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SLAClause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clauses",
                        to="agreement.agreementversion",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("first_touch", "First touch"),
                            ("response", "Answer to a hand-off"),
                            ("outcome", "Outcome of a meeting"),
                            ("second_look", "Second look"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "lane",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("hand_raiser", "Hand-raiser"),
                            ("content", "Content"),
                            ("list", "Early or list"),
                            ("rep_sourced", "Rep-sourced"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("tier", models.CharField(blank=True, default="", max_length=2)),
                ("minutes", models.PositiveIntegerField()),
                ("notice_minutes", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("version", "number"), name="slaclause_number_once"),
                    models.UniqueConstraint(
                        fields=("version", "kind", "lane", "tier"), name="slaclause_once_per_lane_and_tier"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minutes__gt", models.F("notice_minutes"))),
                        name="slaclause_notice_before_the_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Transition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="transitions",
                        to="agreement.agreementversion",
                    ),
                ),
                (
                    "from_phase",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("queued", "Queued"),
                            ("working", "Working"),
                            ("handed_off", "Handed off"),
                            ("accepted", "Accepted"),
                            ("qualified", "Qualified"),
                            ("nurture", "Nurture"),
                            ("closed", "Closed"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("verb", models.CharField(max_length=24)),
                (
                    "to_phase",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("working", "Working"),
                            ("handed_off", "Handed off"),
                            ("accepted", "Accepted"),
                            ("qualified", "Qualified"),
                            ("nurture", "Nurture"),
                            ("closed", "Closed"),
                        ],
                        max_length=12,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "from_phase", "verb", "to_phase"), name="transition_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DefinitionRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="definition_rules",
                        to="agreement.agreementversion",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("kind", models.CharField(max_length=16)),
                ("min_fit", models.CharField(blank=True, default="", max_length=1)),
                ("min_points", models.PositiveSmallIntegerField(default=0)),
                ("promotes", models.BooleanField(default=True)),
                (
                    "lane",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("hand_raiser", "Hand-raiser"),
                            ("content", "Content"),
                            ("list", "Early or list"),
                            ("rep_sourced", "Rep-sourced"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("version", "position"), name="definitionrule_position_once"),
                    models.CheckConstraint(
                        condition=models.Q(("promotes", False), models.Q(("lane", ""), _negated=True), _connector="OR"),
                        name="definitionrule_promotion_has_a_lane",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoreRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="score_rules",
                        to="agreement.agreementversion",
                    ),
                ),
                ("axis", models.CharField(choices=[("fit", "Fit"), ("interest", "Interest")], max_length=8)),
                ("key", models.SlugField(max_length=40)),
                ("label", models.CharField(max_length=80)),
                ("field", models.CharField(max_length=60)),
                (
                    "operator",
                    models.CharField(
                        choices=[
                            ("is", "is"),
                            ("in", "is one of"),
                            ("between", "is between"),
                            ("contains", "contains a word of"),
                        ],
                        max_length=8,
                    ),
                ),
                ("value", models.JSONField()),
                ("points", models.SmallIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("version", "axis", "key"), name="scorerule_once_per_axis")
                ],
            },
        ),
        migrations.CreateModel(
            name="CriterionRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="criterion_rules",
                        to="agreement.agreementversion",
                    ),
                ),
                (
                    "criterion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rules", to="agreement.criterion"
                    ),
                ),
                ("asked_at_qualified", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("version", "criterion"), name="criterionrule_once_per_version")
                ],
            },
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="agreement.agreementversion",
                    ),
                ),
                ("side", models.CharField(choices=[("marketing", "Marketing"), ("sales", "Sales")], max_length=10)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("version", "side", "user"), name="signature_once")],
            },
        ),
    ]
