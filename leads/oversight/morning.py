"""The manager's morning of one team, put together from its parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.oversight.days import Days, days_of
from leads.oversight.pool import Pool, pool_of
from leads.oversight.red import EARLY, EARLY_COUNTED, LOOK, Found, Item, found_in, tell_what_was_done
from leads.oversight.reps import Figures, Rep, reps_of, sum_of
from team.models import Team
from team.templatetags.midfield import until_words


@dataclass
class Morning:
    team: Team
    days: Days
    found: Found
    reps: list[Rep]
    sums: Rep
    figures: Figures
    pool: Pool

    @property
    def present(self) -> int:
        return sum(rep.is_present for rep in self.reps)

    @property
    def uncovered(self) -> Rep | None:
        """Who is away without cover and holds something: the first thing to be done about."""
        away = (rep for rep in self.reps if rep.absence and rep.cover is None and rep.held)
        return next(away, None)

    @property
    def missed(self) -> int:
        return self.found.totals.get("first_touch", 0)

    @property
    def unanswered(self) -> int:
        return self.found.totals.get("answer", 0)

    @property
    def leaks(self) -> int:
        return self.found.totals.get("leak", 0)

    @property
    def looks(self) -> list[Item]:
        return self.found.few.get(LOOK, [])

    @property
    def looks_total(self) -> int:
        return self.found.totals.get(LOOK, 0)

    @property
    def early(self) -> list[Item]:
        return self.found.few.get(EARLY, [])

    @property
    def early_total(self) -> int:
        return self.found.totals.get(EARLY, 0)

    @property
    def is_early_more(self) -> bool:
        return self.early_total >= EARLY_COUNTED

    @property
    def skippers(self) -> list[Rep]:
        return sorted((rep for rep in self.reps if rep.skipped), key=lambda rep: -rep.skipped)


def morning_of(team: Team, *, reader: int, at: datetime) -> Morning:
    """Everything the page shows to who reads it: nine statements for any number of reps and leads."""
    days = days_of(at)
    found = found_in(team.pk, days)
    tell_what_was_done(found, reader=reader, at=at)
    reps, figures = reps_of(team, days)
    _say_who_is_there(found, reps, at=at)
    return Morning(team, days, found, reps, sum_of(reps), figures, pool_of(team.pk, days))


def _say_who_is_there(found: Found, reps: list[Rep], *, at: datetime) -> None:
    """Where nobody was told of it: whether who should act is here."""
    away = {rep.user.pk: rep for rep in reps if rep.absence}
    here = sum(rep.is_working for rep in reps)
    for item in (item for items in found.few.values() for item in items if not item.done):
        absent = away.get(item.lead.bdr_id or 0)
        if absent is not None and absent.absence is not None:
            words = {"name": absent.user, "day": until_words(absent.absence.ends_at, now=at)}
            item.done = _("%(name)s is away until %(day)s") % words
        elif item.key == "waiting" and item.lead.bdr_id is None:
            words = {"count": here}
            item.done = ngettext("%(count)s rep is at work", "%(count)s reps are at work", here) % words
