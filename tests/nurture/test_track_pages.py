"""The pages of tracks: what is read, written, published, tried on somebody, and done on the page of a lead."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.search import index_people
from agreement.models import Criterion, Phase
from leads.actions.logging import log_call
from leads.actions.recycling import wake_lead
from nurture.actions.advancing import advance
from nurture.actions.enrolling import enrol
from nurture.fields import FIELDS
from nurture.models import Enrolment, Passage, Track, TrackVersion
from team.models import Role
from tests.constraints import put
from tests.make import NOON, disposition, make_lead, make_user
from tests.nurture.making import (
    branch,
    email,
    engage,
    goal,
    make_asset,
    make_enrolment,
    make_topic,
    make_track,
    step,
    wait,
)


@pytest.fixture
def marketer(db):
    return make_user("milo", Role.MARKETER)


def url(name, track, *more):
    return reverse(f"nurture:{name}", args=[track.public_id, *more])


def flow(version, branch_=None, arm=""):
    """What stands in a line, and below its branches."""
    found = []
    for node in version.nodes.filter(branch=branch_, arm=arm).order_by("position"):
        says = node.subject or node.words or node.days or node.question
        arms = [flow(version, node, "yes"), flow(version, node, "no")] if node.kind == "branch" else []
        found.append((says, *arms) if arms else says)
    return found


def test_a_track_is_written_node_by_node_and_published(client, marketer):
    client.force_login(marketer)
    topic = make_topic()
    page = client.get(reverse("nurture:track_new"))
    sent = {"kind": "track", "name": "Not ready", "category": "not_ready", "hold_out_percent": "10"}
    client.post(reverse("nurture:track_new"), {**sent, "form_id": page.context["form"]["form_id"].value()})
    client.post(reverse("nurture:track_new"), {**sent, "form_id": page.context["form"]["form_id"].value()})
    track = Track.objects.get()
    draft = track.versions.get()
    new = url("node_new", track)

    client.post(new, {"kind": "email", "subject": "First", "text": "Hello"})
    first = draft.nodes.get()
    client.post(new, {"kind": "branch", "question": "topic", "topic": topic.pk, "after": first.pk})
    asks = draft.nodes.get(kind="branch")
    client.post(new, {"kind": "wait", "days": "3", "branch": asks.pk, "arm": "yes"})
    client.post(new, {"kind": "step", "step_kind": "call", "words": "Call", "branch": asks.pk, "arm": "no"})
    client.post(new, {"kind": "wait", "days": "9"})
    assert flow(draft) == [9, "First", ("topic", [3], ["Call"])]
    client.post(url("node_move", track, first.pk), {"to": "up"})
    client.post(url("node", track, first.pk), {"subject": "Hello again", "text": "Hello"})
    client.post(url("node_remove", track, draft.nodes.get(days=9).pk))
    assert flow(draft) == ["Hello again", ("topic", [3], ["Call"])]
    assert [node.position for node in draft.nodes.filter(branch=None).order_by("position")] == [1, 2]

    assert "Nobody is under way" in client.get(url("track_publish", track)).text
    client.post(url("track_publish", track))
    shown = client.get(url("track", track)).text
    assert "Showed interest in Backup" in shown
    assert client.post(url("node_remove", track, first.pk)).status_code == 404


def test_what_cannot_be_is_said_beside_the_field(client, marketer):
    client.force_login(marketer)
    track, play = make_track(published=False), make_track(email(), kind="play", published=False)
    make_track(email(), name="Taken")
    expired = make_track(email(asset=make_asset(expires_on=NOON.date() - timedelta(days=900))), published=False)

    answers = [
        client.post(url("node_new", track), {"kind": "wait", "days": "0"}),
        client.post(url("node_new", track), {"kind": "goal", "question": "role"}),
        client.post(url("node_new", track), {"kind": "email", "subject": "a\0b", "text": "x" * 20001}),
        client.post(url("node_new", track), {"kind": "goal", "question": "topic", "topic": "9" * 30}),
        client.post(reverse("nurture:track_new"), {"kind": "track", "name": "Taken", "hold_out_percent": "0"}),
        client.post(url("track_publish", track)),
        client.post(url("track_publish", play)),
        client.post(url("track_publish", expired)),
    ]
    assert [answer.status_code for answer in answers] == [422] * 8
    words = ["greater than or equal to 1", "Say which.", "Null characters", "valid choice", "called like that"]
    words += ["nothing in it yet", "at least one step", "cannot be sent"]
    assert [word for word, answer in zip(words, answers, strict=True) if word not in answer.text] == []
    assert client.get(url("node_new", track), {"after": "9" * 40}).status_code == 404
    assert client.get(url("node_new", track), {"branch": "1", "arm": "yes"}).status_code == 404


def test_who_is_under_way_finishes_theirs_or_goes_on_in_the_new_version(client, marketer, alice):
    client.force_login(marketer)
    track = make_track(wait(10), email())
    lead = make_lead(phase=Phase.NURTURE, bdr=alice)
    hers = enrol(lead.person, track=track, by=alice, at=NOON)
    advance(at=NOON)

    client.post(url("track_draft", track))
    draft = track.versions.get(published_at=None)
    client.post(url("node_remove", track, draft.nodes.get(kind="email").pk), {"sure": "1"})
    assert "1 person is under way" in client.get(url("track_publish", track)).text
    client.post(url("track_publish", track), {"moves": "yes"})

    hers.refresh_from_db()
    assert (hers.version, hers.node.version) == (draft, draft)
    client.post(url("track_revert", track, 1))
    assert flow(TrackVersion.objects.get(track=track, number=3)) == [10, "Something to read"]
    assert "1 person finishes another version" in client.get(url("track", track)).text


def test_it_is_tried_on_somebody_and_nothing_is_written(client, marketer, alice):
    client.force_login(marketer)
    topic = make_topic()
    fits = make_asset(topic=topic, title="Backups that come back")
    criterion = Criterion.objects.first()
    track = make_track(
        email(brings_what_fits=True), wait(3), branch("topic", [step("Ask")], [], topic=topic), wait(4),
        goal("criterion", criterion=criterion), email(asset=fits), name="Feed",
    )  # fmt: skip
    lead = make_lead(phase=Phase.NURTURE, bdr=alice)
    index_people([lead.person_id])
    engage(lead.person, topic=topic, at=timezone.now() - timedelta(days=1))

    assert lead.person.name in client.get(url("track_try", track), {"q": lead.person.family_name}).text
    tried = client.get(url("track_try", track), {"person": lead.person.public_id}).context["trial"]

    day0 = tried.lines[0].at
    said = [((line.at - day0).days, line.title, line.why) for line in tried.lines]
    assert said == [
        (0, "Something to read", "brings “Backups that come back”"),
        (0, "Wait 3 days", ""),
        (3, "showed interest in Backup", "yes"),
        (3, "Call: Ask", "stands in the queue of the rep"),
        (3, "Wait 4 days", ""),
        (7, f"Ends here if: answered yes to {criterion}", "not yet: it goes on"),
        (7, "Something to read", "passed over: they have had it"),
    ]
    assert not Enrolment.objects.exists()
    assert not Passage.objects.exists()
    client.post(url("track_try", track), {"person": lead.person.public_id})
    assert Enrolment.objects.get().person == lead.person
    assert "They are in “Feed” now." in client.get(url("track_try", track), {"person": lead.person.public_id}).text
    assert client.get(url("track_try", track), {"q": "a\0b"}).status_code == 422


def test_the_page_of_a_sleeper_says_where_she_stands_and_what_can_be_done(client, alice, bob):
    track = make_track(wait(10), email(subject="Later"), name="Feed")
    lead = make_lead(phase=Phase.NURTURE, bdr=alice)
    panel, act = (reverse(f"nurture:{name}", args=[lead.public_id]) for name in ("lead_panel", "lead_act"))
    client.force_login(alice)
    assert panel in client.get(reverse("leads:lead", args=[lead.public_id])).text

    client.post(act, {"does": "enrol", "track": track.public_id})
    hers = Enrolment.objects.get()
    assert (hers.by, hers.lead) == (alice, lead)
    advance(at=hers.started_at)
    assert "then: Later" in client.get(panel).text

    for does, words in [
        ("pause", "Paused"),
        ("resume", "Wait 10 days"),
        ("skip", "Later"),
        ("take_out", "was taken out"),
    ]:
        answer = client.post(act, {"does": does, "enrolment": hers.public_id}, headers={"HX-Request": "true"})
        assert (answer.status_code, words in client.get(panel).text) == (204, True), does
    late = client.post(act, {"does": "pause", "enrolment": hers.public_id}, headers={"HX-Request": "true"})
    assert (late.status_code, "look at it again" in late.text) == (409, True)
    nonsense = client.post(act, {"does": "enrol", "track": "x\0"}, headers={"HX-Request": "true"})
    assert (nonsense.status_code, "Choose one of the list" in nonsense.text) == (409, True)


def test_a_play_is_suggested_by_where_she_is_who_she_is_and_what_is_not_known(client, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    need = Criterion.objects.first()
    fits = make_track(step("Ask"), kind="play", name="Early and unknown", cycle="early", need=need)
    make_track(step("Ask"), kind="play", name="Late", cycle="late")
    make_track(step("Demo"), kind="play", name="Demo first")
    client.force_login(alice)

    panel = client.get(reverse("nurture:lead_panel", args=[lead.public_id]))

    found = panel.context["found"]
    assert [one.play.name for one in found.suggested] == ["Early and unknown"]
    assert f"{need} is not known" in found.suggested[0].why
    assert [one.name for one in found.others] == ["Late", "Demo first"]
    client.post(reverse("nurture:lead_act", args=[lead.public_id]), {"does": "enrol", "track": fits.public_id})
    assert Enrolment.objects.get().track == fits


def test_reps_and_managers_read_and_marketers_write(client, alice, mona):
    track = make_track(wait(3))
    for who in (alice, mona):
        client.force_login(who)
        read = [
            client.get(reverse("nurture:tracks")),
            client.get(url("track", track)),
            client.get(url("track_try", track)),
        ]
        assert [page.status_code for page in read] == [200] * 3
        assert "Write a new version" not in read[1].text
        assert client.post(url("track_draft", track)).status_code == 403


@pytest.mark.parametrize("rows", [1, 12])
def test_the_list_and_a_flow_cost_the_same_however_long_they_are(client, marketer, rows, django_assert_max_num_queries):
    tracks = [make_track(*[email()] * rows) for _track in range(rows)]
    client.force_login(marketer)

    # Session, user and roles, rail; the tracks, their versions and drafts, and two counts.
    with django_assert_max_num_queries(13):
        client.get(reverse("nurture:tracks"))
    # Of one track, too: who came by each node, why they passed it over, who is there, its letters, whether it
    # leaves anybody without, whether it is being moved or emptied, and which day it is.
    with django_assert_max_num_queries(19):
        client.get(url("track", tracks[0]))


def test_those_left_without_stand_beside_those_whom_the_lot_fed_and_nobody_whom_somebody_chose(client, marketer, alice):
    track = make_track(email(), hold_out_percent=10)
    lot = {"hold_out_percent": 10}
    fed, left, woken = (make_enrolment(track, lead=make_lead(phase=Phase.NURTURE, bdr=alice), **lot) for _n in range(3))
    put(left, is_held_out=True)
    # Its track was over when she woke: she came back as the one who was left without did.
    put(woken, state="ended", outcome="exhausted", ended_at=NOON, due_at=None)
    for one in (woken, left):
        wake_lead(one.lead, by=alice, at=NOON)
    chosen = make_enrolment(track, lead=make_lead(phase=Phase.NURTURE, bdr=alice), by=alice)
    put(chosen, state="ended", outcome="woken", ended_at=NOON, due_at=None)
    client.force_login(marketer)

    page = client.get(reverse("nurture:track", args=[track.public_id]))

    assert page.context["draws"] == {"drawn_fed": 2, "drawn_fed_back": 1, "held_out": 1, "held_out_back": 1}
    behind = client.get(reverse("nurture:track_people", args=[track.public_id]), {"what": "drawn_fed"})
    assert {one.lead for one in behind.context["people"]} == {fed.lead.public_id, woken.lead.public_id}


def test_the_form_of_a_letter_names_every_field_that_its_words_may_have(client, marketer):
    client.force_login(marketer)
    track = make_track(email(), published=False)

    page = client.get(url("node_new", track), {"kind": "email"}).text

    assert [name for name in FIELDS if f"{name} (" not in page] == []
    assert ("Markdown" in page, 'rows="8"' in page) == (True, True)
