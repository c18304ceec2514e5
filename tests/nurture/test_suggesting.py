"""What the library has for somebody, with why, where a rep writes and on the page of her lead."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from content.actions.keeping import Made, add_version
from content.models import Asset, AssetAccess, AssetThumb, Label, LibrarySearch
from leads.actions.changing import MoveRefused
from leads.actions.undoing import undo_last
from nurture.actions.claiming import claim_messages
from nurture.actions.deciding import say_it_arrived
from nurture.actions.drafting import publish
from nurture.actions.planning import write_message
from nurture.actions.sending import deliver
from nurture.actions.unsent import settle_unsent
from nurture.models import Message
from nurture.suggesting import Fit, suggestions_for
from team.models import User
from tests.make import NOON, make_asset, make_lead, make_person
from tests.nurture.making import email, engage, leave, make_letter_track, make_message, make_topic, make_track


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

    on_page = suggestions_for(Fit(lead, at=NOON), by=alice)
    in_letter = suggestions_for(Fit(lead, at=NOON), by=alice, is_letter=True)

    assert [one.asset for one in on_page] == [best, said, about]
    assert [one.asset for one in in_letter] == [best, about]
    assert [one.why for one in in_letter] == [
        "about maintenance, for: doer, when: until there is a conversation, new to them",
        "about maintenance, new to them",
    ]
    assert [(one.helped, one.mine is not None) for one in in_letter] == [(1, True), (0, False)]
    assert over not in [one.asset for one in suggestions_for(Fit(lead, at=NOON), by=alice, q="over")]


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
    assert str(snippet.public_id) not in preview.context["preview"].html


def test_what_a_letter_brings_is_used_once_the_letter_has_left_and_never_by_one_that_stays(
    lead, alice, sink, rules, clock
):
    guide, undone, refused = (make_asset(title) for title in ("The guide", "Undone", "Refused"))
    gone = make_lead(phase="working", bdr=alice)
    nobody = make_lead(phase="working", bdr=alice, person=make_person(email="nobody.x@brevik.example"))
    for one, asset in ((lead, guide), (gone, undone), (nobody, refused)):
        write_message(one, subject="Hi", text="Hello", asset=asset, by=alice, at=NOON)
    undo_last(gone, by=alice, at=NOON)
    written = AssetAccess.objects.count()

    deliver(by="me", clock=clock)
    settle_unsent(at=clock.on(minutes=1))
    deliver(by="me", clock=clock)

    assert written == 0
    assert list(AssetAccess.objects.values_list("asset", "user", "did", "place", "at")) == [
        (guide.pk, alice.pk, "used", "composer", NOON)
    ]
    assert list(Asset.objects.filter(last_used_at__isnull=False)) == [guide]


def test_what_a_letter_brought_of_which_nobody_knew_is_used_by_the_word_that_it_arrived(lead, alice, mona):
    guide = make_asset("The guide")
    letter = write_message(lead, subject="Hi", text="Hello", asset=guide, by=alice, at=NOON)
    leave(letter, at=NOON)
    Message.objects.filter(pk=letter.pk).update(state="unknown", sent_at=None)
    letter.refresh_from_db()

    say_it_arrived(letter, by=mona, at=NOON + timedelta(hours=2))

    assert list(AssetAccess.objects.values_list("asset", "user", "at")) == [(guide.pk, alice.pk, NOON)]


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


def test_what_they_have_had_is_named_where_it_is_looked_for_and_is_not_missing(client, lead, alice):
    had = make_asset("Spare parts calculator")
    write_message(lead, subject="Hi", text="Hello", asset=had, by=alice, at=timezone.now())
    client.force_login(alice)
    panel, letter = (reverse(name, args=[lead.public_id]) for name in ("nurture:suggested", "nurture:write"))

    for found in (client.get(f"{panel}?q=calculator"), client.post(letter, {"q": "calculator", "do": "find"})):
        assert "They have had what there is of this:" in found.text
        assert "Spare parts calculator" in found.text
        assert "marketing sees what is missing" not in found.text
    assert not LibrarySearch.objects.exists()


def test_what_a_search_for_somebody_may_have_meant_is_offered_keeps_what_was_typed_and_followed_is_no_demand(
    client, lead, alice
):
    make_asset("Guide to spare parts")
    had = make_asset("Pharma audit checklist")
    write_message(lead, subject="Hi", text="Hello", asset=had, by=alice, at=timezone.now())
    client.force_login(alice)
    panel, letter = (reverse(name, args=[lead.public_id]) for name in ("nurture:suggested", "nurture:write"))
    right = {"sparepart": "spare part", "spare prts": "spare parts", "audti": "audit"}

    beside = {q: client.get(panel, {"q": q}) for q in right}
    assert list(LibrarySearch.objects.order_by("pk").values_list("q", "place")) == [(q, "lead") for q in right]
    for q, meant in right.items():
        (offer,) = re.findall(r'Did you mean <a href="([^"]+)" hx-get="\1"', beside[q].text)
        assert beside[q].context["meant"] == meant
        for _time in range(2):
            assert client.get(unescape(offer)).context["q"] == meant
    assert not LibrarySearch.objects.filter(followed_at=None).exists()

    written = {q: client.post(letter, {"text": "Dear Ada", "q": q, "do": "find"}) for q in right}
    assert list(LibrarySearch.objects.filter(followed_at=None).order_by("pk").values_list("q", "place")) == [
        (q, "composer") for q in right
    ]
    for q, meant in right.items():
        assert written[q].context["meant"] == meant
        assert f'form="letter" name="meant" value="{meant}"' in written[q].text
        assert "If you meant what you wrote, it is noted" in beside[q].text
        assert "If you meant what you wrote, it is noted" in written[q].text
        followed = client.post(letter, {"text": "Dear Ada", "q": q, "meant": meant})
        form = followed.context["form"]
        assert (form["text"].value(), form["q"].value()) == ("Dear Ada", meant)
        found = [one.asset.title for one in followed.context["fitting"]], followed.context["had"]
        assert found == (([], [had]) if q == "audti" else (["Guide to spare parts"], []))
    assert not LibrarySearch.objects.filter(followed_at=None).exists()


def test_what_is_put_right_for_somebody_is_no_demand_for_them_and_stays_one_for_others(client, lead, alice):
    make_asset("Pharma audit checklist")
    champion = make_lead(phase="working", bdr=alice, person=make_person(title="Head of quality"))
    champion.person.employments.update(role="champion")
    client.force_login(alice)

    # What it is put right by finds nothing either, and is not offered.
    for one, name, q in ((champion, "suggested", "bakery adit"), (lead, "write", "bakery adit"),
                         (lead, "suggested", "bakery adit"), (lead, "suggested", "bakery audit")):  # fmt: skip
        url = reverse(f"nurture:{name}", args=[one.public_id])
        _ = client.get(url, {"q": q}) if name == "suggested" else client.post(url, {"q": q, "do": "find"})

    kept = LibrarySearch.objects.order_by("pk").values_list("place", "asked__persona", "q")
    assert list(kept) == [
        ("lead", "champion", "bakery adit"), ("composer", "doer", "bakery adit"), ("lead", "doer", "bakery audit"),
    ]  # fmt: skip


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


@pytest.fixture
def over(lead):
    """One that expired, the one that comes after it, and a letter that links to the first."""
    newer = make_asset("Prices of this year")
    older = make_asset("Prices of last year", expires_on=NOON.date(), successor=newer)
    return older, newer, f"See http://localhost/c/{older.public_id}/ please."


def test_no_words_link_to_what_has_expired_by_hand_by_a_track_or_while_they_wait(lead, alice, over, rules):
    older, newer, text = over
    for said in ({"text": text}, {"text": "Hello", "asset": older}):
        with pytest.raises(MoveRefused, match=r"Prices of last year” expired on 1 Mar 2027.*Prices of this year"):
            write_message(lead, subject="Hi", by=alice, at=NOON, **said)
    draft = make_track(email(text=text), published=False)
    with pytest.raises(MoveRefused, match=r"Prices of last year"):
        publish(draft, by=alice, at=NOON)

    # It was in order when it was written, and is over when it goes out.
    Asset.objects.filter(pk=older.pk).update(expires_on=NOON.date() + timedelta(days=1))
    by_hand = write_message(lead, subject="Hi", text=text, by=alice, at=NOON)
    by_track = make_message(make_letter_track(text=text))
    sound = make_message(make_letter_track(text=f"See http://localhost/c/{newer.public_id}/"))
    # What a letter links to, it brings.
    assert by_hand.asset == older
    taken = claim_messages(by="test", at=NOON + timedelta(days=1))
    assert [message.pk for message in taken] == [sound.pk]
    assert (
        list(Message.objects.filter(pk__in=[by_hand.pk, by_track.pk]).values_list("state", "because"))
        == [("cancelled", "expired")] * 2
    )


def test_who_has_something_expired_in_a_draft_is_offered_what_comes_after_it(client, lead, alice, over):
    older, newer, text = over
    # Expired on the day on which the page is opened, too.
    Asset.objects.filter(pk=older.pk).update(expires_on=timezone.localdate())
    client.force_login(alice)
    url = reverse("nurture:write", args=[lead.public_id])

    told = client.post(url, {"subject": "Hi", "text": text, "do": "send"})
    mended = client.post(url, {"text": text, "instead": f"{older.public_id},{newer.public_id}"}).context["form"]
    chosen = client.post(url, {"text": "Hello", "asset": older.public_id, "do": "send", "subject": "Hi"})

    assert (told.status_code, "Put “Prices of this year” in its place" in told.text) == (422, True)
    assert (mended["text"].value(), mended.chosen()) == (
        text.replace(str(older.public_id), str(newer.public_id)),
        newer,
    )
    assert (chosen.status_code, "Prices of last year” expired" in chosen.text) == (422, True)
    assert not Message.objects.exists()


def test_the_words_of_a_snippet_that_is_over_are_refused_however_often_they_are_sent(client, lead, alice):
    newer = make_asset("New terms", form="snippet", text="We deliver within ten days of your order.")
    older = make_asset(
        "Old terms", form="snippet", text="We deliver within two days of your order.", expires_on=timezone.localdate(),
        successor=newer,
    )  # fmt: skip
    client.force_login(alice)
    url = reverse("nurture:write", args=[lead.public_id])
    said = {"subject": "Hi", "text": "Hello.\r\n\r\nWe deliver within two days of your order.\r\n", "do": "send"}

    first = client.post(url, {**said, "asset": older.public_id})
    second = client.post(url, {**said, "asset": ""})
    mended = client.post(url, {**said, "asset": "", "instead": f"{older.public_id},{newer.public_id}"}).context["form"]

    assert f'<option value="{older.public_id}" selected>' in first.text
    assert (first.status_code, second.status_code) == (422, 422)
    assert "Old terms” expired" in second.text
    assert "Its words stand in the letter" in second.text
    assert not Message.objects.exists()
    assert (mended["text"].value(), mended.chosen()) == ("Hello.\n\nWe deliver within ten days of your order.\n", newer)


def test_words_that_a_snippet_in_use_says_too_may_be_sent(lead, alice):
    text = "We deliver within ten days of your order."
    make_asset("Old terms", form="snippet", text=text, expires_on=NOON.date())
    make_asset("New terms", form="snippet", text=f"{text}\n\nYours truly, all of us at the plant.")

    with pytest.raises(MoveRefused, match="Its words stand in the letter"):
        write_message(lead, subject="Hi", text=text, by=alice, at=NOON)
    write_message(lead, subject="Hi", text=f"{text}\n\nYours truly, all of us at the plant.", by=alice, at=NOON)
