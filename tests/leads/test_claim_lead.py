"""The pool: taking a lead, giving it back, moving it."""

from datetime import timedelta

import pytest

from agreement.models import Lane, Phase, StepKind
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.claiming import claim_lead, open_count, reassign_leads, release_lead, take_next
from leads.actions.logging import log_call
from leads.checking import check_all
from leads.models import Lead, Notice
from team.models import Role
from tests.make import NOON, disposition, make_lead, make_person, make_user

LATER = NOON + timedelta(minutes=10)


def broken(at=LATER):
    return {name for name, ids in check_all(at=at).items() if ids}


def nothing_changed(lead, before):
    return Lead.objects.filter(pk=lead.pk).values().get() == before


# Taking
def test_claiming_gives_the_lead_to_the_rep_with_her_first_attempt_and_records_it(alice):
    lead = make_lead()

    event = claim_lead(lead, by=alice, at=LATER)

    step = lead.steps.open().get()
    assert (lead.phase, lead.stage.key, lead.bdr, lead.first_working_at) == (
        Phase.WORKING, "attempting", alice, LATER
    )  # fmt: skip
    assert (step.kind, step.attempt, step.assignee) == (StepKind.CALL_EMAIL, 1, alice)
    assert lead.due_at == step.due_at == lead.clocks.get().due_at
    assert (event.verb, event.by, event.from_phase, event.to_phase) == ("claim", alice, "queued", "working")
    assert broken() == set()


def test_the_second_rep_is_refused_by_name_and_nothing_changes(alice, bob):
    lead = make_lead()
    seen_by_bob = Lead.objects.get(pk=lead.pk)
    claim_lead(lead, by=alice, at=LATER)
    before = Lead.objects.filter(pk=lead.pk).values().get()

    with pytest.raises(LeadConflict, match=r"^Alice has just taken this lead\.$"):
        claim_lead(seen_by_bob, by=bob, at=LATER)

    assert nothing_changed(lead, before)
    assert lead.events.count() == 2


def test_what_is_reserved_for_a_colleague_is_hers_until_then(alice, bob):
    lead = make_lead(bdr=alice, reserved=True)

    with pytest.raises(LeadConflict, match="Reserved for Alice"):
        claim_lead(lead, by=bob, at=lead.reserved_until - timedelta(seconds=1))

    claim_lead(lead, by=bob, at=lead.reserved_until)
    assert lead.bdr == bob


def test_another_teams_pool_is_shut(alice, eve):
    with pytest.raises(MoveRefused, match="Another team's pool"):
        claim_lead(make_lead(), by=eve, at=LATER)


@pytest.mark.parametrize("take", ["claim", "next"])
def test_at_her_limit_she_finishes_some_first(alice, take):
    alice.open_limit = 1
    alice.save(update_fields=["open_limit"])
    claim_lead(make_lead(), by=alice, at=LATER)
    lead = make_lead()

    with pytest.raises(MoveRefused, match="You hold 1 open lead, your limit"):
        claim_lead(lead, by=alice, at=LATER) if take == "claim" else take_next(by=alice, at=LATER)

    assert open_count(alice) == 1
    assert Lead.objects.get(pk=lead.pk).phase == Phase.QUEUED


def test_what_is_reserved_for_her_counts_already_and_can_be_taken_at_the_limit(alice):
    alice.open_limit = 1
    alice.save(update_fields=["open_limit"])
    lead = make_lead(bdr=alice, reserved=True)

    claim_lead(lead, by=alice, at=LATER)

    assert (lead.bdr, open_count(alice)) == (alice, 1)


def test_the_next_lead_is_the_first_of_the_pool_and_an_empty_pool_gives_none(alice):
    later, first = make_lead(at=LATER), make_lead(at=NOON)
    raiser = make_lead(lane=Lane.HAND_RAISER, at=LATER)

    assert [take_next(by=alice, at=LATER) for _time in range(4)] == [raiser, first, later, None]


def test_who_is_no_bdr_takes_nothing(mona, peter):
    make_lead()

    for user in (mona, peter):
        with pytest.raises(MoveRefused, match="Only a BDR"):
            take_next(by=user, at=LATER)


@pytest.mark.parametrize(
    ("missing", "kind"),
    [
        ((), StepKind.CALL_EMAIL),
        (("phone",), StepKind.EMAIL),
        (("email",), StepKind.CALL),
        (("phone", "email"), StepKind.FIND_CONTACT),
    ],
)
def test_the_first_attempt_goes_over_a_channel_she_has(alice, missing, kind):
    lead = make_lead(person=make_person(**dict.fromkeys(missing)))

    claim_lead(lead, by=alice, at=LATER)

    assert lead.steps.open().get().kind == kind


