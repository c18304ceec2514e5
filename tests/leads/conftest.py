"""Who uploads files, and two reps at one account."""

import pytest

from agreement.models import Phase
from team.models import Role
from tests.make import make_account, make_lead, make_person, make_user


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
