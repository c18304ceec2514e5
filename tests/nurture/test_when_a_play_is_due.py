"""A step of a track or play is due as an attempt of a cadence is, and says in place of which attempt it stands."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Phase
from leads.actions.logging import log_call, set_step
from leads.models import Step
from leads.queue import Wanted, queue_of
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol, resume
from nurture.models import Enrolment
from team.templatetags.midfield import moment_words
from tests.leads.meetings import book as book_at
from tests.make import NOON, disposition, make_account, make_calendar, make_lead, make_person
from tests.nurture.making import make_track, step, wait

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# A Tuesday, two minutes before five in the morning in London.
EARLY = datetime(2027, 3, 2, 4, 58, tzinfo=UTC)
WORDS = {"call": "Ask why now", "email": "Send the case", "task": "Look them up"}


@pytest.fixture
def night_owl(alice):
    """Alice, who works around the clock."""
    alice.calendar = make_calendar(opens=0, closes=24 * 60, days=range(7))
    alice.save()
    return alice


def tried(rep, *, at=NOON, **person):
    lead = make_lead(phase=Phase.WORKING, bdr=rep, person=make_person(**person))
    log_call(lead, disposition=disposition("no_answer"), by=rep, at=at)
    lead.refresh_from_db()
    return lead


def play_of(*nodes):
    return make_track(*nodes, kind="play", name="Early buyer: shape the question")


def started(lead, rep, *nodes, at=EARLY):
    hers = enrol(lead.person, track=play_of(*nodes), by=rep, at=at)
    advance(at=at)
    return hers, Step.objects.open().get(lead=lead, made_by="flow")


def row_of(rep, *, at):
    ((group, (row,)),) = queue_of(rep, wanted=Wanted(), at=at).groups
    return group, row


@pytest.mark.parametrize(
    ("kind", "due"),
    [("call", EARLY.replace(hour=8, minute=0)), ("email", EARLY + 2 * HOUR), ("task", EARLY + 2 * HOUR)],
)
def test_a_step_of_today_is_due_in_two_working_hours_and_a_call_once_they_are_callable(night_owl, kind, due):
    lead = tried(night_owl, time_zone="Europe/London")

    _hers, planned = started(lead, night_owl, step(WORDS[kind], step_kind=kind))

    assert planned.due_at == due
    row = row_of(night_owl, at=EARLY + timedelta(minutes=1))[1]
    assert (row.is_late, row.when) == (False, "Callable from 8:00" if kind == "call" else "Today")


def test_nobody_who_sleeps_is_called_before_they_are_callable_either(night_owl):
    lead = make_lead(phase=Phase.NURTURE, bdr=night_owl, person=make_person(time_zone="Europe/London"))
    enrol(lead.person, track=make_track(step(), name="The long road"), by=night_owl, at=EARLY)

    advance(at=EARLY)

    assert lead.steps.open().get().due_at == EARLY.replace(hour=8, minute=0)


@pytest.mark.parametrize(
    ("waits", "due"), [(0, EARLY.replace(hour=8, minute=0)), (3, EARLY.replace(day=5, hour=8, minute=0))]
)
def test_a_step_that_goes_on_comes_again_at_the_moment_it_had(night_owl, waits, due):
    lead = tried(night_owl, time_zone="Europe/London")
    hers, planned = started(lead, night_owl, *([wait(waits)] if waits else []), step())
    assert planned.due_at == due
    set_step(lead, kind="call", by=night_owl, at=EARLY + HOUR, due=EARLY + 2 * DAY)
    follow(at=EARLY + HOUR)

    resume(hers, by=night_owl, at=EARLY + HOUR)

    assert Step.objects.open().get(lead=lead, made_by="flow").due_at == due


def test_history_and_the_answer_say_in_place_of_which_attempt_it_stands(client, alice):
    lead = tried(alice)
    attempt = Step.objects.open().get(lead=lead).attempt
    play = play_of(step("Ask why now"))

    with time_machine.travel(NOON + HOUR, tick=False):
        client.force_login(alice)
        act, page = reverse("nurture:lead_act", args=[lead.public_id]), reverse("leads:lead", args=[lead.public_id])
        answer = client.post(act, {"does": "enrol", "track": play.public_id}, headers={"HX-Request": "true"})
        said = client.get(page).text

    # The whole page of the lead is shown anew: its next step and its history have changed.
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, page)
    assert f"It stands in place of attempt {attempt}." in said
    assert f"· in place of attempt {attempt}" in said
    assert "Ask why now · Early buyer: shape the question</strong>" in said


@pytest.mark.parametrize("waits_for", ["their hours", "a meeting"])
def test_the_answer_to_start_says_when_the_first_step_comes_also_where_it_waits(client, night_owl, peter, waits_for):
    account = make_account()
    lead = tried(night_owl, at=EARLY - 2 * MINUTE, time_zone="Europe/London", account=account)
    if waits_for == "a meeting":
        colleague = make_lead(phase=Phase.WORKING, bdr=night_owl, person=make_person(account=account))
        book_at(colleague, peter, by=night_owl, start=EARLY + 2 * DAY, at=NOON + HOUR)
    act, page = reverse("nurture:lead_act", args=[lead.public_id]), reverse("leads:lead", args=[lead.public_id])

    with time_machine.travel(EARLY, tick=False):
        client.force_login(night_owl)
        client.post(act, {"does": "enrol", "track": play_of(step("Ask why now")).public_id})
        said = client.get(page).text
        due = moment_words(Step.objects.open().get(lead=lead, made_by="flow").due_at, now=EARLY)

    assert f"has begun. Next {due}." in said


@pytest.mark.parametrize("does", ["pause", "resume", "skip", "take_out"])
def test_what_is_done_about_a_play_shows_the_page_of_its_lead_anew(client, alice, does):
    lead = tried(alice)
    hers, _planned = started(lead, alice, step(), wait(1), step(), at=NOON + HOUR)
    if does == "resume":
        Enrolment.objects.filter(pk=hers.pk).update(state="paused", due_at=None, paused_because="by_hand")
    client.force_login(alice)

    asked = {"does": does, "enrolment": hers.public_id}
    answer = client.post(reverse("nurture:lead_act", args=[lead.public_id]), asked, headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"] == reverse("leads:lead", args=[lead.public_id])
