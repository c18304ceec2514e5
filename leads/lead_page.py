"""Everything the page of one lead says, in a number of statements that no length of history changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from accounts.actions.people import keys_of_email, suppression_key
from accounts.models import Account, ContactPoint, CustomField, Suppression
from agreement.models import Disposition, Lane, Phase, SLAClause, StepKind
from agreement.models.vocabulary import LETTERS, Letters
from leads.actions.last_act import can_undo, is_aside, last_acts, newest_of, whole_act
from leads.actions.logging import mark_of_next
from leads.actions.putting_back import effects_of
from leads.actions.undoing import why_it_stands
from leads.after_call import after_no_answer
from leads.blocks import BlockPlace, place_of
from leads.buying_group import missing_roles
from leads.cadence import attempts_of, due_since
from leads.came_back import HandedOff, Slept, came_back_words, woke_words
from leads.her_clock import HerClock, her_clock, in_turn, weekend_worked, where_of, zone_of
from leads.lead_known import Known, Topic, topics_of
from leads.lead_rows import (
    ANSWERS,
    CONTACTS,
    ENDED_HAND_OFFS,
    JOBS,
    PEOPLE_SHOWN,
    PURSUITS,
    RECYCLINGS,
    SILENCE,
    STEPS,
    Job,
)
from leads.models import Answer, Clock, HandOff, Lead, Recycling, SecondLook, Step
from leads.models.lead import AE_PHASES
from leads.naming import Code, Names
from leads.own_fields import told_fields
from leads.scoring import rules_of
from leads.seeing import seen_as, shape_of
from leads.sentences import routed_words, want_routing
from leads.timeline import Cursor, History, Timeline
from leads.why import woke
from team.calendars import hours_kept
from team.models import Role, User
from team.prepared import Asked, in_one_trip
from team.prepared_objects import objects_of

DEEDS_READ = 200
# Done by saying so; the others by a call, a touch or a meeting.
FINISHED = (
    StepKind.TASK, StepKind.FIND_CONTACT, StepKind.OUTCOME, StepKind.REACH_UP, StepKind.REPLY, StepKind.DECIDE,
)  # fmt: skip


def history_of(lead: Lead, user: User, *, show: str, before: Cursor | None, now: datetime) -> History:
    """One page of the history alone."""
    earlier = Lead.objects.visible_to(user).filter(person=lead.person_id, pk__lt=lead.pk).order_by("-id")[:60]
    timeline = Timeline(lead, list(earlier), show=show, before=before)
    timeline.read_notes([])
    names = Names()
    timeline.want(names)
    return timeline.say(names.load(), reader=user.pk, now=now, zone=zone_of(lead, at=now))


@dataclass
class Colleague:
    """Somebody at the account, and who works her."""

    job: Job
    lead: Lead | None
    # Whom the call in hand was about, too.
    is_chosen: bool = False


@dataclass
class LeadPage:
    """The page of one lead as one user sees it at one moment."""

    lead: Lead
    user: User
    now: datetime
    show: str = "all"
    before: Cursor | None = None
    names: Names = field(default_factory=Names)

    def __post_init__(self) -> None:
        """Read everything: contacts, silence, people, pursuits, steps, answers, history, its words, all names."""
        lead = self.lead
        self.person = lead.person
        here: dict[str, Any] = {"account": lead.account_id} if lead.account_id else {}
        with in_one_trip():
            contacts, jobs = CONTACTS.ask(person=lead.person_id), JOBS.ask(person=lead.person_id, **here)
            steps, answers = STEPS.ask(lead=lead.pk), ANSWERS.ask(lead=lead.pk)
            recycled = RECYCLINGS.ask(lead=lead.pk) if lead.phase == Phase.NURTURE else None
            # Why she is back, from her sleep or from sales, as her row in the queue says it.
            slept = RECYCLINGS.ask(lead=lead.previous_id) if lead.previous_id and self._is_untouched else None
            handed = (
                ENDED_HAND_OFFS.ask(lead=lead.pk) if lead.first_handed_off_at and lead.phase == Phase.WORKING else None
            )
        self.contacts: list[ContactPoint] = objects_of(contacts)
        # The next one first.
        self.steps: list[Step] = sorted(objects_of(steps), key=lambda step: step.turn(self.now))
        self.answers: list[Answer] = objects_of(answers)
        self.recycled: Recycling | None = next(iter(objects_of(recycled)), None) if recycled else None
        self.slept = next(map(Slept.by, objects_of(slept)), None) if slept else None
        self.handed = HandedOff.told(*handed.rows()[0]) if handed else None
        self._read_people([Job(*row) for row in jobs.rows()])
        self.timeline = Timeline(lead, self.told_pursuits, show=self.show, before=self.before, deeds=DEEDS_READ)
        newest = self._newest_answers()
        self.timeline.read_notes([answer.note_id for answer in newest.values() if answer.note_id])
        self.timeline.want(self.names)
        self.names.want("user", *[answer.by_id for answer in newest.values()])
        want_routing(self.names, self.first_data)
        self.names.want("person", self.first_data.get("whose"))
        if self.meeting:
            self.names.want("user", self.meeting.escalated_to_id)
        self.names.load()
        self.known = [self._known(code, newest.get(code.pk)) for code in self.names.codes("criterion")]

    @cached_property
    def history(self) -> History:
        return self.timeline.say(self.names, reader=self.user.pk, now=self.now, zone=self.hers.zone)

    @property
    def may_erase(self) -> bool:
        return self.user.has_role(Role.ADMIN)

    # What there is at most once: absent on the lead where there is none.

    @property
    def first_data(self) -> dict[str, Any]:
        """What routing wrote down when this pursuit began."""
        return getattr(self.lead, "first_data", None) or {}

    @property
    def running(self) -> Clock | None:
        return getattr(self.lead, "clock", None)

    @property
    def step_due(self) -> datetime | None:
        """When the next step is due: of a first touch whose promise has run out, what was promised."""
        if self.step is None:
            return None
        clock = self.running
        if clock and clock.kind == SLAClause.Kind.FIRST_TOUCH and clock.due_at <= self.now and self.step.attempt == 1:
            return min(clock.due_at, self.step.due_at)
        return due_since(self.step.due_at, self.step.created_at)

    @cached_property
    def meeting(self) -> HandOff | None:
        if self.lead.phase not in AE_PHASES or (found := getattr(self.lead, "meeting", None)) is None:
            return None
        hand_off: Any = found
        hand_off.lead = self.lead
        hand_off.away_until = getattr(self.lead, "away_until", None)
        if self.lead.bdr and hand_off.bdr_id == self.lead.bdr_id:
            hand_off.bdr = self.lead.bdr
        if hand_off.ae_id == self.lead.ae_id and self.lead.ae:
            hand_off.ae = self.lead.ae
        return hand_off

    @property
    def passed_on_to(self) -> str:
        """Who has her hand-off to answer because nobody did in time; empty for that one herself."""
        meeting = self.meeting
        if not meeting or not meeting.is_unanswered or meeting.escalated_to_id in (None, self.user.pk):
            return ""
        return self.names.say("user", meeting.escalated_to_id)

    @cached_property
    def block(self) -> BlockPlace | None:
        """Her place in the block she works, where this lead is in it."""
        row_id = getattr(self.lead, "in_block", None)
        return place_of(row_id, self.user) if row_id else None

    @property
    def is_aside(self) -> bool:
        """She works a block, and this lead is not in it."""
        return not self.block and getattr(self.lead, "open_block", None) is not None

    @cached_property
    def second_look(self) -> SecondLook | None:
        """What a manager has to decide about its end."""
        if self.lead.phase != Phase.CLOSED:
            return None
        return SecondLook.objects.filter(lead=self.lead, state=SecondLook.State.OPEN).first()

    @property
    def _is_untouched(self) -> bool:
        return self.lead.first_touched_at is None and self.lead.phase in (Phase.QUEUED, Phase.WORKING)

    @property
    def came_back(self) -> str:
        """Why she is here again: what sales said when it sent her back, or why she slept."""
        step = self.step
        if self.handed and step and (step.made_by == Step.MadeBy.SYSTEM or step.kind == StepKind.REBOOK):
            return came_back_words(self.handed, now=self.now)
        if not self.slept:
            return ""
        began = self.first_data
        whose = self.names.say("person", began["whose"]) if began.get("whose") else ""
        by = woke(began, self.lead.evidence, whose=whose, now=self.now)
        return woke_words(self.slept, self.lead.origin, now=self.now, woke=by)

    # What may be done

    @property
    def works(self) -> bool:
        return bool(getattr(self.lead, "is_workable", False))

    @property
    def may_take(self) -> bool:
        """Free in the pool of a team where she is a BDR, or kept for her."""
        lead = self.lead
        if lead.phase != Phase.QUEUED or lead.team_id not in self.user.teams_as(Role.BDR):
            return False
        return not self.is_reserved_for_another

    @property
    def manages(self) -> bool:
        return self.lead.team_id in self.user.teams_read(Role.MANAGER)

    @property
    def is_reserved_for_another(self) -> bool:
        lead = self.lead
        return bool(lead.reserved_until and lead.reserved_until > self.now and lead.bdr_id != self.user.pk)

    @cached_property
    def may(self) -> dict[str, bool]:
        """Which of the acts make sense in this phase; the actions decide again."""
        phase, works = self.lead.phase, self.works
        is_open = works and phase != Phase.CLOSED
        # Work on a queued lead takes it, so that it is offered to whom may take it; a manager may also end it.
        is_hers = is_open and (phase != Phase.QUEUED or self.may_take)
        ends_it = is_hers or (is_open and self.manages)
        return {
            "call": is_hers and phase != Phase.NURTURE,
            "touch": is_hers and phase != Phase.NURTURE,
            "note": works,
            "step": is_hers and phase != Phase.HANDED_OFF,
            "meeting": is_hers and phase in (Phase.QUEUED, Phase.WORKING),
            "recycle": ends_it and phase in (Phase.QUEUED, Phase.WORKING),
            "disqualify": ends_it and phase in (Phase.QUEUED, Phase.WORKING, Phase.NURTURE),
            "answers": is_open,
            "person": works,
            "wake": works and phase == Phase.NURTURE,
        }

    def _is_hers(self, step: Step) -> bool:
        """Once sales has the lead, each of the two moves and ends her own steps; the manager all."""
        sold = self.lead.phase in (Phase.ACCEPTED, Phase.QUALIFIED)
        return not sold or self.manages or step.assignee_id == self.user.pk

    @property
    def may_snooze(self) -> bool:
        """A meeting is moved with the other side instead."""
        step = self.step
        return bool(step and self.may["step"] and self._is_hers(step) and step.kind != StepKind.MEETING)

    @property
    def may_finish(self) -> bool:
        """A step that no other act ends. The only one of a lead that sales has ends with what came of it."""
        step, is_sold = self.step, self.lead.phase in (Phase.ACCEPTED, Phase.QUALIFIED)
        if step is None or step.kind not in FINISHED or not self.may["answers"]:
            return False
        return self._is_hers(step) and not (is_sold and len(self.steps) == 1) and not self.is_in_pool

    @property
    def is_in_pool(self) -> bool:
        return self.lead.phase == Phase.QUEUED and not self.may_take

    @cached_property
    def undoable(self) -> dict[int, str]:
        """Her own last act of the day, while nobody has acted since, no letter of it has left and nothing else holds
        it, and what she has only said since: each with its key, where nothing stands above it."""
        found, lines = {}, self.history.lines
        if lines and self.history.show != "all":
            # What stands in its way may be of another kind than the lines that are shown.
            lines = newest_of(self.lead)
        for event in last_acts(self.lead, lines):
            is_held = event.to_phase == Phase.CLOSED and why_it_stands(self.lead, effects_of(event))
            act = whole_act(event, lines)
            has_left = any(one.has_left(act) for one in self.timeline.above)
            if not is_held and not has_left and can_undo(event, by=self.user, at=self.now):
                # Who asked never to be contacted again is not back in somebody's calls by one stray key.
                is_silenced = bool(effects_of(event).get("suppressions"))
                newest = next(one for one in lines if not is_aside(one))
                found[event.pk] = "" if is_silenced or event != newest else "u"
        return found

    # Who

    @property
    def title(self) -> str:
        """Her name, or else her best facts; never an id."""
        return str(self.person)

    @property
    def asked_for(self) -> list[str]:
        """What she chose of our e-mail; of whoever gets none, nothing is left to choose."""
        return [] if "email" in self.silent else [said for one in self.timeline.above for said in one.asked_for]

    @property
    def under_way(self) -> str:
        """The track or play that goes on with her, or is paused."""
        return next((one.under_way for one in self.timeline.above if one.under_way), "")

    @property
    def goes_on(self) -> str:
        """The play that goes on with her while she is worked, by itself."""
        names = (one.goes_on for one in self.timeline.above if one.goes_on)
        return next(names, "") if self.lead.phase == Phase.WORKING else ""

    @cached_property
    def own_fields(self) -> list[tuple[str, str]]:
        """The own fields that are filled, hers before her account's: label and value."""
        of_account = self.account.custom if self.account else {}
        return told_fields((CustomField.Entity.PERSON, self.person.custom), (CustomField.Entity.ACCOUNT, of_account))

    @cached_property
    def phones(self) -> list[ContactPoint]:
        return [point for point in self.contacts if point.kind in ContactPoint.PHONES]

    @property
    def dial(self) -> str:
        """The number that `c` dials, if she may be called."""
        if "phone" in self.silent:
            return ""
        usable = [point for point in self.phones if point.state in ContactPoint.USABLE]
        best = next((point for point in usable if point.is_primary), usable[0] if usable else None)
        return f"tel:{best.normalised}" if best else ""

    @cached_property
    def hers(self) -> HerClock:
        usable = [point for point in self.phones if point.state in ContactPoint.USABLE]
        numbers = in_turn((-point.pk if point.is_primary else point.pk, point.normalised) for point in usable)
        # By the reader's own weekend, as her queue says who is callable.
        kept = getattr(self.lead, "reader_hours", None)
        hours = hours_kept(kept["calendar"], kept["version"], at=self.now) if kept else None
        where = where_of(self.person, self.account, numbers)
        return her_clock(where, at=self.now, weekend=weekend_worked(hours, at=self.now))

    @property
    def also(self) -> list[Colleague]:
        """Whom a call to this company can have been about as well: those of its people whom she works."""
        if not self.may["call"]:
            return []
        return [one for one in self.colleagues if one.lead is not None and self._is_worked_by_her(one.lead)]

    def _is_worked_by_her(self, lead: Lead) -> bool:
        return lead.pk != self.lead.pk and lead.bdr_id == self.user.pk and lead.phase == Phase.WORKING

    @property
    def missing_roles(self) -> list[str]:
        return missing_roles(one.job.role for one in self.colleagues) if self.account else []

    def _ask_silence(self) -> Asked:
        """Which channels she may not be reached on: her own wish, or that of an address or number of hers."""
        keys = []
        for point in self.contacts:
            if point.kind == ContactPoint.Kind.EMAIL:
                keys += [suppression_key(form) for form in keys_of_email(point.normalised)]
            elif point.kind in ContactPoint.PHONES:
                keys.append(suppression_key(point.normalised))
        # Nothing has the empty key. An empty list would ask PostgreSQL for a number among words.
        return SILENCE.ask(person=self.lead.person_id, keys=keys or [""])

    def _read_people(self, jobs: list[Job]) -> None:
        lead = self.lead
        self.job = next((job for job in jobs if job.person_id == lead.person_id), None)
        self.account = lead.account
        if self.job and self.job.account_id != lead.account_id:
            # She has moved since this pursuit began: who matters now is where she is now.
            self.account = Account.objects.get(pk=self.job.account_id)
            jobs = [Job(*row) for row in JOBS.rows(person=lead.person_id, account=self.job.account_id)]
        self.more_people = len(jobs) > PEOPLE_SHOWN
        there = [job for job in jobs[:PEOPLE_SHOWN] if self.account and job.account_id == self.account.pk]
        people = [job.person_id for job in there]
        with in_one_trip():
            silence = self._ask_silence()
            found = PURSUITS.ask(shape=shape_of(self.user), person=lead.person_id, people=people, **seen_as(self.user))
        silent = {channel for (channel,) in silence.rows()}
        self.silent = {"email", "phone"} if Suppression.Channel.ALL in silent else silent
        pursuits: list[Lead] = objects_of(found)
        worked = {one.person_id: one for one in pursuits if one.is_open}
        self.colleagues = [Colleague(job, worked.get(job.person_id)) for job in there]
        self.pursuits = [one for one in pursuits if one.person_id == lead.person_id and one.pk != lead.pk]
        # What came before is told with this pursuit; what another team said to her stays with that team.
        self.told_pursuits = [one for one in self.pursuits if getattr(one, "is_seen", False) and one.pk < lead.pk]

    # The work

    @property
    def step(self) -> Step | None:
        return self.steps[0] if self.steps else None

    @property
    def mark_of_next(self) -> str:
        return mark_of_next(self.steps, at=self.now)

    @property
    def attempts_planned(self) -> int:
        return len(attempts_of(self.lead.cadence_id)) if self.lead.cadence_id else 0

    @property
    def after_no_answer(self) -> str:
        return after_no_answer(self.lead, self.steps, self.silent, now=self.now)

    @property
    def dispositions(self) -> list[Code]:
        return self.names.codes("disposition")

    @property
    def next_attempts(self) -> str:
        """Ids of the dispositions after which the cadence goes on, as `data-when` wants them."""
        return " ".join(str(one.pk) for one in self.dispositions if one.more == Disposition.Follows.NEXT_ATTEMPT)

    @property
    def call_backs(self) -> str:
        return " ".join(str(one.pk) for one in self.dispositions if one.more == Disposition.Follows.CALL_BACK)

    @property
    def zones(self) -> list[str]:
        """Clocks somebody may mean: hers, mine, the team's."""
        found = (self.hers.zone, self.user.time_zone, self.lead.team.calendar.time_zone)
        return list(dict.fromkeys(zone for zone in found if zone))

    @property
    def letters(self) -> str:
        """MQL, SAL, SQL by the installation's preset; somebody's own find is a Prospect until sales accepts."""
        lead = self.lead
        if lead.phase == Phase.CLOSED:
            return ""
        if lead.lane == Lane.REP_SOURCED and lead.phase in (Phase.QUEUED, Phase.WORKING, Phase.HANDED_OFF):
            return str(Letters.PROSPECT.label)
        return str(LETTERS.get(getattr(lead, "preset", ""), LETTERS["articles"])[Phase(lead.phase)].label)

    @property
    def worker(self) -> User | None:
        """Whose lead it is, for somebody who may only look."""
        return self.lead.ae if self.lead.phase in AE_PHASES else self.lead.bdr

    # What we know

    @property
    def known_count(self) -> int:
        return sum(1 for one in self.known if one.value in ("yes", "no"))

    @property
    def fit_letter(self) -> str:
        return self.lead.tier[:1]

    @property
    def interest_band(self) -> str:
        """1, 2 or 3, the highest first."""
        return self.lead.tier[1:]

    @property
    def fit(self) -> list[tuple[str, int]]:
        labels = {rule.key: rule.label for rule in rules_of(self.lead.agreement_id)}
        return [(labels.get(key, key), worth) for key, worth in self.lead.tier_parts if key != "interest"]

    @property
    def fit_sum(self) -> int:
        return sum(worth for _label, worth in self.fit)

    @property
    def interest_at_entry(self) -> int:
        return next((worth for key, worth in self.lead.tier_parts if key == "interest"), 0)

    @cached_property
    def topics(self) -> list[Topic]:
        return topics_of(self.timeline.deeds, now=self.now)

    @property
    def topics_max(self) -> int:
        return max([topic.points for topic in self.topics], default=0) or 1

    @property
    def routed(self) -> str:
        return routed_words(self.first_data, self.names)

    def _newest_answers(self) -> dict[int, Answer]:
        newest: dict[int, Answer] = {}
        for answer in self.answers:
            newest.setdefault(answer.criterion_id, answer)
        return newest

    def _known(self, code: Code, answer: Answer | None) -> Known:
        if answer is None:
            return Known(code)
        note = self.timeline.notes.get(answer.note_id or 0)
        by = _("you") if answer.by_id == self.user.pk else self.names.say("user", answer.by_id)
        return Known(code, answer, note.text if note else "", by)
