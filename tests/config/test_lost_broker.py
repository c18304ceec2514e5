"""A broker that is killed takes nothing with it but a few hints: its worker lives on."""

import contextlib
import logging
import subprocess
from types import SimpleNamespace

import pytest
from celery.worker.consumer import Consumer as Listening
from kombu import Consumer, Queue

from config import broker
from config.celery import app

pytestmark = pytest.mark.once


@pytest.fixture
def server(tmp_path):
    """The broker of `./run`, on a folder of its own."""
    process = subprocess.Popen(broker.server_command(broker.find_server(), tmp_path), stdout=subprocess.DEVNULL)
    url = broker.url_of_own_server(tmp_path)
    assert broker.answers(url)
    yield SimpleNamespace(url=url, process=process)
    kill(process)


def kill(process):
    process.kill()
    process.wait()


@pytest.fixture
def listening(server):
    """What a worker holds while it works one message and waits for the next: the question is asked, the answer owed."""
    connection = app.connection_for_read(server.url)
    queue = Queue("hints", channel=connection.default_channel)
    queue.declare()
    messages = []
    with Consumer(connection, [queue], on_message=messages.append):
        connection.Producer().publish("a hint", routing_key="hints")
        while not messages:
            connection.drain_events(timeout=10)
        with contextlib.suppress(TimeoutError):
            connection.drain_events(timeout=0.1)
        yield SimpleNamespace(connection=connection, message=messages[0])


@pytest.mark.filterwarnings("ignore::celery.exceptions.CPendingDeprecationWarning")
def test_a_worker_lets_go_of_a_killed_broker_that_owes_it_an_answer(server, listening, caplog):
    worker = SimpleNamespace(
        app=app, connection=listening.connection, qos_global=None, prefetch_multiplier=1, max_prefetch_count=2
    )
    errors = listening.connection.connection_errors
    kill(server.process)

    # What Celery does then, and a task that was begun before and ends now: an error of either ends the worker.
    Listening.on_connection_error_after_connected(worker, ConnectionError())
    listening.message.ack_log_error(None, errors)

    assert worker.connection is None
    assert listening.message.acknowledged
    # Nor is there anything left that had to be given back, and is put into a file because it cannot be.
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []
