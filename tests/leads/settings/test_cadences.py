"""Cadences: a change is another number, people under way finish theirs, and the revert is the number before."""

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Cadence, Phase
from leads.actions.changing import MoveRefused
from leads.actions.logging import log_call
from leads.actions.recadencing import go_on_by_current
from leads.cadence import attempts_of
from leads.checking import check_all
from leads.models import Lead, SharedAct
from team.models import Installation
from tests.make import disposition, make_lead

pytestmark = pytest.mark.django_db


def current(lane="content"):
    return Cadence.objects.get(lane=lane, is_current=True)


def said(cadence):
    return [(one.day_offset, one.kind) for one in attempts_of(cadence.pk)]


@pytest.fixture
def content():
    return Cadence.objects.get(key="content")


def test_a_change_is_another_number_for_whoever_is_taken_from_then_on(save, content, alice):
    before, now = said(content), timezone.now()
    under_way = make_lead(phase=Phase.WORKING, bdr=alice, at=now)

    save("cadences", content.pk, day_1="2", kind_1="email")

    after = current()
    assert (after.number, said(after)[:2]) == (2, [(0, "call_email"), (2, "email")])
    # A number is never edited.
    assert said(content) == before
    later = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    under_way.refresh_from_db()
    assert (under_way.cadence, later.cadence) == (content, after)
    log_call(under_way, disposition=disposition("no_answer"), by=alice, at=now)
    assert under_way.steps.open().get().cadence == content
    assert not any(check_all(at=now).values())


def test_the_revert_is_the_number_before_and_no_third(save, content, revert_last):
    save("cadences", content.pk, day_1="2")

    revert_last("cadences")

    assert current() == content
    assert Cadence.objects.filter(key="content").count() == 2


def test_people_under_way_are_moved_in_one_act_that_is_taken_back_as_one(save, client, dora, content, alice):
    now = timezone.now()
    leads = [make_lead(phase=Phase.WORKING, bdr=alice, at=now) for _ in range(3)]
    for lead in leads:
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=now)
    before = {lead.pk: lead.steps.open().get().due_at for lead in leads}
    save("cadences", content.pk, day_1="3")
    here = reverse("leads:under_way", args=[content.pk])
    assert f'href="{here}"' in client.get(reverse("leads:setting_list", args=["cadences"])).text

    page = client.get(here)
    assert page.context["reps"].counts == [("Alice", 3)]
    answer = client.post(here, {"form_id": page.context["form_id"]}, follow=True)
    client.post(here, {"form_id": page.context["form_id"]})

    assert "3 leads go on by the current number." in answer.text
    assert {lead.cadence for lead in Lead.objects.all()} == {current()}
    moved = {lead.pk: lead.steps.open().get().due_at for lead in leads}
    assert all(moved[pk] > was for pk, was in before.items())
    assert not any(check_all(at=now).values())
    assert client.get(here).context["reps"].total == 0

    client.post(reverse("leads:shared_undo", args=[SharedAct.objects.get().public_id]))

    assert {lead.cadence for lead in Lead.objects.all()} == {content}
    assert {lead.pk: lead.steps.open().get().due_at for lead in leads} == before
    assert not any(check_all(at=now).values())


def test_nobody_is_moved_to_a_number_that_another_admin_has_replaced(save, content, alice, dora):
    now = timezone.now()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    save("cadences", content.pk, day_1="3")
    seen = current()
    save("cadences", content.pk, day_1="2")

    with pytest.raises(MoveRefused, match="not in use"):
        go_on_by_current(seen, by=dora, at=now)

    lead.refresh_from_db()
    assert lead.cadence == content


def test_several_attempts_are_added_and_taken_out_in_one_go(save, client, dora, content):
    client.force_login(dora)
    url = reverse("leads:setting", args=["cadences", content.pk])
    sent = {"label": "Content", **{f"day_{n}": str(n) for n in range(9)}, **{f"kind_{n}": "call" for n in range(9)}}

    # All nine rows of the page are filled: the answer has more.
    assert 'name="day_11"' in client.post(url, sent).text
    save("cadences", content.pk, day_6="13", kind_6="call", day_7="14", kind_7="social", day_1="", kind_1="")

    assert said(current()) == [
        (0, "call_email"), (3, "call_email"), (5, "call"), (8, "call_email"), (12, "email"), (13, "call"),
        (14, "social"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({f"{part}_{n}": "" for part in ("day", "kind") for n in range(6)}, "A cadence has at least one attempt."),
        ({"day_2": "0"}, "This is before the attempt above it, on day 1."),
        ({"day_0": "1"}, "The first attempt is day 0"),
        ({"day_5": "40"}, "A next step is at most 14 days away"),
        ({"kind_1": ""}, "Say the day and the channel"),
        ({"day_1": "x"}, "Enter a whole number"),
        ({"kind_1": "fax"}, "Select a valid choice"),
        ({"day_1": "9" * 30}, "Ensure this value is less than"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(save, content, changed, words):
    answer = save("cadences", content.pk, **changed)

    assert answer.status_code == 422
    assert words in answer.text
    assert current() == content


def test_a_shorter_longest_step_is_the_longest_gap(save, content):
    Installation.objects.update(step_max_days=3)

    assert save("cadences", content.pk, label="Inbound").status_code == 422


def test_the_page_says_how_many_are_under_way_and_how_many_wait(client, dora, content, alice):
    now = timezone.now()
    make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    make_lead(at=now)
    client.force_login(dora)
    url = reverse("leads:setting", args=["cadences", content.pk])
    form = client.get(url).context["form"]
    sent = {field.html_name: field.value() for field in form if field.value() is not None}

    text = client.post(url, {**sent, "day_1": "2"}).text

    assert "1 lead under way: nothing changes" in text
    assert "In the pool, 1 lead for the new one" in text


def test_a_name_changes_without_another_number(save, content):
    save("cadences", content.pk, label="Inbound")

    assert (current(), current().label) == (content, "Inbound")
