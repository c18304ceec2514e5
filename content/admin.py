"""The administration of what assets are about and for whom they are; assets themselves are kept in the library."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from content.actions.indexing import index_assets
from content.models import Asset, Label, Topic
from team.admin import ReadOnlyAdmin, SettingAdmin


@admin.register(Topic)
class TopicAdmin(SettingAdmin):
    list_display = ("label", "key", "position")
    list_editable = ("position",)
    search_fields = ("label", "key")

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:  # type: ignore[override]
        super().save_model(request, obj, form, change)
        if "label" in form.changed_data:
            index_assets(obj.assets.values_list("pk", flat=True))


@admin.register(Label)
class LabelAdmin(SettingAdmin):
    list_display = ("label", "dimension", "key", "position", "retired_at")
    list_editable = ("position",)
    list_filter = ("dimension",)
    search_fields = ("label", "key")

    def save_model(self, request: HttpRequest, obj: Label, form: Any, change: bool) -> None:  # type: ignore[override]
        super().save_model(request, obj, form, change)
        if "label" in form.changed_data:
            index_assets(obj.assets.values_list("pk", flat=True))


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    list_display = ("title", "kind", "topic", "owner", "expires_on", "retired_at")
    list_filter = ("kind", "topic")
    list_select_related = ("topic", "owner")
    search_fields = ("title",)
