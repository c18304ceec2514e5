"""Tracks and who is under way in them; messages out and what comes back of them."""

from nurture.models.away import Away
from nurture.models.brought import Brought
from nurture.models.enrolment import Enrolment, EnrolmentQuerySet, Passage, Sorting
from nurture.models.host import SendingHost, SendingHostQuerySet
from nurture.models.incoming import Incoming, IncomingBody, IncomingQuerySet
from nurture.models.mail import MailRules, MailServer, Preference
from nurture.models.message import Hit, Message, MessageBody, MessageLink, MessageQuerySet
from nurture.models.move import TrackMove
from nurture.models.sender import SenderCheck
from nurture.models.told import Told, ToldQuerySet
from nurture.models.track import Track, TrackNode, TrackQuerySet, TrackVersion

__all__ = [
    "Away",
    "Brought",
    "Enrolment",
    "EnrolmentQuerySet",
    "Hit",
    "Incoming",
    "IncomingBody",
    "IncomingQuerySet",
    "MailRules",
    "MailServer",
    "Message",
    "MessageBody",
    "MessageLink",
    "MessageQuerySet",
    "Passage",
    "Preference",
    "SenderCheck",
    "SendingHost",
    "SendingHostQuerySet",
    "Sorting",
    "Told",
    "ToldQuerySet",
    "Track",
    "TrackMove",
    "TrackNode",
    "TrackQuerySet",
    "TrackVersion",
]
