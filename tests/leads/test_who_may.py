"""Who goes which arrow: the table of moves says it, the actions hold it, and the pages let nobody else through."""

from datetime import timedelta

import pytest

from agreement.models import Lane, Phase
from leads.actions.changing import MoveRefused, parts_of
from leads.actions.claiming import reassign_leads, release_lead
from leads.actions.closing import approve_second_look, disqualify_lead, put_back
from leads.actions.entering import NewLead, open_asleep, open_closed, open_leads
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off
from leads.actions.logging import log_call
from leads.actions.merging import erase_person
from leads.actions.outcomes import win_lead
from leads.actions.recycling import recycle_lead
from leads.actions.undoing import undo_last
from leads.models import Lead
from leads.models.lead import AE_PHASES
from leads.transitions import ACTOR, BEGIN, MOVES
from team.models import Role
from tests.make import NOON, disposition, make_lead, make_person, make_team, make_user, reason
from tests.test_doors import DOORS, PHASES, WHO

LATER = NOON + timedelta(minutes=10)


@pytest.fixture
def cast(alice, eve, peter, mona):
    return {
        "bdr": alice,
        "bdr other": eve,
        "ae": peter,
        "marketer": make_user("mark", Role.MARKETER),
        "manager": mona,
        "manager other": make_user("max", Role.MANAGER, team=eve.memberships.get().team),
        "admin": make_user("ada", Role.ADMIN),
    }


def test_what_somebody_is_to_a_lead_is_what_she_holds_in_its_team(cast, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)

    assert {who: parts_of(user, lead) for who, user in cast.items()} == {
        "bdr": {"bdr", "pool"},
        "bdr other": set(),
        "ae": {"ae"},
        "marketer": set(),
        "manager": {"manager"},
        "manager other": set(),
        "admin": {"system"},
    }
    assert parts_of(None, lead) == {"system"}
    assert parts_of(make_user("root", is_superuser=True), lead) == {"system"}


def test_what_was_given_to_her_is_hers_without_the_role(cast, eve, peter):
    lead = make_lead(phase=Phase.ACCEPTED, bdr=cast["bdr"], ae=peter)
    peter.memberships.all().delete()
    del peter.held
    lead.bdr = eve

    assert (parts_of(peter, lead), parts_of(eve, lead)) == ({"ae"}, {"bdr"})


ACTS = {
    "release": (Phase.WORKING, lambda lead, by: release_lead(lead, by=by, at=LATER)),
    "reassign": (Phase.WORKING, lambda lead, by: reassign_leads([lead.pk], to=lead.bdr, by=by, at=LATER)),
    "log": (Phase.WORKING, lambda lead, by: log_call(lead, disposition=disposition("no_answer"), by=by, at=LATER)),
    "recycle": (Phase.WORKING, lambda lead, by: recycle_lead(lead, reason=reason("not_ready"), by=by, at=LATER)),
    "disqualify": (Phase.WORKING, lambda lead, by: disqualify_lead(lead, reason=reason("bad_data"), by=by, at=LATER)),
    "hand_off": (Phase.WORKING, lambda lead, by: hand_off_lead(lead, ae=make_user("a", Role.AE), by=by, at=LATER)),
    "accept": (Phase.HANDED_OFF, lambda lead, by: accept_hand_off(lead.hand_offs.get(), by=by, at=LATER)),
    "reject": (
        Phase.HANDED_OFF,
        lambda lead, by: reject_hand_off(lead.hand_offs.get(), reason=reason("reject_no_need"), by=by, at=LATER),
    ),
    "win": (Phase.QUALIFIED, lambda lead, by: win_lead(lead, by=by, at=LATER)),
    "erase": (Phase.WORKING, lambda lead, by: erase_person(lead.person, by=by, at=LATER)),
}


@pytest.mark.parametrize("verb", ACTS)
def test_the_act_refuses_whoever_the_table_does_not_name_and_changes_nothing(cast, alice, peter, verb):
    phase, act = ACTS[verb]
    named = {part for move in MOVES if (move.verb, move.from_phase) == (verb, phase) for part in move.who}
    for user in cast.values():
        lead = make_lead(phase=phase, bdr=alice, ae=peter)
        if parts_of(user, lead) & named:
            act(lead, user)
            assert lead.events.order_by("id").last().by == user
            continue
        before = Lead.objects.filter(pk=lead.pk).values().get(), lead.events.count()

        with pytest.raises(MoveRefused, match="not yours to do"):
            act(lead, user)

        assert (Lead.objects.filter(pk=lead.pk).values().get(), lead.events.count()) == before


