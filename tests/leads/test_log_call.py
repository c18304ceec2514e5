"""What a rep did, and what follows: the attempt, the promise, the next step; answers to the criteria."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, ContactPoint
from agreement.models import Criterion, Disposition, Phase, StepKind
from leads.actions.answering import answer_criteria
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.closing import disqualify_lead
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
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import Activity, Answer, Lead, Step
from team.models import Role
from tests.make import NOON, disposition, make_account, make_lead, make_person, reason

LATER = NOON + timedelta(minutes=10)
NINE = datetime(2027, 3, 2, 9, tzinfo=UTC)


def wall(moment):
    return moment.replace(tzinfo=None)


def broken(at=LATER):
    return {name for name, ids in check_all(at=at).items() if ids}


@pytest.fixture
def lead(alice):
    return make_lead(phase=Phase.WORKING, bdr=alice)


def call(lead, key, by, *, at=LATER, **more):
    event = log_call(lead, disposition=disposition(key), by=by, at=at, **more)
    lead.refresh_from_db()
    return event


def make_step(lead, by):
    """A moment promised beside the attempt that is planned already."""
    return Step.objects.create(
        lead=lead, kind=StepKind.CALL_BACK, due_at=NINE, assignee=by, promised=True, made_by="person", created_at=NOON
    )


# Calls
def test_an_attempt_is_done_meets_the_first_touch_and_plans_the_next(lead, alice):
    event = call(lead, "no_answer", alice, note="Rang out")

    activity = Activity.objects.get()
    done, following = lead.steps.order_by("id")
    assert (done.state, following.kind, following.attempt) == ("done", StepKind.CALL, 2)
    # a working day on, in the other half of the day, once it is eight in Washington
    assert lead.due_at == following.due_at == datetime(2027, 3, 2, 13, tzinfo=UTC)
    assert (lead.attempts, lead.first_touched_at, lead.last_touched_at, lead.sweep_at) == (1, LATER, LATER, None)
    assert lead.clocks.get().state == "met"
    assert (activity.kind, activity.attempt, activity.disposition.key) == ("call", 1, "no_answer")
    assert lead.notes.get().activity_id == activity.pk
    assert (event.verb, event.data["disposition"]) == ("log", activity.disposition_id)
    assert broken() == set()


@pytest.mark.parametrize(
    ("where", "due_at"),
    [
        ({"time_zone": "America/New_York"}, datetime(2027, 3, 2, 13, tzinfo=UTC)),
        ({"phone": "+13125550123"}, datetime(2027, 3, 2, 14, tzinfo=UTC)),
        ({"time_zone": "Asia/Tokyo"}, datetime(2027, 3, 3, 8, tzinfo=UTC)),
        ({"time_zone": "Pacific/Auckland"}, datetime(2027, 3, 2, 10, tzinfo=UTC)),
        ({}, datetime(2027, 3, 2, 10, tzinfo=UTC)),
    ],
    ids=["in the afternoon here", "by the number alone", "tomorrow morning here", "never at once", "nobody knows"],
)
def test_a_call_is_planned_for_an_hour_of_both(alice, where, due_at):
    person = make_person(account=make_account(), **{"phone": "+8001234567", **where})
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=person)

    call(lead, "no_answer", alice)

    assert (lead.due_at, lead.steps.open().get().due_at) == (due_at, due_at)
    assert not broken()


def test_the_cadence_is_walked_to_its_end_and_then_asks_for_a_decision(lead, alice):
    planned, at = [], LATER
    for _attempt in range(6):
        call(lead, "no_answer", alice, at=at)
        step = lead.steps.open().get()
        planned.append((step.kind, (step.due_at - NOON).days))
        at = step.due_at

    # working days 1, 3, 5, 8, 12 after the first, weekends left out
    assert [kind for kind, _day in planned] == ["call", "call_email", "call", "call_email", "email", "decide"]
    assert [step.due_at.weekday() < 5 for step in lead.steps.all()] == [True] * 7


@pytest.mark.parametrize("key", ["voicemail", "gatekeeper"])
def test_what_is_no_conversation_leaves_the_stage(lead, alice, key):
    call(lead, key, alice)

    assert (lead.stage.key, Activity.objects.get().is_conversation) == ("attempting", False)


def test_a_voicemail_with_an_e_mail_is_two_activities_of_one_attempt(lead, alice):
    call(lead, "voicemail_email", alice)

    assert list(Activity.objects.order_by("id").values_list("kind", "attempt")) == [("call", 1), ("email", 1)]
    assert lead.attempts == 1


def test_a_promised_call_back_is_due_at_her_nine(lead, alice):
    call(lead, "call_back", alice, call_back=(wall(NINE), "America/New_York"))

    step = lead.steps.open().get()
    assert (step.kind, step.promised, step.assignee) == (StepKind.CALL_BACK, True, alice)
    assert (step.due_at, wall(step.local_due), step.zone) == (NINE.replace(hour=14), wall(NINE), "America/New_York")
    assert (lead.due_at, lead.stage.key) == (step.due_at, "connected")


@pytest.mark.parametrize(
    ("call_back", "field"),
    [
        (None, "call_back"),
        ((wall(NOON), "UTC"), "due"),
        ((wall(NOON + timedelta(days=16)), "UTC"), "due"),
        ((wall(NINE), "Nowhere/At_All"), "zone"),
    ],
)
def test_a_promise_without_a_possible_moment_is_refused_and_nothing_is_logged(lead, alice, call_back, field):
    with pytest.raises(MoveRefused) as refusal:
        call(lead, "call_back", alice, call_back=call_back)

    assert refusal.value.field == field
    assert not Activity.objects.exists()
    assert lead.events.count() == 2


TOO_EARLY = {
    "an e-mail": lambda lead, by, at: log_touch(lead, kind="email", by=by, at=at),
    "a social touch": lambda lead, by, at: log_touch(lead, kind="social", by=by, at=at),
    "nobody answers": lambda lead, by, at: log_call(lead, disposition=disposition("no_answer"), by=by, at=at),
    "voicemail and e-mail": lambda lead, by, at: log_call(
        lead, disposition=disposition("voicemail_email"), by=by, at=at
    ),
}


@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.HANDED_OFF, Phase.ACCEPTED, Phase.QUALIFIED, Phase.NURTURE])
@pytest.mark.parametrize("act", TOO_EARLY)
def test_what_does_not_keep_a_promise_leaves_it_standing_and_plans_nothing_before_it(alice, peter, act, phase):
    lead = make_lead(phase=phase, bdr=alice, ae=peter)
    by = peter if phase in (Phase.ACCEPTED, Phase.QUALIFIED) else alice
    call(lead, "call_back", by, at=NOON, call_back=(wall(NINE), "UTC"))
    before, due_at = list(lead.steps.open().order_by("pk").values()), lead.due_at

    TOO_EARLY[act](lead, by, LATER)

    lead.refresh_from_db()
    assert list(lead.steps.open().order_by("pk").values()) == before
    assert (lead.due_at, lead.attempts, lead.last_touched_at) == (due_at, 2, LATER)
    assert broken() == set()
    undo_last(lead, by=by, at=LATER)
    lead.refresh_from_db()
    assert list(lead.steps.open().order_by("pk").values()) == before
    assert (lead.attempts, lead.due_at) == (1, due_at)


def test_a_conversation_before_the_moment_keeps_the_promise(lead, alice):
    call(lead, "call_back", alice, at=NOON, call_back=(wall(NINE), "UTC"))

    log_and_go_on(lead, disposition=disposition("not_now"), by=alice, at=LATER)

    assert not lead.steps.open().filter(kind=StepKind.CALL_BACK).exists()


def test_another_moment_that_was_promised_replaces_the_first(lead, alice):
    call(lead, "call_back", alice, at=NOON, call_back=(wall(NINE), "UTC"))

    call(lead, "call_back", alice, call_back=(wall(NINE + timedelta(hours=5)), "UTC"))

    assert list(lead.steps.open().values_list("due_at", flat=True)) == [NINE + timedelta(hours=5)]


@pytest.mark.parametrize("early", [timedelta(0), timedelta(seconds=50)])
def test_a_call_at_the_moment_keeps_it_though_nobody_answers_and_the_cadence_goes_on(lead, alice, early):
    call(lead, "call_back", alice, at=NOON, call_back=(wall(NINE), "UTC"))

    call(lead, "no_answer", alice, at=NINE - early)

    step = lead.steps.open().get()
    assert (step.kind, step.made_by, lead.due_at) == (StepKind.CALL_EMAIL, "cadence", step.due_at)
    assert step.due_at > NINE


def test_a_touch_does_the_attempt_that_was_planned_before_the_promise(lead, alice):
    later = make_step(lead, alice)

    log_touch(lead, kind="email", by=alice, at=LATER)

    lead.refresh_from_db()
    assert [step.pk for step in lead.steps.open()] == [later.pk]
    assert lead.due_at == NINE
    assert broken() == set()


@pytest.mark.parametrize("phase", [Phase.HANDED_OFF, Phase.ACCEPTED, Phase.QUALIFIED, Phase.NURTURE])
def test_a_promise_is_kept_in_every_phase(alice, peter, phase):
    lead = make_lead(phase=phase, bdr=alice, ae=peter)
    by = alice if phase in (Phase.HANDED_OFF, Phase.NURTURE) else peter

    call(lead, "call_back", by, call_back=(wall(NINE), "UTC"))

    step = lead.steps.open().order_by("due_at").first()
    assert (step.kind, step.due_at, step.assignee) == (StepKind.CALL_BACK, NINE, by)
    assert broken() == set()


def test_a_wrong_number_is_marked_and_another_way_is_tried(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)

    call(lead, "wrong_number", alice)

    phone = ContactPoint.objects.get(person=lead.person, kind="phone")
    assert (phone.state, phone.is_primary) == ("wrong", False)
    assert lead.steps.open().get().kind == StepKind.FIND_CONTACT


def test_looking_for_a_number_is_asked_once_and_ends_when_one_is_found(alice):
    person = make_person(phone=None, email=None, account=make_account())
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=person)
    # A call to no number would be a first touch in time, and end the search.
    with pytest.raises(MoveRefused, match="No phone number is known"):
        call(lead, "gatekeeper", alice)
    with pytest.raises(MoveRefused, match="No e-mail address is known"):
        log_touch(lead, kind="email", by=alice, at=LATER)
    lead.refresh_from_db()
    assert (lead.first_touched_at, lead.steps.open().get().kind) == (None, StepKind.FIND_CONTACT)
    # Through the switchboard of her company she can be called.
    Account.objects.filter(pk=lead.account_id).update(phone="+1 202 555 0100")
    call(Lead.objects.get(pk=lead.pk), "gatekeeper", alice)
    lead.refresh_from_db()
    assert lead.steps.filter(kind=StepKind.FIND_CONTACT).count() == 1

    ContactPoint.objects.create(person=lead.person, kind="phone", value="+12025550123", normalised="+12025550123")
    plan_after_contact(lead, by=alice, at=LATER)

    lead.refresh_from_db()
    assert lead.steps.open().get().kind == StepKind.CALL
    assert broken() == set()


@pytest.mark.parametrize("key", ["meeting", "not_now", "not_interested"])
def test_what_needs_its_own_form_is_logged_with_it(lead, alice, key):
    with pytest.raises(MoveRefused, match="needs its own form"):
        call(lead, key, alice)
    assert not Activity.objects.exists()

    log_and_go_on(lead, disposition=disposition(key), by=alice, at=LATER)
    assert Activity.objects.get().is_conversation


def test_a_call_to_a_lead_of_the_pool_takes_it_first(alice):
    lead = make_lead()

    call(lead, "no_answer", alice)

    assert (lead.phase, lead.bdr) == (Phase.WORKING, alice)
    assert [event.verb for event in lead.events.order_by("id")] == ["queue", "claim", "log"]


def test_a_closed_lead_is_logged_no_more(lead, alice):
    disqualify_lead(lead, reason=reason("competitor"), by=alice, at=NOON)

    with pytest.raises(LeadConflict, match="closed"):
        call(lead, "no_answer", alice)


@pytest.mark.parametrize("kind", ["email", "social"])
def test_a_touch_elsewhere_is_an_attempt_and_meets_the_first_touch(lead, alice, kind):
    log_touch(lead, kind=kind, by=alice, at=LATER)

    lead.refresh_from_db()
    assert (lead.attempts, lead.clocks.get().state, lead.steps.open().get().attempt) == (1, "met", 2)


def test_a_note_is_no_touch_and_meets_nothing(lead, alice):
    add_note(lead, text="Her sister works at Acme", by=alice, at=LATER)

    lead.refresh_from_db()
    assert (lead.attempts, lead.clocks.get().state, lead.first_touched_at) == (0, "running", None)
    with pytest.raises(MoveRefused):
        add_note(lead, text="  ", by=alice, at=LATER)


# Steps
def test_a_step_of_ones_own_stands_in_for_the_planned_attempt(lead, alice):
    set_step(lead, kind="call", due=NINE, title=" Ask for Jo ", by=alice, at=LATER)

    lead.refresh_from_db()
    step = lead.steps.open().get()
    assert (step.kind, step.title, step.made_by, step.assignee) == ("call", "Ask for Jo", "person", alice)
    assert lead.due_at == NINE
    assert lead.clocks.get().due_at == NOON + timedelta(hours=4)


@pytest.mark.parametrize("days", [-1, 0, 16])
def test_a_next_step_lies_ahead_and_at_most_fourteen_days(lead, alice, days):
    with pytest.raises(MoveRefused) as refusal:
        set_step(lead, kind="call", due=LATER + timedelta(days=days), by=alice, at=LATER)

    assert refusal.value.field == "due"


def test_snoozing_moves_the_step_and_no_clock(lead, alice):
    clock = lead.clocks.get()

    snooze_step(lead, until=NINE, by=alice, at=LATER)

    lead.refresh_from_db()
    assert (lead.due_at, lead.steps.open().get().snoozed) == (NINE, 1)
    assert lead.clocks.get().due_at == clock.due_at


def test_a_finished_task_leaves_the_rest_and_the_last_one_goes_on_with_the_cadence(lead, alice):
    set_step(lead, kind="task", due=NINE, by=alice, at=LATER)
    task = lead.steps.open().get()

    finish_step(lead, step=task, by=alice, at=LATER)

    lead.refresh_from_db()
    assert lead.steps.open().get().made_by == "cadence"
    with pytest.raises(LeadConflict, match="done already"):
        finish_step(lead, step=task, by=alice, at=LATER)
    assert broken() == set()


# Answers
def test_answers_are_appended_with_their_evidence_and_move_nothing(lead, alice):
    need, budget = Criterion.objects.get(key="need"), Criterion.objects.get(key="budget")
    version = lead.version

    answer_criteria(lead, answers={need: ("yes", "They lose a day a week"), budget: ("no", "")}, by=alice, at=LATER)
    answer_criteria(lead, answers={budget: ("unknown", "")}, by=alice, at=LATER)

    said = Answer.objects.get(criterion=need)
    assert lead.notes.get(pk=said.note_id).text == "They lose a day a week"
    assert list(Answer.objects.filter(criterion=budget).order_by("id").values_list("value", flat=True)) == [
        "no", "unknown"
    ]  # fmt: skip
    assert Lead.objects.get(pk=lead.pk).version == version
    assert lead.events.last().data["answers"] == [[budget.pk, "unknown"]]


@pytest.mark.parametrize("answers", [{}, {"need": "perhaps"}])
def test_nothing_and_nonsense_are_no_answers(lead, alice, answers):
    given = {Criterion.objects.get(key=key): (value, "") for key, value in answers.items()}

    with pytest.raises(MoveRefused):
        answer_criteria(lead, answers=given, by=alice, at=LATER)

    assert not Answer.objects.exists()


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase not in ("closed",)])
def test_answers_are_taken_in_every_open_phase(alice, peter, phase):
    lead = make_lead(phase=phase, bdr=None if phase == Phase.QUEUED else alice, ae=peter)

    answer_criteria(lead, answers={Criterion.objects.first(): ("yes", "")}, by=alice, at=LATER)

    assert lead.events.last().verb == "answer"


def test_dispositions_of_the_installation_are_those_tested_here(db):
    assert set(Disposition.objects.values_list("key", flat=True)) == {
        "no_answer", "voicemail", "voicemail_email", "gatekeeper", "call_back", "meeting", "not_now", "wrong_number",
        "not_interested",
    }  # fmt: skip


def test_nobody_is_called_or_written_to_whom_nobody_knows_how_to_reach_whatever_step_stands(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(phone=None, email=None))
    late = {"by": alice, "at": LATER}

    def must_refuse(what, act, *args, **given):
        with pytest.raises(MoveRefused, match=f"No {what} is known"):
            act(lead, *args, **late, **given)

    for _done in range(2):
        # First with the search for a number open, then with *Decide* in its place.
        must_refuse("phone number", log_call, disposition=disposition("no_answer"))
        must_refuse("phone number", log_and_go_on, disposition=disposition("meeting"))
        must_refuse("phone number", set_step, kind="call", due=NINE)
        must_refuse("phone number", set_step, kind="call_back", due=NINE)
        must_refuse("e-mail address", set_step, kind="email", due=NINE)
        must_refuse("e-mail address", log_touch, kind="email")
        finish_step(lead, step=lead.steps.open().get(), **late)
    ContactPoint.objects.create(person=lead.person, kind="phone", value="1", normalised="+12025550101")
    must_refuse("e-mail address", log_call, disposition=disposition("voicemail_email"))
    assert not Activity.objects.exists()
    log_call(lead, disposition=disposition("no_answer"), **late)

    # The one number of hers turns out to be somebody else's.
    log_call(lead, disposition=disposition("wrong_number"), **late)
    must_refuse("phone number", log_call, disposition=disposition("no_answer"))
    log_touch(lead, kind="social", **late)
    assert list(Activity.objects.order_by("pk").values_list("kind", flat=True)) == ["call", "call", "social"]


def test_two_keys_ask_for_a_number_by_nothing_that_was_not_read_anyway(alice):
    make_lead(phase=Phase.WORKING, bdr=alice)
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    chosen = disposition("no_answer")
    alice.teams_read(Role.BDR)

    with CaptureQueriesContext(connection) as asked:
        log_call(lead, disposition=chosen, by=alice, at=LATER)

    read = [query["sql"] for query in asked if "accounts_contactpoint" in query["sql"]]
    assert len(read) == 1
