"""Random days of a whole team: after every step the promises are checked in SQL, and folding events equals state.

MACHINE_STEPS says how many steps on each database; `./run test` does 500, `./run test --full` 5,000, CI 1,250.
"""

import os
from contextlib import suppress
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.actions.people import suppress_person
from accounts.models import ContactPoint, Person, PersonMerge
from agreement.models import Criterion, Disposition, Reason, Stage, StepKind
from leads.actions.answering import answer_criteria
from leads.actions.changing import LeadConflict, MoveRefused, lock_leads
from leads.actions.claiming import claim_lead, reassign_leads, release_lead, take_next
from leads.actions.closing import approve_second_look, disqualify_lead, put_back
from leads.actions.engaging import NewEngagement, engage
from leads.actions.entering import add_lead
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off, withdraw_hand_off
from leads.actions.leaving import deactivate_user, release_absent
from leads.actions.logging import (
    add_note,
    finish_step,
    log_and_go_on,
    log_call,
    log_touch,
    plan_after_contact,
    set_step,
    snooze_step,
)
from leads.actions.meetings import move_meeting
from leads.actions.merging import erase_person, merge_people, undo_merge
from leads.actions.outcomes import (
    lose_lead,
    record_no_show,
    record_not_qualified,
    record_qualified,
    return_lead,
    stall_lead,
    win_lead,
)
from leads.actions.recycling import change_wake, recycle_lead, wake_lead
from leads.actions.restaging import retire_stage
from leads.actions.silencing import pass_over_shut
from leads.actions.sweeping import expire_second_looks, notice_clocks, sweep_leads
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import HandOff, Lead, SecondLook, Step
from leads.waking import Facts
from team.models import Absence, Role, Team, User
from tests.make import NOON, make_account, make_person, make_team, make_user

STEPS = int(os.environ.get("MACHINE_STEPS", "500"))
STEPS_A_RUN = 50
which = st.integers(min_value=0, max_value=40)
ZONES = ["UTC", "America/New_York", "Australia/Lord_Howe"]


