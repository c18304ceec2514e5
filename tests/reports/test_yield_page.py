"""What came of those we put to sleep: who counts as converted, for how long each was watched, and who may read it."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Benchmark, Phase
from content.models import Topic
from leads.actions.claiming import claim_lead
from leads.actions.closing import disqualify_lead
from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.actions.merging import merge_people
from leads.actions.outcomes import record_qualified, stall_lead, win_lead
from leads.actions.recycling import recycle_lead, wake_lead
from leads.actions.undoing import undo_last
from leads.models import Engagement, Lead
from nurture.models import Enrolment, Track, TrackVersion
from reports.outcome import outcome_of, slept
from reports.picture import drawn as picture_of
from team.models import AuditEntry, Role
from tests.make import NOON, give_verdicts, make_account, make_lead, make_person, make_user, reason

QUALIFIED, WON = {"counts": "qualified", "within": 12}, {"counts": "won", "within": 12}


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def ago(days):
    return NOON - timedelta(days=days)


def asleep(bdr, *, days, key="not_ready", lead=None, **fields):
    lead = lead or make_lead(phase=Phase.WORKING, bdr=bdr, at=ago(days), **fields)
    recycle_lead(lead, reason=reason(key), by=bdr, at=ago(days))
    return Lead.objects.get(pk=lead.pk)


def back(lead, *, days):
    """Woken and taken again so many days ago."""
    woken = wake_lead(lead, by=lead.bdr, at=ago(days))
    claim_lead(woken, by=lead.bdr, at=ago(days))
    return Lead.objects.get(pk=woken.pk)


def qualified(lead, ae, *, days):
    hand_off = hand_off_lead(lead, ae=ae, by=lead.bdr, at=ago(days))
    accept_hand_off(hand_off, by=ae, at=ago(days))
    give_verdicts(lead, by=ae, at=ago(days))
    hand_off.refresh_from_db()
    record_qualified(hand_off, by=ae, at=ago(days))
    return Lead.objects.get(pk=lead.pk)


def told(user, **asked):
    """(days watched, what came of it), the latest first."""
    return [(one.days, one.came) for one in slept(user, QUALIFIED | asked, at=NOON)]


def test_a_later_pursuit_that_is_qualified_converts_and_counts_from_the_day_she_was_put_to_sleep(alice, mona, peter):
    sold = qualified(back(asleep(alice, days=300), days=200), peter, days=100)

    assert told(mona) == [(200, "converted")]
    # Qualified is not yet won; both may be asked for.
    assert told(mona, **WON) == [(300, "under_way")]
    win_lead(sold, by=peter, at=ago(40))
    assert told(mona, **WON) == [(260, "converted")]
    assert told(mona) == [(200, "converted")]


def test_the_chain_of_pursuits_is_followed_and_a_person_counts_once_from_the_first_time_that_was_asked_for(
    alice, mona, peter
):
    again = asleep(alice, days=200, key="unresponsive", lead=back(asleep(alice, days=300), days=250))
    qualified(back(again, days=90), peter, days=60)

    assert told(mona) == [(240, "converted")]
    # Of those who did not respond she is one as well, from the day of that.
    assert told(mona, category="unresponsive") == [(140, "converted")]


def test_what_happened_before_the_sleep_does_not_count(alice, mona, peter):
    lead = qualified(make_lead(phase=Phase.WORKING, bdr=alice, at=ago(90)), peter, days=60)
    stall_lead(lead, reason=reason("not_ready"), by=peter, at=ago(30))

    assert Lead.objects.get(pk=lead.pk).first_qualified_at is not None
    assert told(mona) == [(30, "under_way")]


def test_who_ended_without_stays_in_the_count_and_who_was_merged_is_watched_until_then(alice, mona, team):
    disqualify_lead(asleep(alice, days=100), reason=reason("bad_data"), by=alice, at=ago(50))
    gone = asleep(alice, days=80)
    kept = make_lead(phase=Phase.WORKING, bdr=alice, at=ago(30))
    merge_people(kept.person, gone.person, by=mona, at=ago(20))

    assert told(mona) == [(60, "out_of_sight"), (100, "over")]


def test_a_sleep_that_was_taken_back_is_none(alice, mona):
    undo_last(asleep(alice, days=0), by=alice, at=NOON)

    assert told(mona) == []


def test_a_track_that_fed_her_is_told_from_one_that_was_held_back(alice, mona):
    for held_out in (None, False, True):
        lead = asleep(alice, days=50)
        if held_out is not None:
            drawn(lead, is_held_out=held_out)

    arms = {one.arm for one in slept(mona, QUALIFIED, at=NOON)}
    assert arms == {"not_fed", "fed", "held_out"}
    of_track = slept(mona, QUALIFIED | {"track": str(Track.objects.get().pk)}, at=NOON)
    assert {one.arm for one in of_track} == {"fed", "held_out"}


def test_whom_a_track_began_to_feed_later_is_without_one_until_then_and_of_neither_afterwards(alice, mona, peter):
    """Else her waiting for the track would count for it."""
    lead = asleep(alice, days=200)
    enrol(lead, started_at=ago(120), state="ended", due_at=None, outcome="woken", ended_at=ago(100))
    qualified(back(lead, days=100), peter, days=90)

    (one,) = slept(mona, QUALIFIED, at=NOON)
    assert (one.arm, one.in_arm) == ("not_fed", (80, False))
    # For the report of everybody she converted all the same.
    assert (one.days, one.came) == (110, "converted")


def drawn(lead, *, name="Renewals", percent=10, is_held_out=False, **fields):
    """It was drawn for her whether this track feeds her."""
    return enrol(lead, name=name, is_held_out=is_held_out, hold_out_percent=percent, **fields)


def converted(lead, ae, *, days=200):
    return qualified(back(lead, days=days), ae, days=days)


def test_the_lift_counts_those_who_were_drawn_and_nobody_who_was_chosen(client, alice, mona, peter):
    """Whoever a rep puts into it by hand is the one of whom she expects most."""
    leads = [asleep(alice, days=500) for _lead in range(24)]
    for lead in leads[:10]:
        drawn(lead)
    for lead in leads[10:20]:
        drawn(lead, is_held_out=True)
    for lead in leads[20:]:
        enrol(lead, by=alice)
    for lead in (*leads[:2], leads[10], *leads[20:]):
        converted(lead, peter)
    client.force_login(mona)

    page = client.get(reverse("reports:yield"))

    lift = page.context["outcome"].lift
    assert (lift.fed.n, lift.held_out.n, lift.fed.events, lift.held_out.events) == (10, 10, 2, 1)
    assert lift.estimate.share == pytest.approx(0.2 - 0.1)
    # 0.2 - 0.1 is a little less than a tenth for a computer, and rounded, not cut.
    assert "+10.0" in page.text
    assert 'arm=drawn_fed">10</a> fed' in page.text
    assert 'arm=drawn_held_out">10</a> left without' in page.text
    for arm, those in (("drawn_fed", leads[:10]), ("drawn_held_out", leads[10:20])):
        behind = client.get(reverse("reports:yield_people"), {"arm": arm}).context["people"]
        assert {one.public_id for one in behind.lines} == {lead.public_id for lead in those}


def test_who_was_left_without_stays_so_whatever_somebody_did_about_her_later(alice, mona, peter):
    """Else the best of them would change sides."""
    fed, left = asleep(alice, days=500), asleep(alice, days=500)
    drawn(fed)
    drawn(left, is_held_out=True, state="ended", due_at=None, outcome="stopped", ended_at=ago(498))
    enrol(left, by=alice, started_at=ago(498))
    converted(left, peter)

    lift = outcome_of(mona, QUALIFIED, at=NOON).lift
    assert (lift.fed.events, lift.held_out.events, lift.held_out.n) == (0, 1, 1)


def test_each_track_is_compared_with_whom_it_left_without(client, alice, mona, peter):
    """Thrown together, the track for those who seldom convert would look bad for whom it takes."""
    seldom = [asleep(alice, days=500) for _lead in range(20)]
    often = [asleep(alice, days=500) for _lead in range(10)]
    for place, lead in enumerate(seldom):
        drawn(lead, name="Learning", percent=25, is_held_out=place < 5)
    for place, lead in enumerate(often):
        drawn(lead, name="Choosing", percent=50, is_held_out=place < 5)
    # Twenty of a hundred more of each: none and 3 of 15, then 2 and 3 of 5. Thrown together it would be 10.
    for lead in (*seldom[5:8], *often[:2], *often[5:8]):
        converted(lead, peter)
    # A track that leaves nobody without says nothing of lift, however much comes of it.
    for _lead in range(2):
        lead = asleep(alice, days=500)
        enrol(lead, name="Fans")
        converted(lead, peter)
    client.force_login(mona)

    page = client.get(reverse("reports:yield"))

    outcome = page.context["outcome"]
    assert outcome.lift.estimate.share == pytest.approx(0.2)
    by_track = [(name, one.fed.n, one.held_out.n, round(one.estimate.share, 9)) for _pk, name, one in outcome.lifts]
    assert by_track == [("Choosing", 5, 5, 0.2), ("Learning", 15, 5, 0.2)]
    learning = Track.objects.get(name="Learning")
    alone = client.get(reverse("reports:yield"), {"track": learning.pk}).context["outcome"]
    assert (alone.lift.fed.n, alone.lift.held_out.n, alone.lifts) == (15, 5, [])


def test_a_track_that_began_to_leave_out_lately_waits_beside_one_that_is_known(alice, mona, peter):
    for place in range(20):
        drawn(asleep(alice, days=500), name="Old", is_held_out=place < 10)
    for place in range(4):
        drawn(asleep(alice, days=30), name="Young", is_held_out=place < 2)

    lift = outcome_of(mona, QUALIFIED, at=NOON).lift
    assert (lift.day, lift.fed.n, lift.held_out.n) == (365, 10, 10)


def test_without_a_lot_no_lift_is_said_but_how_to_come_by_one(client, alice, mona, peter):
    for _lead in range(2):
        enrol(asleep(alice, days=500))
        asleep(alice, days=500)
    client.force_login(mona)

    page = client.get(reverse("reports:yield"))

    assert page.context["outcome"].lift.estimate is None
    assert "More with a track" not in page.text
    assert "no track leaves anybody without" in page.text
    assert "“Left without, of a hundred”" in page.text
    Track.objects.update(hold_out_percent=10)
    page = client.get(reverse("reports:yield")).text
    assert "of these, nobody was left without one by lot" in page


def enrol(lead, *, name="Renewals", **fields):
    track, _made = Track.objects.get_or_create(name=name)
    version, _made = TrackVersion.objects.get_or_create(track=track, number=1, made_at=NOON, published_at=NOON)
    told = {"started_at": lead.first_nurture_at, "due_at": NOON, **fields}
    return Enrolment.objects.create(person=lead.person, lead=lead, track=track, version=version, **told)


def test_reps_see_whom_they_put_to_sleep_managers_their_team_and_marketers_everybody(alice, bob, eve, mona, peter):
    for rep in (alice, bob, eve):
        asleep(rep, days=10)
    everybody = (alice, bob, eve, mona, peter, make_user("mark", Role.MARKETER), make_user("ada", Role.ADMIN))

    assert [len(told(user)) for user in everybody] == [1, 1, 1, 2, 0, 3, 3]
    # What is not hers is not hers for asking.
    assert told(alice, rep=str(bob.pk)) == []


def test_the_page_says_share_interval_and_number_and_what_is_not_known_yet(client, alice, bob, mona, peter):
    for _ in range(3):
        qualified(back(asleep(alice, days=500), days=400), peter, days=400)
    for _ in range(7):
        asleep(bob, days=500)
    client.force_login(mona)

    page = client.get(reverse("reports:yield"))

    assert page.context["outcome"].all.by_then.share == pytest.approx(0.3)
    # By the formula: log-log with 7 of 10 left; see test_survival for it by hand.
    assert "30.0 %</span> <small>10.8–67.1 %" in page.text
    assert '">3</a> of <a href' in page.text
    assert "7 watched longer" in page.text
    assert [line.verdict for line in page.context["outcome"].arms] == ["met"]
    assert [(line.label, line.curve.n, line.curve.events) for line in page.context["outcome"].reps] == [
        ("Bob", 7, 0), ("Alice", 3, 3),
    ]  # fmt: skip
    assert 'data-curve="curve-data"' in page.text
    assert "<polyline" in page.text


def test_no_share_is_said_before_anybody_was_watched_for_long(client, alice, bob, mona, peter):
    qualified(back(asleep(alice, days=8), days=6), peter, days=3)
    for _ in range(4):
        asleep(bob, days=2)
    # Of those who came in one is worked.
    make_lead(phase=Phase.WORKING, bdr=bob, at=ago(2))
    client.force_login(mona)

    page = client.get(reverse("reports:yield")).text

    assert "100" not in page[page.index('<dl class="figures">') : page.index("</dl>")]
    assert page.count("nobody was watched long enough yet") == 4  # the figure, its reason, and each rep
    assert "not known yet" in page


def test_what_is_not_known_for_so_long_is_said_of_the_last_day_on_which_enough_were_watched(client, alice, mona, peter):
    qualified(back(asleep(alice, days=150), days=140), peter, days=110)
    for days in (*range(100, 121), 300):
        asleep(alice, days=days)
    client.force_login(mona)

    page = client.get(reverse("reports:yield")).text

    # 1 of 23 converted after 40 days; ten of them were watched for 112 days.
    assert "4.3 %</span>" in page
    assert "after 3.7 months: too few were watched longer" in page


def test_the_axis_fits_what_there_is_to_see(alice, bob, mona, peter):
    """Small shares are no flat line below the band of others, and one wide interval hides nothing."""
    qualified(back(asleep(alice, days=500), days=450), peter, days=400)
    for _ in range(39):
        asleep(alice, days=500)
    for _ in range(2):
        enrol(asleep(bob, days=400))

    picture = picture_of(outcome_of(mona, QUALIFIED, at=NOON).arms, within=12)

    assert (picture.top, picture.data["top"]) == ("10 %", 10)
    assert [(shape.key, shape.is_wide, bool(shape.area)) for shape in picture.shapes] == [
        ("fed", True, False), ("not_fed", False, True),
    ]  # fmt: skip
    assert [(strip.label.split(",")[0], strip.is_above) for strip in picture.strips] == [
        ("Others: 15–20 %", True), ("Others: 8–10 %", False),
    ]  # fmt: skip


def test_an_empty_report_says_what_will_stand_there(client, mona):
    client.force_login(mona)

    assert "Nobody was put to sleep yet" in client.get(reverse("reports:yield")).text
    assert "Nobody like this" in client.get(reverse("reports:yield"), {"category": "unresponsive"}).text
    assert client.get(reverse("reports:yield_people")).status_code == 200


def test_the_months_of_the_address_are_the_readers(client, alice, mona):
    mona.time_zone = "Pacific/Auckland"
    mona.save(update_fields=["time_zone"])
    asleep(alice, days=1)
    client.force_login(mona)

    def counted(**asked):
        return client.get(reverse("reports:yield"), asked).context["outcome"].all.curve.n

    # Noon of the last of February in UTC is an hour past midnight of the first of March there.
    assert (counted(since="2027-03"), counted(until="2027-02"), counted(since="2027-03", until="2027-03")) == (1, 0, 1)


def test_an_admin_puts_another_band_beside_the_figures(client, alice, mona, peter):
    Benchmark.objects.filter(key="not_nurtured").update(low=1, high=99, source="Our own market")
    qualified(back(asleep(alice, days=400), days=300), peter, days=300)
    client.force_login(mona)

    page = client.get(reverse("reports:yield"))

    assert '<small title="Our own market">others: 1–99 %, not nurtured</small>' in page.text


def test_who_sleeps_now_is_counted_by_reason_and_by_every_topic_of_theirs(client, alice, eve, mona):
    stops, parts = (Topic.objects.create(key=key, label=key.capitalize()) for key in ("stops", "parts"))
    twice = asleep(alice, days=200, key="unresponsive", lead=back(asleep(alice, days=300), days=250))
    read(twice, stops, days=20), read(twice, stops, days=10), read(twice, parts, days=20)
    read(asleep(alice, days=50), stops, days=40)
    # Long ago, somebody else's, and nobody's any more.
    read(asleep(alice, days=300), parts, days=299)
    read(asleep(eve, days=50), stops, days=40)
    read(back(asleep(alice, days=60), days=30), stops, days=40)
    client.force_login(mona)

    told = client.get(reverse("reports:asleep")).context["asleep"]

    said = [(reason, n, [(label, cell) for _pk, label, cell in cells]) for _key, reason, n, cells in told.lines]
    assert said == [
        ("Not ready", 2, [("Stops", 1), ("Parts", 0)]), ("Unresponsive", 1, [("Stops", 1), ("Parts", 1)]),
    ]  # fmt: skip


def read(lead, topic, *, days):
    Engagement.objects.create(
        person=lead.person, kind="downloaded", topic=topic, at=ago(days), recorded_at=ago(days), source="x"
    )


@pytest.mark.parametrize("rows", [1, 12])
def test_the_page_costs_the_same_queries_however_many_slept(client, alice, mona, django_assert_num_queries, rows):
    for days in range(rows):
        asleep(alice, days=10 + days, person=make_person(account=make_account()))
    client.force_login(mona)
    client.get(reverse("reports:yield"))

    # Session, user, memberships; teams, reps, tracks; the people, tracks, names, bands, not ready; the rail.
    with django_assert_num_queries(12):
        client.get(reverse("reports:yield"))
    # Session, user, memberships; teams, reps, tracks; the people, their lines; the rail.
    with django_assert_num_queries(9):
        client.get(reverse("reports:yield_people"))


def test_the_list_goes_on_where_its_page_ended_and_opens_from_a_figure(client, alice, mona, peter, monkeypatch):
    monkeypatch.setattr("reports.people.PAGE", 2)
    qualified(back(asleep(alice, days=90), days=80), peter, days=70)
    leads = [asleep(alice, days=days) for days in (10, 20, 30)]
    client.force_login(mona)
    url = reverse("reports:yield_people")

    first = client.get(url).context["people"]
    assert ([line.name for line in first.lines], first.total) == ([str(lead.person) for lead in leads[:2]], 4)
    second = client.get(url, {"after": first.next_after}).context["people"]
    assert [line.came for line in second.lines] == ["Asleep or worked again, 30 days so far", "Qualified after 20 days"]
    (one,) = client.get(url, {"came": "converted"}).context["people"].lines
    assert one.has_converted


def test_the_file_holds_what_she_may_see_and_runs_no_formula(client, alice, eve, peter):
    person = make_person(given_name="=Ada", family_name="Holm", account=make_account(name="@Corvane"))
    qualified(back(asleep(alice, days=90, person=person), days=80), peter, days=70)
    asleep(eve, days=10)
    client.force_login(alice)

    answer = client.post(reverse("reports:yield_export"))

    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    (line,) = csv.DictReader(StringIO(text, newline=""))
    lead = Lead.objects.filter(person=person).earliest("pk")
    assert line == {
        "Name": "'=Ada Holm", "Account": line["Account"], "Put to sleep": "2026-12-01 12:00",
        "Why they sleep": "Not ready", "Put to sleep by": "Alice", "Team": "North", "Fed by a track": "Without a track",
        "What came of it": "Qualified again", "Days": "20", "Address": f"http://testserver/leads/{lead.public_id}/",
    }  # fmt: skip
    assert AuditEntry.objects.filter(verb=AuditEntry.Verb.EXPORT, by=alice, about="yield").count() == 1


def test_of_those_who_came_in_whoever_was_woken_is_counted_once(alice, mona):
    asleep(alice, days=100)
    back(asleep(alice, days=90), days=60)

    not_ready = outcome_of(mona, QUALIFIED, at=NOON).not_ready

    assert (not_ready.curve.n, not_ready.curve.events) == (2, 2)
