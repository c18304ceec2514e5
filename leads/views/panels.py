"""The forms of the lead page: one a panel, made the same way for the page, for its fragment and for what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agreement.models import Criterion, Reason, ReasonRule
from leads.actions.handing import ae_in_turn
from leads.forms.correcting import PersonForm
from leads.forms.deciding import AnswersForm, DisqualifyForm, MeetingForm, RecycleForm
from leads.forms.fields import LeadForm, next_nine
from leads.forms.working import CallForm, DoneForm, NoteForm, StepForm, TouchForm
from leads.free_times import first_free
from leads.her_clock import zone_of
from leads.lead_page import LeadPage
from leads.models import Answer, Lead
from team.localtime import resolve
from team.models import Role, User

# As long as a meeting is unless somebody says otherwise.
MINUTES = 30
# In the page from the start, so that a key and the first letter after it are never too fast.
INLINE = ("call", "touch", "note")
# Asked for when they are opened.
ON_CLICK = ("step", "answers", "meeting", "recycle", "disqualify", "person")
PANELS = (*INLINE, *ON_CLICK)
# A call can go on with these.
WITH_CALL = ("meeting", "recycle", "disqualify")


def make_form(
    panel: str,
    lead: Lead,
    *,
    user: User,
    now: datetime,
    data: Any = None,
    page: LeadPage | None = None,
    initial: dict[str, Any] | None = None,
) -> Any:
    """The form of this panel. What was sent is judged without the page; what is shown borrows what the page knows."""
    given: dict[str, Any] = {"initial": {"version": lead.version, **(initial or {})}, "auto_id": f"{panel}-%s"}
    if panel == "call":
        zone = page.hers.zone if page else "" if data is not None else zone_of(lead, at=now)
        return CallForm(data, at=now, zone=zone, **given)
    if panel == "step":
        zone = page.hers.zone if page else zone_of(lead, at=now)
        given["initial"]["seen"] = page.mark_of_next if page else ""
        return StepForm(data, at=now, mine=user.time_zone, zone=zone, **given)
    if panel == "answers":
        return _answers(lead, data, given)
    if panel == "meeting":
        return _meeting(lead, data, given, user=user, now=now, page=page)
    if panel == "recycle":
        today = now.astimezone(ZoneInfo(lead.team.calendar.time_zone)).date()
        return RecycleForm(data, rules=rules_of(lead, Reason.Kind.RECYCLE), today=today, **given)
    if panel == "disqualify":
        return DisqualifyForm(data, rules=rules_of(lead, Reason.Kind.DISQUALIFY), **given)
    if panel == "person" and page is not None:
        given["initial"] |= PersonForm.known(page)
    simple: dict[str, type[LeadForm]] = {"touch": TouchForm, "note": NoteForm, "done": DoneForm, "person": PersonForm}
    return simple[panel](data, **given)


def rules_of(lead: Lead, kind: str) -> list[ReasonRule]:
    """The reasons of this kind under the lead's agreement; a deal can only be lost where there was one."""
    under = ReasonRule.objects.under(lead.agreement_id)
    rules = under.filter(reason__kind=kind, reason__retired_at=None).select_related("reason")
    if lead.first_accepted_at is None:
        rules = rules.exclude(category=ReasonRule.Category.LOST_DEAL)
    return list(rules.order_by("reason__position", "pk"))


def _answers(lead: Lead, data: Any, given: dict[str, Any]) -> AnswersForm:
    current: dict[int, str] = {}
    for criterion_id, value in Answer.objects.filter(lead=lead).order_by("id").values_list("criterion_id", "value"):
        current[criterion_id] = value
    return AnswersForm(data, criteria=list(Criterion.objects.in_use()), current=current, **given)


def _meeting(
    lead: Lead, data: Any, given: dict[str, Any], *, user: User, now: datetime, page: LeadPage | None
) -> MeetingForm:
    aes = list(User.objects.present(now).with_role(Role.AE).order_by("name", "pk"))
    if data is None:
        turn = ae_in_turn(team_id=lead.team_id, at=now)
        zone = (page.hers.zone if page else zone_of(lead, at=now)) or user.time_zone
        given["initial"] = {
            "ae": turn.pk if turn else None,
            "zone": zone,
            "meeting": _proposed(turn, at=now, zone=zone),
            **given["initial"],
        }
        given["initial"].setdefault("turn", turn)
    return MeetingForm(data, aes=aes, **given)


def _proposed(ae: User | None, *, at: datetime, zone: str) -> datetime:
    """The next 9:00 on that wall, or as soon after it as the account executive who is proposed works and is free."""
    wall = next_nine(at=at, zone=zone)
    if ae is None:
        return wall
    free_at = first_free(ae, resolve(wall, zone), MINUTES, zone=zone, at=at)
    return free_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
