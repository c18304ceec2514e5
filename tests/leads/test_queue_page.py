"""My queue: one row a lead, grouped by why it is here, and the next one of the pool in one press."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Employment
from accounts.search import index_people
from agreement.models import Criterion, Lane, Phase, StepKind
from content.models import Asset
from leads.actions.claiming import claim_lead
from leads.actions.engaging import NewEngagement, engage
from leads.actions.handing import hand_off_lead, reject_hand_off
from leads.actions.logging import add_note, log_call, set_step
from leads.actions.planning import PlannedStep, plan_steps
from leads.actions.recycling import recycle_lead, wake_lead
from leads.models import Lead, Step
from leads.oversight.sheet import sheet_of
from leads.queue import Wanted, queue_of
from leads.queue_order import Group, read_rank, write_rank
from leads.today import today_of
from leads.waking import Facts
from team.models import Role
from tests.make import NOON, disposition, make_account, make_lead, make_person, make_user, reason

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def rows_of(user, *, at=NOON, **wanted):
    """{group: [row]} of the whole queue."""
    return dict(queue_of(user, wanted=Wanted(**wanted), at=at).groups)


def only_row(user, *, at=NOON, **wanted):
    ((group, (row,)),) = rows_of(user, at=at, **wanted).items()
    return group, row


def working(alice, *, at=NOON, **fields):
    return make_lead(phase=Phase.WORKING, bdr=alice, at=at, **fields)


def test_a_taken_lead_stands_under_first_touch_with_its_first_attempt(alice):
    working(alice)

    group, row = only_row(alice)

    assert (group, row.what, row.due_at) == (Group.FIRST, "First call and e-mail", NOON + 4 * HOUR)


def test_a_lead_that_is_reserved_for_me_is_in_my_queue_and_in_nobody_elses(alice, bob):
    make_lead(bdr=alice, reserved=True)

    assert only_row(alice)[0] == Group.FIRST
    assert rows_of(bob) == {}


def test_a_hand_raiser_waits_in_front_until_midnight(alice):
    working(alice, lane=Lane.HAND_RAISER)

    assert only_row(alice, at=NOON)[0] == Group.WAITING
    assert only_row(alice, at=NOON + 11 * HOUR)[0] == Group.WAITING
    assert only_row(alice, at=NOON + 13 * HOUR)[0] == Group.MISSED


def test_a_promised_call_back_waits_from_fifteen_minutes_before(alice):
    lead = working(alice, at=NOON - HOUR)
    promised = (NOON + 2 * HOUR).replace(tzinfo=None)
    log_call(lead, disposition=disposition("call_back"), by=alice, at=NOON - HOUR, call_back=(promised, "UTC"))

    assert only_row(alice, at=NOON + timedelta(minutes=104))[0] == Group.TODAY
    group, row = only_row(alice, at=NOON + timedelta(minutes=105))
    assert (group, row.what, row.is_exact) == (Group.WAITING, "Call back, promised today", True)


def test_a_reply_stands_in_front_of_an_older_attempt_and_is_one_line_of_the_sheet(alice):
    lead = working(alice, at=NOON, person=make_person(time_zone="Europe/Oslo"))
    Lead.objects.filter(pk=lead.pk).update(first_touched_at=NOON)
    saturday = NOON + 5 * DAY
    lead.steps.update(due_at=saturday - 2 * HOUR)
    reply = Step.objects.create(
        lead=lead, kind=StepKind.REPLY, due_at=saturday - HOUR, assignee=alice, made_by=Step.MadeBy.SYSTEM,
        created_at=saturday - HOUR,
    )  # fmt: skip

    group, row = only_row(alice, at=saturday)
    sheet = sheet_of(alice, lead.team, at=saturday)

    assert (group, row.due_at) == (Group.WAITING, reply.due_at)
    assert (sheet.overdue, sheet.rep.overdue) == ([(reply, "Answer the reply")], 1)


@pytest.mark.parametrize(
    ("hours", "zone", "group", "when"),
    [
        (0, "Europe/Oslo", Group.TODAY, "Callable until 17:00"),
        (6, "Europe/Oslo", Group.LATER, "From tomorrow 7:00"),
        (6, "America/New_York", Group.TODAY, "Callable until 23:00"),
        (0, "", Group.TODAY, "Today"),
    ],
)
def test_an_attempt_that_nobody_can_be_called_for_today_belongs_to_later(alice, hours, zone, group, when):
    lead = working(alice, at=NOON - 2 * DAY, person=make_person(time_zone=zone, phone="+18005550123"))
    Lead.objects.filter(pk=lead.pk).update(first_touched_at=NOON - DAY)
    lead.steps.update(due_at=NOON - HOUR)

    found, row = only_row(alice, at=NOON + hours * HOUR)

    assert (found, row.when) == (group, when)


def test_on_a_saturday_todays_attempts_belong_to_monday(alice):
    lead = working(alice, at=NOON, person=make_person(time_zone="Europe/Oslo"))
    Lead.objects.filter(pk=lead.pk).update(first_touched_at=NOON)
    lead.steps.update(due_at=NOON + 5 * DAY - HOUR)

    found, row = only_row(alice, at=NOON + 5 * DAY)

    assert (found, row.when) == (Group.LATER, "From Mon 7:00")


def test_the_page_says_how_many_of_what_stands_under_later_are_due_today(client, alice):
    client.force_login(alice)
    for zone in ("Asia/Kolkata", "Europe/Oslo"):
        lead = working(alice, at=NOON - 2 * DAY, person=make_person(time_zone=zone))
        Lead.objects.filter(pk=lead.pk).update(first_touched_at=NOON - DAY)
        lead.steps.update(due_at=NOON - HOUR)

    with time_machine.travel(NOON + 1 * HOUR, tick=False):
        page = client.get("/").content.decode()

    assert "1 due today, but past their hours" in page
    assert 'aria-current="true">Everything <span class="soft">2</span>' in page
    assert 'My queue <span class="count">2</span>' in page


def test_a_promised_moment_stands_on_both_clocks_in_the_same_words_as_on_her_page(client, alice):
    lead = working(alice, person=make_person(time_zone="America/New_York"))
    promised = (NOON + 2 * HOUR).replace(tzinfo=None)
    log_call(lead, disposition=disposition("call_back"), by=alice, at=NOON, call_back=(promised, "UTC"))
    client.force_login(alice)

    queue, page = client.get("/").text, client.get(reverse("leads:lead", args=[lead.public_id])).text

    assert ("14:00 (9:00 theirs)" in queue, "14:00 (9:00 theirs)" in page) == (True, True)


def test_a_decision_says_how_often_this_pursuit_was_tried_as_its_history_does(alice, client):
    lead = working(alice)
    for number in range(7):
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON + number * HOUR)
    at = NOON + 7 * HOUR

    assert only_row(alice, at=at)[1].why == "7 attempts and no conversation"

    lead.refresh_from_db()
    recycle_lead(lead, reason=reason("unresponsive"), by=alice, at=at)
    following = wake_lead(lead, by=alice, at=at)
    claim_lead(following, by=alice, at=at)
    for number in range(1, 7):
        log_call(following, disposition=disposition("no_answer"), by=alice, at=at + number * HOUR)

    assert only_row(alice, at=at + 7 * HOUR)[1].why == "6 attempts since they came back, and no conversation"


def test_a_call_back_says_what_was_said_when_it_was_promised(alice):
    lead = working(alice)
    promised = (NOON + 2 * HOUR).replace(tzinfo=None)
    log_call(
        lead, disposition=disposition("call_back"), by=alice, at=NOON, call_back=(promised, "UTC"),
        note="Ring me after\nthe shift change",
    )  # fmt: skip

    assert only_row(alice)[1].why == "“Ring me after the shift change”"


def test_the_next_attempt_is_counted_and_folded_away_until_its_day(alice):
    lead = working(alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)

    group, row = only_row(alice)
    assert (group, row.what) == (Group.LATER, "Attempt 2 of 6: call")
    assert only_row(alice, at=NOON + DAY)[0] == Group.TODAY


def test_what_a_past_day_left_undone_is_missed(alice):
    lead = working(alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)

    assert only_row(alice, at=NOON + 3 * DAY)[0] == Group.MISSED


def test_a_step_that_is_hours_late_today_stays_with_todays_steps_and_on_top(alice):
    late, soon = working(alice), working(alice)
    for lead, due in ((soon, NOON + 2 * HOUR), (late, NOON + HOUR)):
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
        set_step(lead, kind=StepKind.TASK, by=alice, at=NOON, due=due, title="Send the checklist")

    rows = rows_of(alice, at=NOON + timedelta(minutes=90))[Group.TODAY]

    assert [(row.lead_id, row.is_late) for row in rows] == [(late.pk, True), (soon.pk, False)]


def test_only_the_earliest_step_of_a_lead_makes_its_row(alice):
    lead = working(alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    set_step(lead, kind=StepKind.TASK, by=alice, at=NOON, due=NOON + 3 * HOUR, title="Later")
    set_step(lead, kind=StepKind.TASK, by=alice, at=NOON, due=NOON + HOUR, title="Sooner")

    assert only_row(alice)[1].what == "Sooner"


def test_missed_rows_stand_by_tier_and_then_by_newest_interest(alice):
    leads = [working(alice) for _ in range(3)]
    for lead, tier in zip(leads, ("C3", "A1", "B2"), strict=True):
        Lead.objects.filter(pk=lead.pk).update(tier=tier)

    missed = rows_of(alice, at=NOON + 5 * HOUR)[Group.MISSED]

    assert [row.lead_id for row in missed] == [leads[1].pk, leads[2].pk, leads[0].pk]


def test_who_comes_back_says_what_is_known_from_before(alice):
    lead = working(alice)
    facts = Facts(contract_ends=date(2027, 9, 14), precision="day")
    recycle_lead(
        lead, reason=reason("mid_contract"), by=alice, at=NOON, facts=facts, vendor="Torqline", satisfaction="unhappy"
    )
    wake_lead(lead, by=alice, at=NOON)

    group, row = only_row(alice)

    assert (group, row.why) == (Group.BACK, "Contract with Torqline ends 14 Sep 2027, unhappy with them")


def test_who_was_not_ready_comes_back_with_what_was_missing(alice):
    lead = working(alice)
    recycle_lead(
        lead, reason=reason("not_ready"), by=alice, at=NOON, missing=Criterion.objects.get(key="budget"),
        facts=Facts(wake_on=date(2027, 8, 2)),
    )  # fmt: skip
    wake_lead(lead, by=alice, at=NOON)

    assert only_row(alice)[1].why == "Not ready in March: budget was missing"


def test_a_rejected_hand_off_says_who_rejected_it_and_why(alice, peter):
    lead = working(alice)
    hand_off = hand_off_lead(lead, ae=peter, by=alice, at=NOON)
    reject_hand_off(hand_off, reason=reason("reject_no_authority"), by=peter, at=NOON)

    assert only_row(alice)[1].why == "Rejected by Peter: No authority"


def test_the_reason_names_what_she_did(alice):
    asset = Asset.objects.create(title="Audit readiness", kind=Asset.Kind.WEBINAR)
    at = (NOON - timedelta(minutes=20)).isoformat()
    lead = make_lead(evidence=[["attended", asset.pk, None, at], ["visited", None, None, at]])
    claim_lead(lead, by=alice, at=NOON)

    assert only_row(alice)[1].why == "C3 · Attended Audit readiness, visited 20 min ago"


def test_somebody_without_a_name_is_called_by_what_is_known_of_her(alice):
    person = make_person(
        given_name="", family_name="", email=None, city="Leeds", title="Technician", account=make_account(name="Orrin")
    )
    working(alice, person=person)

    row = only_row(alice)[1]

    assert (row.name, row.about) == ("Technician, Orrin, Leeds", "no name yet")


def test_filters_narrow_by_lane_tier_stage_and_words(alice):
    ada, bo = make_person(given_name="Ada", family_name="Holm"), make_person(given_name="Bo", family_name="Ek")
    index_people([ada.pk, bo.pk])
    first = working(alice, person=ada, lane=Lane.HAND_RAISER)
    second = working(alice, person=bo)
    Lead.objects.filter(pk=second.pk).update(tier="A1")

    def found(**wanted):
        return {row.lead_id for rows in rows_of(alice, **wanted).values() for row in rows}

    assert found(lane=Lane.HAND_RAISER) == {first.pk}
    assert found(tier="A") == found(tier="A1") == {second.pk}
    assert found(q="HÓLM") == {first.pk}
    assert found(q="holm ek") == set()
    assert found(stage=str(first.stage_id)) == {first.pk, second.pk}
    assert found(stage="0") == set()
    assert found(group="waiting") == {first.pk}


def test_callable_now_is_an_hour_of_work_on_her_clock(alice):
    new_york = make_person(time_zone="America/New_York")
    tokyo = make_person(time_zone="Asia/Tokyo")
    lead, _other = working(alice, person=new_york), working(alice, person=tokyo)

    # 15:00 in London's winter is 10:00 in New York and midnight in Tokyo.
    assert only_row(alice, at=NOON + 3 * HOUR, callable_now=True)[1].lead_id == lead.pk


def test_the_places_of_the_list_survive_the_address():
    rank = (4, "A1", -12.25, 77)

    assert read_rank(write_rank(rank)) == rank


@pytest.mark.parametrize("text", ["", "x", "1_2", "a_b_c_d", "1_A1_nan-x_3", "'; DROP TABLE x; --"])
def test_a_place_that_cannot_be_read_is_the_top_of_the_list(text):
    assert read_rank(text) is None


def test_pages_go_on_where_the_last_one_ended(alice, monkeypatch):
    monkeypatch.setattr("leads.queue.PAGE", 2)
    leads = {working(alice).pk for _ in range(5)}
    seen, after = [], ""
    for _ in range(3):
        queue = queue_of(alice, wanted=Wanted(after=after), at=NOON)
        seen += [row.lead_id for _group, rows in queue.groups for row in rows]
        after = queue.next_after

    assert (len(seen), set(seen), after) == (5, leads, "")


def test_the_day_counts_touches_less_what_was_taken_back(alice, client):
    lead = working(alice)
    log_call(lead, disposition=disposition("voicemail_email"), by=alice, at=NOON)
    add_note(lead, text="A note is no touch", by=alice, at=NOON)

    assert (today_of(alice, at=NOON).touches, today_of(alice, at=NOON).open) == (2, 1)
    assert today_of(alice, at=NOON + DAY).touches == 0


@pytest.mark.parametrize("is_first", [True, False])
def test_what_a_play_asks_for_is_named_on_the_row_of_its_lead_also_where_another_step_is_due_first(alice, is_first):
    lead = working(alice)
    plan_steps([PlannedStep(lead, StepKind.TASK, "Ask what is missing", "Early buyer", 1, days=3)], at=NOON)
    own = NOON + (5 * HOUR if is_first else 9 * DAY)
    Step.objects.create(
        lead=lead, kind=StepKind.TASK, title="Send the figures", due_at=own, assignee=alice, made_by="person",
        created_at=NOON,
    )  # fmt: skip

    _group, row = only_row(alice)

    # Why it is here is said as of any other row.
    lead.steps.filter(made_by="flow").delete() if is_first else lead.steps.filter(made_by="person").delete()
    alone = only_row(alice)[1]
    assert row.why == alone.why
    assert row.what == ("Send the figures · and “Early buyer”" if is_first else "Ask what is missing · Early buyer")


@pytest.mark.parametrize("rows", [1, 50])
def test_the_queue_page_costs_eight_queries_however_long_it_is(client, alice, rows, django_assert_num_queries):
    asset = Asset.objects.create(title="Audit readiness", kind=Asset.Kind.WEBINAR)
    for _ in range(rows):
        lead = make_lead(evidence=[["attended", asset.pk, None, NOON.isoformat()]])
        Lead.objects.filter(pk=lead.pk).update(bdr=alice, reserved_until=NOON + DAY)
    client.force_login(alice)

    client.get(reverse("leads:queue"))  # the first page of a session notes when it began

    # Session, user, memberships, rail, the rows of the queue, facts of the page, what they engaged with, her day.
    with django_assert_num_queries(8):
        response = client.get(reverse("leads:queue"))

    assert response.text.count('<li class="row">') == rows


def test_an_empty_queue_says_what_to_do_next(client, alice):
    client.force_login(alice)

    html = client.get(reverse("leads:queue")).text

    assert "Nobody is waiting for you" in html
    assert reverse("leads:take_next") in html


def test_a_filter_without_a_match_offers_to_drop_it(client, alice):
    working(alice)
    client.force_login(alice)

    html = client.get(reverse("leads:queue"), {"lane": "list"}).text

    assert "No lead in your queue matches" in html
    assert "Without the filter there is 1." in html


@pytest.mark.parametrize(
    "address", ["?q=%00", "?lane=x&tier=Z9&stage=-1", "?group=nothing&after=__", f"?q={'a' * 5000}"]
)
def test_an_address_that_makes_no_sense_is_still_a_page(client, alice, address):
    client.force_login(alice)

    assert client.get(reverse("leads:queue") + address).status_code == 200


def test_taking_the_next_lands_on_its_page_and_a_second_press_takes_no_second_lead(client, alice):
    make_lead()
    make_lead()
    client.force_login(alice)
    form = {"form_id": "0192f0c1-8d5b-7c3e-8f00-000000000001"}

    first = client.post(reverse("leads:take_next"), form)
    again = client.post(reverse("leads:take_next"), form)

    taken = Lead.objects.get(bdr=alice)
    assert first.headers["Location"] == again.headers["Location"] == reverse("leads:lead", args=[taken.public_id])


def test_an_empty_pool_and_a_full_hand_are_said_in_words(client, alice):
    client.force_login(alice)
    assert "The pool is empty" in client.post(reverse("leads:take_next"), follow=True).text

    make_lead()
    alice.open_limit = 0
    alice.save(update_fields=["open_limit"])
    assert "You hold 0 open leads, your limit." in client.post(reverse("leads:take_next"), follow=True).text


@pytest.mark.parametrize(("role", "place"), [(Role.AE, "leads:hand_offs"), (Role.ADMIN, "leads:settings")])
def test_who_works_no_queue_is_led_to_the_page_she_works_in(client, team, role, place):
    client.force_login(make_user("other", role, team=team))

    assert client.get("/").headers["Location"] == reverse(place)
    assert client.get("/?mine=1").status_code == 200


def test_a_bdr_with_more_roles_sees_her_queue(client, team):
    user = make_user("both", Role.BDR, Role.MANAGER, team=team)
    client.force_login(user)

    assert client.get("/").status_code == 200


def test_a_lead_of_another_team_is_not_in_the_queue_of_this_one(alice, eve):
    working(eve)

    assert rows_of(alice) == {}
    assert len(rows_of(eve)) == 1


def test_the_row_shows_company_before_title(alice):
    person = make_person()
    Employment.objects.create(person=person, account=make_account(name="Corvane"), title="Plant manager")
    working(alice, person=person)

    assert only_row(alice)[1].about == "Corvane · Plant manager"


def test_a_reply_stands_in_front_of_an_attempt_that_was_due_before_it(alice):
    lead = working(alice, at=NOON - 3 * DAY, person=make_person(time_zone="Europe/Oslo"))
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON - 3 * DAY + HOUR)
    assert Step.objects.open().get(lead=lead).due_at < NOON
    engage([NewEngagement(lead.person_id, "replied", NOON)], at=NOON)

    group, row = only_row(alice, at=NOON + timedelta(minutes=2))

    assert (group, row.what) == (Group.WAITING, "Answer the reply")
