"""Custom fields: their type is changed only where it can read what people and accounts hold."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions.fields import add_custom_field
from accounts.models import CustomField, Person
from agreement.models import Phase
from leads.actions.importing import cancel_import
from leads.settings.kind import SettingRefused
from tests.leads.files import answered, decided, received
from tests.make import make_account, make_lead, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant(db):
    return CustomField.objects.create(entity="person", key="plant", label="Plant")


def hold(*values):
    for value in values:
        Person.objects.filter(pk=make_person().pk).update(custom={"plant": value})


def look(client, dora, field, **data):
    client.force_login(dora)
    return client.post(reverse("leads:setting", args=["fields", field.pk]), data).text


def test_a_field_is_added_under_a_key_of_its_own_and_the_revert_takes_it_away(save, revert_last, plant):
    save("fields", label="Plant!", entity="person", type="choice", choices="North\n\n South \nNorth")

    made = CustomField.objects.get(label="Plant!")
    assert (made.key, made.choices) == ("plant_2", ["North", "South"])
    revert_last("fields")
    assert not CustomField.objects.filter(label="Plant!").exists()


def test_what_somebody_holds_is_not_taken_away(save, revert_last):
    save("fields", label="Plant", entity="person", type="text")
    hold("North")

    with pytest.raises(SettingRefused, match="retire it instead"):
        revert_last("fields")


def test_a_field_that_a_file_waits_to_write_is_not_taken_away(save, revert_last, mona):
    save("fields", label="Machines", entity="person", type="text")
    columns = {"Machines": {"target": "custom", "key": CustomField.objects.get().key}}
    run = answered(decided(received("Email,Machines\na@corvane.io,12\n", by=mona), by=mona, columns=columns), by=mona)

    with pytest.raises(SettingRefused, match="writes “Machines”: cancel it first"):
        revert_last("fields")

    cancel_import(run, by=mona, at=timezone.now())
    revert_last("fields")
    assert not CustomField.objects.exists()


@pytest.mark.parametrize(
    ("held", "kind", "more", "works"),
    [
        (("2027-03-01", "2027-04-01"), "date", {}, True),
        (("2027-03-01", "spring"), "date", {}, False),
        (("North", "South"), "choice", {"choices": "North\nSouth"}, True),
        (("North", "South"), "choice", {"choices": "North"}, False),
        (("12",), "number", {}, False),
        (("",), "number", {}, True),
        ((12, 1.5), "number", {}, True),
        ((True,), "number", {}, False),
        (("yes",), "boolean", {}, False),
        ((True, False), "boolean", {}, True),
    ],
)
def test_a_type_is_changed_only_where_it_reads_everything(save, plant, held, kind, more, works):
    hold(*held)

    answer = save("fields", plant.pk, type=kind, **more)

    plant.refresh_from_db()
    assert (answer.status_code, plant.type) == ((302, kind) if works else (422, "text"))
    assert works or "could not be read like that" in answer.text


def test_the_page_says_how_many_hold_a_value(client, dora, plant):
    hold("North", "South", "")
    make_account(custom={"plant": "not a person's"})

    assert "2 people hold a value" in look(client, dora, plant, label="Site", type="text")


def test_a_choice_taken_from_the_list_stays_as_it_was_written(client, dora, save, plant):
    CustomField.objects.filter(pk=plant.pk).update(type="choice", choices=["North", "South"])
    hold("North")

    assert "1 value is not in the list" in look(client, dora, plant, label="Plant", type="choice", choices="South")
    assert save("fields", plant.pk, choices="South").status_code == 302
    assert Person.objects.get(custom__plant="North")


def test_retired_it_is_offered_nowhere_and_the_revert_brings_it_back(save, revert_last, plant):
    hold("North")

    save("fields", plant.pk, page="_retire", is_retired="on")

    plant.refresh_from_db()
    assert plant.retired_at
    assert Person.objects.get(custom__plant="North")
    revert_last("fields")
    plant.refresh_from_db()
    assert plant.retired_at is None


@pytest.mark.parametrize(("entity", "other"), [("person", "account"), ("account", "person")])
def test_fields_are_put_in_order_among_their_own(client, dora, entity, other):
    CustomField.objects.create(entity=entity, key="a", label="A")
    second = CustomField.objects.create(entity=entity, key="b", label="B", position=1)
    CustomField.objects.create(entity=other, key="c", label="C", position=1)
    client.force_login(dora)

    client.post(reverse("leads:setting_move", args=["fields", second.pk]), {"to": "up"})

    of_theirs = CustomField.objects.filter(entity=entity).order_by("position", "pk")
    assert [one.label for one in of_theirs] == ["B", "A"]


def test_pages_show_the_fields_in_the_order_the_admin_gave(client, alice, plant):
    CustomField.objects.create(entity="person", key="a", label="Area", position=3)
    CustomField.objects.filter(pk=plant.pk).update(position=2)
    CustomField.objects.create(entity="account", key="y", label="Year", position=9)
    CustomField.objects.create(entity="account", key="s", label="Site", position=4)
    account = make_account(custom={"gone": "x", "y": 1999, "s": "North"})
    person = make_person(account=account, custom={"a": "West", "plant": "North"})
    lead = make_lead(phase=Phase.WORKING, person=person, bdr=alice, at=timezone.now())
    client.force_login(alice)

    of_lead = client.get(reverse("leads:lead", args=[lead.public_id])).context["page"].own_fields
    of_account = client.get(reverse("leads:account", args=[account.public_id])).context["page"].own_fields

    assert [label for label, _value in of_lead] == ["Plant", "Area", "Site", "Year", "gone"]
    assert [label for label, _value in of_account] == ["Site", "Year", "gone"]


def test_a_field_that_a_file_made_is_in_the_history(client, dora):
    add_custom_field(entity="person", label="Sensors", by=dora, at=timezone.now())
    client.force_login(dora)

    page = client.get(reverse("leads:setting_list", args=["fields"])).text

    assert "Dora added Sensors" in page


@pytest.mark.parametrize("sent", [{"type": "choice", "choices": " \n"}, {"label": " "}, {"type": "fax"}])
def test_what_cannot_be_is_refused(save, plant, sent):
    assert save("fields", plant.pk, **sent).status_code == 422


def test_two_fields_of_people_do_not_share_a_name(save, plant):
    assert save("fields", label="PLANT", entity="person", type="text").status_code == 422
    assert save("fields", label="PLANT", entity="account", type="text").status_code == 302
