"""What probes and Prometheus ask. Health is read from the data: a silent worker has a running process too."""

import hmac
from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from team.models import Tick

# A tick that is this many intervals old is overdue: the alarm clock is not heard.
OVERDUE_INTERVALS = 3


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    try:
        ages = _tick_ages(timezone.now())
    except DatabaseError:
        return JsonResponse({"database": False}, status=503)
    overdue = {kind: age for kind, age in ages.items() if age > OVERDUE_INTERVALS * _interval(kind)}
    return JsonResponse({"database": True, "overdue_ticks": overdue}, status=503 if overdue else 200)


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read_metrics(request):
        return HttpResponse(status=404)
    registry = CollectorRegistry()
    age = Gauge("midfield_tick_age_seconds", "Seconds since a tick last ran", ["kind"], registry=registry)
    worked = Gauge("midfield_tick_worked_total", "Rows a tick has worked so far", ["kind"], registry=registry)
    now = timezone.now()
    for kind, seconds in _tick_ages(now).items():
        age.labels(kind).set(seconds)
    for tick in Tick.objects.all():
        worked.labels(tick.kind).set(tick.worked)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _tick_ages(at: datetime) -> dict[str, float]:
    """Seconds since each tick last ran; one that never ran is not there, because nothing has been promised yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    ticks = Tick.objects.exclude(last_at=None).values_list("kind", "last_at")
    return {kind: (at - last_at).total_seconds() for kind, last_at in ticks if last_at}


def _interval(kind: str) -> float:
    """Seconds between two rings of a tick, which is called like its task; a tick of the calendar rings daily."""
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        if entry["task"].rpartition(".")[2] == kind and isinstance(entry["schedule"], int | float):
            return float(entry["schedule"])
    return 24 * 60 * 60


def _may_read_metrics(request: HttpRequest) -> bool:
    """With a token configured the caller must show it; without one only this machine may ask, and no proxy for it."""
    if settings.METRICS_TOKEN:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(shown.encode(), settings.METRICS_TOKEN.encode())
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers
