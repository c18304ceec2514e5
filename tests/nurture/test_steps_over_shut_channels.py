"""A step of a play or track over a channel that somebody has shut is passed over, as an attempt of a cadence is."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.actions.people import suppress_person
from accounts.models import ContactPoint
from agreement.models import Phase
from leads.actions.claiming import release_lead
from leads.actions.logging import log_call
from leads.actions.silencing import pass_over_bounced, pass_over_shut
from leads.actions.undoing import undo_last
from leads.folding import fold
from leads.models import Lead, Step
from leads.queue import Wanted, queue_of
from leads.sentences import told
from nurture.actions.advancing import advance, follow
from nurture.actions.preferring import unsubscribe
from nurture.models import Enrolment
from tests.make import NOON, disposition, make_lead, make_person
from tests.nurture.making import step, wait
from tests.nurture.plays import broken, started, tried_once

pytestmark = pytest.mark.usefixtures("rules")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOON + 2 * HOUR


@pytest.fixture
def lead(alice):
    return tried_once(alice)


def of_play(lead):
    found = lead.steps.open().filter(title__contains="Early").first()
    return (found.kind, found.title.split(" · ")[0]) if found else None


def shut(lead, how):
    if how == "unsubscribed":
        unsubscribe(lead.person, at=LATER)
    elif how == "bounced":
        lead.person.contact_points.filter(kind="email").update(state=ContactPoint.State.BOUNCED)
        pass_over_bounced([lead.person_id], at=LATER)
    else:
        suppress_person(lead.person, how, source="list", at=LATER)
        pass_over_shut([lead.person_id], at=LATER)


SHUT = [
    ("email", "unsubscribed", "Asked for no e-mail: “Send the case” is passed over"),
    ("email", "bounced", "No address takes their mail: “Send the case” is passed over"),
    ("call", "phone", "Asked for no calls: “Send the case” is passed over"),
    ("call_email", "all", "Asked not to be contacted: “Send the case” is passed over"),
    ("social", "all", "Asked not to be contacted: “Send the case” is passed over"),
]


@pytest.mark.parametrize(("kind", "how", "said"), SHUT)
def test_it_leaves_the_queue_at_once_and_the_play_goes_on(client, alice, lead, kind, how, said):
    one = started(lead, alice, step("Send the case", step_kind=kind), step("Look them up", step_kind="task"))
    assert of_play(lead) == (kind, "Send the case")

    shut(lead, how)

    ((_group, (row,)),) = queue_of(alice, wanted=Wanted(), at=LATER).groups
    assert "Send the case" not in row.what
    assert broken(LATER) == {}
    follow(at=LATER)
    assert of_play(lead) == ("task", "Look them up")
    assert lead.steps.open().filter(made_by="cadence").count() == 0
    assert broken(LATER) == {}
    assert fold(lead.events.order_by("id")).contradictions == []
    passed = one.passages.get(what="skipped")
    assert (passed.node.words, passed.because) == (
        "Send the case", {"phone": "asked_not", "all": "not_contacted"}.get(how, "unreachable"),
    )  # fmt: skip
    client.force_login(alice)
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    # The play says what comes next.
    assert re.search(f"{said}.*?</li>", page, re.DOTALL)[0].count("next ") == 0


@pytest.mark.parametrize(("kind", "how", "said"), SHUT)
def test_one_that_comes_after_is_never_planned(alice, lead, kind, how, said):
    shut(lead, how)

    started(lead, alice, step("Send the case", step_kind=kind), step("Look them up", step_kind="task"))

    assert of_play(lead) == ("task", "Look them up")
    assert not lead.steps.filter(title__startswith="Send the case").exists()
    assert broken(LATER) == {}


@pytest.mark.parametrize("how", ["phone", "email", "unsubscribed", "bounced"])
@pytest.mark.parametrize("is_before", [True, False])
def test_of_a_call_and_e_mail_what_is_left_is_asked_for(alice, lead, how, is_before):
    if is_before:
        shut(lead, how)

    started(lead, alice, step("Show the case", step_kind="call_email"))
    if not is_before:
        shut(lead, how)
        follow(at=LATER)

    assert of_play(lead) == ("call_email", "Show the case")
    assert broken(LATER) == {}


@pytest.mark.parametrize("first", ["phone", "bounced"])
def test_of_a_call_and_e_mail_to_no_number_and_no_address_nothing_is(alice, lead, first):
    started(lead, alice, step("Show the case", step_kind="call_email"), step("Look them up", step_kind="task"))

    for how in sorted(["phone", "bounced"], key=lambda how: how != first):
        shut(lead, how)
    follow(at=LATER)
    passed = lead.events.filter(data__has_key="shut").get()
    told_of = told(passed, lead, reader=alice.pk, now=LATER)
    assert told_of == "Asked for no calls, and no address takes their mail: “Show the case” is passed over"

    assert of_play(lead) == ("task", "Look them up")
    assert broken(LATER) == {}


def test_whoever_is_asked_for_nothing_else_has_her_cadence_again(alice, lead):
    one = started(lead, alice, step("Send the case", step_kind="email"))

    shut(lead, "unsubscribed")
    follow(at=LATER)

    one.refresh_from_db()
    assert one.outcome == "exhausted"
    assert lead.steps.open().values_list("made_by", "attempt").get() == ("cadence", 2)
    assert broken(LATER) == {}


@pytest.mark.parametrize(("kind", "how", "said"), SHUT)
def test_whoever_sleeps_goes_on_sleeping_without_it(alice, kind, how, said):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person())
    one = started(
        lead, alice, step("Send the case", step_kind=kind), wait(9), step("Ask", step_kind="task"), kind="track"
    )
    assert of_play(lead) == (kind, "Send the case")
    assert Lead.objects.get(pk=lead.pk).due_at == lead.steps.open().get().due_at

    shut(lead, how)

    lead.refresh_from_db()
    assert (list(lead.steps.open()), lead.due_at) == ([], lead.wake_at)
    assert broken(LATER) == {}
    follow(at=LATER)
    one.refresh_from_db()
    assert (one.state, one.node.kind) == ("active", "wait")
    assert fold(lead.events.order_by("id")).contradictions == []
    assert broken(LATER) == {}


def test_in_the_pool_none_waits_for_whoever_takes_it(alice, lead):
    started(lead, alice, step("Send the case", step_kind="email"))
    release_lead(lead, by=alice, at=LATER)
    follow(at=LATER)

    shut(lead, "unsubscribed")

    assert of_play(lead) is None
    assert lead.steps.open().values_list("made_by", "attempt", "assignee").get() == ("cadence", 2, None)
    assert broken(LATER) == {}


def test_what_an_undo_brings_back_is_passed_over_too(alice, lead):
    started(lead, alice, step("Ask why now"), step("Look them up", step_kind="task"))
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=LATER)
    suppress_person(lead.person, "phone", source="list", at=LATER)

    undo_last(lead, by=alice, at=LATER)
    follow(at=LATER)

    assert of_play(lead) == ("task", "Look them up")
    assert broken(LATER) == {}


def test_what_is_taken_back_with_an_act_says_no_word_of_the_program(client, alice, lead):
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON + HOUR)
    started(lead, alice, step("Send the case", step_kind="task"))

    undo_last(lead, by=alice, at=LATER)

    client.force_login(alice)
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    said = re.findall(r"took the last act back.*?</li>", page, re.DOTALL)
    assert len(said) == 2
    assert not [one for one in said if "flow" in one]


def test_a_play_that_is_paused_waits_on_without_it(alice, lead):
    one = started(lead, alice, step("Send the case", step_kind="email"), step("Look them up", step_kind="task"))
    Enrolment.objects.filter(pk=one.pk).update(state="paused", due_at=None, paused_because="by_hand")

    shut(lead, "unsubscribed")
    follow(at=LATER)

    one.refresh_from_db()
    assert (one.state, of_play(lead)) == ("paused", None)
    assert Step.objects.open().get(lead=lead).made_by == "cadence"
    assert broken(LATER) == {}


@pytest.mark.parametrize("kind", ["call", "email"])
def test_one_that_nobody_has_passed_over_is_with_the_next_look(alice, lead, kind):
    started(lead, alice, step("Send the case", step_kind=kind), step("Look them up", step_kind="task"))
    if kind == "call":
        suppress_person(lead.person, "phone", source="list", at=LATER)
    else:
        lead.person.contact_points.filter(kind="email").update(state=ContactPoint.State.BOUNCED)

    advance(at=LATER + DAY)
    follow(at=LATER + DAY)

    assert of_play(lead) == ("task", "Look them up")
    assert broken(LATER + DAY) == {}
