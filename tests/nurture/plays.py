"""A lead that a play may begin on, a track or play that has begun, and what the checks find wrong after it."""

from datetime import timedelta

from agreement.models import Phase
from leads.actions.logging import log_call
from leads.checking import check_all
from nurture.actions.advancing import advance
from nurture.actions.enrolling import enrol
from nurture.checking import check_tracks
from tests.make import NOON, disposition, make_lead, make_person
from tests.nurture.making import make_track

HOUR = timedelta(hours=1)


def tried_once(rep):
    """A play may begin, and the second attempt is planned."""
    lead = make_lead(phase=Phase.WORKING, bdr=rep, person=make_person(email="jo@brevik.example"))
    log_call(lead, disposition=disposition("no_answer"), by=rep, at=NOON)
    lead.refresh_from_db()
    return lead


def started(lead, rep, *nodes, kind="play"):
    # By hand, so that none begins by itself beside it.
    one = enrol(lead.person, track=make_track(*nodes, kind=kind, name="Early", is_by_hand=True), by=rep, at=NOON + HOUR)
    advance(at=NOON + HOUR)
    return one


def broken(at):
    found = check_all(at=at) | check_tracks(at=at)
    return {name: ids for name, ids in found.items() if ids}
