"""What becomes of a leaver or a lost role is looked at without being done, refused where saving it would be, and kept
in history as it was done."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.models import HandOff, Lead
from leads.settings.changing import change_setting, preview_revert, revert_change, try_change
from leads.settings.kind import SettingRefused
from leads.settings.people import People
from team.models import Membership, Role, Team, Territory, User
from tests.make import NOON, make_lead, make_team, make_user

pytestmark = pytest.mark.django_db
KIND = People()
GONE = {"is_active": False, "territories": [], "successor": None, "ae_successor": None}


def leaves(user, *, by, **more):
    return change_setting(KIND, user.pk, GONE | more, by=by, at=NOON, verb="retire")


def statements(act):
    with CaptureQueriesContext(connection) as asked:
        answer = act()
    assert answer.status_code == 200
    said = [one["sql"].removeprefix("QUERY = '") for one in asked]
    # She who asks is known as such once more by her session.
    return [one for one in said if "django_session" not in one]


def is_reading(statement):
    return (
        statement.startswith(("SELECT", "(SELECT", "DECLARE"))
        and "FOR UPDATE" not in statement
        and "FOR NO KEY UPDATE" not in statement
    )


def test_a_leaver_a_lost_role_and_their_revert_are_previewed_by_reading_alone(client, dora, alice, bob, team):
    Membership.objects.create(user=bob, role=Role.AE)
    client.force_login(dora)
    client.get(reverse("leads:setting_list", args=["people"]))
    end, page = (reverse(name, args=["people", alice.pk]) for name in ("leads:setting_retire", "leads:setting"))
    sent = {field.html_name: field.value() for field in client.get(page).context["form"] if field.value() is not None}
    carla = make_user("carla", Role.BDR, team=team)
    left = leaves(carla, by=dora, successor=alice.pk)
    back = revert_change(
        KIND, leaves(make_user("cleo", Role.BDR, team=team), by=dora, successor=bob.pk), by=dora, at=NOON
    )
    asks = (
        lambda: client.post(end, {"successor": bob.pk}),
        lambda: client.post(page, sent | {"role_0": "marketer", "team_0": ""}),
        lambda: client.get(reverse("leads:setting_revert", args=[left.pk])),
        lambda: client.get(reverse("leads:setting_revert", args=[back.pk])),
    )
    counts = []
    for holds in (2, 8):
        for user in (alice, User.objects.get(pk=int(back.object_id))):
            while Lead.objects.filter(bdr=user).count() < holds:
                make_lead(phase=Phase.WORKING, bdr=user, team=team, at=timezone.now())
        said = [statements(ask) for ask in asks]
        assert [one for some in said for one in some if not is_reading(one)] == []
        counts.append([len(some) for some in said])

    assert counts[0] == counts[1]
    assert not Lead.objects.exclude(phase=Phase.WORKING).exists()


def with_sales(ae, bdr, *, team):
    """A hand-off that is not answered, and whoever sent it works there no more."""
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=bdr, ae=ae, team=team)
    Membership.objects.filter(user=bdr, team=team).delete()
    assert HandOff.objects.unanswered().filter(lead=lead).exists()


def who_sold(ae, bdr, *, team):
    make_lead(phase=Phase.ACCEPTED, bdr=bdr, ae=ae, team=team)


def left_her_leads(user, *, to, team):
    """She would leave again, to somebody who has left since."""
    User.objects.filter(pk=to.pk).update(is_active=False)
    make_lead(phase=Phase.WORKING, bdr=user, team=team)


# What is asked for by Dora: who, what of her, and why it cannot be.
REFUSED = {
    "her own login": lambda w: (w.dora, GONE, "You cannot end your own login. Another admin can."),
    "her own role": lambda w: (w.dora, {"roles": []}, "You cannot take the role of admin away from yourself."),
    "deals without an heir": lambda w: (
        who_sold(w.peter, w.alice, team=w.team) or w.peter,
        GONE,
        "Name the account executive who takes the deals.",
    ),
    "deals to somebody who sells nothing": lambda w: (
        who_sold(w.peter, w.alice, team=w.team) or w.peter,
        GONE | {"ae_successor": w.bob.pk},
        "Name the account executive who takes the deals.",
    ),
    "hand-offs that nobody is there to take back": lambda w: (
        with_sales(w.peter, w.eve, team=w.south) or w.peter,
        GONE,
        "Nobody in the team can take it back. Give the team a BDR first.",
    ),
    "a role with such hand-offs": lambda w: (
        with_sales(w.peter, w.eve, team=w.south) or w.peter,
        {"roles": [["marketer", None]]},
        "Nobody in the team can take it back. Give the team a BDR first.",
    ),
    "what sales has of a role that is the last of its team": lambda w: (
        make_lead(phase=Phase.HANDED_OFF, bdr=w.eve, ae=w.peter, team=w.south) and w.eve,
        {"roles": [["bdr", w.team.pk]]},
        "Sales has leads of this rep. Give the team a manager or another BDR first.",
    ),
    "an heir who has left": lambda w: (
        left_her_leads(w.alice, to=w.bob, team=w.team) or w.alice,
        GONE | {"successor": w.bob.pk},
        "Bob does not work here any more.",
    ),
    "a retired team": lambda w: (
        Team.objects.filter(pk=w.south.pk).update(retired_at=NOON, successor=w.team) and w.alice,
        {"roles": [["bdr", w.south.pk]]},
        "South is retired.",
    ),
    "a team that is gone": lambda w: (w.alice, {"roles": [["bdr", 999]]}, "A team of these is not there any more."),
    "a territory of another team": lambda w: (
        w.alice,
        {"territories": [w.chile.pk], "roles": [["bdr", w.team.pk], ["marketer", None]]},
        "Chile goes to South, where they are no BDR.",
    ),
    "an address that is taken": lambda w: (
        w.alice,
        {"roles": [["marketer", None]], "email": w.bob.email},
        "There is, or was, a user with this address.",
    ),
}


@pytest.fixture
def world(request, team, alice, bob, peter, dora, eve):
    class World:
        south = eve.memberships.get().team
        chile = Territory.objects.create(name="Chile", team=south, country="CL")

    for name, one in {"team": team, "alice": alice, "bob": bob, "peter": peter, "dora": dora, "eve": eve}.items():
        setattr(World, name, one)
    return World


@pytest.mark.parametrize("case", REFUSED)
def test_what_saving_would_refuse_of_a_leaver_or_a_role_is_refused_when_it_is_looked_at(case, world):
    user, new, words = REFUSED[case](world)

    for act in (try_change, change_setting):
        with pytest.raises(SettingRefused) as refused:
            act(KIND, user.pk, new, by=world.dora, at=NOON)
        assert str(refused.value) == words


def test_a_return_tells_and_keeps_what_came_back_and_is_reverted_itself(team, alice, bob, dora):
    spain, chile = (
        Territory.objects.create(name=name, team=team, bdr=alice, country=name[:2]) for name in ("Spain", "Chile")
    )
    left = leaves(alice, by=dora, successor=bob.pk)
    Territory.objects.filter(pk=spain.pk).update(bdr=dora)

    said = preview_revert(KIND, left, by=dora, at=NOON)
    back = revert_change(KIND, left, by=dora, at=NOON)

    assert ("Territories reserved for them", "nothing", "Chile") in said.changes
    assert "Territory Spain stays with Dora: it was given there since" in [touch.text for touch in said.touches]
    now = KIND.read(alice.pk)
    assert now["territories"] == [chile.pk]
    assert {name: after for name, (_before, after) in back.changes.items()} == {
        name: now[name] for name in back.changes
    }

    revert_change(KIND, back, by=dora, at=NOON)

    assert not User.objects.get(pk=alice.pk).is_active
    assert set(Territory.objects.values_list("name", "bdr__name")) == {("Spain", "Dora"), ("Chile", "Bob")}


def test_nothing_that_stays_with_others_is_among_what_a_return_changes(team, alice, bob, dora):
    spain = Territory.objects.create(name="Spain", team=team, bdr=alice, country="ES")
    # She has no deals: who sells nothing does not go on with them.
    left = leaves(alice, by=dora, successor=bob.pk, ae_successor=bob.pk)
    Territory.objects.filter(pk=spain.pk).update(bdr=dora)

    said = preview_revert(KIND, left, by=dora, at=NOON)
    back = revert_change(KIND, left, by=dora, at=NOON)

    assert "ae_successor" not in left.changes
    assert [label for label, _old, _new in said.changes if label.startswith("Territories")] == []
    assert "territories" not in back.changes


def test_a_role_that_was_given_and_is_reverted_takes_what_is_reserved_by_it_along(alice, dora):
    south = make_team("South")
    both = {"roles": [*KIND.read(alice.pk)["roles"], ["bdr", south.pk]]}
    given = change_setting(KIND, alice.pk, both, by=dora, at=NOON)
    chile = Territory.objects.create(name="Chile", team=south, bdr=alice, country="CL")

    back = revert_change(KIND, given, by=dora, at=NOON)

    assert Territory.objects.get().bdr is None
    assert back.changes["territories"] == [[chile.pk], []]
