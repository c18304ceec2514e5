"""Statements of a page with every fragment that it loads without a click; few rows and many must cost the same."""

import statistics

from tests.bench import dataset
from tests.bench.loaded import fragments_of
from tests.bench.measured import measured_site
from tests.bench.measures.pages import lead_path
from tests.bench.report import at_most, exactly

QUEUE_MAX, LEAD_MAX = 8, 16
# More than twice the threads of a web process.
ASKED = 17


def measure_queries(plan):
    with measured_site(plan, leads=10_000) as site:
        yield from _pair(site, "queue", QUEUE_MAX, "rows", {1: (dataset.LONE_REP, "/"), 50: (dataset.FULL_REP, "/")})
        yield from _pair(
            site, "lead", LEAD_MAX, "timeline entries",
            {
                dataset.SHORT_TIMELINE: (dataset.FULL_REP, lead_path(site, dataset.SHORT_LEAD)),
                dataset.LONG_TIMELINE: (dataset.FULL_REP, lead_path(site, dataset.LONG_LEAD)),
            },
        )  # fmt: skip


def _pair(site, name, bound, what, sides):
    counts = {number: _statements(site.client(email), path) for number, (email, path) in sides.items()}
    (few, less), (many, more) = counts.items()
    yield at_most(f"{name} page: statements, {many} {what}", more, bound)
    yield exactly(f"{name} page: statements, {few} and {many} {what}", f"{less} and {more}", f"{more} and {more}")


def _statements(client, path):
    """Asked for often: the first answer of each thread fills what it keeps for ever."""
    return statistics.median_low(_asked(client, path) for _ in range(ASKED))


def _asked(client, path):
    page = client.get(path)
    if page.status != 200:
        raise AssertionError(f"{path} answered {page.status}")
    parts = [client.get(fragment, **{"HX-Request": "true"}) for fragment in fragments_of(page.text)]
    return page.queries + sum(part.queries for part in parts)
