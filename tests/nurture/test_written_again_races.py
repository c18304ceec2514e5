"""Whoever takes a letter back and writes it again at once meets whoever takes it up at the same moment."""

from threading import Thread

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from agreement.installation import publish_version_1
from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.undoing import undo_last
from nurture.actions import claiming
from nurture.actions.claiming import begin_message, claim_messages
from nurture.actions.planning import write_message
from nurture.models import MailRules, Message
from team.models import Role
from tests.make import NOON, make_asset, make_lead, make_person, make_team, make_user
from tests.nurture.test_silence_races import is_held_up

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def installed(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: nothing is taken up beside it.")
    publish_version_1(apps, at=timezone.now())
    MailRules.objects.get_or_create(pk=1)


class Beside:
    """A rep at work while a claim is about to be written: she waits for it."""

    def __init__(self, work):
        self.work, self.backend, self.came_of_it = work, [], []
        self.rep = Thread(target=self._work)

    def come(self):
        self.rep.start()
        while not (self.came_of_it or (self.backend and is_held_up(self.backend[0]))):
            pass
        assert not self.came_of_it

    def answer(self):
        self.rep.join(20)
        return self.came_of_it[0]

    def _work(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.backend.append(cursor.fetchone()[0])
        try:
            self.came_of_it.append(self.work().state)
        except MoveRefused as refused:
            self.came_of_it.append(str(refused))
        connection.close()


@pytest.mark.parametrize("is_judged_before", [False, True])
def test_whoever_writes_again_waits_for_the_claim_and_nothing_leaves_twice(monkeypatch, is_judged_before):
    rep, asset = make_user("alice", Role.BDR, team=make_team("North")), make_asset("The guide")
    lead = make_lead(phase=Phase.WORKING, bdr=rep, person=make_person(time_zone="UTC"))
    letter = {"subject": "Hello", "text": "Hello.", "asset": asset, "by": rep, "at": NOON}
    first, written = write_message(lead, **letter), claiming._Judge.write
    if not is_judged_before:
        undo_last(lead, by=rep, at=NOON)

    def again():
        if is_judged_before:
            undo_last(lead, by=rep, at=NOON)
        return write_message(lead, **letter)

    beside = Beside(again)

    def come_and_write(judge, *, by):
        # What the claim has read is what it goes by; the rows are locked.
        beside.come()
        written(judge, by=by)

    with monkeypatch.context() as patch:
        patch.setattr(claiming._Judge, "write", come_and_write)
        patch.setattr(claiming, "PARTS_MOST", 1)
        taken = claim_messages(by="me", at=NOON)

    if is_judged_before:
        assert "has had" in beside.answer()
        assert [begin_message(one, at=NOON) for one in taken] == [False]
        write_message(lead, **letter)
    else:
        assert (taken, beside.answer()) == ([], "planned")
    first.refresh_from_db()
    assert (first.state, first.because) == ("cancelled", "undone")
    assert Message.objects.exclude(pk=first.pk).get().state == "planned"
