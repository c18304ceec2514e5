"""Dispositions: what a call can come to. Their order is the order of the digits on the lead page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db.models import Count, OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreement.models import Disposition, Reason, in_use_for
from leads.models import Activity
from leads.settings.codes import called, must_be_unlike, new_code, put_codes_in_order
from leads.settings.kind import Group, Kind, Row, SettingForm, SettingRefused, Touch, Values

if TYPE_CHECKING:
    from team.models import User

Follows = Disposition.Follows
# Of so long the list counts calls.
LATELY = timedelta(days=30)
# The digits of a keyboard.
KEYS = 9
# Which reasons the form that follows can offer.
REASONS = {
    Follows.RECYCLE: (Reason.Kind.RECYCLE,),
    Follows.DISQUALIFY: (Reason.Kind.DISQUALIFY,),
}
CODE = ("label", "sentiment", "follows", "is_conversation", "with_email", "reason")


class DispositionForm(SettingForm):
    label = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    follows = forms.ChoiceField(
        label=gettext_lazy("What follows"),
        choices=Follows,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("The cadence’s next attempt is planned at once; the others open their own form."),
    )
    reason = forms.ModelChoiceField(
        label=gettext_lazy("Reason offered first"),
        queryset=Reason.objects.none(),
        required=False,
        empty_label=gettext_lazy("None"),
        help_text=gettext_lazy("Only where a lead is recycled or disqualified."),
    )
    sentiment = forms.ChoiceField(
        label=gettext_lazy("How they sounded"),
        choices=Disposition.Sentiment,
        widget=forms.RadioSelect,
        initial=Disposition.Sentiment.NEUTRAL,
    )
    is_conversation = forms.BooleanField(label=gettext_lazy("Counts as a conversation"), required=False)
    with_email = forms.BooleanField(
        label=gettext_lazy("An e-mail went out with it: the attempt counts for both channels"), required=False
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        kinds = [kind for kinds in REASONS.values() for kind in kinds]
        self.fields["reason"].queryset = Reason.objects.in_use().filter(kind__in=kinds)  # type: ignore[attr-defined]

    def clean_label(self) -> str:
        return called(self.cleaned_data["label"])

    def clean(self) -> Values:
        cleaned = super().clean() or self.cleaned_data
        offered = REASONS.get(cleaned.get("follows", ""), ())
        if not offered:
            # What does not belong is left out: without JavaScript every field shows.
            cleaned["reason"] = None
        elif cleaned.get("reason") and cleaned["reason"].kind not in offered:
            words = {"follows": str(Follows(cleaned["follows"]).label).lower()}
            self.add_error("reason", _("The form that follows (%(follows)s) does not offer this reason.") % words)
        return cleaned


class RetireDispositionForm(SettingForm):
    successor = forms.ModelChoiceField(
        label=gettext_lazy("Said instead"),
        queryset=Disposition.objects.none(),
        empty_label=gettext_lazy("choose a disposition"),
        error_messages={"required": gettext_lazy("Choose what reps say instead.")},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        others = Disposition.objects.in_use().exclude(pk=(self.old or {}).get("pk"))
        self.fields["successor"].queryset = others  # type: ignore[attr-defined]


class Dispositions(Kind):
    slug = "dispositions"
    model = Disposition
    form = DispositionForm
    retire_form = RetireDispositionForm
    title = gettext_lazy("Dispositions")
    one = gettext_lazy("disposition")
    about = gettext_lazy(
        "What a call can come to, in the order of the keys 1 to 9: after C, one digit logs the call. "
        "At least one plans the cadence’s next attempt."
    )
    keeps_keys: ClassVar = {"reason": Reason, "successor": Disposition}
    has_order = True
    order_words = gettext_lazy("the keys 1 to 9 go by this order")

    def groups(self, *, at: datetime) -> list[Group]:
        lately = Activity.objects.filter(disposition=OuterRef("pk"), at__gt=at - LATELY).order_by()
        counted = Disposition.objects.annotate(
            calls=Subquery(lately.values("disposition").annotate(n=Count("pk")).values("n"))
        )
        found = list(counted.select_related("reason", "successor").order_by("position", "pk"))
        in_use = [one for one in found if one.retired_at is None]
        rows = [
            Row(
                one.pk,
                one.label,
                ((_("%(calls)s in 30 days") % {"calls": _calls(one.calls or 0)}, ""),),
                soft=_about(one, number),
                may_retire=len(in_use) > 1,
            )
            for number, one in enumerate(in_use, start=1)
        ]
        soft = _("in the order of the keys")
        if len(in_use) > KEYS:
            soft = _("keys 1 to 9 are taken: what stands from the tenth on has no key and is clicked")
        groups = [Group(_("In use"), soft, rows)]
        retired = [one for one in found if one.retired_at]
        if retired:
            gone = [
                Row(
                    one.pk,
                    one.label,
                    soft=_("now said: %(name)s") % {"name": one.successor} if one.successor else "",
                    is_retired=True,
                )
                for one in retired
            ]
            groups.append(Group(_("Retired"), _("history keeps their names"), gone, add=None))
        return groups

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        rows = Disposition.objects.select_for_update() if lock else Disposition.objects.all()
        found = rows.filter(pk=pk).values("pk", *CODE, "successor").first()
        if found and found["reason"]:
            # One that was retired since is offered as its successor.
            found["reason"] = in_use_for(Reason.objects.get(pk=found["reason"])).pk
        return found

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        must_be_unlike(Disposition.objects.exclude(pk=pk or 0), new["label"], pk=pk)
        values = {name: new.get(name) for name in CODE}
        values["reason_id"] = values.pop("reason")
        if values["reason_id"] == old.get("reason"):
            # The same as it is read: it stays what it was chosen as, for when that is in use again.
            del values["reason_id"]
        if pk is None:
            made = new_code(Disposition, new, **{k: v for k, v in values.items() if k != "label"})
            return made.pk
        successor = new.get("successor")
        if successor and not Disposition.objects.in_use().filter(pk=successor).exclude(pk=pk).exists():
            raise SettingRefused(_("What is said instead must be in use."), "successor")
        if old.get("successor") != successor:
            values["successor_id"], values["retired_at"] = successor, at if successor else None
        Disposition.objects.filter(pk=pk).update(**values)
        # Two admins who each take one of the last two away wait for each other here.
        left = Disposition.objects.select_for_update().filter(retired_at=None, follows=Follows.NEXT_ATTEMPT)
        if not list(left):
            raise SettingRefused(
                _("At least one disposition plans the cadence’s next attempt: give that to another one first."),
                "successor" if successor else "follows",
            )
        return pk

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        one = Disposition.objects.get(pk=pk)
        if Activity.objects.filter(disposition=one).exists() or Disposition.objects.filter(successor=one).exists():
            raise SettingRefused(_("Calls were logged with “%(name)s”: retire it instead.") % {"name": one})
        one.delete()

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        in_use = self.order(pk or 0)
        if pk is None:
            place = len(in_use) + 1
            if place <= KEYS:
                return [Touch(_("It gets the key %(key)s") % {"key": place}, _("on every lead page, at once"))]
            return [
                Touch(
                    _("It is number %(place)s and has no key: the digits are 1 to 9") % {"place": place},
                    _("move it up, and another one loses its key"),
                )
            ]
        calls = Activity.objects.filter(disposition=pk).count()
        logged = {"calls": _calls(calls)}
        found = []
        if old.get("successor") != new.get("successor"):
            if not new.get("successor"):
                return [Touch(_("It is offered again, at its old place"))]
            later = in_use[in_use.index(pk) + 1 :] if pk in in_use else []
            found.append(Touch(_("Its name stays on %(calls)s") % logged, _("history says what was said then")))
            if later:
                moved = ngettext(
                    "%(count)d disposition moves up one key", "%(count)d dispositions move up one key", len(later)
                )
                found.append(Touch(moved % {"count": len(later)}, _("reps’ fingers know the old ones")))
            return found
        if old.get("label") != new.get("label"):
            found.append(Touch(_("The new name stands on %(calls)s") % logged, _("in history, too")))
        rules = [name for name in CODE if name != "label" and old.get(name) != new.get(name)]
        if rules:
            found.append(
                Touch(
                    _("Nothing changes for %(calls)s logged so far") % logged,
                    _("what follows and what counts holds for calls from now on"),
                )
            )
        return found

    def order(self, pk: int) -> list[int]:
        return list(Disposition.objects.in_use().order_by("position", "pk").values_list("pk", flat=True))

    def put_in_order(self, pks: list[int]) -> None:
        put_codes_in_order(Disposition, pks)


def _about(one: Disposition, number: int) -> str:
    """Its key, what follows, what it counts for."""
    parts = [
        _("key %(key)s") % {"key": number} if number <= KEYS else _("no key"),
        str(one.get_follows_display()).lower(),
    ]
    if one.reason:
        parts.append(_("offers “%(reason)s” first") % {"reason": one.reason})
    if one.is_conversation:
        parts.append(_("conversation"))
    if one.with_email:
        parts.append(_("with e-mail"))
    if one.sentiment != Disposition.Sentiment.NEUTRAL:
        parts.append(str(one.get_sentiment_display()).lower())
    return " · ".join(parts)


def _calls(count: int) -> str:
    return ngettext("%(count)d call", "%(count)d calls", count) % {"count": count}
