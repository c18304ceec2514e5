"""A block: a list frozen as it stood, worked one lead after the other, on whichever device."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Lane, Phase
from leads.actions.blocks import leave_block, start_block
from leads.actions.changing import MoveRefused
from leads.actions.claiming import reassign_leads
from leads.actions.closing import disqualify_lead
from leads.actions.logging import log_call
from leads.blocks import next_of_block, place_of
from leads.models import Block, BlockLead, Lead
from tests.make import NOON, disposition, make_lead, make_person, reason

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def leads(alice):
    """Four of Alice's, oldest first."""
    names = ["Ada", "Jo", "Mara", "Sam"]
    return [
        make_lead(
            phase=Phase.WORKING, bdr=alice, at=NOON - 50 * MINUTE + number * MINUTE, person=make_person(given_name=name)
        )
        for number, name in enumerate(names)
    ]


@pytest.fixture
def block(alice, leads):
    return start_block([lead.pk for lead in leads], title="Callable now", by=alice, at=NOON)


def states(block):
    return "".join(row.state[0] for row in block.rows.order_by("position"))


def no_answer(client, lead, **more):
    given = {"disposition": disposition("no_answer").pk, "next": "on", **more}
    return client.post(reverse("leads:log_call", args=[lead.public_id]), given)


def url_of(lead):
    return reverse("leads:lead", args=[lead.public_id])


def test_a_filtered_queue_becomes_a_block_in_its_order_and_leads_to_its_first(client, alice, leads):
    make_lead(phase=Phase.WORKING, bdr=alice, at=NOON, lane=Lane.LIST)
    client.force_login(alice)

    response = client.post(reverse("leads:block"), {"query": "lane=content"})

    block = Block.objects.get(user=alice, state=Block.State.OPEN)
    assert list(block.rows.order_by("position").values_list("lead", flat=True)) == [lead.pk for lead in leads]
    assert (block.title, block.query, response.url) == ("Content", "lane=content", url_of(leads[0]))


def test_the_list_is_frozen_whatever_comes_into_the_queue(client, alice, leads, block):
    make_lead(phase=Phase.WORKING, bdr=alice, at=NOON - 55 * MINUTE)
    client.force_login(alice)

    assert no_answer(client, leads[0]).url == url_of(leads[1])
    assert block.rows.count() == 4


def test_logging_leads_to_the_next_and_says_where_one_is(client, alice, leads, block):
    client.force_login(alice)

    page = client.get(url_of(leads[1])).text
    assert "Block “Callable now”" in page
    assert "2 of 4" in page

    response = no_answer(client, leads[1])

    assert (response.url, states(block)) == (url_of(leads[2]), "wdww")


def test_brackets_move_inside_the_block(client, alice, leads, block):
    client.force_login(alice)

    page = client.get(url_of(leads[1])).text

    assert f'href="{url_of(leads[0])}" data-key="["' in page
    assert f'href="{url_of(leads[2])}" data-key="]"' in page
    assert 'data-neighbour="-1"' not in page


def test_it_goes_on_behind_the_one_that_was_worked_last_and_then_from_the_front(client, alice, leads, block):
    client.force_login(alice)
    no_answer(client, leads[2])

    assert client.get(reverse("leads:block_next")).url == url_of(leads[3])
    assert no_answer(client, leads[3]).url == url_of(leads[0])


def test_who_is_no_longer_hers_is_skipped_with_a_word(client, alice, bob, leads, block):
    reassign_leads([leads[1].pk], to=bob, by=None, at=NOON)
    disqualify_lead(leads[2], reason=reason("bad_data"), by=alice, at=NOON)
    client.force_login(alice)

    response = no_answer(client, leads[0])

    assert (response.url, states(block)) == (url_of(leads[3]), "dssw")
    page = client.get(response.url).text
    assert f"Skipped {leads[1].person}: Bob works them now. 1 more was skipped." in page


def test_the_last_one_finishes_it(client, alice, leads, block):
    client.force_login(alice)
    for lead in leads:
        response = no_answer(client, lead)

    block.refresh_from_db()
    assert (block.state, response.url) == (Block.State.FINISHED, reverse("leads:queue"))
    assert "That was the last of your block." in client.get(response.url).text


