"""By what people and accounts are found."""

import pytest

from accounts.models import AccountDomain, ExternalId
from accounts.search import index_accounts, index_people, matching, query_words
from tests.make import make_account, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def zoe():
    account = make_account(name="Brevik Maskin AS")
    AccountDomain.objects.create(account=account, domain="brevik.no")
    person = make_person(
        given_name="Zoë",
        family_name="Ødegård",
        email="zoe@brevik.no",
        phone="+4722334455",
        title="CTO",
        account=account,
    )
    ExternalId.objects.create(entity="person", source="crm", value="660737", person=person)
    index_people([person.pk])
    index_accounts([account.pk])
    return person


@pytest.mark.parametrize(
    "q",
    [
        "zoe",
        "ZOË ødegard",
        "odegard brevik",
        "zoe@brevik.no",
        "brevik.no",
        "22 33 44 55",
        "+47 22334455",
        "660737",
        "cto maskin",
    ],
)
def test_person_is_found_by_every_word_in_any_order(zoe, q):
    assert zoe.pk in [row.person_id for row in matching(q)]


@pytest.mark.parametrize("q", ["zoe halden", "%", "_", "\\", "z%e", "", "   ", "\0", "x" * 5000, "22 33 44 56"])
def test_what_is_not_hers_does_not_find_her(zoe, q):
    assert zoe.pk not in [row.person_id for row in matching(q)]


@pytest.mark.parametrize("value", ["8f1d9b7e-ab12", "HS-1234", "8801-2231", "(12) 34.56", "0012345"])
def test_both_are_found_by_what_another_system_calls_them_and_how_it_begins(value):
    person, account = make_person(), make_account()
    ExternalId.objects.create(entity="person", source="crm", value=value, person=person)
    ExternalId.objects.create(entity="account", source="crm", value=value, account=account)
    index_people([person.pk])
    index_accounts([account.pk])

    for q in (value, value.lower(), value[:7]):
        found = [(row.person_id, row.account_id) for row in matching(q).order_by("pk")]
        assert found == [(person.pk, None), (None, account.pk)]


def test_account_is_found_by_name_and_domain(zoe):
    assert matching("maskin brevik.no").filter(account__isnull=False).count() == 1


def test_written_again_there_is_one_row_each(zoe):
    zoe.given_name = "Zora"
    zoe.save(update_fields=["given_name"])
    index_people([zoe.pk])

    assert (matching("zora").count(), matching("zoë").filter(person=zoe).exists()) == (1, True)


@pytest.mark.parametrize("family", ["O'Neill", "O’Neill", "O Neill", "ONeill", "O`Neill", "Oʼneill"])
@pytest.mark.parametrize("q", ["oneill", "O'Neill", "o’neill", "O Neill", "sean oneill", "neill"])
def test_every_spelling_of_a_name_with_an_apostrophe_finds_every_other(family, q):
    sean = make_person(given_name="Seán", family_name=family)
    index_people([sean.pk])

    assert [row.person_id for row in matching(q)] == [sean.pk]


def test_a_company_with_an_apostrophe_is_found_by_each_spelling():
    account = make_account(name="Joe’s Ice-Cream d'Or")
    index_accounts([account.pk])

    for q in ("joes", "joe's", "JOE’S", "dor", "d'or ice"):
        assert [row.account_id for row in matching(q)] == [account.pk], q


def test_query_is_at_most_two_hundred_characters_and_each_word_once():
    assert query_words("a b a B") == ["a", "b"]
    assert query_words("abc" * 200) == [("abc" * 200)[:200]]
    assert query_words("(0) 22 33-44.55") == ["22334455"]
