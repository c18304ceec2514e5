"""Who is away, and what her cover has to answer."""

from datetime import timedelta

from leads.checking import check_all
from leads.models import HandOff
from team.models import Absence
from tests.make import NOON

LATER = NOON + timedelta(minutes=10)
BACK = NOON + timedelta(days=3)


def broken(at=LATER):
    return {name for name, ids in check_all(at=at).items() if ids}


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def away(user, cover):
    return Absence.objects.create(user=user, starts_at=LATER, ends_at=BACK, cover=cover)


def to_answer(user):
    return list(HandOff.objects.unanswered().addressed_to(user))
