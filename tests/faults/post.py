"""Letters that are due, the mail server they go to, who sends them, and what is asked of both afterwards."""

import contextlib
import os
import signal
import time
from collections import Counter
from datetime import timedelta

import psycopg
from django.db import connections
from django.utils import timezone

from accounts.models import ContactPoint, Person
from nurture.models import Enrolment, MailRules, Message, Track, TrackNode, TrackVersion
from tests.bench.databases import Databases, use
from tests.bench.report import exactly
from tests.bench.site import Site
from tests.nurture.sink import listening

SECONDS_MAX = 400.0
DUE_NOW = "SELECT count(*) FROM nurture_message WHERE state = 'sending' OR (state = 'planned' AND due_at <= now())"
# Letters that wait for another day become due.
RELEASE = """
    UPDATE nurture_message SET due_at = now()
     WHERE id IN (SELECT id FROM nurture_message WHERE state = 'planned' AND due_at > now() ORDER BY id LIMIT %s)
"""
OPEN = "SELECT count(*) FROM nurture_message WHERE state IN ('planned', 'sending')"


class Post:
    """A database with planned messages, the mail server they go to, and who sends them."""

    def __init__(self, site, url, connection, sink):
        self.site, self.url, self.connection, self.sink = site, url, connection, sink
        self.file = site.folder / "senders"

    def start(self, *, senders):
        self.site.run("senders", "tests.faults.sender", str(senders), str(self.file))
        while not self.file.exists():
            time.sleep(0.05)

    def pids(self):
        return [int(pid) for pid in self.file.read_text().split()]

    def kill_one(self, dice):
        try:
            os.kill(dice.choice(self.pids()), signal.SIGKILL)
        except ProcessLookupError:
            return 0
        return 1

    def ask(self, sql, *values):
        return self.connection.execute(sql, values).fetchone()[0]

    def release(self, count):
        self.connection.execute(RELEASE, [count])

    def states(self):
        return Counter(
            dict(self.connection.execute("SELECT state, count(*) FROM nurture_message GROUP BY 1").fetchall())
        )

    def wait_until(self, is_so):
        limit = time.monotonic() + SECONDS_MAX
        while not is_so():
            if time.monotonic() > limit:
                raise AssertionError(f"nothing has happened: {self.states()}\n" + self.site.processes[-1].last_lines())
            time.sleep(0.02)

    def wait_until_done(self):
        self.wait_until(lambda: not self.ask(OPEN))

    def lines(self, name, trials):
        taken = Counter(str(mail["Message-ID"]) for mail in self.sink.taken)
        sent = self.connection.execute("SELECT public_id FROM nurture_message WHERE state = 'sent'").fetchall()
        known = {message_id.strip("<>").partition("@")[0] for message_id in taken}
        yield exactly(f"{name}: doubled at the server", sum(count - 1 for count in taken.values()), 0, more=trials)
        yield exactly(f"{name}: sent and not at the server", sum(str(pk) not in known for (pk,) in sent), 0)
        yield exactly(f"{name}: left to do", self.ask(OPEN), 0)


@contextlib.contextmanager
def post_office(plan, kinds, *, letters=1, sink=None, timeout=5.0, url="", settings="config.settings", **env):
    """Mail for one person a kind, which says what the server does to her, and the server; nobody sends yet."""
    url = url or Databases(plan.server).empty_copy()
    use(url)
    write_letters(kinds, letters=letters)
    connections.close_all()
    with listening(sink) as (sink, port):
        env |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_STARTTLS": "False"}
        with (
            _mailer(port, timeout),
            Site(url, settings=settings, **env) as site,
            psycopg.connect(url, autocommit=True) as connection,
        ):
            yield Post(site, url, connection, sink)


@contextlib.contextmanager
def _mailer(port, timeout):
    """This process speaks to the same server."""
    from django.conf import settings  # noqa: PLC0415 - it is set up by whoever runs the faults

    before = settings.MAILERS
    options = {"host": "127.0.0.1", "port": port, "timeout": timeout}
    settings.MAILERS = {"default": {"BACKEND": "nurture.smtp.OutboxBackend", "OPTIONS": options}}
    try:
        yield
    finally:
        settings.MAILERS = before


def write_letters(kinds, *, letters=1):
    """One person a kind, whose name is the kind; each is in a track with so many letters, all of which are due.

    They may be written to at any hour. The track is retired: whoever sleeps beside them is not taken into it.
    """
    at = timezone.now() - timedelta(minutes=1)
    MailRules.objects.update_or_create(
        pk=1, defaults={"opens": 0, "closes": 24, "on_weekends": True, "domain_most_a_minute": 30_000}
    )
    people = Person.objects.bulk_create(Person(given_name=kind, time_zone="UTC") for kind in kinds)
    points = []
    for number, person in enumerate(people):
        address = f"{person.given_name}.{number}@host{number % 50}.example"
        points.append(ContactPoint(person=person, kind="email", value=address, normalised=address, is_primary=True))
    ContactPoint.objects.bulk_create(points)
    track = Track.objects.create(name="Faults", retired_at=at)
    version = TrackVersion.objects.create(track=track, number=1, made_at=at, published_at=at)
    nodes = TrackNode.objects.bulk_create(
        TrackNode(version=version, position=number + 1, kind="email", subject="Hello", text="Words.")
        for number in range(letters)
    )
    later = at + timedelta(days=9)
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(person=person, track=track, version=version, node=nodes[-1], started_at=at, due_at=later)
        for person in people
    )
    Message.objects.bulk_create(
        Message(kind="nurture", person=one.person, enrolment=one, node=node, planned_at=at, due_at=at)
        for one in enrolments
        for node in nodes
    )
