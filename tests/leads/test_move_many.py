"""Moving thousands is one act, done a part at a time; each lead ends as if it had been moved alone."""

import random
from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from agreement.models import Lane, Phase
from leads.actions.changing import MoveRefused
from leads.actions.claiming import claim_lead, reassign_leads
from leads.actions.closing import disqualify_lead
from leads.actions.entering import NewLead, open_leads
from leads.actions.handing import hand_off_lead
from leads.actions.leaving import release_absent
from leads.actions.logging import log_touch, set_step
from leads.actions.moving import AT_ONCE_MAX, Target, carry_on_moves, move_leads, start_move, start_taking_back
from leads.actions.sharing import undo_shared
from leads.actions.sweeping import notice_clocks, sweep_leads
from leads.actions.undoing import undo_many
from leads.checking import check_all
from leads.models import BulkMove, Clock, HandOff, Lead, LeadEvent, Notice, SharedAct, Step
from team.models import Absence, Membership, Role, User
from tests.make import NOON, make_account, make_lead, make_person, make_team, make_user, reason

pytestmark = pytest.mark.django_db
NOW = NOON + timedelta(minutes=10)
PHASES = [
    *[Phase.QUEUED, Phase.WORKING, Phase.NURTURE, Phase.WORKING] * 3,
    Phase.HANDED_OFF,
    Phase.ACCEPTED,
    Phase.QUALIFIED,
]


@pytest.fixture
def mixed(team, alice, bob, mona, peter):
    """Leads of every phase: touched and not, promised, waiting for a meeting at their account, lent to a cover."""
    dealt = random.Random(20261128)
    petra = make_user("petra", Role.AE)
    accounts = [make_account(), make_account(), None]
    for phase in PHASES * 2:
        rep = dealt.choice([alice, bob])
        lane = dealt.choice([Lane.CONTENT, Lane.HAND_RAISER, Lane.LIST])
        person = make_person(account=dealt.choice(accounts))
        reserved = {"bdr": rep, "reserved": True} if dealt.random() < 0.3 else {"team": team}
        held = reserved if phase == Phase.QUEUED else {"bdr": rep, "ae": dealt.choice([peter, petra])}
        make_lead(phase=phase, lane=lane, person=person, at=NOON - timedelta(minutes=dealt.randrange(6000)), **held)
    worked = list(Lead.objects.filter(phase=Phase.WORKING).order_by("pk"))
    for lead in worked[::3]:
        log_touch(lead, kind="email", by=lead.bdr, at=NOON)
    for lead in worked[1::4]:
        set_step(lead, kind="call_back", due=NOON + timedelta(days=1), by=lead.bdr, at=NOON)
    booked = next(lead for lead in worked if lead.account_id)
    start = (NOON + timedelta(days=2)).replace(tzinfo=None)
    hand_off_lead(booked, ae=peter, by=booked.bdr, at=NOON, meeting=(start, "UTC"))
    for user, cover in ((bob, alice), (peter, petra)):
        Absence.objects.create(user=user, cover=cover, starts_at=NOON, ends_at=NOON + timedelta(days=1))
    for tick in (sweep_leads, notice_clocks, sweep_leads, release_absent):
        tick(at=NOW)
    return [lead.pk for lead in Lead.objects.order_by("?")]


def test_many_moved_at_once_are_as_if_each_had_been_moved_alone(mixed, team, alice, mona):
    carol, pia, south = make_user("carol", Role.BDR, team=team), make_user("pia", Role.AE), make_team("South")
    there, reps = _there(), ("queued", "working", "nurture")
    for wanted, phases in (
        ({"to": alice}, reps),
        ({"to": carol}, reps),
        ({"to": None}, reps),
        ({"to": None, "team": south}, reps),
        ({"to": carol, "side": "bdr"}, ("handed_off", "accepted", "qualified")),
        ({"to": pia, "side": "ae"}, ("handed_off", "accepted", "qualified")),
    ):
        ids = list(Lead.objects.filter(pk__in=mixed, phase__in=phases).order_by("?").values_list("pk", flat=True))

        singly = _moved([[pk] for pk in sorted(ids)], there, by=mona, **wanted)
        at_once = _moved([ids], there, by=mona, **wanted)

        assert len(ids) > 3, wanted
        assert len(singly["events"]) >= len(ids), wanted
        assert at_once == singly, wanted


