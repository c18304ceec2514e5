"""Two rows that are one person, taken apart again, and a person who wants to be forgotten."""

from datetime import datetime, timedelta

import pytest

from accounts.models import ContactPoint, Employment, Person, SearchText, Suppression
from accounts.search import index_people
from agreement.models import Lane, Phase
from agreement.models.vocabulary import PHASE_ORDER
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.covering import set_away
from leads.actions.engaging import NewEngagement, engage
from leads.actions.handing import hand_off_lead
from leads.actions.logging import add_note, log_call, set_step
from leads.actions.merging import erase_person, merge_people, undo_merge
from leads.checking import check_all
from leads.models import Clock, Engagement, Interest, Lead, LeadEvent, Note
from team.models import Absence
from tests.make import NOON, disposition, make_account, make_lead, make_person

MINUTE = timedelta(minutes=1)

LATER = NOON + timedelta(minutes=10)
OPEN = [phase for phase in Phase if phase != Phase.CLOSED]


def broken(at=LATER):
    return {name for name, ids in check_all(at=at).items() if ids}


def lead_in(phase, alice, peter, **more):
    return make_lead(phase=phase, bdr=None if phase == Phase.QUEUED else alice, ae=peter, **more)


@pytest.mark.parametrize("merged_phase", OPEN)
@pytest.mark.parametrize("kept_phase", OPEN)
def test_of_two_open_leads_the_further_one_survives(alice, peter, mona, kept_phase, merged_phase):
    kept, merged = lead_in(kept_phase, alice, peter), lead_in(merged_phase, alice, peter)
    further = merged if PHASE_ORDER.index(merged_phase) > PHASE_ORDER.index(kept_phase) else kept
    other = kept if further == merged else merged

    merge_people(kept.person, merged.person, by=mona, at=LATER)

    further.refresh_from_db()
    other.refresh_from_db()
    assert (further.phase, further.person) == (merged_phase if further == merged else kept_phase, kept.person)
    assert (other.phase, other.closed_as, other.person) == (Phase.CLOSED, "merged", kept.person)
    assert other.events.last().data["into"] == further.pk
    assert broken() == set()


def test_everything_that_was_hers_moves_and_one_of_each_stays_first(alice):
    kept = make_person(phone="+12025550111", account=make_account())
    merged = make_person(phone="+12025550111", email="second@example.com", account=make_account(), title="Head")
    engage([NewEngagement(merged.pk, "downloaded", NOON)], at=NOON)
    Suppression.objects.create(person=merged, channel="phone", at=NOON)

    merge_people(kept, merged, by=alice, at=LATER)

    primaries = ContactPoint.objects.filter(person=kept, is_primary=True)
    assert set(kept.contact_points.values_list("normalised", flat=True)) >= {"second@example.com", "+12025550111"}
    assert sorted(primaries.values_list("kind", flat=True)) == ["email", "phone"]
    assert kept.contact_points.filter(kind="phone").count() == 1
    assert Employment.objects.filter(person=kept, is_current=True).count() == 1
    assert Employment.objects.filter(person=kept).count() == 2
    assert Engagement.objects.get().person == kept
    assert Interest.objects.get().person == kept
    assert Suppression.objects.filter(person=kept, channel="phone").exists()
    assert Lead.objects.get().person == kept
    assert Person.objects.get(pk=merged.pk).merged_into == kept
    assert not SearchText.objects.filter(person=merged).exists()


@pytest.mark.parametrize("further", ["kept", "merged"])
def test_taken_apart_each_has_her_own_and_the_closed_one_is_followed(alice, peter, mona, further):
    kept = lead_in(Phase.WORKING if further == "kept" else Phase.QUEUED, alice, peter)
    merged = lead_in(Phase.QUEUED if further == "kept" else Phase.WORKING, alice, peter)
    her, other = kept.person, merged.person
    merge = merge_people(her, other, by=mona, at=LATER)

    new = undo_merge(merge, by=mona, at=LATER)

    closed = merged if further == "kept" else kept
    assert (new.previous, new.phase) == (closed, Phase.QUEUED)
    assert {lead.person for lead in Lead.objects.open()} == {her, other}
    assert set(Lead.objects.filter(pk__in=[merged.pk]).values_list("person", flat=True)) == {other.pk}
    assert broken() == set()
    with pytest.raises(LeadConflict, match="taken back already"):
        undo_merge(merge, by=mona, at=LATER)


def test_what_followed_while_they_were_one_goes_back_too(alice, peter, mona):
    kept, merged = lead_in(Phase.QUEUED, alice, peter), lead_in(Phase.NURTURE, alice, peter)
    person = merged.person
    Lead.objects.filter(pk=kept.pk).update(person=make_person())
    empty = make_person()
    merge = merge_people(empty, person, by=mona, at=LATER)
    engage([NewEngagement(empty.pk, "replied", LATER)], at=LATER)

    undo_merge(merge, by=mona, at=LATER)

    assert set(Lead.objects.filter(person=person).values_list("phase", flat=True)) == {"closed", "queued"}
    assert not Lead.objects.filter(person=empty).exists()


