"""The product's settings with an alarm clock that rings every second: a fault should not wait for the next tick."""

import os

from config.settings import *  # noqa: F403 - the same settings, one of them changed
from config.settings import CELERY_BEAT_SCHEDULE

RING_SECONDS = float(os.environ.get("RING_SECONDS", "1"))
CELERY_BEAT_SCHEDULE = {name: {**entry, "schedule": RING_SECONDS} for name, entry in CELERY_BEAT_SCHEDULE.items()}
# Ticks are closer together, so whoever is deaf is noticed sooner.
SECONDS_DEAF = 12
