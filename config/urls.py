"""Where every address leads. A room that has pages brings its own list."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, include, path

from config import views

ROOMS = ("team", "agreement", "accounts", "content", "leads", "nurture", "reports")


def told_by(provider: str) -> list[URLPattern]:
    """Where this mail provider tells what became of our mail, and no other one."""
    known = import_module("anymail.urls").urlpatterns
    return [one for one in known if str(one.name).startswith(f"{provider}_")]


urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    *(path("", include(f"{room}.urls")) for room in ROOMS if find_spec(f"{room}.urls")),
]
if "anymail" in settings.INSTALLED_APPS:
    urlpatterns.append(path("mail/told/", include(told_by(settings.MAIL_PROVIDER))))
