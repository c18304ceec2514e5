"""What people do: recorded once, judged by the definition in force; who asks or replies stands in front."""

from datetime import timedelta

import pytest

from agreement.models import Lane, Phase, StepKind
from leads.actions.claiming import claim_lead, release_lead, take_next
from leads.actions.closing import disqualify_lead
from leads.actions.engaging import NewEngagement, engage, promote
from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.actions.logging import log_call
from leads.actions.merging import erase_person
from leads.checking import check_all
from leads.models import Engagement, Interest, Lead, Verdict
from tests.make import NOON, disposition, make_account, make_lead, make_person, reason

LATER = NOON + timedelta(hours=2)


def did(person, kind, *, at=NOON, **more):
    return NewEngagement(person.pk, kind, at, source="site", **more)


def broken(at):
    return {name: ids for name, ids in check_all(at=at).items() if ids}


@pytest.mark.parametrize(
    ("kind", "lane", "origin"),
    [
        ("asked", Lane.HAND_RAISER, "hand_raiser"),
        ("attended", Lane.CONTENT, "inbound"),
        ("registered", Lane.CONTENT, "inbound"),
        ("downloaded", Lane.CONTENT, "inbound"),
        ("listed", Lane.LIST, "inbound"),
        ("replied", Lane.HAND_RAISER, "signal"),
    ],
)
def test_what_the_definition_names_makes_a_lead_in_its_lane(team, kind, lane, origin):
    person = make_person()

    engage([did(person, kind)], at=NOON)

    lead = Lead.objects.get(person=person)
    assert (lead.phase, lead.lane, lead.origin, lead.team) == (Phase.QUEUED, lane, origin, team)
    assert Verdict.objects.get(person=person).answer == "lead"


@pytest.mark.parametrize(
    ("kind", "times", "title", "employees", "answer"),
    [
        ("read", 1, "", None, "definition"),
        ("followed", 1, "", None, "definition"),
        ("clicked", 2, "Head of Data", 500, "definition"),
        ("clicked", 3, "Head of Data", 500, "lead"),
        ("clicked", 3, "Intern", None, "definition"),
        ("visited", 19, "Head of Data", 500, "definition"),
        ("visited", 20, "Head of Data", 500, "lead"),
        ("visited", 20, "Manager", None, "definition"),
    ],
)
def test_fit_and_interest_decide_where_the_definition_asks_for_them(team, kind, times, title, employees, answer):
    person = make_person(title=title, account=make_account(employees=employees) if title else None)

    engage([did(person, kind) for _time in range(times)], at=NOON)

    assert Verdict.objects.filter(person=person).order_by("-id").first().answer == answer
    assert Lead.objects.filter(person=person).exists() == (answer == "lead")


@pytest.mark.parametrize("standing", ["customer", "open_opportunity", "competitor", "do_not_work"])
def test_whoever_is_no_prospect_gets_a_stored_no(team, standing):
    person = make_person(account=make_account(standing=standing))

    entered = engage([did(person, "asked")], at=NOON)

    assert entered.refused == {person.pk: standing}
    assert Verdict.objects.get(person=person).answer == "standing"
    assert broken(NOON) == {}


def test_the_same_thing_told_twice_is_one_engagement(team):
    person = make_person()
    told = did(person, "downloaded", external_id="42")

    engage([told, told], at=NOON)
    engage([told], at=LATER)

    assert Engagement.objects.filter(person=person).count() == 1
    assert Interest.objects.get(person=person).points == 10
    assert Lead.objects.filter(person=person).count() == 1


def test_what_is_old_when_it_arrives_makes_no_lead_and_says_so(team):
    person = make_person()

    engage([did(person, "asked", at=NOON - timedelta(days=3))], at=NOON)

    assert not Lead.objects.filter(person=person).exists()
    assert Verdict.objects.get(person=person).answer == "old"


def test_what_a_file_brings_wakes_nobody_by_itself(team, alice):
    asleep = make_lead(phase=Phase.NURTURE, bdr=alice)

    engage([did(asleep.person, "asked", import_id=7), did(asleep.person, "replied", import_id=7)], at=NOON)
    fresh = make_person()
    engage([did(fresh, "asked", import_id=7)], at=NOON)

    asleep.refresh_from_db()
    assert asleep.phase == Phase.NURTURE
    assert not Lead.objects.filter(person=fresh).exists()


def test_of_several_things_at_once_the_fastest_lane_wins_and_each_has_its_verdict(team):
    person = make_person()

    engage([did(person, "downloaded"), did(person, "asked"), did(person, "read")], at=NOON)

    assert Lead.objects.get(person=person).lane == Lane.HAND_RAISER
    answers = Verdict.objects.filter(person=person).order_by("engagement_id").values_list("answer", flat=True)
    assert list(answers) == ["lead", "lead", "definition"]


def test_a_second_request_of_somebody_refused_has_its_verdict_too(team):
    person = make_person(account=make_account(standing="customer"))

    engage([did(person, "asked"), did(person, "asked")], at=NOON)

    assert list(Verdict.objects.filter(person=person).values_list("answer", flat=True)) == ["standing", "standing"]
    assert broken(NOON) == {}


# Somebody with an open lead
@pytest.mark.parametrize("kind", ["replied", "asked"])
def test_who_replies_or_asks_while_asleep_wakes_as_somebody_who_waits(alice, kind):
    asleep = make_lead(phase=Phase.NURTURE, bdr=alice)

    engage([did(asleep.person, kind, at=LATER)], at=LATER)

    asleep.refresh_from_db()
    back = asleep.next
    assert (asleep.phase, asleep.closed_as) == (Phase.CLOSED, "woken")
    assert (back.lane, back.band, back.bdr, back.origin) == (Lane.HAND_RAISER, Lead.Band.WAITING, alice, "signal")
    assert broken(LATER) == {}


