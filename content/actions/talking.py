"""Noting what a rep said in a talk. It stays as it was noted; what she misses is followed up as feedback of hers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from content.actions.pulsing import promised
from content.models import Feedback, Talk
from team.company_time import company_day
from team.models import User

# Of one talk become feedback at most.
LINES_MAX = 3


class TalkRefused(Exception):
    """What was to be noted did not happen so. Safe to show."""


def note_talk(rep: User, *, held_on: date, text: str, lines: Sequence[str] = (), by: User, at: datetime) -> Talk:
    """Note a talk, and each line of what is missing or wrong as feedback of the rep's, with her name. TalkRefused where
    the day is still to come by the clock of the company, or it was a talk with oneself."""
    today = company_day(at)
    if rep.pk == by.pk:
        raise TalkRefused(_("A talk is with somebody else."))
    if held_on > today:
        raise TalkRefused(_("Choose today or an earlier day."))
    due = promised(today)
    with transaction.atomic():
        talk = Talk.objects.create(rep=rep, by=by, held_on=held_on, text=text, noted_at=at, noted_on=today)
        said = [
            Feedback(talk=talk, text=line, given_by=rep, is_anonymous=False, given_on=today, answer_by=due)
            for line in lines[:LINES_MAX]
            if line
        ]
        Feedback.objects.bulk_create(said)
    return talk
