"""Where every address leads. A room that has pages brings its own list."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config import views

ROOMS = ("team", "agreement", "accounts", "content", "leads", "nurture", "reports")

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    *(path("", include(f"{room}.urls")) for room in ROOMS if find_spec(f"{room}.urls")),
]
if "anymail" in settings.INSTALLED_APPS:
    # An optional extra, which is only asked for where it is installed.
    providers = import_module("nurture.providers")
    urlpatterns.append(path("mail/told/", include(providers.addresses_of(settings.MAIL_PROVIDER))))
