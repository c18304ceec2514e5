"""Agreement version 1, published by the installation, so that a definition and its promises are in force from minute one.

Figures are practice of the field where the sources are silent; an admin changes all of them.
"""

from datetime import datetime
from typing import Any

# key, label, phase, what enters there
STAGES = [
    ("new", "New", "queued", "is_entry"),
    ("attempting", "Attempting", "working", "is_entry"),
    ("connected", "Connected", "working", "is_connected"),
    ("meeting_booked", "Meeting booked", "handed_off", "is_entry"),
    ("handed_off", "Handed off", "handed_off", "is_without_meeting"),
    ("accepted", "Accepted", "accepted", "is_entry"),
    ("qualified", "Qualified", "qualified", "is_entry"),
    ("recycled", "Recycled", "nurture", "is_entry"),
]

# key, label, kind, rule
REASONS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("not_ready", "Not ready", "recycle", {"category": "not_ready", "destination": "nurture", "wake_days": 90, "facts": ["missing", "wake_on"]}),
    ("mid_contract", "Mid-contract", "recycle", {"category": "mid_contract", "destination": "nurture", "wake_days": 90, "notice_days": 90, "lead_days": 30, "facts": ["vendor", "contract_end", "notice_days"]}),
    ("no_authority", "No authority", "recycle", {"category": "no_authority", "destination": "nurture", "wake_days": 182, "facts": ["wake_on"]}),
    ("unresponsive", "Unresponsive", "recycle", {"category": "unresponsive", "destination": "nurture", "wake_days": 90, "facts": ["wake_on"]}),
    ("wrong_person", "Wrong person", "recycle", {"category": "wrong_person", "destination": "nurture", "wake_days": 180, "facts": ["referred_to"]}),
    ("left_company", "Left company", "recycle", {"category": "left_company", "destination": "nurture", "wake_days": 180, "facts": ["wake_on"]}),
    ("lost_deal", "Lost deal", "recycle", {"category": "lost_deal", "destination": "nurture", "wake_days": 180, "facts": ["wake_on"]}),
    ("bad_data", "Bad data", "disqualify", {"destination": "close", "second_look": True}),
    ("not_our_market", "Not our market", "disqualify", {"destination": "close", "second_look": True}),
    ("competitor", "Competitor", "disqualify", {"destination": "close"}),
    ("student_or_job_seeker", "Student or job seeker", "disqualify", {"destination": "close"}),
    ("opted_out", "Opted out", "disqualify", {"destination": "close", "suppresses": True}),
    ("out_of_business", "Out of business", "disqualify", {"destination": "close", "second_look": True}),
    ("reject_no_authority", "No authority", "reject", {"destination": "bdr"}),
    ("reject_no_need", "No need", "reject", {"destination": "nurture", "category": "not_ready", "wake_days": 90, "destination_reason": "not_ready"}),
    ("reject_no_timeframe", "No timeframe", "reject", {"destination": "nurture", "category": "not_ready", "wake_days": 90, "destination_reason": "not_ready"}),
    ("reject_wrong_territory", "Wrong territory", "reject", {"destination": "reroute"}),
    ("reject_existing", "Existing customer or deal", "reject", {"destination": "close", "destination_reason": "not_our_market"}),
    ("reject_brief_empty", "Brief empty", "reject", {"destination": "bdr"}),
    ("lost_to_competitor", "Lost to a competitor", "lose", {"destination": "nurture", "category": "lost_deal", "wake_days": 180, "destination_reason": "lost_deal"}),
    ("no_decision", "No decision", "lose", {"destination": "nurture", "category": "lost_deal", "wake_days": 180, "destination_reason": "lost_deal"}),
    ("no_budget", "No budget", "lose", {"destination": "nurture", "category": "lost_deal", "wake_days": 180, "destination_reason": "lost_deal"}),
    ("out_of_the_market", "Will never buy", "lose", {"destination": "close", "is_final": True}),
]  # fmt: skip

# key, label, follows, more
DISPOSITIONS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("no_answer", "No answer", "next_attempt", {}),
    ("voicemail", "Left voicemail", "next_attempt", {}),
    ("voicemail_email", "Voicemail + e-mail", "next_attempt", {"with_email": True}),
    ("gatekeeper", "Gatekeeper", "next_attempt", {}),
    ("call_back", "Call back at…", "call_back", {"is_conversation": True, "sentiment": "positive"}),
    ("meeting", "Meeting", "book_meeting", {"is_conversation": True, "sentiment": "positive"}),
    ("not_now", "Not now", "recycle", {"is_conversation": True, "reason": "not_ready"}),
    ("wrong_number", "Wrong number", "find_contact", {}),
    ("not_interested", "Not interested", "disqualify", {"is_conversation": True, "sentiment": "negative", "reason": "not_our_market"}),
]  # fmt: skip

CRITERIA = [
    ("budget", "Budget", "Is there money for this, or could there be?"),
    ("authority", "Authority", "Who signs for this?"),
    ("need", "Need", "What goes wrong today, and what does it cost?"),
    ("timeframe", "Timeframe", "By when must something change?"),
    ("motivation", "Motivation", "Why would anybody do something about it now?"),
]

# key, label, lane, attempts (working days after the first, kind)
CADENCES = [
    ("hand_raiser", "Hand-raiser", "hand_raiser", [(0, "call"), (0, "call_email"), (1, "call"), (2, "call_email"), (4, "call"), (7, "email")]),
    ("content", "Content, inbound", "content", [(0, "call_email"), (1, "call"), (3, "call_email"), (5, "call"), (8, "call_email"), (12, "email")]),
    ("list", "Early or list", "list", [(0, "email"), (2, "call"), (5, "call_email"), (10, "email")]),
    ("rep_sourced", "Rep-sourced", "rep_sourced", [(0, "call"), (2, "call_email"), (5, "call"), (9, "email")]),
]  # fmt: skip