def test_who_waits_for_her_now_stands_first_and_leads_back_into_the_block(client, alice, leads, block):
    asked = make_lead(phase=Phase.WORKING, bdr=alice, lane=Lane.HAND_RAISER, at=NOON)
    client.force_login(alice)

    response = no_answer(client, leads[0])

    assert response.url == url_of(asked)
    page = client.get(response.url).text
    assert "your block goes on after that" in page
    assert "this lead is not in it" in page
    assert no_answer(client, asked).url == url_of(leads[1])


def test_a_note_works_nobody_unless_it_goes_on(client, alice, leads, block):
    client.force_login(alice)

    client.post(reverse("leads:note", args=[leads[0].public_id]), {"text": "On holiday"})
    assert states(block) == "wwww"

    response = client.post(reverse("leads:note", args=[leads[0].public_id]), {"text": "On holiday", "next": "on"})
    assert (response.url, states(block)) == (url_of(leads[1]), "dwww")


def test_what_was_taken_back_waits_again(client, alice, leads, block):
    client.force_login(alice)
    no_answer(client, leads[0])
    event = leads[0].events.order_by("-id").first()

    client.post(reverse("leads:undo", args=[leads[0].public_id]), {"event": event.pk})

    assert states(block) == "wwww"


def test_giving_a_lead_back_goes_on_in_the_block(client, alice, leads, block):
    client.force_login(alice)

    client.post(reverse("leads:release", args=[leads[0].public_id]))

    assert states(block) == "dwww"


def test_a_new_block_leaves_the_one_before(alice, leads, block):
    newer = start_block([leads[3].pk], title="Another", by=alice, at=NOON)

    block.refresh_from_db()
    assert (block.state, newer.state) == (Block.State.LEFT, Block.State.OPEN)


def test_nobody_in_the_list_is_no_block(alice):
    with pytest.raises(MoveRefused):
        start_block([], title="Empty", by=alice, at=NOON)

    assert not Block.objects.exists()


def test_a_block_is_left_with_what_was_done_in_it(client, alice, leads, block):
    client.force_login(alice)
    no_answer(client, leads[0])

    client.post(reverse("leads:block_leave"))

    block.refresh_from_db()
    assert (block.state, states(block)) == (Block.State.LEFT, "dwww")
    assert "Block “Callable now”" not in client.get(url_of(leads[1])).text
    assert not leave_block(by=alice, at=NOON)


def test_a_colleague_sees_nothing_of_it(client, bob, leads, block):
    client.force_login(bob)

    assert "Block “Callable now”" not in client.get(url_of(leads[1])).text
    assert client.get(reverse("leads:block_next")).url == reverse("leads:queue")


def test_what_she_no_longer_sees_is_no_neighbour(alice, eve, leads, block):
    Lead.objects.filter(pk=leads[1].pk).update(team=eve.memberships.get().team)

    assert place_of(block.rows.get(position=1).pk, alice).after == url_of(leads[2])


def test_the_page_of_the_block_says_what_became_of_each(client, alice, bob, leads, block):
    log_call(leads[0], disposition=disposition("no_answer"), by=alice, at=NOON)
    BlockLead.objects.filter(lead=leads[0]).update(state="done", at=NOON)
    reassign_leads([leads[1].pk], to=bob, by=None, at=NOON)
    client.force_login(alice)

    page = client.get(reverse("leads:block")).text

    assert "1 of 4 worked or skipped" in page
    assert "Will be skipped" in page
    assert "Bob works them now" in page
    assert next_of_block(block.pk, user=alice, at=NOON).to == leads[2].public_id


def test_a_block_begins_from_the_list_of_leads_with_what_is_hers_in_the_order_of_the_page(client, alice, bob, leads):
    others = make_lead(phase=Phase.WORKING, bdr=bob, at=NOON)
    client.force_login(alice)
    page = client.get(reverse("leads:leads"), {"phase": "working", "sort": "came"})
    assert others.pk in {line.lead_id for line in page.context["listed"].lines}

    here = reverse("leads:leads_block") + "?phase=working&sort=came"
    answer = client.post(here, {"form_id": page.context["form_id"]})
    client.post(here, {"form_id": page.context["form_id"]})

    block = Block.objects.get()
    in_it = list(BlockLead.objects.filter(block=block).order_by("position").values_list("lead", flat=True))
    assert in_it == [lead.pk for lead in reversed(leads)]
    assert answer.url == reverse("leads:lead", args=[leads[-1].public_id])
    assert client.get(reverse("leads:block")).context["list_url"] == "/leads/?phase=working&sort=came"
