"""Stages: the admin's columns inside the phases. What enters at which its page says; the order is only the order."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db.models import Count, Max
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreement.models import Phase, Stage
from agreement.models.vocabulary import OPEN_PHASES
from leads.actions.restaging import (
    ENTRIES,
    let_enter,
    moved_by_retiring,
    must_come_back,
    must_succeed,
    retire_stage,
    take_up_stage,
)
from leads.models import Lead
from leads.settings.codes import called
from leads.settings.keys import new_key
from leads.settings.kind import Group, Kind, Row, SettingForm, SettingRefused, Touch, Values, as_refusals
from leads.settings.words import leads_words, shown_words

if TYPE_CHECKING:
    from team.models import User

PROMISES = {
    Phase.QUEUED: gettext_lazy("waits in the pool for its first touch"),
    Phase.WORKING: gettext_lazy("a rep has the next step"),
    Phase.HANDED_OFF: gettext_lazy("the account executive answers"),
    Phase.ACCEPTED: gettext_lazy("the account executive has the meeting or the next step"),
    Phase.QUALIFIED: gettext_lazy("the account executive tells what comes of it"),
    Phase.NURTURE: gettext_lazy("always with a date to come back"),
}
# What may enter at a stage of this phase, after the words "leads enter here".
ENTERS: dict[str, dict[str, Any]] = {
    Phase.QUEUED: {"is_entry": ""},
    Phase.WORKING: {
        "is_entry": gettext_lazy("when a rep takes them"),
        "is_connected": gettext_lazy("once somebody was spoken to"),
    },
    Phase.HANDED_OFF: {
        "is_entry": gettext_lazy("with a meeting"),
        "is_without_meeting": gettext_lazy("without a meeting"),
    },
    Phase.ACCEPTED: {"is_entry": ""},
    Phase.QUALIFIED: {"is_entry": ""},
    Phase.NURTURE: {"is_entry": ""},
}


class StageForm(SettingForm):
    label = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    phase = forms.ChoiceField(
        label=gettext_lazy("Phase"), choices=[(phase.value, phase.label) for phase in OPEN_PHASES]
    )
    is_entry = forms.BooleanField(required=False)
    is_connected = forms.BooleanField(required=False)
    is_without_meeting = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        # What a phase promises holds for whoever stands in it: a stage stays in its own.
        self.fields["phase"].disabled = self.old is not None
        for part in ENTRIES:
            if self.old is None or part not in self.old:
                del self.fields[part]
                continue
            enters_here = self.old[part] == self.old["pk"]
            field = self.fields[part]
            field.label = capfirst(_enters(self.old["phase"], [part]))
            self.initial[part] = enters_here
            # It is another's page that has them enter there.
            field.disabled = enters_here
            field.help_text = _("To change that, tick it on the page of another stage.") if enters_here else ""

    def clean(self) -> Values:
        """Where each enters: here if it is ticked, else where it did."""
        cleaned = super().clean() or self.cleaned_data
        for part in ENTRIES:
            if part in cleaned and self.old:
                cleaned[part] = self.old["pk"] if cleaned[part] else self.old[part]
        return cleaned


class RetireStageForm(SettingForm):
    successor = forms.ModelChoiceField(
        label=gettext_lazy("Its leads move to"),
        queryset=Stage.objects.none(),
        empty_label=gettext_lazy("choose a stage"),
        error_messages={"required": gettext_lazy("Choose where its leads go on.")},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        old = self.old or {}
        others = Stage.objects.in_use().filter(phase=old.get("phase")).exclude(pk=old.get("pk"))
        self.fields["successor"].queryset = others  # type: ignore[attr-defined]

    def clean(self) -> Values:
        cleaned = super().clean() or {}
        if self.old and not self.fields["successor"].queryset.exists():  # type: ignore[attr-defined]
            raise forms.ValidationError(_("This is the last stage of its phase: it cannot go."))
        return cleaned


class Stages(Kind):
    slug = "stages"
    model = Stage
    form = StageForm
    retire_form = RetireStageForm
    title = gettext_lazy("Stages")
    one = gettext_lazy("stage")
    moves_many = ("successor",)
    keeps_keys: ClassVar = dict.fromkeys(("successor", *ENTRIES), Stage)
    about = gettext_lazy(
        "Stages are your columns inside the fixed phases. Name, order and number are yours; what a phase promises "
        "never changes. Where leads enter is said on the page of each stage; the order is only the order."
    )
    has_order = True

    def groups(self, *, at: datetime) -> list[Group]:
        counts: dict[int | None, int] = dict(
            Lead.objects.open().order_by().values_list("stage").annotate(n=Count("pk"))
        )
        in_use: dict[str, list[Stage]] = {}
        retired: list[Stage] = []
        for stage in Stage.objects.select_related("successor").order_by("position", "pk"):
            if stage.retired_at:
                retired.append(stage)
            else:
                in_use.setdefault(stage.phase, []).append(stage)
        groups = []
        for phase in OPEN_PHASES:
            stages = in_use.get(phase, [])
            rows = [
                Row(
                    stage.pk,
                    stage.label,
                    ((leads_words(counts.get(stage.pk, 0)), ""),),
                    soft=_enters(phase, [part for part in ENTRIES if getattr(stage, part)]),
                    may_retire=len(stages) > 1,
                )
                for stage in stages
            ]
            groups.append(Group(str(phase.label), str(PROMISES[phase]), rows, add=f"phase={phase.value}"))
        if retired:
            gone = [
                Row(one.pk, one.label, soft=_("goes on as %(stage)s") % {"stage": one.successor}, is_retired=True)
                for one in retired
            ]
            groups.append(Group(_("Retired"), _("history keeps their names"), gone, add=None))
        return groups

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        own = Stage.objects.filter(phase__in=Stage.objects.filter(pk=pk).values("phase")).order_by("pk")
        # Held all of a phase, as whoever ends one or gives it what enters holds them.
        stages = {one.pk: one for one in (own.select_for_update(no_key=True) if lock else own)}
        stage = stages.get(pk)
        if stage is None:
            return None
        in_use = [one for one in stages.values() if one.retired_at is None]
        enters = {part: [one.pk for one in in_use if getattr(one, part)] for part in ENTERS[stage.phase]}
        return {
            "pk": stage.pk,
            "label": stage.label,
            "phase": stage.phase,
            "successor": stage.successor_id,
            # Which stage of the phase each enters at.
            **{part: pks[0] if pks else None for part, pks in enters.items()},
        }

    def settled(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> Values:
        """At a new one, or one that comes back, nothing enters: what enters where is said of the others."""
        return new if pk else {name: value for name, value in new.items() if name not in ENTRIES}

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        self.check(pk, old, new, by=by, at=at)
        label = called(new["label"])
        if pk is None:
            last = Stage.objects.aggregate(last=Max("position"))["last"] or 0
            stage = Stage.objects.create(
                pk=new.get("pk"),
                key=new_key(Stage, label),
                label=label,
                phase=new["phase"],
                position=min(last + 1, 32767),
            )
            return stage.pk
        stage = Stage.objects.get(pk=pk)
        if stage.label != label:
            stage.label = label
            stage.save(update_fields=["label"])
        if old.get("successor") != new.get("successor"):
            self._succeed(stage, new.get("successor"), by=by, at=at)
        with as_refusals():
            for part in ENTERS[stage.phase]:
                if new.get(part) and old.get(part) != new[part]:
                    let_enter(Stage.objects.get(pk=new[part]), part)
        return pk

    def check(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> None:
        namesake = Stage.objects.in_use().filter(phase=new["phase"], label__iexact=called(new["label"]))
        if not new.get("successor") and namesake.exclude(pk=pk or 0).exists():
            raise SettingRefused(_("There is a stage of this name in this phase."), "label")
        if not pk or old.get("successor") == new.get("successor"):
            return
        with as_refusals():
            if new.get("successor"):
                must_succeed(Stage.objects.get(pk=pk), Stage.objects.filter(pk=new["successor"]).first())
            else:
                must_come_back(Stage.objects.select_related("successor").get(pk=pk))

    def _succeed(self, stage: Stage, successor_id: int | None, *, by: User, at: datetime) -> None:
        with as_refusals():
            if successor_id is None:
                take_up_stage(stage, by=by, at=at)
            else:
                retire_stage(stage, successor=Stage.objects.get(pk=successor_id), by=by, at=at)

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        stage = Stage.objects.get(pk=pk)
        if (
            Lead.objects.filter(stage=stage).exists()
            or any(getattr(stage, part) for part in ENTRIES)
            or Stage.objects.filter(successor=stage).exists()
        ):
            raise SettingRefused(_("Leads stand in this stage, or enter at it: retire it instead."))
        stage.delete()

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        if pk is None:
            return [Touch(_("No lead moves"), _("A new stage is empty until a rep puts a lead there."))]
        count = Lead.objects.open().filter(stage=pk).count()
        if old.get("successor") == new.get("successor"):
            found = []
            if old.get("label") != new.get("label"):
                found.append(Touch(shown_words(count), _("in history, too")))
            return found + _touches_of_entries(old, new)
        there = Stage.objects.get(pk=new["successor"]) if new.get("successor") else None
        if there is None:
            stage = Stage.objects.get(pk=pk)
            back = moved_by_retiring(stage).count()
            parts = [
                part for part in ENTERS[stage.phase] if getattr(stage, part) and old.get(part) == stage.successor_id
            ]
            again = dict.fromkeys(parts, pk)
            text = ngettext("%(count)d lead comes back to it", "%(count)d leads come back to it", back)
            found = [Touch(text % {"count": back})]
            return found + _touches_of_entries(old, old | again)
        text = ngettext("%(count)d lead shows “%(stage)s” instead", "%(count)d leads show “%(stage)s” instead", count)
        found = [
            Touch(text % {"count": count, "stage": there}, _("no owner, next step or promise changes")),
            Touch(_("History keeps the old name")),
        ]
        theirs = {part: there.pk for part in ENTERS[there.phase] if old.get(part) == pk}
        return found + _touches_of_entries(old, old | theirs)

    def order(self, pk: int) -> list[int]:
        phase = Stage.objects.filter(pk=pk).values("phase")[:1]
        stages = Stage.objects.in_use().filter(phase=phase).order_by("position", "pk")
        return list(stages.values_list("pk", flat=True))

    def put_in_order(self, pks: list[int]) -> None:
        places = sorted(Stage.objects.filter(pk__in=pks).values_list("position", flat=True))
        for place, pk in zip(_apart(places), pks, strict=True):
            Stage.objects.filter(pk=pk).update(position=place)

    def label_of(self, name: str) -> str:
        return {
            "is_entry": _("Leads enter at"),
            "is_connected": _("Spoken to, they stand in"),
            "is_without_meeting": _("Without a meeting they enter at"),
        }.get(name) or super().label_of(name)


def _enters(phase: str, parts: list[str]) -> str:
    """`leads enter here with a meeting, without a meeting`."""
    if not parts:
        return ""
    when = ", ".join(str(ENTERS[phase][part]) for part in parts if ENTERS[phase][part])
    return _("leads enter here %(when)s") % {"when": when} if when else _("leads enter here")


def _touches_of_entries(old: Values, new: Values) -> list[Touch]:
    """What enters elsewhere from now on."""
    found = []
    for part, when in ENTERS[old["phase"]].items():
        if old.get(part) == new.get(part):
            continue
        there = Stage.objects.filter(pk=new[part] or 0).first()
        words = {"stage": there or _("nowhere"), "when": when}
        text = _("Leads enter at “%(stage)s” %(when)s") if when else _("Leads enter at “%(stage)s”")
        found.append(Touch(text % words, _("from now on; no lead moves by that")))
    return found


def _apart(places: list[int]) -> list[int]:
    """Rising places that no two share."""
    found: list[int] = []
    for place in places:
        found.append(max(place, found[-1] + 1) if found else place)
    return found
