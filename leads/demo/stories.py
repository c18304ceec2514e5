"""The stories that docs/demo.md tells by name."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import Employment, Person
from agreement.models import StepKind
from leads.actions.entering import add_lead
from leads.actions.handing import accept_hand_off, reject_hand_off
from leads.actions.logging import set_step
from leads.actions.outcomes import record_no_show
from leads.demo import named
from leads.demo.agenda import Career
from leads.demo.cast import Cast
from leads.demo.story import Story
from leads.demo.world import Guest
from leads.models import Engagement
from leads.waking import Facts
from team.models import Absence
from team.worktime import end_of_working_day, next_opening, subtract_working_minutes

Kind = Engagement.Kind
# What the planner downloaded, over a year.
DOWNLOADS = 14
STARTED_DAYS_AGO = 199
READ = (
    "The planner's week on one page",
    "What an hour of standstill really costs",
    "Why the Monday meeting takes two hours",
    "Moving out of the maintenance spreadsheet",
    "Checklist for the next safety audit",
    "Three plants, one calendar",
    "Which spare parts to keep, and how many",
)
CONTRACT_DAYS, NOTICE_DAYS, LEAD_DAYS = 97, 60, 30
DUE_OF_THE_ILL = 11


def tell_named(story: Story, cast: Cast) -> None:
    """Start every one of them."""
    start = story.agenda.start
    start(_the_planner(story, cast, story.named[named.PLANNER]))
    for guest in (story.named[one] for one in named.SYSADMINS):
        story.looks_around(guest, since=story.now - timedelta(days=200), until=story.now, times=22)
    start(_sysadmin(story, cast, story.named[named.SYSADMINS[0]]))
    start(_signs(story, cast))
    start(_plans(story, cast))
    start(_advises(story, cast))
    start(_in_contract(story, cast))
    for days in (4, 19, 37, 61):
        at = story.ago(days)
        start(story.comes_in(story.named[named.CUSTOMER], Kind.DOWNLOADED, at, source="newsletter"))
    start(_never_there(story, cast))
    start(_reaching_up(story, cast))
    start(_opts_out(story, cast))
    for number, one in enumerate(named.WAITING):
        start(_waits(story, cast, story.named[one], days=1.9 + 0.3 * number))
    for number in range(DUE_OF_THE_ILL):
        start(_of_the_ill(story, cast, number))
    start(_falls_ill(story, cast))


def _the_planner(story: Story, cast: Cast, guest: Guest) -> Career:
    """She read everything and decided nothing; promoted half a year on, she decides."""
    began = story.now - timedelta(days=STARTED_DAYS_AGO)
    yield from story.comes_in(guest, Kind.DOWNLOADED, began, source="newsletter")
    yield from story.worked(guest, "voicemail", "no_answer", rep=cast.ana)
    yield from story.sleeps(guest, "no_authority")
    slept, wakes = story.at, story.lead_of(guest).wake_at or story.at
    for number in range(1, DOWNLOADS):
        moment = slept + (wakes - slept) * number / DOWNLOADS
        yield moment.replace(hour=8 + number * 5 % 9)
        story.downloads(guest, at=story.at, title=READ[number % len(READ)])
    current = Employment.objects.get(person=guest.person_id, is_current=True)
    current.is_current, current.until_on = False, story.at.date()
    current.save(update_fields=["is_current", "until_on"])
    Employment.objects.create(
        person_id=guest.person_id, account_id=guest.account_id, title="Head of Maintenance",
        role=Employment.Role.DECISION_MAKER, from_on=story.at.date(),
    )  # fmt: skip
    yield from story.comes_back(guest)
    # Reached at once: her meeting is held before today.
    yield from story.worked(guest)
    yield from story.held(guest)


def _sysadmin(story: Story, cast: Cast, guest: Guest) -> Career:
    """He and his colleagues read all there is and buy nothing."""
    yield from story.comes_in(guest, Kind.DOWNLOADED, story.ago(70))
    yield from story.worked(guest, "no_answer", rep=cast.ben)
    yield from story.sleeps(guest, "no_authority")


def _signs(story: Story, cast: Cast) -> Career:
    """Who signs at an account where three read: her meeting is booked, and her colleague's attempts wait for it."""
    meeting = story.slot_after(story.later(0, days=1, after=story.now))
    yield from story.accepted(story.named[named.SIGNS], story.ago(6), meeting=meeting, sent=story.ago(1.3))


def _plans(story: Story, cast: Cast) -> Career:
    guest = story.named[named.PLANS]
    yield from story.comes_in(guest, Kind.ATTENDED, story.ago(3), title="Scheduling around production, live")
    yield from story.worked(guest, "voicemail", rep=cast.ana, wait=60)


