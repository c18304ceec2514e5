"""What the demo company's people are called and say. Invented here: no name, number or address is anybody's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A town, its clock, and how its telephone numbers begin: ranges that regulators keep for fiction."""

    city: str
    region: str
    country: str
    zone: str
    phone: str
    digits: int
    tongue: str

    def somebody(self, given: str, family: str) -> dict[str, str]:
        """The fields of a person of this name who lives here."""
        return {
            "given_name": given,
            "family_name": family,
            "country": self.country,
            "region": self.region,
            "city": self.city,
            "time_zone": self.zone,
            "language": self.tongue,
        }


PLACES = (
    Place("Cleveland", "OH", "US", "America/New_York", "+1 216 555 01", 2, "en"),
    Place("Grand Rapids", "MI", "US", "America/Detroit", "+1 616 555 01", 2, "en"),
    Place("Milwaukee", "WI", "US", "America/Chicago", "+1 414 555 01", 2, "en"),
    Place("Wichita", "KS", "US", "America/Chicago", "+1 316 555 01", 2, "en"),
    Place("Portland", "OR", "US", "America/Los_Angeles", "+1 503 555 01", 2, "en"),
    Place("Hamilton", "ON", "CA", "America/Toronto", "+1 905 555 01", 2, "en"),
    Place("Sheffield", "", "GB", "Europe/London", "+44 114 496 0", 3, "en"),
    Place("Leeds", "", "GB", "Europe/London", "+44 113 496 0", 3, "en"),
    Place("Birmingham", "", "GB", "Europe/London", "+44 121 496 0", 3, "en"),
    Place("Glasgow", "", "GB", "Europe/London", "+44 141 496 0", 3, "en"),
    Place("Brisbane", "QLD", "AU", "Australia/Brisbane", "+61 7 5550 ", 4, "en"),
    Place("Hamburg", "", "DE", "Europe/Berlin", "+49 40 66969 ", 3, "de"),
    Place("Köln", "", "DE", "Europe/Berlin", "+49 221 4710 ", 3, "de"),
    Place("München", "", "DE", "Europe/Berlin", "+49 89 99998 ", 3, "de"),
    Place("Lyon", "", "FR", "Europe/Paris", "+33 4 65 71 ", 4, "fr"),
    Place("Lille", "", "FR", "Europe/Paris", "+33 3 53 01 ", 4, "fr"),
    Place("Göteborg", "", "SE", "Europe/Stockholm", "+46 31 390 06 ", 2, "sv"),
    Place("Malmö", "", "SE", "Europe/Stockholm", "+46 40 628 04 ", 2, "sv"),
)

GIVEN = {
    "en": "Alan Amira Beth Carl Dana Dev Ellen Evan Farah Grace Hugh Imran Irene Jonah Joyce Karen Leon Lois Marcus "
    "Maya Neil Nora Owen Paula Priya Ralph Rosa Ruth Sam Tessa Tom Vera Wade Yusuf Zoe",
    "de": "Anja Bernd Birgit Dirk Elke Frank Gesa Heiko Ines Jens Katrin Lars Maren Nils Olaf Petra Ralf Silke Uta",
    "fr": "Agathe Bruno Cécile Denis Élise Fabrice Hélène Hugo Inès Jules Laure Luc Manon Noémie Olivier Régis Yves",
    "sv": "Anders Britta Elin Erik Gunilla Håkan Ida Johan Karin Lars Maja Niklas Oskar Pia Sven Tove",
}
FAMILY = {
    "en": "Abara Bramley Castell Dunmore Eastham Farrow Garside Hollins Ibarra Jessop Kirwan Langdale Marsden Nayar "
    "Oakes Pardoe Quill Ransome Sandhu Tarrant Underhill Vance Whitlow Yarrow Ashworth Birch Coyle Denholm Elwood Fenn",
    "de": "Ahlers Behrend Carstens Dettmer Eckert Feldkamp Gehrke Hansen Immel Jepsen Kolbe Lürssen Menke Nolte "
    "Ostwald Petersen Rademacher Sievers Thiel Voss",
    "fr": "Aubry Bertin Chauvet Delorme Estève Fabre Garnier Hamel Jacquet Lavigne Marchand Noyer Pasquier Renard "
    "Serre Thibault Vasseur",
    "sv": "Almgren Bergvall Dahlin Ekholm Forsell Granath Hedlund Lindmark Nordin Persson Rydell Sandgren Tegner",
}

