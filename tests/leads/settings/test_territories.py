"""Territories: added, changed, put in order, removed, and each brought back as it was."""

import time
from functools import partial

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from leads.settings.changing import move_setting, preview, preview_revert, remove_setting, revert_change
from leads.settings.territories import OFFERED_MOST, Territories, known_segments, known_sources
from team.models import Role, SettingChange, Territory
from tests.leads.test_races import at_once
from tests.make import NOON, make_account, make_lead, make_person, make_team, make_user

pytestmark = pytest.mark.django_db
KIND = Territories()
ANY = {"country": "", "segment": "", "source": ""}


def territory(team, name="Spain", position=1, **parts):
    return Territory.objects.create(name=name, team=team, position=position, **(parts or {"country": "ES"}))


def test_a_territory_is_added_last_and_the_revert_takes_it_away(save, revert_last, team):
    first = territory(team, position=4)

    save("territories", name="France", country="FR", team=str(team.pk))

    france = Territory.objects.get(name="France")
    assert (france.country, france.team, france.bdr) == ("FR", team, None)
    assert KIND.order(france.pk) == [first.pk, france.pk]
    revert_last("territories")
    assert Territory.objects.get() == first


def test_a_territory_names_something(save, team):
    answer = save("territories", name="All", team=str(team.pk))

    assert answer.status_code == 422
    assert "What no territory names goes to the default team." in answer.text


def test_leads_are_reserved_only_for_a_bdr_of_the_team(save, team, eve):
    answer = save("territories", name="France", country="FR", team=str(team.pk), bdr=str(eve.pk))

    assert answer.status_code == 422
    assert "They are no BDR of this team" in answer.text


def test_a_removed_territory_comes_back_as_itself_at_its_place(client, dora, team):
    one, gone = territory(team), territory(team, "France", 2, country="FR")
    territory(team, "Chile", 3, country="CL")
    was, order = KIND.read(gone.pk), KIND.order(one.pk)
    client.force_login(dora)
    url = reverse("leads:setting_remove", args=["territories", gone.pk])

    client.post(url, {"seen": client.get(url).context["seen"]})
    assert gone.pk not in KIND.order(one.pk)
    revert_change(KIND, SettingChange.objects.latest("id"), by=dora, at=NOON)

    assert (KIND.read(gone.pk), KIND.order(one.pk)) == (was, order)


def test_a_territory_that_was_changed_meanwhile_is_not_removed(client, dora, team):
    one = territory(team)
    client.force_login(dora)
    url = reverse("leads:setting_remove", args=["territories", one.pk])
    seen = client.get(url).context["seen"]
    Territory.objects.filter(pk=one.pk).update(country="PT")

    answer = client.post(url, {"seen": seen})

    assert answer.status_code == 409
    assert Territory.objects.filter(pk=one.pk).exists()


def test_the_order_is_changed_and_reverted(client, dora, team, revert_last):
    one, two = territory(team, position=0), territory(team, "France", 0, country="FR")
    client.force_login(dora)

    client.post(reverse("leads:setting_move", args=["territories", two.pk]), {"to": "up"})
    assert KIND.order(one.pk) == [two.pk, one.pk]

    revert_last("territories")
    assert KIND.order(one.pk) == [one.pk, two.pk]


def test_the_preview_counts_the_leads_of_the_last_months_that_match(team):
    now = timezone.now()
    make_lead(team=team, at=now, person=make_person(account=make_account(country="ES", segment="mid-size")))
    make_lead(team=team, at=now, person=make_person(country="ES"))
    make_lead(team=team, at=now, person=make_person(account=make_account(country="FR"), country="ES"))

    def counted(**parts):
        new = {"name": "X", "team": team.pk, "bdr": None, **ANY, **parts}
        return preview(KIND, None, new, at=now).touches[0].text

    assert counted(country="ES") == "2 leads of the last 90 days match it"
    assert counted(country="ES", segment="mid-size") == "1 lead of the last 90 days matches it"


def test_the_preview_says_what_stands_in_front_and_takes_the_same(team):
    territory(team)

    new = {"name": "X", "team": team.pk, "bdr": None, **ANY, "country": "ES", "source": "fair"}
    said = [one.text for one in preview(KIND, None, new, at=NOON).touches]

    assert "It will match nothing: “Spain” stands before it and takes the same" in said


def test_the_list_says_where_each_sends_and_who_has_it(client, dora, team):
    ana = make_user("ana", Role.BDR, team=team)
    Territory.objects.create(name="Spain", team=team, bdr=ana, country="ES", source="fair")
    client.force_login(dora)

    page = client.get(reverse("leads:setting_list", args=["territories"])).text

    assert "→ Ana, North" in page
    assert "Spain · source fair" in page


def test_a_team_that_ends_is_no_target(save, team):
    west = make_team("West")
    west.retired_at = timezone.now()
    west.save()

    assert save("territories", name="France", country="FR", team=str(west.pk)).status_code == 422


def test_known_segments_and_sources_are_read_from_an_index_in_one_statement(team, django_assert_num_queries):
    lead, other = (make_lead(team=team, person=make_person(account=make_account())) for _n in range(2))
    for number in range(OFFERED_MOST + 2):
        make_account(segment=f"S{number:04}")
    for one, source in ((lead, "Fair"), (other, "")):
        type(one).objects.filter(pk=one.pk).update(source=source)

    with django_assert_num_queries(1) as asked:
        assert known_sources() == ["Fair"]
    assert known_segments() == [f"S{number:04}" for number in range(OFFERED_MOST)]

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + asked[0]["sql"])
        plan = str(cursor.fetchall())
    assert "lead_by_source" in plan
    assert [one for one in ("Seq Scan on leads_lead", "SCAN leads_lead") if one in plan] == []


class ReadSlowly(Territories):
    def order(self, pk):
        found = super().order(pk)
        time.sleep(0.2)
        return found


def test_two_who_move_at_once_move_one_after_the_other(transactional_db):
    team = make_team("North")
    admins = [make_user(name, Role.ADMIN) for name in ("dora", "greta")]
    rows = [territory(team, f"T{number}", number, country="ES") for number in range(4)]
    order = [row.pk for row in rows]

    up = [partial(move_setting, ReadSlowly(), row.pk, up=True, at=NOON) for row in rows[2:]]
    at_once(*[partial(act, by=by) for act, by in zip(up, admins, strict=True)])

    for change in SettingChange.objects.order_by("id"):
        assert change.changes["order"][0] == order
        order = change.changes["order"][1]
    assert KIND.order(rows[0].pk) == order


def test_one_that_comes_back_is_told_of_who_stands_before_its_old_place_only(dora, team):
    first, _second = territory(team), territory(team, name="Spain too", position=2)
    gone = remove_setting(KIND, first.pk, by=dora, at=NOON)

    said = preview_revert(KIND, gone, by=dora, at=NOON)

    assert not any("will match nothing" in touch.text for touch in said.touches)
    assert "Pk" not in {name for name, _old, _new in said.changes}
