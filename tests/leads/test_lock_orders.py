"""What locks several kinds of rows locks them in one order: two of them at once wait, and never for each other."""

import time
from datetime import timedelta
from functools import partial
from threading import Event, Thread

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ContactPoint, Person
from agreement.installation import publish_version_1
from agreement.models import Lane, Phase, Stage
from leads.actions.changing import LeadConflict, MoveRefused, lock_leads
from leads.actions.claiming import claim_lead, reassign_leads, release_lead, take_next
from leads.actions.closing import disqualify_lead, put_back
from leads.actions.covering import end_absence, set_away
from leads.actions.engaging import NewEngagement, engage
from leads.actions.handing import hand_off_lead
from leads.actions.import_rows import run_imports
from leads.actions.importing import start_import
from leads.actions.leaving import deactivate_user, lend, release_absent, take_back_lent
from leads.actions.logging import log_call
from leads.actions.merging import erase_person, merge_people
from leads.actions.releasing import release_due
from leads.actions.restaging import move_latecomers, restage_lead, retire_stage
from leads.actions.switchboard import log_about
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import Import, Lead, Release, Step
from team.actions.submitting import new_form_id
from team.models import Absence, Role, Upload, User
from tests.leads.files import answered, decided, received
from tests.leads.test_races import at_once, refusals
from tests.make import NOON, disposition, make_account, make_lead, make_person, make_team, make_user, reason

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + timedelta(minutes=10)
ROUNDS = 4


@pytest.fixture(autouse=True)
def installed(transactional_db):
    publish_version_1(apps, at=timezone.now())


@pytest.fixture
def north(installed):
    return make_team("North")


@pytest.fixture
def alice(north):
    return make_user("alice", Role.BDR, team=north)


@pytest.fixture
def mona(north):
    return make_user("mona", Role.MANAGER, team=north)


def broken(at):
    return {name: ids for name, ids in check_all(at=at).items() if ids}


def test_correcting_somebody_and_what_she_does_meanwhile(alice):
    now = timezone.now()
    client = Client()
    client.force_login(alice)
    for number in range(ROUNDS):
        person = make_person(phone=None, email=None)
        lead = make_lead(phase=Phase.WORKING, bdr=alice, person=person, at=now)
        sent = {
            "person_version": person.version, "given_name": "Ada", "family_name": str(number),
            "phone": f"+12025557{number:03}", "form_id": new_form_id(), "version": lead.version,
        }  # fmt: skip
        url = reverse("leads:correct", args=[lead.public_id])

        answers = at_once(
            partial(client.post, url, sent),
            *[partial(engage, [NewEngagement(person.pk, kind, now)], at=now) for kind in ("replied", "asked")],
        )

        assert answers[0].status_code == 302
        assert Person.objects.get(pk=person.pk).given_name == "Ada"
        assert ContactPoint.objects.filter(person=person, kind="phone").exists()
        assert sorted(lead.steps.open().values_list("kind", flat=True)) in (
            ["call_back", "reply"], ["call", "call_back", "reply"],
        )  # fmt: skip
    assert broken(now) == {}


def test_putting_back_what_its_rep_takes_back_at_the_same_moment(alice, mona):
    for _round in range(ROUNDS):
        lead = make_lead(phase=Phase.WORKING, bdr=alice)
        disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=NOON)
        look = lead.second_looks.get()

        answers = at_once(
            partial(put_back, look, by=mona, at=NOON),
            partial(undo_last, Lead.objects.get(pk=lead.pk), by=alice, at=NOON),
        )

        assert len(refusals(answers)) == 1
        assert Lead.objects.open().filter(person=lead.person).count() == 1
    assert broken(NOON) == {}


@pytest.mark.parametrize("meanwhile", ["taken back", "merged"])
def test_a_file_with_an_opt_out_of_somebody_who_is_worked_at_the_same_moment(alice, meanwhile):
    lea, now = make_user("lea", Role.MARKETER), timezone.now() - timedelta(minutes=1)
    for number in range(ROUNDS):
        person = make_person(email=f"kim{number}@mail.io")
        lead = make_lead(phase=Phase.WORKING, bdr=alice, person=person, at=now)
        if meanwhile == "taken back":
            disqualify_lead(lead, reason=reason("opted_out"), by=alice, at=now)
        run = decided(received(f"Email,Status\n{person.contact_points.first()},Opted out\n", by=lea), by=lea)
        start_import(answered(run, by=lea), by=lea, at=timezone.now())
        act = {
            # Of the same day, at midnight too.
            "taken back": partial(undo_last, Lead.objects.get(pk=lead.pk), by=alice, at=now),
            "merged": partial(merge_people, person, make_person(), by=None, at=timezone.now()),
        }[meanwhile]

        at_once(partial(run_imports, budget=100), act)

        run.refresh_from_db()
        assert (run.state, run.rows_rejected) == ("done", 0)
        assert lead.steps.open().get().kind == "decide"
    assert broken(timezone.now()) == {}