def test_a_move_is_taken_back_as_a_whole_wherever_it_went(mixed, team, alice, mona):
    carol, pia, south = make_user("carol", Role.BDR, team=team), make_user("pia", Role.AE), make_team("South")
    reps = ("queued", "working", "nurture")
    for target, phases in (
        (Target(alice), reps),
        (Target(carol), reps),
        (Target(), reps),
        (Target(team=south), reps),
        (Target(carol), ("handed_off", "accepted", "qualified")),
        (Target(pia, "ae"), ("handed_off", "accepted", "qualified")),
    ):
        ids = list(Lead.objects.filter(pk__in=mixed, phase__in=phases).values_list("pk", flat=True))
        with transaction.atomic():
            before = _standing()
            moved = move_leads(ids, target=target, by=mona, at=NOW + timedelta(minutes=1))
            assert len(moved.leads) > 3, target
            assert _standing() != before, target

            done = undo_shared(moved.act, by=mona, at=NOW + timedelta(minutes=2))

            assert (len(done.leads), done.stayed) == (len(moved.leads), []), target
            assert _standing() == before, target
            assert not any(check_all(at=NOW + timedelta(minutes=2)).values()), target
            transaction.set_rollback(True)


def test_what_somebody_has_touched_since_or_would_go_to_who_left_stays_moved(client, team, alice, bob, mona):
    now = timezone.now()
    touched, hers, still = (make_lead(phase=Phase.WORKING, bdr=rep, at=now) for rep in (bob, alice, bob))
    client.force_login(mona)
    ids = {"lead": [str(lead.public_id) for lead in (touched, hers, still)]}
    carol = make_user("carol", Role.BDR, team=team)
    done = client.post(reverse("leads:move"), {"team": team.pk, "to": f"rep-{carol.pk}", "form_id": "f" * 32, **ids})
    act = SharedAct.objects.get()
    undo = reverse("leads:shared_undo", args=[act.public_id])
    assert undo in client.get(done.url).text
    log_touch(touched, kind="email", by=carol, at=timezone.now())
    User.objects.filter(pk=alice.pk).update(is_active=False)

    said = client.post(undo, follow=True)

    assert said.status_code == 200
    assert "1 lead is as before. 2 are not," in said.text
    assert [Lead.objects.get(pk=lead.pk).bdr for lead in (touched, hers, still)] == [carol, carol, bob]


@pytest.fixture
def pool(team):
    """More than one request moves."""
    new = [
        NewLead(make_person(phone=None, email=None).pk, Lane.LIST, Lead.Origin.IMPORT, team_id=team.pk)
        for _ in range(AT_ONCE_MAX + 10)
    ]
    return open_leads(new, by=None, at=timezone.now()).leads


def test_more_than_a_request_moves_is_one_act_of_the_worker_with_a_page_that_says_how_far_it_is(
    client, pool, team, bob, mona, eve
):
    client.force_login(mona)
    asked = {"team": team.pk, "phase": "queued", "to": f"rep-{bob.pk}"}

    page = client.get(reverse("leads:move"), asked)
    assert (len(page.context["moved"].leads), page.text.count('class="row"')) == (len(pool), 50)
    # No form carries so many ids: it is asked again by the filter, and done once however often it is sent.
    assert 'name="lead"' not in page.text
    assert {"name": "phase", "value": "queued"} in [{"name": n, "value": v} for n, v in page.context["kept"]]
    sent = {**asked, "all": "1", "form_id": page.context["form_id"]}
    there = {client.post(reverse("leads:move"), sent).url for _ in range(2)}
    assert len(there) == BulkMove.objects.count() == 1
    assert "0 of 510 leads" in client.get(*there).text

    carry_on_moves()

    assert "510 leads moved to Bob." in client.get(*there, headers={"HX-Request": "true"}).text
    assert Lead.objects.filter(bdr=bob).count() == len(pool)
    acts = {event.data["act"] for event in LeadEvent.objects.filter(verb="reassign")}
    assert acts == {BulkMove.objects.get().key}
    assert LeadEvent.objects.filter(verb="reassign").count() == len(pool)
    assert carry_on_moves() == 0
    claim_lead(pool[0], by=bob, at=timezone.now())

    back = client.post(reverse("leads:take_move_back", args=[BulkMove.objects.get().public_id])).url
    carry_on_moves()

    assert "509 leads are as before." in client.get(back).text
    assert "Somebody has acted on this lead since" in client.get(back).text
    assert list(Lead.objects.filter(bdr=bob)) == [pool[0]]
    assert "This move was taken back." in client.get(*there).text
    assert not any(check_all(at=timezone.now()).values())
    client.force_login(eve)
    assert client.get(*there).status_code == 403


