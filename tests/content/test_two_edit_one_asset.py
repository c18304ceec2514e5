"""Two keepers save one asset at the same moment: the later is told so, and wipes out nothing."""

from datetime import date
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from content.actions.keeping import About, change_asset
from team.models import Role
from tests.make import NOON, make_asset, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_saves_while_another_is_saving_overwrites_nothing():
    mark = make_user("mark", Role.MARKETER)
    asset = make_asset("Costs", by=mark, owner=mark)
    seen, answers, begun, client = asset.events.get().pk, [], Event(), Client()
    client.force_login(mark)

    def save_beside():
        try:
            begun.set()
            said = {"title": "Costs", "kind": "guide", "owner": mark.pk, "language": "de", "seen": seen}
            answers.append(client.post(reverse("content:asset_edit", args=[asset.public_id]), said).status_code)
        finally:
            connection.close()

    beside = Thread(target=save_beside)
    with transaction.atomic():
        about = About("Costs", "guide", owner=mark, expires_on=date(2027, 5, 1))
        change_asset(asset, about, by=mark, at=NOON)
        beside.start()
        # As long as the other needs to come to the lock; where it comes later, it must be told all the same.
        begun.wait(5)
        beside.join(0.7)
    beside.join()

    asset.refresh_from_db()
    assert (answers, asset.expires_on, asset.language) == ([409], date(2027, 5, 1), "")
