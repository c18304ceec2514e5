"""Every room brings its own list; the first segment of a path names the room where it is not a rep's page."""

from django.contrib import admin
from django.urls import include, path

from config import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
import importlib.util as u

for a in ("accounts", "team", "agreement", "leads"):
    if u.find_spec(a) and u.find_spec(a + ".urls"):
        urlpatterns.append(path("", include(a + ".urls")))
