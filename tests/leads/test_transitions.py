"""The table of moves: every row is walked by its action, every other move is refused in words and changes nothing."""

from datetime import timedelta

import pytest

from agreement.models import AgreementVersion, Criterion, Lane, Phase, SLAClause, Stage, Transition
from agreement.models.vocabulary import OPEN_PHASES
from leads import transitions
from leads.actions.answering import answer_criteria
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.claiming import claim_lead, reassign_leads, release_lead
from leads.actions.closing import disqualify_lead
from leads.actions.engaging import NewEngagement, engage
from leads.actions.entering import NewLead, add_lead, open_asleep, open_closed
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off, withdraw_hand_off
from leads.actions.last_act import UNDOABLE
from leads.actions.logging import add_note, finish_step, log_call, log_touch, set_step
from leads.actions.meetings import move_meeting
from leads.actions.merging import erase_person, merge_people
from leads.actions.outcomes import (
    lose_lead,
    record_no_show,
    record_not_qualified,
    record_qualified,
    return_lead,
    stall_lead,
    win_lead,
)
from leads.actions.receiving import record_received
from leads.actions.recycling import change_wake, recycle_lead, wake_lead
from leads.actions.restaging import restage_lead
from leads.actions.standing import set_standing
from leads.actions.sweeping import notice_clocks, sweep_leads
from leads.checking import check_all
from leads.models import Clock, HandOff, Lead, Recycling
from leads.transitions import BEGIN, MOVES, TABLE, is_allowed
from team.models import Role
from tests.make import (
    NOON,
    disposition,
    give_verdicts,
    make_account,
    make_lead,
    make_person,
    make_team,
    make_user,
    reason,
)

LATER = NOON + timedelta(minutes=10)
NEXT_WEEK = NOON + timedelta(days=7)
Q, W, H, A, S, N, C = (phase.value for phase in Phase)
# Where a pick sends a lead that sales refused.
PICKS = {W: "reject_brief_empty", N: "reject_no_need", Q: "reject_wrong_territory", C: "reject_existing"}


@pytest.fixture(autouse=True)
def _no_remembered_versions():
    transitions._narrowed.cache_clear()
    yield
    transitions._narrowed.cache_clear()


@pytest.fixture
def cast(alice, bob, mona, peter):
    return {"alice": alice, "bob": bob, "mona": mona, "peter": peter}


def wall(moment):
    return moment.replace(tzinfo=None)


def last_hand_off(lead, *, meeting=None):
    """The lead's hand-off; with `meeting`, one whose meeting has been at that moment."""
    hand_off = lead.hand_offs.order_by("-pk").first()
    if meeting is not None:
        HandOff.objects.filter(pk=hand_off.pk).update(meeting_at=meeting, local_meeting=meeting, zone="UTC")
        hand_off.refresh_from_db()
    return hand_off


def reassign(lead, to, cast):
    sales = lead.phase in (A, S)
    heir = make_user("paula", Role.AE) if sales else cast["bob"]
    reassign_leads([lead.pk], to=heir, by=cast["mona"], at=LATER)


def miss(lead, to, cast):
    clock = Clock.objects.running().filter(lead=lead).first()
    if clock is None:
        clause = SLAClause.objects.filter(version=lead.agreement).first()
        Clock.objects.create(
            lead=lead, clause=clause, kind=clause.kind, version=lead.agreement, calendar=lead.team.calendar,
            started_at=NOON, due_at=LATER, next_notice_at=LATER,
        )  # fmt: skip
    Clock.objects.running().filter(lead=lead).update(started_at=NOON, next_notice_at=NOON, due_at=NOON)
    notice_clocks(at=LATER)


def log(lead, to, cast):
    if lead.phase == Q:
        add_note(lead, text="words", by=cast["alice"], at=LATER)
    else:
        log_touch(lead, kind="email", by=cast["alice"], at=LATER)


def plan(lead, to, cast):
    if lead.phase == Q:
        # A colleague of hers is met.
        booked = make_lead(phase=W, bdr=cast["alice"], person=make_person(account=lead.account))
        return hand_off_lead(booked, ae=cast["peter"], by=cast["alice"], at=LATER, meeting=(wall(NEXT_WEEK), "UTC"))
    if lead.phase != H:
        return set_step(lead, kind="task", due=NOON + timedelta(days=1), by=cast["alice"], at=LATER)
    engage([NewEngagement(lead.person_id, "replied", LATER)], at=LATER)
    return finish_step(lead, step=lead.steps.open().get(), by=cast["alice"], at=LATER)


