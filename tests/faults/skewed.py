"""A process whose clock is wrong, while the database's is right: `python -m tests.faults.skewed SECONDS MODULE ...`.

SECONDS is how far its clock is ahead; `leaps`: it is put back by ten minutes and forward again, all the time.
"""

import runpy
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import time_machine
from celery.signals import worker_process_init

LEAP, EVERY_SECONDS = 600, 5


def main():
    ahead, module = sys.argv[1], sys.argv[2]
    sys.argv = sys.argv[2:]
    leaps = ahead == "leaps"
    seconds = 0 if leaps else float(ahead)
    clock = time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True).start()
    if leaps:
        # A fork has no thread but its own: each begins one.
        worker_process_init.connect(lambda **_told: _leap(clock), weak=False)
        _leap(clock)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _leap(clock):
    threading.Thread(target=_leap_for_ever, args=(clock,), daemon=True).start()


def _leap_for_ever(clock):
    by = -LEAP
    while True:
        time.sleep(EVERY_SECONDS)
        clock.shift(by)
        by = -by


if __name__ == "__main__":
    main()
