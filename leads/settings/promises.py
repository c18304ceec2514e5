"""Promises: how fast each lane is touched, and how fast sales answers. What is judged is a version of the agreement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreement.actions.publishing import PROMISED_LANES, lock_agreement
from agreement.models import AgreementVersion, Lane, SLAClause
from agreement.spans import read_span, said_span
from leads.models import Clock, Lead
from leads.settings.codes import publish
from leads.settings.kind import Group, Kind, Names, Row, SettingForm, SettingRefused, Touch, Values
from leads.settings.versions import clause_name, latest_versions
from team.templatetags.midfield import day_words

if TYPE_CHECKING:
    from django.forms import BoundField

    from team.models import User

Clause = SLAClause.Kind
# All promises together are one setting.
ONE = 1
# As many as one page asks for; there are nine tiers.
FINER_MAX = 24
FINER_MORE = 2
TIERS = [f"{fit}{interest}" for fit in "ABC" for interest in "123"]
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Part:
    """One line of the table: its name as a setting, and its clause."""

    name: str
    kind: str
    lane: str = ""
    is_optional: bool = False

    @property
    def label(self) -> str:
        return clause_name(self.kind, self.lane, "")

    @property
    def notice(self) -> str:
        return f"{self.name}_notice"


FIRST_TOUCHES = tuple(
    Part(lane.value, Clause.FIRST_TOUCH.value, lane.value, is_optional=lane not in PROMISED_LANES) for lane in Lane
)
ANSWERS = tuple(Part(kind.value, kind.value) for kind in (Clause.RESPONSE, Clause.OUTCOME, Clause.SECOND_LOOK))
PARTS = (*FIRST_TOUCHES, *ANSWERS)
BY_NAME = {part.name: part for part in PARTS}
BY_NOTICE = {part.notice: part for part in PARTS}


class SpanField(forms.CharField):
    """Working time with its unit; kept in minutes, None when it is empty."""

    def __init__(self, **more: Any) -> None:
        widget = forms.TextInput({"size": 9, "autocomplete": "off", "placeholder": more.pop("placeholder", "4 h")})
        super().__init__(max_length=40, widget=widget, **more)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_span(text)
        except ValueError:
            raise forms.ValidationError(_("Say it with its unit: 5 min, 4 h or 2 d.")) from None

    def prepare_value(self, value: Any) -> Any:
        return (said_span(value) if value else "") if isinstance(value, int) or value is None else value


class PromisesForm(SettingForm):
    """One field for each promise and its notice, and rows for tiers that are promised otherwise."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for part in PARTS:
            self.fields[part.name] = SpanField(
                label=part.label,
                required=not part.is_optional,
                placeholder=_("no promise") if part.is_optional else "4 h",
                error_messages={"required": _("By when?")},
            )
            self.fields[part.notice] = SpanField(
                label=_("%(promise)s, notice") % {"promise": part.label}, required=False, placeholder=_("none")
            )
        finer = (self.old or {}).get("finer") or []
        sent = sum(name.startswith("finer_") and name.endswith("_lane") for name in self.data)
        self.finer_count = min(max(len(finer) + FINER_MORE, sent), FINER_MAX)
        for number in range(self.finer_count):
            given = finer[number] if number < len(finer) else ["", "", None, None]
            self._add_finer(number, *given)

    def _add_finer(self, number: int, lane: str, tier: str, minutes: int | None, notice: int | None) -> None:
        name = f"finer_{number}"
        lanes = [("", "–"), *((lane.value, lane.label) for lane in Lane)]
        tiers = [("", "–"), *((tier, tier) for tier in TIERS)]
        words = {"number": number + 1}
        self.fields[f"{name}_lane"] = forms.ChoiceField(
            label=_("Lane of row %(number)s") % words, choices=lanes, required=False, initial=lane
        )
        self.fields[f"{name}_tier"] = forms.ChoiceField(
            label=_("Tier of row %(number)s") % words, choices=tiers, required=False, initial=tier
        )
        self.fields[f"{name}_promise"] = SpanField(
            label=_("Promise of row %(number)s") % words, required=False, initial=minutes, placeholder=_("none")
        )
        self.fields[f"{name}_notice"] = SpanField(
            label=_("Notice of row %(number)s") % words, required=False, initial=notice, placeholder=_("none")
        )

    @property
    def groups(self) -> list[tuple[str, list[tuple[str, BoundField, BoundField]]]]:
        return [
            (str(title), [(part.label, self[part.name], self[part.notice]) for part in parts])
            for title, parts in ((_("First touch"), FIRST_TOUCHES), (_("Sales and managers"), ANSWERS))
        ]

    @property
    def finer_rows(self) -> list[list[BoundField]]:
        return [
            [self[f"finer_{number}_{part}"] for part in ("lane", "tier", "promise", "notice")]
            for number in range(self.finer_count)
        ]

    def clean(self) -> Values:
        cleaned = super().clean() or {}
        for part in PARTS:
            cleaned[part.notice] = cleaned.get(part.notice) or 0
            self._notice_before_the_end(cleaned.get(part.name), cleaned[part.notice], part.name, part.notice)
            if part.is_optional and cleaned.get(part.name) is None and part.name not in self.errors:
                cleaned[part.notice] = 0
        finer: list[list[Any]] = []
        for number in range(self.finer_count):
            self._clean_finer(f"finer_{number}", cleaned, finer)
        cleaned["finer"] = sorted(finer)
        return cleaned

    def _clean_finer(self, name: str, cleaned: Values, finer: list[list[Any]]) -> None:
        lane, tier, minutes, notice = (cleaned.pop(f"{name}_{p}", None) for p in ("lane", "tier", "promise", "notice"))
        if minutes is None:
            return
        if not lane or not tier:
            self.add_error(f"{name}_{'tier' if lane else 'lane'}", _("For which lane and which tier?"))
        elif [lane, tier] in [one[:2] for one in finer]:
            self.add_error(f"{name}_tier", _("This lane and tier is there twice."))
        self._notice_before_the_end(minutes, notice or 0, f"{name}_promise", f"{name}_notice")
        finer.append([lane or "", tier or "", minutes, notice or 0])

    def _notice_before_the_end(self, minutes: int | None, notice: int, field: str, notice_field: str) -> None:
        if minutes == 0:
            self.add_error(field, _("At least a minute: nobody can be faster than at once."))
        elif minutes and notice >= minutes:
            self.add_error(
                notice_field, _("Notice comes before the end: less than %(span)s.") % {"span": said_span(minutes)}
            )


