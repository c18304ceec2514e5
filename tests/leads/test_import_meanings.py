"""What the values of a status column probably mean, and what is asked where nobody can know."""

import re

import pytest
from django.urls import reverse

from accounts.models import Person
from agreement.models import Reason
from leads.actions.import_rows import run_imports
from leads.actions.importing import start_import
from leads.forms.importing import meaning_choices
from leads.imports import guessed_meanings
from leads.imports.guesses import _MEANING_OF
from leads.models import Lead, Recycling
from leads.settings.changing import change_setting
from leads.settings.reasons import Reasons
from team.clock import database_now
from team.models import Role
from tests.leads.files import answered, bring, decided, received
from tests.make import NOON, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("New", "new_lead"),
        ("Open - Not Contacted", "new_lead"),
        ("marketingqualifiedlead", "new_lead"),
        ("Sales Qualified Lead (SQL)", "new_lead"),
        ("Unconverted", "new_lead"),
        ("", "new_lead"),
        ("n/a", "new_lead"),
        ("Closed - Won", "customer"),
        ("Customer", "customer"),
        ("Not ready", "recycled:not_ready"),
        ("Bad timing", "recycled:not_ready"),
        ("Mid contract", "recycled:mid_contract"),
        ("mid-contract", "recycled:mid_contract"),
        ("Unresponsive", "recycled:unresponsive"),
        ("No response after 5 calls", "recycled:unresponsive"),
        ("Lost", "recycled:lost_deal"),
        ("Closed_Lost", "recycled:lost_deal"),
        ("Nurture", "recycled"),
        ("Unqualified", "disqualified"),
        ("Not qualified", "disqualified"),
        ("Competitor", "disqualified:competitor"),
        ("Opted out", "disqualified:opted_out"),
        ("Subscriber", "person"),
        ("Banana", None),
        ("Lostwithiel", None),
        ("7", None),
    ],
)
def test_a_status_is_guessed_or_left_to_be_said(value, meaning):
    assert guessed_meanings("Status", [value]).get(value) == meaning


@pytest.mark.parametrize(
    "value",
    [
        "Potential customer",
        "Former customer",
        "Ex-customer",
        "No longer a customer",
        "Not a customer anymore",
        "Isn't a client",
        "Lost customer",
        "Never converted",
        "Not a client",
        "No longer interested",
        "Not attended",
        "Never contacted again",
        "Not yet registered",
    ],
)
def test_of_a_word_that_another_turns_around_nothing_is_guessed(value):
    assert guessed_meanings("Status", [value]) == {}


@pytest.mark.parametrize(
    "value",
    [
        "Was a customer",
        "Inactive customer",
        "Target customer",
        "Trial customer",
        "Customer (trial)",
        "Customer referral",
        "Lead from customer event",
        "In contract negotiation",
        "Under contract review",
    ],
)
def test_nobody_is_a_customer_or_under_contract_by_a_word_in_another_sentence(value):
    assert guessed_meanings("Status", [value]) == {}


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("Existing customer", "customer"),
        ("Current client", "customer"),
        ("Customer (active)", "customer"),
        ("Paying customer since 2019", "customer"),
        ("Became a customer", "customer"),
        ("Converted to customer", "customer"),
        ("Closed - Converted", "customer"),
        ("Deal closed won", "customer"),
        ("Still under contract", "recycled:mid_contract"),
        ("In contract with a competitor until 2028", "recycled:mid_contract"),
    ],
)
def test_words_that_change_nothing_may_stand_beside_it(value, meaning):
    assert guessed_meanings("Status", [value]) == {value: meaning}


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("Not a customer", "new_lead"),
        ("Isn’t a customer", "new_lead"),
        ("Prospective customer", "new_lead"),
        ("Not interested at this time", "disqualified:not_our_market"),
        ("Closed lost - price", "recycled:lost_deal"),
        ("No longer there (2024)", "recycled:left_company"),
    ],
)
def test_a_known_phrase_may_itself_say_not(value, meaning):
    assert guessed_meanings("Status", [value]) == {value: meaning}


