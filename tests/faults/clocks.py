"""Alarm clocks that ring too often or for hours not at all, clocks that are wrong, and days that are not 24 hours long.

Due rows are the schedule: whatever the clocks do, each row is worked once, not before its moment by the database, and
soon after.
"""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connections
from django.db.models import Min

from accounts.models import Person
from nurture.actions.sending import deliver
from nurture.models import MailRules, Message
from team.localtime import resolve
from tests.bench.databases import use
from tests.bench.report import at_most, exactly
from tests.faults.post import DUE_NOW, post_office
from tests.faults.waking import DUE, house, lines

LETTERS = 1_000
# So many rings are an hour of rings every 15 seconds. A slow machine keeps up with clocks that ring this often.
RINGS, RING_SECONDS = 240, 3
PLANNED = "SELECT count(*) FROM nurture_message WHERE state = 'planned'"
ENDED_TWICE = (
    "SELECT count(*) FROM (SELECT enrolment_id FROM nurture_passage WHERE what = 'ended'"
    " GROUP BY 1 HAVING count(*) > 1) AS twice"
)
TICK_SECONDS = 15
AHEAD_SECONDS = 600
SECONDS_TO_BEGIN = 90
# Half an hour, and a whole day that one island never had, are among them.
ZONES = ("America/New_York", "Europe/London", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Apia")
MINUTE, HALF_HOUR, EVENING = timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=7)
# Some become due each second, from a few seconds on and for longer than any clock is wrong.
SPREAD = (
    "CREATE TABLE trial AS SELECT id, 'wake' AS kind, now() + (15 + id % 1200) * interval '1 second' AS moment"
    "  FROM leads_lead WHERE phase = 'nurture' AND wake_at <= now()",
    "INSERT INTO trial SELECT id, 'letter', now() + (15 + id % 1200) * interval '1 second' FROM nurture_message",
    "UPDATE leads_lead SET wake_at = moment, due_at = moment, sweep_at = moment FROM trial"
    "  WHERE trial.id = leads_lead.id AND trial.kind = 'wake'",
    "UPDATE nurture_message SET due_at = moment FROM trial"
    "  WHERE trial.id = nurture_message.id AND trial.kind = 'letter'",
)
STANDS = """
    SELECT count(*) FROM trial
      LEFT JOIN leads_lead lead ON trial.kind = 'wake' AND lead.id = trial.id
      LEFT JOIN leads_leadevent event ON event.lead_id = lead.id AND event.verb IN ('wake', 'rewake')
      LEFT JOIN nurture_message letter ON trial.kind = 'letter' AND letter.id = trial.id
     WHERE """
IS_DONE = "(event.id IS NOT NULL OR coalesce(letter.state, 'planned') <> 'planned')"
DONE = f"{STANDS} {IS_DONE}"
# By the moment that was written, and by the database's clock now, in case what was written is wrong.
EARLY = f"{STANDS} {IS_DONE} AND (coalesce(event.at, letter.claimed_at) < moment OR now() < moment)"
LATE = f"{STANDS} NOT {IS_DONE} AND moment < now() - interval '{TICK_SECONDS} seconds'"


def inject_beats(plan):
    """Two and five alarm clocks ring at once for what is due of everything; five for as many rings as an hour has."""
    for beats in (2, 5):
        rings = plan.pick(RINGS, 60) if beats == 5 else 0
        with house(plan, ["good"] * LETTERS, RING_SECONDS=str(RING_SECONDS)) as (post, night):
            # Whoever has got her letter is through with her track.
            post.connection.execute("UPDATE nurture_enrolment SET due_at = now()")
            for number in range(2):
                night.site.start_worker(f"worker{number}")
            begun = time.monotonic()
            for number in range(beats):
                night.site.start_beat(f"beat{number}")
            night.wait_until_awake()
            post.wait_until_done()
            while (time.monotonic() - begun) * beats / RING_SECONDS < rings:
                time.sleep(0.2)
            name = f"{beats} beats and 2 workers"
            yield from post.lines(f"letters, {name}", f"{LETTERS:,} due, {rings or 'some'} rings")
            yield exactly(f"tracks, {name}: ended twice", post.ask(ENDED_TWICE), 0)
            yield from lines(f"wakes, {name}", f"{DUE:,} due", *night.verdict())


