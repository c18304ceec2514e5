"""Whether tracks keep their promises. Reads only; where all is well, 0 of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import batched
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate

from accounts.actions.people import keys_of_email, suppressed_channels, suppression_key
from accounts.models import ContactPoint, PersonMerge, Suppression
from agreement.models import Phase
from content.models import Asset
from leads.models import Engagement, Lead, LeadEvent, Recycling, Step
from nurture.models import Enrolment, MailRules, Message, Passage, Sorting, Track, TrackMove, TrackNode
from nurture.unfed import left_elsewhere
from nurture.untried import AT_ONCE, planned_by_flows, untried
from team.company_time import company_zone

# The system is late, not wrong, until a tick has had this long.
TICK_GRACE = timedelta(minutes=15)
DAY = timedelta(days=1)
# What nobody can try is looked for every hour.
HOURLY_GRACE = timedelta(hours=2)
NAMED_MAX = 1000
# Nobody comes to a step of hers so often within a day, whatever goes out of use or is set by hand meanwhile.
ANEW_MOST = 10

Kind, State = TrackNode.Kind, Enrolment.State


def check_tracks(*, at: datetime) -> dict[str, list[int]]:
    """The ids that break each promise, by the promise's name; at most a thousand of each."""
    return {check.__name__: list(check(at).values_list("pk", flat=True)[:NAMED_MAX]) for check in CHECKS}


def idle_in_a_track(at: datetime) -> QuerySet[Enrolment]:
    """Under way, due, and nobody has looked."""
    return Enrolment.objects.filter(state=State.ACTIVE, due_at__lt=at - TICK_GRACE)


def waits_for_nothing(at: datetime) -> QuerySet[Enrolment]:
    """At an e-mail that was never planned, or a step that nobody was given."""
    letters = Message.objects.filter(enrolment=OuterRef("pk"), node__key=OuterRef("node__key"))
    lost_letter = Q(node__kind=Kind.EMAIL) & ~Exists(letters) & Q(due_at__gt=at + DAY)
    lost_step = Q(node__kind=Kind.STEP, step=None)
    return Enrolment.objects.filter(lost_letter | lost_step, state=State.ACTIVE)


def stands_beside_its_step(at: datetime) -> QuerySet[Enrolment]:
    """Under way, with a step of theirs open that they do not wait for, for longer than a tick needs to see it."""
    theirs = (
        Step.objects.open()
        .filter(lead=OuterRef("lead"), made_by=Step.MadeBy.FLOW, created_at__gte=OuterRef("started_at"))
        .exclude(pk=Coalesce(OuterRef("step"), 0))
    )
    taken_back = LeadEvent.objects.filter(lead=OuterRef("lead"), verb="correct", at__gt=at - TICK_GRACE)
    return Enrolment.objects.under_way().filter(Exists(theirs), ~Exists(taken_back))


def ended_beside_its_step(at: datetime) -> QuerySet[Enrolment]:
    """Over by a step that was done or left out, which is open again: what did it was taken back, for longer than a tick
    needs to see it. The step is done or left out by hand."""
    taken_back = LeadEvent.objects.filter(lead=OuterRef("lead"), verb="correct", at__gt=at - TICK_GRACE)
    return Enrolment.objects.beside_an_open_step().filter(~Exists(taken_back))


def paused_for_what_was_taken_back(at: datetime) -> QuerySet[Enrolment]:
    """Paused for a step set by hand that was taken back, for longer than a tick needs to see it."""
    taken_back = LeadEvent.objects.filter(lead=OuterRef("lead"), verb="correct", at__gt=at - TICK_GRACE)
    return Enrolment.objects.to_resume().filter(~Exists(taken_back))


def planned_for_ever(at: datetime) -> QuerySet[Enrolment]:
    """Under way, and planned again and again at the step where she stands."""
    here = Passage.objects.filter(
        enrolment=OuterRef("pk"), node=OuterRef("node"), what=Passage.What.PLANNED, at__gt=at - DAY
    )
    often = here.order_by().values("node").annotate(n=Count("pk")).filter(n__gt=ANEW_MOST)
    return Enrolment.objects.under_way().filter(Exists(often))


def stands_in_another_version(at: datetime) -> QuerySet[Enrolment]:
    return Enrolment.objects.under_way().filter(node__isnull=False).exclude(node__version=F("version"))