def test_what_changed_meanwhile_stays_with_its_reason_and_who_may_not_any_more_stops_it(team, alice, bob, mona):
    gone, hers, away, still = (make_lead(phase=Phase.WORKING, bdr=rep) for rep in (alice, bob, alice, alice))
    ids = [one.pk for one in (gone, hers, away, still)]
    move = start_move(ids, of=team, target=Target(), by=mona, at=NOW)
    disqualify_lead(gone, reason=reason("bad_data"), by=alice, at=NOW)
    reassign_leads([away.pk], team=make_team("South"), by=None, at=NOW)

    carry_on_moves()

    move.refresh_from_db()
    assert (move.moved, move.stayed) == (2, {"It is closed.": 1, "It has gone to another team.": 1})
    assert not move.error
    move = start_move([hers.pk, still.pk], of=team, target=Target(bob), by=mona, at=NOW)
    claim_lead(hers, by=bob, at=NOW)
    carry_on_moves()
    move.refresh_from_db()
    assert (move.moved, move.stayed) == (1, {"Bob has it already.": 1})
    back = start_move([still.pk], of=team, target=Target(alice), by=mona, at=NOW)
    Membership.objects.filter(user=mona).delete()
    carry_on_moves()
    back.refresh_from_db()
    assert (back.moved, bool(back.error), back.ended_at is None) == (0, True, False)
    assert Lead.objects.get(pk=still.pk).bdr == bob


def test_what_a_move_did_before_it_stopped_is_taken_back(client, pool, team, bob, mona, monkeypatch):
    client.force_login(mona)
    move = start_move([one.pk for one in pool], of=team, target=Target(bob), by=mona, at=timezone.now())
    monkeypatch.setattr("leads.actions.moving.PART", 300)
    monkeypatch.setattr("leads.actions.moving.SQLITE_PART", 300)
    carry_on_moves(budget=0.1)
    Membership.objects.filter(user=mona).delete()
    carry_on_moves()
    Membership.objects.create(user=mona, team=team, role=Role.MANAGER)
    page = client.get(reverse("leads:moving", args=[move.public_id]))
    assert "The move stopped." in page.text
    assert "300 leads were moved before." in page.text
    take_back = reverse("leads:take_move_back", args=[move.public_id])
    assert take_back in page.text

    back = client.post(take_back).url
    carry_on_moves()

    assert "300 leads are as before." in client.get(back).text
    assert not Lead.objects.filter(bdr=bob).exists()


@pytest.mark.parametrize("page", ["of the move", "of taking it back"])
def test_taking_back_that_stopped_is_offered_again_and_goes_on_from_there(
    client, pool, team, bob, mona, monkeypatch, page
):
    client.force_login(mona)
    move = start_move([one.pk for one in pool[:6]], of=team, target=Target(bob), by=mona, at=timezone.now())
    carry_on_moves()
    monkeypatch.setattr("leads.actions.moving.PART", 4)
    monkeypatch.setattr("leads.actions.moving.SQLITE_PART", 4)
    take_back = reverse("leads:take_move_back", args=[move.public_id])
    back = client.post(take_back).url
    with monkeypatch.context() as broken:
        broken.setattr("leads.actions.moving.undo_many", _refuses_the_second())
        carry_on_moves()
    shown = client.get(reverse("leads:moving", args=[move.public_id]) if page == "of the move" else back).text
    assert f'action="{take_back}"' in shown
    assert page == "of the move" or "4 leads are as before" in shown

    assert client.post(take_back).url == back
    carry_on_moves()

    assert "6 leads are as before." in client.get(back).text
    assert not Lead.objects.filter(bdr=bob).exists()
    assert f'action="{take_back}"' not in client.get(back).text
    assert client.post(take_back).url == reverse("leads:moving", args=[move.public_id])


