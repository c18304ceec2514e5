"""What people do comes in here: recorded once, scored, and judged by the definition in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Employment
from agreement.models import AgreementVersion, DefinitionRule, Lane, Phase, StepKind
from leads.actions.changing import alter, lock_lead, write
from leads.actions.effects import Effects
from leads.actions.entering import Entered, NewLead, open_leads
from leads.actions.recycling import wake_leads
from leads.bands import band_of, sweep_of_queued
from leads.cadence import soon
from leads.models import Engagement, EngagementKey, Lead, Step, Verdict
from leads.scoring import judge, points_of, recompute_interest
from team.calendars import KeptCalendars

# Older than this when it arrives, an engagement is history: offered as a list to wake, never waking by itself.
FRESH = timedelta(days=2)


@dataclass
class NewEngagement:
    """What somebody did, as a source tells it. With an external id the same thing told twice is one engagement."""

    person_id: int
    kind: str
    at: datetime
    source: str = ""
    external_id: str = ""
    asset_id: int | None = None
    topic_id: int | None = None
    import_id: int | None = None


@transaction.atomic
def record_engagements(new: Sequence[NewEngagement], *, at: datetime) -> list[Engagement]:
    """Write what is new of these, with its points, and bring interest up to date. What was told before is left out."""
    version = AgreementVersion.objects.in_force()
    fresh = _unknown(new)
    accounts = dict(
        Employment.objects.filter(person__in={one.person_id for one in fresh}, is_current=True).values_list(
            "person_id", "account_id"
        )
    )
    rows = Engagement.objects.bulk_create(
        [
            Engagement(
                person_id=one.person_id,
                account_id=accounts.get(one.person_id),
                kind=one.kind,
                at=min(one.at, at),
                recorded_at=at,
                asset_id=one.asset_id,
                topic_id=one.topic_id,
                source=one.source,
                points=points_of(one.kind, version_id=version.pk),
                import_id=one.import_id,
            )
            for one in fresh
        ],
        batch_size=500,
    )
    EngagementKey.objects.bulk_create(
        [
            EngagementKey(source=one.source, external_id=one.external_id, engagement_id=row.pk)
            for one, row in zip(fresh, rows, strict=True)
            if one.external_id
        ],
        batch_size=500,
    )
    recompute_interest({row.person_id for row in rows}, at=at)
    return rows


@transaction.atomic
def engage(new: Sequence[NewEngagement], *, at: datetime) -> Entered:
    """Record, and let the definition decide: a reply stands in front, a strong engagement makes a lead or a verdict."""
    rows = record_engagements(new, at=at)
    replies = [row for row in rows if row.kind == Engagement.Kind.REPLIED and row.at > at - FRESH]
    for row in replies:
        _reply(row, at=at)
    return promote([row for row in rows if row not in replies], at=at)


@transaction.atomic
def promote(rows: Sequence[Engagement], *, at: datetime) -> Entered:
    """The definition's answer for each person without an open lead: a lead in its lane, or a stored no."""
    version = AgreementVersion.objects.in_force()
    open_people = set(
        Lead.objects.open().filter(person__in={row.person_id for row in rows}).values_list("person_id", flat=True)
    )
    rules = list(DefinitionRule.objects.filter(version=version).order_by("position"))
    candidates = [row for row in rows if row.person_id not in open_people]
    people = {row.person_id: row.person for row in Engagement.objects.filter(
        pk__in=[row.pk for row in candidates]).select_related("person")}  # fmt: skip
    tiers = judge(list(people.values()), version=version)
    verdicts: list[Verdict] = []
    wanted: dict[int, tuple[Engagement, NewLead]] = {}
    for row in candidates:
        tier = tiers[row.person_id]
        points = next((worth for key, worth in tier.parts if key == "interest"), 0)
        rule = next((rule for rule in rules if _matches(rule, row.kind, tier.tier, points)), None)
        if row.at <= at - FRESH:
            verdicts.append(_verdict(row, version, Verdict.Answer.OLD, at))
        elif rule is None or not rule.promotes:
            verdicts.append(_verdict(row, version, Verdict.Answer.DEFINITION, at))
        elif row.person_id not in wanted:
            wanted[row.person_id] = (row, _seed(row, rule.lane))
    entered = open_leads([seed for _row, seed in wanted.values()], by=None, at=at)
    for person_id, (row, _lead) in wanted.items():
        verdicts.append(_verdict(row, version, _answer(entered.refused.get(person_id)), at))
    Verdict.objects.bulk_create(verdicts, batch_size=500)
    return entered