class Life(RuleBasedStateMachine):
    """A small team, its people and its clock."""

    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.at = NOON

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize()
    def hire(self):
        team, south = make_team("North"), make_team("South")
        self.people = 0
        self.accounts = [make_account(), make_account(standing="customer"), make_account()]
        for name in ("alice", "bob"):
            make_user(name, Role.BDR, team=team)
        make_user("eve", Role.BDR, team=south)
        make_user("mona", Role.MANAGER, team=team)
        self.south, self.hired = south, 0
        backup = make_user("petra", Role.AE)
        make_user("peter", Role.AE, backup=backup)

    # Who and what a step is about
    def lead(self, i):
        leads = list(Lead.objects.order_by("-pk")[:25])
        return leads[i % len(leads)] if leads else None

    def rep(self, i):
        reps = list(User.objects.active().with_role(Role.BDR).order_by("pk"))
        return reps[i % len(reps)]

    def owner(self, lead, i):
        return lead.bdr if lead.bdr and lead.bdr.is_active else self.rep(i)

    def ae(self, i):
        aes = list(User.objects.active().with_role(Role.AE).order_by("pk"))
        return aes[i % len(aes)]

    def reason(self, kind, i):
        reasons = list(Reason.objects.filter(kind=kind).order_by("pk"))
        return reasons[i % len(reasons)]

    def hand_off(self, i):
        hand_offs = list(HandOff.objects.select_related("lead", "ae").order_by("-pk")[:10])
        return hand_offs[i % len(hand_offs)] if hand_offs else None

    def wall(self, minutes):
        return (self.at + timedelta(minutes=minutes)).replace(tzinfo=None)

    # Inquiries and leads
    @rule(kind=st.sampled_from(["asked", "downloaded", "attended", "visited", "replied", "listed"]), i=which)
    def somebody_does_something(self, kind, i):
        people = list(Person.objects.filter(merged_into=None, erased_at=None).order_by("pk"))
        if i % 3 or not people:
            account = self.accounts[i % 3] if i % 2 else None
            person = make_person(account=account, phone=None if i % 5 == 0 else "", email=None if i % 4 == 0 else "")
        else:
            person = people[i % len(people)]
        engage([NewEngagement(person.pk, kind, self.at, source="site", external_id=f"{kind}{i}{self.at}")], at=self.at)

    @rule(i=which, minutes=st.integers(1, 60 * 24 * 20))
    def time_passes(self, i, minutes):
        self.at += timedelta(minutes=minutes)
        self.tick()

    @rule(minutes=st.integers(1, 90))
    def a_moment_passes(self, minutes):
        self.at += timedelta(minutes=minutes)
        self.tick()

    def tick(self):
        for work in (sweep_leads, notice_clocks, sweep_leads, expire_second_looks, release_absent):
            work(at=self.at)

    @rule(i=which)
    def find_somebody(self, i):
        with refusal():
            add_lead(make_person(phone=None if i % 3 == 0 else ""), by=self.rep(i), at=self.at)

    @rule(i=which)
    def find_a_number(self, i):
        if lead := self.lead(i):
            person = lead.person
            if not person.merged_into_id and not person.erased_at:
                number = f"+1303555{ContactPoint.objects.count():04}"
                ContactPoint.objects.create(person=person, kind="phone", value=number, normalised=number)
                with refusal():
                    plan_after_contact(lead, by=self.owner(lead, i), at=self.at)

    # The pool
    @rule(i=which)
    def take(self, i):
        with refusal():
            take_next(by=self.rep(i), at=self.at)

    @rule(i=which, j=which)
    def claim(self, i, j):
        if lead := self.lead(i):
            with refusal():
                claim_lead(lead, by=self.rep(j), at=self.at)

    @rule(i=which)
    def release(self, i):
        if lead := self.lead(i):
            with refusal():
                release_lead(lead, by=self.owner(lead, i), at=self.at)

    @rule(i=which, j=which, elsewhere=st.booleans())
    def move(self, i, j, elsewhere):
        if lead := self.lead(i):
            to, team = (None, self.south) if elsewhere else (self.rep(j), None)
            manager = User.objects.with_role(Role.MANAGER).first()
            with refusal():
                reassign_leads([lead.pk], to=to, team=team, by=manager, at=self.at)

    # Work
    @rule(i=which, d=which)
    def log(self, i, d):
        lead, dispositions = self.lead(i), list(Disposition.objects.order_by("position"))
        if lead:
            disposition = dispositions[d % len(dispositions)]
            promised = (self.wall(60 * (1 + d)), ZONES[d % 3])
            with refusal():
                log_call(
                    lead, disposition=disposition, by=self.owner(lead, i), at=self.at, note="words", call_back=promised
                )

    @rule(i=which, kind=st.sampled_from(["email", "social"]))
    def touch(self, i, kind):
        if lead := self.lead(i):
            with refusal():
                log_touch(lead, kind=kind, by=self.owner(lead, i), at=self.at)

    @rule(i=which)
    def write_a_note(self, i):
        if lead := self.lead(i):
            with refusal():
                add_note(lead, text="words", by=self.owner(lead, i), at=self.at)

    @rule(i=which, hours=st.integers(-1, 24 * 20), kind=st.sampled_from(["call", "task", "call_back", "social"]))
    def plan(self, i, hours, kind):
        if lead := self.lead(i):
            with refusal():
                set_step(lead, kind=kind, due=self.at + timedelta(hours=hours), by=self.owner(lead, i), at=self.at)

    @rule(i=which, hours=st.integers(-1, 24 * 20))
    def snooze(self, i, hours):
        if lead := self.lead(i):
            with refusal():
                snooze_step(lead, until=self.at + timedelta(hours=hours), by=self.owner(lead, i), at=self.at)

    @rule(i=which)
    def finish(self, i):
        lead = self.lead(i)
        step = lead and lead.steps.open().order_by("due_at", "pk").first()
        if step:
            with refusal():
                finish_step(lead, step=step, by=self.owner(lead, i), at=self.at)

    @invariant()
    def no_search_comes_again_at_once(self):
        """A search that was finished with nothing found is followed by something else."""
        for step in Step.objects.open().filter(kind=StepKind.FIND_CONTACT, made_by=Step.MadeBy.SYSTEM):
            before = step.lead.steps.filter(pk__lt=step.pk, made_by__in=["cadence", "system"]).exclude(
                state=Step.State.CANCELLED
            )
            last = before.order_by("-pk").first()
            assert last is None or (last.kind, last.state) != (StepKind.FIND_CONTACT, Step.State.DONE)

    @rule(i=which, value=st.sampled_from(["yes", "no", "unknown"]))
    def answer(self, i, value):
        if lead := self.lead(i):
            answers = dict.fromkeys(Criterion.objects.all(), (value, "she said so"))
            with refusal():
                answer_criteria(lead, answers=answers, by=self.owner(lead, i), at=self.at)

    # Sales
    @rule(i=which, j=which, hours=st.integers(1, 200), with_meeting=st.booleans(), call_first=st.booleans())
    def book(self, i, j, hours, with_meeting, call_first):
        if lead := self.lead(i):
            meeting = (self.wall(60 * hours), ZONES[j % 3]) if with_meeting else None
            by = self.owner(lead, i)
            with refusal(), transaction.atomic():
                if call_first:
                    log_and_go_on(lead, disposition=Disposition.objects.get(key="meeting"), by=by, at=self.at)
                hand_off_lead(lead, ae=self.ae(j), by=by, at=self.at, meeting=meeting, line="why now")

    @rule(i=which, what=st.sampled_from(["accept", "accept", "reject", "withdraw", "move"]), r=which)
    def respond(self, i, what, r):
        if hand_off := self.hand_off(i):
            with refusal():
                if what == "accept":
                    accept_hand_off(hand_off, by=hand_off.ae, at=self.at)
                elif what == "reject":
                    reject_hand_off(hand_off, reason=self.reason("reject", r), by=hand_off.ae, at=self.at)
                elif what == "withdraw":
                    withdraw_hand_off(hand_off, by=self.rep(i), at=self.at)
                else:
                    move_meeting(hand_off, meeting=(self.wall(600), "UTC"), by=hand_off.ae, at=self.at)

    @rule(i=which, r=which, what=st.sampled_from(["qualified", "qualified", "not_qualified", "no_show"]))
    def outcome(self, i, r, what):
        if hand_off := self.hand_off(i):
            with refusal():
                if what == "qualified":
                    record_qualified(hand_off, by=hand_off.ae, at=self.at)
                elif what == "not_qualified":
                    record_not_qualified(hand_off, reason=self.reason("reject", r), by=hand_off.ae, at=self.at)
                else:
                    record_no_show(hand_off, by=hand_off.ae, at=self.at)

    @rule(i=which, r=which, what=st.sampled_from(["win", "lose", "stall", "return"]))
    def deal(self, i, r, what):
        deals = list(Lead.objects.filter(phase__in=["accepted", "qualified"]).order_by("pk"))
        if deals:
            lead = deals[i % len(deals)]
            with refusal():
                if what == "win":
                    win_lead(lead, by=lead.ae, at=self.at)
                elif what == "lose":
                    lose_lead(lead, reason=self.reason("lose", r), by=lead.ae, at=self.at)
                elif what == "stall":
                    stall_lead(lead, reason=self.reason("recycle", r), by=lead.ae, at=self.at)
                else:
                    return_lead(lead, by=lead.ae, at=self.at)

    # Recycling and the end
    @rule(
        i=which, r=which, days=st.integers(-10, 800), precision=st.sampled_from(["day", "month", "quarter", "unknown"])
    )
    def recycle(self, i, r, days, precision):
        if lead := self.lead(i):
            reason = self.reason("recycle", r)
            day = self.at.date() + timedelta(days=days)
            facts = Facts(contract_ends=day, precision=precision) if reason.key == "mid_contract" else Facts()
            referred = make_person() if reason.key == "wrong_person" else None
            with refusal():
                recycle_lead(lead, reason=reason, by=self.owner(lead, i), at=self.at, facts=facts, referred_to=referred)

    @rule(i=which, days=st.integers(-1, 100))
    def sleep_on(self, i, days):
        if lead := self.lead(i):
            with refusal():
                change_wake(lead, wake_on=self.at.date() + timedelta(days=days), by=self.owner(lead, i), at=self.at)

    @rule(i=which)
    def wake(self, i):
        asleep = list(Lead.objects.filter(phase="nurture").order_by("pk"))
        if asleep:
            with refusal():
                wake_lead(asleep[i % len(asleep)], by=self.rep(i), at=self.at)

    @rule(i=which, r=which)
    def disqualify(self, i, r):
        if lead := self.lead(i):
            with refusal():
                disqualify_lead(lead, reason=self.reason("disqualify", r), by=self.owner(lead, i), at=self.at)

    @rule(i=which, channel=st.sampled_from(["all", "phone", "email"]))
    def somebody_asks_to_be_left_alone(self, i, channel):
        """As a file does it."""
        worked = list(Lead.objects.filter(phase="working").order_by("pk"))
        if worked and not i % 2:
            lead = worked[i % len(worked)]
            lock_leads(list(Lead.objects.open().filter(person=lead.person_id).values_list("pk", flat=True)))
            suppress_person(lead.person, channel, source="import", at=self.at)
            pass_over_shut([lead.person_id], at=self.at)

    @rule(i=which, back=st.booleans())
    def look_again(self, i, back):
        look = SecondLook.objects.filter(state="open").first()
        if look:
            manager = User.objects.with_role(Role.MANAGER).first()
            with refusal():
                (put_back if back else approve_second_look)(look, by=manager, at=self.at)

    @rule(i=which)
    def undo(self, i):
        lead = self.lead(i)
        last = lead.events.order_by("-id").first() if lead else None
        if last and last.by:
            with refusal():
                undo_last(lead, by=last.by, at=self.at)

    @rule()
    def undo_the_very_last_act(self):
        lead = Lead.objects.filter(events__by__isnull=False).order_by("-events__id").first()
        last = lead.events.order_by("-id").first() if lead else None
        if last and last.by:
            with refusal():
                undo_last(lead, by=last.by, at=self.at)

    # People come and go
    @rule(i=which, with_successor=st.booleans())
    def somebody_leaves(self, i, with_successor):
        self.hired += 1
        if self.hired % 4:
            return
        leaver = self.rep(i) if i % 3 else self.ae(i)
        role = Role.BDR if leaver.has_role(Role.BDR) else Role.AE
        team = Team.objects.filter(memberships__user=leaver).first()
        new = make_user("new", role, team=team)
        with refusal():
            deactivate_user(
                leaver,
                by=None,
                at=self.at,
                successor=new if with_successor and role == Role.BDR else None,
                ae_successor=new if role == Role.AE else self.ae(i + 1),
            )

    @rule(i=which, days=st.integers(1, 10), covered=st.booleans())
    def somebody_is_away(self, i, days, covered):
        user, cover = (self.rep(i), self.rep(i + 1)) if i % 4 else (self.ae(i), self.ae(i + 1))
        if user != cover and not Absence.objects.covering(self.at).filter(user=user).exists():
            ends_at = self.at + timedelta(days=days)
            Absence.objects.create(user=user, starts_at=self.at, ends_at=ends_at, cover=cover if covered else None)
            release_absent(at=self.at)

    @rule(i=which, j=which, back=st.booleans())
    def merge(self, i, j, back):
        people = list(Person.objects.filter(merged_into=None, erased_at=None).order_by("-pk")[:8])
        if len(people) > 1:
            with refusal():
                merge = merge_people(people[i % len(people)], people[j % len(people)], by=None, at=self.at)
                if back:
                    undo_merge(PersonMerge.objects.get(pk=merge.pk), by=None, at=self.at)

    @rule(i=which)
    def erase(self, i):
        person = Person.objects.filter(merged_into=None, erased_at=None).order_by("-pk").first()
        if person and i % 5 == 0:
            erase_person(person, by=None, at=self.at)

    @rule(i=which)
    def retire_a_stage(self, i):
        stages = list(Stage.objects.in_use().order_by("pk"))
        stage = stages[i % len(stages)]
        successor = Stage.objects.in_use().filter(phase=stage.phase).exclude(pk=stage.pk).first()
        if successor is None:
            successor = Stage.objects.create(
                key=f"more-{len(stages)}-{i}-{Stage.objects.count()}", label="More", phase=stage.phase
            )
        with refusal():
            retire_stage(stage, successor=successor, by=None, at=self.at)

    @invariant()
    def nobody_is_left_behind(self):
        broken = {name: ids for name, ids in check_all(at=self.at).items() if ids}
        assert not broken, broken
        if connection.vendor == "sqlite":
            connection.check_constraints()


@pytest.mark.machine
@pytest.mark.django_db
def test_random_days_break_no_promise():
    machine = seed(int(os.environ.get("MACHINE_SEED", "20261121")))(Life)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(STEPS // STEPS_A_RUN, 1),
            stateful_step_count=STEPS_A_RUN,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            # Shrinking a day of a team takes longer than reading it; MACHINE_SHRINK=1 does it at one's desk.
            phases=[Phase.generate, *([Phase.shrink] if os.environ.get("MACHINE_SHRINK") else [])],
        ),
    )


def refusal():
    """A step may be refused in words; anything else is a fault."""
    return suppress(LeadConflict, MoveRefused)
