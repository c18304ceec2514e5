"""Words say what happened, not which code stands for it."""

import ast
import re
from datetime import timedelta
from itertools import product
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.models import ContactPoint, Standing
from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.closing import disqualify_lead, put_back
from leads.actions.engaging import NewEngagement, engage
from leads.actions.entering import add_lead
from leads.actions.meetings import move_meeting
from leads.models import Lead, LeadEvent, Notice, SecondLook, Signal
from leads.naming import Names
from leads.routing import sentence, why_not
from leads.sentences import SENTENCES, routed_words, say, told, want
from leads.telling import BECAUSE, Teller
from team.actions.submitting import new_form_id
from team.models import Absence
from tests.make import NOON, make_account, make_lead, make_person, reason


@pytest.fixture
def now():
    return timezone.now()


def page(client, user, name, *args):
    client.force_login(user)
    return client.get(reverse(f"leads:{name}", args=args)).text


def test_who_is_met_at_another_moment_reads_so(client, alice, peter, now):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, at=now)
    Notice.objects.all().delete()

    moment = (now + timedelta(days=3)).replace(tzinfo=None)
    move_meeting(lead.hand_offs.get(), meeting=(moment, "UTC"), by=alice, at=now)

    assert Notice.objects.get().kind == Notice.Kind.MOVED
    said = page(client, peter, "notices")
    assert "The meeting was moved" in said
    assert "Your hand-off was answered" not in said


@pytest.mark.parametrize(
    ("kind", "words"),
    [("asked", "asked to be contacted, and waits for a call"), ("replied", "a reply waits for an answer")],
)
def test_who_asked_is_not_told_as_a_reply(client, alice, now, kind, words):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now - timedelta(minutes=5))
    engage([NewEngagement(lead.person_id, kind, now)], at=now)

    assert f"In front of the queue: {words}" in page(client, alice, "lead", lead.public_id)


def test_who_is_no_prospect_is_said_in_words(alice):
    person = make_person(account=make_account(standing=Standing.OPEN_OPPORTUNITY))

    with pytest.raises(MoveRefused, match="an opportunity is open there"):
        add_lead(person, by=alice, at=NOON)


def test_what_cannot_go_back_says_why(alice, mona):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=NOON)
    make_lead(person=lead.person)

    with pytest.raises(MoveRefused, match=r"It cannot go back: a lead is open already\."):
        put_back(SecondLook.objects.get(), by=mona, at=NOON)


def test_every_refusal_of_routing_has_its_words():
    codes = [*Standing.values, "suppressed", "gone", "open_lead", "no_team"]

    assert [code for code in codes if code != Standing.PROSPECT and why_not(code) == why_not("")] == []


def test_a_number_that_is_taken_out_is_marked_wrong_and_said(client, alice, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    phone = ContactPoint.objects.get(person=lead.person, kind="phone")
    email = ContactPoint.objects.get(person=lead.person, kind="email")
    client.force_login(alice)

    answer = client.post(
        reverse("leads:correct", args=[lead.public_id]),
        {"person_version": lead.person.version, "phone": "", "email": email.value, "form_id": new_form_id()},
        follow=True,
    )

    phone.refresh_from_db()
    email.refresh_from_db()
    assert (phone.state, email.state) == (ContactPoint.State.WRONG, ContactPoint.State.OK)
    assert f"Marked as wrong, not forgotten: {phone.value}." in " ".join(map(str, answer.context["messages"]))


def test_attempts_that_wait_no_longer_name_no_day_that_has_passed(db):
    lead = Lead(pk=1, public_id=uuid4())
    said = {}
    for days in (-2, 2):
        due = (NOON + timedelta(days=days)).isoformat()
        event = LeadEvent(lead=lead, verb="plan", at=NOON, from_phase="working", to_phase="working")
        event.changes, event.data = {"due_at": [None, due]}, {"because": "meeting_gone"}
        said[days] = told(event, lead, reader=0, now=NOON + timedelta(days=3))

    assert said[-2] == "Attempts go on now"
    assert said[2].startswith("Attempts go on ")
    assert said[2] != said[-2]


def test_an_absence_is_named_by_who_is_away_and_the_days(alice):
    absence = Absence(user=alice, starts_at=NOON, ends_at=NOON + timedelta(days=3))

    assert str(absence) == "Alice, 1 Mar 2027 to 4 Mar 2027"


def test_one_working_day_is_said_in_the_singular(client, alice):
    with time_machine.travel(NOON, tick=False):
        lead = make_lead(phase=Phase.WORKING, bdr=alice)
        client.force_login(alice)
        page = client.get(reverse("leads:lead", args=[lead.public_id])).text

    assert "attempt 2 of 6, call, 1 working day on" in page


def codes_of(place):
    """Every code that a module of this place gives as `because`, by its letters or by the name of its constant."""
    nodes = [node for file in sorted(Path(place).rglob("*.py")) for node in ast.walk(ast.parse(file.read_text()))]
    named, given = {}, []
    for node in nodes:
        if isinstance(node, ast.Assign):
            names, values = (getattr(one, "elts", [one]) for one in (node.targets[0], node.value))
            named |= {getattr(name, "id", None): value for name, value in zip(names, values, strict=False)}
        elif isinstance(node, ast.keyword) and node.arg == "because":
            given.append(node.value)
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            given += [value for key, value in pairs if getattr(key, "value", "") == "because"]
    parts = [part for one in given for part in ((one.body, one.orelse) if isinstance(one, ast.IfExp) else (one,))]
    values = {getattr(named.get(getattr(part, "id", ""), part), "value", "") for part in parts}
    return {value for value in values if value and isinstance(value, str)}


def test_every_code_of_history_has_its_words():
    told_by_their_sentence = {"flow", "flow_waits", "out_of_office", "moved", "parted", "unsent"}
    of_imports = {"cancelled"}
    of_routing = {*Standing.values, "suppressed", "gone", "open_lead", "no_team"} - {Standing.PROSPECT}
    of_wakes = {*Signal.Kind.values, "date"}
    given = codes_of("leads/actions") | of_routing | of_wakes

    assert {"left", "missed", "unmerged", "meeting_at_account"} < given
    lacking = given - set(BECAUSE) - told_by_their_sentence - of_imports
    assert [code for code in sorted(lacking) if not sentence(code)] == []


@pytest.mark.parametrize("verb", sorted(SENTENCES))
def test_a_code_without_words_stands_on_no_page(alice, verb):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    names = Names()
    for phase, more in product((Phase.WORKING, Phase.QUEUED, Phase.CLOSED), ({}, {"done": [1]})):
        said = {"because": "of_no_words", **more}
        event = LeadEvent(lead=lead, verb=verb, at=NOON, from_phase=phase, to_phase=phase, data=said)
        want(names, event)
        line = say(Teller(names.load(), {lead.pk: lead}, reader=alice.pk, now=NOON), event)

        assert not re.search("of.no.words", f"{line.text} {line.soft}")


def test_who_is_parted_again_has_a_lead_that_says_why():
    assert routed_words({"because": "unmerged"}, Names()) == "Two people again after a merge was taken back"
