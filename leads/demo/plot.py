"""Who gets which story. Every phase, every category of recycling and every kind of end is somebody's."""

from __future__ import annotations

from datetime import datetime, timedelta

from leads.demo.agenda import Career
from leads.demo.cast import Cast
from leads.demo.selling import next_half_past
from leads.demo.stories import tell_named
from leads.demo.story import Story
from leads.demo.world import Guest
from leads.models import Engagement
from team.models import User

Kind = Engagement.Kind
WEBINARS = (
    "From firefighting to a plan in 90 days",
    "Scheduling around production, live",
    "An audit without the binder",
)
FAIR = "Maintenance Days, stand B14"


def plot(story: Story, cast: Cast) -> None:
    """Start every career. What is open now takes people of accounts that nobody else works."""
    _this_minute(story, cast)
    _pool(story)
    _in_work(story, cast)
    _with_sales(story)
    _customers_and_inquiries(story)
    _asleep(story)
    _over(story)
    _back_again(story)
    _abroad(story)
    tell_named(story, cast)


def _this_minute(story: Story, cast: Cast) -> None:
    """What a visitor should meet in her first minutes."""
    start, now, zone = story.agenda.start, story.now, cast.office.time_zone
    start(story.comes_in(story.first(), Kind.ASKED, now - timedelta(minutes=2), title="Pricing"))
    soon = now + timedelta(minutes=10)
    soon = (soon + timedelta(minutes=-soon.minute % 5)).replace(second=0, microsecond=0)
    start(story.calls_back(story.first(), story.ago(6), rep=cast.ana, promised=soon))
    start(story.calls_back(story.first(), story.ago(7), rep=cast.ben, promised=story.later(200, days=1, after=now)))
    half = next_half_past(now, zone=zone)
    start(story.accepted(story.first(), story.ago(7), meeting=half, sent=story.ago(2)))
    start(story.replies(story.first(), story.ago(1, 60), rep=cast.ana))
    for rep in story.reps:
        start(_back_today(story, story.first(), rep=rep))
    start(story.rejected(story.first(), story.ago(5), "reject_no_authority", sent=story.ago(minutes=215)))
    start(story.no_show(story.first(), story.ago(9), meeting=now - timedelta(minutes=50)))


def _back_today(story: Story, guest: Guest, *, rep: User) -> Career:
    """Met at last season's fair, asked to be called this week."""
    yield from story.comes_in(guest, Kind.LISTED, story.ago(50), title=FAIR, source="trade fair")
    yield from story.worked(guest, "voicemail", rep=rep)
    yield from story.sleeps(guest, "not_ready", facts=story.on_day(0))


def _pool(story: Story) -> None:
    """Today's downloads, yesterday's fair, a few that were missed."""
    start, rng = story.agenda.start, story.rng
    for number in range(11):
        at = story.ago(minutes=8 + number * 17 + rng.randrange(9))
        start(story.comes_in(story.first(), Kind.DOWNLOADED, at, source=rng.choice(("website", "newsletter"))))
    audience = [story.first() for _one in range(6)]
    start(story.gathering(audience, Kind.ATTENDED, story.ago(minutes=75), title=WEBINARS[1], source="webinar"))
    visitors = [story.first() for _one in range(33)]
    start(story.gathering(visitors, Kind.LISTED, story.ago(minutes=460), title=FAIR, source="trade fair"))
    for number in range(3):
        start(story.comes_in(story.first(), Kind.DOWNLOADED, story.ago(1.2, 95 * number)))
    late = [story.first() for _one in range(3)]
    start(story.gathering(late, Kind.LISTED, story.ago(2.4), title=FAIR, source="trade fair"))
    for rep in story.reps:
        start(story.given_back(story.first(), story.ago(2, 40), rep=rep))


