"""Somebody is away: whether a mail says so, and when she is back, where it says that in words."""

from __future__ import annotations

import re
from datetime import date, timedelta

# A return further away than this is no return: a year that was typed wrong, or a date that means something else.
DAYS_AWAY_MAX = 200

ABSENT = re.compile(
    r"out[- ]of[- ](?:the[- ])?office|\booo\b|away from (?:the |my )?(?:office|desk|e-?mail)|(?:currently|am|are|be"
    r"|will be) (?:away|abroad|travell?ing|unavailable)"
    r"|on (?:\w+ )?(?:vacation|holidays?|leave|annual leave|parental leave|business trip)|annual leave|maternity"
    r"|paternity|limited access to (?:my )?e-?mail"
    r"|back (?:in the office )?on|return(?:ing)? (?:to (?:the |my )?(?:office|work)|on\b)|not in (?:the )?office"
    r"|i am away|\baway (?:until|till|from)"
    r"|abwesenhei|nicht im (?:büro|haus)|außer haus|im urlaub|urlaub|bin (?:ich )?(?:\w+ ){0,4}(?:nicht|abwesend"
    r"|wieder|zurück)|wieder (?:im büro|erreichbar)|elternzeit"
    r"|absen(?:te?|ce)\b|en congés?|de retour|hors du bureau|fuera de (?:la )?oficina|de vacaciones|ausente"
    r"|fuori (?:ufficio|sede)|in ferie|di ritorno"
    r"|niet aanwezig|afwezig|met vakantie|weer aanwezig|frånvaro|på semester|åter (?:den|på)|fravær|på ferie"
    r"|tilbake (?:den|på)|ikke på kontoret"
    r"|férias|urlop|nieobecno|отпуск|不在|休暇|外出|休假",
    re.IGNORECASE,
)  # fmt: skip
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio januari janeiro stycznia januar januari jänner",
            "february feb februar février fevrier febrero febbraio februari fevereiro lutego",
            "march mar märz maerz mars marzo maart março marco marca mrz",
            "april apr avril abril aprile kwietnia",
            "may mai mayo maggio mei maio maja maj",
            "june jun juni juin junio giugno junho czerwca",
            "july jul juli juillet julio luglio julho lipca",
            "august aug août aout agosto augustus augusti sierpnia",
            "september sep sept septembre septiembre settembre setembro września wrzesnia",
            "october oct oktober octobre octubre ottobre outubro października okt",
            "november nov novembre noviembre novembro listopada",
            "december dec dezember décembre decembre diciembre dicembre dezembro grudnia des desember dez",
        ),
        start=1,
    )
    for name in names.split()
}
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday montag lundi lunes lunedì lunedi maandag måndag mandag",
            "tuesday dienstag mardi martes martedì martedi dinsdag tisdag tirsdag",
            "wednesday mittwoch mercredi miércoles miercoles mercoledì mercoledi woensdag onsdag",
            "thursday donnerstag jeudi jueves giovedì giovedi donderdag torsdag",
            "friday freitag vendredi viernes venerdì venerdi vrijdag fredag",
        )
    )
    for name in names.split()
}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
WEEKDAY = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
YEAR = r"(?:,?\s*(?:of |de |del )?(?P<year>20\d\d))?"
DAYS = re.compile(
    rf"(?P<iso>20\d\d-\d\d-\d\d)"
    rf"|\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.|º|ª|:e)?\s*(?:of |de |di )?\s*(?P<month>{MONTH})\b\.?{YEAR}"
    rf"|\b(?P<month2>{MONTH})\b\.?\s+(?:the )?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s*(?P<year2>20\d\d))?"
    rf"|\b(?P<a>\d{{1,2}})(?P<sep>[./-])(?P<b>\d{{1,2}})(?:(?P=sep)(?P<year3>(?:20)?\d\d)\b)?"
    rf"|\b(?P<weekday>{WEEKDAY})\b",
    re.IGNORECASE,
)
# What stands before the day of return, and before the last day of absence.
AGAIN = (
    r"(?:back|return(?:ing)?|available|reachable|resume|wieder|zurück|retour|regres\w*|vuelv\w*|volver\w*|ritorn\w*"
    r"|rientr\w*|terug|weer|tillbaka|åter|tilbake|igen|de volta)"
)
BACK = re.compile(rf"\b{AGAIN}[^\n!?]{{0,60}}$", re.IGNORECASE)
# "From 3 May" begins an absence, unless what begins is that she is here.
FROM = re.compile(
    r"\b(?:ab dem|ab|as of|from|à partir du|a partir del|dal|vanaf|från|fra)\s+(?:\w+,?\s+){0,2}$", re.IGNORECASE
)
HERE = re.compile(rf"^[^\n.!?]{{0,40}}\b{AGAIN}\b", re.IGNORECASE)
UNTIL = re.compile(
    r"(?:until|till|through|thru|to|up to|bis(?: einschließlich)?(?: zum| am)?|jusqu\S+|au|hasta(?: el)?|al"
    r"|fino al?|tot(?: en met)?|t/m|till(?: och med)?|t\.o\.m\.|til(?: og med)?|até|do|–|-)\s*(?:and including\s+"
    r"|the\s+|le\s+|den\s+|el\s+)?(?:\w+day,?\s+|\w+tag,?\s+(?:den\s+|dem\s+)?)?$",
    re.IGNORECASE,
)
# "Until 5 May" says nothing of the fifth itself; "inclusive" does.
INCLUSIVE = re.compile(r"inclu|through|thru|einschlie|tot en met|t/m|och med|og med|compris", re.IGNORECASE)


