"""What the address of the list of leads may ask for: an allowlist. A filter that cannot be read asks for nothing."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTransform
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import CustomField
from accounts.search import QUERY_MAX, query_words
from agreement.models import Lane, Phase
from leads.inbox import outcome_due
from leads.lead_choices import Choices, Options, former, stage_in_use, team_in_use
from leads.lead_list import QUIET_SINCE, SORTS
from leads.models import Lead
from team.addresses import FIRST_YEAR, LAST_YEAR
from team.localtime import resolve

# Instead of one phase: what is closed as well.
ALL = "all"
NOBODY = "none"
TIERS = ("A", "B", "C", *(f"{fit}{interest}" for fit in "ABC" for interest in "123"))
DUE = (("overdue", _("Overdue")), ("today", _("Due today")), ("week", _("Due within 7 days")))
YES, NO = "yes", "no"
Type = CustomField.Type
# The first columns of the page; the others are folded away until one of them is used.
FIRST = ("phase", "rep", "lane", "tier", "due")


class _Day(forms.DateField):
    """A day that no list of ours is beyond."""

    widget = forms.DateInput

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(self.error_messages["invalid"], code="far")
        return day


class DayFilter(filters.DateFilter):  # type: ignore[misc]  # django-filter has no types
    field_class = _Day


class _NumberFilter(filters.NumberFilter):  # type: ignore[misc]
    field_class = forms.FloatField


class LeadFilters(filters.FilterSet):  # type: ignore[misc]
    """The leads that are left of those somebody may see. Dates are days on the reader's clock."""

    q = filters.CharFilter(label=_("Name, company, address"), method="said", max_length=QUERY_MAX)
    phase = filters.ChoiceFilter(label=_("Phase"), choices=[*Phase.choices, (ALL, _("Open and closed"))], method="in_")
    stage = filters.ChoiceFilter(label=_("Stage"), choices=())
    team = filters.ChoiceFilter(label=_("Team"), choices=())
    rep = filters.ChoiceFilter(label=_("Rep"), choices=(), method="of_rep")
    ae = filters.ChoiceFilter(label=_("Account executive"), choices=())
    lane = filters.ChoiceFilter(label=_("Lane"), choices=Lane.choices)
    tier = filters.ChoiceFilter(label=_("Tier"), choices=[(tier, tier) for tier in TIERS], lookup_expr="startswith")
    due = filters.ChoiceFilter(label=_("Due"), choices=DUE, method="due_by")
    origin = filters.ChoiceFilter(label=_("Origin"), choices=Lead.Origin.choices)
    source = filters.CharFilter(label=_("Source"), lookup_expr="icontains", max_length=60)
    reason = filters.ChoiceFilter(label=_("Reason"), choices=())
    account = filters.CharFilter(label=_("Account"), method="at_account", max_length=QUERY_MAX)
    came_from = DayFilter(label=_("Came in from"), method="came_since")
    came_to = DayFilter(label=_("Came in until"), method="came_before")
    untouched_since = DayFilter(label=_("Last touched before"), method="quiet_before")
    sort = filters.ChoiceFilter(
        label=_("Order"), choices=[(sort.key, sort.label) for sort in SORTS.values()], method="as_it_is"
    )

    class Meta:
        model = Lead
        fields: tuple[str, ...] = ()

    def __init__(
        self, data: Any, *, queryset: QuerySet[Lead], choices: Choices, at: datetime, seen: QuerySet[Lead] | None = None
    ) -> None:
        """`seen` is all that may be seen, also where only what is open is looked through."""
        self.at = at
        seen = queryset if seen is None else seen
        data = data.copy()
        # What was retired is read as what goes on for it; who left, as herself.
        for name, options, in_use in (
            ("stage", choices.stages, stage_in_use), ("team", choices.teams, team_in_use),
        ):  # fmt: skip
            if (asked := data.get(name)) and asked not in dict(options):
                data[name] = in_use(asked)
        for name, options, column in (("rep", choices.reps, "bdr"), ("ae", choices.aes, "ae")):
            if (asked := data.get(name)) and asked not in (NOBODY, *dict(options)):
                options += former(asked, seen, column)
        self.offered: dict[str, Options] = {
            "stage": choices.stages,
            "team": choices.teams,
            "rep": [(NOBODY, str(_("Nobody"))), *choices.reps],
            "ae": choices.aes,
            "reason": choices.reasons,
        }
        own = {f"{one.entity}_{one.key}": _filter_of(one) for one in choices.own}
        self.every: dict[str, Any] = {**LeadFilters.declared_filters, **own}
        # Only what is asked for is made and looked at: of a score of filters one is used, or none.
        self.base_filters = {name: made for name, made in self.every.items() if data.get(name)}
        super().__init__(data, queryset=queryset)
        for name, options in self.offered.items():
            if name in self.filters:
                self.filters[name].extra["choices"] = options

    def options(self, name: str) -> Options:
        """What one may choose from here."""
        return self.offered.get(name) or self.every[name].extra["choices"]

    @cached_property
    def read(self) -> dict[str, Any]:
        """What was asked for and could be read."""
        self.form.is_valid()
        return {name: value for name, value in self.form.cleaned_data.items() if value not in (None, "")}

    @property
    def chosen(self) -> dict[str, str]:
        """The same as the address says it; without the order."""
        return {name: str(self.data[name]).strip() for name in self.read if name != "sort"}

    @property
    def has_closed(self) -> bool:
        return self.read.get("phase") in (ALL, Phase.CLOSED)

    @property
    def order(self) -> str:
        return str(self.read.get("sort") or "")

    @property
    def more(self) -> list[str]:
        """The filters that are folded away."""
        return [name for name in self.every if name not in (*FIRST, "q", "sort")]

    @property
    def uses_more(self) -> bool:
        return not self.read.keys().isdisjoint(self.more)

    @property
    def leads(self) -> QuerySet[Lead]:
        """What is left; of what nobody asked for otherwise only what is open."""
        left: QuerySet[Lead] = self.qs
        return left if "phase" in self.read else left.exclude(phase=Phase.CLOSED)

    def said(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        words = query_words(value)
        for word in words:
            leads = leads.filter(person__search_text__text__contains=word)
        return leads if words else leads.none()

    def at_account(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        """By its id, as other pages link to it, or by words of its name."""
        try:
            return leads.filter(account__public_id=UUID(value))
        except ValueError:
            words = query_words(value)
        for word in words:
            leads = leads.filter(account__search_text__text__contains=word)
        return leads if words else leads.none()

    def in_(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return leads if value == ALL else leads.filter(phase=value)

    def of_rep(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return leads.filter(bdr=None) if value == NOBODY else leads.filter(bdr=int(value))

    def due_by(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        if value == "overdue":
            # After a meeting its outcome is what is due, and that for when it was promised.
            asked = leads.alias(asked_by=outcome_due("pk", at=self.at))
            not_yet = Q(phase=Phase.ACCEPTED, asked_by__gt=self.at)
            return asked.filter(~not_yet | Q(asked_by=None), due_at__lte=self.at)
        days = 1 if value == "today" else 7
        return leads.filter(due_at__lt=_midnight(timezone.localdate(self.at) + timedelta(days=days)))

    def came_since(self, leads: QuerySet[Lead], name: str, value: date) -> QuerySet[Lead]:
        return leads.filter(created_at__gte=_midnight(value))

    def came_before(self, leads: QuerySet[Lead], name: str, value: date) -> QuerySet[Lead]:
        """With that day."""
        return leads.filter(created_at__lt=_midnight(value + timedelta(days=1)))

    def quiet_before(self, leads: QuerySet[Lead], name: str, value: date) -> QuerySet[Lead]:
        """Of whom nobody touched, it is when she came in that counts."""
        return leads.alias(quiet_since=QUIET_SINCE).filter(quiet_since__lt=_midnight(value))

    def as_it_is(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        """The order is not a filter: it is read by `sort`."""
        return leads


def _filter_of(field: CustomField) -> filters.Filter:
    """A filter by a field of the company's own, kept in the JSON of its person or account."""
    label: str | Promise = field.label
    if field.type == Type.BOOLEAN:
        return filters.ChoiceFilter(label=label, choices=[(YES, _("Yes")), (NO, _("No"))], method=_own(field))
    if field.type == Type.CHOICE:
        return filters.ChoiceFilter(label=label, choices=[(one, one) for one in field.choices], method=_own(field))
    if field.type == Type.NUMBER:
        return _NumberFilter(label=label, method=_own(field))
    if field.type == Type.DATE:
        return DayFilter(label=label, method=_own(field))
    return filters.CharFilter(label=label, method=_own(field), max_length=200)


def _own(field: CustomField) -> Any:
    # Never by its name in a path: a key such as "range" would be taken for a lookup.
    held, way = KeyTransform(field.key, f"{field.entity}__custom"), f"held_{field.pk}"

    def left(leads: QuerySet[Lead], name: str, value: Any) -> QuerySet[Lead]:
        leads = leads.alias(**{way: held})
        if field.type == Type.BOOLEAN:
            return leads.filter(**{way: value == YES})
        if field.type == Type.DATE:
            return leads.filter(**{way: value.isoformat()})
        if field.type == Type.TEXT:
            return leads.filter(**{f"{way}__icontains": value})
        return leads.filter(**{way: value})

    return left


def _midnight(day: date) -> datetime:
    """The beginning of a day on the reader's clock."""
    return resolve(datetime.combine(day, time()), timezone.get_current_timezone_name())
