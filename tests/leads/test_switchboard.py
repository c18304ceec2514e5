"""One call to a company that was about several of its people."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import ContactPoint
from agreement.models import Phase
from leads.actions.claiming import reassign_leads
from leads.checking import check_all
from leads.models import Activity, SharedAct
from tests.make import NOON, disposition, make_account, make_lead, make_person

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def people(alice):
    """Three people of one company whom Alice works."""
    company = make_account(name="Corvane")
    return [
        make_lead(phase=Phase.WORKING, bdr=alice, at=NOON - HOUR, person=make_person(given_name=name, account=company))
        for name in ("Ada", "Jo", "Mara")
    ]


def call(client, lead, about, key="gatekeeper", **more):
    given = {
        "disposition": disposition(key).pk,
        "about": [str(one.public_id) for one in about],
        "version": lead.version,
        "note": "Front desk: all three are at the plant.",
    }
    return client.post(reverse("leads:log_call", args=[lead.public_id]), {**given, **more})


def test_the_page_offers_whom_else_she_works_there(client, alice, bob, people):
    reassign_leads([people[2].pk], to=bob, by=None, at=NOON)
    client.force_login(alice)

    page = client.get(reverse("leads:lead", args=[people[0].public_id])).text

    assert "This call was also about others at Corvane" in page
    assert f'name="about" value="{people[1].public_id}"' in page
    assert f'name="about" value="{people[2].public_id}"' not in page


def test_each_has_the_call_once_as_one_act(client, alice, people):
    client.force_login(alice)

    response = call(client, people[0], people[1:])

    assert response.status_code == 302
    calls = Activity.objects.filter(kind="call", by=alice)
    assert sorted(calls.values_list("lead", flat=True)) == sorted(lead.pk for lead in people)
    assert {len(SharedAct.objects.get().events), calls.values("disposition").distinct().count()} == {3, 1}
    for lead in people:
        lead.refresh_from_db()
    assert {lead.attempts for lead in people} == {1}
    assert f"{people[0].person} and 2 more" in client.get(response.url).text
    assert not any(check_all(at=NOON).values())


def test_of_whom_the_call_was_about_no_number_need_be_known(client, alice, people):
    known, about = people[:2]
    ContactPoint.objects.filter(person=about.person).delete()
    client.force_login(alice)

    assert call(client, about, [known]).status_code == 422
    assert call(client, known, [about], key="voicemail_email").status_code == 302

    said = [(known.pk, "call"), (known.pk, "email"), (about.pk, "call")]
    assert sorted(Activity.objects.values_list("lead", "kind")) == said


def test_it_is_taken_back_from_all_of_them(client, alice, people):
    client.force_login(alice)
    call(client, people[0], people[1:])

    # Where Correct stands in the history of any of them.
    event = people[1].events.order_by("-id").first()
    client.post(reverse("leads:undo", args=[people[1].public_id]), {"event": event.pk})

    for lead in people:
        lead.refresh_from_db()
    assert {lead.attempts for lead in people} == {0}
    assert not any(check_all(at=NOON).values())


def test_the_line_that_told_it_leads_back_to_where_the_call_was_logged(client, alice, people):
    client.force_login(alice)
    call(client, people[1], [people[0]])
    act = SharedAct.objects.get()
    event = people[1].events.order_by("-id").first()

    response = client.post(reverse("leads:shared_undo", args=[act.public_id]), {"event": event.pk})

    assert response.url == reverse("leads:lead", args=[people[1].public_id])


def test_who_is_not_hers_any_more_stops_the_call_with_all_that_was_typed(client, alice, bob, people):
    reassign_leads([people[2].pk], to=bob, by=None, at=NOON)
    client.force_login(alice)

    response = call(client, people[0], people[1:])

    assert response.status_code == 409
    assert "You do not work all of these people any more." in response.text
    assert "Front desk: all three are at the plant." in response.text
    assert not Activity.objects.exists()


def test_nobody_of_another_company_is_called_with_them(client, alice, people):
    elsewhere = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=make_account()))
    client.force_login(alice)

    assert call(client, people[0], [elsewhere]).status_code == 409
    assert not Activity.objects.exists()


def test_what_ends_with_a_form_about_one_person_is_asked_for_her_alone(client, alice, people):
    client.force_login(alice)

    response = call(client, people[0], people[1:], key="meeting")

    assert response.status_code == 422
    assert "log the call about the others first" in response.text


@pytest.mark.parametrize("about", ["nonsense", "01a222ee-5aaf-7260-96cf-d2248e186b8d"])
def test_odd_input_calls_nobody(client, alice, people, about):
    client.force_login(alice)

    given = {"disposition": disposition("gatekeeper").pk, "about": about}
    response = client.post(reverse("leads:log_call", args=[people[0].public_id]), given)

    assert response.status_code in (409, 422)
    assert not Activity.objects.exists()


def test_rows_of_one_company_lead_to_one_call(client, alice, people):
    elsewhere = make_lead(phase=Phase.WORKING, bdr=alice)
    client.force_login(alice)
    given = {"verb": "call", "lead": [str(lead.public_id) for lead in people]}

    response = client.get(reverse("leads:many"), given)
    page = client.get(response.url).text

    assert response.url.startswith(reverse("leads:lead", args=[people[0].public_id]))
    assert page.count('name="about"') == page.count("checked> ") == 2
    given["lead"].append(str(elsewhere.public_id))
    assert client.get(reverse("leads:many"), given, follow=True).text.count("of one company") == 1
