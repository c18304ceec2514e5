"""Many reps at the same moment, over HTTP: nobody is given what somebody else has, and nobody sees an error."""

from collections import Counter
from functools import partial

from tests.bench.client import HTMX
from tests.bench.measured import measured_site
from tests.bench.report import exactly
from tests.bench.timing import together

TAKERS, CLAIMERS = 64, 50
GIVEN = "SELECT lead_id, count(*) FROM leads_leadevent WHERE id > %s AND verb = 'claim' GROUP BY 1"
FREE = "SELECT id, public_id FROM leads_lead WHERE phase = 'queued' AND bdr_id IS NULL ORDER BY id LIMIT %s"
CLAIMED = """
    SELECT bdr_id, (SELECT count(*) FROM leads_leadevent WHERE lead_id = lead.id AND verb = 'claim' AND id > %s)
      FROM leads_lead lead WHERE id = %s
"""


def measure_take_next(plan):
    rounds = plan.pick(8, 2)
    with measured_site(plan, writes=True, processes=2) as site:
        _one_pool(site)
        reps = [site.rep(number) for number in range(1, TAKERS + 1)]
        begun = site.sql("SELECT coalesce(max(id), 0) FROM leads_leadevent")[0][0]
        statuses = Counter()

        def take(rep):
            statuses[rep.post("/take-next/", headers=HTMX).status] += 1

        for _ in range(rounds):
            together([partial(take, rep) for rep in reps])
        given = site.sql(GIVEN, begun)
        trials = f"{rounds} x {TAKERS}"
        yield exactly("take next: given twice", sum(1 for _lead, times in given if times > 1), 0, more=trials)
        yield exactly("take next: given", len(given), rounds * TAKERS, more=_seen(statuses))
        yield exactly("take next: errors of the server", _errors(statuses), 0)


def measure_one_lead(plan):
    rounds = plan.pick(200, 20)
    with measured_site(plan, writes=True, processes=2) as site:
        _one_pool(site)
        reps = [site.rep(number) for number in range(1, CLAIMERS + 1)]
        names = dict(site.sql("SELECT id, name FROM team_user"))
        begun = site.sql("SELECT coalesce(max(id), 0) FROM leads_leadevent")[0][0]
        free = site.sql(FREE, rounds)
        statuses, other_ends, untold = Counter(), 0, 0
        for lead_id, public_id in free:
            answers = []

            def claim(rep, path=f"/leads/{public_id}/claim/", into=answers):
                into.append(rep.post(path, headers=HTMX))

            together([partial(claim, rep) for rep in reps])
            round_statuses = Counter(answer.status for answer in answers)
            statuses += round_statuses
            owner, claims = site.sql(CLAIMED, begun, lead_id)[0]
            won = sum(number for status, number in round_statuses.items() if status < 300)
            other_ends += won != 1 or round_statuses[409] != CLAIMERS - 1 or claims != 1
            untold += sum(1 for answer in answers if answer.status == 409 and names[owner] not in answer.text)
        trials = f"{len(free)} rounds of {CLAIMERS}"
        yield exactly("one lead: rounds without exactly one winner", other_ends, 0, more=f"{trials}, {_seen(statuses)}")
        yield exactly("one lead: losers who are not told who has it", untold, 0)
        yield exactly("one lead: errors of the server", _errors(statuses), 0)


def _one_pool(site):
    """Everybody in one team, and everything that is free in its pool, never touched: the hardest case."""
    site.sql("UPDATE team_membership SET team_id = (SELECT min(id) FROM team_team) WHERE role = 'bdr'")
    site.sql("UPDATE leads_lead SET team_id = (SELECT min(id) FROM team_team) WHERE phase = 'queued'")


def _errors(statuses):
    return sum(number for status, number in statuses.items() if status >= 500)


def _seen(statuses):
    return ", ".join(f"{number} x {status}" for status, number in sorted(statuses.items()))
