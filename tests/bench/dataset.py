"""A company of any size, written by COPY: 8 teams, 80 BDRs, and leads whose events fold to what they are.

The shares of the phases are fixed (4 % in the pool, 6 % worked, 30 % asleep, 1 % with AEs, the rest closed) and dealt
out independently of teams and owners; accounts, interest and activity are skewed as they are in life. The first rows
are the same at every size, so that a measured page shows the same however much lies behind it: what a rep of
`FULL_REP` works, one lead of `LONE_REP`, a pool, a short and a long timeline, one family name to search for.

Foreign keys are off while rows are copied and each of them is looked up afterwards; CHECK and UNIQUE stay on.
"""

# ruff: noqa: E501 - tables of data read better a row a line

import json
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import psycopg
from uuid_utils.compat import uuid7

from leads.scoring import interest_rank

SHARES = {"queued": 4, "working": 6, "sales": 1, "nurture": 30, "closed": 59}
FULL_REP, LONE_REP, OTHER_REP = "bdr1@bench.example", "bdr2@bench.example", "bdr3@bench.example"
MEASURED_ROWS = 60
SHORT_LEAD, LONG_LEAD, LONE_LEAD = 1, 2, MEASURED_ROWS + 1
MEASURED_POOL = range(LONE_LEAD + 1, LONE_LEAD + 1 + MEASURED_ROWS)
FOUND = range(MEASURED_POOL.stop, MEASURED_POOL.stop + MEASURED_ROWS)
FOUND_NAME, FOUND_COMPANY = "Marlowen", "Haldenvik"
SHORT_TIMELINE, LONG_TIMELINE = 10, 500
CHUNK = 2000

GIVEN = ["An", "Bel", "Car", "Dor", "El", "Fin", "Gre", "Hal", "Is", "Jo", "Kat", "Lin", "Mar", "Nor", "Ol", "Per"]
GIVEN_END = ["a", "en", "is", "ta", "ia", "o", "us", "ey"]
FAMILY = ["mar", "low", "hald", "brek", "lind", "ost", "wen", "vik", "tor", "kes", "rad", "sel", "fjor", "dal", "grim"]
FAMILY_END = ["en", "er", "sen", "man", "by", "s", "ova", "ard"]
TITLES = [
    ("Head of operations", 5), ("Operations manager", 14), ("Plant manager", 8), ("IT manager", 11), ("Chief executive", 3),
    ("VP sales", 3), ("Buyer", 9), ("Analyst", 12), ("Assistant", 10), ("Engineer", 18), ("Director of logistics", 7),
]  # fmt: skip
PLACES = [("US", "America/New_York", 34), ("US", "America/Chicago", 14), ("GB", "Europe/London", 16), ("DE", "Europe/Berlin", 14), ("IN", "Asia/Kolkata", 12), ("AU", "Australia/Sydney", 5), ("", "", 5)]  # fmt: skip
KINDS = [("visited", 34, 2), ("clicked", 20, 5), ("read", 16, 4), ("downloaded", 12, 10), ("registered", 8, 10), ("attended", 6, 20), ("asked", 2, 40), ("listed", 2, 1)]  # fmt: skip
LANES = [("content", 55), ("list", 30), ("hand_raiser", 9), ("rep_sourced", 6)]
TIERS = [("A1", 4), ("A2", 7), ("B1", 8), ("B2", 16), ("B3", 15), ("C2", 20), ("C3", 30)]
RECYCLE_REASONS = [("not_ready", 34), ("unresponsive", 30), ("mid_contract", 16), ("no_authority", 12), ("wrong_person", 5), ("left_company", 3)]  # fmt: skip
CLOSINGS = [("woken", 17), ("disqualified", 55), ("lost", 14), ("won", 10), ("do_not_contact", 4)]


