"""The mailbox is read over a real IMAP server: each mail once, put away after it was recorded, and poison set aside."""

import contextlib
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.models import Engagement
from nurture.actions import fetching
from nurture.actions.fetching import read_mailbox
from nurture.inbound.mail import read_mail
from nurture.mailbox import Mailbox, NotHandedOut
from nurture.models import Incoming, MailServer
from team.models import Role
from tests.make import NOON, make_lead, make_person, make_user
from tests.nurture import imap
from tests.nurture.mails import mail

LATER = NOON + timedelta(hours=2)
DATE = "Mon, 1 Mar 2027 13:30:00 +0000"


@pytest.fixture
def jo(alice):
    person = make_person(email="jo@brevik.example")
    make_lead(phase=Phase.WORKING, bdr=alice, person=person)
    return person


def reply(name, **more):
    return mail(f"{name}.", subject=name, Message_ID=f"<{name}@x>", **{"Date": DATE, **more})


def test_each_mail_is_taken_once_and_put_away_and_what_is_of_nobody_known_stays(port, jo, monkeypatch):
    def breaks(raw):
        if b"Poison" in raw:
            raise ZeroDivisionError
        return read_mail(raw)

    monkeypatch.setattr("nurture.actions.receiving.read_mail", breaks)
    imap.put(port, reply("One"), reply("Poison"), reply("Stranger", sender="who@elsewhere.example"), reply("Two"))

    assert (read_mailbox(at=LATER), read_mailbox(at=LATER)) == (4, 0)

    assert imap.lying_in(port) == [("Poison", True), ("Stranger", False)]
    assert imap.lying_in(port, "Midfield") == [("One", False), ("Two", False)]
    assert Engagement.objects.filter(person=jo, kind="replied").count() == 2
    assert sorted(Incoming.objects.values_list("state", flat=True)) == ["aside", "done", "done", "done"]


def test_whoever_ended_between_the_commit_and_the_move_has_it_put_away_by_the_next_ring(port, jo, monkeypatch):
    def ends(self, number):
        raise KeyboardInterrupt

    imap.put(port, reply("One"))
    with monkeypatch.context() as patch:
        patch.setattr(Mailbox, "put_away", ends)
        with pytest.raises(KeyboardInterrupt):
            read_mailbox(at=LATER)
    assert imap.lying_in(port) == [("One", False)]

    read_mailbox(at=LATER)

    assert imap.lying_in(port) == []
    assert Engagement.objects.filter(person=jo, kind="replied").count() == 1


def test_a_mail_moved_back_or_doubled_is_put_away_and_counts_once(port, jo):
    imap.put(port, reply("One"), reply("One"))
    read_mailbox(at=LATER)
    imap.put(port, reply("One"))
    read_mailbox(at=LATER)

    assert imap.lying_in(port) == []
    assert Engagement.objects.filter(person=jo, kind="replied").count() == 1


def test_without_another_folder_it_is_marked_as_read_and_not_fetched_again(port, jo, settings):
    settings.IMAP_DONE_FOLDER = ""
    imap.put(port, reply("One"))

    assert (read_mailbox(at=LATER), read_mailbox(at=LATER)) == (1, 0)
    assert imap.lying_in(port) == [("One", False)]


def test_a_large_mail_is_read_as_far_as_people_write(port, jo):
    imap.put(port, reply("Large") + b"x" * (3 * 1024 * 1024))

    assert read_mailbox(at=LATER) == 1
    assert Incoming.objects.get().effect == "in_front"


def test_a_server_that_is_away_is_asked_again_later_and_nothing_is_lost(port, jo, settings):
    imap.put(port, reply("One"))
    settings.IMAP_PASSWORD = "wrong"

    assert read_mailbox(at=LATER) == 0
    settings.IMAP_PASSWORD = imap.PASSWORD
    assert read_mailbox(at=LATER + timedelta(seconds=30)) == 0  # It is not asked yet.
    assert MailServer.objects.get(pk="imap:127.0.0.1").failures == 1

    assert read_mailbox(at=LATER + timedelta(minutes=1)) == 1
    assert MailServer.objects.get(pk="imap:127.0.0.1").failures == 0


def test_one_that_the_database_cannot_take_holds_up_nobody_and_is_taken_by_the_next_ring(port, jo, monkeypatch):
    imap.put(port, reply("Slow"), reply("Two"))
    takes = fetching.take_mail

    def too_slow(raw, **more):
        if b"Slow" in raw:
            raise OperationalError("canceling statement due to statement timeout")
        return takes(raw, **more)

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "take_mail", too_slow)
        assert read_mailbox(at=LATER) == 1
    assert imap.lying_in(port) == [("Slow", False)]

    assert (read_mailbox(at=LATER), imap.lying_in(port)) == (1, [])


def test_a_database_that_is_away_ends_the_ring_and_every_mail_lies_there(port, jo, monkeypatch):
    imap.put(port, *(reply(f"Mail {n}") for n in range(5)))
    asked = []

    def is_away(raw, **_more):
        asked.append(raw)
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(fetching, "take_mail", is_away)
    with pytest.raises(OperationalError):
        read_mailbox(at=LATER)

    assert (len(asked), len(imap.lying_in(port))) == (fetching.FAILED_MAX, 5)