def version_of_another_track(at: datetime) -> QuerySet[Enrolment]:
    return Enrolment.objects.exclude(version__track=F("track"))


def lead_of_another_person(at: datetime) -> QuerySet[Enrolment]:
    """But for who was merged since."""
    return (
        Enrolment.objects.under_way()
        .filter(lead__isnull=False, person__merged_into=None)
        .exclude(lead__person=F("person"))
    )


def awake_in_a_track(at: datetime) -> QuerySet[Enrolment]:
    """Worked, answered or gone for longer than a tick needs, and still in it."""
    woken = Lead.objects.filter(pk=OuterRef("lead"), closed_at__gt=at - TICK_GRACE)
    replied_or_new = Lead.objects.filter(person=OuterRef("person"), created_at__gt=at - TICK_GRACE)
    touched = Lead.objects.filter(pk=OuterRef("lead"), last_touched_at__gt=at - TICK_GRACE)
    said = Engagement.objects.filter(
        person=OuterRef("person"), kind=Engagement.Kind.REPLIED, recorded_at__gt=at - TICK_GRACE
    )
    is_hers = Q(kept=OuterRef("person")) | Q(merged=OuterRef("person"))
    merged = PersonMerge.objects.filter(is_hers, Q(at__gt=at - TICK_GRACE) | Q(undone_at__gt=at - TICK_GRACE))
    long_over = Enrolment.objects.over().filter(track__kind=Track.Kind.TRACK).exclude(
        person__erased_at__gt=at - TICK_GRACE
    )  # fmt: skip
    lately = Exists(woken) | Exists(replied_or_new) | Exists(touched) | Exists(said) | Exists(merged)
    return long_over.filter(~lately, started_at__lt=at - TICK_GRACE)


def asleep_and_not_looked_at(at: datetime) -> QuerySet[Recycling]:
    """Sleeps that nobody has sorted for a day, while a track runs that takes somebody by itself."""
    takes = Track.objects.running().filter(kind=Track.Kind.TRACK, is_by_hand=False)
    if not takes.exists():
        return Recycling.objects.none()
    sleeps = Recycling.objects.filter(undone_at=None, lead__phase=Phase.NURTURE, at__lt=at - DAY)
    return sleeps.filter(~Exists(Sorting.objects.filter(recycling=OuterRef("pk"))))


def left_to_a_track_that_was_over(at: datetime) -> QuerySet[Sorting]:
    return left_elsewhere().filter(at__lt=at - DAY)


def merged_out_of_its_track(at: datetime) -> QuerySet[Recycling]:
    """Sleeps whose track ended with a merge, and which nobody has sorted anew."""
    merged = Enrolment.objects.filter(
        lead=OuterRef("lead"), outcome=Enrolment.Outcome.MERGED, ended_at__gt=OuterRef("sorting__at"),
        ended_at__lt=at - DAY,
    )  # fmt: skip
    fed = Enrolment.objects.under_way().filter(lead=OuterRef("lead"))
    return Recycling.objects.filter(Exists(merged), ~Exists(fed), undone_at=None, lead__phase=Phase.NURTURE)


def asked_and_not_moved(at: datetime) -> QuerySet[TrackMove]:
    """Tracks whose people were to go on in another version, or to leave, a day ago: the log says why they did not."""
    under_way = Enrolment.objects.under_way().filter(version__track=OuterRef("track"))
    older = under_way.filter(version__number__lt=OuterRef("version__number"))
    left = Q(Exists(under_way), version=None) | Q(Exists(older), version__isnull=False)
    return TrackMove.objects.filter(left, asked_at__lt=at - DAY)


def left_behind_by_a_move(at: datetime) -> QuerySet[Enrolment]:
    """Who was to go on in another version, or to leave, a day ago: the log says why they could not."""
    moves = TrackMove.objects.filter(track=OuterRef("version__track"), asked_at__lt=at - DAY)
    theirs = moves.filter(Q(version=None) | Q(version__number__gt=OuterRef("version__number")))
    return Enrolment.objects.under_way().filter(Exists(theirs))


def held_out_and_fed(at: datetime) -> QuerySet[Enrolment]:
    return Enrolment.objects.filter(Exists(Message.objects.filter(enrolment=OuterRef("pk"))), is_held_out=True)


def planned_for_who_left(at: datetime) -> QuerySet[Message]:
    """Letters of a track that has ended for their person."""
    return Message.objects.filter(state=Message.State.PLANNED, enrolment__state=State.ENDED)


