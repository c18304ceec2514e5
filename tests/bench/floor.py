"""The floor: what the same server, middleware and templates cost when a page does nothing but its one job.

Every bound of a page or an action is a multiple of one of these, measured in the same run. A row has the cells and the
markup of a row of My queue, so that the two differ in what is done and not in what is written.
"""

from django.db import connection, transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

# The database makes the words, so that the template has one name to look up for each cell.
CELLS = """
    lead.id, lead.public_id::text AS public_id, concat(person.given_name, ' ', person.family_name) AS name,
    to_char(lead.due_at, 'YYYY-MM-DD"T"HH24:MI') AS due, concat_ws(' · ', lead.lane, lead.tier, lead.source) AS why
"""
NAMES = ("id", "public_id", "name", "due", "why", "place", "what")
ROWS = f"""
    SELECT {CELLS}, concat_ws(', ', job.title, account.name) AS place, concat(step.kind, ' ', step.attempt) AS what
      FROM leads_step step
      JOIN leads_lead lead ON lead.id = step.lead_id
      JOIN accounts_person person ON person.id = lead.person_id
      LEFT JOIN accounts_account account ON account.id = lead.account_id
      LEFT JOIN accounts_employment job ON job.person_id = person.id AND job.is_current
     WHERE step.assignee_id = %s AND step.state = 'open'
     ORDER BY step.due_at, step.id
     LIMIT 50
"""
ROW = f"""
    SELECT {CELLS}, account.name AS place, 'call' AS what
      FROM leads_lead lead
      JOIN accounts_person person ON person.id = lead.person_id
      LEFT JOIN accounts_account account ON account.id = lead.account_id
     WHERE lead.id = %s
"""
TOUCH = f"""
    UPDATE leads_lead lead SET last_touched_at = %s, version = lead.version + 1
      FROM accounts_person person
     WHERE lead.id = %s AND person.id = lead.person_id
    RETURNING {CELLS}, '' AS place, 'call' AS what
"""
EVENT = """
    INSERT INTO leads_leadevent (lead_id, verb, at, by_id, from_phase, to_phase, changes, data)
    VALUES (%s, 'bench', %s, %s, 'working', 'working', '{}', '{}')
"""
ACTIVITY = """
    INSERT INTO leads_activity (lead_id, person_id, kind, at, by_id, is_conversation)
    SELECT id, person_id, 'call', %s, %s, false FROM leads_lead WHERE id = %s
"""


@require_GET
def empty(request):
    """A signed-in user and nothing else."""
    return HttpResponse(f"<p>{request.user.pk}</p>")


@require_GET
def page(request):
    """A list of 50 rows from one statement."""
    return render(request, "bench/floor.html", {"rows": _fetch(ROWS, [request.user.pk])})


@require_GET
def row(request, lead_id):
    return render(request, "bench/floor.html#row", _named(_fetch(ROW, [lead_id])[0]))


@require_POST
def write(request, lead_id):
    """One UPDATE, two INSERTs, one commit, one row back."""
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TOUCH, [now, lead_id])
        written = cursor.fetchone()
        cursor.execute(EVENT, [lead_id, now, request.user.pk])
        cursor.execute(ACTIVITY, [now, request.user.pk, lead_id])
    return render(request, "bench/floor.html#row", _named(written))


def _named(values):
    return dict(zip(NAMES, values, strict=True))


def _fetch(sql, values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
