"""Mail that is due, a real mail server, and everything that can happen to whoever sends it.

The server logs what it takes before it says 250, so it also knows what the sender never heard of. Afterwards: nothing
twice at the server, nothing sent that it does not have, nothing left to do, at most one unknown a kill.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from datetime import timedelta

from django.db import connections
from django.utils import timezone

from accounts.models import Person
from nurture.actions.claiming import begin_message, claim_messages, free_leases
from nurture.actions.preferring import unsubscribe
from nurture.actions.sending import deliver
from nurture.models import Message
from team.clock import database_now
from tests.bench.databases import use
from tests.bench.report import at_most, exactly
from tests.faults.post import OPEN, post_office
from tests.nurture.sink import Sink

MESSAGES, KILLS = 6_000, 100
CUTS = 50
# What the server does to every twentieth recipient each (F23), and what must have become of it.
FAULTS = {
    "closing": {"refused"}, "later": {"refused"}, "nobody": {"refused"}, "full": {"refused"}, "spam": {"refused"},
    "tarpit": {"unknown"}, "cut": {"unknown"}, "silent": {"unknown"}, "hangup": {"refused"}, "grey": {"sent"},
}  # fmt: skip


def inject_mail_kills(plan):
    messages, wanted = plan.pick((MESSAGES, KILLS), (600, 10))
    dice = random.Random(3)
    with post_office(plan, ["good"] * messages) as post:
        post.start(senders=2)
        kills = 0
        while kills < wanted and post.ask(OPEN):
            time.sleep(dice.uniform(0.25, 0.45))
            kills += post.kill_one(dice)
        post.wait_until_done()
        states = post.states()
        yield from post.lines("mail, sender killed", f"{messages:,} messages, {kills} kills")
        yield at_most("mail, sender killed: unknown", states["unknown"], kills, more=str(dict(states)))


def inject_mail_cut(plan):
    """The sender dies when the server has the message and the sender has not heard so."""
    cuts = plan.pick(CUTS, 5)

    class Cutting(Sink):
        async def handle_DATA(self, server, session, envelope):
            answer = await super().handle_DATA(server, session, envelope)
            os.kill(post.pids()[0], signal.SIGKILL)
            return answer

    with post_office(plan, ["good"] * cuts, sink=Cutting()) as post:
        post.start(senders=1)
        post.wait_until_done()
        yield exactly("mail, cut between 250 and commit: unknown", post.states()["unknown"], cuts)
        yield exactly("mail, cut between 250 and commit: sent again", len(post.sink.taken) - cuts, 0)


def inject_mail_faults(plan):
    """Every fault for every twentieth recipient, the rest good; hours pass until nothing is left to do."""
    messages = plan.pick(10_000, 1_000)
    kinds = [kind for kind in FAULTS for _time in range(messages // 20)]
    kinds += ["good"] * (messages - len(kinds))
    random.Random(23).shuffle(kinds)
    with post_office(plan, kinds, timeout=0.3) as post:
        use(post.url)
        begun = database_now()
        # What is put off is given up after five days at the latest.
        for hour in range(6 * 24):
            at = begun + timedelta(hours=hour)
            threads = [
                threading.Thread(target=_deliver_all, args=(f"sender {number}", at)) for number in range(2)
            ]  # fmt: skip
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            free_leases(at=at + timedelta(minutes=5))
            if not post.ask(OPEN):
                break
        wrong = Counter()
        for kind, state in Message.objects.values_list("person__given_name", "state"):
            if state not in FAULTS.get(kind, {"sent"}):
                wrong[kind, state] += 1
        connections.close_all()
        yield from post.lines(
            "mail, faults of the server", f"{messages:,} messages, 5 % of each of {len(FAULTS)} faults"
        )
        yield exactly("mail, faults of the server: in a wrong state", sum(wrong.values()), 0, more=str(dict(wrong)))


def inject_unsubscribe_race(plan):
    """Somebody says stop while a sender takes up what is for her: nothing begins after she has her answer."""
    pairs = plan.pick(5_000, 200)
    late = begun = 0
    with post_office(plan, ["good"] * pairs) as post:
        use(post.url)
        people = list(Person.objects.filter(messages__isnull=False).order_by("pk"))
        messages = {message.person_id: message for message in Message.objects.all()}
        for person in people:
            race = _Race(person, messages[person.pk].pk)
            race.run()
            begun += race.began is not None
            late += race.is_late
        connections.close_all()
        yield exactly("unsubscribing beside a sender: begun after the answer", late, 0, more=f"{pairs:,} pairs")
        yield at_most("unsubscribing beside a sender: begun before it", begun, pairs, more="both outcomes were met")


class _Race:
    """One message and one unsubscription at the same moment, each on a connection of its own."""

    def __init__(self, person, message):
        self.person, self.message = person, message
        self.barrier = threading.Barrier(2)
        self.began = self.answered = None

    def run(self):
        threads = [threading.Thread(target=self._stop), threading.Thread(target=self._send)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @property
    def is_late(self):
        return self.began is not None and self.began > self.answered

    def _stop(self):
        self.barrier.wait()
        unsubscribe(self.person, at=timezone.now())
        self.answered = time.monotonic()
        connections.close_all()

    def _send(self):
        self.barrier.wait()
        # Planned for everybody: only this one's is due, so the others' claims stay out of the way.
        Message.objects.filter(pk=self.message, state="planned").update(due_at=timezone.now() - timedelta(hours=1))
        for message in claim_messages(by="racer", at=timezone.now() - timedelta(minutes=30)):
            asked = time.monotonic()
            if begin_message(message, at=timezone.now()):
                # The transaction that begins it was asked for before it is known to have committed.
                self.began = asked
        connections.close_all()


def _deliver_all(by, at):
    while deliver(by=by, clock=lambda: at):
        pass
    connections.close_all()
