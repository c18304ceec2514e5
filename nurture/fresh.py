"""What is new in the library for the leads of one rep: one list, since she last looked, and no mail for each asset."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, Max, OuterRef, Q

from agreement.models import Phase
from content.library import Card, cards_of
from content.models import Asset, AssetEvent, Label, LibraryLook
from leads.models import Lead
from nurture.knowing import People
from team.models import Role

if TYPE_CHECKING:
    from team.models import User

# Who never looked is shown so much.
FIRST_LOOK = timedelta(days=30)
LEADS_MAX = 500
# So many that changed are looked at in one statement, and so many statements make a page.
CHANGED_MAX = 500
CHANGED_PAGES = 4
SHOWN = 50
FOR_SHOWN = 3
# Of what somebody is interested in, so much counts.
TOPICS = 3


@dataclass
class Fresh:
    """One asset that is new or changed, with whom it fits."""

    card: Card
    at: datetime
    is_new: bool
    leads: list[Lead] = field(default_factory=list)

    @property
    def first(self) -> list[Lead]:
        return self.leads[:FOR_SHOWN]

    @property
    def more(self) -> int:
        return len(self.leads) - len(self.first)


@dataclass(frozen=True)
class Place:
    """How far the list is read: what changed until then, of that moment up to this asset, or all of it."""

    at: datetime
    asset: int | None = None


@dataclass(frozen=True)
class Digest:
    since: datetime
    has_looked: bool
    # How many she has in hand, and how many sleep and come back to her.
    in_hand: int
    asleep: int
    found: list[Fresh]
    # How far she has read once she has seen these, and whether something newer may be there beyond it.
    up_to: Place
    has_more: bool


def digest_of(user: User, *, at: datetime, on: date) -> Digest:
    """New or changed since she last looked, and of a topic or for a role of somebody whose lead is hers and who has not
    had it: what changed first is shown first, a page at a time, and on the page what fits most of her leads."""
    looked = LibraryLook.objects.filter(user=user).first()
    begin = Place(looked.at, looked.asset) if looked else Place(at - FIRST_LOOK)
    since = begin.at
    leads = _hers(user)
    asleep = sum(lead.phase == Phase.NURTURE for lead in leads)
    people = People([lead.person_id for lead in leads], at=at)
    changed, fits, up_to = _page(begin, leads, people, at=at, on=on)
    shown = sorted(fits, key=lambda pk: (-len(fits[pk]), -pk))
    cards = {card.asset.pk: card for card in cards_of(shown, on=on)}
    found = [
        Fresh(cards[pk], changed[pk], (cards[pk].asset.added_at or since) > since, fits[pk])
        for pk in shown
        if pk in cards
    ]
    has_more = up_to is not None
    return Digest(since, looked is not None, len(leads) - asleep, asleep, found, up_to or Place(at), has_more)


def _page(
    begin: Place, leads: list[Lead], people: People, *, at: datetime, on: date
) -> tuple[dict[int, datetime], dict[int, list[Lead]], Place | None]:
    """When the first of them that fit changed, whom each fits, and where they end; none where there is nothing else."""
    moments: dict[int, datetime] = {}
    fits: dict[int, list[Lead]] = {}
    place = begin
    for _time in range(CHANGED_PAGES):
        changed = _changed(place, at=at, on=on)
        found = _fitting(changed, leads, people)
        for pk, moment in changed.items():
            if pk in found and len(fits) == SHOWN:
                return moments, fits, place
            place = Place(moment, pk)
            if pk in found:
                moments[pk], fits[pk] = moment, found[pk]
        if len(changed) < CHANGED_MAX:
            return moments, fits, None
    return moments, fits, place


def _hers(user: User) -> list[Lead]:
    """What she has in hand: as rep until sales has accepted it, as account executive from the hand-off on. After these
    who sleeps and comes back to her; what she sold once, or put to sleep in a team that is hers no more, is not."""
    rows = Lead.objects.select_related("person", "account").order_by("due_at", "pk")
    as_rep = Q(bdr=user, phase__in=[Phase.QUEUED, Phase.WORKING, Phase.HANDED_OFF])
    as_ae = Q(ae=user, phase__in=[Phase.HANDED_OFF, Phase.ACCEPTED, Phase.QUALIFIED])
    leads = list(rows.filter(as_rep | as_ae)[:LEADS_MAX])
    asleep = rows.filter(bdr=user, phase=Phase.NURTURE, team__in=user.teams_as(Role.BDR))
    return leads + list(asleep[: LEADS_MAX - len(leads)])


def _changed(after: Place, *, at: datetime, on: date) -> dict[int, datetime]:
    """What was added or got another current version, with when: what did so first after this place stands first."""
    verbs = [AssetEvent.Verb.ADD, AssetEvent.Verb.APPROVE, AssetEvent.Verb.VERSION, AssetEvent.Verb.RESTORE]
    events = AssetEvent.objects.filter(at__gte=after.at, at__lte=at, verb__in=verbs)
    # A version that is kept for later is nothing new to anybody.
    events = events.exclude(verb=AssetEvent.Verb.VERSION, changes__approved=[None, False])
    # Asked of each that is new, so that the moment leads: a list of all that is in use would be gone through first.
    is_usable = Exists(Asset.objects.in_use(on=on).filter(pk=OuterRef("asset")))
    usable = events.filter(is_usable).order_by().values("asset")
    beyond = Q(last__gt=after.at)
    if after.asset is not None:
        beyond |= Q(last=after.at, asset__gt=after.asset)
    oldest = usable.annotate(last=Max("at")).filter(beyond).order_by("last", "asset")[:CHANGED_MAX]
    return dict(oldest.values_list("asset", "last"))


def _fitting(changed: dict[int, datetime], leads: list[Lead], people: People) -> dict[int, list[Lead]]:
    topics = dict(Asset.objects.filter(pk__in=changed).values_list("pk", "topic"))
    roles: dict[int, set[str]] = defaultdict(set)
    marks = Asset.labels.through.objects.filter(asset__in=changed, label__dimension=Label.Dimension.PERSONA)
    for pk, key in marks.values_list("asset", "label__key"):
        roles[pk].add(key)
    found: dict[int, list[Lead]] = defaultdict(list)
    for lead in leads:
        person = lead.person_id
        interest, role = set(people.topics(person)[:TOPICS]), people.roles.get(person, "")
        for pk in changed:
            is_for_her = role in roles[pk] if roles[pk] else True
            is_about = topics[pk] in interest if topics[pk] else bool(roles[pk])
            if is_for_her and is_about and pk not in people.had.get(person, ()):
                found[pk].append(lead)
    return found
