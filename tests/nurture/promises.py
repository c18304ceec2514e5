"""What mail and tracks promise, asked of the rows in SQL: in other words than those of the code that keeps it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import connection

LEFT = "('sending', 'sent', 'unknown')"

# A message that has just left, as its row and those beside it say.
GONE = f"""
SELECT m.id, m.kind, m.state, m.claimed_at, p.time_zone,
    EXISTS (SELECT 1 FROM accounts_suppression s WHERE s.channel IN ('email', 'all')
            AND (s.person_id = m.person_id OR s.key_hash = m.to_hash)),
    m.asset_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM content_asset a JOIN content_assetversion v ON v.asset_id = a.id AND v.is_current
        WHERE a.id = m.asset_id AND a.retired_at IS NULL AND v.approved_at IS NOT NULL AND v.form <> 'talk_track'
        AND (a.expires_on IS NULL OR a.expires_on > %(today)s)),
    EXISTS (SELECT 1 FROM nurture_message o JOIN accounts_person q ON q.id = o.person_id
            WHERE o.id <> m.id AND o.asset_id = m.asset_id AND o.state IN {LEFT}
            AND COALESCE(q.merged_into_id, q.id) = COALESCE(p.merged_into_id, p.id)),
    (SELECT COUNT(*) FROM nurture_message o WHERE o.kind = 'nurture' AND o.to_hash = m.to_hash AND o.state IN {LEFT}
     AND o.claimed_at > %(day)s),
    (SELECT COUNT(*) FROM nurture_message o WHERE o.kind = 'nurture' AND o.to_hash = m.to_hash AND o.state IN {LEFT}
     AND o.claimed_at > %(week)s),
    EXISTS (SELECT 1 FROM nurture_preference f WHERE f.person_id = m.person_id AND f.paused_until > %(at)s),
    EXISTS (SELECT 1 FROM nurture_preference f JOIN nurture_preference_refused r ON r.preference_id = f.id
            JOIN content_asset a ON a.id = m.asset_id WHERE f.person_id = m.person_id AND r.topic_id = a.topic_id),
    EXISTS (SELECT 1 FROM leads_engagement e WHERE e.person_id = m.person_id AND e.asset_id = m.asset_id
            AND e.kind IN ('downloaded', 'read', 'attended', 'registered')),
    p.merged_into_id IS NOT NULL OR p.erased_at IS NOT NULL
FROM nurture_message m JOIN accounts_person p ON p.id = m.person_id WHERE m.public_id IN ({{names}})
"""
# Nobody lies idle: asleep without a day, or past it; due in a track and not looked at; a letter that is due and lies.
IDLE = {
    "asleep without a day": "SELECT id FROM leads_lead WHERE phase = 'nurture' AND wake_at IS NULL",
    "asleep past her day": "SELECT id FROM leads_lead WHERE phase = 'nurture' AND wake_at < %(late)s",
    "under way without a moment": "SELECT id FROM nurture_enrolment WHERE state = 'active' AND due_at IS NULL",
    "due and not looked at": "SELECT id FROM nurture_enrolment WHERE state = 'active' AND due_at < %(late)s",
    "in two tracks": """SELECT person_id FROM nurture_enrolment WHERE state IN ('active', 'paused')
        GROUP BY person_id HAVING COUNT(*) > 1""",
    "left by a track that ended": """SELECT n.id FROM nurture_enrolment n JOIN leads_lead l ON l.id = n.lead_id
        WHERE n.state = 'ended' AND l.phase = 'nurture' AND l.wake_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM nurture_enrolment o WHERE o.lead_id = l.id AND o.state <> 'ended')""",
    "a letter that lies": """SELECT id FROM nurture_message WHERE state = 'planned' AND due_at < %(late)s
        AND NOT EXISTS (SELECT 1 FROM nurture_mailrules WHERE is_stopped)""",
    "being sent for ever": "SELECT id FROM nurture_message WHERE state = 'sending' AND lease_until < %(late)s",
    "the same thing twice to one address": f"""SELECT MAX(id) FROM nurture_message WHERE asset_id IS NOT NULL
        AND state IN {LEFT} GROUP BY to_hash, asset_id HAVING COUNT(*) > 1""",
}


def left_rightly(names, rules, *, at):
    """The messages of these names, which have left at this moment, were to leave then."""
    if not names:
        return
    names = [name.replace("-", "") if connection.vendor == "sqlite" else name for name in names]
    places = {f"name{number}": name for number, name in enumerate(names)}
    when = {
        "at": at, "today": at.date(), "day": at - timedelta(days=1),
        "week": at - timedelta(days=7),
    }  # fmt: skip
    sql = GONE.format(names=", ".join(f"%({place})s" for place in places))
    for row in ask(sql, when | places):
        pk, kind, state, _at, zone, *wrong = row
        silent, expired, twice, a_day, a_week, paused, refused, had, gone = wrong
        assert state in ("sent", "unknown"), (pk, state)
        assert not silent, f"{pk} to the suppressed"
        assert not expired, f"{pk} brings what is over"
        assert not twice, f"{pk} brings what she has had"
        assert not gone, f"{pk} to who is no more"
        if kind == "nurture":
            assert a_day <= rules.most_a_day, f"{pk} over the cap of a day"
            assert a_week <= rules.most_a_week, f"{pk} over the cap of a week"
            assert not paused, f"{pk} in a pause"
            assert not refused, f"{pk} on what she refuses"
            assert not had, f"{pk} brings what she took herself"
            local = at.astimezone(ZoneInfo(zone or "UTC"))
            assert rules.opens <= local.hour < rules.closes, f"{pk} outside her hours: {local}"
            assert rules.on_weekends or local.weekday() < 5, f"{pk} on a weekend"


def idle(*, at):
    """Who lies idle: the rows, by what is wrong with them."""
    found = {name: ask(sql, {"late": at - timedelta(minutes=15)}) for name, sql in IDLE.items()}
    return {name: rows for name, rows in found.items() if rows}


def ask(sql, values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
