"""Cover for a day: what people wait for is lent at once, what is only planned waits, and everything comes back."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Lane
from leads.actions.changing import MoveRefused
from leads.actions.claiming import claim_lead
from leads.actions.covering import end_absence, foresee_absence, set_away
from leads.actions.leaving import release_absent
from leads.actions.logging import log_call
from leads.checking import check_all
from leads.models import Lead, SlidStep, Step
from team.models import Absence, Role
from tests.make import NOON, disposition, make_lead, make_team, make_user

EVENING = NOON.replace(hour=18)


def broken(at):
    return {name for name, ids in check_all(at=at).items() if ids}


def touched(rep, *, due_at, promised=False, **of):
    """A lead that was called once, with its next attempt at this moment; `promised` as a call-back."""
    lead = make_lead(phase="working", bdr=rep, at=NOON - timedelta(days=3), **of)
    log_call(lead, disposition=disposition("no_answer"), by=rep, at=NOON - timedelta(days=3) + timedelta(minutes=5))
    changed = {"due_at": due_at, "promised": promised, **({"kind": "call_back"} if promised else {})}
    lead.steps.filter(state="open").update(**changed)
    Lead.objects.filter(pk=lead.pk).update(due_at=due_at)
    return lead


@pytest.fixture
def planned(alice):
    return touched(alice, due_at=NOON + timedelta(hours=1))


@pytest.fixture
def promised(alice):
    return touched(alice, due_at=NOON + timedelta(hours=2), promised=True)


def step_of(lead):
    return lead.steps.open().get()


def cover_today(alice, bob, mona, at=NOON):
    return set_away(alice, starts_at=at, ends_at=EVENING, cover=bob, by=mona, at=at)


def test_what_is_promised_is_lent_at_once_and_what_is_planned_waits_for_her_return(planned, promised, alice, bob, mona):
    absence = cover_today(alice, bob, mona)

    assert step_of(promised).assignee == bob
    assert step_of(planned).assignee == alice
    # Tuesday at the same time of day.
    assert step_of(planned).due_at == NOON + timedelta(days=1, hours=1)
    assert Lead.objects.get(pk=planned.pk).due_at == NOON + timedelta(days=1, hours=1)
    assert Lead.objects.get(pk=promised.pk).bdr == alice
    assert planned.events.order_by("-id").first().data["because"] == "away_covered"
    assert absence.cover == bob


def test_a_first_touch_that_was_promised_does_not_wait_for_her(alice, bob, mona):
    lead = make_lead(phase="working", bdr=alice, at=NOON - timedelta(minutes=1))

    cover_today(alice, bob, mona)

    assert step_of(lead).assignee == bob
    assert step_of(lead).due_at < EVENING


def test_a_tick_changes_nothing_of_it_and_takes_it_back_when_the_day_is_over(planned, promised, alice, bob, mona):
    cover_today(alice, bob, mona)

    release_absent(at=NOON + timedelta(minutes=1))
    assert (step_of(promised).assignee, step_of(planned).assignee) == (bob, alice)
    release_absent(at=EVENING)

    assert step_of(promised).assignee == alice
    assert step_of(planned).due_at == NOON + timedelta(days=1, hours=1)


def test_ending_it_puts_everything_back_but_what_somebody_moved_since(planned, promised, alice, bob, mona):
    other = touched(alice, due_at=NOON + timedelta(hours=3))
    was = step_of(planned).due_at
    absence = cover_today(alice, bob, mona)
    own = NOON + timedelta(days=2)
    Step.objects.filter(pk=step_of(other).pk).update(due_at=own)

    end_absence(absence, by=mona, at=NOON + timedelta(minutes=5))

    assert step_of(promised).assignee == alice
    assert step_of(planned).due_at == was
    assert Lead.objects.get(pk=planned.pk).due_at == was
    assert step_of(other).due_at == own
    assert not SlidStep.objects.exists()
    assert not Absence.objects.covering(NOON + timedelta(minutes=6)).exists()


def test_an_absence_set_by_mistake_leaves_no_trace_in_the_calendar(alice, bob, mona):
    absence = cover_today(alice, bob, mona)

    end_absence(absence, by=mona, at=NOON + timedelta(seconds=8))

    assert not Absence.objects.exists()


def test_it_ends_once(alice, bob, mona):
    absence = cover_today(alice, bob, mona)
    end_absence(absence, by=mona, at=NOON + timedelta(minutes=5))

    with pytest.raises(MoveRefused, match="over already"):
        end_absence(absence, by=mona, at=NOON + timedelta(minutes=6))


def test_who_is_reserved_for_her_waits_for_her_cover_and_is_hers_again_unless_he_took_it(alice, bob, mona, team):
    taken, waiting = (make_lead(bdr=alice, reserved=True, lane=Lane.HAND_RAISER, at=NOON) for _ in range(2))
    absence = cover_today(alice, bob, mona)
    assert {Lead.objects.get(pk=lead.pk).bdr for lead in (taken, waiting)} == {bob}
    claim_lead(taken, by=bob, at=NOON + timedelta(minutes=1))

    end_absence(absence, by=mona, at=NOON + timedelta(minutes=2))

    assert Lead.objects.get(pk=taken.pk).bdr == bob
    assert Lead.objects.get(pk=waiting.pk).bdr == alice
    assert broken(NOON + timedelta(minutes=2)) == set()


def test_the_promises_hold_while_she_is_away_and_after(alice, bob, mona, team):
    make_lead(phase="working", bdr=alice, at=NOON)
    for lead in [make_lead(phase="working", bdr=alice, at=NOON - timedelta(days=3)) for _ in range(2)]:
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON - timedelta(days=3))
    # Until Wednesday: the second attempts of today and tomorrow wait.
    absence = set_away(alice, starts_at=NOON, ends_at=NOON + timedelta(days=2), cover=bob, by=mona, at=NOON)
    assert SlidStep.objects.count() == 2
    assert broken(NOON + timedelta(minutes=1)) == set()

    end_absence(absence, by=mona, at=NOON + timedelta(hours=1))

    assert broken(NOON + timedelta(hours=1, minutes=1)) == set()


def test_what_will_happen_is_what_happens(planned, promised, alice, bob, mona):
    told = foresee_absence(alice, starts_at=NOON, ends_at=EVENING, cover=bob, at=NOON)
    assert (told.lent, told.slid, told.reserved) == (1, 1, 0)

    cover_today(alice, bob, mona)

    assert Step.objects.open().filter(assignee=bob).count() == told.lent
    assert SlidStep.objects.count() == told.slid


def test_without_cover_it_says_what_becomes_late_and_what_goes_to_the_pool(planned, promised, alice):
    short = foresee_absence(alice, starts_at=NOON, ends_at=EVENING, cover=None, at=NOON)
    long = foresee_absence(alice, starts_at=NOON, ends_at=NOON + timedelta(days=7), cover=None, at=NOON)

    assert (short.late, short.given_back) == (2, 0)
    assert long.given_back == 2


def test_nobody_covers_who_is_away_or_works_in_another_team_or_is_herself(alice, bob, eve, mona):
    Absence.objects.create(user=bob, starts_at=NOON - timedelta(days=1), ends_at=NOON + timedelta(days=1))
    for cover in (alice, bob, eve):
        with pytest.raises(MoveRefused, match="cannot cover"):
            set_away(alice, starts_at=NOON, ends_at=EVENING, cover=cover, by=mona, at=NOON)
    with pytest.raises(MoveRefused, match="Away already"):
        set_away(bob, starts_at=NOON, ends_at=EVENING, by=mona, at=NOON)


def test_only_she_and_her_manager_say_so(alice, bob, eve):
    other = make_user("max", Role.MANAGER, team=make_team("West"))
    for user in (bob, eve, other):
        with pytest.raises(MoveRefused, match="Only they and their manager"):
            set_away(alice, starts_at=NOON, ends_at=EVENING, by=user, at=NOON)
    set_away(alice, starts_at=NOON, ends_at=EVENING, by=alice, at=NOON)


def test_the_page_proposes_a_colleague_says_what_happens_and_does_it(client, team, alice, bob, mona):
    lead = make_lead(phase="working", bdr=alice, at=timezone.now() - timedelta(minutes=5))
    client.force_login(mona)
    url = reverse("leads:rep_away", args=[alice.pk])

    page = client.get(url)
    assert "lent to Bob" in page.text
    preview = client.post(url + "?preview", {"cover": ""}, headers={"HX-Request": "true"})
    assert "becomes late" in preview.text or "become late" in preview.text
    answer = client.post(url, {"cover": bob.pk, "form_id": page.context["form_id"]}, follow=True)

    absence = Absence.objects.get()
    assert (absence.user, absence.cover) == (alice, bob)
    assert "Bob covers Alice until" in answer.text
    assert lead.steps.open().get().assignee == bob
    client.post(reverse("leads:absence_end", args=[absence.pk]))
    assert lead.steps.open().get().assignee == alice


def test_days_that_cannot_be_are_refused_at_their_field(client, team, alice, mona):
    client.force_login(mona)
    url = reverse("leads:rep_away", args=[alice.pk])
    today = timezone.now().date()
    for data in (
        {"until": today - timedelta(days=2)},
        {"begins": today - timedelta(days=2)},
        {"begins": today + timedelta(days=4), "until": today + timedelta(days=2)},
        {"begins": today + timedelta(days=4)},
        {"until": "9999-12-31"},
        {"cover": "nobody"},
    ):
        assert client.post(url, data).status_code == 422
    assert not Absence.objects.exists()


def test_another_team_s_rep_is_not_there(client, team, alice, eve, mona):
    client.force_login(mona)
    absence = Absence.objects.create(user=eve, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(days=1))

    assert client.get(reverse("leads:rep_away", args=[eve.pk])).status_code == 404
    assert client.post(reverse("leads:absence_end", args=[absence.pk])).status_code == 404