def test_yes_under_a_header_that_turns_it_around_is_not_guessed():
    assert guessed_meanings("Former customer", ["Yes", "No"]) == {}


@pytest.mark.parametrize(("value", "meaning"), [("1", "customer"), ("Yes", "customer"), ("0", "new_lead")])
def test_a_column_that_says_whether_she_converted(value, meaning):
    assert guessed_meanings("Converted", [value]) == {value: meaning}


def test_whatever_is_guessed_can_be_chosen(team):
    choices = meaning_choices("people")
    keys = {key for key, label in choices if not isinstance(label, list)}
    keys |= {key for _group, named in choices if isinstance(named, list) for key, _label in named}
    assert set(_MEANING_OF.values()) <= keys


def test_the_form_asks_for_what_it_cannot_guess(team, lea, client):
    rows = "Email,Status\na@x.io,New\nb@x.io,Not ready\nc@x.io,Banana\n"
    run = decided(received(rows, by=lea), by=lea)
    client.force_login(lea)
    url = reverse("leads:import_answers", args=[run.public_id])
    page = client.get(url).text
    selects = dict(re.findall(r'<select name="(m\d)"(.*?)</select>', page, re.S))
    chosen = {
        re.search(r'for="id_m\d">', page) and name: re.search(r'"([^"]*)" selected', of) for name, of in selects.items()
    }
    assert sorted(found[1] for found in chosen.values()) == ["", "new_lead", "recycled:not_ready"]

    form = {"source": "List", "happened_at": "2026-03-02T09:00", "engagement_kind": "listed", "lane": "list"}
    form |= {"pace": "all", "other": "person"} | {name: found[1] for name, found in chosen.items()}
    refused = client.post(url, form)

    assert refused.status_code == 422
    assert "Choose what “Banana” means." in refused.text
    banana = next(name for name, found in chosen.items() if not found[1])
    assert client.post(url, form | {banana: "person"}).status_code == 302


def test_companies_are_prospects_unless_they_are_customers(team, lea, client):
    file = received("Name,Domain,Status\nA,a.io,Banana\nB,b.io,Customer\n", by=lea, kind="companies")
    run = decided(file, by=lea, columns={"Status": {"target": "status"}})
    client.force_login(lea)

    page = client.get(reverse("leads:import_answers", args=[run.public_id])).text

    assert sorted(re.findall(r'<option value="(\w*)" selected', page)) == ["customer", "person", "person"]


def test_recycled_for_its_reason_and_opted_out_for_good(team, lea):
    bring("Email,Status\na@x.io,Mid contract\nb@x.io,Opted out\n", by=lea)

    assert Recycling.objects.get().category == "mid_contract"
    silent = Person.objects.get(suppressions__channel="all")
    assert silent.contact_points.get().normalised == "b@x.io"
    assert Lead.objects.get(phase="closed").reason.key == "opted_out"


@pytest.mark.parametrize("meaning", ["recycled:unresponsive", "disqualified:competitor", "recycled"])
def test_a_reason_that_was_retired_since_is_given_as_the_one_in_its_place(team, lea, meaning):
    run = decided(
        received("Email,Company,Status\nx@nova.io,Nova,asleep\n", by=lea),
        by=lea,
        columns={"Status": {"target": "status"}},
    )
    answered(run, by=lea, meanings={"asleep": meaning})
    old = Reason.objects.get(key=meaning.partition(":")[2] or "not_ready")
    dora, reasons = make_user("dora", Role.ADMIN), Reasons()
    like = {name: value for name, value in reasons.read(old.pk).items() if name != "pk"}
    change_setting(reasons, None, like | {"label": "Another", "successor": None}, by=dora, at=NOON)
    another = Reason.objects.get(label="Another")
    change_setting(reasons, old.pk, {"successor": another.pk}, by=dora, at=NOON)

    start_import(run, by=lea, at=database_now())
    run_imports(budget=100)

    assert Lead.objects.get().reason == another
