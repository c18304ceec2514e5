"""What others wrote, to stand beside our own figures in the reports."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreement.models import Benchmark
from leads.settings.kind import Group, Kind, Row, SettingForm, Touch, Values

if TYPE_CHECKING:
    from team.models import User


class BenchmarkForm(SettingForm):
    low = forms.IntegerField(label=gettext_lazy("From, in percent"), min_value=0, max_value=100)
    high = forms.IntegerField(label=gettext_lazy("To, in percent"), min_value=0, max_value=100)
    source = forms.CharField(
        label=gettext_lazy("Who says so"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("It is said beside the figure."),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        low, high = given.get("low"), given.get("high")
        if low is not None and high is not None and low > high:
            self.add_error("high", _("A band does not end below where it begins."))
        return given


class Benchmarks(Kind):
    slug = "benchmarks"
    model = Benchmark
    form = BenchmarkForm
    title = gettext_lazy("Benchmarks")
    one = gettext_lazy("benchmark")
    about = gettext_lazy(
        "What others wrote, to stand beside your own figures in the reports. They are old and second-hand, and no "
        "targets: put in their place what you know to be true of your market."
    )
    may_add = False
    fields = ("low", "high", "source")

    def groups(self, *, at: datetime) -> list[Group]:
        rows = [
            Row(one.pk, str(one), ((_("%(low)s–%(high)s %%") % {"low": one.low, "high": one.high}, ""),), one.source)
            for one in Benchmark.objects.order_by("pk")
        ]
        return [Group(rows=rows)]

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        rows = Benchmark.objects.select_for_update() if lock else Benchmark.objects.all()
        return rows.filter(pk=pk).values(*self.fields).first()

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        one = Benchmark.objects.get(pk=pk or 0)
        for name in self.fields:
            setattr(one, name, new[name])
        one.save(update_fields=self.fields)
        return one.pk

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        return [Touch(_("The reports compare with the new band at once"), _("no lead is touched"))]
