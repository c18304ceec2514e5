"""Which leads a manager looks at, and where she moves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreement.models import Lane, Reason
from agreement.models.vocabulary import OPEN_PHASES
from leads.actions.moving import Target
from leads.actions.recycling_many import reasons_for_many
from leads.models import Lead
from leads.oversight.pool import Age
from leads.oversight.red import RED
from team.models import Role, Team, User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leads.models import BulkMove

ANY = ("", gettext_lazy("Any"))


class LeadFilter(forms.Form):
    """Read from the address. One that names what is not on offer is no error, and asks for nothing."""

    rep = forms.ChoiceField(
        label=gettext_lazy("Rep"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("No rep of this team: they have left it, or never were in it.")},
    )
    phase = forms.ChoiceField(
        label=gettext_lazy("Phase"),
        required=False,
        choices=[
            ANY,
            ("held", gettext_lazy("Held: in the pool for a rep, or worked")),
            *((p.value, p.label) for p in OPEN_PHASES),
        ],
    )
    lane = forms.ChoiceField(label=gettext_lazy("Lane"), required=False, choices=[ANY, *Lane.choices])
    band = forms.ChoiceField(
        label=gettext_lazy("Pool"),
        required=False,
        choices=[ANY, *((str(value), label) for value, label in Lead.Band.choices)],
    )
    tier = forms.ChoiceField(
        label=gettext_lazy("Tier"), required=False, choices=[ANY, *((tier, tier) for tier in "ABC")]
    )
    age = forms.ChoiceField(label=gettext_lazy("Waits in the pool"), required=False, choices=[ANY, *Age.choices])
    promise = forms.ChoiceField(
        label=gettext_lazy("First touch, 7 days"),
        required=False,
        choices=[ANY, ("met", gettext_lazy("In time")), ("missed", gettext_lazy("Not in time"))],
    )
    due = forms.ChoiceField(
        label=gettext_lazy("Due"),
        required=False,
        choices=[ANY, ("overdue", gettext_lazy("Overdue")), ("today", gettext_lazy("Later today"))],
    )
    steps = forms.ChoiceField(
        label=gettext_lazy("Steps of the rep"),
        required=False,
        choices=[ANY, ("overdue", gettext_lazy("Overdue")), ("today", gettext_lazy("Later today"))],
    )
    red = forms.ChoiceField(label=gettext_lazy("Red now"), required=False, choices=[ANY, *RED.items()])

    def __init__(self, *args: Any, reps: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = [(str(rep.pk), rep.name) for rep in reps]
        self.fields["rep"].choices = [ANY, ("none", _("Nobody")), *held]  # type: ignore[attr-defined]

    @property
    def names_nothing(self) -> bool:
        """Whether it names what is not there: then what else it names is not what was meant."""
        return not self.is_valid()

    @property
    def values(self) -> dict[str, str]:
        """What was chosen, and nothing where any of it is not there."""
        return {} if self.names_nothing else {name: value for name, value in self.cleaned_data.items() if value}


class ReasonForm(forms.Form):
    """Why many leads sleep: of the reasons those that need no facts about each."""

    reason = forms.ModelChoiceField(
        Reason.objects.none(),
        label=gettext_lazy("Reason"),
        empty_label=gettext_lazy("choose a reason"),
        error_messages={"required": gettext_lazy("Choose why.")},
    )

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        reasons = reasons_for_many()
        self.fields["reason"].queryset = reasons  # type: ignore[attr-defined]
        self.fields["reason"].initial = reasons.first()


class TargetForm(forms.Form):
    """To a rep, to an account executive, to the pool, to another team."""

    to = forms.ChoiceField(
        label=gettext_lazy("Move to"), error_messages={"required": gettext_lazy("Choose where they go.")}
    )

    def __init__(
        self, *args: Any, team: Team, reps: Sequence[User], aes: Sequence[User], teams: Sequence[Team], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.reps = reps
        self.targets: dict[str, Target] = {"pool": Target()}
        self.targets |= {f"rep-{rep.pk}": Target(user=rep) for rep in reps}
        self.targets |= {f"ae-{ae.pk}": Target(user=ae, side="ae") for ae in aes}
        self.targets |= {f"team-{other.pk}": Target(team=other) for other in teams}
        choices: list[Any] = [
            ("", _("Move to…")),
            ("pool", _pool_of(team)),
            (_("A rep"), [(f"rep-{rep.pk}", rep.name) for rep in reps]),
        ]
        if aes:
            choices.append((_("An account executive"), [(f"ae-{ae.pk}", ae.name) for ae in aes]))
        if teams:
            others = [(f"team-{other.pk}", _pool_of(other)) for other in teams]
            choices.append((_("Another team"), others))
        self.fields["to"].choices = choices  # type: ignore[attr-defined]

    @property
    def target(self) -> Target:
        return self.targets[self.cleaned_data["to"]]

    @property
    def words(self) -> str:
        """Where they go, as a part of a sentence."""
        target = self.target
        if target.user is not None:
            return target.user.name
        return str(dict(self.flat)[self.cleaned_data["to"]])

    @property
    def flat(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for value, label in self.fields["to"].choices:  # type: ignore[attr-defined]
            found += label if isinstance(label, list | tuple) else [(value, label)]
        return found


def where_of(move: BulkMove) -> str:
    """Where many leads go, as a part of a sentence."""
    return move.to.name if move.to else _pool_of(move.to_team or move.team)


def _pool_of(team: Team) -> str:
    return _("the pool of %(team)s") % {"team": team}


def target_form(team: Team, data: Any = None) -> TargetForm:
    """With everybody who could receive: three queries, for any number of leads."""
    return TargetForm(
        data,
        team=team,
        reps=list(User.objects.active().with_role(Role.BDR, team).order_by("name", "pk")),
        aes=list(User.objects.active().with_role(Role.AE).order_by("name", "pk")),
        teams=list(Team.objects.filter(retired_at=None).exclude(pk=team.pk).order_by("name")),
    )