@pytest.mark.parametrize("how", ["forgotten", "merged"])
def test_taking_back_the_end_of_somebody_who_is_forgotten_or_merged_at_the_same_moment(alice, how):
    for _round in range(ROUNDS):
        lead = make_lead(phase=Phase.WORKING, bdr=alice)
        disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=NOON)
        person, kept = Person.objects.get(pk=lead.person_id), make_person()
        end = {
            "forgotten": partial(erase_person, person, by=None, at=LATER),
            "merged": partial(merge_people, kept, person, by=None, at=LATER),
        }[how]

        answers = at_once(partial(undo_last, Lead.objects.get(pk=lead.pk), by=alice, at=NOON), end)

        # Whoever comes second knows of the first: it is refused, or it ends what was opened, or it goes on with it.
        assert len(refusals(answers[1:])) == 0
        lead.refresh_from_db()
        assert lead.person == (person if how == "forgotten" else kept)
        assert how == "merged" or lead.phase == Phase.CLOSED
    assert broken(NOON) == {}


def test_releasing_people_who_are_being_merged(north):
    max_ = make_user("max", Role.MARKETER)
    upload = Upload.objects.create(
        purpose="import", name="x", size=1, sha256="0", by=max_, at=NOON, keep_until=LATER + timedelta(days=9)
    )
    run = Import.objects.create(upload=upload, by=max_, created_at=NOON, lane="list")
    for _round in range(ROUNDS):
        people = [make_person() for _one in range(6)]
        # Released in another order than their ids.
        for rank, person in enumerate(people):
            Release.objects.create(person=person, import_run=run, due_at=NOON, rank=rank)

        at_once(
            partial(release_due, at=LATER, budget=1),
            *[partial(merge_people, people[n], people[n + 1], by=None, at=LATER) for n in (0, 2, 4)],
        )
        release_due(at=LATER)

        kept = people[::2]
        assert set(Lead.objects.open().filter(person__in=people).values_list("person", flat=True)) == {
            person.pk for person in kept
        }
        assert not Release.objects.filter(state=Release.State.WAITING).exists()
    assert broken(LATER) == {}


@pytest.mark.parametrize("how", ["claim", "next", "reserved", "call"])
def test_who_is_leaving_keeps_nothing_she_takes_at_that_moment(north, mona, how):
    for number in range(ROUNDS * 2):
        leaver = make_user(f"leaver{number}", Role.BDR, team=north)
        lead = make_lead(bdr=leaver, reserved=True) if how == "reserved" else make_lead()
        take = {
            "next": partial(take_next, by=User.objects.get(pk=leaver.pk), at=NOON),
            "call": partial(log_call, lead, disposition=disposition("no_answer"), by=leaver, at=NOON),
        }.get(how, partial(claim_lead, Lead.objects.get(pk=lead.pk), by=leaver, at=NOON))

        at_once(take, partial(deactivate_user, leaver, by=mona, at=NOON))

        lead.refresh_from_db()
        assert (lead.phase, lead.bdr) == (Phase.QUEUED, None)
        assert not User.objects.get(pk=leaver.pk).is_active
    assert broken(NOON) == {}


def during(act, tick):
    """`tick` begins while what `act` has done is not committed yet."""
    done, go = Event(), Event()

    def open_act():
        with transaction.atomic():
            act()
            done.set()
            go.wait(10)
        connection.close()

    def alone():
        tick()
        connection.close()

    threads = [Thread(target=open_act), Thread(target=alone)]
    threads[0].start()
    done.wait(10)
    threads[1].start()
    threads[1].join(1)
    go.set()
    for thread in threads:
        thread.join(10)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time")
@pytest.mark.parametrize("how", ["moved", "given back"])
@pytest.mark.parametrize("tick", [lend, take_back_lent])
def test_a_lead_that_goes_on_while_a_cover_is_lent_its_steps_is_her_new_reps(north, alice, how, tick):
    bob, carol = (make_user(name, Role.BDR, team=north) for name in ("bob", "carol"))
    lead = make_lead(phase=Phase.WORKING, bdr=alice, team=north)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    Absence.objects.create(user=alice, starts_at=NOON, ends_at=NOON + timedelta(hours=30), cover=bob)
    at = LATER
    if tick is take_back_lent:
        lend(at=LATER)
        at = NOON + timedelta(hours=31)

    def act():
        if how == "moved":
            reassign_leads([lead.pk], to=carol, by=None, at=at)
        else:
            release_lead(Lead.objects.get(pk=lead.pk), by=alice, at=at)

    during(act, partial(tick, at=at))

    assert set(Step.objects.open().values_list("assignee", flat=True)) == {carol.pk if how == "moved" else None}
    release_absent(at=at)
    assert {name for name in broken(at) if name.startswith("step_")} == set()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time")