def inject_beat_dead(plan):
    """Nothing rang for three hours, in which three letters became due for each; then for more than a day."""
    people = plan.pick(LETTERS, 200)
    with house(plan, ["good"] * people, letters=3, RING_SECONDS=str(RING_SECONDS)) as (post, night):
        post.connection.execute("UPDATE nurture_message SET due_at = now() - random() * interval '3 hours'")
        night.site.start_worker()
        night.site.start_beat()
        night.wait_until_awake()
        post.wait_until(lambda: not post.ask(DUE_NOW))
        trials = f"{people:,} people, {3 * people:,} letters and {DUE:,} wakes due"
        got = Counter(mail["To"].addresses[0].addr_spec for mail in post.sink.taken)
        yield exactly("no ring for 3 hours: people with more than one letter", sum(n > 1 for n in got.values()), 0,
                      more=trials)  # fmt: skip
        yield exactly("no ring for 3 hours: people without a letter", people - len(got), 0)
        yield exactly("no ring for 3 hours: letters planned for another day", post.ask(PLANNED), 2 * people)
        yield from lines("no ring for 3 hours, wakes", trials, *night.verdict())
    with house(plan, ["good"] * people, RING_SECONDS=str(RING_SECONDS)) as (post, night):
        post.connection.execute("UPDATE nurture_message SET due_at = now() - interval '30 hours'")
        night.site.start_worker()
        night.site.start_beat()
        post.wait_until(lambda: not post.ask(DUE_NOW))
        at_once, far = post.ask(
            "SELECT array[count(*) FILTER (WHERE state = 'sent'),"
            " count(*) FILTER (WHERE due_at > now() + interval '6 hours')] FROM nurture_message"
        )
        yield at_most("no ring for 30 hours: letters that go at once", at_once, people * 0.05,
                      more="the rest is spread over six hours")  # fmt: skip
        yield exactly("no ring for 30 hours: planned later than that", far, 0)


def inject_skew(plan):
    """Workers whose clocks are ten minutes ahead, behind, or leap back and forth; and beats that are."""
    for worker, beat, said in (
        (AHEAD_SECONDS, 0, "worker 10 minutes ahead"),
        (-AHEAD_SECONDS, 0, "worker 10 minutes behind"),
        ("leaps", 0, "worker's clock leaps"),
        (0, AHEAD_SECONDS, "beat 10 minutes ahead"),
        (0, -AHEAD_SECONDS, "beat 10 minutes behind"),
    ):
        yield from _skewed(plan, worker, beat, said, seconds=plan.pick(40, 20))


def _skewed(plan, worker, beat, said, *, seconds):
    with house(plan, ["good"] * LETTERS, RING_SECONDS=str(RING_SECONDS)) as (post, night):
        for sql in SPREAD:
            post.connection.execute(sql)
        _run_skewed(night.site, "worker", worker, "--concurrency", "2")
        _run_skewed(night.site, "beat", beat, "--scheduler", "celery.beat.Scheduler", "--pidfile", "")
        begun = time.monotonic()
        # Nothing at all is done where every ring counts as too old.
        while not post.ask(DONE) and time.monotonic() - begun < SECONDS_TO_BEGIN:
            time.sleep(0.2)
        time.sleep(seconds)
        done, early, late = post.ask(DONE), post.ask(EARLY), post.ask(LATE)
        yield exactly(f"{said}: done before its moment", early, 0, more=f"{done} letters and wakes done")
        yield exactly(f"{said}: not done {TICK_SECONDS} s after it", late, 0)