@dataclass(frozen=True)
class Shape:
    leads: int
    # So many sleeping leads should have woken already: the work of the tick that wakes.
    overdue_wakes: int = 0
    seed: int = 7


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
    "leads_handoff": "public_id lead_id ae_id bdr_id state sent_at respond_by meeting_at local_meeting zone minutes place line answered_at answered_by_id sequence",
}  # fmt: skip
COLUMNS = {table: names.split() for table, names in TABLES.items()}
# A lead's columns of history, from the tail of its row.
FOLDED = [name.removesuffix("_id") for name in COLUMNS["leads_lead"][14:]]
FOLDED.insert(FOLDED.index("closed_at") + 1, "account")
BLANK = {"attempts": 0, "closed_as": "", "lane": "", "origin": ""}
MOMENT_OF_PHASE = {
    phase: f"first_{phase}_at" for phase in ("queued", "working", "handed_off", "accepted", "qualified", "nurture")
}


def fill(database_url, shape, *, at=None):
    """Write the data set into an installation that has its company; return the shares it was dealt."""
    at = at or datetime.now(UTC).replace(second=0, microsecond=0)
    with psycopg.connect(database_url) as connection:
        connection.execute("SET session_replication_role = replica")
        writer = Writer(connection)
        company = Company(shape, _codes(connection), at, writer)
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


