"""Every rule about rows of incoming mail, shown refusing."""

import pytest

from nurture.models import Incoming
from tests.constraints import again, constraints_of, put, refuses
from tests.make import NOON

CONSTRAINTS = {name: one for name, one in constraints_of("nurture").items() if name.startswith("incoming_")}


def taken(**fields):
    return Incoming.objects.create(**{"source": "imap", "key": "k", "taken_at": NOON, **fields})


BREAKS = {
    "incoming_once_per_source": lambda: again(taken()),
    "incoming_has_a_key": lambda: taken(key=""),
    "incoming_state_is_known": lambda: put(taken(), state="lost"),
    "incoming_kind_is_known": lambda: put(taken(), state="done", read_at=NOON, kind="rumour", effect="none"),
    "incoming_effect_is_known": lambda: put(taken(), state="done", read_at=NOON, kind="reply", effect="magic"),
    "incoming_read_says_what": lambda: put(taken(), state="done", read_at=NOON, kind="reply"),
    "incoming_set_aside_says_why": lambda: put(taken(), state="aside"),
    "incoming_decided_was_read": lambda: put(taken(), decided_at=NOON),
}


def test_every_constraint_has_a_case():
    assert set(BREAKS) == set(CONSTRAINTS)


@pytest.mark.django_db
@pytest.mark.parametrize("name", BREAKS)
def test_the_database_refuses(name):
    refuses(CONSTRAINTS[name], BREAKS[name])
