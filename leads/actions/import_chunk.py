"""One set of rows: whom they meet, what that makes of them, and all of it written in one transaction.

What a row does depends on the rows before it and on the database, never on where the set was cut.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounts.actions.matching import KnownPerson, Meeting, Met, Outcome
from accounts.actions.people import is_out_of_reach
from accounts.models import Standing
from agreement.models import AgreementVersion, Lane, Phase, Reason, ReasonRule
from leads.actions.entering import NewLead, open_asleep, open_closed
from leads.actions.releasing import ReleaseDays
from leads.imports import REASONS, Draft, Meaning, RowRefused
from leads.models import Engagement, EngagementKey, Import, ImportReject, Lead, Recycling, Release, Verdict
from leads.scoring import interest_rank, points_of, recompute_interest
from leads.waking import Facts, wake_day, wake_moment
from team.models import Installation, Team

RECYCLE_REASON = "not_ready"
DISQUALIFY_REASON = "bad_data"
# Sleepers of one file do not all wake on one morning.
WAKES_A_DAY = 50
BATCH = 500


@dataclass(slots=True)
class Pursuit:
    """What is known of the leads of one person while rows are applied."""

    has_open: bool = False
    had_one: bool = False
    waits: bool = False
    had_release: bool = False


@dataclass(slots=True)
class Memory:
    """What rows have told so far. The preview keeps it for the whole file, the worker for one chunk."""

    pursuits: dict[int, Pursuit] = field(default_factory=dict)
    told: set[tuple[int, str]] = field(default_factory=set)
    releases: int = 0
    sleepers: int = 0


@dataclass(slots=True)
class Line:
    """One row that met somebody, and how things stood with her at that moment."""

    draft: Draft
    met: Met
    known: KnownPerson
    at: datetime
    stamp: str
    standing: str
    is_out_of_reach: bool
    is_new: bool = False
    plan: str = ""
    verdict: str = ""
    engagement: Engagement | None = None


class FileFacts:
    """What holds for every row of one file, read once."""

    def __init__(self, run: Import) -> None:
        self.run = run
        self.kind = run.engagement_kind or Engagement.Kind.LISTED
        self.lane = run.lane or Lane.LIST
        self.version = AgreementVersion.objects.in_force()
        self.points = points_of(self.kind, version_id=self.version.pk)
        days = Installation.objects.values_list("interest_half_life_days", flat=True).get()
        self.half_life = timedelta(days=days)
        self.days = ReleaseDays(run)
        rules = ReasonRule.objects.filter(version=self.version).select_related("reason")
        self.rules = {rule.reason.key: rule for rule in rules}

    def rank(self, at: datetime) -> float:
        return interest_rank(self.points, at=at, half_life=self.half_life)


class Chunk:
    """Rows that are applied and written together."""

    def __init__(
        self,
        run: Import,
        drafts: Sequence[Draft],
        *,
        meeting: Meeting,
        facts: FileFacts,
        at: datetime,
        memory: Memory,
    ) -> None:
        self.run, self.drafts, self.meeting, self.facts, self.at = run, drafts, meeting, facts, at
        self.memory = memory
        self.outcomes: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()
        self.became: Counter[str] = Counter()
        self.lines: list[Line] = []

    @property
    def rejects(self) -> list[Draft]:
        return [draft for draft in self.drafts if draft.refused is not None]

    def apply(self, *, lock: bool = False) -> None:
        """Read whom the rows may meet and apply each in order; nothing is written."""
        good = [draft for draft in self.drafts if draft.refused is None]
        if self.run.kind == Import.Kind.COMPANIES:
            self.meeting.load_accounts([draft.company for draft in good if draft.company], lock=lock)
            for draft in good:
                self._meet_company(draft)
        else:
            self.meeting.load([draft.person for draft in good if draft.person], lock=lock)
            for draft in good:
                self._meet_person(draft)
            self._load_pursuits()
            known_keys = self._known_keys()
            for line in self.lines:
                self._judge(line, known_keys)
        for draft in self.drafts:
            if draft.refused is None:
                self.notes.update(draft.notes)
            else:
                self.outcomes["rejected"] += 1
                self.reasons[draft.refused.code] += 1

    def write(self) -> None:
        """Everything that was applied, in the caller's transaction."""
        self.meeting.write()
        self._write_engagements()
        self._write_releases()
        self._write_sleepers()
        self._write_refused_leads()
        ImportReject.objects.bulk_create(
            [
                ImportReject(
                    import_run=self.run,
                    row_no=draft.row_no,
                    line_no=draft.line_no,
                    code=draft.refused.code[:40],
                    reason=storable(draft.refused.reason),
                    raw=storable(draft.raw),
                )
                for draft in self.rejects
                if draft.refused is not None
            ],
            batch_size=BATCH,
        )

    # Applying

    def _meet_company(self, draft: Draft) -> None:
        if draft.company is not None:
            outcome, account = self.meeting.meet_account(draft.company)
            self.outcomes[outcome] += 1
            if draft.meaning == Meaning.CUSTOMER and account.row.standing == Standing.CUSTOMER:
                self.became[Meaning.CUSTOMER] += 1

    def _meet_person(self, draft: Draft) -> None:
        if draft.person is None:
            return
        met = self.meeting.meet(draft.person)
        known = met.person
        if known is None:
            draft.refused = RowRefused(met.reason, str(REASONS[met.reason]))
            return
        draft.notes += met.notes
        at = draft.happened_at or self.run.happened_at or self.at
        self.lines.append(
            Line(
                draft=draft,
                met=met,
                known=known,
                at=at,
                # The answered moment counts as its day: the same list told twice on a day is one engagement.
                stamp=at.isoformat(timespec="seconds") if draft.happened_at else at.date().isoformat(),
                standing=known.standing,
                is_out_of_reach=is_out_of_reach(known.suppressed, (kind for kind, _value in known.points)),
            )
        )

    def _judge(self, line: Line, known_keys: set[str]) -> None:
        """Whether the row tells something new, and what its meaning makes of her."""
        memory, told = self.memory, (id(line.known), line.stamp)
        if told not in memory.told:
            memory.told.add(told)
            line.is_new = line.known.row.pk is None or self._key(line) not in known_keys
        outcome = line.met.outcome
        if outcome == Outcome.DUPLICATE and line.is_new:
            outcome = Outcome.UPDATED
        self.outcomes[outcome] += 1
        became = self._become(line, memory.pursuits.setdefault(id(line.known), Pursuit()))
        self.became[became] += 1

    def _become(self, line: Line, pursuit: Pursuit) -> str:
        meaning = line.draft.meaning
        if meaning == Meaning.CUSTOMER:
            line.verdict = Verdict.Answer.STANDING
            return meaning
        if meaning == Meaning.PERSON:
            line.verdict = Verdict.Answer.OLD
            return meaning
        if line.standing != Standing.PROSPECT:
            line.verdict = Verdict.Answer.STANDING
            return "not_a_prospect"
        if pursuit.has_open or pursuit.waits:
            return "open_already"
        if not line.is_new and (pursuit.had_one or pursuit.had_release):
            return "told_before"
        if meaning == Meaning.NEW_LEAD and line.is_out_of_reach:
            line.verdict = Verdict.Answer.SUPPRESSED
            return "suppressed"
        if meaning == Meaning.NEW_LEAD:
            pursuit.waits = pursuit.had_release = True
            self.memory.releases += 1
        else:
            line.verdict = Verdict.Answer.OLD
            pursuit.had_one, pursuit.has_open = True, meaning == Meaning.RECYCLED
        line.plan = meaning
        return meaning

    def _load_pursuits(self) -> None:
        """Leads and releases of the people who were known before."""
        pursuits = self.memory.pursuits
        known = {pk: k for pk, k in self.meeting.people.items() if not k.is_new and id(k) not in pursuits}
        if not known:
            return
        for one in known.values():
            pursuits[id(one)] = Pursuit()
        for person_id, phase in Lead.objects.filter(person__in=known).values_list("person_id", "phase"):
            pursuit = pursuits[id(known[person_id])]
            pursuit.had_one = True
            pursuit.has_open |= phase != Phase.CLOSED
        for person_id, state in Release.objects.filter(person__in=known).values_list("person_id", "state"):
            pursuit = pursuits[id(known[person_id])]
            pursuit.had_release |= state != Release.State.SKIPPED
            pursuit.waits |= state == Release.State.WAITING

    def _known_keys(self) -> set[str]:
        keys = {self._key(line) for line in self.lines if line.known.row.pk is not None}
        if not keys:
            return set()
        rows = EngagementKey.objects.filter(source=self.run.source, external_id__in=keys)
        return set(rows.values_list("external_id", flat=True))

    def _key(self, line: Line) -> str:
        return f"{self.facts.kind}:{line.known.row.pk}:{line.stamp}"

    # Writing

    def _write_engagements(self) -> None:
        new = [line for line in self.lines if line.is_new]
        for line in new:
            account = line.known.account
            line.engagement = Engagement(
                person_id=line.known.row.pk,
                account_id=account.row.pk if account else None,
                kind=self.facts.kind,
                at=line.at,
                recorded_at=self.at,
                source=self.run.source,
                points=self.facts.points,
                import_id=self.run.pk,
            )
        engagements = [line.engagement for line in new if line.engagement is not None]
        Engagement.objects.bulk_create(engagements, batch_size=BATCH)
        EngagementKey.objects.bulk_create(
            [
                EngagementKey(source=self.run.source, external_id=self._key(line), engagement_id=line.engagement.pk)
                for line in new
                if line.engagement is not None
            ],
            batch_size=BATCH,
        )
        Verdict.objects.bulk_create(
            [
                Verdict(
                    person_id=line.known.row.pk,
                    engagement_id=line.engagement.pk,
                    version=self.facts.version,
                    answer=line.verdict,
                    at=self.at,
                )
                for line in new
                if line.verdict and line.engagement is not None
            ],
            batch_size=BATCH,
        )
        if new:
            recompute_interest({line.known.row.pk for line in new}, at=self.at)

    def _write_releases(self) -> None:
        lines = [line for line in self.lines if line.plan == Meaning.NEW_LEAD]
        position = self.memory.releases - len(lines)
        Release.objects.bulk_create(
            [
                Release(
                    person_id=line.known.row.pk,
                    import_run=self.run,
                    due_at=self.facts.days.due_at(position + number),
                    rank=self.facts.rank(line.at),
                )
                for number, line in enumerate(lines)
            ],
            batch_size=BATCH,
        )

    def _write_sleepers(self) -> None:
        """Recycled somewhere else: asleep here, with a reason and a day, a few every morning."""
        groups: dict[tuple[str, int], list[Line]] = defaultdict(list)
        for line in self.lines:
            if line.plan == Meaning.RECYCLED:
                groups[line.draft.reason or RECYCLE_REASON, self.memory.sleepers // WAKES_A_DAY].append(line)
                self.memory.sleepers += 1
        for (key, later), lines in groups.items():
            rule = self.facts.rules[key]
            zone = _default_zone()
            today = self.at.date()
            wake_at = wake_moment(wake_day(rule, Facts(), today=today) + timedelta(days=later), zone=zone)
            entered = open_asleep(
                [self._new_lead(line) for line in lines],
                reason_id=rule.reason_id,
                wake_at=wake_at,
                by=self.run.by,
                at=self.at,
            )
            category = rule.category or ReasonRule.Category.NOT_READY
            Recycling.objects.bulk_create(
                [
                    Recycling(lead=lead, at=self.at, by=self.run.by, category=category, wake_at=lead.wake_at)
                    for lead in entered.leads
                ],
                batch_size=BATCH,
            )

    def _write_refused_leads(self) -> None:
        """Disqualified somewhere else: closed here, so that nobody asks again why she was never called."""
        groups: dict[str, list[Line]] = defaultdict(list)
        for line in self.lines:
            if line.plan == Meaning.DISQUALIFIED:
                groups[line.draft.reason or DISQUALIFY_REASON].append(line)
        for key, lines in groups.items():
            reason = Reason.objects.get(key=key)
            open_closed([self._new_lead(line) for line in lines], reason_id=reason.pk, by=self.run.by, at=self.at)

    def _new_lead(self, line: Line) -> NewLead:
        return NewLead(
            person_id=line.known.row.pk,
            lane=self.facts.lane,
            origin=Lead.Origin.IMPORT,
            source=self.run.source,
            account_id=line.known.account.row.pk if line.known.account else None,
            evidence=[[self.facts.kind, None, None, line.at.isoformat()]],
            data={"import": self.run.pk},
        )


def storable(text: str) -> str:
    """Words for the file of rejected rows that every database takes."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def _default_zone() -> str:
    zone = Team.objects.filter(is_default=True).values_list("calendar__time_zone", flat=True).first()
    return zone or "UTC"
