"""Whoever had a lead before sees of it what was hers, not what is told to the next one."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Criterion, Phase
from leads.actions.answering import answer_criteria
from leads.actions.handing import hand_off_lead, withdraw_hand_off
from leads.actions.logging import add_note
from leads.actions.outcomes import return_lead
from leads.brief import brief_of
from leads.models import HandOff, Lead
from tests.make import make_lead


@pytest.fixture
def now():
    return timezone.now()


def test_the_brief_is_closed_to_her_once_the_lead_went_to_another(client, alice, peter, petra, now):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, at=now)
    old = lead.hand_offs.get()
    withdraw_hand_off(old, by=alice, at=now)
    new = hand_off_lead(Lead.objects.get(pk=lead.pk), ae=petra, by=alice, at=now)
    add_note(lead, text="Only for Petra", by=alice, at=now)
    client.force_login(peter)

    answer = client.get(reverse("leads:hand_off_brief", args=[old.public_id]))

    assert answer.status_code == 404
    assert set(HandOff.objects.visible_to(peter)) == set()
    assert set(HandOff.objects.visible_to(petra)) == {old, new}
    assert set(HandOff.objects.visible_to(alice)) == {old, new}
    assert client.get(reverse("leads:hand_offs") + "?list=back&view=to_me").text.count("Only for Petra") == 0


def test_the_brief_of_what_is_over_says_what_was_known_until_then(alice, peter, now):
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter, at=now)
    criterion = Criterion.objects.first()
    add_note(lead, text="Before", by=alice, at=now)
    return_lead(lead, by=peter, at=now)
    later = now + timedelta(hours=1)
    add_note(lead, text="After", by=alice, at=later)
    answer_criteria(lead, answers={criterion: ("yes", "After too")}, by=alice, at=later)

    brief = brief_of(HandOff.objects.select_related("lead").get(lead=lead), at=later)

    assert [note.text for note in brief.notes] == ["Before"]
    assert [verdict.evidence for verdict in brief.verdicts if verdict.answer] == []


def test_a_deal_is_not_over_with_its_hand_off(alice, peter, now):
    lead = make_lead(phase=Phase.QUALIFIED, bdr=alice, ae=peter, at=now)
    add_note(lead, text="Since then", by=peter, at=now + timedelta(hours=1))

    brief = brief_of(lead.hand_offs.get(), at=now + timedelta(hours=2))

    assert [note.text for note in brief.notes] == ["Since then"]
