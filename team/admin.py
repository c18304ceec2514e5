"""The administration of who works here. What other rooms register is built on the two classes below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from team.actions.settings import match_staff_to_roles, record_setting
from team.localtime import is_zone
from team.models import (
    Absence,
    Calendar,
    CalendarDay,
    CalendarWindow,
    Installation,
    Membership,
    Role,
    SettingChange,
    Team,
    Territory,
    Upload,
    User,
)

if TYPE_CHECKING:
    from django.db import models

admin.site.site_header = _("Midfield administration")
admin.site.site_title = _("Midfield")
admin.site.index_title = _("Administration")
# One door for everybody: its limits and one-time codes hold here too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# Who may do what are our roles; an address and a second factor are the user's own.
admin.site.unregister([Group, EmailAddress, Authenticator])


class SettingAdmin(admin.ModelAdmin):
    """A setting: what was changed is kept, and it is retired rather than deleted."""

    list_per_page = 50
    # Secrets are changed, not kept.
    unrecorded: tuple[str, ...] = ()

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        names = [name for name in form.changed_data if name not in self.unrecorded]
        changes = {name: [form.initial.get(name) if change else None, form.cleaned_data.get(name)] for name in names}
        record_setting(obj, changes, by=request.user, at=timezone.now())  # type: ignore[arg-type]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(admin.ModelAdmin):
    """History and work: looked at here, changed only by the verbs of the pages."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MembershipFormSet(BaseInlineFormSet):
    """The roles of one user; nobody takes the administration away from herself."""

    by: Any = None

    def clean(self) -> None:
        super().clean()
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if self.instance.pk and self.instance == self.by and not any(one.get("role") == Role.ADMIN for one in kept):
            raise forms.ValidationError(_("You cannot take the role of admin away from yourself."))


class MembershipInline(admin.TabularInline):
    model = Membership
    formset = MembershipFormSet
    extra = 0
    autocomplete_fields = ("team",)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.by = request.user
        return formset


class MemberInline(admin.TabularInline):
    """Who is in a team. Roles are given on the user's own page."""

    model = Membership
    extra = 0
    can_delete = False
    fields = ("user", "role")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _zones() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(filter(is_zone, available_timezones()))]


class UserForm(forms.ModelForm):
    """A user, with a new password where one is typed."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    new_password = forms.CharField(
        label=_("New password"), required=False, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )

    class Meta:
        model = User
        fields = ("name", "email", "time_zone", "calendar", "backup", "open_limit", "touches_goal")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def clean_new_password(self) -> str:
        typed: str = self.cleaned_data["new_password"]
        if typed:
            validate_password(typed, self.instance)
        return typed


class NewUserForm(UserForm):
    new_password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )


@admin.register(User)
class UserAdmin(SettingAdmin):
    form = UserForm
    unrecorded = ("password", "new_password")
    inlines = (MembershipInline,)
    list_display = ("name", "email", "roles", "open_limit", "is_active", "last_login")
    list_filter = ("is_active", "memberships__role", "memberships__team")
    search_fields = ("name", "email")
    autocomplete_fields = ("backup",)
    readonly_fields = ("is_active", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("name", "email", "time_zone", "calendar", "backup")}),
        (_("Limits"), {"fields": ("open_limit", "touches_goal")}),
        (_("Signing in"), {"fields": ("new_password", "is_active", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("name", "email", "new_password", "time_zone", "calendar", "backup")}),
        (_("Limits"), {"fields": ("open_limit", "touches_goal")}),
    )

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        held = [f"{one.get_role_display()} {one.team or ''}".strip() for one in user.memberships.all()]
        return ", ".join(held)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[User]:
        return super().get_queryset(request).prefetch_related("memberships__team")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewUserForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # type: ignore[override]
        if form.cleaned_data.get("new_password"):
            obj.set_password(form.cleaned_data["new_password"])
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        match_staff_to_roles(form.instance)


@admin.register(Team)
class TeamAdmin(SettingAdmin):
    list_display = ("name", "calendar", "is_default", "retired_at")
    readonly_fields = ("retired_at",)
    search_fields = ("name",)
    inlines = (MemberInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Its promises run by its calendar: another one is given in *Settings, Teams*, which counts them again."""
        return (*self.readonly_fields, "calendar") if obj else self.readonly_fields


class WindowInline(admin.TabularInline):
    model = CalendarWindow
    extra = 0


class DayInline(admin.TabularInline):
    model = CalendarDay
    extra = 0


@admin.register(Calendar)
class CalendarAdmin(ReadOnlyAdmin):
    """Promises are counted by its hours, and counted again where *Settings, Calendars* changes them.

    Hours are minutes after midnight on the calendar's clock: 540 is 9:00.
    """

    list_display = ("name", "time_zone", "country")
    search_fields = ("name",)
    inlines = (WindowInline, DayInline)


@admin.register(Absence)
class AbsenceAdmin(SettingAdmin):
    list_display = ("user", "starts_at", "ends_at", "cover")
    list_select_related = ("user", "cover")
    autocomplete_fields = ("user", "cover")
    readonly_fields = ("released_at",)
    date_hierarchy = "starts_at"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(Territory)
class TerritoryAdmin(SettingAdmin):
    list_display = ("name", "team", "bdr", "country", "segment", "source", "position")
    list_editable = ("position",)
    list_select_related = ("team", "bdr")
    autocomplete_fields = ("team", "bdr")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(Installation)
class InstallationAdmin(SettingAdmin):
    readonly_fields = ("instance_id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(SettingChange)
class SettingChangeAdmin(ReadOnlyAdmin):
    list_display = ("at", "by", "model", "object_id", "changes")
    list_select_related = ("by",)
    list_filter = ("model",)
    date_hierarchy = "at"


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ("name", "purpose", "size", "by", "at", "keep_until")
    list_select_related = ("by",)
    # The file itself is served by the page of its import, to those who may see it.
    exclude = ("file",)
