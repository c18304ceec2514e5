"""Many people of a track are moved, or leave it, batch by batch; what is asked for is kept until it is done."""

from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from nurture import tasks
from nurture.actions.drafting import draft_of
from nurture.actions.enrolling import move_some, newest_of
from nurture.actions.moving import SETTLES, Worked, work_moves
from nurture.checking import left_behind_by_a_move
from nurture.models import Enrolment, TrackMove
from tests.make import NOON, make_person
from tests.nurture.making import add_version, make_enrolment, make_track, wait

pytestmark = pytest.mark.django_db
PEOPLE = 5


@pytest.fixture(autouse=True)
def batches_of_two(monkeypatch):
    monkeypatch.setattr("nurture.actions.moving.BATCH", 2)


@pytest.fixture
def desk(client, marketer):
    client.force_login(marketer)
    return client


def fed(*, people=PEOPLE, left_without=0):
    track = make_track(wait(10))
    node = track.versions.get().nodes.get()
    for _ in range(people):
        make_enrolment(track, make_person(), node=node)
    for _ in range(left_without):
        make_enrolment(track, make_person(), is_held_out=True, hold_out_percent=10)
    return track


def publish(desk, track, marketer, *, moves="yes"):
    draft_of(track, by=marketer, at=NOON)
    return desk.post(reverse("nurture:track_publish", args=[track.public_id]), {"moves": moves}, follow=True)


def retire(desk, track, **more):
    page = reverse("nurture:track_retire", args=[track.public_id])
    form = desk.get(page).context["form"]
    asked = {"form_id": form["form_id"].value(), "seen": form["seen"].value(), "goes": "end", **more}
    return desk.post(page, asked, follow=True)


def take_up(desk, track):
    return desk.post(reverse("nurture:track_retire", args=[track.public_id]), {"back": "1"}, follow=True)


def page_of(desk, track):
    return desk.get(reverse("nurture:track", args=[track.public_id])).text


def in_newest(track):
    return Enrolment.objects.under_way().filter(track=track, version=newest_of(track)).count()


def test_the_rest_is_moved_by_the_tick_and_the_page_says_how_far_it_is(desk, rules, marketer):
    track = fed()

    answer = publish(desk, track, marketer)

    assert "2 of 5 people are done; the rest follow within minutes" in answer.text
    assert "Moving to version 2: 2 of 5 people." in answer.text
    assert work_moves(budget=0) == 2
    assert "Moving to version 2: 4 of 5 people." in page_of(desk, track)
    tasks.move_people()
    assert in_newest(track) == PEOPLE
    assert "Moving to version" not in page_of(desk, track)
    assert tasks.move_people() == 0


@pytest.mark.parametrize("people", [1, 2])
def test_few_are_moved_at_once(desk, rules, marketer, people):
    track = fed(people=people)

    answer = publish(desk, track, marketer)

    words = "1 person goes on in it." if people == 1 else "2 people go on in it."
    assert f"is published; {words}" in answer.text
    assert "Moving to version" not in answer.text
    assert in_newest(track) == people


def test_who_is_left_without_goes_along_and_counts_nowhere(desk, rules, marketer):
    track = fed(people=1, left_without=1)

    answer = publish(desk, track, marketer)

    assert "is published; 1 person goes on in it." in answer.text
    assert in_newest(track) == 2
    assert "it ended for 1 person." in retire(desk, track).text
    assert not Enrolment.objects.under_way().exists()


def test_who_is_left_without_is_left_out_of_how_far_it_is(desk, rules, marketer):
    track = fed(people=3, left_without=2)

    answer = publish(desk, track, marketer)

    assert "Moving to version 2: 2 of 3 people." in answer.text
    assert tasks.move_people() == 3
    assert in_newest(track) == PEOPLE


def test_nothing_is_said_of_a_move_of_nobody_who_is_fed(desk, rules, marketer):
    track = fed(people=0, left_without=3)

    answer = publish(desk, track, marketer)

    assert ("is published." in answer.text, "Moving to version" in answer.text) == (True, False)
    tasks.move_people()
    assert in_newest(track) == 3


def test_who_was_coming_in_when_it_was_published_goes_on_in_what_runs(desk, rules, marketer):
    track = fed(people=0)
    before = newest_of(track)
    publish(desk, track, marketer)
    # She was to begin what ran a moment before.
    late = make_enrolment_in(before, track)

    tasks.move_people()

    late.refresh_from_db()
    assert late.version == newest_of(track)


def test_who_was_coming_in_when_it_was_taken_out_of_use_leaves_it(desk, rules):
    track = fed(people=1)
    retire(desk, track)
    late = make_enrolment_in(newest_of(track), track)

    tasks.move_people()

    late.refresh_from_db()
    assert late.outcome == "stopped"