class Promises(Kind):
    slug = "promises"
    model = SLAClause
    form = PromisesForm
    title = gettext_lazy("Promises")
    one = gettext_lazy("promises")
    about = gettext_lazy(
        "How fast each lane is touched first and how fast sales answers, in working time of the team that owes it. "
        "A change is another version of the agreement: every lead is judged by the one in force when it came in."
    )
    may_add = False
    fields_template = "leads/settings/promises.html"

    def groups(self, *, at: datetime) -> list[Group]:
        values = self.read(ONE) or {}
        touches = [self._row(part, values) for part in FIRST_TOUCHES]
        for lane, tier, minutes, notice in values["finer"]:
            touches.append(Row(ONE, clause_name(Clause.FIRST_TOUCH, lane, tier), self._figures(minutes, notice)))
        return [
            Group(_("First touch"), _("from the moment a lead comes in, by lane"), touches, add=None),
            Group(
                _("Sales and managers"),
                _("from the hand-off, the meeting, the disqualifying"),
                [self._row(part, values) for part in ANSWERS],
                add=None,
            ),
            Group(_("Versions"), _("what each says otherwise than the one before"), list(_version_rows(at)), add=None),
        ]

    def _row(self, part: Part, values: Values) -> Row:
        return Row(ONE, part.label, self._figures(values[part.name], values[part.notice]))

    def _figures(self, minutes: int | None, notice: int) -> tuple[tuple[str, str], ...]:
        if minutes is None:
            return ((_("no promise"), ""),)
        return ((f"{said_span(minutes)} · {self._say_notice(notice)}", ""),)

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        if pk != ONE:
            return None
        if lock:
            lock_agreement()
        clauses = SLAClause.objects.filter(version=AgreementVersion.objects.in_force())
        by_key = {(clause.kind, clause.lane, clause.tier): clause for clause in clauses}
        values: Values = {}
        for part in PARTS:
            clause = by_key.get((part.kind, part.lane, ""))
            values[part.name] = clause.minutes if clause else None
            values[part.notice] = clause.notice_minutes if clause else 0
        values["finer"] = sorted(
            [clause.lane, clause.tier, clause.minutes, clause.notice_minutes]
            for (kind, lane, tier), clause in by_key.items()
            if kind == Clause.FIRST_TOUCH and lane and tier
        )
        return values

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        wanted = {(part.kind, part.lane, ""): (new[part.name], new[part.notice]) for part in PARTS}
        touch = Clause.FIRST_TOUCH.value
        wanted |= {(touch, lane, tier): (None, 0) for lane, tier, *_rest in old["finer"]}
        wanted |= {(touch, lane, tier): (minutes, notice) for lane, tier, minutes, notice in new["finer"]}
        for minutes, notice in wanted.values():
            if minutes is not None and notice >= minutes:
                raise SettingRefused(
                    _("Notice comes before the end: less than %(span)s.") % {"span": said_span(minutes)}
                )

        def alter(draft: AgreementVersion) -> None:
            there = SLAClause.objects.filter(version=draft)
            number = there.aggregate(last=Max("number"))["last"] or 0
            for (kind, lane, tier), (minutes, notice) in wanted.items():
                clauses = there.filter(kind=kind, lane=lane, tier=tier)
                if minutes is None:
                    clauses.delete()
                    continue
                if clauses.update(minutes=minutes, notice_minutes=notice):
                    continue
                number += 1
                SLAClause.objects.create(
                    version=draft, number=number, kind=kind, lane=lane, tier=tier, minutes=minutes,
                    notice_minutes=notice,
                )  # fmt: skip

        publish(alter, by=by, at=at, note=_("Promises"))
        return ONE

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        number = AgreementVersion.objects.in_force().number + 1
        found = [
            Touch(
                _("Version %(number)s of the agreement is in force from the moment you save") % {"number": number},
                _("whoever comes in from then on is judged by it"),
            )
        ]
        found += self._who_comes(old, new, at=at)
        found += _warnings(new)
        return found

    def _who_comes(self, old: Values, new: Values, *, at: datetime) -> Iterator[Touch]:
        differ = {name for name in new if old.get(name) != new.get(name)}
        parts = [part for part in PARTS if part.name in differ or part.notice in differ]
        lanes = {part.lane for part in parts if part.lane}
        # Rows that are in only one of the two lists.
        finer = [one for one in [*old["finer"], *new["finer"]] if one not in old["finer"] or one not in new["finer"]]
        clocks = Clock.objects.running()
        stay = clocks.filter(kind__in=[part.kind for part in parts if not part.lane]).count()
        if lanes or finer:
            came = _of_these(Lead.objects.all(), lanes, finer, "")
            count = came.filter(first_queued_at__gt=at - WEEK, first_queued_at__lte=at).count()
            yield Touch(
                ngettext(
                    "%(count)d lead came in here in the last 7 days: so many a week get the new promise",
                    "%(count)d leads came in here in the last 7 days: so many a week get the new promise",
                    count,
                )
                % {"count": count},
                ", ".join(
                    dict.fromkeys(
                        [
                            *(str(lane.label) for lane in Lane if lane.value in lanes),
                            *(clause_name(Clause.FIRST_TOUCH, *one[:2]) for one in finer),
                        ]
                    )
                ),
            )
            stay += _of_these(clocks.filter(kind=Clause.FIRST_TOUCH), lanes, finer, "lead__").count()
        yield Touch(
            ngettext(
                "%(count)d running promise of these stays as it was judged",
                "%(count)d running promises of these stay as they were judged",
                stay,
            )
            % {"count": stay},
            _("no moment that was promised moves, and nothing that was kept becomes a miss"),
        )

    def names(self, pks: set[int]) -> dict[int, str]:
        return {pk: _("the promises") for pk in pks}

    def name_of(self, pk: int | None, values: Values) -> str:
        return str(self.title)

    def label_of(self, name: str) -> str:
        if part := BY_NOTICE.get(name):
            return _("%(promise)s, notice before the end") % {"promise": part.label}
        part = BY_NAME.get(name)
        return part.label if part else _("Promised otherwise by tier")

    def say(self, name: str, value: Any, names: Names) -> str:
        if name == "finer":
            said = [
                f"{clause_name(Clause.FIRST_TOUCH, lane, tier)}: {said_span(minutes)} ({self._say_notice(notice)})"
                for lane, tier, minutes, notice in value or []
            ]
            return "; ".join(said) or _("no tier")
        if name in BY_NOTICE:
            return self._say_notice(value)
        return _("no promise") if value is None else said_span(value)

    def _say_notice(self, minutes: int | None) -> str:
        return _("notice %(span)s before") % {"span": said_span(minutes)} if minutes else _("no notice")


