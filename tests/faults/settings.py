"""The product's settings with an alarm clock that rings every second: a fault should not wait for the next tick."""

from config.settings import *  # noqa: F403 - the same settings, one of them changed
from config.settings import CELERY_BEAT_SCHEDULE

CELERY_BEAT_SCHEDULE = {
    name: {**entry, "schedule": 1.0, "options": {"expires": 5}} for name, entry in CELERY_BEAT_SCHEDULE.items()
}
# Ticks are closer together, so whoever is deaf is noticed sooner.
SECONDS_DEAF = 12