def test_two_who_book_for_each_other_from_the_pool(north):
    one, other = (make_user(name, Role.BDR, Role.AE, team=north) for name in ("one", "other"))
    for _round in range(3 * ROUNDS):
        answers = at_once(
            partial(hand_off_lead, make_lead(team=north), ae=other, by=one, at=LATER),
            partial(hand_off_lead, make_lead(team=north), ae=one, by=other, at=LATER),
        )
        assert [answer for answer in answers if isinstance(answer, Exception)] == []


@pytest.mark.parametrize("how", ["away", "back"])
def test_somebody_goes_away_or_is_back_while_her_leads_are_moved(alice, mona, north, how):
    """What is reserved for her, or for her cover, is locked with what she works, the lowest id first."""
    bob = make_user("bob", Role.BDR, team=north)
    reserved = make_lead(bdr=alice, reserved=True, lane=Lane.LIST)
    worked = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(worked, disposition=disposition("no_answer"), by=alice, at=NOON)
    ends = NOON + timedelta(days=3)
    act = partial(set_away, alice, starts_at=LATER, ends_at=ends, cover=bob, by=mona, at=LATER)
    if how == "back":
        act = partial(end_absence, act(), by=mona, at=LATER + timedelta(minutes=5))
    begun = Event()

    def move():
        with transaction.atomic():
            lock_leads([reserved.pk])
            begun.set()
            time.sleep(1)
            reassign_leads([reserved.pk, worked.pk], team=north, by=mona, at=LATER)

    def after_it_began():
        begun.wait(10)
        act()

    assert refusals(at_once(move, after_it_began)) == []
    assert Absence.objects.covering(LATER + timedelta(minutes=6)).exists() == (how == "away")


def test_two_who_set_somebody_away_at_once_set_her_away_once(alice, mona):
    refused = []

    def away():
        set_away(alice, starts_at=LATER, ends_at=NOON + timedelta(days=1), by=mona, at=LATER)

    def away_too():
        with pytest.raises(MoveRefused, match="Away already"):
            away()
        refused.append(True)

    during(away, away_too)

    assert (Absence.objects.count(), refused) == (1, [True])


def test_a_call_about_several_people_is_not_logged_on_who_is_moved_away_meanwhile(alice, mona, north):
    company, bob = make_account(), make_user("bob", Role.BDR, team=north)
    lead, other = (make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=company)) for _ in range(2))
    refused = []

    def call():
        with pytest.raises(LeadConflict, match="You do not work all of these"):
            log_about(lead, [other.public_id], disposition=disposition("no_answer"), by=alice, at=NOON)
        refused.append(True)

    during(partial(reassign_leads, [other.pk], to=bob, by=mona, at=NOON), call)

    assert refused == [True]
    assert not other.events.filter(verb="log").exists()


ON_POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time")


@ON_POSTGRESQL
def test_a_stage_that_is_retired_and_a_lead_that_leaves_it_do_not_wait_for_each_other(north, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    old, new = Stage.objects.filter(phase=Phase.WORKING).order_by("position")
    is_held = Event()

    def restage():
        with transaction.atomic():
            (held,) = lock_leads([lead.pk])
            is_held.set()
            time.sleep(0.5)
            restage_lead(held, stage=new, by=alice, at=LATER)

    def retire():
        is_held.wait(10)
        retire_stage(old, successor=new, by=None, at=LATER)

    assert [answer for answer in at_once(restage, retire) if isinstance(answer, Exception)] == []
    assert broken(LATER) == {}


@ON_POSTGRESQL
def test_who_enters_a_stage_while_it_is_retired_goes_on_in_its_successor_with_the_next_tick(north, alice):
    lead = make_lead(team=north)
    old, new = Stage.objects.filter(phase=Phase.WORKING).order_by("position")
    is_retired = Event()

    def retire():
        with transaction.atomic():
            retire_stage(old, successor=new, by=None, at=LATER)
            is_retired.set()
            time.sleep(0.5)

    def claim():
        is_retired.wait(10)
        claim_lead(Lead.objects.get(pk=lead.pk), by=alice, at=LATER)

    assert [answer for answer in at_once(retire, claim) if isinstance(answer, Exception)] == []
    lead.refresh_from_db()
    assert lead.stage == old

    assert (move_latecomers(at=LATER), move_latecomers(at=LATER)) == (1, 0)

    lead.refresh_from_db()
    assert (lead.stage, broken(LATER)) == (new, {})
