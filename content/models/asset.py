"""An asset is a promise: one address that always leads to its current version. Its versions are what was promised."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from content.models.topic import Label, Topic
from content.words import Match
from team.models import Role, Upload

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from team.models import User

# Who looks after the library; everybody else reads, judges and hands in.
KEEPERS = (Role.MARKETER, Role.ADMIN)


class AssetQuerySet(models.QuerySet["Asset"]):
    def in_use(self, *, on: date) -> AssetQuerySet:
        """What may be used on this day: a current version, not expired, not retired."""
        return self.filter(_has_current(), Q(expires_on=None) | Q(expires_on__gt=on), retired_at=None)

    def sendable(self, *, on: date) -> AssetQuerySet:
        """What may leave the house on this day: in use, and no talk track."""
        return self._of_form(~Q(form=AssetVersion.Form.TALK_TRACK), on=on)

    def brought_by_itself(self, *, on: date) -> AssetQuerySet:
        """Of that what a track may choose: a whole piece, and no words that a rep writes into a letter of their own."""
        return self._of_form(~Q(form__in=[AssetVersion.Form.TALK_TRACK, AssetVersion.Form.SNIPPET]), on=on)

    def _of_form(self, form: Q, *, on: date) -> AssetQuerySet:
        return self.filter(_has_current(form), Q(expires_on=None) | Q(expires_on__gt=on), retired_at=None)

    def in_languages(self, languages: Collection[str]) -> AssetQuerySet:
        """In one of these, by two letters; an empty one is where nobody said."""
        return self.filter(language__in=list(languages))

    def fitting(
        self, *, topics: Sequence[int] = (), languages: Sequence[Collection[str]] = (),
        labels: Mapping[str, Collection[int]] | None = None, without: Iterable[int] = (),
    ) -> AssetQuerySet:  # fmt: skip
        """What fits best first: the topics in the order given, then the languages, then dimension by dimension what
        bears one of these labels, what bears none at all, what is made for others; then the newest.

        An asset on no topic fits by its labels alone. `without` are those that somebody has had.
        """
        labels = labels or {}
        marked = Exists(_marks(Q(label__in=[pk for some in labels.values() for pk in some])))
        fits = Q(topic__in=topics) | (Q(topic=None) & Q(marked)) if topics else Q(marked)
        groups = {"topic": [[topic] for topic in topics], "language": languages}
        order = [_place(name, some) for name, some in groups.items() if some]
        for dimension, some in labels.items():
            agrees, is_for_others = _marks(Q(label__in=list(some))), _marks(Q(label__dimension=dimension))
            places = [When(Exists(agrees), then=Value(0)), When(Exists(is_for_others), then=Value(2))]
            order.append(Case(*places, default=Value(1)))
        return self.filter(fits).exclude(pk__in=list(without)).order_by(*order, "-pk")

    def serving(self, label: Label) -> AssetQuerySet:
        """What bears this label, and what bears none of its dimension: that is for anybody, at any time."""
        return self.filter(Exists(_marks(Q(label=label))) | ~Exists(_marks(_says(label.dimension))))

    def visible_to(self, user: User) -> AssetQuerySet:
        """Keepers see everything; everybody else what was ever approved, and what she handed in herself."""
        if any(user.has_role(role) for role in KEEPERS):
            return self
        if not user.held:
            return self.none()
        approved = AssetVersion.objects.filter(asset=OuterRef("pk"), approved_at__isnull=False)
        return self.filter(Q(Exists(approved)) | Q(handed_in_by=user))

    def kept_by(self, user: User) -> AssetQuerySet:
        """What she may change, approve and retire."""
        return self if any(user.has_role(role) for role in KEEPERS) else self.none()

    def waiting(self) -> AssetQuerySet:
        """Handed in, and nobody has decided yet."""
        return self.filter(~_has_current(), handed_in_by__isnull=False, retired_at=None)

    def without_version(self) -> AssetQuerySet:
        """A name that a file or a form brought: nothing is behind it yet."""
        return self.filter(~_has_current(), handed_in_by=None, retired_at=None)

    def expiring(self, *, on: date, days: int) -> AssetQuerySet:
        return self.in_use(on=on).filter(expires_on__lte=on + timedelta(days=days))

    def to_review(self, *, on: date) -> AssetQuerySet:
        return self.in_use(on=on).filter(review_on__lte=on)

    def expired(self, *, on: date) -> AssetQuerySet:
        return self.filter(_has_current(), retired_at=None, expires_on__lte=on)

    def retired(self) -> AssetQuerySet:
        return self.filter(retired_at__isnull=False)

    def unused_since(self, moment: datetime) -> AssetQuerySet:
        """Used by nobody since, and there long enough for it."""
        return self.filter(Q(last_used_at=None) | Q(last_used_at__lt=moment), Q(added_at=None) | Q(added_at__lt=moment))

    def matching(self, match: Match) -> AssetQuerySet:
        """What the full-text index finds; see content/words.py."""
        return match.narrow(self)


class Asset(models.Model):
    class Kind(models.TextChoices):
        ARTICLE = "article", _("Article")
        GUIDE = "guide", _("Guide")
        CASE = "case", _("Case study")
        TEMPLATE = "template", _("Template")
        WEBINAR = "webinar", _("Webinar")
        PAGE = "page", _("Page")
        EVENT = "event", _("Event")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, related_name="assets")
    labels = models.ManyToManyField(Label, blank=True, related_name="assets")
    when_to_use = models.TextField(blank=True, default="", db_default="")
    # Two letters; empty where nobody said.
    language = models.CharField(max_length=2, blank=True, default="", db_default="")
    # Null where a file or a form brought only its name.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField(null=True, editable=False)
    # Made by a rep and given to the library, which decides.
    handed_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    review_on = models.DateField(null=True, blank=True)
    # From this day on nobody sends it, and its address offers its successor.
    expires_on = models.DateField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, editable=False)
    retired_because = models.CharField(max_length=200, blank=True, default="", db_default="", editable=False)
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="succeeds")
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = AssetQuerySet.as_manager()

    class Meta:
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        constraints = [
            models.CheckConstraint(name="asset_has_a_title", condition=~Q(title="")),
            models.UniqueConstraint(fields=["kind", "title"], name="asset_title_once_per_kind"),
            models.CheckConstraint(name="asset_is_not_its_own_successor", condition=~Q(successor=F("id"))),
            models.CheckConstraint(
                name="asset_retired_for_a_reason", condition=Q(retired_at=None) | ~Q(retired_because="")
            ),
        ]
        indexes = [
            models.Index(fields=["expires_on"], name="asset_expires", condition=Q(expires_on__isnull=False)),
            # What fits somebody: by topic, and of that in their language.
            models.Index(fields=["topic", "language"], name="asset_on_topic", condition=Q(retired_at=None)),
            # Which languages there are.
            models.Index(fields=["language"], name="asset_language", condition=Q(language__gt="")),
            models.Index(fields=["last_used_at"], name="asset_last_used"),
            models.Index(
                fields=["-id"], name="asset_handed_in", condition=Q(handed_in_by__isnull=False, retired_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def is_kept_by(self, user: User) -> bool:
        """The same as the QuerySet of this name, of one that was read."""
        return any(user.has_role(role) for role in KEEPERS)

    def is_expired(self, *, on: date) -> bool:
        return self.expires_on is not None and self.expires_on <= on

    def is_over(self, *, on: date) -> bool:
        """Expired or retired: nobody is given it any more."""
        return self.retired_at is not None or self.is_expired(on=on)


class AssetVersionQuerySet(models.QuerySet["AssetVersion"]):
    def visible_to(self, user: User) -> AssetVersionQuerySet:
        """Of an asset she may see: what was never approved is shown to keepers and to who made it."""
        if any(user.has_role(role) for role in KEEPERS):
            return self
        return self.filter(Q(approved_at__isnull=False) | Q(made_by=user))


class AssetVersion(models.Model):
    """What somebody who followed the address was given, from its approval until the next one's."""

    class Form(models.TextChoices):
        LINK = "link", _("Link")
        FILE = "file", _("File")
        SNIPPET = "snippet", _("Snippet")
        TALK_TRACK = "talk_track", _("Talk track")

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    form = models.CharField(max_length=10, choices=Form)
    url = models.CharField(max_length=2000, blank=True, default="")
    upload = models.ForeignKey(Upload, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.TextField(blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    is_current = models.BooleanField(default=False)

    objects = AssetVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = [
            models.CheckConstraint(
                name="assetversion_form_is_known", condition=Q(form__in=["link", "file", "snippet", "talk_track"])
            ),
            models.CheckConstraint(
                name="assetversion_holds_what_its_form_says",
                condition=(
                    (Q(form="link", upload=None, text="") & ~Q(url=""))
                    | Q(form="file", upload__isnull=False, url="", text="")
                    | (Q(form__in=["snippet", "talk_track"], upload=None, url="") & ~Q(text=""))
                ),
            ),
            models.CheckConstraint(
                name="assetversion_leads_to_the_web",
                condition=Q(url="") | Q(url__startswith="https://") | Q(url__startswith="http://"),
            ),
            models.CheckConstraint(
                name="assetversion_approved_by_somebody",
                condition=Q(approved_at=None, approved_by=None)
                | Q(approved_at__isnull=False, approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="assetversion_current_is_approved", condition=Q(is_current=False) | Q(approved_at__isnull=False)
            ),
            models.UniqueConstraint(fields=["asset", "number"], name="assetversion_number_once"),
            models.UniqueConstraint(fields=["asset"], condition=Q(is_current=True), name="assetversion_one_is_current"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id}, {self.number}"


class AssetEvent(models.Model):
    """One thing that was done to an asset. Only added to."""

    class Verb(models.TextChoices):
        ADD = "add", _("added")
        HAND_IN = "hand_in", _("handed in")
        CHANGE = "change", _("changed")
        VERSION = "version", _("gave a version to")
        APPROVE = "approve", _("approved")
        RETIRE = "retire", _("retired")
        RESTORE = "restore", _("put back")

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    verb = models.CharField(max_length=8, choices=Verb)
    version = models.PositiveSmallIntegerField(null=True)
    # {field: [old, new]}
    changes = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assetevent_verb_is_known",
                condition=Q(verb__in=["add", "hand_in", "change", "version", "approve", "retire", "restore"]),
            ),
        ]
        indexes = [
            # What is new in the library since a moment.
            models.Index(
                fields=["at", "asset"],
                condition=Q(verb__in=["add", "approve", "version", "restore"]),
                name="assetevent_news",
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.asset_id}"


def _says(dimension: str) -> Q:
    """Labels of this dimension; what was retired says nothing any more."""
    return Q(label__dimension=dimension, label__retired_at=None)


def _marks(which: Q) -> models.QuerySet[Any]:
    return Asset.labels.through.objects.filter(which, asset=OuterRef("pk"))


def _place(name: str, groups: Sequence[Collection[Any]]) -> Case:
    """Where in these groups this column stands; what is in none of them, after all."""
    places = [When(**{f"{name}__in": list(group)}, then=Value(place)) for place, group in enumerate(groups)]
    return Case(*places, default=Value(len(groups)))


def _has_current(which: Q | None = None) -> Exists:
    """Found by the index that lets one version be current."""
    rows = AssetVersion.objects.filter(asset=OuterRef("pk"), is_current=True)
    return Exists(rows if which is None else rows.filter(which))