def answer(lead, to, cast):
    answer_criteria(lead, answers={Criterion.objects.first(): ("yes", "she said so")}, by=cast["alice"], at=LATER)


def restage(lead, to, cast):
    stage = Stage.objects.create(key="more", label="More", phase=lead.phase)
    restage_lead(lead, stage=stage, by=cast["mona"], at=LATER)


def escalate(lead, to, cast):
    notice_clocks(at=lead.due_at)
    notice_clocks(at=lead.due_at)


def expire(lead, to, cast):
    reassign_leads([lead.pk], to=cast["bob"], by=cast["mona"], at=NOON)
    lead.refresh_from_db()
    sweep_leads(at=lead.reserved_until)


def qualify(lead, to, cast):
    give_verdicts(lead, by=cast["peter"], at=LATER)
    record_qualified(last_hand_off(lead), by=cast["peter"], at=LATER)


def refuse(act):
    def refused(lead, to, cast):
        make_team("South")
        act(last_hand_off(lead), reason=reason(PICKS[to]), by=cast["peter"], at=LATER)

    return refused


def not_for_reps(act):
    """Where no rep may work any more, what would go back to one ends."""

    def gone_back(lead, to, cast):
        if to == C:
            set_standing(lead.account, standing="customer", by=cast["mona"], at=NOON)
        act(lead, to, cast)

    return gone_back


def no_show(lead, to, cast):
    by = cast["alice"] if lead.phase == H else cast["peter"]
    record_no_show(last_hand_off(lead, meeting=NOON), by=by, at=LATER)


def merge(lead, to, cast):
    if to != C:
        # What was promised to the same person elsewhere goes on here.
        other = make_lead(phase=N if to == N else Q, bdr=cast["bob"] if to == N else None)
        if to == N:
            day = wall(NOON + timedelta(days=1))
            promise = disposition("call_back")
            log_call(other, disposition=promise, by=cast["bob"], at=NOON, call_back=(day, "UTC"))
        else:
            engage([NewEngagement(other.person_id, "replied", NOON)], at=NOON)
        merge_people(lead.person, other.person, by=cast["mona"], at=LATER)
        return
    further = make_lead(phase=S, bdr=cast["bob"], ae=cast["peter"], at=NOON - timedelta(days=1))
    merge_people(further.person, lead.person, by=cast["mona"], at=LATER)


WALKS = {
    "claim": lambda lead, to, cast: claim_lead(lead, by=cast["bob"], at=LATER),
    "expire": expire,
    "release": lambda lead, to, cast: release_lead(lead, by=cast["alice"], at=LATER),
    "reassign": reassign,
    "miss": miss,
    "log": log,
    "engage": lambda lead, to, cast: engage([NewEngagement(lead.person_id, "replied", LATER)], at=LATER),
    "receive": lambda lead, to, cast: record_received(lead.person_id, kind="auto_reply", words="Thanks", at=LATER),
    "plan": plan,
    "answer": answer,
    "restage": restage,
    "hand_off": lambda lead, to, cast: hand_off_lead(lead, ae=cast["peter"], by=cast["alice"], at=LATER),
    "escalate": escalate,
    "move": lambda lead, to, cast: move_meeting(
        last_hand_off(lead), meeting=(wall(NEXT_WEEK), "UTC"), by=cast["peter"], at=LATER
    ),
    "accept": lambda lead, to, cast: accept_hand_off(last_hand_off(lead), by=cast["peter"], at=LATER),
    "reject": refuse(reject_hand_off),
    "withdraw": not_for_reps(lambda lead, to, cast: withdraw_hand_off(last_hand_off(lead), by=cast["alice"], at=LATER)),
    "no_show": not_for_reps(no_show),
    "return": not_for_reps(lambda lead, to, cast: return_lead(lead, by=cast["peter"], at=LATER)),
    "qualify": qualify,
    "not_qualify": refuse(record_not_qualified),
    "win": lambda lead, to, cast: win_lead(lead, by=cast["peter"], at=LATER),
    "lose": lambda lead, to, cast: lose_lead(lead, reason=reason("no_budget"), by=cast["peter"], at=LATER),
    "stall": lambda lead, to, cast: stall_lead(lead, reason=reason("not_ready"), by=cast["peter"], at=LATER),
    "recycle": lambda lead, to, cast: recycle_lead(lead, reason=reason("not_ready"), by=cast["alice"], at=LATER),
    "rewake": lambda lead, to, cast: change_wake(lead, wake_on=NEXT_WEEK.date(), by=cast["alice"], at=LATER),
    "wake": lambda lead, to, cast: wake_lead(lead, by=cast["alice"], at=LATER),
    "disqualify": lambda lead, to, cast: disqualify_lead(lead, reason=reason("competitor"), by=cast["alice"], at=LATER),
    "merge": merge,
    "stand_down": lambda lead, to, cast: set_standing(lead.account, standing="customer", by=cast["mona"], at=LATER),
    "erase": lambda lead, to, cast: erase_person(lead.person, by=cast["mona"], at=LATER),
}


