"""Undo from the page: offered where it works, for everybody who acted, and for all of what one form did."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions.people import add_contact_point
from accounts.models import ContactPoint
from agreement.models import Criterion, Phase
from leads.actions.answering import answer_criteria
from leads.actions.last_act import last_act, last_event
from leads.actions.logging import log_call
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.folding import fold
from leads.models import HandOff, Lead
from team.actions.submitting import new_form_id
from team.models import Membership, Role, User
from tests.make import disposition, give_verdicts, make_account, make_lead, make_person, make_team, make_user, reason


@pytest.fixture
def now():
    return timezone.now()


def url(name, one):
    return reverse(f"leads:{name}", args=[one.public_id])


def post(client, name, one, **data):
    return client.post(url(name, one), {"form_id": new_form_id(), **data})


def offered(client, lead):
    """What the line that tells of the last act sends to take it back; None where it offers nothing."""
    page = client.get(reverse("leads:notices")).text
    forms = re.findall(rf'<form method="post" action="{url("undo", lead)}">(.*?)</form>', page, re.DOTALL)
    return dict(re.findall(r'name="(event)" value="(\d+)"', forms[-1])) if forms else None


def undo(client, lead):
    """Send it as the page offers it; returns what was said."""
    answer = client.post(url("undo", lead), offered(client, lead), follow=True)
    assert answer.status_code == 200
    return " ".join(str(message) for message in answer.context["messages"])


def refused(client, lead, event):
    answer = client.post(url("undo", lead), {"event": event})
    assert answer.status_code == 409
    return answer.text


def state(lead):
    lead = Lead.objects.get(pk=lead.pk)
    columns = {field: getattr(lead, Lead._meta.get_field(field).attname) for field in Lead.FOLDED}
    return columns, sorted(lead.steps.open().values_list("kind", "due_at", "assignee"))


def whole(lead, now):
    assert fold(lead.events.order_by("id")).contradictions == []
    assert {name: ids for name, ids in check_all(at=now).items() if ids} == {}


SALES = {
    "reject to the BDR": (Phase.HANDED_OFF, "reject", {"reason": "reject_brief_empty"}),
    "reject to another team": (Phase.HANDED_OFF, "reject", {"reason": "reject_wrong_territory"}),
    "return": (Phase.QUALIFIED, "return", {}),
    "win": (Phase.QUALIFIED, "win", {}),
    "lose": (Phase.QUALIFIED, "lose", {"reason": "no_decision"}),
    "stall": (Phase.QUALIFIED, "stall", {"reason": "not_ready"}),
}


@pytest.mark.parametrize("what", SALES)
def test_sales_takes_back_what_sales_did(client, alice, peter, now, what):
    phase, name, data = SALES[what]
    make_team("South")
    lead = make_lead(phase=phase, bdr=alice, ae=peter, at=now)
    before = state(lead)
    client.force_login(peter)

    post(client, name, lead.hand_offs.get() if name == "reject" else lead, **data)
    assert state(lead) != before
    said = undo(client, lead)

    assert state(lead) == before
    assert f"{lead.person} is as before. Taken back: You " in said


@pytest.mark.parametrize(("name", "key"), [("recycle", "not_ready"), ("disqualify", "competitor")])
def test_what_was_ended_in_the_pool_comes_back_to_it(client, alice, now, name, key):
    lead = make_lead(at=now)
    before = state(lead)
    client.force_login(alice)

    post(client, name, lead, reason=reason(key).pk, version=lead.version)
    assert state(lead) != before
    undo(client, lead)

    assert state(lead) == before


def test_a_call_and_the_recycling_it_led_to_are_one_act(client, alice, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now - timedelta(minutes=5))
    before = state(lead)
    client.force_login(alice)

    post(
        client, "recycle", lead, reason=reason("not_ready").pk, version=lead.version,
        disposition=disposition("not_now").pk,
    )  # fmt: skip
    said = undo(client, lead)

    assert state(lead) == before
    assert "You called, attempt 1: not now; You recycled it: not ready" in said.replace("&lt;b&gt;", "")
    whole(lead, now)


def test_a_call_on_a_lead_of_the_pool_gives_it_back(client, alice, now):
    lead = make_lead(at=now - timedelta(minutes=5))
    before = state(lead)
    client.force_login(alice)

    post(client, "log_call", lead, disposition=disposition("no_answer").pk)
    assert Lead.objects.get(pk=lead.pk).bdr == alice
    undo(client, lead)

    assert state(lead) == before
    whole(lead, now)


def test_a_meeting_booked_for_oneself_is_one_act(client, alice, now):
    Membership.objects.create(user=alice, role=Role.AE)
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now - timedelta(minutes=5))
    before = state(lead)
    client.force_login(User.objects.get(pk=alice.pk))

    post(client, "hand_off", lead, ae=alice.pk, with_meeting="no", minutes=30, line="Why now", version=lead.version)
    assert Lead.objects.get(pk=lead.pk).phase == Phase.ACCEPTED
    undo(client, lead)

    assert state(lead) == before
    assert set(lead.hand_offs.values_list("state", flat=True)) == {"undone"}
    whole(lead, now)


def test_an_outcome_with_its_answers_is_one_act(client, alice, peter, now):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, at=now - timedelta(minutes=5))
    give_verdicts(lead, by=peter, at=now)
    before = state(lead)
    client.force_login(peter)

    post(client, "outcome", lead.hand_offs.get(), outcome="qualified")
    assert Lead.objects.get(pk=lead.pk).phase == Phase.QUALIFIED
    undo(client, lead)

    assert state(lead) == before
    assert lead.hand_offs.get().state == HandOff.State.SENT
    whole(lead, now)


def test_two_acts_are_taken_back_one_by_one(client, alice, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now - timedelta(minutes=5))
    client.force_login(alice)
    post(client, "log_call", lead, disposition=disposition("no_answer").pk)
    once = state(lead)
    post(client, "log_call", lead, disposition=disposition("no_answer").pk)

    undo(client, lead)

    assert state(lead) == once


def test_the_line_of_an_act_does_not_take_back_what_she_did_after_it_in_another_window(client, alice, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now - timedelta(minutes=5))
    client.force_login(alice)
    post(client, "log_call", lead, disposition=disposition("no_answer").pk)
    of_the_call = offered(client, lead)
    lead.refresh_from_db()
    post(client, "log_call", lead, disposition=disposition("voicemail").pk, version=lead.version)
    after = state(lead)

    words = refused(client, lead, of_the_call["event"])

    assert "it cannot be taken back. You called, attempt 2: left voicemail" in words
    assert "Nothing was changed." in words
    assert state(lead) == after


@pytest.mark.parametrize("event", ["", "x", "-1", "9" * 30, "0"])
def test_an_undo_that_does_not_say_of_what_takes_nothing_back(client, alice, now, event):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now - timedelta(minutes=5))
    client.force_login(alice)
    post(client, "log_call", lead, disposition=disposition("no_answer").pk)
    after = state(lead)

    refused(client, lead, event)

    assert state(lead) == after


def test_a_colleagues_lead_that_moved_along_is_not_what_the_line_names(client, alice, bob, peter, now):
    account = make_account()
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, person=make_person(account=account), at=now)
    make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account), at=now)
    client.force_login(peter)

    post(client, "reject", lead.hand_offs.get(), reason="reject_brief_empty")

    assert offered(client, lead) == {"event": str(last_act(lead)[0].pk)}


@pytest.mark.parametrize("name", ["claim", "take_next", "release", "wake_on"])
def test_taking_giving_back_and_another_day_name_what_their_undo_takes_back(client, alice, now, name):
    phase = {"release": Phase.WORKING, "wake_on": Phase.NURTURE}.get(name, Phase.QUEUED)
    lead = make_lead(phase=phase, at=now, **({} if phase == Phase.QUEUED else {"bdr": alice}))
    before = state(lead)
    client.force_login(alice)

    address = reverse("leads:take_next") if name == "take_next" else url(name, lead)
    client.post(address, {"form_id": new_form_id(), "wake_on": (now + timedelta(days=40)).date().isoformat()})
    assert state(lead) != before
    undo(client, lead)

    assert state(lead) == before


def test_what_wrote_no_event_offers_no_undo(client, alice, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now - timedelta(minutes=5))
    client.force_login(alice)

    post(client, "correct", lead, given_name="Sam", family_name="Oduya", person_version=lead.person.version)

    assert not offered(client, lead)


def test_a_history_of_one_kind_offers_an_undo_only_where_it_works(client, alice, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    client.force_login(alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=now)
    called = last_event(lead)

    def offers(show):
        page = client.get(url("lead", lead), {"show": show}).text
        return re.findall(r'form="undo-last" name="event" value="(\d+)"', page)

    assert [offers(show) for show in ("all", "touches", "hers")] == [[str(called.pk)], [str(called.pk)], []]

    answer_criteria(lead, answers={Criterion.objects.first(): ("yes", "")}, by=alice, at=now)
    answered = last_event(lead)

    assert [offers(show) for show in ("all", "touches", "conversations")] == [[str(answered.pk)], [], []]
    assert refused(client, lead, called.pk)


def test_undo_in_a_history_of_one_kind_goes_back_to_that_kind(client, alice, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    client.force_login(alice)
    here, called = url("lead", lead), []

    def undoes_in(show):
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=now)
        called.append(last_event(lead).pk)
        page = client.get(here, {"show": show}).text
        address = re.search(r'<form id="undo-last" method="post" action="([^"]+)"', page)[1]
        return address, client.post(address, {"event": called[-1]}).url

    assert undoes_in("touches") == (f"{url('undo', lead)}?show=touches", f"{here}?show=touches")
    assert undoes_in("all") == (url("undo", lead), here)
    refused_there = client.post(f"{url('undo', lead)}?show=touches", {"event": called[0]})
    assert (refused_there.status_code, refused_there.context["history"].show) == (409, "touches")
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=now)
    assert client.post(f"{url('undo', lead)}?show=odd", {"event": last_event(lead).pk}).url == here


def test_somebody_elses_act_is_refused_in_words_and_a_strangers_lead_not_found(client, alice, bob, eve, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now - timedelta(minutes=5))
    before = state(lead)

    client.force_login(bob)
    assert "Only your own last act of today can be taken back." in refused(client, lead, last_event(lead).pk)
    client.force_login(eve)
    assert client.post(url("undo", lead)).status_code == 404
    assert state(lead) == before


def test_a_wrong_number_is_right_again_beside_the_one_found_since(alice, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now - timedelta(minutes=5))
    tried = ContactPoint.objects.get(person=lead.person, kind="phone")
    log_call(lead, disposition=disposition("wrong_number"), by=alice, at=now)
    add_contact_point(lead.person, "phone", "+12025550199", by=alice, at=now, source="rep", primary=True)

    undo_last(lead, by=alice, at=now)

    tried.refresh_from_db()
    assert (tried.state, tried.is_primary) == (ContactPoint.State.OK, False)


def test_colleagues_go_on_when_a_booking_with_its_call_is_taken_back(client, alice, bob, peter, now):
    account = make_account()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=account), at=now)
    other = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account), at=now)
    before = state(other)
    client.force_login(alice)

    said = (now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    post(
        client, "hand_off", lead, ae=peter.pk, meeting=said, zone="UTC", minutes=30, line="Why now",
        version=lead.version, disposition=disposition("meeting").pk,
    )  # fmt: skip
    assert state(other) != before
    undo(client, lead)

    assert state(other) == before


def test_the_conflict_says_what_happened_without_marks(client, alice, mona, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    log_call(lead, disposition=disposition("no_answer"), by=mona, at=now)
    Lead.objects.filter(pk=lead.pk).update(version=lead.version + 1)
    client.force_login(alice)

    answer = post(client, "recycle", lead, version=lead.version, reason=reason("not_ready").pk)

    assert answer.status_code == 409
    assert "Mona called, attempt 1: no answer" in answer.text
    assert "&lt;b" not in answer.text


def test_whoever_only_looks_on_is_turned_away_and_a_colleague_told_why_not(client, alice, bob, peter, now):
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter, at=now - timedelta(minutes=5))
    client.force_login(peter)
    post(client, "return", lead)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=now)
    for role in (Role.MARKETER, Role.ADMIN):
        client.force_login(make_user("looks", role))
        assert client.post(url("undo", lead)).status_code == 403

    client.force_login(bob)
    assert "Only your own last act of today can be taken back." in refused(client, lead, last_event(lead).pk)


def test_another_kind_of_history_that_is_put_in_place_offers_it_too(client, alice, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now - timedelta(minutes=5))
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=now)
    client.force_login(alice)

    part = client.get(url("timeline", lead) + "?show=touches", headers={"HX-Request": "true"}).text

    assert f'value="{last_event(lead).pk}"' in part
    assert f'action="{url("undo", lead)}?show=touches"' in part
