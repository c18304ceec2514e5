"""A reservation holds against every verb, and what would be refused is not offered."""

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.changing import LeadConflict
from leads.actions.closing import disqualify_lead
from leads.actions.recycling import recycle_lead
from leads.models import Lead
from team.actions.submitting import new_form_id
from tests.make import disposition, make_lead, reason


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def reserved(alice, now):
    return make_lead(bdr=alice, reserved=True, at=now)


def url(lead, name="lead"):
    return reverse(f"leads:{name}", args=[lead.public_id])


def end(verb, lead, *, by, at):
    if verb == "recycle":
        return recycle_lead(lead, reason=reason("not_ready"), by=by, at=at)
    return disqualify_lead(lead, reason=reason("bad_data"), by=by, at=at)


@pytest.mark.parametrize("verb", ["recycle", "disqualify"])
def test_what_is_reserved_for_a_colleague_is_not_ended_by_another_rep(alice, bob, reserved, now, verb):
    with pytest.raises(LeadConflict, match=r"Reserved for Alice\."):
        end(verb, reserved, by=bob, at=now)

    reserved.refresh_from_db()
    assert (reserved.phase, reserved.bdr, reserved.events.count()) == (Phase.QUEUED, alice, 1)


@pytest.mark.parametrize(("verb", "phase"), [("recycle", Phase.NURTURE), ("disqualify", Phase.CLOSED)])
@pytest.mark.parametrize("who", ["alice", "mona"])
def test_she_herself_and_her_manager_may_end_it(request, reserved, now, verb, phase, who):
    by = request.getfixturevalue(who)

    end(verb, reserved, by=by, at=now)

    reserved.refresh_from_db()
    assert reserved.phase == phase


def test_it_is_free_once_the_reservation_has_passed(bob, reserved, now):
    end("recycle", reserved, by=bob, at=reserved.reserved_until)

    assert Lead.objects.get(pk=reserved.pk).phase == Phase.NURTURE


def test_a_colleague_is_offered_a_note_only(client, bob, reserved):
    client.force_login(bob)

    page = client.get(url(reserved)).text

    offered = {name for name in ("call", "touch", "note", "step", "meeting", "recycle") if f"?form={name}" in page}
    assert offered == {"note"}
    assert client.get(url(reserved) + "?form=call").context["panel"] == ""


def test_the_form_of_a_colleague_is_answered_with_the_name(client, bob, reserved):
    client.force_login(bob)

    answer = client.post(
        url(reserved, "recycle"),
        {"reason": reason("not_ready").pk, "version": reserved.version, "form_id": new_form_id()},
    )

    assert answer.status_code == 409
    assert "Reserved for Alice." in answer.text


def test_a_manager_is_offered_no_call_on_a_lead_of_the_pool_and_told_why(client, mona, now):
    lead = make_lead(at=now)
    client.force_login(mona)

    page = client.get(url(lead)).text

    assert "?form=call" not in page
    assert "?form=recycle" in page
    assert "A rep takes it, or you move it to one." in page


def test_a_rep_of_the_team_may_call_from_the_pool(client, bob, now):
    lead = make_lead(at=now)
    client.force_login(bob)

    answer = client.post(url(lead, "log_call"), {"disposition": disposition("no_answer").pk, "form_id": new_form_id()})

    assert answer.status_code == 302
    assert Lead.objects.get(pk=lead.pk).bdr == bob
