"""Whoever stopped all mail gets it again by their own word, and what others decided holds."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.actions.people import suppress_hashes, suppress_key, suppress_person, suppression_key
from accounts.models import Suppression
from leads.actions.changing import MoveRefused
from leads.actions.merging import merge_people
from leads.models import Consent
from nurture.actions.consenting import note_consent
from nurture.actions.preferring import unsubscribe
from nurture.actions.resubscribing import come_back, may_come_back
from nurture.models import Message
from nurture.tokens import PERSON, STOP, token_of
from nurture.wishes import Wishes
from team.models import Role
from tests.leads.files import bring
from tests.make import NOON, make_lead, make_person, make_user
from tests.nurture.making import leave, make_message

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ADDRESS = "jo@brevik.example"


@pytest.fixture
def lead(alice, rules):
    return make_lead(phase="working", bdr=alice, person=make_person(given_name="Jo", email=ADDRESS))


@pytest.fixture
def letter(lead):
    """One that has left, and whose foot stopped everything."""
    message = make_message(person=lead.person)
    leave(message, at=NOON - 2 * DAY)
    message.refresh_from_db()
    unsubscribe(lead.person, message=message, at=NOON - DAY)
    return message


def is_silent(person):
    return Wishes([person.pk]).wants_no_mail(person.pk)


@time_machine.travel(NOON, tick=False)
def test_they_get_mail_again_from_the_page_that_each_letter_leads_to(client, alice, lead, letter):
    own = reverse("nurture:preferences", args=[token_of(PERSON, lead.person_id)])
    assert f'href="{own}"' in client.get(reverse("nurture:stop", args=[token_of(STOP, letter.pk)])).text
    assert 'name="again"' in client.get(own).text
    assert is_silent(lead.person)

    after = client.post(own, {"again": "1"}, follow=True).text

    assert not is_silent(lead.person)
    assert 'name="again"' not in after
    assert 'name="stop"' in after
    (said,) = Consent.objects.filter(person=lead.person)
    assert (said.is_given, said.source, said.topic, said.by) == (True, "preferences", None, None)
    # Sent twice it says nothing new; stopped again it is stopped.
    client.post(own, {"again": "1"})
    assert Consent.objects.count() == 1
    client.post(own, {"stop": "1"})
    assert is_silent(lead.person)
    client.force_login(alice)
    history = client.get(reverse("leads:lead", args=[lead.public_id])).text
    assert history.count("Asked on their own page to get our e-mail again") == 1


@time_machine.travel(NOON, tick=False)
def test_a_rep_notes_that_they_asked_for_it_with_the_words_and_the_day(client, alice, bob, lead, letter):
    url = reverse("nurture:lead_consent", args=[lead.public_id])
    said = {"said": "again", "topic": "", "on": "2027-02-28", "evidence": "On the phone: please send me the guide."}
    client.force_login(bob)
    assert client.post(url, said).status_code == 403
    client.force_login(alice)
    assert 'value="again"' in client.get(url).text
    early = client.post(url, {**said, "on": "2027-02-27"})
    bare = client.post(url, {**said, "evidence": ""})
    assert [(one.status_code, list(one.context["form"].errors)) for one in (early, bare)] == [
        (422, ["on"]),
        (422, ["evidence"]),
    ]
    assert is_silent(lead.person)

    client.post(url, said)

    assert not is_silent(lead.person)
    page = client.get(url).text
    assert "They may be written to." in page
    assert "please send me the guide." in page
    assert 'value="again"' not in page
    history = client.get(reverse("leads:lead", args=[lead.public_id])).text
    assert "You noted that they asked to get our e-mail again" in history
    # What the stop had taken back with it is not what was said last.
    assert not Wishes([lead.person_id]).lacks_consent(lead.person_id, None)


def complained(person):
    Message.objects.filter(person=person).update(complained_at=NOON)


def left_alone(person):
    suppress_person(person, "all", source="rep", at=NOON)


def said_by_a_file(person):
    suppress_key(ADDRESS, "email", source="import", at=NOON)


@pytest.mark.parametrize("others", [complained, left_alone, said_by_a_file])
def test_what_others_decided_is_not_taken_back_by_it(client, alice, lead, others):
    make_message(person=lead.person)
    others(lead.person)
    unsubscribe(lead.person, at=NOON - DAY)
    own = reverse("nurture:preferences", args=[token_of(PERSON, lead.person_id)])
    assert not may_come_back(lead.person)

    page = client.get(own).text
    client.post(own, {"again": "1"})
    with pytest.raises(MoveRefused, match="not their own stop alone"):
        come_back(lead.person, by=alice, evidence="On the phone.", at=timezone.now())

    assert 'name="again"' not in page
    # Nobody here can turn it on again: none is sent to write for it.
    assert "It is not your own stop alone that keeps it from you: it stays so." in page
    assert "Write to us" not in page
    assert is_silent(lead.person)
    assert not Consent.objects.exists()
    client.force_login(alice)
    assert 'value="again"' not in client.get(reverse("nurture:lead_consent", args=[lead.public_id])).text


# What may come after a stop of their own, of who has one by their row and one by the key of their address.
def a_file_names_them(jo):
    column = {"No mail": {"target": "do_not_email"}}
    bring(f"Email,No mail\n{ADDRESS},yes\n", by=make_user("lea", Role.MARKETER), columns=column)


def a_file_names_the_address(jo):
    suppress_key(ADDRESS, "email", source="import", at=NOON)


def a_list_of_hashes_is_read(jo):
    suppress_hashes([("email", suppression_key(ADDRESS))], source="erasure", at=NOON)


def a_complaint_is_read(jo):
    unsubscribe(jo, source="complaint", told="complaint", at=NOON)


def a_complaint_of_the_letter_is_read(jo):
    unsubscribe(jo, message=Message.objects.get(), source="complaint", told="complaint", at=NOON)


@pytest.mark.parametrize(
    "later",
    [
        a_file_names_them,
        a_file_names_the_address,
        a_list_of_hashes_is_read,
        a_complaint_is_read,
        a_complaint_of_the_letter_is_read,
    ],
)
def test_what_others_say_after_their_own_stop_holds_whatever_they_ask_for(client, lead, letter, later):
    assert may_come_back(lead.person)
    later(lead.person)
    own = reverse("nurture:preferences", args=[token_of(PERSON, lead.person_id)])

    assert 'name="again"' not in client.get(own).text
    client.post(own, {"again": "1"})

    assert is_silent(lead.person)
    # Nor do they take it over by stopping once more.
    unsubscribe(lead.person, message=letter, at=NOON + DAY)
    assert not may_come_back(lead.person)


def test_a_file_that_only_names_them_says_nothing_of_their_stop(lead, letter):
    bring(f"Email\n{ADDRESS}\n", by=make_user("lea", Role.MARKETER))

    assert may_come_back(lead.person)


def test_a_second_stop_of_their_own_is_newer_than_what_they_had_asked_before_it(alice, lead, letter):
    unsubscribe(lead.person, at=NOON + 3 * DAY)

    with pytest.raises(MoveRefused, match="no after that day"):
        come_back(lead.person, by=alice, evidence="By phone.", said_at=NOON + DAY, at=NOON + 4 * DAY)


def test_one_stop_and_nothing_else_is_taken_back(lead):
    unsubscribe(lead.person, at=NOON)

    come_back(lead.person, evidence="A click.", at=NOON + DAY)

    assert not is_silent(lead.person)


@time_machine.travel(NOON + 4 * DAY, tick=False)
def test_what_they_asked_for_before_they_last_said_no_is_refused_beside_its_day(client, alice, lead, letter):
    note_consent(lead.person, is_given=False, source="by_hand", evidence="By phone.", by=alice, at=NOON + 3 * DAY)
    url = reverse("nurture:lead_consent", args=[lead.public_id])
    said = {"said": "again", "topic": "", "evidence": "On the phone."}
    client.force_login(alice)

    before = client.post(url, {**said, "on": str((NOON + DAY).date())})

    assert (before.status_code, before.context["form"].errors) == (422, {"on": ["They said no after that day."]})
    assert is_silent(lead.person)

    client.post(url, {**said, "on": str((NOON + 3 * DAY).date())})

    assert not is_silent(lead.person)
    assert "They may be written to." in client.get(url).text


@pytest.mark.parametrize(
    ("kept", "merged", "is_heard"), [(0, 0, True), (0, 54, True), (54, 0, True), (0, 56, False), (56, 0, False)]
)
def test_a_merge_makes_no_stop_newer_than_either_said_it(alice, lead, kept, merged, is_heard):
    """Days; what they said was said on the 55th."""
    other = make_person()
    unsubscribe(lead.person, at=NOON + kept * DAY)
    unsubscribe(other, at=NOON + merged * DAY)
    merge_people(lead.person, other, by=alice, at=NOON + 60 * DAY)

    said = {"said_at": NOON + 55 * DAY, "evidence": "On the phone.", "at": NOON + 61 * DAY}
    if is_heard:
        come_back(lead.person, by=alice, **said)
    else:
        with pytest.raises(MoveRefused, match="They said no after that day"):
            come_back(lead.person, by=alice, **said)

    assert is_silent(lead.person) != is_heard
    stops = Suppression.objects.filter(person=lead.person)
    assert [one.at for one in stops] == ([] if is_heard else [NOON + max(kept, merged) * DAY])


def test_what_the_stop_took_back_is_older_than_the_word_of_that_day(alice, lead):
    note_consent(lead.person, is_given=True, source="form", at=NOON - DAY)
    unsubscribe(lead.person, at=NOON)

    come_back(lead.person, by=alice, evidence="By phone.", said_at=NOON.replace(hour=0), at=NOON + DAY)

    assert not Wishes([lead.person_id]).lacks_consent(lead.person_id, None)


@pytest.mark.parametrize(
    ("hers", "theirs"),
    [("office+jo@brevik.example", "office@brevik.example"), ("office@brevik.example", "office+pa@brevik.example")],
)
def test_the_stop_of_an_office_is_not_taken_back_by_one_of_those_who_get_mail_there(client, rules, hers, theirs):
    jo, pa = make_person(email=hers), make_person(email=theirs)
    suppress_key("office@brevik.example", "email", source="unsubscribe", at=NOON)
    unsubscribe(jo, at=NOON)
    own = reverse("nurture:preferences", args=[token_of(PERSON, jo.pk)])

    assert 'name="again"' not in client.get(own).text
    client.post(own, {"again": "1"})

    assert (is_silent(jo), is_silent(pa)) == (True, True)


def test_a_stop_that_was_mailed_without_the_plus_tag_holds_for_whoever_is_there(rules):
    jo = make_person(email="office+jo@brevik.example")
    suppress_key("office@brevik.example", "email", source="unsubscribe", at=NOON)

    assert not may_come_back(jo)


def test_who_has_the_same_address_but_for_the_plus_tag_takes_back_what_is_of_them_alone(rules):
    jo, pa = make_person(email="office+jo@brevik.example"), make_person(email="office@brevik.example")
    for one in (jo, pa):
        unsubscribe(one, at=NOON)
    suppress_key("office+jo@brevik.example", "email", source="unsubscribe", at=NOON)

    come_back(jo, evidence="A click.", at=NOON + DAY)

    assert (is_silent(jo), is_silent(pa)) == (False, True)
