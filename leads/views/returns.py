"""The calendar of who comes back against what the reps take up, and days that a manager spreads or moves."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from leads.actions.rewaking import (
    Plan,
    bring_back,
    move_returns,
    pass_over,
    plan_move,
    plan_offers,
    plan_spread,
    spread_returns,
)
from leads.forms.coming_back import DaysForm, MonthForm
from leads.models import Lead
from leads.offers import offers_to
from leads.resurrecting import next_month
from leads.return_days import POOL, WEEK, Day, Load, load_of, today_in, weeks_from
from leads.returning import views_for
from leads.views.access import managed_team, managed_teams, need_role
from leads.views.team_leads import tell_of_many
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.http import Request, tell
from team.models import Role, Team, User
from team.templatetags.midfield import written_day

SHOWN, MANY = 50, 200
# So many that stay are shown unfolded.
FEW = 12


@require_GET
@never_cache
def return_calendar(request: Request) -> HttpResponse:
    """Six weeks of a team, or of one rep of it; a rep sees her own."""
    need_role(request, Role.BDR, Role.MANAGER)
    now, is_manager = timezone.now(), request.user.has_role(Role.MANAGER)
    teams = managed_teams(request) if is_manager else _own_teams(request.user)
    chosen = _chosen(request, teams)
    today = today_in(chosen, now)
    reps = User.objects.active().with_role(Role.BDR, chosen).order_by("name", "pk") if is_manager else []
    month, rep = MonthForm(request.GET, reps=list(reps)).read(today)
    if not is_manager:
        rep = request.user.pk
    load = load_of(chosen, *weeks_from(month or today), at=now)
    days = [load.day_of(day, rep, month.month if month else 0) for day in load.days()]
    ahead = [day for day in days if not day.is_past and day.is_in_month]
    first = max(ahead[0].day, today + timedelta(days=1)) if ahead else None
    last = ahead[-1].day if ahead else None
    over_days = sum(bool(day.over) for day in ahead)
    may_spread, asks_why = bool(is_manager and over_days and first), request.GET.get("why") == "1"
    context = {
        "views": views_for(request.user, "return_calendar"),
        "now": now,
        "team": chosen,
        "teams": teams,
        "is_manager": is_manager,
        "rep": rep,
        "shown_rep": next((one for one in load.reps if one.pk == rep), None),
        "month": month,
        # Beside the next weeks, the month they begin in and the one after it.
        "before": (month - timedelta(days=1)).replace(day=1) if month else today.replace(day=1),
        "after": next_month(month or today),
        "weeks": [days[first : first + WEEK] for first in range(0, len(days), WEEK)],
        "count": sum(day.count for day in ahead),
        "capacity": sum(day.capacity for day in ahead),
        "over_days": over_days,
        "first": first,
        "last": last,
        # What a spread would do, and why it would leave the rest: only for who asks, as it reads every sleeper.
        "plan": plan_spread(chosen, first, last, at=now) if may_spread and first and last and asks_why else None,
        "may_spread": may_spread,
        "lines": _lines(load, [day.day for day in ahead]) if is_manager else [],
    }
    return render(request, "leads/return_calendar.html", context)


@require_http_methods(["GET", "POST"])
def spread_days(request: Request) -> HttpResponse:
    """Who would come back on which other day; sent from there they do."""
    now = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    chosen = managed_team(request, given)
    form = DaysForm(_days_asked(given, chosen, at=now), team=chosen, today=today_in(chosen, now))
    if not form.is_valid() or (form.is_of_one_day and not form.cleaned_data["to"]):
        return _preview(request, chosen, form, None, at=now, status=422 if form.errors else 200)
    if request.method == "POST":
        return _do(request, chosen, form, at=now)
    return _preview(request, chosen, form, _plan(chosen, form, at=now), at=now)


def _do(request: Request, chosen: Team, form: DaysForm, *, at: datetime) -> HttpResponse:
    asked = form.cleaned_data
    there = f"{reverse('leads:return_calendar')}?team={chosen.pk}"
    if asked["first"] > weeks_from(today_in(chosen, at))[1]:
        there += f"&month={asked['first']:%Y-%m}"
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=at, answer_url=there)
            if asked["to"]:
                done = move_returns(chosen, asked["first"], asked["to"], by=request.user, at=at)
            else:
                done = spread_returns(chosen, asked["first"], asked["last"], by=request.user, at=at)
    except SentBefore as before:
        return redirect(before.answer_url or there)
    count = len(done.moves)
    if not count:
        tell(request, _("Nobody is to be moved any more."), level=messages.INFO)
    elif asked["to"]:
        said = ngettext("%(count)s lead comes back on %(day)s.", "%(count)s leads come back on %(day)s.", count)
        words = {"count": count, "day": written_day(asked["to"])}
        tell_of_many(request, said % words, done.skipped, act=done.act)
    else:
        said = ngettext("%(count)s lead comes back on another day.", "%(count)s leads come back on other days.", count)
        tell_of_many(request, said % {"count": count} + _days_said(done), done.skipped, act=done.act)
    return redirect(there)


def _days_said(done: Plan) -> str:
    """How many days were over for the team, and how many still are; nothing where none was."""
    now, then = done.over_now, done.over_then
    if not now:
        return ""
    if not then:
        said = ngettext("%(now)s day was over and is no more.", "%(now)s days were over, none is any more.", now)
    elif then == now:
        said = ngettext("%(then)s day is over as before.", "%(then)s days are over as before.", then)
    else:
        said = ngettext("%(then)s day of %(now)s is still over.", "%(then)s days of %(now)s are still over.", then)
    return " " + said % {"now": now, "then": then}


@require_http_methods(["GET", "POST"])
def wake_offers(request: Request) -> HttpResponse:
    """Who is offered, and on which day each would come back; ticked they do, or are passed over. Marketers and admins
    read it of every team."""
    now = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    teams = managed_teams(request) if request.method == "POST" else _teams_to_read(request)
    if not teams:
        raise Http404
    chosen = managed_team(request, given, teams)
    offers, total = offers_to(request.user, chosen, at=now)
    if request.method == "POST":
        return _decide_offers(request, chosen, [one.lead for one in offers], at=now)
    plan = plan_offers(chosen, [one.lead for one in offers], at=now)
    days = {one.lead.pk: day for one, day in plan.moves}
    whys = {one.lead.pk: why for one, why in plan.stays}
    context = {
        "views": views_for(request.user, "wake_offers"),
        "now": now,
        "team": chosen,
        "teams": teams,
        "total": total,
        "more": total - len(offers),
        "decides": chosen.pk in request.user.teams_as(Role.MANAGER),
        "lines": [(one, days.get(one.lead.pk), whys.get(one.lead.pk, "")) for one in offers],
        "form_id": new_form_id(),
    }
    return render(request, "leads/wake_offers.html", context)


def _teams_to_read(request: Request) -> list[Team]:
    """Every team for marketers and admins, else those she manages."""
    if request.user.has_role(Role.MARKETER) or request.user.has_role(Role.ADMIN):
        return list(Team.objects.filter(retired_at=None).order_by("name"))
    return managed_teams(request)


def _decide_offers(request: Request, chosen: Team, offered: list[Lead], *, at: datetime) -> HttpResponse:
    there = f"{reverse('leads:wake_offers')}?team={chosen.pk}"
    ticked = set(request.POST.getlist("lead")[:MANY])
    ids = [lead.pk for lead in offered if str(lead.public_id) in ticked]
    if not ids:
        tell(request, _("Nobody was chosen."), level=messages.WARNING)
        return redirect(there)
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=at, answer_url=there)
            if request.POST.get("pass_over"):
                count = pass_over(chosen, ids, by=request.user, at=at)
                said = ngettext("%(count)s lead sleeps on.", "%(count)s leads sleep on.", count) % {"count": count}
                tell(request, said)
                return redirect(there)
            done = bring_back(chosen, ids, by=request.user, at=at)
    except SentBefore as before:
        return redirect(before.answer_url or there)
    count = len(done.moves)
    said = ngettext("%(count)s lead comes back sooner.", "%(count)s leads come back sooner.", count)
    tell_of_many(request, said % {"count": count}, done.skipped, act=done.act)
    return redirect(there)


def _plan(chosen: Team, form: DaysForm, *, at: datetime) -> Plan:
    asked = form.cleaned_data
    if asked["to"]:
        return plan_move(chosen, asked["first"], asked["to"], at=at)
    return plan_spread(chosen, asked["first"], asked["last"], at=at)


def _preview(
    request: Request, chosen: Team, form: DaysForm, plan: Plan | None, *, at: datetime, status: int = 200
) -> HttpResponse:
    first = form.cleaned_data.get("first")
    days = _then(plan) if plan else []
    context: dict[str, Any] = {
        "now": at,
        "team": chosen,
        "form": form,
        "plan": plan,
        "days": days,
        # What the longest bar stands for.
        "peak": max((max(was, day.queued, day.capacity) for day, _change, was in days), default=0),
        "moves": plan.moves[:SHOWN] if plan else [],
        "more": max(len(plan.moves) - SHOWN, 0) if plan else 0,
        "shown": SHOWN,
        "is_short": bool(plan and len(plan.stays) <= FEW),
        "is_of_one_day": form.is_of_one_day,
        "to": form.cleaned_data.get("to"),
        "month": first or today_in(chosen, at),
        "form_id": new_form_id(),
    }
    return render(request, "leads/spread_days.html", context, status=status)


def _then(plan: Plan) -> list[tuple[Day, int, int]]:
    """The days that change or were over, as they would be; how many each gains or loses, and how many were in its queue
    before."""
    change: Counter[date] = Counter()
    for one, to in plan.moves:
        change[one.day] -= 1
        change[to] += 1
    days = {day for day, will in plan.load.queue().items() if change[day] or plan.was[day] != will}
    days |= {day for day in plan.days if plan.was[day] > plan.load.of_team(day)}
    return [(plan.load.day_of(day, POOL), change[day], plan.was[day]) for day in sorted(days)]


def _days_asked(given: QueryDict, chosen: Team, *, at: datetime) -> QueryDict:
    """Without a question, what is left of this month from tomorrow on; on its last day, the month after it."""
    asked = given.copy()
    tomorrow = today_in(chosen, at) + timedelta(days=1)
    asked.setdefault("first", tomorrow.isoformat())
    if not asked.get("last") and not asked.get("to") and not asked.get("one_day"):
        asked["last"] = (next_month(tomorrow) - timedelta(days=1)).isoformat()
    return asked


def _lines(load: Load, days: list[date]) -> list[tuple[User | None, int, int, int]]:
    """A rep a line, and the pool: what each takes up a day, who comes back, and on how many days more than that."""
    rows: list[tuple[User | None, int, int, int]] = []
    for rep in (*load.reps, None):
        holder = rep.pk if rep else POOL
        over = sum(load.queued(holder, day) > load.capacity(holder, day) for day in days)
        total = sum(load.counts[holder, day] for day in days)
        if rep or total:
            rows.append((rep, load.a_day[rep.pk] if rep else 0, total, over))
    return rows


def _own_teams(user: User) -> list[Team]:
    return list(Team.objects.filter(pk__in=user.teams_as(Role.BDR)).select_related("calendar").order_by("name"))


def _chosen(request: Request, teams: list[Team]) -> Team:
    return managed_team(request, request.GET, teams)
