"""What the library has for the person of a lead, that she has not had, and why it fits. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from content.meant import meant
from content.models import Asset, AssetThumb, AssetVersion, Label
from content.models.asset import AssetQuerySet
from content.words import Match, query_words
from leads.models import Lead
from nurture.knowing import People
from nurture.letter import link_to
from nurture.recipients import permalink
from team.company_time import company_day

if TYPE_CHECKING:
    from team.models import User

# In a letter, and on the page of a lead, where much else stands.
SHOWN, SHOWN_BESIDE = 8, 5
HAD_SHOWN = 3
Dimension = Label.Dimension
Form = AssetVersion.Form


@dataclass(frozen=True)
class Suggestion:
    """One asset, why it is offered, and what putting it into a letter puts there."""

    asset: Asset
    current: AssetVersion
    why: str
    # How many of us said that it helped, and what she said herself.
    helped: int
    mine: AssetThumb | None

    @property
    def is_sent(self) -> bool:
        """What is said aloud is opened, and goes into no letter."""
        return self.current.form != Form.TALK_TRACK

    @property
    def words(self) -> str:
        """What putting it into a letter puts there: the words of a snippet, else its title with its address."""
        if self.current.form == Form.SNIPPET:
            return self.current.text
        return link_to(self.asset.title, permalink(str(self.asset.public_id)))


@dataclass(frozen=True)
class Looked:
    """What a search for the person of a lead leads to: what she may get, else what she has had, else what its words may
    have meant, where that leads to one of both."""

    found: list[Suggestion]
    had: list[Asset]
    meant: str = ""

    @property
    def is_missed(self) -> bool:
        return not (self.found or self.had)


class Fit:
    """What is known of the person of a lead, as far as the library can be asked for it."""

    def __init__(self, lead: Lead, *, at: datetime) -> None:
        self.lead, self.at, self.on = lead, at, company_day(at)
        people = People([lead.person_id], at=at)
        self.topics = people.topics(lead.person_id)
        self.had = people.had.get(lead.person_id, set())
        self.labels = people.labels_of(lead.person_id)
        self.taste = people.taste(lead.person_id)

    @property
    def asked(self) -> dict[str, str]:
        """By keys, as a search without result is kept: her role and where her pursuit stands."""
        said = {label.dimension: label.key for label in self.labels if label.dimension == Dimension.PERSONA}
        here = next((label for label in self.labels if label.key == self.lead.phase), None)
        return said | ({Dimension.STAGE.value: here.key} if here else {})

    def fitting(self, rows: AssetQuerySet) -> AssetQuerySet:
        """Best first, by the rule of nurture/offers.py; what she has had, whoever gave it to her, is left out."""
        return self.taste.best_first(rows, topics=self.topics, without=self.had)

    def had_of(self, q: str) -> list[Asset]:
        """What there is of these words and she has had: the library does not lack it."""
        words = query_words(q)
        if not words or not self.had:
            return []
        return list(Match(words).newest(Asset.objects.in_use(on=self.on).filter(pk__in=self.had))[:HAD_SHOWN])


def sendable_to(lead: Lead, *, at: datetime) -> AssetQuerySet:
    """Everything that may be sent to her, fitting or not, by title."""
    had = People([lead.person_id], at=at).had.get(lead.person_id, set())
    return Asset.objects.sendable(on=company_day(at)).exclude(pk__in=had).order_by("title", "pk")


def suggestions_for(fit: Fit, *, by: User, q: str = "", is_letter: bool = False) -> list[Suggestion]:
    """What fits now; with words, what has them. For a letter without what is only said aloud."""
    rows = Asset.objects.sendable(on=fit.on) if is_letter else Asset.objects.in_use(on=fit.on)
    words = query_words(q)
    if q.strip() and not words:
        # What has no letter and no digit in it stands nowhere.
        return []
    found = Match(words).newest(rows.exclude(pk__in=fit.had)) if words else fit.fitting(rows)
    most = SHOWN if is_letter else SHOWN_BESIDE
    return _told(list(found.values_list("pk", flat=True)[:most]), fit, by=by)


def look_for(fit: Fit, *, by: User, q: str = "", is_letter: bool = False) -> Looked:
    found = suggestions_for(fit, by=by, q=q, is_letter=is_letter)
    had = [] if found else fit.had_of(q)
    spelt = "" if found or had else meant(query_words(q))
    if spelt and not (suggestions_for(fit, by=by, q=spelt, is_letter=is_letter) or fit.had_of(spelt)):
        spelt = ""
    return Looked(found, had, spelt)


def suggestion_of(asset: Asset, lead: Lead, *, by: User, at: datetime) -> Suggestion:
    (one,) = _told([asset.pk], Fit(lead, at=at), by=by)
    return one


def _told(ids: Sequence[int], fit: Fit, *, by: User) -> list[Suggestion]:
    """These in this order: four statements, however many there are."""
    assets = Asset.objects.select_related("topic").in_bulk(ids)
    current = {one.asset_id: one for one in AssetVersion.objects.filter(asset__in=ids, is_current=True)}
    agreeing: dict[int, set[int]] = defaultdict(set)
    marks = Asset.labels.through.objects.filter(asset__in=ids, label__in=fit.labels)
    for pk, label in marks.values_list("asset", "label"):
        agreeing[pk].add(label)
    thumbs: dict[int, list[AssetThumb]] = defaultdict(list)
    for thumb in AssetThumb.objects.filter(Q(is_up=True) | Q(user=by), asset__in=ids):
        thumbs[thumb.asset_id].append(thumb)
    return [
        Suggestion(
            asset=assets[pk],
            current=current[pk],
            why=", ".join(_why(assets[pk], agreeing[pk], fit)),
            helped=sum(thumb.is_up for thumb in thumbs[pk]),
            mine=next((thumb for thumb in thumbs[pk] if thumb.user_id == by.pk), None),
        )
        for pk in ids
    ]


def _why(asset: Asset, agreeing: set[int], fit: Fit) -> list[str]:
    said = []
    if asset.topic is not None and asset.topic_id in fit.topics:
        said.append(_("about %(topic)s") % {"topic": _lower(asset.topic.label)})
    for label in fit.labels:
        if label.pk in agreeing:
            words = _("for: %(who)s") if label.dimension == Dimension.PERSONA else _("when: %(when)s")
            said.append(words % {"who": _lower(label.label), "when": _lower(label.label)})
    if len(fit.taste.languages) > 1 and asset.language in fit.taste.languages[0]:
        said.append(_("in their language"))
    return [*said, _("new to them")]


def _lower(words: str) -> str:
    """Within a sentence; what begins with a shouted word stays as it is."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]
