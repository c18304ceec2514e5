"""Much that is due at one moment: worked as a set against a row at a time, by how much waits, by how many work.

Both sides of each ratio are measured in turns in one run. Every part ends when its seconds are over, after a first
round of each side.
"""

import multiprocessing
import statistics
import time
from dataclasses import dataclass

from django.db import connections

from tests.bench.databases import use
from tests.bench.report import at_least
from tests.bench.timing import ROUNDS


@dataclass(frozen=True)
class Slot:
    """What is due: `fill(rows)` leaves so many due, `work()` does a batch and says how many, `work_one()` one."""

    name: str
    fill: object
    work: object
    work_one: object

    def rate(self, rows):
        """Rows a second, of so many that are worked."""
        begun, done = time.perf_counter(), 0
        while done < rows:
            worked = self.work()
            if not worked:
                raise AssertionError(f"{self.name}: {done} of {rows} were worked")
            done += worked
        return done / (time.perf_counter() - begun)

    def rate_one_by_one(self, rows):
        begun = time.perf_counter()
        for _row in range(rows):
            self.work_one()
        return rows / (time.perf_counter() - begun)


def against_one_by_one(slot, *, rows, single, seconds):
    slot.fill(rows + single)
    rounds = _in_turns(lambda: slot.rate(rows // ROUNDS), lambda: slot.rate_one_by_one(single // ROUNDS), seconds)
    yield _line(f"{slot.name}: a batch against one by one", rounds, 10)


def by_how_much_waits(slot, many_url, few_url, *, many, chunk, seconds):
    """As fast where `many` wait as where a tenth of it does: chunk by chunk, each in its own database."""
    for url, rows in ((many_url, many), (few_url, many // 10)):
        use(url)
        slot.fill(rows)
    left = {many_url: many, few_url: many // 10}

    def rate(url):
        use(url)
        if left[url] < 2 * chunk and url == few_url:
            slot.fill(many // 10)
            left[url] = many // 10
        left[url] -= chunk
        return slot.rate(chunk)

    rounds = _in_turns(lambda: rate(many_url), lambda: rate(few_url), seconds)
    yield _line(f"{slot.name}: a second at {many:,} due / at {many // 10:,}", rounds, 0.8)


def by_workers(slot, *, rows, seconds):
    def rate(workers):
        slot.fill(rows)
        connections.close_all()
        context = multiprocessing.get_context("fork")
        barrier = context.Barrier(workers + 1)
        running = [context.Process(target=_work_all, args=(slot, barrier)) for _number in range(workers)]
        for process in running:
            process.start()
        barrier.wait()
        begun = time.perf_counter()
        for process in running:
            process.join()
        taken = time.perf_counter() - begun
        if any(process.exitcode for process in running):
            raise AssertionError(f"{slot.name}: a worker fell")
        return rows / taken

    rounds = _in_turns(lambda: rate(2), lambda: rate(1), seconds)
    yield _line(f"{slot.name}: a second of two workers / of one", rounds, 1.5)


def _work_all(slot, barrier):
    # Connected before it is measured.
    connections["default"].ensure_connection()
    barrier.wait()
    while slot.work():
        pass
    connections.close_all()


def _in_turns(ours, other, seconds):
    begun, rounds = time.monotonic(), []
    while not rounds or (len(rounds) < ROUNDS and time.monotonic() - begun < seconds):
        rounds.append((ours(), other()))
    return rounds


def _line(name, rounds, bound):
    ours, other = (statistics.median(side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(mine / theirs for mine, theirs in rounds)
    return at_least(name, ratio, bound, more=f"{ours:,.0f} / {other:,.0f}, {len(rounds)} rounds")
