"""The demo company as a whole: made once, in one transaction, and its logins kept for whoever asks again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from django.db import transaction

from agreement.models import Phase
from leads.actions.engaging import NewEngagement, engage
from leads.actions.sweeping import BATCH, notice_clocks, sweep_leads
from leads.demo.cast import DOMAIN, HISTORY, PEOPLE, Login, make_cast
from leads.demo.plot import plot
from leads.demo.shelf import fill_shelf
from leads.demo.story import Story
from leads.demo.wishes import make_answers, make_talks, make_wishes
from leads.demo.world import make_world
from leads.models import Engagement, Recycling, Signal
from team.models import User

# The same company every time, whatever the day.
SEED = 20_261_121
# So many who sleep were at a fair, which is told so much later.
LATE, HEARD_OF = 9, timedelta(days=4)


class NoDemo(Exception):
    """There is no demo company to speak of, and why. Safe to show."""


def make_demo(logins_file: Path, *, at: datetime, zone: str = "", tell: Callable[[float], None]) -> list[Login]:
    """Make the company and tell its story up to `at`. Needs an installation without users."""
    at = at.replace(microsecond=0)
    rng = Random(SEED)  # noqa: S311 # nosec B311 - the same company every time is the point
    with transaction.atomic():
        cast = make_cast(at=at, zone=zone)
        world = make_world(cast, rng=rng, at=at - HISTORY)
        story = Story(cast, world, rng=rng, at=at)
        plot(story, cast)
        story.play(tell=tell)
        _hear_late(story, at=at)
        fill_shelf(cast, rng=Random(SEED), at=at)  # noqa: S311 # nosec B311 - the same
        make_wishes(cast, at=at, on=at.date())
        make_answers(cast, at=at, on=at.date())
        make_talks(cast, at=at)
        # Before the commit: a company whose passwords nobody knows would be of no use.
        _keep(cast.logins, logins_file)
    return cast.logins


def _hear_late(story: Story, *, at: datetime) -> None:
    """What colleagues did in the months behind today woke nobody; a list of a fair, told days after it, offers a few of
    those who sleep."""
    waiting = Signal.objects.filter(state=Signal.State.WAITING)
    waiting.update(state=Signal.State.NOTHING, due_at=None, decided_at=at)
    known = [guest.person_id for guest in story.named.values()]
    slept = Recycling.objects.filter(lead__phase=Phase.NURTURE, undone_at=None, at__lte=at - HEARD_OF - HEARD_OF)
    people = slept.exclude(lead__person__in=known).order_by("pk").values_list("lead__person", flat=True)[:LATE]
    told = [NewEngagement(pk, Engagement.Kind.ATTENDED, at - HEARD_OF, source="trade fair") for pk in people]
    engage(told, at=at)


def catch_up(*, at: datetime) -> None:
    """What came due while the demo was being made: on a slow machine that takes minutes, and no worker may run yet."""
    for tick in (sweep_leads, notice_clocks):
        while tick(at=at) >= BATCH:
            pass


def known_logins(logins_file: Path) -> list[Login]:
    """The logins of the demo company that is here. NoDemo when these users are no demo's."""
    emails = [f"{key}@{DOMAIN}" for key, _name, _role in PEOPLE]
    if User.objects.filter(email__in=emails).count() < len(emails):
        raise NoDemo("This installation has users of its own, so no demo company is made in it.")
    try:
        logins = [Login(**login) for login in json.loads(logins_file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        raise NoDemo(
            f"The demo company is here, but {logins_file} with its passwords is not."
            f" Set one: ./run manage changepassword {emails[0]}"
        ) from None
    return logins


def _keep(logins: list[Login], logins_file: Path) -> None:
    """Readable by the owner alone."""
    logins_file.unlink(missing_ok=True)
    handle = os.open(logins_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as kept:
        json.dump([asdict(login) for login in logins], kept, indent=1)
