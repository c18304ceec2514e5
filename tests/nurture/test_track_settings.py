"""A track's own settings: said before they are saved, kept as history, put back; and how a track goes out of use."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase, StepKind
from leads.models import Step
from nurture.actions.advancing import advance
from nurture.actions.enrolling import enrol
from nurture.actions.sorting import enrol_recycled
from nurture.checking import check_tracks
from nurture.models import Enrolment, Passage, Track
from team.models import AuditEntry, SettingChange
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import email, make_enrolment, make_track, step, wait


@pytest.fixture
def desk(client, marketer):
    client.force_login(marketer)
    return client


def url(name, track):
    return reverse(f"nurture:{name}", args=[track.public_id])


def test_a_change_is_said_before_it_is_saved_and_put_back_from_history(desk, alice):
    track = make_track(wait(3), name="Feed", category="not_ready", hold_out_percent=10)
    sleeper = make_lead(phase=Phase.NURTURE, bdr=alice)
    enrol(sleeper.person, track=track, by=alice, at=NOON)
    other = make_track(wait(3), name="Long road")
    here = url("track_change", track)
    sent = {
        "name": "Feed slowly", "about": "", "category": "mid_contract", "topic": "", "hold_out_percent": "20",
        "fallback": other.pk, "seen": desk.get(here).context["form"]["seen"].value(),
    }  # fmt: skip

    said = desk.post(here, sent)
    assert [label for label, _old, _new in said.context["preview"].changes] == [
        "Name", "Takes who sleeps because of", "Left without, of a hundred", "At its end they go on in",
    ]  # fmt: skip
    assert "1 person under way end there" in said.text
    track.refresh_from_db()
    assert track.name == "Feed"

    assert desk.post(here, {**sent, "save": "1"}).status_code == 302
    track.refresh_from_db()
    assert (track.name, track.category, track.hold_out_percent, track.fallback) == (
        "Feed slowly", "mid_contract", 20, other,
    )  # fmt: skip
    late = desk.post(here, {**sent, "name": "Late", "save": "1", "form_id": "another"})
    assert (late.status_code, "since you opened this page" in late.text) == (409, True)

    change = SettingChange.objects.get()
    assert "changed Feed slowly" in desk.get(url("track", track)).text
    back = reverse("nurture:change_revert", args=[change.pk])
    assert "Feed slowly → <b>Feed</b>" in desk.get(back).text
    desk.post(back)
    track.refresh_from_db()
    assert (track.name, track.category, track.hold_out_percent, track.fallback) == ("Feed", "not_ready", 10, None)
    assert [entry.about for entry in AuditEntry.objects.filter(about="nurture.Track")] == ["nurture.Track"] * 2
    assert "reverted already" in desk.post(back, follow=True).text


def test_only_marketers_and_admins_change_one_and_circles_are_refused(desk, client, alice):
    first = make_track(wait(3), name="First")
    second = make_track(wait(3), name="Second", fallback=first)
    sent = {"name": "First", "hold_out_percent": "0", "fallback": second.pk}

    round_and_round = desk.post(url("track_change", first), sent)
    assert (round_and_round.status_code, "round in circles" in round_and_round.text) == (422, True)
    taken = desk.post(url("track_change", first), {"name": "Second", "hold_out_percent": "0"})
    assert (taken.status_code, "called like that" in taken.text) == (422, True)

    client.force_login(alice)
    assert client.post(url("track_change", first), {**sent, "fallback": "", "save": "1"}).status_code == 403
    assert not SettingChange.objects.exists()


def test_a_track_out_of_use_says_where_its_people_go_and_sends_them_there(desk, marketer, alice):
    then = timezone.now() - timedelta(minutes=5)
    track = make_track(step("Ask", step_kind=StepKind.CALL), wait(9), name="Old", category="not_ready")
    into = make_track(wait(20), email(), name="New", category="not_ready", position=5)
    make_track(wait(1), name="Before", fallback=track, is_by_hand=True)
    stays, been, inquiry = (
        make_lead(phase=Phase.NURTURE, bdr=alice, at=then), make_lead(phase=Phase.NURTURE, at=then), make_person(),
    )  # fmt: skip
    before = enrol(been.person, track=into, by=alice, at=then - timedelta(minutes=2))
    over_at = then - timedelta(minutes=1)
    Enrolment.objects.filter(pk=before.pk).update(state="ended", due_at=None, ended_at=over_at, outcome="exhausted")
    for person in (stays.person, been.person, inquiry):
        enrol(person, track=track, by=alice, at=then)
    advance(at=then)
    assert Step.objects.open().filter(lead=stays).exists()

    page = desk.get(url("track_retire", track))
    words = [
        "3 people under way",
        "2 steps of it stay",
        "goes into “New” from now on",
        "end of “Before” goes nowhere",
    ]
    assert [word for word in words if word not in page.text] == []
    assert desk.post(url("track_retire", track), {"goes": "move"}).status_code == 422
    sent = {"goes": "move", "into": into.pk, "seen": page.context["form"]["seen"].value()}
    done = desk.post(url("track_retire", track), sent, follow=True)

    assert "it ended for 3 people. 2 of them have begun “New”." in done.text
    went = {one.person_id: one.track_id for one in Enrolment.objects.under_way()}
    assert went == {stays.person_id: into.pk, inquiry.pk: into.pk}
    ended = dict(Enrolment.objects.filter(track=track).values_list("person", "outcome"))
    assert ended == {stays.person_id: "moved", been.person_id: "stopped", inquiry.pk: "moved"}
    # What a rep had to do for the old one is hers to do or to leave out, and the dates of who sleeps are as they were.
    assert Step.objects.open().filter(lead=stays, assignee=alice).count() == 1
    for lead in (stays, been):
        woken = lead.wake_at
        lead.refresh_from_db()
        assert (lead.phase, lead.wake_at) == (Phase.NURTURE, woken)
    assert Passage.objects.filter(enrolment__track=into, what="entered").count() == 3
    assert {name: found for name, found in check_tracks(at=timezone.now()).items() if found} == {}

    desk.post(url("track_retire", track), {"back": "1"})
    verbs = list(SettingChange.objects.order_by("pk").values_list("verb", "changes"))
    assert verbs == [("retire", {"is_retired": [False, True]}), ("change", {"is_retired": [True, False]})]


def test_who_is_left_without_is_told_apart_in_every_figure_of_who_is_under_way(desk):
    track = make_track(wait(9), name="Old")
    for is_held_out in (True, False, False):
        make_enrolment(track, is_held_out=is_held_out, hold_out_percent=10)

    assert desk.get(url("track", track)).context["tally"].under_way == 2
    asked = desk.get(url("track_retire", track))
    page, seen = asked.text, asked.context["form"]["seen"].value()
    assert ("2 people under way" in page, "1 person more is left without, to compare" in page) == (True, True)
    done = desk.post(url("track_retire", track), {"goes": "finish", "seen": seen}, follow=True)
    assert "2 people finish it" in done.text


def test_a_draft_is_taken_back_and_what_was_published_is_not(desk):
    page = desk.get(reverse("nurture:track_new"))
    sent = {"kind": "play", "name": "Ask first", "form_id": page.context["form"]["form_id"].value()}
    desk.post(reverse("nurture:track_new"), sent)
    added = SettingChange.objects.get()
    assert (added.verb, Track.objects.get().kind) == ("add", "play")

    desk.post(reverse("nurture:change_revert", args=[added.pk]))
    assert not Track.objects.exists()
    assert enrol_recycled(at=NOON) == 0
