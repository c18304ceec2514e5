"""The list of mail: in which order, whose, and page after page."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from accounts.search import index_people
from team.models import Role
from tests.make import NOON, make_account, make_lead, make_person, make_user
from tests.nurture.making import leave, make_aside, make_message

pytestmark = pytest.mark.django_db


def names_of(client, **asked):
    page = client.get(reverse("nurture:mail"), asked)
    return [row.person.given_name for row, _subject in page.context["rows"]], page


def test_what_is_planned_stands_in_the_order_in_which_it_leaves_page_after_page(client, rules, monkeypatch):
    monkeypatch.setattr("nurture.outbox.SHOWN", 2)
    for name, hours in (("Third", 3), ("First", 1), ("Second", 2), ("Alike", 2), ("Last", 4)):
        make_message(person=make_person(given_name=name), due_at=NOON + timedelta(hours=hours))
    client.force_login(make_user("ada", Role.ADMIN))

    seen, after = [], ""
    while True:
        shown, page = names_of(client, state="planned", after=after)
        seen += shown
        after = page.context["listed"].next_after
        if not after:
            break
        assert 'rel="next"' in page.text

    assert seen == ["First", "Second", "Alike", "Third", "Last"]
    assert "The next to leave first." in page.text
    assert "in the last seven days" in page.text
    # What cannot be read is the first page; behind the last there is a way back.
    assert names_of(client, state="planned", after="x~y")[0] == ["First", "Second"]
    beyond = client.get(reverse("nurture:mail"), {"state": "sent", "after": "1"}).text
    assert "There is nothing beyond this" in beyond
    assert '<a class="button" href="?state=sent">Back to the first</a>' in beyond


def test_mail_is_found_by_person_company_or_address_in_whatever_state_it_is(client, alice, mona, rules):
    ada = make_person(given_name="Ada", email="ada@corvane.example", account=make_account(name="Corvane"))
    bo, other = make_person(given_name="Bo", email="bo@elsewhere.example"), make_person(given_name="Cy")
    lead = make_lead(phase="nurture", bdr=alice, person=ada)
    sent = make_message(person=ada, lead=lead)
    leave(sent, at=NOON)
    make_message(person=bo)
    make_message(person=other)
    index_people([ada.pk, bo.pk, other.pk])
    client.force_login(make_user("ida", Role.ADMIN))

    found = {q: names_of(client, q=q)[0] for q in ("ada", "corvane", "bo@elsewhere.example", "nobody")}
    assert found == {"ada": ["Ada"], "corvane": ["Ada"], "bo@elsewhere.example": ["Bo"], "nobody": []}
    page = client.get(reverse("nurture:mail"), {"q": "ada"}).text
    assert "Sent · " in page
    assert names_of(client, q="ada", state="planned")[0] == []
    # By the address it went to, whosever that is today.
    ada.contact_points.filter(kind="email").delete()
    index_people([ada.pk])
    assert names_of(client, q="ada@corvane.example")[0] == ["Ada"]
    # A manager finds the mail of leads she may see.
    client.force_login(mona)
    assert (names_of(client, q="ada")[0], names_of(client, q="bo")[0]) == (["Ada"], [])


def test_mail_that_came_in_goes_on_beyond_fifty_in_the_list_it_was_opened_on(client, rules, monkeypatch):
    monkeypatch.setattr("nurture.views.incoming.SHOWN", 2)
    rows = [make_aside(sender=f"jo{n}@brevik.example") for n in range(5)]
    client.force_login(make_user("ada", Role.ADMIN))
    url = reverse("nurture:incoming")

    seen, page = [], client.get(url)
    while True:
        seen += [row.pk for row in page.context["rows"]]
        following = re.search(r'href="([^"]+)" rel="next"', page.text)
        if following is None:
            break
        assert "list=aside" in following[1]
        page = client.get(url + unescape(following[1]))

    assert seen == [row.pk for row in reversed(rows)]
    assert "That is everything." in page.text
    assert 'href="?list=aside">Back to the first' in page.text
    # What cannot be read is the first page; behind the last there is a way back.
    assert [row.pk for row in client.get(url, {"after": "x"}).context["rows"]] == seen[:2]
    assert "There is nothing beyond this" in client.get(url, {"list": "aside", "after": rows[0].pk}).text
