"""A file says who agreed to e-mail: it is noted with the file and the line, and what cannot be read is no consent."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actions.matching import writing
from accounts.actions.people import suppress_person
from accounts.models import Person, Suppression
from leads.models import Consent
from team.models import Role
from tests.leads.files import EARLIER, bring, counts
from tests.make import make_person, make_user

pytestmark = pytest.mark.django_db
FILE = """Email,Opt-in
a@corvane.io,yes
b@corvane.io,No
c@corvane.io,2026-01-05
d@corvane.io,
e@corvane.io,perhaps
f@corvane.io,2999-01-01
"""


@pytest.fixture
def mark(team):
    return make_user("mark", Role.MARKETER)


def said_by(run):
    rows = Consent.objects.order_by("person__contact_points__normalised")
    assert {(one.source, one.by, one.topic) for one in rows} == {("import", run.by, None)}
    return [(one.person.contact_points.get().value[0], one.is_given, one.at, one.evidence) for one in rows]


def test_yes_no_and_a_day_are_noted_with_the_line_and_nothing_else_is(mark):
    run = bring(FILE, by=mark)

    assert counts(run) == (6, 0, 0, 0)
    assert said_by(run) == [
        ("a", True, EARLIER, "people.csv, line 2"),
        ("b", False, EARLIER, "people.csv, line 3"),
        ("c", True, datetime(2026, 1, 5, tzinfo=UTC), "people.csv, line 4"),
    ]
    notes = run.tallies["notes"]
    assert (notes["consent_given"], notes["consent_refused"], notes["unreadable_consent"]) == (2, 1, 2)


def test_the_same_file_again_says_nothing_new(mark):
    bring(FILE, by=mark)
    bring(FILE, by=mark)
    bring(FILE + "a@corvane.io,yes\n", by=mark)
    assert Consent.objects.count() == 3


def test_an_older_yes_does_not_undo_what_was_taken_back_since(mark):
    bring("Email,Opt-in\na@corvane.io,2026-01-05\n", by=mark)
    person = Person.objects.get()
    Consent.objects.create(
        person=person, is_given=False, at=datetime(2026, 2, 1, tzinfo=UTC), noted_at=EARLIER, source="preferences"
    )
    bring("Email,Opt-in\na@corvane.io,2026-01-20\n", by=mark)
    assert not Consent.objects.standing().exists()


def test_a_day_is_read_as_somebody_said_it_is_written(mark):
    days = "Email,Consent date\n" + "".join(f"p{n}@corvane.io,0{n}/0{n + 1}/2026\n" for n in range(1, 5))
    columns = {"Consent date": {"target": "consent", "format": "d/m/y"}}
    bring(days, by=mark, columns=columns)
    assert {(one.at.day, one.at.month) for one in Consent.objects.all()} == {(1, 2), (2, 3), (3, 4), (4, 5)}


def test_a_column_by_another_name_can_be_chosen_for_it(mark):
    run = bring("Email,Ja?\na@corvane.io,1\nb@corvane.io,0\n", by=mark, columns={"Ja?": {"target": "consent"}})
    assert [one[:2] for one in said_by(run)] == [("a", True), ("b", False)]


def test_saying_once_more_who_wants_no_mail_costs_the_same_queries_for_few_and_for_many(mark):
    spent = []
    for count in (5, 40):
        for n in range(count):
            person = make_person(email=f"p{count}{n}@corvane.io")
            suppress_person(person, "email", source="unsubscribed", at=EARLIER)
        rows = "".join(f"p{count}{n}@corvane.io,yes\n" for n in range(count))
        with CaptureQueriesContext(connection) as queries:
            bring("Email,No mail\n" + rows, by=mark, columns={"No mail": {"target": "do_not_email"}})
        spent.append(len(queries))

    assert set(Suppression.objects.values_list("channel", "source")) == {("email", "import")}
    assert Suppression.objects.filter(at__gt=EARLIER).count() == 45
    assert spent[1] - spent[0] <= 2, spent


def test_a_stop_that_is_taken_back_while_a_file_says_it_once_more_stands(mark, monkeypatch):
    persons = [make_person(email=f"{name}@corvane.io") for name in "ab"]
    for person in persons:
        suppress_person(person, "email", source="unsubscribed", at=EARLIER)
    lock = writing.lock_addresses

    def taken_back(people):
        Suppression.objects.filter(person=persons[0]).delete()
        lock(people)

    monkeypatch.setattr(writing, "lock_addresses", taken_back)

    bring(
        "Email,No mail\na@corvane.io,yes\nb@corvane.io,yes\n", by=mark,
        columns={"No mail": {"target": "do_not_email"}},
    )  # fmt: skip

    found = Suppression.objects.order_by("person").values_list("person", "channel", "source")
    assert list(found) == [(person.pk, "email", "import") for person in persons]
