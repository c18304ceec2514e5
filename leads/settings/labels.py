"""Topics and labels: what the library says an asset is about, for whom, when and against what it is made."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import transaction
from django.db.models import Count, Max, Model, ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Employment
from agreement.models import Phase
from content.actions.indexing import index_assets
from content.models import Asset, ContentRequest, Label, Topic
from leads.models import Engagement
from leads.settings.codes import PLACE_MAX, called
from leads.settings.kind import Group, Kind, Row, SettingForm, SettingRefused, Touch, Values

if TYPE_CHECKING:
    from team.models import User

Dimension = Label.Dimension
KEY_MAX = 34
# Parts of the buying cycle, beside the phases of a lead.
CYCLE = frozenset({"early", "middle", "late"})
ROLES, PHASES = frozenset(Employment.Role.values), frozenset(Phase.values)


class TopicForm(SettingForm):
    label = forms.CharField(label=gettext_lazy("Name"), max_length=80)

    def clean_label(self) -> str:
        return called(self.cleaned_data["label"])


class LabelForm(TopicForm):
    dimension = forms.ChoiceField(
        label=gettext_lazy("Says"),
        choices=Dimension,
        widget=forms.RadioSelect,
        initial=Dimension.NEED.value,
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        # What bears it was marked with an answer to this question.
        self.fields["dimension"].disabled = self.old is not None


class RetireLabelForm(SettingForm):
    is_retired = forms.BooleanField(
        label=gettext_lazy("Offered nowhere any more; what bears it keeps it"),
        error_messages={"required": gettext_lazy("Tick it to retire the label.")},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.initial["is_retired"] = True


class Topics(Kind):
    slug = "topics"
    model = Topic
    form = TopicForm
    title = gettext_lazy("Topics")
    one = gettext_lazy("topic")
    about = gettext_lazy(
        "What people show interest in and what the library is about: the same list for both, so that what fits can be "
        "found, and a track chosen, by what somebody did."
    )
    may_remove = True
    has_order = True

    def groups(self, *, at: datetime) -> list[Group]:
        found = Topic.objects.annotate(held=Count("assets")).order_by("position", "pk")
        return [Group(rows=[Row(one.pk, one.label, ((_assets(one.held), ""),)) for one in found], add="")]

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        rows = Topic.objects.select_for_update() if lock else Topic.objects.all()
        one = rows.filter(pk=pk).first()
        return {"pk": pk, "key": one.key, "label": one.label} if one else None

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        if Topic.objects.filter(label__iexact=new["label"]).exclude(pk=pk or 0).exists():
            raise SettingRefused(_("There is another one of this name."), "label")
        if pk is None:
            return _made(Topic, new).pk
        Topic.objects.filter(pk=pk).update(label=new["label"])
        index_assets(Asset.objects.filter(topic=pk).values_list("pk", flat=True))
        return pk

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        one = Topic.objects.get(pk=pk)
        try:
            with transaction.atomic():
                one.delete()
        except ProtectedError as error:
            words = _("Something is about “%(name)s”: an asset, a request, a track or what somebody did. Rename it.")
            raise SettingRefused(words % {"name": one}) from error

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        if pk is None:
            return [Touch(_("Nothing is about it yet"), _("assets, requests and tracks can name it at once"))]
        assets = Asset.objects.filter(topic=pk).count()
        people = Engagement.objects.filter(topic=pk).values("person").distinct().count()
        words = ngettext("%(count)d person showed interest in it", "%(count)d people showed interest in it", people)
        return [
            Touch(_shown(assets, ContentRequest.objects.filter(topic=pk).count()), _("they are found by it at once")),
            Touch(words % {"count": people}, _("their interest stays what it is, under the new name")),
        ]

    def order(self, pk: int) -> list[int]:
        return list(Topic.objects.order_by("position", "pk").values_list("pk", flat=True))

    def put_in_order(self, pks: list[int]) -> None:
        _put_in_order(Topic, pks)


class Labels(Kind):
    slug = "labels"
    model = Label
    form = LabelForm
    retire_form = RetireLabelForm
    title = gettext_lazy("Labels")
    one = gettext_lazy("label")
    about = gettext_lazy(
        "For whom, when, for what and against which objection something of the library is made. The shipped ones of "
        "the first two are the roles of a buying group and the phases of a lead: by these it is suggested."
    )
    has_order = True

    def groups(self, *, at: datetime) -> list[Group]:
        found = list(Label.objects.annotate(held=Count("assets")).order_by("position", "pk"))
        groups = []
        for dimension in Dimension:
            rows = [
                Row(one.pk, one.label, ((_assets(one.held), ""),), soft=_known(one.dimension, one.key), may_retire=True)
                for one in found
                if one.dimension == dimension and one.retired_at is None
            ]
            groups.append(Group(str(dimension.label), "", rows, add=f"dimension={dimension.value}"))
        retired = [
            Row(one.pk, one.label, ((_assets(one.held), ""),), soft=str(one.get_dimension_display()), is_retired=True)
            for one in found
            if one.retired_at
        ]
        if retired:
            groups.append(Group(_("Retired"), _("what bears them keeps them"), retired, add=None))
        return groups

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        rows = Label.objects.select_for_update() if lock else Label.objects.all()
        one = rows.filter(pk=pk).first()
        if one is None:
            return None
        said = {"pk": pk, "key": one.key, "dimension": one.dimension, "label": one.label}
        return said | {"is_retired": one.retired_at is not None}

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        others = Label.objects.filter(dimension=new["dimension"], retired_at=None).exclude(pk=pk or 0)
        if not new.get("is_retired") and others.filter(label__iexact=new["label"]).exists():
            raise SettingRefused(_("There is another one of this name."), "label")
        if pk is None:
            return _made(Label, new, dimension=new["dimension"]).pk
        said: dict[str, Any] = {"label": new["label"]}
        if bool(old.get("is_retired")) != bool(new.get("is_retired")):
            said["retired_at"] = at if new.get("is_retired") else None
        Label.objects.filter(pk=pk).update(**said)
        if old.get("label") != new["label"]:
            index_assets(Asset.objects.filter(labels=pk).values_list("pk", flat=True))
        return pk

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        one = Label.objects.get(pk=pk)
        if Asset.objects.filter(labels=pk).exists() or ContentRequest.objects.filter(labels=pk).exists():
            raise SettingRefused(_("An asset or a request bears “%(name)s”: retire it instead.") % {"name": one})
        one.delete()

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        if pk is None:
            return [Touch(_("Nothing bears it yet"), _("it is offered at once"))]
        assets = Asset.objects.filter(labels=pk).count()
        requests = ContentRequest.objects.filter(labels=pk).count()
        if bool(old.get("is_retired")) != bool(new.get("is_retired")):
            if not new.get("is_retired"):
                return [Touch(_("It is offered again, at its old place"))]
            kept = _("they keep it; filters, forms, suggestions and the table of what is wanted lose it")
            return [Touch(_borne(assets, requests), kept, warns=bool(_known(old["dimension"], old["key"])))]
        return [Touch(_shown(assets, requests), _("they are found by it at once"))]

    def order(self, pk: int) -> list[int]:
        dimension = Label.objects.filter(pk=pk).values("dimension")[:1]
        rows = Label.objects.filter(dimension=dimension, retired_at=None).order_by("position", "pk")
        return list(rows.values_list("pk", flat=True))

    def put_in_order(self, pks: list[int]) -> None:
        _put_in_order(Label, pks)


def _made[Named: (Topic, Label)](model: type[Named], new: Values, **of: Any) -> Named:
    """The last of all, under a key of its own, or under the one it had before it was taken away."""
    rows = model._default_manager.filter(**of)
    taken = set(rows.values_list("key", flat=True))
    base, number = slugify(new["label"]).replace("-", "_")[:KEY_MAX].strip("_") or "label", 2
    key = new.get("key") or base
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    last = rows.aggregate(last=Max("position"))["last"] or 0
    pk = new.get("pk")
    if pk and model._default_manager.filter(pk=pk).exists():
        pk = None
    made = model(pk=pk, key=key, label=new["label"], position=min(last + 1, PLACE_MAX), **of)
    made.save(force_insert=True)
    return made


def _put_in_order(model: type[Model], pks: list[int]) -> None:
    """The places these have, given to them anew, the first first; no two share one."""
    before = -1
    rows = model._default_manager.filter(pk__in=pks)
    for place, pk in zip(sorted(rows.values_list("position", flat=True)), pks, strict=True):
        before = max(place, before + 1)
        model._default_manager.filter(pk=pk).update(position=before)


def _known(dimension: str, key: str) -> str:
    """Whether suggestions ask for it by what is known of a person or a lead."""
    if dimension == Dimension.PERSONA and key in ROLES:
        return _("a role in a buying group")
    if dimension == Dimension.STAGE and key in PHASES:
        return _("a phase of a lead")
    return _("a part of the buying cycle") if dimension == Dimension.STAGE and key in CYCLE else ""


def _assets(count: int) -> str:
    return ngettext("%(count)d asset", "%(count)d assets", count) % {"count": count}


def _requests(count: int) -> str:
    return ngettext("%(count)d request", "%(count)d requests", count) % {"count": count}


def _shown(assets: int, requests: int) -> str:
    return _("%(assets)s and %(requests)s show the new name") % {
        "assets": _assets(assets),
        "requests": _requests(requests),
    }


def _borne(assets: int, requests: int) -> str:
    return _("%(assets)s and %(requests)s bear it") % {"assets": _assets(assets), "requests": _requests(requests)}
