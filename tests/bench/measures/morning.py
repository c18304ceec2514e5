"""The manager's morning against the floor page, and its statements for few reps and many."""

from tests.bench.measured import measured_site
from tests.bench.measures.pages import against_floor
from tests.bench.report import at_most, exactly

QUERIES_MAX = 14
MANAGER = "manager1@bench.example"
# So many BDRs of the company, from the first on, are reps of the first team; the others are of the last.
REPS = """
    UPDATE team_membership member
       SET team_id = CASE WHEN ranked.place <= %s THEN (SELECT min(id) FROM team_team)
                          ELSE (SELECT max(id) FROM team_team) END
      FROM (SELECT id, row_number() OVER (ORDER BY user_id) AS place FROM team_membership WHERE role = 'bdr') ranked
     WHERE ranked.id = member.id
"""


def measure_morning(plan):
    with measured_site(plan, writes=True) as site:
        yield from against_floor(plan, site, "morning, 10 reps:", "/team/", bound=3, rows=0, who=MANAGER)
        statements = {}
        for reps in (5, 40):
            site.sql(REPS, reps)
            manager = site.client(MANAGER)
            # The first answer fills what a process keeps for ever.
            page = [manager.get("/team/") for _ in range(2)][-1]
            shown = page.text.count('<tr id="rep-')
            yield exactly(f"morning: reps of {reps} shown", shown, reps)
            statements[reps] = page.queries
        yield from against_floor(plan, site, "morning, 40 reps:", "/team/", bound=3, rows=0, who=MANAGER)
        yield at_most("morning: statements, 40 reps", statements[40], QUERIES_MAX)
        yield exactly(
            "morning: statements, 5 and 40 reps",
            f"{statements[5]} and {statements[40]}",
            f"{statements[40]} and {statements[40]}",
        )