def test_what_is_to_be_taken_back_before_midnight_is_taken_back_by_a_worker_after_it(
    pool, team, bob, mona, monkeypatch
):
    clock = {"now": NOON.replace(hour=23, minute=50)}
    monkeypatch.setattr("leads.actions.moving.database_now", lambda: clock["now"])
    move = start_move([one.pk for one in pool[:6]], of=team, target=Target(bob), by=mona, at=clock["now"])
    carry_on_moves()
    move.refresh_from_db()

    back = start_taking_back(move, by=mona, at=NOON.replace(hour=23, minute=59))
    clock["now"] += timedelta(minutes=20)
    carry_on_moves()

    back.refresh_from_db()
    assert (move.moved, back.moved, back.stayed, back.error) == (6, 6, {}, "")
    assert not Lead.objects.filter(bdr=bob).exists()


def _refuses_the_second():
    calls = count(1)

    def undo(*args, **more):
        if next(calls) == 2:
            raise MoveRefused("Not now.")
        return undo_many(*args, **more)

    return undo


def _moved(parts, there, **wanted):
    """What is there after these moves, of which nothing stays."""
    with transaction.atomic():
        for part in parts:
            reassign_leads(part, at=NOW, because="moved", **wanted)
        found = _state(there)
        assert len(parts) > 1 or not any(check_all(at=NOW).values())
        transaction.set_rollback(True)
    return found


def _standing():
    """What a move changes of leads, what is planned and promised on them, and who is told."""
    leads = Lead.objects.order_by("pk").values_list(
        "phase", "stage", "bdr", "ae", "team", "due_at", "reserved_until", "band", "sweep_at"
    )
    steps = Step.objects.open().order_by("pk").values_list("pk", "assignee", "due_at", "held_from", "lent_from")
    clocks = Clock.objects.running().order_by("lead_id", "kind").values_list("lead", "kind", "due_at")
    return [
        list(rows)
        for rows in (
            leads,
            steps,
            clocks,
            HandOff.objects.order_by("pk").values_list("pk", "ae"),
            Notice.objects.order_by("pk").values_list("pk"),
        )
    ]


def _there():
    return {model: set(model.objects.values_list("pk", flat=True)) for model in (LeadEvent, Clock, Step, Notice)}


def _state(there):
    """Every row that a move may touch. One that was not there before is called by its place among those of its lead."""
    known = {}
    for model, before in there.items():
        places = Counter()
        for pk, lead_id in model.objects.exclude(pk__in=before).order_by("pk").values_list("pk", "lead"):
            places[lead_id] += 1
            known[model, pk] = f"{lead_id}/{places[lead_id]}"
    clocks = {pk: called for (model, pk), called in known.items() if model is Clock}

    def rows(model, **filters):
        found = model.objects.filter(**filters).values()
        return sorted(({**row, "id": known.get((model, row["id"]), row["id"])} for row in found), key=str)

    events = LeadEvent.objects.exclude(pk__in=there[LeadEvent]).order_by("lead_id", "pk").values()
    return {
        "leads": rows(Lead),
        "steps": rows(Step),
        "clocks": rows(Clock),
        "hand-offs": rows(HandOff),
        # Of many she is told once, of the same leads.
        "notices": sorted((one.user_id, one.kind, one.at, pk) for one in Notice.objects.all() for pk in one.leads),
        "events": [_called(event, clocks) for event in events],
    }


def _called(event, clocks):
    del event["id"]
    started = event["data"].get("effects", {}).get("clocks_started")
    if started:
        started[:] = [clocks.get(pk, pk) for pk in started]
    return event