BEGUN = {
    "queue": lambda new, by: open_leads([new], by=by, at=LATER),
    "sleep": lambda new, by: open_asleep(
        [new], reason_id=reason("not_ready").pk, wake_at=LATER + timedelta(days=90), by=by, at=LATER
    ),
    "record": lambda new, by: open_closed([new], reason_id=reason("bad_data").pk, by=by, at=LATER),
}


@pytest.mark.parametrize("verb", BEGUN)
def test_a_lead_begins_only_by_whom_the_table_names(cast, team, verb):
    named = {part for move in MOVES if (move.verb, move.from_phase) == (verb, BEGIN) for part in move.who}
    for user in cast.values():
        new = NewLead(make_person().pk, Lane.CONTENT, Lead.Origin.MANUAL, team_id=team.pk)
        if parts_of(user, Lead(team=team)) & named:
            (lead,) = BEGUN[verb](new, user).leads
            assert lead.events.get().by == user
            continue

        with pytest.raises(MoveRefused, match="not yours to do"):
            BEGUN[verb](new, user)

        assert not Lead.objects.filter(person=new.person_id).exists()


@pytest.mark.parametrize("decide", [approve_second_look, put_back])
def test_a_second_look_is_decided_by_a_manager_of_the_team(cast, alice, decide):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=LATER)
    look = lead.second_looks.get()
    for who, user in cast.items():
        if who == "manager":
            continue

        with pytest.raises(MoveRefused, match="not yours to do"):
            decide(look, by=user, at=LATER)

        look.refresh_from_db()
        assert (look.state, Lead.objects.count()) == ("open", 1)

    decide(look, by=cast["manager"], at=LATER)

    look.refresh_from_db()
    assert look.decided_by == cast["manager"]


def test_whoever_sent_it_to_another_team_takes_that_back(mona, alice, peter):
    make_team("South")
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)
    reject_hand_off(lead.hand_offs.get(), reason=reason("reject_wrong_territory"), by=mona, at=LATER)
    assert parts_of(mona, Lead.objects.get(pk=lead.pk)) == set()

    undo_last(lead, by=mona, at=LATER)

    assert Lead.objects.get(pk=lead.pk).phase == Phase.HANDED_OFF


# What each page is for; its lead stands in this phase.
PAGES = {
    "release": ("release", Phase.WORKING), "log_call": ("log", Phase.WORKING), "log_touch": ("log", Phase.WORKING),
    "note": ("log", Phase.WORKING), "set_step": ("plan", Phase.WORKING),
    "finish_step": ("plan", Phase.WORKING), "answers": ("answer", Phase.WORKING),
    "hand_off": ("hand_off", Phase.WORKING), "recycle": ("recycle", Phase.WORKING),
    "disqualify": ("disqualify", Phase.WORKING), "wake": ("wake", Phase.NURTURE), "wake_on": ("rewake", Phase.NURTURE),
    "accept": ("accept", Phase.HANDED_OFF), "reject": ("reject", Phase.HANDED_OFF),
    "outcome": ("qualify", Phase.ACCEPTED), "move_meeting": ("move", Phase.HANDED_OFF),
    "withdraw": ("withdraw", Phase.HANDED_OFF), "win": ("win", Phase.QUALIFIED), "lose": ("lose", Phase.QUALIFIED),
    "stall": ("stall", Phase.QUALIFIED), "return": ("return", Phase.QUALIFIED), "move": ("reassign", Phase.WORKING),
}  # fmt: skip
# A claim refuses a manager in words, and an undo everybody but who did it; both after the door.
ASKED_INSIDE = {"claim", "undo"}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_lets_through_whom_the_table_names(page):
    verb, phase = PAGES[page]
    assert PHASES.get(page, phase) == phase
    named = {part for move in MOVES if (move.verb, move.from_phase) == (verb, phase) for part in move.who}
    # An account executive is none to a lead that was not handed to her.
    expected = {who for who in ("bdr", "manager") if who in named} | ({"ae"} & named if phase in AE_PHASES else set())

    answers = dict(zip(WHO, DOORS[f"leads:{page}"][1].split(), strict=True))
    through = {who for who, status in answers.items() if who != "nobody" and status not in ("403", "404", "405")}

    if page == "move":
        # The page is each manager's own list; what is not of her team is not on it.
        through.discard("manager other")
    assert through == expected


def test_every_verb_of_a_person_has_its_page_or_is_asked_inside():
    verbs = {move.verb for move in MOVES if set(move.who) - {"system"} and move.who != ACTOR}
    paged = {verb for verb, _phase in PAGES.values()}
    # Of the same page: an outcome; by a lead's own first act: taking it; by no page of leads: joining and forgetting.
    others = {"claim", "add", "no_show", "not_qualify", "merge", "erase", "restage", "sleep"}
    assert verbs == paged | others
