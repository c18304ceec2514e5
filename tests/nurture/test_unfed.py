"""Who sleeps and is fed by nothing is shown with the reason, and looked at again when an address comes; and every
figure of a track opens the list of exactly those it counts."""

from datetime import timedelta

from django.urls import reverse

from accounts.actions.people import suppress_key, suppress_person
from accounts.models import ContactPoint, Suppression
from agreement.models import Phase
from nurture.actions.advancing import advance, follow
from nurture.actions.preferring import ONE_CLICK, unsubscribe
from nurture.actions.sorting import enrol_reachable, enrol_recycled
from nurture.models import Enrolment, Message, Sorting
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import branch, email, goal, leave, make_enrolment, make_track, step, wait

Answer = Sorting.Answer
DAY = timedelta(days=1)


def sleeper(alice, **person):
    return make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(**person))


def address(lead, state):
    ContactPoint.objects.filter(person=lead.person, kind="email").update(state=state)


def listed(client, **asked):
    page = client.get(reverse("nurture:unfed"), asked)
    return {one["public_id"]: one["why"] for one in page.context["people"]}, page


def test_whom_no_mail_reaches_is_shown_with_the_reason_and_looked_at_again_when_an_address_comes(
    client, alice, eve, marketer
):
    track = make_track(email(), category="not_ready")
    none, bad, silent, fed, lost = (sleeper(alice, **({"email": None} if n == 0 else {})) for n in range(5))
    address(bad, "bounced")
    suppress_person(silent.person, Suppression.Channel.EMAIL, source="rep", at=NOON)
    enrol_recycled(at=NOON)
    # Hers worked when it began, and works no more when it goes on.
    address(lost, "bounced")
    advance(at=NOON + timedelta(minutes=1))
    assert Enrolment.objects.get(lead=lost).outcome == "unreachable"

    client.force_login(alice)
    found, page = listed(client)
    assert found == {
        none.public_id: "no e-mail address is known",
        bad.public_id: "their address does not work",
        silent.public_id: "asked for no e-mail",
        lost.public_id: "their address does not work",
    }
    assert {why: n for why, _label, n in page.context["whys"]} == {"no_address": 1, "bad_address": 2, "silent": 1}
    assert list(listed(client, why="silent")[0]) == [silent.public_id]
    client.force_login(marketer)
    assert len(listed(client)[0]) == 4
    client.force_login(eve)
    assert listed(client)[0] == {}

    assert enrol_reachable(at=NOON) == 0
    later = NOON + timedelta(days=3)
    ContactPoint.objects.create(person=none.person, kind="email", value="n@example.com", normalised="n@example.com")
    for lead in (bad, lost):
        address(lead, "ok")
    assert enrol_reachable(at=later) == 3
    assert enrol_reachable(at=later) == 0
    under_way = Enrolment.objects.under_way().filter(track=track)
    assert set(under_way.values_list("lead", flat=True)) == {none.pk, bad.pk, fed.pk, lost.pk}
    client.force_login(alice)
    assert list(listed(client)[0]) == [silent.public_id]
    address(lost, "bounced")
    advance(at=later + timedelta(hours=1))
    assert set(listed(client)[0]) == {silent.public_id, lost.public_id}
    assert enrol_reachable(at=later + timedelta(hours=2)) == 0


def test_who_was_left_to_a_track_that_was_over_is_shown_and_looked_at_again(client, alice):
    feeds = make_track(email(), category="not_ready")
    left, chosen, ended = sleeper(alice), sleeper(alice), sleeper(alice)
    other = make_track(wait(9), is_by_hand=True)
    make_enrolment(other, left.person, state="ended", due_at=None, outcome="woken", ended_at=NOON)
    make_enrolment(other, lead=chosen)
    make_enrolment(other, lead=ended, state="ended", due_at=None, outcome="exhausted", ended_at=NOON + DAY)
    for lead in (left, chosen, ended):
        Sorting.objects.create(recycling=lead.recyclings.get(), answer="elsewhere", slept_at=NOON, at=NOON)
    client.force_login(alice)
    assert listed(client)[0] == {left.public_id: "was in another track, which is over: is looked at within an hour"}

    assert enrol_recycled(at=NOON + 2 * DAY, everybody=True) == 1

    assert Enrolment.objects.get(track=feeds).lead == left
    assert listed(client)[0] == {}


