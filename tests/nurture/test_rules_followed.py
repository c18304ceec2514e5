"""Other hours or caps: what tracks have planned leaves when the rules of now let it, not when those of then did."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Person
from nurture import tasks
from nurture.actions.absences import begin_absence, end_absence
from nurture.actions.claiming import claim_messages
from nurture.actions.replanning import follow_rules
from nurture.actions.switching import change_rules
from nurture.models import Enrolment, Message
from team.models import Role
from tests.make import NOON, make_person, make_user
from tests.nurture.making import leave, make_letter_track, make_message

pytestmark = pytest.mark.django_db
# NOON is a Monday.
EVENING, MORNING = NOON.replace(hour=20), NOON.replace(hour=8) + timedelta(days=1)
RULES_FORM = {
    "most_a_day": "1", "most_a_week": "3", "opens": "8", "closes": "18", "domain_most_a_minute": "60",
    "hours_late": "24", "sender_name": "", "postal_address": "",
}  # fmt: skip


@pytest.fixture
def admin(db):
    return make_user("ada", Role.ADMIN)


def put_off(at=EVENING, **about):
    """A letter that was due when it could not go."""
    message = make_message(person=make_person(time_zone="UTC"), due_at=at, **about)
    assert claim_messages(by="me", at=at) == []
    message.refresh_from_db()
    return message


def due(message):
    message.refresh_from_db()
    return message.due_at


def test_what_waits_for_the_morning_leaves_tonight_once_the_evening_is_allowed(admin, rules):
    letter = put_off()
    assert letter.due_at == MORNING
    Enrolment.objects.update(due_at=MORNING)

    change_rules({"closes": 22}, by=admin, at=EVENING)
    assert (follow_rules(at=EVENING), follow_rules(at=EVENING)) == (1, 0)

    assert due(letter) == EVENING
    # Who waits for it goes on when it has left, not in the morning.
    assert Enrolment.objects.get().due_at == EVENING
    assert claim_messages(by="me", at=EVENING) == [letter]


def test_what_may_not_leave_any_more_when_it_was_to_says_its_new_moment(admin, rules):
    letter = put_off()

    change_rules({"opens": 10}, by=admin, at=EVENING)
    follow_rules(at=EVENING)

    assert due(letter) == MORNING.replace(hour=10)


def test_what_a_cap_held_up_leaves_once_the_cap_is_higher(admin, rules):
    person = make_person(time_zone="UTC", email="ada@corvane.example")
    leave(make_message(make_letter_track(), person), at=NOON - timedelta(hours=2))
    Enrolment.objects.update(state="ended", outcome="exhausted", ended_at=NOON, due_at=None)
    letter = make_message(make_letter_track(), person)
    claim_messages(by="me", at=NOON)
    assert due(letter) > NOON

    change_rules({"most_a_day": 2}, by=admin, at=NOON)
    follow_rules(at=NOON)

    assert due(letter) == NOON


def test_what_waits_for_other_reasons_stays_and_so_does_what_a_rep_wrote(admin, rules):
    resting, away, refused = (put_off() for _one in range(3))
    Enrolment.objects.filter(pk=resting.enrolment_id).update(state="paused", paused_because="by_hand", due_at=None)
    begin_absence(
        away.person_id, kind="away", words="", back_on=(MORNING + timedelta(days=2)).date(), zone="UTC",
        said_at=NOON, at=NOON,
    )  # fmt: skip
    Message.objects.filter(pk=refused.pk).update(put_off_since=EVENING)
    held = {one.pk: due(one) for one in (resting, away, refused)}

    change_rules({"closes": 22, "on_weekends": True}, by=admin, at=EVENING)
    follow_rules(at=EVENING)

    assert {one.pk: due(one) for one in (resting, away, refused)} == held
    # Back sooner, it leaves by the hours of now.
    end_absence(away.person_id, by=admin, at=EVENING)
    assert claim_messages(by="me", at=EVENING) == [away]


def test_what_is_spread_because_it_was_late_stays_spread(admin, rules):
    letter = make_message(person=make_person(time_zone="UTC"), due_at=NOON)
    # In the morning: wherever within six hours it is put, it is before the house closes.
    late = MORNING + timedelta(days=1)
    claim_messages(by="me", at=late)
    spread = due(letter)
    assert spread > late

    change_rules({"closes": 22}, by=admin, at=late)
    follow_rules(at=late)

    assert due(letter) == spread


def test_many_follow_part_by_part_and_a_change_meanwhile_begins_anew(admin, rules, monkeypatch):
    monkeypatch.setattr("nurture.actions.replanning.BATCH", 2)
    letters = [put_off() for _one in range(3)]

    change_rules({"closes": 21}, by=admin, at=EVENING)
    assert follow_rules(at=EVENING) == 2
    assert [due(one) for one in letters] == [EVENING, EVENING, MORNING]
    change_rules({"closes": 22}, by=admin, at=EVENING)
    assert [follow_rules(at=EVENING) for _ring in range(3)] == [2, 1, 0]

    assert {due(one) for one in letters} == {EVENING}
    # What says nothing of moments moves nothing.
    assert change_rules({"postal_address": "Street 1"}, by=admin, at=EVENING) is False
    assert follow_rules(at=EVENING) == 0


def test_mail_that_is_due_waits_for_no_letter_that_follows(admin, rules, sink, monkeypatch):
    put_off()
    change_rules({"closes": 21}, by=admin, at=EVENING)
    followed = []
    monkeypatch.setattr("nurture.actions.replanning.follow_rules", lambda *, at: followed.append(at) or 0)

    tasks.deliver()
    assert followed == []
    tasks.follow_rules()

    assert len(followed) == 1


def test_a_ring_follows_for_as_long_as_it_may(admin, rules, monkeypatch):
    monkeypatch.setattr("nurture.actions.replanning.BATCH", 2)
    monkeypatch.setattr("leads.actions.sweeping.BATCH", 2)
    monkeypatch.setattr("nurture.actions.replanning.BUDGET_SECONDS", 0)
    for _one in range(5):
        put_off()
    change_rules({"closes": 21}, by=admin, at=EVENING)

    assert [tasks.follow_rules() for _ring in range(4)] == [2, 2, 1, 0]


def test_only_what_may_follow_is_counted(client, admin, rules):
    evening = timezone.now() + timedelta(days=1)
    resting, away, refused, _follows = (make_message(due_at=evening) for _one in range(4))
    make_message(due_at=NOON - timedelta(days=999))
    Enrolment.objects.filter(pk=resting.enrolment_id).update(state="paused", paused_because="by_hand", due_at=None)
    Person.objects.filter(pk=away.person_id).update(away_until=evening)
    Message.objects.filter(pk=refused.pk).update(put_off_since=NOON)
    client.force_login(admin)

    answer = client.post(reverse("nurture:mail_rules"), RULES_FORM | {"closes": "22"}, follow=True)

    assert "1 letter of a track that is planned follows within a minute." in answer.text


def test_of_very_many_the_page_promises_minutes(client, admin, rules, monkeypatch):
    monkeypatch.setattr("nurture.views.mail.MANY", 1)
    for _one in range(2):
        make_message(due_at=timezone.now() + timedelta(days=1))
    client.force_login(admin)

    answer = client.post(reverse("nurture:mail_rules"), RULES_FORM | {"closes": "22"}, follow=True)

    assert "2 letters of tracks that are planned follow within minutes." in answer.text


def test_who_keeps_the_rules_reads_what_follows_them(client, admin, rules):
    make_message(due_at=timezone.now() + timedelta(days=1))
    client.force_login(admin)
    said = RULES_FORM | {"closes": "22"}

    assert "within a minute of being kept" in client.get(reverse("nurture:mail")).text
    moved = client.post(reverse("nurture:mail_rules"), said, follow=True).text
    words = client.post(reverse("nurture:mail_rules"), {**said, "sender_name": "Halden"}, follow=True).text

    assert "1 letter of a track that is planned follows within a minute." in moved
    assert "It holds for the next message." in words
    assert "follows within a minute" not in words
