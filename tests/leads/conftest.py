"""Who uploads files, reps at one account and a lead of the pool there, an account executive and who covers her."""

from datetime import timedelta

import pytest
from django.db.models import Value

from agreement.models import Phase
from leads.actions.handing import hand_off_lead
from team.models import Role, User
from tests.leads.covering import LATER
from tests.make import NOON, make_account, make_lead, make_person, make_user


@pytest.fixture
def lea(db):
    return make_user("lea", Role.MARKETER)


@pytest.fixture
def account(db):
    return make_account()


@pytest.fixture
def hers(alice, account):
    return make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=account))


@pytest.fixture
def his(bob, account):
    return make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account))


@pytest.fixture
def pooled(alice, account):
    return make_lead(person=make_person(account=account))


@pytest.fixture
def petra(db):
    return make_user("petra", Role.AE)


@pytest.fixture
def waiting(alice, peter):
    """A hand-off that Peter has not answered, and for which a meeting is booked."""
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    start = (NOON + timedelta(days=2)).replace(tzinfo=None)
    return hand_off_lead(lead, ae=peter, by=alice, at=NOON, meeting=(start, "UTC"))


@pytest.fixture
def meanwhile(monkeypatch):
    """The database's clock, while whoever is away here is away."""
    monkeypatch.setattr("leads.models.lead.Now", lambda: Value(LATER))


@pytest.fixture
def site(client, db):
    client.force_login(User.objects.create_superuser("ada@example.com", "a long enough password", name="Ada"))
    return client
