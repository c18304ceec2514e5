"""Lists that are kept under a name, for oneself or for a team."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leads.actions.changing import MoveRefused
from leads.models import SavedView
from team.models import Role

if TYPE_CHECKING:
    from team.models import Team, User

# As many tabs as anybody finds her way in.
VIEWS_MAX = 12


@transaction.atomic
def save_view(*, name: str, query: str, by: User, at: datetime, team: Team | None = None) -> SavedView:
    """Keep this list under a name; with `team`, for everybody who works there. MoveRefused where the name is taken."""
    name = name.strip()[:40]
    if not name:
        raise MoveRefused(_("Give the view a name."), field="name")
    if not query:
        raise MoveRefused(_("Filter the list first: without a filter it is your whole queue."), field="name")
    if SavedView.objects.filter(user=by).count() >= VIEWS_MAX:
        raise MoveRefused(_("You keep %(most)s views already; remove one first.") % {"most": VIEWS_MAX}, field="name")
    if team is not None:
        _must_work_there(team.pk, by)
    view = SavedView(user=by, team=team, name=name, query=query, created_at=at)
    return _saved(view)


@transaction.atomic
def share_view(view: SavedView, *, team: Team | None, by: User) -> SavedView:
    """With a team she works in, or with nobody any more: then it is again its owner's alone."""
    if team is not None:
        _must_work_there(team.pk, by)
    view.team = team
    return _saved(view)


def remove_view(view: SavedView) -> None:
    view.delete()


def _must_work_there(team_id: int, by: User) -> None:
    if team_id not in by.teams_as(Role.BDR, Role.MANAGER):
        raise MoveRefused(_("You share with a team you work in."), field="team")


def _saved(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as taken:
        raise MoveRefused(_("There is a view of this name already."), field="name") from taken
    return view
