"""The guards that the random weeks of nurture stand on: without each, one directed day is seen by the machine's eyes.

A guard that could be taken out without anybody noticing would protect nothing, or the machine would see nothing.
"""

from datetime import timedelta

import pytest

from accounts.actions.people import suppress_person
from accounts.models import Person
from content.models import Asset
from content.models.asset import AssetQuerySet
from leads.actions.engaging import NewEngagement, engage
from leads.actions.merging import merge_people
from leads.actions.recycling import wake_lead
from leads.models import Lead
from nurture import pace
from nurture.actions import advancing, claiming, ending, sorting
from nurture.models import Message
from nurture.wishes import Wishes
from tests.nurture import test_machine
from tests.nurture.making import email, make_track, wait
from tests.nurture.test_machine import Weeks

pytestmark = [pytest.mark.django_db, pytest.mark.once]


class Day(Weeks):
    """A track of two letters; whoever `falls_asleep` is in it, in the morning of New York."""

    def lay_out(self):
        one, two = Asset.objects.order_by("pk")[:2]
        self.track_of_two = make_track(email(asset=one), wait(1), email(asset=two))

    sleepers = 0

    def falls_asleep(self):
        self.somebody_falls_asleep(0, 0, zone="America/New_York")
        self.rings = test_machine.enrol_recycled(at=self.at) and advancing.advance(at=self.at)
        return Person.objects.get(pk=Lead.objects.latest("pk").person_id)

    def looks(self):
        self.what_left_was_to_leave()
        self.nobody_lies_idle()
        self.everything_stands()

    def on(self, **more):
        self.at += timedelta(**more)
        self.tick()
        self.looks()


def without_silence(patch):
    patch.setattr(Wishes, "wants_no_mail", lambda *_who: False)
    patch.setattr(claiming, "is_silent", lambda *_who: False, raising=False)


def she_asks_for_silence(day):
    suppress_person(day.falls_asleep(), "email", source="file", at=day.at)
    day.on(hours=4)


def without_expiry(patch):
    patch.setattr(AssetQuerySet, "sendable", lambda rows, *, on: rows)


def what_it_brings_is_retired(day):
    day.falls_asleep()
    day.keep(0, "retire")
    day.on(hours=4)


def without_hours(patch):
    patch.setattr(pace, "next_moment", lambda at, **_rules: at)


def it_is_night(day):
    day.at = day.at.replace(hour=5)
    day.falls_asleep()
    day.on(minutes=3)


def without_caps(patch):
    patch.setattr(pace, "_after_the_cap", lambda *_cap: pace.LONG_AGO)


def two_letters_in_a_day(day):
    day.falls_asleep()
    day.on(hours=4)
    day.on(hours=24)
    Message.objects.update(claimed_at=day.at + timedelta(hours=20))
    day.on(hours=24)


def without_what_she_took(patch):
    patch.setattr(claiming, "taken_by", lambda people: {pk: set() for pk in people})


def she_takes_it_before_it_leaves(day):
    person = day.falls_asleep()
    took = NewEngagement(person.pk, "read", day.at, "site", "took", asset_id=Asset.objects.order_by("pk")[0].pk)
    engage([took], at=day.at)
    day.on(hours=4)


def without_who_was_merged(patch):
    patch.setattr(claiming, "sent_to", lambda people, **_but: {pk: set() for pk in people})
    # The same step is held back by itself, also where it brings nothing.
    patch.setattr(claiming, "had_step", lambda *_step, **_since: None)


def two_rows_were_one(day):
    new, had = day.falls_asleep(), day.falls_asleep()
    Message.objects.filter(person=new).update(due_at=day.at + timedelta(hours=6))
    day.on(hours=4)
    merge_people(new, had, by=None, at=day.at)
    day.on(hours=3)
    # The day's cap held it back until now.
    day.on(hours=24)


def without_the_end_taking_back(patch):
    patch.setattr(ending, "take_back", lambda *_enrolments: None)


def she_is_woken(day):
    person = day.falls_asleep()
    wake_lead(Lead.objects.open().get(person=person), by=day.reps[0], at=day.at)
    day.at += timedelta(minutes=1)
    advancing.follow(at=day.at)
    day.looks()


def without_looking_whose_is_over(patch):
    patch.setattr(test_machine, "follow", lambda **_at: 0)
    patch.setattr(advancing, "why_over", lambda *_one, **_known: "")


def she_is_woken_and_days_go_by(day):
    person = day.falls_asleep()
    wake_lead(Lead.objects.open().get(person=person), by=day.reps[0], at=day.at)
    day.on(days=1)


def without_a_pause(patch):
    patch.setattr(Wishes, "paused_until", lambda *_who: None)


def she_wants_a_pause(day):
    day.falls_asleep()
    day.she_prefers(0, "normal", 30, False)
    day.on(hours=4)


def without_topics(patch):
    patch.setattr(Wishes, "refuses", lambda *_who: False)


def she_refuses_its_topic(day):
    day.falls_asleep()
    day.she_prefers(0, "normal", 0, True)
    day.on(hours=4)


def without_freeing_leases(patch):
    patch.setattr(test_machine, "free_leases", lambda **_at: 0)


def a_worker_dies_with_it(day):
    day.falls_asleep()
    day.at += timedelta(hours=4)
    day.a_worker_dies(begins=True)
    day.on(hours=1)


def without_sorting(patch):
    patch.setattr(sorting, "_sort", lambda *_sleeps, **_at: None)


def nobody_looks_at_a_sleeper(day):
    day.falls_asleep()
    day.on(days=2)


def without_going_on(patch):
    patch.setattr(test_machine, "advance", lambda **_at: 0)


def she_is_due(day):
    day.falls_asleep()
    day.on(days=3)


GUARDS = {
    "silence is asked for when it is claimed": (without_silence, she_asks_for_silence),
    "what is over does not leave": (without_expiry, what_it_brings_is_retired),
    "a track writes in her hours": (without_hours, it_is_night),
    "nobody gets more than the caps": (without_caps, two_letters_in_a_day),
    "what she took herself is not sent": (without_what_she_took, she_takes_it_before_it_leaves),
    "what went to her other row is not sent": (without_who_was_merged, two_rows_were_one),
    "a track that ends takes back its letters": (without_the_end_taking_back, she_is_woken),
    "who is worked leaves her track": (without_looking_whose_is_over, she_is_woken_and_days_go_by),
    "a pause holds": (without_a_pause, she_wants_a_pause),
    "a topic that is refused stays away": (without_topics, she_refuses_its_topic),
    "what a dead worker held is looked at": (without_freeing_leases, a_worker_dies_with_it),
    "every sleep is looked at": (without_sorting, nobody_looks_at_a_sleeper),
    "whoever is due goes on": (without_going_on, she_is_due),
}


@pytest.fixture
def day(recording):
    day = Day()
    day.begin()
    yield day
    day.teardown()


@pytest.mark.parametrize("guard", GUARDS)
def test_without_the_guard_it_is_seen(day, guard, monkeypatch):
    without, happens = GUARDS[guard]
    without(monkeypatch)

    with pytest.raises(AssertionError):
        happens(day)


@pytest.mark.parametrize("guard", GUARDS)
def test_with_the_guard_nothing_is_wrong(day, guard):
    GUARDS[guard][1](day)
