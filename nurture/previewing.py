"""A letter as it will be read before it is anybody's: its frame, its foot, and whom it comes from. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from content.models import Asset
from leads.models import Lead
from nurture.actions.composing import WHY, address_of
from nurture.actions.planning import preview_of, titles_in, with_asset
from nurture.fields import FIELDS, BadWords, fill
from nurture.letter import Letter, html_of
from nurture.models import MailRules, TrackNode
from nurture.recipients import values_of_asset

if TYPE_CHECKING:
    from team.models import User


@dataclass(frozen=True)
class Preview:
    subject: str
    sender: str
    # A whole document: it is shown in a frame that may do nothing.
    html: str
    # Why it cannot be sent as it stands.
    fault: str = ""


def preview_written(
    lead: Lead, *, subject: str, text: str, asset: Asset | None = None, by: User, at: datetime
) -> Preview:
    """What a rep wrote, as its person will get it. MoveRefused where it cannot be sent."""
    said, words = preview_of(lead, subject=subject, text=text, asset=asset, by=by, at=at)
    return _preview(said, words, sender=by.name, titles=titles_in([words]))


def preview_node(node: TrackNode) -> Preview:
    """The letter of a step, its fields in brackets: nobody in particular gets it yet."""
    values = {name: f"[{label}]" for name, label in FIELDS.items()}
    values |= values_of_asset(node.asset)
    if node.asset is None and node.brings_what_fits:
        values |= {"asset_title": _("[what fits]"), "asset_link": f"{settings.SITE_URL}/"}
    try:
        subject, text = fill(node.subject, values, clean=True), fill(node.text, values)
    except BadWords as bad:
        return _preview(node.subject, node.text, sender="", fault=str(bad))
    text = with_asset(text, node.asset, {})
    titles = titles_in([text])
    if values["asset_link"]:
        titles |= {values["asset_link"]: values["asset_title"]}
    return _preview(subject, text, sender="", why=str(WHY), titles=titles)


def _preview(
    subject: str,
    text: str,
    *,
    sender: str,
    why: str = "",
    fault: str = "",
    titles: Mapping[str, str] | None = None,
) -> Preview:
    rules = MailRules.objects.get(pk=1)
    comes_from = address_of(sender or rules.sender_name, settings.DEFAULT_FROM_EMAIL)
    letter = Letter(
        message_id="", to=Address(), sender=comes_from, subject=subject, text=text, titles=titles or {}, why=why,
        preferences_url=f"{settings.SITE_URL}/", postal_address=rules.postal_address,
    )  # fmt: skip
    return Preview(subject, str(comes_from), html_of(letter), fault)