def test_who_reads_while_asleep_sleeps_on(alice):
    asleep = make_lead(phase=Phase.NURTURE, bdr=alice)

    engage([did(asleep.person, "read", at=LATER)], at=LATER)

    asleep.refresh_from_db()
    assert asleep.phase == Phase.NURTURE


@pytest.mark.parametrize(("kind", "step_kind"), [("replied", StepKind.REPLY), ("asked", StepKind.CALL_BACK)])
@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.ACCEPTED, Phase.QUALIFIED])
def test_who_replies_or_asks_while_worked_is_due_now_in_front(alice, peter, phase, kind, step_kind):
    lead = make_lead(phase=phase, bdr=alice, ae=peter)

    engage([did(lead.person, kind, at=LATER)], at=LATER)

    lead.refresh_from_db()
    step = lead.steps.open().order_by("due_at").first()
    assert (step.kind, step.promised, step.assignee_id) == (step_kind, True, lead.responsible_id)
    assert lead.due_at == step.due_at == LATER + timedelta(minutes=1)
    assert broken(LATER) == {}


def test_a_reply_to_a_lead_that_was_handed_off_reaches_the_bdr_and_the_answer_stays_due(alice, peter):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)
    response = lead.due_at

    engage([did(lead.person, "replied", at=LATER)], at=LATER)

    lead.refresh_from_db()
    step = lead.steps.open().get()
    assert (step.kind, step.assignee, step.due_at) == (StepKind.REPLY, alice, LATER + timedelta(minutes=1))
    assert lead.due_at == response
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=LATER)
    assert not lead.steps.open().exists()
    assert broken(LATER) == {}


def test_a_reply_is_answered_by_the_call_and_the_meeting_stays(alice, peter):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    hand_off = hand_off_lead(
        lead, ae=peter, by=alice, at=NOON, meeting=((NOON + timedelta(days=2)).replace(tzinfo=None), "UTC")
    )
    accept_hand_off(hand_off, by=peter, at=NOON)
    engage([did(lead.person, "replied", at=LATER)], at=LATER)

    log_call(lead, disposition=disposition("no_answer"), by=peter, at=LATER)

    lead.refresh_from_db()
    assert lead.steps.open().get().kind == StepKind.MEETING
    assert lead.due_at == NOON + timedelta(days=2)


@pytest.mark.parametrize("kind", ["replied", "asked"])
def test_who_replies_or_asks_while_queued_is_the_next_one_taken_and_stays_what_she_was(team, alice, kind):
    for _other in range(3):
        make_lead(lane=Lane.CONTENT, at=NOON - timedelta(hours=1))
    lead = make_lead(lane=Lane.LIST, origin="import")

    engage([did(lead.person, kind, at=LATER)], at=LATER)

    lead.refresh_from_db()
    assert (lead.band, lead.origin, lead.due_at) == (Lead.Band.WAITING, "import", LATER + timedelta(minutes=1))
    assert broken(LATER) == {}
    taken = take_next(by=alice, at=LATER)
    assert taken == lead
    step = taken.steps.open().get()
    assert (step.kind, step.assignee) == (StepKind.REPLY if kind == "replied" else StepKind.CALL_BACK, alice)
    assert taken.due_at == step.due_at
    assert taken.cadence is not None
    log_call(taken, disposition=disposition("no_answer"), by=alice, at=LATER)
    assert taken.steps.open().get().attempt == 2


def test_a_reply_goes_back_to_the_pool_with_the_lead(team, alice, bob):
    lead = make_lead()
    engage([did(lead.person, "replied", at=LATER)], at=LATER)
    claim_lead(lead, by=alice, at=LATER)

    release_lead(lead, by=alice, at=LATER)

    lead.refresh_from_db()
    step = lead.steps.open().get()
    assert (step.kind, step.assignee, lead.band, lead.due_at) == (StepKind.REPLY, None, Lead.Band.WAITING, step.due_at)
    assert broken(LATER) == {}


def test_a_reply_after_the_end_opens_the_next_pursuit_for_whoever_knew_her(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    disqualify_lead(lead, reason=reason("not_our_market"), by=alice, at=NOON)

    engage([did(lead.person, "replied", at=LATER)], at=LATER)

    lead.refresh_from_db()
    assert (lead.next.bdr, lead.next.lane, lead.next.band) == (alice, Lane.HAND_RAISER, Lead.Band.WAITING)
    assert lead.next.origin == "signal"
    assert broken(LATER) == {}


def test_an_erased_person_gets_no_lead_whatever_arrives(alice):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice)
    engage([did(lead.person, "replied")], at=NOON)
    again = lead.next
    erase_person(lead.person, by=None, at=NOON)

    engage([did(lead.person, "replied", at=LATER)], at=LATER)

    again.refresh_from_db()
    assert again.closed_as == "erased"
    assert not Lead.objects.open().filter(person=lead.person).exists()
    assert broken(LATER) == {}


def test_promoting_costs_the_same_for_many(team, django_assert_max_num_queries):
    people = [make_person() for _person in range(30)]

    with django_assert_max_num_queries(60):
        engage([did(person, "downloaded") for person in people], at=NOON)

    assert Lead.objects.count() == 30


def test_promoting_again_what_was_judged_changes_nothing(team):
    person = make_person()
    engage([did(person, "downloaded")], at=NOON)

    entered = promote(list(Engagement.objects.filter(person=person)), at=LATER)

    assert entered.leads == []
    assert Lead.objects.filter(person=person).count() == 1
