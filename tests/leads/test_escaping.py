"""Whatever people and files call things, a page says it and never obeys it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import CustomField, Employment
from accounts.search import index_accounts, index_people
from agreement.models import Criterion, Disposition, Phase, Stage, StepKind
from content.models import Asset, Topic
from leads.actions.answering import answer_criteria
from leads.actions.engaging import NewEngagement, record_engagements
from leads.actions.logging import add_note, log_call, set_step
from leads.models import Engagement, Lead
from team.models import User
from tests.make import disposition, make_account, make_lead, make_person

MARKUP = """<img src=x onerror=alert(1)>"'&"""
SAID = "&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def hostile(alice, bob, now):
    """A lead of whom everything that anybody can name is markup, with a colleague like her."""
    account = make_account(name=f"A {MARKUP}", industry=MARKUP, city=MARKUP)
    person = make_person(given_name=f"G {MARKUP}", family_name=MARKUP, title=f"T {MARKUP}", account=account)
    colleague = make_person(given_name=f"C {MARKUP}", family_name=MARKUP, title=f"U {MARKUP}", account=account)
    promised = make_lead(phase=Phase.WORKING, person=colleague, bdr=alice, at=now - timedelta(days=3))
    unworked = make_person(given_name=f"B {MARKUP}", family_name=MARKUP, title=f"V {MARKUP}", account=account)
    Stage.objects.update(label=f"S {MARKUP}")
    Disposition.objects.update(label=f"D {MARKUP}")
    Criterion.objects.update(label=f"L {MARKUP}", question=f"Q {MARKUP}")
    User.objects.update(name=f"N {MARKUP}")
    alice.refresh_from_db()
    lead = make_lead(phase=Phase.WORKING, person=person, bdr=alice, at=now - timedelta(days=3))
    topic = Topic.objects.create(key="t", label=f"O {MARKUP}")
    asset = Asset.objects.create(title=f"X {MARKUP}", topic=topic)
    deed = NewEngagement(
        person_id=person.pk, kind=Engagement.Kind.READ, at=now - timedelta(days=1), asset_id=asset.pk, source=MARKUP
    )
    record_engagements([deed], at=now)
    add_note(lead, text=f"W {MARKUP}", by=alice, at=now - timedelta(hours=3))
    answers = {Criterion.objects.first(): ("yes", f"E {MARKUP}")}
    answer_criteria(lead, answers=answers, by=alice, at=now - timedelta(hours=2))
    answer_criteria(lead, answers={Criterion.objects.last(): ("no", "")}, by=bob, at=now - timedelta(hours=2))
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=now - timedelta(hours=1), note=f"P {MARKUP}")
    call_back = ((now + timedelta(minutes=10)).replace(tzinfo=None, second=0, microsecond=0), "UTC")
    called = {"disposition": disposition("call_back"), "call_back": call_back, "note": f"F {MARKUP}"}
    log_call(promised, **called, by=alice, at=now - timedelta(hours=1))
    step = {"kind": StepKind.TASK, "title": f"K {MARKUP}", "due": now + timedelta(minutes=5)}
    set_step(lead, **step, by=alice, at=now - timedelta(minutes=1))
    index_people([person.pk, colleague.pk, unworked.pk])
    index_accounts([account.pk])
    return lead


def page(client, alice, address):
    client.force_login(alice)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.text


def said(html, *marks):
    """Each of these stands on the page, and nowhere is a tag made of it."""
    assert "<img" not in html
    assert MARKUP not in html
    missing = [mark for mark in marks if f"{mark} {SAID}" not in html and f"{mark} {SAID[:40]}" not in html]
    assert not missing, missing


def test_the_queue_says_markup_and_obeys_none(client, alice, hostile):
    said(page(client, alice, "/"), "G", "A", "K", "“F")


def test_the_lead_page_says_markup_and_obeys_none(client, alice, hostile):
    html = page(client, alice, reverse("leads:lead", args=[hostile.public_id]))

    said(html, "G", "A", "T", "C", "U", "S", "D", "L", "Q", "O", "X", "W", "E", "P", "K", ", N")


def test_the_pool_says_markup_and_obeys_none(client, alice, hostile):
    Lead.objects.filter(pk=hostile.pk).update(
        phase=Phase.QUEUED, bdr=None, first_working_at=None, cadence=None, reserved_until=None
    )

    said(page(client, alice, "/pool/"), "G", "A")


def test_the_list_of_leads_says_markup_and_obeys_none(client, alice, hostile):
    CustomField.objects.create(
        entity="person", key="k", label=f"I {MARKUP}", type="choice", choices=[f"J {MARKUP}"], filterable=True
    )
    asked = {"q": "onerror", "source": f"H {MARKUP}"}

    said(page(client, alice, reverse("leads:leads", query=asked)), "S", "N", "I", "J", "H")
    said(page(client, alice, reverse("leads:leads", query={"q": "onerror"})), "G", "A", "T", "S")


def test_the_search_says_markup_and_obeys_none(client, alice, hostile):
    html = page(client, alice, reverse("leads:search", query={"q": "onerror"}))

    said(html, "G", "C", "B", "A", "T", "N", "Add a lead for B")


def test_a_company_without_people_at_hand_is_said_too(client, alice, hostile):
    assert Employment.objects.filter(is_current=True).count() == 3

    said(page(client, alice, reverse("leads:search", query={"q": "a <img"})), "A")


def test_the_pages_of_companies_say_markup_and_obey_none(client, alice, mona, hostile):
    said(page(client, alice, reverse("leads:accounts")), "A")
    said(page(client, alice, reverse("leads:account", args=[hostile.account.public_id])), "A", "G", "C", "S", "N", "X")
    standing = reverse("leads:account_standing", args=[hostile.account.public_id], query={"standing": "customer"})
    said(page(client, mona, standing), "A", "G", "C", "S", "N")
