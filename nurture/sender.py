"""Whose mail it is, for whoever got it and asks. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from nurture.models import MailRules
from team.models import Installation


@dataclass(frozen=True)
class Sender:
    """The company, the address its mail comes from, and where it is."""

    name: str
    address: str
    postal_address: str


def our_sender() -> Sender:
    rules = MailRules.objects.get(pk=1)
    company = Installation.objects.values_list("company", flat=True).first()
    return Sender(company or rules.sender_name, settings.DEFAULT_FROM_EMAIL, rules.postal_address)
