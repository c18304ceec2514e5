"""What is said of an asset, what its version is, why it is retired."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import URLValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.actions.keeping import About, Made
from content.filetypes import ACCEPTED, UPLOAD_MAX_BYTES
from content.forms.naming import AssetField
from content.languages import languages_offered
from content.models import Asset, AssetVersion, ContentRequest, Label, Topic
from content.models.asset import KEEPERS
from team.addresses import FIRST_YEAR, LAST_YEAR, read_number
from team.company_time import company_day
from team.models import Upload, User

TEXT_MAX = 20_000
WHEN_MAX = 2_000
# Of a need, in characters.
TITLE_BEGUN = 120
DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
Form = AssetVersion.Form
Dimension = Label.Dimension


class DayField(forms.DateField):
    """A day that no list of ours is beyond."""

    widget = DAY

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(self.error_messages["invalid"], code="far")
        return day


class OwnerField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class AboutForm(forms.Form):
    """For whom, when and against what it is made, until when, and what comes after it."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Asset.Kind.choices)
    topic = forms.ModelChoiceField(
        Topic.objects.all(), label=gettext_lazy("Topic"), required=False, empty_label=gettext_lazy("No topic")
    )
    when_to_use = forms.CharField(
        label=gettext_lazy("When to use it"),
        required=False,
        max_length=WHEN_MAX,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("In a rep's words: in which conversation, after which sentence, for what."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    owner = OwnerField(
        User.objects.none(), label=gettext_lazy("Owner"), required=False, empty_label=gettext_lazy("Nobody")
    )
    review_on = DayField(label=gettext_lazy("Look at it again on"), required=False)
    expires_on = DayField(
        label=gettext_lazy("Expires on"),
        required=False,
        help_text=gettext_lazy("From this day on nobody sends it, and its address offers what comes after it."),
    )
    successor = AssetField(
        label=gettext_lazy("What comes after it"),
        required=False,
        help_text=gettext_lazy("Some words of its title, or its address."),
    )

    # What only a keeper of the library says.
    KEPT = ("owner", "review_on", "expires_on", "successor")

    def __init__(self, *args: Any, user: User, asset: Asset | None = None, **kwargs: Any) -> None:
        if asset is not None:
            kwargs["initial"] = said_of(asset)
        super().__init__(*args, **kwargs)
        self.asset = asset
        self.is_keeper = Asset().is_kept_by(user)
        labels: dict[str, list[Label]] = {dimension: [] for dimension in Dimension.values}
        for label in Label.objects.filter(retired_at=None):
            labels[label.dimension].append(label)
        self.labels = {label.pk: label for some in labels.values() for label in some}
        languages = languages_offered(gettext_lazy("Not said"), on=company_day(timezone.now()))
        self.fields["language"].choices = languages  # type: ignore[attr-defined]
        for dimension in Dimension:
            self.fields[dimension.value] = forms.TypedMultipleChoiceField(
                label=dimension.label,
                required=False,
                coerce=int,
                choices=[(label.pk, label.label) for label in labels[dimension]],
                widget=forms.CheckboxSelectMultiple,
            )
        if self.is_keeper:
            may_own = Q(is_active=True, memberships__role__in=KEEPERS) | Q(pk=asset.owner_id if asset else None)
            self.fields["owner"].queryset = User.objects.filter(may_own).distinct().order_by("name")  # type: ignore[attr-defined]
            if asset is None:
                self.fields["owner"].initial = user.pk
        else:
            for name in self.KEPT:
                del self.fields[name]

    @property
    def label_fields(self) -> list[forms.BoundField]:
        return [self[dimension] for dimension in Dimension.values if self.fields[dimension].choices]  # type: ignore[attr-defined]

    def clean_title(self) -> str:
        title = " ".join("".join(c for c in self.cleaned_data["title"] if c.isprintable()).split())
        if not title:
            raise forms.ValidationError(_("Give it a title."))
        return title

    def clean_review_on(self) -> date | None:
        return self._still_to_come("review_on", _("This day is over. Give a later one, or none."))

    def clean_expires_on(self) -> date | None:
        over = _("This day is over: nobody would ever send it. Give a later one, or none.")
        return self._still_to_come("expires_on", over)

    def _still_to_come(self, name: str, over: str) -> date | None:
        """One that was said before stays, though it is over by now."""
        day: date | None = self.cleaned_data[name]
        if day and day != getattr(self.asset, name, None) and day < company_day(timezone.now()):
            raise forms.ValidationError(over)
        return day

    @property
    def about(self) -> About:
        read = self.cleaned_data
        # A label that was retired since stays with what bears it: nobody has taken it off.
        kept = self.asset.labels.filter(retired_at__isnull=False) if self.asset else Label.objects.none()
        chosen = [self.labels[pk] for dimension in Dimension.values for pk in read.get(dimension, ())]
        return About(
            title=read["title"],
            kind=read["kind"],
            topic=read["topic"],
            labels=(*chosen, *kept),
            when_to_use=read["when_to_use"].replace("\r\n", "\n").strip(),
            language=read["language"],
            **{name: read.get(name) for name in self.KEPT},
        )


class MadeForm(forms.Form):
    """One of an address, a file and words. A file that was sent with a form that was not whole is named by `held`."""

    form = forms.ChoiceField(
        label=gettext_lazy("Form"), choices=Form.choices, initial=Form.LINK, widget=forms.RadioSelect
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        max_length=2000,
        widget=forms.URLInput({"placeholder": "https://", "autocomplete": "off"}),
        help_text=gettext_lazy("Where it is. What you give to people is its address here, which leads there."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        max_length=1000,
        widget=forms.FileInput({"accept": ACCEPTED}),
        help_text=gettext_lazy("PDF, Office and OpenDocument files, pictures, MP4, text; at most 50 MB."),
    )
    held = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("Words"), required=False, max_length=TEXT_MAX, widget=forms.Textarea({"rows": 6})
    )
    note = forms.CharField(
        label=gettext_lazy("What is new in it"), required=False, max_length=300, widget=forms.TextInput
    )

    def __init__(self, *args: Any, host: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.host = host
        # What the view has received, or had before.
        self.upload: Upload | None = None

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        if not url or self.data.get("form") != Form.LINK:
            return ""
        URLValidator(schemes=["http", "https"])(url)
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise forms.ValidationError(_("This address carries a password: whoever is given it would have it too."))
        if parts.netloc.lower() == self.host.lower():
            raise forms.ValidationError(_("This is an address of Midfield itself. Give the one where the thing is."))
        return url

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(size)d MB.") % {"size": UPLOAD_MAX_BYTES // 1024**2}
            )
        return file

    def clean_text(self) -> str:
        return str(self.cleaned_data["text"]).replace("\r\n", "\n").strip()

    @property
    def held_pk(self) -> int | None:
        return read_number(str(self.data.get("held", "")))

    def needs(self) -> str:
        """The field that this form cannot do without and has not got; asked once the file is there."""
        form = self.cleaned_data.get("form")
        if form == Form.LINK and not self.cleaned_data.get("url") and "url" not in self.errors:
            return "url"
        if form == Form.FILE and self.upload is None and "file" not in self.errors:
            return "file"
        is_words = form in (Form.SNIPPET, Form.TALK_TRACK)
        return "text" if is_words and not self.cleaned_data.get("text") and "text" not in self.errors else ""

    @property
    def made(self) -> Made:
        read = self.cleaned_data
        form = read["form"]
        is_words = form in (Form.SNIPPET, Form.TALK_TRACK)
        return Made(
            form=form,
            url=read["url"] if form == Form.LINK else "",
            upload=self.upload if form == Form.FILE else None,
            text=read["text"] if is_words else "",
            note=read["note"],
        )


class NewAssetForm(AboutForm, MadeForm):
    """An asset with its first version."""

    is_other = forms.BooleanField(label=gettext_lazy("It is none of these"), required=False)
    form_id = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is new in the first version is all of it; what comes after, another page asks.
        for name in ("note", "successor"):
            self.fields.pop(name, None)

    @property
    def made(self) -> Made:
        self.cleaned_data.setdefault("note", "")
        return super().made


class VersionForm(MadeForm):
    form_id = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)


class RetireForm(forms.Form):
    because = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, help_text=gettext_lazy("Whoever made or used it reads this.")
    )
    successor = AboutForm.declared_fields["successor"]