# Halves of invented company names.
STEMS = (
    "Bren",
    "Hal",
    "Kess",
    "Mor",
    "Tav",
    "Wend",
    "Ost",
    "Fal",
    "Quin",
    "Rad",
    "Sten",
    "Vint",
    "Lor",
    "Dun",
    "Pell",
    "Gar",
    "Thorn",
    "Ulm",
)
ENDS = ("mark", "wick", "nal", "holm", "dane", "mere", "dal", "strom", "berg", "ling", "ver", "sett")
# Industry, and what such a company calls itself.
TRADES = (
    ("Metal casting", "Castings"),
    ("Food and drink", "Foods"),
    ("Food and drink", "Bottling"),
    ("Plastics", "Plastics"),
    ("Packaging", "Packaging"),
    ("Machine building", "Tooling"),
    ("Machine building", "Hydraulics"),
    ("Paper", "Paper"),
    ("Ceramics and glass", "Ceramics"),
    ("Textiles", "Textiles"),
    ("Cables and wire", "Cables"),
    ("Pumps and valves", "Pumps"),
)
MAKESHIFTS = ("Spreadsheets", "Whiteboard", "ERP module")
VENDORS = ("Torqly", "Plantado", "FixIt Ledger")
INCUMBENTS = (*MAKESHIFTS, *VENDORS)
# Nobody has a contract with a whiteboard.
CONTRACTED = dict(zip(INCUMBENTS, (*VENDORS, *VENDORS), strict=True))
FORMS = {"US": "Inc.", "CA": "Ltd.", "GB": "Ltd", "AU": "Pty Ltd", "DE": "GmbH", "FR": "SAS", "SE": "AB"}

# Title and its part in a purchase.
TITLES = (
    ("Maintenance Manager", "champion"),
    ("Head of Maintenance", "decision_maker"),
    ("Plant Manager", "decision_maker"),
    ("Maintenance Planner", "doer"),
    ("Reliability Engineer", "influencer"),
    ("Operations Director", "decision_maker"),
    ("Production Supervisor", "influencer"),
    ("Maintenance Technician", "doer"),
    ("Technical Director", "decision_maker"),
    ("Continuous Improvement Lead", "champion"),
    ("Spare Parts Coordinator", "doer"),
    ("IT Systems Administrator", "doer"),
    ("Chief Operating Officer", "decision_maker"),
    ("Assistant to Plant Management", "unknown"),
)

TOPICS = (
    ("unplanned-stops", "Unplanned stops"),
    ("planning", "Planning the week"),
    ("spare-parts", "Spare parts"),
    ("audits", "Audits and safety"),
    ("spreadsheets", "Leaving spreadsheets"),
)
# Kind, topic, title.
ASSETS = (
    ("guide", "unplanned-stops", "What an hour of standstill really costs"),
    ("case", "unplanned-stops", "A bottling line that stopped stopping"),
    ("webinar", "unplanned-stops", "From firefighting to a plan in 90 days"),
    ("template", "planning", "The planner's week on one page"),
    ("article", "planning", "Why the Monday meeting takes two hours"),
    ("webinar", "planning", "Scheduling around production, live"),
    ("guide", "spare-parts", "Which spare parts to keep, and how many"),
    ("article", "spare-parts", "The bearing that was on the shelf all along"),
    ("template", "audits", "Checklist for the next safety audit"),
    ("webinar", "audits", "An audit without the binder"),
    ("guide", "spreadsheets", "Moving out of the maintenance spreadsheet"),
    ("case", "spreadsheets", "Three plants, one calendar"),
    ("event", "", "Maintenance Days, stand B14"),
    ("event", "", "Plant Fair, hall 4"),
    ("page", "", "Pricing"),
    ("page", "", "Integrations"),
)

