"""The list of leads as a file: what its reader may see and filtered for, and nothing that must not leave."""

import csv
from io import StringIO

import pytest
import time_machine
from django.urls import reverse

from accounts.actions.people import suppress_key, suppress_person
from accounts.models import ContactPoint, CustomField
from agreement.models import Phase
from team.models import AuditEntry, Team
from tests.make import NOON, make_account, make_lead, make_person


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def exported(client, user, **query):
    client.force_login(user)
    answer = client.post(reverse("leads:leads_export", query=query))
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_line_says_what_the_page_does_and_more(client, team, alice):
    CustomField.objects.create(entity="person", key="size", label="Size", type="number")
    CustomField.objects.create(entity="account", key="erp", label="ERP")
    CustomField.objects.create(entity="account", key="old", label="Old", retired_at=NOON)
    account = make_account(name="Corvane", custom={"erp": "=2+2", "old": "1"})
    person = make_person(
        given_name="=Ada", family_name="Holm", title="@Planner", account=account, city="Bergen", country="NO",
        custom={"size": -4}, email="ada@corvane.example", phone="+4755550100",
    )  # fmt: skip
    lead = make_lead(phase=Phase.WORKING, person=person, account_id=account.pk, bdr=alice, source="-fair")

    (line,) = exported(client, alice)

    assert line == {
        "Name": "'=Ada Holm", "Title": "'@Planner", "Account": "Corvane", "E-mail": "ada@corvane.example",
        "Phone": "'+4755550100", "City": "Bergen", "Country": "NO", "Phase": "Working", "Stage": "Attempting",
        "Closed as": "", "Reason": "", "Team": "North", "Rep": "Alice", "Account executive": "", "Found by": "",
        "Lane": "Content", "Tier": "C3", "Origin": "Inbound", "Source": "'-fair", "Came in": "2027-03-01 12:00",
        "Attempts": "0", "Last touched": "", "Due": line["Due"], "Back on": "", "Closed": "",
        "Address": f"http://testserver/leads/{lead.public_id}/", "Size": "-4", "ERP": "'=2+2",
    }  # fmt: skip


def test_only_what_she_may_see_and_asked_for_is_exported(client, team, alice, eve):
    make_lead(team=Team.objects.get(name="South"))
    hers, pooled = make_lead(phase=Phase.WORKING, bdr=alice), make_lead(team=team)

    assert {line["Name"] for line in exported(client, alice)} == {str(hers.person), str(pooled.person)}
    assert [line["Name"] for line in exported(client, alice, phase="queued")] == [str(pooled.person)]


def test_every_chunk_follows_the_one_before(client, monkeypatch, alice):
    monkeypatch.setattr("leads.lead_export.CHUNK", 2)
    leads = [make_lead(bdr=alice) for _ in range(5)]

    assert [line["Name"] for line in exported(client, alice, sort="quiet")] == [str(lead.person) for lead in leads]


def test_whom_nobody_may_reach_on_a_channel_is_exported_without_it(client, alice):
    silent, gone, wrong = (make_person(family_name=name) for name in ("Silent", "Gone", "Wrong"))
    for person in (silent, gone, wrong):
        make_lead(person=person, bdr=alice)
    suppress_person(silent, "email", source="rep", at=NOON)
    suppress_key(gone.contact_points.get(kind="phone").normalised, "phone", source="import", at=NOON)
    wrong.contact_points.filter(kind="email").update(state=ContactPoint.State.WRONG)

    found = {line["Name"]: (bool(line["E-mail"]), bool(line["Phone"])) for line in exported(client, alice)}

    assert found == {"Person Silent": (False, True), "Person Gone": (True, False), "Person Wrong": (False, True)}


def test_that_somebody_exported_is_noted_with_what_she_asked_for(client, alice):
    make_lead(bdr=alice)

    exported(client, alice, lane="content", sort="came")

    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.by, entry.about, entry.detail) == ("export", alice, "leads", "lane")


def test_a_link_alone_exports_nothing(client, alice):
    client.force_login(alice)

    assert client.get(reverse("leads:leads_export")).status_code == 405
