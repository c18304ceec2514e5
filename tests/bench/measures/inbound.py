"""What comes back by mail: bounces, complaints and automatic replies of a hundred mail servers, each read and compared.

A third of the files was never looked at while the rules were written; their figure stands beside the others.
"""

import csv
import hashlib
from collections import Counter
from pathlib import Path

from nurture.inbound.mail import read_mail
from tests.bench.files import ROOT
from tests.bench.report import Line, at_least

DATA = ROOT.parent / "shared" / "data"
KEY = Path(__file__).resolve().parent.parent / "inbound_key.csv"
# Whether somebody is away is a matter of her words; that a machine answered is what counts here.
AUTOMATIC = ("auto_reply", "out_of_office")
RIGHT = 0.95


def measure_inbound(plan):
    with KEY.open(newline="") as lines:
        key = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    there = [row for row in key if (DATA / row["file"]).is_file()]
    if not there:
        print(f"inbound: skipped, the mails lie in {DATA}, which is not here")
        return
    of_kind, right, strictly, unseen, unseen_right = Counter(), Counter(), 0, 0, 0
    for row in there:
        found = read_mail((DATA / row["file"]).read_bytes()).kind.value
        same = found == row["kind"] or (found in AUTOMATIC and row["kind"] in AUTOMATIC)
        fair = same or (row["doubtful"] and found.startswith("bounce_"))
        of_kind[row["kind"]] += 1
        right[row["kind"]] += bool(fair)
        strictly += same
        if was_held_out(row["file"]):
            unseen += 1
            unseen_right += bool(fair)
    for kind in sorted(of_kind):
        yield Line(f"inbound, {kind}", f"{right[kind]} of {of_kind[kind]}", "", ok=True)
    share = sum(right.values()) / len(there)
    more = f"{sum(right.values())} of {len(there)}; both kinds of bounce told apart where the key doubts it: {strictly}"
    yield at_least("inbound: share of the right kind", share, RIGHT, more=more)
    yield Line("inbound: of the third that was held out", f"{unseen_right} of {unseen}", "", ok=True)


def was_held_out(file):
    name = file.rpartition("/")[2]
    return hashlib.sha256(name.encode()).digest()[0] % 3 == 0
