"""A step of a play or track that nobody can try leaves the queue, whatever shut the way, and the play goes on."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.actions.people import suppress_key, suppress_person
from agreement.models import CadenceStep, Phase
from leads.folding import fold
from leads.queue import Wanted, queue_of
from nurture.actions.advancing import advance, follow
from nurture.actions.consenting import note_consent
from nurture.checking import check_tracks
from nurture.models import Enrolment, MailRules
from nurture.tasks import look_for_untried
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import step, wait
from tests.nurture.plays import broken, started, tried_once

pytestmark = pytest.mark.usefixtures("rules")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOON + 2 * HOUR


@pytest.fixture
def lead(alice):
    return tried_once(alice)


def of_play(lead):
    return [(one.kind, one.title.split(" · ")[0]) for one in lead.steps.open().filter(title__contains="Early")]


def attempts(lead):
    return list(lead.steps.open().filter(made_by="cadence").values_list("kind", "attempt"))


def shut(lead, how):
    if how == "by_key":
        suppress_key("jo@brevik.example", "email", source="file", at=LATER)
    elif how == "by_another_row":
        row = make_person(email="jo.lund@brevik.example")
        row.merged_into = lead.person
        row.save(update_fields=["merged_into"])
        suppress_person(row, "email", source="list", at=LATER)
    elif how == "silent":
        suppress_person(lead.person, "email", source="list", at=LATER)
    elif how == "rule":
        MailRules.objects.filter(pk=1).update(consent_for="all")
    else:
        note_consent(lead.person, is_given=False, source="form", at=LATER)


NOT_AT_ONCE = ["by_key", "by_another_row", "rule"]


def test_with_a_consent_that_is_taken_back_it_leaves_the_queue_at_once(client, alice, lead):
    one = started(lead, alice, step("Send the case", step_kind="email"), step("Look them up", step_kind="task"))
    assert of_play(lead) == [("email", "Send the case")]

    shut(lead, "withdrawn")

    assert of_play(lead) == []
    ((_group, (row,)),) = queue_of(alice, wanted=Wanted(), at=LATER).groups
    assert "Send the case" not in row.what
    assert broken(LATER) == {}
    follow(at=LATER)
    assert of_play(lead) == [("task", "Look them up")]
    assert one.passages.get(what="skipped").because == "unreachable"
    assert broken(LATER) == {}
    assert fold(lead.events.order_by("id")).contradictions == []
    client.force_login(alice)
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    assert "They have not agreed to get e-mail: “Send the case” is passed over" in page


@pytest.fixture
def by_mail(alice):
    """The second attempt is an e-mail, the third a call."""
    CadenceStep.objects.filter(position=2).update(kind="email")
    CadenceStep.objects.filter(position=3).update(kind="call")


@pytest.mark.parametrize("how", ["withdrawn", *NOT_AT_ONCE])
@pytest.mark.usefixtures("by_mail")
def test_an_e_mail_of_a_cadence_that_nobody_may_write_gives_way_to_an_attempt_by_another_way(client, alice, how):
    lead = tried_once(alice)
    assert attempts(lead) == [("email", 2)]
    shut(lead, how)

    if how != "withdrawn":
        look_for_untried()
        look_for_untried()

    assert attempts(lead) == [("call", 3)]
    assert broken(LATER + DAY) == {}
    assert fold(lead.events.order_by("id")).contradictions == []
    client.force_login(alice)
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    said = "They have not agreed to get e-mail" if how in ("withdrawn", "rule") else "Asked for no e-mail"
    assert page.count(f"{said}: the planned attempt is not made") == 1


@pytest.mark.usefixtures("by_mail")
def test_no_e_mail_is_planned_where_the_key_of_their_address_is_stopped(alice):
    suppress_key("jo@brevik.example", "email", source="file", at=NOON - DAY)

    assert attempts(tried_once(alice)) == [("call", 3)]


def test_a_call_stays_where_mail_is_not_agreed_to(alice, lead):
    started(lead, alice, step("Ask why now"))

    shut(lead, "withdrawn")
    advance(at=LATER + DAY)
    follow(at=LATER + DAY)

    assert of_play(lead) == [("call", "Ask why now")]
    assert broken(LATER + DAY) == {}


@pytest.mark.parametrize("how", NOT_AT_ONCE)
def test_what_shut_it_elsewhere_is_seen_with_the_daily_look(alice, lead, how):
    started(lead, alice, step("Send the case", step_kind="email"), step("Look them up", step_kind="task"))
    shut(lead, how)
    stands = lead.steps.open().get(title__contains="Early").pk
    assert check_tracks(at=LATER + DAY)["step_that_nobody_can_try"] == [stands]

    advance(at=LATER + DAY)
    follow(at=LATER + DAY)

    assert of_play(lead) == [("task", "Look them up")]
    assert broken(LATER + DAY) == {}


def test_whose_other_row_asked_for_no_mail_is_not_said_to_have_no_address(client, alice, lead):
    started(lead, alice, step("Send the case", step_kind="email"))
    shut(lead, "by_another_row")
    advance(at=LATER + DAY)

    client.force_login(alice)
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text

    assert "Asked for no e-mail: “Send the case” is passed over" in page


def test_who_wants_no_calls_and_has_not_agreed_to_mail_is_not_said_to_have_no_address(client, alice, lead):
    started(lead, alice, step("Reach them", step_kind="call_email"))
    suppress_person(lead.person, "phone", source="list", at=LATER)
    shut(lead, "withdrawn")
    look_for_untried()

    client.force_login(alice)
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text

    assert of_play(lead) == []
    assert "Asked for no calls: “Reach them” is passed over" in page


@pytest.mark.parametrize("how", ["withdrawn", *NOT_AT_ONCE])
def test_whoever_sleeps_goes_on_sleeping_without_it(alice, how):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(email="jo@brevik.example"))
    one = started(
        lead, alice, step("Send the case", step_kind="email"), wait(9), step("Ask", step_kind="task"), kind="track"
    )
    assert of_play(lead) == [("email", "Send the case")]

    shut(lead, how)
    advance(at=LATER + DAY)
    follow(at=LATER + DAY)

    one.refresh_from_db()
    assert (one.state, one.node.kind, of_play(lead)) == ("active", "wait", [])
    lead.refresh_from_db()
    assert lead.due_at == lead.wake_at
    assert broken(LATER + DAY) == {}


@pytest.mark.parametrize("how", ["silent", *NOT_AT_ONCE])
@pytest.mark.parametrize("stands", ["paused", "ended"])
def test_what_a_play_left_open_is_found_within_the_hour(alice, lead, how, stands):
    one = started(lead, alice, step("Send the case", step_kind="email"))
    ended = {"state": "ended", "outcome": "goal", "ended_at": LATER, "step": None}
    paused = {"state": "paused", "paused_because": "by_hand"}
    Enrolment.objects.filter(pk=one.pk).update(**(ended if stands == "ended" else paused), due_at=None)
    shut(lead, how)
    names = ["attempt_over_a_shut_channel"] if how == "silent" else []
    assert sorted(broken(LATER + DAY)) == [*names, "step_that_nobody_can_try"]

    look_for_untried()
    look_for_untried()

    assert of_play(lead) == []
    assert lead.steps.open().get().made_by == "cadence"
    assert broken(LATER + DAY) == {}
    assert lead.events.filter(verb="plan", data__because="suppressed").count() <= 1
    assert fold(lead.events.order_by("id")).contradictions == []
