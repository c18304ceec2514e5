"""Hand-offs as the tests of their pages send them, and how they ask the pages."""

from datetime import timedelta

from django.urls import reverse

from leads.actions.handing import hand_off_lead
from leads.models import HandOff
from tests.make import make_lead

NEW_YORK = "America/New_York"


def send(by, ae, at, *, person=None, meeting_in=None, line="Contract ends in March", **more):
    """A hand-off of an hour ago; with a meeting so many hours from now."""
    lead = make_lead(phase="working", bdr=by, person=person, at=at - timedelta(hours=2))
    hand_off = hand_off_lead(lead, ae=ae, by=by, at=at - timedelta(hours=1), line=line, **more)
    if meeting_in is not None:
        set_meeting(hand_off, at + timedelta(hours=meeting_in))
    return hand_off


def set_meeting(hand_off, moment):
    """Put the meeting anywhere, the past included: where a page is about what comes after it."""
    HandOff.objects.filter(pk=hand_off.pk).update(meeting_at=moment, local_meeting=moment, zone="UTC")
    hand_off.refresh_from_db()


def page_of(hand_off):
    return reverse("leads:hand_off_brief", args=[hand_off.public_id])


def post(client, name, hand_off, **data):
    return client.post(reverse(f"leads:{name}", args=[hand_off.public_id]), data)


def post_lead(client, name, lead, **data):
    return client.post(reverse(f"leads:{name}", args=[lead.public_id]), data)


def state_of(hand_off):
    hand_off = HandOff.objects.select_related("lead").get(pk=hand_off.pk)
    return hand_off.state, hand_off.lead.phase
