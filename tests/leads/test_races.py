"""Several of us at one instant, on the real database: exactly one wins, the others are told, nothing breaks."""

import time
from collections import Counter
from datetime import date, timedelta
from functools import partial
from threading import Barrier, Event, Thread

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agreement.installation import publish_version_1
from agreement.models import Phase
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.claiming import claim_lead, open_count, take_next
from leads.actions.engaging import NewEngagement, engage
from leads.actions.entering import add_lead
from leads.actions.handing import accept_hand_off, hand_off_lead, withdraw_hand_off
from leads.actions.holding import hold_forgotten_attempts
from leads.actions.logging import log_call
from leads.actions.meetings import move_meeting
from leads.actions.merging import merge_people
from leads.actions.recycling import recycle_lead
from leads.actions.rewaking import spread_returns
from leads.actions.sweeping import notice_clocks, sweep_leads
from leads.actions.taking import take_many
from leads.checking import check_all
from leads.models import Engagement, HandOff, Lead, LeadEvent, Notice, Step
from leads.views import deciding
from leads.waking import Facts
from team.actions.submitting import new_form_id
from team.models import Role, Team, User
from tests.make import NOON, disposition, make_account, make_lead, make_person, make_team, make_user, reason

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def installed(transactional_db):
    publish_version_1(apps, at=timezone.now())


@pytest.fixture
def reps(installed):
    team = make_team("North")
    return [make_user(f"rep{number}", Role.BDR, team=team) for number in range(8)]


@pytest.fixture
def ae(installed):
    return make_user("peter", Role.AE)


def at_once(*acts):
    """Do all of these in threads of their own that start together; what each answered, or the error it met."""
    start, answers = Barrier(len(acts)), [None] * len(acts)

    def run(number, act):
        try:
            start.wait(10)
            answers[number] = act()
        except Exception as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    faults = [one for one in answers if isinstance(one, Exception) and not isinstance(one, (LeadConflict, MoveRefused))]
    assert faults == []
    return answers


def refusals(answers):
    return [answer for answer in answers if isinstance(answer, Exception)]


def broken(at):
    return {name: ids for name, ids in check_all(at=at).items() if ids}


def test_of_eight_reps_who_claim_one_lead_one_gets_it_and_the_others_hear_who(reps):
    lead = make_lead()

    answers = at_once(*[lambda rep=rep: claim_lead(Lead.objects.get(pk=lead.pk), by=rep, at=NOON) for rep in reps])

    lead.refresh_from_db()
    assert len(refusals(answers)) == 7
    assert {str(refusal) for refusal in refusals(answers)} == {f"{lead.bdr.name} has just taken this lead."}
    assert lead.events.filter(verb="claim").count() == lead.steps.open().count() == 1
    assert broken(NOON) == {}


def test_eight_reps_who_ask_for_the_next_lead_get_eight(reps):
    for _lead in range(8):
        make_lead()

    answers = at_once(*[lambda rep=rep: take_next(by=rep, at=NOON) for rep in reps])

    assert len({lead.pk for lead in answers}) == 8
    assert {lead.bdr_id for lead in Lead.objects.in_phase(Phase.WORKING)} == {rep.pk for rep in reps}
    assert broken(NOON) == {}


def test_no_number_of_windows_passes_the_open_limit(reps):
    rep = reps[0]
    rep.open_limit = 2
    rep.save(update_fields=["open_limit"])
    leads = [make_lead() for _lead in range(6)]

    at_once(
        *[lambda: take_next(by=rep, at=NOON) for _window in range(3)],
        *[lambda lead=lead: claim_lead(lead, by=rep, at=NOON) for lead in leads[:3]],
    )

    assert open_count(rep) == 2


def test_an_answer_a_withdrawal_and_a_sweep_at_once_leave_a_legal_history(reps, ae):
    for _round in range(4):
        lead = make_lead(phase=Phase.HANDED_OFF, bdr=reps[0], ae=ae)
        hand_off = lead.hand_offs.get()

        answers = at_once(
            partial(accept_hand_off, hand_off, by=ae, at=LATER),
            partial(withdraw_hand_off, lead.hand_offs.get(), by=reps[0], at=LATER),
            partial(sweep_leads, at=lead.due_at),
            partial(notice_clocks, at=lead.due_at),
        )

        lead.refresh_from_db()
        assert len(refusals(answers[:2])) == 1
        assert lead.phase in (Phase.ACCEPTED, Phase.WORKING)
    assert broken(LATER) == {}


