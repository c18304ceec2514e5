"""Undo: one's own last act of the day, by an event of its own, unless somebody has acted since."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import ContactPoint, Suppression
from agreement.models import Criterion, Phase
from leads.actions.answering import answer_criteria
from leads.actions.changing import LeadConflict
from leads.actions.claiming import claim_lead, release_lead
from leads.actions.closing import approve_second_look, disqualify_lead, put_back
from leads.actions.engaging import NewEngagement, engage
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off, withdraw_hand_off
from leads.actions.last_act import can_undo, last_event
from leads.actions.logging import add_note, log_call, log_touch, set_step, snooze_step
from leads.actions.meetings import move_meeting
from leads.actions.outcomes import lose_lead, record_no_show, record_qualified, return_lead, stall_lead, win_lead
from leads.actions.recycling import change_wake, recycle_lead
from leads.actions.sweeping import sweep_leads
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.folding import fold
from leads.models import Activity, Answer, Clock, HandOff, Lead, Recycling, Step
from team.models import Role
from tests.make import NOON, disposition, give_verdicts, make_account, make_lead, make_person, make_user, reason

LATER = NOON + timedelta(minutes=30)


def state(lead):
    """Everything that undo has to put back, beside what only grows."""
    lead = Lead.objects.get(pk=lead.pk)
    columns = {field: getattr(lead, Lead._meta.get_field(field).attname) for field in Lead.FOLDED}
    steps = sorted(lead.steps.open().values_list("kind", "due_at", "assignee", "promised", "local_due", "zone"))
    clocks = sorted(Clock.objects.running().filter(lead=lead).values_list("kind", "due_at"))
    hand_offs = list(lead.hand_offs.order_by("pk").exclude(state="undone").values_list("state", "ae", "meeting_at"))
    recyclings = lead.recyclings.filter(undone_at=None).count()
    return columns, steps, clocks, hand_offs, recyclings, lead.band, lead.sweep_at


def broken(at):
    return {name: ids for name, ids in check_all(at=at).items() if ids}


def of_hand_off(act):
    return lambda lead, by, at: act(lead.hand_offs.open().get(), by=by, at=at)


def wall(moment):
    return moment.replace(tzinfo=None)


UNDONE = {
    "claim": (Phase.QUEUED, lambda lead, by, at: claim_lead(lead, by=by, at=at)),
    "release": (Phase.WORKING, lambda lead, by, at: release_lead(lead, by=by, at=at)),
    "call": (Phase.WORKING, lambda lead, by, at: log_call(lead, disposition=disposition("no_answer"), by=by, at=at)),
    "wrong number": (
        Phase.WORKING,
        lambda lead, by, at: log_call(lead, disposition=disposition("wrong_number"), by=by, at=at),
    ),
    "call back": (
        Phase.WORKING,
        lambda lead, by, at: log_call(
            lead,
            disposition=disposition("call_back"),
            by=by,
            at=at,
            call_back=(wall(at + timedelta(days=1)), "Europe/Berlin"),
        ),
    ),
    "touch": (Phase.WORKING, lambda lead, by, at: log_touch(lead, kind="email", by=by, at=at)),
    "note": (Phase.WORKING, lambda lead, by, at: add_note(lead, text="words", by=by, at=at)),
    "step": (
        Phase.WORKING,
        lambda lead, by, at: set_step(lead, kind="call", due=at + timedelta(days=2), by=by, at=at),
    ),
    "snooze": (Phase.WORKING, lambda lead, by, at: snooze_step(lead, until=at + timedelta(days=2), by=by, at=at)),
    "hand off": (Phase.WORKING, lambda lead, by, at: hand_off_lead(lead, ae=make_ae(), by=by, at=at)),
    "recycle": (Phase.WORKING, lambda lead, by, at: recycle_lead(lead, reason=reason("not_ready"), by=by, at=at)),
    "disqualify": (
        Phase.WORKING,
        lambda lead, by, at: disqualify_lead(lead, reason=reason("bad_data"), by=by, at=at),
    ),
    "disqualify asleep": (
        Phase.NURTURE,
        lambda lead, by, at: disqualify_lead(lead, reason=reason("bad_data"), by=by, at=at),
    ),
    "another day": (
        Phase.NURTURE,
        lambda lead, by, at: change_wake(lead, wake_on=(at + timedelta(days=10)).date(), by=by, at=at),
    ),
    "accept": (Phase.HANDED_OFF, of_hand_off(accept_hand_off)),
    "reject to the BDR": (
        Phase.HANDED_OFF,
        of_hand_off(lambda one, by, at: reject_hand_off(one, reason=reason("reject_brief_empty"), by=by, at=at)),
    ),
    "reject to sleep": (
        Phase.HANDED_OFF,
        of_hand_off(lambda one, by, at: reject_hand_off(one, reason=reason("reject_no_need"), by=by, at=at)),
    ),
    "reject to its end": (
        Phase.HANDED_OFF,
        of_hand_off(lambda one, by, at: reject_hand_off(one, reason=reason("reject_existing"), by=by, at=at)),
    ),
    "reject to another team": (
        Phase.HANDED_OFF,
        of_hand_off(lambda one, by, at: reject_hand_off(one, reason=reason("reject_wrong_territory"), by=by, at=at)),
    ),
    "withdraw": (Phase.HANDED_OFF, of_hand_off(withdraw_hand_off)),
    "move": (
        Phase.HANDED_OFF,
        of_hand_off(lambda one, by, at: move_meeting(one, meeting=(wall(at + timedelta(days=3)), "UTC"), by=by, at=at)),
    ),
    "return": (Phase.ACCEPTED, lambda lead, by, at: return_lead(lead, by=by, at=at)),
    "stall": (Phase.ACCEPTED, lambda lead, by, at: stall_lead(lead, reason=reason("not_ready"), by=by, at=at)),
    "lose": (
        Phase.QUALIFIED,
        lambda lead, by, at: lose_lead(lead, reason=reason("no_budget"), by=by, at=at),
    ),
    "win": (Phase.QUALIFIED, lambda lead, by, at: win_lead(lead, by=by, at=at)),
}


def make_ae():
    return make_user("paula", Role.AE)


@pytest.mark.parametrize("act", UNDONE)
def test_undo_puts_back_what_an_act_has_changed(alice, peter, act):
    phase, do = UNDONE[act]
    lead = make_lead(phase=phase, bdr=alice, ae=peter)
    before = state(lead)
    by = peter if act.startswith(("accept", "reject", "return", "stall", "lose", "win")) else alice

    do(lead, by, LATER)
    assert state(lead) != before or act == "note"
    undo_last(lead, by=by, at=LATER + timedelta(seconds=9))

    assert state(lead) == before
    assert fold(lead.events.order_by("id")).contradictions == []
    assert broken(LATER) == {}


def test_qualifying_is_taken_back_too(alice, peter):
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    give_verdicts(lead, by=peter)
    before = state(lead)

    record_qualified(lead.hand_offs.get(), by=peter, at=LATER)
    undo_last(lead, by=peter, at=LATER)

    assert state(lead) == before


def test_undo_is_an_event_that_names_what_it_corrects(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=LATER)
    act = last_event(lead)

    event = undo_last(lead, by=alice, at=LATER)

    assert (event.verb, event.corrects, event.data["verb"]) == ("correct", act.pk, "log")
    assert {field: pair[::-1] for field, pair in act.changes.items()} == event.changes


def test_the_first_touch_runs_again_and_the_call_counts_no_more(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=LATER, note="No bell")

    undo_last(lead, by=alice, at=LATER)

    lead.refresh_from_db()
    clock = lead.clocks.get()
    assert (clock.state, clock.ended_at, lead.attempts, lead.first_touched_at) == ("running", None, 0, None)
    done, taken_back = Activity.objects.filter(lead=lead).order_by("id")
    assert taken_back.reverses == done.pk
    assert lead.notes.get().text == "No bell"


def test_a_number_that_was_called_wrong_is_right_again(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("wrong_number"), by=alice, at=LATER)
    assert ContactPoint.objects.get(person=lead.person, kind="phone").state == "wrong"

    undo_last(lead, by=alice, at=LATER)

    phone = ContactPoint.objects.get(person=lead.person, kind="phone")
    assert (phone.state, phone.is_primary) == ("ok", True)


def test_an_opt_out_taken_back_lifts_the_suppression_it_made_but_none_that_was_there(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    disqualify_lead(lead, reason=reason("opted_out"), by=alice, at=LATER)
    undo_last(lead, by=alice, at=LATER)
    assert not Suppression.objects.filter(person=lead.person).exists()

    Suppression.objects.create(person=lead.person, channel="all", at=NOON)
    disqualify_lead(lead, reason=reason("opted_out"), by=alice, at=LATER)
    undo_last(lead, by=alice, at=LATER)
    assert Suppression.objects.filter(person=lead.person).exists()


def test_answers_taken_back_leave_what_was_known_before(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    need, budget = Criterion.objects.get(key="need"), Criterion.objects.get(key="budget")
    answer_criteria(lead, answers={need: ("yes", "They lose a day a week")}, by=alice, at=NOON)
    answer_criteria(lead, answers={need: ("no", ""), budget: ("no", "")}, by=alice, at=LATER)

    undo_last(lead, by=alice, at=LATER)

    newest = {answer.criterion_id: answer.value for answer in Answer.objects.filter(lead=lead).order_by("id")}
    assert newest == {need.pk: "yes", budget.pk: "unknown"}


def test_somebody_elses_act_cannot_be_taken_back(alice, bob):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=LATER)
    before = state(lead)

    with pytest.raises(LeadConflict, match="Only your own"):
        undo_last(lead, by=bob, at=LATER)

    assert state(lead) == before


def test_nor_ones_own_once_somebody_has_acted_since(alice, bob):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    act = log_call(lead, disposition=disposition("no_answer"), by=alice, at=LATER)
    log_touch(lead, kind="social", by=bob, at=LATER)
    before = state(lead)

    with pytest.raises(LeadConflict, match="acted on this lead since"):
        undo_last(lead, by=alice, at=LATER, event_id=act.pk)

    assert state(lead) == before


def test_nor_an_act_of_yesterday_where_she_is(alice):
    alice.time_zone = "Asia/Tokyo"
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    act = log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    before_midnight, midnight = datetime(2027, 3, 1, 14, 59, tzinfo=UTC), datetime(2027, 3, 1, 15, 0, tzinfo=UTC)

    assert can_undo(act, by=alice, at=before_midnight)
    with pytest.raises(LeadConflict):
        undo_last(lead, by=alice, at=midnight)


def test_a_correction_is_not_corrected(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=LATER)
    correction = undo_last(lead, by=alice, at=LATER)

    with pytest.raises(LeadConflict):
        undo_last(lead, by=alice, at=LATER, event_id=correction.pk)


def test_a_deal_lost_again_after_undo_opens_its_next_pursuit_again(alice, peter):
    lead = make_lead(phase=Phase.QUALIFIED, bdr=alice, ae=peter)
    lose_lead(lead, reason=reason("no_budget"), by=peter, at=LATER)
    undo_last(lead, by=peter, at=LATER)

    lose_lead(lead, reason=reason("no_decision"), by=peter, at=LATER)

    assert Lead.objects.get(previous=lead).phase == Phase.NURTURE
    assert broken(LATER) == {}


def test_a_lost_deal_stays_lost_once_its_next_pursuit_is_worked(alice, peter):
    lead = make_lead(phase=Phase.QUALIFIED, bdr=alice, ae=peter)
    lose_lead(lead, reason=reason("no_budget"), by=peter, at=LATER)
    change_wake(lead.next, wake_on=datetime(2027, 5, 1, tzinfo=UTC).date(), by=alice, at=LATER)

    with pytest.raises(LeadConflict, match="worked already"):
        undo_last(lead, by=peter, at=LATER)


def test_the_lead_of_a_referral_goes_with_the_recycling_that_opened_it(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    recycle_lead(lead, reason=reason("wrong_person"), referred_to=make_person(), by=alice, at=LATER)
    opened = Lead.objects.get(origin="rep_sourced")

    undo_last(lead, by=alice, at=LATER)

    opened.refresh_from_db()
    assert (opened.phase, opened.closed_as) == (Phase.CLOSED, "merged")
    assert Recycling.objects.get(lead=lead).undone_at == LATER
    assert broken(LATER) == {}


@pytest.mark.parametrize("decide", [approve_second_look, put_back])
def test_a_disqualification_the_manager_has_decided_about_stands(alice, mona, decide):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=LATER)
    decide(lead.second_looks.get(), by=mona, at=LATER)

    with pytest.raises(LeadConflict, match="acted on this lead since"):
        undo_last(lead, by=alice, at=LATER)

    assert broken(LATER) == {}


def test_an_end_is_not_taken_back_when_she_is_pursued_again(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    disqualify_lead(lead, reason=reason("competitor"), by=alice, at=LATER)
    engage([NewEngagement(lead.person_id, "replied", LATER)], at=LATER)

    with pytest.raises(LeadConflict, match="another lead"):
        undo_last(lead, by=alice, at=LATER)

    assert broken(LATER) == {}


def test_a_withdrawn_promise_is_a_promise_again(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    promised = (wall(datetime(2027, 3, 2, 9, tzinfo=UTC)), "America/New_York")
    set_step(lead, kind="call_back", due=promised, by=alice, at=NOON)
    before = state(lead)

    snooze_step(lead, until=NOON + timedelta(days=4), by=alice, at=LATER)
    undo_last(lead, by=alice, at=LATER)

    assert state(lead) == before
    step = lead.steps.open().get()
    assert (step.promised, step.zone, step.snoozed) == (True, "America/New_York", 0)


def test_booking_taken_back_lets_the_colleagues_go_on(alice, bob, peter):
    account = make_account()
    hers = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=account))
    his = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account))
    planned = his.due_at
    hand_off_lead(hers, ae=peter, by=alice, at=LATER, meeting=(wall(LATER + timedelta(days=5)), "UTC"))
    his.refresh_from_db()
    assert his.due_at > planned

    undo_last(hers, by=alice, at=LATER)

    his.refresh_from_db()
    assert his.due_at == planned
    assert broken(LATER) == {}


def test_a_sweep_between_the_act_and_the_undo_does_no_harm(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=LATER)

    sweep_leads(at=LATER + timedelta(seconds=5))
    undo_last(lead, by=alice, at=LATER + timedelta(seconds=9))

    lead.refresh_from_db()
    assert (lead.phase, lead.wake_at) == (Phase.WORKING, None)
    assert lead.steps.filter(state=Step.State.OPEN).count() == 1


def test_a_no_show_taken_back_waits_for_its_outcome_again(alice, peter):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    start = NOON + timedelta(hours=2)
    hand_off = hand_off_lead(lead, ae=peter, by=alice, at=NOON, meeting=(wall(start), "UTC"))
    accept_hand_off(hand_off, by=peter, at=NOON)
    before = state(lead)

    record_no_show(HandOff.objects.get(pk=hand_off.pk), by=peter, at=start + timedelta(minutes=10))
    undo_last(lead, by=peter, at=start + timedelta(minutes=11))

    assert state(lead) == before
