"""The file that is imported: 9,240 rows of a public data set where it is there, else made up in the same shape."""

import csv
import random
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "data" / "x_education_leads" / "Leads.csv"
ROWS = 9240
FACTS = 30


def lead_file(folder):
    """(path, where it comes from)."""
    if REAL.is_file():
        return REAL, "X Education"
    made = folder / "leads.csv"
    dice = random.Random(3)
    with made.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["Prospect ID", "Lead Number", "Email", *(f"Fact {number}" for number in range(FACTS))])
        for number in range(ROWS):
            facts = [dice.choice(["Yes", "No", "Select", "", str(dice.randrange(40))]) for _ in range(FACTS)]
            rows.writerow([f"prospect-{number}", number, f"person{number}@company{number % 900}.example", *facts])
    return made, "made up in the shape of X Education, which is not here"


def longer_file(folder, copies):
    """The same rows so many times over, each time of other people."""
    path, _origin = lead_file(folder)
    longer = folder / f"leads{copies}.csv"
    with path.open(newline="", encoding="utf-8-sig") as given, longer.open("w", newline="") as stream:
        header, *rows = csv.reader(given)
        written = csv.writer(stream)
        written.writerow(header)
        told_apart = [place for place, name in enumerate(header) if name in ("Prospect ID", "Lead Number", "Email")]
        for copy in range(copies):
            for row in rows:
                again = list(row)
                for place in told_apart:
                    again[place] = f"{copy}{row[place]}"
                written.writerow(again)
    return longer