def test_two_windows_of_one_ae_accept_once(reps, ae):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=reps[0], ae=ae)
    hand_off = lead.hand_offs.get()

    answers = at_once(*[lambda: accept_hand_off(hand_off, by=ae, at=LATER) for _window in range(3)])

    assert [str(refusal) for refusal in refusals(answers)] == ["Peter has accepted this hand-off already."] * 2
    assert lead.events.filter(verb="accept").count() == 1


def test_two_workers_wake_everybody_once(reps):
    asleep = [make_lead(phase=Phase.NURTURE, bdr=reps[0]) for _lead in range(6)]
    morning = asleep[0].wake_at

    at_once(*[lambda: sweep_leads(at=morning) for _worker in range(3)])

    assert Lead.objects.filter(previous__in=asleep, phase=Phase.QUEUED).count() == 6
    assert LeadEvent.objects.filter(verb="wake").count() == 6
    assert broken(morning) == {}


def test_a_call_and_the_wake_of_the_same_morning_meet(reps):
    for _round in range(3):
        lead = make_lead(phase=Phase.NURTURE, bdr=reps[0])
        morning = lead.wake_at

        at_once(
            partial(log_call, lead, disposition=disposition("no_answer"), by=reps[0], at=morning),
            partial(engage, [NewEngagement(lead.person_id, "replied", morning)], at=morning),
            partial(sweep_leads, at=morning),
        )

        assert Lead.objects.open().filter(person=lead.person).count() == 1
        assert broken(morning) == {}


def test_two_workers_record_a_miss_and_its_notice_once(reps):
    mona = make_user("mona", Role.MANAGER, team=reps[0].memberships.get().team)
    lead = make_lead(lane="content")

    at_once(*[lambda: notice_clocks(at=lead.due_at) for _worker in range(3)])

    assert lead.events.filter(verb="miss").count() == 1
    assert Notice.objects.filter(user=mona, lead=lead, kind="missed").count() == 1


def test_a_person_two_reps_add_at_once_has_one_lead(reps):
    person = make_person()

    answers = at_once(*[lambda rep=rep: add_lead(person, by=rep, at=NOON) for rep in reps[:4]])

    assert [str(refusal) for refusal in refusals(answers)] == ["This person already has an open lead."] * 3
    assert Lead.objects.get(person=person).phase == Phase.WORKING


def test_nobody_gets_a_lead_while_she_is_being_merged(reps):
    for _round in range(3):
        kept, merged = make_person(), make_person()

        at_once(
            partial(merge_people, kept, merged, by=None, at=NOON),
            partial(add_lead, merged, by=reps[0], at=NOON),
            partial(add_lead, kept, by=reps[1], at=NOON),
        )

        assert Lead.objects.open().filter(person__in=[kept, merged]).count() == 1
    assert broken(NOON) == {}


def test_two_reps_who_book_at_one_account_do_not_wait_for_each_other(reps, ae):
    meeting = ((NOON + timedelta(days=3)).replace(tzinfo=None), "UTC")
    for _round in range(3):
        account = make_account()
        leads = [make_lead(phase=Phase.WORKING, bdr=rep, person=make_person(account=account)) for rep in reps[:3]]

        def book(lead):
            with transaction.atomic():
                log_call(lead, disposition=disposition("no_answer"), by=lead.bdr, at=LATER)
                return hand_off_lead(lead, ae=ae, by=lead.bdr, at=LATER, meeting=meeting)

        answers = at_once(*[lambda lead=lead: book(lead) for lead in leads])

        assert refusals(answers) == []
    assert broken(LATER) == {}


def test_what_a_source_tells_twice_at_once_is_one_engagement(reps):
    person = make_person()
    told = NewEngagement(person.pk, "asked", NOON, source="site", external_id="7")

    at_once(*[lambda: engage([told], at=NOON) for _delivery in range(4)])

    assert Engagement.objects.filter(person=person).count() == 1
    assert Lead.objects.filter(person=person).count() == 1


def test_the_threads_really_meet(reps):
    """Without a lock two of them lose each other's work: the races above are no rehearsal."""
    if connection.vendor == "sqlite":
        pytest.skip("On SQLite one writes at a time: a transaction is IMMEDIATE.")
    lead = make_lead()
    gap = Barrier(2)

    def count():
        with transaction.atomic():
            attempts = Lead.objects.values_list("attempts", flat=True).get(pk=lead.pk)
            gap.wait(10)
            Lead.objects.filter(pk=lead.pk).update(attempts=attempts + 1)

    at_once(count, count)

    lead.refresh_from_db()
    assert lead.attempts == 1


