"""What nobody would look at: a role taken away, a team retired, a rep away, work of somebody who left."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Value
from django.urls import reverse
from django.utils import timezone

from agreement.models import AgreementVersion, Phase, Transition
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.claiming import claim_lead, reassign_leads, take_next
from leads.actions.engaging import NewEngagement, engage
from leads.actions.entering import add_lead
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off
from leads.actions.leaving import deactivate_user, pass_on, release_absent
from leads.actions.logging import log_call, set_step
from leads.actions.outcomes import record_no_show, return_lead
from leads.actions.sweeping import notice_clocks, sweep_leads
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.forms.sales import may_answer
from leads.models import HandOff, Lead, Notice
from leads.queue import Wanted, queue_of
from leads.transitions import MOVES
from team.models import Absence, Membership, Role, Team, Territory, User
from tests.constraints import put
from tests.make import NOON, disposition, make_lead, make_person, make_team, make_user, reason

LATER = NOON + timedelta(minutes=10)


def broken(at=LATER):
    return {name for name, ids in check_all(at=at).items() if ids}


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def ask(person, at=NOON):
    engage([NewEngagement(person.pk, "asked", at)], at=at)
    return Lead.objects.open().get(person=person)


# A role that is taken away
@pytest.fixture
def site(client, db):
    client.force_login(User.objects.create_superuser("ada@example.com", "a long enough password", name="Ada"))
    return client


def take_role(site, user):
    held = user.memberships.get()
    rows = {"id": held.pk, "user": user.pk, "role": held.role, "team": held.team_id or "", "DELETE": "on"}
    fields = {
        "name": user.name, "email": user.email, "time_zone": "UTC", "open_limit": 40, "touches_goal": 60,
        "backup": user.backup_id or "", "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1,
        **{f"memberships-0-{name}": value for name, value in rows.items()},
    }  # fmt: skip
    assert site.post(reverse("admin:team_user_change", args=[user.pk]), fields).status_code == 302
    assert not user.memberships.exists()


def test_whoever_is_a_rep_no_more_passes_on_what_she_held(site, alice, mona, peter):
    worked, asleep, sent = (
        make_lead(phase=phase, bdr=alice, ae=peter) for phase in (Phase.WORKING, Phase.NURTURE, Phase.HANDED_OFF)
    )

    take_role(site, alice)

    assert (fresh(worked).phase, fresh(worked).bdr) == (Phase.QUEUED, None)
    assert (fresh(asleep).bdr, fresh(sent).bdr) == (mona, mona)
    assert broken() == set()


@pytest.mark.parametrize("has_backup", [True, False])
def test_whoever_is_an_ae_no_more_passes_on_her_deals(site, alice, peter, has_backup):
    paula = make_user("paula", Role.AE)
    put(peter, backup=paula if has_backup else None)
    deal = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    sent = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)

    take_role(site, fresh(peter))

    if has_backup:
        assert (fresh(deal).phase, fresh(deal).ae) == (Phase.ACCEPTED, paula)
    else:
        assert (fresh(deal).phase, fresh(deal).bdr) == (Phase.WORKING, alice)
    assert fresh(sent).phase == Phase.WORKING
    assert broken() == set()


def test_a_responsible_without_a_role_is_counted(alice, peter):
    make_lead(phase=Phase.WORKING, bdr=alice)
    make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)

    Membership.objects.filter(user__in=[alice, peter]).delete()

    assert len(check_all(at=LATER)["responsible_without_role"]) == 2


def test_what_comes_back_from_sales_goes_to_somebody_who_may_work_it(alice, bob, peter):
    deal = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    alice.memberships.all().delete()

    return_lead(deal, by=peter, at=LATER)

    assert fresh(deal).bdr == bob


def test_an_unanswered_hand_off_goes_to_no_backup_who_is_no_ae(alice, bob, peter):
    put(peter, backup=bob)
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=fresh(peter))

    notice_clocks(at=HandOff.objects.get(lead=lead).respond_by)

    assert HandOff.objects.get(lead=lead).escalated_to is None


# A retired team
@pytest.fixture
def south(team):
    south = make_team("South")
    Territory.objects.create(name="Norway", team=south, country="NO")
    return south


def retire(team):
    Team.objects.filter(pk=team.pk).update(retired_at=NOON)


def test_a_retired_team_gets_no_lead_by_territory(south, team):
    retire(south)

    assert ask(make_person(country="NO")).team == team
    assert broken(NOON) == set()


def test_what_sleeps_in_a_retired_team_wakes_in_the_default_one(south, team):
    eve = make_user("eve", Role.BDR, team=south)
    lead = make_lead(phase=Phase.NURTURE, bdr=eve, team=south)
    retire(south)
    assert broken() == {"team_is_retired"}

    sweep_leads(at=lead.wake_at)

    following = Lead.objects.get(previous=lead)
    assert (following.team, following.bdr) == (team, None)
    assert broken(lead.wake_at) == set()


def test_nobody_adds_a_lead_to_a_retired_team(south):
    eve = make_user("eve", Role.BDR, team=south)
    retire(south)

    with pytest.raises(MoveRefused):
        add_lead(make_person(), by=eve, at=NOON)


def test_a_team_is_retired_when_it_is_empty(site, south):
    lead = make_lead(team=south)
    chosen = {"action": "retire", "_selected_action": [one.pk for one in Team.objects.all()]}
    page = reverse("admin:team_team_changelist")

    site.post(page, chosen)
    assert not Team.objects.filter(retired_at__isnull=False).exists()

    Territory.objects.all().delete()
    reassign_leads([lead.pk], team=Team.objects.get(is_default=True), by=None, at=NOON)
    site.post(page, chosen)
    assert Team.objects.get(retired_at__isnull=False) == south


# Somebody who left
def test_whoever_left_takes_nothing(alice):
    lead = make_lead()
    put(alice, is_active=False)

    for take in (lambda: claim_lead(lead, by=alice, at=NOON), lambda: take_next(by=alice, at=NOON)):
        with pytest.raises(MoveRefused):
            take()
    assert fresh(lead).phase == Phase.QUEUED


def test_nothing_is_handed_to_an_ae_who_left_a_moment_ago(alice, peter):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    known_before = User.objects.get(pk=peter.pk)
    put(peter, is_active=False)

    with pytest.raises(MoveRefused):
        hand_off_lead(lead, ae=known_before, by=alice, at=NOON)


def test_what_somebody_who_left_holds_yet_is_given_back_by_the_tick(alice, peter, mona):
    worked = make_lead(phase=Phase.WORKING, bdr=alice)
    deal = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    put(alice, is_active=False)
    assert broken()

    assert release_absent(at=LATER) == 2

    assert (fresh(worked).phase, fresh(deal).bdr) == (Phase.QUEUED, mona)
    assert broken() == set()
    assert release_absent(at=LATER) == 0


@pytest.mark.parametrize("phase", [Phase.HANDED_OFF, Phase.ACCEPTED])
def test_without_a_manager_a_colleague_keeps_the_relation(alice, bob, peter, phase):
    lead = make_lead(phase=phase, bdr=alice, ae=peter)
    call_back = (LATER + timedelta(days=1)).replace(tzinfo=None)
    log_call(lead, disposition=disposition("call_back"), by=alice, at=NOON, call_back=(call_back, "UTC"))

    deactivate_user(alice, by=None, at=LATER)

    assert fresh(lead).bdr == bob
    assert broken() == set()


def test_without_anybody_left_in_the_team_she_is_not_deactivated(alice, peter):
    make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)

    with pytest.raises(MoveRefused):
        deactivate_user(alice, by=None, at=LATER)

    assert fresh(alice).is_active


def test_a_deal_that_moves_leaves_the_bdr_what_she_promised(alice, peter):
    paula = make_user("paula", Role.AE)
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    call_back = (LATER + timedelta(days=1)).replace(tzinfo=None)
    log_call(lead, disposition=disposition("call_back"), by=alice, at=NOON, call_back=(call_back, "UTC"))

    reassign_leads([lead.pk], to=paula, by=None, at=LATER, side="ae")

    assert {step.kind: step.assignee for step in lead.steps.open()} == {"call_back": alice, "task": paula}


# Cover
BACK = NOON + timedelta(days=3)


@pytest.fixture
def called(alice):
    """A lead of hers that was promised a call tomorrow at ten."""
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    tomorrow = (datetime(2027, 3, 2, 10), "UTC")
    log_call(lead, disposition=disposition("call_back"), by=alice, at=NOON, call_back=tomorrow)
    return lead


def away(user, cover):
    return Absence.objects.create(user=user, starts_at=LATER, ends_at=BACK, cover=cover)


def rows(user, at):
    return queue_of(user, wanted=Wanted(), at=at).total


def test_cover_sees_and_makes_the_calls_that_are_due_meanwhile(called, alice, bob, eve):
    at = datetime(2027, 3, 2, 10, tzinfo=UTC)
    away(alice, bob)
    assert not Lead.objects.workable_by(bob).filter(pk=called.pk).exists()

    release_absent(at=LATER)

    assert (rows(bob, at), rows(alice, at)) == (1, 0)
    assert Lead.objects.workable_by(bob).filter(pk=called.pk).exists()
    assert not Lead.objects.workable_by(eve).filter(pk=called.pk).exists()
    assert broken() == set()

    log_call(called, disposition=disposition("no_answer"), by=bob, at=at)
    release_absent(at=BACK)

    assert fresh(called).bdr == alice
    assert called.steps.open().get().assignee == alice
    assert broken(BACK) == set()


def test_she_has_back_what_was_not_done(called, alice, bob):
    away(alice, bob)
    release_absent(at=LATER)
    assert broken(BACK + timedelta(minutes=9)) == {"step_lent_to_nobodys_cover"}

    release_absent(at=BACK)

    assert called.steps.open().get().assignee == alice
    assert not Lead.objects.workable_by(bob).filter(pk=called.pk).exists()


def test_what_is_due_after_she_is_back_is_not_lent(called, alice, bob):
    absence = away(alice, bob)
    put(absence, ends_at=datetime(2027, 3, 2, 9, tzinfo=UTC))

    release_absent(at=LATER)

    assert called.steps.open().get().assignee == alice


def test_nothing_is_lent_to_another_team(called, alice, eve):
    away(alice, eve)

    release_absent(at=LATER)

    assert called.steps.open().get().assignee == alice


def test_a_cover_who_leaves_is_no_cover(called, alice, bob, mona):
    away(alice, bob)
    release_absent(at=LATER)

    deactivate_user(bob, by=mona, at=LATER)

    assert called.steps.open().get().assignee == alice
    release_absent(at=LATER)
    assert fresh(called).phase == Phase.QUEUED
    with pytest.raises(LeadConflict):
        return_lead(called, by=mona, at=LATER)


def test_a_cover_who_is_away_herself_is_no_cover(called, alice, bob):
    away(alice, bob)
    release_absent(at=LATER)
    assert called.steps.open().get().assignee == bob
    Absence.objects.create(user=bob, starts_at=LATER, ends_at=LATER + timedelta(days=1))

    release_absent(at=LATER)

    assert called.steps.open().get().assignee == alice
    assert fresh(called).phase == Phase.WORKING
    assert broken(LATER) == set()


def test_and_if_that_takes_longer_what_she_covered_is_given_back(called, alice, bob):
    Absence.objects.create(user=alice, starts_at=LATER, ends_at=NOON + timedelta(days=20), cover=bob)
    Absence.objects.create(user=bob, starts_at=LATER, ends_at=NOON + timedelta(days=10))

    release_absent(at=LATER)

    assert (fresh(called).phase, fresh(called).bdr) == (Phase.QUEUED, None)


def test_a_cover_who_comes_back_covers_again(called, alice, bob):
    away(alice, bob)
    back = LATER + timedelta(hours=20)
    Absence.objects.create(user=bob, starts_at=LATER, ends_at=back)
    release_absent(at=LATER)

    release_absent(at=back)

    assert called.steps.open().get().assignee == bob


@pytest.fixture
def petra(db):
    return make_user("petra", Role.AE)


@pytest.fixture
def meanwhile(monkeypatch):
    """The database's clock, while whoever is away here is away."""
    monkeypatch.setattr("leads.models.lead.Now", lambda: Value(LATER))


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


