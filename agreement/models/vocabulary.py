"""The words every room shares: phases, lanes, kinds of step, and the letters shown for phases."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Phase(models.TextChoices):
    """What the system understands of a lead; the admin's stages stand inside."""

    QUEUED = "queued", _("Queued")
    WORKING = "working", _("Working")
    HANDED_OFF = "handed_off", _("Handed off")
    ACCEPTED = "accepted", _("Accepted")
    QUALIFIED = "qualified", _("Qualified")
    NURTURE = "nurture", _("Nurture")
    CLOSED = "closed", _("Closed")


OPEN_PHASES = tuple(phase for phase in Phase if phase is not Phase.CLOSED)
# Merging keeps the further one; a sleeping pursuit is behind one that somebody works.
PHASE_ORDER = ("closed", "nurture", "queued", "working", "handed_off", "accepted", "qualified")


class Lane(models.TextChoices):
    """How fast a lead was promised an answer."""

    HAND_RAISER = "hand_raiser", _("Hand-raiser")
    CONTENT = "content", _("Content")
    LIST = "list", _("Early or list")
    REP_SOURCED = "rep_sourced", _("Rep-sourced")


class StepKind(models.TextChoices):
    """One thing one of us has to do for a lead."""

    CALL = "call", _("Call")
    EMAIL = "email", _("E-mail")
    CALL_EMAIL = "call_email", _("Call and e-mail")
    SOCIAL = "social", _("Social touch")
    CALL_BACK = "call_back", _("Call back")
    FIND_CONTACT = "find_contact", _("Find a phone or e-mail")
    REPLY = "reply", _("Answer the reply")
    REBOOK = "rebook", _("Rebook")
    DECIDE = "decide", _("Decide: recycle or go on")
    REACH_UP = "reach_up", _("Reach up")
    TASK = "task", _("Task")
    MEETING = "meeting", _("Meeting")
    OUTCOME = "outcome", _("Outcome check")


class Letters(models.TextChoices):
    PROSPECT = "Prospect", _("Prospect")
    MQL = "MQL", _("MQL")
    SAL = "SAL", _("SAL")
    SQL = "SQL", _("SQL")
    NURTURE = "Nurture", _("Nurture")


LETTERS = {
    "articles": {
        Phase.QUEUED: Letters.MQL,
        Phase.WORKING: Letters.MQL,
        Phase.HANDED_OFF: Letters.MQL,
        Phase.ACCEPTED: Letters.SAL,
        Phase.QUALIFIED: Letters.SQL,
        Phase.NURTURE: Letters.NURTURE,
    },
    "bdr_accepts": {
        Phase.QUEUED: Letters.MQL,
        Phase.WORKING: Letters.SAL,
        Phase.HANDED_OFF: Letters.SQL,
        Phase.ACCEPTED: Letters.SQL,
        Phase.QUALIFIED: Letters.SQL,
        Phase.NURTURE: Letters.NURTURE,
    },
}
