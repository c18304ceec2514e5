"""The twelve guards the random machine stands on: with each a directed day keeps every promise, without it one breaks.

A guard that could be taken out without anybody noticing would protect nothing, or the check would see nothing.
"""

from contextlib import suppress
from copy import copy
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from agreement.models import Phase
from leads.actions import changing, claiming, entering, handing, recycling, sweeping, undoing
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.claiming import claim_lead, take_next
from leads.actions.closing import disqualify_lead
from leads.actions.effects import Effects
from leads.actions.engaging import NewEngagement, engage
from leads.actions.entering import NewLead, open_leads
from leads.actions.handing import accept_hand_off, hand_off_lead, withdraw_hand_off
from leads.actions.last_act import History
from leads.actions.logging import add_note, log_call
from leads.actions.recycling import recycle_lead, wake_leads
from leads.actions.sweeping import notice_clocks, sweep_leads
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import HandOff, Lead, LeadEvent
from leads.models.lead import LeadQuerySet
from tests.make import NOON, disposition, make_account, make_lead, make_person, reason

LATER = NOON + timedelta(minutes=10)


# The lead is locked and looked at again.
def without_a_second_look(patch):
    patch.setattr(claiming, "lock_lead", lambda lead, **_expect: lead)


def two_reps_click_one_row(alice, bob, peter):
    lead = make_lead()
    seen_by_bob = Lead.objects.get(pk=lead.pk)
    claim_lead(lead, by=alice, at=NOON)
    with refused():
        claim_lead(seen_by_bob, by=bob, at=NOON)


# Every arrow is a row of the table of moves.
def without_the_table(patch):
    patch.setattr(changing, "is_allowed", lambda *_arrow, **_version: True)
    patch.setattr(changing, "who_may", lambda *_arrow: changing.ACTOR)


def a_rep_recycles_what_sales_has(alice, bob, peter):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)
    with refused():
        recycle_lead(lead, reason=reason("not_ready"), by=alice, at=LATER)


# A person has one open lead.
def without_one_open_lead_a_person(patch):
    route = entering._Batch.route

    def forgetful(batch, one):
        batch.busy.clear()
        batch.seen.clear()
        return route(batch, one)

    patch.setattr(entering._Batch, "route", forgetful)


def she_is_in_two_files(alice, bob, peter):
    person = make_person()
    for _file in range(2):
        open_leads([NewLead(person_id=person.pk, lane="list", origin="import")], by=None, at=NOON)


# A lead in work is due at its earliest step.
def without_the_earliest_step(patch):
    last = property(lambda effects: max((step.due_at for step in effects.open_steps), default=None))
    patch.setattr(Effects, "next_due", last)


def she_replies_before_the_next_attempt(alice, bob, peter):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    engage([NewEngagement(lead.person_id, "replied", LATER)], at=LATER)


# What is reserved for one rep is not given to another.
def without_reservations(patch):
    patch.setattr(
        LeadQuerySet, "in_pool", lambda self, *, teams, at: self.in_phase(Phase.QUEUED).filter(team__in=teams)
    )


def another_rep_asks_for_the_next_lead(alice, bob, peter):
    make_lead(bdr=alice, reserved=True)
    return ["given to somebody else"] if take_next(by=bob, at=NOON) else []


# What is over has no open steps.
def without_closing_steps(patch):
    patch.setattr(Effects, "close_steps", lambda *_effects, **_state: None)


def a_rep_disqualifies(alice, bob, peter):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    disqualify_lead(lead, reason=reason("competitor"), by=alice, at=LATER)


# The first touch ends the clock that waited for it.
def without_ending_clocks(patch):
    patch.setattr(Effects, "end_clocks", lambda *_effects, **_excused: [])


def a_rep_calls(alice, bob, peter):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=LATER)


# Before a sleeper is woken it is asked whether anybody may work her.
def without_asking_before_the_wake(patch):
    patch.setattr(recycling, "_sleep_on_where_nobody_may_work", lambda sleeping, **_more: sleeping)


def she_became_a_customer_in_her_sleep(alice, bob, peter):
    account = make_account()
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(account=account))
    account.standing = "customer"
    account.save(update_fields=["standing"])
    sweep_leads(at=lead.wake_at)


# Only the last act is taken back, and only by who did it.
def without_looking_who_acted_since(patch):
    def first_act(lead, events, _meant):
        act = [one for one in events if one.verb == "log"][-1:]
        return History(lead, act, [one for one in events if one.pk >= act[0].pk])

    patch.setattr(undoing, "act_among", first_act)


