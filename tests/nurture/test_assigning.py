"""Mail that could not be read, or was of nobody we know: shown as words, counted, and as good as known once a human
says whose it is."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accounts.actions.people import suppressed_channels
from accounts.search import index_people
from agreement.models import Phase
from leads.models import Engagement, Lead, Note
from leads.rail import rail_of
from nurture.actions.receiving import take_mail
from nurture.models import Incoming, IncomingBody
from team.models import AuditEntry, Role
from tests.make import NOON, make_lead, make_person, make_user
from tests.nurture.mails import mail
from tests.nurture.making import email, make_aside, make_enrolment, make_track

pytestmark = pytest.mark.django_db
PRIVATE = "Jo <jo.private@home.example>"


def decide(client, row, **said):
    return client.post(reverse("nurture:incoming_decide", args=[row.pk]), said, follow=True)


def test_what_could_not_be_read_is_shown_counted_and_handled_as_if_it_had_come_known(client, alice, mona, monkeypatch):
    jo = make_person(given_name="Jo", family_name="Prentice")
    asleep = make_lead(phase=Phase.NURTURE, bdr=alice, person=jo)
    index_people([jo.pk])

    def breaks(*args, **more):
        raise ValueError("odd")

    with monkeypatch.context() as patch:
        patch.setattr("nurture.actions.receiving.read_mail", breaks)
        words = "<script>alert(1)</script> Call me\x00 on Tuesday."
        row = take_mail(mail(words, sender=PRIVATE, subject="=?utf-8?q?R=C3=A9:?= offer"), source="imap", at=NOON)
    assert (row.state, rail_of(mona, path="/", at=NOON).counts["mail"]) == ("aside", 1)
    client.force_login(mona)
    shown = client.get(reverse("nurture:incoming_mail", args=[row.pk]), {"q": "Prentice"}).text
    assert "ValueError: odd" in client.get(reverse("nurture:incoming")).text
    for said in ("jo.private@home.example", "Ré: offer", "&lt;script&gt;alert(1)&lt;/script&gt; Call me on Tuesday."):
        assert said in shown
    assert str(jo.public_id) in shown

    page = decide(client, row, person=jo.public_id, kind="reply")

    row.refresh_from_db()
    assert (row.state, row.kind, row.effect, row.person, row.error, row.is_dealt_with) == (
        "done", "reply", "in_front", jo, "", True,
    )  # fmt: skip
    woken = Lead.objects.open().get(person=jo)
    assert (woken.previous, woken.phase) == (asleep, Phase.QUEUED)
    assert Note.objects.filter(lead=woken, text__contains="Call me on Tuesday.").exists()
    assert Engagement.objects.filter(person=jo, kind="replied").count() == 1
    assert "put in front of the queue" in page.text
    assert rail_of(mona, path="/", at=NOON).counts["mail"] == 0
    assert AuditEntry.objects.filter(about="nurture.incoming", about_id=str(row.pk), detail="assigned").count() == 1
    again = decide(client, row, person=jo.public_id, kind="unsubscribe")
    assert "Somebody has dealt with it meanwhile." in again.text
    assert suppressed_channels([jo.pk]) == {}


def test_a_strangers_mail_is_whose_a_human_says_and_says_what_she_sees(client, alice):
    jo = make_person(given_name="Jo")
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=jo)
    one = make_enrolment(make_track(email()), lead=lead)
    stranger = take_mail(mail("I am away.", sender=PRIVATE, Message_ID="<a@x>"), source="imap", at=NOON)
    tired = take_mail(mail("Hello.", sender=PRIVATE, Message_ID="<b@x>"), source="imap", at=NOON)
    junk = make_aside()
    client.force_login(make_user("milo", Role.MARKETER))

    assert decide(client, stranger, kind="out_of_office").status_code == 422
    decide(client, stranger, person=jo.public_id, kind="out_of_office", back_on="2027-03-08")
    one.refresh_from_db()
    back = one.due_at.date()
    decide(client, tired, person=jo.public_id, kind="unsubscribe")
    refused = decide(client, junk, person=make_person().public_id, kind="bounce_hard")
    decide(client, junk, do="away")

    assert (back, Incoming.objects.get(pk=stranger.pk).back_on) == (date(2027, 3, 8), date(2027, 3, 8))
    assert suppressed_channels([jo.pk]) == {jo.pk: {"email"}}
    assert (refused.status_code, "that could have come back" in refused.text) == (422, True)
    decided = Incoming.objects.filter(decided_at__isnull=False).values_list("state", "effect")
    assert set(decided) == {("done", "postponed"), ("done", "silenced"), ("done", "none")}
    assert not Incoming.objects.waiting()
    assert not Incoming.objects.other_of_strangers(NOON).exists()


@pytest.mark.parametrize(
    ("day", "said"),
    [("2020-01-01", "They are back by then."), ("9999-12-31", "look at the year."), ("soon", "Enter a valid date.")],
)
def test_a_day_that_is_refused_leaves_what_was_chosen_and_says_why_at_its_field(client, mona, day, said):
    people = [make_person(given_name="Jo", family_name=name) for name in ("Prentice", "Prentiss")]
    index_people([one.pk for one in people])
    row = take_mail(mail("I am away.", sender=PRIVATE, Message_ID="<a@x>"), source="imap", at=NOON)
    client.force_login(mona)
    page = client.get(reverse("nurture:incoming_mail", args=[row.pk]), {"q": "Jo Prent"}).text
    assert '<input type="hidden" name="q" value="Jo Prent">' in page

    chosen = {"person": people[1].public_id, "kind": "out_of_office", "q": "Jo Prent"}
    refused = decide(client, row, **chosen, back_on=day)
    nobody = decide(client, row, kind="out_of_office", q="Jo Prent")

    assert refused.status_code == nobody.status_code == 422
    assert re.findall(r'value="([^"]+)" checked', refused.text) == [str(people[1].public_id)]
    assert '<option value="out_of_office" selected>' in refused.text
    assert f'value="{day}"' in refused.text
    assert said in re.search(r'id="id_back_on_error".*?</span></span>', refused.text, re.DOTALL)[0]
    assert 'name="q" value="Jo Prent"' in refused.text
    assert "checked" not in nobody.text
    assert "Choose whose it is." in nobody.text.split("<legend>From</legend>")[1].split("</fieldset>")[0]
    # What is looked for from there is answered by the page of the mail.
    assert f'method="get" action="{reverse("nurture:incoming_mail", args=[row.pk])}"' in refused.text
    decide(client, row, **chosen, back_on="")
    assert Incoming.objects.get(pk=row.pk).person == people[1]


def test_a_person_and_a_lead_are_added_from_the_mail_of_a_stranger_in_one_form(client, alice, mona):
    row = take_mail(mail("Please call me about pumps.", sender=PRIVATE, Message_ID="<a@x>"), source="imap", at=NOON)
    client.force_login(mona)
    assert "jo.private@home.example" in client.get(reverse("nurture:incoming")).text

    page = client.get(reverse("nurture:incoming_mail", args=[row.pk])).text
    bare = client.post(
        reverse("nurture:incoming_decide", args=[row.pk]), {"do": "add", "email": "jo.private@home.example"}
    )
    decide(client, row, do="add", name="Jo Private", email="jo.private@home.example", company="Brevik Mills")
    twice = decide(client, row, do="add", name="Jo Private", email="jo.private@home.example")

    # What was looked for stands there again, and so does who was found by it.
    sent = {"do": "add", "q": "brevik", "name": "Jo", "email": "none"}
    refused = client.post(reverse("nurture:incoming_decide", args=[row.pk]), sent)

    assert [refused.context["glance"]["q"].value(), refused.context["q"]] == ["brevik", "brevik"]
    assert re.findall(r'<input type="hidden" name="q" value="([^"]*)"', page) == ["jo.private@home.example"]
    assert 'value="jo.private@home.example"' in page
    # Who has no name is not added, so the form does not say that it may be left out.
    assert re.findall(r'<label for="new-(\w+)">[^<]*(<span)?', page) == [
        ("name", ""), ("email", "<span"), ("phone", "<span"), ("company", "<span"), ("title", "<span"),
    ]  # fmt: skip
    assert (bare.status_code, list(bare.context["new"].errors)) == (422, ["name"])
    row.refresh_from_db()
    assert (row.effect, str(row.person)) == ("in_front", "Jo Private")
    lead = Lead.objects.open().get(person=row.person)
    assert Note.objects.filter(lead=lead, text__contains="call me about pumps").exists()
    assert twice.status_code in (200, 422)
    assert Lead.objects.filter(person__family_name="Private").count() == 1


def test_what_a_stranger_is_called_by_their_mail_is_shown_and_begins_the_form_and_the_answer_leads_to_their_lead(
    client, mona
):
    sender = "Nora O'Weller <nora.weller@home.example>"
    row = take_mail(mail("Please call me.", sender=sender, Message_ID="<n@x>"), source="imap", at=NOON)
    client.force_login(mona)

    listed = client.get(reverse("nurture:incoming")).text
    page = client.get(reverse("nurture:incoming_mail", args=[row.pk]))
    answer = decide(client, row, do="add", name="Nora O'Weller", email="nora.weller@home.example")

    assert page.context["new"]["name"].value() == "Nora O'Weller"
    for text in (listed, page.text):
        assert "<bdi>Nora O&#x27;Weller</bdi> &lt;nora.weller@home.example&gt;" in text
    lead = Lead.objects.open().get(person__contact_points__value="nora.weller@home.example")
    address = reverse("leads:lead", args=[lead.public_id])
    assert f'<a href="{address}">{escape(str(lead.person))}</a> is known now.' in answer.text


def test_who_wrote_what_could_not_be_read_is_named_too(client, mona, monkeypatch):
    def breaks(*args, **more):
        raise ValueError("odd")

    monkeypatch.setattr("nurture.actions.receiving.read_mail", breaks)
    row = take_mail(mail("Call me.", sender=PRIVATE, Message_ID="<b@x>"), source="imap", at=NOON)
    client.force_login(mona)

    page = client.get(reverse("nurture:incoming_mail", args=[row.pk]))

    assert page.context["new"]["name"].value() == "Jo"
    assert "<bdi>Jo</bdi> &lt;jo.private@home.example&gt;" in page.text


def test_whose_address_is_known_is_not_added_a_second_time(client, mona):
    known = make_person(given_name="Jo", family_name="Known", email="jo@brevik.example")
    row = make_aside(sender="jo@brevik.example")
    client.force_login(mona)

    page = decide(client, row, do="add", name="Jo Again", email="jo@brevik.example")

    assert page.status_code == 422
    assert "It belongs to Jo Known: take it as theirs." in page.text
    assert Incoming.objects.get(pk=row.pk).person is None
    assert known.contact_points.count() >= 1


def test_a_name_turns_no_address_around_and_is_kept_without_what_turns_a_line(client, mona):
    sender = "J\u202eo\u200f Weller <jo@x.example>"
    row = take_mail(mail("Hello.", sender=sender, subject="O\u202effer"), source="imap", at=timezone.now())
    older = take_mail(mail("Hello.", sender=PRIVATE, Message_ID="<b@x>"), source="imap", at=timezone.now())
    # As names were kept once; who is called in Hebrew is so still.
    IncomingBody.objects.filter(incoming=older).update(sender_name="Jo\u202e")
    client.force_login(mona)

    assert (row.body.sender_name, row.body.sender, row.body.subject) == ("Jo Weller", "jo@x.example", "Offer")
    listed = client.get(reverse("nurture:incoming"), {"list": "replies"}).text
    assert "<bdi>Jo Weller</bdi> &lt;jo@x.example&gt;" in listed
    for page in (listed, client.get(reverse("nurture:incoming_mail", args=[older.pk])).text):
        assert "<bdi>Jo\u202e</bdi> &lt;jo.private@home.example&gt;" in page


@pytest.mark.parametrize("is_aside", [False, True])
def test_a_name_in_utf_8_is_read_as_what_it_is_and_begins_the_form(client, mona, monkeypatch, is_aside):
    def breaks(raw):
        raise ZeroDivisionError

    if is_aside:
        monkeypatch.setattr("nurture.actions.receiving.read_mail", breaks)
    row = take_mail(mail("Hi.", sender="J\u00fcrgen M\u00fcller <jm@x.example>"), source="imap", at=NOON)
    client.force_login(mona)

    page = client.get(reverse("nurture:incoming_mail", args=[row.pk])).text

    assert "<bdi>J\u00fcrgen M\u00fcller</bdi> &lt;jm@x.example&gt;" in page
    assert 'value="J\u00fcrgen M\u00fcller"' in page


@pytest.mark.parametrize(
    ("called", "begun"),
    [
        (" ".join(["Alexandrina"] * 16), " ".join(["Alexandrina"] * 9)),
        ("N" * 150, "N" * 100),
        ("G" * 90 + " " + "F" * 90, "G" * 90 + " " + "F" * 90),
    ],
)
def test_a_long_name_begins_the_form_as_far_as_it_is_taken(client, mona, called, begun):
    row = take_mail(mail("Hello.", sender=f"{called} <jo@x.example>"), source="imap", at=NOON)
    client.force_login(mona)

    page = client.get(reverse("nurture:incoming_mail", args=[row.pk])).text
    assert f'name="name" value="{begun}"' in page
    answer = decide(client, row, do="add", name=begun, email="jo@x.example")

    assert "is known now" in answer.text


def test_a_long_subject_is_cut_in_the_list_and_stands_whole_beside_what_it_heads(client, mona):
    long = "Our offer for the whole plant and all that belongs to it " * 5
    row = take_mail(mail("Hello.", subject=long), source="imap", at=timezone.now())
    client.force_login(mona)

    listed = client.get(reverse("nurture:incoming"), {"list": "replies"}).text
    page = client.get(reverse("nurture:incoming_mail", args=[row.pk])).text

    cut = long[:79] + "\u2026"
    assert long.strip() not in listed
    assert (cut in listed, f"<h1>{cut}</h1>" in page, page.count(long.strip())) == (True, True, 1)
