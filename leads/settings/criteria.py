"""Criteria: what must be known of a lead before sales keeps it. What is asked at the gate is the agreement's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreement.actions.publishing import lock_agreement, must_hold
from agreement.models import AgreementVersion, Criterion, CriterionRule, Phase
from leads.models import Answer, Lead, Recycling
from leads.settings.codes import called, in_words, must_be_unlike, new_code, publish, put_codes_in_order
from leads.settings.kind import Group, Kind, Row, SettingForm, SettingRefused, Touch, Values
from leads.settings.words import leads_words

if TYPE_CHECKING:
    from team.models import User

BEFORE_QUALIFIED = (Phase.QUEUED, Phase.WORKING, Phase.HANDED_OFF, Phase.ACCEPTED, Phase.NURTURE)


class CriterionForm(SettingForm):
    label = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    question = forms.CharField(
        label=gettext_lazy("Question"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("As a rep would ask it."),
    )
    asked_at_qualified = forms.BooleanField(
        label=gettext_lazy("Asked at qualified: without an answer sales cannot keep the lead; unknown is an answer"),
        required=False,
        initial=True,
    )

    def clean_label(self) -> str:
        return called(self.cleaned_data["label"])


class RetireCriterionForm(SettingForm):
    is_retired = forms.BooleanField(
        label=gettext_lazy("Asked of nobody any more"),
        initial=True,
        error_messages={"required": gettext_lazy("Tick it to retire the criterion.")},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.initial["is_retired"] = True


class Criteria(Kind):
    slug = "criteria"
    model = Criterion
    form = CriterionForm
    retire_form = RetireCriterionForm
    title = gettext_lazy("Criteria")
    one = gettext_lazy("criterion")
    about = gettext_lazy(
        "What must be known of a lead before sales keeps it. Names, questions and order change at once. What is asked "
        "at qualified is a version of the agreement: leads keep the one they came in by."
    )
    has_order = True

    def groups(self, *, at: datetime) -> list[Group]:
        asked = _asked_in_force()
        counts: dict[int, int] = dict(
            Answer.objects.filter(lead__in=Lead.objects.open())
            .order_by()
            .values_list("criterion")
            .annotate(n=Count("lead", distinct=True))
        )
        criteria = list(Criterion.objects.order_by("position", "pk"))
        in_use = [one for one in criteria if one.retired_at is None]
        rows = [
            Row(
                one.pk,
                one.label,
                (
                    (_("asked at qualified") if asked.get(one.pk) else _("not asked at qualified"), ""),
                    (_("answered of %(leads)s") % {"leads": leads_words(counts.get(one.pk, 0))}, ""),
                ),
                soft=one.question,
                may_retire=len(in_use) > 1,
            )
            for one in in_use
        ]
        groups = [Group(_("Asked"), _("in the order of the pages"), rows)]
        retired = [Row(one.pk, one.label, is_retired=True) for one in criteria if one.retired_at and one.pk in asked]
        if retired:
            groups.append(Group(_("Retired"), _("history keeps their answers"), retired, add=None))
        return groups

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        if lock:
            lock_agreement()
        criteria = Criterion.objects.select_for_update() if lock else Criterion.objects.all()
        one = criteria.filter(pk=pk).first()
        asked = _asked_in_force().get(pk)
        if one is None or (asked is None and one.retired_at):
            return None
        return {
            "pk": pk, "label": one.label, "question": one.question, "asked_at_qualified": bool(asked),
            "is_retired": one.retired_at is not None,
        }  # fmt: skip

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        must_be_unlike(Criterion.objects.all(), new["label"], pk=pk)
        if pk is None:
            pk = new_code(Criterion, new, question=new["question"]).pk
        else:
            Criterion.objects.filter(pk=pk).update(label=new["label"], question=new["question"])
        if bool(old.get("is_retired")) != bool(new.get("is_retired")):
            Criterion.objects.filter(pk=pk).update(retired_at=at if new["is_retired"] else None)
            with in_words():
                must_hold(AgreementVersion.objects.in_force())
        if old.get("asked_at_qualified") != new["asked_at_qualified"]:
            note = _("Criterion: %(name)s") % {"name": new["label"]}
            publish(lambda draft: _ask(draft, pk, at_qualified=new["asked_at_qualified"]), by=by, at=at, note=note)
        return pk

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        one = Criterion.objects.get(pk=pk)
        if Answer.objects.filter(criterion=one).exists() or Recycling.objects.filter(missing=one).exists():
            raise SettingRefused(_("“%(name)s” was answered already: retire it instead.") % {"name": one})
        Criterion.objects.filter(pk=pk).update(retired_at=at)
        note = _("Criterion taken back: %(name)s") % {"name": one}
        publish(
            lambda draft: CriterionRule.objects.filter(version=draft, criterion=pk).delete(), by=by, at=at, note=note
        )

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        still_open = Lead.objects.open()
        found = []
        if pk is None:
            count = still_open.count()
            text = ngettext(
                "The page of %(count)d lead asks it at once", "The pages of %(count)d leads ask it at once", count
            )
            found.append(Touch(text % {"count": count}, _("unknown until somebody answers")))
        elif old.get("label") != new.get("label") or old.get("question") != new.get("question"):
            answered = Answer.objects.filter(criterion=pk, lead__in=still_open).values("lead").distinct().count()
            words = {"leads": leads_words(answered)}
            found.append(Touch(_("Answers of %(leads)s stand under the new words") % words))
        if bool(old.get("is_retired")) != bool(new.get("is_retired")):
            found.append(self._touched_by_the_end(pk, is_end=bool(new.get("is_retired"))))
        elif pk is None or old.get("asked_at_qualified") != new.get("asked_at_qualified"):
            version = AgreementVersion.objects.in_force()
            next_one = {"number": version.number + 1}
            found.append(
                Touch(_("Version %(number)s of the agreement is in force from the moment you save") % next_one)
            )
            on_their_way = still_open.filter(phase__in=BEFORE_QUALIFIED).count()
            text = ngettext(
                "%(count)d lead on its way is qualified by what it came in by",
                "%(count)d leads on their way are qualified by what they came in by",
                on_their_way,
            )
            found.append(Touch(text % {"count": on_their_way}))
        return found

    def _touched_by_the_end(self, pk: int | None, *, is_end: bool) -> Touch:
        asked = CriterionRule.objects.filter(criterion=pk, asked_at_qualified=True).values("version")
        count = Lead.objects.filter(phase__in=BEFORE_QUALIFIED, agreement__in=asked).count()
        if is_end:
            words = ngettext(
                "%(count)d lead on its way needs no answer to it any more",
                "%(count)d leads on their way need no answer to it any more",
                count,
            )
            return Touch(words % {"count": count}, _("answers that were given stay on their pages"))
        words = ngettext(
            "%(count)d lead on its way needs an answer to it again",
            "%(count)d leads on their way need an answer to it again",
            count,
        )
        return Touch(words % {"count": count})

    def order(self, pk: int) -> list[int]:
        return list(Criterion.objects.in_use().order_by("position", "pk").values_list("pk", flat=True))

    def put_in_order(self, pks: list[int]) -> None:
        put_codes_in_order(Criterion, pks)


def _asked_in_force() -> dict[int, bool]:
    rules = CriterionRule.objects.filter(version=AgreementVersion.objects.in_force())
    return dict(rules.values_list("criterion_id", "asked_at_qualified"))


def _ask(draft: AgreementVersion, pk: int, *, at_qualified: bool) -> None:
    rules = CriterionRule.objects.filter(version=draft)
    if not rules.filter(criterion=pk).update(asked_at_qualified=at_qualified):
        CriterionRule.objects.create(version=draft, criterion_id=pk, asked_at_qualified=at_qualified)
