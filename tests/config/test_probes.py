"""What a load balancer, a supervisor and Prometheus are told."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from leads.actions import sweeping
from team.models import Tick


def test_the_process_answers_without_a_login_and_without_the_database(client):
    response = client.get("/healthz")

    assert (response.status_code, response.text) == (200, "ok")


@pytest.mark.django_db
def test_ready_while_ticks_ring_and_not_when_one_is_silent(client):
    Tick.objects.create(kind="sweep_leads", last_at=timezone.now())
    assert client.get("/readyz").status_code == 200

    Tick.objects.filter(kind="sweep_leads").update(last_at=timezone.now() - timedelta(hours=1))

    response = client.get("/readyz")
    assert (response.status_code, list(response.json()["overdue_ticks"])) == (503, ["sweep_leads"])


@pytest.mark.django_db
def test_a_tick_with_much_to_do_says_after_each_batch_that_it_lives():
    said = []

    def work(at):
        said.append(list(Tick.objects.values_list("kind", "worked")))
        return sweeping.BATCH if len(said) == 1 else 0

    assert sweeping.ring("sweep_leads", work) == sweeping.BATCH
    assert said == [[], [("sweep_leads", sweeping.BATCH)]]


@pytest.mark.django_db
def test_metrics_are_for_this_machine_only_unless_a_token_is_set(client, settings):
    Tick.objects.create(kind="sweep_leads", last_at=timezone.now(), worked=7)

    assert 'midfield_tick_worked_total{kind="sweep_leads"} 7.0' in client.get("/metrics").text
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404

    settings.METRICS_TOKEN = "a-token"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer a-token"}).status_code == 200


@pytest.mark.django_db
def test_the_database_is_the_engine_that_was_asked_for(request):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
        else:
            cursor.execute("SHOW fsync")
            assert cursor.fetchone() in (("off",), ("on",))
