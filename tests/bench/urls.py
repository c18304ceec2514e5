"""The product's addresses, and the floor's below /bench/."""

from django.urls import include, path

from tests.bench import floor

floor_urls = (
    [
        path("empty/", floor.empty, name="empty"),
        path("page/", floor.page, name="page"),
        path("row/<int:lead_id>/", floor.row, name="row"),
        path("write/<int:lead_id>/", floor.write, name="write"),
    ],
    "bench",
)
urlpatterns = [path("bench/", include(floor_urls)), path("", include("config.urls"))]
