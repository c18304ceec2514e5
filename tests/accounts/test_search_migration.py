"""Search texts of before get their second line, lose it again, and nobody's newer words are overwritten."""

from importlib import import_module

import pytest

from accounts.models import SearchText
from accounts.search import index_people, matching
from tests.make import make_person

second_lines = import_module("accounts.migrations.0002_search_without_apostrophes")

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


def migrate(step):
    class Editor:
        class connection:
            alias = "default"

    class Apps:
        def get_model(self, *_name):
            return SearchText

    step(Apps(), Editor)
