"""Deciding about a lead from its page: answers, a meeting, sleep, the end."""

import re
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts.models import Person, Suppression
from agreement.models import Criterion, Phase
from leads.actions.closing import disqualify_lead, put_back
from leads.forms.fields import About, AboutField
from leads.models import Activity, Answer, HandOff, Lead, Recycling, SecondLook
from team.actions.submitting import new_form_id
from team.models import Absence
from tests.make import disposition, make_account, make_lead, make_person, reason

HTMX = {"HX-Request": "true"}


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def lead(alice, now):
    person = make_person(given_name="Sam", family_name="Oduya", time_zone="America/New_York")
    return make_lead(phase=Phase.WORKING, person=person, bdr=alice, at=now - timedelta(days=2))


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def send(client, lead, name, query="", **data):
    url = reverse(f"leads:{name}", args=[lead.public_id]) + query
    return client.post(url, {"version": lead.version, "form_id": new_form_id(), **data}, headers=HTMX)


def meeting(now, **more):
    wall = (now + timedelta(days=2)).strftime("%Y-%m-%dT09:00")
    return {
        "with_meeting": "yes",
        "meeting": wall,
        "zone": "America/New_York",
        "minutes": 30,
        "line": "Why now",
        **more,
    }


def test_only_what_is_new_is_answered_and_evidence_is_kept(signed_in, lead):
    need, budget = Criterion.objects.get(key="need"), Criterion.objects.get(key="budget")
    data = {f"value_{need.pk}": "yes", f"evidence_{need.pk}": "Two stops in October", f"value_{budget.pk}": ""}

    response = send(signed_in, lead, "answers", **data)
    again = send(signed_in, lead, "answers", **{f"value_{need.pk}": "yes"})

    assert list(Answer.objects.values_list("criterion__key", "value")) == [("need", "yes")]
    assert "Two stops in October" in response.text
    assert (again.status_code, "Answer at least one." in again.text) == (422, True)


def test_a_meeting_is_booked_in_one_form_with_the_call_that_led_to_it(signed_in, alice, peter, lead, now):
    data = meeting(now, ae=peter.pk, disposition=disposition("meeting").pk, note="Signs to 40,000", place="Video")

    response = send(signed_in, lead, "hand_off", **data)

    hand_off = HandOff.objects.get()
    assert (hand_off.ae, hand_off.line, hand_off.place, hand_off.zone) == (
        peter,
        "Why now",
        "Video",
        "America/New_York",
    )
    assert Activity.objects.get().disposition.key == "meeting"
    assert "Meeting booked: Sam Oduya with Peter" in response.text
    assert reverse("leads:invitation", args=[hand_off.public_id]) in response.text


def test_a_call_in_the_pool_may_end_in_a_meeting(signed_in, peter, now):
    lead = make_lead(at=now)

    send(signed_in, lead, "hand_off", **meeting(now, ae=peter.pk, disposition=disposition("meeting").pk))

    assert Lead.objects.get(pk=lead.pk).phase == Phase.HANDED_OFF


def test_a_meeting_says_what_is_missing(signed_in, peter, lead):
    response = send(signed_in, lead, "hand_off", ae=peter.pk, with_meeting="yes", minutes=30, place="Her office")

    assert response.status_code == 422
    for words in ("When do they meet?", "The account executive reads this first.", "Her office"):
        assert words in response.text


def test_the_next_account_executive_in_turn_is_preselected(signed_in, alice, peter, lead):
    response = signed_in.get(reverse("leads:lead", args=[lead.public_id]) + "?form=meeting", headers=HTMX)

    assert f'<option value="{peter.pk}" selected>Peter, next in turn</option>' in response.text


def test_a_double_booking_is_said_and_may_be_meant(signed_in, alice, peter, lead, now):
    other = make_lead(phase=Phase.WORKING, person=make_person(given_name="Wim", family_name="Groot"), bdr=alice, at=now)
    send(signed_in, other, "hand_off", **meeting(now, ae=peter.pk))

    refused = send(signed_in, lead, "hand_off", **meeting(now, ae=peter.pk))
    preview = send(signed_in, lead, "hand_off", "?preview", **meeting(now, ae=peter.pk))
    meant = send(signed_in, lead, "hand_off", **meeting(now, ae=peter.pk, anyway="on"))

    assert (refused.status_code, meant.status_code) == (422, 200)
    assert "Peter meets Wim Groot at" in refused.text
    assert "Peter meets Wim Groot at" in preview.text
    assert HandOff.objects.filter(ae=peter).count() == 2


