"""The library, and the one address of each asset."""

from django.urls import path

from content.views import serving

app_name = "content"
urlpatterns = [
    path("c/<uuid:public_id>/", serving.asset, name="asset"),
    path("library/<uuid:public_id>/versions/<int:number>/", serving.version, name="version"),
]
