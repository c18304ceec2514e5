"""What brings somebody back before her day. Each signal wakes once; what is old or out of a file is only offered.

Her own strong engagement wakes where it is recorded. A change of job, an answer to what was missing and a colleague's
interest are rows that a tick looks at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import Employment, JobChange, Person
from agreement.models import AgreementVersion, DefinitionRule, Lane, Phase, ReasonRule
from leads.actions.recycling import Woken, evidence_of, wake_leads, woken_by
from leads.models import Answer, Engagement, Lead, Recycling, Signal
from leads.scoring import judge
from team.models import Installation

BATCH = 500
# So long what a rep has just said can be taken back before it wakes anybody.
GRACE = timedelta(seconds=15)
# Whoever fell asleep less than this ago is not woken by what a colleague does.
REST = timedelta(days=14)
# The colleagues woken at one account are counted over this.
COLLEAGUES_WITHIN = timedelta(days=30)
# In these a colleague's interest says something about her; a contract runs on whoever reads what.
WOKEN_BY_COLLEAGUES = (
    ReasonRule.Category.NOT_READY,
    ReasonRule.Category.NO_AUTHORITY,
    ReasonRule.Category.UNRESPONSIVE,
    ReasonRule.Category.LOST_DEAL,
)
# After this what a colleague did wakes nobody any more: the system stood still meanwhile.
STALE = timedelta(days=2)
Kind, State = Signal.Kind, Signal.State


def rules_in_force() -> list[DefinitionRule]:
    return list(DefinitionRule.objects.filter(version=AgreementVersion.objects.in_force()).order_by("position"))


def rule_for(rules: Sequence[DefinitionRule], kind: str, tier: str, points: int) -> DefinitionRule | None:
    """The first rule that matches."""
    fit = tier[:1]
    for rule in rules:
        if rule.kind == kind and (not rule.min_fit or fit <= rule.min_fit) and points >= rule.min_points:
            return rule
    return None


def strong_of(rows: Sequence[Engagement], *, at: datetime) -> dict[int, str]:
    """Of these engagements those that are strong by the agreement in force, with their lane. Being on a list is
    nothing that somebody did."""
    if not rows:
        return {}
    version = AgreementVersion.objects.in_force()
    rules = rules_in_force()
    people = list(Person.objects.filter(pk__in={row.person_id for row in rows}))
    tiers = judge(people, version=version, at=at)
    found = {}
    for row in rows:
        judged = tiers[row.person_id]
        points = next((worth for key, worth in judged.parts if key == "interest"), 0)
        rule = rule_for(rules, row.kind, judged.tier, points)
        if rule is not None and rule.promotes and rule.lane != Lane.LIST:
            found[row.pk] = rule.lane
    return found


def wake_by_engagements(rows: Sequence[Engagement], sleeping: Mapping[int, Lead], *, at: datetime) -> list[int]:
    """The people among these who sleep and have done something strong are back; returns their leads. `sleeping` are
    locked, by person. The last thing that each did is what is said."""
    theirs = [row for row in rows if row.person_id in sleeping]
    strong = strong_of(theirs, at=at)
    woken: dict[int, Woken] = {}
    for row in sorted(theirs, key=lambda one: (one.at, one.pk)):
        if row.pk in strong:
            evidence = [[row.kind, row.asset_id, row.topic_id, row.at.isoformat()]]
            lane = Lane.CONTENT if strong[row.pk] == Lane.HAND_RAISER else strong[row.pk]
            woken[sleeping[row.person_id].pk] = Woken(Kind.ENGAGED, lane, evidence, engagement=row.pk)
    if woken:
        wake_leads(list(woken), by=None, at=at, signals=woken)
    return list(woken)


def tell_colleagues(rows: Sequence[Engagement], *, at: datetime) -> None:
    """Strong engagements at accounts where somebody else sleeps are looked at by the tick."""
    of_account = [row for row in rows if row.account_id is not None]
    if not of_account or not Installation.objects.values_list("colleagues_woken", flat=True).get(pk=1):
        return
    asleep: dict[int, set[int]] = defaultdict(set)
    found = Lead.objects.filter(phase=Phase.NURTURE, account__in={row.account_id for row in of_account})
    for account_id, person_id in found.values_list("account_id", "person_id"):
        asleep[account_id].add(person_id)
    heard = [row for row in of_account if asleep[row.account_id or 0] - {row.person_id}]
    strong = strong_of(heard, at=at)
    # One person's afternoon is one signal.
    last = {(row.account_id, row.person_id): row for row in heard if row.pk in strong}
    Signal.objects.bulk_create(
        [
            Signal(kind=Kind.COLLEAGUE, state=State.WAITING, person_id=row.person_id, account_id=row.account_id,
                   engagement_id=row.pk, at=at, due_at=at)
            for row in last.values()
        ],
        batch_size=BATCH,
    )  # fmt: skip


def tell_answered(lead: Lead, criteria: Mapping[int, str], *, at: datetime) -> None:
    """What was missing when she fell asleep is there: she comes back, unless that is taken back at once."""
    if lead.phase != Phase.NURTURE:
        return
    missing = Recycling.objects.filter(lead=lead, undone_at=None).values_list("missing", flat=True).first()
    if missing is not None and criteria.get(missing) == Answer.Value.YES:
        Signal.objects.create(
            kind=Kind.ANSWERED, state=State.WAITING, person_id=lead.person_id, lead=lead, at=at, due_at=at + GRACE
        )


def offer_to_wake(rows: Sequence[Engagement], *, at: datetime) -> int:
    """What is old or came with a file wakes nobody; of those who sleep, whoever did something strong since is offered
    to the manager of the team. Returns how many are new."""
    asleep = _asleep_since({row.person_id for row in rows})
    since = [row for row in rows if row.person_id in asleep and row.at > asleep[row.person_id][1]]
    strong = strong_of(since, at=at)
    last = {row.person_id: row for row in sorted(since, key=lambda one: one.at) if row.pk in strong}
    return _offer(
        [
            Signal(kind=Kind.ENGAGED, state=State.OFFERED, person_id=pk, lead_id=asleep[pk][0],
                   engagement_id=row.pk, at=row.at)
            for pk, row in last.items()
        ]
    )  # fmt: skip


def _offer(signals: list[Signal]) -> int:
    """A lead is offered once, for what was known first."""
    held = Signal.objects.filter(
        lead__in=[one.lead_id for one in signals], state__in=[State.OFFERED, State.PLANNED]
    ).values_list("lead_id", flat=True)
    known = set(held) if signals else set()
    new = [one for one in signals if one.lead_id not in known]
    # Two files at once may offer the same lead: one of them does.
    Signal.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
    return len(new)


def _asleep_since(people: Collection[int]) -> dict[int, tuple[int, datetime]]:
    """The sleeping lead of each of these people, and since when."""
    rows = Recycling.objects.filter(lead__person__in=people, lead__phase=Phase.NURTURE, undone_at=None)
    return {person: (lead, since) for person, lead, since in rows.values_list("lead__person", "lead", "at")}


def look_at_job_changes(*, at: datetime) -> int:
    """Up to 500 changes of job: who sleeps and has another company or title since is back, or offered if a file says
    so."""
    with transaction.atomic():
        rows = _claimed(JobChange.objects.filter(looked_at=None).order_by("id"))
        # A merge leaves the row with whom it was written of.
        survivors = dict(
            Person.objects.filter(pk__in={row.person_id for row in rows}).values_list(
                "pk", Coalesce("merged_into", "pk")
            )
        )
        asleep = _asleep_since(set(survivors.values()))
        woken: dict[int, Woken] = {}
        offers: dict[int, Signal] = {}
        for row in rows:
            lead_id, since = asleep.get(survivors[row.person_id], (0, at))
            if row.at <= since:
                continue
            kind = Kind.JOB_CHANGE if row.kind == JobChange.Kind.COMPANY else Kind.PROMOTION
            if not row.by_file:
                # Another company says more than what she is called there.
                woken[lead_id] = Woken(Kind.JOB_CHANGE if _is_one(woken, lead_id, kind) else kind)
                continue
            offers[lead_id] = Signal(
                kind=kind, state=State.OFFERED, person_id=survivors[row.person_id], lead_id=lead_id, at=row.at
            )
        if woken:
            wake_leads(sorted(woken), by=None, at=at, signals=woken)
        _offer([one for pk, one in offers.items() if pk not in woken])
        JobChange.objects.filter(pk__in=[row.pk for row in rows]).update(looked_at=at)
        return len(rows)


def _is_one(woken: Mapping[int, Woken], lead_id: int, kind: str) -> bool:
    return Kind.JOB_CHANGE in (kind, woken[lead_id].because if lead_id in woken else "")


def look_at_signals(*, at: datetime) -> int:
    """Up to 500 signals that are due: answers to what was missing, and at each account as many colleagues as the
    company's choices allow."""
    with transaction.atomic():
        due = _claimed(Signal.objects.to_look_at(at))
        answered = _still_answered([one for one in due if one.kind == Kind.ANSWERED])
        chosen = _colleagues_of([one for one in due if one.kind == Kind.COLLEAGUE], at=at)
        evidence = evidence_of(chosen)
        woken = {one.lead_id: woken_by(one, evidence) for one in (*chosen, *answered) if one.lead_id is not None}
        back = {lead.previous_id for lead in wake_leads(sorted(woken), by=None, at=at, signals=woken).leads}
        meant = {one.pk: one.lead_id for one in (*chosen, *answered)}
        for one in due:
            one.lead_id = meant.get(one.pk, one.lead_id)
            is_back = one.pk in meant and one.lead_id in back
            one.state, one.due_at, one.decided_at = State.WOKE if is_back else State.NOTHING, None, at
        Signal.objects.bulk_update(due, ["lead", "state", "due_at", "decided_at"], batch_size=BATCH)
        return len(due)