def test_a_moment_is_proposed_at_which_the_account_executive_is_free(signed_in, alice, peter, lead, now):
    def proposed():
        response = signed_in.get(reverse("leads:lead", args=[lead.public_id]) + "?form=meeting", headers=HTMX)
        return re.search(r'name="meeting"[^>]*value="([^"]+)"', response.text)[1]

    first = proposed()
    assert first.endswith("T09:00")
    zone = lead.person.time_zone or "America/New_York"
    for clock, minutes in (("09:00", 45), ("10:00", 30)):
        other = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
        at = {"meeting": f"{first[:10]}T{clock}", "zone": zone, "minutes": minutes}
        send(signed_in, other, "hand_off", **meeting(now, ae=peter.pk) | at)

    assert proposed() == f"{first[:10]}T10:30"
    at = {"meeting": first, "zone": zone, "minutes": 15}
    words = send(signed_in, lead, "hand_off", "?preview", **meeting(now, ae=peter.pk) | at).text
    assert " then, and is free at " in words


def test_whoever_is_away_after_a_meeting_is_free_on_another_day(signed_in, alice, peter, lead, now):
    other = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    send(signed_in, other, "hand_off", **meeting(now, ae=peter.pk))
    booked = HandOff.objects.get()
    back = booked.meeting_at + timedelta(days=6)
    Absence.objects.create(user=peter, starts_at=booked.meeting_at + timedelta(minutes=20), ends_at=back)

    words = send(signed_in, lead, "hand_off", "?preview", **meeting(now, ae=peter.pk)).text

    assert re.search(r" then, and is free \S+( \S+)* at ", words)


def test_a_hand_off_without_a_meeting(signed_in, peter, lead):
    send(signed_in, lead, "hand_off", ae=peter.pk, with_meeting="no", minutes=30, line="She wants to talk to him")

    assert HandOff.objects.get().meeting_at is None


def test_recycling_says_when_it_comes_back_before_and_after(signed_in, lead, now):
    year = now.year + 3
    back = date(year, 3, 31) - timedelta(days=60)
    day = f"{back.day} Jan {year}"
    data = {"reason": reason("mid_contract").pk, "vendor": "Acme", "contract_end": f"Q1 {year}", "notice_days": "30"}
    data["satisfaction"] = "unhappy"

    before = send(signed_in, lead, "recycle", "?preview", **data)
    after = send(signed_in, lead, "recycle", **data)

    assert before.text.strip() == (f"Back on {day}: the end of the contract less 30 days of notice and 30 days to talk")
    assert f"Recycled: Sam Oduya. Back on {day}." in after.text
    kept = Recycling.objects.get()
    assert (kept.vendor, kept.contract_ends_on, kept.precision) == ("Acme", date(year, 3, 1), "quarter")
    assert "Unhappy with them." in signed_in.get(reverse("leads:lead", args=[lead.public_id])).text


def test_a_day_within_half_a_year_keeps_its_year_when_it_is_told(signed_in, lead, now):
    day = now.date() + timedelta(days=150)

    after = send(signed_in, lead, "recycle", reason=reason("not_ready").pk, wake_on=day.isoformat())

    assert f"Recycled: Sam Oduya. Back on {day.day} {day:%b %Y}." in after.text


def test_what_does_not_belong_to_the_category_is_not_read(signed_in, lead):
    data = {"reason": reason("not_ready").pk, "contract_end": "nonsense", "referred_email": "no address"}
    data |= {"missing": Criterion.objects.get(key="budget").pk, "satisfaction": "happy"}

    response = send(signed_in, lead, "recycle", **data)

    assert response.status_code == 200
    kept = Recycling.objects.get()
    assert (kept.missing.key, kept.satisfaction) == ("budget", "")


def test_facts_that_cannot_be_read_come_back(signed_in, lead, now):
    ends = send(signed_in, lead, "recycle", reason=reason("mid_contract").pk, contract_end="soonish")
    past = send(signed_in, lead, "recycle", reason=reason("not_ready").pk, wake_on=(now - timedelta(days=1)).date())

    assert (ends.status_code, past.status_code) == (422, 422)
    assert "Say it like Mar 2027, Q1 2027 or 2027-03-31" in ends.text
    assert "Choose a day after today, within five years." in past.text


def test_the_right_person_becomes_a_lead_of_hers(signed_in, alice, lead):
    data = {"reason": reason("wrong_person").pk, "referred_name": "Lena Falk", "referred_email": "lena@kestrel.example"}

    send(signed_in, lead, "recycle", **data)

    lena = Person.objects.get(given_name="Lena")
    opened = Lead.objects.get(person=lena)
    assert (opened.bdr, opened.phase, Recycling.objects.get().referred_to) == (alice, Phase.WORKING, lena)


def test_early_unresponsive_is_said_and_not_refused(signed_in, lead):
    data = {"reason": reason("unresponsive").pk}

    preview = send(signed_in, lead, "recycle", "?preview", **data)
    send(signed_in, lead, "recycle", **data)

    assert "the cadence has not ended: attempt 1 of 6 is next" in preview.text
    assert Lead.objects.get(pk=lead.pk).phase == Phase.NURTURE


