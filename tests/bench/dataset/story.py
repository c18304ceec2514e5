"""What happened to one lead, told as its four events."""

# ruff: noqa: E501 - tables of data read better a row a line

from datetime import timedelta

from uuid_utils.compat import uuid7

from tests.bench.dataset.rows import History
from tests.bench.dataset.shape import (
    FOUND,
    MEASURED_POOL,
)
from tests.bench.dataset.words import (
    CLOSINGS,
    LANES,
    RECYCLE_REASONS,
    draw,
)


class Story:
    """What happened to one lead, in four events, and the rows that go with where it stands."""

    def __init__(self, company, lead_id, kind, account_id, created, until, *, woken):
        self.company, self.lead_id, self.kind, self.woken = company, lead_id, kind, woken
        self.codes, self.pick, self.at = company.codes, company.random, company.at
        self.account_id, self.created = account_id, created
        self.history = History()
        self.band, self.sweep_at = 1, None
        self.rows = []
        self.until = until
        span = (until - created) * 0.9
        moments = sorted(created + span * self.pick.random() for _ in range(3))
        self.first, self.second, self.third = moments
        self.team, self.bdr = company.owner(lead_id, working=kind == "working")
        self.lane = "content" if lead_id <= FOUND.stop else draw(self.pick, LANES)
        self.cadence = self.codes.cadences[self.lane]
        self.ae = self.pick.choice(self.codes.aes)

    def tell(self):
        getattr(self, f"_{self.kind}")()
        return self.history.state

    def add_rows(self, add, person_id, lead_id, codes):
        for table, *row in self.rows:
            add(table, *([lead_id, *row] if table != "leads_handoff" else [uuid7(), lead_id, *row]))
        if self.history.state["closed_as"] == "do_not_contact":
            add("accounts_suppression", "all", person_id, "", self.at, "")

    def _queue(self, due_at, **more):
        origin = {"hand_raiser": "hand_raiser", "rep_sourced": "rep_sourced", "list": "import"}.get(
            self.lane, "inbound"
        )
        self.history.step(
            "queue", self.created, phase="queued", stage=self.codes.stages["new"], team=self.team, lane=self.lane,
            origin=origin, account=self.account_id, due_at=due_at, **more,
        )  # fmt: skip

    def _claim(self, at):
        stage = self.codes.stages["attempting"]
        self.history.step(
            "claim", at, self.bdr, phase="working", stage=stage, bdr=self.bdr, due_at=at, cadence=self.cadence,
            reserved_until=None,
        )  # fmt: skip

    def _log(self, at, due_at):
        attempts = self.history.state["attempts"] + 1
        first = self.history.state["first_touched_at"] or at
        self.history.step(
            "log", at, self.bdr, attempts=attempts, first_touched_at=first, last_touched_at=at, due_at=due_at
        )
        self._step("call", at, self.bdr, attempts, made=at - timedelta(hours=1), closed=at)

    def _step(self, kind, due_at, assignee, attempt, *, made, closed=None, promised=False):
        cadence = self.cadence if attempt else None
        self.rows.append((
            "leads_step", kind, "", due_at, "", assignee, promised, cadence, attempt, "cadence" if attempt else "person",
            None, made, "done" if closed else "open", closed, 0,
        ))  # fmt: skip

    def _first_touch(self, state, due_at, *, ended=None, missed=None, notice=None):
        clause = self.codes.clauses.get(("first_touch", self.lane))
        if clause:
            started = min(self.created, due_at)
            self.rows.append((
                "leads_clock", clause, "first_touch", self.codes.version, self.codes.calendars[self.team], started, due_at,
                state, ended, missed, notice,
            ))  # fmt: skip

    def _queued(self):
        """In the pool: a third missed, some given back with a step nobody owns, a tenth reserved for a rep."""
        pick = self.pick
        where = (
            "fresh"
            if self.lead_id in MEASURED_POOL
            else draw(pick, [("fresh", 50), ("given back", 15), ("missed", 35)])
        )
        if where == "given back":
            due_at = self.at + timedelta(minutes=pick.randrange(-200, 400))
            self.band, self.sweep_at = (2, due_at) if due_at > self.at else (3, None)
            self._queue(self.first)
            self._first_touch("met", self.second, ended=self.second)
            self._claim(self.first)
            self._log(self.second, due_at)
            self.history.step(
                "release", self.third, self.bdr, phase="queued", stage=self.codes.stages["new"], bdr=None, due_at=due_at
            )
            self._step("call", due_at, None, 2, made=self.third)
            return
        reserved = where == "fresh" and self.lead_id not in MEASURED_POOL and pick.random() < 0.1
        until = self.at + timedelta(hours=pick.randrange(4, 48)) if reserved else None
        if where == "missed":
            due_at = self.at - timedelta(minutes=pick.randrange(60, 10000))
            self.band = 3
        else:
            due_at = self.at + timedelta(minutes=pick.randrange(200, 1200))
            self.created = self.at - timedelta(minutes=pick.randrange(5, 200))
            self.band = 0 if self.lane == "hand_raiser" else 1
            self.sweep_at = min(due_at, until or due_at)
        self._queue(due_at, bdr=self.bdr if reserved else None, reserved_until=until)
        later = self.created + timedelta(minutes=1)
        self.history.step("engage", later)
        self.history.step("engage", later)
        if where == "missed":
            self.history.step("miss", due_at)
            self._first_touch("missed", due_at, ended=due_at, missed=due_at)
        else:
            self.history.step("engage", later)
            self._first_touch("running", due_at, notice=due_at - timedelta(minutes=60))

    def _working(self):
        due_at = self.at + timedelta(minutes=self.pick.choice([-3000, -400, -60, 30, 120, 300, 1400, 4000, 9000]) + self.pick.randrange(60))  # fmt: skip
        self._queue(self.first)
        self._first_touch("met", self.second, ended=self.second)
        self._claim(self.first)
        self._log(self.second, self.third)
        self._log(self.third, due_at)
        if self.pick.random() < 0.15:
            self._step("call_back", due_at, self.bdr, None, made=self.third, promised=True)
        else:
            self._step("call", due_at, self.bdr, 3, made=self.third)
            if self.pick.random() < 0.2:
                self._step("task", due_at + timedelta(days=2), self.bdr, None, made=self.third)

    def _sales(self):
        """Handed off and not yet answered, accepted, or qualified."""
        phase = draw(self.pick, [("handed_off", 30), ("accepted", 40), ("qualified", 30)])
        meeting = self.at + timedelta(hours=self.pick.randrange(20, 200))
        respond_by = self.at + timedelta(hours=self.pick.randrange(2, 9))
        self._queue(self.first)
        self._claim(self.first)
        self.history.step(
            "hand_off", self.second, self.bdr, phase="handed_off", stage=self.codes.stages["meeting_booked"], ae=self.ae,
            due_at=respond_by, meeting_agreed_at=self.second,
        )  # fmt: skip
        self._first_touch("met", self.second, ended=self.second)
        if phase == "handed_off":
            self.history.step("plan", self.second, self.bdr)
        else:
            due_at = meeting
            self.history.step(
                "accept", self.third, self.ae, phase="accepted", stage=self.codes.stages["accepted"], due_at=due_at
            )
            if phase == "qualified":
                due_at = self.at + timedelta(days=self.pick.randrange(1, 20))
                self.history.step(
                    "qualify", self.at - timedelta(minutes=5), self.ae, phase="qualified",
                    stage=self.codes.stages["qualified"], due_at=due_at, opportunity_at=self.at - timedelta(minutes=5),
                )  # fmt: skip
            kind = "meeting" if phase == "accepted" else "outcome"
            self._step(kind, due_at, self.ae, None, made=self.third, promised=phase == "accepted")
        if phase == "handed_off":
            clause = self.codes.clauses["response", ""]
            self.rows.append((
                "leads_clock", clause, "response", self.codes.version, self.codes.calendars[self.team], self.second,
                respond_by, "running", None, None, respond_by - timedelta(hours=1),
            ))  # fmt: skip
        answered = None if phase == "handed_off" else self.third
        state = {"handed_off": "sent", "accepted": "accepted", "qualified": "qualified"}[phase]
        self.rows.append((
            "leads_handoff", self.ae, self.bdr, self.team, state, self.second, respond_by, meeting, meeting, "UTC",
            30, "", "Wants to see prices", answered, self.ae if answered else None, 0,
        ))  # fmt: skip

    def _nurture(self):
        wake_at = self.at + timedelta(hours=self.pick.randrange(24, 24 * 180))
        if self.company.overdue_wakes > 0:
            self.company.overdue_wakes -= 1
            wake_at = max(self.at - timedelta(minutes=self.pick.randrange(1, 500)), self.third + timedelta(minutes=1))
        self._recycle(wake_at)
        self.sweep_at = wake_at

    def _recycle(self, wake_at, *, is_called=True):
        category = draw(self.pick, RECYCLE_REASONS)
        self._queue(self.first)
        self._first_touch("met", self.second, ended=self.second)
        self._claim(self.first)
        if is_called:
            self._log(self.second, self.third)
        self.history.step(
            "recycle", self.third, self.bdr, phase="nurture", stage=self.codes.stages["recycled"], due_at=wake_at,
            wake_at=wake_at, reason=self.codes.reasons[category],
        )  # fmt: skip
        vendor, precision = ("Acme", "month") if category == "mid_contract" else ("", "day")
        self.rows.append(("leads_recycling", self.third, self.bdr, category, wake_at, vendor, precision))

    def _closed(self):
        others = [(how, weight) for how, weight in CLOSINGS if how != "woken"]
        how = "woken" if self.woken else draw(self.pick, others)
        closing = {"phase": "closed", "stage": None, "due_at": None, "closed_as": how}
        if how == "woken":
            # Recycled without a call in between, so that it too has four events.
            self._recycle(self.until, is_called=False)
            self.history.step("wake", self.until, wake_at=None, reason=None, closed_at=self.until, **closing)
            return
        self._queue(self.first)
        self._first_touch("met", self.second, ended=self.second)
        self._claim(self.first)
        if how in ("won", "lost"):
            self.history.step(
                "hand_off", self.second, self.bdr, phase="handed_off", stage=self.codes.stages["meeting_booked"],
                ae=self.ae, due_at=self.third, meeting_agreed_at=self.second,
            )  # fmt: skip
            accepted = {"phase": "accepted", "stage": self.codes.stages["accepted"], "due_at": self.third}
            self.history.step("accept", self.second, self.ae, **accepted)
            if how == "won":
                qualified = {
                    "phase": "qualified",
                    "stage": self.codes.stages["qualified"],
                    "opportunity_at": self.third,
                }
                self.history.step("qualify", self.third, self.ae, **qualified)
            verb, reason, by = ("win", None, self.ae) if how == "won" else ("lose", "no_budget", self.ae)
        else:
            self._log(self.second, self.third)
            reason = (
                "opted_out"
                if how == "do_not_contact"
                else self.pick.choice(["bad_data", "not_our_market", "competitor"])
            )
            verb, by = "disqualify", self.bdr
        self.history.step(
            verb, self.third, by, closed_at=self.third, reason=self.codes.reasons[reason] if reason else None, **closing
        )
