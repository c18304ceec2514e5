"""What a marketer says of a file: which it is, what its columns become, and what it cannot say itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.core.files import File
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.domains import DATA
from accounts.models import CustomField
from accounts.normalise import folded
from agreement.models import Lane, Reason
from leads.imports import NEEDS_DATE_FORMAT, NEEDS_SOURCE, OTHER, Mapping, Meaning, delimiter_choices, targets_of
from leads.intake.reading import ENCODINGS, Column, Profile
from leads.intake.values import (
    AMBIGUOUS,
    DATE_FORMATS,
    NUMBER_FORMATS,
    BadValue,
    date_choices,
    number_choices,
    parse_date,
    parse_decimal,
)
from leads.models import Engagement, Import

UPLOAD_MAX_BYTES = 2 * 1024**3
STATUS_VALUES_MAX = 50
EMPTY_MAX = 30


# Rep-sourced is what a rep finds herself, never what a file brings.
LANES_OF_FILES = [(lane.value, lane.label) for lane in Lane if lane is not Lane.REP_SOURCED]


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("The file is of"),
        choices=[("", gettext_lazy("People or companies, as its columns say")), *Import.Kind.choices],
        required=False,
        widget=forms.RadioSelect,
        initial="",
    )
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("Comma, semicolon or tab, in any encoding."),
        max_length=1000,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )

    def clean_file(self) -> File:
        file: File = self.cleaned_data["file"]
        if file.size > UPLOAD_MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 2 GB."))
        return file


class LayoutForm(forms.Form):
    """How the file is written, where it does not say so itself."""

    encoding = forms.ChoiceField(label=gettext_lazy("Letters are written in"))
    delimiter = forms.ChoiceField(label=gettext_lazy("Columns are divided by"))

    def __init__(self, *args: Any, profile: Profile, **kwargs: Any) -> None:
        kwargs["initial"] = {"encoding": profile.encoding, "delimiter": profile.delimiter}
        kwargs["prefix"] = "layout"
        super().__init__(*args, **kwargs)
        names = list(dict.fromkeys([profile.encoding, *ENCODINGS]))
        self.fields["encoding"].choices = [(name, name.upper()) for name in names]  # type: ignore[attr-defined]
        self.fields["delimiter"].choices = delimiter_choices()  # type: ignore[attr-defined]
        # A tab would be trimmed away.
        self.fields["delimiter"].clean = lambda value: value if value in dict(delimiter_choices()) else ","  # type: ignore[method-assign]


class ColumnRow(NamedTuple):
    """One line of the columns page."""

    column: Column
    share: int
    example: str
    target: forms.BoundField
    format: forms.BoundField | None
    late: forms.BoundField
    when_new: str
    when_format: str
    # How dates or numbers are written where only one way fits.
    shape: str
    is_ignored: bool
    why: str


class ColumnsForm(forms.Form):
    """A select a column. Fields that do not exist yet are chosen by their kind and bear the column's name."""

    ids_from = forms.CharField(
        label=gettext_lazy("Outside ids come from"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("The system's name, such as HubSpot; the same name next time finds the same people."),
    )
    empty = forms.CharField(
        label=gettext_lazy("Values that mean nothing, one a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
    )
    phone_country = forms.ChoiceField(label=gettext_lazy("Numbers without a country are from"), required=False)
    letters_seen = forms.BooleanField(label=gettext_lazy("The letters look right"), required=False)

    def __init__(
        self, *args: Any, run: Import, profile: Profile, mapping: Mapping, own: Sequence[CustomField], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.run, self.profile, self.mapping, self.own = run, profile, mapping, own
        sources = [column["source"] for column in mapping.columns if column.get("source")]
        self.named = sources
        names = [column["source_name"] for column in mapping.columns if column.get("source_name")]
        if run.kind == Import.Kind.COMPANIES:
            self.fields["ids_from"].help_text = _(
                "The system's name, such as HubSpot; the same name next time finds the same companies."
            )
        self.initial["ids_from"] = (names or sources or [""])[0]
        self.initial["empty"] = "\n".join(mapping.empty)
        self.initial["phone_country"] = mapping.phone_country
        self.fields["phone_country"].choices = [("", _("unknown: kept as written")), *countries()]  # type: ignore[attr-defined]
        self.fields["letters_seen"].required = profile.encoding_guessed
        self._shapes: dict[int, str] = {}
        self._only: dict[int, str] = {}
        for at, (column, decided) in enumerate(zip(profile.columns, mapping.columns, strict=True)):
            self._add_column(at, column, decided)

    def _add_column(self, at: int, column: Column, decided: dict[str, Any]) -> None:
        self.fields[f"c{at}"] = forms.ChoiceField(
            choices=self._choices(), required=False, initial=_chosen(decided), label=column.name
        )
        self.fields[f"n{at}"] = forms.BooleanField(
            required=False, initial=bool(decided.get("new", {}).get("not_for_scores")), label=_("Not for scores")
        )
        formats = format_choices(column.samples)
        self._shapes[at] = formats[0][1] if formats else ""
        if len(formats) > 1:
            chosen = decided.get("format", "")
            if chosen in ("", AMBIGUOUS):
                formats = [(AMBIGUOUS, _("Choose how it is written…")), *formats]
            known = [key for key, _label in formats]
            self.fields[f"f{at}"] = forms.ChoiceField(
                choices=formats,
                required=False,
                initial=chosen if chosen in known else known[0],
                label=_("How %(column)s is written") % {"column": column.name},
                widget=forms.Select(attrs={"aria-label": _("How %(column)s is written") % {"column": column.name}}),
            )
        elif formats:
            self._only[at] = formats[0][0]

    def _choices(self) -> list[Any]:
        if not hasattr(self, "_all"):
            fields = [(key, label) for key, label in targets_of(self.run.kind).items()]
            own = [(f"custom:{field.key}", field.label) for field in self.own]
            new = [
                ("new:text", _("Own field, text")),
                ("new:number", _("Own field, number")),
                ("new:date", _("Own field, date")),
                ("new:boolean", _("Own field, yes or no")),
                ("new:choice", _("Own field, one of a list")),
            ]
            self._all: list[Any] = [("", _("Leave out")), (_("Fields"), fields), (_("A new field of your own"), new)]
            if own:
                self._all.append((_("Your own fields"), own))
        return self._all

    def rows(self) -> Iterator[ColumnRow]:
        total = max(self.profile.rows - self.profile.bad_rows, 1)
        for at, (column, decided) in enumerate(zip(self.profile.columns, self.mapping.columns, strict=True)):
            yield ColumnRow(
                column=column,
                share=round(100 * column.filled_beside(self.mapping.empty) / total),
                example=next((value for value in column.samples if value not in self.mapping.empty), ""),
                target=self[f"c{at}"],
                format=self[f"f{at}"] if f"f{at}" in self.fields else None,
                late=self[f"n{at}"],
                when_new=f"c{at}=new:text new:number new:date new:boolean new:choice status",
                when_format=f"c{at}={self._written_somehow()}",
                shape=self._shapes[at],
                is_ignored=decided.get("target") == "protected",
                why=decided.get("why", ""),
            )

    def new_fields(self) -> list[str]:
        """Columns that become a field of one's own that does not exist yet, unless something else is chosen."""
        return [
            column.name
            for at, column in enumerate(self.profile.columns)
            if str(self[f"c{at}"].value() or "").startswith("new:")
        ]

    def left_out(self) -> list[str]:
        """Columns that become nothing by themselves, and why."""
        words = {
            (False, False): _("“%(column)s” has no name and no value: nothing is lost by leaving it out."),
            (False, True): _("“%(column)s” has no name: it is left out unless you choose what it becomes."),
            (True, False): _("“%(column)s” has no value in any row: it is left out unless you choose."),
        }
        empty = self.mapping.empty
        filled = [(column, column.filled_beside(empty) > 0) for column in self.profile.columns]
        bare = [(column, has_some) for column, has_some in filled if not column.named or not has_some]
        return [words[column.named, has_some] % {"column": column.name} for column, has_some in bare]

    def _written_somehow(self) -> str:
        """The choices whose values are written one way or another."""
        own = [f"custom:{field.key}" for field in self.own if field.type in ("date", "number")]
        return " ".join(
            ["new:date", "new:number", "moment", "contract_ends_on", "employees", "company_employees", *own]
        )

    def clean_ids_from(self) -> str:
        """The key of a system from its name as it was typed: case, spaces and accents make no other system."""
        typed: str = self.cleaned_data["ids_from"]
        if typed in self.named:
            return typed
        key = slugify(folded(typed))
        if typed and not key:
            raise forms.ValidationError(_("Say it with letters or digits."))
        return key

    def clean_empty(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["empty"].splitlines()]
        return list(dict.fromkeys(line for line in lines if line))[:EMPTY_MAX]

    def clean(self) -> dict[str, Any]:
        read = super().clean() or {}
        if not self.errors:
            self.decided = self._mapping(read)
        return read

    def refuse(self, why: str) -> None:
        """Why the file cannot be read so, above the table; where a field below it is missing, also there."""
        needing = [at for at, column in enumerate(self.decided.columns) if column["target"] in NEEDS_SOURCE]
        self.add_error(None, why)
        if needing and not self.decided.columns[needing[0]]["source"]:
            column = self.profile.columns[needing[0]].name
            self.add_error("ids_from", _("Say which system “%(column)s” comes from.") % {"column": column})

    def _mapping(self, read: dict[str, Any]) -> Mapping:
        columns = []
        source, ids = read.get("ids_from", ""), 0
        for at, column in enumerate(self.profile.columns):
            decided = self._column(read, at, column)
            if decided["target"] in NEEDS_SOURCE:
                # A second id of the same system is another name for the same people.
                ids += decided["target"] == "external_id"
                second = f"{source}-{folded(column.name).replace(' ', '-')}"[:60] if source else ""
                if self.data.get("ids_from", "").strip() != source:
                    decided["source_name"] = self.data.get("ids_from", "").strip()
                decided["source"] = source if ids <= 1 or decided["target"] != "external_id" else second
            columns.append(decided)
        return Mapping(
            columns=columns, empty=read["empty"], phone_country=read["phone_country"], zone=self.mapping.zone
        )

    def _column(self, read: dict[str, Any], at: int, column: Column) -> dict[str, Any]:
        chosen, late = read.get(f"c{at}", ""), bool(read.get(f"n{at}"))
        before = self.mapping.columns[at]
        kind, _colon, rest = chosen.partition(":")
        if before.get("target") == "protected" and not chosen:
            return {"target": "protected"}
        decided: dict[str, Any] = {"target": kind}
        field_type = rest
        if kind == "new":
            decided = {"target": "custom", "new": self._new(before, column, rest, late)}
        elif kind == "custom":
            decided["key"] = rest
            field_type = next((field.type for field in self.own if field.key == rest), "")
        elif kind == "status":
            if before.get("key"):
                decided["key"] = before["key"]
            else:
                decided["new"] = {"label": column.name[:120], "type": "text", "not_for_scores": late}
        if kind in NEEDS_DATE_FORMAT or field_type == "date":
            decided["format"] = self._format(read, at, DATE_FORMATS, "iso")
        elif kind in ("employees", "company_employees") or field_type == "number":
            decided["format"] = self._format(read, at, NUMBER_FORMATS, "plain")
        return decided

    def _new(self, before: dict[str, Any], column: Column, type: str, late: bool) -> dict[str, Any]:
        guessed = before.get("new") or {}
        choices = guessed.get("choices") or [v for v in column.samples if v not in self.mapping.empty]
        return {
            "label": column.name[:120],
            "type": type,
            "choices": choices if type == "choice" else [],
            "not_for_scores": late,
        }

    def _format(self, read: dict[str, Any], at: int, formats: dict[str, Any], default: str) -> str:
        chosen: str = read.get(f"f{at}") or self._only.get(at, "")
        return chosen if chosen in formats or chosen == AMBIGUOUS else default


class AnswersForm(forms.Form):
    """The three things a file cannot say, and under which name its people are kept."""

    source = forms.CharField(
        label=gettext_lazy("They are here because of"),
        max_length=60,
        help_text=gettext_lazy("An event, a list, a campaign. It is shown with every lead."),
    )
    happened_at = forms.DateTimeField(
        label=gettext_lazy("When did it happen?"),
        help_text=gettext_lazy("The day of the event or of the list: how fresh their interest is counts from then."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
    )
    engagement_kind = forms.ChoiceField(label=gettext_lazy("What did they do?"), choices=Engagement.Kind.choices)
    lane = forms.ChoiceField(
        label=gettext_lazy("How fast is somebody to answer?"), choices=LANES_OF_FILES, widget=forms.RadioSelect
    )
    pace = forms.ChoiceField(
        label=gettext_lazy("When do they become leads?"), choices=Import.Pace.choices, widget=forms.RadioSelect
    )
    per_day = forms.IntegerField(
        label=gettext_lazy("How many a working day"), min_value=1, max_value=10_000, required=False
    )

    def __init__(
        self,
        *args: Any,
        run: Import,
        mapping: Mapping,
        values: dict[str, int],
        meanings: dict[str, str],
        as_in: Import | None = None,
        is_again: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if as_in is not None:
            self.fields["happened_at"].help_text = _moment_words(as_in, is_again=is_again)
        self.today = run.created_at
        self.run, self.values = run, list(values.items())[:STATUS_VALUES_MAX]
        if run.kind == Import.Kind.COMPANIES:
            for name in ("happened_at", "engagement_kind", "lane", "pace", "per_day"):
                del self.fields[name]
        elif mapping.has("moment"):
            self.fields["happened_at"].label = _("When did it happen, where the column is empty?")
        choices = meaning_choices(run.kind)
        for number, (value, _count) in enumerate(self.values):
            self.fields[f"m{number}"] = _meaning_field(value, choices, meanings.get(value, ""), kind=run.kind)
        label = _("Any other value") if self.values else _("Everybody in this file")
        first = Meaning.NEW_LEAD if not self.values else Meaning.PERSON
        self.fields["other"] = forms.ChoiceField(label=label, choices=choices, initial=meanings.get(OTHER, first))

    def meaning_rows(self) -> Iterator[tuple[forms.BoundField, int | None]]:
        for number, (_value, count) in enumerate(self.values):
            yield self[f"m{number}"], count
        yield self["other"], None

    def clean(self) -> dict[str, Any]:
        read = super().clean() or {}
        if read.get("pace") == Import.Pace.PER_DAY and not read.get("per_day"):
            self.add_error("per_day", _("Say how many a day."))
        happened_at: datetime | None = read.get("happened_at")
        if happened_at is not None and happened_at > timezone.now():
            self.add_error("happened_at", _("It cannot have happened in the future."))
        return read

    def meanings(self) -> dict[str, str]:
        read = self.cleaned_data
        said = {value: read[f"m{number}"] for number, (value, _count) in enumerate(self.values)}
        return said | {OTHER: read["other"]}


def _moment_words(earlier: Import, *, is_again: bool) -> str:
    """What it means to say the moment of the earlier import of this source, or another one."""
    if is_again:
        words = _(
            "As in import #%(number)d, from the same source: its people stand in this file, too, and it counts once for"
            " them. If it happened again since, say when: then it counts once more."
        )
    else:
        words = _(
            "Import #%(number)d, from the same source, told of %(moment)s. With that moment it counts once for whoever"
            " is in both files; with another one it happened again and counts once more."
        )
    moment = earlier.happened_at
    return words % {
        "number": earlier.pk,
        "moment": date_format(timezone.localtime(moment), pgettext("date format: day and time", "j M Y H:i"))
        if moment
        else "",
    }


def _meaning_field(value: str, choices: list[Any], guess: str, *, kind: str) -> forms.ChoiceField:
    """Where nothing is guessed nothing is chosen; a company is a prospect unless it is a customer."""
    known = {key for key, label in choices if not isinstance(label, list)}
    known |= {key for _group, named in choices if isinstance(named, list) for key, _label in named}
    if guess not in known:
        guess = guess.partition(":")[0]
    if kind == Import.Kind.COMPANIES and guess != Meaning.CUSTOMER:
        guess = Meaning.PERSON
    return forms.ChoiceField(
        label=value or _("(empty)"),
        choices=choices if guess else [("", _("Choose what it means…")), *choices],
        initial=guess,
        error_messages={"required": _("Choose what “%(value)s” means.") % {"value": value}},
    )


def meaning_choices(kind: str) -> list[Any]:
    """Recycled and disqualified name their reason at once."""
    if kind == Import.Kind.COMPANIES:
        return [(Meaning.PERSON.value, _("Prospect")), (Meaning.CUSTOMER.value, Meaning.CUSTOMER.label)]
    choices: list[Any] = [
        (meaning.value, meaning.label) for meaning in (Meaning.NEW_LEAD, Meaning.PERSON, Meaning.CUSTOMER)
    ]
    reasons = list(Reason.objects.in_use().filter(kind__in=[Reason.Kind.RECYCLE, Reason.Kind.DISQUALIFY]))
    for meaning, of in ((Meaning.RECYCLED, Reason.Kind.RECYCLE), (Meaning.DISQUALIFIED, Reason.Kind.DISQUALIFY)):
        named = [(f"{meaning.value}:{one.key}", f"{meaning.label}: {one.label}") for one in reasons if one.kind == of]
        choices.append((meaning.label, [(meaning.value, meaning.label), *named]))
    return choices


def format_choices(samples: Sequence[str]) -> list[tuple[str, str]]:
    """How the values of a column may be written, each with the first of them as it would be read."""
    values = [value.strip() for value in samples if value.strip()]
    days = [(key, f"{DATE_FORMATS[key].label}: {_as_day(values, key)}") for key in date_choices(values)]
    if days:
        return days
    keys = number_choices(values)
    if not keys:
        return []
    told = next((value for value in values if len({_number(value, key) for key in keys}) > 1), None)
    if told is None:
        # Every way reads the same: there is nothing to choose by, and the label of one of them would say nothing.
        value = next((value for value in values if _number(value, keys[0]) not in ("", value)), "")
        words = _("%(value)s is read as %(number)s") % {"value": value, "number": _number(value, keys[0])}
        return [(keys[0], words if value else "")]
    return [(key, f"{NUMBER_FORMATS[key].label}: {told} → {_number(told, key)}") for key in keys]


def countries() -> list[tuple[str, str]]:
    """Code and English name of every country."""
    lines = (DATA / "countries.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if line and not line.startswith("#")]
    return sorted(((row[0], row[2]) for row in rows if len(row) > 2), key=lambda row: row[1])


def _chosen(decided: dict[str, Any]) -> str:
    target: str = decided.get("target", "")
    if target == "protected":
        return ""
    if target != "custom":
        return target
    return f"custom:{decided['key']}" if decided.get("key") else f"new:{decided.get('new', {}).get('type', 'text')}"


def _as_day(values: Sequence[str], format: str) -> str:
    for value in values:
        try:
            return f"{value} → {parse_date(value, format):%-d %b %Y}"
        except BadValue:
            continue
    return ""


def _number(value: str, format: str) -> str:
    try:
        return str(parse_decimal(value, format))
    except BadValue:
        return ""
