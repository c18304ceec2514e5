"""A team ends and another goes on with its leads, members and territories; a team gets other hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from agreement.models import Phase, SLAClause
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_leads, write_all
from leads.actions.recounting import countable, recount_leads
from leads.bands import band_of, sweep_of_queued
from leads.models import Clock, Lead, LeadEvent, SavedView, SecondLook, Step
from team.calendars import Calendars
from team.models import Membership, Team, Territory

NAME_MAX = 40


@transaction.atomic
def retire_team(team: Team, *, successor: Team, at: datetime) -> int:
    """End a team: its open leads, members, territories, shared views and second looks are the successor's. Promises
    keep running by the hours they were given by; what is closed stays where it ended, for the successor to read.
    Returns how many leads moved.

    MoveRefused for the default team, and when the successor is retired itself.
    """
    # Leads before teams, as whoever moves a lead between teams locks them.
    lock_leads(list(Lead.objects.open().filter(team=team).values_list("pk", flat=True)))
    rows = Team.objects.select_for_update(no_key=True).filter(pk__in=[team.pk, successor.pk]).in_bulk()
    team, successor = rows[team.pk], must_succeed(rows[team.pk], rows.get(successor.pk))
    team.passed_on = _pass_on(team, successor)
    team.retired_at, team.successor = at, successor
    team.save(update_fields=["retired_at", "successor", "passed_on"])
    return _move(Lead.objects.open().filter(team=team), successor, at=at, retired=team.pk)


def must_succeed(team: Team, successor: Team | None) -> Team:
    """The team that may go on for this one; MoveRefused where it may not, LeadConflict where this one has ended."""
    if team.retired_at:
        raise LeadConflict(_("This team was retired already."))
    if team.is_default:
        raise MoveRefused(_("The default team cannot go. Make another the default first."))
    if successor is None or successor.pk == team.pk or successor.retired_at:
        raise MoveRefused(_("Choose another team that is in use."), field="successor")
    return successor


def must_come_back(team: Team) -> None:
    """MoveRefused where its successor ended as well, LeadConflict where this one did not."""
    if team.retired_at is None:
        raise LeadConflict(_("This team is in use."))
    if team.successor and team.successor.retired_at:
        raise MoveRefused(_("%(team)s was retired since: revert that first.") % {"team": team.successor})


@transaction.atomic
def take_up_team(team: Team, *, at: datetime) -> int:
    """A retired team works again: its members, territories and views are its own again, with them the leads they hold,
    and the leads that its end has moved, less those that somebody or something has given to others since. Returns how
    many.
    """
    lock_leads(list(coming_back(team).values_list("pk", flat=True)))
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    must_come_back(team)
    back = list(coming_back(team).values_list("pk", flat=True))
    kept, successor_id, members = team.passed_on, team.successor_id, _came_over(team)
    team.retired_at, team.successor, team.passed_on = None, None, {}
    team.save(update_fields=["retired_at", "successor", "passed_on"])
    Territory.objects.filter(pk__in=kept.get("territories", []), team=successor_id).update(team=team)
    members.update(team=team)
    for *pk, user_id, role in kept.get("held_in_both", []):
        # By its old key, where that is known: whose first team is which goes by their order.
        key = {"pk": pk[0]} if pk else {}
        Membership.objects.get_or_create(user_id=user_id, role=role, team=team, defaults=key)
    _share_again(kept.get("views", []), successor_id, team)
    SecondLook.objects.filter(pk__in=kept.get("looks", []), team=successor_id).update(team=team)
    return _move(Lead.objects.open().filter(pk__in=back), team, at=at)


@transaction.atomic
def pass_on_latecomers(*, at: datetime) -> int:
    """What came to a team at the very moment it was retired, or was taken back there since, goes on to the team that
    goes on for it. Returns leads."""
    late = Lead.objects.open().filter(team__successor__isnull=False)
    count = 0
    for team in Team.objects.filter(pk__in=late.values("team")).select_related("successor").order_by("pk"):
        there = team
        while there.retired_at and there.successor:
            there = there.successor
        if there.retired_at is None:
            count += _move(late.filter(team=team), there, at=at, retired=team.pk)
    return count


def coming_back(team: Team) -> QuerySet[Lead]:
    """The leads that go back with a retired team: those its end has moved, and what its own people hold by now."""
    members = _came_over(team)
    others = Membership.objects.filter(team=team.successor_id).exclude(pk__in=members.values("pk"))
    theirs = members.exclude(user__in=others.values("user")).values("user")
    stand = Lead.objects.open().filter(team=team.successor_id)
    return stand.filter(Q(pk__in=moved_by_retiring(team).values("pk")) | Q(bdr__in=theirs))


def _came_over(team: Team) -> QuerySet[Membership]:
    """Who is in the successor by the end of this team, also where her roles were given anew since."""
    passed = team.passed_on.get("members", [])
    roles = {(user_id, role) for _pk, user_id, role in (one for one in passed if isinstance(one, list))}
    theirs = Membership.objects.filter(team=team.successor_id).values_list("pk", "user_id", "role")
    # Whose end was written by an earlier version is known by the key alone.
    found = [pk for pk, user_id, role in theirs if (user_id, role) in roles or pk in passed]
    return Membership.objects.filter(pk__in=found)


def moved_by_retiring(team: Team) -> QuerySet[Lead]:
    """Whom the end of this team has moved to its successor, and nothing has given to anybody since."""
    of_lead = LeadEvent.objects.filter(lead=OuterRef("pk"))
    moved = of_lead.filter(verb="reassign", data__retired=team.pk).order_by("-id")
    since = of_lead.filter(id__gt=OuterRef("moved_by"))
    given = since.filter(changes__has_key="team") | since.filter(changes__has_key="bdr")
    stand = Lead.objects.open().filter(team=team.successor_id)
    return stand.annotate(moved_by=Subquery(moved.values("id")[:1])).filter(~Exists(given), moved_by__isnull=False)


@transaction.atomic
def give_hours(team: Team, *, old_id: int, new_id: int, at: datetime) -> int:
    """The team works by another calendar, and so do the promises it gave. What a lead brought along from another team
    keeps its hours. Returns how many promises are counted by the new ones."""
    leads = lock_leads(list(Lead.objects.open().filter(team=team).values_list("pk", flat=True)))
    clocks = list(given_by(team, old_id).values_list("pk", flat=True))
    Clock.objects.filter(pk__in=clocks).update(calendar=new_id)
    recount_leads([lead.pk for lead in leads], at=at)
    return len(clocks)


def given_by(team: Team, calendar_id: int) -> QuerySet[Clock]:
    """Promises of a first touch to the team's leads by this calendar, less those that were begun in another team."""
    moved = LeadEvent.objects.filter(
        lead=OuterRef("lead"), at__gt=OuterRef("started_at"), changes__has_key="team", from_phase__gt=""
    )
    promises = countable().filter(kind=SLAClause.Kind.FIRST_TOUCH, lead__team=team, calendar=calendar_id)
    return promises.filter(~Exists(moved))