def test_who_is_one_already_or_gone_is_not_merged(alice):
    one, other, third = make_person(), make_person(), make_person()
    merge_people(one, other, by=alice, at=NOON)
    erase_person(third, by=None, at=NOON)

    for kept, merged in ((one, one), (one, other), (other, one), (one, third)):
        with pytest.raises(MoveRefused):
            merge_people(kept, merged, by=alice, at=LATER)


# What somebody waits for
def called_back(lead, by):
    call_back = (datetime(2027, 3, 1, 13, 0), "UTC")
    log_call(lead, disposition=disposition("call_back"), by=by, at=NOON, call_back=call_back)


def replied(lead, by):
    engage([NewEngagement(lead.person_id, "replied", NOON)], at=NOON)


def waits(lead):
    lead.refresh_from_db()
    steps = lead.steps.open().filter(promised=True).order_by("due_at")
    return list(steps.values_list("kind", "due_at", "local_due", "zone"))


def everything(lead):
    lead.refresh_from_db()
    columns = {field.attname: getattr(lead, field.attname) for field in Lead._meta.concrete_fields}
    del columns["version"]
    return columns, list(lead.steps.open().order_by("pk").values()), list(Clock.objects.running().filter(lead=lead))


@pytest.mark.parametrize("phase", OPEN)
@pytest.mark.parametrize("promise", [called_back, replied])
def test_what_was_promised_goes_on_in_the_pursuit_that_survives_and_undo_gives_it_back(
    alice, bob, peter, mona, phase, promise
):
    kept = lead_in(phase, alice, peter)
    if phase == Phase.WORKING:
        log_call(kept, disposition=disposition("no_answer"), by=alice, at=NOON)
    merged = make_lead(phase=Phase.WORKING if PHASE_ORDER.index(phase) > 2 else phase, bdr=bob)
    if phase == Phase.QUEUED or (promise == replied and phase == Phase.NURTURE):
        # Nobody calls who waits in the pool, and a reply wakes.
        promise = replied if phase == Phase.QUEUED else called_back
    promise(merged, bob)
    promised, before = waits(merged), everything(kept)
    events = kept.events.count()

    merge = merge_people(kept.person, merged.person, by=mona, at=LATER)

    assert waits(kept) == promised != []
    assert (kept.due_at <= promised[0][1]) or phase == Phase.HANDED_OFF
    assert kept.events.count() == events + 1
    assert broken() == set()

    new = undo_merge(merge, by=mona, at=LATER)

    assert waits(new) == promised
    assert everything(kept) == before
    assert broken() == set()


@pytest.mark.parametrize("phase", [Phase.QUEUED, Phase.WORKING, Phase.QUALIFIED])
def test_whoever_asked_to_be_contacted_is_called_now_by_whoever_has_her_and_undo_puts_it_back(
    alice, peter, mona, phase
):
    kept, merged = lead_in(phase, alice, peter), make_lead(lane=Lane.HAND_RAISER)
    before = everything(kept)

    merge = merge_people(kept.person, merged.person, by=mona, at=LATER)

    ((kind, due_at, _local, _zone),) = waits(kept)
    assert (kind, kept.due_at) == ("call_back", due_at)
    assert due_at == LATER + timedelta(minutes=1)
    # Whom nobody has reached is promised what everybody is who asks.
    assert (kept.lane == Lane.HAND_RAISER) == (phase != Phase.QUALIFIED)
    assert broken() == set()
    new = undo_merge(merge, by=mona, at=LATER)
    assert new.lane == Lane.HAND_RAISER
    assert everything(kept)[:2] == before[:2]
    assert broken() == set()


@pytest.mark.parametrize("is_away", [True, False])
def test_who_asked_is_kept_for_one_rep_only_shortly_and_for_nobody_who_is_away(alice, mona, is_away):
    kept, merged = make_lead(bdr=alice, reserved=True), make_lead(lane=Lane.HAND_RAISER)
    if is_away:
        Absence.objects.create(user=alice, starts_at=NOON, ends_at=NOON + timedelta(days=3))
    before = everything(kept)

    merge = merge_people(kept.person, merged.person, by=mona, at=LATER)

    kept.refresh_from_db()
    until = None if is_away else LATER + timedelta(minutes=3)
    assert (kept.bdr, kept.reserved_until) == (None if is_away else alice, until)
    assert kept.steps.open().get().assignee == kept.bdr
    assert broken() == set()
    undo_merge(merge, by=mona, at=LATER)
    assert everything(kept)[:2] == before[:2]


def test_what_was_done_since_the_merge_stays_done_and_only_what_is_open_goes_back(alice, bob, mona):
    kept, merged = make_lead(phase=Phase.WORKING, bdr=alice), make_lead(phase=Phase.WORKING, bdr=bob)
    called_back(merged, bob)
    promised = waits(merged)
    merge = merge_people(kept.person, merged.person, by=mona, at=LATER)
    add_note(kept, text="looked at her page", by=alice, at=LATER)

    new = undo_merge(merge, by=mona, at=LATER)

    assert (waits(new), waits(kept)) == (promised, [])
    assert kept.notes.count() == 1
    assert broken() == set()


