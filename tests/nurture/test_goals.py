"""The goal of a track ends it when it is reached, at whichever step somebody stands, not only where they walk past."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Employment
from agreement.models import Criterion, Phase
from leads.models import Answer
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol, pause
from nurture.actions.sorting import enrol_recycled
from nurture.models import Enrolment, Message, Sorting, Track
from tests.make import NOON, make_account, make_lead, make_person
from tests.nurture.making import email, engage, leave, make_topic, make_track, wait

DAY = timedelta(days=1)
GOALS = ("topic", "role", "clicked", "criterion")


def feed(goal, **fields):
    """A track that waits for ninety days behind its first letter, and what it is for."""
    more = {
        "topic": {"goal_topic": make_topic("Backup")},
        "role": {"goal_role": "decision_maker"},
        "criterion": {"goal_criterion": Criterion.objects.first()},
    }.get(goal, {})
    return make_track(email(), wait(90), email(), goal=goal, **more | fields)


def reach(track, lead, *, at):
    """What the goal asks for happens."""
    if track.goal == "topic":
        engage(lead.person, topic=track.goal_topic, at=at)
    elif track.goal == "role":
        Employment.objects.filter(person=lead.person).update(role="decision_maker")
    elif track.goal == "clicked":
        Message.objects.filter(lead=lead).update(clicked_at=at)
    else:
        Answer.objects.create(lead=lead, criterion=track.goal_criterion, value="yes", at=at, by=lead.bdr)


def sleeper(alice):
    return make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(account=make_account()))


@pytest.mark.parametrize("is_paused", [False, True])
@pytest.mark.parametrize("goal", GOALS)
def test_a_goal_that_is_reached_in_the_middle_of_a_wait_ends_the_track(alice, goal, is_paused):
    track = feed(goal)
    hers, other = (enrol(sleeper(alice).person, track=track, by=alice, at=NOON) for _person in range(2))
    if goal == "topic":
        # Interest from before is no answer to what the track said.
        engage(other.person, topic=track.goal_topic, at=NOON - DAY)
    advance(at=NOON)
    for message in Message.objects.all():
        leave(message, at=NOON)
    advance(at=NOON + timedelta(hours=1))
    follow(at=NOON + timedelta(hours=1))
    assert {one.node.kind for one in Enrolment.objects.under_way()} == {"wait"}
    if is_paused:
        pause(hers, by=alice, at=NOON + DAY)

    reach(track, hers.lead, at=NOON + DAY)
    follow(at=NOON + DAY)

    hers.refresh_from_db()
    assert (hers.state, hers.outcome, hers.ended_at) == ("ended", "goal", NOON + DAY)
    assert hers.passages.order_by("id").last().because == "goal"
    assert list(Enrolment.objects.under_way()) == [other]
    hers.lead.refresh_from_db()
    assert hers.lead.phase == Phase.NURTURE
    assert follow(at=NOON + DAY) == 0


def test_interest_that_was_taken_back_and_an_answer_that_is_no_by_now_reach_nothing(alice):
    topic, criterion = feed("topic"), feed("criterion")
    reads, answers = (enrol(sleeper(alice).person, track=track, by=alice, at=NOON) for track in (topic, criterion))
    was = engage(reads.person, topic=topic.goal_topic, at=NOON + DAY)
    engage(reads.person, topic=topic.goal_topic, at=NOON + DAY, reverses=was.pk, points=-10)
    for value in ("yes", "no"):
        Answer.objects.create(
            lead=answers.lead, criterion=criterion.goal_criterion, value=value, at=NOON + DAY, by=alice
        )
    advance(at=NOON + DAY)
    follow(at=NOON + DAY)
    assert Enrolment.objects.under_way().count() == 2


def test_nobody_is_put_into_a_track_to_leave_it_at_once(client, alice, marketer):
    for_them = feed("role", name="To who decides", category="not_ready")
    others = make_track(wait(9), name="For others")
    lead = sleeper(alice)
    Employment.objects.filter(person=lead.person).update(role="decision_maker")
    enrol_recycled(at=NOON)
    assert Enrolment.objects.get().track == others
    assert Sorting.objects.get().answer == "taken"

    client.force_login(marketer)
    tried = reverse("nurture:track_try", args=[for_them.public_id])
    assert "reached already what it is for" in client.get(tried, {"person": lead.person.public_id}).text
    Enrolment.objects.all().update(state="ended", outcome="stopped", ended_at=NOON, due_at=None, step=None)
    refused = client.post(tried, {"person": lead.person.public_id}, follow=True)
    assert "reached already what “To who decides” is for" in refused.text
    assert not Enrolment.objects.under_way().exists()


def test_a_goal_is_set_said_before_it_is_saved_and_shown(client, alice, marketer):
    client.force_login(marketer)
    track = make_track(wait(9), name="Feed")
    enrol(sleeper(alice).person, track=track, by=alice, at=NOON)
    here, shown = (reverse(f"nurture:{name}", args=[track.public_id]) for name in ("track_change", "track"))
    assert "Ends once" not in client.get(shown).text
    seen = client.get(here).context["form"]["seen"].value()
    sent = {"name": "Feed", "hold_out_percent": "0", "goal": "role", "seen": seen}
    wrong = client.post(here, sent)
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["goal_role"])

    sent |= {"goal_role": "champion", "goal_topic": make_topic().pk}
    said = client.post(here, sent)
    assert "whoever has reached it already leaves" in said.text
    client.post(here, {**sent, "save": "1"})
    track = Track.objects.get(pk=track.pk)
    assert (track.goal, track.goal_role, track.goal_topic) == ("role", "champion", None)
    assert "Ends once somebody is champion" in client.get(shown).text
