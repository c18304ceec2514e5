"""The administration of what people read and what it is about."""

from django.contrib import admin

from content.models import Asset, Topic
from team.admin import SettingAdmin


@admin.register(Topic)
class TopicAdmin(SettingAdmin):
    list_display = ("label", "key", "position")
    list_editable = ("position",)
    search_fields = ("label", "key")


@admin.register(Asset)
class AssetAdmin(SettingAdmin):
    list_display = ("title", "kind", "topic")
    list_filter = ("kind", "topic")
    list_select_related = ("topic",)
    search_fields = ("title",)
    autocomplete_fields = ("topic",)
