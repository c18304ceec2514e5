"""Celery is only the alarm clock: what is due is a row, and a lost message costs one interval."""

import os
from functools import partial
from typing import Any

import structlog
from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.signals import setup_logging, worker_process_init
from django.db import transaction
from kombu.exceptions import OperationalError
from kombu.transport.redis import Channel

from config.guard import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
logger = structlog.get_logger(__name__)


class Nudge(DjangoTask):
    """A task that a page may ring right after its commit.

    The tick finds the row anyway, so a page does not fail because the broker is away.
    """

    abstract = True

    # Celery's own returns None too; its stubs say otherwise.
    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        transaction.on_commit(partial(self._ring, *args, **kwargs))

    def _ring(self, *args: Any, **kwargs: Any) -> None:
        try:
            self.delay(*args, **kwargs)
        except (OperationalError, OSError) as error:
            logger.warning("nudge_lost", task=self.name, error=str(error))


app = Celery("midfield", task_cls=Nudge)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A hint that was not worked is given back to nobody, least of all to a broker that is gone: Celery 5.7 closes a lost
# connection twice, the second time without the address that giving back asks for, and that error ends the worker.
Channel.do_restore = False


@setup_logging.connect
def keep_logging_of_settings(**kwargs: Any) -> None:
    """Celery leaves logging alone when somebody listens here; Django has set it up already."""


@worker_process_init.connect
def end_with_the_worker(**kwargs: Any) -> None:
    """A pool process does not outlive a worker that was killed."""
    die_with_parent()
