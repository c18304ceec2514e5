"""What we do with the library, as it is counted: opened, used, looked for in vain, judged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from content.meant import is_put_right
from content.models import Asset, AssetAccess, AssetThumb, AssetVersion, LibraryLook, LibrarySearch
from content.models.use import Place
from content.words import QUERY_MAX

if TYPE_CHECKING:
    from team.models import User

# Who looks for the same again within this time still looks for it, and who opens it again still reads it.
SAME_TIME = timedelta(minutes=10)
# Who looks for the same in other letters within this time has written it right now.
CORRECTED = timedelta(minutes=1)
# Who follows what was offered for it within this time meant that.
FOLLOWED = timedelta(hours=1)


def open_asset(asset: Asset, *, place: str, by: User, at: datetime) -> None:
    """One of ours reads it, somewhere: once for who comes back to it a little later. It moves nothing else."""
    opened = AssetAccess.Did.OPENED
    before = asset.accesses.filter(user=by, did=opened, place=_known(place), at__gt=at - SAME_TIME)
    if not before.exists():
        AssetAccess.objects.create(asset=asset, user=by, at=at, did=opened, place=_known(place))


def use_assets(ids: Iterable[int], *, place: str, by: User, at: datetime) -> None:
    """Somebody of ours gave these to a person out there, or spoke by them."""
    used = sorted(set(ids))
    rows = [AssetAccess(asset_id=pk, user=by, at=at, did=AssetAccess.Did.USED, place=_known(place)) for pk in used]
    with transaction.atomic():
        AssetAccess.objects.bulk_create(rows)
        Asset.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=at), pk__in=used).update(last_used_at=at)


def miss_search(words: Iterable[str], asked: dict[str, str], *, place: str, by: User, at: datetime) -> None:
    """Nothing was found. Once for who tries it again a little later, and not for who took what was offered for it and
    comes back to its page."""
    q = " ".join(words)[:QUERY_MAX]
    lately = LibrarySearch.objects.filter(user=by, q=q, at__gt=at - 2 * FOLLOWED)
    back_to_it = Q(followed_at__gt=at - FOLLOWED, place=_known(place))
    before = lately.filter(Q(at__gt=at - SAME_TIME, followed_at=None) | back_to_it)
    if any(row.asked == asked for row in before):
        return
    LibrarySearch.objects.create(user=by, at=at, place=_known(place), q=q, asked=asked)


def correct_searches(words: Iterable[str], asked: dict[str, str], *, place: str, by: User, at: datetime) -> None:
    """What she looked for in vain within the last minute, at the same place and for the same people, is no demand where
    she now looks for the same words, spelt right, with another space or typed on: what she meant is what she looks for
    now."""
    q = " ".join(words)[:QUERY_MAX]
    lately = LibrarySearch.objects.filter(user=by, place=_known(place), at__gt=at - CORRECTED, at__lte=at)
    lately = lately.filter(followed_at=None)
    wrong = [
        row.pk for row in lately.exclude(q__in=("", q)) if row.asked == asked and is_put_right(row.q.split(), q.split())
    ]
    if wrong:
        LibrarySearch.objects.filter(pk__in=wrong).delete()


def follow_offer(words: Iterable[str], asked: dict[str, str], *, by: User, at: datetime) -> None:
    """She took what was offered for these words: what she looked for in vain by them lately, for the same people, is no
    demand. Nobody else's is taken back, and following it again changes nothing."""
    q = " ".join(words)[:QUERY_MAX]
    if not q:
        return
    hers = LibrarySearch.objects.filter(user=by, q=q, at__gt=at - FOLLOWED, at__lte=at)
    if slips := [row.pk for row in hers if row.asked == asked]:
        LibrarySearch.objects.filter(pk__in=slips, followed_at=None).update(followed_at=at)


def look_at_library(*, by: User, at: datetime, asset: int | None = None) -> None:
    """What changed until then is known to her, of that moment up to this asset, or all of it; a page that was open
    longer takes nothing back."""
    look, is_first = LibraryLook.objects.get_or_create(user=by, defaults={"at": at, "asset": asset})
    if is_first:
        return
    is_further = Q(at__lt=at) | Q(at=at, asset__isnull=False)
    if asset is not None:
        is_further = Q(at__lt=at) | Q(at=at, asset__lt=asset)
    LibraryLook.objects.filter(is_further, pk=look.pk).update(at=at, asset=asset)


def judge_asset(asset: Asset, version: AssetVersion, *, is_up: bool, reason: str, by: User, at: datetime) -> None:
    """Her thumb, in place of the one she gave before."""
    AssetThumb.objects.update_or_create(
        asset=asset, user=by, defaults={"version": version, "is_up": is_up, "reason": reason, "at": at}
    )


def take_thumb_back(asset: Asset, *, by: User) -> None:
    AssetThumb.objects.filter(asset=asset, user=by).delete()


def _known(place: str) -> str:
    """Where an address says nonsense, somebody followed it."""
    return place if place in Place.values else Place.LINK
