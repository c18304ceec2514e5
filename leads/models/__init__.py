"""The life of a lead: what people did, who works them, what is due, what was promised, what happened."""

from leads.models.block import Block, BlockLead
from leads.models.bulk_move import BulkMove
from leads.models.consent import Consent
from leads.models.covering import SlidStep
from leads.models.engagement import Engagement, EngagementKey, Interest, Verdict
from leads.models.handoff import HandOff
from leads.models.history import Activity, Answer, LeadEvent, Note
from leads.models.intake import Import, ImportReject, Release
from leads.models.lead import Lead, Recycling, SecondLook
from leads.models.shared_act import SharedAct
from leads.models.signal import Signal
from leads.models.view import SavedView
from leads.models.work import Clock, Notice, Step

__all__ = [
    "Activity",
    "Answer",
    "Block",
    "BlockLead",
    "BulkMove",
    "Clock",
    "Consent",
    "Engagement",
    "EngagementKey",
    "HandOff",
    "Import",
    "ImportReject",
    "Interest",
    "Lead",
    "LeadEvent",
    "Note",
    "Notice",
    "Recycling",
    "Release",
    "SavedView",
    "SecondLook",
    "SharedAct",
    "Signal",
    "SlidStep",
    "Step",
    "Verdict",
]