class ThumbForm(forms.Form):
    UP, DOWN = "up", "down"

    thumb = forms.ChoiceField(
        label=gettext_lazy("What do you think of it?"),
        choices=[(UP, gettext_lazy("It helped")), (DOWN, gettext_lazy("It did not"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("In a sentence: what worked, or what is missing or wrong."),
    )

    def clean(self) -> dict[str, Any]:
        read = super().clean() or self.cleaned_data
        if read.get("thumb") == self.DOWN and not read.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Say what is wrong with it: that is what marketing can mend."))
        return read


def said_of(asset: Asset) -> dict[str, Any]:
    """What the form of an asset begins with."""
    return {
        "title": asset.title,
        "kind": asset.kind,
        "topic": asset.topic_id,
        "when_to_use": asset.when_to_use,
        "language": asset.language,
        "owner": asset.owner_id,
        "review_on": asset.review_on,
        "expires_on": asset.expires_on,
        "successor": asset.successor.public_id if asset.successor else "",
        **_by_dimension(asset.labels.all()),
    }


def said_of_request(asked: ContentRequest) -> dict[str, Any]:
    """What the form of an asset begins with that is made for this request."""
    return {
        "title": Truncator(asked.need).chars(TITLE_BEGUN),
        "topic": asked.topic_id,
        "when_to_use": asked.need,
        **_by_dimension(asked.labels.all()),
    }


def _by_dimension(labels: Iterable[Label]) -> dict[str, list[int]]:
    known = list(labels)
    return {dimension: [label.pk for label in known if label.dimension == dimension] for dimension in Dimension.values}