def a_file_says_asleep():
    """As the import does it: the lead, and why it sleeps."""
    seed = NewLead(make_person().pk, Lane.LIST, "import")
    entered = open_asleep([seed], reason_id=reason("not_ready").pk, wake_at=NEXT_WEEK, by=None, at=NOON)
    lead = entered.leads[0]
    Recycling.objects.create(lead=lead, at=NOON, category="not_ready", wake_at=NEXT_WEEK)
    return lead


BEGINNINGS = {
    "queue": lambda cast: make_lead(),
    "add": lambda cast: add_lead(make_person(), by=cast["alice"], at=NOON),
    "sleep": lambda cast: a_file_says_asleep(),
    "record": lambda cast: open_closed(
        [NewLead(make_person().pk, Lane.LIST, "import")], reason_id=reason("bad_data").pk, by=None, at=NOON
    ).leads[0],
}  # fmt: skip
# What is taken back is walked verb by verb in test_undo_last.py.
WALKED = [move for move in MOVES if move.from_phase != BEGIN and move.verb != "correct"]


@pytest.mark.parametrize("move", WALKED, ids=lambda move: f"{move.from_phase} {move.verb} {move.to_phase}")
def test_every_row_is_walked(cast, move):
    person, bdr = make_person(account=make_account()), cast["alice"] if move.from_phase != Q else None
    lead = make_lead(phase=move.from_phase, bdr=bdr, ae=cast["peter"], person=person)

    WALKS[move.verb](lead, move.to_phase, cast)

    event = lead.events.get(verb=move.verb)
    assert (event.from_phase, event.to_phase) == (move.from_phase, move.to_phase)
    lead.refresh_from_db()
    assert lead.phase == move.to_phase
    assert {name for name, ids in check_all(at=LATER).items() if ids} == set()


@pytest.mark.parametrize("move", [move for move in MOVES if move.from_phase == BEGIN], ids=lambda move: move.verb)
def test_every_beginning_is_walked(cast, move):
    lead = BEGINNINGS[move.verb](cast)

    event = lead.events.get()
    assert (event.from_phase, event.verb, event.to_phase) == (BEGIN, move.verb, move.to_phase)
    assert {name for name, ids in check_all(at=LATER).items() if ids} == set()


def test_the_walks_are_those_of_the_table():
    assert set(WALKS) | set(BEGINNINGS) | {"correct"} == transitions.VERBS


def test_what_can_be_taken_back_has_its_way_back():
    back = {(move.to_phase, "correct", move.from_phase) for move in MOVES if move.verb in UNDOABLE}

    assert back <= set(TABLE)


# Moves the table does not know
# These verbs do nothing where they do not apply, or take the lead out of the pool first, as their tests say.
QUIET = {"expire", "miss", "escalate", "engage", "receive", "erase", "merge", "reassign", "stand_down"}
FROM_THE_POOL = {"log", "plan", "hand_off"}
OF_A_HAND_OFF = {"move", "accept", "reject", "withdraw", "no_show", "qualify", "not_qualify"}
ILLEGAL = [
    (phase.value, verb)
    for phase in Phase
    for verb in sorted(set(WALKS) - QUIET - {"restage"})
    if not any(move.from_phase == phase and move.verb == verb for move in MOVES)
    and not (phase == Phase.QUEUED and verb in FROM_THE_POOL)
    and not (verb in OF_A_HAND_OFF and phase in (Phase.QUEUED, Phase.NURTURE, Phase.CLOSED))
    # An outcome that is recorded before the answer accepts first.
    and (phase, verb) not in {(H, "qualify"), (H, "not_qualify")}
]


