"""What a hostile or a tired day brought up: foreign hosts, notes of nothing, notices of what was taken back."""

from datetime import timedelta

import pytest

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.closing import disqualify_lead
from leads.actions.logging import add_note
from leads.actions.undoing import undo_last
from leads.models import Notice
from tests.make import NOON, make_lead, reason


def test_a_foreign_host_is_refused_with_a_page_of_ours(client):
    response = client.get("/account/login/", headers={"Host": "evil.example"})

    assert response.status_code == 400


def test_a_note_of_characters_without_width_is_no_note(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)

    with pytest.raises(MoveRefused):
        add_note(lead, text="\u200b \u200b", by=alice, at=NOON)


def test_the_manager_hears_no_more_of_what_was_taken_back(alice, mona):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    at = NOON + timedelta(minutes=5)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=at)
    assert Notice.objects.filter(user=mona).count() == 1

    undo_last(lead, by=alice, at=at + timedelta(seconds=5))

    assert not Notice.objects.filter(user=mona).exists()