def _reply(row: Engagement, *, at: datetime) -> None:
    """A reply: the sleeping wake, any open lead is due now and in front, and otherwise a new pursuit begins."""
    lead = Lead.objects.open().filter(person=row.person_id).first()
    if lead is None:
        seed = _seed(row, Lane.HAND_RAISER)
        last = Lead.objects.filter(person=row.person_id, next=None).order_by("-id").first()
        seed.origin = Lead.Origin.SIGNAL
        if last:
            seed.previous_id, seed.bdr_id = last.pk, last.bdr_id
            seed.team_id, seed.because = last.team_id, "wake"
        entered = open_leads([seed], by=None, at=at)
        version = AgreementVersion.objects.in_force()
        _verdict(row, version, _answer(entered.refused.get(row.person_id)), at).save(force_insert=True)
        return
    if lead.phase == Phase.NURTURE:
        wake_leads([lead.pk], by=None, at=at, because="reply")
        return
    held = lock_lead(lead)
    effects = Effects(held, by=None, at=at)
    new: dict[str, object] = {}
    more: dict[str, object] = {}
    if held.phase in (Phase.WORKING, Phase.ACCEPTED, Phase.QUALIFIED):
        effects.make_step(
            Step(lead=held, kind=StepKind.REPLY, due_at=soon(at), assignee_id=held.responsible_id, promised=True,
                 made_by=Step.MadeBy.SYSTEM, created_at=at)
        )  # fmt: skip
        new["due_at"] = effects.next_due
    elif held.phase == Phase.QUEUED:
        new["due_at"], new["origin"] = soon(at), Lead.Origin.SIGNAL
    event = alter(held, "engage", by=None, at=at, data=effects.data(kind="replied", engagement=row.pk), **new)
    if held.phase == Phase.QUEUED:
        band, changes_at = band_of(held, at=at, worktime=KeptCalendars(at=at).of_team(held.team_id))
        more = {"band": band, "sweep_at": sweep_of_queued(held, changes_at)}
    write(held, event, **more)


def _matches(rule: DefinitionRule, kind: str, tier: str, points: int) -> bool:
    fit = tier[:1]
    return rule.kind == kind and (not rule.min_fit or fit <= rule.min_fit) and points >= rule.min_points


def _seed(row: Engagement, lane: str) -> NewLead:
    origin = Lead.Origin.HAND_RAISER if lane == Lane.HAND_RAISER else Lead.Origin.INBOUND
    return NewLead(
        person_id=row.person_id,
        lane=lane,
        origin=origin,
        source=row.source,
        evidence=[[row.kind, row.asset_id, row.topic_id, row.at.isoformat()]],
        data={"engagement": row.pk},
    )


def _answer(refusal: str | None) -> str:
    """What a refusal of routing is called in a verdict."""
    if refusal is None:
        return Verdict.Answer.LEAD
    return Verdict.Answer.SUPPRESSED if refusal == "suppressed" else Verdict.Answer.STANDING


def _verdict(row: Engagement, version: AgreementVersion, answer: str, at: datetime) -> Verdict:
    return Verdict(person_id=row.person_id, engagement_id=row.pk, version=version, answer=answer, at=at)


def _unknown(new: Sequence[NewEngagement]) -> list[NewEngagement]:
    """Those that no source has told before, in this batch or ever."""
    keys = {(one.source, one.external_id) for one in new if one.external_id}
    told = set(
        EngagementKey.objects.filter(
            source__in={source for source, _value in keys}, external_id__in={value for _source, value in keys}
        ).values_list("source", "external_id")
    )
    fresh = []
    for one in new:
        key = (one.source, one.external_id)
        if one.external_id and key in told:
            continue
        told.add(key)
        fresh.append(one)
    return fresh
