"""Everybody in a track is due in one slot: worked as a set, against one by one, and at 100,000 against 10,000."""

import statistics
import time

from django.db import connection, connections

from nurture.actions.advancing import advance, go_from
from nurture.models import Enrolment, Message, Passage, Track, TrackNode, TrackVersion
from team.clock import database_now
from tests.bench.databases import Databases, use
from tests.bench.report import at_least, exactly
from tests.bench.timing import ROUNDS

# People who can be reached by e-mail, each under way in a track of waits and letters, at its first wait, which is over.
PEOPLE = """
    INSERT INTO accounts_person (public_id, given_name, family_name, country, region, city, time_zone, language, source,
                                 standing, custom, version, created_at)
    SELECT gen_random_uuid(), 'Slot', n::text, '', '', '', 'UTC', '', '', 'prospect', '{}', 1, now()
      FROM generate_series(1, %s) n
"""
ADDRESSES = """
    INSERT INTO accounts_contactpoint (person_id, kind, value, normalised, extension, is_primary, state, source,
                                       created_at)
    SELECT id, 'email', 'slot' || id || '@bench.example', 'slot' || id || '@bench.example', '', true, 'ok', '', now()
      FROM accounts_person WHERE given_name = 'Slot'
"""
UNDER_WAY = """
    INSERT INTO nurture_enrolment (public_id, person_id, track_id, version_id, node_id, state, due_at, paused_because,
                                   outcome, is_held_out, started_at, followed_from)
    SELECT gen_random_uuid(), id, %s, %s, %s, 'active', now() - interval '1 hour', '', '', false,
           now() - interval '2 days', now() - interval '2 days'
      FROM accounts_person WHERE given_name = 'Slot' ORDER BY id LIMIT %s
"""
EMPTY = "TRUNCATE nurture_enrolment, nurture_message, nurture_passage CASCADE"


def measure_advance(plan):
    databases, slot = Databases(plan.server), plan.pick(100_000, 10_000)
    use(databases.empty_copy())
    try:
        version, first = _track()
        with connection.cursor() as cursor:
            cursor.execute(PEOPLE, [slot])
            cursor.execute(ADDRESSES)
            cursor.execute("ANALYZE")
        yield from _against_single(version, first, slot // 10, single=plan.pick(1000, 100))
        yield from _by_size(version, first, slot)
    finally:
        connections.close_all()


def _track():
    """Wait, a letter, a wait."""
    at = database_now()
    track = Track.objects.create(name="Slot")
    version = TrackVersion.objects.create(track=track, number=1, made_at=at, published_at=at)
    first = TrackNode.objects.create(version=version, position=1, kind="wait", days=1)
    TrackNode.objects.create(version=version, position=2, kind="email", subject="Hello", text="Something.")
    TrackNode.objects.create(version=version, position=3, kind="wait", days=9)
    return version, first


def _fill(version, first, rows):
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
        cursor.execute(UNDER_WAY, [version.track_id, version.pk, first.pk, rows])
        cursor.execute("ANALYZE nurture_enrolment")


def _rate(rows):
    """Rows a second, all of them."""
    at, begun = database_now(), time.perf_counter()
    worked = 0
    while done := advance(at=at):
        worked += done
    seconds = time.perf_counter() - begun
    if worked != rows:
        raise AssertionError(f"{worked} of {rows} were worked")
    return rows / seconds


def _one_by_one(rows):
    """The same, a row a transaction."""
    at = database_now()
    ids = list(Enrolment.objects.due(at).values_list("pk", flat=True)[:rows])
    begun = time.perf_counter()
    for pk in ids:
        one = Enrolment.objects.get(pk=pk)
        node = TrackNode.objects.get(version=one.version_id, kind="email")
        go_from([one], {pk: node}, at=at)
    return rows / (time.perf_counter() - begun)


def _against_single(version, first, rows, *, single):
    rounds = []
    for _round in range(ROUNDS):
        _fill(version, first, rows)
        singly = _one_by_one(single)
        together = _rate(rows - single)
        rounds.append((together / singly, together, singly))
    ratio, together, singly = (statistics.median(side) for side in zip(*rounds, strict=True))
    more = f"{together:,.0f} / {singly:,.0f} a second"
    yield at_least("tracks: due in one slot, a batch against one by one", ratio, 10, more=more)


def _by_size(version, first, slot):
    rates = {slot // 10: [], slot: []}
    for _round in range(ROUNDS):
        for rows, found in rates.items():
            _fill(version, first, rows)
            found.append(_rate(rows))
    small, large = (statistics.median(found) for found in rates.values())
    more = f"{large:,.0f} / {small:,.0f}"
    yield at_least(f"tracks: a second at {slot:,} due / at {slot // 10:,}", large / small, 0.8, more=more)
    planned = (Message.objects.count(), Passage.objects.filter(what="planned").count())
    yield exactly("tracks: letters planned, and told", planned, (slot, slot))