def test_a_meeting_moved_while_a_colleague_s_lead_is_being_changed_is_noticed_by_the_next_tick(reps, ae):
    if connection.vendor == "sqlite":
        pytest.skip("on SQLite one writes at a time")
    account = make_account()
    hers, his = (make_lead(phase=Phase.WORKING, bdr=rep, person=make_person(account=account)) for rep in reps[:2])
    locked, moved = Event(), Event()
    far, near = ((NOON + timedelta(days=days)).replace(tzinfo=None) for days in (100, 1))
    hand_off = hand_off_lead(hers, ae=ae, by=reps[0], at=LATER, meeting=(far, "UTC"))

    def change_his():
        with transaction.atomic():
            Lead.objects.select_for_update().get(pk=his.pk)
            locked.set()
            moved.wait(10)

    def move_hers():
        locked.wait(10)
        move_meeting(hand_off, meeting=(near, "UTC"), by=reps[0], at=LATER)
        moved.set()

    at_once(change_his, move_hers)
    assert Step.objects.open().get(lead=his).due_at > NOON + timedelta(days=99)

    hold_forgotten_attempts(at=LATER)

    assert Step.objects.open().get(lead=his).due_at == NOON + timedelta(days=1, minutes=30)
    assert broken(LATER) == {}


def test_four_who_fill_their_hands_at_once_get_nobody_twice(reps):
    made = [make_lead(team=reps[0].memberships.get().team) for _ in range(30)]

    got = at_once(*[partial(take_many, by=rep, at=NOON, most=6) for rep in reps[:4]])

    taken = [lead.pk for one in got for lead in one.leads]
    assert len(taken) == len(set(taken)) == 24
    assert LeadEvent.objects.filter(verb="claim", lead__in=made).count() == 24
    assert not any(check_all(at=NOON).values())


def test_two_windows_of_one_rep_do_not_pass_her_limit_together(reps):
    rep = reps[0]
    rep.open_limit = 7
    rep.save()
    for _ in range(20):
        make_lead(team=rep.memberships.get().team)

    at_once(*[partial(take_many, by=rep, at=NOON, most=5), partial(take_many, by=rep, at=NOON, most=5)])

    assert open_count(rep) == 7


def test_two_who_book_one_ae_for_the_same_moment_are_not_both_told_that_she_is_free(reps, ae, monkeypatch):
    now = timezone.now()
    wall = (now + timedelta(days=2)).replace(hour=12, minute=0, tzinfo=None).strftime("%Y-%m-%dT%H:%M")
    looked = deciding.meets_already

    def slowly(*asked, **more):
        found = looked(*asked, **more)
        time.sleep(0.3)
        return found

    monkeypatch.setattr(deciding, "meets_already", slowly)

    def book(rep):
        lead = make_lead(phase=Phase.WORKING, bdr=rep, at=now)
        client = Client()
        client.force_login(rep)
        fields = {
            "ae": ae.pk,
            "meeting": wall,
            "zone": "UTC",
            "minutes": 30,
            "line": "Talk",
            "form_id": new_form_id(),
            "version": lead.version,
        }
        return partial(client.post, reverse("leads:hand_off", args=[lead.public_id]), fields)

    answers = at_once(*[book(rep) for rep in reps[:2]])

    assert (sorted(answer.status_code for answer in answers), HandOff.objects.count()) == ([302, 422], 1)


def test_who_spreads_days_meanwhile_counts_what_the_first_has_moved(reps):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: nobody plans beside another.")
    rep, team, day = reps[0], Team.objects.get(), date(2027, 5, 18)
    User.objects.filter(pk=rep.pk).update(open_limit=24)
    for _lead in range(8):
        lead = make_lead(phase=Phase.WORKING, bdr=rep)
        recycle_lead(lead, reason=reason("unresponsive"), by=rep, at=NOON, facts=Facts(wake_on=day))
    mona, backend, done = make_user("mona", Role.MANAGER, team=team), [], []

    def spread_beside():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend.append(cursor.fetchone()[0])
        done.append(spread_returns(team, day, day, by=mona, at=NOON))
        connection.close()

    beside = Thread(target=spread_beside)
    with transaction.atomic():
        spread_returns(team, day, day, by=mona, at=NOON)
        beside.start()
        while not (backend and is_held_up(backend[0])):
            time.sleep(0.01)
    beside.join(30)

    days = Counter(wake_at.date() for wake_at in Lead.objects.values_list("wake_at", flat=True))
    assert (sum(days.values()), max(days.values())) == (8, 2)
    assert done[0].moves == []


def is_held_up(backend):
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [backend])
        return cursor.fetchone()[0]
