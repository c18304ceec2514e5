"""The product's settings with an alarm clock that rings every second: a fault should not wait for the next tick.

So many rings are dropped after some seconds; where a trial says how often it rings, it is the product's own time.
"""

import os

from config.settings import *  # noqa: F403 - the same settings, one of them changed
from config.settings import CELERY_BEAT_SCHEDULE

RING_SECONDS = float(os.environ.get("RING_SECONDS", "1"))
DROPPED = {} if "RING_SECONDS" in os.environ else {"options": {"expires": 5}}
CELERY_BEAT_SCHEDULE = {
    name: {**entry, "schedule": RING_SECONDS, **DROPPED} for name, entry in CELERY_BEAT_SCHEDULE.items()
}
# Ticks are closer together, so whoever is deaf is noticed sooner.
SECONDS_DEAF = 12
