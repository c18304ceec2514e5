import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_spine"),
        ("agreement", "0001_spine"),
        ("content", "0001_spine"),
        ("team", "0001_spine"),
    ]

    operations = [
        migrations.CreateModel(
            name="Engagement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="engagements",
                        to="accounts.person",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("asked", "asked to be contacted"),
                            ("downloaded", "downloaded"),
                            ("registered", "registered"),
                            ("attended", "attended"),
                            ("read", "read"),
                            ("clicked", "clicked"),
                            ("followed", "followed"),
                            ("replied", "replied"),
                            ("visited", "visited"),
                            ("listed", "was on a list"),
                        ],
                        max_length=12,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "asset",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="content.asset",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="content.topic",
                    ),
                ),
                ("source", models.CharField(blank=True, default="", max_length=60)),
                ("points", models.SmallIntegerField(default=0)),
                ("reverses", models.BigIntegerField(null=True)),
                ("import_id", models.BigIntegerField(null=True)),
            ],
            options={
                "verbose_name": "engagement",
                "verbose_name_plural": "engagements",
                "indexes": [models.Index(fields=["person", "-at", "-id"], name="engagement_of_person")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "asked",
                                    "downloaded",
                                    "registered",
                                    "attended",
                                    "read",
                                    "clicked",
                                    "followed",
                                    "replied",
                                    "visited",
                                    "listed",
                                ],
                            )
                        ),
                        name="engagement_kind_is_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EngagementKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=60)),
                ("external_id", models.CharField(max_length=200)),
                ("engagement_id", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("source", "external_id"), name="engagementkey_once_per_source")
                ],
            },
        ),
        migrations.CreateModel(
            name="Interest",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="interest",
                        serialize=False,
                        to="accounts.person",
                    ),
                ),
                ("points", models.PositiveIntegerField(default=0)),
                ("at", models.DateTimeField()),
                ("rank", models.FloatField()),
            ],
            options={
                "indexes": [models.Index(fields=["-rank"], name="interest_by_rank")],
            },
        ),
        migrations.CreateModel(
            name="Verdict",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="verdicts", to="accounts.person"
                    ),
                ),
                ("engagement_id", models.BigIntegerField()),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.agreementversion",
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("lead", "made a lead"),
                            ("definition", "the definition says no"),
                            ("standing", "not a prospect"),
                            ("old", "old or imported"),
                            ("suppressed", "do not contact"),
                        ],
                        max_length=12,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("answer__in", ["lead", "definition", "standing", "old", "suppressed"])),
                        name="verdict_answer_is_known",
                    ),
                    models.UniqueConstraint(fields=("engagement_id",), name="verdict_once_per_engagement"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Lead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="leads", to="accounts.person"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="accounts.account",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="team.team",
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
                (
                    "stage",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="agreement.stage",
                    ),
                ),
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
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("inbound", "Inbound"),
                            ("hand_raiser", "Hand-raiser"),
                            ("rep_sourced", "Rep-sourced"),
                            ("signal", "Signal"),
                            ("date", "Date"),
                            ("returned_deal", "Returned deal"),
                            ("import", "Import"),
                            ("manual", "Manual"),
                        ],
                        max_length=14,
                    ),
                ),
                ("source", models.CharField(blank=True, default="", max_length=60)),
                (
                    "bdr",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads_as_bdr",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ae",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads_as_ae",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sourced_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("wake_at", models.DateTimeField(blank=True, null=True)),
                ("sweep_at", models.DateTimeField(blank=True, null=True)),
                (
                    "band",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "A person is waiting"),
                            (1, "First touch in time"),
                            (2, "Planned for today"),
                            (3, "Missed"),
                        ],
                        default=1,
                    ),
                ),
                ("reserved_until", models.DateTimeField(blank=True, null=True)),
                (
                    "reason",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.reason",
                    ),
                ),
                (
                    "closed_as",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("won", "Won"),
                            ("lost", "Lost"),
                            ("disqualified", "Disqualified"),
                            ("do_not_contact", "Do not contact"),
                            ("merged", "Merged"),
                            ("erased", "Erased"),
                            ("woken", "Woken"),
                        ],
                        default="",
                        max_length=14,
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "previous",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="next",
                        to="leads.lead",
                    ),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.agreementversion",
                    ),
                ),
                (
                    "cadence",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.cadence",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("first_touched_at", models.DateTimeField(blank=True, null=True)),
                ("last_touched_at", models.DateTimeField(blank=True, null=True)),
                ("tier", models.CharField(default="C3", max_length=2)),
                ("tier_parts", models.JSONField(blank=True, default=list)),
                ("evidence", models.JSONField(blank=True, default=list)),
                ("first_queued_at", models.DateTimeField(blank=True, null=True)),
                ("first_working_at", models.DateTimeField(blank=True, null=True)),
                ("first_handed_off_at", models.DateTimeField(blank=True, null=True)),
                ("first_accepted_at", models.DateTimeField(blank=True, null=True)),
                ("first_qualified_at", models.DateTimeField(blank=True, null=True)),
                ("first_nurture_at", models.DateTimeField(blank=True, null=True)),
                ("meeting_agreed_at", models.DateTimeField(blank=True, null=True)),
                ("opportunity_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "verbose_name": "lead",
                "verbose_name_plural": "leads",
                "indexes": [
                    models.Index(
                        condition=models.Q(("phase", "queued")),
                        fields=["team", "band", "due_at", "id"],
                        name="lead_pool",
                    ),
                    models.Index(
                        condition=models.Q(("phase", "closed"), _negated=True),
                        fields=["bdr", "phase"],
                        name="lead_of_bdr",
                    ),
                    models.Index(
                        condition=models.Q(("phase__in", ["handed_off", "accepted", "qualified"])),
                        fields=["ae", "phase", "due_at"],
                        name="lead_of_ae",
                    ),
                    models.Index(
                        condition=models.Q(("sweep_at__isnull", False)), fields=["sweep_at", "id"], name="lead_to_sweep"
                    ),
                    models.Index(
                        condition=models.Q(("phase", "nurture")), fields=["team", "wake_at"], name="lead_asleep"
                    ),
                    models.Index(
                        condition=models.Q(("phase", "closed"), _negated=True),
                        fields=["team", "phase", "id"],
                        name="lead_of_team",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "phase__in",
                                ["queued", "working", "handed_off", "accepted", "qualified", "nurture", "closed"],
                            )
                        ),
                        name="lead_phase_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lane__in", ["hand_raiser", "content", "list", "rep_sourced"])),
                        name="lead_lane_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("due_at", None), ("phase", "closed")),
                            models.Q(models.Q(("phase", "closed"), _negated=True), ("due_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="lead_open_is_due",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                (
                                    "closed_as__in",
                                    ["won", "lost", "disqualified", "do_not_contact", "merged", "erased", "woken"],
                                ),
                                ("closed_at__isnull", False),
                                ("phase", "closed"),
                                ("stage", None),
                            ),
                            models.Q(
                                models.Q(("phase", "closed"), _negated=True),
                                ("closed_as", ""),
                                ("closed_at", None),
                                ("stage__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="lead_closed_says_how",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("phase", "queued"), _negated=True),
                            models.Q(("bdr", None), ("reserved_until", None)),
                            models.Q(("bdr__isnull", False), ("reserved_until__isnull", False)),
                            _connector="OR",
                        ),
                        name="lead_queued_is_reserved_or_free",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("phase", "queued"), ("reserved_until", None), _connector="OR"),
                        name="lead_reserved_only_in_the_queue",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("phase__in", ["working", "handed_off"]), _negated=True),
                            ("bdr__isnull", False),
                            _connector="OR",
                        ),
                        name="lead_worked_has_a_bdr",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("phase__in", ["handed_off", "accepted", "qualified"]), _negated=True),
                            ("ae__isnull", False),
                            _connector="OR",
                        ),
                        name="lead_handed_off_has_an_ae",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("phase", "nurture"), ("reason__isnull", False), ("wake_at__isnull", False)),
                            models.Q(models.Q(("phase", "nurture"), _negated=True), ("wake_at", None)),
                            _connector="OR",
                        ),
                        name="lead_nurture_has_a_wake_and_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_as__in", ["lost", "disqualified", "do_not_contact"]), _negated=True),
                            ("reason__isnull", False),
                            _connector="OR",
                        ),
                        name="lead_refused_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("phase__in", ["nurture", "closed"]), ("reason", None), _connector="OR"),
                        name="lead_reason_only_where_refused",
                    ),
                    models.CheckConstraint(condition=models.Q(("band__lte", 3)), name="lead_band_is_known"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("previous", None), models.Q(("previous", models.F("pk")), _negated=True), _connector="OR"
                        ),
                        name="lead_does_not_follow_itself",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("phase", "closed"), _negated=True),
                        fields=("person",),
                        name="lead_one_open_per_person",
                        violation_error_message="This person already has an open lead.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Recycling",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="recyclings", to="leads.lead"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "category",
                    models.CharField(
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
                        max_length=14,
                    ),
                ),
                ("wake_at", models.DateTimeField()),
                (
                    "missing",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.criterion",
                    ),
                ),
                ("vendor", models.CharField(blank=True, default="", max_length=120)),
                ("contract_ends_on", models.DateField(blank=True, null=True)),
                (
                    "precision",
                    models.CharField(
                        blank=True,
                        choices=[("day", "Day"), ("month", "Month"), ("quarter", "Quarter"), ("unknown", "Unknown")],
                        default="",
                        max_length=8,
                    ),
                ),
                ("notice_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("lead_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "referred_to",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.person",
                    ),
                ),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "recycling",
                "verbose_name_plural": "recyclings",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("wake_at__gt", models.F("at"))), name="recycling_wakes_later"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("category", ""), _negated=True), name="recycling_has_a_category"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)), fields=("lead",), name="recycling_one_per_lead"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SecondLook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="second_looks", to="leads.lead"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="team.team"),
                ),
                ("at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("approved", "Approved"),
                            ("put_back", "Put back"),
                            ("expired", "Expired"),
                            ("undone", "Undone"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "second look",
                "verbose_name_plural": "second looks",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["team", "due_at"], name="secondlook_open"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("state", "open")),
                            models.Q(models.Q(("state", "open"), _negated=True), ("decided_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="secondlook_decided_has_its_moment",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("lead",), name="secondlook_one_open_per_lead"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HandOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True)),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="hand_offs", to="leads.lead"
                    ),
                ),
                (
                    "ae",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hand_offs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "bdr",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("sent", "To answer"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                            ("no_show", "No-show"),
                            ("qualified", "Held and qualified"),
                            ("not_qualified", "Held and not qualified"),
                            ("returned", "Returned"),
                            ("undone", "Undone"),
                        ],
                        default="sent",
                        max_length=14,
                    ),
                ),
                ("sent_at", models.DateTimeField()),
                ("respond_by", models.DateTimeField()),
                ("meeting_at", models.DateTimeField(blank=True, null=True)),
                ("local_meeting", models.DateTimeField(blank=True, null=True)),
                ("zone", models.CharField(blank=True, default="", max_length=64)),
                ("minutes", models.PositiveSmallIntegerField(default=30)),
                ("place", models.CharField(blank=True, default="", max_length=200)),
                ("line", models.CharField(blank=True, default="", max_length=500)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("outcome_at", models.DateTimeField(blank=True, null=True)),
                (
                    "reason",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.reason",
                    ),
                ),
                (
                    "escalated_to",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("sequence", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "hand-off",
                "verbose_name_plural": "hand-offs",
                "indexes": [
                    models.Index(fields=["ae", "state", "meeting_at"], name="handoff_of_ae"),
                    models.Index(fields=["ae", "-sent_at"], name="handoff_last_of_ae"),
                    models.Index(fields=["bdr", "-sent_at"], name="handoff_sent_by"),
                    models.Index(
                        condition=models.Q(("state", "sent")), fields=["escalated_to"], name="handoff_passed_on"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["sent", "accepted"])),
                        fields=("lead",),
                        name="handoff_one_open_per_lead",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "rejected"), _negated=True), ("reason__isnull", False), _connector="OR"
                        ),
                        name="handoff_rejected_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["sent", "withdrawn", "returned", "undone"]),
                            ("answered_at__isnull", False),
                            _connector="OR",
                        ),
                        name="handoff_answered_has_its_moment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("local_meeting", None), ("meeting_at", None), ("zone", "")),
                            models.Q(
                                ("local_meeting__isnull", False),
                                ("meeting_at__isnull", False),
                                models.Q(("zone", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="handoff_meeting_has_its_zone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minutes__gte", 5)), name="handoff_meeting_has_a_length"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LeadEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "lead",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="leads.lead",
                    ),
                ),
                ("verb", models.CharField(max_length=24)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                ("changes", models.JSONField(default=dict)),
                ("data", models.JSONField(default=dict)),
                ("corrects", models.BigIntegerField(null=True)),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "indexes": [models.Index(fields=["lead", "id"], name="leadevent_of_lead")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "to_phase__in",
                                ["queued", "working", "handed_off", "accepted", "qualified", "nurture", "closed"],
                            )
                        ),
                        name="leadevent_to_phase_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verb", ""), _negated=True), name="leadevent_has_a_verb"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "lead",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to="leads.lead",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to="accounts.person",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("call", "Call"),
                            ("email", "E-mail"),
                            ("social", "Social touch"),
                            ("meeting", "Meeting"),
                            ("note", "Note"),
                        ],
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "disposition",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.disposition",
                    ),
                ),
                ("is_conversation", models.BooleanField(default=False)),
                ("attempt", models.PositiveSmallIntegerField(null=True)),
                ("reverses", models.BigIntegerField(null=True)),
            ],
            options={
                "verbose_name": "activity",
                "verbose_name_plural": "activities",
                "indexes": [
                    models.Index(fields=["lead", "-at", "-id"], name="activity_of_lead"),
                    models.Index(fields=["by", "at"], name="activity_of_user"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["call", "email", "social", "meeting", "note"])),
                        name="activity_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "call"), ("disposition", None), _connector="OR"),
                        name="activity_disposition_only_of_calls",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "lead",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="leads.lead",
                    ),
                ),
                ("text", models.TextField(max_length=20000)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("activity_id", models.BigIntegerField(null=True)),
                ("event_id", models.BigIntegerField(null=True)),
                ("erased_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "note",
                "verbose_name_plural": "notes",
                "indexes": [models.Index(fields=["lead", "-at", "-id"], name="note_of_lead")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text", ""), _negated=True), ("erased_at__isnull", False), _connector="OR"
                        ),
                        name="note_says_something_or_was_erased",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "lead",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="leads.lead",
                    ),
                ),
                (
                    "criterion",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.criterion",
                    ),
                ),
                (
                    "value",
                    models.CharField(choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Unknown")], max_length=8),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("note_id", models.BigIntegerField(null=True)),
            ],
            options={
                "verbose_name": "answer",
                "verbose_name_plural": "answers",
                "indexes": [models.Index(fields=["lead", "criterion", "-id"], name="answer_of_lead")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("value__in", ["yes", "no", "unknown"])), name="answer_value_is_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("people", "People"), ("companies", "Companies")], default="people", max_length=10
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "Waiting for its columns"),
                            ("ready", "Ready"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="uploaded",
                        max_length=10,
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="imports", to="team.upload"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="imports", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("profile", models.JSONField(default=dict)),
                ("mapping", models.JSONField(default=dict)),
                ("happened_at", models.DateTimeField(blank=True, null=True)),
                ("source", models.CharField(blank=True, default="", max_length=60)),
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
                ("engagement_kind", models.CharField(blank=True, default="", max_length=12)),
                (
                    "pace",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("all", "All at once"),
                            ("per_day", "So many a day"),
                            ("capacity", "At the team's capacity"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("per_day", models.PositiveIntegerField(blank=True, null=True)),
                ("meanings", models.JSONField(default=dict)),
                ("rows_total", models.PositiveIntegerField(default=0)),
                ("rows_created", models.PositiveIntegerField(default=0)),
                ("rows_updated", models.PositiveIntegerField(default=0)),
                ("rows_duplicate", models.PositiveIntegerField(default=0)),
                ("rows_rejected", models.PositiveIntegerField(default=0)),
                ("checkpoint", models.JSONField(default=dict)),
                ("tallies", models.JSONField(default=dict)),
                ("error", models.CharField(blank=True, default="", max_length=500)),
                ("claimed_by", models.CharField(blank=True, default="", max_length=60)),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["running"])), fields=["state", "id"], name="import_running"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["uploaded", "ready", "running", "done", "cancelled", "failed"])
                        ),
                        name="import_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            (
                                "rows_total",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("rows_created"), "+", models.F("rows_updated")
                                        ),
                                        "+",
                                        models.F("rows_duplicate"),
                                    ),
                                    "+",
                                    models.F("rows_rejected"),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="import_rows_add_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("pace", "per_day"), _negated=True),
                            models.Q(("per_day__gt", 0), ("per_day__isnull", False)),
                            _connector="OR",
                        ),
                        name="import_paced_says_how_many",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "running"), _negated=True),
                            ("started_at__isnull", False),
                            _connector="OR",
                        ),
                        name="import_running_was_started",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportReject",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "import_run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rejects",
                        to="leads.import",
                    ),
                ),
                ("row_no", models.PositiveIntegerField()),
                ("line_no", models.PositiveIntegerField()),
                ("code", models.CharField(max_length=40)),
                ("reason", models.CharField(max_length=500)),
                ("raw", models.TextField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("import_run", "row_no"), name="importreject_once_per_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="releases", to="accounts.person"
                    ),
                ),
                (
                    "import_run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="releases",
                        to="leads.import",
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("rank", models.FloatField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("released", "Released"), ("skipped", "Skipped")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.lead",
                    ),
                ),
                ("skipped_for", models.CharField(blank=True, default="", max_length=20)),
            ],
            options={
                "verbose_name": "release",
                "verbose_name_plural": "releases",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["due_at", "-rank", "id"],
                        name="release_waiting",
                    ),
                    models.Index(fields=["import_run", "due_at"], name="release_of_import"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("person",),
                        name="release_one_waiting_per_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at", None), ("lead", None), ("state", "waiting")),
                            models.Q(("done_at__isnull", False), ("lead__isnull", False), ("state", "released")),
                            models.Q(
                                ("done_at__isnull", False),
                                ("lead", None),
                                ("state", "skipped"),
                                models.Q(("skipped_for", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="release_done_has_its_moment",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="leads.lead"
                    ),
                ),
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
                ("title", models.CharField(blank=True, default="", max_length=200)),
                ("due_at", models.DateTimeField()),
                ("local_due", models.DateTimeField(blank=True, null=True)),
                ("zone", models.CharField(blank=True, default="", max_length=64)),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("promised", models.BooleanField(default=False)),
                (
                    "cadence",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.cadence",
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "made_by",
                    models.CharField(
                        choices=[("cadence", "Cadence"), ("person", "Somebody"), ("system", "System")], max_length=8
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("done", "Done"),
                            ("skipped", "Skipped"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("snoozed", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "step",
                "verbose_name_plural": "steps",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["assignee", "due_at", "id"],
                        name="step_open_of_assignee",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "call",
                                    "email",
                                    "call_email",
                                    "social",
                                    "call_back",
                                    "find_contact",
                                    "reply",
                                    "rebook",
                                    "decide",
                                    "reach_up",
                                    "task",
                                    "meeting",
                                    "outcome",
                                ],
                            )
                        ),
                        name="step_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at", None), ("state", "open")),
                            models.Q(("closed_at__isnull", False), ("state__in", ["done", "skipped", "cancelled"])),
                            _connector="OR",
                        ),
                        name="step_closed_has_its_moment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("attempt__gte", 1),
                                ("attempt__isnull", False),
                                ("cadence__isnull", False),
                                ("made_by", "cadence"),
                            ),
                            models.Q(models.Q(("made_by", "cadence"), _negated=True), ("cadence", None)),
                            _connector="OR",
                        ),
                        name="step_of_a_cadence_has_its_attempt",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("local_due", None), ("zone", "")),
                            models.Q(("local_due__isnull", False), models.Q(("zone", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="step_local_moment_has_its_zone",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "find_contact"), ("state", "open")),
                        fields=("lead",),
                        name="step_one_find_contact_per_lead",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("made_by", "cadence"), ("state", "open")),
                        fields=("lead",),
                        name="step_one_open_attempt_per_lead",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Clock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="clocks", to="leads.lead"
                    ),
                ),
                (
                    "clause",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.slaclause",
                    ),
                ),
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
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreement.agreementversion",
                    ),
                ),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="team.calendar"
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("minutes_used", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("met", "Met"), ("missed", "Missed"), ("excused", "Excused")],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("missed_at", models.DateTimeField(blank=True, null=True)),
                ("next_notice_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "clock",
                "verbose_name_plural": "clocks",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_notice_at__isnull", False)),
                        fields=["next_notice_at", "id"],
                        name="clock_to_notice",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state", "running")),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("next_notice_at", None),
                                ("state__in", ["met", "missed", "excused"]),
                            ),
                            _connector="OR",
                        ),
                        name="clock_ended_has_its_moment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("due_at__gte", models.F("started_at"))), name="clock_is_due_after_it_starts"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "missed"), _negated=True), ("missed_at__isnull", False), _connector="OR"
                        ),
                        name="clock_missed_says_when",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("lead", "kind"),
                        name="clock_one_running_per_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="leads.lead"
                    ),
                ),
                (
                    "clock",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="leads.clock",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("soon", "runs out soon"),
                            ("missed", "was missed"),
                            ("escalated", "was passed on to you"),
                            ("hand_off", "waits for your answer"),
                            ("answered", "was answered"),
                            ("moved", "was moved to another moment"),
                            ("released", "was given back"),
                            ("second_look", "asks for a second look"),
                            ("returned", "came back to you"),
                        ],
                        max_length=12,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "notice",
                "verbose_name_plural": "notices",
                "indexes": [
                    models.Index(condition=models.Q(("seen_at", None)), fields=["user", "-at"], name="notice_unseen")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("clock__isnull", False)),
                        fields=("clock", "kind", "user"),
                        name="notice_once_per_clock_and_kind",
                    )
                ],
            },
        ),
    ]