def _run_skewed(site, name, seconds, *more):
    site.run(
        name, "tests.faults.skewed", str(seconds), "celery", "--app", "config", name, "--loglevel", "WARNING", *more,
        REMAP_SIGTERM="SIGQUIT",
    )  # fmt: skip


def inject_dst(plan):
    """A letter of the evening before a clock is put forward or back, and one of that very moment, goes out when the
    hours of its recipient open on her wall, once. What should be is found by looking at the wall minute by minute."""
    years = plan.pick((2010, 2030), (2024, 2026))
    changes = [(zone, at) for zone in ZONES for at in _changes(zone, *years)]
    trials = f"{len(changes)} changes of {len(ZONES)} clocks, {years[0]} to {years[1] - 1}"
    with post_office(plan, ["good"] * 3 * len(changes)) as post:
        use(post.url)
        letters = list(Message.objects.order_by("pk"))
        evening = [(letter, zone, at - EVENING) for letter, (zone, at) in zip(letters, 2 * changes, strict=False)]
        moment = [(letter, zone, at) for letter, (zone, at) in zip(letters[2 * len(changes) :], changes, strict=True)]
        early = evening[: len(changes)]
        wrong = _wrong_moments(early, opens=2) + _wrong_moments(evening[len(changes) :] + moment, opens=8)
        connections.close_all()
        yield from post.lines("letters about a change of clocks", f"{len(letters):,} letters, {trials}")
        yield exactly("letters about a change of clocks: at a wrong moment", len(wrong), 0, more=str(wrong[:3]))
    walls = [(zone, wall, instant) for zone, at in changes for wall, instant in _walls(zone, at)]
    wrong = [(zone, wall) for zone, wall, instant in walls if resolve(wall, zone) != instant]
    yield exactly("what a wall shows on those days: at a wrong moment", len(wrong), 0, more=f"{len(walls):,} times")


def _wrong_moments(letters, *, opens):
    """Send these, one moment after the other, and say which did not go out when the recipient's hours opened."""
    MailRules.objects.filter(pk=1).update(opens=opens, closes=18)
    for letter, zone, due_at in letters:
        Person.objects.filter(pk=letter.person_id).update(time_zone=zone)
        Message.objects.filter(pk=letter.pk).update(due_at=due_at, planned_at=due_at)
    mine = Message.objects.filter(pk__in=[letter.pk for letter, _zone, _due_at in letters])
    while (at := mine.aggregate(at=Min("due_at"))["at"]) is not None:
        deliver(by="sender", clock=lambda at=at: at)
    went = dict(mine.values_list("pk", "sent_at"))
    return [
        (zone, str(due_at), str(went[letter.pk]))
        for letter, zone, due_at in letters
        if went[letter.pk] != _first_open(zone, due_at, opens, 18)
    ]


def _changes(zone, first, last):
    """When this clock is put forward or back."""
    tz, at, found = ZoneInfo(zone), datetime(first, 1, 1, tzinfo=UTC), []
    while at.year < last:
        if at.astimezone(tz).utcoffset() != (at + HALF_HOUR).astimezone(tz).utcoffset():
            found.append(at + HALF_HOUR)
        at += HALF_HOUR
    return found


def _first_open(zone, at, opens, closes):
    while not opens <= at.astimezone(ZoneInfo(zone)).hour < closes:
        at += MINUTE
    return at


def _walls(zone, change):
    """Each quarter of an hour of the days about the change, and the first moment at which the wall shows it; one that
    is not shown is the moment of the change."""
    tz = ZoneInfo(zone)
    shown = {}
    for minute in range(-48 * 60, 48 * 60):
        instant = change + minute * MINUTE
        shown.setdefault(instant.astimezone(tz).replace(tzinfo=None), instant)
    wall = (change - EVENING).astimezone(tz).replace(tzinfo=None, hour=0, minute=0)
    until = (change + EVENING).astimezone(tz).replace(tzinfo=None)
    while wall < until:
        yield wall, shown.get(wall, change)
        wall += HALF_HOUR / 2
