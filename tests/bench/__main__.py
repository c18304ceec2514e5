"""Measure Midfield: `./run bench NAME... [--list] [--quick] [--leads N]`. See docs/bench.md."""

import argparse
import sys
from dataclasses import dataclass

from tests.bench.by_name import chosen, run
from tests.bench.environment import environment

# name: (module of tests.bench.measures, what it says). A module has one function of each name.
MEASURES = {
    "floor": ("floors", "the floor page against an empty page of a signed-in user"),
    "queue": ("pages", "My queue against the floor page"),
    "pool": ("pages", "the pool against the floor page"),
    "lead": ("pages", "the lead page against the floor page"),
    "search": ("pages", "search by name, e-mail and company against the floor page"),
    "library": ("library", "searches of the library with 20,000 assets against 200, on SQLite and on PostgreSQL"),
    "leads_list": (
        "pages",
        "the list of leads in its orders and for each reader against the floor page; its statements",
    ),
    "morning": ("morning", "a manager's morning against the floor page; its statements for 5 and 40 reps"),
    "growth": ("pages", "p95 of the four pages at the full size against a tenth of it"),
    "queries": ("queries", "statements of the queue and of the lead page with all they load, few rows and many"),
    "claim": ("actions", "claims over HTTP against the writing floor"),
    "log_call": ("actions", "logged calls over HTTP against the writing floor"),
    "two_keys": ("actions", "no answer to the next lead's page, one request, against the writing floor"),
    "take_next": ("races", "64 reps take the next lead at the same moment"),
    "one_lead": ("races", "50 reps claim one lead at the same moment"),
    "bulk_move": ("moves", "5,000 leads moved in one act against one by one, and claims of others meanwhile"),
    "advance": (
        "tracks",
        "what is due in one slot: a batch / one by one, 100,000 / 10,000, two workers / one",
    ),
    "hand_raiser": ("fairness", "who is taken next from a pool with 2,000 missed leads, at every minute of a day"),
    "import": ("imports", "a file of 9,240 rows in the worker, and the pages meanwhile, on SQLite and on PostgreSQL"),
    "first_load": ("first_load", "bytes and requests of My queue in a browser that has nothing"),
    "inbound": ("inbound", "mails of shared/data: bounces, complaints and automatic replies told by their kind"),
    "yield": (
        "reports",
        "what came of those we put to sleep, for each reader; its interval over 2,000 cohorts",
    ),
    "start": ("start", "from a clean clone to the login page, and again"),
}


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    server: str
    leads: int
    quick: bool

    def pick(self, full, quick):
        return quick if self.quick else full


def main():
    arguments = _arguments()
    names = chosen(MEASURES, arguments.names, wants_list=arguments.list)
    if isinstance(names, int):
        return names
    with environment() as server:
        plan = Plan(server, arguments.leads or (20_000 if arguments.quick else 100_000), arguments.quick)
        short = sum(run(name, f"tests.bench.measures.{MEASURES[name][0]}:measure_{name}", plan) for name in names)
    return 1 if short else 0


def _arguments():
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; all of it when nothing is named")
    parser.add_argument("--list", action="store_true", help="say what can be measured")
    parser.add_argument("--quick", action="store_true", help="fewer samples, a smaller data set")
    parser.add_argument("--leads", type=int, help="how many leads (100,000; with --quick 20,000)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
