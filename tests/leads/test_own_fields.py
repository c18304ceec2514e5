"""What the company keeps of people beyond our own fields is seen where she is worked."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions.fields import add_custom_field
from accounts.actions.people import suppress_person
from accounts.models import CustomField
from agreement.models import Phase
from tests.make import NOON, make_lead, make_person


def test_the_lead_page_shows_her_own_fields_by_their_labels(client, alice):
    CustomField.objects.create(entity="person", key="specialization", label="Specialization")
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(custom={"specialization": "Media <b>"}))
    client.force_login(alice)

    page = client.get(reverse("leads:lead", args=[lead.public_id])).text

    assert "<dt>Specialization</dt><dd>Media &lt;b&gt;</dd>" in page


def test_somebody_without_a_name_is_called_by_her_best_facts_everywhere(client, alice, mona):
    at, her = (
        timezone.now(),
        {"given_name": "", "family_name": "", "source": "X Education", "custom": {"occupation": "Cook"}},
    )
    _asleep, _free, lead = (
        make_lead(phase=phase, bdr=alice, at=at, person=make_person(city=city, email=f"{city}@x.example", **her))
        for phase, city in ((Phase.NURTURE, "Pune"), (Phase.QUEUED, "Agra"), (Phase.WORKING, "Mumbai"))
    )
    suppress_person(lead.person, "email", source="file", at=at)
    words = "@x.example, Cook, {0}, X Education"
    client.force_login(alice)

    for name, query, city in (
        ("queue", {}, "Mumbai"),
        ("pool", {}, "Agra"),
        ("leads", {}, "Mumbai"),
        ("search", {"q": "mumbai@x"}, "Mumbai"),
        ("coming_back", {}, "Pune"),
    ):
        assert f"{city}{words.format(city)}" in client.get(reverse(f"leads:{name}"), query).text, name
    assert f"<h1>Mumbai{words.format('Mumbai')}</h1>" in client.get(reverse("leads:lead", args=[lead.public_id])).text
    file = b"".join(client.post(reverse("leads:leads_export")).streaming_content).decode()
    # Who may not be written to is in no file with her address.
    assert "mumbai@" not in file.lower()
    assert "Cook, Mumbai, X Education" in file
    assert f"Agra{words.format('Agra')}" in file


def test_nobody_is_called_by_what_was_written_after_sales_spoke_to_her(client, alice):
    CustomField.objects.create(entity="person", key="last_activity", label="Last activity", not_for_scores=True)
    CustomField.objects.create(entity="person", key="occupation", label="Occupation")
    custom = {"last_activity": "Page visited", "occupation": "Unemployed"}
    nameless = make_person(
        given_name="", family_name="", email=None, city="Mumbai", source="X Education", custom=custom
    )
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=nameless)
    client.force_login(alice)

    page = client.get(reverse("leads:lead", args=[lead.public_id])).text

    assert "<h1>Unemployed, Mumbai, X Education</h1>" in page
    assert "<dt>Last activity</dt><dd>Page visited</dd>" in page


@pytest.mark.parametrize("kind", [CustomField.Type.TEXT, CustomField.Type.NUMBER])
@pytest.mark.parametrize("label", ["Size", "Plant_Size__c", "Range", "Contains", "In", "Isnull", "2024", "2024-25"])
def test_a_field_is_filtered_by_whatever_it_is_called(client, alice, label, kind):
    field = add_custom_field(entity="person", label=label, type=kind, filterable=True, by=None, at=NOON)
    other = add_custom_field(entity="person", label=f"{label} too", filterable=True, by=None, at=NOON)
    value = 7 if kind == CustomField.Type.NUMBER else "Big"
    make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(custom={field.key: value, other.key: "Red"}))
    make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(custom={field.key: 8, other.key: "Red"}))
    client.force_login(alice)

    page = client.get(reverse("leads:leads"), {f"person_{field.key}": str(value), f"person_{other.key}": "red"})

    assert len(page.context["listed"].lines) == 1
