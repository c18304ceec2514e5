"""The demo company: whole, sound, the same every time, and at work whenever somebody looks."""

import stat
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.domains import is_reserved
from accounts.models import Account, ContactPoint, Person
from agreement.models import Phase, Stage, StepKind
from content.models import Asset, Topic
from leads.actions.claiming import take_next
from leads.actions.handing import ae_in_turn
from leads.checking import check_all
from leads.demo import named
from leads.demo.cast import make_cast
from leads.demo.making import catch_up
from leads.demo.named import NAMED
from leads.demo.words import PLACES, VENDORS
from leads.her_clock import is_callable_in, weekend_of, weekend_worked
from leads.models import Engagement, HandOff, Lead, LeadEvent, Recycling, SecondLook, Step
from leads.queue import Wanted, queue_of
from team.calendars import forget_kept_calendars
from team.models import Installation, Team, User
from team.worktime import is_working
from tests.make import make_user

ZONE = "America/New_York"
# Everything a pursuit can end as, but what only merging and erasing bring about.
ENDS = {"won", "lost", "disqualified", "do_not_contact", "woken"}


@pytest.fixture(autouse=True)
def _no_calendar_of_another_database():
    forget_kept_calendars()
    yield
    forget_kept_calendars()


@pytest.fixture
def here(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


def _told_as_the_page_says():
    """What docs/demo.md says of those whom it names."""
    by_name = {}
    for lead in Lead.objects.select_related("person").order_by("pk"):
        by_name.setdefault(lead.person.family_name, []).append(lead)
    last = {one: by_name[one.family][-1] for one in NAMED if one.family in by_name}
    now = timezone.now()
    assert last[named.PLANNER].phase == Phase.QUALIFIED
    assert last[named.PLANNER].due_at > now
    assert last[named.PLANNER].previous.recyclings.get().category == "no_authority"
    assert Engagement.objects.filter(person=last[named.PLANNER].person, kind="downloaded").count() == 14
    fans = Engagement.objects.filter(person__family_name__in=[one.family for one in named.SYSADMINS])
    assert fans.count() > 70
    assert [last[one].phase for one in (named.SIGNS, named.PLANS, named.ADVISES)] == ["accepted", "working", "nurture"]
    assert last[named.PLANS].steps.open().get().held_from is not None
    contract = last[named.IN_CONTRACT].recyclings.get()
    assert (contract.contract_ends_on - now.date()).days in (96, 97)
    # Nobody has a contract with a whiteboard.
    in_contract = Account.objects.filter(contract_ends_on__isnull=False).values_list("incumbent", flat=True)
    assert set(in_contract) <= set(VENDORS)
    assert last[named.IN_CONTRACT].wake_at < now + timedelta(days=9)
    assert named.CUSTOMER not in last
    assert last[named.NEVER_THERE].hand_offs.filter(state="no_show").count() == 2
    assert [last[one].phase for one in (named.CANNOT_SIGN, named.CAN_SIGN)] == ["nurture", "qualified"]
    assert last[named.CAN_SIGN].due_at > now
    assert (last[named.OPTED_OUT].closed_as, last[named.OPTED_OUT].attempts) == ("do_not_contact", 4)
    waiting = HandOff.objects.unanswered().filter(ae__email__startswith="per@", respond_by__lt=now)
    assert {one.lead for one in waiting} == {last[one] for one in named.WAITING}
    chloe = User.objects.get(email__startswith="chloe@")
    assert chloe.absences.filter(starts_at__lt=now, cover=None).exists()
    assert Step.objects.open().of(chloe).count() == 11
    return True


def test_the_demo_shows_everything_and_keeps_every_promise(client, db, here):
    told = StringIO()
    call_command("demo", "--today", stdout=told)
    now = timezone.now()

    logins = [line.split() for line in told.getvalue().splitlines() if "@" in line]
    known = [words[-2].partition("@")[0] for words in logins]
    assert known == ["ana", "ben", "clara", "milo", "mona", "ada", "per", "ines", "tomas"]
    # With whom the next meeting is proposed is somebody to sign in as.
    assert ae_in_turn(team_id=Team.objects.get(is_default=True).pk, at=now).email in {words[-2] for words in logins}
    for *_name, email, password in logins:
        assert authenticate(email=email, password=password) is not None
    assert stat.S_IMODE((here / "demo-logins.json").stat().st_mode) == 0o600

    assert (Person.objects.count(), Account.objects.count(), Topic.objects.count()) == (348, 218, 5)
    assert Asset.objects.count() >= 12
    addresses = ContactPoint.objects.filter(kind="email").values_list("normalised", flat=True)
    assert all(is_reserved(address.rpartition("@")[2]) for address in addresses)

    phases = Counter(Lead.objects.values_list("phase", flat=True))
    assert set(phases) == set(Phase.values)
    assert 80 <= phases[Phase.QUEUED] <= 100
    assert 50 <= phases[Phase.NURTURE] <= 100
    assert set(Stage.objects.values_list("pk", flat=True)) <= set(Lead.objects.values_list("stage", flat=True))
    assert set(Lead.objects.values_list("closed_as", flat=True)) == {"", *ENDS}
    asleep = Lead.objects.filter(phase=Phase.NURTURE)
    categories = set(Recycling.objects.filter(lead__in=asleep).values_list("category", flat=True))
    assert len(categories) == 7
    assert {"sent", "accepted", "rejected", "no_show"} <= set(HandOff.objects.values_list("state", flat=True))
    assert SecondLook.objects.filter(state=SecondLook.State.OPEN).exists()

    ana, ben = User.objects.get(email__startswith="ana@"), User.objects.get(email__startswith="ben@")
    assert all(12 <= Lead.objects.worked_by(rep).count() <= 20 for rep in (ana, ben))
    call_back = Step.objects.open().filter(kind=StepKind.CALL_BACK, assignee=ana).get()
    assert now < call_back.due_at < now + timedelta(minutes=15)
    meetings = HandOff.objects.accepted().filter(meeting_at__gt=now, meeting_at__lt=now + timedelta(minutes=65))
    assert 30 in [meeting.meeting_at.minute for meeting in meetings]
    assert Lead.objects.filter(phase=Phase.HANDED_OFF, due_at__lt=now, hand_offs__escalated_to__isnull=False).exists()
    of_today = ZoneInfo(ana.time_zone)
    back = Lead.objects.filter(previous__closed_as="woken", created_at__date=now.astimezone(of_today).date())
    wakes = asleep.filter(wake_at__lt=now + timedelta(hours=24))
    assert back.exists() or wakes.exists()

    assert LeadEvent.objects.filter(at__gt=now).count() == 0
    assert {name: ids for name, ids in check_all(at=timezone.now()).items() if ids} == {}

    asked = Engagement.objects.filter(kind="asked", at__gt=now - timedelta(minutes=4)).get()
    assert take_next(by=ben, at=now).person == asked.person
    for rep in (ana, ben):
        assert queue_of(rep, wanted=Wanted(), at=now, weekend=weekend_of(rep.pk, at=now)).callable_now > 0, rep

    client.force_login(User.objects.get(email__startswith="ada@"))
    for one in NAMED:
        found = client.get("/search/", {"q": one.name})
        assert one.name in found.text, one.name
    assert _told_as_the_page_says()

    people = Person.objects.count()
    again = StringIO()
    call_command("demo", stdout=again)
    assert [line.split() for line in again.getvalue().splitlines() if "@" in line] == logins
    assert Person.objects.count() == people

    # Where making it takes so long, somebody has looked at what came due meanwhile.
    late = now + timedelta(minutes=20)
    catch_up(at=late)
    assert {"clock_is_unwatched", "sweep_is_stale"} & {name for name, ids in check_all(at=late).items() if ids} == set()


def test_no_demo_is_made_where_users_are(db, here):
    make_user("somebody")
    with pytest.raises(CommandError, match="users of its own"):
        call_command("demo", stdout=StringIO())
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    "local",
    [
        "2027-03-02 03:10",
        "2027-03-02 00:02",
        "2027-03-02 23:50",
        "2027-03-07 11:00",
        "2027-03-05 23:30",
        "2027-03-02 17:20",
    ],
    ids=["night", "after midnight", "before midnight", "Sunday", "Friday night", "evening"],
)
def test_somebody_is_at_work_whenever_it_is_made(db, local):
    here = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(ZONE))
    at = here.astimezone(UTC)

    cast = make_cast(at=at, zone=ZONE)

    assert is_working(cast.office, at)
    assert is_working(cast.office, at + timedelta(minutes=60))
    assert f" {here.day} " in Installation.objects.get().calendar_shift


@pytest.mark.parametrize("moment", ["2027-03-06 03:00", "2027-03-07 21:00", "2027-03-03 12:00"])
def test_somebody_of_the_demo_is_called_at_any_hour_and_on_a_weekend_because_it_is_worked(db, moment):
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)

    cast = make_cast(at=at, zone="Europe/London")

    weekend = weekend_worked(cast.office, at=at)
    assert [place.city for place in PLACES if is_callable_in(place.zone, at=at, weekend=weekend)]
    assert all(day == at.date() for day in weekend)


def test_on_a_working_day_no_hours_are_moved(db):
    at = datetime(2027, 3, 2, 10, 0, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    cast = make_cast(at=at, zone=ZONE)
    assert is_working(cast.office, at)
    assert Installation.objects.get().calendar_shift == ""
