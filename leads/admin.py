"""Leads, history and work, to be looked at: nothing is added, changed or deleted here. And leaving."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.leaving import deactivate_user, pass_on
from leads.models import (
    Activity,
    Answer,
    Clock,
    Engagement,
    HandOff,
    Import,
    ImportReject,
    Interest,
    Lead,
    LeadEvent,
    Note,
    Notice,
    Recycling,
    Release,
    SecondLook,
    Step,
    Verdict,
)
from team.actions.settings import record_setting
from team.admin import ReadOnlyAdmin, TeamAdmin, UserAdmin
from team.models import Team, User

admin.site.unregister([Team, User])


@admin.register(Team)
class TeamWithLeadsAdmin(TeamAdmin):
    """A team is retired when nothing is left in it: its leads were moved, its territories are others'."""

    actions = ("retire",)

    @admin.action(description=_("Retire: only a team without open leads and territories"))
    def retire(self, request: HttpRequest, teams: QuerySet[Team]) -> None:
        by: Any = request.user
        for team in teams.filter(retired_at=None):
            if team.is_default or team.territories.exists() or Lead.objects.open().filter(team=team).exists():
                words = _("%(name)s is the default team, or has open leads or territories. Move them first.")
                self.message_user(request, words % {"name": team}, messages.ERROR)
                continue
            team.retired_at = timezone.now()
            team.save(update_fields=["retired_at"])
            record_setting(team, {"retired_at": [None, team.retired_at]}, by=by, at=team.retired_at)
            self.message_user(request, _("%(name)s is retired.") % {"name": team})


@admin.register(User)
class UserWithLeadsAdmin(UserAdmin):
    """A login ends only together with what it held: leads go on to the pool, the manager and the backup."""

    actions = ("deactivate", "activate")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """What she held in a role that is taken from her goes on with it."""
        super().save_related(request, form, formsets, change)
        by: Any = request.user
        try:
            passed = pass_on(form.instance, by=by, at=timezone.now(), ae_successor=form.instance.backup)
        except (MoveRefused, LeadConflict) as refused:
            self.message_user(request, f"{form.instance}: {refused}", messages.ERROR)
        else:
            if passed:
                words = ngettext(
                    "%(count)s lead went on to the pool, the manager or the backup.",
                    "%(count)s leads went on to the pool, the manager and the backup.",
                    passed,
                )
                self.message_user(request, words % {"count": passed})

    @admin.action(description=_("Deactivate: leads go to the pool and the manager, deals to the backup"))
    def deactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        by: Any = request.user
        for user in users.select_related("backup"):
            if user == by:
                self.message_user(request, _("You cannot deactivate yourself."), messages.ERROR)
                continue
            try:
                deactivate_user(user, by=by, at=timezone.now(), ae_successor=user.backup)
            except (MoveRefused, LeadConflict) as refused:
                self.message_user(request, f"{user}: {refused}", messages.ERROR)
            else:
                self.message_user(request, _("%(name)s is deactivated.") % {"name": user})

    @admin.action(description=_("Activate again"))
    def activate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        users.update(is_active=True, successor=None, ae_successor=None)


@admin.register(Lead)
class LeadAdmin(ReadOnlyAdmin):
    list_display = ("id", "person", "account", "phase", "stage", "team", "bdr", "ae", "due_at")
    list_select_related = ("person", "account", "stage", "team", "bdr", "ae")
    list_filter = ("phase", "lane", "team", "closed_as")
    search_fields = ("=id", "=public_id")


@admin.register(LeadEvent)
class LeadEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "lead_id", "verb", "from_phase", "to_phase", "by", "at")
    list_select_related = ("by",)
    list_filter = ("verb",)
    search_fields = ("=lead__id",)


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    list_display = ("id", "lead_id", "kind", "disposition", "by", "at")
    list_select_related = ("by", "disposition")
    list_filter = ("kind",)
    search_fields = ("=lead__id",)


@admin.register(Engagement)
class EngagementAdmin(ReadOnlyAdmin):
    list_display = ("id", "person_id", "kind", "asset", "topic", "source", "at")
    list_select_related = ("asset", "topic")
    list_filter = ("kind",)
    search_fields = ("=person__id",)


@admin.register(Clock)
class ClockAdmin(ReadOnlyAdmin):
    list_display = ("id", "lead_id", "kind", "state", "started_at", "due_at", "missed_at", "ended_at")
    list_filter = ("kind", "state")
    search_fields = ("=lead__id",)


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin):
    list_display = ("id", "lead_id", "kind", "assignee", "due_at", "state", "made_by")
    list_select_related = ("assignee",)
    list_filter = ("state", "kind")
    search_fields = ("=lead__id",)


@admin.register(HandOff)
class HandOffAdmin(ReadOnlyAdmin):
    list_display = ("id", "lead_id", "state", "bdr", "ae", "sent_at", "meeting_at", "reason")
    list_select_related = ("bdr", "ae", "reason")
    list_filter = ("state",)
    search_fields = ("=lead__id", "=public_id")


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "kind", "lead_id", "at", "seen_at")
    list_select_related = ("user",)
    list_filter = ("kind",)


@admin.register(SecondLook)
class SecondLookAdmin(ReadOnlyAdmin):
    list_display = ("id", "lead_id", "team", "state", "at", "due_at", "decided_by")
    list_select_related = ("team", "decided_by")
    list_filter = ("state", "team")


@admin.register(Recycling)
class RecyclingAdmin(ReadOnlyAdmin):
    list_display = ("id", "lead_id", "category", "wake_at", "by", "at", "undone_at")
    list_select_related = ("by",)
    list_filter = ("category",)


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = ("id", "person_id", "import_run_id", "due_at", "state", "skipped_for")
    list_filter = ("state",)


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "kind", "state", "by", "created_at", "rows_total", "rows_created", "rows_rejected")
    list_select_related = ("by",)
    list_filter = ("state", "kind")


admin.site.register([Answer, ImportReject, Interest, Note, Verdict], ReadOnlyAdmin)
