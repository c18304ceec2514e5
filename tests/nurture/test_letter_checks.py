"""What makes a letter fail is said where it is written; what may not go is not published and not sent."""

import pytest
from django.urls import reverse

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from nurture.actions.drafting import publish
from nurture.letter_checks import concerns_of, errors_of
from nurture.models import MailRules, Message
from nurture.shipped import SHIPPED
from team.models import Role
from tests.make import NOON, make_lead, make_user
from tests.nurture.making import email, make_track

WORDS = "Five words that say something."
# Small to write, large to read: every line of it is a paragraph with its styles.
LARGE = "a\n\n" * 4000


@pytest.mark.parametrize(
    ("subject", "text", "said"),
    [
        ("A guide to backups", WORDS, []),
        ("{{ first_name | there }}, a guide", WORDS, []),
        ("{{ company }}", WORDS, []),
        ("{{ title | }}", WORDS, [("subject", True, "no subject")]),
        ("A guide", "{{ title | }}", [("text", True, "no words")]),
        ("A guide", LARGE, [("text", True, "KB large")]),
        ("A" + "b" * 60, WORDS, [("subject", False, "61 letters")]),
        ("LAST CHANCE TO SAVE", WORDS, [("subject", False, "capitals")]),
        ("ISO 27001", WORDS, []),
        ("Now!!", WORDS, [("subject", False, "exclamation")]),
        ("A guide", "BUY NOW BEFORE THEY ARE GONE", [("text", False, "capitals")]),
        ("A guide", f"{WORDS} ![Us](https://a.example/a.png)", [("text", False, "Images are not sent")]),
        ("A guide", "[Read](https://a.example/)", [("text", False, "hardly a word")]),
        ("A guide", f"{WORDS} [Here](http://a.example/) or `http://b.example/`", [("text", False, "1 link is http")]),
        ("A guide", f"{WORDS} [Here](http://a.example/), there: http://b.example/", [("text", False, "2 links")]),
    ],
)
def test_each_fault_of_a_letter_is_said(subject, text, said):
    found = concerns_of(subject, text)
    assert [(one.field, one.is_error) for one in found] == [one[:2] for one in said]
    assert all(words in one.words for one, (*_more, words) in zip(found, said, strict=True))


def test_what_is_shipped_has_no_fault():
    letters = [says for one in SHIPPED for says in written(one.nodes)]
    assert letters
    assert {says["subject"]: concerns_of(str(says["subject"]), str(says["text"])) for says in letters} == {
        says["subject"]: [] for says in letters
    }


def written(nodes):
    for says, yes, no in nodes:
        if says["kind"] == "email":
            yield says
        yield from written(yes)
        yield from written(no)


@pytest.mark.django_db
def test_a_draft_says_it_and_what_may_not_go_is_not_published(client, rules):
    mark = make_user("mark", Role.MARKETER)
    track = make_track(
        email(subject="READ THIS NOW"), email(subject="Large", text=LARGE), published=False, name="Backups"
    )
    client.force_login(mark)
    draft = client.get(reverse("nurture:track_draft", args=[track.public_id])).text
    assert "shouts in capitals" in draft
    assert "KB large" in draft
    # As shipped there is no address in the foot, and this installation has no https.
    assert ("no postal address" in draft, "RFC 8058" in draft) == (True, True)

    answer = client.post(reverse("nurture:track_publish", args=[track.public_id]))

    assert answer.status_code == 422
    assert "KB large" in answer.text
    with pytest.raises(MoveRefused, match="KB large"):
        publish(track, by=mark, at=NOON)
    track.versions.get().nodes.filter(subject="Large").update(text="Short.")
    MailRules.objects.update(postal_address="Harbour 1, Brevik")
    publish(track, by=mark, at=NOON)
    assert "no postal address" not in client.get(reverse("nurture:track", args=[track.public_id])).text


@pytest.mark.django_db
def test_a_node_is_refused_at_its_field(client, rules):
    client.force_login(make_user("mark", Role.MARKETER))
    track = make_track(email(), published=False)
    node = track.versions.get().nodes.get()
    page = reverse("nurture:node", args=[track.public_id, node.pk])
    answer = client.post(page, {"subject": "{{ title | }}", "text": LARGE})
    assert answer.status_code == 422
    assert ("no subject is left" in answer.text, "KB large" in answer.text) == (True, True)
    assert client.post(page, {"subject": "ALL ABOARD NOW", "text": WORDS}).status_code == 302


@pytest.mark.django_db
def test_who_writes_by_hand_sees_it_in_the_preview(client, rules, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    client.force_login(alice)
    page = reverse("nurture:write", args=[lead.public_id])
    said = {"subject": "READ THIS NOW", "text": f"{WORDS} http://a.example/"}
    shown = client.post(page, {**said, "do": "preview"})
    assert (shown.status_code, "shouts in capitals" in shown.text) == (200, True)

    large = client.post(page, {**said, "text": LARGE, "do": "send"})

    assert (large.status_code, "KB large" in large.text, Message.objects.count()) == (422, True, 0)
    assert errors_of(**said) == []
    assert client.post(page, {**said, "do": "send"}).status_code == 302
    assert Message.objects.count() == 1