def _in_work(story: Story, cast: Cast) -> None:
    """Fifteen each: most follow the cadence, two wait since yesterday, some were found by the reps themselves."""
    start = story.agenda.start
    for rep, days in (
        (cast.ana, (0.2, 1, 1.2, 2, 3, 5, 8, 12)),
        (cast.ben, (0.3, 1, 2, 2.4, 4, 6, 8, 10)),
    ):
        for day in days:
            start(
                story.follows_the_cadence(
                    story.first(), story.ago(day, story.rng.randrange(120)), rep=rep, until=story.now
                )
            )
        for day in (4, 6):
            start(story.follows_the_cadence(story.first(), story.ago(day), rep=rep, until=story.ago(1, 90)))
        for day in (1.2, 3.5):
            start(story.found(story.first(), story.ago(day), rep=rep))
    lacking = next(guest for guest in story.firsts if not guest.has_email)
    story.firsts.remove(lacking)
    start(story.has_a_wrong_number(lacking, story.ago(0.6), rep=cast.ana))
    _two_at_one_account(story, cast)


def _two_at_one_account(story: Story, cast: Cast) -> None:
    """Two colleagues downloaded the same guide within minutes; each rep took one before either was worked."""
    of_account: dict[int, list[Guest]] = {}
    for guest in story.others:
        of_account.setdefault(guest.account_id, []).append(guest)
    free = {guest.account_id for guest in story.firsts}
    pair = next(guests for pk, guests in of_account.items() if len(guests) >= 2 and pk in free)[:2]
    story.firsts = [guest for guest in story.firsts if guest.account_id != pair[0].account_id]
    title = "Moving out of the maintenance spreadsheet"
    for guest, rep in zip(pair, (cast.ana, cast.ben), strict=True):
        story.others.remove(guest)

        def career(guest: Guest = guest, rep: User = rep) -> Career:
            yield from story.comes_in(guest, Kind.DOWNLOADED, story.ago(1.5), title=title)
            yield from story.worked(guest, "voicemail", rep=rep, wait=20)

        story.agenda.start(career())


def _with_sales(story: Story) -> None:
    """Hand-offs in every state of their life."""
    start, now = story.agenda.start, story.now
    tomorrow = story.later(90, days=1, after=now).replace(minute=0, second=0, microsecond=0)
    start(story.handed_off(story.first(), story.ago(7), meeting=tomorrow, sent=story.ago(minutes=150)))
    start(story.handed_off(story.first(), story.ago(8), sent=story.ago(minutes=35)))
    # Nobody answered in time: it went to the backup.
    start(story.handed_off(story.first(), story.ago(8), meeting=tomorrow + timedelta(hours=2), sent=story.ago(2)))
    start(story.accepted(story.first(), story.ago(8), meeting=tomorrow + timedelta(hours=1), sent=story.ago(1.6)))
    in_days = story.slot_after(story.later(0, days=2, after=now))
    start(story.accepted(story.first(), story.ago(6), meeting=in_days, sent=story.ago(1.4)))
    start(story.accepted(story.first(), story.ago(5), sent=story.ago(1.2)))
    # Held an hour ago, outcome not yet recorded.
    held = (now - timedelta(minutes=80)).replace(second=0, microsecond=0)
    held = held.replace(minute=30 if held.minute >= 30 else 0)
    start(story.accepted(story.first(), story.ago(10), meeting=held, sent=story.ago(3)))
    for number in range(7):
        start(_open_deal(story, story.other(), story.ago(17 - 1.5 * number)))


def _open_deal(story: Story, guest: Guest, at: datetime) -> Career:
    yield from story.arrives(guest, at)
    yield from story.qualified(guest)


def _customers_and_inquiries(story: Story) -> None:
    """Customers who read on, and people who have shown too little to be called."""
    strangers = [guest for guest in story.world.guests if guest.standing == "customer" and guest.named is None]
    for number, guest in enumerate(strangers[:8]):
        if number < 3:
            story.agenda.start(story.comes_in(guest, Kind.DOWNLOADED, story.ago(3 + 9 * number)))
        story.looks_around(guest, since=story.now - timedelta(days=100), until=story.now, times=3)
    for _one in range(28):
        story.looks_around(story.others.pop(0), since=story.now - timedelta(days=60), until=story.now, times=2)


