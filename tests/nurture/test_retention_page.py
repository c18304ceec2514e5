"""Whoever was kept long enough is proposed, and forgotten only when an admin says so."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Person
from agreement.models import Phase, Reason
from leads.actions.closing import disqualify_lead
from leads.actions.entering import add_lead
from leads.models import Activity, Consent
from leads.settings.changing import change_setting, revert_change
from leads.settings.reasons import Reasons
from nurture.retention import kept_long_enough, months_before
from team.models import AuditEntry, Role
from tests.make import NOON, make_account, make_lead, make_person, make_user, reason
from tests.nurture.making import engage

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=400)


@pytest.fixture
def ada(db):
    return make_user("ada", Role.ADMIN)


@pytest.fixture
def twelve(db):
    """Bad data is kept for a year."""
    Reason.objects.filter(key="bad_data").update(keep_months=12)


def ended(alice, key="bad_data", *, at=NOON, **fields):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=at, **fields)
    disqualify_lead(lead, reason=reason(key), by=alice, at=at)
    return lead.person


def due(at=LATER):
    return set(kept_long_enough(at=at))


def test_only_whoever_ended_so_long_ago_and_was_not_heard_of_since_is_proposed(alice, twelve):
    old = ended(alice)
    ended(alice, "competitor")
    make_lead(phase=Phase.WORKING, bdr=alice)
    customer, read, called, agreed, again = (ended(alice) for _n in range(5))
    ended(alice, person=make_person(account=make_account(standing="prospect")))
    Person.objects.filter(pk=customer.pk).update(standing="customer")
    engage(read, at=LATER - timedelta(days=300))
    lead = called.leads.get()
    Activity.objects.create(lead=lead, person=called, by=alice, kind="call", at=LATER - timedelta(days=9))
    Consent.objects.create(person=agreed, is_given=True, at=NOON, noted_at=NOON, source="form")
    add_lead(again, by=alice, at=LATER)

    assert old in due()
    assert not due() & {customer, read, called, agreed, again}
    assert len(due()) == 2
    assert due(at=NOON + timedelta(days=364)) == set()
    # Nothing since is counted from now, not from when they ended.
    assert read in due(at=LATER + timedelta(days=70))


def test_nobody_is_proposed_before_somebody_says_for_how_long(alice):
    ended(alice)
    assert due(at=NOON + timedelta(days=9000)) == set()


def test_months_end_with_the_month():
    assert months_before(NOON.replace(month=3, day=31), 1).day == 28
    assert months_before(NOON.replace(month=1, day=15), 13) == NOON.replace(year=NOON.year - 2, month=12, day=15)


def test_how_long_is_a_setting_with_history_and_revert(ada):
    pk = Reason.objects.get(key="bad_data").pk
    kind, version = Reasons(), Reasons().read(pk)
    change = change_setting(kind, pk, {**version, "keep_months": 18}, by=ada, at=NOON)
    assert Reason.objects.get(pk=pk).keep_months == 18
    assert change.changes == {"keep_months": [None, 18]}
    revert_change(kind, change, by=ada, at=NOON)
    assert Reason.objects.get(pk=pk).keep_months is None


def test_an_admin_sees_the_list_and_forgets_whom_she_chose(client, ada, alice, twelve, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    one, two, three = (ended(alice) for _n in range(3))
    page = reverse("nurture:kept_long")
    with time_machine.travel(LATER, tick=False):
        client.force_login(ada)
        assert str(one) in client.get(page).text
        fresh = ended(alice, at=LATER)
        for bad in (
            {},
            {"count": "1"},
            {"count": "2\0"},
            {"people": ["9" * 30, "x"]},
            {"people": [fresh.pk], "count": "1"},
        ):
            answer = client.post(page, {"people": [one.pk, two.pk], **({"count": ""} | bad)})
            assert (answer.status_code, bad) == (422, bad)
        assert not AuditEntry.objects.filter(verb="erased").exists()
        engage(two, at=LATER)

        # Who was heard of since the page was shown stays, and the count no longer fits.
        assert client.post(page, {"people": [one.pk, two.pk], "count": "2"}).status_code == 422
        assert client.post(page, {"people": [one.pk], "count": "1"}).status_code == 302

        left = client.get(page).text
    erased = Person.objects.exclude(erased_at=None)
    assert list(erased) == [Person.objects.get(pk=one.pk)]
    assert [(e.by, e.detail) for e in AuditEntry.objects.filter(verb="erased")] == [(ada, "retention")]
    assert (str(three) in left, str(two) in left) == (True, False)
