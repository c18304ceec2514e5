"""Somebody asks to be left alone while she is worked: the attempt that nobody may make stands in no queue."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actions.people import suppress_person
from accounts.models import ContactPoint, Suppression
from agreement.models import CadenceStep, Lane, Phase, StepKind
from leads.actions.changing import MoveRefused
from leads.actions.claiming import claim_lead, release_lead
from leads.actions.closing import disqualify_lead
from leads.actions.handing import hand_off_lead, reject_hand_off
from leads.actions.import_rows import preview, run_imports
from leads.actions.importing import start_import
from leads.actions.logging import log_call, log_touch, set_step
from leads.actions.merging import merge_people
from leads.actions.recycling import recycle_lead
from leads.actions.silencing import pass_over_shut
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.folding import fold
from leads.models import Clock, Lead, LeadEvent, Step
from leads.pool import pool_of
from leads.queue import Wanted, queue_of
from leads.sentences import told
from team.clock import database_now
from tests.leads.files import answered, bring, decided, received
from tests.make import NOON, disposition, make_account, make_lead, make_person, reason

LATER = NOON + timedelta(minutes=10)
HOUR = timedelta(hours=1)


def broken(at=LATER):
    return {name: ids for name, ids in check_all(at=at).items() if ids}


def next_of(lead):
    return lead.steps.open().values_list("kind", "made_by", "assignee").get()


def asked(lead, channel="all", at=LATER):
    suppress_person(lead.person, channel, source="import", at=at)
    return pass_over_shut([lead.person_id], at=at)


# A file says so
@pytest.fixture
def kim(alice):
    """Worked by Alice since an hour ago."""
    return make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(email="kim@mail.io"), at=timezone.now() - HOUR)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ("Email,Status\nkim@mail.io,Opted out\n", {}),
        ("Email,Stay away\nkim@mail.io,yes\n", {"Stay away": {"target": "do_not_contact"}}),
        ("Email,Do Not Call,Do Not Email\nkim@mail.io,yes,yes\n", {}),
    ],
)
def test_an_opt_out_in_a_file_is_to_be_decided_about_and_counted(team, lea, alice, kim, rows, columns):
    run = decided(received(rows, by=lea), by=lea, columns=columns)
    foreseen = dict(preview(answered(run, by=lea), at=database_now()).notes)
    start_import(run, by=lea, at=database_now())
    run_imports(budget=100)
    run.refresh_from_db()

    assert next_of(kim) == (StepKind.DECIDE, "system", alice.pk)
    assert foreseen == run.tallies["notes"] == {"silenced": 1}
    event = kim.events.order_by("-id").first()
    assert (event.verb, event.by, event.data["because"]) == ("plan", None, "suppressed")
    kim.refresh_from_db()
    assert kim.due_at == kim.steps.open().get().due_at
    assert fold(kim.events.order_by("id")).contradictions == []
    assert broken(timezone.now()) == {}


def test_her_rep_reads_why_in_her_queue_and_in_the_history(team, lea, alice, kim, client):
    run = bring("Email,Status\nkim@mail.io,Opted out\n", by=lea)
    client.force_login(alice)

    page = client.get(reverse("leads:lead", args=[kim.public_id])).text
    assert "Decide: asked not to be contacted" in page
    assert "Asked not to be contacted: the planned attempt is not made" in page
    queue = client.get(reverse("leads:queue")).text
    assert "Decide: asked not to be contacted" in queue
    assert "There is no way to reach them" in queue
    client.force_login(lea)
    result = client.get(reverse("leads:import", args=[run.public_id])).text
    assert "Asked not to be contacted, with an open lead: no attempt is made that way any more" in result


@pytest.mark.parametrize(
    ("channel", "said"),
    [("email", "Asked for no e-mail"), ("phone", "Asked for no calls"), ("all", "Asked not to be contacted")],
)
def test_history_says_what_they_asked_for_and_what_was_told_before_is_still_told(alice, channel, said):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, lane=Lane.REP_SOURCED)
    Step.objects.filter(lead=lead).update(kind=StepKind.EMAIL if channel == "email" else StepKind.CALL)
    asked(lead, channel)
    event = lead.events.latest("id")

    assert told(event, lead, reader=alice.pk, now=LATER) == f"{said}: the planned attempt is not made"
    del event.data["shut"]
    kept = told(event, lead, reader=alice.pk, now=LATER)
    assert kept == "Asked not to be contacted: the planned attempt is not made"


def test_a_file_that_says_it_again_and_one_of_a_stranger_change_nothing(team, lea, alice, kim):
    rows = "Email,Status\nkim@mail.io,Opted out\nlou@mail.io,Opted out\n"
    assert bring(rows, by=lea).tallies["notes"] == {"silenced": 1}
    before = LeadEvent.objects.filter(lead=kim).count()

    run = bring(rows, by=lea, source="Another list")

    assert run.tallies["notes"] == {}
    assert LeadEvent.objects.filter(lead=kim).count() == before


def test_many_of_one_file_cost_no_more_statements_than_a_few(team, lea, alice, django_assert_max_num_queries):
    people = [make_person() for _ in range(24)]
    leads = [make_lead(phase=Phase.WORKING, bdr=alice, person=one) for one in people]
    for person in people:
        suppress_person(person, "all", source="import", at=LATER)
    pass_over_shut([people[0].pk], at=LATER)

    # Once: their leads, what is shut and what they asked for, steps, clocks, hours and absences, the writes. Of each:
    # what reaches them.
    with django_assert_max_num_queries(14 + 23):
        assert pass_over_shut([one.pk for one in people], at=LATER) == 23

    assert {next_of(lead) for lead in leads} == {(StepKind.DECIDE, "system", alice.pk)}
    assert broken() == {}


# Which attempts
@pytest.mark.parametrize(
    ("lane", "channel", "following"),
    [
        (Lane.REP_SOURCED, "phone", (StepKind.EMAIL, 2)),
        (Lane.REP_SOURCED, "email", (StepKind.CALL, 1)),
        (Lane.REP_SOURCED, "all", (StepKind.DECIDE, None)),
        (Lane.LIST, "email", (StepKind.CALL, 2)),
        # What is left of an attempt over two channels is made as it stands.
        (Lane.CONTENT, "phone", (StepKind.CALL_EMAIL, 1)),
    ],
)
def test_what_else_the_cadence_has_comes_in_its_place(alice, lane, channel, following):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, lane=lane)

    asked(lead, channel)

    assert lead.steps.open().values_list("kind", "attempt").get() == following
    assert broken() == {}


def test_a_social_touch_is_an_attempt_that_may_not_be_made_either(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, lane=Lane.REP_SOURCED)
    Step.objects.filter(lead=lead).update(kind=StepKind.SOCIAL)
    assert (asked(lead, "phone"), asked(lead, "email")) == (0, 0)

    assert asked(lead) == 1

    assert next_of(lead)[0] == StepKind.DECIDE


def test_a_cadence_of_social_touches_plans_none_for_who_asked_not_to_be_contacted(alice):
    lead = make_lead(lane=Lane.REP_SOURCED)
    Suppression.objects.create(person=lead.person, channel="all", at=NOON)
    CadenceStep.objects.filter(cadence__lane=Lane.REP_SOURCED).update(kind=StepKind.SOCIAL)

    claim_lead(lead, by=alice, at=LATER)

    assert next_of(lead)[0] == StepKind.DECIDE


def test_a_search_for_a_way_ends_with_the_last_channel(alice):
    person = make_person(phone=None, email=None)
    lead = make_lead(phase=Phase.WORKING, bdr=alice, lane=Lane.REP_SOURCED, person=person)
    assert (next_of(lead)[0], asked(lead, "phone")) == (StepKind.FIND_CONTACT, 0)

    assert asked(lead, "email") == 1

    assert next_of(lead)[0] == StepKind.DECIDE
    assert broken() == {}


@pytest.mark.parametrize("kind", [StepKind.CALL_BACK, StepKind.FIND_CONTACT])
def test_what_a_rep_has_planned_stays_and_nothing_is_planned_beside_it(alice, kind):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    set_step(lead, kind=kind, due=LATER + HOUR, by=alice, at=NOON)
    assert asked(lead) == 0
    other = make_lead(phase=Phase.WORKING, bdr=alice)
    Step.objects.create(
        lead=other, kind=StepKind.TASK, due_at=NOON + HOUR, assignee=alice, made_by="person", created_at=NOON
    )

    assert asked(other) == 1

    assert [next_of(one)[0] for one in (lead, other)] == [kind, StepKind.TASK]


@pytest.fixture
def waiting(alice, peter):
    """Whose attempt waits for the meeting of a colleague next week, and when that ends."""
    account = make_account()
    hers = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=account))
    lead = make_lead(phase=Phase.WORKING, bdr=alice, lane=Lane.LIST, person=make_person(account=account))
    start = NOON + timedelta(days=9)
    hand_off_lead(hers, ae=peter, by=alice, at=NOON, meeting=(start.replace(tzinfo=None), "UTC"))
    assert lead.steps.open().get().held_from
    return lead, start + timedelta(minutes=30)


def test_what_is_to_be_decided_waits_for_no_meeting_and_the_promise_runs_on(waiting):
    lead, _end = waiting
    promised = lead.clocks.earliest("pk").due_at

    asked(lead)

    step = lead.steps.open().get()
    assert (step.kind, step.due_at, step.held_from) == (StepKind.DECIDE, promised, None)
    assert Clock.objects.running().get(lead=lead).due_at == promised
    assert broken() == {}


def test_the_next_attempt_waits_for_the_meeting_and_the_promise_with_it(waiting):
    lead, end = waiting

    asked(lead, "email")

    step = lead.steps.open().get()
    assert (step.kind, step.due_at, bool(step.held_from)) == (StepKind.CALL, end, True)
    assert Clock.objects.running().get(lead=lead).started_at == end
    assert broken() == {}


def test_but_not_in_the_pool(waiting, alice):
    lead, _end = waiting
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    release_lead(lead, by=alice, at=NOON)
    assert lead.steps.open().get().kind == StepKind.CALL

    asked(lead, "phone")

    step = lead.steps.open().get()
    assert (step.kind, step.held_from) == (StepKind.EMAIL, None)
    assert broken() == {}


def test_who_waits_in_the_pool_is_to_be_decided_about_by_whoever_takes_her(alice, bob):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    release_lead(lead, by=alice, at=NOON)

    asked(lead)

    assert next_of(lead) == (StepKind.DECIDE, "system", None)
    assert broken() == {}
    claim_lead(lead, by=bob, at=LATER)
    assert next_of(lead) == (StepKind.DECIDE, "system", bob.pk)


# Undo, merge
def test_an_opt_out_taken_back_after_a_file_has_repeated_it_is_to_be_decided_about(team, lea, alice, kim):
    now = timezone.now()
    disqualify_lead(kim, reason=reason("opted_out"), by=alice, at=now - timedelta(minutes=9))
    bring("Email,Status\nkim@mail.io,Opted out\n", by=lea)

    undo_last(kim, by=alice, at=now)

    kim.refresh_from_db()
    assert (kim.phase, next_of(kim)[0]) == (Phase.WORKING, StepKind.DECIDE)
    assert broken(now) == {}


@pytest.mark.parametrize("act", ["call", "e-mail", "recycling"])
def test_what_stood_before_an_act_does_not_stand_again(alice, act):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, lane=Lane.REP_SOURCED)
    if act == "call":
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    elif act == "e-mail":
        log_touch(lead, kind="email", by=alice, at=NOON)
    else:
        recycle_lead(lead, reason=reason("not_ready"), by=alice, at=NOON)
    asked(lead, at=NOON + timedelta(minutes=1))

    undo_last(lead, by=alice, at=LATER)

    assert next_of(lead)[0] == StepKind.DECIDE
    assert Lead.objects.get(pk=lead.pk).attempts == 0
    assert fold(lead.events.order_by("id")).contradictions == []
    assert broken() == {}


@pytest.mark.parametrize("is_kept", [True, False])
def test_whoever_is_merged_with_somebody_who_opted_out_is_tried_no_more(alice, is_kept):
    lead, other = make_lead(phase=Phase.WORKING, bdr=alice), make_person()
    suppress_person(other, "all", source="import", at=NOON)

    kept, merged = (lead.person, other) if is_kept else (other, lead.person)
    merge_people(kept, merged, by=None, at=LATER)

    assert next_of(lead)[0] == StepKind.DECIDE
    assert broken() == {}


def test_a_number_found_for_who_may_not_be_called_calls_nobody(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(phone=None))
    asked(lead)
    ContactPoint.objects.create(person=lead.person, kind="phone", value="1", normalised="+12025550100")

    assert pass_over_shut([lead.person_id], at=LATER) == 0
    assert next_of(lead)[0] == StepKind.DECIDE


@pytest.mark.skipif(connection.vendor == "sqlite", reason="one writes at a time")
def test_a_file_locks_leads_before_people_as_every_action_does(team, lea, kim):
    run = answered(decided(received("Email,Status\nkim@mail.io,Opted out\n", by=lea), by=lea), by=lea)
    start_import(run, by=lea, at=database_now())

    with CaptureQueriesContext(connection) as said:
        run_imports(budget=100)

    locked = [query["sql"].split('"')[1] for query in said if "FOR UPDATE" in query["sql"]]
    assert next(table for table in locked if table in ("leads_lead", "accounts_person")) == "leads_lead"


# Before anybody works her, and what a rep may still plan
@pytest.mark.parametrize(
    ("channel", "email", "said"),
    [
        ("phone", "", "e-mail"),
        ("email", "", "First call"),
        ("phone", None, "Find an e-mail address"),
        ("all", "", "Decide: asked not to be contacted"),
    ],
)
def test_the_pool_names_the_step_that_whoever_takes_it_gets(team, alice, channel, email, said):
    lead = make_lead(lane=Lane.HAND_RAISER, person=make_person(email=email))
    suppress_person(lead.person, channel, source="import", at=NOON)

    ((_band, _head, (row,)),) = pool_of([team.pk], at=LATER).groups
    assert said in row.what
    claim_lead(lead, by=alice, at=LATER)

    queue = queue_of(alice, wanted=Wanted(), at=LATER)
    ((_group, (mine,)),) = queue.groups
    assert mine.what == row.what


def test_who_asked_not_to_be_called_is_not_among_those_to_call_now(alice):
    person = make_person(time_zone="Europe/London")
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=person)
    Step.objects.filter(lead=lead).update(kind=StepKind.REPLY, made_by="system", cadence=None, attempt=None)
    assert queue_of(alice, wanted=Wanted(), at=LATER).callable_now == 1

    suppress_person(person, "phone", source="import", at=LATER)

    assert queue_of(alice, wanted=Wanted(), at=LATER).callable_now == 0


@pytest.mark.parametrize(
    ("channel", "refused"),
    [
        ("phone", [StepKind.CALL, StepKind.CALL_EMAIL, StepKind.CALL_BACK]),
        ("email", [StepKind.EMAIL, StepKind.CALL_EMAIL]),
    ],
)
def test_no_call_is_planned_with_who_asked_for_none_and_a_call_of_hers_is_logged(alice, client, channel, refused):
    at = timezone.now()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=at)
    asked(lead, channel, at=at)
    for kind in refused:
        with pytest.raises(MoveRefused, match="asked"):
            set_step(lead, kind=kind, by=alice, at=at, due=at + HOUR)
    set_step(lead, kind=StepKind.TASK, by=alice, at=at, due=at + HOUR)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=at)

    client.force_login(alice)
    tomorrow = (at + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    form = {"disposition": disposition("call_back").pk, "call_back": tomorrow, "zone": "UTC"}
    response = client.post(reverse("leads:log_call", args=[lead.public_id]), form)

    may = StepKind.CALL_BACK not in refused
    assert (response.status_code == 422, "asked not to be called" in response.text) == (not may, not may)
    assert lead.steps.open().filter(kind=StepKind.CALL_BACK).exists() is may


def test_writing_is_offered_before_calling_to_who_asked_not_to_be_called(alice, client):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    client.force_login(alice)
    pages = [client.get(reverse("leads:lead", args=[lead.public_id])).text]
    suppress_person(lead.person, "phone", source="import", at=timezone.now())
    pages.append(client.get(reverse("leads:lead", args=[lead.public_id])).text)

    assert [page.index('data-key="c"') < page.index('data-key="e"') for page in pages] == [True, False]


@pytest.mark.parametrize(
    ("channels", "kind"),
    [(["phone"], StepKind.EMAIL), (["phone", "email"], StepKind.DECIDE), (["email"], StepKind.CALL)],
)
def test_sales_sends_back_no_call_to_whom_nobody_may_call(alice, peter, channels, kind):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    hand_off = hand_off_lead(lead, ae=peter, by=alice, at=NOON)
    for channel in channels:
        suppress_person(lead.person, channel, source="list", at=NOON)

    reject_hand_off(hand_off, reason=reason("reject_no_authority"), by=peter, at=NOON)

    assert lead.steps.open().get().kind == kind


@pytest.mark.parametrize(("channel", "left"), [("email", "call"), ("phone", "e-mail")])
def test_an_attempt_on_two_channels_is_called_by_the_one_that_is_left(client, alice, channel, left):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=NOON)
    Lead.objects.filter(pk=lead.pk).update(first_touched_at=NOON)
    step = lead.steps.get()
    assert step.kind == StepKind.CALL_EMAIL

    suppress_person(lead.person, channel, source="preference", at=NOON)
    pass_over_shut([lead.person_id], at=NOON)

    ((_group, (row,)),) = queue_of(alice, wanted=Wanted(), at=NOON).groups
    assert row.what == f"Attempt 1 of 6: {left}"
    client.force_login(alice)
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    assert f"Attempt 1 of 6: {left}<" in page