def _advises(story: Story, cast: Cast) -> Career:
    guest = story.named[named.ADVISES]
    yield from story.comes_in(guest, Kind.DOWNLOADED, story.ago(40))
    yield from story.worked(guest, rep=cast.ben)
    yield from story.sleeps(guest, "no_authority")


def _in_contract(story: Story, cast: Cast) -> Career:
    """Mid-contract: it ends in 97 days, and he is back in time for the notice."""
    guest = story.named[named.IN_CONTRACT]
    yield from story.comes_in(guest, Kind.DOWNLOADED, story.ago(58))
    yield from story.worked(guest, "gatekeeper", rep=cast.ana)
    ends = (story.now + timedelta(days=CONTRACT_DAYS)).date()
    facts = Facts(contract_ends=ends, precision="day", notice_days=NOTICE_DAYS, lead_days=LEAD_DAYS)
    yield from story.sleeps(guest, "mid_contract", facts=facts)


def _never_there(story: Story, cast: Cast) -> Career:
    """Two meetings, two no-shows; the second is to be rebooked today."""
    guest = story.named[named.NEVER_THERE]
    first = story.ago(7).replace(minute=0, second=0, microsecond=0)
    yield from story.accepted(guest, story.ago(14), meeting=first, sent=story.ago(11))
    yield first + timedelta(minutes=17)
    record_no_show(story.hand_off_of(guest), by=cast.clara, at=story.at, note="Nobody in the call.")
    yield story.later(90)
    second = story.ago(minutes=200).replace(minute=0, second=0, microsecond=0)
    yield from story.meets(guest, second)
    hand_off = story.hand_off_of(guest)
    accept_hand_off(hand_off, by=hand_off.ae, at=story.at)
    yield second + timedelta(minutes=16)
    record_no_show(story.hand_off_of(guest), by=cast.clara, at=story.at, note="Waited again.")


def _reaching_up(story: Story, cast: Cast) -> Career:
    """Sales said that he cannot sign; the rep found who can, and she came to the meeting."""
    guest, above = story.named[named.CANNOT_SIGN], story.named[named.CAN_SIGN]
    yield from story.comes_in(guest, Kind.ASKED, story.ago(14), title="Pricing")
    yield from story.worked(guest, rep=cast.ana)
    yield from story.meets(guest, story.slot(3), ae=cast.clara)
    hand_off = story.hand_off_of(guest)
    reason = story.reasons["reject_no_authority"]
    line = "He runs the tools and signs for nothing. Find who runs the plant."
    reject_hand_off(hand_off, reason=reason, by=cast.clara, at=story.at, line=line)
    yield story.later(45)
    add_lead(Person.objects.get(pk=above.person_id), by=cast.ana, at=story.at)
    yield from story.sleeps(guest, "no_authority")
    yield story.later(30, days=1)
    yield from story.called(above, "gatekeeper")
    yield from story.held(above)


def _opts_out(story: Story, cast: Cast) -> Career:
    """In the middle of the cadence she asked to be left alone: everything stopped at once."""
    yield from story.disqualified(story.named[named.OPTED_OUT], story.ago(12), "opted_out", attempts=3)


def _waits(story: Story, cast: Cast, guest: Guest, *, days: float) -> Career:
    """Handed to Per, who has not answered; by now it is Clara's too."""
    meeting = story.slot_after(story.later(0, days=1, after=story.now))
    yield from story.arrives(guest, story.ago(8))
    yield from story.worked(guest, "no_answer", rep=cast.ben)
    yield max(story.ago(days), story.at)
    yield from story.meets(guest, meeting, ae=cast.per)


def _of_the_ill(story: Story, cast: Cast, number: int) -> Career:
    """One of those that Chloe would call today."""
    guest = story.first()
    yield from story.arrives(guest, story.ago(2 + number * 0.3))
    yield from story.worked(guest, "voicemail", rep=cast.chloe)
    yield max(story.ago(0.6), story.at)
    due_at = _this_day(story) + timedelta(minutes=20 * (number + 1))
    lead = story.lead_of(guest)
    set_step(lead, kind=StepKind.CALL, by=cast.chloe, at=story.at, due=max(due_at, story.later(5)))


def _falls_ill(story: Story, cast: Cast) -> Career:
    """This morning she called in sick."""
    yield story.now
    ends_at = end_of_working_day(cast.office, story.now)
    Absence.objects.create(user=cast.chloe, starts_at=_this_day(story), ends_at=ends_at)


def _this_day(story: Story) -> datetime:
    """When today's work began."""
    office = story.cast.office
    begun = subtract_working_minutes(office, end_of_working_day(office, story.now), 600)
    return next_opening(office, begun)
