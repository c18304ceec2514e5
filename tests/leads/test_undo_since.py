"""What happened elsewhere between an act and its undo: she is forgotten or pursued anew, has said it to others too, her
number was corrected, the stage is gone, a meeting was booked. Nothing of that is taken back with the act."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions.people import add_contact_point, correct_contact_point, suppress_person
from accounts.models import ContactPoint, Suppression
from agreement.models import Criterion, Lane, Phase, Stage
from leads.actions.answering import answer_criteria
from leads.actions.changing import LeadConflict
from leads.actions.claiming import claim_lead
from leads.actions.closing import disqualify_lead
from leads.actions.covering import set_away
from leads.actions.engaging import NewEngagement, engage
from leads.actions.handing import hand_off_lead
from leads.actions.logging import log_call
from leads.actions.merging import erase_person, merge_people, undo_merge
from leads.actions.outcomes import lose_lead, win_lead
from leads.actions.recycling import recycle_lead
from leads.actions.restaging import retire_stage
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.folding import fold
from leads.models import Lead
from tests.leads.files import bring
from tests.make import NOON, disposition, make_account, make_lead, make_person, reason

AT = NOON + timedelta(minutes=30)
LATER = AT + timedelta(minutes=5)
START = NOON + timedelta(days=2)


def broken(at=LATER):
    return {name for name, ids in check_all(at=at).items() if ids}


def disqualified(lead, by):
    disqualify_lead(lead, reason=reason("bad_data"), by=by, at=AT)


ENDS = {
    "disqualified": disqualified,
    "won": lambda lead, by: win_lead(lead, by=by, at=AT),
    "lost": lambda lead, by: lose_lead(lead, reason=reason("no_budget"), by=by, at=AT),
}


def over(how, alice, peter):
    """A lead that has ended like this, and who has ended it."""
    phase, by = (Phase.WORKING, alice) if how == "disqualified" else (Phase.QUALIFIED, peter)
    lead = make_lead(phase=phase, bdr=alice, ae=peter)
    ENDS[how](lead, by)
    return lead, by


# The person
@pytest.mark.parametrize("how", ENDS)
def test_whoever_was_forgotten_since_is_not_pursued_again(alice, peter, how):
    lead, by = over(how, alice, peter)
    erase_person(lead.person, by=None, at=AT + timedelta(minutes=1))

    with pytest.raises(LeadConflict, match=r"cannot be taken back|worked already"):
        undo_last(lead, by=by, at=LATER)

    lead.refresh_from_db()
    assert lead.phase == Phase.CLOSED
    assert broken() == set()


def test_the_page_says_why_it_cannot_be_taken_back(client, alice):
    now = timezone.now()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    act = disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=now)
    erase_person(lead.person, by=None, at=now)
    client.force_login(alice)

    answer = client.post(reverse("leads:undo", args=[lead.public_id]), {"event": act.pk})

    assert answer.status_code == 409
    assert "This person is no longer with us" in answer.text


@pytest.mark.parametrize("how", ["disqualified", "won"])
@pytest.mark.parametrize("then", ["sleeps", "over"])
def test_an_end_is_not_taken_back_once_another_pursuit_has_followed(alice, peter, how, then):
    lead, by = over(how, alice, peter)
    engage([NewEngagement(lead.person_id, "replied", AT + timedelta(minutes=1))], at=AT + timedelta(minutes=1))
    following = Lead.objects.get(previous=lead)
    claim_lead(following, by=alice, at=AT + timedelta(minutes=2))
    if then == "sleeps":
        recycle_lead(following, reason=reason("not_ready"), by=alice, at=AT + timedelta(minutes=3))
    else:
        disqualify_lead(following, reason=reason("bad_data"), by=alice, at=AT + timedelta(minutes=3))

    with pytest.raises(LeadConflict, match="another lead"):
        undo_last(lead, by=by, at=LATER)

    assert broken() == set()


# Her stage
def test_whoever_stood_in_a_stage_that_is_gone_stands_in_its_successor(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    gone = lead.stage
    other = Stage.objects.in_use().filter(phase=Phase.WORKING).exclude(pk=gone.pk).first()
    disqualified(lead, alice)
    retire_stage(gone, successor=other, by=None, at=AT + timedelta(minutes=1))

    undo_last(lead, by=alice, at=LATER)

    lead.refresh_from_db()
    assert (lead.phase, lead.stage) == (Phase.WORKING, other)
    assert fold(lead.events.order_by("id")).contradictions == []
    assert broken() == set()


# What she said to others, too
def opted_out(lead, by, at=AT):
    disqualify_lead(lead, reason=reason("opted_out"), by=by, at=at)


def by_form(lead, lea):
    suppress_person(lead.person, "all", source="unsubscribe", at=AT + timedelta(seconds=1))


def by_merge(lead, lea):
    other = make_person()
    suppress_person(other, "all", source="import", at=NOON)
    merge_people(lead.person, other, by=None, at=AT + timedelta(seconds=1))


def by_merge_of_what_two_reps_heard(lead, lea):
    other = make_person()
    suppress_person(other, "all", source="rep", at=NOON)
    merge_people(lead.person, other, by=None, at=AT + timedelta(seconds=1))


def by_colleague(lead, lea):
    other = make_lead(phase=Phase.WORKING, bdr=lead.bdr)
    merge_people(lead.person, other.person, by=None, at=AT + timedelta(seconds=1))
    other.refresh_from_db()
    opted_out(other, lead.bdr, at=AT + timedelta(seconds=2))


@pytest.mark.parametrize("said", [by_form, by_merge, by_merge_of_what_two_reps_heard, by_colleague])
def test_an_opt_out_that_somebody_else_has_heard_too_stays(alice, lea, said):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    opted_out(lead, alice)
    said(lead, lea)

    undo_last(lead, by=alice, at=LATER)

    assert Suppression.objects.filter(person=lead.person_id, channel="all").exists()
    assert broken() == set()


def silent(*people):
    return [Suppression.objects.filter(person=one, channel="all").exists() for one in people]


def test_an_opt_out_is_taken_back_from_whom_she_was_found_to_be(alice, mona):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    was, kept = lead.person, make_person()
    opted_out(lead, alice)
    merge = merge_people(kept, was, by=mona, at=AT + timedelta(seconds=1))
    assert silent(kept, was) == [True, False]

    undo_last(lead, by=alice, at=LATER)

    lead.refresh_from_db()
    assert (lead.person, lead.phase, silent(kept, was)) == (kept, Phase.WORKING, [False, False])
    undo_merge(merge, by=mona, at=LATER)
    assert silent(kept, was) == [False, False]
    assert broken() == set()


def test_taken_apart_again_the_opt_out_is_hers_alone_and_taken_back_from_her(alice, mona):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    was, kept = lead.person, make_person()
    opted_out(lead, alice)
    undo_merge(merge_people(kept, was, by=mona, at=AT + timedelta(seconds=1)), by=mona, at=AT + timedelta(seconds=2))
    assert silent(kept, was) == [False, True]

    undo_last(lead, by=alice, at=LATER)

    assert silent(kept, was) == [False, False]


def test_what_a_colleague_heard_of_the_one_stays_when_the_other_is_pursued_again(alice, bob, mona):
    hers, his = make_lead(phase=Phase.WORKING, bdr=alice), make_lead(phase=Phase.WORKING, bdr=bob)
    opted_out(hers, alice)
    opted_out(his, bob)
    kept = his.person
    merge_people(kept, hers.person, by=mona, at=AT + timedelta(seconds=1))

    undo_last(hers, by=alice, at=LATER)

    assert silent(kept) == [True]
    with pytest.raises(LeadConflict, match="another lead"):
        undo_last(his, by=bob, at=LATER)


@pytest.mark.parametrize("whose", ["kept", "merged"])
def test_what_was_said_while_two_were_one_holds_for_both_and_is_not_half_taken_back(alice, mona, whose):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    one, other = lead.person, make_person()
    kept, merged = (one, other) if whose == "kept" else (other, one)
    merge = merge_people(kept, merged, by=mona, at=AT - timedelta(seconds=1))
    opted_out(Lead.objects.get(pk=lead.pk), alice)
    undo_merge(merge, by=mona, at=AT + timedelta(seconds=1))
    assert silent(kept, merged) == [True, True]

    with pytest.raises(LeadConflict, match="holds for both"):
        undo_last(lead, by=alice, at=LATER)

    lead.refresh_from_db()
    assert (lead.person, lead.phase, silent(kept, merged)) == (one, Phase.CLOSED, [True, True])


def test_what_somebody_else_said_of_them_while_they_were_one_is_kept_for_both(mona):
    kept, merged = make_person(), make_person()
    suppress_person(merged, "all", source="import", at=NOON)
    merge = merge_people(kept, merged, by=mona, at=AT)
    suppress_person(kept, "all", source="unsubscribe", at=AT + timedelta(seconds=1))

    undo_merge(merge, by=mona, at=LATER)

    assert silent(kept, merged) == [True, True]


def test_what_a_file_says_of_her_too_stays_and_is_new_once(alice, lea):
    now = timezone.now()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(email="ada@corvane.io"), at=now)
    opted_out(lead, alice, at=now)
    counts = []
    for _time in range(2):
        column = {"Never": {"target": "do_not_contact"}}
        run = bring("Email,Never\nada@corvane.io,yes\n", by=lea, columns=column)
        counts.append((run.state, run.rows_updated, run.rows_duplicate))

    undo_last(lead, by=alice, at=timezone.now())

    assert counts == [("done", 1, 0), ("done", 0, 1)]
    assert Suppression.objects.get(person=lead.person_id, channel="all").source == "import"


# Her number
@pytest.fixture
def wrong(alice):
    """A lead whose number was called and is another's, and that number."""
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(phone="+12025550111"))
    log_call(lead, disposition=disposition("wrong_number"), by=alice, at=AT)
    return lead, ContactPoint.objects.get(normalised="+12025550111")


