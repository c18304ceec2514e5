"""What became of the library: what it is found by, who opened what and where, what was looked for in vain, what people
think of it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from content.models.asset import Asset, AssetVersion
from content.words import WORD_MAX
from team.postgres import PgGinIndex


class Place(models.TextChoices):
    """Where one of us stood when she reached for it."""

    LIBRARY = "library", _("Library")
    LEAD = "lead", _("Lead page")
    COMPOSER = "composer", _("E-mail")
    LINK = "link", _("Its address")
    MOBILE = "mobile", _("Telephone")


PLACE_IS_KNOWN = Q(place__in=["library", "lead", "composer", "link", "mobile"])


class AssetText(models.Model):
    """What an asset is found by; written by content.actions.indexing and by nothing else."""

    asset = models.OneToOneField(Asset, models.CASCADE, primary_key=True, related_name="words")
    # Its lexemes, as content/words.py makes them, with a space between.
    text = models.TextField(db_default="")
    # PostgreSQL's own; SQLite keeps its index in a table beside (content_assettext_fts).
    vector = SearchVectorField(null=True, editable=False)

    class Meta:
        indexes = [PgGinIndex(fields=["vector"], name="assettext_vector")]

    def __str__(self) -> str:
        return self.text


class LibraryWord(models.Model):
    """A word of a title, a topic or a label: what somebody may have meant who wrote another. Written beside AssetText;
    it stays when nothing says it any more, so what it finds is looked up before it is offered."""

    word = models.CharField(max_length=WORD_MAX, unique=True)

    class Meta:
        constraints = [models.CheckConstraint(name="libraryword_is_a_word", condition=~Q(word=""))]

    def __str__(self) -> str:
        return self.word


class AssetAccess(models.Model):
    """Somebody of ours opened an asset or used it with somebody. Only added to."""

    class Did(models.TextChoices):
        OPENED = "opened", _("opened")
        USED = "used", _("used")

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="accesses", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    did = models.CharField(max_length=6, choices=Did)
    place = models.CharField(max_length=8, choices=Place)

    class Meta:
        constraints = [
            models.CheckConstraint(name="assetaccess_did_is_known", condition=Q(did__in=["opened", "used"])),
            models.CheckConstraint(name="assetaccess_place_is_known", condition=PLACE_IS_KNOWN),
        ]
        indexes = [
            models.Index(fields=["asset", "-at"], name="assetaccess_of_asset"),
            models.Index(fields=["place", "at"], name="assetaccess_by_place"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.did} {self.asset_id}"


class LibrarySearch(models.Model):
    """Somebody looked for what is not there: demand, by what she asked for."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    place = models.CharField(max_length=8, choices=Place)
    # As it was compared: folded words, one space between.
    q = models.CharField(max_length=200, blank=True, default="")
    # {"persona": "champion", "topic": "uptime", …}: keys, as the address says them.
    asked = models.JSONField(default=dict)
    # When she took what was offered for these words: it is no demand, also where she comes back to its page.
    followed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(name="librarysearch_place_is_known", condition=PLACE_IS_KNOWN)]
        indexes = [models.Index(fields=["-at"], name="librarysearch_newest")]

    def __str__(self) -> str:
        return self.q


class AssetThumb(models.Model):
    """What one of us thinks of an asset, and why; her latest word counts."""

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="thumbs")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    version = models.ForeignKey(AssetVersion, models.CASCADE, related_name="+")
    is_up = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset", "user"], name="assetthumb_once_per_user"),
            models.CheckConstraint(name="assetthumb_down_has_a_reason", condition=Q(is_up=True) | ~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {'+' if self.is_up else '-'} {self.asset_id}"
