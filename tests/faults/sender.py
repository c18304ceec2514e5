"""Processes that send what is due, and begin again when they are killed: `python -m tests.faults.sender COUNT FILE`.

Django is loaded once and every sender is a fork of it, because a kill every third of a second leaves no time for more.
FILE has the process ids of those that live now.
"""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import django

from config.guard import die_with_parent

# A lease that a test can wait for.
LEASE = timedelta(seconds=float(os.environ.get("LEASE_SECONDS", "6")))


def main():
    count, file = int(sys.argv[1]), Path(sys.argv[2])
    django.setup()
    living = {_fork() for _number in range(count)}
    _tell(file, living)
    while True:
        died, _status = os.wait()
        living = (living - {died}) | {_fork()}
        _tell(file, living)


def _fork():
    child = os.fork()
    if child:
        return child
    die_with_parent()
    _send()
    return 0


def _tell(file, living):
    beside = file.with_suffix(".new")
    beside.write_text(" ".join(map(str, living)))
    beside.replace(file)


def _send():
    from nurture.actions import claiming, sending  # noqa: PLC0415 - after Django has been set up
    from team.clock import database_now  # noqa: PLC0415

    claiming.LEASE = LEASE
    while True:
        claiming.free_leases(at=database_now())
        sending.deliver(by=f"sender:{os.getpid()}")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
