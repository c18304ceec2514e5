"""Every rule about rows of the library, shown refusing."""

import pytest

from content.models import Asset
from tests.constraints import again, constraints_of, put, refuses

CONSTRAINTS = constraints_of("content")


def asset():
    return Asset.objects.create(title="Fewer stops", kind="guide")


def same_title():
    asset()
    asset()


CASES = {
    "asset_has_a_title": lambda: put(asset(), title=""),
    "asset_title_once_per_kind": same_title,
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_database_refuses(name):
    refuses(CONSTRAINTS[name], CASES[name])


def test_every_constraint_has_its_case():
    assert set(CASES) == set(CONSTRAINTS)


@pytest.mark.django_db
def test_one_title_may_be_a_guide_and_a_webinar():
    again(asset(), kind="webinar", public_id="0191d2f0-0000-7000-8000-000000000001")

    assert Asset.objects.filter(title="Fewer stops").count() == 2
