"""What could not be delivered, and whether the address is to blame.

A bounce is hard when nobody has this address or nothing takes mail there. A full mailbox, a refused content, a policy
or a server in trouble says nothing about the address: that is soft, and so is whatever gives no reason that is known.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from nurture.inbound.parts import Parts, blocks_in, header_of, message_ids
from nurture.inbound.reasons import address_is_dead, is_of_mailbox

DAEMONS = re.compile(
    r"mailer[-_. ]?daemon|post[-_]?(?:master|office)|mail[-_. ]?(?:delivery|router|system|deliver|admin)"
    r"|delivery[-_. ]?(?:sub)?system|system administrator|symantec|mmdf|uucp|smtp gateway|mail administrator",
    re.IGNORECASE,
)
SUBJECTS = re.compile(
    r"undeliver|(?:not|n't|could not be|cannot be|unable to(?: be)?) (?:be )?deliver"
    r"|deliver\w* (?:has )?(?:fail|report|problem|error|status|notif|incomplete|delayed|attempt)|delivery[- ]status"
    r"|fail(?:ed|ure)[- ](?:notice|mail|deliver|to deliver|delivery)|return(?:ed|ing) (?:mail|message|to sender)"
    r"|mail(?: system)? error|mail (?:delivery )?failure|non[- ]?deliver|bounced? (?:mail|message)|rejected mail"
    r"|message (?:undeliverable|delayed|status)|warning: (?:could not|message)|error sending|mail could not"
    r"|(?:user|recipient|address(?:ee)?) unknown|unzustellbar|nicht zugestellt|non distribu|non remis|erreur d'envoi"
    r"|no (?:se )?(?:pudo )?entrega|aviso de no entrega|mancata consegna|onbestelbaar|niet (?:af)?geleverd"
    r"|kunde inte levereras|kunne ikke leveres|не\s*доставл|доставлен",
    re.IGNORECASE,
)
SAYS_SO = re.compile(
    r"(?:could(?: not|n't)|can ?not|can't|was(?: not|n't)|were not|(?:not |un)able to"
    r"|failed to)\s+(?:be\s+)?(?:deliver|sen[dt])"
    r"|delivery (?:to the following|has failed|failed|error|attempt)|undeliver(?:able|ed)|returned mail"
    r"|permanent (?:fatal )?error|failed recipient|following (?:address|recipient)(?:\(?e?s\)?)? (?:fail|was|were"
    r"|ha[ds])"
    r"|message (?:was|has been|is being) (?:not delivered|rejected|returned)|requested action not taken"
    r"|zugestellt werden|n'a pas pu|no se pudo entregar|(?:送信|配信|配送)できません",
    re.IGNORECASE,
)
DELAYED = re.compile(
    r"delay|warning|still (?:be )?(?:try|attempt)|will (?:be )?retr|not been delivered yet|no action is required",
    re.IGNORECASE,
)
FINAL = re.compile(
    r"permanent|giving up|gave up|giv(?:e|en) up|failed permanently|will not be (?:sent|retried)", re.IGNORECASE
)
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.#@-])[45]\d\d(?=[ -])")
ADDRESS = re.compile(
    r"[A-Za-z0-9._%+'=/~#$&*!?^`{|}-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z]{2,24}"
)
IDS = re.compile(r"\bid:?[ \t]*<[^>\s]{1,250}>", re.IGNORECASE)
# An address at the beginning of a line, and what is said of it behind a colon.
NAMED = re.compile(r"^[ \t]{0,8}<?([\w.+=-]{1,64}@[\w.-]{3,253})>?:", re.MULTILINE)
# Taken at RCPT TO and refused with its content: the address was known. Unless everybody had been refused before.
AFTER_DATA = re.compile(
    r"in reply to (?:end\s+of\s+)?data|end\s+of\s+data|after data|smtp command data|>>> ?(?:data\b|\."
    r"|bdat.{0,20}) <<< ?[45]\d\d",
    re.IGNORECASE,
)
AFTER_FROM = re.compile(r"(?:after|in reply to) mail from", re.IGNORECASE)
OUTRIGHT = re.compile(r"doesn't have a yahoo", re.IGNORECASE)
NO_RECIPIENT = re.compile(r"need rcpt|no valid recipients|valid rcpt|rcpt commands were rejected", re.IGNORECASE)


@dataclass(frozen=True)
class Failure:
    """One address that got nothing."""

    recipient: str
    status: str
    is_hard: bool
    # What the other side said, to be shown.
    said: str
    # Still being tried.
    is_delayed: bool = False
    # Not about us or our letter: so many in a row shut the address.
    is_of_mailbox: bool = False


def failures_of(parts: Parts) -> list[Failure] | None:
    """Whoever did not get our mail; None when this is no report of that, and empty when it says that all is well."""
    told = _from_report(parts)
    if told is None:
        told = _from_json(parts.words)
    if told is None and _is_told_in_words(parts):
        told = _from_words(parts)
    return told


def original_ids(parts: Parts) -> list[str]:
    """Which of our messages it is about, the surest first."""
    found = message_ids(header_of(parts.returned, "Message-ID")) if parts.returned is not None else []
    for block in parts.statuses[:1]:
        found += message_ids(header_of(block, "X-Original-Message-ID"))
    for name in ("X-Original-Message-ID", "Original-Message-ID", "In-Reply-To", "References"):
        found += reversed(message_ids(parts.header(name)))
    if parts.returned is not None or parts.statuses or not found:
        found += message_ids(parts.words) + message_ids(parts.returned_text)
    return list(dict.fromkeys(found))[:20]


def _from_report(parts: Parts) -> list[Failure] | None:
    """RFC 3464: a block about the mail, then one for each recipient."""
    blocks = [
        one for one in parts.statuses or blocks_in(parts.words) if one["Final-Recipient"] or one["Original-Recipient"]
    ]
    if not blocks:
        return None
    words = parts.words.replace("=\n", "")
    failures = []
    for block in blocks:
        action = header_of(block, "Action").lower().split(" ")[0].strip(";,")
        status = header_of(block, "Status")
        if action in ("delivered", "relayed", "expanded", "deliverable") or status.startswith("2."):
            continue
        recipient = _address(header_of(block, "Final-Recipient")) or _address(header_of(block, "Original-Recipient"))
        diagnostic = header_of(block, "Diagnostic-Code")
        failures.append(_judged(recipient, status, diagnostic, words, is_delayed=action in ("delayed", "deferred")))
    return failures


def _from_json(words: str) -> list[Failure] | None:
    """Amazon SES tells in JSON, which its notices put into another one and break into lines."""
    told = _json_in(words)
    inner = told.get("Message")
    if isinstance(inner, str):
        told = _json_in(inner)
    kind = told.get("notificationType") or told.get("eventType")
    bounce = told.get("bounce")
    if kind == "Delivery":
        return []
    if kind != "Bounce" or not isinstance(bounce, dict):
        return None
    named = bounce.get("bouncedRecipients")
    failures = [
        _judged(_address(str(one.get("emailAddress", ""))), str(one.get("status", "")),
                str(one.get("diagnosticCode", "")), "", is_delayed=False)
        for one in (named if isinstance(named, list) else [])
        if isinstance(one, dict)
    ]  # fmt: skip
    is_hard = bounce.get("bounceType") == "Permanent"
    return failures or [Failure("", "", is_hard=is_hard, said="", is_of_mailbox=is_hard)]


def _json_in(words: str) -> dict[str, object]:
    start = words.find("{")
    if start < 0:
        return {}
    try:
        told, _end = json.JSONDecoder(strict=False).raw_decode(re.sub(r"!?\n ?", "", words[start:]))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _is_told_in_words(parts: Parts) -> bool:
    if parts.header("X-Failed-Recipients"):
        return True
    by_machine = bool(DAEMONS.search(f"{parts.header('From')} {parts.header('Reply-To')}"))
    by_machine = by_machine or parts.header("Return-Path").strip().lower() in ("<>", "<mailer-daemon>")
    subject = bool(SUBJECTS.search(parts.header("Subject")))
    words = parts.words[:6000]
    has_code = bool(REPLY.search(words) and STATUS.search(words))
    told = bool(SAYS_SO.search(words)) or has_code or address_is_dead(words, []) is True
    return (by_machine and (subject or told)) or (subject and told and (parts.returned is not None or has_code))


def _from_words(parts: Parts) -> list[Failure]:
    subject, words = parts.header("Subject"), parts.words.replace("=\n", "")[:20_000]
    is_delayed = bool(DELAYED.search(f"{subject}\n{words[:1500]}")) and not FINAL.search(words)
    named = list(dict.fromkeys(NAMED.findall(words))) or [
        _address(parts.header("X-Failed-Recipients")) or _failed_in(parts)
    ]
    return [_judged(one, "", "", words, subject, is_delayed=is_delayed) for one in named[:20]]


def _judged(recipient: str, status: str, diagnostic: str, words: str, title: str = "", *, is_delayed: bool) -> Failure:
    """Hard or soft, from what the other side answered; what stands around it counts where that is silent."""
    told = _about(recipient, words)
    codes = [".".join(one) for one in STATUS.findall(f"{diagnostic} {status}" if diagnostic or status else told)]
    verdicts = (address_is_dead(said, codes or _codes(said)) for said in (diagnostic, told, words, title) if said)
    is_dead = next((one for one in verdicts if one is not None), False)
    refused_later = _is_about_something_else(" ".join((told or words).split()), diagnostic) and not NO_RECIPIENT.search(
        words
    )
    plain = [one for one in codes if not one.endswith(".0.0")]
    is_hard = is_dead and not is_delayed and not refused_later
    said = next((one for one in (diagnostic, told, words) if one), "")
    return Failure(
        recipient.lower(),
        (plain or codes or [""])[0],
        is_hard=is_hard,
        said=" ".join((diagnostic or told or words).split())[:500],
        is_delayed=is_delayed,
        is_of_mailbox=is_hard or (not AFTER_FROM.search(said) and is_of_mailbox(said, codes or _codes(said))),
    )


def _is_about_something_else(told: str, diagnostic: str) -> bool:
    """Refused before RCPT TO, the sender is meant; after it, the content: unless it is said outright."""
    if AFTER_FROM.search(told):
        return True
    said = diagnostic or told[:300]
    return bool(AFTER_DATA.search(told)) and "5.1.1" not in _codes(said) and not OUTRIGHT.search(said)


def _codes(words: str) -> list[str]:
    return [".".join(one) for one in STATUS.findall(words)]


def _about(recipient: str, words: str) -> str:
    """What a report in words says of one address: from where it is named to where the next one is."""
    place = re.search(rf"^.{{0,40}}{re.escape(recipient)}", words, re.IGNORECASE | re.MULTILINE) if recipient else None
    if place is None:
        return ""
    below = words[place.start() : place.start() + 2000]
    others = (one.start() for one in NAMED.finditer(below) if one[1].lower() != recipient.lower())
    return below[: next(others, len(below))]


def _failed_in(parts: Parts) -> str:
    """The first address in the words that is neither ours nor the daemon's."""
    own = {one.lower() for name in ("From", "To", "Reply-To", "Sender") for one in ADDRESS.findall(parts.header(name))}
    for found in ADDRESS.findall(IDS.sub("", parts.words[:20_000])):
        if found.lower() not in own and not DAEMONS.search(found):
            return str(found)
    return _address(header_of(parts.returned, "To")) if parts.returned is not None else ""


def _address(text: str) -> str:
    found = ADDRESS.search(text.partition(";")[2] or text)
    return found[0].strip("'\"<>") if found else ""
