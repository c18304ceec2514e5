"""Why they sleep and about what: each figure opens the list of exactly those it counts."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Phase
from leads.actions.recycling import recycle_lead
from team.models import Role
from tests.make import NOON, make_lead, make_user, reason
from tests.nurture.making import engage, make_topic


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def test_every_figure_opens_the_list_of_exactly_these_people(client, alice, eve, mona):
    backup, storage = make_topic("Backup"), make_topic("Storage")
    leads = []
    for key, topics in [
        ("not_ready", [backup]), ("not_ready", [backup, storage]), ("no_authority", [storage]), ("not_ready", []),
    ]:  # fmt: skip
        lead = make_lead(phase=Phase.WORKING, bdr=alice)
        recycle_lead(lead, reason=reason(key), by=alice, at=NOON)
        leads.append(lead)
        for topic in topics:
            engage(lead.person, topic=topic, at=NOON - timedelta(days=3))
            engage(lead.person, topic=topic, at=NOON - timedelta(days=5))
    engage(leads[3].person, topic=backup, at=NOON - timedelta(days=300))

    for reader in (mona, make_user("milo", Role.MARKETER)):
        client.force_login(reader)
        table = client.get(reverse("reports:asleep")).context["asleep"]
        counted = {
            (key, topic): n
            for key, _reason, total, cells in table.lines
            for topic, n in [(None, total), *((topic, n) for topic, _label, n in cells)]
        }
        assert counted == {
            ("not_ready", None): 3, ("not_ready", backup.pk): 2, ("not_ready", storage.pk): 1,
            ("no_authority", None): 1, ("no_authority", backup.pk): 0, ("no_authority", storage.pk): 1,
        }  # fmt: skip
        for (key, topic), n in counted.items():
            page = client.get(reverse("reports:asleep_people"), {"category": key, "topic": topic or ""})
            assert (page.context["total"], len(page.context["people"])) == (n, n), (key, topic)
        both = client.get(reverse("reports:asleep_people"), {"category": "not_ready", "topic": storage.pk})
        assert [one["public_id"] for one in both.context["people"]] == [leads[1].public_id]
    client.force_login(eve)
    assert client.get(reverse("reports:asleep_people")).context["total"] == 0
    odd = client.get(reverse("reports:asleep_people"), {"category": "a\0b", "topic": "9" * 40, "after": "x"})
    assert (odd.status_code, "could not be read" in odd.text) == (200, True)
