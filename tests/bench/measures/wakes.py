"""Sleeping leads whose day it is, all at one moment, as a slot of what is due."""

from datetime import timedelta

from django.db import connection

from agreement.models import Phase
from leads.actions.recycling import wake_leads
from leads.actions.sweeping import sweep_leads
from leads.models import Lead, Recycling
from team.clock import database_now
from tests.bench.slots import Slot
from tests.make import make_lead

SLEPT = timedelta(days=90)
EMPTY = "TRUNCATE leads_lead CASCADE"
DUE = "UPDATE leads_lead SET wake_at = now() - interval '1 hour', due_at = now() - interval '1 hour', sweep_at = now() - interval '1 hour'"  # noqa: E501
# Everybody is put to sleep as the one who went the way of the actions.
ASLEEP = """
    INSERT INTO leads_lead (public_id, person_id, {columns})
    SELECT gen_random_uuid(), person.id, {lead_columns}
      FROM leads_lead lead, accounts_person person WHERE lead.id = %s AND person.given_name = 'Slot'
     ORDER BY person.id LIMIT %s
"""
WHY = """
    INSERT INTO leads_recycling (lead_id, {columns})
    SELECT lead.id, {recycling_columns}
      FROM leads_recycling recycling, leads_lead lead WHERE recycling.lead_id = %s AND lead.id <> recycling.lead_id
"""


def _fill(rows):
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
    one = make_lead(phase=Phase.NURTURE, at=database_now() - SLEPT)
    with connection.cursor() as cursor:
        cursor.execute(DUE)
        cursor.execute(_with_columns(ASLEEP, Lead, but=("id", "public_id", "person_id")), [one.pk, rows])
        cursor.execute(_with_columns(WHY, Recycling, but=("id", "lead_id")), [one.pk])
        cursor.execute("UPDATE leads_lead SET sweep_at = NULL WHERE id = %s", [one.pk])
        cursor.execute("ANALYZE leads_lead, leads_recycling")


def _with_columns(statement, model, *, but):
    columns = [field.column for field in model._meta.concrete_fields if field.column not in but]
    table = model._meta.model_name
    words = {"columns": ", ".join(columns), f"{table}_columns": ", ".join(f"{table}.{column}" for column in columns)}
    return statement.format(**words)


def _wake():
    return sweep_leads(at=database_now())


def _wake_one():
    """The same, one in a transaction of its own."""
    at = database_now()
    lead = Lead.objects.to_sweep(at)[0]
    if not wake_leads([lead.pk], by=None, at=at).leads:
        raise AssertionError("nobody was woken")


WAKES = Slot("wakes", _fill, _wake, _wake_one)
