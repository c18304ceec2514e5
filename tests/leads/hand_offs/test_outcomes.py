"""What is asked after a meeting, for when, and where each outcome leads; a meeting that is moved."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.actions.meetings import move_meeting
from leads.actions.outcomes import return_lead
from leads.actions.sweeping import notice_clocks
from leads.actions.undoing import undo_last
from leads.models import Answer, Clock, Lead, Note, Step
from tests.leads.hand_offs.sending import NEW_YORK, page_of, post, post_lead, send, set_meeting, state_of
from tests.make import NOON, give_verdicts, make_lead


def test_what_is_asked_after_the_meeting_stands_in_its_own_group(client, alice, peter, now):
    over = send(alice, peter, now)
    accept_hand_off(over, by=peter, at=now)
    set_meeting(over, now - timedelta(hours=1))
    ahead = send(alice, peter, now, meeting_in=2)
    accept_hand_off(ahead, by=peter, at=now)
    client.force_login(peter)

    inbox = client.get(reverse("leads:hand_offs")).context["inbox"]

    assert [(group.key, [one.pk for one in group.items]) for group in inbox.groups] == [
        ("answer", []),
        ("outcome", [over.pk]),
        ("accepted", [ahead.pk]),
    ]


@time_machine.travel(NOON, tick=False)
def test_inbox_brief_and_team_say_one_moment_for_the_outcome(client, alice, peter, mona):
    now = NOON
    hand_off = send(alice, peter, now, meeting_in=-3)
    accept_hand_off(hand_off, by=peter, at=now - timedelta(hours=4))
    clock = Clock.objects.get(lead=hand_off.lead, kind="outcome")
    assert Lead.objects.get(pk=hand_off.lead_id).due_at < now < clock.due_at
    promised = f'<time datetime="{clock.due_at.isoformat()}"'

    client.force_login(peter)
    brief = client.get(page_of(hand_off)).text
    assert (brief.count(promised), "say how it went <span" in brief) == (2, True)
    client.force_login(mona)
    for due, times in (("", 1), ("overdue", 0)):
        page = client.get(reverse("leads:team_leads"), {"due": due}).text
        assert page.partition('id="leads-title')[2].count(promised) == times


@pytest.fixture
def missed(alice, peter, now):
    """A meeting of last week, whose outcome nobody has said in time."""
    then = now - timedelta(days=8)
    lead = make_lead(phase="working", bdr=alice, at=then)
    hand_off = hand_off_lead(lead, ae=peter, by=alice, at=then, meeting=(wall(then + timedelta(hours=2)), "UTC"))
    accept_hand_off(hand_off, by=peter, at=then)
    notice_clocks(at=now - timedelta(minutes=5))
    assert Clock.objects.get(lead=lead, kind="outcome").state == "missed"
    return hand_off


def wall(moment):
    return moment.replace(tzinfo=None)


def outcomes_said(client, hand_off, *, ae, manager):
    """For when inbox, brief and team page say the outcome of this hand-off was promised."""
    client.force_login(ae)
    inbox = client.get(reverse("leads:hand_offs")).context["inbox"]
    brief = client.get(page_of(hand_off))
    assert ("say how it went <span" in brief.text) == bool(brief.context["brief"].outcome_due)
    client.force_login(manager)
    leads = client.get(reverse("leads:team_leads")).context["leads"]
    return (
        [one.outcome_due for group in inbox.groups for one in group.items if one == hand_off],
        brief.context["brief"].outcome_due,
        [lead.outcome_due for lead in leads if lead.pk == hand_off.lead_id],
    )


def test_an_outcome_that_was_missed_stays_due_when_it_was_promised(client, missed, peter, mona):
    due_at = Clock.objects.get(lead=missed.lead, kind="outcome").due_at

    assert outcomes_said(client, missed, ae=peter, manager=mona) == ([due_at], due_at, [due_at])


def test_a_meeting_that_was_moved_to_a_later_day_is_not_late(client, missed, peter, mona, now):
    move_meeting(missed, meeting=(wall(now + timedelta(days=3)), "UTC"), by=peter, at=now)

    assert outcomes_said(client, missed, ae=peter, manager=mona) == ([None], None, [None])


def test_a_move_that_is_taken_back_leaves_the_outcome_as_late_as_it_was(client, missed, peter, mona, now):
    due_at = Clock.objects.get(lead=missed.lead, kind="outcome").due_at
    then = now - timedelta(days=2)
    move_meeting(missed, meeting=(wall(now - timedelta(days=1)), "UTC"), by=peter, at=then)
    undo_last(missed.lead, by=peter, at=then)

    assert outcomes_said(client, missed, ae=peter, manager=mona) == ([due_at], due_at, [due_at])


def test_a_second_hand_off_does_not_inherit_what_was_missed_of_the_first(client, missed, alice, peter, mona, now):
    return_lead(missed.lead, by=peter, at=now)
    lead = Lead.objects.get(pk=missed.lead_id)
    second = hand_off_lead(lead, ae=peter, by=alice, at=now, meeting=(wall(now + timedelta(days=3)), "UTC"))
    accept_hand_off(second, by=peter, at=now)

    assert outcomes_said(client, second, ae=peter, manager=mona) == ([None], None, [None])

    # Nor where sales has promised nothing about this one.
    Clock.objects.filter(lead=lead, kind="outcome", state="running").delete()
    assert outcomes_said(client, second, ae=peter, manager=mona) == ([None], None, [None])


def test_a_second_hand_off_without_a_meeting_does_not_either(client, missed, alice, peter, mona, now):
    return_lead(missed.lead, by=peter, at=now)
    second = hand_off_lead(Lead.objects.get(pk=missed.lead_id), ae=peter, by=alice, at=now)
    accept_hand_off(second, by=peter, at=now)

    assert outcomes_said(client, second, ae=peter, manager=mona) == ([None], None, [None])


def test_without_a_meeting_the_first_conversation_is_what_an_outcome_is_promised_of(client, alice, peter, mona, now):
    sent = send(alice, peter, now - timedelta(days=21))
    accept_hand_off(sent, by=peter, at=now - timedelta(days=20))
    due_at = Clock.objects.get(lead=sent.lead, kind="outcome").due_at
    assert due_at < now

    assert outcomes_said(client, sent, ae=peter, manager=mona) == ([due_at], due_at, [due_at])


def test_held_and_qualified_asks_for_the_missing_verdicts_in_the_same_form(client, peter, sent, now):
    accept_hand_off(sent, by=peter, at=now)
    client.force_login(peter)
    asked = client.get(page_of(sent)).context["sales"].outcome.form
    assert [verdict.criterion.key for verdict in asked.verdicts] == ["authority", "need", "timeframe", "motivation"]

    refused = post(client, "outcome", sent, outcome="qualified", answer_need="yes")
    assert refused.status_code == 422
    assert refused.text.count("Yes, no or unknown: each is an answer.") == 3
    assert not Answer.objects.filter(lead=sent.lead).exists()

    response = post(
        client, "outcome", sent, outcome="qualified", answer_authority="unknown", answer_need="yes",
        evidence_need="stops every week", answer_timeframe="no", answer_motivation="unknown", line="Good talk",
    )  # fmt: skip

    assert response.status_code == 302
    assert state_of(sent) == ("qualified", "qualified")
    given = Answer.objects.filter(lead=sent.lead).values_list("criterion__key", "value")
    assert dict(given) == {"authority": "unknown", "need": "yes", "timeframe": "no", "motivation": "unknown"}
    assert set(Note.objects.filter(lead=sent.lead).values_list("text", flat=True)) == {"stops every week", "Good talk"}


def test_an_outcome_before_the_answer_accepts_first(client, alice, peter, now):
    sent = send(alice, peter, now, meeting_in=-1)
    give_verdicts(sent.lead, by=alice, at=now)
    client.force_login(peter)

    assert post(client, "outcome", sent, outcome="qualified").status_code == 302

    assert list(sent.lead.events.order_by("id").values_list("verb", flat=True))[-2:] == ["accept", "qualify"]


def test_held_and_not_qualified_goes_where_the_pick_says_on_the_day_she_named(client, peter, sent, now):
    accept_hand_off(sent, by=peter, at=now)
    client.force_login(peter)
    day = (now + timedelta(days=40)).date()

    response = post(client, "outcome", sent, outcome="not_qualified", reason="reject_no_need", wake_on=day.isoformat())

    assert response.status_code == 302
    assert state_of(sent) == ("not_qualified", "nurture")
    assert Lead.objects.get(pk=sent.lead_id).wake_at.date() == day


def test_not_qualified_without_a_pick_is_refused(client, peter, sent, now):
    accept_hand_off(sent, by=peter, at=now)
    client.force_login(peter)

    response = post(client, "outcome", sent, outcome="not_qualified")

    assert response.status_code == 422
    assert state_of(sent) == ("accepted", "accepted")


def test_a_no_show_goes_back_to_be_rebooked_and_the_bdr_may_say_so(client, alice, peter, now):
    sent = send(alice, peter, now, meeting_in=-1)
    client.force_login(alice)

    assert post(client, "outcome", sent, outcome="no_show").status_code == 302

    assert state_of(sent) == ("no_show", "working")
    assert Step.objects.open().get(lead=sent.lead).kind == "rebook"


def test_no_outcome_before_the_meeting_has_begun(client, alice, peter, now):
    sent = send(alice, peter, now, meeting_in=3)
    client.force_login(peter)

    response = post(client, "outcome", sent, outcome="no_show")

    assert response.status_code == 422
    assert "The meeting has not begun yet." in response.text
    assert state_of(sent) == ("sent", "handed_off")


def test_moving_the_meeting_takes_wall_time_and_whose_clock(client, alice, peter, iris, now):
    iris.time_zone = NEW_YORK
    iris.save(update_fields=["time_zone"])
    sent = send(alice, peter, now, person=iris, meeting_in=5)
    client.force_login(alice)
    day = (now + timedelta(days=10)).date()

    response = post(client, "move_meeting", sent, meeting=f"{day}T15:00", zone=NEW_YORK, minutes="60")

    assert response.status_code == 302
    sent.refresh_from_db()
    assert (sent.zone, sent.minutes, sent.sequence) == (NEW_YORK, 60, 1)
    assert sent.local_meeting == datetime(day.year, day.month, day.day, 15, 0, tzinfo=UTC)


def test_a_moment_in_the_past_is_refused_at_its_field(client, alice, peter, now):
    sent = send(alice, peter, now, meeting_in=5)
    client.force_login(peter)

    response = post(client, "move_meeting", sent, meeting="2020-01-02T15:00", zone="UTC", minutes="30")

    assert response.status_code == 422
    assert "That moment is past." in response.text


def test_what_cannot_be_done_any_more_is_told_in_words(client, alice, peter, now):
    lead = make_lead(phase="qualified", bdr=alice, ae=peter, at=now - timedelta(hours=3))
    client.force_login(peter)
    post_lead(client, "win", lead)

    response = post_lead(client, "lose", lead, reason="no_budget")

    assert response.status_code == 409
    assert "This lead is closed now." in response.text
