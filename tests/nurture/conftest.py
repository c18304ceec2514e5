"""A mail server, and messages to people who may be written to."""

from datetime import timedelta

import pytest

from nurture.models import MailRules
from team.models import Role
from tests.make import NOON, make_team, make_user
from tests.nurture import imap
from tests.nurture.sink import listening


@pytest.fixture
def sink(settings, tmp_path):
    """A real SMTP server that the outbox sends to; the disk's memory of the last mail is a folder of the test."""
    settings.VAR_DIR = tmp_path
    with listening() as (sink, port):
        settings.MAILERS = {
            "default": {
                "BACKEND": "nurture.smtp.OutboxBackend",
                "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 2},
            }
        }
        yield sink


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


@pytest.fixture(scope="module")
def server():
    with imap.imap_server() as port:
        yield port


@pytest.fixture
def port(server, settings):
    settings.IMAP_HOST, settings.IMAP_PORT, settings.IMAP_SSL = "127.0.0.1", server, False
    settings.IMAP_USER, settings.IMAP_PASSWORD = imap.USER, imap.PASSWORD
    yield server
    with imap.signed_in(server) as client:
        client.select("INBOX")
        client.uid("STORE", "1:*", "+FLAGS.SILENT", r"(\Deleted)")
        client.expunge()
        client.close()
        client.delete("Midfield")
