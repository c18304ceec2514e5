"""A company of any size, written by COPY: 8 teams, 80 BDRs, and leads whose events fold to what they are.

The shares of the phases are fixed (4 % in the pool, 6 % worked, 30 % asleep, 1 % with AEs, the rest closed) and dealt
out independently of teams and owners; accounts, interest and activity are skewed as they are in life. The first rows
are the same at every size, so that a measured page shows the same however much lies behind it: what a rep of
`FULL_REP` works, one lead of `LONE_REP`, a pool, a short and a long timeline, one family name to search for.

Foreign keys are off while rows are copied and each of them is looked up afterwards; CHECK and UNIQUE stay on.
"""

from collections import Counter
from datetime import UTC, datetime

import psycopg

from tests.bench.dataset.company import Company
from tests.bench.dataset.rows import Writer, codes_of
from tests.bench.dataset.shape import (
    FOUND,
    FOUND_COMPANY,
    FOUND_NAME,
    FULL_REP,
    LONE_REP,
    LONG_LEAD,
    LONG_TIMELINE,
    OTHER_REP,
    SHARES,
    SHORT_LEAD,
    SHORT_TIMELINE,
    Shape,
)

__all__ = [
    "FOUND", "FOUND_COMPANY", "FOUND_NAME", "FULL_REP", "LONE_REP", "LONG_LEAD",
    "LONG_TIMELINE", "OTHER_REP", "SHARES", "SHORT_LEAD", "SHORT_TIMELINE", "Shape", "describe", "fill",
]  # fmt: skip


def fill(database_url, shape, *, at=None):
    """Write the data set into an installation that has its company; return the shares it was dealt."""
    at = at or datetime.now(UTC).replace(second=0, microsecond=0)
    with psycopg.connect(database_url) as connection:
        connection.execute("SET session_replication_role = replica")
        writer = Writer(connection)
        company = Company(shape, codes_of(connection), at, writer)
        dealt = company.write()
        writer.flush()
        for table in ("accounts_account", "accounts_person", "leads_lead"):
            connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        broken = dangling(connection)
        if broken:
            raise AssertionError(f"rows that point nowhere: {broken}")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        check_shares(connection, shape)
    return dealt


def check_shares(connection, shape):
    """The data set is what it says, and phases do not depend on who owns a lead."""
    phases = Counter(dict(connection.execute("SELECT phase, count(*) FROM leads_lead GROUP BY 1").fetchall()))
    sales = sum(phases.pop(phase, 0) for phase in ("handed_off", "accepted", "qualified"))
    have = {**phases, "sales": sales}
    wrong = {
        name: f"{have[name] / shape.leads:.3%}"
        for name, percent in SHARES.items()
        if abs(have[name] - shape.leads * percent / 100) > 1
    }
    if wrong:
        raise AssertionError(f"phases are not dealt as they should be: {wrong}")
    fullest, emptiest = connection.execute(
        "SELECT max(share), min(share) FROM (SELECT avg((phase = 'nurture')::int) AS share FROM leads_lead"
        " WHERE bdr_id IS NOT NULL AND phase IN ('nurture', 'closed') GROUP BY bdr_id HAVING count(*) > 400) AS owners"
    ).fetchone()
    if fullest and fullest - emptiest > 0.2:
        raise AssertionError(f"who owns a lead says whether it sleeps: {emptiest:.2f} to {fullest:.2f}")
    return have


def describe(connection):
    """One line: how many rows of everything, and which share each phase has."""
    leads = connection.execute("SELECT count(*) FROM leads_lead").fetchone()[0]
    rows = {
        name: connection.execute(f"SELECT count(*) FROM leads_{name}").fetchone()[0]
        for name in ("engagement", "activity", "leadevent")
    }
    shares = connection.execute(
        "SELECT phase, round(100.0 * count(*) / sum(count(*)) OVER (), 1) FROM leads_lead GROUP BY 1 ORDER BY 2 DESC"
    ).fetchall()
    touched = (rows["engagement"] + rows["activity"]) / leads
    return (
        f"{leads:,} leads, {touched:.1f} engagements or activities and {rows['leadevent'] / leads:.1f} events each; "
        + ", ".join(f"{phase} {share} %" for phase, share in shares)
    )


def dangling(connection):
    """Foreign keys that name a row which is not there: {constraint: rows}."""
    keys = connection.execute(
        "SELECT c.conname, c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, b.attname"
        "  FROM pg_constraint c"
        "  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
        "  JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]"
        " WHERE c.contype = 'f'"
    ).fetchall()
    found = {}
    for name, table, column, target, key in keys:
        rows = connection.execute(
            f"SELECT count(*) FROM {table} child LEFT JOIN {target} parent ON parent.{key} = child.{column}"
            f" WHERE child.{column} IS NOT NULL AND parent.{key} IS NULL"
        ).fetchone()[0]
        if rows:
            found[name] = rows
    return found
