"""The administration of codes: labels and order change at once. What a published version says does not change here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from agreement.models import (
    AgreementVersion,
    Cadence,
    CadenceStep,
    Criterion,
    CriterionRule,
    Disposition,
    Reason,
    ReasonRule,
    SLAClause,
    Stage,
)
from team.admin import ReadOnlyAdmin, SettingAdmin


class CodeAdmin(SettingAdmin):
    """The key and the kind are what the program knows a code by: they are chosen once."""

    once: tuple[str, ...] = ("key",)
    list_display: tuple[str, ...] = ("label", "key", "position", "retired_at")
    list_editable = ("position",)
    search_fields = ("label", "key")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.once if obj else ()


@admin.register(Stage)
class StageAdmin(CodeAdmin):
    entries = ("is_entry", "is_connected", "is_without_meeting")
    once = ("key", "phase", *entries)
    list_display = ("label", "phase", "is_entry", "position", "retired_at")
    list_filter = ("phase",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A stage that leads stand in is retired on its own page, where they are moved to its successor."""
        return (*self.once, "retired_at", "successor") if obj else (*self.entries, "retired_at", "successor")


@admin.register(Reason)
class ReasonAdmin(CodeAdmin):
    once = ("key", "kind")
    list_display = ("label", "kind", "position", "retired_at")
    list_filter = ("kind",)


@admin.register(Disposition)
class DispositionAdmin(CodeAdmin):
    list_display = ("label", "follows", "is_conversation", "position", "retired_at")


@admin.register(Criterion)
class CriterionAdmin(CodeAdmin):
    list_display = ("label", "question", "position", "retired_at")


class CadenceStepInline(admin.TabularInline):
    model = CadenceStep
    extra = 0

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People under way finish the cadence they are in: other attempts are another number."""
        return obj is None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Cadence)
class CadenceAdmin(SettingAdmin):
    list_display = ("label", "lane", "number", "is_current")
    list_filter = ("lane", "is_current")
    inlines = (CadenceStepInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("key", "number", "lane") if obj else ()


class _RuleInline(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ClauseInline(_RuleInline):
    model = SLAClause


class ReasonRuleInline(_RuleInline):
    model = ReasonRule


class CriterionRuleInline(_RuleInline):
    model = CriterionRule


@admin.register(AgreementVersion)
class AgreementVersionAdmin(ReadOnlyAdmin):
    """Published is immutable: another agreement is another version."""

    list_display = ("number", "state", "published_at", "published_by", "note")
    inlines = (ClauseInline, ReasonRuleInline, CriterionRuleInline)
