"""Everybody in a track is due in one slot, every letter of a day, and whoever sleeps: worked as a set against one by
one, at 100,000 against 10,000, by two workers against one."""

import itertools
from datetime import timedelta

from django.db import connection, connections

from nurture.actions.advancing import advance, go_from
from nurture.actions.claiming import claim_messages
from nurture.models import Enrolment, MailRules, Message, Passage, Track, TrackNode, TrackVersion
from team.clock import database_now
from tests.bench.databases import Databases, use
from tests.bench.measures.wakes import WAKES
from tests.bench.report import exactly
from tests.bench.slots import Slot, against_one_by_one, by_how_much_waits, by_workers

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
    SELECT id, 'email', address, address, '', true, 'ok', '', now()
      FROM (SELECT id, 'slot' || id || '@host' || id % 50 || '.example' AS address
              FROM accounts_person WHERE given_name = 'Slot') AS named
"""
UNDER_WAY = """
    INSERT INTO nurture_enrolment (public_id, person_id, track_id, version_id, node_id, state, due_at, paused_because,
                                   outcome, is_held_out, started_at, followed_from)
    SELECT gen_random_uuid(), person.id, track_id, version_id, node.id, 'active', now() - interval '1 hour', '', '',
           false, now() - interval '2 days', now() - interval '2 days'
      FROM nurture_tracknode node JOIN nurture_trackversion version ON version.id = node.version_id,
           accounts_person person
     WHERE given_name = 'Slot' AND node.position = 1 ORDER BY person.id LIMIT %s
"""
LETTERS = """
    INSERT INTO nurture_message (public_id, kind, person_id, enrolment_id, node_id, to_hash, domain, state, because,
                                 planned_at, due_at, claimed_by, lapses, attempt)
    SELECT gen_random_uuid(), 'nurture', enrolment.person_id, enrolment.id, node.id, '', '', 'planned', '',
           now() - interval '1 hour', now() - interval '1 hour', '', 0, 0
      FROM nurture_enrolment enrolment JOIN nurture_tracknode node ON node.version_id = enrolment.version_id
     WHERE node.kind = 'email'
"""
EMPTY = "TRUNCATE nurture_enrolment, nurture_message, nurture_passage CASCADE"
# A mail server takes some hundred letters in this time: so long ago is the last claim.
BETWEEN_CLAIMS = timedelta(seconds=2)
SECONDS = 60


def measure_advance(plan):
    databases, many = Databases(plan.server), plan.pick(100_000, 10_000)
    few_url, many_url = (databases.empty_named(f"bench_slot_{name}") for name in ("few", "many"))
    try:
        for url in (few_url, many_url):
            _people(databases, url, many)
        urls = (few_url, many_url)
        tracks = Slot("tracks", _fill_tracks, _advance, _advance_one)
        yield from _slot(tracks, urls, many, chunk=plan.pick(5_000, 1_000), single=plan.pick(500, 100))
        letters = Slot("letters", _fill_letters, _claim, _claim_one)
        yield from _slot(letters, urls, many, chunk=plan.pick(4_000, 1_000), single=plan.pick(500, 100))
        yield from _whole(few_url, many // 10)
        # Last: to begin anew with leads empties what hangs on them, tracks as well.
        yield from _slot(WAKES, urls, many, chunk=plan.pick(2_000, 1_000), single=plan.pick(100, 50))
    finally:
        connections.close_all()


def _slot(slot, urls, many, *, chunk, single):
    few_url, many_url = urls
    use(few_url)
    yield from against_one_by_one(slot, rows=5 * chunk, single=single, seconds=SECONDS)
    yield from by_how_much_waits(slot, many_url, few_url, many=many, chunk=chunk, seconds=SECONDS)
    use(few_url)
    yield from by_workers(slot, rows=2 * chunk, seconds=SECONDS)


def _people(databases, url, count):
    """A company, so many people, and a track: wait, a letter, a wait."""
    databases.fill_empty(url)
    use(url)
    at = database_now()
    track = Track.objects.create(name="Slot")
    version = TrackVersion.objects.create(track=track, number=1, made_at=at, published_at=at)
    TrackNode.objects.create(version=version, position=1, kind="wait", days=1)
    TrackNode.objects.create(version=version, position=2, kind="email", subject="Hello", text="Something.")
    TrackNode.objects.create(version=version, position=3, kind="wait", days=9)
    rules = {"opens": 0, "closes": 24, "on_weekends": True, "domain_most_a_minute": 30_000}
    MailRules.objects.update_or_create(pk=1, defaults=rules)
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [count])
        cursor.execute(ADDRESSES)
        cursor.execute("ANALYZE")


def _fill_tracks(rows):
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
        cursor.execute(UNDER_WAY, [rows])
        cursor.execute("ANALYZE nurture_enrolment")


def _advance():
    return advance(at=database_now())


def _advance_one():
    """The same, one in a transaction of its own."""
    at = database_now()
    one = Enrolment.objects.due(at)[0]
    go_from([one], {one.pk: TrackNode.objects.get(version=one.version_id, kind="email")}, at=at)


def _fill_letters(rows):
    _fill_tracks(rows)
    with connection.cursor() as cursor:
        cursor.execute(LETTERS)
        cursor.execute("ANALYZE nurture_message")


_claims = itertools.count()


def _claim(most=200):
    return len(claim_messages(by="bench", at=database_now() + next(_claims) * BETWEEN_CLAIMS, most=most))


def _claim_one():
    if not _claim(most=1):
        raise AssertionError("nothing was due")


def _whole(url, rows):
    """Everything of a slot is worked, once."""
    use(url)
    _fill_tracks(rows)
    while _advance():
        pass
    planned = (Message.objects.count(), Passage.objects.filter(what="planned").count())
    yield exactly("tracks: letters planned, and told", planned, (rows, rows))
