"""A hand-off of an hour ago to an account executive who has not answered, and whom it is about."""

import pytest
from django.utils import timezone

from tests.leads.hand_offs.sending import send
from tests.make import make_account, make_person


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def iris():
    return make_person(given_name="Iris", family_name="Bell", title="Director", account=make_account(name="Corrow"))


@pytest.fixture
def sent(alice, peter, iris, now):
    return send(alice, peter, now, person=iris)
