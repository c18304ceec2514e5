"""A sender that stands still for two leases and then goes on as if no time had passed (F5): a frozen machine, a long
pause. What it held is somebody else's by then, and its late word changes nothing.
"""

import os
import random
import signal
import time

from tests.bench.report import at_most, exactly
from tests.faults.post import DUE_NOW, post_office
from tests.nurture.sink import Sink

LEASE_SECONDS = 3.0
# A trial stops one sender in its conversation with the server, and another one anywhere; a third goes on.
SENDERS, LETTERS = 3, 60
SENDER_OF = "SELECT claimed_by FROM nurture_message WHERE public_id::text = %s"
STATE_OF = "SELECT state FROM nurture_message WHERE public_id::text = %s"


class Holding(Sink):
    """Stops whoever has just given it a message, before that one hears so."""

    def __init__(self):
        super().__init__()
        self.ask, self.wants_one, self.held = None, False, []

    async def handle_DATA(self, server, session, envelope):
        answer = await super().handle_DATA(server, session, envelope)
        if self.wants_one:
            self.wants_one = False
            name = str(self.taken[-1]["Message-ID"]).strip("<>").partition("@")[0]
            pid = int(self.ask(SENDER_OF, name).rpartition(":")[2])
            os.kill(pid, signal.SIGSTOP)
            self.held.append((pid, name))
        return answer


def inject_mail_stopped(plan):
    trials, dice = plan.pick(20, 5), random.Random(5)
    with post_office(plan, ["good"] * LETTERS * trials, sink=Holding(), LEASE_SECONDS=str(LEASE_SECONDS)) as post:
        post.sink.ask = post.ask
        post.connection.execute("UPDATE nurture_message SET due_at = now() + interval '1 day'")
        post.start(senders=SENDERS)
        for trial in range(trials):
            post.sink.wants_one = True
            post.release(LETTERS)
            post.wait_until(lambda trial=trial: len(post.sink.held) > trial)
            stopped = [post.sink.held[trial][0]]
            time.sleep(dice.uniform(0, 0.3))
            stopped.append(dice.choice([pid for pid in post.pids() if pid not in stopped]))
            os.kill(stopped[1], signal.SIGSTOP)
            time.sleep(2 * LEASE_SECONDS)
            # The third one looks after what was lost sight of as soon as it has sent what it holds.
            post.wait_until(lambda trial=trial: post.ask(STATE_OF, post.sink.held[trial][1]) != "sending")
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
            post.wait_until(lambda: not post.ask(DUE_NOW))
        post.wait_until_done()
        late = [post.ask(STATE_OF, name) for _pid, name in post.sink.held]
        stops = f"{2 * trials} stops of two leases, {LETTERS * trials:,} messages"
        yield from post.lines("mail, sender stopped and going on", stops)
        yield exactly(
            "mail, sender stopped after the server took it: unknown", late.count("unknown"), trials,
            more="its late answer changes nothing",
        )  # fmt: skip
        unknown = post.states()["unknown"]
        yield at_most("mail, sender stopped and going on: unknown", unknown, 2 * trials, more=str(dict(post.states())))
