"""Accepting, rejecting and withdrawing: one pick each, and nobody answers what is not hers."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.actions.handing import accept_hand_off, withdraw_hand_off
from leads.actions.leaving import release_absent
from leads.models import HandOff, Note, Step
from team.models import Absence, Role
from team.templatetags.midfield import away_words
from tests.leads.hand_offs.sending import page_of, post, post_lead, state_of
from tests.make import make_user


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


def test_withdrawing_takes_it_back_to_the_bdr(client, alice, sent):
    client.force_login(alice)

    assert post(client, "withdraw", sent, line="She called off").status_code == 302

    assert state_of(sent) == ("withdrawn", "working")