def _asleep(story: Story) -> None:
    """A good number sleeps; their days are spread over the coming months."""
    rng = story.rng

    def over(count: int, oldest: int, newest: int) -> list[float]:
        return [newest + (oldest - newest) * (number + rng.random()) / count for number in range(count)]

    for key, days in (
        ("not_ready", over(13, 56, 6)),
        ("no_authority", over(6, 80, 8)),
        ("wrong_person", over(4, 80, 10)),
        ("left_company", over(3, 70, 12)),
    ):
        for day in days:
            story.agenda.start(story.recycled(story.other(), key, story.ago(day)))
    for ahead, day in ((1, 22), (3, 30), (9, 18), (16, 25), (24, 40)):
        story.agenda.start(story.recycled(story.other(), "not_ready", story.ago(day), facts=story.on_day(ahead)))
    for months, day in ((6, 40), (7, 55), (8, 12), (9, 33), (11, 21), (13, 48), (15, 8), (18, 60), (0, 15), (0, 44)):
        story.agenda.start(
            story.recycled(story.other(), "mid_contract", story.ago(day), facts=story.in_contract(months))
        )
    for day in over(8, 52, 22):
        story.agenda.start(story.recycled(story.other(), "unresponsive", story.ago(day)))
    for title, day, key in ((WEBINARS[0], 54, "not_ready"), (WEBINARS[2], 27, "unresponsive")):
        audience = [story.other() for _one in range(7)]
        asleep = [story.ends_asleep(guest, key) for guest in audience]
        story.agenda.start(
            story.gathering(audience, Kind.ATTENDED, story.ago(day), title=title, source="webinar", then=asleep)
        )


def _over(story: Story) -> None:
    """Won, lost, stalled, and out for every reason there is."""
    start = story.agenda.start
    for number, end in enumerate(
        (
            "won",
            "lost_to_competitor",
            "won",
            "no_decision",
            "won",
            "won",
            "no_budget",
            "won",
            "out_of_the_market",
            "won",
            "stalled",
        )
    ):
        start(story.deal(story.other(), story.ago(78 - 3.5 * number), end))
    for number, key in enumerate(
        ("bad_data", "not_our_market", "competitor", "student_or_job_seeker", "opted_out", "out_of_business") * 2
    ):
        start(story.disqualified(story.other(), story.ago(70 - 5 * number), key, attempts=3))
    start(story.disqualified(story.other(), story.ago(0.5), "bad_data", attempts=0))
    start(story.disqualified(story.other(), story.ago(1.5), "not_our_market", attempts=0))
    start(story.looked_at_again(story.other(), story.ago(9), is_put_back=False))
    start(story.looked_at_again(story.first(), story.ago(3), is_put_back=True))
    start(story.held_for_nothing(story.other(), story.ago(22)))
    start(story.rejected(story.other(), story.ago(26), "reject_no_need"))
    start(story.rejected(story.other(), story.ago(45), "reject_existing"))


def _back_again(story: Story) -> None:
    """Slept, woke, and went on: to a deal, to sleep again, or back to the pool where nobody took them yet."""
    for number, (end, back) in enumerate(
        (("won", -58), ("won", -50), ("no_decision", -44), ("asleep", -30), ("asleep", -22))
    ):
        story.agenda.start(_second_pursuit(story, story.other(), story.ago(100 - 2 * number), end, back=back))
    for number, back in enumerate((-1, -2, -4)):
        story.agenda.start(_second_pursuit(story, story.first(), story.ago(70 - 3 * number), "pool", back=back))


def _second_pursuit(story: Story, guest: Guest, at: datetime, end: str, *, back: int) -> Career:
    yield from story.arrives(guest, at)
    yield from story.ends_asleep(guest, "mid_contract" if end == "won" else "not_ready", facts=story.on_day(back))
    yield from story.comes_back(guest)
    if end == "asleep":
        yield from story.ends_asleep(guest, "unresponsive")
    elif end != "pool":
        yield from story.sold(guest, end)


def _abroad(story: Story) -> None:
    """Today's pool of the other team; what its reps have in work, the year tells."""
    for number in range(12):
        at = story.ago(minutes=15 + number * 22)
        story.agenda.start(story.comes_in(story.abroad.pop(), Kind.DOWNLOADED, at, source="website"))
    visitors = [story.abroad.pop() for _one in range(12)]
    story.agenda.start(story.gathering(visitors, Kind.LISTED, story.ago(minutes=460), title=FAIR, source="trade fair"))
