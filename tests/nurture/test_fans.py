"""Fans: doers who take everything there is to read, fed and kept out of every queue; what they are worth is counted."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from accounts.actions.people import suppress_person
from accounts.models import Employment
from agreement.models import Phase
from leads.actions.engaging import take_back_engagements
from leads.actions.merging import merge_people
from leads.actions.sweeping import sweep_leads
from leads.models import Consent, Lead, Recycling
from nurture.actions.ending import locked
from nurture.actions.erasing import blank_erased
from nurture.actions.sorting import enrol_fans, enrol_recycled, keep_fans_asleep
from nurture.knowing import People
from nurture.listing import fans_of
from nurture.models import Enrolment
from nurture.telling import fan_figures
from tests.leads.test_wrongly_timed import plan
from tests.make import NOON, make_account, make_lead, make_person
from tests.nurture.making import email, engage, make_asset, make_enrolment, make_topic, make_track, wait


def doer(*kinds):
    person = make_person(account=make_account(), title="Systems administrator")
    Employment.objects.filter(person=person).update(role="doer")
    for days, kind in enumerate(kinds, start=1):
        engage(person, kind=kind, at=NOON - timedelta(days=days))
    return person


def test_who_takes_everything_is_a_fan_and_what_fans_are_worth_is_counted_and_listed(client, marketer, alice):
    fans = make_track(email(), wait(30), is_fan_base=True, name="Fans")
    reads, downloads = doer(*["read"] * 8), doer(*["downloaded"] * 4)
    few, decides = doer(*["read"] * 7), doer(*["downloaded"] * 9)
    Employment.objects.filter(person=decides).update(role="decision_maker")

    assert enrol_fans(at=NOON) == 2
    assert set(Enrolment.objects.under_way().values_list("person", flat=True)) == {reads.pk, downloads.pk}
    assert enrol_fans(at=NOON) == 0
    assert not Lead.objects.filter(person__in=[reads, downloads, few]).exists()

    # One of them is a champion by now, the other has named who decides.
    Employment.objects.filter(person=reads).update(role="champion")
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=downloads)
    Recycling.objects.filter(lead=lead).update(referred_to=make_person())
    client.force_login(marketer)
    page = client.get(reverse("nurture:track", args=[fans.public_id]))
    figures = page.context["fans"]
    assert (figures.fans, figures.referrals, figures.step_ups) == (2, 1, 1)
    for what, person in [("named", downloads), ("rose", reads)]:
        listed = client.get(reverse("nurture:track_people", args=[fans.public_id]), {"what": what})
        assert [one.name for one in listed.context["people"]] == [str(person)], what
    other = client.get(reverse("nurture:track_people", args=[make_track(wait(1)).public_id]), {"what": "named"})
    assert other.context["what"] == "under_way"


def test_a_fan_base_only_by_hand_takes_nobody_by_itself(marketer, alice):
    make_track(email(), is_fan_base=True, is_by_hand=True, name="Fans, chosen")
    make_track(email(), name="Anybody")
    asleep, inquiry = doer(*["downloaded"] * 4), doer(*["downloaded"] * 4)
    make_lead(phase=Phase.NURTURE, bdr=alice, person=asleep)

    enrol_recycled(at=NOON)
    enrol_fans(at=NOON)

    assert list(Enrolment.objects.values_list("person", "track__name")) == [(asleep.pk, "Anybody")]
    assert not Enrolment.objects.filter(person=inquiry).exists()


@pytest.mark.parametrize(
    ("outcome", "retired_at", "role", "kept"),
    [
        ("exhausted", None, "doer", 1),
        ("moved", None, "doer", 1),
        ("unreachable", None, "doer", 1),
        ("unreachable", NOON, "doer", 0),
        ("exhausted", NOON, "doer", 0),
        ("exhausted", None, "champion", 0),
        ("stopped", None, "doer", 0),
        ("replied", None, "doer", 0),
    ],
)
def test_whoever_has_had_everything_or_cannot_be_reached_stays_a_fan_and_comes_into_no_queue(
    alice, outcome, retired_at, role, kept
):
    fans = make_track(email(), is_fan_base=True, name="Fans", retired_at=retired_at)
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=doer())
    make_enrolment(fans, lead=lead, state="ended", due_at=None, outcome=outcome, ended_at=NOON)
    Employment.objects.filter(person=lead.person).update(role=role)
    wake_at = lead.wake_at

    assert keep_fans_asleep(at=wake_at - timedelta(hours=3)) == kept

    assert sweep_leads(at=wake_at) == 1 - kept
    assert Lead.objects.filter(person=lead.person, phase=Phase.QUEUED).count() == 1 - kept


def test_a_fan_whom_somebody_puts_elsewhere_meanwhile_holds_up_no_other(marketer, monkeypatch):
    make_track(email(), is_fan_base=True, name="Fans")
    one, chosen, worked = (doer(*["downloaded"] * 4) for _person in range(3))

    def late(rows, **how):
        if not Enrolment.objects.exists():
            make_enrolment(make_track(wait(4), is_by_hand=True), chosen)
            make_lead(person=worked)
        return locked(rows, **how)

    monkeypatch.setattr("nurture.actions.sorting.locked", late)

    assert enrol_fans(at=NOON) == 1

    assert list(Enrolment.objects.filter(track__name="Fans").values_list("person", flat=True)) == [one.pk]


def test_a_fan_who_was_merged_is_one_fan_and_what_she_did_since_is_hers(marketer, alice, mona):
    fans = make_track(wait(30), is_fan_base=True, name="Fans")
    twice, also, other = (doer() for _person in range(3))
    for person in (twice, also, other):
        make_enrolment(fans, person)
    assert (fan_figures(fans).fans, fan_figures(fans).referrals, fan_figures(fans).step_ups) == (3, 0, 0)

    kept = doer()
    for person in (twice, also):
        merge_people(kept, person, by=mona, at=NOON)
    Employment.objects.filter(person=kept, is_current=True).update(role="champion")
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=kept)
    Recycling.objects.filter(lead=lead).update(referred_to=make_person())

    figures = fan_figures(fans)
    assert (figures.fans, figures.referrals, figures.step_ups) == (2, 1, 1)
    assert [one.person for one in fans_of(fans, "named")] == [also]


def test_what_was_taken_back_is_read_by_nobody(alice):
    """It was a scanner: neither a fan is made of it, nor has she had what it opened, nor was she interested."""
    make_track(email(), is_fan_base=True, name="Fans")
    person, asset = doer(*["downloaded"] * 3), make_asset(topic=make_topic())
    last = engage(person, at=NOON, asset=asset)
    people = People([person.pk], at=NOON)
    assert (people.fans, people.had[person.pk]) == ({person.pk}, {asset.pk})

    take_back_engagements([last.pk], at=NOON)

    people = People([person.pk], at=NOON)
    assert (people.fans, people.had[person.pk]) == (set(), set())
    assert enrol_fans(at=NOON) == 0
    engage(person, at=NOON)
    assert enrol_fans(at=NOON) == 1


def test_whom_no_mail_reaches_is_not_looked_through_for_fans(marketer, monkeypatch):
    make_track(email(), is_fan_base=True, name="Fans")
    without, bounced, silent, took_back, reached = (doer(*["downloaded"] * 4) for _person in range(5))
    without.contact_points.all().delete()
    bounced.contact_points.update(state="bounced")
    suppress_person(silent, "email", source="page", at=NOON)
    Consent.objects.create(person=took_back, is_given=False, at=NOON, noted_at=NOON, source="form")
    looked = []
    monkeypatch.setattr("nurture.actions.sorting._feed_fans", lambda ids, *rest, at: looked.extend(ids) or 0)

    enrol_fans(at=NOON)

    assert looked == [reached.pk]


def test_fans_are_looked_for_among_doers_and_the_erased_among_the_erased(marketer):
    """By the plan of SQLite, which is the same however many there are; PostgreSQL makes its own by what it has
    counted."""
    if connection.vendor != "sqlite":
        pytest.skip("its plans depend on how many rows there are")
    make_track(email(), is_fan_base=True, name="Fans")
    asked = []

    def note(execute, sql, params, *rest):
        asked.append((sql, params))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(note):
        enrol_fans(at=NOON)
        blank_erased(at=NOON)

    plans = [plan(sql, params) for sql, params in asked if "accounts_employment" in sql or "erased_at" in sql]
    first = [lines[0] for lines in plans]
    assert ["employment_of_doers" in first[0], "person_erased" in first[1]] == [True, True], first
    large = ("leads_engagement", "nurture_message", "accounts_person", "nurture_incoming", "accounts_contactpoint")
    scanned = [line for lines in plans for line in lines[1:] if line.startswith(tuple(f"SCAN {t}" for t in large))]
    assert [line for line in scanned if "INDEX person_erased" not in line] == []
