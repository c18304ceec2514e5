"""The library, and the one address of each asset."""

from django.urls import path

from content.views import keeping, library, page, serving

app_name = "content"
urlpatterns = [
    path("c/<uuid:public_id>/", serving.asset, name="asset"),
    path("library/", library.library, name="library"),
    path("library/new/", keeping.asset_new, name="asset_new"),
    path("library/<uuid:public_id>/", page.asset_page, name="asset_page"),
    path("library/<uuid:public_id>/use/", page.use, name="use"),
    path("library/<uuid:public_id>/thumb/", page.thumb, name="thumb"),
    path("library/<uuid:public_id>/edit/", keeping.asset_edit, name="asset_edit"),
    path("library/<uuid:public_id>/version/", keeping.version_new, name="version_new"),
    path("library/<uuid:public_id>/versions/<int:number>/", serving.version, name="version"),
    path("library/<uuid:public_id>/versions/<int:number>/approve/", keeping.approve, name="approve"),
    path("library/<uuid:public_id>/retire/", keeping.retire, name="retire"),
    path("library/<uuid:public_id>/restore/", keeping.restore, name="restore"),
]
