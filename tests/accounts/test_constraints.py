"""Every rule about rows of accounts and people, shown refusing."""

from datetime import date

import pytest

from accounts.models import (
    AccountDomain,
    ContactPoint,
    CustomField,
    Employment,
    ExternalId,
    JobChange,
    PersonMerge,
    SearchText,
    Suppression,
)
from tests.constraints import again, constraints_of, put, refuses
from tests.make import NOON, make_account, make_person

CONSTRAINTS = constraints_of("accounts")


def phone(**fields):
    return ContactPoint.objects.create(
        **{"person": make_person(), "kind": "mobile", "value": "1", "normalised": "+1", **fields}
    )


def email():
    return make_person().contact_points.get(kind="email")


def job(**fields):
    return Employment.objects.create(**{"person": make_person(), "title": "Head of Data", **fields})


def suppressed(**fields):
    return Suppression.objects.create(**{"channel": "all", "at": NOON, **fields})


def field(**fields):
    return CustomField.objects.create(**{"entity": "person", "key": "shoe", "label": "Shoe", **fields})


def outside(**fields):
    return ExternalId.objects.create(
        **{"entity": "person", "source": "crm", "value": "7", "person": make_person(), **fields}
    )


def merge(**fields):
    return PersonMerge.objects.create(**{"kept": make_person(), "merged": make_person(), "at": NOON, **fields})


def merged_into_herself():
    person = make_person()
    put(person, merged_into=person)


def merged_with_herself():
    person = make_person()
    merge(kept=person, merged=person)


CASES = {
    "account_has_a_name": lambda: put(make_account(), name=""),
    "account_standing_is_known": lambda: put(make_account(), standing="friend"),
    "accountdomain_is_not_empty": lambda: AccountDomain.objects.create(account=make_account(), domain=""),
    "person_standing_is_known": lambda: put(make_person(), standing="friend"),
    "person_is_not_merged_into_herself": merged_into_herself,
    "person_erased_has_no_name": lambda: put(make_person(), erased_at=NOON),
    "contactpoint_kind_is_known": lambda: phone(kind="fax"),
    "contactpoint_has_a_value": lambda: phone(normalised=""),
    "contactpoint_one_person_per_email": lambda: again(email(), person=make_person(email=None)),
    "contactpoint_once_per_person": lambda: again(phone()),
    "contactpoint_one_primary_per_kind": lambda: again(phone(is_primary=True), normalised="+2"),
    "employment_one_current_per_person": lambda: again(job()),
    "employment_current_has_no_end": lambda: job(until_on=date(2027, 3, 1)),
    "employment_ends_after_it_begins": lambda: job(
        is_current=False, from_on=date(2027, 3, 2), until_on=date(2027, 3, 1)
    ),
    "employment_names_an_account_or_a_title": lambda: job(title=""),
    "employment_role_is_known": lambda: job(role="boss"),
    "jobchange_kind_is_known": lambda: JobChange.objects.create(person=make_person(), kind="boss", at=NOON),
    "suppression_channel_is_known": lambda: suppressed(channel="post", person=make_person()),
    "suppression_of_a_person_or_a_key": lambda: suppressed(person=make_person(), key_hash="0" * 64),
    "suppression_once_per_person": lambda: again(suppressed(person=make_person())),
    "suppression_once_per_key": lambda: again(suppressed(key_hash="0" * 64)),
    "customfield_key_once_per_entity": lambda: again(field()),
    "customfield_entity_is_known": lambda: field(entity="lead"),
    "customfield_type_is_known": lambda: field(type="money"),
    "externalid_once_per_source": lambda: again(outside(), person=make_person()),
    "externalid_names_its_entity": lambda: outside(entity="account"),
    "externalid_is_not_empty": lambda: outside(value=""),
    "searchtext_of_one": lambda: SearchText.objects.create(text="nobody"),
    "personmerge_of_two": merged_with_herself,
    "personmerge_once": lambda: again(merge(), kept=make_person()),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_database_refuses(name):
    refuses(CONSTRAINTS[name], CASES[name])


def test_every_constraint_has_its_case():
    assert set(CASES) == set(CONSTRAINTS)


@pytest.mark.django_db
def test_a_switchboard_is_several_peoples_and_a_key_outlives_its_person():
    again(phone(), person=make_person())
    again(suppressed(key_hash="0" * 64), key_hash="1" * 64)

    assert ContactPoint.objects.filter(normalised="+1").count() == 2
    assert Suppression.objects.filter(person=None).count() == 2