def test_what_was_asked_for_is_forgotten_once_nobody_can_be_coming_in_any_more(desk, rules, marketer):
    track = fed(people=1)
    publish(desk, track, marketer)

    tasks.move_people()
    assert TrackMove.objects.exists()
    TrackMove.objects.update(asked_at=F("asked_at") - SETTLES)
    tasks.move_people()

    assert not TrackMove.objects.exists()


def test_who_came_into_a_later_version_is_not_moved_back(desk, rules, marketer):
    track = fed()
    publish(desk, track, marketer)
    later = make_enrolment_in(add_version(track, wait(3)), track)

    tasks.move_people()

    later.refresh_from_db()
    assert later.version.number == 3
    assert Enrolment.objects.filter(version__number=2).count() == PEOPLE


def test_whoever_asks_again_meanwhile_moves_everybody_to_what_runs_then(desk, rules, marketer):
    track = fed()
    publish(desk, track, marketer)

    answer = publish(desk, track, marketer)

    assert "Moving to version 3: 2 of 5 people." in answer.text
    tasks.move_people()
    assert in_newest(track) == PEOPLE


def test_a_version_for_which_nobody_is_moved_leaves_the_move_to_the_one_before(desk, rules, marketer):
    track = fed()
    publish(desk, track, marketer)

    publish(desk, track, marketer, moves="no")

    tasks.move_people()
    assert set(Enrolment.objects.values_list("version__number", flat=True)) == {2}


def test_the_rest_leaves_by_the_tick_and_begins_what_was_chosen(desk, rules):
    track, into = fed(), make_track(wait(3))

    answer = retire(desk, track, goes="move", into=into.pk)

    assert "Leaving this track: 2 of 5 people." in answer.text
    tasks.move_people()
    assert not Enrolment.objects.under_way().filter(track=track).exists()
    assert Enrolment.objects.under_way().filter(track=into).count() == PEOPLE
    assert "Leaving this track" not in page_of(desk, track)


def test_nobody_leaves_any_more_once_it_is_taken_up_again(desk, rules):
    track = fed()
    retire(desk, track)

    take_up(desk, track)

    assert tasks.move_people() == 0
    assert Enrolment.objects.under_way().filter(track=track).count() == PEOPLE - 2


def test_who_is_moved_is_moved_though_it_is_taken_out_of_use_meanwhile(desk, rules, marketer):
    track = fed()
    publish(desk, track, marketer)

    retire(desk, track, goes="finish")

    tasks.move_people()
    assert in_newest(track) == PEOPLE


def test_a_batch_that_fails_leaves_what_was_asked_for_and_holds_up_no_other_track(desk, rules, marketer, monkeypatch):
    first, second = fed(people=3), fed(people=3)
    publish(desk, first, marketer)
    publish(desk, second, marketer)

    with monkeypatch.context() as broken:
        broken.setattr("nurture.actions.moving.move_some", failing_for(first))
        assert tasks.move_people() == 1

    assert (in_newest(first), in_newest(second)) == (2, 3)
    tasks.move_people()
    assert (in_newest(first), in_newest(second)) == (3, 3)


def test_whose_first_batch_fails_is_told_what_is_to_come(desk, rules, marketer, monkeypatch):
    published, retired = fed(people=1), fed(people=2)

    with monkeypatch.context() as broken:
        broken.setattr("nurture.actions.moving.move_some", held_up)
        broken.setattr("nurture.actions.moving.empty_some", held_up)
        answers = [publish(desk, published, marketer).text, retire(desk, retired).text]

    assert "is published. 0 of 1 person is done; the rest follows within minutes" in answers[0]
    assert "takes nobody any more. 0 of 2 people are done; the rest follow within minutes" in answers[1]
    tasks.move_people()
    assert in_newest(published) == 1
    assert not Enrolment.objects.under_way().filter(track=retired).exists()


def test_what_the_tick_did_before_the_page_is_counted_there(desk, rules, marketer, monkeypatch):
    published, retired, into = fed(people=1), fed(people=2), make_track(wait(3))

    def tick_first(track, *, at):
        work_moves()
        return Worked()

    monkeypatch.setattr("nurture.actions.drafting.work_at_once", tick_first)
    monkeypatch.setattr("nurture.views.flows.work_at_once", tick_first)
    answers = [
        publish(desk, published, marketer).text, retire(desk, retired, goes="move", into=into.pk).text,
    ]  # fmt: skip

    assert "is published; 1 person goes on in it." in answers[0]
    assert "it ended for 2 people. Whoever may be in" in answers[1]


