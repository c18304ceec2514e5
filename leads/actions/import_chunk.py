"""One set of rows: whom they meet, what that makes of them, and all of it written in one transaction.

What a row does depends on the rows before it and on the database, never on where the set was cut.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Subquery
from django.utils.translation import gettext as _

from accounts.actions.matching import Meeting, Outcome
from accounts.actions.people import is_out_of_reach
from accounts.models import Standing, Suppression
from agreement.models import Phase, Reason, ReasonRule, in_use_for
from leads.actions.entering import Entered, NewLead, open_asleep, open_closed
from leads.actions.import_facts import FileFacts, Line, Memory, Pursuit
from leads.actions.signalling import offer_to_wake
from leads.actions.silencing import pass_over_shut
from leads.actions.standing import stand_down
from leads.imports import REASONS, Draft, Meaning, RowRefused
from leads.models import (
    Consent,
    Engagement,
    EngagementKey,
    Import,
    ImportReject,
    Interest,
    Lead,
    LeadEvent,
    Recycling,
    Release,
    Verdict,
)
from leads.scoring import interest_rank, recompute_interest
from leads.waking import Facts, wake_day, wake_moment
from team.bulk import insert_rows
from team.models import Team

RECYCLE_REASON = "not_ready"
DISQUALIFY_REASON = "bad_data"
# Sleepers of one file do not all wake on one morning.
WAKES_A_DAY = 50
BATCH = 500
# What the result says of leads that reps had where the rows say that it is not for them.
ENDED = "lead_ended"
# What routing says of a pursuit that it does not let begin; the rest is how her company stands with us.
COUNTED_AS = {"open_lead": "open_already", "suppressed": "suppressed", "no_team": "no_team", "gone": "gone"}


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
        # Pursuits that a row asked for and routing did not let begin: they are counted for what they are.
        self.not_begun = 0
        self.lines: list[Line] = []

    @property
    def silenced(self) -> list[int]:
        """Of whom the rows say, and nobody but a rep has said before, that she is not to be contacted."""
        return self.meeting.silenced

    def lock_leads(self) -> None:
        """Leads before people, as every action locks them: whom the rows silence, and whom no rep may work any more."""
        people = [*self.silenced, *self.meeting.lost_people]
        accounts = self.meeting.lost_accounts
        if people or accounts:
            theirs = Lead.objects.filter(person__in=people) | Lead.objects.of_companies(*accounts)
            list(theirs.open().order_by("pk").select_for_update(of=("self",)))

    def _end_leads(self, accounts: list[int], people: list[int]) -> None:
        if accounts or people:
            theirs = Lead.objects.filter(person__in=people) | Lead.objects.of_companies(*accounts)
            self.notes[ENDED] += len(stand_down(theirs, by=self.run.by, at=self.at))

    @property
    def rejects(self) -> list[Draft]:
        return [draft for draft in self.drafts if draft.refused is not None]

    def load(self, *, lock: bool = False) -> None:
        """Read whom the rows may meet."""
        good = [draft for draft in self.drafts if draft.refused is None]
        if self.run.kind == Import.Kind.COMPANIES:
            self.meeting.load_accounts([draft.company for draft in good if draft.company], lock=lock)
        else:
            self.meeting.load([draft.person for draft in good if draft.person], lock=lock)
            self._mark_worked()

    def _mark_worked(self) -> None:
        """Who has an open lead; one that this import began, by a row or a release, is its own until somebody acts."""
        asked = self.memory.asked
        known = {pk: one for pk, one in self.meeting.people.items() if pk not in asked}
        if known:
            asked.update(known)
            history = LeadEvent.objects.filter(lead=OuterRef("pk"))
            began = Exists(history.filter(from_phase="", data__import=self.run.pk))
            # Nothing but its beginning comes from nowhere, and nobody works a lead without a line of history.
            acted_on = Exists(history.filter(by__isnull=False).exclude(from_phase=""))
            others = Lead.objects.open().filter(~began | acted_on, person__in=known)
            for person_id in others.values_list("person_id", flat=True):
                known[person_id].is_worked = True

    def apply(self) -> None:
        """Apply each row in order to whom was loaded; nothing is written."""
        good = [draft for draft in self.drafts if draft.refused is None]
        if self.run.kind == Import.Kind.COMPANIES:
            for draft in good:
                self._meet_company(draft)
        else:
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

    def told_elsewhere(self) -> dict[int, datetime]:
        """Whom an import told the same of, from this source, but of another answered moment; and of which. One query.

        A row that says its own moment tells of itself, and is not compared.
        """
        wanted = {line.known.row.pk for line in self.lines if line.is_new and line.draft.happened_at is None}
        wanted.discard(None)
        if not wanted:
            return {}
        answered = Import.objects.filter(pk=OuterRef("import_id")).values("happened_at")[:1]
        told = Engagement.objects.filter(person__in=wanted, kind=self.facts.kind, source=self.run.source, reverses=None)
        answered_for = told.annotate(answered=Subquery(answered)).filter(at=F("answered"))
        return dict(answered_for.order_by("at", "pk").values_list("person_id", "at"))

    def write(self) -> None:
        """Everything that was applied, in the caller's transaction."""
        silenced, lost = self.silenced, (self.meeting.lost_accounts, self.meeting.lost_people)
        self.meeting.write()
        self._end_leads(*lost)
        pass_over_shut(silenced, at=self.at)
        self._write_consents()
        self._write_engagements()
        self._write_releases()
        self._write_sleepers()
        self._write_refused_leads()
        insert_rows(
            ImportReject,
            ("import_run_id", "row_no", "line_no", "code", "reason", "raw"),
            [
                (
                    self.run.pk,
                    draft.row_no,
                    draft.line_no,
                    draft.refused.code[:40],
                    storable(draft.refused.reason),
                    storable(draft.raw),
                )
                for draft in self.rejects
                if draft.refused is not None
            ],
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
        if draft.meaning == Meaning.DISQUALIFIED and self.facts.suppresses(draft.reason):
            draft.person.suppress.add(Suppression.Channel.ALL)
        met = self.meeting.meet(draft.person)
        known = met.person
        if known is None:
            draft.refused = RowRefused(met.reason, str(REASONS[met.reason]))
            return
        self.notes.update(met.notes)
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
        is_silent = Suppression.Channel.ALL in line.known.suppressed
        if (meaning == Meaning.NEW_LEAD and line.is_out_of_reach) or (meaning == Meaning.RECYCLED and is_silent):
            line.verdict = Verdict.Answer.SUPPRESSED
            return "suppressed"
        if meaning == Meaning.NEW_LEAD:
            pursuit.waits = pursuit.had_release = True
            self.memory.releases += 1
        else:
            line.verdict = Verdict.Answer.OLD
            pursuit.had_one, pursuit.has_open = True, meaning == Meaning.RECYCLED
            self.memory.sleepers += meaning == Meaning.RECYCLED
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

    def _write_consents(self) -> None:
        """What rows say somebody agreed to, once each; a file that is read again says nothing new."""
        said: dict[tuple[int, bool, datetime], int] = {}
        for line in self.lines:
            if line.draft.consent is not None and line.known.row.pk is not None:
                given, at = line.draft.consent
                said.setdefault((line.known.row.pk, given, min(at or line.at, self.at)), line.draft.line_no)
        if not said:
            return
        told = Consent.objects.filter(person__in={pk for pk, *_more in said}, topic=None, source=Consent.Source.IMPORT)
        known = set(told.values_list("person_id", "is_given", "at"))
        file = self.run.upload.name
        insert_rows(
            Consent,
            ("person_id", "topic_id", "is_given", "at", "noted_at", "source", "evidence", "by_id"),
            [
                (pk, None, given, at, self.at, Consent.Source.IMPORT.value, _evidence(file, line_no), self.run.by_id)
                for (pk, given, at), line_no in said.items()
                if (pk, given, at) not in known
            ],
        )

    def _write_engagements(self) -> None:
        new = [line for line in self.lines if line.is_new]
        run, facts = self.run, self.facts
        ids = insert_rows(
            Engagement,
            ("person_id", "account_id", "kind", "at", "recorded_at", "source", "points", "import_id"),
            [
                (line.known.row.pk, _account_id(line), facts.kind, line.at, self.at, run.source, facts.points, run.pk)
                for line in new
            ],
            ids=True,
        )
        told = list(zip(new, ids, strict=True))
        insert_rows(
            EngagementKey,
            ("source", "external_id", "engagement_id"),
            [(run.source, self._key(line), pk) for line, pk in told],
        )
        insert_rows(
            Verdict,
            ("person_id", "engagement_id", "version_id", "answer", "at"),
            [(line.known.row.pk, pk, facts.version.pk, line.verdict, self.at) for line, pk in told if line.verdict],
        )
        self._write_interest(new)
        # Nobody is woken by a file; of those who sleep, whoever did something is offered to her manager.
        known = [pk for line, pk in told if not line.known.is_new]
        if known and facts.kind != Engagement.Kind.LISTED:
            offer_to_wake(list(Engagement.objects.filter(pk__in=known)), at=self.at)

    def _write_interest(self, lines: Sequence[Line]) -> None:
        """Of people who were known all their engagements count; of a new one there are only those of this chunk."""
        fresh: dict[int, list[datetime]] = defaultdict(list)
        known = set()
        for line in lines:
            if line.known.is_new:
                fresh[line.known.row.pk].append(line.at)
            else:
                known.add(line.known.row.pk)
        points = {pk: self.facts.points_at(moments, at=self.at) for pk, moments in fresh.items()}
        insert_rows(
            Interest,
            ("person_id", "points", "at", "rank", "half_life_days"),
            [
                (
                    pk,
                    worth,
                    self.at,
                    interest_rank(worth, at=self.at, half_life=self.facts.half_life),
                    self.facts.half_life_days,
                )
                for pk, worth in points.items()
            ],
        )
        if known:
            recompute_interest(known, at=self.at)

    def _write_releases(self) -> None:
        lines = [line for line in self.lines if line.plan == Meaning.NEW_LEAD]
        position = self.memory.releases - len(lines)
        due_at, rank, waiting = self.facts.days.due_at, self.facts.rank, Release.State.WAITING.value
        insert_rows(
            Release,
            ("person_id", "import_run_id", "due_at", "rank", "state", "skipped_for"),
            [
                (line.known.row.pk, self.run.pk, due_at(position + number), rank(line.at), waiting, "")
                for number, line in enumerate(lines)
            ],
        )

    def _write_sleepers(self) -> None:
        """Recycled somewhere else: asleep here, with a reason and a day, a few every morning."""
        groups: dict[tuple[str, int], list[Line]] = defaultdict(list)
        asleep = [line for line in self.lines if line.plan == Meaning.RECYCLED]
        first = self.memory.sleepers - len(asleep)
        for number, line in enumerate(asleep, first):
            groups[line.draft.reason or RECYCLE_REASON, number // WAKES_A_DAY].append(line)
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
                as_system=True,
            )
            self._count_refused(entered, Meaning.RECYCLED)
            category = rule.category or ReasonRule.Category.NOT_READY
            Recycling.objects.bulk_create(
                [
                    Recycling(lead=lead, at=self.at, by=self.run.by, category=category, wake_at=wake_at)
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
            reason = in_use_for(Reason.objects.get(key=key))
            new = [self._new_lead(line) for line in lines]
            entered = open_closed(new, reason_id=reason.pk, by=self.run.by, at=self.at, as_system=True)
            self._count_refused(entered, Meaning.DISQUALIFIED)

    def _count_refused(self, entered: Entered, meaning: str) -> None:
        for because in entered.refused.values():
            self.became[meaning] -= 1
            self.became[COUNTED_AS.get(because, "not_a_prospect")] += 1
            self.not_begun += 1

    def _new_lead(self, line: Line) -> NewLead:
        return NewLead(
            person_id=line.known.row.pk,
            lane=self.facts.lane,
            origin=Lead.Origin.IMPORT,
            source=self.run.source,
            account_id=_account_id(line),
            evidence=[[self.facts.kind, None, None, line.at.isoformat()]],
            data={"import": self.run.pk},
        )


def _account_id(line: Line) -> int | None:
    return line.known.account.row.pk if line.known.account else None


def _evidence(file: str, line_no: int) -> str:
    return (_("%(file)s, line %(line)d") % {"file": file, "line": line_no})[:500]


def storable(text: str) -> str:
    """Words for the file of rejected rows that every database takes."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def _default_zone() -> str:
    zone = Team.objects.filter(is_default=True).values_list("calendar__time_zone", flat=True).first()
    return zone or "UTC"
