"""How often what happens. Where each figure comes from is said in docs/demo.md."""

from __future__ import annotations

from dataclasses import dataclass

from agreement.models import Lane
from leads.models import Engagement, Lead

Kind, Origin = Engagement.Kind, Lead.Origin


@dataclass(frozen=True)
class Source:
    """One way in: what they did, how fast they were promised an answer, and what is to be expected of them."""

    key: str
    kind: str
    lane: str
    origin: str
    # One dial in so many is a conversation.
    connect: float
    # One conversation in so many becomes a meeting.
    meeting: float
    # Out for a reason of the data or the market, of all of them.
    unusable: float


DEMO_REQUEST = Source("website", Kind.ASKED, Lane.HAND_RAISER, Origin.HAND_RAISER, 0.28, 0.52, 0.10)
DOWNLOAD = Source("website", Kind.DOWNLOADED, Lane.CONTENT, Origin.INBOUND, 0.10, 0.22, 0.12)
NEWSLETTER = Source("newsletter", Kind.DOWNLOADED, Lane.CONTENT, Origin.INBOUND, 0.10, 0.20, 0.08)
WEBINAR = Source("webinar", Kind.ATTENDED, Lane.CONTENT, Origin.INBOUND, 0.11, 0.23, 0.10)
FAIR = Source("trade fair", Kind.LISTED, Lane.LIST, Origin.INBOUND, 0.10, 0.22, 0.14)
SYNDICATION = Source("syndication", Kind.LISTED, Lane.LIST, Origin.INBOUND, 0.04, 0.05, 0.34)
REFERRAL = Source("referral", Kind.ASKED, Lane.HAND_RAISER, Origin.HAND_RAISER, 0.34, 0.48, 0.03)
FOUND = Source("", "", Lane.REP_SOURCED, Origin.REP_SOURCED, 0.08, 0.16, 0.05)

# Of a whole year; what is left of the people downloads something.
FAIR_SCANS = 412
WEBINARS, IN_A_WEBINAR = 12, 38
SYNDICATED, REFERRED, ASKED, FOUND_BY_REPS = 260, 64, 210, 110
# Read and never were leads.
INQUIRIES = 230

# Weekdays of arrivals, Monday first; and of a dial being answered.
ARRIVES = (0.19, 0.22, 0.21, 0.20, 0.14, 0.02, 0.02)
ANSWERS = (0.95, 1.05, 1.1, 1.1, 0.75)
AUGUST, YEAR_END = 0.45, 0.35
# The business grows: the first day of the year brings so much of an average one, and the last so much.
FIRST_DAY, LAST_DAY = 0.6, 1.4
AUGUST_ANSWERS = 0.7

# What an attempt that reached nobody was.
SILENCE = (("no_answer", 48), ("voicemail", 27), ("voicemail_email", 15), ("gatekeeper", 10))
# What a conversation comes to when it is no meeting.
TALK = (
    ("not_ready", 34), ("mid_contract", 17), ("no_authority", 14), ("wrong_person", 7), ("call_back", 14),
    ("not_our_market", 5), ("competitor", 1), ("student_or_job_seeker", 3), ("opted_out", 5),
)  # fmt: skip
UNUSABLE = (("bad_data", 55), ("not_our_market", 30), ("out_of_business", 15))
LEFT_COMPANY = 0.035
# Whoever sleeps and does something strong before the day.
UNASKED = 0.12
# Given up before the cadence had ended.
EARLY = 0.14
FIRST_TOUCH_IN_TIME = 0.87

REJECTED = 0.12
REJECT_REASONS = (
    ("reject_no_authority", 38),
    ("reject_no_need", 27),
    ("reject_no_timeframe", 23),
    ("reject_existing", 12),
)
ANSWERED_LATE = 0.09
NO_SHOW, REBOOKED = 0.21, 0.55
HELD_AND_QUALIFIED = 0.66
NOT_QUALIFIED = (("reject_no_need", 45), ("reject_no_timeframe", 40), ("reject_no_authority", 15))

WON, STALLED = 0.21, 0.22
LOST = (("no_decision", 45), ("lost_to_competitor", 28), ("no_budget", 20), ("out_of_the_market", 7))
# Days from an open deal to its end, and how many of them end in the last three weeks of a quarter.
DEAL_DAYS = (25, 120)
AT_QUARTER_END = 0.5
