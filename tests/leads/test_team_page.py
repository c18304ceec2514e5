"""The manager's console: red is what is late and still open, a move is looked at first, other teams are not there."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Suppression
from agreement.models import Lane, Phase
from leads.actions.closing import approve_second_look, disqualify_lead
from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.actions.logging import log_call
from leads.actions.moving import Target, move_leads, sort_out
from leads.actions.outcomes import record_no_show
from leads.models import Clock, HandOff, Lead, Notice, SecondLook, SharedAct
from leads.oversight.days import days_of
from team.models import Absence, Membership, Role
from tests.make import disposition, make_lead, make_person, make_team, make_user, reason

TEAM, LIST = "leads:team", "leads:team_leads"


@pytest.fixture
def now():
    return timezone.now()


def morning(response):
    return response.context["morning"]


def red_of(response):
    return {key: [item.lead.pk for item in items] for key, _title, items, _total in morning(response).found.red}


def row_of(response, user):
    return next(rep for rep in morning(response).reps if rep.user == user)


def picked(*leads):
    return [str(lead.public_id) for lead in leads]


def test_what_is_late_and_still_open_is_red_and_nothing_else(client, team, mona, alice, peter, now):
    long_ago = now - timedelta(days=20)
    missed = make_lead(team=team, at=long_ago, lane=Lane.LIST)
    Lead.objects.filter(pk=missed.pk).update(band=Lead.Band.MISSED)
    waiting = make_lead(team=team, at=now, lane=Lane.HAND_RAISER)
    touched = make_lead(phase="working", bdr=alice, at=long_ago)
    log_call(touched, disposition=disposition("no_answer"), by=alice, at=long_ago + timedelta(minutes=5))
    unanswered = make_lead(phase="handed_off", bdr=alice, ae=peter, at=long_ago)
    silent = make_lead(phase="accepted", bdr=alice, ae=peter, at=long_ago)
    absent = make_lead(phase="handed_off", bdr=alice, ae=peter, at=long_ago)
    meeting = HandOff.objects.get(lead=absent)
    HandOff.objects.filter(pk=meeting.pk).update(
        meeting_at=now - timedelta(hours=2), local_meeting=now - timedelta(hours=2), zone="UTC"
    )
    record_no_show(meeting, by=peter, at=now - timedelta(hours=1))
    make_lead(phase="handed_off", bdr=alice, ae=peter, at=now)
    client.force_login(mona)

    response = client.get(reverse(TEAM))

    assert red_of(response) == {
        "waiting": [waiting.pk],
        "first_touch": [missed.pk],
        "answer": [unanswered.pk],
        "outcome": [silent.pk],
        "rebook": [absent.pk],
    }


def test_an_outcome_missed_before_a_later_acceptance_is_not_red_again(client, team, mona, alice, peter, now):
    lead = make_lead(phase="accepted", bdr=alice, ae=peter, at=now - timedelta(days=20))
    clock = Clock.objects.get(lead=lead, kind="outcome")
    Clock.objects.filter(pk=clock.pk).update(
        state="missed", ended_at=clock.due_at, missed_at=clock.due_at, next_notice_at=None
    )
    client.force_login(mona)
    assert red_of(client.get(reverse(TEAM))) == {"outcome": [lead.pk]}

    Clock.objects.create(
        lead=lead, clause=clock.clause, kind="outcome", version=clock.version, calendar=clock.calendar,
        started_at=now, due_at=now + timedelta(days=1),
    )  # fmt: skip

    assert red_of(client.get(reverse(TEAM))) == {}


def test_each_rep_has_a_row_with_what_she_holds_and_did_today(client, team, mona, alice, bob, now):
    lead = make_lead(phase="working", bdr=alice, at=now - timedelta(minutes=10))
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=now - timedelta(seconds=1))
    late = make_lead(phase="working", bdr=alice, at=now - timedelta(days=9))
    late.steps.update(due_at=now - timedelta(days=1))
    Absence.objects.create(user=bob, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(days=2), cover=alice)
    client.force_login(mona)

    response = client.get(reverse(TEAM))

    rep = row_of(response, alice)
    assert (rep.held, rep.overdue, rep.absence) == (2, 1, None)
    assert row_of(response, bob).cover == alice
    assert "covered by Alice" in response.text
    assert [rep.user for rep in morning(response).reps] == [alice, bob]


def test_the_numbers_of_a_rep_lead_to_what_they_count(client, team, mona, alice, peter, now):
    make_lead(phase="working", bdr=alice, at=now)
    make_lead(bdr=alice, reserved=True, at=now)
    for phase in ("nurture", "handed_off", "accepted", "qualified"):
        make_lead(phase=phase, bdr=alice, ae=peter, at=now - timedelta(hours=1))
    late = make_lead(phase="working", bdr=alice, at=now - timedelta(days=9))
    late.steps.update(due_at=now - timedelta(days=1))
    soon = make_lead(phase="working", bdr=alice, at=now)
    soon.steps.update(due_at=min(now + timedelta(minutes=1), days_of(now).tomorrow - timedelta(seconds=1)))
    client.force_login(mona)
    page = client.get(reverse(TEAM))
    row = row_of(page, alice)
    assert (row.held, row.overdue, row.due > 0) == (4, 1, True)

    for asked, count in (("phase=held", row.held), ("steps=overdue", row.overdue), ("steps=today", row.due)):
        there = f"{reverse(LIST)}?team={team.pk}&amp;rep={alice.pk}&amp;{asked}"
        assert f'href="{there}"' in page.text
        assert len(client.get(there.replace("&amp;", "&")).context["leads"]) == count, asked
    assert f"rep={alice.pk}&amp;phase=held&amp;to=pool" in page.text


def test_the_numbers_of_a_rep_of_two_teams_are_those_of_the_team_that_is_shown(client, team, mona, alice, now):
    other = make_team("South")
    Membership.objects.create(user=alice, role=Role.BDR, team=other)
    hers = make_lead(phase="working", bdr=alice, at=now - timedelta(days=9))
    theirs = make_lead(phase="working", bdr=alice, team=other, at=now - timedelta(days=9))
    for lead in (hers, theirs):
        lead.steps.update(due_at=now - timedelta(days=1))
    client.force_login(mona)

    page = client.get(reverse(TEAM))

    row = row_of(page, alice)
    # Her limit is one for all that she holds.
    assert (row.overdue, row.held_here, row.held) == (1, 1, 2)
    assert "1 here" in page.text
    for asked in ("phase=held", "steps=overdue"):
        assert list(client.get(f"{reverse(LIST)}?team={team.pk}&rep={alice.pk}&{asked}").context["leads"]) == [hers]


def test_what_a_manager_was_told_herself_is_said_to_her_as_you(client, team, mona, alice, now):
    missed = make_lead(team=team, at=now - timedelta(days=20), lane=Lane.LIST)
    Lead.objects.filter(pk=missed.pk).update(band=Lead.Band.MISSED)
    Notice.objects.create(user=mona, lead=missed, kind=Notice.Kind.MISSED, at=now)
    client.force_login(mona)
    assert "You were told" in client.get(reverse(TEAM)).text

    client.force_login(make_user("nora", Role.MANAGER, team=team))
    assert "Mona was told" in client.get(reverse(TEAM)).text


def test_only_who_really_covers_a_rep_is_named(client, team, mona, alice, bob, eve, now):
    client.force_login(mona)
    first, until = now - timedelta(hours=1), now + timedelta(days=3)
    Absence.objects.create(user=bob, starts_at=first, ends_at=until, cover=eve)
    assert "covered by" not in client.get(reverse(TEAM)).text

    Absence.objects.filter(user=bob).update(cover=alice)
    rep = row_of(client.get(reverse(TEAM)), bob)
    assert (rep.absence.ends_at, rep.cover) == (until, alice)

    Absence.objects.create(user=alice, starts_at=first, ends_at=until)
    assert row_of(client.get(reverse(TEAM)), bob).cover is None


def test_the_pool_is_counted_by_lane_tier_and_age(client, team, mona, now):
    late = make_lead(team=team, at=now, lane=Lane.CONTENT)
    Lead.objects.filter(pk=late.pk).update(due_at=now - timedelta(days=4), tier="A1", band=Lead.Band.MISSED)
    make_lead(team=team, at=now, lane=Lane.LIST)
    client.force_login(mona)

    pool = morning(client.get(reverse(TEAM))).pool

    counted = {row.value: {age: n for age, n in row.ages.items() if n} for row in (*pool.lanes, *pool.tiers)}
    assert counted["content"] == {"few_days": 1}
    assert counted["list"] == {"in_time": 1}
    assert counted["A"] == {"few_days": 1}
    assert (pool.total, pool.missed) == (2, 1)
    found = client.get(reverse(LIST), {"lane": "content", "age": "few_days"}).context["leads"]
    assert [lead.pk for lead in found] == [late.pk]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("rep={alice}", ["hers"]),
        ("rep=none", ["pooled"]),
        ("phase=nurture", ["asleep"]),
        ("band=1", ["pooled"]),
        ("lane=list", ["pooled"]),
        ("red=answer", []),
        ("after=x_y", ["asleep", "hers", "pooled"]),
        # What names somebody or something that is not there never widens to everybody's.
        ("rep=999999", []),
        ("phase=nonsense", []),
    ],
)
def test_the_list_is_what_the_address_says(client, team, mona, alice, bob, now, query, expected):
    leads = {
        "hers": make_lead(phase="working", bdr=alice, at=now),
        "pooled": make_lead(team=team, at=now, lane=Lane.LIST),
        "asleep": make_lead(phase="nurture", bdr=bob, at=now),
    }
    client.force_login(mona)

    response = client.get(reverse(LIST) + "?" + query.format(alice=alice.pk))

    names = {lead.pk: name for name, lead in leads.items()}
    assert sorted(names[lead.pk] for lead in response.context["leads"]) == expected


def test_the_list_goes_on_by_its_keys(client, team, mona, now, monkeypatch):
    monkeypatch.setattr("leads.oversight.listing.PAGE", 2)
    leads = [make_lead(team=team, at=now - timedelta(minutes=n)) for n in range(3)]
    client.force_login(mona)

    first = client.get(reverse(LIST))
    rest = client.get(reverse(LIST), {"after": first.context["after"]})

    shown = [lead.pk for lead in [*first.context["leads"], *rest.context["leads"]]]
    assert sorted(shown) == sorted(lead.pk for lead in leads)
    assert (len(first.context["leads"]), rest.context["after"]) == (2, "")


def test_a_move_is_shown_first_with_what_stays_and_why(client, team, mona, alice, bob, peter, now):
    working = make_lead(phase="working", bdr=alice, at=now)
    his = make_lead(phase="working", bdr=bob, at=now)
    client.force_login(mona)

    response = client.get(reverse("leads:move"), {"lead": picked(working, his), "to": f"rep-{bob.pk}"})

    moved = response.context["moved"]
    assert [lead.pk for lead in moved.leads] == [working.pk]
    assert [(lead.pk, why) for lead, why in moved.skipped] == [(his.pk, "Bob has it already.")]
    assert Lead.objects.get(pk=working.pk).bdr == alice


def test_one_click_then_moves_them_once(client, team, mona, alice, bob, now):
    leads = [make_lead(phase="working", bdr=alice, at=now) for _ in range(2)]
    client.force_login(mona)
    to = {"lead": picked(*leads), "to": f"rep-{bob.pk}"}
    form_id = client.get(reverse("leads:move"), to).context["form_id"]

    answers = [client.post(reverse("leads:move"), {**to, "form_id": form_id}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert set(Lead.objects.values_list("bdr", flat=True)) == {bob.pk}
    assert leads[0].events.filter(verb="reassign").count() == 1


def test_what_changed_since_the_preview_stays_and_is_told(client, team, mona, alice, bob, now):
    gone, still = (make_lead(phase="working", bdr=alice, at=now) for _ in range(2))
    disqualify_lead(gone, reason=reason("competitor"), by=alice, at=now)
    client.force_login(mona)

    response = client.post(reverse("leads:move"), {"lead": picked(gone, still), "to": f"rep-{bob.pk}"}, follow=True)

    assert "1 lead moved to Bob. 1 stayed: It is closed." in response.text
    assert Lead.objects.get(pk=still.pk).bdr == bob


def test_the_leads_of_a_rep_are_given_back_to_the_pool(client, team, mona, alice, now):
    leads = [make_lead(phase="working", bdr=alice, at=now) for _ in range(2)]
    client.force_login(mona)

    shown = client.get(reverse("leads:move"), {"rep": alice.pk, "to": "pool"})
    assert len(shown.context["moved"].leads) == 2
    client.post(reverse("leads:move"), {"lead": picked(*leads), "to": "pool"})

    assert set(Lead.objects.values_list("phase", "bdr")) == {("queued", None)}


def test_a_full_rep_is_named_before_she_is_given_more(client, team, mona, alice, bob, now):
    bob.open_limit = 0
    bob.save(update_fields=["open_limit"])
    lead = make_lead(phase="working", bdr=alice, at=now)
    client.force_login(mona)

    response = client.get(reverse("leads:move"), {"lead": picked(lead), "to": f"rep-{bob.pk}"})

    assert "Bob will hold 1 of 0." in response.text


def test_a_move_without_a_receiver_is_refused_at_the_field(client, team, mona, alice, now):
    lead = make_lead(phase="working", bdr=alice, at=now)
    client.force_login(mona)

    assert client.post(reverse("leads:move"), {"lead": picked(lead)}).status_code == 422
    assert client.post(reverse("leads:move"), {"lead": picked(lead), "to": "rep-999"}).status_code == 422
    assert Lead.objects.get(pk=lead.pk).bdr == alice


def test_each_phase_moves_only_to_whoever_can_hold_it(team, alice, bob, peter, now):
    south = make_team("South")
    stranger = make_user("stranger", Role.BDR, team=south)
    rita = make_user("rita", Role.AE)
    leads = [
        make_lead(phase=phase, bdr=alice, ae=peter, at=now)
        for phase in ("queued", "working", "handed_off", "accepted", "qualified", "nurture")
    ]
    Lead.objects.filter(pk=leads[0].pk).update(bdr=None)
    closed = make_lead(phase="working", bdr=alice, at=now)
    disqualify_lead(closed, reason=reason("competitor"), by=alice, at=now)
    leads = list(Lead.objects.order_by("pk"))

    def moved_to(**target):
        return [lead.phase for lead in sort_out(leads, Target(**target), at=now).leads]

    everything = ["queued", "working", "handed_off", "accepted", "qualified", "nurture"]
    assert moved_to(user=bob) == everything
    assert moved_to(user=stranger) == []
    assert moved_to(user=rita, side="ae") == ["handed_off", "accepted", "qualified"]
    assert moved_to() == ["working", "nurture"]
    assert moved_to(team=south) == ["queued", "working", "nurture"]


def test_another_team_gets_it_in_its_pool_with_the_clock_running(team, alice, mona, now):
    south = make_team("South")
    lead = make_lead(phase="working", bdr=alice, at=now)
    due = Clock.objects.get(lead=lead).due_at

    move_leads([lead.pk], target=Target(team=south), by=mona, at=now)

    lead.refresh_from_db()
    assert (lead.team, lead.phase, lead.bdr) == (south, "queued", None)
    assert Clock.objects.running().get(lead=lead).due_at == due


def test_a_second_look_is_kept_closed_or_put_back(client, team, mona, alice, now):
    client.force_login(mona)
    looks = []
    for _ in range(2):
        lead = make_lead(phase="working", bdr=alice, at=now)
        disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=now)
        looks.append(SecondLook.objects.get(lead=lead))
    assert len(morning(client.get(reverse(TEAM))).looks) == 2

    client.post(reverse("leads:approve", args=[looks[0].pk]))
    client.post(reverse("leads:put_back", args=[looks[1].pk]))

    assert list(SecondLook.objects.order_by("pk").values_list("state", flat=True)) == ["approved", "put_back"]
    following = Lead.objects.get(previous=looks[1].lead)
    assert (following.phase, following.bdr) == (Phase.QUEUED, alice)


def test_deciding_after_somebody_else_is_told_in_words(client, team, mona, alice, now):
    lead = make_lead(phase="working", bdr=alice, at=now)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=now)
    look = SecondLook.objects.get(lead=lead)
    approve_second_look(look, by=mona, at=now)
    client.force_login(mona)

    response = client.post(reverse("leads:put_back", args=[look.pk]))

    assert response.status_code == 409
    assert "Somebody has decided this already." in response.text


def test_who_may_not_be_worked_any_more_is_not_put_back(client, team, mona, alice, now):
    person = make_person()
    lead = make_lead(phase="working", bdr=alice, at=now, person=person)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=now)
    Suppression.objects.create(channel="all", person=person, at=now)
    client.force_login(mona)

    response = client.post(reverse("leads:put_back", args=[SecondLook.objects.get().pk]))

    assert response.status_code == 409
    assert SecondLook.objects.get().state == "open"


def test_other_teams_are_not_there_and_other_roles_are_refused(client, team, mona, alice, peter, eve, now):
    lead = make_lead(phase="working", bdr=alice, at=now)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=now)
    look = SecondLook.objects.get(lead=lead)
    other = make_lead(phase="working", bdr=alice, at=now)
    for user in (alice, peter, make_user("max", Role.MARKETER)):
        client.force_login(user)
        assert client.get(reverse(TEAM)).status_code == 403
        assert client.get(reverse("leads:move"), {"lead": picked(other)}).status_code == 403
    client.force_login(alice)
    assert client.post(reverse("leads:approve", args=[look.pk])).status_code == 403
    omar = make_user("omar", Role.MANAGER, team=eve.memberships.get().team)
    client.force_login(omar)
    assert morning(client.get(reverse(TEAM))).reps[0].user == eve
    assert client.get(reverse(TEAM), {"team": team.pk}).status_code == 404
    assert client.post(reverse("leads:approve", args=[look.pk])).status_code == 404
    shown = client.get(reverse("leads:move"), {"lead": picked(other), "to": f"rep-{eve.pk}"})
    assert shown.context["leads"] == []
    assert client.post(reverse("leads:move"), {"lead": picked(other), "to": f"rep-{eve.pk}"}).status_code == 422
    assert Lead.objects.get(pk=other.pk).bdr == alice


@pytest.mark.parametrize("reps", [5, 40])
def test_the_page_costs_the_same_queries_for_any_number_of_reps(
    client, team, mona, peter, reps, now, django_assert_num_queries
):
    for n in range(reps):
        rep = make_user(f"rep{n}", Role.BDR, team=team)
        lead = make_lead(phase="working", bdr=rep, at=now - timedelta(days=9))
        hand_off = hand_off_lead(lead, ae=peter, by=rep, at=now - timedelta(days=8))
        if n % 2:
            accept_hand_off(hand_off, by=peter, at=now - timedelta(days=8))
        gone = make_lead(phase="working", bdr=rep, at=now)
        disqualify_lead(gone, reason=reason("bad_data"), by=rep, at=now)
        make_lead(team=team, at=now, lane=Lane.HAND_RAISER)
        Absence.objects.create(user=rep, starts_at=now, ends_at=now + timedelta(days=1))
    client.force_login(mona)
    client.get(reverse(TEAM))

    # session, user, roles, my teams; lists, their leads, what was done; reps: people, absences, counts, by which hours;
    # pool; rail
    with django_assert_num_queries(13):
        client.get(reverse(TEAM))

    assert Membership.objects.filter(role=Role.BDR).count() == reps


def test_a_second_look_is_decided_on_the_page_her_notice_leads_to(client, alice, mona, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=now)
    look = SecondLook.objects.get()
    page, keep = reverse("leads:lead", args=[lead.public_id]), reverse("leads:approve", args=[look.pk])
    client.force_login(alice)
    hers = client.get(page).text
    assert "Asks for a second look" in hers
    assert keep not in hers
    client.force_login(mona)
    assert keep in client.get(page).text

    done = client.post(keep, {"from": "lead"}, follow=True)

    assert done.redirect_chain == [(page, 302)]
    assert "It stays closed" in done.text
    assert "Asks for a second look" not in done.text
    again = client.post(keep, {"from": "lead"})
    assert (again.status_code, again.context["page"].lead) == (409, lead)


def test_a_manager_moves_the_lead_she_looks_at_and_stands_on_it_again(client, team, alice, bob, mona, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    page = reverse("leads:lead", args=[lead.public_id])
    asked = {"team": team.pk, "lead": lead.public_id, "from": "lead"}
    client.force_login(alice)
    assert reverse("leads:move") not in client.get(page).text
    client.force_login(mona)
    assert f"{reverse('leads:move')}?{urlencode(asked)}".replace("&", "&amp;") in client.get(page).text

    preview = client.get(reverse("leads:move"), {**asked, "to": f"rep-{bob.pk}"})
    done = client.post(reverse("leads:move"), {**asked, "to": f"rep-{bob.pk}", "form_id": preview.context["form_id"]})

    assert (done.url, preview.text.count('name="from" value="lead"')) == (page, 2)
    lead.refresh_from_db()
    assert lead.bdr == bob

    act = SharedAct.objects.get()
    assert f'name="event" value="{act.events[0][1]}"' in client.get(page).text
    undone = client.post(reverse("leads:shared_undo", args=[act.public_id]), {"event": act.events[0][1]})

    assert undone.url == page
    lead.refresh_from_db()
    assert lead.bdr == alice
