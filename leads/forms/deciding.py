"""What a rep decides: how ready she is, a meeting, sleep, the end."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.normalise import BadValue, email, text
from agreement.models import Criterion, Disposition, Reason, ReasonRule
from leads.forms.fields import (
    NOTE_MAX,
    About,
    AboutField,
    LeadForm,
    WallTimeField,
    ZoneField,
    contract_end_error,
    wake_day_error,
)
from leads.models import Answer, Recycling
from leads.waking import Facts
from team.models import User

FACTS = ("missing", "wake_on", "vendor", "contract_end", "notice_days", "referred_to")


class WithCall(LeadForm):
    """A form that a call goes on with: the call is logged in the same transaction."""

    disposition = forms.ModelChoiceField(Disposition.objects.none(), required=False, widget=forms.HiddenInput)
    note = forms.CharField(max_length=NOTE_MAX, required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["disposition"].queryset = Disposition.objects.in_use()  # type: ignore[attr-defined]


class AnswersForm(LeadForm):
    """Every criterion at once: yes, no or unknown, and the evidence in words."""

    def __init__(self, data: Any = None, *, criteria: list[Criterion], current: dict[int, str], **more: Any) -> None:
        super().__init__(data, **more)
        self.criteria, self.current = criteria, current
        for criterion in criteria:
            self.fields[f"value_{criterion.pk}"] = forms.ChoiceField(
                choices=[("", ""), *Answer.Value.choices], required=False, initial=current.get(criterion.pk, "")
            )
            self.fields[f"evidence_{criterion.pk}"] = forms.CharField(max_length=NOTE_MAX, required=False)

    @property
    def rows(self) -> list[tuple[Criterion, Any, Any]]:
        return [(one, self[f"value_{one.pk}"], self[f"evidence_{one.pk}"]) for one in self.criteria]

    @property
    def answers(self) -> dict[Criterion, tuple[str, str]]:
        """What is new: another value, or evidence for the same one. Evidence alone makes an open question unknown."""
        given = {}
        for one in self.criteria:
            value = self.cleaned_data[f"value_{one.pk}"] or self.current.get(one.pk, "")
            evidence = self.cleaned_data[f"evidence_{one.pk}"].strip()
            if evidence or (value and value != self.current.get(one.pk, "")):
                given[one] = (value or Answer.Value.UNKNOWN, evidence)
        return given


class MeetingForm(WithCall):
    ae = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Account executive"),
        empty_label=gettext_lazy("choose an account executive"),
    )
    with_meeting = forms.ChoiceField(
        choices=[("yes", gettext_lazy("With a meeting")), ("no", gettext_lazy("Without one"))],
        initial="yes",
        required=False,
    )
    meeting = WallTimeField(label=gettext_lazy("When"), required=False)
    zone = ZoneField(label=gettext_lazy("On whose clock"), required=False)
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("Minutes"), choices=[(n, n) for n in (15, 30, 45, 60, 90)], coerce=int, initial=30
    )
    place = forms.CharField(
        label=gettext_lazy("Where"), max_length=200, required=False,
        widget=forms.TextInput({"placeholder": gettext_lazy("Video call, phone, their office")}),
    )  # fmt: skip
    line = forms.CharField(label=gettext_lazy("Why now, in one line"), max_length=500)
    anyway = forms.BooleanField(
        label=gettext_lazy("Book it all the same"), required=False, widget=forms.CheckboxInput({"autofocus": True})
    )
    # The account executive meets somebody else then: said, and asked whether it is meant.
    is_taken = False

    def __init__(self, *args: Any, aes: list[User], **more: Any) -> None:
        super().__init__(*args, **more)
        self.aes = aes
        self.fields["ae"].queryset = User.objects.filter(pk__in=[ae.pk for ae in aes])  # type: ignore[attr-defined]
        self.fields["line"].error_messages["required"] = _("The account executive reads this first.")

    def clean_line(self) -> str:
        """On one line, without characters that turn or hide what the account executive reads."""
        try:
            return text(self.cleaned_data["line"], limit=500)
        except BadValue as bad:
            raise forms.ValidationError(str(bad)) from bad

    @property
    def wall(self) -> tuple[datetime, str] | None:
        """Wall time and zone; None without a meeting."""
        meeting, zone = self.cleaned_data.get("meeting"), self.cleaned_data.get("zone")
        return (meeting, zone) if meeting and zone and self.cleaned_data.get("with_meeting") != "no" else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("with_meeting") == "no":
            for name in ("meeting", "zone"):
                self.errors.pop(name, None)
            return cleaned
        if not cleaned.get("meeting") and "meeting" not in self.errors:
            self.add_error("meeting", _("When do they meet?"))
        if not cleaned.get("zone") and "zone" not in self.errors:
            self.add_error("zone", _("On whose clock? Name a place, such as Europe/Oslo."))
        return cleaned


class RecycleForm(WithCall):
    reason = forms.ModelChoiceField(
        Reason.objects.none(),
        empty_label=gettext_lazy("choose a reason"),
        error_messages={"required": gettext_lazy("Why does it rest?")},
    )
    missing = forms.ModelChoiceField(Criterion.objects.none(), required=False, label=gettext_lazy("What is missing?"))
    wake_on = forms.DateField(
        label=gettext_lazy("Back on"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    vendor = forms.CharField(label=gettext_lazy("With whom?"), max_length=120, required=False)
    satisfaction = forms.ChoiceField(
        label=gettext_lazy("How content are they there?"),
        choices=[("", gettext_lazy("Not said")), *Recycling.Satisfaction.choices],
        required=False,
    )
    contract_end = AboutField(
        label=gettext_lazy("Ends about"), widget=forms.TextInput({"placeholder": "Mar 2027, Q1 2027", "list": "ends"})
    )
    notice_days = forms.IntegerField(
        label=gettext_lazy("Notice, in days"), min_value=0, max_value=730, required=False,
        error_messages={"max_value": gettext_lazy("%(limit_value)s days are the most.")},
    )  # fmt: skip
    referred_name = forms.CharField(label=gettext_lazy("Who is the right one?"), max_length=200, required=False)
    referred_email = forms.CharField(
        label=gettext_lazy("Their e-mail"), max_length=254, required=False, widget=forms.EmailInput
    )

    def __init__(self, *args: Any, rules: list[ReasonRule], today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        self.rules, self.today = rules, today
        self.fields["reason"].queryset = Reason.objects.filter(pk__in=[rule.reason_id for rule in rules])  # type: ignore[attr-defined]
        self.fields["missing"].queryset = Criterion.objects.in_use()  # type: ignore[attr-defined]
        self.fields["missing"].empty_label = _("Not said")  # type: ignore[attr-defined]

    @property
    def asked(self) -> dict[str, str]:
        """By fact, the reasons that ask for it: what the page shows while one of them is chosen."""
        found = {fact: " ".join(str(rule.reason_id) for rule in self.rules if fact in rule.facts) for fact in FACTS}
        mid_contract = [rule for rule in self.rules if rule.category == ReasonRule.Category.MID_CONTRACT]
        return {**found, "satisfaction": " ".join(str(rule.reason_id) for rule in mid_contract)}

    @property
    def rule(self) -> ReasonRule | None:
        reason = self.cleaned_data.get("reason") if hasattr(self, "cleaned_data") else None
        return next((rule for rule in self.rules if reason and rule.reason_id == reason.pk), None)

    @property
    def _is_mid_contract(self) -> bool:
        return bool(self.rule and self.rule.category == ReasonRule.Category.MID_CONTRACT)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        rule = self.rule
        facts = rule.facts if rule else []
        for fact in FACTS:
            if fact not in facts:
                # Without JavaScript the facts of every category are sent; those of the others mean nothing.
                for name in ("referred_name", "referred_email") if fact == "referred_to" else (fact,):
                    self.errors.pop(name, None)
                    cleaned[name] = About() if name == "contract_end" else None
        if not self._is_mid_contract:
            self.errors.pop("satisfaction", None)
            cleaned["satisfaction"] = ""
        wrong = {"wake_on": wake_day_error(cleaned.get("wake_on"), today=self.today)}
        about: About | None = cleaned.get("contract_end")
        wrong["contract_end"] = contract_end_error(about.day if about else None, today=self.today)
        for name, words in wrong.items():
            if words:
                self.add_error(name, words)
        if cleaned.get("referred_email"):
            try:
                email(cleaned["referred_email"])
            except BadValue as bad:
                self.add_error("referred_email", _("The address %(why)s.") % {"why": bad})
        elif cleaned.get("referred_name"):
            self.add_error("referred_email", _("Without an e-mail nobody finds them again."))
        return cleaned

    @property
    def facts(self) -> Facts:
        about: About = self.cleaned_data.get("contract_end") or About()
        return Facts(
            wake_on=self.cleaned_data.get("wake_on"),
            contract_ends=about.day,
            precision=about.precision if self._is_mid_contract else "",
            notice_days=self.cleaned_data.get("notice_days"),
        )


class DisqualifyForm(WithCall):
    reason = forms.ModelChoiceField(
        Reason.objects.none(),
        empty_label=gettext_lazy("choose a reason"),
        error_messages={"required": gettext_lazy("Say why it ends.")},
    )

    def __init__(self, *args: Any, rules: list[ReasonRule], **more: Any) -> None:
        super().__init__(*args, **more)
        self.rules = rules
        self.fields["reason"].queryset = Reason.objects.filter(pk__in=[rule.reason_id for rule in rules])  # type: ignore[attr-defined]
