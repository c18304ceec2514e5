"""What wakes somebody before her day: her own interest, another job, an answer, a colleague; each once, and said."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.actions.people import change_employer, correct_title
from accounts.models import JobChange, Suppression
from agreement.models import Criterion, Lane, Phase
from content.models import Asset
from leads.actions.answering import answer_criteria
from leads.actions.engaging import NewEngagement, engage
from leads.actions.recycling import recycle_lead
from leads.actions.signalling import look_at_job_changes, look_at_signals
from leads.actions.sweeping import sweep_leads
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import Lead, LeadEvent, Signal
from leads.waking import Facts
from leads.why import facts_of, why
from team.clock import database_now
from team.models import Installation
from tests.leads.files import bring
from tests.make import NOON, make_account, make_lead, make_person, reason

LATER = NOON + timedelta(days=20)


def did(person, kind="downloaded", at=LATER, **more):
    return NewEngagement(person_id=person.pk, kind=kind, at=at, **more)


def asleep(bdr, key="not_ready", facts=None, at=NOON, missing=None, **more):
    lead = make_lead(phase=Phase.WORKING, bdr=bdr, at=at, **more)
    recycle_lead(lead, reason=reason(key), by=bdr, at=at, facts=facts or Facts(), missing=missing)
    return Lead.objects.get(pk=lead.pk)


def because(lead):
    return LeadEvent.objects.get(lead=lead, verb="wake").data["because"]


def broken(at):
    return {name: len(ids) for name, ids in check_all(at=at).items() if ids}


def is_awake(lead):
    return Lead.objects.filter(previous=lead).exists()


def row_of(lead):
    return why(facts_of([lead.pk])[lead.pk], now=LATER)


def page_of(client, user, lead):
    client.force_login(user)
    return client.get(reverse("leads:lead", args=[lead.public_id])).text


# Her own interest
def test_who_does_something_strong_is_back_with_what_she_did(client, alice):
    guide = Asset.objects.create(title="Downtime guide", kind="file")
    lead = asleep(alice, "mid_contract", lane=Lane.LIST)

    engage([did(lead.person, asset_id=guide.pk)], at=LATER)

    back = Lead.objects.get(previous=lead)
    assert (back.phase, back.bdr, back.origin, back.lane, because(lead)) == (
        Phase.QUEUED, alice, "signal", Lane.CONTENT, "engaged",
    )  # fmt: skip
    assert row_of(back) == "Downloaded Downtime guide · Contract with somebody else, end unknown"
    page = page_of(client, alice, back)
    assert "Downloaded Downtime guide" in page
    assert "showed interest again" in page
    assert broken(LATER) == {}


@pytest.mark.parametrize(("kind", "more"), [
    ("read", {}), ("listed", {}), ("clicked", {}), ("downloaded", {"import_id": 7}),
    ("downloaded", {"at": LATER - timedelta(days=3)}),
])  # fmt: skip
def test_what_is_weak_old_or_out_of_a_file_wakes_nobody(alice, kind, more):
    lead = asleep(alice)

    engage([did(lead.person, kind, **more)], at=LATER)

    assert not is_awake(lead)


def test_two_things_at_once_wake_once_and_the_last_is_said(alice):
    lead = asleep(alice)

    engage([did(lead.person, "attended", at=LATER - timedelta(hours=2)), did(lead.person, "registered")], at=LATER)
    engage([did(lead.person, "attended")], at=LATER)

    (event,) = LeadEvent.objects.filter(lead=lead, verb="wake")
    assert event.data["because"] == "engaged"
    assert Lead.objects.filter(person=lead.person).count() == 2
    assert "Registered" in row_of(Lead.objects.get(previous=lead))


def test_whoever_nobody_may_work_sleeps_on_to_her_day(alice):
    lead = asleep(alice)
    Suppression.objects.create(person=lead.person, channel="all", at=NOON)

    engage([did(lead.person)], at=LATER)

    lead.refresh_from_db()
    assert (lead.phase, lead.wake_at, lead.events.last().verb) == (
        Phase.NURTURE, lead.recyclings.get().wake_at, "recycle",
    )  # fmt: skip


# Another job
@pytest.mark.parametrize(("change", "said", "code"), [
    ("company", "Has a new job · Could not decide in March", "job_change"),
    ("title", "Has a new title · Could not decide in March", "promotion"),
])  # fmt: skip
def test_another_company_or_title_brings_her_back_once(alice, change, said, code):
    lead = asleep(alice, "no_authority", person=make_person(title="Ops manager", account=make_account()))
    person = lead.person
    if change == "company":
        change_employer(person, make_account(name="Kestrel"), expect=person.version, by=alice, at=LATER)
    else:
        correct_title(person, "VP Operations", expect=person.version, by=alice, at=LATER)

    assert [look_at_job_changes(at=LATER), look_at_job_changes(at=LATER)] == [1, 0]

    back = Lead.objects.get(previous=lead)
    assert (because(lead), row_of(back), back.bdr) == (code, said, alice)
    assert broken(LATER) == {}


def test_what_was_known_before_she_slept_or_is_written_otherwise_wakes_nobody(alice):
    before = make_person(title="Ops manager", account=make_account())
    lead = asleep(alice, person=before)
    correct_title(before, "Director", expect=before.version, by=alice, at=NOON)
    other = asleep(alice, person=make_person(title="Ops manger", account=make_account()))
    for title in ("Ops manager", "Manager, Operations", "Operations manager"):
        correct_title(other.person, title, expect=other.person.version, by=alice, at=LATER)
    unknown = asleep(alice, person=make_person(title="", account=None))
    change_employer(unknown.person, make_account(), expect=unknown.person.version, title="CTO", by=alice, at=LATER)

    look_at_job_changes(at=LATER)

    assert not any(map(is_awake, (lead, other, unknown)))


def test_what_a_file_says_of_her_job_is_offered_and_wakes_nobody(alice):
    lead = asleep(alice)
    JobChange.objects.create(person=lead.person, kind="company", at=LATER, by_file=True)

    look_at_job_changes(at=LATER)

    assert not is_awake(lead)
    assert list(lead.signals.values_list("kind", "state")) == [("job_change", "offered")]


# An answer
def test_the_answer_that_was_missing_brings_her_back_unless_it_is_taken_back(alice):
    budget = Criterion.objects.get(key="budget")
    lead, taken_back, other = (asleep(alice, missing=budget) for _lead in range(3))
    need = Criterion.objects.get(key="need")
    for one, criterion in ((lead, budget), (taken_back, budget), (other, need)):
        answer_criteria(one, answers={criterion: ("yes", "")}, by=alice, at=LATER)
    undo_last(taken_back, by=alice, at=LATER)

    assert look_at_signals(at=LATER) == 0
    assert look_at_signals(at=LATER + timedelta(seconds=15)) == 2

    assert [is_awake(one) for one in (lead, taken_back, other)] == [True, False, False]
    assert row_of(Lead.objects.get(previous=lead)) == "Answered meanwhile · Not ready in March: budget was missing"
    assert broken(LATER + timedelta(seconds=15)) == {}


# A colleague
def sleepers_at(account, bdr, count, **more):
    return [asleep(bdr, person=make_person(account=account, title="Engineer"), **more) for _one in range(count)]


def test_of_many_who_sleep_there_a_colleague_wakes_the_most_interested_and_is_named(client, alice):
    account = make_account()
    leads = sleepers_at(account, alice, 9)
    engage([did(leads[7].person, "read", at=LATER)], at=LATER)
    ada = make_person(given_name="Ada", family_name="Holm", account=account)

    for hour in range(3):
        engage([did(ada, at=LATER + timedelta(hours=hour))], at=LATER + timedelta(hours=hour))
        look_at_signals(at=LATER + timedelta(hours=hour))

    assert [lead for lead in leads if is_awake(lead)] == [leads[7]]
    back = Lead.objects.get(previous=leads[7])
    assert row_of(back).startswith("Ada Holm, a colleague, downloaded")
    page = page_of(client, alice, back)
    assert "Ada Holm, a colleague, showed interest" in page
    assert "Ada Holm, a colleague, downloaded" in page
    assert broken(LATER + timedelta(hours=3)) == {}


def test_after_a_month_another_may_be_woken_there(alice):
    account = make_account()
    leads, ada = sleepers_at(account, alice, 3), make_person(account=account)

    for days in (0, 29, 31):
        engage([did(ada, at=LATER + timedelta(days=days))], at=LATER + timedelta(days=days))
        look_at_signals(at=LATER + timedelta(days=days))

    assert sum(map(is_awake, leads)) == 2


@pytest.mark.parametrize("spared", ["contract", "rest", "moved", "nobody", "late"])
def test_whom_a_colleague_does_not_wake(alice, spared):
    account = make_account()
    key, at = ("mid_contract" if spared == "contract" else "not_ready"), LATER if spared == "rest" else NOON
    (lead,) = sleepers_at(account, alice, 1, key=key, at=at)
    if spared == "moved":
        lead.person.employments.update(account=make_account())
    if spared == "nobody":
        Installation.objects.update(colleagues_woken=0)

    engage([did(make_person(account=account))], at=LATER)
    look_at_signals(at=LATER + timedelta(days=2 if spared == "late" else 0))

    assert not is_awake(lead)


# What a file brings
def test_what_a_file_says_she_did_is_offered_once_and_said_when_she_comes_back(alice):
    lead = asleep(alice)
    since = LATER - timedelta(days=5)

    engage([did(lead.person, "attended", at=since, import_id=7), did(lead.person, "listed", import_id=7)], at=LATER)
    long_ago = asleep(alice)
    engage([did(long_ago.person, "downloaded", at=NOON - timedelta(days=9), import_id=7)], at=LATER)

    (offer,) = Signal.objects.all()
    assert (offer.kind, offer.state, offer.at) == ("engaged", "offered", since)
    Signal.objects.update(state="planned")
    sweep_leads(at=lead.wake_at)
    offer.refresh_from_db()
    assert (because(lead), offer.state) == ("engaged", "woke")
    assert row_of(Lead.objects.get(previous=lead)).startswith("Attended")


def test_an_import_wakes_nobody_and_offers_who_did_something_since(alice, lea):
    now = database_now()
    lead, before = (asleep(alice, at=now - timedelta(days=days)) for days in (30, 3))
    emails = [one.person.contact_points.get(kind="email").value for one in (lead, before)]
    file = "Email,First name\n" + "".join(f"{email},Ada\n" for email in (*emails, "new@halden.io"))

    bring(file, by=lea, at=now - timedelta(days=5), engagement_kind="attended")

    assert list(Signal.objects.values_list("lead", "kind", "state")) == [(lead.pk, "engaged", "offered")]
    assert not is_awake(lead)


def test_many_at_once_cost_the_statements_of_a_few(alice, django_assert_max_num_queries):
    leads = [asleep(alice, person=make_person(account=make_account())) for _lead in range(20)]

    deeds = [did(lead.person) for lead in leads]

    with django_assert_max_num_queries(80):
        engage(deeds, at=LATER)

    assert all(map(is_awake, leads))
