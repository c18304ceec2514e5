"""Every rule about rows of tracks and of who goes through them, shown refusing."""

import pytest

from agreement.models import Phase
from leads.models import Recycling
from nurture.models import Brought, Enrolment, Passage, Sorting, TrackMove
from tests.constraints import again, constraints_of, put, refuses
from tests.make import NOON, make_lead, make_user
from tests.nurture.making import (
    branch,
    email,
    goal,
    make_asset,
    make_enrolment,
    make_letter_track,
    make_message,
    make_track,
    step,
    wait,
)

ROWS = ("brought_", "track_", "trackmove_", "trackversion_", "tracknode_", "enrolment_", "passage_", "sorting_")
CONSTRAINTS = {name: one for name, one in constraints_of("nurture").items() if name.startswith(ROWS)}


def version(*nodes, **fields):
    return make_track(*nodes, **fields).versions.get()


def node(made, **where):
    return version(made).nodes.get(**where)


def same_name():
    track = make_track()
    make_track(name=track.name)


def two_drafts():
    track = make_track(published=False)
    track.versions.create(number=2, made_at=NOON)


def itself():
    track = make_track()
    put(track, fallback=track)


def asked_for(**fields):
    TrackMove.objects.create(**{"track": make_track(), "people": 1, "by": make_user("mark"), "asked_at": NOON} | fields)


def into_itself():
    track = make_track()
    asked_for(track=track, into=track)


def hers(**fields):
    return make_enrolment(make_track(wait(1)), **fields)


def twice_under_way():
    one = hers()
    Enrolment.objects.create(
        person=one.person, track=one.track, version=one.version, state="paused", paused_because="by_hand",
        started_at=NOON,
    )  # fmt: skip


def held_out_somewhere():
    one = hers()
    put(one, is_held_out=True, hold_out_percent=10, node=one.version.nodes.get())


def ended_with_a_step():
    lead = make_lead(phase=Phase.WORKING)
    put(hers(lead=lead), state="ended", outcome="goal", ended_at=NOON, due_at=None, step=lead.steps.first())


def sorting(**said):
    make_lead(phase=Phase.NURTURE)
    said = {"answer": "lost", **said}
    Sorting.objects.create(recycling=Recycling.objects.get(), slept_at=NOON, at=NOON, **said)


def place_taken():
    made = version(wait(1), wait(2))
    put(made.nodes.get(days=2), position=1)


def place_of_an_arm_taken():
    made = version(branch("clicked", [wait(1), wait(2)]))
    put(made.nodes.get(days=2), position=1)


def key_taken():
    made = version(wait(1), wait(2))
    put(made.nodes.get(days=2), key=made.nodes.get(days=1).key)


def brought_twice(**what):
    first, second = (make_message(make_letter_track()) for _message in range(2))
    for message in (first, second):
        Brought.objects.create(message=message, person=first.person, **what)


def nothing_brought():
    message = make_message(make_letter_track())
    Brought.objects.create(message=message, person=message.person)


CASES = {
    "brought_is_one_thing": nothing_brought,
    "brought_asset_once_per_person": lambda: brought_twice(asset=make_asset()),
    "brought_step_once_per_person": lambda: brought_twice(node=node(email())),
    "track_kind_is_known": lambda: make_track(kind="road"),
    "track_has_a_name": lambda: make_track(name=""),
    "track_name_once_per_kind": same_name,
    "track_cycle_is_known": lambda: make_track(cycle="dusk"),
    "track_role_is_known": lambda: make_track(role="boss"),
    "track_category_is_known": lambda: make_track(category="bored"),
    "track_holds_out_at_most_half": lambda: make_track(hold_out_percent=51),
    "track_falls_back_on_another": itself,
    "track_goal_asks_what_it_can_answer": lambda: make_track(goal="role"),
    "track_play_takes_nobody_asleep": lambda: make_track(kind="play", category="not_ready"),
    "trackmove_goes_on_or_leaves": lambda: asked_for(version=version(), into=make_track()),
    "trackmove_into_another": into_itself,
    "track_emptied_is_out_of_use": lambda: make_track(emptied_at=NOON),
    "trackversion_moved_into_by_who_published_it": lambda: put(version(), moved_at=NOON),
    "trackversion_number_once_per_track": lambda: again(version(), published_at=NOON),
    "trackversion_one_draft_per_track": two_drafts,
    "tracknode_kind_is_known": lambda: put(node(wait(1)), kind="song", days=None),
    "tracknode_key_once_per_version": key_taken,
    "tracknode_one_per_place": place_taken,
    "tracknode_one_per_place_of_an_arm": place_of_an_arm_taken,
    "tracknode_stands_in_an_arm_of_a_branch": lambda: put(node(wait(1)), arm="yes"),
    "tracknode_email_says_something": lambda: put(node(email()), text=""),
    "tracknode_email_brings_one_thing": lambda: put(node(email(asset=make_asset())), brings_what_fits=True),
    "tracknode_wait_says_how_long": lambda: put(node(wait(1)), days=0),
    "tracknode_step_says_what_to_do": lambda: put(node(step()), step_kind=""),
    "tracknode_asks_what_it_can_answer": lambda: put(node(goal("clicked")), question="topic"),
    "enrolment_state_is_known": lambda: put(hers(), state="lost", due_at=None),
    "enrolment_outcome_is_known": lambda: put(hers(), state="ended", outcome="bored", ended_at=NOON, due_at=None),
    "enrolment_pause_is_known": lambda: put(hers(), state="paused", paused_because="rain", due_at=None),
    "enrolment_active_has_a_moment": lambda: put(hers(), due_at=None),
    "enrolment_ended_says_how": lambda: put(hers(), state="ended", ended_at=NOON, due_at=None),
    "enrolment_paused_says_why": lambda: put(hers(), state="paused", due_at=None),
    "enrolment_held_out_has_no_place": held_out_somewhere,
    "enrolment_held_out_by_lot": lambda: put(hers(), is_held_out=True),
    "enrolment_drawn_by_nobody": lambda: put(hers(), hold_out_percent=10, by=make_user("rep")),
    "enrolment_waits_only_while_under_way": ended_with_a_step,
    "enrolment_one_under_way_per_person": twice_under_way,
    "passage_what_is_known": lambda: Passage.objects.create(enrolment=hers(), what="sang", at=NOON),
    "sorting_answer_is_known": sorting,
    "sorting_says_why_of_the_unreached": lambda: sorting(answer="taken", because="silent"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(CASES))
def test_the_database_refuses(name):
    refuses(CONSTRAINTS[name], CASES[name])


def test_each_rule_has_its_case():
    assert sorted(CASES) == sorted(CONSTRAINTS)