def test_disqualifying_after_few_attempts_asks_for_a_second_look(signed_in, mona, lead):
    response = send(signed_in, lead, "disqualify", reason=reason("bad_data").pk)

    assert "Disqualified: Sam Oduya, bad data. The manager may put it back until" in response.text
    assert SecondLook.objects.get().lead == lead


def test_an_opt_out_suppresses_at_once(signed_in, lead):
    send(signed_in, lead, "disqualify", reason=reason("opted_out").pk, disposition=disposition("not_interested").pk)

    assert Suppression.objects.get().person == lead.person
    assert Lead.objects.get(pk=lead.pk).closed_as == Lead.ClosedAs.DO_NOT_CONTACT


def test_a_company_is_met_or_made_and_a_conflict_keeps_the_words(signed_in, lead):
    account = make_account(name="Fjell Marine")
    person = lead.person

    send(signed_in, lead, "correct", person_version=person.version, company="Fjell marine", title="CTO")
    late = send(signed_in, lead, "correct", person_version=person.version, title="Chief of everything")

    job = person.employments.get(is_current=True)
    assert job.title == "CTO"
    assert job.account.name in (account.name, "Fjell marine")
    assert (late.status_code, "Chief of everything" in late.text) == (409, True)


def test_an_address_of_somebody_else_is_refused_in_its_place(signed_in, lead):
    make_person(given_name="Jo", family_name="Prentice", email="jo@brevik.example")

    response = send(signed_in, lead, "correct", person_version=lead.person.version, email="jo@brevik.example")

    assert response.status_code == 422
    assert "Jo Prentice" in response.text


@pytest.mark.parametrize(
    ("said", "day", "precision"),
    [
        ("31 Mar 2027", date(2027, 3, 31), "day"),
        ("2027-03-31", date(2027, 3, 31), "day"),
        ("2027/3/31", date(2027, 3, 31), "day"),
        ("31.12.2026", date(2026, 12, 31), "day"),
        ("3. 4. 2027", date(2027, 4, 3), "day"),
        ("31/12/2026", date(2026, 12, 31), "day"),
        ("12/31/2026", date(2026, 12, 31), "day"),
        ("31-12-2026", date(2026, 12, 31), "day"),
        ("3/3/2027", date(2027, 3, 3), "day"),
        ("Dec 31, 2026", date(2026, 12, 31), "day"),
        ("31. December 2026", date(2026, 12, 31), "day"),
        ("Mar 2027", date(2027, 3, 1), "month"),
        ("march 2027", date(2027, 3, 1), "month"),
        ("2027-03", date(2027, 3, 1), "month"),
        ("3/2027", date(2027, 3, 1), "month"),
        ("Q1 2027", date(2027, 3, 1), "quarter"),
        ("2027 q4", date(2027, 12, 1), "quarter"),
        ("", None, "unknown"),
    ],
)
def test_an_end_is_read_as_people_say_it(said, day, precision):
    assert AboutField().clean(said) == About(day, precision)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("03/04/2027", "Is it 3 Apr 2027 or 4 Mar 2027? Write the month as a word."),
        ("3-4-2027", "Is it 3 Apr 2027 or 4 Mar 2027? Write the month as a word."),
        ("31.13.2026", "Say it like Mar 2027, Q1 2027 or 2027-03-31, or leave it empty if nobody knows."),
        ("30/2/2027", "Say it like Mar 2027, Q1 2027 or 2027-03-31, or leave it empty if nobody knows."),
        ("31.12/2026", "Say it like Mar 2027, Q1 2027 or 2027-03-31, or leave it empty if nobody knows."),
    ],
)
def test_an_end_that_is_two_days_or_none_is_asked_about(said, asked):
    with pytest.raises(ValidationError) as refused:
        AboutField().clean(said)

    assert refused.value.messages == [asked]


@pytest.mark.parametrize(
    ("verb", "said"), [("approve", "looked again and kept it closed"), ("put_back", "looked again and put it back")]
)
def test_what_became_of_a_second_look_and_who_said_so_stands_in_the_history(client, alice, mona, lead, verb, said):
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=timezone.now())
    client.force_login(mona)
    client.post(reverse(f"leads:{verb}", args=[SecondLook.objects.get().pk]), {"form_id": new_form_id()})
    client.force_login(alice)

    pursuits = [lead, *Lead.objects.filter(previous=lead)]
    pages = [client.get(reverse("leads:lead", args=[one.public_id])).text for one in pursuits]

    assert len(pages) == (2 if verb == "put_back" else 1)
    assert all(f"Mona {said}" in page for page in pages)
    assert "looked again" not in client.get(reverse("leads:lead", args=[lead.public_id]) + "?show=touches").text


def test_no_undo_is_offered_of_an_end_that_was_looked_at_again(client, alice, mona, lead):
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=timezone.now())
    client.force_login(alice)
    url = reverse("leads:lead", args=[lead.public_id])
    assert "undo-last" in client.get(url).text

    put_back(SecondLook.objects.get(), by=mona, at=timezone.now())

    assert "undo-last" not in client.get(url).text
