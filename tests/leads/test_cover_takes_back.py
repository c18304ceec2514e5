"""What was answered for an account executive who is away is taken back by who answered it, while she covers."""

from datetime import timedelta

import pytest

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.handing import accept_hand_off, reject_hand_off
from leads.actions.leaving import release_absent
from leads.actions.outcomes import return_lead
from leads.actions.undoing import undo_last
from leads.models import HandOff
from team.models import Absence
from tests.leads.covering import LATER, away, broken, fresh, to_answer
from tests.make import reason


def answered(how, hand_off, by):
    if how == "accept":
        return accept_hand_off(hand_off, by=by, at=LATER)
    return reject_hand_off(hand_off, reason=reason("reject_brief_empty"), by=by, at=LATER)


@pytest.mark.parametrize("how", ["accept", "reject"])
def test_what_a_cover_answered_is_hers_to_take_back_while_she_covers(waiting, peter, petra, how):
    away(peter, petra)
    release_absent(at=LATER)
    answered(how, HandOff.objects.get(), petra)

    undo_last(waiting.lead, by=petra, at=LATER + timedelta(minutes=1))

    assert fresh(waiting.lead).phase == Phase.HANDED_OFF
    assert to_answer(petra) == [waiting]
    assert broken() == set()


@pytest.mark.parametrize("how", ["accept", "reject"])
def test_once_she_covers_no_more_it_is_the_ae_who_changes_it(client, waiting, peter, petra, how):
    absence = away(peter, petra)
    release_absent(at=LATER)
    answered(how, HandOff.objects.get(), petra)
    before = fresh(waiting.lead)
    Absence.objects.filter(pk=absence.pk).update(ends_at=LATER + timedelta(minutes=1))
    release_absent(at=LATER + timedelta(minutes=1))

    with pytest.raises(MoveRefused, match="You no longer cover for Peter"):
        undo_last(waiting.lead, by=petra, at=LATER + timedelta(minutes=2))

    assert (fresh(waiting.lead).phase, fresh(waiting.lead).version) == (before.phase, before.version)
    assert waiting.lead.events.order_by("id").last().verb == how
    if how == "accept":
        # He answers for it himself, as for everything of his.
        return_lead(waiting.lead, by=peter, at=LATER + timedelta(minutes=3))
        assert fresh(waiting.lead).phase == Phase.WORKING


def test_what_the_backup_or_the_manager_answered_stays_theirs_to_take_back(waiting, mona, petra):
    HandOff.objects.update(escalated_to=petra)
    for who in (petra, mona):
        answered("reject", HandOff.objects.get(state="sent"), who)
        undo_last(waiting.lead, by=who, at=LATER)
        assert fresh(waiting.lead).phase == Phase.HANDED_OFF
