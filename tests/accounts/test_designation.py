"""Whoever has no name is called by her best facts, and the words never stand still while the facts move."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps

from accounts.actions.matching import AccountRow, Meeting, PersonRow, Point
from accounts.actions.people import add_contact_point, add_person, change_employer, correct_person, correct_title
from accounts.models import CustomField, ExternalId, Person, SearchText
from accounts.search import index_holders, index_people, matching
from leads.actions.merging import erase_person, merge_people, undo_merge
from leads.settings.changing import move_setting
from leads.settings.own_fields import OwnFields
from tests.make import NOON, make_account, make_person, make_user

called_before = import_module("accounts.migrations.0008_found_by_what_they_are_called")
filled = import_module("accounts.migrations.0006_known_by_filled")
pytestmark = pytest.mark.django_db


@pytest.fixture
def mira():
    return make_user("mira", "admin")


def nameless(**fields):
    return make_person(**{"given_name": "", "family_name": "", "email": None, **fields})


def called_now(person):
    """What she is called; and nobody is called otherwise than her facts say."""
    people = Person.objects.filter(merged_into=None).order_by("pk")
    stored = list(people.values_list("pk", "known_by"))
    index_people([pk for pk, _words in stored])
    assert list(people.values_list("pk", "known_by")) == stored
    return str(Person.objects.get(pk=person.pk))


def bring(*rows, source="", companies=()):
    meeting = Meeting(source=source, at=NOON)
    meeting.load_accounts(companies)
    meeting.load(rows)
    for company in companies:
        meeting.meet_account(company)
    met = [meeting.meet(row) for row in rows]
    meeting.write()
    return [one.person.row for one in met]


def test_every_act_that_moves_a_fact_moves_the_words(mira):
    acme = make_account(name="Acme")
    by = {"by": mira, "at": NOON}
    her = add_person(phone_number="+1 202 555 0100", source="fair", **by)
    assert called_now(her) == "fair"

    add_contact_point(her, "email", "desk@acme.example", **by)
    correct_title(her, "Planner", expect=her.version, **by)
    change_employer(her, acme, expect=Person.objects.get(pk=her.pk).version, title="Planner", **by)
    assert called_now(her) == str(Person.objects.get(pk=her.pk)) == "Planner, Acme, desk@acme.example, fair"

    her = Person.objects.get(pk=her.pk)
    correct_person(her, expect=her.version, given_name="Ada", **by)
    assert (str(her), her.known_by, called_now(her)) == ("Ada", "", "Ada")
    correct_person(her, expect=her.version, given_name="", **by)
    other = nameless(email="ada@home.example")
    merge = merge_people(other, her, **by)
    assert called_now(other) == "Planner, Acme, desk@acme.example"
    undo_merge(merge, **by)
    assert called_now(other) == "ada@home.example"
    assert called_now(her).startswith("Planner, Acme")
    erase_person(her, **by)
    assert called_now(her) == "Somebody without a name"


def test_a_file_writes_the_words_with_the_facts_and_a_company_renamed_renames_whom_it_employs():
    key = [("crm", "1")]
    first, second = bring(
        PersonRow(external_ids=key, custom={"plan": "Finance", "done": "Called twice"}, fields={"city": "Pune"}),
        PersonRow(
            external_ids=[("crm", "2")], title="Cook", account=AccountRow(name="Old", external_ids=[("crm", "a")])
        ),
        source="fair",
    )
    assert (called_now(first), called_now(second)) == ("Called twice, Finance, Pune, fair", "Cook, Old, fair")

    bring(PersonRow(external_ids=key, title="Baker", points=[Point("email", "x@y.example", "x@y.example")]))
    assert called_now(first) == "Baker, x@y.example, Called twice, Finance, Pune"
    bring(companies=[AccountRow(name="New", external_ids=[("crm", "a")])])
    assert called_now(second) == "Cook, New, fair"
    assert matching("new cook").get().person_id == second.pk


def test_own_fields_speak_in_their_order_and_not_after_sales(mira):
    plan, done = (CustomField.objects.create(entity="person", key=k, label=k, position=n) for n, k in enumerate("pd"))
    her = nameless(custom={"p": "Finance", "d": "Called twice", "n": "1234 visits"}, city="Pune")
    assert called_now(her) == "Finance, Called twice, Pune"

    move_setting(OwnFields(), done.pk, up=True, by=mira, at=NOON)
    assert called_now(her) == "Called twice, Finance, Pune"
    kind, old = OwnFields(), OwnFields().read(done.pk)
    kind.write(done.pk, old, old | {"not_for_scores": True}, by=mira, at=NOON)
    assert called_now(her) == "Finance, Pune"
    CustomField.objects.update(not_for_scores=False)
    index_holders([plan.key])
    assert called_now(her) == "Called twice, Finance, Pune"


def test_whoever_has_no_name_is_found_by_what_they_are_called_however_that_came_about(mira):
    field = CustomField.objects.create(entity="person", key="plan", label="Plan")
    acme = make_account(name="Acme")
    her = nameless(title="Planner", account=acme, custom={"plan": "Finance"}, city="Pune", source="spring fair")
    (brought,) = bring(
        PersonRow({"city": "Oslo"}, [Point("email", "desk@corvane.example", "desk@corvane.example")], title="Foreman")
    )

    def found(q):
        return [text.person_id for text in matching(q)]

    assert str(Person.objects.get(pk=her.pk)) == "Planner, Acme, Finance, Pune, spring fair"
    for q in ("Planner at Acme", "Planner, Acme, Finance, Pune, spring fair", "pune planner", "Finance"):
        assert found(q) == [her.pk]
    assert found(str(Person.objects.get(pk=brought.pk))) == found("oslo foreman") == [brought.pk]
    # No file tells her name, nor what a field of hers said that is for after sales.
    kind, old = OwnFields(), OwnFields().read(field.pk)
    kind.write(field.pk, old, old | {"not_for_scores": True}, by=mira, at=NOON)
    assert (found("finance"), found("pune planner")) == ([], [her.pk])
    correct_person(her, given_name="Ada", by=mira, at=NOON, expect=Person.objects.get(pk=her.pk).version)
    assert (found("pune"), found("ada acme")) == ([], [her.pk])


def test_texts_of_before_get_the_line_that_the_product_writes_once(monkeypatch):
    people = [
        nameless(title="Planner", account=make_account(name="O'Neill"), city=city) for city in ("Pune", "", "Oslo")
    ]
    people.append(make_person())
    index_people([person.pk for person in people])
    written = dict(SearchText.objects.values_list("person_id", "text"))
    first, _second, of_before = written[people[0].pk].split("\n", 2)
    assert first == "planner, o'neill, pune"
    SearchText.objects.filter(person=people[0]).update(text=of_before)
    SearchText.objects.filter(person=people[2]).update(text="written since")
    monkeypatch.setattr(called_before, "BATCH", 2)

    for _time in range(2):
        called_before.forward(apps, SimpleNamespace(connection=SimpleNamespace(alias="default")))

    assert dict(SearchText.objects.values_list("person_id", "text")) == written | {
        people[2].pk: "planner, o'neill, oslo\nplanner, oneill, oslo\nwritten since"
    }


def test_people_of_before_are_called_as_the_product_calls_them(monkeypatch):
    CustomField.objects.create(entity="person", key="late", label="Late", not_for_scores=True)
    CustomField.objects.create(entity="person", key="wish", label="Wish", position=2)
    people = [
        nameless(custom={"a": "Anything", "late": "Tried twice", "wish": "Finance", "n": "12 times"}, city="Pune"),
        nameless(email="x@y.example", title="T" * 190, account=make_account(name="A, B  & C")),
        nameless(region="Bihar", country="IN", source="fair"),
        nameless(phone=None),
        make_person(),
    ]
    written = list(Person.objects.order_by("pk").values_list("known_by", flat=True))
    assert written[0] == "Finance, Anything, Pune"
    Person.objects.update(known_by="")
    Person.objects.filter(pk=people[2].pk).update(known_by="written since")
    monkeypatch.setattr(filled, "BATCH", 2)

    filled.fill(apps, SimpleNamespace(connection=SimpleNamespace(alias="default")))

    written[2] = "written since"
    assert list(Person.objects.order_by("pk").values_list("known_by", flat=True)) == written


def test_no_id_of_another_system_is_a_name():
    her = nameless(phone=None)
    ExternalId.objects.create(entity="person", source="crm", value="7927b2df", person=her)
    assert called_now(her) == "Somebody without a name"
