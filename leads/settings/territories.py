"""Territories: where new leads go by country, segment and source; the first that matches wins."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account
from accounts.normalise import country_names
from leads.models import Lead
from leads.settings.kind import Group, Kind, Names, Row, SettingForm, SettingRefused, Touch, Values
from team.known import known_values
from team.models import Membership, Role, Team, Territory, User

PARTS = ("country", "segment", "source")
# What came in lately says what a territory would have taken.
LATELY = timedelta(days=90)
OFFERED_MOST = 200


class TerritoryForm(SettingForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        choices=lambda: [("", _("any")), *country_names().items()],
        required=False,
    )
    segment = forms.CharField(
        label=gettext_lazy("Segment of the company"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"list": "known-segments"}),
        help_text=gettext_lazy("As the account says it; empty is any."),
    )
    source = forms.CharField(
        label=gettext_lazy("Source of the lead"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"list": "known-sources"}),
        help_text=gettext_lazy("As the lead says it; empty is any."),
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Goes to the team"),
        queryset=Team.objects.filter(retired_at=None).order_by("name"),
        empty_label=gettext_lazy("choose a team"),
    )
    bdr = forms.ModelChoiceField(
        label=gettext_lazy("Reserved for"),
        queryset=User.objects.active().with_role(Role.BDR).order_by("name", "pk"),
        required=False,
        empty_label=gettext_lazy("anybody of the team"),
        help_text=gettext_lazy("Theirs until the first touch is due; while they are away, the team’s."),
    )

    @property
    def segments(self) -> list[str]:
        return known_segments()

    @property
    def sources(self) -> list[str]:
        return known_sources()

    def clean(self) -> Values:
        cleaned = super().clean() or {}
        if not any(cleaned.get(part) for part in PARTS) and not any(part in self.errors for part in PARTS):
            raise forms.ValidationError(
                _("Say a country, a segment or a source. What no territory names goes to the default team.")
            )
        return cleaned


class Territories(Kind):
    slug = "territories"
    model = Territory
    form = TerritoryForm
    title = gettext_lazy("Territories")
    one = gettext_lazy("territory")
    about = gettext_lazy(
        "A new lead goes to the first territory that matches it, unless a rep works the account already: then it is "
        "theirs. What nothing matches goes to the pool of the default team."
    )
    keeps_keys: ClassVar = {"team": Team, "bdr": User}
    has_order = True
    order_words = gettext_lazy("what comes from now on goes by this order")
    may_remove = True
    fields_template = "leads/settings/_territory_fields.html"

    def groups(self, *, at: datetime) -> list[Group]:
        rows = []
        for one in Territory.objects.select_related("team", "bdr").order_by("position", "pk"):
            goes_to = f"{one.bdr}, {one.team}" if one.bdr else str(one.team)
            rows.append(Row(one.pk, one.name, ((f"→ {goes_to}", ""),), soft=parts_words(one)))
        return [Group(rows=rows, soft=_("the first that matches wins"))]

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        rows = Territory.objects.select_for_update() if lock else Territory.objects.all()
        return rows.filter(pk=pk).values("pk", "name", "team", "bdr", *PARTS, "position").first()

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        facts = {"name": " ".join(new["name"].split()), "team_id": new["team"], "bdr_id": new.get("bdr")}
        facts |= {part: new[part].strip() for part in PARTS}
        if not Team.objects.filter(pk=new["team"], retired_at=None).exists():
            raise SettingRefused(_("This team is retired."), "team")
        theirs = Membership.objects.filter(user=new.get("bdr"), team=new["team"], role=Role.BDR, user__is_active=True)
        if new.get("bdr") and not theirs.exists():
            raise SettingRefused(_("They are no BDR of this team: leads could not be reserved for them."), "bdr")
        if pk is None:
            last = Territory.objects.aggregate(last=Max("position"))["last"]
            position = new.get("position", min((last or 0) + 1, 32767))
            # One that was removed comes back as itself: history names it by its key.
            return Territory.objects.create(pk=new.get("pk"), position=position, **facts).pk
        Territory.objects.filter(pk=pk).update(**facts)
        return pk

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        Territory.objects.filter(pk=pk).delete()

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        found = [_lately(new, at=at)]
        before = Territory.objects.filter(team__retired_at=None).order_by("position", "pk")
        if pk:
            order = self.order(pk)
            before = before.filter(pk__in=order[: order.index(pk)])
        elif (place := new.get("position")) is not None:
            # One that comes back stands where it stood.
            before = before.filter(Q(position__lt=place) | Q(position=place, pk__lt=new.get("pk") or 0))
        hides = next((one for one in before if all(getattr(one, part) in ("", new[part]) for part in PARTS)), None)
        if hides:
            words = {"name": hides.name}
            found.append(
                Touch(_("It will match nothing: “%(name)s” stands before it and takes the same") % words,
                      _("Move it up, or change one of the two."))
            )  # fmt: skip
        found.append(Touch(_("No lead that is there moves"), _("Managers move leads from their team’s page.")))
        return found

    def touches_of_removal(self, pk: int, old: Values, *, at: datetime) -> list[Touch]:
        return [_lately(old, at=at), Touch(_("No lead that is there moves"))]

    def order(self, pk: int) -> list[int]:
        return list(Territory.objects.order_by("position", "pk").values_list("pk", flat=True))

    def put_in_order(self, pks: list[int]) -> None:
        places = sorted(Territory.objects.filter(pk__in=pks).values_list("position", flat=True))
        last = -1
        for place, pk in zip(places, pks, strict=True):
            last = max(place, last + 1)
            Territory.objects.filter(pk=pk).update(position=last)

    def label_of(self, name: str) -> str:
        return _("Place") if name == "position" else super().label_of(name)

    def say(self, name: str, value: Any, names: Names) -> str:
        if value in ("", None) and name in PARTS:
            return _("any")
        if name == "bdr" and not value:
            return _("anybody of the team")
        if name == "country":
            return country_names().get(value, str(value))
        return super().say(name, value, names)


def parts_words(one: Territory) -> str:
    """What a territory asks for."""
    said = [country_names().get(one.country, one.country)] if one.country else []
    said += [_("segment %(name)s") % {"name": one.segment}] if one.segment else []
    said += [_("source %(name)s") % {"name": one.source}] if one.source else []
    return " · ".join(said)


def known_segments() -> list[str]:
    return known_values(Account, "segment", most=OFFERED_MOST)


def known_sources() -> list[str]:
    return known_values(Lead, "source", most=OFFERED_MOST)


def matching(values: Values) -> QuerySet[Lead]:
    """Leads that such a territory names; whether another comes before is not asked."""
    found = Lead.objects.all()
    if country := values["country"]:
        nowhere = Q(account=None) | Q(account__country="")
        found = found.filter(Q(account__country=country) | nowhere & Q(person__country=country))
    if segment := values["segment"].strip():
        found = found.filter(account__segment=segment)
    if source := values["source"].strip():
        found = found.filter(source=source)
    return found


def _lately(values: Values, *, at: datetime) -> Touch:
    count = matching(values).filter(created_at__gt=at - LATELY).count()
    text = ngettext(
        "%(count)d lead of the last 90 days matches it", "%(count)d leads of the last 90 days match it", count
    )
    return Touch(text % {"count": count}, _("the next like them go by it"))
