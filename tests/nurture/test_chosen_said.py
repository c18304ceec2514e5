"""What somebody chose on their own page is said wherever a rep reads about them, and stands in the history once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.closing import disqualify_lead
from leads.models import LeadEvent
from nurture.actions.preferring import prefer
from nurture.following import following_of
from nurture.models import Enrolment, Preference
from nurture.tokens import PERSON, token_of
from team.templatetags.midfield import written_day
from tests.make import make_lead, make_person, reason
from tests.nurture.making import email, make_enrolment, make_topic, make_track, wait

pytestmark = pytest.mark.django_db


@pytest.fixture
def pumps():
    return make_topic("Pumps")


@pytest.fixture
def lead(alice, rules):
    person = make_person(email="tom@brevik.example", time_zone="UTC")
    return make_lead(phase=Phase.NURTURE, bdr=alice, person=person)


def chooses(client, lead, **said):
    client.post(
        reverse("nurture:preferences", args=[token_of(PERSON, lead.person_id)]),
        {"pace": "monthly", "pause": "90", "topics": []} | said,
    )
    return written_day(timezone.localtime(Preference.objects.get().paused_until).date())


def read(client, alice, name, lead):
    client.force_login(alice)
    return " ".join(client.get(reverse(name, args=[lead.public_id])).text.split())


def test_it_stands_beside_who_they_are_on_the_track_on_what_they_agreed_to_and_where_one_writes(
    client, alice, lead, pumps
):
    make_enrolment(make_track(wait(30), email()), lead=lead)

    day = chooses(client, lead)

    page = read(client, alice, "leads:lead", lead).partition('id="track-place"')[0]
    for what in (f"a pause until {day}", "e-mail at most once a month", "nothing about Pumps"):
        assert page.count(what) == 1
    said = f"a pause until {day}, e-mail at most once a month, nothing about Pumps"
    assert f"Asked for {said}" in read(client, alice, "nurture:lead_panel", lead)
    assert f"They asked for {said}." in read(client, alice, "nurture:lead_consent", lead)
    assert f"{lead.person} asked for {said}." in read(client, alice, "nurture:write", lead)


def test_their_history_says_it_once_and_again_only_when_they_choose_something_else(client, alice, lead, pumps):
    day = chooses(client, lead)
    chooses(client, lead, pause="keep")

    history = read(client, alice, "leads:lead", lead)
    said = f"Asked on their own page for a pause until {day}, e-mail at most once a month, nothing about Pumps"
    assert history.count(said) == 1
    assert LeadEvent.objects.filter(lead=lead, verb="receive").count() == 1

    prefer(lead.person, pace="normal", paused_until=None, refused=[], at=timezone.now())

    page = read(client, alice, "leads:lead", lead)
    assert "Chose on their own page to get our e-mail as it comes" in page
    assert "<dt>Asked for</dt>" not in page


def test_whose_pursuit_is_over_has_it_in_the_history_too(client, alice, pumps, rules):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(email="jo@brevik.example"))
    disqualify_lead(lead, reason=reason("not_our_market"), by=alice, at=timezone.now())

    prefer(lead.person, pace="weekly", paused_until=None, refused=[pumps], at=timezone.now())

    words = "Asked on their own page for e-mail at most once a week, nothing about Pumps"
    assert words in read(client, alice, "leads:lead", lead)


def test_the_next_letter_is_said_for_after_the_pause(client, alice, lead):
    now = timezone.now()
    track = make_track(wait(30), email(), email())
    one = make_enrolment(track, lead=lead, node=track.versions.get().nodes.first(), due_at=now + timedelta(days=30))
    Enrolment.objects.filter(pk=one.pk).update(started_at=now)

    chooses(client, lead)

    assert following_of(lead, reader=alice, at=now).letter_at >= Preference.objects.get().paused_until