class Company:
    def __init__(self, shape, codes, at, writer):
        self.shape, self.codes, self.at, self.writer = shape, codes, at, writer
        self.random = random.Random(shape.seed)
        self.accounts = max(shape.leads // 5, 200)
        self.person_ids = count(1)
        self.people = {}
        self.account_names = {None: ""}
        self.overdue_wakes = shape.overdue_wakes
        self.bdrs = [(team, bdr) for team in codes.teams for bdr in codes.bdrs[team]]
        # Reps differ: some hold three times what others hold. Whoever is measured holds a fixed number of open leads.
        self.weights = [1 / (1 + position % 10) ** 0.5 for position in range(len(self.bdrs))]
        measured = (codes.full_rep, codes.lone_rep)
        self.working_weights = [
            0 if bdr in measured else weight for (_team, bdr), weight in zip(self.bdrs, self.weights, strict=True)
        ]

    def write(self):
        for account_id in range(1, self.accounts + 1):
            self._account(account_id)
            if account_id % CHUNK == 0:
                self.writer.flush()
        phases = self._deal()
        self.previous = self._pursuits(phases)
        self.next = {woken: follower for follower, woken in self.previous.items()}
        for lead_id in range(1, self.shape.leads + 1):
            self._lead(lead_id, phases[lead_id])
            if lead_id % CHUNK == 0:
                self.writer.flush()
        return Counter(phases[1:])

    def _deal(self):
        """The phase of every lead: exact shares, shuffled; the measured ones come first."""
        leads = self.shape.leads
        counts = {name: round(leads * percent / 100) for name, percent in SHARES.items()}
        counts["closed"] = leads - sum(number for name, number in counts.items() if name != "closed")
        fixed = ["working"] * (MEASURED_ROWS + 1) + ["queued"] * MEASURED_ROWS
        left = Counter(counts) - Counter(fixed)
        rest = [name for name, number in left.items() for _ in range(number)]
        self.random.shuffle(rest)
        return [None, *fixed, *rest]

    def _pursuits(self, phases):
        """{an open lead: the sleeping one it was woken from}, for a sixth of the closed leads."""
        closed = [lead for lead in range(FOUND.stop, len(phases)) if phases[lead] == "closed"]
        still_open = [lead for lead in range(FOUND.stop, len(phases)) if phases[lead] not in ("closed", "sales")]
        number = min(len(closed) * dict(CLOSINGS)["woken"] // 100, len(still_open))
        return dict(zip(self.random.sample(still_open, number), self.random.sample(closed, number), strict=True))

    def _account(self, account_id):
        pick = self.random
        name = self._word(2, FAMILY_END).capitalize()
        name = f"{FOUND_COMPANY if account_id == 1 else name} {pick.choice(['AS', 'Ltd', 'Group', 'Works', 'Systems'])}"
        standing = "prospect" if account_id <= 60 else _draw(pick, [("prospect", 88), ("customer", 8), ("open_opportunity", 3), ("competitor", 1)])  # fmt: skip
        country, _zone = self._place()
        self.account_names[account_id] = name
        self.writer.add(
            "accounts_account", account_id, uuid7(), name, standing, pick.choice(["Logistics", "Machinery", "Software", "Food", "Retail"]),
            "", int(pick.lognormvariate(5, 1.4)) + 1, country, "", "", "", "", "", "{}", 1, self.at - timedelta(days=pick.randrange(30, 900)),
        )  # fmt: skip
        self.writer.add("accounts_accountdomain", account_id, f"company{account_id}.example")
        self.writer.add("accounts_searchtext", None, account_id, f"{name} company{account_id}.example".lower())

    def _person(self, lead_id):
        """A new person; a few accounts have many people, most have few."""
        pick = self.random
        person_id = next(self.person_ids)
        given = pick.choice(GIVEN) + pick.choice(GIVEN_END)
        family = FOUND_NAME if lead_id in FOUND else self._word(2, FAMILY_END).capitalize()
        account_id = None
        if lead_id in FOUND or pick.random() < 0.85:
            account_id = min(int(self.accounts * pick.random() ** 2.5) + 1, self.accounts)
        country, zone = self._place()
        created = self.at - timedelta(days=400 * pick.random() ** 1.5 + 20)
        email = f"{given}.{family}{person_id}@company{account_id or 0}.example".lower()
        add = self.writer.add
        add(
            "accounts_person",
            person_id,
            uuid7(),
            given,
            family,
            country,
            "",
            "",
            zone,
            "",
            "",
            "prospect",
            "{}",
            1,
            created,
        )
        add("accounts_contactpoint", person_id, "email", email, email, "", True, "ok", "", created)
        title = _draw(pick, TITLES)
        phone = f"+1{2125550000 + person_id}" if pick.random() < 0.7 else ""
        if phone:
            add("accounts_contactpoint", person_id, "phone", phone, phone, "", True, "ok", "", created)
        if account_id:
            add("accounts_employment", person_id, account_id, title, "unknown", True)
        text = f"{given} {family} {email} {phone} {phone[1:]} {self.account_names[account_id]} {title}"
        add("accounts_searchtext", person_id, None, text.lower())
        return person_id, account_id, created

    def _lead(self, lead_id, phase):
        pick, add, codes = self.random, self.writer.add, self.codes
        previous, woken = self.previous.get(lead_id), lead_id in self.next
        # A lead that was woken and the one that followed it belong to one person.
        pursuit = previous or lead_id
        is_new = pursuit not in self.people
        person_id, account_id, known = person = self.people.pop(pursuit, None) or self._person(lead_id)
        if is_new and (previous or woken):
            self.people[pursuit] = person
        between = known + (self.at - known) / 2
        created, until = (between if previous else known), (between if woken else self.at)
        story = Story(self, lead_id, phase, account_id, created, until, woken=woken)
        state = story.tell()
        created = story.created
        team, version = state["team"], sum(1 for event in story.history.events if '"phase"' in event[5])

        engagements, activities = self._amounts(lead_id, len(story.history.events))
        points = self._engagements(person_id, account_id, engagements, created)
        if is_new:
            last = self.at - timedelta(days=pick.expovariate(1 / 60))
            points = min(points, 200)
            rank = interest_rank(points, at=last, half_life=timedelta(days=30))
            add("leads_interest", person_id, points, last, rank)
        evidence = json.dumps([["downloaded", pick.choice(codes.assets)[0], None, created.isoformat()]])
        add(
            "leads_lead", lead_id, uuid7(), person_id, account_id, "", codes.version, _draw(pick, TIERS), "[]", evidence,
            created, previous, story.band, story.sweep_at, version,
            *(state[name] for name in FOLDED if name != "account"),
        )  # fmt: skip
        for event in story.history.events:
            add("leads_leadevent", lead_id, *event)
        by = state["bdr"] or pick.choice(codes.bdrs[team])
        self._activities(lead_id, person_id, account_id, by, activities, created)
        if lead_id > LONG_LEAD and pick.random() < 0.5:
            add("leads_note", lead_id, "Asked about prices and how long it takes.", created + timedelta(days=2), by)
        if state["phase"] in ("working", "nurture") and pick.random() < 0.6:
            for criterion in codes.criteria[: pick.randrange(1, 4)]:
                value = pick.choice(["yes", "no", "unknown"])
                add("leads_answer", lead_id, criterion, value, created + timedelta(days=3), by)
        story.add_rows(add, person_id, lead_id, codes)

    def _amounts(self, lead_id, events):
        """How many engagements and activities: ten on average, few have very many."""
        if lead_id == SHORT_LEAD:
            return SHORT_TIMELINE - events - 1, 1
        if lead_id == LONG_LEAD:
            return LONG_TIMELINE // 2, LONG_TIMELINE - LONG_TIMELINE // 2 - events
        if lead_id <= FOUND.stop:
            return 7, 3
        together = max(1, min(200, round(self.random.lognormvariate(1.9, 0.9))))
        activities = round(together * 0.3)
        return together - activities, activities

    def _engagements(self, person_id, account_id, number, created):
        pick, total = self.random, 0
        span = (self.at - created).total_seconds()
        for _ in range(number):
            kind, points = _draw(pick, [((kind, points), weight) for kind, weight, points in KINDS])
            # Whoever asked became a lead then: an older lead that is closed would owe her an answer.
            at = created if kind == "asked" else created + timedelta(seconds=span * pick.random() ** 0.7)
            asset, topic = pick.choice(self.codes.assets) if kind != "visited" else (None, None)
            total += points
            self.writer.add("leads_engagement", person_id, account_id, kind, at, at, asset, topic, "", points)
        return total

    def _activities(self, lead_id, person_id, account_id, by, number, created):
        pick = self.random
        span = (self.at - created).total_seconds()
        for attempt in range(1, number + 1):
            kind = _draw(pick, [("call", 65), ("email", 28), ("social", 7)])
            disposition = pick.choice(self.codes.dispositions) if kind == "call" else None
            at = created + timedelta(seconds=span * pick.random())
            conversation = kind == "call" and pick.random() < 0.2
            self.writer.add(
                "leads_activity", lead_id, person_id, account_id, kind, at, by, disposition, conversation, attempt
            )

    def owner(self, lead_id, *, working):
        """(team, BDR) of a lead, drawn without a look at anything else about it."""
        if lead_id <= MEASURED_ROWS:
            return self.codes.teams[0], self.codes.full_rep
        if lead_id == LONE_LEAD:
            return self.codes.teams[0], self.codes.lone_rep
        if lead_id in MEASURED_POOL:
            return self.codes.teams[0], self.codes.bdrs[self.codes.teams[0]][4]
        weights = self.working_weights if working else self.weights
        return self.random.choices(self.bdrs, weights)[0]

    def _place(self):
        return _draw(self.random, [((country, zone), weight) for country, zone, weight in PLACES])

    def _word(self, parts, ends):
        return "".join(self.random.choice(FAMILY) for _ in range(parts)) + self.random.choice(ends)


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
        self.lane = "content" if lead_id <= FOUND.stop else _draw(self.pick, LANES)
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
            else _draw(pick, [("fresh", 50), ("given back", 15), ("missed", 35)])
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
        phase = _draw(self.pick, [("handed_off", 30), ("accepted", 40), ("qualified", 30)])
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
            "leads_handoff", self.ae, self.bdr, state, self.second, respond_by, meeting, meeting, "UTC",
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
        category = _draw(self.pick, RECYCLE_REASONS)
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
        how = "woken" if self.woken else _draw(self.pick, others)
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


def _codes(connection):
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


def _draw(pick, weighted):
    return pick.choices([value for value, _weight in weighted], [weight for _value, weight in weighted])[0]


def _code(value):
    return value.isoformat() if isinstance(value, datetime) else value