@pytest.fixture
def waiting(alice, peter):
    """A hand-off that Peter has not answered, and for which a meeting is booked."""
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    start = (NOON + timedelta(days=2)).replace(tzinfo=None)
    return hand_off_lead(lead, ae=peter, by=alice, at=NOON, meeting=(start, "UTC"))


def to_answer(user):
    return list(HandOff.objects.unanswered().addressed_to(user))


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


def test_who_covers_an_ae_may_reject_for_her(waiting, alice, peter, petra):
    away(peter, petra)
    release_absent(at=LATER)
    waiting.refresh_from_db()

    reject_hand_off(waiting, reason=reason("reject_brief_empty"), by=petra, at=LATER)

    assert (fresh(waiting.lead).phase, fresh(waiting.lead).bdr) == (Phase.WORKING, alice)
    assert not Lead.objects.visible_to(petra).exists()
    assert broken() == set()


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


def test_an_ae_who_is_back_answers_alone(waiting, peter, petra):
    away(peter, petra)
    release_absent(at=LATER)
    assert broken(BACK + timedelta(minutes=9)) >= {"hand_off_lent_to_nobodys_cover"}

    release_absent(at=BACK)

    assert (to_answer(peter), to_answer(petra)) == ([waiting], [])
    assert not HandOff.objects.visible_to(petra).exists()