def _of_these(rows: QuerySet[Any], lanes: set[str], finer: list[list[Any]], path: str) -> QuerySet[Any]:
    """Those in one of these lanes, or in lane and tier of one of these rows."""
    which = Q(**{f"{path}lane__in": lanes})
    for lane, tier, *_rest in finer:
        which |= Q(**{f"{path}lane": lane, f"{path}tier": tier})
    return rows.filter(which)


def _warnings(new: Values) -> Iterator[Touch]:
    """What may be, and is seldom meant."""
    for fast, slow in pairwise(PROMISED_LANES):
        if new[fast] > new[slow]:
            yield Touch(
                _("“%(fast)s” waits longer than “%(slow)s”") % {"fast": fast.label, "slow": slow.label},
                _("%(first)s against %(second)s") % {"first": said_span(new[fast]), "second": said_span(new[slow])},
                warns=True,
            )
    lanes = {lane.value: new.get(lane.value) for lane in Lane}
    for lane, tier, minutes, _notice in new["finer"]:
        whole = lanes.get(lane)
        if whole and minutes > whole:
            yield Touch(
                _("“%(tier)s” waits longer than the rest of its lane")
                % {"tier": clause_name(Clause.FIRST_TOUCH, lane, tier)},
                _("%(first)s against %(second)s") % {"first": said_span(minutes), "second": said_span(whole)},
                warns=True,
            )


def _version_rows(at: datetime) -> Iterator[Row]:
    for place, published in enumerate(latest_versions()):
        version = published.version
        who = version.published_by.name if version.published_by else _("the installation")
        day = day_words(version.published_at, now=at, midline=True) if version.published_at else ""
        figures = [(_("in force"), "")] if not place else []
        words = " · ".join(published.differs)
        yield Row(
            version.pk,
            _("Version %(number)s") % {"number": version.number},
            (*figures, (_("%(day)s, %(who)s") % {"day": day, "who": who}, "")),
            soft=words or (_("nothing differs") if version.number > 1 else _("what the installation agreed")),
            is_retired=True,
        )