def somebody_acts_before_the_undo(alice, bob, peter):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=LATER)
    log_call(lead, disposition=disposition("voicemail"), by=bob, at=LATER)
    add_note(lead, text="I know her", by=bob, at=LATER)
    with refused():
        undo_last(lead, by=alice, at=LATER)
    taken_back = LeadEvent.objects.filter(by=alice, verb="correct").values("corrects")
    return [f"{event} of bob" for event in lead.events.filter(by=bob, pk__in=taken_back)]


# Each visit of the system moves its next one.
def without_moving_the_next_visit(patch):
    patch.setattr(sweeping, "sweep_of_queued", lambda lead, _changes_at: lead.sweep_at)


def a_first_touch_is_missed(alice, bob, peter):
    lead = make_lead()
    sweep_leads(at=lead.due_at)
    notice_clocks(at=lead.due_at)
    return names_of(check_all(at=lead.due_at + timedelta(minutes=6)))


# A hand-off is answered once, and only the one that is open.
def without_asking_whether_it_is_open(patch):
    def answering(hand_off):
        lead = changing.lock_lead(hand_off.lead)
        hand_off.lead = lead
        return lead, hand_off

    patch.setattr(handing, "_answering", answering)


def an_old_invitation_is_accepted(alice, bob, peter):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)
    old = HandOff.objects.get(lead=lead)
    withdraw_hand_off(HandOff.objects.get(lead=lead), by=alice, at=LATER)
    hand_off_lead(lead, ae=peter, by=alice, at=LATER)
    with refused():
        accept_hand_off(old, by=peter, at=LATER)


# A sleeper wakes once, whoever races.
def without_looking_who_sleeps(patch):
    remembered = {}

    def stale(ids):
        for lead in Lead.objects.filter(pk__in=ids):
            remembered.setdefault(lead.pk, lead)
        return [copy(remembered[pk]) for pk in ids]

    patch.setattr(recycling, "lock_leads", stale)


def two_workers_wake_her(alice, bob, peter):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice)
    for _worker in range(2):
        wake_leads([lead.pk], by=None, at=lead.wake_at)


GUARDS = {
    "a lead is locked and looked at again": (without_a_second_look, two_reps_click_one_row),
    "every arrow is in the table of moves": (without_the_table, a_rep_recycles_what_sales_has),
    "a person has one open lead": (without_one_open_lead_a_person, she_is_in_two_files),
    "a lead is due at its earliest step": (without_the_earliest_step, she_replies_before_the_next_attempt),
    "a reservation holds": (without_reservations, another_rep_asks_for_the_next_lead),
    "what is over has no open steps": (without_closing_steps, a_rep_disqualifies),
    "the first touch ends its clock": (without_ending_clocks, a_rep_calls),
    "a wake asks who may be worked": (without_asking_before_the_wake, she_became_a_customer_in_her_sleep),
    "only one's own last act is taken back": (without_looking_who_acted_since, somebody_acts_before_the_undo),
    "a visit moves the next one": (without_moving_the_next_visit, a_first_touch_is_missed),
    "a hand-off is answered once": (without_asking_whether_it_is_open, an_old_invitation_is_accepted),
    "a sleeper wakes once": (without_looking_who_sleeps, two_workers_wake_her),
}


def refused():
    """What this step is about may be refused in words; whether something broke is seen afterwards."""
    return suppress(LeadConflict, MoveRefused)


def broken_by(day, alice, bob, peter):
    """The names of the promises a day has broken; the database's own no is one."""
    try:
        with transaction.atomic():
            said = day(alice, bob, peter) or []
    except IntegrityError:
        return ["refused by the database"]
    return said + names_of(check_all(at=LATER))


def names_of(found):
    return [name for name, ids in found.items() if ids]


def test_there_are_twelve():
    assert len(GUARDS) == 12


@pytest.mark.parametrize("guard", GUARDS)
def test_with_the_guard_the_day_keeps_every_promise(alice, bob, peter, guard):
    _without, day = GUARDS[guard]

    assert broken_by(day, alice, bob, peter) == []


@pytest.mark.parametrize("guard", GUARDS)
def test_without_the_guard_it_is_seen(alice, bob, peter, guard, monkeypatch):
    without, day = GUARDS[guard]
    without(monkeypatch)

    assert broken_by(day, alice, bob, peter) != []
