"""Who uploads files."""

import pytest

from team.models import Role
from tests.make import make_user


@pytest.fixture
def lea(db):
    return make_user("lea", Role.MARKETER)