def test_a_rep_who_covers_an_ae_answers_nothing_for_her(waiting, bob, peter):
    away(peter, bob)

    release_absent(at=LATER)

    assert to_answer(bob) == []


def test_her_cover_is_told_once(waiting, peter, petra):
    away(peter, petra)

    release_absent(at=LATER)
    release_absent(at=LATER)

    assert Notice.objects.filter(user=petra).count() == 1


def test_what_is_taken_back_before_its_answer_her_cover_is_not_told(waiting, alice, peter, petra):
    earlier = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)
    away(peter, petra)
    release_absent(at=LATER)

    undo_last(waiting.lead, by=alice, at=LATER)

    assert [one.lead for one in Notice.objects.filter(user=petra)] == [earlier]
    assert to_answer(petra) == list(earlier.hand_offs.all())


def test_of_two_covers_at_once_one_answers_and_only_she_is_told(waiting, peter, petra):
    paula = make_user("paula", Role.AE)
    Absence.objects.create(user=peter, starts_at=LATER, ends_at=BACK - timedelta(days=1), cover=paula)
    away(peter, petra)

    for minute in range(4):
        release_absent(at=LATER + timedelta(minutes=minute))
        assert (to_answer(petra), to_answer(paula)) == ([waiting], [])

    assert [one.user for one in Notice.objects.filter(user__in=[petra, paula])] == [petra]


