"""A meeting at an account, and how the attempts and promises of colleagues there stand."""

from datetime import timedelta

from leads.actions.handing import hand_off_lead
from leads.checking import check_all
from leads.models import Lead, Step
from tests.make import NOON

LATER = NOON + timedelta(minutes=10)
START = NOON + timedelta(days=2)
END = START + timedelta(minutes=30)
# A tick has been here since.
TICK = LATER + timedelta(minutes=6)


def wall(moment):
    return moment.replace(tzinfo=None), "UTC"


def broken(at=LATER):
    return {name for name, ids in check_all(at=at).items() if ids}


def book(lead, ae, *, by, start=START, at=LATER):
    return hand_off_lead(lead, ae=ae, by=by, at=at, meeting=wall(start))


def attempt(lead):
    """When its attempt is due, and when it would be but for the meeting."""
    step = Step.objects.open().get(lead=lead, made_by="cadence")
    assert Lead.objects.get(pk=lead.pk).due_at == step.due_at or lead.steps.open().count() > 1
    return step.due_at, step.held_from


def promises(lead):
    """Every promise of a first touch: when it began, when it is due, how it stands."""
    clocks = lead.clocks.filter(kind="first_touch").order_by("pk")
    return list(clocks.values_list("started_at", "due_at", "state"))


def promise(lead):
    """The one that runs."""
    return lead.clocks.running().values_list("started_at", "due_at", "next_notice_at").get(kind="first_touch")


def stands(lead):
    """When it is due, in which band it stands."""
    lead = Lead.objects.get(pk=lead.pk)
    return lead.due_at, lead.band