@pytest.mark.django_db(transaction=True)
def test_the_network_is_never_spoken_to_inside_a_transaction(port, settings, monkeypatch):
    real = Mailbox.__getattribute__
    spoken = []

    def watched(self, name):
        if name == "imap":
            spoken.append(connection.in_atomic_block)
        return real(self, name)

    monkeypatch.setattr(Mailbox, "__getattribute__", watched)
    imap.put(port, reply("Stranger", sender="who@elsewhere.example"))

    assert read_mailbox(at=LATER) == 1
    assert spoken
    assert not any(spoken)
    imap.put(port, reply("Another", sender="who@elsewhere.example"))
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        read_mailbox(at=LATER)


def test_no_mailbox_is_read_where_none_is_set(db, settings):
    settings.IMAP_HOST = ""
    assert read_mailbox(at=LATER) == 0


def test_one_that_the_server_does_not_hand_out_holds_up_nobody_and_is_set_aside(port, jo, monkeypatch):
    imap.put(port, reply("Broken"), reply("Two"))
    hands_out = Mailbox.mail
    monkeypatch.setattr(Mailbox, "put_away", lambda *_number: None)

    def refuses(self, number):
        if number == self.numbers()[0]:
            raise NotHandedOut("[SERVERBUG] internal error")
        return hands_out(self, number)

    monkeypatch.setattr(Mailbox, "mail", refuses)

    assert [read_mailbox(at=LATER + timedelta(minutes=one)) for one in range(4)] == [1, 0, 0, 0]

    assert Engagement.objects.filter(person=jo, kind="replied").count() == 1
    aside = Incoming.objects.get(state="aside")
    assert "[SERVERBUG]" in aside.error
    assert not MailServer.objects.filter(failures__gt=0).exists()


def test_one_that_was_held_for_a_while_is_read_once_it_is_handed_out(port, jo, monkeypatch):
    imap.put(port, reply("Held"))
    with monkeypatch.context() as patch:
        patch.setattr(Mailbox, "mail", lambda *_number: (_ for _ in ()).throw(NotHandedOut("[INUSE]")))
        assert read_mailbox(at=LATER) == 0

    assert read_mailbox(at=LATER + timedelta(minutes=1)) == 1

    assert Engagement.objects.filter(person=jo, kind="replied").count() == 1
    assert [one.state for one in Incoming.objects.all()] == ["done"]


@pytest.mark.parametrize("began", [NotHandedOut("[INUSE]"), KeyboardInterrupt()])
def test_one_that_is_gone_before_it_could_be_read_is_shown_to_a_human(port, jo, monkeypatch, client, began):
    imap.put(port, reply("Held"))
    with monkeypatch.context() as patch:
        # Not handed out; or handed out, and its reader is killed.
        what = (
            "nurture.mailbox.Mailbox.mail" if isinstance(began, NotHandedOut) else "nurture.actions.receiving._record"
        )
        patch.setattr(what, lambda *_args, **_more: (_ for _ in ()).throw(began))
        with contextlib.suppress(KeyboardInterrupt):
            read_mailbox(at=LATER)
    with imap.signed_in(port) as client_of_hers:
        client_of_hers.select("INBOX")
        client_of_hers.uid("STORE", "1:*", "+FLAGS.SILENT", r"(\Deleted)")
        client_of_hers.expunge()

    read_mailbox(at=LATER + timedelta(minutes=1))
    assert [one.state for one in Incoming.objects.all()] == ["taken"]
    read_mailbox(at=LATER + timedelta(minutes=61))

    (row,) = Incoming.objects.all()
    assert (row.state, row.error) == ("aside", "It lay in the mailbox, and was gone before it could be read.")
    client.force_login(make_user("mark", Role.MARKETER))
    assert row.error in client.get(reverse("nurture:incoming_mail", args=[row.pk])).text
    assert "1 mail that came in waits" in client.get(reverse("nurture:mail")).text


def test_what_still_lies_there_waits_for_its_reader_however_long(port, jo, monkeypatch):
    imap.put(port, reply("Held"))
    with monkeypatch.context() as patch:
        patch.setattr("nurture.actions.receiving._record", lambda *_args, **_more: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            read_mailbox(at=LATER)

    assert read_mailbox(at=LATER + timedelta(days=1)) == 1

    assert [one.state for one in Incoming.objects.all()] == ["done"]


@pytest.mark.parametrize(
    "sender",
    ["=?utf-8?q?Jo_=40_Brevik?= <jo@brevik.example>", "=?utf-8?q?Jo_=3Cpriv=3E?= <jo@brevik.example>",
     "Jo @ Brevik <jo@brevik.example>"],
)  # fmt: skip
def test_a_reply_is_hers_whatever_her_name_holds(port, jo, sender):
    imap.put(port, reply("Talk", sender=sender))

    assert read_mailbox(at=LATER) == 1

    assert Incoming.objects.get().effect == "in_front"
    assert Engagement.objects.filter(person=jo, kind="replied").count() == 1


@pytest.mark.parametrize("sender", ["", "Nora", "Nora <>", "undisclosed-recipients:;"])
@pytest.mark.parametrize("words", ["Could we talk?", "unsubscribe"])
def test_what_names_no_address_waits_for_one_of_us(port, db, client, sender, words):
    imap.put(port, mail(words, sender=sender, subject="Who am I", Date=DATE))

    assert read_mailbox(at=timezone.now()) == 1

    client.force_login(make_user("mark", Role.MARKETER))
    assert "Who am I" in client.get(reverse("nurture:incoming") + "?list=replies").text
