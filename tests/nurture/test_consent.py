"""What somebody agreed to holds wherever it is asked, and a word taken back holds under every rule."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actions.people import suppress_key
from accounts.models import ContactPoint
from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.merging import merge_people, undo_merge
from leads.models import Consent
from nurture.actions.advancing import advance, follow
from nurture.actions.claiming import begin_message, claim_messages
from nurture.actions.consenting import note_consent
from nurture.actions.enrolling import enrol
from nurture.actions.planning import write_message
from nurture.actions.preferring import prefer, unsubscribe
from nurture.checking import planned_for_the_suppressed
from nurture.consents import choices_of
from nurture.knowing import People
from nurture.models import MailRules, Message, Passage
from nurture.tokens import PERSON, token_of
from nurture.trying import try_on
from team.actions.submitting import new_form_id
from team.models import Role
from tests.make import NOON, make_lead, make_person, make_user
from tests.nurture.making import (
    email,
    make_asset,
    make_enrolment,
    make_letter_track,
    make_message,
    make_topic,
    make_track,
    wait,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def need(consent_for):
    MailRules.objects.filter(pk=1).update(consent_for=consent_for)


def said(person, *, is_given=True, topic=None, at=NOON):
    return note_consent(person, is_given=is_given, topic=topic, source="form", at=at)


def outcome(*messages):
    for message in messages:
        message.refresh_from_db()
    return [(message.state, message.because) for message in messages]


def test_a_claim_asks_for_her_word_where_the_rule_does_and_for_a_no_always(rules):
    topic = make_topic()
    silent, agreed, about, took_back = (make_message(make_letter_track(topic=topic)) for _n in range(4))
    said(agreed.person, at=NOON - DAY)
    said(about.person, topic=topic, at=NOON - DAY)
    said(took_back.person, at=NOON - 2 * DAY)
    said(took_back.person, is_given=False, at=NOON - DAY)
    need("tracks")

    claimed = claim_messages(by="me", at=NOON)

    assert {one.pk for one in claimed} == {agreed.pk, about.pk}
    assert outcome(silent, took_back) == [("cancelled", "consent")] * 2
    said(agreed.person, is_given=False)
    begun = {one.pk: one for one in claimed}
    assert (begin_message(begun[agreed.pk], at=NOON), begin_message(begun[about.pk], at=NOON)) == (False, True)
    assert outcome(agreed) == [("cancelled", "consent")]

    need("none")
    Message.objects.filter(pk=took_back.pk).update(state="planned", because="", due_at=NOON)
    without_word = make_message()
    assert [one.pk for one in claim_messages(by="me", at=NOON)] == [without_word.pk]
    assert outcome(took_back) == [("cancelled", "consent")]


def test_no_track_takes_and_nobody_writes_to_whom_has_not_agreed_and_it_says_why(client, rules, alice):
    lead, worked = make_lead(phase=Phase.NURTURE, bdr=alice), make_lead(phase=Phase.WORKING, bdr=alice)
    topic, track = make_topic("Backup"), make_track(email())
    need("tracks")
    with pytest.raises(MoveRefused, match="not agreed to get e-mail"):
        enrol(lead.person, track=track, by=alice, at=NOON)
    assert People([worked.person_id], at=NOON).may_be_written_to(worked.person_id)
    need("all")
    with pytest.raises(MoveRefused, match="note first what they said"):
        write_message(worked, subject="Hello", text="Hello.", by=alice, at=NOON)
    client.force_login(alice)
    composer = reverse("nurture:write", args=[worked.public_id])
    assert "nothing can be sent until they do" in client.get(composer).text

    said(worked.person, topic=topic)
    with pytest.raises(MoveRefused, match="some topics only"):
        write_message(worked, subject="Hello", text="Hello.", by=alice, at=NOON)
    with pytest.raises(MoveRefused, match="e-mail about Safety"):
        write_message(
            worked, subject="Hello", text="Hello.", asset=make_asset(topic=make_topic("Safety")), by=alice, at=NOON
        )
    fits = write_message(worked, subject="Hello", text="Hello.", asset=make_asset(topic=topic), by=alice, at=NOON)
    said(lead.person)
    assert "nothing can be sent until they do" not in client.get(composer).text

    assert enrol(lead.person, track=track, by=alice, at=NOON).pk
    assert [one.pk for one in claim_messages(by="me", at=NOON)] == [fits.pk]


def test_a_letter_on_a_topic_she_refused_is_passed_over_when_it_would_be_planned(rules):
    backup, safety = make_topic("Backup"), make_topic("Safety")
    track = make_track(email(), email(asset=make_asset(topic=safety)), topic=backup)
    one = make_enrolment(track)
    prefer(one.person, pace="normal", paused_until=None, refused=[backup], at=NOON)

    advance(at=NOON)

    passed = Passage.objects.get(enrolment=one, what="skipped")
    assert (passed.because, passed.node.position) == ("preference", 1)
    assert Message.objects.get().node.position == 2


def test_a_trial_keeps_her_pause_and_her_pace(rules):
    person = make_person(time_zone="UTC")
    prefer(person, pace="monthly", paused_until=NOON + 10 * DAY, refused=[], at=NOON)
    track = make_track(email(), email())

    first, second = (line.at for line in try_on(track.versions.get(), person, at=NOON).lines)

    assert first >= NOON + 10 * DAY
    assert second - first >= timedelta(days=30)


def test_who_is_silent_by_the_key_of_an_old_address_is_found_by_the_check():
    message = make_message(due_at=NOON)
    ContactPoint.objects.create(
        person=message.person, kind="email", value="old@b.example", normalised="old@b.example", state="bounced"
    )
    suppress_key("old@b.example", "email", source="test", at=NOON)

    assert list(planned_for_the_suppressed(NOON + timedelta(hours=1))) == [message]


def test_what_one_said_follows_her_into_who_she_is_and_back(rules, alice):
    kept, merged = make_person(), make_person()
    row = said(merged)
    merge = merge_people(kept, merged, by=alice, at=NOON)
    assert Consent.objects.get().person == kept
    undo_merge(merge, by=alice, at=NOON + DAY)
    row.refresh_from_db()
    assert row.person == merged


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"source": "rumour"}, "source_is_known"),
        ({"source": "by_hand", "evidence": ""}, "by_hand_says_who_and_why"),
        ({"at": NOON + DAY}, "was_said_before"),
    ],
)
def test_the_database_refuses_a_word_that_cannot_be(values, says):
    with pytest.raises(IntegrityError, match=says), transaction.atomic():
        Consent.objects.create(
            person=make_person(), **{"is_given": True, "at": NOON, "noted_at": NOON, "source": "form"} | values
        )


def test_a_rep_notes_what_she_heard_and_nothing_is_overwritten(client, rules, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    client.force_login(alice)
    page = reverse("nurture:lead_consent", args=[lead.public_id])
    good = {"said": "given", "topic": "", "on": "2026-01-05", "evidence": "On the phone: yes, please."}
    odd = {"on": "0001-01-01", "said": "perhaps", "topic": "x\0", "evidence": "x" * 501}
    for name, value in [*odd.items(), ("on", "2999-01-01"), ("evidence", "a\0b"), ("on", "9" * 400)]:
        assert (client.post(page, {**good, name: value}).status_code, name) == (422, name)
    assert not Consent.objects.exists()

    client.post(page, good)
    client.post(page, {**good, "said": "withdrawn", "on": "2026-02-05"})

    assert list(Consent.objects.of([lead.person_id]).values_list("is_given", "by")) == [
        (False, alice.pk),
        (True, alice.pk),
    ]
    shown = client.get(page).text
    assert "Nobody may write to them" in shown
    assert "On the phone: yes, please." in shown


def test_an_admin_sees_whom_each_rule_leaves_before_she_chooses(client, rules):
    agreed, _never, took_back = (make_person() for _n in range(3))
    said(agreed)
    said(took_back)
    said(took_back, is_given=False, at=NOON + DAY)
    choices, reached = choices_of(rules)
    assert ([(one.value, one.people) for one in choices], reached) == ([("none", 2), ("tracks", 1), ("all", 1)], 3)
    client.force_login(make_user("ada", Role.ADMIN))
    page = reverse("nurture:consent_rule")
    assert client.post(page, {"consent_for": "some\0"}).status_code == 422
    client.post(page, {"consent_for": "tracks"})
    rules.refresh_from_db()
    assert rules.consent_for == "tracks"


def test_she_sees_what_she_agreed_to_and_takes_it_back_in_one_click(client, rules):
    person, topic = make_person(), make_topic("Backup")
    about, row = (said(person, topic=one, at=timezone.now() - DAY) for one in (topic, None))
    page = reverse("nurture:preferences", args=[token_of(PERSON, person.pk)])
    assert "Backup" in client.get(page).text
    for odd in ("", "9" * 60, "a\0", str(row.pk + 1000)):
        assert client.post(page, {"consent": odd}).status_code == 302
    assert Consent.objects.count() == 2

    client.post(page, {"consent": str(about.pk)})

    newest = Consent.objects.of([person.pk]).first()
    assert (newest.is_given, newest.topic, newest.source) == (False, topic, "preferences")
    assert [one.pk for one in Consent.objects.standing()] == [row.pk]
    client.post(page, {"stop": "1"})
    assert not Consent.objects.standing().exists()
    assert newest.at <= timezone.now()


def test_what_a_rep_hears_is_noted_on_the_page_of_the_lead_in_place(client, alice):
    """Loaded there with one click; what is refused keeps what was typed, and what is noted is said at once."""
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    here = reverse("nurture:lead_consent", args=[lead.public_id])
    client.force_login(alice)
    htmx = {"HX-Request": "true"}
    asked = {"said": "given", "topic": "", "on": str(timezone.localdate()), "form_id": new_form_id()}

    assert (
        f'hx-get="{here}" hx-trigger="click once" hx-target="#consent-place"'
        in client.get(reverse("leads:lead", args=[lead.public_id])).text
    )
    opened = client.get(here, headers=htmx)
    refused = client.post(here, {**asked, "on": "1990-01-01", "evidence": "On the phone: yes."}, headers=htmx)
    noted = [client.post(here, {**asked, "evidence": "On the phone: yes."}, headers=htmx) for _n in range(2)]

    assert (opened.status_code, "<!doctype" in opened.text, 'id="consent"' in opened.text) == (200, False, True)
    assert (refused.status_code, "On the phone: yes.</textarea>" in refused.text) == (422, True)
    assert [(one.status_code, "<!doctype" in one.text) for one in noted] == [(200, False)] * 2
    assert ["Agreed to get e-mail, all mail" in one.text and "Noted." in one.text for one in noted] == [True, False]
    assert list(Consent.objects.values_list("person", "is_given", "source", "evidence", "by")) == [
        (lead.person_id, True, "by_hand", "On the phone: yes.", alice.pk)
    ]


def waiting_for_days(alice, *, topic=None, kind="track"):
    """Somebody who stands in a wait, behind a letter."""
    phase = Phase.NURTURE if kind == "track" else Phase.WORKING
    lead = make_lead(phase=phase, bdr=alice, person=make_person(email="jo@brevik.example"))
    track = make_track(email(), wait(9), email(), kind=kind, topic=topic)
    node = track.versions.get().nodes.get(kind="wait")
    return make_enrolment(track, lead=lead, node=node, due_at=NOON + 9 * DAY, followed_from=NOON)


def test_a_track_ends_at_once_where_a_rep_notes_that_its_person_wants_no_mail(client, rules, alice):
    hers, at = waiting_for_days(alice), timezone.now()

    note_consent(hers.person, is_given=False, source="by_hand", evidence="No.", by=alice, at=at)
    client.force_login(alice)
    panel = client.get(reverse("nurture:lead_panel", args=[hers.lead.public_id])).text
    follow(at=at)

    assert "ends within a minute" in panel
    hers.refresh_from_db()
    assert (hers.state, hers.outcome, hers.ended_at) == ("ended", "unreachable", at)


@pytest.mark.parametrize("kind", ["track", "play"])
def test_no_wait_is_cut_short_by_a_no_that_ends_nothing(rules, alice, kind):
    topic = make_topic() if kind == "track" else None
    hers = waiting_for_days(alice, kind=kind)

    note_consent(hers.person, is_given=False, topic=topic, source="by_hand", evidence="No.", by=alice, at=NOON + DAY)
    if kind == "play":
        unsubscribe(hers.person, at=NOON + DAY)
    follow(at=NOON + DAY)
    advance(at=NOON + DAY)

    hers.refresh_from_db()
    assert (hers.state, hers.node.kind, hers.due_at) == ("active", "wait", NOON + 9 * DAY)


@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.NURTURE])
@pytest.mark.parametrize(("how", "is_said"), [("taken_back", True), ("needed", True), ("of_tracks", False)])
def test_beside_the_lead_it_is_said_that_no_e_mail_is_agreed_to(client, alice, rules, phase, how, is_said):
    lead = make_lead(phase=phase, bdr=alice, person=make_person(email="jo@brevik.example"))
    client.force_login(alice)
    panel = reverse("nurture:lead_panel", args=[lead.public_id])
    words = "They have not agreed to get e-mail"
    assert words not in client.get(panel).text
    if how == "taken_back":
        said(lead.person, is_given=False)
    else:
        need("all" if how == "needed" else "tracks")

    page = client.get(panel).text

    assert (words in page, "asked for no e-mail" in page) == (is_said, False)
