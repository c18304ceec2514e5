"""Several machines of one installation send mail; a copy of its database, wherever it is started, sends nothing."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from nurture.actions.sending import deliver
from nurture.actions.switching import start_mail
from nurture.models import Message, SendingHost
from team.models import AuditEntry, Role
from tests.constraints import constraints_of, put, refuses
from tests.make import NOON, make_user
from tests.nurture.making import make_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db):
    return make_user("ada", Role.ADMIN)


@pytest.fixture
def on(settings, tmp_path, clock):
    """Ring on the machine of this name: its own VAR_DIR, the one database."""

    def ring(name):
        settings.VAR_DIR = tmp_path / name
        settings.VAR_DIR.mkdir(exist_ok=True)
        return deliver(by=name, clock=clock)

    return ring


@time_machine.travel(NOON + timedelta(minutes=1), tick=False)
def test_a_second_machine_waits_for_an_admin_and_stops_nobody(client, sink, rules, clock, on, admin, marketer):
    make_message()
    assert on("first") == 1
    make_message()

    assert on("second") == 0
    rules.refresh_from_db()
    assert not rules.is_stopped
    assert on("first") == 1

    client.force_login(marketer)
    page = client.get(reverse("nurture:mail"))
    (host,) = page.context["hosts_waiting"]
    assert f"{host} would send mail from here" in page.text
    assert "</button>" not in page.text.partition("would send mail from here")[2].partition("</div>")[0]
    client.force_login(admin)
    assert f"Let {host} send" in client.get(reverse("nurture:mail")).text
    done = client.post(reverse("nurture:mail_host", args=[host.pk]), follow=True).text
    assert f"{host} sends mail from now on, too." in done
    assert "would send mail from here" not in done
    again = client.post(reverse("nurture:mail_host", args=[host.pk]), follow=True).text
    assert "This machine sends already." in again
    assert AuditEntry.objects.filter(about="nurture.sendinghost", detail=host.name).count() == 1

    clock.on(minutes=2)
    for name in ("second", "first", "second"):
        make_message()
        assert on(name) == 1
    rules.refresh_from_db()
    assert (rules.is_stopped, len(sink.taken)) == (False, 5)


def test_a_copy_on_another_machine_waits_while_it_may_be_a_second_one_and_then_stops(sink, rules, clock, on, admin):
    make_message()
    on("first")
    make_message()
    # From here on the database is a copy: nobody but the new machine rings on it.
    clock.on(minutes=9)
    assert on("elsewhere") == 0
    rules.refresh_from_db()
    assert not rules.is_stopped

    clock.on(minutes=2)
    assert on("elsewhere") == 0
    rules.refresh_from_db()
    assert (rules.is_stopped, rules.stopped_because) == (True, "restored")

    start_mail(by=admin, at=clock.on(minutes=1))
    assert on("elsewhere") == 1
    assert len(sink.taken) == 2


def test_a_start_of_mail_lets_nobody_who_waits(sink, rules, clock, on, admin, client):
    make_message()
    on("first")
    on("second")
    client.force_login(admin)
    client.post(reverse("nurture:mail_switch"), {"to": "stop", "reason": "Wrong price list"})
    start_mail(by=admin, at=clock.on(minutes=1))
    make_message()
    on("first")
    make_message()

    assert on("second") == 0


def test_what_was_said_of_a_machine_holds_no_longer_than_its_disk_remembers(sink, rules, clock, on, admin, settings):
    make_message()
    on("first")
    on("second")
    SendingHost.objects.filter(let_at=None).update(let_at=clock.on(minutes=1), let_by=admin)
    on("second")
    make_message()
    # Its disk was laid out anew but for its name.
    (settings.VAR_DIR / "mail-mark.json").unlink()

    assert on("second") == 0
    assert SendingHost.objects.waiting(clock()).count() == 1


def test_an_older_copy_is_stopped_on_each_machine_by_the_first_and_one_start_answers_for_all(
    sink, rules, clock, on, admin
):
    make_message()
    on("first")
    on("second")
    SendingHost.objects.filter(let_at=None).update(let_at=clock.on(minutes=1), let_by=admin)
    make_message()
    on("second")
    on("first")
    # The dump was taken before: it takes what was sent for planned.
    Message.objects.update(
        state="planned", due_at=NOON, claimed_at=None, to_hash="", sent_at=None, claimed_by="", begun_at=None
    )

    assert (on("second"), on("first")) == (0, 0)
    rules.refresh_from_db()
    assert (rules.is_stopped, rules.stopped_because) == (True, "restored")
    start_mail(by=admin, at=clock.on(minutes=1))
    assert on("first") == 2
    make_message()
    assert on("second") == 1


def test_who_has_gone_is_forgotten_when_the_next_one_asks(sink, rules, clock, on):
    make_message()
    on("first")
    on("gone")
    clock.on(days=2)
    on("first")

    on("second")

    assert SendingHost.objects.count() == 2
    assert SendingHost.objects.waiting(clock()).count() == 1


def test_constraints_of_a_machine(rules, admin):
    host = SendingHost.objects.create(
        key="019ad000-0000-7000-8000-000000000000", name="mail-1", first_at=NOON, seen_at=NOON
    )
    named = constraints_of("nurture")
    refuses(named["sendinghost_has_a_name"], lambda: put(host, name=""))
    refuses(named["sendinghost_let_says_when"], lambda: put(host, let_by=admin))
    refuses(named["sendinghost_seen_since_it_came"], lambda: put(host, seen_at=NOON - timedelta(days=1)))
