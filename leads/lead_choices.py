"""What the filters of the list of leads offer: codes, teams and people by name, in two statements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, CharField, Exists, IntegerField, OuterRef, QuerySet, Value, When
from django.utils.translation import gettext as _

from accounts.models import CustomField
from agreement.models import Phase, Reason, Stage, in_use_for
from team.addresses import read_number
from team.models import Membership, Role, Team, User
from team.prepared import Prepared

# (value, words)
Options = list[tuple[str, str]]


@dataclass
class Choices:
    stages: Options = field(default_factory=list)
    teams: Options = field(default_factory=list)
    reps: Options = field(default_factory=list)
    aes: Options = field(default_factory=list)
    reasons: Options = field(default_factory=list)
    # The company's own fields by which lists may be filtered.
    own: list[CustomField] = field(default_factory=list)


def choices_for(user: User) -> Choices:
    """Of her own teams for whoever sees only those; an account executive is handed leads by every team."""
    sees_all = any(user.has_role(role) for role in (Role.ADMIN, Role.MARKETER, Role.AE))
    found = Choices(own=list(CustomField.objects.filter(filterable=True, retired_at=None)))
    teams = {} if sees_all else {"teams": user.teams_as(Role.BDR, Role.MANAGER)}
    rows = _NAMED.rows(shape=(sees_all,), **teams)
    for kind, pk, label, _position in sorted(rows, key=lambda row: (row[0], row[3], row[2].casefold(), row[1])):
        getattr(found, kind).append((str(pk), label))
    return found


def stage_in_use(asked: str) -> str:
    """The stage an address names, or the one that goes on for it where it was retired; what is none stays as it is."""
    stage = Stage.objects.filter(pk=read_number(asked) or 0).first()
    return str(in_use_for(stage).pk) if stage else asked


def team_in_use(asked: str) -> str:
    """The team an address names, or the one that went on with its leads where it was retired."""
    team = Team.objects.select_related("successor").filter(pk=read_number(asked) or 0).first()
    while team is not None and team.retired_at and team.successor:
        team = team.successor
    return str(team.pk) if team else asked


def former(asked: str, leads: QuerySet[Any], column: str) -> Options:
    """Whom an address names as rep or account executive who is offered no more, where one of these leads was hers."""
    user = User.objects.filter(pk=read_number(asked) or 0).first()
    if user is None or not leads.filter(**{column: user.pk}).exists():
        return []
    return [(asked, user.name if user.is_active else _("%(name)s, who left") % {"name": user.name})]


def _named(sees_all: bool, teams: Any = None) -> QuerySet[Any, Any]:
    mine = Team.objects.all() if sees_all else Team.objects.filter(pk__in=teams)
    held = Membership.objects.filter(user=OuterRef("pk"), role=Role.BDR)
    reps = User.objects.active().filter(Exists(held if sees_all else held.filter(team__in=teams)))
    aes = User.objects.active().filter(Exists(Membership.objects.filter(user=OuterRef("pk"), role=Role.AE)))
    place = Case(
        *(When(phase=phase, then=Value(place * 1_000)) for place, phase in enumerate(Phase)),
        default=Value(0),
        output_field=IntegerField(),
    )
    parts = [
        _rows("stages", Stage.objects.filter(retired_at=None), "label", place + _position()),
        _rows("reasons", Reason.objects.all(), "label", _position()),
        _rows("teams", mine, "name", _ZERO),
        _rows("reps", reps, "name", _ZERO),
        _rows("aes", aes, "name", _ZERO),
    ]
    # Without an order of its own it would take that of its first part.
    return parts[0].union(*parts[1:], all=True).order_by()


_ZERO = Value(0, output_field=IntegerField())


def _position() -> Any:
    return Case(default="position", output_field=IntegerField())


def _rows(kind: str, rows: QuerySet[Any], label: str, position: Any) -> QuerySet[Any, Any]:
    return rows.order_by().values_list(Value(kind, output_field=CharField()), "pk", label, position)


_NAMED = Prepared(_named, may_skip=("teams",))
