"""Who works here, when, and what they may see. The lowest room: it knows nothing of leads."""

from team.models.audit import AuditEntry, AuditHead
from team.models.calendar import Absence, Calendar, CalendarDay, CalendarWindow
from team.models.feed import CalendarFeed
from team.models.installation import FormSubmission, Installation, SettingChange, Tick, Upload
from team.models.user import Membership, Role, Team, Territory, User, merged_into

__all__ = [
    "Absence",
    "AuditEntry",
    "AuditHead",
    "Calendar",
    "CalendarDay",
    "CalendarFeed",
    "CalendarWindow",
    "FormSubmission",
    "Installation",
    "Membership",
    "Role",
    "SettingChange",
    "Team",
    "Territory",
    "Tick",
    "Upload",
    "User",
    "merged_into",
]
