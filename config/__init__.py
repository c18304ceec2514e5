"""Wiring: settings, URLs, Celery, the web server and the processes of `./run`. No app imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
