"""The accounts, the people, and who of them is worked by whom."""

# ruff: noqa: E501 - tables of data read better a row a line

import json
import random
from collections import Counter
from datetime import timedelta
from itertools import count

from uuid_utils.compat import uuid7

from leads.scoring import interest_rank
from tests.bench.dataset.rows import FOLDED
from tests.bench.dataset.shape import (
    CHUNK,
    FOUND,
    FOUND_COMPANY,
    FOUND_NAME,
    LONE_LEAD,
    LONG_LEAD,
    LONG_TIMELINE,
    MEASURED_POOL,
    MEASURED_ROWS,
    SHARES,
    SHORT_LEAD,
    SHORT_TIMELINE,
)
from tests.bench.dataset.story import Story
from tests.bench.dataset.words import (
    CLOSINGS,
    FAMILY,
    FAMILY_END,
    GIVEN,
    GIVEN_END,
    KINDS,
    PLACES,
    TIERS,
    TITLES,
    draw,
)


class Company:
    def __init__(self, shape, codes, at, writer):
        self.shape, self.codes, self.at, self.writer = shape, codes, at, writer
        self.random = random.Random(shape.seed)
        self.accounts = max(shape.leads // 5, 200)
        self.person_ids = count(1)
        self.people = {}
        self.account_names = {None: ""}
        # Nobody there is for reps, while these are what they are.
        self.no_prospects = set()
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
        self.phases = phases = self._deal()
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
        standing = "prospect" if account_id <= 60 else draw(pick, [("prospect", 88), ("customer", 8), ("open_opportunity", 3), ("competitor", 1)])  # fmt: skip
        country, _zone = self._place()
        self.account_names[account_id] = name
        if standing != "prospect":
            self.no_prospects.add(account_id)
        self.writer.add(
            "accounts_account", account_id, uuid7(), name, standing, pick.choice(["Logistics", "Machinery", "Software", "Food", "Retail"]),
            "", int(pick.lognormvariate(5, 1.4)) + 1, country, "", "", "", "", "", "{}", 1, self.at - timedelta(days=pick.randrange(30, 900)),
        )  # fmt: skip
        self.writer.add("accounts_accountdomain", account_id, f"company{account_id}.example")
        self.writer.add("accounts_searchtext", None, account_id, f"{name} company{account_id}.example".lower())

    def _person(self, lead_id, *, for_reps):
        """A new person; a few accounts have many people, most have few. Whom a rep has or may take is at a prospect."""
        pick = self.random
        person_id = next(self.person_ids)
        given = pick.choice(GIVEN) + pick.choice(GIVEN_END)
        family = FOUND_NAME if lead_id in FOUND else self._word(2, FAMILY_END).capitalize()
        account_id = None
        if lead_id in FOUND or pick.random() < 0.85:
            account_id = self._account_of_somebody()
            while for_reps and account_id in self.no_prospects:
                account_id = self._account_of_somebody()
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
        title = draw(pick, TITLES)
        phone = f"+1{2125550000 + person_id}" if pick.random() < 0.7 else ""
        if phone:
            add("accounts_contactpoint", person_id, "phone", phone, phone, "", True, "ok", "", created)
        if account_id:
            add("accounts_employment", person_id, account_id, title, "unknown", True)
        text = f"{given} {family} {email} {phone} {phone[1:]} {self.account_names[account_id]} {title}"
        add("accounts_searchtext", person_id, None, text.lower())
        return person_id, account_id, created

    def _account_of_somebody(self):
        return min(int(self.accounts * self.random.random() ** 2.5) + 1, self.accounts)

    def _lead(self, lead_id, phase):
        pick, add, codes = self.random, self.writer.add, self.codes
        previous, woken = self.previous.get(lead_id), lead_id in self.next
        # A lead that was woken and the one that followed it belong to one person.
        pursuit = previous or lead_id
        is_new = pursuit not in self.people
        for_reps = self.phases[self.next.get(lead_id, lead_id)] in ("queued", "working")
        person = self.people.pop(pursuit, None) or self._person(lead_id, for_reps=for_reps)
        person_id, account_id, known = person
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
            "leads_lead", lead_id, uuid7(), person_id, account_id, "", codes.version, draw(pick, TIERS), "[]", evidence,
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
            kind, points = draw(pick, [((kind, points), weight) for kind, weight, points in KINDS])
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
            kind = draw(pick, [("call", 65), ("email", 28), ("social", 7)])
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
        return draw(self.random, [((country, zone), weight) for country, zone, weight in PLACES])

    def _word(self, parts, ends):
        return "".join(self.random.choice(FAMILY) for _ in range(parts)) + self.random.choice(ends)
