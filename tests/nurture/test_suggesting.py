"""What the library has for somebody, with why, where a rep writes and on the page of her lead."""

from datetime import timedelta

import pytest
from django.urls import reverse

from content.actions.keeping import Made, add_version
from content.models import AssetAccess, AssetThumb, Label, LibrarySearch
from nurture.actions.planning import write_message
from nurture.models import Message
from nurture.suggesting import suggestions_for
from team.models import User
from tests.make import NOON, make_asset, make_lead, make_person
from tests.nurture.making import engage, make_topic


def label(dimension, key):
    return Label.objects.get(dimension=dimension, key=key)


@pytest.fixture
def topic(db):
    return make_topic("Maintenance")


@pytest.fixture
def lead(alice, topic):
    person = make_person(given_name="Ada", title="Planner", email="ada@corvane.example")
    person.employments.update(role="doer")
    engage(person, topic=topic, at=NOON - timedelta(days=9))
    return make_lead(phase="working", bdr=alice, person=person, at=NOON)


def test_what_fits_comes_by_topic_role_and_stage_with_why_and_without_what_they_have_had(lead, alice, topic):
    marks = (label("persona", "doer"), label("stage", "working"))
    best = make_asset("The week on a page", topic=topic, labels=marks)
    about = make_asset("Spare parts", topic=topic)
    said = make_asset("What to say about parts", form="talk_track", topic=topic)
    had = make_asset("Had before", topic=topic, labels=marks)
    make_asset("Of something else", topic=make_topic("Audits"))
    over = make_asset("Over", topic=topic, labels=marks, expires_on=NOON.date())
    engage(lead.person, "downloaded", asset=had, at=NOON - timedelta(days=3))
    AssetThumb.objects.create(asset=best, user=alice, version=best.versions.get(), is_up=True, at=NOON)

    on_page = suggestions_for(lead, by=alice, at=NOON)
    in_letter = suggestions_for(lead, by=alice, at=NOON, is_letter=True)

    assert [one.asset for one in on_page] == [best, said, about]
    assert [one.asset for one in in_letter] == [best, about]
    assert [one.why for one in in_letter] == [
        "about maintenance, for: doer, when: until there is a conversation, new to them",
        "about maintenance, new to them",
    ]
    assert [(one.helped, one.mine is not None) for one in in_letter] == [(1, True), (0, False)]
    assert over not in [one.asset for one in suggestions_for(lead, by=alice, at=NOON, q="over")]


def test_one_click_puts_it_into_the_letter_and_keeps_what_was_typed(client, lead, alice, topic):
    guide = make_asset("Parts [2027]", topic=topic)
    snippet = make_asset(
        "After a voicemail", form="snippet", topic=topic, text="I have just left you a message.\n\nBye"
    )
    client.force_login(alice)
    url = reverse("nurture:write", args=[lead.public_id])

    begun = client.get(f"{url}?asset={guide.public_id}").context["form"]
    put_in = client.post(url, {"subject": "Hi", "text": "Hello Ada.", "insert": snippet.public_id})

    assert begun["text"].value() == rf"[Parts \[2027\]](http://localhost/c/{guide.public_id}/)" + "\n"
    assert begun.chosen() == guide
    form = put_in.context["form"]
    assert (form["subject"].value(), form["text"].value()) == (
        "Hi",
        "Hello Ada.\n\nI have just left you a message.\n\nBye\n",
    )
    assert not Message.objects.exists()
    for odd in ("x", "\x00", "9" * 5000, "0198c5d0-0000-7000-8000-000000000001"):
        assert client.post(url, {"text": "Hello", "insert": odd}).context["form"]["text"].value() == "Hello"

    preview = client.post(
        url, {"subject": "Hi", "text": form["text"].value(), "asset": snippet.public_id, "do": "preview"}
    )
    # Its words are there: its page is not linked as well.
    assert str(snippet.public_id) not in preview.context["preview"][1]


def test_what_goes_out_by_hand_counts_as_used_of_the_library(lead, alice):
    guide = make_asset("The guide")

    write_message(lead, subject="Hi", text="Hello", asset=guide, by=alice, at=NOON)

    guide.refresh_from_db()
    assert guide.last_used_at == NOON
    assert list(AssetAccess.objects.values_list("asset", "user", "did", "place")) == [
        (guide.pk, alice.pk, "used", "composer")
    ]


def test_what_is_looked_for_in_vain_for_somebody_is_wanted_for_their_role_and_stage(client, lead, alice):
    make_asset("Pharma audit checklist")
    client.force_login(alice)
    panel, letter = (reverse(name, args=[lead.public_id]) for name in ("nurture:suggested", "nurture:write"))

    assert "Pharma audit checklist" in client.get(f"{panel}?q=audit").text
    assert "marketing sees what is missing" in client.get(f"{panel}?q=bakery+roi\x00").text
    client.post(letter, {"text": "Hello", "q": "french", "do": "find"})

    assert list(LibrarySearch.objects.order_by("pk").values_list("q", "place", "asked")) == [
        ("bakery roi", "lead", {"persona": "doer", "stage": "working"}),
        ("french", "composer", {"persona": "doer", "stage": "working"}),
    ]


def test_a_thumb_is_given_where_the_asset_is_offered_and_down_needs_a_reason(client, lead, alice):
    guide = make_asset("The guide", labels=[label("persona", "doer")])
    made = Made("link", url="https://midfield.example/2")
    add_version(guide, made, is_approved=True, by=User.objects.get(name="Mark"), at=NOON)
    client.force_login(alice)
    url = reverse("nurture:suggested_judge", args=[lead.public_id])
    htmx = {"HX-Request": "true"}

    refused = client.post(url, {"asset": guide.public_id, "thumb": "down"}, headers=htmx)
    taken = client.post(url, {"asset": guide.public_id, "thumb": "down", "reason": "Too long"}, headers=htmx)

    assert (refused.status_code, "that is what marketing can mend" in refused.text) == (422, True)
    assert (taken.status_code, 'id="suggested"' in taken.text) == (200, True)
    assert list(AssetThumb.objects.values_list("asset", "user", "is_up", "reason", "version__number")) == [
        (guide.pk, alice.pk, False, "Too long", 2)
    ]