def test_every_figure_of_a_track_opens_the_list_of_exactly_those_it_counts(client, alice, marketer):
    track = make_track(
        email(), branch("clicked", [step("Ask")], [wait(9)]), goal("replied"), wait(5), category="not_ready",
    )  # fmt: skip
    clicked, quiet, without = (sleeper(alice) for _ in range(3))
    enrol_recycled(at=NOON)
    Enrolment.objects.filter(lead=without).update(is_held_out=True, hold_out_percent=10)
    advance(at=NOON)
    for message in Message.objects.all():
        leave(message, at=NOON)
    Message.objects.filter(lead=clicked).update(opened_at=NOON, clicked_at=NOON)
    advance(at=NOON + timedelta(hours=1))

    client.force_login(marketer)
    page = client.get(reverse("nurture:track", args=[track.public_id]))
    asks = {part.node.kind: part for part in page.context["parts"]}
    assert [words for words, _name in asks["email"].figures] == [
        "2 came by", "2 sent", "1 opened", "1 clicked", "0 replied",
    ]  # fmt: skip
    assert [words for words, _name in asks["branch"].figures] == ["2 came by", "1 yes"]

    def behind(**asked):
        answer = client.get(reverse("nurture:track_people", args=[track.public_id]), asked)
        return [one.lead for one in answer.context["people"]]

    node = asks["email"].node.pk
    assert behind(node=node, what="sent") == [quiet.public_id, clicked.public_id]
    assert behind(node=node, what="clicked") == behind(node=asks["branch"].node.pk, what="yes") == [clicked.public_id]
    assert behind(node=asks["branch"].no[0].node.pk, what="here") == [quiet.public_id]
    assert behind(what="under_way") == [quiet.public_id, clicked.public_id]
    assert behind(what="held_out") == [without.public_id]
    tally = page.context["tally"]
    for what in ("under_way", "entered", "reached", "replied", "ended", "unreachable"):
        # Those before NOON's ninety days are none.
        assert len(behind(what=what)) == getattr(tally, what), what
    for what, n in page.context["draws"].items():
        assert len(behind(what=what)) == n, what
    nothing = client.get(reverse("nurture:track_people", args=[track.public_id]), {"node": "9" * 30})
    assert nothing.status_code == 404


def test_who_is_silent_by_the_key_of_an_address_or_in_another_row_of_hers_is_said_to_be(client, alice):
    make_track(email(), category="not_ready")
    by_key, by_row, later = (sleeper(alice) for _ in range(3))
    for lead in (by_key, later):
        old = f"old{lead.pk}@example.com"
        ContactPoint.objects.create(person=lead.person, kind="email", value=old, normalised=old, state="bounced")
    suppress_key(f"old{by_key.pk}@example.com", Suppression.Channel.EMAIL, source="test", at=NOON)
    suppress_person(make_person(merged_into=by_row.person), Suppression.Channel.EMAIL, source="test", at=NOON)
    client.force_login(alice)

    enrol_recycled(at=NOON)
    advance(at=NOON)
    assert listed(client)[0] == {by_key.public_id: "asked for no e-mail", by_row.public_id: "asked for no e-mail"}

    # In a track when she said so by an address that only its key is known of.
    suppress_key(f"old{later.pk}@example.com", Suppression.Channel.EMAIL, source="test", at=NOON)
    advance(at=NOON + timedelta(hours=1))
    assert enrol_reachable(at=NOON + timedelta(hours=1)) == 0
    assert listed(client)[0][later.public_id] == "asked for no e-mail"
    assert {why: n for why, _label, n in listed(client)[1].context["whys"]} == {"silent": 3}


def test_who_stops_mail_in_the_middle_of_a_wait_is_said_to_on_her_lead_and_stands_with_the_unfed(client, alice):
    track = make_track(email(), wait(2), email(), category="not_ready", name="Feed")
    lead = sleeper(alice)
    enrol_recycled(at=NOON)
    advance(at=NOON)
    leave(Message.objects.get(), at=NOON)
    at = NOON + timedelta(hours=1)
    advance(at=at)
    assert Enrolment.objects.get(track=track).node.kind == "wait"

    unsubscribe(lead.person, message=Message.objects.get(state="sent"), told=ONE_CLICK, at=at)
    client.force_login(alice)
    panel = reverse("nurture:lead_panel", args=[lead.public_id])
    before = client.get(panel).text
    assert ("They asked for no e-mail" in before, "ends within a minute" in before) == (True, True)
    assert "Wait 2 days" not in before

    follow(at=at + timedelta(minutes=1))
    after = client.get(panel).text
    assert ("They asked for no e-mail" in after, "Feed: cannot be reached by e-mail" in after) == (True, True)
    assert listed(client)[0] == {lead.public_id: "asked for no e-mail"}
    assert not Enrolment.objects.under_way().exists()
