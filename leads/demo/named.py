"""Whom the named stories are about. docs/demo.md tells them; their names are nobody else's in the demo."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NamedAccount:
    name: str
    domain: str
    city: str
    industry: str
    employees: int
    topic: str
    standing: str = ""


@dataclass(frozen=True)
class NamedPerson:
    given: str
    family: str
    title: str
    account: NamedAccount

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


ARDMARK = NamedAccount("Ardmark Bottling Ltd", "ardmark.example", "Sheffield", "Food and drink", 640, "planning")
FENHOLM = NamedAccount("Fenholm Packaging Inc.", "fenholm.example", "Cleveland", "Packaging", 310, "spreadsheets")
CALVER = NamedAccount("Calver Castings Ltd", "calver.example", "Leeds", "Metal casting", 900, "unplanned-stops")
NORWICK = NamedAccount("Norwick Foods Inc.", "norwick.example", "Milwaukee", "Food and drink", 1400, "audits")
SAXDALE = NamedAccount("Saxdale Paper Ltd", "saxdale.example", "Glasgow", "Paper", 450, "spare-parts", "customer")
ELDSTROM = NamedAccount("Eldstrom Cables Ltd.", "eldstrom.example", "Hamilton", "Cables and wire", 220, "planning")
BRACKMERE = NamedAccount("Brackmere Tooling Inc.", "brackmere.example", "Wichita", "Machine building", 640, "audits")
TROLING = NamedAccount("Troling Pumps Inc.", "troling.example", "Portland", "Pumps and valves", 310, "unplanned-stops")
JORSETT = NamedAccount("Jorsett Ceramics Ltd", "jorsett.example", "Birmingham", "Ceramics and glass", 450, "planning")
HARKDAL = NamedAccount("Harkdal Plastics Inc.", "harkdal.example", "Grand Rapids", "Plastics", 900, "spreadsheets")

PLANNER = NamedPerson("Ingrid", "Sandell", "Maintenance Planner", ARDMARK)
SYSADMINS = (
    NamedPerson("Dev", "Arlow", "IT Systems Administrator", FENHOLM),
    NamedPerson("Evan", "Corvey", "IT Systems Administrator", FENHOLM),
    NamedPerson("Wade", "Pellam", "IT Systems Administrator", FENHOLM),
    NamedPerson("Zoe", "Tindle", "IT Systems Administrator", FENHOLM),
)
SIGNS = NamedPerson("Grace", "Tolland", "Plant Manager", CALVER)
PLANS = NamedPerson("Neil", "Pardew", "Maintenance Planner", CALVER)
ADVISES = NamedPerson("Maya", "Whitlam", "Reliability Engineer", CALVER)
IN_CONTRACT = NamedPerson("Carl", "Garrow", "Operations Director", NORWICK)
CUSTOMER = NamedPerson("Hugh", "Ransley", "Maintenance Manager", SAXDALE)
NEVER_THERE = NamedPerson("Vera", "Ibarrow", "Operations Director", ELDSTROM)
CANNOT_SIGN = NamedPerson("Sam", "Oakden", "Maintenance Technician", BRACKMERE)
CAN_SIGN = NamedPerson("Joyce", "Vanner", "Plant Manager", BRACKMERE)
OPTED_OUT = NamedPerson("Lois", "Denby", "Head of Maintenance", TROLING)
WAITING = (
    NamedPerson("Paula", "Quillam", "Plant Manager", JORSETT),
    NamedPerson("Marcus", "Elmore", "Technical Director", HARKDAL),
)

NAMED = (
    PLANNER, *SYSADMINS, SIGNS, PLANS, ADVISES, IN_CONTRACT, CUSTOMER, NEVER_THERE, CANNOT_SIGN, CAN_SIGN, OPTED_OUT,
    *WAITING,
)  # fmt: skip