@pytest.mark.parametrize("place", [0, 2, 4])
def test_who_cannot_be_moved_holds_up_nobody_else_and_is_named(desk, rules, marketer, monkeypatch, place):
    track = fed()
    stuck = Enrolment.objects.order_by("pk")[place]

    with monkeypatch.context() as broken:
        broken.setattr("nurture.actions.moving.move_some", failing_with(stuck))
        publish(desk, track, marketer)
        tasks.move_people()

    assert in_newest(track) == PEOPLE - 1
    page = desk.get(reverse("nurture:track", args=[track.public_id])).text
    assert "1 person cannot be moved" in page
    assert f"in its log. {stuck.person}</p>" in page
    assert "The rest follow" not in page
    assert list(left_behind_by_a_move(timezone.now() + timedelta(days=2))) == [stuck]
    # What stood in the way is mended.
    tasks.move_people()
    assert in_newest(track) == PEOPLE
    assert "cannot be moved" not in desk.get(reverse("nurture:track", args=[track.public_id])).text


def test_where_nobody_can_be_moved_a_ring_ends(desk, rules, marketer, monkeypatch):
    monkeypatch.setattr("nurture.actions.moving.MOST_ASIDE", 2)
    track = fed()
    monkeypatch.setattr("nurture.actions.moving.move_some", failing_for(track))

    publish(desk, track, marketer)

    assert (tasks.move_people(), in_newest(track)) == (0, 0)


def test_more_than_one_ring_bears_hold_up_nobody_behind_them_and_are_all_tried_again(
    desk, rules, marketer, monkeypatch
):
    monkeypatch.setattr("nurture.actions.moving.MOST_ASIDE", 2)
    track = fed(people=9)
    stuck = list(Enrolment.objects.order_by("pk")[:5])

    with monkeypatch.context() as broken:
        broken.setattr("nurture.actions.moving.move_some", failing_with(*stuck))
        publish(desk, track, marketer)
        moved = [tasks.move_people() for _ring in range(4)]

    assert in_newest(track) == sum(moved) == 4
    assert "5 people cannot be moved" in page_of(desk, track)
    # The one goes on behind whom the last one found, the next begins with the first.
    assert sum(tasks.move_people() for _ring in range(2)) == 5
    assert in_newest(track) == 9
    assert "cannot be moved" not in page_of(desk, track)


def test_a_worker_whose_time_is_up_sets_nobody_aside(desk, rules, marketer, monkeypatch):
    track = fed(people=3)
    publish(desk, track, marketer)

    def ends(*_batch, **_more):
        raise SoftTimeLimitExceeded

    with monkeypatch.context() as broken:
        broken.setattr("nurture.actions.moving.move_some", ends)
        with pytest.raises(SoftTimeLimitExceeded):
            tasks.move_people()

    assert "cannot be moved" not in page_of(desk, track)
    tasks.move_people()
    assert in_newest(track) == 3


def failing_with(*stuck):
    def move(ids, newest, **more):
        done = move_some(ids, newest, **more)
        if {one.pk for one in stuck}.intersection(ids):
            raise ValueError("no")
        return done

    return move


def held_up(*_batch, **_more):
    raise OperationalError("canceling statement due to lock timeout")


def failing_for(track):
    def move(ids, newest, **more):
        if newest.track_id == track.pk:
            raise ValueError("no")
        return move_some(ids, newest, **more)

    return move


def make_enrolment_in(version, track):
    return Enrolment.objects.create(
        person=make_person(), track=track, version=version, started_at=NOON, due_at=NOON, node=version.nodes.get()
    )


@pytest.mark.parametrize(("first", "is_told"), [("no", True), ("yes", False)])
def test_who_publishes_what_is_published_already_hears_whether_anybody_was_moved(desk, marketer, first, is_told):
    track = fed(people=2)
    publish(desk, track, marketer, moves=first)

    late = desk.post(reverse("nurture:track_publish", args=[track.public_id]), {"moves": "yes"}, follow=True)

    assert "The draft was published or discarded meanwhile." in late.text
    assert ("Nobody was moved: write a new version" in late.text, "Write a new version" in late.text) == (is_told, True)


def test_how_many_are_in_older_versions_is_said_before_it_is_published(desk, marketer):
    track = fed(people=2)
    publish(desk, track, marketer, moves="no")
    Enrolment.objects.create(person=make_person(), track=track, version=newest_of(track), started_at=NOON, due_at=NOON)
    draft_of(track, by=marketer, at=NOON)

    page = desk.get(reverse("nurture:track_publish", args=[track.public_id])).text

    assert "3 people are under way, 2 of them in older versions than the one that runs" in page
