"""A team in motion: people come, go and cover, and settings change and are reverted, between all that happens to leads.

After every step each promise is checked, and clocks run out when the hours there are now say so. MACHINE_STEPS says how
many steps of `test_machine` there are: here are a twentieth of them, each followed by every check there is.
"""

import os
from contextlib import suppress
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from agreement.models import Cadence, SLAClause, Stage
from leads.actions.covering import end_absence, set_away
from leads.actions.recadencing import change_cadence
from leads.clocks import clause_of, moments_of
from leads.models import Clock
from leads.settings.changing import change_setting, revert_change
from leads.settings.kind import SettingConflict, SettingRefused
from leads.settings.registry import BY_SLUG, KINDS
from team.calendars import Calendars
from team.models import Absence, Calendar, Role, SettingChange, Team, User
from tests.leads.test_machine import STEPS, STEPS_A_RUN, Life, refusal, which
from tests.make import make_user

OPENS = st.sampled_from([0, 7 * 60, 9 * 60 + 30, 13 * 60])


class TeamInMotion(Life):
    @initialize()
    def hire_an_admin(self):
        self.dora = make_user("dora", Role.ADMIN)

    # People
    @rule(i=which, j=which, hours=st.integers(-30, 90), long=st.integers(1, 240), covered=st.booleans())
    def set_away(self, i, j, hours, long, covered):
        """Covered for a day or set away for days; at once, already, or from a later moment on."""
        user = self.rep(i) if i % 4 else self.ae(i)
        peers = list(self.peers(user))
        starts_at = self.at + timedelta(hours=hours) if i % 2 else self.at
        cover = peers[j % len(peers)] if covered and peers else None
        with refusal():
            set_away(
                user, starts_at=starts_at, ends_at=starts_at + timedelta(hours=long), cover=cover, by=user, at=self.at
            )

    @rule(i=which)
    def come_back(self, i):
        absences = list(Absence.objects.filter(ends_at__gt=self.at).order_by("pk"))
        if absences:
            absence = absences[i % len(absences)]
            with refusal():
                end_absence(absence, by=absence.user, at=self.at)

    def peers(self, user):
        if user.has_role(Role.AE):
            return User.objects.active().with_role(Role.AE).exclude(pk=user.pk).order_by("pk")
        reps = User.objects.active().with_role(Role.BDR).filter(memberships__team__in=user.teams_as(Role.BDR))
        return reps.exclude(pk=user.pk).order_by("pk")

    # Settings
    @rule(i=which, opens=OPENS, long=st.integers(60, 600), days=st.sets(st.integers(0, 6), min_size=1))
    def change_hours(self, i, opens, long, days):
        calendar = self.one_of(Calendar.objects.order_by("pk"), i)
        windows = [[day, opens, min(opens + long, 24 * 60)] for day in sorted(days)]
        zone = ["UTC", "America/New_York", "Asia/Kolkata"][i % 3]
        self.change("calendars", calendar.pk, windows=windows, time_zone=zone)
        self.all_promises_by(calendar)

    @rule(i=which, j=which)
    def give_a_team_other_hours(self, i, j):
        team = self.one_of(Team.objects.filter(retired_at=None).order_by("pk"), i)
        self.change("teams", team.pk, calendar=self.one_of(Calendar.objects.order_by("pk"), j).pk)

    @rule(i=which, later=st.integers(0, 5), fewer=st.booleans())
    def change_a_cadence(self, i, later, fewer):
        cadence = self.one_of(Cadence.objects.filter(is_current=True).order_by("pk"), i)
        attempts = BY_SLUG["cadences"].read(cadence.pk)["attempts"]
        attempts = attempts[:-1] if fewer else attempts
        moved = [[day + later * place, kind] for place, (day, kind) in enumerate(attempts)]
        self.change("cadences", cadence.pk, attempts=moved)

    @rule(i=which, j=which)
    def move_to_another_cadence(self, i, j):
        if lead := self.lead(i):
            cadence = self.one_of(Cadence.objects.filter(is_current=True).order_by("pk"), j)
            with refusal():
                change_cadence(lead, cadence=cadence, by=self.owner(lead, i), at=self.at)

    @rule(i=which)
    def retire_a_stage_on_its_page(self, i):
        stage = self.one_of(Stage.objects.in_use().order_by("pk"), i)
        peers = Stage.objects.in_use().filter(phase=stage.phase).exclude(pk=stage.pk)
        if not peers:
            self.change("stages", None, label=f"More {i}", phase=stage.phase)
        elif i % 2:
            self.change("stages", stage.pk, successor=peers.first().pk)

    @rule(i=which)
    def revert_something(self, i):
        reverted = SettingChange.objects.filter(reverts__isnull=False).values("reverts")
        change = self.one_of(SettingChange.objects.exclude(pk__in=reverted).order_by("-pk")[:6], i)
        if change is not None:
            kind = next(kind for kind in KINDS if kind.model._meta.label == change.model)
            with suppress(SettingConflict, SettingRefused):
                revert_change(kind, change, by=self.dora, at=self.at)
            for calendar in Calendar.objects.filter(pk=change.object_id) if kind.slug == "calendars" else ():
                self.all_promises_by(calendar)

    def change(self, slug, pk, **new):
        with suppress(SettingConflict, SettingRefused):
            change_setting(BY_SLUG[slug], pk, new, by=self.dora, at=self.at)

    def one_of(self, rows, i):
        found = list(rows)
        return found[i % len(found)] if found else None

    # Promises
    def all_promises_by(self, calendar):
        """Every one of them, an account executive's less when she is away."""
        wrong = self.not_as_from_scratch(Clock.objects.running().filter(calendar=calendar))
        assert not wrong, wrong

    @invariant()
    def first_touches_are_due_as_if_their_hours_had_always_been_these(self):
        wrong = self.not_as_from_scratch(Clock.objects.running().filter(kind=SLAClause.Kind.FIRST_TOUCH))
        assert not wrong, wrong

    def not_as_from_scratch(self, clocks):
        calendars = Calendars(at=self.at)
        wrong = []
        for clock in clocks.select_related("lead"):
            ae_id = None if clock.kind == SLAClause.Kind.FIRST_TOUCH else clock.lead.ae_id
            hours = calendars.without(clock.calendar_id, ae_id)
            due_at, _notice_at = moments_of(clause_of(clock), worktime=hours, started_at=clock.started_at)
            wrong += [] if clock.due_at == due_at else [(clock, clock.due_at, due_at)]
        return wrong


@pytest.mark.machine
@pytest.mark.django_db
def test_no_team_operation_between_others_breaks_a_promise():
    machine = seed(int(os.environ.get("MACHINE_SEED", "20261128")))(TeamInMotion)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(STEPS // 20 // STEPS_A_RUN, 1),
            stateful_step_count=STEPS_A_RUN,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, *([Phase.shrink] if os.environ.get("MACHINE_SHRINK") else [])],
        ),
    )
