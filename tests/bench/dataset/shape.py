"""What is the same at every size: the shares of the phases, and the rows that are measured."""

from dataclasses import dataclass

SHARES = {"queued": 4, "working": 6, "sales": 1, "nurture": 30, "closed": 59}
FULL_REP, LONE_REP, OTHER_REP = "bdr1@bench.example", "bdr2@bench.example", "bdr3@bench.example"
MEASURED_ROWS = 60
SHORT_LEAD, LONG_LEAD, LONE_LEAD = 1, 2, MEASURED_ROWS + 1
MEASURED_POOL = range(LONE_LEAD + 1, LONE_LEAD + 1 + MEASURED_ROWS)
FOUND = range(MEASURED_POOL.stop, MEASURED_POOL.stop + MEASURED_ROWS)
FOUND_NAME, FOUND_COMPANY = "Marlowen", "Haldenvik"
SHORT_TIMELINE, LONG_TIMELINE = 10, 500
CHUNK = 2000


@dataclass(frozen=True)
class Shape:
    leads: int
    # So many sleeping leads should have woken already: the work of the tick that wakes.
    overdue_wakes: int = 0
    seed: int = 7
