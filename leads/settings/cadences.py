"""Cadences: the attempts until there is a conversation, one for each lane. A change is another number; who is under way
finishes the one she began."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Count, Max
from django.forms import BoundField
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreement.models import Cadence, CadenceStep, Lane, Phase, StepKind
from leads.cadence import NEEDS
from leads.models import Lead
from leads.settings.codes import called
from leads.settings.kind import Group, Kind, Names, Row, SettingForm, SettingRefused, Touch, Values
from leads.settings.words import leads_words
from team.models import Installation

if TYPE_CHECKING:
    from team.models import User

type Attempts = list[list[Any]]  # [working days after the first, kind], as JSON keeps them
MORE, MOST = 3, 24
KINDS = [(kind.value, kind.label) for kind in NEEDS]
DAYS_MAX = 366


class CadenceForm(SettingForm):
    label = forms.CharField(label=gettext_lazy("Name"), max_length=80)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        known: Attempts = (self.old or {}).get("attempts") or []
        rows = len(known) + MORE
        if self.is_bound:
            # Whoever filled the last row gets more of them with the answer.
            filled = [number for number in range(MOST) if self.data.get(f"day_{number}", "") != ""]
            rows = max(rows, max(filled, default=0) + 1 + MORE)
        self.rows_count = min(rows, MOST)
        for number in range(self.rows_count):
            day, kind = known[number] if number < len(known) else (None, "")
            place = {"number": number + 1}
            self.fields[f"day_{number}"] = forms.IntegerField(
                label=_("Attempt %(number)s: working day") % place,
                initial=day,
                required=False,
                min_value=0,
                max_value=DAYS_MAX,
            )
            self.fields[f"kind_{number}"] = forms.ChoiceField(
                label=_("Attempt %(number)s: over") % place, initial=kind, required=False, choices=[("", "–"), *KINDS]
            )

    @property
    def attempt_rows(self) -> list[tuple[int, BoundField, BoundField]]:
        return [(n + 1, self[f"day_{n}"], self[f"kind_{n}"]) for n in range(self.rows_count)]

    @property
    def strip(self) -> list[tuple[int, str]]:
        """What it would be like, as far as it can be read: day and channel of each attempt."""
        attempts = self.cleaned_data.get("attempts") if self.is_bound and hasattr(self, "cleaned_data") else None
        return _strip(attempts if attempts is not None else (self.old or {}).get("attempts") or [])

    def clean_label(self) -> str:
        return called(self.cleaned_data["label"])

    def clean(self) -> Values:
        cleaned = super().clean() or self.cleaned_data
        attempts: Attempts = []
        for number in range(self.rows_count):
            day, kind = cleaned.pop(f"day_{number}", None), cleaned.pop(f"kind_{number}", "")
            if f"day_{number}" in self.errors or (day is None and not kind):
                continue
            if day is None or not kind:
                missing = "day" if day is None else "kind"
                self.add_error(f"{missing}_{number}", _("Say the day and the channel, or empty both to leave it out."))
                continue
            self._must_follow(number, day, attempts)
            attempts.append([day, kind])
        if not attempts and not self.errors:
            raise forms.ValidationError(_("A cadence has at least one attempt."))
        cleaned["attempts"] = attempts
        return cleaned

    def _must_follow(self, number: int, day: int, before: Attempts) -> None:
        field, most = f"day_{number}", Installation.objects.get().step_max_days
        if not before:
            if day != 0:
                self.add_error(field, _("The first attempt is day 0: the days of the others are counted from it."))
        elif day < before[-1][0]:
            self.add_error(field, _("This is before the attempt above it, on day %(day)s.") % {"day": before[-1][0]})
        elif day - before[-1][0] > most:
            words = ngettext(
                "A next step is at most %(most)d day away: put an attempt in between, or let them be recycled.",
                "A next step is at most %(most)d days away: put an attempt in between, or let them be recycled.",
                most,
            )
            self.add_error(field, words % {"most": most})


class Cadences(Kind):
    """A cadence is named by its first number, which stays; what it is, is the number that is current."""

    slug = "cadences"
    model = Cadence
    form = CadenceForm
    title = gettext_lazy("Cadences")
    one = gettext_lazy("cadence")
    about = gettext_lazy(
        "Attempts until there is a conversation, one cadence for each lane. A change holds for whoever is taken from "
        "then on: people under way finish the attempts they began, until you move them."
    )
    may_add = False
    fields_template = "leads/settings/_cadence_fields.html"

    def groups(self, *, at: datetime) -> list[Group]:
        firsts: dict[str, int] = {}
        for pk, key in Cadence.objects.order_by("number", "pk").values_list("pk", "key"):
            firsts.setdefault(key, pk)
        current = {one.lane: one for one in Cadence.objects.filter(is_current=True).prefetch_related("steps")}
        counts: dict[tuple[str, bool], int] = {
            (key, is_current): n
            for key, is_current, n in Lead.objects.filter(phase=Phase.WORKING, cadence__isnull=False)
            .order_by()
            .values_list("cadence__key", "cadence__is_current")
            .annotate(n=Count("pk"))
        }
        groups = []
        for lane in Lane:
            one = current.get(lane.value)
            if one is None:
                groups.append(Group(str(lane.label), rows=[], add=None))
                continue
            figures = [(_("%(leads)s under way") % {"leads": leads_words(counts.get((one.key, True), 0))}, "")]
            if earlier := counts.get((one.key, False), 0):
                words = ngettext(
                    "%(count)d lead finishes an earlier one", "%(count)d leads finish an earlier one", earlier
                ) % {"count": earlier}
                figures.append((words, reverse("leads:under_way", args=[firsts[one.key]])))
            soft = _said([[step.day_offset, step.kind] for step in one.steps.all()])
            groups.append(
                Group(str(lane.label), "", [Row(firsts[one.key], one.label, tuple(figures), soft=soft)], None)
            )
        return groups

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        one = current_of(pk, lock=lock)
        return None if one is None else {"pk": pk, "label": one.label, "attempts": _attempts(one)}

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        one = current_of(pk or 0, lock=True)
        if pk is None or one is None:
            raise SettingRefused(_("Each lane has its cadence already."))
        if not new["attempts"]:
            raise SettingRefused(_("A cadence has at least one attempt."))
        if old.get("label") != new["label"]:
            Cadence.objects.filter(key=one.key).update(label=new["label"])
        if _attempts(one) != new["attempts"]:
            _makecurrent_of(one, new["label"], new["attempts"])
        return pk

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        one = current_of(pk or 0)
        if one is None:
            return []
        found = []
        if old.get("label") != new.get("label"):
            found.append(Touch(_("The new name stands on every number of it"), _("on the pages of settings")))
        if old.get("attempts") != new.get("attempts"):
            under_way = Lead.objects.filter(phase=Phase.WORKING, cadence__key=one.key).count()
            waiting = Lead.objects.filter(phase=Phase.QUEUED, lane=one.lane, cadence=None).count()
            found += [
                Touch(
                    _("%(leads)s under way: nothing changes") % {"leads": leads_words(under_way)},
                    _("they finish the attempts they began, on the days that were planned, until you move them"),
                ),
                Touch(
                    _("In the pool, %(leads)s for the new one") % {"leads": leads_words(waiting)},
                    _("as everybody who is taken from now on"),
                ),
            ]
        return found

    def say(self, name: str, value: Any, names: Names) -> str:
        return _said(value) if name == "attempts" and value else super().say(name, value, names)

    def label_of(self, name: str) -> str:
        return _("Attempts") if name == "attempts" else super().label_of(name)


def current_of(pk: int, *, lock: bool = False) -> Cadence | None:
    """The number that is current of the cadence whose first number this is."""
    first = Cadence.objects.filter(pk=pk).first()
    if first is None:
        return None
    rows = Cadence.objects.filter(key=first.key)
    if lock:
        # All of them: two admins do not both add the next number.
        rows = rows.select_for_update()
    return next((one for one in rows.order_by("number") if one.is_current), None)


def _attempts(cadence: Cadence) -> Attempts:
    steps = CadenceStep.objects.filter(cadence=cadence).order_by("position")
    return [[step.day_offset, step.kind] for step in steps]


def _makecurrent_of(before: Cadence, label: str, attempts: Attempts) -> None:
    """The number that has these attempts, else another one: a number is never edited, for somebody is under way on
    it."""
    numbers = Cadence.objects.filter(key=before.key)
    same = next((one for one in numbers.order_by("-number") if _attempts(one) == attempts), None)
    Cadence.objects.filter(pk=before.pk).update(is_current=False)
    if same is not None:
        Cadence.objects.filter(pk=same.pk).update(is_current=True)
        return
    last = numbers.aggregate(last=Max("number"))["last"] or 0
    after = Cadence.objects.create(key=before.key, number=last + 1, label=label, lane=before.lane)
    CadenceStep.objects.bulk_create(
        CadenceStep(cadence=after, position=position, day_offset=day, kind=kind)
        for position, (day, kind) in enumerate(attempts, start=1)
    )


def _strip(attempts: Attempts) -> list[tuple[int, str]]:
    return [(day, str(StepKind(kind).label)) for day, kind in attempts]


def _said(attempts: Attempts) -> str:
    """Day and channel of each attempt, in one line."""
    words = [_("day %(day)s %(kind)s") % {"day": day, "kind": label.lower()} for day, label in _strip(attempts)]
    return " · ".join(words)
