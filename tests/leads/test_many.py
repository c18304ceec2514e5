"""The same done to many leads: said first, done as one act with one event each, taken back as one."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Suppression
from agreement.models import Cadence, Lane, Phase, StepKind
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.claiming import reassign_leads, release_lead
from leads.actions.logging import log_call, set_step, snooze_step
from leads.actions.many import Verb, Wish, do_to_many, sort_out_many
from leads.actions.recadencing import change_cadence
from leads.actions.sharing import undo_shared
from leads.checking import check_all
from leads.models import Lead, LeadEvent, SharedAct, Step
from tests.make import NOON, disposition, make_lead, make_person, reason

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SOON = NOON + 2 * DAY


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def leads(alice):
    return [make_lead(phase=Phase.WORKING, bdr=alice, at=NOON - HOUR) for _ in range(3)]


def wish(verb, **more):
    given = {
        Verb.SNOOZE: {"due": SOON},
        Verb.STEP: {"due": SOON, "kind": StepKind.EMAIL, "title": "Send the guide"},
        Verb.CADENCE: {"cadence": Cadence.objects.get(lane=Lane.LIST, is_current=True)},
        Verb.RECYCLE: {"reason": reason("unresponsive")},
        Verb.RELEASE: {},
    }[verb]
    return Wish(verb, **{**given, **more})


def promised(alice, lead):
    moment = ((NOON + 3 * HOUR).replace(tzinfo=None), "UTC")
    log_call(lead, disposition=disposition("call_back"), by=alice, at=NOON, call_back=moment)


def state(lead):
    """Everything that an act on many may change of a lead, but what counts the changes."""
    fields = {
        name: value for name, value in Lead.objects.filter(pk=lead.pk).values().get().items() if name != "version"
    }
    steps = list(lead.steps.open().order_by("pk").values("pk", "kind", "due_at", "snoozed", "assignee", "cadence"))
    return fields, steps


def ids(leads):
    return [lead.pk for lead in leads]


@pytest.mark.parametrize("verb", [Verb.SNOOZE, Verb.STEP, Verb.CADENCE, Verb.RECYCLE, Verb.RELEASE])
def test_it_is_done_to_each_with_one_event_and_taken_back_as_one(client, alice, leads, verb):
    before = [state(lead) for lead in leads]
    events = LeadEvent.objects.count()

    done = do_to_many(ids(leads), wish(verb), by=alice, at=NOON)

    assert (len(done.leads), done.skipped, LeadEvent.objects.count() - events) == (3, [], 3)
    assert len(set(LeadEvent.objects.order_by("-id").values_list("data__act", flat=True)[:3])) == 1
    assert [state(lead) for lead in leads] != before
    assert not any(check_all(at=NOON).values())
    client.force_login(alice)
    client.post(reverse("leads:shared_undo", args=[done.act.public_id]))
    assert [state(lead) for lead in leads] == before
    assert not any(check_all(at=NOON).values())


def test_giving_many_back_writes_what_single_acts_write_in_as_many_statements_for_ten_as_for_two(alice):
    made = [make_lead(phase=Phase.WORKING, bdr=alice, at=NOON - HOUR) for _ in range(13)]
    for lead in made[::2]:
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON - HOUR / 2)
    alone, few, many = made[:1], made[1:3], made[3:]
    release_lead(alone[0], by=alice, at=NOON)

    asked = []
    for leads in (few, many):
        with CaptureQueriesContext(connection) as queries:
            do_to_many(ids(leads), wish(Verb.RELEASE), by=alice, at=NOON)
        asked.append(len(queries))

    assert asked[1] <= asked[0] + 2
    told = [lead.events.filter(verb="release").values("data", "from_phase", "to_phase", "changes") for lead in made]
    shapes = {(len(list(one)), one[0]["to_phase"], *sorted(one[0]["changes"])) for one in told[::2]}
    assert len(shapes) == 1
    assert {lead.phase for lead in Lead.objects.filter(pk__in=ids(made))} == {Phase.QUEUED}
    assert not any(check_all(at=NOON).values())


@pytest.mark.parametrize("verb", [Verb.SNOOZE, Verb.STEP])
def test_planning_for_many_writes_what_single_acts_write_in_as_many_statements_for_ten_as_for_two(alice, verb):
    made = [make_lead(phase=Phase.WORKING, bdr=alice, at=NOON - HOUR) for _ in range(13)]
    for lead in made[::2]:
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON - HOUR / 2)
    # One of two that are due at the very moment asked for.
    Step.objects.create(
        lead=made[-1], kind="task", due_at=SOON, assignee=alice, made_by="person", created_by=alice, created_at=NOON
    )
    alone, few, many = made[:1], made[1:3], made[3:]
    if verb == Verb.SNOOZE:
        snooze_step(alone[0], until=wish(verb).due, by=alice, at=NOON)
    else:
        set_step(alone[0], kind=wish(verb).kind, due=wish(verb).due, title=wish(verb).title, by=alice, at=NOON)

    asked = []
    for leads in (few, many):
        with CaptureQueriesContext(connection) as queries:
            do_to_many(ids(leads), wish(verb), by=alice, at=NOON)
        asked.append(len(queries))

    assert asked[1] <= asked[0] + 2
    told = [lead.events.filter(verb="plan").order_by("id").values("data", "changes").last() for lead in made]
    shapes = {(*sorted(one["data"]["effects"]), *sorted(one["changes"])) for one in told[::2]}
    assert len(shapes) == 1
    stands = {tuple(lead.steps.open().values_list("due_at", "snoozed", "promised")) for lead in made[:-1]}
    assert len(stands) == 1
    assert not any(check_all(at=NOON).values())


@pytest.mark.parametrize("verb", [Verb.SNOOZE, Verb.STEP, Verb.RECYCLE])
def test_who_was_promised_a_moment_is_left_alone(alice, leads, verb):
    promised(alice, leads[1])

    done = do_to_many(ids(leads), wish(verb), by=alice, at=NOON)

    assert [lead.pk for lead, _why in done.skipped] == [leads[1].pk]
    assert len(done.leads) == 2


@pytest.mark.parametrize("verb", [Verb.SNOOZE, Verb.STEP, Verb.CADENCE, Verb.RECYCLE, Verb.RELEASE])
def test_the_preview_says_what_the_act_then_does(alice, bob, peter, verb):
    """In every phase, in other hands, promised, closed: who is skipped is skipped for the same reason."""
    made = [make_lead(phase=phase, bdr=alice, ae=peter, at=NOON - HOUR) for phase in Phase if phase != Phase.CLOSED]
    made += [make_lead(phase=Phase.WORKING, bdr=alice, at=NOON - HOUR) for _ in range(3)]
    promised(alice, made[-1])
    reassign_leads([made[-2].pk], to=bob, by=None, at=NOON)
    made = [Lead.objects.select_related("person", "bdr").get(pk=lead.pk) for lead in made]

    planned = sort_out_many(made, wish(verb), by=alice, at=NOON)
    done = do_to_many(ids(made), wish(verb), by=alice, at=NOON)

    assert sorted(ids(planned.leads)) == sorted(ids(done.leads))
    said = [sorted((lead.pk, why) for lead, why in found.skipped) for found in (planned, done)]
    assert said[0] == said[1]
    assert done.leads
    assert (made[-2].pk, "It is not yours to work any more.") in said[0]


def test_on_which_somebody_has_acted_since_stays_and_is_told(client, alice, leads):
    done = do_to_many(ids(leads), wish(Verb.SNOOZE), by=alice, at=NOON)
    set_step(leads[0], kind=StepKind.TASK, by=alice, at=NOON, due=SOON)
    client.force_login(alice)

    page = client.post(reverse("leads:shared_undo", args=[done.act.public_id]), follow=True).text

    assert "2 leads are as before." in page
    assert f"{leads[0].person} is not: Somebody has acted on this lead since" in page
    assert "taken back already" in client.post(
        reverse("leads:shared_undo", args=[done.act.public_id]), follow=True
    ).text  # fmt: skip


def test_nobody_else_takes_it_back(client, alice, bob, leads):
    done = do_to_many(ids(leads), wish(Verb.SNOOZE), by=alice, at=NOON)
    client.force_login(bob)

    assert client.post(reverse("leads:shared_undo", args=[done.act.public_id])).status_code == 404
    assert SharedAct.objects.get().undone_at is None


def test_a_colleague_s_act_is_not_looked_at_lead_by_lead(alice, bob, leads):
    done = do_to_many(ids(leads), wish(Verb.SNOOZE), by=alice, at=NOON)

    with pytest.raises(LeadConflict, match=r"^This was taken back already\.$"):
        undo_shared(done.act, by=bob, at=NOON)

    assert SharedAct.objects.get().undone_at is None


@pytest.mark.parametrize("verb", [Verb.SNOOZE, Verb.STEP, Verb.CADENCE])
def test_who_asked_to_be_contacted_is_not_put_off_with_the_others(client, alice, leads, verb):
    asked = make_lead(lane=Lane.HAND_RAISER, phase=Phase.WORKING, bdr=alice, at=NOON)
    kept = make_lead(bdr=alice, reserved=True, at=NOON)
    chosen = [leads[0], asked, kept]

    found = sort_out_many(chosen, wish(verb), by=alice, at=NOON)
    assert [lead.pk for lead in found.leads] == ids([leads[0]] if verb == Verb.CADENCE else [leads[0], kept])
    assert found.skipped[0] == (asked, "They asked to be contacted, and nobody has tried yet.")
    client.force_login(alice)
    page = client.get(reverse("leads:many"), {"verb": "snooze", "lead": [str(one.public_id) for one in chosen]}).text
    assert "1 of them is only kept for you: you take them with this." in page

    log_call(asked, disposition=disposition("no_answer"), by=alice, at=NOON)
    assert not sort_out_many([Lead.objects.get(pk=asked.pk)], wish(verb), by=alice, at=NOON).skipped


def test_who_asked_to_be_contacted_is_called_before_she_sleeps_with_others(alice, leads):
    asked = make_lead(lane=Lane.HAND_RAISER, phase=Phase.WORKING, bdr=alice, at=NOON)

    done = do_to_many(ids([leads[0], asked]), wish(Verb.RECYCLE), by=alice, at=NOON)

    assert [lead.pk for lead in done.leads] == ids([leads[0]])
    assert done.skipped == [(asked, "A person is waiting: they are called first.")]


def test_the_page_says_what_is_done_and_what_stays_before_it_is_done(client, alice, leads):
    promised(alice, leads[1])
    client.force_login(alice)
    given = {"verb": "snooze", "lead": [str(lead.public_id) for lead in leads], "query": "tier=A"}

    page = client.get(reverse("leads:many"), given).text

    assert "Snooze: 2 leads" in page
    assert "A moment was promised: open the lead." in page
    assert Lead.objects.filter(pk__in=ids(leads), steps__snoozed__gt=0).count() == 0

    response = client.post(reverse("leads:many"), {**given, "when": "days3", "form_id": ""})
    assert (response.url, LeadEvent.objects.filter(verb="plan", data__snoozed__isnull=False).count()) == ("/?tier=A", 2)
    told = client.get(response.url).text
    assert "Snooze: 2 leads." in told
    assert f"{leads[1].person} stayed" in told
    assert reverse("leads:shared_undo", args=[SharedAct.objects.get().public_id]) in told


def test_the_whole_list_is_more_than_its_page(client, alice, leads, monkeypatch):
    monkeypatch.setattr("leads.queue.PAGE", 2)
    client.force_login(alice)

    assert "the whole list" in client.get("/").text
    page = client.get(reverse("leads:many"), {"verb": "release", "all": "on", "lead": str(leads[0].public_id)}).text

    assert "Give back to the pool: 3 leads" in page


def test_what_is_missing_is_asked_for(client, alice, leads):
    client.force_login(alice)
    given = {"verb": "recycle", "lead": str(leads[0].public_id)}

    assert "Recycle: 1 lead" not in client.get(reverse("leads:many"), given).text
    assert client.post(reverse("leads:many"), given).status_code == 422
    assert client.post(reverse("leads:many"), {**given, "verb": "dance"}).status_code == 404


def test_the_page_costs_the_same_for_two_and_for_forty(client, alice, django_assert_max_num_queries):
    made = [make_lead(phase=Phase.WORKING, bdr=alice) for _ in range(40)]
    client.force_login(alice)
    client.get("/")
    for count in (2, 40):
        given = {"verb": "release", "lead": [str(lead.public_id) for lead in made[:count]]}
        with django_assert_max_num_queries(8):
            assert f"{count} leads" in client.get(reverse("leads:many"), given).text


def test_whom_nobody_can_call_or_write_to_stays_and_the_preview_says_so_in_the_words_of_the_act(alice, leads):
    there = {"phase": Phase.WORKING, "bdr": alice, "at": NOON - HOUR}
    no_number = make_lead(person=make_person(phone=None), **there)
    no_address = make_lead(person=make_person(email=None), **there)
    silent = make_lead(person=make_person(), **there)
    Suppression.objects.create(person=silent.person, channel="phone", at=NOON, source="test")
    chosen = [leads[0], no_number, no_address, silent]

    for kind, stay in (
        (StepKind.CALL, {no_number: "No phone number is known.", silent: "asked not to be called"}),
        (StepKind.EMAIL, {no_address: "No e-mail address is known."}),
    ):
        found = sort_out_many(chosen, wish(Verb.STEP, kind=kind), by=alice, at=NOON)
        assert [lead for lead, _why in found.skipped] == list(stay)
        for lead, why in found.skipped:
            assert stay[lead] in why
            with pytest.raises(MoveRefused, match=re.escape(why)):
                set_step(Lead.objects.get(pk=lead.pk), kind=kind, by=alice, at=NOON, due=SOON)


# Another cadence


def test_another_cadence_goes_on_behind_as_many_attempts_as_were_made(alice, leads):
    lead = leads[0]
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    other = Cadence.objects.get(lane=Lane.LIST, is_current=True)

    change_cadence(lead, cadence=other, by=alice, at=NOON)

    lead.refresh_from_db()
    step = lead.steps.open().get()
    assert (lead.cadence, step.cadence, step.attempt) == (other, other, 2)
    assert lead.due_at == step.due_at
    assert not any(check_all(at=NOON).values())


def test_another_cadence_leaves_the_promise_of_a_first_touch_where_it_is(alice, leads):
    lead = leads[0]
    due_at = lead.due_at
    clock = lead.clocks.get()

    change_cadence(lead, cadence=Cadence.objects.get(lane=Lane.LIST, is_current=True), by=alice, at=NOON)

    lead.refresh_from_db()
    assert (lead.due_at, lead.clocks.get().due_at) == (due_at, clock.due_at)


def test_a_promise_outlasts_a_change_of_cadence(alice, leads):
    promised(alice, leads[0])

    change_cadence(leads[0], cadence=Cadence.objects.get(lane=Lane.LIST, is_current=True), by=alice, at=NOON)

    assert leads[0].steps.open().get().promised
    assert not any(check_all(at=NOON).values())


def test_the_same_cadence_or_a_lead_that_is_not_worked_is_refused(alice, leads):
    with pytest.raises(MoveRefused):
        change_cadence(leads[0], cadence=leads[0].cadence, by=alice, at=NOON)
    with pytest.raises(LeadConflict):
        change_cadence(make_lead(), cadence=leads[0].cadence, by=alice, at=NOON)


def test_what_was_refused_and_rolled_back_is_no_part_of_the_act(alice):
    reserved = make_lead(bdr=alice, reserved=True, at=NOON)

    done = do_to_many([reserved.pk], Wish(Verb.SNOOZE, due=NOON + 40 * DAY), by=alice, at=NOON)

    assert (done.leads, done.act, SharedAct.objects.count()) == ([], None, 0)
