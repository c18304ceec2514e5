"""Claiming and logging over HTTP against the writing floor: one UPDATE, two INSERTs, a commit, a row back."""

import itertools
import statistics
import uuid

from tests.bench import dataset
from tests.bench.client import HTMX
from tests.bench.loaded import forms_of
from tests.bench.measured import measured_site
from tests.bench.report import at_least, at_most, exactly
from tests.bench.timing import ROUNDS, in_turns, rate

CLIENTS = 4
# One rep of each of four teams.
REPS = (1, 11, 21, 31)
FREE = "SELECT public_id FROM leads_lead WHERE phase = 'queued' AND bdr_id IS NULL AND team_id = %s ORDER BY id"


def measure_claim(plan):
    calls = plan.pick(100, 40)
    with measured_site(plan, writes=True) as site:
        clients = [site.rep(number) for number in REPS]
        teams = [row[0] for row in site.sql("SELECT id FROM team_team ORDER BY id")][: len(REPS)]
        free = [[row[0] for row in site.sql(FREE, team)] for team in teams]
        queues = [iter(leads) for leads in free]
        refused = []

        def claim(client, _call):
            answer = clients[client].post(f"/leads/{next(queues[client])}/claim/", headers=HTMX)
            if answer.status >= 300:
                refused.append(answer.status)

        yield from _rates(plan, site, "claim", clients, claim, calls=min(calls, min(map(len, free)) // (ROUNDS + 1)))
        yield exactly("claim: refused", len(refused), 0, more=str(sorted(set(refused))) if refused else "")


def measure_log_call(plan):
    """The act alone, as a plain form sends it: its answer names a page. What a page costs is said by `two_keys`."""
    with measured_site(plan, writes=True) as site:
        clients = [site.rep(number) for number in REPS]
        calls = [_calls(site, client, number) for client, number in zip(clients, REPS, strict=True)]
        refused = []

        def log(client, _call):
            path, fields = next(calls[client])
            answer = clients[client].post(path, fields)
            if answer.status != 302:
                refused.append(answer.status)

        yield from _rates(plan, site, "log call", clients, log, calls=plan.pick(200, 60))
        yield exactly("log call: refused", len(refused), 0, more=str(sorted(set(refused))) if refused else "")


def measure_two_keys(plan):
    """`c` `1`: the call is logged, and the answer to the same request is the next lead's page."""
    with measured_site(plan, writes=True) as site:
        rep = site.client(dataset.FULL_REP)
        calls = _calls(site, rep, 1, next="1")
        strays = []

        def log_and_go_on():
            path, fields = next(calls)
            answer = rep.post(path, fields, headers={**HTMX, "HX-Current-URL": f"{site.address}{path}"})
            others = [form["action"] for form in forms_of(answer.text) if form["action"].endswith("/call/")]
            leads_on = {name for name in answer.headers if name in ("hx-redirect", "hx-location", "hx-refresh")}
            if answer.status != 200 or leads_on or not others or path in others:
                strays.append((answer.status, sorted(leads_on), others[:1]))
            return answer.seconds

        versus = in_turns(
            log_and_go_on, lambda: rep.post(f"/bench/write/{dataset.FOUND.start}/").seconds, samples=plan.pick(40, 10)
        )
        more = f"{versus.ours * 1000:.1f} ms / {versus.floor * 1000:.1f} ms"
        yield at_most("two keys to the next lead p50 / writing floor", versus.ratio, 3, more=more)
        seen = str(strays[0]) if strays else ""
        yield exactly("two keys: answers that are not the next lead", len(strays), 0, more=seen)


def _rates(plan, site, name, clients, work, *, calls):
    """Calls a second of the action and of the floor, in turns."""
    # Leads that nobody opens here: the floor leaves a line in their history that no page has words for.
    lead = dataset.FOUND.start

    def floor(client, call):
        # A lead each, so that the floor does not wait for its own locks.
        clients[client].post(f"/bench/write/{lead + client * CLIENTS + call % CLIENTS}/")

    rate(work, clients=CLIENTS, calls=calls // 4)
    rate(floor, clients=CLIENTS, calls=calls // 4)
    rounds = [
        (rate(work, clients=CLIENTS, calls=calls), rate(floor, clients=CLIENTS, calls=calls)) for _ in range(ROUNDS)
    ]
    ours, theirs = (statistics.median(side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(mine / floors for mine, floors in rounds)
    yield at_least(f"{name} a second / writing floor", 100 * ratio, 50, unit=" %", more=f"{ours:.0f} / {theirs:.0f}")


def _calls(site, client, number, **more):
    """For ever: the address and the fields of a call without an answer, on one worked lead after the other of whom a
    number is known: a call to none is refused."""
    leads = site.sql(
        "SELECT public_id, version FROM leads_lead WHERE phase = 'working' AND id > %s AND bdr_id ="
        " (SELECT id FROM team_user WHERE email = %s) AND person_id IN (SELECT person_id FROM accounts_contactpoint"
        " WHERE kind IN ('phone', 'mobile') AND state IN ('ok', 'unverified')) ORDER BY id",
        dataset.LONG_LEAD, f"bdr{number}@bench.example",
    )  # fmt: skip
    page = client.get(f"/leads/{leads[0][0]}/")
    form = next(form for form in forms_of(page.text) if form["action"].endswith("/call/"))
    disposition = next(value for name, value in form["fields"] if name == "disposition" and value)
    for round_, (public_id, version) in ((number, lead) for number in itertools.count() for lead in leads):
        # A page shown after each call would carry one version more than the one before.
        fields = {"disposition": disposition, "note": "", "form_id": uuid.uuid4(), "version": version + round_}
        yield f"/leads/{public_id}/call/", {**fields, **more}
