"""One person by hand: added once, corrected by one at a time, silent when she asks for it."""

import pytest
from django.db import IntegrityError, transaction

from accounts.actions.people import (
    AlreadyKnown,
    PersonConflict,
    add_contact_point,
    add_person,
    change_employer,
    correct_contact_point,
    correct_person,
    correct_title,
    is_out_of_reach,
    mark_contact_point,
    suppress_key,
    suppress_person,
    suppressed_channels,
    suppression_key,
)
from accounts.models import ContactPoint, Employment, Person, Suppression
from accounts.normalise import BadValue
from accounts.search import matching
from tests.make import NOON, make_account, make_person

pytestmark = pytest.mark.django_db


def points(person):
    return list(person.contact_points.order_by("pk").values_list("kind", "normalised", "is_primary", "state"))


def test_person_by_hand_can_be_reached_found_and_is_above_files(alice):
    account = make_account(name="Corvane")

    person = add_person(
        given_name="Ada",
        family_name="Holm",
        email_address="Ada@Corvane.io",
        phone_number="+47 22 33 44 55",
        account=account,
        title="CTO",
        by=alice,
        at=NOON,
    )

    assert points(person) == [("email", "ada@corvane.io", True, "ok"), ("phone", "+4722334455", True, "ok")]
    assert Employment.objects.values_list("account__name", "title").get() == ("Corvane", "CTO")
    assert person.version == 2
    assert [row.person_id for row in matching("corvane ada")] == [person.pk]


def test_address_we_know_leads_to_who_has_it_and_adds_nobody(alice):
    ada = make_person(email="ada@corvane.io")

    with pytest.raises(AlreadyKnown) as known:
        add_person(given_name="A.", email_address=" ADA@corvane.io", by=alice, at=NOON)

    assert known.value.person == ada
    assert Person.objects.count() == 1


def test_broken_address_is_refused_in_words(alice):
    with pytest.raises(BadValue, match="is not"):
        add_person(given_name="Ada", email_address="ada@", by=alice, at=NOON)


def test_second_correction_of_an_older_page_is_refused_and_changes_nothing(alice, bob):
    person = make_person(given_name="Ada")
    correct_person(person, expect=1, by=alice, at=NOON, given_name="Adah")

    with pytest.raises(PersonConflict):
        correct_person(person, expect=1, by=bob, at=NOON, given_name="Eve")

    person.refresh_from_db()
    assert (person.given_name, person.version) == ("Adah", 2)
    assert matching("adah").count() == 1


def test_correction_says_old_and_new(alice):
    person = make_person(given_name="Ada", city="Oslo")
    changes = correct_person(person, expect=1, by=alice, at=NOON, given_name="Ada", city=" Bergen ")
    assert changes == {"city": ["Oslo", "Bergen"]}


def test_title_and_employer_keep_what_was(alice):
    corvane, halden = make_account(name="Corvane"), make_account(name="Halden")
    person = make_person(account=corvane, title="CTO")

    correct_title(person, "CEO", expect=1, by=alice, at=NOON)
    change_employer(person, halden, expect=2, title="Advisor", by=alice, at=NOON)

    jobs = Employment.objects.order_by("pk").values_list("account__name", "title", "is_current", "until_on")
    assert list(jobs) == [("Corvane", "CEO", False, NOON.date()), ("Halden", "Advisor", True, None)]
    assert matching("halden advisor").count() == 1


def test_first_number_is_primary_and_a_wrong_one_hands_over(alice):
    person = make_person(email=None, phone=None)
    first = add_contact_point(person, "phone", "+4722334455", by=alice, at=NOON)
    add_contact_point(person, "phone", "+4722334466", by=alice, at=NOON)

    mark_contact_point(first, ContactPoint.State.WRONG, by=alice, at=NOON)

    assert points(person) == [("phone", "+4722334455", False, "wrong"), ("phone", "+4722334466", True, "ok")]


def test_number_added_again_is_good_again(alice):
    person = make_person(email=None, phone=None)
    point = add_contact_point(person, "phone", "+4722334455", by=alice, at=NOON)
    mark_contact_point(point, ContactPoint.State.WRONG, by=alice, at=NOON)

    add_contact_point(person, "phone", "+47 22 33 44 55", by=alice, at=NOON)

    assert points(person) == [("phone", "+4722334455", True, "ok")]


def test_mistyped_number_is_corrected_in_place_and_another_persons_address_refused(alice):
    make_person(email="bo@corvane.io")
    person = make_person(email="ada@corvane.io", phone="+4722334455")
    email, phone = person.contact_points.get(kind="email"), person.contact_points.get(kind="phone")

    correct_contact_point(phone, "+47 22 33 44 56", by=alice, at=NOON)
    with pytest.raises(AlreadyKnown):
        correct_contact_point(email, "bo@corvane.io", by=alice, at=NOON)

    assert points(person) == [("email", "ada@corvane.io", True, "ok"), ("phone", "+4722334456", True, "ok")]


def test_suppression_is_kept_once_and_never_as_an_address(alice):
    person = make_person(email="ada+news@corvane.io")

    assert suppress_person(person, "email", source="rep", at=NOON)
    assert not suppress_person(person, "email", source="rep", at=NOON)
    suppress_key("bo@corvane.io", "email", source="unsubscribe", at=NOON)

    assert Suppression.objects.count() == 2
    assert not any("bo" in key for key in Suppression.objects.values_list("key_hash", flat=True))
    assert suppression_key("bo@corvane.io") == suppression_key("bo@corvane.io")
    assert suppressed_channels([person.pk]) == {person.pk: {"email"}}


def test_address_is_silent_when_its_form_without_a_tag_is(db):
    tagged = make_person(email="ada+news@corvane.io")
    other = make_person(email="adam@corvane.io")
    suppress_key("ada@corvane.io", "all", source="unsubscribe", at=NOON)

    assert suppressed_channels([tagged.pk, other.pk]) == {tagged.pk: {"all", "email", "phone"}}


@pytest.mark.parametrize(
    ("suppressed", "kinds", "expected"),
    [
        ((), ("email",), False),
        (("email",), ("email", "phone"), False),
        (("email",), ("email", "social"), True),
        (("email",), (), True),
        (("phone",), ("email",), False),
        (("all",), ("email", "phone"), True),
        (("email", "phone"), ("email", "mobile"), True),
    ],
)
def test_somebody_is_out_of_reach_when_no_known_way_is_left(suppressed, kinds, expected):
    assert is_out_of_reach(suppressed, kinds) is expected


@pytest.mark.parametrize(("person", "key_hash"), [(True, "x"), (False, "")])
def test_database_wants_a_suppression_of_a_person_or_a_key(person, key_hash):
    someone = make_person() if person else None
    with pytest.raises(IntegrityError), transaction.atomic():
        Suppression.objects.create(channel="email", person=someone, key_hash=key_hash, at=NOON)