def test_a_later_absence_with_another_cover_takes_nothing_from_who_still_covers(waiting, peter, petra):
    paula = make_user("paula", Role.AE)
    first = away(peter, petra)
    release_absent(at=LATER)
    Absence.objects.create(user=peter, starts_at=LATER, ends_at=BACK + timedelta(days=1), cover=paula)

    release_absent(at=LATER)
    assert (to_answer(petra), to_answer(paula)) == ([waiting], [])

    first.delete()
    release_absent(at=LATER)
    assert (to_answer(petra), to_answer(paula)) == ([], [waiting])


def test_what_the_first_cover_may_not_take_the_other_is_lent(waiting, bob, peter, petra):
    Absence.objects.create(user=peter, starts_at=LATER, ends_at=BACK + timedelta(days=1), cover=bob)
    away(peter, petra)

    release_absent(at=LATER)

    assert (to_answer(bob), to_answer(petra)) == ([], [waiting])


@pytest.mark.parametrize("is_rep", [False, True])
def test_a_cover_who_sells_no_more_keeps_nothing_and_sees_nothing(alice, peter, petra, team, meanwhile, is_rep):
    start = (NOON + timedelta(days=2)).replace(tzinfo=None)
    sent, accepted = (
        hand_off_lead(make_lead(phase=Phase.WORKING, bdr=alice), ae=peter, by=alice, at=NOON, meeting=(start, "UTC"))
        for _ in range(2)
    )
    accept_hand_off(accepted, by=peter, at=NOON)
    if is_rep:
        Membership.objects.create(user=petra, role=Role.BDR, team=make_team("elsewhere"))
    away(peter, petra)
    release_absent(at=LATER)
    sent.refresh_from_db()
    assert may_answer(fresh(petra), sent)

    petra.memberships.filter(role=Role.AE).delete()

    seller = fresh(petra)
    assert not may_answer(seller, sent)
    assert not HandOff.objects.visible_to(seller).exists()
    assert not HandOff.objects.addressed_to(seller).exists()
    assert not Lead.objects.visible_to(seller).exists()
    assert broken() == {"step_lent_to_nobodys_cover", "hand_off_lent_to_nobodys_cover"}
    release_absent(at=LATER)
    assert not HandOff.objects.filter(lent_to=petra).exists()
    assert accepted.lead.steps.open().get().assignee == peter
    assert broken() == set()


def test_a_rep_who_covers_and_leaves_the_team_keeps_no_step(called, alice, bob):
    away(alice, bob)
    release_absent(at=LATER)
    assert called.steps.open().get().assignee == bob
    bob.memberships.all().delete()

    release_absent(at=LATER)

    assert called.steps.open().get().assignee == alice
    assert broken() == set()


def test_who_covered_the_former_ae_answers_nothing_for_the_new_one(waiting, peter, petra):
    paula = make_user("paula", Role.AE)
    away(peter, petra)
    release_absent(at=LATER)

    reassign_leads([waiting.lead_id], to=paula, by=None, at=LATER, side="ae")

    assert (to_answer(petra), to_answer(paula)) == ([], [waiting])
    assert not Lead.objects.visible_to(petra).exists()
    assert broken() == set()


