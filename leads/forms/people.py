"""Somebody a rep found herself."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.names import Name, split_name
from accounts.normalise import BadValue, Email, email, phone, text
from team.models import Team, User

# What is kept of a given or a family name.
PART_MAX = 100


class PersonForm(forms.Form):
    """A person by hand: a name, and one way to reach her or the company she works for."""

    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=60, required=False)
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), required=False, empty_label=None)

    def __init__(self, *args: Any, user: User, teams: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(teams) > 1:
            self.fields["team"].queryset = Team.objects.filter(pk__in=teams).order_by("name")  # type: ignore[attr-defined]
            self.fields["team"].required = True
            self.fields["team"].initial = teams[0]
        else:
            del self.fields["team"]
        self.parsed_name = Name("", "")
        self.parsed_email: Email | None = None

    def clean_name(self) -> str:
        written: str = self.cleaned_data["name"]
        self.parsed_name = _read(_parted, written)
        return written

    def clean_email(self) -> str:
        written: str = self.cleaned_data["email"]
        self.parsed_email = _read(email, written) if written else None
        return written

    def clean_phone(self) -> str:
        written: str = self.cleaned_data["phone"]
        if written:
            _read(phone, written)
        return written

    def clean_company(self) -> str:
        return str(_read(text, self.cleaned_data["company"]))

    def clean_title(self) -> str:
        return str(_read(text, self.cleaned_data["title"]))

    def clean(self) -> dict[str, Any]:
        read = super().clean() or self.cleaned_data
        if not self.errors and not any(read.get(one) for one in ("email", "phone", "company")):
            raise forms.ValidationError(_("Give an e-mail, a phone or a company: something by which they are found."))
        return read


def as_name(written: str) -> str:
    """As many words of what somebody calls themselves as the form takes for a name."""
    words = written.split()
    while words:
        try:
            _parted(" ".join(words))
        except BadValue:
            words.pop()
        else:
            return " ".join(words)
    return written[:PART_MAX]


def _parted(written: str) -> Name:
    """Raises BadValue for a part that is longer than what is kept of one."""
    name = split_name(written)
    for part in name:
        text(part, limit=PART_MAX, most=PART_MAX)
    return name


def _read(how: Any, written: str) -> Any:
    """The value, or its mistake beside the field in the same words an import uses."""
    try:
        return how(written)
    except BadValue as bad:
        raise forms.ValidationError(_("This %(mistake)s.") % {"mistake": bad}) from bad