def test_one_reply_is_answered_once_whichever_pursuit_it_came_to(alice, bob, mona):
    kept, merged = make_lead(phase=Phase.WORKING, bdr=alice), make_lead(phase=Phase.WORKING, bdr=bob)
    replied(kept, alice)
    replied(merged, bob)
    events = kept.events.count()

    merge_people(kept.person, merged.person, by=mona, at=LATER)

    assert [kind for kind, *_more in waits(kept)] == ["reply"]
    assert kept.events.count() == events


# Forgotten
@pytest.mark.parametrize("phase", OPEN)
def test_the_lead_ends_as_erased_and_history_stays(alice, peter, phase):
    lead = lead_in(phase, alice, peter)
    events = lead.events.count()

    erase_person(lead.person, by=None, at=LATER)

    lead.refresh_from_db()
    assert (lead.phase, lead.closed_as, lead.due_at) == (Phase.CLOSED, "erased", None)
    assert lead.events.count() == events + 1
    assert not lead.hand_offs.open().exists()
    assert broken() == set()


def test_no_word_of_hers_stays_anywhere_not_even_in_rows_that_were_merged_into_her(alice, mona):
    lead = make_lead(
        phase=Phase.WORKING,
        bdr=alice,
        person=make_person(given_name="Zebulon", family_name="Quux", email="zebulon@quux.example", city="Quuxton"),
    )
    twin = make_person(given_name="Zeb", family_name="Quux", email="zeb@quux.example")
    merge_people(lead.person, twin, by=mona, at=NOON)
    index_people([lead.person_id])
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON, note="Zebulon was out")
    set_step(lead, kind="task", due=LATER + timedelta(days=1), title="Write to Zebulon", by=alice, at=NOON)
    add_note(lead, text="quux", by=alice, at=NOON)

    erase_person(lead.person, by=None, at=LATER)

    rows = [
        *Person.objects.values(), *Note.objects.values(), *lead.steps.values(), *LeadEvent.objects.values(),
        *ContactPoint.objects.values(), *SearchText.objects.values(), *Suppression.objects.values(),
        *Lead.objects.values(),
    ]  # fmt: skip
    assert [row for row in rows if "quux" in str(row).lower() or "zeb" in str(row).lower()] == []
    assert Note.objects.filter(erased_at=LATER).count() == 2
    assert Suppression.objects.filter(person=None, channel="all").count() == 2


@pytest.mark.parametrize("hours", [2, 30, 60])
def test_taken_apart_after_an_absence_the_pursuit_is_due_with_what_is_planned(alice, bob, mona, hours):
    kept, merged = make_lead(phase=Phase.WORKING, bdr=alice), make_lead(phase=Phase.WORKING, bdr=bob, at=NOON + MINUTE)
    log_call(kept, disposition=disposition("no_answer"), by=alice, at=NOON)
    promised = ((NOON + timedelta(hours=hours)).replace(tzinfo=None), "UTC")
    log_call(merged, disposition=disposition("call_back"), by=bob, at=NOON + MINUTE, call_back=promised)
    merge = merge_people(kept.person, merged.person, by=mona, at=NOON + 2 * MINUTE)
    back = NOON + timedelta(days=1, hours=3)
    set_away(alice, starts_at=NOON + 3 * MINUTE, ends_at=back, cover=bob, by=mona, at=NOON + 3 * MINUTE)

    undo_merge(merge, by=mona, at=NOON + 4 * MINUTE)

    assert not {name: ids for name, ids in check_all(at=NOON + 4 * MINUTE).items() if ids}


@pytest.mark.parametrize("hours", [2, 60])
def test_taken_apart_after_a_meeting_at_the_account_it_waits_for_that(alice, bob, mona, peter, hours):
    account = make_account()
    kept = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=account))
    merged = make_lead(phase=Phase.WORKING, bdr=bob, at=NOON + MINUTE)
    log_call(kept, disposition=disposition("no_answer"), by=alice, at=NOON)
    promised = ((NOON + timedelta(hours=hours)).replace(tzinfo=None), "UTC")
    log_call(merged, disposition=disposition("call_back"), by=bob, at=NOON + MINUTE, call_back=promised)
    merge = merge_people(kept.person, merged.person, by=mona, at=NOON + 2 * MINUTE)
    other = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account))
    meeting = ((NOON + timedelta(days=3)).replace(tzinfo=None), "UTC")
    hand_off_lead(other, ae=peter, by=bob, at=NOON + 3 * MINUTE, meeting=meeting)

    undo_merge(merge, by=mona, at=NOON + 4 * MINUTE)

    assert not {name: ids for name, ids in check_all(at=NOON + 4 * MINUTE).items() if ids}