def test_nobody_answers_as_cover_what_she_sent_herself(polly, peter, petra):
    lead = make_lead(phase=Phase.WORKING, bdr=polly)
    start = (NOON + timedelta(days=2)).replace(tzinfo=None)
    sent = hand_off_lead(lead, ae=peter, by=polly, at=NOON, meeting=(start, "UTC"))
    away(peter, polly)

    release_absent(at=LATER)

    assert (to_answer(polly), to_answer(peter)) == ([], [sent])
    assert not may_answer(polly, fresh(sent))
    accept_hand_off(sent, by=peter, at=LATER)
    release_absent(at=LATER)
    assert lead.steps.open().get().assignee == peter
    assert broken() == set()


def test_an_ae_has_back_what_was_not_done(alice, peter, petra):
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    away(peter, petra)
    release_absent(at=LATER)
    assert lead.steps.open().get().assignee == petra

    release_absent(at=BACK)

    assert lead.steps.open().get().assignee == peter
    assert not Lead.objects.workable_by(petra).exists()


@pytest.fixture
def polly(team):
    """She is a rep, and sells too."""
    return make_user("polly", Role.AE, Role.BDR, team=team)


@pytest.mark.parametrize("is_cover", [False, True])
@pytest.mark.parametrize("phase", [Phase.ACCEPTED, Phase.QUALIFIED])
def test_no_step_of_her_own_lets_a_rep_who_also_sells_decide_the_deal_she_handed_off(
    client, polly, peter, phase, is_cover
):
    now = timezone.now()
    lead = make_lead(phase=phase, bdr=polly, ae=peter, at=now)
    if is_cover:
        Absence.objects.create(user=peter, starts_at=now, ends_at=now + timedelta(days=3), cover=polly)
    client.force_login(polly)

    set_step(lead, kind="task", title="Look again", by=polly, at=now, due=now + timedelta(hours=3))
    release_absent(at=now)

    hand_off = lead.hand_offs.get()
    assert not may_answer(polly, hand_off)
    assert not HandOff.objects.addressed_to(polly).exists()
    assert client.post(reverse("leads:win", args=[lead.public_id]), {"form_id": "", "line": ""}).status_code == 403
    assert Lead.objects.workable_by(polly).get() == lead


@pytest.mark.parametrize("days", [-3, 3])
def test_a_cover_of_another_day_decides_nothing_today(alice, peter, petra, days):
    now = timezone.now()
    lead = make_lead(phase=Phase.QUALIFIED, bdr=alice, ae=peter, at=now)
    lead.steps.create(kind="task", title="Look", assignee=petra, due_at=now, created_at=now)
    starts_at = now + timedelta(days=days)
    Absence.objects.create(user=peter, starts_at=starts_at, ends_at=starts_at + timedelta(days=1), cover=petra)
    assert not Lead.objects.visible_to(petra).exists()
    assert not Lead.objects.workable_by(petra).exists()

    Absence.objects.create(user=peter, starts_at=now, ends_at=now + timedelta(days=1), cover=petra)

    assert set(Lead.objects.visible_to(petra)) == set(Lead.objects.workable_by(petra)) == {lead}
    assert may_answer(petra, lead.hand_offs.get())


def test_a_rep_who_covers_an_ae_is_lent_nothing_to_sell(alice, bob, peter):
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    away(peter, bob)

    release_absent(at=LATER)

    assert lead.steps.open().get().assignee == peter


@pytest.mark.parametrize("left_out", ["release", "withdraw", "return"])
def test_an_admin_lets_somebody_go_whatever_moves_the_agreement_leaves_to_people(alice, bob, mona, peter, left_out):
    phase = {"release": Phase.WORKING, "withdraw": Phase.HANDED_OFF, "return": Phase.ACCEPTED}[left_out]
    lead = make_lead(phase=phase, bdr=alice, ae=peter)
    narrowed = AgreementVersion.objects.create(number=2, state="draft")
    kept = [move for move in MOVES if move.verb != left_out and move.from_phase and move.from_phase != move.to_phase]
    for move in kept:
        Transition.objects.create(version=narrowed, from_phase=move.from_phase, verb=move.verb, to_phase=move.to_phase)
    Lead.objects.filter(pk=lead.pk).update(agreement=narrowed)
    leaver = alice if left_out == "release" else peter
    admin = make_user("root", Role.ADMIN)

    if left_out == "return":
        leaver.memberships.filter(role=Role.AE).delete()
        pass_on(leaver, by=admin, at=LATER)
    else:
        deactivate_user(leaver, by=admin, at=LATER)

    lead.refresh_from_db()
    assert lead.phase == (Phase.QUEUED if left_out == "release" else Phase.WORKING)
