"""Whoever takes back an e-mail she wrote takes back the mail, too, as long as it is in the house."""

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.logging import add_note
from leads.actions.undoing import undo_last
from nurture.actions.claiming import begin_message, claim_messages
from nurture.actions.planning import write_message
from nurture.actions.switching import stop_mail
from nurture.actions.unsent import settle_unsent
from nurture.had import sent_to
from nurture.models import Message
from tests.make import NOON, make_asset, make_lead
from tests.nurture.making import leave

pytestmark = pytest.mark.django_db


def written(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    return lead, write_message(lead, subject="Hello", text="Hello.", by=alice, at=NOON)


def test_undo_takes_back_what_has_not_left_and_says_of_what_has_that_it_did(client, alice, rules):
    (waits, waiting), (taken, claimed), (gone, sent), (_kept, kept) = (written(alice) for _ in range(4))
    leave(sent, at=NOON)
    Message.objects.filter(pk__in=[waiting.pk, kept.pk]).update(due_at=None, state="cancelled", because="by_hand")
    (claim,) = claim_messages(by="me", at=NOON)
    assert claim.pk == claimed.pk
    Message.objects.filter(pk__in=[waiting.pk, kept.pk]).update(due_at=NOON, state="planned", because="")

    for lead in (waits, taken, gone):
        undo_last(lead, by=alice, at=NOON)

    assert not begin_message(claim, at=NOON)
    assert [one.pk for one in claim_messages(by="me", at=NOON)] == [kept.pk]
    states = {one.pk: (one.state, one.because) for one in Message.objects.all()}
    assert (states[waiting.pk], states[claimed.pk]) == (("cancelled", "undone"), ("cancelled", "undone"))
    assert states[sent.pk] == ("sent", "")
    client.force_login(alice)
    said = "it had left by then"
    assert said in client.get(reverse("nurture:message", args=[sent.public_id])).text
    assert said not in client.get(reverse("nurture:message", args=[kept.public_id])).text


@time_machine.travel(NOON, tick=False)
def test_a_letter_is_taken_back_from_the_answer_that_says_it_is_written(client, alice, rules):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    client.force_login(alice)
    letter = {"subject": "Hello", "text": "Words.", "do": "send"}
    sent = client.post(reverse("nurture:write", args=[lead.public_id]), letter, follow=True)
    said = sent.text.partition('id="toast"')[2].partition("</form>")[0]
    undo, event = reverse("leads:undo", args=[lead.public_id]), Message.objects.get().event_id
    assert f'action="{undo}"' in said
    assert f'name="event" value="{event}"' in said

    client.post(undo, {"event": event})

    assert claim_messages(by="me", at=NOON) == []
    assert Message.objects.get().because == "undone"


def test_what_was_taken_back_after_it_had_left_stands_in_the_history_as_what_it_is(client, alice, rules):
    stays = {}
    for state, said in (
        ("unknown", "taken back, but it may have left"),
        ("sent", "taken back, but it had left"),
        ("cancelled", "taken back"),
    ):
        lead, message = written(alice)
        if state != "cancelled":
            leave(message, at=NOON)
        if state == "unknown":
            Message.objects.filter(pk=message.pk).update(state=state, sent_at=None, begun_at=NOON)
        undo_last(lead, by=alice, at=NOON)
        stays[lead] = (said, state == "cancelled")
    client.force_login(alice)

    for lead, (said, is_struck) in stays.items():
        page = client.get(reverse("leads:lead", args=[lead.public_id])).text
        assert f'<span class="soft">· {said}</span>' in page
        assert ("<s><a href" in page) == is_struck


def test_what_was_taken_back_is_written_again_from_its_words_by_whoever_wrote_it(client, alice, rules):
    asset = make_asset("The guide")
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    message = write_message(lead, subject="A tpyo", text="Half a letter", asset=asset, by=alice, at=NOON)
    undo_last(lead, by=alice, at=NOON)
    again = f"{reverse('nurture:write', args=[lead.public_id])}?again={message.public_id}"
    client.force_login(alice)

    page = client.get(reverse("nurture:message", args=[message.public_id]))
    assert f'href="{again}"' in page.text
    assert "<span>Not sent</span>" in page.text
    assert not [said for said in ("Do not send it", "Not before", "it had left") if said in page.text]
    form = client.get(again).context["form"]
    assert (form["subject"].value(), form["text"].value()) == ("A tpyo", "Half a letter")
    assert form["asset"].value() == asset.public_id

    other = make_lead(phase=Phase.WORKING, bdr=alice)
    elsewhere = f"{reverse('nurture:write', args=[other.public_id])}?again={message.public_id}"
    for address in (elsewhere, f"{again}x"):
        assert not client.get(address).context["form"]["text"].value()
    leave(message, at=NOON)
    assert not client.get(again).context["form"]["text"].value()


@time_machine.travel(NOON, tick=False)
def test_the_page_of_a_letter_that_is_taken_up_and_was_taken_back_says_that_it_does_not_go(client, alice, rules):
    lead, message = written(alice)
    (claim,) = claim_messages(by="me", at=NOON)
    undo_last(lead, by=alice, at=NOON)
    client.force_login(alice)
    address = reverse("nurture:message", args=[message.public_id])

    page = client.get(address).text
    assert ("<span>Not sent</span>" in page, "it had left" in page) == (True, False)

    assert not begin_message(claim, at=NOON)
    assert "<span>Not sent</span>" in client.get(address).text


@time_machine.travel(NOON, tick=False)
def test_what_was_begun_of_another_letter_is_kept_apart_from_one_that_is_written_again(client, alice, rules):
    lead, message = written(alice)
    undo_last(lead, by=alice, at=NOON)
    client.force_login(alice)
    address = reverse("nurture:write", args=[lead.public_id])
    again = f"{address}?again={message.public_id}"
    own = f"write-{lead.public_id}-{message.public_id}"
    assert f'data-draft="write-{lead.public_id}"' in client.get(address).text
    assert f'data-draft="{own}"' in client.get(again).text

    sent = client.post(again, {"subject": "Hello", "text": "Hello.", "do": "send"}, follow=True)

    assert f'data-draft-clear="{own}"' in sent.text


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize("is_stopped", [False, True])
def test_what_was_taken_back_is_sent_again_at_once_as_it_was_with_what_it_brings(client, alice, rules, is_stopped):
    asset = make_asset("The guide")
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    back = write_message(lead, subject="Hello", text="Hello.", asset=asset, by=alice, at=NOON)
    undo_last(lead, by=alice, at=NOON)
    if is_stopped:
        stop_mail(by=None, at=NOON)
    client.force_login(alice)
    address = reverse("nurture:write", args=[lead.public_id])
    form = client.get(f"{address}?again={back.public_id}").context["form"]
    assert form.chosen() == asset

    sent = client.post(address, {name: form[name].value() for name in ("subject", "text", "asset")})

    assert sent.status_code == 302
    states = list(Message.objects.order_by("pk").values_list("state", "because", "asset"))
    assert states == [("cancelled", "undone", asset.pk), ("planned", "", asset.pk)]


def test_what_was_taken_back_holds_nothing_from_anybody_while_mail_is_stopped(alice, rules):
    asset = make_asset("The guide")
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    back = write_message(lead, subject="Hello", text="Hello.", asset=asset, by=alice, at=NOON)
    waits = written(alice)[1]
    stop_mail(by=None, at=NOON)
    assert sent_to([lead.person_id]) == {lead.person_id: {asset.pk}}

    undo_last(lead, by=alice, at=NOON)
    assert sent_to([lead.person_id]) == {}
    settle_unsent(at=NOON)

    assert (Message.objects.get(pk=back.pk).because, Message.objects.get(pk=waits.pk).state) == ("undone", "planned")


def test_what_is_being_taken_up_at_that_moment_is_sent_again_once_whoever_sends_has_ended_it(alice, rules):
    asset = make_asset("The guide")
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    letter = {"subject": "Hello", "text": "Hello.", "asset": asset, "by": alice, "at": NOON}
    write_message(lead, **letter)
    (claim,) = claim_messages(by="me", at=NOON)
    undo_last(lead, by=alice, at=NOON)

    with pytest.raises(MoveRefused, match="has had"):
        write_message(lead, **letter)
    assert not begin_message(claim, at=NOON)

    assert write_message(lead, **letter).state == "planned"


def undo_of(page):
    return 'form="undo-last"' in page.text


@time_machine.travel(NOON, tick=False)
def test_a_letter_that_has_left_is_no_more_offered_to_be_taken_back(client, alice, rules):
    lead, message = written(alice)
    client.force_login(alice)
    url, undo = reverse("leads:lead", args=[lead.public_id]), reverse("leads:undo", args=[lead.public_id])
    assert undo_of(client.get(url))
    leave(message, at=NOON)

    for show in ("all", "touches", "moves"):
        assert not undo_of(client.get(url, {"show": show}))
    refused = client.post(undo, {"event": message.event_id})

    assert refused.status_code == 409
    assert "The letter has left the house: it cannot be taken back, and stays an attempt." in refused.text
    lead.refresh_from_db()
    assert (lead.attempts, lead.events.filter(verb="correct").exists()) == (1, False)
    # What she only said since is hers to take back.
    add_note(lead, text="Sent the guide.", by=alice, at=NOON)
    assert undo_of(client.get(url))