def _pass_on(team: Team, successor: Team) -> dict[str, list[object]]:
    """Members and territories are the successor's; who holds a role in both holds it there."""
    theirs = set(Membership.objects.filter(team=successor).values_list("user_id", "role"))
    ours = list(Membership.objects.filter(team=team).order_by("pk").values_list("pk", "user_id", "role"))
    both = [[pk, user_id, role] for pk, user_id, role in ours if (user_id, role) in theirs]
    moved = [[pk, user_id, role] for pk, user_id, role in ours if (user_id, role) not in theirs]
    Membership.objects.filter(pk__in=[pk for pk, _user, _role in both]).delete()
    Membership.objects.filter(pk__in=[pk for pk, _user, _role in moved]).update(team=successor)
    territories = list(Territory.objects.filter(team=team).order_by("pk").values_list("pk", flat=True))
    Territory.objects.filter(pk__in=territories).update(team=successor)
    return {
        "members": list(moved),
        "held_in_both": list(both),
        "territories": list(territories),
        "views": _share_on(team, successor),
        "looks": _pass_looks_on(team, successor),
    }


def _pass_looks_on(team: Team, successor: Team) -> list[object]:
    """What is still to be decided about leads that ended here, by its keys."""
    looks = list(SecondLook.objects.filter(team=team, state=SecondLook.State.OPEN).values_list("pk", flat=True))
    SecondLook.objects.filter(pk__in=looks).update(team=successor)
    return list(looks)


def _share_on(team: Team, successor: Team) -> list[object]:
    """What was shared with the one team is with the other: as [key, its name, its name there]."""
    shared: list[object] = []
    for view in SavedView.objects.filter(team=team).order_by("pk"):
        name = _free_name(view.name, successor, after=team.name)
        shared.append([view.pk, view.name, name])
        SavedView.objects.filter(pk=view.pk).update(team=successor, name=name)
    return shared


def _share_again(shared: list[list[Any]], successor_id: int | None, team: Team) -> None:
    for pk, name, name_there in shared:
        view = SavedView.objects.filter(pk=pk, team=successor_id).first()
        if view is not None:
            name = _free_name(name if view.name == name_there else view.name, team, after=team.name)
            SavedView.objects.filter(pk=pk).update(team=team, name=name)


def _free_name(name: str, team: Team, *, after: str) -> str:
    """The view's name, with the team it is from (and a number) where this team has one of that name."""
    taken = {one.lower() for one in SavedView.objects.filter(team=team).values_list("name", flat=True)}
    for number in count():
        end = f" ({after})" if number == 1 else f" {number}"
        found = name[: NAME_MAX - len(end)] + end if number else name
        if found.lower() not in taken:
            break
    return found


def _move(leads: QuerySet[Lead], team: Team, *, at: datetime, retired: int | None = None) -> int:
    """Each keeps its rep, steps and promises; the pool is put in order by the hours of the team it is in now."""
    rows = lock_leads(list(leads.values_list("pk", flat=True)))
    steps = _next_steps(rows)
    worktime = Calendars(at=at).of_team(team.pk)
    data = {"because": "team_retired" if retired else "team_back"} | ({"retired": retired} if retired else {})
    altered = []
    for lead in rows:
        event = alter(lead, "reassign", by=None, at=at, data=dict(data), team=team)
        if lead.phase == Phase.QUEUED:
            lead.band, changes_at = band_of(lead, at=at, worktime=worktime, step=steps.get(lead.pk))
            lead.sweep_at = sweep_of_queued(lead, changes_at)
        altered.append((lead, event))
    write_all(altered)
    return len(altered)


def _next_steps(leads: Sequence[Lead]) -> dict[int, Step]:
    found: dict[int, Step] = {}
    queued = [lead.pk for lead in leads if lead.phase == Phase.QUEUED]
    for step in Step.objects.open().filter(lead__in=queued).order_by("due_at", "id"):
        found.setdefault(step.lead_id, step)
    return found
