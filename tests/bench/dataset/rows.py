"""Rows on their way into the tables: what they refer to, how they are copied, how a lead's events fold to it."""

# ruff: noqa: E501 - tables of data read better a row a line

import json
from dataclasses import dataclass
from datetime import datetime

from tests.bench.dataset.shape import FULL_REP, LONE_REP

# Columns in the order in which a row of each table is made below.
TABLES = {
    "accounts_account": "id public_id name standing industry segment employees country region city website phone incumbent custom version created_at",
    "accounts_accountdomain": "account_id domain",
    "accounts_person": "id public_id given_name family_name country region city time_zone language source standing custom version created_at",
    "accounts_contactpoint": "person_id kind value normalised extension is_primary state source created_at",
    "accounts_employment": "person_id account_id title role is_current",
    "accounts_searchtext": "person_id account_id text",
    "accounts_suppression": "channel person_id key_hash at source",
    "leads_interest": "person_id points at rank",
    "leads_lead": "id public_id person_id account_id source agreement_id tier tier_parts evidence created_at previous_id band sweep_at version phase stage_id team_id lane origin bdr_id ae_id sourced_by_id due_at wake_at reserved_until reason_id closed_as closed_at cadence_id attempts first_touched_at last_touched_at first_queued_at first_working_at first_handed_off_at first_accepted_at first_qualified_at first_nurture_at meeting_agreed_at opportunity_at",
    "leads_leadevent": "lead_id verb at by_id from_phase to_phase changes data",
    "leads_engagement": "person_id account_id kind at recorded_at asset_id topic_id source points",
    "leads_activity": "lead_id person_id account_id kind at by_id disposition_id is_conversation attempt",
    "leads_note": "lead_id text at by_id",
    "leads_answer": "lead_id criterion_id value at by_id",
    "leads_step": "lead_id kind title due_at zone assignee_id promised cadence_id attempt made_by created_by_id created_at state closed_at snoozed",
    "leads_clock": "lead_id clause_id kind version_id calendar_id started_at due_at state ended_at missed_at next_notice_at",
    "leads_recycling": "lead_id at by_id category wake_at vendor precision",
    "leads_handoff": "public_id lead_id ae_id bdr_id team_id state sent_at respond_by meeting_at local_meeting zone minutes place line answered_at answered_by_id sequence",
}  # fmt: skip
COLUMNS = {table: names.split() for table, names in TABLES.items()}
# A lead's columns of history, from the tail of its row.
FOLDED = [name.removesuffix("_id") for name in COLUMNS["leads_lead"][14:]]
FOLDED.insert(FOLDED.index("closed_at") + 1, "account")
BLANK = {"attempts": 0, "closed_as": "", "lane": "", "origin": ""}
MOMENT_OF_PHASE = {
    phase: f"first_{phase}_at" for phase in ("queued", "working", "handed_off", "accepted", "qualified", "nurture")
}


@dataclass(frozen=True)
class Codes:
    """Ids of what the installation and the company brought, by their keys."""

    version: int
    stages: dict
    reasons: dict
    dispositions: list
    criteria: list
    cadences: dict
    clauses: dict
    teams: list
    bdrs: dict
    aes: list
    assets: list
    calendars: dict
    full_rep: int
    lone_rep: int


def codes_of(connection):
    def ids(sql):
        return dict(connection.execute(sql).fetchall())

    def listed(sql):
        return [row[0] for row in connection.execute(sql)]

    users = ids("SELECT email, id FROM team_user")
    teams = listed("SELECT id FROM team_team ORDER BY id")
    clauses = connection.execute("SELECT kind, lane, id FROM agreement_slaclause").fetchall()
    return Codes(
        version=connection.execute("SELECT id FROM agreement_agreementversion ORDER BY number DESC").fetchone()[0],
        stages=ids("SELECT key, id FROM agreement_stage"),
        reasons=ids("SELECT key, id FROM agreement_reason"),
        dispositions=listed("SELECT id FROM agreement_disposition"),
        criteria=listed("SELECT id FROM agreement_criterion ORDER BY position"),
        cadences=ids("SELECT lane, id FROM agreement_cadence WHERE is_current"),
        clauses={(kind, lane): clause for kind, lane, clause in clauses},
        teams=teams,
        bdrs={
            team: listed(
                f"SELECT user_id FROM team_membership WHERE role = 'bdr' AND team_id = {team} ORDER BY user_id"
            )
            for team in teams
        },
        aes=listed("SELECT user_id FROM team_membership WHERE role = 'ae' ORDER BY user_id"),
        assets=connection.execute("SELECT id, topic_id FROM content_asset ORDER BY id").fetchall(),
        calendars=ids("SELECT id, calendar_id FROM team_team"),
        full_rep=users[FULL_REP],
        lone_rep=users[LONE_REP],
    )


class Writer:
    """Rows gathered by table and copied in chunks; a connection can copy into one table at a time."""

    def __init__(self, connection):
        self.connection = connection
        self.rows = {table: [] for table in COLUMNS}

    def add(self, table, *row):
        self.rows[table].append(row)

    def flush(self):
        with self.connection.cursor() as cursor:
            for table, rows in self.rows.items():
                if rows:
                    names = ", ".join(COLUMNS[table])
                    with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                        for row in rows:
                            copy.write_row(row)
                    rows.clear()


class History:
    """One lead while it is told: a change is written down as [old, new], so that folding gives the row."""

    def __init__(self):
        self.state = {name: BLANK.get(name) for name in FOLDED}
        self.events = []

    def step(self, verb, at, by=None, **new):
        begin = self.state["phase"] or ""
        to = new.get("phase", begin)
        moment = MOMENT_OF_PHASE.get(to)
        if to != begin and moment and self.state[moment] is None:
            new[moment] = at
        changes = {}
        for name, value in new.items():
            old = self.state[name]
            if old != value:
                changes[name] = [_code(old if begin else None), _code(value)]
                self.state[name] = value
        self.events.append((verb, at, by, begin, to, json.dumps(changes), "{}"))


def _code(value):
    return value.isoformat() if isinstance(value, datetime) else value
