"""Hand-offs: what is asked stands first, one pick answers it, and nobody answers what is not hers."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Criterion, Phase
from leads.actions.answering import answer_criteria
from leads.actions.engaging import NewEngagement, record_engagements
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off, withdraw_hand_off
from leads.actions.leaving import release_absent
from leads.actions.meetings import move_meeting
from leads.actions.outcomes import return_lead
from leads.actions.sweeping import notice_clocks
from leads.actions.undoing import undo_last
from leads.models import Answer, Clock, Engagement, HandOff, Lead, Note, Step
from team.models import Absence, Membership, Role
from team.templatetags.midfield import away_words
from tests.make import give_verdicts, make_account, make_lead, make_person, make_user, reason

NEW_YORK = "America/New_York"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def iris():
    return make_person(given_name="Iris", family_name="Bell", title="Director", account=make_account(name="Corrow"))


@pytest.fixture
def sent(alice, peter, iris, now):
    return send(alice, peter, now, person=iris)


def send(by, ae, at, *, person=None, meeting_in=None, line="Contract ends in March", **more):
    """A hand-off of an hour ago; with a meeting so many hours from now."""
    lead = make_lead(phase="working", bdr=by, person=person, at=at - timedelta(hours=2))
    hand_off = hand_off_lead(lead, ae=ae, by=by, at=at - timedelta(hours=1), line=line, **more)
    if meeting_in is not None:
        set_meeting(hand_off, at + timedelta(hours=meeting_in))
    return hand_off


def set_meeting(hand_off, moment):
    """Put the meeting anywhere, the past included: where a page is about what comes after it."""
    HandOff.objects.filter(pk=hand_off.pk).update(meeting_at=moment, local_meeting=moment, zone="UTC")
    hand_off.refresh_from_db()


def page_of(hand_off):
    return reverse("leads:hand_off_brief", args=[hand_off.public_id])


def post(client, name, hand_off, **data):
    return client.post(reverse(f"leads:{name}", args=[hand_off.public_id]), data)


def post_lead(client, name, lead, **data):
    return client.post(reverse(f"leads:{name}", args=[lead.public_id]), data)


def state_of(hand_off):
    hand_off = HandOff.objects.select_related("lead").get(pk=hand_off.pk)
    return hand_off.state, hand_off.lead.phase


def test_the_inbox_opens_with_what_waits_longest_for_an_answer(client, alice, peter, iris, now):
    later = send(alice, peter, now)
    first = send(alice, peter, now - timedelta(days=3), person=iris)
    client.force_login(peter)

    response = client.get(reverse("leads:hand_offs"))

    assert response.status_code == 200
    assert response.context["hand_off"] == first
    assert [group.key for group in response.context["inbox"].groups] == ["answer"]
    assert [one.pk for one in response.context["inbox"].groups[0].items] == [first.pk, later.pk]


def test_the_brief_says_why_who_decides_what_she_read_and_what_to_ask(client, alice, peter, sent, iris, now):
    need = Criterion.objects.get(key="need")
    answer_criteria(sent.lead, answers={need: ("yes", "unplanned stops")}, by=alice, at=now)
    make_person(given_name="Joel", account=iris.employments.get().account)
    client.force_login(peter)

    response = client.get(page_of(sent))

    brief = response.context["brief"]
    assert "Contract ends in March" in response.text
    assert "unplanned stops" in response.text
    assert [verdict.criterion.key for verdict in brief.questions] == ["budget", "authority", "timeframe", "motivation"]
    assert Criterion.objects.get(key="budget").question in response.text
    assert [job.person.given_name for job in brief.group] == ["Iris", "Joel"]
    assert brief.roles_missing == ["Decision maker", "Champion"]


def test_the_brief_says_what_she_did_once_and_where_it_is_known_at_what(client, peter, sent, iris, now):
    kind = Engagement.Kind.LISTED
    record_engagements([NewEngagement(iris.pk, kind, now, source=source) for source in ("", "Spring fair")], at=now)
    client.force_login(peter)

    (did,) = re.findall(r"What they read and did</h3>(.*?)</ul>", client.get(page_of(sent)).text, re.DOTALL)

    assert (did.count("as on a list"), did.count("<span>Was on a list</span>"), "Spring fair" in did) == (2, 1, True)


def test_who_sent_it_sees_whether_the_brief_was_read_by_whoever_meets_the_lead(client, alice, peter, mona, sent, iris):
    def says(user, url):
        client.force_login(user)
        return client.get(url).text

    lead = reverse("leads:lead", args=[sent.lead.public_id])
    assert "brief not read yet" in says(mona, page_of(sent))
    assert "Peter has not read the brief yet" in says(alice, lead)

    says(peter, reverse("leads:hand_offs"))

    assert "brief read" in says(mona, page_of(sent))
    assert "Peter has read the brief" in says(alice, lead)


def test_accepting_is_one_click_and_the_next_one_is_shown(client, peter, sent):
    client.force_login(peter)

    response = post(client, "accept", sent)

    assert (response.status_code, response.url) == (302, reverse("leads:hand_offs"))
    assert state_of(sent) == ("accepted", "accepted")


def test_the_form_that_was_sent_twice_is_carried_out_once(client, peter, sent):
    client.force_login(peter)
    form_id = client.get(page_of(sent)).context["sales"].accept_id

    first, second = (post(client, "accept", sent, form_id=form_id) for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 302)
    assert sent.lead.events.filter(verb="accept").count() == 1


def test_rejecting_is_one_pick_that_carries_the_destination_and_the_line(client, peter, alice, sent):
    client.force_login(peter)

    response = post(client, "reject", sent, reason="reject_brief_empty", line="Nothing in it")

    assert response.status_code == 302
    assert state_of(sent) == ("rejected", "working")
    assert Note.objects.get(lead=sent.lead).text == "Nothing in it"
    assert Step.objects.open().get(lead=sent.lead).assignee == alice


@pytest.mark.parametrize(("line", "said"), [("Nothing in it", True), ("", False), ("  ", False)])
def test_a_rejection_speaks_of_a_line_only_where_one_was_written(client, peter, sent, line, said):
    client.force_login(peter)
    post(client, "reject", sent, reason="reject_brief_empty", line=line)

    page = client.get(reverse("leads:hand_offs")).text

    assert ("Back to Alice, due now." in page, "Your line goes with it." in page) == (True, said)


def test_every_reason_says_beside_it_where_it_leads(client, peter, sent):
    client.force_login(peter)

    response = client.get(page_of(sent) + "?form=reject")

    goes = {pick.key: pick.goes for pick in response.context["sales"].reject.form.picks.values()}
    assert goes == {
        "reject_no_authority": "to Alice",
        "reject_no_need": "recycle",
        "reject_no_timeframe": "recycle",
        "reject_wrong_territory": "reroute",
        "reject_existing": "close",
        "reject_brief_empty": "to Alice",
    }
    assert "back to Alice, due now. A line you write goes with it." in response.text
    assert 'id="sales-reject"' in response.text


def test_rejecting_without_a_pick_is_refused_at_the_field_and_keeps_the_line(client, peter, sent):
    client.force_login(peter)

    response = post(client, "reject", sent, line="Half a thought")

    assert response.status_code == 422
    assert "Choose one of the reasons." in response.text
    assert 'value="Half a thought"' in response.text
    assert state_of(sent) == ("sent", "handed_off")


def test_answering_after_somebody_else_is_told_in_words(client, peter, mona, sent, now):
    accept_hand_off(sent, by=mona, at=now)
    client.force_login(peter)

    response = post(client, "reject", sent, reason="reject_no_need", line="My words")

    assert response.status_code == 409
    assert "Mona has accepted this hand-off already." in response.text
    assert "My words" in response.text
    assert state_of(sent) == ("accepted", "accepted")


def test_answering_what_was_taken_back_is_told_in_words(client, peter, alice, sent, now):
    withdraw_hand_off(sent, by=alice, at=now)
    client.force_login(peter)

    response = post(client, "accept", sent)

    assert response.status_code == 409
    assert "Alice has taken this hand-off back." in response.text


def test_the_backup_sees_and_answers_what_was_passed_on(client, peter, sent, now):
    rita = make_user("rita", Role.AE)
    client.force_login(rita)
    assert client.get(page_of(sent)).status_code == 404
    HandOff.objects.filter(pk=sent.pk).update(escalated_to=rita)

    response = client.get(reverse("leads:hand_offs"))
    assert response.context["hand_off"] == sent
    assert "passed on to you for Peter" in response.text

    assert post(client, "accept", sent).status_code == 302
    sent.refresh_from_db()
    assert (sent.ae, sent.state) == (rita, "accepted")


def test_who_covers_an_ae_answers_what_waits_and_everybody_is_told_who_is_away(client, alice, peter, sent, now):
    rita = make_user("rita", Role.AE)
    Absence.objects.create(user=peter, starts_at=now, ends_at=now + timedelta(days=3), cover=rita)
    words = away_words("Peter", now + timedelta(days=3), "Rita", now=now)
    assert words == f"Peter is away until {now + timedelta(days=3):%a}; Rita covers"
    client.force_login(alice)
    for url in (reverse("leads:lead", args=[sent.lead.public_id]), page_of(sent), reverse("leads:hand_offs")):
        assert words in client.get(url).text, url

    release_absent(at=timezone.now())

    client.force_login(rita)
    response = client.get(reverse("leads:hand_offs"))
    assert response.context["hand_off"] == sent
    assert response.context["rail"].counts["hand_offs"] == 1
    assert "for Peter" in response.text
    assert post(client, "accept", sent, next=reverse("leads:lead", args=[sent.lead.public_id])).status_code == 302
    assert client.get(reverse("leads:lead", args=[sent.lead.public_id])).status_code == 200
    sent.refresh_from_db()
    assert (sent.ae, sent.state) == (peter, "accepted")


@pytest.mark.parametrize("name", ["accept", "reject", "outcome", "move_meeting", "withdraw"])
def test_another_teams_rep_and_another_ae_find_nothing(client, eve, sent, name):
    for stranger in (eve, make_user("rita", Role.AE)):
        client.force_login(stranger)

        assert post(client, name, sent).status_code == 404
        assert client.get(page_of(sent)).status_code == 404


def test_who_may_see_but_not_do_is_refused(client, alice, bob, sent, peter, now):
    client.force_login(bob)
    for name in ("accept", "reject", "outcome", "move_meeting", "withdraw"):
        assert post(client, name, sent, reason="reject_no_need").status_code == 403
    client.force_login(alice)
    assert post(client, "accept", sent).status_code == 403
    assert post(client, "outcome", sent, outcome="qualified").status_code == 403
    accept_hand_off(sent, by=peter, at=now)
    for name in ("win", "lose", "stall", "return"):
        assert post_lead(client, name, sent.lead).status_code == 403
    client.force_login(make_user("max", Role.MARKETER))
    assert client.get(reverse("leads:hand_offs")).status_code == 403
    assert client.get(page_of(sent)).status_code == 200
    assert post(client, "accept", sent).status_code == 403


def test_the_manager_of_the_team_sees_and_may_act(client, mona, peter, sent):
    client.force_login(mona)

    response = client.get(reverse("leads:hand_offs"))
    assert response.context["view"] == "team"
    assert response.context["hand_off"] == sent

    assert post(client, "accept", sent).status_code == 302
    sent.refresh_from_db()
    assert (sent.ae, sent.answered_by) == (peter, mona)


def test_what_is_asked_after_the_meeting_stands_in_its_own_group(client, alice, peter, now):
    over = send(alice, peter, now)
    accept_hand_off(over, by=peter, at=now)
    set_meeting(over, now - timedelta(hours=1))
    ahead = send(alice, peter, now, meeting_in=2)
    accept_hand_off(ahead, by=peter, at=now)
    client.force_login(peter)

    inbox = client.get(reverse("leads:hand_offs")).context["inbox"]

    assert [(group.key, [one.pk for one in group.items]) for group in inbox.groups] == [
        ("answer", []),
        ("outcome", [over.pk]),
        ("accepted", [ahead.pk]),
    ]


def test_inbox_brief_and_team_say_one_moment_for_the_outcome(client, alice, peter, mona, now):
    hand_off = send(alice, peter, now, meeting_in=-3)
    accept_hand_off(hand_off, by=peter, at=now - timedelta(hours=4))
    clock = Clock.objects.get(lead=hand_off.lead, kind="outcome")
    assert Lead.objects.get(pk=hand_off.lead_id).due_at < now < clock.due_at
    promised = f'<time datetime="{clock.due_at.isoformat()}"'

    client.force_login(peter)
    brief = client.get(page_of(hand_off)).text
    assert (brief.count(promised), "say how it went <span" in brief) == (2, True)
    client.force_login(mona)
    for due, times in (("", 1), ("overdue", 0)):
        page = client.get(reverse("leads:team_leads"), {"due": due}).text
        assert page.partition('id="leads-title')[2].count(promised) == times


@pytest.fixture
def missed(alice, peter, now):
    """A meeting of last week, whose outcome nobody has said in time."""
    then = now - timedelta(days=8)
    lead = make_lead(phase="working", bdr=alice, at=then)
    hand_off = hand_off_lead(lead, ae=peter, by=alice, at=then, meeting=(wall(then + timedelta(hours=2)), "UTC"))
    accept_hand_off(hand_off, by=peter, at=then)
    notice_clocks(at=now - timedelta(minutes=5))
    assert Clock.objects.get(lead=lead, kind="outcome").state == "missed"
    return hand_off


def wall(moment):
    return moment.replace(tzinfo=None)


def outcomes_said(client, hand_off, *, ae, manager):
    """For when inbox, brief and team page say the outcome of this hand-off was promised."""
    client.force_login(ae)
    inbox = client.get(reverse("leads:hand_offs")).context["inbox"]
    brief = client.get(page_of(hand_off))
    assert ("say how it went <span" in brief.text) == bool(brief.context["brief"].outcome_due)
    client.force_login(manager)
    leads = client.get(reverse("leads:team_leads")).context["leads"]
    return (
        [one.outcome_due for group in inbox.groups for one in group.items if one == hand_off],
        brief.context["brief"].outcome_due,
        [lead.outcome_due for lead in leads if lead.pk == hand_off.lead_id],
    )


def test_an_outcome_that_was_missed_stays_due_when_it_was_promised(client, missed, peter, mona):
    due_at = Clock.objects.get(lead=missed.lead, kind="outcome").due_at

    assert outcomes_said(client, missed, ae=peter, manager=mona) == ([due_at], due_at, [due_at])


def test_a_meeting_that_was_moved_to_a_later_day_is_not_late(client, missed, peter, mona, now):
    move_meeting(missed, meeting=(wall(now + timedelta(days=3)), "UTC"), by=peter, at=now)

    assert outcomes_said(client, missed, ae=peter, manager=mona) == ([None], None, [None])


def test_a_move_that_is_taken_back_leaves_the_outcome_as_late_as_it_was(client, missed, peter, mona, now):
    due_at = Clock.objects.get(lead=missed.lead, kind="outcome").due_at
    then = now - timedelta(days=2)
    move_meeting(missed, meeting=(wall(now - timedelta(days=1)), "UTC"), by=peter, at=then)
    undo_last(missed.lead, by=peter, at=then)

    assert outcomes_said(client, missed, ae=peter, manager=mona) == ([due_at], due_at, [due_at])


def test_a_second_hand_off_does_not_inherit_what_was_missed_of_the_first(client, missed, alice, peter, mona, now):
    return_lead(missed.lead, by=peter, at=now)
    lead = Lead.objects.get(pk=missed.lead_id)
    second = hand_off_lead(lead, ae=peter, by=alice, at=now, meeting=(wall(now + timedelta(days=3)), "UTC"))
    accept_hand_off(second, by=peter, at=now)

    assert outcomes_said(client, second, ae=peter, manager=mona) == ([None], None, [None])

    # Nor where sales has promised nothing about this one.
    Clock.objects.filter(lead=lead, kind="outcome", state="running").delete()
    assert outcomes_said(client, second, ae=peter, manager=mona) == ([None], None, [None])


def test_a_second_hand_off_without_a_meeting_does_not_either(client, missed, alice, peter, mona, now):
    return_lead(missed.lead, by=peter, at=now)
    second = hand_off_lead(Lead.objects.get(pk=missed.lead_id), ae=peter, by=alice, at=now)
    accept_hand_off(second, by=peter, at=now)

    assert outcomes_said(client, second, ae=peter, manager=mona) == ([None], None, [None])


def test_without_a_meeting_the_first_conversation_is_what_an_outcome_is_promised_of(client, alice, peter, mona, now):
    sent = send(alice, peter, now - timedelta(days=21))
    accept_hand_off(sent, by=peter, at=now - timedelta(days=20))
    due_at = Clock.objects.get(lead=sent.lead, kind="outcome").due_at
    assert due_at < now

    assert outcomes_said(client, sent, ae=peter, manager=mona) == ([due_at], due_at, [due_at])


def test_held_and_qualified_asks_for_the_missing_verdicts_in_the_same_form(client, peter, sent, now):
    accept_hand_off(sent, by=peter, at=now)
    client.force_login(peter)
    asked = client.get(page_of(sent)).context["sales"].outcome.form
    assert [verdict.criterion.key for verdict in asked.verdicts] == ["authority", "need", "timeframe", "motivation"]

    refused = post(client, "outcome", sent, outcome="qualified", answer_need="yes")
    assert refused.status_code == 422
    assert refused.text.count("Yes, no or unknown: each is an answer.") == 3
    assert not Answer.objects.filter(lead=sent.lead).exists()

    response = post(
        client, "outcome", sent, outcome="qualified", answer_authority="unknown", answer_need="yes",
        evidence_need="stops every week", answer_timeframe="no", answer_motivation="unknown", line="Good talk",
    )  # fmt: skip

    assert response.status_code == 302
    assert state_of(sent) == ("qualified", "qualified")
    given = Answer.objects.filter(lead=sent.lead).values_list("criterion__key", "value")
    assert dict(given) == {"authority": "unknown", "need": "yes", "timeframe": "no", "motivation": "unknown"}
    assert set(Note.objects.filter(lead=sent.lead).values_list("text", flat=True)) == {"stops every week", "Good talk"}


def test_an_outcome_before_the_answer_accepts_first(client, alice, peter, now):
    sent = send(alice, peter, now, meeting_in=-1)
    give_verdicts(sent.lead, by=alice, at=now)
    client.force_login(peter)

    assert post(client, "outcome", sent, outcome="qualified").status_code == 302

    assert list(sent.lead.events.order_by("id").values_list("verb", flat=True))[-2:] == ["accept", "qualify"]


def test_held_and_not_qualified_goes_where_the_pick_says_on_the_day_she_named(client, peter, sent, now):
    accept_hand_off(sent, by=peter, at=now)
    client.force_login(peter)
    day = (now + timedelta(days=40)).date()

    response = post(client, "outcome", sent, outcome="not_qualified", reason="reject_no_need", wake_on=day.isoformat())

    assert response.status_code == 302
    assert state_of(sent) == ("not_qualified", "nurture")
    assert Lead.objects.get(pk=sent.lead_id).wake_at.date() == day


def test_not_qualified_without_a_pick_is_refused(client, peter, sent, now):
    accept_hand_off(sent, by=peter, at=now)
    client.force_login(peter)

    response = post(client, "outcome", sent, outcome="not_qualified")

    assert response.status_code == 422
    assert state_of(sent) == ("accepted", "accepted")


def test_a_no_show_goes_back_to_be_rebooked_and_the_bdr_may_say_so(client, alice, peter, now):
    sent = send(alice, peter, now, meeting_in=-1)
    client.force_login(alice)

    assert post(client, "outcome", sent, outcome="no_show").status_code == 302

    assert state_of(sent) == ("no_show", "working")
    assert Step.objects.open().get(lead=sent.lead).kind == "rebook"


def test_no_outcome_before_the_meeting_has_begun(client, alice, peter, now):
    sent = send(alice, peter, now, meeting_in=3)
    client.force_login(peter)

    response = post(client, "outcome", sent, outcome="no_show")

    assert response.status_code == 422
    assert "The meeting has not begun yet." in response.text
    assert state_of(sent) == ("sent", "handed_off")


def test_moving_the_meeting_takes_wall_time_and_whose_clock(client, alice, peter, iris, now):
    iris.time_zone = NEW_YORK
    iris.save(update_fields=["time_zone"])
    sent = send(alice, peter, now, person=iris, meeting_in=5)
    client.force_login(alice)
    day = (now + timedelta(days=10)).date()

    response = post(client, "move_meeting", sent, meeting=f"{day}T15:00", zone=NEW_YORK, minutes="60")

    assert response.status_code == 302
    sent.refresh_from_db()
    assert (sent.zone, sent.minutes, sent.sequence) == (NEW_YORK, 60, 1)
    assert sent.local_meeting == datetime(day.year, day.month, day.day, 15, 0, tzinfo=UTC)


def test_a_moment_in_the_past_is_refused_at_its_field(client, alice, peter, now):
    sent = send(alice, peter, now, meeting_in=5)
    client.force_login(peter)

    response = post(client, "move_meeting", sent, meeting="2020-01-02T15:00", zone="UTC", minutes="30")

    assert response.status_code == 422
    assert "That moment is past." in response.text


def test_withdrawing_takes_it_back_to_the_bdr(client, alice, sent):
    client.force_login(alice)

    assert post(client, "withdraw", sent, line="She called off").status_code == 302

    assert state_of(sent) == ("withdrawn", "working")


def test_her_own_hand_offs_stand_before_the_bdr_with_what_came_back(client, alice, bob, peter, sent, now):
    back = send(alice, peter, now)
    reject_hand_off(back, reason=reason("reject_brief_empty"), by=peter, at=now)
    send(bob, peter, now)
    client.force_login(alice)

    inbox = client.get(reverse("leads:hand_offs")).context["inbox"]

    assert inbox.view == "from_me"
    assert [(group.key, [one.pk for one in group.items]) for group in inbox.groups] == [
        ("answer", [sent.pk]),
        ("back", [back.pk]),
    ]


def test_a_deal_is_won_lost_stalled_or_returned_by_its_ae(client, alice, peter, now):
    client.force_login(peter)
    leads = [make_lead(phase="qualified", bdr=alice, ae=peter, at=now - timedelta(hours=3)) for _ in range(4)]
    won, lost, stalled, returned = leads

    assert post_lead(client, "win", won).status_code == 302
    named = {"line": "Price", "vendor": " Torqline "}
    assert post_lead(client, "lose", lost, reason="lost_to_competitor", **named).status_code == 302
    assert post_lead(client, "stall", stalled, reason="not_ready", line="Budget frozen").status_code == 302
    assert post_lead(client, "return", returned, line="Yours").status_code == 302

    assert [Lead.objects.get(pk=lead.pk).phase for lead in leads] == ["closed", "closed", "nurture", "working"]
    following = Lead.objects.get(previous=lost)
    assert (following.phase, following.recyclings.get().vendor) == (Phase.NURTURE, "Torqline")
    client.force_login(alice)
    assert "Deal lost to Torqline in" in client.get(reverse("leads:coming_back")).text
    assert Note.objects.filter(lead=stalled, text="Budget frozen").exists()


def test_losing_says_when_the_next_pursuit_wakes(client, alice, peter, now):
    lead = make_lead(phase="qualified", bdr=alice, ae=peter, at=now - timedelta(hours=3))
    client.force_login(peter)

    response = client.get(page_of(lead.hand_offs.get()))

    picks = response.context["sales"].lose.form.picks
    assert picks["no_budget"].then.startswith("closed as lost; the next pursuit sleeps and comes back on ")
    assert picks["out_of_the_market"].then == "closed as lost. It does not come back."


def test_what_cannot_be_done_any_more_is_told_in_words(client, alice, peter, now):
    lead = make_lead(phase="qualified", bdr=alice, ae=peter, at=now - timedelta(hours=3))
    client.force_login(peter)
    post_lead(client, "win", lead)

    response = post_lead(client, "lose", lead, reason="no_budget")

    assert response.status_code == 409
    assert "This lead is closed now." in response.text


def test_the_list_of_deals_goes_on_page_by_page(client, alice, peter, now, monkeypatch):
    monkeypatch.setattr("leads.inbox.PAGE", 2)
    leads = [make_lead(phase="qualified", bdr=alice, ae=peter, at=now - timedelta(hours=3)) for _ in range(3)]
    # The oldest is overdue, and the last two are due at once.
    Lead.objects.filter(pk=leads[0].pk).update(due_at=now - timedelta(days=1))
    Lead.objects.filter(pk__in=[lead.pk for lead in leads[1:]]).update(due_at=now + timedelta(days=1))
    monkeypatch.setattr("leads.inbox.FEW", 1)
    client.force_login(peter)
    url = reverse("leads:hand_offs") + "?list=qualified"

    deals = client.get(reverse("leads:hand_offs")).context["inbox"].groups[-1]
    assert ([one.lead_id for one in deals.items], deals.total) == ([leads[0].pk], 3)
    first = client.get(url).context["group"]
    rest = client.get(f"{url}&before={first.next_id}").context["group"]

    assert [one.lead_id for one in [*first.items, *rest.items]] == [lead.pk for lead in leads]
    assert rest.next_id is None
    assert "group" not in client.get(reverse("leads:hand_offs") + "?list=nothing").context


def test_a_deal_that_is_late_carries_the_same_mark_in_the_inbox_and_in_its_list(client, alice, peter, now):
    lead = make_lead(phase="qualified", bdr=alice, ae=peter, at=now - timedelta(days=9))
    Lead.objects.filter(pk=lead.pk).update(due_at=now - timedelta(days=5, hours=1))
    client.force_login(peter)

    # The row alone: the top bar and the brief speak of the same moment.
    urls = (reverse("leads:hand_offs"), reverse("leads:hand_offs") + "?list=qualified")
    rows = [client.get(url).text.partition("row-link")[2].partition("<small>")[0].partition("</li>")[0] for url in urls]
    marks = {mark for row in rows for mark in re.findall(r'<span class="when".*?</span>', row)}

    assert len(marks) == 1
    assert 'data-is="overdue"' in str(marks)
    assert "5 days late" in str(marks)


def test_the_invitation_is_a_file_for_those_who_see_the_hand_off(client, alice, eve, peter, now):
    sent = send(alice, peter, now, meeting_in=5)
    url = reverse("leads:invitation", args=[sent.public_id])
    client.force_login(alice)

    mine, hers = client.get(url), client.get(url + "?for=her")

    assert mine["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"METHOD:PUBLISH" in mine.content
    assert b"METHOD:REQUEST" in hers.content
    client.force_login(eve)
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("there", ["https://elsewhere.example/", "//elsewhere.example/", "back", "leads:lead", "\x00"])
def test_a_next_address_elsewhere_is_not_followed(client, peter, sent, there):
    client.force_login(peter)

    response = post(client, "accept", sent, next=there)

    assert response.url == reverse("leads:hand_offs")


@pytest.mark.parametrize("rows", [1, 20])
def test_the_page_costs_the_same_queries_however_much_is_there(
    client, alice, peter, iris, rows, now, django_assert_num_queries
):
    account = iris.employments.get().account
    for n in range(rows):
        person = iris if n == 0 else make_person(account=account)
        one = send(alice, peter, now - timedelta(minutes=rows - n), person=person)
        give_verdicts(one.lead, by=alice, at=now)
        if n % 3 == 1:
            accept_hand_off(one, by=peter, at=now)
    client.force_login(peter)

    # The first request of a session also stores it.
    client.get(reverse("leads:hand_offs"))

    # session, user, roles; open ones, deals, the chosen one; what the agreement asks, answers, criteria; company,
    # engagements, pursuits, notes, contacts; reasons; rail
    with django_assert_num_queries(16):
        response = client.get(reverse("leads:hand_offs"))

    groups = {group.key: group.total for group in response.context["inbox"].groups}
    assert sum(groups.values()) == rows


def test_signed_out_people_are_asked_to_sign_in(client, sent):
    response = client.get(page_of(sent))

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


AWAY = "Peter is away until"


def said_of_peter(client, sent):
    """How each page says that Peter is away: by the first words after it."""
    client.force_login(sent.bdr)
    urls = (reverse("leads:lead", args=[sent.lead.public_id]), page_of(sent), reverse("leads:hand_offs"))
    pages = [client.get(url).text for url in urls]
    return {page.partition(AWAY)[2].partition("<")[0].strip() for page in pages}


def test_only_who_really_covers_is_named_and_where_it_is_lent_who_has_it(client, team, alice, peter, sent, now):
    rita, rosa = make_user("rita", Role.AE), make_user("rosa", Role.AE)
    until = now + timedelta(days=3)
    day = away_words("", until, "", now=now).rpartition(" ")[2]
    absence = Absence.objects.filter(pk=Absence.objects.create(user=peter, starts_at=now, ends_at=until, cover=rita).pk)
    hers = Absence.objects.create(user=rita, starts_at=now, ends_at=until)
    assert said_of_peter(client, sent) == {day}

    absence.update(cover=rosa)
    assert said_of_peter(client, sent) == {f"{day}; Rosa covers"}

    release_absent(at=timezone.now())
    hers.delete()
    assert said_of_peter(client, sent) == {f"{day}; Rosa covers"}

    absence.update(cover=rita)
    assert said_of_peter(client, sent) == {f"{day}; Rita covers"}

    rita.memberships.all().delete()
    assert said_of_peter(client, sent) == {day}

    Membership.objects.create(user=alice, role=Role.AE)
    absence.update(cover=alice)
    # Her inbox opens with what came to her now.
    assert said_of_peter(client, sent) - {""} == {day}
