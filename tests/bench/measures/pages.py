"""Pages against the floor page, and what ten times as many leads cost them."""

import re

from tests.bench import dataset
from tests.bench.measured import measured_site
from tests.bench.report import at_least, at_most
from tests.bench.timing import in_turns, p95_in_turns

UUID = re.compile(r"/(?:leads|people|accounts)/([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21})/")
# Whoever is found, also where the lead is another team's and has no link.
FOUND = re.compile(rf"[A-Z][a-z]+ {dataset.FOUND_NAME}\b")
P95_SAMPLES = 200
SEARCHES = {
    "name": dataset.FOUND_NAME,
    "e-mail": f".{dataset.FOUND_NAME.lower()}",
    "company": dataset.FOUND_COMPANY,
}


def measure_queue(plan):
    with measured_site(plan) as site:
        yield from against_floor(plan, site, "queue", "/", bound=2, rows=50)


def measure_pool(plan):
    with measured_site(plan) as site:
        yield from against_floor(plan, site, "pool", "/pool/", bound=2, rows=50)


def measure_lead(plan):
    with measured_site(plan) as site:
        yield from against_floor(plan, site, "lead", lead_path(site, 3), bound=2, rows=0)


def measure_search(plan):
    with measured_site(plan) as site:
        for what, q in SEARCHES.items():
            path = f"/search/?q={q}"
            rows = 50 if what != "company" else 0
            yield from against_floor(plan, site, f"search by {what}", path, bound=3, rows=rows, shown=FOUND)


LISTS = {
    "": "due first",
    "?sort=came": "came in last",
    "?sort=quiet": "untouched longest",
    "?tier=A&due=week": "filtered",
    "?phase=all&sort=touched": "with what is closed",
}
# Who sees one team of eight, what several AEs were handed, everything.
READERS = {"rep": dataset.FULL_REP, "AE": "ae1@bench.example", "marketer": "marketer1@bench.example"}
LIST_QUERIES = 14


def measure_leads_list(plan):
    with measured_site(plan) as site:
        for query, what in LISTS.items():
            yield from against_floor(plan, site, f"leads list, {what}:", f"/leads/{query}", bound=3, rows=50)
        for reader, email in READERS.items():
            yield from against_floor(plan, site, f"leads list of {reader}:", "/leads/", bound=3, rows=0, who=email)
            queries = site.client(email).get("/leads/").queries
            yield at_most(f"leads list of {reader}: statements", queries, LIST_QUERIES)


def measure_growth(plan):
    """The same pages with ten times as many leads behind them: both sites run, and are asked in turns."""
    with measured_site(plan, leads=plan.leads // 10) as small, measured_site(plan) as large:
        paths = {
            "queue": ("/", "/"),
            "pool": ("/pool/", "/pool/"),
            "lead": (lead_path(large, 3), lead_path(small, 3)),
            "search": (f"/search/?q={dataset.FOUND_NAME}",) * 2,
        }
        rep_large, rep_small = large.client(dataset.FULL_REP), small.client(dataset.FULL_REP)
        for name, (path_large, path_small) in paths.items():
            many, few = p95_in_turns(
                lambda path=path_large: _seconds(rep_large, path),
                lambda path=path_small: _seconds(rep_small, path),
                samples=plan.pick(2 * P95_SAMPLES, P95_SAMPLES),
            )
            yield at_most(
                f"{name} p95: {plan.leads:,} / {plan.leads // 10:,} leads", many / few, 1.3,
                more=f"{many * 1000:.1f} ms / {few * 1000:.1f} ms",
            )  # fmt: skip


def lead_path(site, lead_id):
    return f"/leads/{site.sql('SELECT public_id FROM leads_lead WHERE id = %s', lead_id)[0][0]}/"


def against_floor(plan, site, name, path, *, bound, rows, shown=UUID, who=dataset.FULL_REP):
    rep, floor = site.client(who), site.client(dataset.FULL_REP)
    found = shown.findall(rep.get(path).text)
    number = len(set(found)) if shown is UUID else len(found)
    versus = in_turns(lambda: _seconds(rep, path), lambda: _seconds(floor, "/bench/page/"), samples=plan.pick(40, 10))
    more = f"{versus.ours * 1000:.1f} ms / {versus.floor * 1000:.1f} ms"
    yield at_most(f"{name} page p50 / floor page", versus.ratio, bound, more=more)
    if rows:
        yield at_least(f"{name} page: rows shown", number, rows)


def _seconds(rep, path):
    answer = rep.get(path)
    if answer.status != 200:
        raise AssertionError(f"{path} answered {answer.status}")
    return answer.seconds
