"""What is not whole is not published, and says at which step; what competes is said before."""

import re

import pytest
from django.urls import reverse

from agreement.models import Phase
from nurture.actions.advancing import advance
from nurture.actions.drafting import add_node, draft_of, publish, remove_node
from nurture.actions.enrolling import enrol, newest_of
from nurture.models import Enrolment, TrackNode
from tests.make import NOON, make_lead
from tests.nurture.making import branch, email, make_asset, make_topic, make_track, step, wait


def url(name, track):
    return reverse(f"nurture:{name}", args=[track.public_id])


WRONG = {
    "no stand-in in the subject": (email(subject="Hello {{ first_name }}"), "first_name }} may be empty"),
    "no stand-in in the text": (email(text="At {{ company }}, {{ topic | it }}"), "company }} may be empty"),
    "names what it does not bring": (email(text="{{ asset_title }}"), "this letter brings nothing"),
    "a branch with nothing in it": (branch("clicked", [], []), "Nothing stands in either arm"),
    "what nobody can answer": (branch("replied", [wait(1)]), "Who replies leaves the track"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_step_that_cannot_work_is_not_published_and_says_why_where_it_stands(client, marketer, what):
    client.force_login(marketer)
    node, words = WRONG[what]
    track = make_track(email(subject="Fine"), branch("clicked", [node], [wait(2)]), published=False)
    bad = TrackNode.objects.get(version__track=track, branch__isnull=False, arm="yes", branch__branch=None)

    for page in (client.get(url("track_draft", track)), client.get(url("track_publish", track))):
        assert words in page.text
    refused = client.post(url("track_publish", track))

    assert refused.status_code == 422
    assert (refused.context["at_step"], words in refused.context["refusal"]) == (f"node-{bad.pk}", True)
    assert not track.versions.filter(published_at__isnull=False).exists()


def test_what_stands_in_for_what_may_be_empty_and_what_a_letter_brings_are_published(client, marketer):
    client.force_login(marketer)
    text = "Hello {{ first_name | there }}{{ company | }}: {{ asset_title }} {{ asset_link }}"
    track = make_track(email(text=text, asset=make_asset()), email(text=text, brings_what_fits=True), published=False)
    assert client.post(url("track_publish", track)).status_code == 302


def test_a_branch_is_offered_only_what_can_be_answered(client, marketer):
    client.force_login(marketer)
    track = make_track(published=False)
    for kind in ("branch", "goal"):
        page = client.get(url("node_new", track), {"kind": kind})
        assert "clicked" in [value for value, _label in page.context["form"].fields["question"].choices]
        assert client.post(url("node_new", track), {"kind": kind, "question": "replied"}).status_code == 422


def test_the_form_of_a_branch_says_why_it_does_not_ask_who_replied(client, marketer):
    client.force_login(marketer)

    page = client.get(url("node_new", make_track(wait(1), published=False)), {"kind": "branch"}).text

    assert [f'value="{one}"' in page for one in ("clicked", "replied")] == [True, False]
    assert "whoever replies leaves it" in page


def test_a_track_that_takes_the_same_people_is_said_before_it_is_published(client, marketer):
    client.force_login(marketer)
    topic = make_topic()
    here = {"category": "not_ready", "topic": topic}
    make_track(wait(1), name="By hand", is_by_hand=True, **here)
    make_track(wait(1), name="Others", category="not_ready")
    first = make_track(wait(1), name="First", position=1, **here)
    new = make_track(wait(1), name="New", position=2, published=False, **here)
    for one, words in [(new, "“First” takes the same people and comes first"), (first, None)]:
        draft_of(one, by=marketer, at=NOON)
        said = client.get(url("track_publish", one)).context["rivals"]
        assert [words in line for line in said] == ([True] if words else [])
    client.post(url("track_publish", new))
    assert "and none into it" in client.get(url("track_publish", first)).context["rivals"][0]

    free = make_track(wait(1), name="Free", category="mid_contract", position=3)
    seen = client.get(url("track_change", free)).context["form"]["seen"].value()
    sent = {"name": "Free", "hold_out_percent": "0", "category": "not_ready", "topic": topic.pk, "seen": seen}
    text = client.post(url("track_change", free), sent).text
    assert "“First” takes the same people and comes first" in text


def test_publishing_says_how_many_people_it_touches_and_how_many_stand_where_nothing_is_left(client, marketer, alice):
    client.force_login(marketer)
    track = make_track(wait(10), step(), email(), name="Feed")
    people = [make_lead(phase=Phase.NURTURE, bdr=alice).person for _person in range(2)]
    for person in people:
        enrol(person, track=track, by=alice, at=NOON)
    advance(at=NOON)
    draft = draft_of(track, by=marketer, at=NOON)
    remove_node(draft.nodes.get(kind="wait"))

    page = client.get(url("track_publish", track)).text
    assert "2 people are under way" in page
    assert "2 stand at a step that is gone: they go on at once with what follows</span>" in page
    told = client.post(url("track_publish", track), {"moves": "no"}, follow=True).text
    assert "2 people finish the version before it" in told


def waiting_in(track, alice, *, people):
    """So many who stand at its wait."""
    leads = [make_lead(phase=Phase.NURTURE, bdr=alice) for _person in range(people)]
    for lead in leads:
        enrol(lead.person, track=track, by=alice, at=NOON)
    advance(at=NOON)
    return leads


def test_publishing_says_who_stands_where_nothing_follows_any_more(client, marketer, alice):
    client.force_login(marketer)
    track = make_track(wait(10), step(), name="Feed")
    waiting_in(track, alice, people=2)
    draft = draft_of(track, by=marketer, at=NOON)
    for node in draft.nodes.all():
        remove_node(node)
    add_node(track, values={"kind": "step", "step_kind": "call", "words": "Ask"})

    page = client.get(url("track_publish", track)).text

    assert "2 stand at a step that is gone: they come to the end at once, as nothing follows</span>" in page


@pytest.mark.parametrize("moves", ["yes", "no"])
def test_an_older_version_asks_first_and_takes_its_people_along_where_that_is_chosen(client, marketer, alice, moves):
    client.force_login(marketer)
    track = make_track(wait(10), step(), name="Feed")
    waiting_in(track, alice, people=2)
    publish(draft_of(track, by=marketer, at=NOON).track, by=marketer, at=NOON, moves=True)
    revert_url = reverse("nurture:track_revert", args=[track.public_id, 1])

    assert f'<a class="button quiet" href="{revert_url}">' in client.get(url("track", track)).text
    page = client.get(revert_url)
    assert "2 people are under way" in page.text
    assert newest_of(track).number == 2
    seen = re.search(r'name="seen" value="(\d+)"', page.text)[1]
    told = client.post(revert_url, {"moves": moves, "seen": seen}, follow=True).text

    assert "Version 1 runs again, as version 3." in told
    assert ("2 people go on in it." in told) == (moves == "yes")
    in_it = Enrolment.objects.under_way().filter(version=newest_of(track)).count()
    assert (newest_of(track).number, in_it) == (3, 2 if moves == "yes" else 0)
    # Whoever has seen what ran before it is shown what runs now.
    late = client.post(revert_url, {"moves": "no", "seen": seen})
    assert (late.status_code, newest_of(track).number) == (409, 3)
    assert "Somebody has published another version since you opened this page." in late.text
