"""A step of a play or track asks for something particular: a touch of another kind does not do it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agreement.models import Phase
from leads.actions.logging import log_call, log_touch
from leads.checking import check_all
from leads.folding import fold
from leads.models import Step
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol
from nurture.actions.planning import write_message
from tests.make import NOON, disposition, make_lead, make_person
from tests.nurture.making import make_track, step

pytestmark = pytest.mark.usefixtures("rules")
HOUR = timedelta(hours=1)
AT, LATER = NOON + HOUR, NOON + 3 * HOUR


def tried(rep, phase=Phase.WORKING):
    lead = make_lead(phase=phase, bdr=rep, person=make_person(email="jo@brevik.example"))
    if phase == Phase.WORKING:
        log_call(lead, disposition=disposition("no_answer"), by=rep, at=NOON)
        lead.refresh_from_db()
    return lead


def asked_for(lead, rep, kind):
    track = make_track(
        step("Ask why now", step_kind=kind), step("Look them up", step_kind="task"),
        kind="play" if lead.phase == Phase.WORKING else "track",
    )  # fmt: skip
    enrol(lead.person, track=track, by=rep, at=AT)
    advance(at=AT)
    lead.refresh_from_db()
    return Step.objects.open().get(lead=lead, title__startswith="Ask why now")


def touch(lead, rep, act):
    if act == "letter":
        write_message(lead, subject="The invoice", text="As promised.", by=rep, at=LATER)
    elif act in ("email", "social"):
        log_touch(lead, kind=act, by=rep, at=LATER)
    else:
        log_call(lead, disposition=disposition(act), by=rep, at=LATER)


def broken():
    return {name: ids for name, ids in check_all(at=LATER).items() if ids}


STAYS = [("call", "email"), ("call", "letter"), ("call", "social"), ("email", "no_answer"), ("email", "social")]
DOES = [
    ("call", "no_answer"), ("email", "email"), ("email", "letter"), ("email", "voicemail_email"),
    ("call_email", "email"), ("call_email", "no_answer"), ("social", "social"), ("social", "no_answer"),
]  # fmt: skip


@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.NURTURE])
@pytest.mark.parametrize(("kind", "act"), STAYS)
def test_a_touch_of_another_kind_leaves_it_due_as_it_was_and_counts(alice, phase, kind, act):
    lead = tried(alice, phase)
    asked = asked_for(lead, alice, kind)
    before = lead.attempts

    touch(lead, alice, act)
    follow(at=LATER)

    assert list(lead.steps.open().values_list("pk", "due_at")) == [(asked.pk, asked.due_at)]
    lead.refresh_from_db()
    assert (lead.attempts, lead.due_at) == (before + 1, asked.due_at)
    assert fold(lead.events.order_by("id")).contradictions == []
    assert broken() == {}


@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.NURTURE])
@pytest.mark.parametrize(("kind", "act"), DOES)
def test_one_of_its_kind_does_it_and_the_track_goes_on(alice, phase, kind, act):
    lead = tried(alice, phase)
    asked = asked_for(lead, alice, kind)

    touch(lead, alice, act)
    follow(at=LATER)

    asked.refresh_from_db()
    assert asked.state == "done"
    assert lead.steps.open().get(title__startswith="Look them up").kind == "task"
    assert broken() == {}


@pytest.mark.parametrize(("key", "following"), [("wrong_number", "email"), ("call_back", "call_back")])
def test_nothing_is_planned_in_its_place_beside_it(alice, key, following):
    lead = tried(alice)
    asked = asked_for(lead, alice, "email")
    promised = ((NOON + timedelta(days=1)).replace(tzinfo=None), "UTC") if key == "call_back" else None

    log_call(lead, disposition=disposition(key), by=alice, at=LATER, call_back=promised)

    assert asked in lead.steps.open()
    assert set(lead.steps.open().values_list("kind", flat=True)) == {"email", following}
    assert not lead.steps.open().filter(made_by="cadence").exists()
    assert broken() == {}


def test_an_e_mail_is_an_attempt_of_a_cadence_as_it_was(alice):
    lead = tried(alice)
    Step.objects.filter(lead=lead, state="open").update(kind="call")

    log_touch(lead, kind="email", by=alice, at=LATER)

    assert lead.steps.open().values_list("made_by", "attempt").get() == ("cadence", 3)


def test_the_form_of_a_call_says_that_the_e_mail_stays(client, alice):
    lead = tried(alice)
    asked_for(lead, alice, "email")
    client.force_login(alice)

    page = client.get(reverse("leads:lead", args=[lead.public_id]), {"panel": "call"}).text

    assert "stays until it is sent" in page
