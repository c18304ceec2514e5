"""What was found about the sender's domain, in words: what stands there, what is expected, what to put in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nurture.sender_checks import sender_domain

TITLES = {
    "spf": gettext_lazy("SPF: who may send for the domain"),
    "dkim": gettext_lazy("DKIM: the key that signs"),
    "dmarc": gettext_lazy("DMARC: what becomes of what fails both"),
    "mx": gettext_lazy("MX: where answers and bounces go"),
    "reverse": gettext_lazy("The server’s address and its name"),
}
EXPECTED = {
    "spf": gettext_lazy("One TXT record that begins with v=spf1, names every server of ours and ends in ~all or -all."),
    "dkim": gettext_lazy("One TXT record with a key of at least 1024 bits, 2048 better."),
    "dmarc": gettext_lazy("One TXT record with v=DMARC1 and p=none, quarantine or reject."),
    "mx": gettext_lazy("At least one mail server that can be reached."),
    "reverse": gettext_lazy("The address has a name (PTR), and that name leads back to it."),
}
GOOD = {"well", "watches"}
# What nobody can say from here is no fault.
OPEN = {"silent", "no_selector", "no_server", "at_home"}
SAYS = {
    "well": gettext_lazy("As it should be."),
    "watches": gettext_lazy("It only watches (p=none). Once SPF and DKIM hold for a while, quarantine is better."),
    "silent": gettext_lazy("No name server answered within two seconds."),
    "missing": gettext_lazy("There is none."),
    "several": gettext_lazy("There is more than one: receivers take none of them."),
    "too_long": gettext_lazy("It asks more than ten further questions: receivers stop there."),
    "everybody": gettext_lazy("It ends in +all: everybody may send for the domain."),
    "open": gettext_lazy("It says nothing of everybody else: end it in ~all."),
    "no_selector": gettext_lazy("Say the selector that your mail server signs with."),
    "revoked": gettext_lazy("The key is empty: it was revoked."),
    "no_key": gettext_lazy("What stands there is no key."),
    "short": gettext_lazy("The key is shorter than 1024 bits: its signatures count for nothing."),
    "no_policy": gettext_lazy("It names no policy."),
    "takes_none": gettext_lazy("The domain says that it takes no mail: no answer and no bounce comes back."),
    "leads_nowhere": gettext_lazy("The server that it names has no address."),
    "no_server": gettext_lazy("No mail server is set (SMTP_HOST)."),
    "no_address": gettext_lazy("The mail server’s name has no address."),
    "at_home": gettext_lazy(
        "It stands in a network of your own: from which address the world gets mail is not seen here."
    ),
    "leads_elsewhere": gettext_lazy("The name does not lead back to the address."),
}


@dataclass(frozen=True)
class Said:
    title: str
    name: str
    is_well: bool
    is_open: bool
    says: str
    found: str
    expected: str
    # Empty where nothing is to be done.
    put_in: str


def in_words(findings: Iterable[dict[str, Any]]) -> list[Said]:
    return [_said(one) for one in findings]


def nobody_answered(findings: Iterable[dict[str, Any]]) -> bool:
    """Whether nothing was learned at all, because this machine has no DNS."""
    asked = [one["code"] for one in findings if one["code"] not in OPEN - {"silent"}]
    return bool(asked) and set(asked) == {"silent"}


def _said(one: dict[str, Any]) -> Said:
    key, code = one["key"], one["code"]
    return Said(
        title=str(TITLES[key]),
        name=one["name"],
        is_well=code in GOOD,
        is_open=code in OPEN,
        says=str(SAYS[code]),
        found=one["found"],
        expected=str(EXPECTED[key]),
        put_in="" if code in GOOD | OPEN else _put_in(key, one["name"]),
    )


def _put_in(key: str, name: str) -> str:
    domain, host = sender_domain(), settings.EMAIL_HOST_NAME or _("your.mail.server")
    return {
        "spf": f'{domain}. TXT "v=spf1 a:{host} ~all"',
        "dkim": f'{name}. TXT "v=DKIM1; k=rsa; p={_("the public key of your mail server")}"',
        "dmarc": f'_dmarc.{domain}. TXT "v=DMARC1; p=none; rua=mailto:postmaster@{domain}"',
        "mx": f"{domain}. MX 10 {host}.",
        "reverse": _("Ask whoever gives you the address for a PTR record to %(host)s.") % {"host": host},
    }[key]
