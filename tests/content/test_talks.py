"""Talks with reps: noted once, read by whom they concern, and what is missing is followed up and told to the rep."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from content.actions.pulsing import close_feedback
from content.actions.talking import TalkRefused, note_talk
from content.models import Feedback, Talk
from content.views.talks import PAGE
from leads.rail import rail_of
from team.actions.submitting import new_form_id
from team.models import Installation, Membership, Role, User
from tests.make import NOON, make_user

TODAY = NOON.date()
LIST, NEW = reverse("content:talks"), reverse("content:talk_new")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def lea(db):
    return make_user("lea", Role.MARKETER)


def said(rep, **fields):
    return {"rep": rep.pk, "held_on": "2027-02-26", "text": "Prices\r\n\r\ncome first", **fields}


def note(rep, by, **fields):
    return note_talk(rep, **{"held_on": TODAY, "text": f"With {rep.name}", "by": by, "at": NOON, **fields})


def seen_by(user):
    return {talk.rep.name for talk in Talk.objects.visible_to(User.objects.get(pk=user.pk))}


def test_what_a_rep_misses_is_followed_up_with_her_name_and_she_hears_what_becomes_of_it(client, alice, lea):
    Installation.objects.update(feedback_days=3)
    client.force_login(lea)
    lines = {"line_1": "A pharma case", "line_2": " ", "line_3": "Page 4 is old"}

    assert client.post(NEW, said(alice, **lines)).headers["Location"] == LIST

    talk = Talk.objects.get()
    assert (talk.rep, talk.by, talk.held_on, talk.noted_on) == (alice, lea, date(2027, 2, 26), TODAY)
    assert (talk.text, talk.noted_at) == ("Prices\n\ncome first", NOON)
    kept = ("text", "given_by", "is_anonymous", "given_on", "answer_by", "state", "owner", "round")
    rest = (alice.pk, False, TODAY, TODAY + timedelta(days=3), "open", None, None)
    found = Feedback.objects.filter(talk=talk).order_by("pk")
    assert list(found.values_list(*kept)) == [("A pharma case", *rest), ("Page 4 is old", *rest)]
    listed = client.get(reverse("content:feedback")).text
    assert ("said to Lea on 26 Feb" in listed, alice.name in listed) == (True, True)

    close_feedback(found[0], to="done", outcome="It is in the library", by=lea, at=NOON)
    assert rail_of(alice, path="/", at=NOON).counts["feedback"] == 1
    client.force_login(alice)
    page = client.get(LIST).text
    assert all(words in page for words in ("noted by Lea", "come first", "It is in the library", "Page 4 is old"))


def test_what_is_sent_twice_is_noted_once(client, alice, lea):
    client.force_login(lea)
    sent = said(alice, line_1="A pharma case", form_id=new_form_id())

    assert [client.post(NEW, sent).headers["Location"] for _time in range(2)] == [LIST, LIST]

    assert (Talk.objects.count(), Feedback.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "wrong",
    [{"text": " \u200b\n "}, {"text": "x" * 4001}, {"held_on": "2027-03-02"}, {"held_on": "0001-01-01"}, {"rep": ""},
     {"line_2": "x" * 1001}, {"text": "a\0b"}, {"line_1": "a\0b"}],
)  # fmt: skip
def test_what_cannot_be_noted_is_said_beside_its_field_and_nothing_is_noted(client, alice, lea, wrong):
    client.force_login(lea)

    answer = client.post(NEW, said(alice, line_1="A pharma case") | wrong)

    field = next(iter(wrong))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert f'id="id_{field}_error"' in answer.text
    assert (Talk.objects.count(), Feedback.objects.count()) == (0, 0)


def test_the_day_is_by_the_clock_of_the_company(alice, lea, team):
    # It is the second of March there already, and in Honolulu still the first.
    team.calendar.time_zone = "Pacific/Auckland"
    team.calendar.save(update_fields=["time_zone"])
    tomorrow = TODAY + timedelta(days=1)
    assert note(alice, lea, held_on=tomorrow).noted_on == tomorrow

    team.calendar.time_zone = "Pacific/Honolulu"
    team.calendar.save(update_fields=["time_zone"])
    with pytest.raises(TalkRefused, match="Choose today or an earlier day"):
        note(alice, lea, held_on=tomorrow, lines=["A pharma case"])
    assert (Talk.objects.count(), Feedback.objects.count()) == (1, 0)


def test_keepers_read_all_managers_of_their_reps_and_a_rep_her_own(alice, bob, eve, peter, mona, lea):
    for rep in (alice, eve, peter):
        note(rep, lea)
    max_ = make_user("max", Role.MANAGER, team=eve.memberships.get().team)

    seen = {user.name: seen_by(user) for user in (lea, mona, max_, alice, bob, eve, peter)}

    everybody = {alice.name, eve.name, peter.name}
    assert seen == {
        lea.name: everybody, mona.name: {alice.name}, max_.name: {eve.name}, alice.name: {alice.name},
        bob.name: set(), eve.name: {eve.name}, peter.name: {peter.name},
    }  # fmt: skip
    # Who leaves the team takes with her what was said.
    alice.memberships.update(team=max_.memberships.get().team)
    assert (seen_by(mona), seen_by(max_)) == (set(), {alice.name, eve.name})


def test_a_manager_notes_talks_with_reps_of_her_teams_and_nobody_with_herself(client, alice, eve, mona, lea):
    Membership.objects.create(user=lea, role=Role.AE)
    met = {}
    for user in (mona, lea):
        client.force_login(user)
        met[user.name] = [client.post(NEW, said(rep)).status_code for rep in (alice, eve, user)]

    assert met == {mona.name: [302, 422, 422], lea.name: [302, 302, 422]}
    with pytest.raises(TalkRefused):
        note(lea, lea)


def test_who_left_is_not_offered_and_what_was_said_is_still_read(client, alice, bob, mona):
    note(alice, mona)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    client.force_login(mona)

    offered = client.get(NEW).context["form"].fields["rep"].queryset

    assert [rep.name for rep in offered] == [bob.name]
    assert [talk.rep for talk in client.get(LIST).context["found"]] == [alice]


def test_without_anybody_to_talk_with_the_page_says_so(client, mona):
    client.force_login(mona)
    assert "Nobody to talk with" in client.get(NEW).text
    assert "No talk is noted yet" in client.get(LIST).text


def test_a_rep_sees_no_way_to_note_one(client, alice):
    client.force_login(alice)
    for page in (LIST, reverse("content:feedback")):
        assert NEW not in client.get(page).text
    assert "No talk with you is noted yet" in client.get(LIST).text


def test_the_list_is_read_on_by_key_each_talk_once(client, alice, bob, lea):
    for number in range(PAGE + 3):
        note((alice, bob)[number % 2], lea, held_on=TODAY - timedelta(days=number // 4))
    newest = list(Talk.objects.order_by("-held_on", "-pk"))
    client.force_login(lea)

    first = client.get(LIST)
    # One that is noted meanwhile moves nothing from one page to another.
    note(alice, lea)
    second = client.get(LIST, {"after": first.context["following"]})

    assert [*first.context["found"], *second.context["found"]] == newest
    assert (f"?after={first.context['following']}" in first.text, second.context["following"]) == (True, "")
    for odd in ("x", "2027-02-30_1", "0000-00-00_1", "2027-03-01_x", f"2027-03-01_{'9' * 40}", "_", "9999-12-31_1"):
        assert client.get(LIST, {"after": odd}).status_code == 200


@pytest.mark.parametrize("rows", [1, 20])
def test_the_list_costs_the_same_however_long_it_is(client, alice, mona, rows, django_assert_num_queries):
    for number in range(rows):
        note(alice, mona, lines=[f"A {number}", f"B {number}"])
    client.force_login(mona)
    client.get(LIST)

    with django_assert_num_queries(6):  # session, user, roles, rail, talks, what is missing
        page = client.get(LIST)

    assert page.text.count("<blockquote") == rows
