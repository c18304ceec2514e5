"""What mail servers say when they refuse, and what it means for the address. Words of the field, in a few languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import parseaddr

from django.conf import settings


def _any(*ways: str) -> re.Pattern[str]:
    return re.compile("|".join(ways), re.IGNORECASE)


LINK = re.compile(r"https?://\S+", re.IGNORECASE)
ADDRESS = re.compile(r"<?[^\s<>@]{1,64}@[^\s<>@,;:]{3,253}>?")
# Up to the end of the sentence.
ON = r"(?:(?!\. )[^;\n]){0,60}?"

# Her mailbox is there, and takes nothing.
FULL = _any(
    rf"mail ?box {ON}\bfull\b", r"mailbox (?:is )?(?:frozen|exceeded|size|over|has exceeded)", r"over ?quota",
    r"(?:account|inbox|folder) is full", r"too many (?:messages|mails?) (?:in|on)",
)  # fmt: skip
# Somewhere is no room, or later there may be: hers where its status says so.
LATER = _any(
    r"disk quota", r"(?:over|exceed\w*|full|out of) (?:the )?(?:\w+ )?(?:quota|storage|disk)",
    r"quota (?:is )?(?:exceeded|full|violation|limit)", r"insufficient (?:disk|system|storage|space)", "容量",
    r"not enough (?:disk |storage )?space", r"storage (?:limit|allocation)",
    r"temporar(?:y|ily) (?:lock|disabl|suspend|deferr|reject|unavail|block|fail)", r"(?:try|try again|retry) later",
    "plus tard", r"grey-?list",
    r"not found, try again", r"too many (?:connections|recipients|hops|errors|concurrent)", r"rate limit", r"throttl",
    r"time(?:d)? ?out", r"expired", r"in the queue too long", r"retry time(?:out)? (?:not reached|exceeded)",
    r"hop count",
    r"(?:mail|routing) loop", r"loops? (?:back|detected)", r"refused to talk", r"host not reachable",
    r"connection (?:refused|reset|dropped|died)",
    r"service (?:not |un)available[;,] (?:closing|try)", r"server (?:is )?(?:busy|unavailable|too busy)",
    r"could not connect", r"out of memory",
    r"(?:system|internal|local|i/o|write|media|mailer|configuration) error",
    r"(?:couldn't create|can't open|could not open)", "ldap",
    # Too large, or of a kind that is not taken.
    r"message .{0,20}too (?:large|big|long)", r"(?:exceeds?|exceeded|larger than) .{0,40}(?:size|limit|maximum)",
    r"size limit", r"message size",
    r"content (?:reject|filter|not)", r"attachments? .{0,30}(?:block|allow|reject|type|not)", r"protocol violation",
    r"header error",
    r"command not implemented", r"improper sequence", r"syntax error", r"rfc ?[25]\d{3}", r"multiple addresses in from",
)  # fmt: skip
# Not from us, or not so much of it.
OF_US = _any(
    r"(?:daily|hourly|sending|outbound|sender\w*) (?:\w+ ){0,2}(?:limit|quota)",
    r"recipients? (?:\w+ )?limit", r"outbound ?spam",
    r"send ?as ?denied", r"(?:allowed|permission|rights?) to send",
    r"\bspam\b", r"\bube\b", r"\bvirus", r"infected", r"\bdnsbl", r"\brbl\b", r"(?:black|block|deny) ?list",
    r"\bblocked\b", r"\bbanned\b", r"reputation",
    r"\bdmarc\b", r"\bdkim\b", r"\bspf\b", r"reverse dns", r"\bptr\b", r"\brdns\b", r"client host rejected",
    r"\b(?:h|e)(?:elo|hlo)\b", r"invalid ip\b",
    r"ip address .{0,40}(?:reject|block|list|refus|not allowed|resolve)", r"cannot (?:find|resolve) your",
    r"valid sender domain", r"mismatch\w* client",
    r"sender (?:address )?(?:is )?(?:reject|denied|unknown|verify|refused|not|domain|verification|invalid)",
    r"invalid sender", r"senders? .{0,30}(?:not allowed|not accepted|not verified)",
    r"domain of sender", r"sender domain", r"(?:from|envelope) (?:address|sender)", r"\bfrom: domain",
    r"mail from [^:]{0,40}(?:reject|refus|not|denied)", r"unauthenticated", r"not authenticated", r"unauthori[sz]ed",
    r"not authori[sz]ed",
    r"authentication (?:required|information|fail)", r"\bpolic(?:y|ies)\b", r"forbidden", r"restricted",
    r"not permitted", r"(?:is|are) not allowed", r"only .{0,40}members",
    r"relay(?:ing)? (?:access )?(?:denied|not|prohibited)", r"unable to relay", r"relaying", r"address is not verified",
)  # fmt: skip
# No fault of the address, however the words around it sound: "unknown address error: mailbox full".
NOT_HERS = (FULL, LATER, OF_US)
# Who put herself on hold may come back. Weaker than a code that says nobody has the address.
ON_HOLD = _any(
    r"disabled", r"suspended", r"inactive", r"deactivated", r"frozen", r"discontinued", r"not active", r"locked",
    r"on hold",
    r"access denied", r"permission", r"not like", r"filter",
)  # fmt: skip
# Nobody has this address.
NOBODY = _any(
    rf"(?:user|recipient|mailbox|account|addressee?|person|inbox|alias|destinat\w+|utilisateur|benutzer"
    rf"|empf\w+nger){ON}(?:"
    r"unknown|(?:is |was |could |can)?(?:not|n't)(?: be| been| to)? (?:exist|found|known|valid|listed|available"
    r"|recogni[sz]ed|registered|here|a valid|hosted|located)"
    r"|no longer|(?:does|do|did)(?: not|n't) (?:exist|have)|invalid|non-?existent|unavailable"
    r"|nicht (?:gefunden|bekannt|vorhanden)|inconnu|invalide|desconocid|inexist)",
    r"(?:unknown|no such|invalid|non-?existent|bad|undeliverable|not a valid|not a known) (?:local )?(?:-part|user"
    r"|recipient|mailbox|account|address|person|destination|e-?mail|local part|virtual|addressee|alias)",
    r"unknown or illegal", r"no valid recipient", r"invalid (?:final )?(?:delivery )?user", r"user ?unknown",
    r"unknown ?user", r"recip\w* ?not ?found",
    r"no mailbox\b", r"not our (?:user|customer)",
    r"not (?:a )?(?:valid|known|registered) (?:user|mailbox|gateway user|recipient|address)",
    r"doesn't have a .{0,40} account", r"isn't (?:a )?(?:valid|recogni)",
    r"(?:account|address)(?: that)? you (?:tried|entered|are trying)[^.;\n]{0,40}(?:not exist|not found|invalid|find)",
    r"can(?:'t| ?not) find the (?:recipient|user|address)", r"couldn't find",
    r"address (?:not found|couldn't be found|lookup fail|unknown)", r"address error",
    r"recipient address rejected: access denied", r"recipient address rejected\.?$",
    r"check if (?:the )?address is correct", r"aucun .{0,20}destinataire",
    r"nobody (?:here|by)", r"there is no one", r"has left", r"mailbox has moved",
    r"no longer (?:work|with|valid|employ|here)",
    r"見つかりません", r"存在しません", r"宛先不明", r"リストにありません",
    r"нет такого", r"не существует", r"не найден",
)  # fmt: skip
# Nothing takes mail there.
NO_HOST = _any(
    r"(?:unknown|no such|illegal|invalid|non-?existent) (?:host|domain)",
    r"host (?:\S+ )?(?:is )?(?:unknown|not found|does not accept mail)",
    rf"(?:domain|host){ON}(?:not found|(?:does|could|can)(?: ?not|n't) (?:be )?(?:exist|found|resolve\w*)|not exist"
    rf"|unknown|not reachable|no mx|nxdomain|accepts no mail|not accept mail|couldn't be found|doesn't receive)",
    r"name or service not known", r"no (?:mx|dns)[^.;\n]{0,30}(?:record|found|exist|info)", r"no smtp service",
    r"null ?mx", r"(?:does not|not) accept(?:ing)? (?:network )?(?:e-?)?(?:mail|messages)",
    r"unroute?able", r"bad destination", r"can(?:no|')t (?:find|resolve) (?:any |a )?(?:host|domain|mx)",
    r"couldn't find any host", r"(?:mail server|domain name) not found",
)  # fmt: skip
# A link to one of these says that it was us.
BLOCK_LISTS = _any(r"spamhaus|spamcop|barracudacentral|sorbs\.net|senderbase|talosintelligence|/bl\b|rbl")
# What the side that tells us writes before the other side's answer.
OWN_HEADING = re.compile(r"\b[45]\.\d\.\d - [\w ]{3,40}(?= [45]\d\d)")
# RFC 3463: mailbox or system that is none, moved, or ambiguous; and what large receivers made of it.
DEAD = {f"{figure}.{one}" for figure in "45" for one in ("1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "1.351", "4.4")}
# RFC 3463: her mailbox is disabled or full, or the list behind it leads nowhere.
OF_MAILBOX = ("2.1", "2.2", "2.4")
# RFC 3463: the sender's own address. Exchange Online: how much we sent, and in whose name.
OF_SENDER = ("1.7", "1.8", "1.90", "2.252")
SAYS_NOTHING = re.compile(r"\.0\.\d+$|^[45]\.(?:1\.0|5\.0|4\.0|2\.0)$|^2\.")


def address_is_dead(said: str, codes: Sequence[str]) -> bool | None:
    """From one answer of a mail server and its codes (RFC 3463); None where they do not tell."""
    if _is_about_us(said, codes):
        return False
    bare = _bare(said)
    if any(one.search(bare) for one in NOT_HERS):
        return False
    if NOBODY.search(bare):
        return True
    if NO_HOST.search(bare):
        return not (codes and all(code.startswith("4") for code in codes))
    if any(code in DEAD for code in codes):
        return True
    if ON_HOLD.search(bare) or any(not SAYS_NOTHING.search(code) for code in codes):
        return False
    return None


def is_of_mailbox(said: str, codes: Sequence[str]) -> bool:
    """Whether one refusal, heard while we send or in a report, is about the mailbox it was for: so many in a row shut
    the address. What is about us, our letter, or how much we send is not, and neither is what does not say.

    RFC 3463 (statuses X.1.Z and X.2.Z, and X.7.Z of security and policy), with what the registry of enhanced status
    codes (RFC 5248) has added since. X.1.0 and X.2.0 name neither side, X.1.7 and X.1.8 are the sender's address,
    X.2.3 is the length of the letter.
    """
    if _is_about_us(said, codes):
        return False
    bare = _bare(said)
    if OF_US.search(bare):
        return False
    if FULL.search(bare) or any(code[2:] == "2.2" for code in codes):
        return True
    if LATER.search(bare):
        return False
    return address_is_dead(said, codes) is True or any(code[2:] in OF_MAILBOX for code in codes)


def _is_about_us(said: str, codes: Sequence[str]) -> bool:
    """It links to a list we are on, its status is the sender's, or it names our address and no other."""
    if BLOCK_LISTS.search(" ".join(LINK.findall(said))) or any(code[2:] in OF_SENDER for code in codes):
        return True
    named = {one.strip("<>").lower() for one in ADDRESS.findall(LINK.sub("", said[:8000]))}
    return bool(named) and named <= {
        parseaddr(one)[1].lower() for one in (settings.DEFAULT_FROM_EMAIL, settings.MAIL_REPLY_TO)
    }


def _bare(said: str) -> str:
    """Its words, without addresses and links."""
    return " ".join(ADDRESS.sub("@", LINK.sub("", OWN_HEADING.sub("", said[:8000]))).split())
