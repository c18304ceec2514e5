"""Interest and fit: two things, each a sum of named parts, and a rank that keeps its order without being recomputed."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Person
from agreement.models import AgreementVersion
from leads.actions import rescoring
from leads.actions.engaging import NewEngagement, record_engagements
from leads.models import Engagement, Interest
from leads.scoring import POINTS_MAX, interest_rank, judge, recompute_interest
from leads.settings.changing import change_setting, preview
from leads.settings.choices import Choices
from leads.tasks import follow_settings
from team.models import Installation, Role
from tests.make import NOON, make_account, make_lead, make_person, make_user

HALF_LIFE = timedelta(days=30)


def did(person, kind, *, days_ago=0):
    return NewEngagement(person.pk, kind, NOON - timedelta(days=days_ago))


def points(person):
    return Interest.objects.get(person=person).points


def judged(person):
    return judge([Person.objects.get(pk=person.pk)], version=AgreementVersion.objects.in_force(), at=NOON)[person.pk]


@pytest.mark.parametrize(("days", "worth"), [(0, 40), (30, 20), (60, 10), (90, 5), (15, 28), (179, 1), (181, 0)])
def test_what_was_done_is_worth_half_after_each_half_life(db, days, worth):
    person = make_person()

    record_engagements([did(person, "asked", days_ago=days)], at=NOON)

    assert points(person) == worth


def test_points_are_capped_and_never_negative(db):
    busy, sorry = make_person(), make_person()
    record_engagements([did(busy, "asked") for _time in range(9)], at=NOON)
    Engagement.objects.create(person=sorry, kind="asked", at=NOON, recorded_at=NOON, points=-40)
    recompute_interest([sorry.pk], at=NOON)

    assert (points(busy), points(sorry)) == (POINTS_MAX, 0)


def test_what_is_taken_back_counts_no_more(db):
    person = make_person()
    row = record_engagements([did(person, "asked")], at=NOON)[0]
    Engagement.objects.create(
        person=person, kind="asked", at=NOON, recorded_at=NOON, points=-row.points, reverses=row.pk
    )

    recompute_interest([person.pk], at=NOON)

    assert points(person) == 0


@pytest.mark.parametrize("wait", [1, 10, 45, 300])
def test_the_rank_of_two_keeps_the_order_of_their_faded_points(db, wait):
    early, late = (64, NOON), (24, NOON + timedelta(days=wait))

    def faded(worth, at):
        return worth * 0.5 ** ((NOON + timedelta(days=400) - at) / HALF_LIFE)

    def rank(worth, at):
        return interest_rank(worth, at=at, half_life=HALF_LIFE)

    assert (rank(*early) > rank(*late)) == (faded(*early) > faded(*late))


def test_another_half_life_is_followed_to_what_it_would_have_been_and_the_one_before_gives_it_back(
    db, client, monkeypatch
):
    dora, (asked, read, idle) = make_user("dora", Role.ADMIN), (make_person() for _n in range(3))
    client.force_login(dora)
    make_lead(person=asked)
    record_engagements([did(asked, "asked", days_ago=20), did(asked, "asked", days_ago=300)], at=NOON)
    record_engagements([did(read, "asked", days_ago=60)], at=NOON - timedelta(days=10))
    record_engagements([did(idle, "asked")], at=NOON - timedelta(days=100))
    before = list(Interest.objects.order_by("pk").values())
    kind, pk = Choices(), Installation.objects.get().pk
    half = {"interest_half_life_days": 60}

    said = preview(kind, pk, half, at=NOON).touches[0].text
    made = change_setting(kind, pk, half, by=dora, at=NOON)
    monkeypatch.setattr(rescoring, "BITE", 1)
    assert [rescoring.reckon_interest_anew() for _n in range(4)] == [1, 1, 1, 0]
    monkeypatch.undo()

    assert said == "Interest of 3 people with 1 lead is reckoned anew"
    for row in Interest.objects.order_by("pk"):
        there = (row.points, row.rank, row.at)
        recompute_interest([row.pk], at=row.at)
        row.refresh_from_db()
        assert there == (row.points, row.rank, row.at)
    assert list(Interest.objects.order_by("pk").values()) != before

    assert client.post(reverse("leads:setting_revert", args=[made.pk])).status_code == 302
    follow_settings()
    assert list(Interest.objects.order_by("pk").values()) == before


def test_nothing_and_one_point_rank_alike(db):
    assert interest_rank(0, at=NOON, half_life=HALF_LIFE) == interest_rank(1, at=NOON, half_life=HALF_LIFE)


@pytest.mark.parametrize(
    ("title", "employees", "fit"),
    [
        ("Head of Data", 500, "A"),
        ("Head of Data", 5, "B"),
        ("VP, Sales", 200, "A"),
        ("Vice President Sales", 5000, "A"),
        ("Manager", 5, "B"),
        ("Manager", 5001, "B"),
        ("Analyst", 500, "B"),
        ("Analyst", None, "C"),
        ("Student", 500, "C"),
        ("Headhunter", None, "C"),
        ("", None, "C"),
    ],
)
def test_fit_is_what_the_company_and_the_title_say(db, title, employees, fit):
    person = make_person(title=title, account=make_account(employees=employees))

    assert judged(person).tier[0] == fit


@pytest.mark.parametrize("kind", Engagement.Kind.values)
def test_nothing_she_does_raises_her_fit(db, kind):
    person = make_person(title="Analyst", account=make_account())
    before = judged(person)

    record_engagements([did(person, kind) for _time in range(50)], at=NOON)

    after = judged(person)
    assert after.tier[0] == before.tier[0]
    assert after.parts[:-1] == before.parts[:-1]


@pytest.mark.parametrize(
    ("kinds", "number"), [((), "3"), (("downloaded",), "3"), (("attended",), "2"), (("asked",), "1")]
)
def test_interest_is_its_own_number(db, kinds, number):
    person = make_person()
    record_engagements([did(person, kind) for kind in kinds], at=NOON)

    assert judged(person).tier == f"C{number}"


def test_a_tier_is_the_sum_of_named_parts(db):
    person = make_person(title="Director", account=make_account(employees=300))
    record_engagements([did(person, "asked")], at=NOON)

    assert judged(person).parts == [["size", 20], ["decides", 20], ["has_account", 10], ["interest", 40]]
    assert judged(person).tier == "A1"


def test_judging_many_costs_no_more_queries(db, django_assert_num_queries):
    people = [make_person(title="Director", account=make_account()) for _person in range(20)]
    version = AgreementVersion.objects.in_force()
    judge(people[:1], version=version, at=NOON)

    with django_assert_num_queries(2):  # interest, employments with their accounts
        judge(people, version=version, at=NOON)
