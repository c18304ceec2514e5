"""Reasons: why a lead rests, ends, is rejected or lost. What one does is the agreement's."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreement.actions.publishing import lock_agreement, must_hold
from agreement.models import AgreementVersion, Disposition, Phase, Reason, ReasonRule, in_use_for
from leads.forms.deciding import FACTS
from leads.models import HandOff, Import, Lead, SecondLook
from leads.settings.codes import called, in_words, must_be_unlike, new_code, publish, put_codes_in_order
from leads.settings.kind import Group, Kind, Row, SettingForm, SettingRefused, Touch, Values
from leads.settings.words import leads_words, looks_words, shown_words
from leads.waking import WAKE_YEARS

if TYPE_CHECKING:
    from team.models import User

Of = Reason.Kind
Category = ReasonRule.Category
Destination = ReasonRule.Destination

# The facts that the form of recycling can ask for, as the page of settings calls them.
FACT_LABELS = {
    "missing": gettext_lazy("What is missing"),
    "wake_on": gettext_lazy("Day to come back"),
    "vendor": gettext_lazy("Vendor they are with"),
    "contract_end": gettext_lazy("End of the contract"),
    "notice_days": gettext_lazy("Days of notice"),
    "referred_to": gettext_lazy("Who is the right one"),
}
# What a page asks of a reason of each kind.
PARTS: dict[str, tuple[str, ...]] = {
    Of.RECYCLE: ("category", "facts", "wake_days", "notice_days", "lead_days"),
    Of.DISQUALIFY: ("second_look", "suppresses"),
    Of.REJECT: ("destination", "destination_reason", "wake_days"),
    Of.LOSE: ("is_final", "destination_reason", "wake_days"),
}
RULE = tuple(dict.fromkeys(part for parts in PARTS.values() for part in parts))
NOTHING: dict[str, Any] = {
    "category": "", "destination": Destination.CLOSE.value, "destination_reason": None, "wake_days": None,
    "notice_days": None, "lead_days": None, "facts": [], "second_look": False, "is_final": False, "suppresses": False,
}  # fmt: skip
# Where a pursuit ends, somebody is kept for so long.
KEEPS = (Of.DISQUALIFY, Of.LOSE)
KEEP_MOST = 240
ABOUT = {
    Of.RECYCLE: gettext_lazy("asked of a rep who lets a lead rest"),
    Of.DISQUALIFY: gettext_lazy("asked of a rep who ends a pursuit"),
    Of.REJECT: gettext_lazy("one pick of the account executive, which carries where the lead goes"),
    Of.LOSE: gettext_lazy("asked when a deal is lost"),
}


class ReasonForm(SettingForm):
    label = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("Asked at"), choices=Of, disabled=True, initial=Of.RECYCLE)
    category = forms.ChoiceField(
        label=gettext_lazy("Category"),
        choices=[(one.value, one.label) for one in Category if one],
        help_text=gettext_lazy("What the system understands by it: reports count it, and mid-contract counts back."),
    )
    facts = forms.MultipleChoiceField(
        label=gettext_lazy("The form asks for"),
        choices=[(fact, FACT_LABELS[fact]) for fact in FACTS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    is_final = forms.BooleanField(
        label=gettext_lazy("Final: nothing sleeps on, they do not come back"),
        required=False,
    )
    destination = forms.ChoiceField(
        label=gettext_lazy("The lead goes"), choices=Destination, initial=Destination.BDR, widget=forms.RadioSelect
    )
    destination_reason = forms.ModelChoiceField(
        label=gettext_lazy("There it carries the reason"),
        queryset=Reason.objects.none(),
        required=False,
        empty_label=gettext_lazy("none"),
    )
    wake_days = forms.IntegerField(
        label=gettext_lazy("Back after so many days"),
        min_value=1,
        max_value=366 * WAKE_YEARS,
        required=False,
        help_text=gettext_lazy("Where no day was named."),
    )
    notice_days = forms.IntegerField(
        label=gettext_lazy("Notice of their contract, in days"), min_value=0, max_value=730, required=False,
        help_text=gettext_lazy("Where nobody knows better."),
    )  # fmt: skip
    lead_days = forms.IntegerField(
        label=gettext_lazy("Time to talk before that, in days"), min_value=0, max_value=730, required=False
    )
    second_look = forms.BooleanField(
        label=gettext_lazy("The manager looks again where fewer than three attempts were made"), required=False
    )
    suppresses = forms.BooleanField(
        label=gettext_lazy("Never contacted again, on any channel, from that moment"), required=False
    )
    keep_months = forms.IntegerField(
        label=gettext_lazy("Proposed to be forgotten after so many months"), min_value=1, max_value=KEEP_MOST,
        required=False,
        help_text=gettext_lazy("Who did nothing since and agreed to nothing. Empty: kept. An admin has the last word."),
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        kind = str(self.initial.get("kind") or Of.RECYCLE)
        self.of = Of(kind) if kind in Of.values else Of.RECYCLE
        self.initial["kind"] = self.of.value
        for part in RULE:
            if part not in PARTS[self.of]:
                del self.fields[part]
        if self.of not in KEEPS:
            del self.fields["keep_months"]
        if "destination_reason" in self.fields:
            kinds = [Of.RECYCLE, Of.DISQUALIFY] if self.of == Of.REJECT else [Of.RECYCLE]
            others = Reason.objects.in_use().filter(kind__in=kinds).order_by("-kind", "position", "pk")
            self.fields["destination_reason"].queryset = others  # type: ignore[attr-defined]
            self.fields["destination_reason"].label_from_instance = (  # type: ignore[attr-defined]
                lambda one: f"{one.get_kind_display()}: {one}"
            )

    def clean_label(self) -> str:
        return called(self.cleaned_data["label"])

    def clean_facts(self) -> list[str]:
        return [fact for fact in FACTS if fact in self.cleaned_data["facts"]]

    def clean(self) -> Values:
        cleaned = super().clean() or {}
        if self.of == Of.RECYCLE:
            if cleaned.get("category") != Category.MID_CONTRACT:
                cleaned["notice_days"] = cleaned["lead_days"] = None
            self._must_wake(cleaned)
        elif self.of == Of.REJECT:
            self._clean_rejection(cleaned)
        elif self.of == Of.LOSE and cleaned.get("is_final"):
            cleaned["destination_reason"] = cleaned["wake_days"] = None
        elif self.of == Of.LOSE:
            self._must_sleep_as(cleaned)
        return cleaned

    def _clean_rejection(self, cleaned: Values) -> None:
        there = cleaned.get("destination")
        carried = cleaned.get("destination_reason")
        if there == Destination.NURTURE:
            self._must_sleep_as(cleaned)
            return
        cleaned["wake_days"] = None
        self.errors.pop("wake_days", None)
        if there != Destination.CLOSE:
            cleaned["destination_reason"] = None
            self.errors.pop("destination_reason", None)
        elif carried and carried.kind != Of.DISQUALIFY:
            self.add_error("destination_reason", _("What is closed carries a reason to disqualify."))

    def _must_sleep_as(self, cleaned: Values) -> None:
        carried = cleaned.get("destination_reason")
        if (carried is None or carried.kind != Of.RECYCLE) and "destination_reason" not in self.errors:
            self.add_error("destination_reason", _("What sleeps needs a reason to recycle."))
        self._must_wake(cleaned)

    def _must_wake(self, cleaned: Values) -> None:
        if not cleaned.get("wake_days") and "wake_days" not in self.errors:
            self.add_error("wake_days", _("When does it come back? Nothing sleeps without a day."))


class RetireReasonForm(SettingForm):
    successor = forms.ModelChoiceField(
        label=gettext_lazy("Given instead from now on"),
        queryset=Reason.objects.none(),
        empty_label=gettext_lazy("choose a reason"),
        error_messages={"required": gettext_lazy("Choose which reason goes on.")},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        old = self.old or {}
        others = Reason.objects.in_use().filter(kind=old.get("kind")).exclude(pk=old.get("pk"))
        self.fields["successor"].queryset = others  # type: ignore[attr-defined]


class Reasons(Kind):
    slug = "reasons"
    model = Reason
    form = ReasonForm
    retire_form = RetireReasonForm
    title = gettext_lazy("Reasons")
    one = gettext_lazy("reason")
    about = gettext_lazy(
        "Why a lead rests, ends, is rejected or lost. Names and order change at once. What a reason asks for and does "
        "is a version of the agreement: leads keep the one they came in by, and a new reason is there for all at once."
    )
    keeps_keys: ClassVar = {"successor": Reason, "destination_reason": Reason}
    has_order = True
    fields_template = "leads/settings/reasons.html"

    def groups(self, *, at: datetime) -> list[Group]:
        counts: dict[int | None, int] = dict(
            Lead.objects.exclude(reason=None).order_by().values_list("reason").annotate(n=Count("pk"))
        )
        rules = {rule.reason_id: rule for rule in _in_force().select_related("reason", "destination_reason")}
        in_use: dict[str, list[Reason]] = {}
        retired: list[Reason] = []
        for reason in Reason.objects.select_related("successor").order_by("position", "pk"):
            if reason.retired_at is None:
                in_use.setdefault(reason.kind, []).append(reason)
            elif reason.successor:
                retired.append(reason)
        groups = []
        for kind in Of:
            rows = [
                Row(
                    reason.pk,
                    reason.label,
                    ((leads_words(counts[reason.pk]), ""),) if reason.pk in counts else (),
                    soft=" · ".join(
                        filter(None, (_in_words(kind, rules.get(reason.pk)), kept_words(reason.keep_months)))
                    ),
                    may_retire=True,
                )
                for reason in in_use.get(kind, [])
            ]
            groups.append(Group(str(kind.label), str(ABOUT[kind]), rows, add=f"kind={kind.value}"))
        if retired:
            gone = [
                Row(one.pk, one.label, soft=_("“%(reason)s” instead") % {"reason": one.successor}, is_retired=True)
                for one in retired
            ]
            groups.append(Group(_("Retired"), _("history keeps their names"), gone, add=None))
        return groups

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        if lock:
            lock_agreement()
        reasons = Reason.objects.select_for_update() if lock else Reason.objects.all()
        reason = reasons.filter(pk=pk).first()
        if reason is None:
            return None
        rule = _in_force().filter(reason=pk).select_related("destination_reason").first()
        if rule is None and reason.retired_at:
            return None
        values: Values = {"pk": pk, "label": reason.label, "kind": reason.kind, "successor": reason.successor_id}
        if reason.kind in KEEPS:
            values["keep_months"] = reason.keep_months
        for part in PARTS[reason.kind]:
            values[part] = getattr(rule, part) if rule else NOTHING[part]
        if values.get("destination_reason"):
            # One that was retired since is given as its successor.
            values["destination_reason"] = in_use_for(values["destination_reason"]).pk
        return values

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        self._must_be_asked(new)
        must_be_unlike(Reason.objects.filter(kind=new["kind"]), new["label"], pk=pk)
        if pk is None:
            reason = new_code(Reason, new, kind=new["kind"], keep_months=new.get("keep_months"))
            note = _("Reason added: %(name)s") % {"name": reason}
            publish(lambda draft: _make(draft, reason.pk, new), by=by, at=at, note=note)
            return reason.pk
        Reason.objects.filter(pk=pk).update(label=new["label"], keep_months=new.get("keep_months"))
        if old.get("successor") != new.get("successor"):
            self._succeed(pk, new.get("successor"), at=at)
        if any(old.get(part) != new.get(part) for part in PARTS[new["kind"]]):
            note = _("Reason changed: %(name)s") % {"name": new["label"]}
            publish(lambda draft: _change(draft, pk, new), by=by, at=at, note=note)
        return pk

    def _must_be_asked(self, new: Values) -> None:
        unknown = [fact for fact in new.get("facts") or [] if fact not in FACTS]
        if unknown:
            raise SettingRefused(_("No form asks for this: %(fact)s.") % {"fact": ", ".join(unknown)}, "facts")

    def _succeed(self, pk: int, successor_id: int | None, *, at: datetime) -> None:
        reason = Reason.objects.get(pk=pk)
        if successor_id is None:
            reason.retired_at = reason.successor = None
        else:
            others = Reason.objects.in_use().filter(kind=reason.kind).exclude(pk=pk)
            successor = others.select_for_update().filter(pk=successor_id).first()
            if successor is None:
                raise SettingRefused(_("Choose another reason of the same kind."), "successor")
            reason.retired_at, reason.successor = at, successor
        reason.save(update_fields=["retired_at", "successor"])
        with in_words():
            must_hold(AgreementVersion.objects.in_force())

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        reason = Reason.objects.get(pk=pk)
        if _is_used(reason):
            raise SettingRefused(_("“%(name)s” was given already: retire it instead.") % {"name": reason})
        reason.retired_at = at
        reason.save(update_fields=["retired_at"])
        note = _("Reason taken back: %(name)s") % {"name": reason}
        publish(lambda draft: ReasonRule.objects.filter(version=draft, reason=pk).delete(), by=by, at=at, note=note)

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        number = AgreementVersion.objects.in_force().number + 1
        version = _("Version %(number)s of the agreement is in force from the moment you save") % {"number": number}
        still_open = Lead.objects.open().count()
        if pk is None:
            text = _("It can be given to every open lead at once: %(leads)s") % {"leads": leads_words(still_open)}
            return [Touch(text, _("no lead changes by that")), Touch(version)]
        if old.get("successor") != new.get("successor"):
            return self._touched_by_the_end(pk, new.get("successor"))
        found = []
        if old.get("label") != new.get("label"):
            named = Lead.objects.filter(reason=pk).count()
            found.append(Touch(shown_words(named), _("in history, too")))
        if old.get("keep_months") != new.get("keep_months"):
            named = Lead.objects.filter(reason=pk, phase=Phase.CLOSED).count()
            text = kept_words(new.get("keep_months")) or _("nobody is proposed to be forgotten for it any more")
            found.append(Touch(text, _("%(leads)s ended with it") % {"leads": leads_words(named)}))
        if any(old.get(part) != new.get(part) for part in PARTS[new["kind"]]):
            found.append(Touch(version, _("whoever comes in from then on is judged by it")))
            text = ngettext(
                "%(count)d open lead keeps what it came in by",
                "%(count)d open leads keep what they came in by",
                still_open,
            )
            found.append(Touch(text % {"count": still_open}))
            asleep = Lead.objects.filter(phase=Phase.NURTURE, reason=pk).count()
            if asleep:
                text = ngettext(
                    "%(count)d lead sleeps with this reason: its day stays",
                    "%(count)d leads sleep with this reason: their days stay",
                    asleep,
                )
                found.append(Touch(text % {"count": asleep}))
        if old.get("second_look") and not new.get("second_look"):
            found += _touched_looks(pk)
        if new.get("suppresses") and not old.get("suppresses"):
            found.append(
                Touch(
                    _("Whoever gives it silences the person for good"),
                    _("a suppression outlives the lead, the person’s record and this setting"),
                )
            )
        return found

    def _touched_by_the_end(self, pk: int, successor_id: int | None) -> list[Touch]:
        if successor_id is None:
            return [Touch(_("It can be given again"))]
        there = {"reason": Reason.objects.get(pk=successor_id)}
        named = Lead.objects.filter(reason=pk).count()
        words = ngettext("%(count)d lead keeps it in its history", "%(count)d leads keep it in their history", named)
        found = [Touch(words % {"count": named}, _("no day to come back moves"))]
        found += _touched_looks(pk)
        picks = _in_force().filter(destination_reason=pk, reason__retired_at=None).count()
        if picks:
            words = ngettext(
                "%(count)d reason of sales sends on as “%(reason)s” from now on",
                "%(count)d reasons of sales send on as “%(reason)s” from now on",
                picks,
            )
            found.append(Touch(words % {"count": picks, **there}))
        calls = Disposition.objects.in_use().filter(reason=pk).count()
        if calls:
            words = ngettext(
                "%(count)d disposition proposes “%(reason)s” from now on",
                "%(count)d dispositions propose “%(reason)s” from now on",
                calls,
            )
            found.append(Touch(words % {"count": calls, **there}))
        return found

    def order(self, pk: int) -> list[int]:
        kind = Reason.objects.filter(pk=pk).values("kind")[:1]
        reasons = Reason.objects.in_use().filter(kind=kind).order_by("position", "pk")
        return list(reasons.values_list("pk", flat=True))

    def put_in_order(self, pks: list[int]) -> None:
        put_codes_in_order(Reason, pks)


def kept_words(months: int | None) -> str:
    """How long somebody is kept whose pursuit ended so."""
    if months is None:
        return ""
    words = ngettext(
        "proposed to be forgotten after %(n)d month", "proposed to be forgotten after %(n)d months", months
    )
    return words % {"n": months}


def _touched_looks(pk: int) -> list[Touch]:
    looks = SecondLook.objects.filter(lead__reason=pk, state=SecondLook.State.OPEN).count()
    text = _("Still to be decided of who was disqualified with it: %(looks)s") % {"looks": looks_words(looks)}
    return [Touch(text)] if looks else []


def _in_force() -> Any:
    return ReasonRule.objects.filter(version=AgreementVersion.objects.in_force())


def _rule(draft: AgreementVersion, new: Values) -> dict[str, Any]:
    """The columns of a rule. Where a lead goes follows from the kind, its category from the reason it then carries."""
    rule = NOTHING | {part: new[part] for part in PARTS[new["kind"]] if part in new}
    carried = rule.pop("destination_reason")
    rule["destination_reason_id"] = carried
    if new["kind"] == Of.RECYCLE or (new["kind"] == Of.LOSE and not rule["is_final"]):
        rule["destination"] = Destination.NURTURE.value
    if new["kind"] != Of.RECYCLE and rule["destination"] == Destination.NURTURE:
        there = ReasonRule.objects.filter(version=draft, reason=carried)
        rule["category"] = there.values_list("category", flat=True).first() or ""
    return rule


def _make(draft: AgreementVersion, pk: int, new: Values) -> None:
    ReasonRule.objects.create(version=draft, reason_id=pk, **_rule(draft, new))


def _change(draft: AgreementVersion, pk: int, new: Values) -> None:
    rule = _rule(draft, new)
    rules = ReasonRule.objects.filter(version=draft)
    now = rules.filter(reason=pk).select_related("destination_reason").first()
    if now and now.destination_reason and in_use_for(now.destination_reason).pk == rule["destination_reason_id"]:
        # The same as it is read: it stays what it was chosen as, for when that is in use again.
        del rule["destination_reason_id"]
    if not rules.filter(reason=pk).update(**rule):
        ReasonRule.objects.create(version=draft, reason_id=pk, **rule)
    if new["kind"] == Of.RECYCLE:
        asleep = Q(destination=Destination.NURTURE, destination_reason=pk)
        rules.filter(asleep).update(category=rule["category"])


def _is_used(reason: Reason) -> bool:
    """Whether anything has happened by it, or goes on by it."""
    files = Import.objects.exclude(meanings={}).values_list("meanings", flat=True)
    return (
        Lead.objects.filter(reason=reason).exists()
        or HandOff.objects.filter(reason=reason).exists()
        or Disposition.objects.filter(reason=reason).exists()
        or Reason.objects.filter(successor=reason).exists()
        or _in_force().filter(destination_reason=reason).exists()
        or any(f':{reason.key}"' in json.dumps(meanings) for meanings in files)
    )


def _in_words(kind: str, rule: ReasonRule | None) -> str:
    """What it asks for and does, as the list says it."""
    if rule is None:
        return _("the agreement says nothing of it")
    said: list[str] = []
    if kind == Of.RECYCLE and rule.category and str(Category(rule.category).label) != rule.reason.label:
        said.append(str(Category(rule.category).label))
    if rule.facts:
        said.append(_("asks: %(facts)s") % {"facts": ", ".join(str(FACT_LABELS.get(f, f)) for f in rule.facts)})
    if kind == Of.REJECT:
        said.append(str(Destination(rule.destination).label))
    if kind == Of.LOSE and rule.is_final:
        said.append(_("final"))
    if rule.destination_reason:
        said.append(_("as “%(reason)s”") % {"reason": in_use_for(rule.destination_reason)})
    if rule.destination == Destination.NURTURE:
        days = rule.wake_days or 0
        said.append(ngettext("back after %(days)d day", "back after %(days)d days", days) % {"days": days})
    if rule.second_look:
        said.append(_("a second look"))
    if rule.suppresses:
        said.append(_("never contacted again"))
    return " · ".join(said)