def planned_for_the_suppressed(at: datetime) -> QuerySet[Message]:
    """Longer than a tick needs to see it: by her own row, or by the key of any address of hers."""
    channels = [Suppression.Channel.EMAIL, Suppression.Channel.ALL]
    said = Suppression.objects.filter(channel__in=channels, at__lt=at - TICK_GRACE)
    due = Message.objects.filter(state=Message.State.PLANNED, due_at__lt=at - TICK_GRACE, kind=Message.Kind.NURTURE)
    keys = set(said.filter(person=None).values_list("key_hash", flat=True))
    by_key: set[int] = set()
    if keys:
        points = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, person__in=due.order_by().values("person"))
        for person, normalised in points.values_list("person_id", "normalised").iterator():
            if len(by_key) < NAMED_MAX and any(suppression_key(form) in keys for form in keys_of_email(normalised)):
                by_key.add(person)
    return due.filter(Exists(said.filter(person=OuterRef("person"))) | Q(person__in=by_key))


def step_that_nobody_can_try(at: datetime) -> QuerySet[Step]:
    """Open steps of plays and tracks that `why_not_tried` says no to, for longer than the hourly look needs to see it.
    Where a rule of mail has changed, it may be behind for so long."""
    late = at - HOURLY_GRACE
    lately = LeadEvent.objects.filter(lead=OuterRef("lead"), at__gt=late)
    whose = dict(planned_by_flows().filter(~Exists(lately)).order_by("pk").values_list("pk", "lead__person_id"))
    found: set[int] = set()
    for some in batched(whose, AT_ONCE):
        shut = untried(planned_by_flows().filter(pk__in=some), at=at)
        said = suppressed_channels({whose[step] for step in shut}, since=late) if shut else {}
        found.update(step for step in shut if whose[step] not in said)
        if len(found) >= NAMED_MAX:
            break
    return Step.objects.filter(pk__in=found)


def sent_after_it_expired(at: datetime) -> QuerySet[Message]:
    expired = Asset.objects.filter(pk=OuterRef("asset"), expires_on__lte=OuterRef("day"))
    left = (
        Message.objects.left()
        .filter(asset__isnull=False)
        .annotate(day=TruncDate("claimed_at", tzinfo=ZoneInfo(company_zone())))
    )
    return left.filter(Exists(expired))


def over_the_cap_of_a_day(at: datetime) -> QuerySet[Message]:
    """More letters of tracks to one person, or to one address, within twenty-four hours than the rules allow."""
    most = MailRules.objects.values_list("most_a_day", flat=True).first() or 1
    return _over_the_cap(at, within=DAY, most=most)


def over_the_cap_of_a_week(at: datetime) -> QuerySet[Message]:
    most = MailRules.objects.values_list("most_a_week", flat=True).first() or 3
    return _over_the_cap(at, within=7 * DAY, most=most)


def _over_the_cap(at: datetime, *, within: timedelta, most: int) -> QuerySet[Message]:
    """Of the last month: older ones went out under other rules."""
    letters = Message.objects.left().filter(kind=Message.Kind.NURTURE)

    def counted(by: str) -> Subquery:
        before = letters.filter(
            claimed_at__gt=OuterRef("claimed_at") - within, claimed_at__lte=OuterRef("claimed_at"), **{by: OuterRef(by)}
        )
        return Subquery(before.order_by().values(by).annotate(n=Count("pk")).values("n"))

    lately = letters.filter(claimed_at__gt=at - 30 * DAY).annotate(to_her=counted("person"), there=counted("to_hash"))
    return lately.filter(Q(to_her__gt=most) | Q(there__gt=most))


CHECKS: tuple[Callable[[datetime], QuerySet], ...] = (
    idle_in_a_track,
    waits_for_nothing,
    stands_beside_its_step,
    ended_beside_its_step,
    paused_for_what_was_taken_back,
    planned_for_ever,
    stands_in_another_version,
    version_of_another_track,
    lead_of_another_person,
    awake_in_a_track,
    asleep_and_not_looked_at,
    left_to_a_track_that_was_over,
    merged_out_of_its_track,
    asked_and_not_moved,
    left_behind_by_a_move,
    held_out_and_fed,
    planned_for_who_left,
    planned_for_the_suppressed,
    step_that_nobody_can_try,
    sent_after_it_expired,
    over_the_cap_of_a_day,
    over_the_cap_of_a_week,
)