def everything_about(lead):
    lead = Lead.objects.get(pk=lead.pk)
    return (
        {field.attname: getattr(lead, field.attname) for field in Lead._meta.concrete_fields},
        list(lead.events.order_by("id").values_list("id", flat=True)),
        sorted(lead.steps.values_list("id", "state", "due_at", "assignee")),
        sorted(lead.clocks.values_list("id", "state", "due_at")),
        sorted(lead.hand_offs.values_list("id", "state")),
        sorted(lead.activities.values_list("id", flat=True)),
        sorted(lead.notes.values_list("id", flat=True)),
        sorted(lead.recyclings.values_list("id", flat=True)),
    )


@pytest.mark.parametrize(("phase", "verb"), ILLEGAL)
def test_a_move_the_table_does_not_know_is_refused_in_words_and_changes_nothing(cast, phase, verb):
    if phase == C:
        lead = make_lead(phase=W, bdr=cast["alice"])
        disqualify_lead(lead, reason=reason("competitor"), by=cast["alice"], at=NOON)
    elif phase == W and verb in OF_A_HAND_OFF:
        lead = make_lead(phase=H, bdr=cast["alice"], ae=cast["peter"])
        withdraw_hand_off(last_hand_off(lead), by=cast["alice"], at=NOON)
    else:
        lead = make_lead(phase=phase, bdr=cast["alice"] if phase != Q else None, ae=cast["peter"])
    before = everything_about(lead)

    with pytest.raises((LeadConflict, MoveRefused)) as refusal:
        WALKS[verb](lead, W, cast)

    assert len(str(refusal.value)) > 10
    assert everything_about(lead) == before


def test_a_closed_lead_stands_in_no_stage(alice):
    lead = make_lead(phase=W, bdr=alice)
    stage = lead.stage
    disqualify_lead(lead, reason=reason("competitor"), by=alice, at=NOON)

    with pytest.raises(MoveRefused, match="not in this lead's phase"):
        restage_lead(lead, stage=stage, by=alice, at=LATER)


# What an agreement leaves out
def narrowed_to(*arrows):
    version = AgreementVersion.objects.create(number=90)
    for from_phase, verb, to_phase in arrows:
        Transition.objects.create(version=version, from_phase=from_phase, verb=verb, to_phase=to_phase)
    return version


def under(lead, version):
    Lead.objects.filter(pk=lead.pk).update(agreement=version)
    lead.refresh_from_db()
    return lead


def test_a_version_without_rows_leaves_the_table_as_it_is(db):
    version = narrowed_to()

    assert all(is_allowed(*arrow, version_id=version.pk) for arrow in TABLE)


def test_a_version_narrows_what_people_choose(alice, peter):
    lead = under(make_lead(phase=A, bdr=alice, ae=peter), narrowed_to((A, "qualify", S), (Q, "claim", W)))
    before = everything_about(lead)

    for refused in (
        lambda: stall_lead(lead, reason=reason("not_ready"), by=peter, at=LATER),
        lambda: return_lead(lead, by=peter, at=LATER),
    ):
        with pytest.raises((LeadConflict, MoveRefused)):
            refused()

    assert everything_about(lead) == before


def test_it_adds_nothing_that_the_table_does_not_know(alice):
    version = narrowed_to((W, "win", C), (W, "recycle", N))
    lead = under(make_lead(phase=W, bdr=alice), version)

    with pytest.raises(LeadConflict):
        win_lead(lead, by=alice, at=LATER)

    assert is_allowed(W, "recycle", N, version_id=version.pk)
    assert not is_allowed(W, "win", C, version_id=version.pk)


def test_it_cannot_leave_out_what_the_system_must_do(alice, peter):
    version = narrowed_to((Q, "claim", W))
    worked = under(make_lead(phase=W, bdr=alice), version)
    asleep = under(make_lead(phase=N, bdr=alice), version)

    with pytest.raises(LeadConflict):
        release_lead(worked, by=alice, at=LATER)
    release_lead(worked, by=None, at=LATER)
    sweep_leads(at=asleep.wake_at)
    erase_person(worked.person, by=None, at=LATER)

    worked.refresh_from_db()
    asleep.refresh_from_db()
    assert (worked.closed_as, asleep.closed_as) == ("erased", "woken")


def test_an_act_inside_a_phase_is_always_possible(alice):
    version = narrowed_to((Q, "claim", W))

    for phase in OPEN_PHASES:
        assert is_allowed(phase, "log", phase, version_id=version.pk)