# Giving back
def test_an_untouched_lead_goes_back_to_its_first_touch(alice, bob):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    clock = lead.clocks.get()

    release_lead(lead, by=alice, at=LATER)

    assert (lead.phase, lead.bdr, lead.due_at, lead.band) == (Phase.QUEUED, None, clock.due_at, 1)
    assert not lead.steps.open().exists()
    assert lead.clocks.get().state == "running"
    assert take_next(by=bob, at=LATER) == lead
    assert broken() == set()


def test_a_touched_lead_goes_back_with_its_plan(alice, bob):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=LATER)
    planned = lead.steps.open().get()

    release_lead(lead, by=alice, at=LATER)
    assert (lead.due_at, lead.band, lead.steps.open().get().assignee) == (planned.due_at, 2, None)

    claim_lead(lead, by=bob, at=LATER)
    assert lead.steps.open().get() == planned
    assert lead.steps.open().get().assignee == bob
    assert (lead.attempts, broken()) == (1, set())


@pytest.mark.parametrize("phase", [Phase.QUEUED, Phase.HANDED_OFF, Phase.NURTURE])
def test_only_what_is_worked_can_be_given_back(alice, phase):
    lead = make_lead(phase=phase, bdr=None if phase == Phase.QUEUED else alice)

    with pytest.raises(LeadConflict):
        release_lead(lead, by=alice, at=LATER)


# Moving
def test_a_manager_moves_many_at_once_and_the_receiver_hears_of_all_at_once(alice, bob, mona):
    leads = [make_lead(phase=Phase.WORKING, bdr=alice) for _lead in range(3)]
    dues = [lead.due_at for lead in leads]

    events = reassign_leads([lead.pk for lead in leads], to=bob, by=mona, at=LATER)

    moved = list(Lead.objects.order_by("pk"))
    assert [lead.bdr for lead in moved] == [bob] * 3
    assert [lead.due_at for lead in moved] == dues
    assert {lead.steps.open().get().assignee for lead in moved} == {bob}
    assert {event.verb for event in events} == {"reassign"}
    told = Notice.objects.get(user=bob, kind="returned")
    assert sorted(told.leads) == [lead.pk for lead in moved]
    assert broken() == set()


def test_a_missed_lead_is_kept_for_its_new_rep_until_the_day_is_over(alice, mona):
    lead = make_lead(at=NOON - timedelta(days=7))

    reassign_leads([lead.pk], to=alice, by=mona, at=NOON)

    lead.refresh_from_db()
    assert lead.reserved_until == NOON.replace(hour=18)


def test_a_lead_moved_to_another_team_waits_in_its_pool(alice, mona, eve):
    south = eve.memberships.get().team
    lead = make_lead(phase=Phase.WORKING, bdr=alice)

    reassign_leads([lead.pk], team=south, by=mona, at=LATER)

    lead.refresh_from_db()
    assert (lead.phase, lead.team, lead.bdr) == (Phase.QUEUED, south, None)
    assert take_next(by=eve, at=LATER) == lead


@pytest.mark.parametrize("who", ["left", "of another team", "an AE"])
def test_who_cannot_hold_it_gets_nothing_and_nothing_is_moved(alice, bob, mona, eve, peter, who):
    if who == "left":
        bob.is_active = False
        bob.save(update_fields=["is_active"])
    receiver = {"left": bob, "of another team": eve, "an AE": peter}[who]
    leads = [make_lead(phase=Phase.WORKING, bdr=alice) for _lead in range(2)]

    with pytest.raises(MoveRefused) as refusal:
        reassign_leads([lead.pk for lead in leads], to=receiver, by=mona, at=LATER)

    assert refusal.value.field == "to"
    assert set(Lead.objects.values_list("bdr", flat=True)) == {alice.pk}
    assert not Notice.objects.exists()


def test_deals_go_to_aes_and_their_bdr_stays(alice, bob, mona, peter):
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    paula = make_user("paula", Role.AE)

    reassign_leads([lead.pk], to=paula, by=mona, at=LATER)
    with pytest.raises(MoveRefused, match="account executive"):
        reassign_leads([lead.pk], to=bob, by=mona, at=LATER)

    lead.refresh_from_db()
    assert (lead.ae, lead.bdr, lead.steps.open().get().assignee) == (paula, alice, paula)
    assert lead.hand_offs.get().ae == paula
