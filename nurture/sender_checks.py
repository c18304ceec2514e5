"""What name servers say of the domain our mail comes from, asked plainly: SPF, DKIM, DMARC, MX and the way back.

Each question has two seconds, and after two that nobody answered no more is asked: then this machine has no DNS. What
it means is said by `nurture/sender_words.py`; here are only codes and what was found.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import dns.exception
import dns.resolver
import dns.reversename
from django.conf import settings

SECONDS = 2
GIVE_UP = 2
# What is longer is cut where it is shown.
FOUND_MAX = 300
SPF_LOOKUPS = 10
ASKS_FURTHER = ("include:", "a", "mx", "ptr", "exists:", "redirect=")
# The smallest RSA key that is taken for a signature (RFC 8301), in bytes of what is published.
KEY_MIN = 140
AT_HOME = [ipaddress.ip_network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]


@dataclass(frozen=True)
class Finding:
    """`key` is what was looked at, `name` where, `code` what came of it, `found` what stands there."""

    key: str
    name: str
    code: str
    found: str = ""


class Silent(Exception):
    """No name server answered in time."""


class Names:
    """Questions to the name servers of this machine, or to DNS_SERVER."""

    def __init__(self) -> None:
        self.unanswered = 0
        self.resolver: dns.resolver.Resolver | None = None
        if settings.DNS_SERVER == "off":
            return
        try:
            self.resolver = dns.resolver.Resolver(configure=not settings.DNS_SERVER)
        except dns.resolver.NoResolverConfiguration:
            return
        if settings.DNS_SERVER:
            there = urlsplit(f"//{settings.DNS_SERVER}")
            self.resolver.nameservers, self.resolver.port = [there.hostname or ""], there.port or 53

    def ask(self, name: str, kind: str) -> list[Any]:
        """The records; none where there is no such name or it has none of this kind. Silent where nobody answers."""
        if self.resolver is None or self.unanswered >= GIVE_UP:
            raise Silent
        try:
            return list(self.resolver.resolve(name, kind, lifetime=SECONDS, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.Timeout, dns.resolver.NoNameservers, OSError) as error:
            self.unanswered += 1
            raise Silent from error
        except dns.exception.DNSException:
            # A name that can be none.
            return []

    def texts(self, name: str, kind: str) -> list[str]:
        """The TXT records that begin so, each as one text."""
        told = [b"".join(one.strings).decode("utf-8", "replace") for one in self.ask(name, "TXT")]
        return [one for one in told if one.lower().replace(" ", "").startswith(kind)]


def sender_domain() -> str:
    """Where our mail says it comes from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2].lower()


def look_up(*, selector: str) -> list[dict[str, Any]]:
    """All five, each by itself: what one cannot answer holds up no other."""
    domain, host, names = sender_domain(), settings.EMAIL_HOST_NAME.lower(), Names()
    asked: list[tuple[str, str, Callable[[], Finding]]] = [
        ("spf", domain, lambda: _spf(names, domain)),
        ("dkim", f"{selector or '…'}._domainkey.{domain}", lambda: _dkim(names, domain, selector)),
        ("dmarc", f"_dmarc.{domain}", lambda: _dmarc(names, domain)),
        ("mx", domain, lambda: _mx(names, domain)),
        ("reverse", host, lambda: _reverse(names, host)),
    ]
    found = []
    for key, name, ask in asked:
        try:
            one = ask()
        except Silent:
            one = Finding(key, name, "silent")
        found.append({**asdict(one), "found": one.found[:FOUND_MAX]})
    return found


def _spf(names: Names, domain: str) -> Finding:
    told = names.texts(domain, "v=spf1")
    if len(told) != 1:
        return Finding("spf", domain, "several" if told else "missing", " | ".join(told))
    terms = told[0].lower().split()[1:]
    further = [term for term in terms if _bare(term).startswith(ASKS_FURTHER) and not _bare(term).startswith("all")]
    if len(further) > SPF_LOOKUPS:
        return Finding("spf", domain, "too_long", told[0])
    if "+all" in terms or "all" in terms:
        return Finding("spf", domain, "everybody", told[0])
    has_end = any(term in ("-all", "~all") or term.startswith("redirect=") for term in terms)
    return Finding("spf", domain, "well" if has_end else "open", told[0])


def _dkim(names: Names, domain: str, selector: str) -> Finding:
    name = f"{selector or '…'}._domainkey.{domain}"
    if not selector:
        return Finding("dkim", name, "no_selector")
    told = [_tags(one) | {"": one} for one in names.texts(name, "") if "p" in _tags(one)]
    if len(told) != 1:
        return Finding("dkim", name, "several" if told else "missing", " | ".join(one[""] for one in told))
    key, whole = told[0]["p"].replace(" ", ""), told[0][""]
    if not key:
        return Finding("dkim", name, "revoked", whole)
    try:
        size = len(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError):
        return Finding("dkim", name, "no_key", whole)
    is_short = told[0].get("k", "rsa") == "rsa" and size < KEY_MIN
    return Finding("dkim", name, "short" if is_short else "well", whole)


def _dmarc(names: Names, domain: str) -> Finding:
    """Its own, or that of a domain above it."""
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        name = "_dmarc." + ".".join(labels[start:])
        told = names.texts(name, "v=dmarc1")
        if len(told) > 1:
            return Finding("dmarc", name, "several", " | ".join(told))
        if told:
            tags = _tags(told[0])
            policy = tags.get("sp", tags.get("p")) if start else tags.get("p")
            code = {"none": "watches", "quarantine": "well", "reject": "well"}.get((policy or "").lower(), "no_policy")
            return Finding("dmarc", name, code, told[0])
    return Finding("dmarc", f"_dmarc.{domain}", "missing")


def _mx(names: Names, domain: str) -> Finding:
    told = sorted(names.ask(domain, "MX"), key=lambda one: one.preference)
    if not told:
        return Finding("mx", domain, "missing")
    found = ", ".join(f"{one.preference} {one.exchange}" for one in told)
    if any(str(one.exchange) == "." for one in told):
        return Finding("mx", domain, "takes_none", found)
    reached = any(names.ask(str(one.exchange), kind) for one in told[:3] for kind in ("A", "AAAA"))
    return Finding("mx", domain, "well" if reached else "leads_nowhere", found)


def _reverse(names: Names, host: str) -> Finding:
    """The address of the server that we hand mail to, its name, and whether that name leads back to it."""
    if not host:
        return Finding("reverse", "", "no_server")
    try:
        addresses = [str(ipaddress.ip_address(host))]
    except ValueError:
        addresses = [str(one) for kind in ("A", "AAAA") for one in names.ask(host, kind)]
    if not addresses:
        return Finding("reverse", host, "no_address")
    address = ipaddress.ip_address(addresses[0])
    is_near = address.is_loopback or address.is_link_local
    if is_near or any(address in net for net in AT_HOME if net.version == address.version):
        return Finding("reverse", host, "at_home", str(address))
    told = [str(one) for one in names.ask(str(dns.reversename.from_address(str(address))), "PTR")]
    if not told:
        return Finding("reverse", host, "missing", str(address))
    kind = "A" if address.version == 4 else "AAAA"
    leads_back = any(str(one) == str(address) for name in told[:3] for one in names.ask(name, kind))
    return Finding("reverse", host, "well" if leads_back else "leads_elsewhere", f"{address} → {', '.join(told)}")


def _bare(term: str) -> str:
    return term.lstrip("+-~?")


def _tags(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, sign, value in parts if sign}
