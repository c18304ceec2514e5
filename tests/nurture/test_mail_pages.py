"""The outbox for who answers for it, one message, and what a rep writes from a lead."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.actions.people import suppress_person
from leads.actions.logging import log_touch
from nurture.actions.preferring import unsubscribe
from nurture.actions.switching import stop_mail
from nurture.models import Enrolment, MailRules, Message
from team.models import AuditEntry, Role
from tests.make import NOON, make_account, make_asset, make_lead, make_person, make_user
from tests.nurture.making import make_aside, make_letter_track, make_message


@pytest.fixture
def admin(db):
    return make_user("ada", Role.ADMIN)


def unknown():
    message = make_message()
    Message.objects.filter(pk=message.pk).update(
        state="unknown", due_at=None, claimed_at=NOON, to_hash="x", claimed_by="me", begun_at=NOON
    )
    return message


def test_what_nobody_knows_is_shown_first_and_a_human_says_which(client, admin):
    arrived, again = unknown(), unknown()
    client.force_login(admin)
    page = client.get(reverse("nurture:mail")).text
    assert str(arrived.person) in page
    assert "Nobody sends it again by guess" in page

    client.post(reverse("nurture:message_decide", args=[arrived.public_id]), {"say": "arrived"})
    client.post(reverse("nurture:message_decide", args=[again.public_id]), {"say": "again"})
    late = client.post(reverse("nurture:message_decide", args=[again.public_id]), {"say": "arrived"}, follow=True)

    arrived.refresh_from_db()
    again.refresh_from_db()
    assert (arrived.state, arrived.sent_at, again.state) == ("sent", NOON, "planned")
    assert "Somebody else has said so already" in late.text
    assert list(AuditEntry.objects.values_list("about", "detail")) == [
        ("nurture.message", "arrived"),
        ("nurture.message", "again"),
    ]


def test_what_was_refused_does_not_go_again_once_another_has_brought_the_same(client, admin):
    guide, person = make_asset("The guide"), make_person()
    track = make_letter_track(asset=guide)
    refused = make_message(track, person)
    Message.objects.filter(pk=refused.pk).update(state="refused", because="hard", due_at=None)
    Enrolment.objects.filter(pk=refused.enrolment_id).update(
        state="ended", outcome="stopped", ended_at=NOON, due_at=None
    )
    make_message(make_letter_track(asset=guide), person)
    client.force_login(admin)

    page = client.post(reverse("nurture:message_decide", args=[refused.public_id]), {"say": "again"}, follow=True)

    refused.refresh_from_db()
    assert refused.state == "refused"
    assert "They have had what it brings meanwhile" in page.text


def test_the_switch_is_for_who_sees_trouble_and_only_an_admin_lets_it_go_on(client, admin, rules):
    client.force_login(make_user("mark", Role.MARKETER))
    bare = client.post(reverse("nurture:mail_switch"), {"to": "stop"})
    assert (bare.status_code, list(bare.context["stop_form"].errors)) == (422, ["reason"])
    client.post(reverse("nurture:mail_switch"), {"to": "stop", "reason": "Wrong price list"})
    assert client.post(reverse("nurture:mail_switch"), {"to": "start"}).status_code == 403
    assert "Mail is stopped, by Mark" in client.get(reverse("nurture:mail")).text

    client.force_login(admin)
    client.post(reverse("nurture:mail_switch"), {"to": "start"})

    rules.refresh_from_db()
    assert (rules.is_stopped, rules.switched_by) == (False, admin)
    page = client.get(reverse("nurture:mail")).text
    assert "Mark stopped all mail: Wrong price list" in page
    assert "Ada started it again" in page


@time_machine.travel(NOON, tick=False)
def test_starting_again_says_first_what_waits_and_what_became_too_late(client, admin, rules):
    gone = make_asset("Old prices")
    make_message(due_at=NOON)
    make_message(due_at=NOON - timedelta(hours=25))
    make_message(due_at=NOON - timedelta(hours=30), asset=gone)
    type(gone).objects.filter(pk=gone.pk).update(expires_on=NOON.date() - timedelta(days=1))
    stop_mail(by=admin, at=NOON - timedelta(days=2), reason="Wrong price list")
    client.force_login(admin)

    page = client.get(reverse("nurture:mail")).text
    done = client.post(reverse("nurture:mail_switch"), {"to": "start"}, follow=True).text

    for said in (page, done):
        assert "3 messages wait." in said
        assert "1 of a track is more than 24 hours late by now: it goes over the next six hours." in said
        assert "1 became too late: what it brings has expired, and it does not go." in said


@time_machine.travel(NOON, tick=False)
def test_who_writes_while_mail_is_stopped_reads_by_whom_and_why_and_that_it_waits(client, admin, alice, rules):
    lead = make_lead(phase="working", bdr=alice, person=make_person(email="ada@corvane.example"))
    stop_mail(by=admin, at=NOON - timedelta(hours=2), reason="Wrong price list")
    client.force_login(alice)
    url = reverse("nurture:write", args=[lead.public_id])

    page = client.get(url).text
    sent = client.post(url, {"subject": "Hello", "text": "Words.", "do": "send"}, follow=True).text
    message = client.get(reverse("nurture:message", args=[Message.objects.get().public_id])).text

    assert "Mail is stopped, by Ada." in page
    assert "<q>Wrong price list</q>" in page
    assert "10:00" in page
    assert "within half a minute" not in page
    assert "it goes out now" not in sent
    assert "mail is stopped, and it waits until mail is started again" in sent
    assert "This message waits." in message


def test_what_is_looked_for_in_mail_or_while_one_writes_is_no_search_for_people(client, admin, alice):
    lead = make_lead(phase="working", bdr=alice)
    client.force_login(alice)
    writes = client.post(reverse("nurture:write", args=[lead.public_id]), {"q": "pressure", "do": "find"}).text
    people = client.get(reverse("leads:search"), {"q": "pressure"}).text
    client.force_login(admin)
    mail = client.get(reverse("nurture:mail"), {"q": "pressure"}).text

    boxes = [re.findall(r'<input[^>]*type="search" name="q" value="([^"]*)"', page) for page in (people, writes, mail)]
    assert boxes == [["pressure"], ["", "pressure"], ["", "pressure"]]


def test_rules_that_cannot_hold_are_refused_at_their_place(client, admin, rules):
    client.force_login(admin)
    good = {
        "most_a_day": "2", "most_a_week": "4", "opens": "9", "closes": "17", "domain_most_a_minute": "30",
        "hours_late": "24", "sender_name": "Halden", "postal_address": "Street 1",
    }  # fmt: skip
    wrong = {"most_a_week": "1", "closes": "8", "most_a_day": "0", "domain_most_a_minute": "99999999", "opens": "x"}
    for name, value in wrong.items():
        answer = client.post(reverse("nurture:mail_rules"), {**good, name: value})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [name])
    below = client.post(reverse("nurture:mail_rules"), {**good, "most_a_day": "-1"})
    assert below.context["form"].errors == {"most_a_day": ["Ensure this value is greater than or equal to 1."]}
    assert client.get(reverse("nurture:mail_rules")).url == reverse("nurture:mail")

    assert client.post(reverse("nurture:mail_rules"), good).status_code == 302

    rules.refresh_from_db()
    assert (rules.most_a_day, rules.closes, rules.on_weekends) == (2, 17, False)
    assert MailRules.objects.count() == 1


def test_what_a_track_will_say_is_read_as_whoever_gets_it_will_read_it(client, admin):
    person = make_person(given_name="Mira", account=make_account(name="Acme"))
    words = "Hello {{ first_name | there }}, read {{ asset_title | this }}."
    track = make_letter_track(subject="For {{ company | you }}", text=words)
    message = make_message(track, person, asset=make_asset("The sheet"))
    client.force_login(admin)

    page = client.get(reverse("nurture:message", args=[message.public_id])).text
    frame = client.get(reverse("nurture:message_frame", args=[message.public_id])).text

    assert "<h1>For Acme</h1>" in page
    assert "Hello Mira, read The sheet." in frame
    assert "{{" not in page + frame


def test_the_words_of_a_message_are_shown_in_a_frame_that_may_do_nothing(client, admin):
    bad = "Hello <script>alert(1)</script> [x](javascript:alert(1)) **there**"
    message = make_message(make_letter_track(text=bad))
    client.force_login(admin)

    page = client.get(reverse("nurture:message", args=[message.public_id]))
    frame = client.get(reverse("nurture:message_frame", args=[message.public_id]))

    assert 'sandbox=""' in page.text
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    policy = frame["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert "<strong>there</strong>" in frame.text
    assert "<script" not in frame.text
    assert 'href="javascript' not in frame.text


def test_a_rep_sees_the_mail_of_her_leads_and_of_nobody_else(client, alice, eve):
    lead = make_lead(phase="working", bdr=alice)
    message = make_message(lead=lead)
    for user, status in ((alice, 200), (eve, 404)):
        client.force_login(user)
        assert client.get(reverse("nurture:message", args=[message.public_id])).status_code == status
        assert client.get(reverse("nurture:message_frame", args=[message.public_id])).status_code == status
    assert client.get(reverse("nurture:mail")).status_code == 403


def test_what_she_writes_is_previewed_as_it_will_be_and_goes_out_once(client, alice):
    lead = make_lead(phase="working", bdr=alice, person=make_person(given_name="Ada", email="ada@corvane.example"))
    asset = make_asset("The planner's guide")
    client.force_login(alice)
    url = reverse("nurture:write", args=[lead.public_id])
    said = {
        "subject": "For {{ first_name | you }}",
        "text": "Hello {{ first_name | there }}.",
        "asset": asset.public_id,
    }

    preview = client.post(url, {**said, "do": "preview"}).text
    assert "For Ada" in preview
    assert str(asset.public_id) in preview
    assert not Message.objects.exists()
    form_id = "0198c5d0-0000-7000-8000-000000000001"
    for _time in range(2):
        client.post(url, {**said, "do": "send", "form_id": form_id})

    history = client.get(reverse("leads:lead", args=[lead.public_id])).text
    assert "For Ada" in history
    assert "{{" not in history
    lead.refresh_from_db()
    assert list(lead.activities.values_list("kind", "by")) == [("email", alice.pk)]
    assert lead.first_touched_at is not None
    (message,) = Message.objects.all()
    assert (message.kind, message.by, message.asset, message.body.text) == ("by_hand", alice, asset, "Hello Ada.")
    had = client.post(url, {**said, "do": "send"})
    assert had.status_code == 422
    nobody = client.post(url, {"subject": "{{ firstname }}", "text": "x {{ y }}"})
    assert (nobody.status_code, "There is no field" in nobody.text) == (422, True)


def test_the_same_letter_goes_out_once_after_back_and_all_the_same_by_her_word(client, alice):
    lead = make_lead(phase="working", bdr=alice)
    url = reverse("nurture:write", args=[lead.public_id])
    said = {"subject": "Hi {{ first_name | you }}", "text": "Hello Ada.\r\n\r\nBye"}
    with time_machine.travel(NOON, tick=False):
        client.force_login(alice)
        client.post(url, {**said, "do": "send", "form_id": "0198c5d0-0000-7000-8000-000000000001"})
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        back = client.post(url, {**said, "do": "send", "form_id": "0198c5d0-0000-7000-8000-000000000002"})
        assert (back.status_code, "You sent this at" in back.text, 'value="again"' in back.text) == (409, True, True)
        assert Message.objects.count() == lead.activities.count() == 1

        client.post(url, {**said, "do": "again", "form_id": "0198c5d0-0000-7000-8000-000000000002"})
        client.post(url, {**said, "text": "Another one", "do": "send"})
    assert Message.objects.count() == 3


def test_history_leads_to_a_letter_and_says_that_it_waits_until_it_has_left(client, admin, alice, rules):
    lead = make_lead(phase="working", bdr=alice)
    log_touch(lead, kind="email", note="From my own mailbox", by=alice, at=timezone.now())
    stop_mail(by=admin, at=NOON, reason="Wrong price list")
    client.force_login(alice)
    client.post(reverse("nurture:write", args=[lead.public_id]), {"subject": "Hi", "text": "Hello", "do": "send"})
    letter = Message.objects.get()
    line = f'<a href="{reverse("nurture:message", args=[letter.public_id])}">You e-mailed, attempt 2</a>'
    page, later = reverse("leads:lead", args=[lead.public_id]), timezone.now() + timedelta(hours=1)

    waiting = client.get(page).text
    MailRules.objects.update(is_stopped=False, stopped_reason="", stopped_because="")
    going = client.get(page).text
    Message.objects.update(due_at=later)
    put_off = client.get(page).text
    Message.objects.update(
        state="sent", due_at=None, claimed_at=NOON, sent_at=NOON, to_hash="x", claimed_by="me", begun_at=NOON
    )
    gone = client.get(reverse("leads:timeline", args=[lead.public_id]), headers={"HX-Request": "true"}).text
    Message.objects.update(state="refused", because="hard", sent_at=None)
    refused = client.get(page).text

    # What she sent from elsewhere has no letter here.
    assert [said.count(line) for said in (waiting, going, put_off, gone, refused)] == [1] * 5
    assert "· waits until mail is started again" in waiting
    assert "· goes out now" in going
    assert "· waits for their mail server" in put_off
    assert "· did not leave" in refused
    assert "goes out now" not in gone


def without_address(person):
    person.contact_points.filter(kind="email").delete()


def bounced(person):
    person.contact_points.filter(kind="email").update(state="bounced", is_primary=False)


def unsubscribed(person):
    unsubscribe(person, at=NOON)


def silent(person):
    suppress_person(person, "all", source="rep", at=NOON)


def silent_without_number(person):
    person.contact_points.filter(kind="phone").delete()
    unsubscribed(person)


CANNOT = {
    "no address": (without_address, "No e-mail address is known of Ada", ["call", "person"]),
    "bounced": (bounced, "No address of Ada", ["call", "person"]),
    "unsubscribed": (unsubscribed, "asked for no e-mail", ["call"]),
    "silent": (silent, "asked not to be contacted", ["disqualify"]),
    "silent and without a number": (silent_without_number, "asked for no e-mail", []),
}


@pytest.mark.parametrize("why", CANNOT)
def test_who_cannot_be_written_to_is_told_before_she_writes_with_what_is_left(client, alice, why):
    make_so, says, left = CANNOT[why]
    person = make_person(given_name="Ada", email="ada@corvane.example", phone="+12025550123")
    lead = make_lead(phase="working", bdr=alice, person=person)
    client.force_login(alice)
    url = reverse("nurture:write", args=[lead.public_id])
    assert 'name="subject"' in client.get(url).text
    make_so(person)

    page = client.get(url).text

    assert says in page
    assert 'name="subject"' not in page
    there = reverse("leads:lead", args=[lead.public_id])
    assert [form for form in ("call", "person", "disqualify") if f"{there}?form={form}" in page] == left
    # What was typed meanwhile is not lost.
    late = client.post(url, {"subject": "Hello", "text": "Words of mine.", "do": "find", "q": "x"}).text
    assert "Words of mine." in late
    assert says in late


def test_mail_opens_on_what_needs_somebody_or_says_that_nothing_does(client, admin, rules):
    client.force_login(admin)
    url = reverse("nurture:mail")
    empty = client.get(url)
    assert (empty.context["state"], "Nothing here needs anybody." in empty.text) == ("sent", True)
    planned = make_message()
    assert client.get(url).context["state"] == "planned"
    refused = make_message()
    Message.objects.filter(pk=refused.pk).update(
        state="refused", because="hard", due_at=None, planned_at=timezone.now()
    )
    page = client.get(url)
    assert (page.context["state"], "Nothing here needs anybody." in page.text) == ("refused", False)
    unknown()
    assert client.get(url).context["state"] == "unknown"
    assert str(planned.person) in client.get(url, {"state": "planned"}).text
    make_aside()
    assert "1 mail that came in waits for somebody to say whose it is." in client.get(url).text
