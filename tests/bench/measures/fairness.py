"""A pool with 2,000 missed leads, and somebody who asks to be called: she is next, whatever the hour."""

from datetime import UTC, datetime, timedelta

import psycopg
from django.db import connection, connections, transaction

from accounts.models import Person
from agreement.models import Lane
from leads.actions.claiming import take_next
from leads.actions.entering import NewLead, open_leads
from leads.models import Lead
from team.models import User
from tests.bench import dataset
from tests.bench.databases import Databases, use
from tests.bench.report import exactly

MISSED = 2000
MINUTES = 24 * 60
MISS_MANY = """
    UPDATE leads_lead
       SET phase = 'queued', band = 3, team_id = %(team)s, stage_id = %(stage)s, bdr_id = NULL, reserved_until = NULL,
           wake_at = NULL, reason_id = NULL, sweep_at = NULL, first_touched_at = NULL,
           due_at = now() - random() * interval '30 days'
     WHERE id IN (SELECT id FROM leads_lead WHERE phase = 'nurture' AND account_id NOT IN (
                  -- Colleagues of somebody with a meeting are laid aside.
                  SELECT account_id FROM leads_lead JOIN leads_handoff ON lead_id = leads_lead.id
                   WHERE account_id IS NOT NULL) ORDER BY id LIMIT %(missed)s)
"""


def measure_hand_raiser(plan):
    databases = Databases(plan.server)
    url = databases.copy(databases.sized(10_000))
    with psycopg.connect(url) as prepared:
        team, other = (row[0] for row in prepared.execute("SELECT id FROM team_team ORDER BY id LIMIT 2"))
        stage = prepared.execute(
            "SELECT id FROM agreement_stage WHERE phase = 'queued' AND is_entry AND retired_at IS NULL"
        ).fetchone()[0]
        prepared.execute("UPDATE leads_lead SET team_id = %s WHERE phase = 'queued' AND team_id = %s", [other, team])
        prepared.execute(MISS_MANY, {"team": team, "stage": stage, "missed": MISSED})
    use(url)
    rep = User.objects.get(email=dataset.OTHER_REP)
    person = Person.objects.filter(leads=None).first() or _somebody()
    monday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday += timedelta(days=7 - monday.weekday())
    waiting = Lead.objects.in_pool(teams=[team], at=monday).filter(band=Lead.Band.MISSED).count()
    yield exactly("pool: missed leads in it", waiting, MISSED)

    every = plan.pick(1, 30)
    for day, name in ((monday, "a working day"), (monday - timedelta(days=1), "a Sunday")):
        moments = [day + timedelta(minutes=minute) for minute in range(0, MINUTES, every)]
        others = sum(_is_another_taken(person, rep, team, moment) for moment in moments)
        yield exactly(f"pool: minutes of {name} when another is next", others, 0, more=f"of {len(moments)}")
    connections.close_all()


def _is_another_taken(person, rep, team, moment):
    """She asks, and within the same minute a rep takes the next lead; nothing of it is kept."""
    with transaction.atomic():
        asked = NewLead(person.pk, Lane.HAND_RAISER, Lead.Origin.HAND_RAISER, team_id=team)
        entered = open_leads([asked], by=None, at=moment)
        taken = take_next(by=rep, at=moment + timedelta(seconds=30))
        is_another = not entered.leads or taken is None or taken.pk != entered.leads[0].pk
        transaction.set_rollback(True)
    connection.queries_log.clear()
    return is_another


def _somebody():
    return Person.objects.create(given_name="Asks", family_name="Now", country="GB", time_zone="Europe/London")