def _still_answered(signals: Sequence[Signal]) -> list[Signal]:
    """Those whose answer stands: the newest of what was missing is a yes."""
    missing = dict(
        Recycling.objects.filter(lead__in=[one.lead_id for one in signals], undone_at=None).values_list(
            "lead", "missing"
        )
    )
    newest: dict[int, str] = {}
    for lead, criterion, value in (
        Answer.objects.filter(lead__in=missing).order_by("id").values_list("lead", "criterion", "value")
    ):
        if missing[lead] == criterion:
            newest[lead] = value
    return [one for one in signals if newest.get(one.lead_id or 0) == Answer.Value.YES]


def _colleagues_of(signals: Sequence[Signal], *, at: datetime) -> list[Signal]:
    """Whom each of these wakes: of those who sleep at the account and work there still the most interested, as many as
    may be woken there within a month. It is written into the signal; a signal wakes one."""
    accounts = {one.account_id for one in signals}
    most = Installation.objects.values_list("colleagues_woken", flat=True).get(pk=1) if signals else 0
    since = at - COLLEAGUES_WITHIN
    lately = Signal.objects.filter(account__in=accounts, kind=Kind.COLLEAGUE, state=State.WOKE, decided_at__gt=since)
    left: dict[int | None, int] = defaultdict(lambda: most)
    for account, woke in lately.order_by().values_list("account").annotate(woke=Count("pk")):
        left[account] -= woke
    candidates = _candidates_at({pk for pk in accounts if left[pk] > 0}, at=at)
    chosen = []
    # What nobody looked at in time is history by now.
    for one in (one for one in signals if one.at > at - STALE):
        others = [(lead, person) for lead, person in candidates[one.account_id] if person != one.person_id]
        if left[one.account_id] <= 0 or not others:
            continue
        one.lead_id = others[0][0]
        candidates[one.account_id].remove(others[0])
        left[one.account_id] -= 1
        chosen.append(one)
    return chosen


def _candidates_at(accounts: Collection[int | None], *, at: datetime) -> dict[int | None, list[tuple[int, int]]]:
    """Who sleeps at each of these accounts and may be woken by a colleague, the most interested first."""
    employed = Employment.objects.filter(is_current=True, account__in=accounts)
    works_at = dict(employed.values_list("person", "account"))
    rows = (
        Recycling.objects.filter(
            lead__phase=Phase.NURTURE,
            lead__account__in=accounts,
            undone_at=None,
            category__in=WOKEN_BY_COLLEAGUES,
            at__lte=at - REST,
        )
        .order_by(F("lead__person__interest__rank").desc(nulls_last=True), "wake_at", "lead")
        .values_list("lead__account", "lead", "lead__person")
    )
    found: dict[int | None, list[tuple[int, int]]] = defaultdict(list)
    for account, lead, person in rows:
        if works_at.get(person) == account:
            found[account].append((lead, person))
    return found


def _claimed(rows: QuerySet[Any]) -> list[Any]:
    """The next of these, locked, without waiting for what another worker has in hand."""
    skip = connection.features.has_select_for_update_skip_locked
    return list(rows.select_for_update(of=("self",), skip_locked=skip)[:BATCH])
