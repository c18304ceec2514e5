"""Smallest valid objects. A test names only the fields it is about."""

from datetime import UTC, datetime
from itertools import count

from accounts.models import Account, ContactPoint, Employment, Person
from accounts.search import index_people
from agreement.models import Criterion, Disposition, Lane, Phase, Reason
from content.actions.keeping import About, Made, add_asset
from content.models import Asset
from leads.actions.claiming import claim_lead
from leads.actions.closing import disqualify_lead
from leads.actions.entering import NewLead, open_leads
from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.actions.outcomes import record_qualified
from leads.actions.recycling import recycle_lead
from leads.models import Answer, Lead
from team.models import Calendar, CalendarWindow, Membership, Role, Team, User

# A Monday noon in working hours of a calendar in UTC.
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)

_n = count(1)


def make_calendar(*, time_zone="UTC", opens=8 * 60, closes=18 * 60, days=range(5), **fields):
    calendar = Calendar.objects.create(name=f"Calendar {next(_n)}", time_zone=time_zone, **fields)
    CalendarWindow.objects.bulk_create(
        CalendarWindow(calendar=calendar, weekday=day, opens=opens, closes=closes) for day in days
    )
    return calendar


def make_team(name=None, **fields):
    if "calendar" not in fields:
        fields["calendar"] = make_calendar()
    fields.setdefault("is_default", not Team.objects.filter(is_default=True).exists())
    return Team.objects.create(name=name or f"Team {next(_n)}", **fields)


def make_user(name, *roles, team=None, **fields):
    """`make_user("alice", Role.BDR, team=team)`; roles that need no team get none."""
    # Somebody who works here has signed in.
    fields = {"last_login": NOON, **fields}
    user = User.objects.create_user(f"{name}{next(_n)}@example.com", name=name.capitalize(), **fields)
    for role in roles:
        Membership.objects.create(user=user, role=role, team=team if role in (Role.BDR, Role.MANAGER) else None)
    return user


def make_account(**fields):
    return Account.objects.create(**{"name": f"Account {next(_n)}", **fields})


def make_person(*, email="", phone="", title="", account=None, **fields):
    """A person with a phone and an e-mail unless they are given as None."""
    n = next(_n)
    person = Person.objects.create(**{"given_name": "Person", "family_name": str(n), **fields})
    if email is not None:
        address = email or f"person{n}@example.com"
        ContactPoint.objects.create(person=person, kind="email", value=address, normalised=address, is_primary=True)
    if phone is not None:
        number = phone or f"+1202555{n % 10000:04}"
        ContactPoint.objects.create(person=person, kind="phone", value=number, normalised=number, is_primary=True)
    if account or title:
        Employment.objects.create(person=person, account=account, title=title)
    if not person.name:
        index_people([person.pk])
        person.refresh_from_db()
    return person


def make_asset(title=None, *, by=None, at=NOON, form="link", labels=(), **said):
    """An asset in use, given to the library by a marketer; a link unless its form, text or upload say otherwise."""
    by = by or User.objects.filter(memberships__role=Role.MARKETER).first() or make_user("mark", Role.MARKETER)
    has = {
        "link": {"url": "https://midfield.example/guide"},
        "snippet": {"text": "Words"},
        "talk_track": {"text": "Say"},
    }
    made = Made(form, **{name: said.pop(name) for name in ("url", "text", "upload") if name in said} or has[form])
    about = About(title=title or f"Asset {next(_n)}", kind=said.pop("kind", Asset.Kind.GUIDE), labels=labels, **said)
    return add_asset(about, made, by=by, at=at)


def make_lead(*, phase=Phase.QUEUED, person=None, team=None, lane=Lane.CONTENT, bdr=None, ae=None, at=NOON, **seed):
    """A lead that went the way to its phase through the actions, so that its history is whole."""
    team = team or (bdr and Team.objects.filter(memberships__user=bdr).first()) or Team.objects.first() or make_team()
    entered = open_leads(
        [
            NewLead(
                person_id=(person or make_person()).pk,
                lane=lane,
                origin=seed.pop("origin", Lead.Origin.INBOUND),
                team_id=team.pk,
                bdr_id=bdr.pk if bdr and phase == Phase.QUEUED and seed.pop("reserved", False) else None,
                **seed,
            )
        ],
        by=None,
        at=at,
    )
    lead = entered.leads[0]
    if phase == Phase.QUEUED:
        return Lead.objects.get(pk=lead.pk)
    bdr = bdr or User.objects.filter(memberships__role=Role.BDR, memberships__team=team).first()
    bdr = bdr or make_user("rep", Role.BDR, team=team)
    claim_lead(lead, by=bdr, at=at)
    if phase == Phase.NURTURE:
        recycle_lead(lead, reason=reason("not_ready"), by=bdr, at=at)
    if phase == Phase.CLOSED:
        disqualify_lead(lead, reason=reason("bad_data"), by=bdr, at=at)
    if phase in (Phase.HANDED_OFF, Phase.ACCEPTED, Phase.QUALIFIED):
        ae = ae or User.objects.filter(memberships__role=Role.AE).first() or make_user("peter", Role.AE)
        hand_off = hand_off_lead(lead, ae=ae, by=bdr, at=at)
        if phase != Phase.HANDED_OFF:
            accept_hand_off(hand_off, by=ae, at=at)
        if phase == Phase.QUALIFIED:
            give_verdicts(lead, by=ae, at=at)
            hand_off.refresh_from_db()
            record_qualified(hand_off, by=ae, at=at)
    return Lead.objects.get(pk=lead.pk)


def give_verdicts(lead, *, by, at=NOON, value="unknown"):
    """An answer to every criterion."""
    Answer.objects.bulk_create(
        Answer(lead=lead, criterion=criterion, value=value, at=at, by=by) for criterion in Criterion.objects.all()
    )


def reason(key):
    return Reason.objects.get(key=key)


def disposition(key):
    return Disposition.objects.get(key=key)
