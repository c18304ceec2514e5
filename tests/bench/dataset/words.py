"""What the data set is drawn from: names, titles, places, kinds and their weights."""

# ruff: noqa: E501 - tables of data read better a row a line

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


def draw(pick, weighted):
    return pick.choices([value for value, _weight in weighted], [weight for _value, weight in weighted])[0]
