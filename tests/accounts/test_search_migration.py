"""Search texts of before get their second line, lose it again, and nobody's newer words are overwritten."""

from importlib import import_module

import pytest

from accounts.models import ExternalId, SearchText
from accounts.search import index_people, matching
from tests.make import make_person

second_lines = import_module("accounts.migrations.0002_search_without_apostrophes")
ids_like_phones = import_module("accounts.migrations.0003_search_ids_like_phones")

TEXTS = ["sean o'neill\nsean@x.example", "ana duarte\nacme", "l’abbe\njoe’s bar", "mary o brien", "", "o neill\noneill"]


@pytest.mark.parametrize("text", TEXTS[:5])
def test_there_and_back_is_the_same(text):
    assert second_lines.without_second_lines(second_lines.with_second_lines(text)) == text


@pytest.mark.parametrize("text", TEXTS)
def test_twice_is_once(text):
    once = second_lines.with_second_lines(text)

    assert second_lines.with_second_lines(once) == once


@pytest.mark.django_db
def test_every_batch_is_rewritten_as_the_product_writes_it(monkeypatch):
    people = [make_person(given_name="Sean", family_name=name) for name in ("O'Neill", "O Brien", "Plain", "D’Arc")]
    index_people([person.pk for person in people])
    written = dict(SearchText.objects.values_list("pk", "text"))
    monkeypatch.setattr(second_lines, "BATCH", 3)

    migrate(second_lines.backward)
    assert matching("oneill").count() == 0
    migrate(second_lines.forward)

    assert dict(SearchText.objects.values_list("pk", "text")) == written
    assert matching("oneill").count() == 1


@pytest.mark.django_db
def test_ids_like_phones_get_the_line_that_the_product_writes_once(monkeypatch):
    people = [make_person() for _ in range(5)]
    for person, value in zip(people, ["8801-2231", "8801 2232", "HS-1", "88012233", "99.12"], strict=True):
        ExternalId.objects.create(entity="person", source="crm", value=value, person=person)
    index_people([person.pk for person in people])
    written = dict(SearchText.objects.values_list("pk", "text"))
    SearchText.objects.filter(person=people[0]).update(text="ada\n8801-2231")
    SearchText.objects.filter(person=people[1]).update(text="bo\n8801 2232")
    monkeypatch.setattr(ids_like_phones, "BATCH", 2)

    for _time in range(2):
        migrate(ids_like_phones.forward)

    texts = dict(SearchText.objects.values_list("person_id", "text"))
    assert [texts[person.pk] for person in people[:2]] == ["ada\n8801-2231\n88012231", "bo\n8801 2232\n88012232"]
    assert [texts[person.pk] for person in people[2:]] == list(written.values())[2:]


def migrate(step):
    class Editor:
        class connection:
            alias = "default"

    class Apps:
        def get_model(self, _app, name):
            return {"SearchText": SearchText, "ExternalId": ExternalId}[name]

    step(Apps(), Editor)
