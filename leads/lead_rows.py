"""What the page of one lead asks the database: each question once, by a kept statement."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Case, Exists, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import JSONObject

from accounts.models import ContactPoint, Employment, Suppression, called
from agreement.models import Phase
from leads.models import Answer, Clock, HandOff, Lead, LeadEvent, Recycling, Step
from leads.models.handoff import away_until
from leads.seeing import in_block_of, seer_of, shape_of, standing_for
from team.calendars import calendar_of
from team.models import Installation, User
from team.prepared import Prepared
from team.prepared_objects import PreparedObjects

PEOPLE_SHOWN = 12
# The hand-off that the lead stands in: open, or the one that made it a deal.
STANDING = (*HandOff.OPEN_STATES, HandOff.State.QUALIFIED)


def lead_for_page(user: User, public_id: UUID, *, at: datetime) -> Lead | None:
    """The lead if this user may see it, with what belongs to it once: its clock, its open hand-off,
    until when its account executive is away."""
    found = LEADS.objects(shape=shape_of(user), lead=public_id, at=at, **seer_of(user))
    return found[0] if found else None


def _leads_of(roles: tuple[str, ...], *, lead: Any, at: Any, **seer: Any) -> QuerySet[Lead]:
    user = standing_for(roles, **seer)
    first = LeadEvent.objects.filter(lead=OuterRef("pk")).order_by("id").values("data")[:1]
    workable = Lead.objects.workable_by(user).filter(pk=OuterRef("pk"))
    return (
        Lead.objects.visible_to(user)  # type: ignore[misc]  # relations that are filtered have no type
        .filter(public_id=lead)
        .annotate(
            is_workable=Exists(workable),
            first_data=Subquery(first),
            preset=Subquery(Installation.objects.values("letters")[:1]),
            clock=FilteredRelation("clocks", condition=Q(clocks__state=Clock.State.RUNNING)),
            meeting=FilteredRelation("hand_offs", condition=Q(hand_offs__state__in=STANDING)),
            # Hers, by which her queue says who is callable.
            reader_hours=Subquery(calendar_of(user.pk).values(kept=JSONObject(calendar="pk", version="version"))[:1]),
            away_until=away_until(at=at, hand_off="meeting__"),
            **in_block_of(user),
        )
        .select_related(
            "person__interest", "account", "team__calendar", "stage", "bdr", "ae", "reason", "agreement",
            "clock", "meeting",
        )
        .order_by("-meeting__sent_at", "clock__due_at")[:1]
    )  # fmt: skip


def _recyclings_of(*, lead: int) -> QuerySet[Recycling]:
    standing = Recycling.objects.filter(lead=lead, undone_at=None).select_related("missing", "referred_to")
    return standing.order_by("-pk")[:1]


def _ended_hand_offs_of(*, lead: int) -> QuerySet[HandOff, Any]:
    """The last one, as `leads.came_back.HandedOff` keeps it."""
    last = HandOff.objects.filter(lead=lead).order_by("-id")
    return last.values_list("state", "reason__label", "ae__name", "meeting_at")[:1]


def _contacts_of(person: int) -> QuerySet[ContactPoint]:
    return ContactPoint.objects.filter(person=person).order_by("kind", "-is_primary", "pk")


class Job(NamedTuple):
    """Where somebody works now, and what she is there. A dozen colleagues are said by name and part."""

    person_id: int
    account_id: int
    title: str
    role: str
    given_name: str
    family_name: str
    known_by: str

    @property
    def name(self) -> str:
        return called(self.given_name, self.family_name, self.known_by)

    @property
    def role_label(self) -> str:
        return str(Employment.Role(self.role).label)


def _jobs_at(person: int, account: int | None = None) -> QuerySet[Employment, Any]:
    here = Q(person=person) if account is None else Q(person=person) | Q(account=account)
    known_first = Case(When(role=Employment.Role.UNKNOWN, then=Value(1)), default=Value(0))
    herself = Case(When(person=person, then=Value(0)), default=Value(1))
    current = Employment.objects.filter(here, is_current=True).order_by(herself, known_first, "-pk")
    said = ("person", "account", "title", "role", "person__given_name", "person__family_name", "person__known_by")
    return current.values_list(*said)[: PEOPLE_SHOWN + 1]


def _pursuits_of(roles: tuple[str, ...], *, person: int, people: list[int], **seer: Any) -> QuerySet[Lead]:
    """Every pursuit of hers, and what is open of the others."""
    seen = Lead.objects.visible_to(standing_for(roles, **seer)).filter(pk=OuterRef("pk"))
    wanted = Q(person=person) | (Q(person__in=people) & ~Q(phase=Phase.CLOSED))
    found = Lead.objects.filter(wanted).annotate(is_seen=Exists(seen)).select_related("bdr", "ae", "reason")
    return found.defer(*_UNSAID).order_by("-id")[:60]


# Of the people who work a pursuit only the name is said.
_UNSAID = [
    f"{who}__{field.name}"
    for who in ("bdr", "ae")
    for field in User._meta.concrete_fields
    if field.name not in ("id", "name")
]


def _steps_of(lead: int) -> QuerySet[Step]:
    return Step.objects.open().filter(lead=lead).select_related("assignee", "cadence").order_by("due_at", "id")


def _silence_of(person: int, keys: list[str]) -> QuerySet[Suppression, Any]:
    wanted = Q(person=person) | Q(key_hash__in=keys, person=None)
    return Suppression.objects.filter(wanted).values_list("channel")


LEADS = PreparedObjects(_leads_of)
RECYCLINGS = PreparedObjects(_recyclings_of)
ENDED_HAND_OFFS = Prepared(_ended_hand_offs_of)
SILENCE = Prepared(_silence_of)
CONTACTS = PreparedObjects(_contacts_of)
JOBS = Prepared(_jobs_at)
PURSUITS = PreparedObjects(_pursuits_of)
STEPS = PreparedObjects(_steps_of)
ANSWERS = PreparedObjects(lambda lead: Answer.objects.filter(lead=lead).order_by("-id")[:60])
