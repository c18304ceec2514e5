"""How figures are taken: two sides in turns in one run, medians of rounds, a p95 from at least 200 samples."""

import statistics
import threading
import time
from dataclasses import dataclass

ROUNDS = 5
# A page is asked for this often before it is measured: templates are compiled, plans are made, pages are in memory.
WARM_UP = 8


@dataclass(frozen=True)
class Versus:
    """One side against the other: medians of all samples, and the median of the rounds' ratios."""

    ours: float
    floor: float
    ratio: float


def in_turns(ours, floor, *, samples, rounds=ROUNDS):
    """Call both sides in turns; each call gives seconds."""
    for _ in range(WARM_UP):
        ours()
        floor()
    taken = []
    for _ in range(rounds):
        pairs = [(ours(), floor()) for _ in range(samples)]
        taken.append(tuple(statistics.median(side) for side in zip(*pairs, strict=True)))
    ratio = statistics.median(mine / theirs for mine, theirs in taken)
    return Versus(
        statistics.median(mine for mine, _theirs in taken), statistics.median(theirs for _mine, theirs in taken), ratio
    )


def p95_in_turns(ours, other, *, samples):
    """(p95 of ours, p95 of the other), from calls in turns."""
    for _ in range(WARM_UP):
        ours()
        other()
    sides = list(zip(*((ours(), other()) for _ in range(samples)), strict=True))
    return p95(sides[0]), p95(sides[1])


def p95(samples):
    return statistics.quantiles(samples, n=20, method="inclusive")[-1]


def rate(work, *, clients, calls):
    """Calls a second when so many clients share `calls`; `work(client number, call number)` does one."""
    turn = iter(range(calls))
    lock = threading.Lock()

    def client(number):
        while True:
            with lock:
                call = next(turn, None)
            if call is None:
                return
            work(number, call)

    seconds = together([lambda number=number: client(number) for number in range(clients)])
    return calls / seconds


def together(works):
    """Run all of them at the same moment; the seconds until the last has ended. What one raises is raised here."""
    barrier = threading.Barrier(len(works) + 1)
    failures = []

    def run(work):
        barrier.wait()
        try:
            work()
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    barrier.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    if failures:
        raise failures[0]
    return seconds
