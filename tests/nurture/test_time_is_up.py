"""A worker whose time is up leaves what it was at to the next one, and takes none of it for something that fails."""

from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from agreement.models import Phase
from leads.actions import import_rows
from leads.actions.importing import start_import
from leads.actions.sweeping import sweep_leads
from leads.models import Lead
from nurture.actions.claiming import free_leases
from nurture.actions.fetching import read_mailbox
from nurture.actions.receiving import ATTEMPTS_MAX, take_mail
from nurture.actions.recording import LEASE
from nurture.actions.sending import deliver
from nurture.actions.unsent import settle_unsent
from nurture.models import Incoming, Told
from team.clock import database_now
from tests.leads.files import answered, decided, received
from tests.make import NOON, make_lead, make_user
from tests.nurture import imap
from tests.nurture.mails import mail
from tests.nurture.test_never_left import first_touch, refused, written
from tests.nurture.test_providers import GONE, LOGIN, tell
from tests.nurture.test_providers import read as read_told
from tests.nurture.test_receiving import sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def time_is_up(monkeypatch):
    """Whoever comes to the function of this name has no time left."""

    def end(*_args, **_more):
        raise SoftTimeLimitExceeded

    def work(name, act):
        with monkeypatch.context() as patch:
            patch.setattr(name, end)
            with pytest.raises(SoftTimeLimitExceeded):
                act()

    return work


def test_a_mail_is_read_by_the_next_one_and_set_aside_where_it_ended_every_reader(jo, time_is_up):
    ends_each, ends_one = (mail("Call me.", Message_ID=f"<{n}@brevik.example>") for n in range(2))
    for raw in [ends_one] + [ends_each] * ATTEMPTS_MAX:
        time_is_up("nurture.actions.receiving._record", lambda raw=raw: take_mail(raw, source="imap", at=NOON))

    assert not Incoming.objects.exclude(state="taken").exists()
    assert [take_mail(raw, source="imap", at=NOON).state for raw in (ends_one, ends_each)] == ["done", "aside"]


@pytest.mark.parametrize(
    "name",
    ["BytesParser.parsebytes", "HeaderParser.parsestr", "decode_header", "_Words.feed"]
    + [f"Message.{name}" for name in ("get_payload", "get_content_charset")],
)
def test_a_mail_whose_reader_has_no_time_left_is_read_with_all_that_it_says_by_the_next_one(name, jo, time_is_up):
    report = "Content-Type: message/rfc822\n\nSubject: =?utf-8?q?Ours?=\n\nOurs.\n"
    parts = f"--x\nContent-Type: text/html\n\n<p>Call me.</p>\n--x\n{report}--x--\n"
    raw = mail(parts, subject="=?utf-8?q?Later?=", Content_Type="multipart/mixed; boundary=x")
    if name.startswith("HeaderParser"):
        raw = raw.replace(b"message/rfc822", b"text/rfc822-headers")

    time_is_up(f"nurture.inbound.parts.{name}", lambda: take_mail(raw, source="imap", at=NOON))
    row = take_mail(raw, source="imap", at=NOON)

    assert (row.state, row.body.subject, row.body.text) == ("done", "Later", "Call me.")


def test_the_mailbox_is_left_as_it_is_by_whoever_has_no_time_left(port, jo, time_is_up):
    imap.put(port, *(mail(f"{n}.", subject=f"{n}", Message_ID=f"<{n}@x>") for n in range(2)))

    time_is_up("nurture.inbound.parts.BytesParser.parsebytes", lambda: read_mailbox(at=NOON))
    lay = imap.lying_in(port)

    assert (lay, read_mailbox(at=NOON), imap.lying_in(port)) == ([("0", False), ("1", False)], 2, [])


@pytest.mark.usefixtures("provider")
def test_what_a_provider_told_is_read_by_the_next_one(alice, jo, time_is_up):
    sent(jo, by=alice, at=database_now())
    tell(GONE, **LOGIN)

    time_is_up("nurture.actions.receiving._record", lambda: read_told())

    assert Told.objects.get().state == "waiting"
    assert read_told(minutes=LEASE / timedelta(minutes=1) + 1) == 1
    assert Incoming.objects.get().kind == "bounce_hard"


def test_a_letter_that_was_being_put_together_goes_out_later(sink, rules, clock, time_is_up):
    _lead, letter = written("ada@brevik.example")

    time_is_up("nurture.actions.composing._mail", lambda: deliver(by="one", clock=clock))
    free_leases(at=clock.on(minutes=5))
    deliver(by="other", clock=clock)

    letter.refresh_from_db()
    assert letter.state == "sent"
    assert len(sink.taken) == 1


def test_a_letter_that_never_left_is_settled_by_the_next_one(sink, rules, clock, time_is_up):
    lead, _letter = refused(clock)

    time_is_up("nurture.actions.unsent.settle_letter", lambda: settle_unsent(at=clock.on(minutes=1)))
    settle_unsent(at=clock.on(minutes=1))

    assert first_touch(lead) == "running"


def test_leads_that_were_looked_at_are_looked_at_by_the_next_one_and_not_in_an_hour(db, time_is_up):
    make_lead(phase=Phase.QUEUED)
    Lead.objects.update(sweep_at=NOON)

    time_is_up("leads.actions.sweeping._sweep", lambda: sweep_leads(at=NOON))

    assert Lead.objects.get().sweep_at == NOON


def test_an_import_goes_on_where_it_was(team, time_is_up):
    lea = make_user("lea", "marketer")
    run = answered(decided(received("email,company\nada@corvane.example,Corvane\n", by=lea), by=lea), by=lea)
    start_import(run, by=lea, at=database_now())

    time_is_up("leads.actions.import_rows._Writer.write", lambda: import_rows.run_imports(worker="one", budget=100))

    run.refresh_from_db()
    assert run.state == "running"
