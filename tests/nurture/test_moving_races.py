"""What becomes of the people of a track is asked by one after the other, and done by one worker at a time."""

from datetime import date, timedelta
from email.utils import format_datetime
from threading import Thread

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Person, Suppression
from agreement.installation import publish_version_1
from leads.settings.changing import change_setting
from nurture.actions.absences import begin_absence, end_absence
from nurture.actions.drafting import draft_of, publish
from nurture.actions.enrolling import enrol, skip
from nurture.actions.moving import ask_to_empty, ask_to_move, work_moves, work_on
from nurture.actions.preferring import unsubscribe
from nurture.actions.receiving import take_mail
from nurture.models import Enrolment, MailRules, Message
from nurture.track_settings import KIND
from nurture.wishes import Wishes
from team.models import Role
from tests.make import NOON, make_person, make_team, make_user
from tests.nurture.mails import mail
from tests.nurture.making import add_version, email, make_enrolment, make_track, wait
from tests.nurture.test_silence_races import is_held_up

DAY = timedelta(days=1)
LATER = NOON + 9 * DAY
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def installed(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer.")
    publish_version_1(apps, at=timezone.now())
    MailRules.objects.get_or_create(pk=1)
    make_team("North")


def fed():
    track = make_track(wait(10))
    make_enrolment(track, make_person(), node=track.versions.get().nodes.get())
    return track


def test_a_batch_that_one_worker_has_is_no_other_ones():
    track, by = fed(), make_user("mark", Role.MARKETER)
    ask_to_move(add_version(track, wait(3), by=by), by=by, at=NOON)
    beside = Beside(work_moves)

    with transaction.atomic():
        assert work_on(track, at=NOON).done == 1
        beside.come()
        answers = beside.answer()

    assert answers == [0]
    assert Enrolment.objects.get().version.number == 2


def test_who_publishes_while_it_is_taken_out_of_use_asks_afterwards():
    track, by = fed(), make_user("mark", Role.MARKETER)
    draft_of(track, by=by, at=NOON)
    beside = Beside(lambda: publish(track, by=by, at=NOON, moves=True))

    with transaction.atomic():
        change_setting(KIND, track.pk, {"is_retired": True}, by=by, at=NOON)
        beside.come()
        ask_to_empty(track, into=None, by=by, at=NOON)

    beside.answer()
    assert Enrolment.objects.get().version.number == 2


def test_who_comes_in_while_it_is_published_goes_on_in_what_runs():
    track, by, jo = make_track(wait(10)), make_user("mark", Role.MARKETER), make_person()
    draft_of(track, by=by, at=NOON)
    beside = Beside(lambda: publish(track, by=by, at=NOON, moves=True))

    with transaction.atomic():
        enrol(jo, track=track, by=by, at=NOON)
        beside.come()

    beside.answer()
    work_moves()
    assert Enrolment.objects.get().version.number == 2


@pytest.mark.parametrize("way", ["moved", "skipped", "back"])
def test_who_stops_mail_while_she_is_moved_on_is_heard_and_holds_up_nobody(way):
    by = make_user("mark", Role.MARKETER)
    track = make_track(wait(10), email())
    hers = make_enrolment(track, make_person(), node=track.versions.get().nodes.get(kind="wait"), due_at=LATER)
    if way == "moved":
        # The wait in which she stands is gone.
        ask_to_move(add_version(track, wait(3), by=by), by=by, at=NOON)
    if way == "back":
        with transaction.atomic():
            begin_absence(
                hers.person_id, kind="out_of_office", words="", back_on=LATER.date() + DAY, zone="UTC",
                said_at=NOON, at=NOON,
            )  # fmt: skip
    acts = {
        "moved": work_moves,
        "skipped": lambda: skip(hers, by=by, at=NOON),
        "back": lambda: end_absence(hers.person_id, at=NOON),
    }
    beside = Beside(acts[way])

    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=hers.person_id)
        beside.come()
        unsubscribe(hers.person, at=NOON)

    assert len(beside.answer()) == 1
    assert Suppression.objects.filter(person=hers.person_id).exists()


@pytest.mark.parametrize("is_read_first", ["20 March", "5 March"])
def test_of_two_days_of_return_read_at_once_the_one_said_last_holds_for_what_is_planned_too(is_read_first):
    """She gave an earlier day an hour after the first one."""
    jo = make_person(email="jo@brevik.example", time_zone="UTC")
    hers = make_enrolment(make_track(email()), jo)
    letter = Message.objects.create(
        kind="nurture", person=jo, enrolment=hers, node=hers.version.nodes.get(), planned_at=NOON, due_at=NOON + DAY
    )
    days = {"20 March": NOON - DAY, "5 March": NOON - DAY + timedelta(hours=1)}
    read_last = next(day for day in days if day != is_read_first)
    raw = mail(f"I am away and back on {read_last}.", subject="Automatic reply", Date=format_datetime(days[read_last]))
    beside = Beside(lambda: take_mail(raw, source="imap", at=NOON))

    with transaction.atomic():
        begin_absence(
            jo.pk, kind="out_of_office", words="", back_on=date(2027, 3, int(is_read_first.split()[0])), zone="UTC",
            said_at=days[is_read_first], at=NOON,
        )  # fmt: skip
        beside.come()

    assert len(beside.answer()) == 1
    until = Wishes([jo.pk]).away_until(jo.pk, at=NOON)
    letter.refresh_from_db()
    assert until.date() == letter.due_at.date() == Person.objects.get().away_until.date() == date(2027, 3, 5)


class Beside:
    """What somebody else does meanwhile, until it is done or waits."""

    def __init__(self, act):
        self.act, self.backend, self.answers = act, [], []
        self.thread = Thread(target=self._run)

    def come(self):
        self.thread.start()
        while self.thread.is_alive() and not (self.backend and is_held_up(self.backend[0])):
            pass

    def answer(self):
        self.thread.join(20)
        return self.answers

    def _run(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.backend.append(cursor.fetchone()[0])
        self.answers.append(self.act())
        connection.close()
