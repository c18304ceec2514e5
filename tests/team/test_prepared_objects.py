"""Prepared lists of models: the same objects as their QuerySet, with what comes along with them."""

import uuid

import pytest
from django.db.models import Exists, OuterRef

from accounts.models import ContactPoint, Person
from team.models import Membership, User
from team.prepared_objects import PreparedObjects
from tests.make import make_person, make_team, make_user

pytestmark = pytest.mark.django_db


def members_of(*, team):
    manages = Membership.objects.filter(user=OuterRef("user"), role="manager")
    found = Membership.objects.filter(team=team).select_related("user__backup", "team__calendar")
    return found.annotate(manages=Exists(manages)).order_by("pk")


MEMBERS = PreparedObjects(members_of)
FOUND = PreparedObjects(lambda person: Person.objects.filter(public_id=person))


def told(memberships):
    return [
        (one, one.user, one.user.backup, one.team.calendar.time_zone, bool(one.manages), one._state.adding)
        for one in memberships
    ]


def test_models_come_with_their_relations_and_annotations(django_assert_num_queries):
    team = make_team("North")
    ada, mona = make_user("ada", "bdr", team=team), make_user("mona", "manager", team=team)
    User.objects.filter(pk=ada.pk).update(backup=mona)
    expected = told(members_of(team=team.pk))
    MEMBERS.objects(team=team.pk)

    with django_assert_num_queries(1, using="default"):
        found = MEMBERS.objects(team=team.pk)
        said = told(found)

    assert said == expected
    assert [one.user.name for one in found] == ["Ada", "Mona"]
    assert MEMBERS.objects(team=team.pk + 1) == []


def test_what_comes_out_can_be_worked_with():
    person = make_person(given_name="Sam")

    (found,) = FOUND.objects(person=person.public_id)
    found.given_name = "Samuel"
    found.save(update_fields=["given_name"])

    assert (found, Person.objects.get().given_name) == (person, "Samuel")
    assert set(found.contact_points.all()) == set(ContactPoint.objects.all())
    assert FOUND.objects(person=uuid.uuid4()) == []