def phones(lead):
    found = ContactPoint.objects.filter(person=lead.person_id, kind="phone").order_by("pk")
    return list(found.values_list("normalised", "state", "is_primary"))


def test_a_number_that_is_one_with_its_correction_is_not_looked_for(alice, wrong):
    lead, point = wrong
    add_contact_point(lead.person, "phone", "+12025550222", by=alice, at=AT)
    correct_contact_point(point, "+12025550222", by=alice, at=AT)
    assert not ContactPoint.objects.filter(pk=point.pk).exists()

    undo_last(lead, by=alice, at=LATER)

    lead.refresh_from_db()
    assert (lead.attempts, phones(lead)) == (0, [("+12025550222", "ok", True)])


def test_a_number_that_is_the_first_by_now_stays_the_first(alice, wrong):
    lead, _point = wrong
    add_contact_point(lead.person, "phone", "+12025550222", by=alice, at=AT)

    undo_last(lead, by=alice, at=LATER)

    assert phones(lead) == [("+12025550111", "ok", False), ("+12025550222", "ok", True)]


# A meeting of a colleague
def test_a_referral_is_taken_back_though_a_colleague_has_booked_there_since(account, hers, his, alice, bob, peter):
    recycle_lead(his, reason=reason("wrong_person"), by=bob, at=AT, referred_to=make_person(account=account))
    opened = Lead.objects.get(origin="rep_sourced")
    hand_off_lead(hers, ae=peter, by=alice, at=AT + timedelta(seconds=3), meeting=(START.replace(tzinfo=None), "UTC"))
    assert opened.events.count() > 1

    undo_last(his, by=bob, at=AT + timedelta(seconds=8))

    opened.refresh_from_db()
    his.refresh_from_db()
    assert (his.phase, opened.phase, opened.lane) == (Phase.WORKING, Phase.CLOSED, Lane.REP_SOURCED)
    assert broken() == set()


def test_an_attempt_that_a_meeting_and_then_an_absence_put_off_stays_with_the_absence(alice, bob, peter, mona):
    account = make_account()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=account))
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    lead.refresh_from_db()
    answer_criteria(lead, answers={Criterion.objects.first(): ("yes", "She decides")}, by=alice, at=AT)
    other = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account))
    hand_off_lead(other, ae=peter, by=bob, at=LATER, meeting=((NOON + timedelta(days=3)).replace(tzinfo=None), "UTC"))
    set_away(alice, starts_at=LATER, ends_at=NOON + timedelta(days=7), cover=bob, by=mona, at=LATER)
    put_off_to = lead.steps.open().get().due_at

    undo_last(lead, by=alice, at=LATER + timedelta(minutes=1))

    assert lead.steps.open().get().due_at == put_off_to
    assert not broken(LATER + timedelta(minutes=1))
