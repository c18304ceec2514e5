"""What the address of the library may ask for: an allowlist. What cannot be read asks for nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from content.languages import languages_offered
from content.library import Wanted
from content.models import Asset, AssetVersion, Label, Topic
from content.words import QUERY_MAX
from team.models import User

# Shipped: what runs out within a month is looked after, what nobody used for a quarter is asked about.
EXPIRING_DAYS, UNUSED_DAYS = 30, 90
DAYS_MAX = 3650
FOR_ALL = (
    ("expiring", _("Expires soon")),
    ("unused", _("Not used by us lately")),
    ("never", _("Never used by us")),
    ("expired", _("Expired")),
    ("retired", _("Retired")),
    ("mine", _("Handed in by me")),
)
FOR_KEEPERS = (
    ("waiting", _("Handed in, to decide")),
    ("review", _("Review is due")),
    ("nothing", _("Nothing behind it")),
)
ORDERS = (
    ("", _("Newest first")),
    ("used", _("Most used")),
    ("opened", _("Most opened")),
    ("answered", _("Most answered")),
    ("met", _("Most meetings after it")),
    ("promoted", _("Most deals after it")),
)
EVERY = {"topic": _("Every topic"), "persona": _("For anybody"), "stage": _("At any time")}
FIRST = ("state", "topic", "persona", "stage")
MORE = ("need", "objection", "kind", "form", "language", "days", "order", "wide")
WIDE = (("", _("Only what is made for it")), ("1", _("Also what is for anybody, at any time")))
Dimension = Label.Dimension


class LibraryFilters(forms.Form):
    q = forms.CharField(label=_("Search"), required=False, max_length=QUERY_MAX)
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    persona = forms.ChoiceField(label=_("For whom"), required=False)
    stage = forms.ChoiceField(label=_("When"), required=False)
    need = forms.ChoiceField(label=_("What they need"), required=False)
    objection = forms.ChoiceField(label=_("What they object"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("Any")), *Asset.Kind.choices])
    form = forms.ChoiceField(label=_("Form"), required=False, choices=[("", _("Any")), *AssetVersion.Form.choices])
    language = forms.ChoiceField(label=_("Language"), required=False)
    state = forms.ChoiceField(label=_("Which"), required=False)
    order = forms.ChoiceField(label=_("In the order of"), required=False, choices=ORDERS)
    wide = forms.ChoiceField(label=_("For whom and when"), required=False, choices=WIDE)
    days = forms.IntegerField(label=_("Days"), required=False, min_value=1, max_value=DAYS_MAX)

    def __init__(self, data: Any, *, user: User, on: date) -> None:
        # The same parameter twice counts once, and a NUL is no letter.
        super().__init__({name: data.get(name, "").strip() for name in self.base_fields})
        self.topics = {topic.key: topic for topic in Topic.objects.all()}
        self.labels = {(one.dimension, one.key): one for one in Label.objects.filter(retired_at=None)}
        states = [("", _("In use")), *FOR_ALL]
        if Asset().is_kept_by(user):
            states += FOR_KEEPERS
        self._offer("topic", [(key, topic.label) for key, topic in self.topics.items()])
        for dimension in Dimension.values:
            offered = [(key, label.label) for (of, key), label in self.labels.items() if of == dimension]
            self._offer(dimension, offered)
        self.fields["state"].choices = states  # type: ignore[attr-defined]
        self.fields["language"].choices = languages_offered(_("Any"), on=on)  # type: ignore[attr-defined]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = [("", EVERY.get(name, _("Any"))), *choices]  # type: ignore[attr-defined]

    @cached_property
    def read(self) -> dict[str, Any]:
        """What was asked for and could be read."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    @property
    def first(self) -> list[forms.BoundField]:
        """What stands beside the words; the others are folded away until one of them is used."""
        return [self[name] for name in FIRST]

    @property
    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in MORE]

    @property
    def uses_more(self) -> bool:
        return bool(set(MORE) & set(self.read))

    @cached_property
    def wanted(self) -> Wanted:
        read = self.read
        state = read.get("state", "")
        labels = (self.labels.get((dimension, read.get(dimension, ""))) for dimension in Dimension.values)
        return Wanted(
            q=read.get("q", ""),
            topic=self.topics.get(read.get("topic", "")),
            labels=tuple(label for label in labels if label),
            kind=read.get("kind", ""),
            form=read.get("form", ""),
            language=read.get("language", ""),
            state=state,
            order=read.get("order", ""),
            is_wide=bool(read.get("wide")),
            days=read.get("days") or (UNUSED_DAYS if state in ("unused", "never") else EXPIRING_DAYS),
        )
