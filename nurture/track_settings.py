"""A track's own settings: what it is called, whom it takes, where it ends. They hold at once, have a history, and are
reverted like every setting; what stands in its flow is a version instead."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import ProtectedError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreement.models import Criterion
from content.models import Topic
from leads.settings.kind import Kind, SettingRefused, Touch, Values, as_refusals
from nurture.actions.drafting import add_track, change_track
from nurture.actions.moving import let_them_stay
from nurture.actions.sorting import Tracks
from nurture.forms.tracks import TrackForm
from nurture.models import Enrolment, Sorting, Track
from nurture.whole import rivals_of
from team.models import Role

if TYPE_CHECKING:
    from team.models import User

OF = {Track.Kind.TRACK: TrackForm.OF_TRACK, Track.Kind.PLAY: TrackForm.OF_PLAY}
TAKES = ("category", "topic", "is_by_hand", "is_fan_base")


class TrackKind(Kind):
    """Of tracks and plays alike. Its pages are those of the track."""

    slug = "tracks"
    model = Track
    form = TrackForm
    title = gettext_lazy("Tracks")
    one = gettext_lazy("track")
    writers = (Role.MARKETER, Role.ADMIN)
    writers_words = gettext_lazy("Only marketers and admins change tracks.")
    keeps_keys: ClassVar = {
        "topic": Topic, "need": Criterion, "fallback": Track, "goal_topic": Topic, "goal_criterion": Criterion,
    }  # fmt: skip
    retired_words = gettext_lazy("took %(name)s out of use")
    reverted_words = gettext_lazy("Reverted: from now on it is as it was before. Nobody who is under way was moved.")

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        tracks = Track.objects.select_for_update(of=("self",)) if lock else Track.objects.all()
        track = tracks.filter(pk=pk).first()
        if track is None:
            return None
        names = ("name", "about", *OF[Track.Kind(track.kind)], *TrackForm.GOAL)
        values = {name: getattr(track, f"{name}_id" if name in self.keeps_keys else name) for name in names}
        return {"kind": track.kind, **values, "is_retired": track.retired_at is not None}

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        columns = {f"{name}_id" if name in self.keeps_keys else name: value for name, value in new.items()}
        is_retired = columns.pop("is_retired", False)
        with as_refusals():
            if pk is None:
                return add_track(by=by, at=at, **columns).pk
            if is_retired != old["is_retired"]:
                columns["retired_at"] = at if is_retired else None
                if not is_retired:
                    let_them_stay(pk)
            change_track(Track.objects.get(pk=pk), values=columns)
        return pk

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        track = Track.objects.get(pk=pk)
        if track.versions.filter(published_at__isnull=False).exists() or track.enrolments.exists():
            raise SettingRefused(_("“%(track)s” was published: take it out of use instead.") % {"track": track})
        try:
            track.delete()
        except ProtectedError as held:
            raise SettingRefused(_("Others end in “%(track)s”: change those first.") % {"track": track}) from held

    def label_of(self, name: str) -> str:
        return _("Out of use") if name == "is_retired" else super().label_of(name)

    def say(self, name: str, value: Any, names: Any) -> str:
        if name == "hold_out_percent":
            return _("%(n)s of a hundred") % {"n": value or 0}
        if value in (None, "") and name in (*TAKES, "cycle", "role", "need"):
            return _("any")
        if name == "goal" and not value:
            return _("came to its last step")
        return super().say(name, value, names)

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        track = Track.objects.filter(pk=pk).first() if pk else None
        if track is None:
            return [Touch(_("Nobody yet: it takes people when its flow is published"))]
        if new.get("is_retired") != old.get("is_retired"):
            return touched_by_end(track) if new.get("is_retired") else [Touch(_("It takes people again"))]
        changed = {name for name in new if old.get(name) != new.get(name)}
        under_way = Enrolment.objects.fed().filter(track=track).count()
        people_url = reverse("nurture:track_people", args=[track.public_id])
        found = []
        if changed & set(TAKES):
            found.append(Touch(_("Whoever falls asleep from now on goes by it"), _("nobody is taken out of a track")))
            waiting = Sorting.objects.asleep().filter(answer=Sorting.Answer.NO_TRACK).count()
            if waiting and not new.get("is_by_hand"):
                said = ngettext(
                    "%(n)d sleeper whom no track fitted is looked at again within the hour",
                    "%(n)d sleepers whom no track fitted are looked at again within the hour",
                    waiting,
                )
                found.append(Touch(said % {"n": waiting}, url=reverse("nurture:unfed") + "?why=no_track"))
            for name in TAKES:
                setattr(track, f"{name}_id" if name in self.keeps_keys else name, new.get(name))
            found.extend(Touch(rival, warns=True) for rival in rivals_of(track))
        if "hold_out_percent" in changed:
            found.append(Touch(_("It is drawn for whoever comes from now on"), _("who is in it stays as drawn")))
        if "fallback" in changed and under_way:
            found.append(Touch(_people(under_way, _("under way end there")), url=people_url))
        if changed & set(TrackForm.GOAL) and under_way:
            leaves = _("whoever has reached it already leaves within a minute")
            found.append(Touch(_people(under_way, _("under way")), leaves, people_url))
        if "name" in changed and under_way:
            found.append(
                Touch(_people(under_way, _("under way see nothing of it")), _("steps in queues keep the old name"))
            )
        if changed & {"cycle", "role", "need"}:
            found.append(Touch(_("Pages of leads suggest it by that from now on"), _("who is in it stays")))
        return found


def touched_by_end(track: Track) -> list[Touch]:
    """What it means that it takes nobody any more, counted now."""
    under_way = Enrolment.objects.fed().filter(track=track).count()
    people_url = reverse("nurture:track_people", args=[track.public_id])
    found = [Touch(_people(under_way, _("under way: below it is said where they go")), url=people_url)]
    without = Enrolment.objects.left_without().filter(track=track).count()
    if without:
        said = ngettext(
            "%(n)d person more is left without, to compare", "%(n)d people more are left without, to compare", without
        )
        found.append(Touch(said % {"n": without}, _("they get nothing, and leave it as the others do")))
    steps = Enrolment.objects.under_way().filter(track=track, step__isnull=False).count()
    if steps:
        said = ngettext("%(n)d step of it stays in a queue", "%(n)d steps of it stay in queues", steps)
        found.append(Touch(said % {"n": steps}, _("the rep does it or leaves it out")))
    if track.kind == Track.Kind.PLAY:
        return [*found, Touch(_("No lead is offered it any more"))]
    if not track.is_by_hand and not track.is_fan_base:
        instead = Tracks().instead_of(track)
        if instead is not None:
            said = _("Whoever would come into it goes into “%(track)s” from now on") % {"track": instead}
            found.append(Touch(said, url=reverse("nurture:track", args=[instead.public_id])))
        else:
            found.append(Touch(_("Whoever would come into it is in no track from now on"), _("their date wakes them")))
    for other in Track.objects.in_use().filter(fallback=track).order_by("position", "pk"):
        found.append(
            Touch(
                _("Whoever comes to the end of “%(track)s” goes nowhere then") % {"track": other},
                _("their date wakes them"),
                reverse("nurture:track_change", args=[other.public_id]),
                warns=True,
            )
        )
    return found


def _people(n: int, what: str) -> str:
    return ngettext("%(n)d person %(what)s", "%(n)d people %(what)s", n) % {"n": n, "what": what}


KIND = TrackKind()
