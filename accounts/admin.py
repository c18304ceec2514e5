"""The administration of accounts, people and fields. How to reach somebody is corrected on her page, checked there."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from accounts.models import (
    Account,
    AccountDomain,
    ContactPoint,
    CustomField,
    Employment,
    ExternalId,
    Person,
    PersonMerge,
    Suppression,
)
from accounts.search import index_accounts, index_colleagues, index_holders, index_people
from team.admin import ReadOnlyAdmin, SettingAdmin


class _ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DomainInline(admin.TabularInline):
    model = AccountDomain
    extra = 0


class AccountIdInline(_ReadOnlyInline):
    model = ExternalId
    fk_name = "account"
    fields = ("source", "value")


@admin.register(Account)
class AccountAdmin(SettingAdmin):
    list_display = ("name", "standing", "owner", "industry", "country", "employees")
    list_filter = ("standing",)
    list_select_related = ("owner",)
    search_fields = ("name", "domains__domain")
    autocomplete_fields = ("owner",)
    # Its standing ends and reopens leads, and is said on its page.
    readonly_fields = ("public_id", "standing", "custom", "version", "created_at")
    inlines = (DomainInline, AccountIdInline)
    show_full_result_count = False

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if isinstance(obj, Account) and change:
            obj.version += 1
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        index_accounts([form.instance.pk])
        if "name" in form.changed_data:
            index_colleagues([form.instance.pk])


class ContactPointInline(_ReadOnlyInline):
    model = ContactPoint
    fields = ("kind", "value", "is_primary", "state", "source")


class EmploymentInline(admin.TabularInline):
    model = Employment
    extra = 0
    autocomplete_fields = ("account",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PersonIdInline(_ReadOnlyInline):
    model = ExternalId
    fk_name = "person"
    fields = ("source", "value")


class SuppressionInline(_ReadOnlyInline):
    model = Suppression
    fields = ("channel", "at", "source")


@admin.register(Person)
class PersonAdmin(SettingAdmin):
    list_display = ("family_name", "given_name", "country", "source", "standing", "created_at")
    list_filter = ("standing",)
    search_fields = ("given_name", "family_name", "contact_points__normalised")
    readonly_fields = ("public_id", "standing", "custom", "version", "created_at", "merged_into", "erased_at")
    inlines = (ContactPointInline, EmploymentInline, PersonIdInline, SuppressionInline)
    show_full_result_count = False
    # Names of people are no settings: history holds no names.
    unrecorded = ("given_name", "family_name", "city", "region")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People are added by the page that looks whether they are known already."""
        return False

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if isinstance(obj, Person) and change:
            obj.version += 1
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        index_people([form.instance.pk])


@admin.register(CustomField)
class CustomFieldAdmin(SettingAdmin):
    list_display = ("label", "entity", "key", "type", "filterable", "not_for_scores", "position", "retired_at")
    list_filter = ("entity", "type")
    list_editable = ("position",)
    search_fields = ("label", "key")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Values are kept under the key in the type: both are chosen once."""
        return ("entity", "key", "type") if obj else ()

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if isinstance(obj, CustomField) and {"position", "not_for_scores"} & set(form.changed_data):
            index_holders([obj.key])


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    list_display = ("channel", "person", "at", "source")
    list_select_related = ("person",)
    list_filter = ("channel",)


@admin.register(PersonMerge)
class PersonMergeAdmin(ReadOnlyAdmin):
    list_display = ("kept", "merged", "at", "by", "undone_at")
    list_select_related = ("kept", "merged", "by")
