"""Cover of an account executive who is away: who answers for her, and the lead stays hers."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.claiming import reassign_leads
from leads.actions.covering import foresee_absence, set_away
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off
from leads.actions.leaving import release_absent
from leads.actions.outcomes import record_no_show
from leads.actions.undoing import undo_last
from leads.forms.sales import may_answer
from leads.models import HandOff, Lead, Notice, Step
from team.models import Absence, Membership, Role
from tests.leads.covering import BACK, LATER, away, broken, fresh, to_answer
from tests.make import NOON, make_lead, make_user, reason


def test_who_covers_an_ae_holds_her_meetings_and_records_what_came_of_them(alice, peter, petra, meanwhile):
    start = NOON + timedelta(days=1)
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    hand_off = hand_off_lead(lead, ae=peter, by=alice, at=NOON, meeting=(start.replace(tzinfo=None), "UTC"))
    accept_hand_off(hand_off, by=peter, at=NOON)
    away(peter, petra)
    assert not Lead.objects.visible_to(petra).exists()

    release_absent(at=LATER)

    hand_off.refresh_from_db()
    assert lead.steps.open().get().assignee == petra
    assert set(Lead.objects.workable_by(petra)) == set(Lead.objects.visible_to(petra)) == {lead}
    assert may_answer(petra, hand_off)
    assert not may_answer(make_user("paula", Role.AE), hand_off)
    assert broken() == set()

    record_no_show(hand_off, by=petra, at=start + timedelta(hours=1))
    assert not Lead.objects.visible_to(petra).exists()
    assert fresh(lead).phase == Phase.WORKING


def test_who_covers_an_ae_answers_for_her_and_the_lead_stays_hers(waiting, peter, petra, meanwhile):
    away(peter, petra)
    assert not HandOff.objects.visible_to(petra).exists()

    release_absent(at=LATER)

    hand_off = HandOff.objects.visible_to(petra).get()
    assert to_answer(petra) == to_answer(peter) == [hand_off]
    assert set(Lead.objects.workable_by(petra)) == {hand_off.lead}
    assert may_answer(petra, hand_off)
    assert [(one.user, one.kind) for one in Notice.objects.filter(user=petra)] == [(petra, Notice.Kind.HAND_OFF)]

    accept_hand_off(hand_off, by=petra, at=LATER)

    hand_off.refresh_from_db()
    assert (hand_off.ae, hand_off.answered_by, hand_off.lead.ae) == (peter, petra, peter)
    assert set(Lead.objects.visible_to(petra)) == {hand_off.lead}
    assert hand_off.lead.steps.open().get().assignee == peter
    release_absent(at=LATER)
    assert hand_off.lead.steps.open().get().assignee == petra
    assert list(HandOff.objects.addressed_to(petra)) == [hand_off]
    release_absent(at=BACK)
    assert hand_off.lead.steps.open().get().assignee == peter
    assert not HandOff.objects.visible_to(petra).exists()
    assert broken(BACK) == set()


def told_of(user):
    """Of which leads her notices tell that she has not seen."""
    return [one.leads for one in Notice.objects.unseen_by(user).order_by("pk")]


def test_hand_offs_that_are_lent_together_are_told_of_once_and_each_answer_takes_one_out(
    client, waiting, alice, peter, petra
):
    other, third = (
        hand_off_lead(make_lead(phase=Phase.WORKING, bdr=alice), ae=peter, by=alice, at=NOON) for _ in range(2)
    )
    sent = [waiting.lead_id, other.lead_id, third.lead_id]
    away(peter, petra)

    release_absent(at=LATER)

    assert [sorted(leads) for leads in told_of(petra)] == [sent]
    client.force_login(petra)
    page = client.get(reverse("leads:notices")).text
    assert "3 leads" in page
    assert "Their hand-offs wait for your answer" in page

    answered = LATER + timedelta(minutes=1)
    accept_hand_off(HandOff.objects.get(pk=waiting.pk), by=petra, at=answered)
    assert [sorted(leads) for leads in told_of(petra)] == [sent[1:]]
    undo_last(fresh(waiting.lead), by=petra, at=answered)
    assert sorted(sorted(leads) for leads in told_of(petra)) == [sent[:1], sent[1:]]

    release_absent(at=BACK)
    assert told_of(petra) == []


def test_who_covers_an_ae_may_reject_for_her(waiting, alice, peter, petra):
    away(peter, petra)
    release_absent(at=LATER)
    waiting.refresh_from_db()

    reject_hand_off(waiting, reason=reason("reject_brief_empty"), by=petra, at=LATER)

    assert (fresh(waiting.lead).phase, fresh(waiting.lead).bdr) == (Phase.WORKING, alice)
    assert not Lead.objects.visible_to(petra).exists()
    assert broken() == set()


def test_an_ae_who_is_back_answers_alone(waiting, peter, petra):
    away(peter, petra)
    release_absent(at=LATER)
    assert broken(BACK + timedelta(minutes=9)) >= {"hand_off_lent_to_nobodys_cover"}

    release_absent(at=BACK)

    assert (to_answer(peter), to_answer(petra)) == ([waiting], [])
    assert not HandOff.objects.visible_to(petra).exists()


def test_her_cover_is_told_once(waiting, peter, petra):
    away(peter, petra)

    release_absent(at=LATER)
    release_absent(at=LATER)

    assert Notice.objects.filter(user=petra).count() == 1


def test_who_covers_instead_of_her_cover_answers_from_then_on(waiting, peter, petra):
    paula = make_user("paula", Role.AE)
    absence = away(peter, petra)
    release_absent(at=LATER)
    assert (to_answer(petra), to_answer(paula)) == ([waiting], [])

    Absence.objects.filter(pk=absence.pk).update(cover=paula)
    release_absent(at=LATER)

    assert (to_answer(petra), to_answer(paula)) == ([], [waiting])
    assert (told_of(petra), told_of(paula)) == ([], [[waiting.lead_id]])


def test_who_covered_the_former_ae_answers_nothing_for_the_new_one(waiting, peter, petra):
    paula = make_user("paula", Role.AE)
    away(peter, petra)
    release_absent(at=LATER)

    reassign_leads([waiting.lead_id], to=paula, by=None, at=LATER, side="ae")

    assert (to_answer(petra), to_answer(paula)) == ([], [waiting])
    assert not Lead.objects.visible_to(petra).exists()
    assert broken() == set()


def test_an_ae_has_back_what_was_not_done(alice, peter, petra):
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    away(peter, petra)
    release_absent(at=LATER)
    assert lead.steps.open().get().assignee == petra

    release_absent(at=BACK)

    assert lead.steps.open().get().assignee == peter
    assert not Lead.objects.workable_by(petra).exists()


def test_what_is_taken_back_before_its_answer_her_cover_is_not_told(waiting, alice, peter, petra):
    earlier = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)
    away(peter, petra)
    release_absent(at=LATER)

    undo_last(waiting.lead, by=alice, at=LATER)

    assert [one.lead for one in Notice.objects.filter(user=petra)] == [earlier]
    assert to_answer(petra) == list(earlier.hand_offs.all())


def test_what_will_be_lent_of_sales_is_what_is_lent(waiting, alice, peter, petra):
    """Her meeting, and the answer that is waited for; a lead that her cover sent her as its rep stays with her."""
    make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    own = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)
    own.hand_offs.update(bdr=petra)
    told = foresee_absence(peter, starts_at=LATER, ends_at=BACK + timedelta(days=10), cover=petra, at=LATER)

    set_away(peter, starts_at=LATER, ends_at=BACK + timedelta(days=10), cover=petra, by=peter, at=LATER)

    lent = Step.objects.filter(lent_from=peter).count() + HandOff.objects.filter(lent_to=petra).count()
    assert (told.lent, lent, told.slid) == (2, 2, 0)


def test_without_cover_what_sales_has_becomes_late_and_nothing_goes_to_a_pool(waiting, alice, peter):
    make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)

    told = foresee_absence(peter, starts_at=LATER, ends_at=BACK + timedelta(days=10), cover=None, at=LATER)

    assert (told.late, told.given_back) == (2, 0)


def test_what_becomes_late_of_sales_is_said_beside_what_goes_to_the_pool(client, alice, peter):
    Membership.objects.create(user=peter, role=Role.BDR, team=alice.memberships.get().team)
    make_lead(phase=Phase.WORKING, bdr=peter, at=timezone.now())
    make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter, at=timezone.now())
    client.force_login(peter)
    until = (timezone.now() + timedelta(days=14)).date()

    said = client.post(
        reverse("leads:away") + "?preview", {"cover": "", "until": until}, headers={"HX-Request": "true"}
    ).text

    assert "1 lead goes to the pool when it begins. 1 step becomes late." in said