# number, kind, lane, working minutes, notice before the end
CLAUSES = [
    (1, "first_touch", "hand_raiser", 5, 2),
    (2, "first_touch", "content", 240, 60),
    (3, "first_touch", "list", 960, 120),
    (4, "response", "", 480, 120),
    (5, "outcome", "", 480, 120),
    (6, "second_look", "", 2400, 480),
]

# The first that matches decides; a kind without a row is a no.
DEFINITION = [
    ("asked", "", 0, "hand_raiser"),
    ("replied", "", 0, "hand_raiser"),
    ("attended", "", 0, "content"),
    ("registered", "", 0, "content"),
    ("downloaded", "", 0, "content"),
    ("clicked", "B", 15, "content"),
    ("visited", "A", 40, "content"),
    ("listed", "", 0, "list"),
]

# axis, key, label, field, operator, value, points
SCORES = [
    ("fit", "size", "200 to 5,000 people", "account.employees", "between", [200, 5000], 20),
    ("fit", "decides", "Decides: director, head, VP, chief", "employment.title", "contains", ["director", "head", "vp", "vice president", "chief", "ceo", "coo", "cto", "cfo", "owner"], 20),
    ("fit", "manages", "Manages: manager, lead, supervisor", "employment.title", "contains", ["manager", "lead", "supervisor"], 10),
    ("fit", "entry_level", "Entry level or student", "employment.title", "contains", ["intern", "student", "trainee", "assistant"], -20),
    ("fit", "has_account", "At a known company", "account.standing", "is", "prospect", 10),
    ("interest", "asked", "Asked to be contacted", "kind", "is", "asked", 40),
    ("interest", "replied", "Replied", "kind", "is", "replied", 25),
    ("interest", "attended", "Attended", "kind", "is", "attended", 20),
    ("interest", "downloaded", "Downloaded", "kind", "is", "downloaded", 10),
    ("interest", "registered", "Registered", "kind", "is", "registered", 10),
    ("interest", "clicked", "Clicked", "kind", "is", "clicked", 5),
    ("interest", "read", "Read", "kind", "is", "read", 4),
    ("interest", "followed", "Followed", "kind", "is", "followed", 3),
    ("interest", "visited", "Visited", "kind", "is", "visited", 2),
    ("interest", "listed", "Was on a list", "kind", "is", "listed", 1),
]  # fmt: skip


def publish_version_1(apps: Any, *, at: datetime) -> None:
    """Write the codes and publish version 1, unless a version is there already. `apps` may be a migration's."""

    def model(name: str) -> Any:
        return apps.get_model("agreement", name)

    if model("AgreementVersion").objects.exists():
        return
    apps.get_model("team", "Installation").objects.get_or_create(pk=1)
    version = model("AgreementVersion").objects.create(number=1)

    for position, (key, label, phase, enters) in enumerate(STAGES, 1):
        # A migration's model may be of a time when but the entry was told; a later one derives the others.
        told = {enters: True} if hasattr(model("Stage"), enters) else {}
        model("Stage").objects.create(key=key, label=label, phase=phase, position=position, **told)

    reasons = {
        key: model("Reason").objects.create(key=key, label=label, kind=kind, position=position)
        for position, (key, label, kind, _rule) in enumerate(REASONS, 1)
    }
    for key, _label, _kind, rule in REASONS:
        rule = dict(rule)
        carried = rule.pop("destination_reason", None)
        model("ReasonRule").objects.create(
            version=version, reason=reasons[key], destination_reason=reasons.get(carried), **rule
        )

    for position, (key, label, follows, more) in enumerate(DISPOSITIONS, 1):
        more = dict(more)
        reason = reasons.get(more.pop("reason", None))
        model("Disposition").objects.create(
            key=key, label=label, follows=follows, position=position, reason=reason, **more
        )

    for position, (key, label, question) in enumerate(CRITERIA, 1):
        criterion = model("Criterion").objects.create(key=key, label=label, question=question, position=position)
        model("CriterionRule").objects.create(version=version, criterion=criterion, asked_at_qualified=key != "budget")

    for key, label, lane, attempts in CADENCES:
        cadence = model("Cadence").objects.create(key=key, label=label, lane=lane)
        for position, (day_offset, kind) in enumerate(attempts, 1):
            model("CadenceStep").objects.create(cadence=cadence, position=position, day_offset=day_offset, kind=kind)

    for number, kind, lane, minutes, notice in CLAUSES:
        model("SLAClause").objects.create(
            version=version, number=number, kind=kind, lane=lane, minutes=minutes, notice_minutes=notice
        )

    for position, (kind, min_fit, min_points, lane) in enumerate(DEFINITION, 1):
        model("DefinitionRule").objects.create(
            version=version, position=position, kind=kind, min_fit=min_fit, min_points=min_points, lane=lane
        )

    for axis, key, label, field, operator, value, points in SCORES:
        model("ScoreRule").objects.create(
            version=version,
            axis=axis,
            key=key,
            label=label,
            field=field,
            operator=operator,
            value=value,
            points=points,
        )

    # Last: from here on the database lets nobody change it.
    version.state, version.published_at = "published", at
    version.save(update_fields=["state", "published_at"])