NO_ANSWER = ("", "", "", "Rang out twice.", "Straight to voicemail, no message left.", "Line busy all morning.")
VOICEMAIL = (
    "Left my name, the guide and two times tomorrow.",
    "Mentioned the webinar and asked who plans the week.",
    "Short message, said I would mail the template.",
    "",
)
GATEKEEPER = (
    "Reception: on the shop floor until three, best after the shift change.",
    "Switchboard will not put through without an appointment. Direct line would help.",
    "Assistant says mornings are hopeless, try late afternoon.",
)
CALL_BACK = (
    "In a line walk-down, happy to talk in peace. Asked to be called.",
    "Picked up in the car. Wants numbers on standstill before we go further.",
    "Interested, but the audit is in the room. Promised to call back.",
)
TALKED = {
    "unplanned-stops": (
        "Line 2 stood for eleven hours last month; nobody had seen the warning. How do alarms become work orders?",
        "They count stops in a notebook. Plant manager asks for a figure each Friday and nobody has one.",
    ),
    "planning": (
        "Plans on a whiteboard, photographed each evening. Production moves a job and nobody is told.",
        "Two planners, 40 technicians, one wall calendar. The night shift never sees changes.",
    ),
    "spare-parts": (
        "Ordered the same motor three times last year because nobody finds it in stock.",
        "Store is 4,000 items, a third unused for years. Wants minimum levels that follow the plan.",
    ),
    "audits": (
        "Auditor wanted proof for twelve inspections and they found seven. Next visit is fixed.",
        "Every inspection is signed on paper and scanned at the end of the month, sometimes.",
    ),
    "spreadsheets": (
        "One workbook with macros, the colleague who wrote it retires in summer.",
        "Three plants, three workbooks. Headquarters asked for one view and got an e-mail with nine attachments.",
    ),
}
NOT_READY = (
    "Likes it, but the new line goes live first. Nobody has a free hand before that.",
    "Budget round is closed. Said to ring when the next one opens.",
    "Just reading up for now. No project, no sponsor yet.",
    "Reorganising maintenance across both sites; ask again when it is clear who leads it.",
)
MID_CONTRACT = (
    "Signed with the incumbent for three years, not unhappy, not happy. Will look at the market before renewal.",
    "Contract renews by itself unless they give notice. Our name is in the file by now.",
    "Paid in advance. Asked for the comparison sheet a quarter before the end.",
)
NO_AUTHORITY = (
    "Collects material, decides nothing. Whoever decides starts in spring.",
    "Would love it, but the group standardises tools and this plant is not asked.",
)
UNRESPONSIVE = (
    "Six attempts over three weeks, nothing. Leaving it for a quarter.",
    "Opened two mails, never picked up.",
)
WRONG_PERSON = ("Buys office supplies, not machines. Gave me the planner's name.", "Moved to quality two years ago.")
LEFT_COMPANY = (
    "Reception: left at the end of last month, no successor yet.",
    "Mail bounces, colleague says moved on.",
)
BOOKED = (
    "Wants to see how a breakdown moves the plan. Bring the bottling case.",
    "Planner joins too. Asked for a price range beforehand; said we show it on the call.",
    "Was asked to find something before the audit.",
    "Two sites, one decision. Wants to see both calendars on one screen.",
)
HELD = (
    "Good hour. Both planners on the call, they argued about their own process in front of us.",
    "Showed the plan around production; they want a trial on one line.",
    "Clear need, plant manager nodded at the price range.",
)
REJECTED = (
    "Nobody on this can sign. Find the plant manager first, then I am in.",
    "Spoke to a technician who has no say. Who runs maintenance there?",
)
DISQUALIFIED = {
    "bad_data": ("Number is a bakery. Mail bounced as well.", "Form was filled with rubbish."),
    "not_our_market": (
        "Eight people and one machine.",
        "Sells machines, does not run any.",
        "Property management, not a plant.",
    ),
    "competitor": ("Works for a vendor of the same thing and was friendly about it.",),
    "student_or_job_seeker": ("Writing a thesis about maintenance. Sent the guide and wished luck.",),
    "opted_out": ("Asked not to be called or mailed again. Done at once.",),
    "out_of_business": ("Plant closed in autumn, administrator picks up the phone.",),
}
ANSWERS = {
    "budget": (
        ("unknown", "Would come out of the plant's own budget, no figure named."),
        ("yes", "There is a line for digital projects, about a third is spent."),
    ),
    "authority": (
        ("yes", "Signs up to 40,000 alone, above that with the plant manager."),
        ("unknown", "Decides, as they say, but the group may have to agree."),
    ),
    "need": (
        ("yes", "Eleven hours of standstill last month, and one customer shipment late."),
        ("yes", "The plan lives in one head, and the head retires in summer."),
    ),
    "timeframe": (
        ("yes", "Must stand before the audit in spring."),
        ("yes", "Wants the first line running before the summer shutdown."),
    ),
    "motivation": (
        ("yes", "Has promised the board a figure on stops by the end of the quarter."),
        ("yes", "Tired of being called at night for things that were known."),
    ),
}
SALES_TALK = (
    ("budget", "unknown", "Range named, nobody fell off the chair."),
    ("authority", "yes", "Plant manager was on the call and signs."),
    ("need", "yes", "Walked through last month's stops together."),
    ("timeframe", "yes", "Trial on one line, decision six weeks later."),
    ("motivation", "yes", "It is the first project in a new job."),
)
WON = (
    "Two lines to start with, the other plant follows.",
    "Signed after the trial. Their quietest month so far.",
)
LOST = ("Went with the vendor of their ERP. Price was not the point.", "Board postponed everything. No hard feelings.")
