"""A mail server, and messages to people who may be written to."""

from datetime import timedelta

import pytest

from agreement.models import Phase
from nurture.models import MailRules
from team.models import Role
from tests.make import NOON, make_lead, make_person, make_team, make_user
from tests.nurture import imap
from tests.nurture.sink import listening, send_to


@pytest.fixture
def sink(settings, tmp_path):
    """A real SMTP server that the outbox sends to."""
    with listening() as (sink, port):
        send_to(settings, port, tmp_path)
        yield sink


@pytest.fixture
def recording(settings, tmp_path):
    """No server: what leaves is kept by `tests.nurture.recording`."""
    settings.VAR_DIR = tmp_path
    settings.MAILERS = {"default": {"BACKEND": "tests.nurture.recording.Recording"}}


@pytest.fixture
def rules(db):
    rules, _made = MailRules.objects.get_or_create(pk=1)
    return rules


@pytest.fixture
def marketer(db):
    return make_user("mark", Role.MARKETER)


@pytest.fixture
def clock():
    """The database's clock, as far as the outbox asks: it stands at noon until the test moves it."""
    return Clock()


class Clock:
    def __init__(self):
        self.at = NOON

    def __call__(self):
        return self.at

    def on(self, **more):
        self.at += timedelta(**more)
        return self.at


@pytest.fixture
def team(db):
    return make_team()


@pytest.fixture
def provider(settings):
    """A mail provider may tell by webhook, under its secret."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "anymail"]
    settings.ANYMAIL = {"WEBHOOK_SECRET": "midfield:secret"}


@pytest.fixture
def jo(alice):
    """Somebody whom alice works."""
    person = make_person(email="jo@brevik.example")
    make_lead(phase=Phase.WORKING, bdr=alice, person=person)
    return person


@pytest.fixture(scope="module")
def server():
    with imap.imap_server() as port:
        yield port


@pytest.fixture
def port(server, settings):
    imap.read_from(settings, server)
    yield server
    with imap.signed_in(server) as client:
        client.select("INBOX")
        client.uid("STORE", "1:*", "+FLAGS.SILENT", r"(\Deleted)")
        client.expunge()
        client.close()
        client.delete("Midfield")