def is_absence(subject: str, words: str) -> bool:
    return bool(ABSENT.search(subject) or ABSENT.search(words[:2000]))


def day_of_return(text: str, *, sent_on: date | None) -> date | None:
    """The day she says she is back, or the first working day after the last one she says she is away.

    None where she says none, or only one that is past or too far away. A date of figures alone is read as day and
    month, unless that is none.
    """
    if sent_on is None:
        return None
    back: list[date] = []
    last: list[date] = []
    for found in DAYS.finditer(text[:4000]):
        before = text[max(0, found.start() - 90) : found.start()]
        day = _day(found, sent_on)
        if day is None:
            continue
        if UNTIL.search(before):
            inclusive = INCLUSIVE.search(text[max(0, found.start() - 30) : found.end() + 20])
            last.append(day + timedelta(1) if inclusive else day)
        elif FROM.search(before):
            if HERE.match(text[found.end() : found.end() + 60]) or BACK.search(before):
                back.append(day)
        elif BACK.search(before):
            back.append(day)
    days = [one for one in back or last if sent_on < one <= sent_on + timedelta(DAYS_AWAY_MAX)]
    return _working(days[-1]) if days else None


def _day(found: re.Match[str], sent_on: date) -> date | None:
    told = found.groupdict()
    try:
        if told["iso"]:
            return date.fromisoformat(told["iso"])
        if told["weekday"]:
            ahead = (WEEKDAYS[told["weekday"].lower()] - sent_on.weekday()) % 7 or 7
            return sent_on + timedelta(ahead)
        if told["a"]:
            day, month = int(told["a"]), int(told["b"])
            if month > 12 >= day:
                day, month = month, day
            year = told["year3"]
            return _dated(day, month, int(year) % 100 + 2000 if year else None, sent_on)
        name = told["month"] or told["month2"]
        year = told["year"] or told["year2"]
        return _dated(int(told["day"] or told["day2"]), MONTHS[name.lower()], int(year) if year else None, sent_on)
    except (ValueError, OverflowError):
        return None


def _dated(day: int, month: int, year: int | None, sent_on: date) -> date:
    """Without a year it is the next such day; one of the last three months is past, and not of next year."""
    if year is not None:
        return date(year, month, day)
    this = date(sent_on.year, month, day)
    return this if this >= sent_on - timedelta(90) else date(sent_on.year + 1, month, day)


def _working(day: date) -> date:
    return day + timedelta(7 - day.weekday()) if day.weekday() > 4 else day
