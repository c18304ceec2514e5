"""A manager moves 5,000 leads: against as many single moves, and what a rep who claims meanwhile feels of it."""

import statistics
import threading
import time
import uuid

from django.db import connections

from leads.actions.moving import Target, move_leads
from leads.models import LeadEvent
from team.clock import database_now
from team.models import User
from tests.bench.client import HTMX
from tests.bench.databases import Databases, use
from tests.bench.measured import MeasuredSite
from tests.bench.report import at_least, at_most, exactly
from tests.bench.timing import ROUNDS, p95

LEADS = 5000
SAMPLES = 200
SECONDS_MAX = 120.0
# Three reps of the first team and one of the second.
RECEIVERS = [f"bdr{number}@bench.example" for number in (4, 5, 6)]
CLAIMS = "bdr11@bench.example"
# A team with so many open leads of every phase that a rep may hold; most of what is free is the next team's.
GATHER = """
    UPDATE leads_lead SET team_id = (SELECT min(id) FROM team_team)
     WHERE id IN (SELECT id FROM leads_lead WHERE phase IN ('working', 'nurture') ORDER BY phase DESC, id LIMIT %s)
"""
POOLS = """
    UPDATE leads_lead
       SET team_id = CASE WHEN mod(id, 5) = 0 THEN (SELECT min(id) FROM team_team)
                          ELSE (SELECT id FROM team_team ORDER BY id LIMIT 1 OFFSET 1) END
     WHERE phase = 'queued' AND bdr_id IS NULL
"""
THEIRS = """
    SELECT id FROM leads_lead WHERE team_id = (SELECT min(id) FROM team_team)
       AND phase IN ('queued', 'working', 'nurture') ORDER BY md5(id::text) LIMIT %s
"""
FREE = """
    SELECT public_id FROM leads_lead WHERE phase = 'queued' AND bdr_id IS NULL AND reserved_until IS NULL
       AND team_id <> (SELECT min(id) FROM team_team) ORDER BY id
"""


def measure_bulk_move(plan):
    databases = Databases(plan.server)
    url = databases.copy(databases.sized(plan.leads))
    with MeasuredSite(url, databases.sessions) as site:
        site.sql(GATHER, LEADS)
        site.sql(POOLS)
        ids = [pk for (pk,) in site.sql(THEIRS, LEADS)]
        use(url)
        try:
            yield from _against_single(plan, ids)
        finally:
            connections.close_all()
        yield from _while_others_claim(site)


def _against_single(plan, ids):
    """In turns: all of them in one act, then some of them one by one, by the same action."""
    manager = User.objects.get(email="manager1@bench.example")
    one, other, third = (User.objects.get(email=email) for email in RECEIVERS)
    single = plan.pick(1000, 300)
    rounds, written = [], set()
    move_leads(ids, target=Target(third), by=manager, at=database_now())
    for number in range(ROUNDS):
        last = LeadEvent.objects.order_by("-id").values_list("id", flat=True).first()
        begun = time.perf_counter()
        done = move_leads(ids, target=Target((one, other)[number % 2]), by=manager, at=database_now())
        at_once = time.perf_counter() - begun
        datas = list(LeadEvent.objects.filter(id__gt=last).values_list("data", flat=True))
        written.add((len(done.leads), len(datas), len({data["act"] for data in datas})))
        begun = time.perf_counter()
        for pk in ids[:single]:
            move_leads([pk], target=Target(third), by=manager, at=database_now())
        singly = (time.perf_counter() - begun) * len(ids) / single
        rounds.append((singly / at_once, at_once, singly))
    ratio, at_once, singly = (statistics.median(side) for side in zip(*rounds, strict=True))
    more = f"{at_once:.1f} s / {singly:.1f} s"
    yield at_least(f"bulk move of {len(ids):,} leads: times as fast as one by one", ratio, 10, more=more)
    yield exactly("bulk move: leads, events and acts", sorted(written), [(len(ids), len(ids), 1)])
    move_leads(ids, target=Target(one), by=manager, at=database_now())


def _while_others_claim(site):
    """On the page: a click, the worker, and the page that asks every second how far it is."""
    site.start_broker()
    site.start_worker()
    site.start_beat()
    site.start_web()
    keys = dict(site.sql("SELECT email, id FROM team_user"))
    team = site.sql("SELECT min(id) FROM team_team")[0][0]
    manager, free, clicks = site.client("manager1@bench.example"), iter([row[0] for row in site.sql(FREE)]), []
    one, other = RECEIVERS[:2]
    with _Claiming(site, free) as before:
        while len(before.seconds) < SAMPLES:
            time.sleep(0.1)
    with _Claiming(site, free) as meanwhile:
        while len(meanwhile.seconds) < SAMPLES:
            clicks.append(_move(manager, {"team": team, "rep": keys[one], "to": f"rep-{keys[other]}"}))
            one, other = other, one
    quiet, busy = p95(before.seconds), p95(meanwhile.seconds)
    more = f"{busy * 1000:.0f} / {quiet * 1000:.0f} ms, {len(meanwhile.seconds)} samples, {len(clicks)} moves"
    yield at_most("claim p95 during bulk moves / before", busy / quiet, 2, more=more)
    yield at_most("bulk move on its page: answer to the click", max(click for click, _end in clicks), 1, unit=" s")
    yield at_most("bulk move on its page: from the click to the end", max(end for _click, end in clicks), 30, unit=" s")


def _move(manager, wanted):
    """The seconds until it was answered, and until the page says that it is done."""
    begun = time.monotonic()
    answer = manager.post("/team/move/", {**wanted, "all": "1", "form_id": uuid.uuid4()})
    if answer.status != 302:
        raise AssertionError(f"the move was answered {answer.status}")
    while time.monotonic() < begun + SECONDS_MAX:
        time.sleep(1)
        page = manager.get(answer.headers["location"], **HTMX)
        if 'data-is="done"' in page.text:
            return answer.seconds, time.monotonic() - begun
    raise AssertionError(f"the move did not end in {SECONDS_MAX:.0f} seconds: {page.text[:500]}")


class _Claiming:
    """A rep who claims one lead after the other, for as long as the block lasts."""

    def __init__(self, site, leads):
        self.rep, self.leads, self.seconds = site.client(CLAIMS), leads, []
        self.ended = threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self._claim)
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.ended.set()
        self.thread.join()

    def _claim(self):
        for lead in self.leads:
            answer = self.rep.post(f"/leads/{lead}/claim/", headers=HTMX)
            if answer.status < 300:
                self.seconds.append(answer.seconds)
            time.sleep(0.02)
            if self.ended.is_set():
                return
