"""A worker that dies, pauses or races leaves the rows of one that never did."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.actions.people import correct_person
from accounts.models import Employment, Person
from leads.actions import import_rows
from leads.actions.import_rows import LEASE, LeaseLost, claim_import, run_imports
from leads.actions.importing import ImportRefused, cancel_import, start_import, try_again
from leads.actions.releasing import ReleaseDays
from leads.models import Engagement, Import, ImportReject, Release
from team.clock import database_now
from team.worktime import NeverOpen
from tests.leads.files import answered, bring, counts, decided, received

pytestmark = pytest.mark.django_db

ROWS = "email,first name,company\n" + "".join(
    f"p{n}@{'corvane' if n % 3 else 'halden'}.io,P{n},{'Corvane' if n % 3 else 'Halden'}\n" if n % 7 else f"bad,P{n},\n"
    for n in range(300)
)


def started(lea, content=ROWS, **answers):
    run = answered(decided(received(content, by=lea), by=lea), by=lea, **answers)
    start_import(run, by=lea, at=database_now())
    return run


def shape():
    people = Person.objects.order_by("pk").values_list("given_name", "custom", "employments__account__name")
    rejects = ImportReject.objects.order_by("row_no").values_list("row_no", "code")
    return list(people), list(rejects), Engagement.objects.count(), Release.objects.count()


def test_interrupted_after_every_chunk_it_leaves_the_same_rows(team, lea):
    run = started(lea, pace="per_day", per_day=50)
    slices = 0
    while Import.objects.get(pk=run.pk).state == "running":
        run_imports(budget=0.0001, chunk_rows=20)
        slices += 1
        assert slices < 100
    interrupted, days = shape(), sorted(Release.objects.values_list("due_at", flat=True))
    run.refresh_from_db()

    assert counts(run) == (257, 0, 0, 43)
    assert interrupted[2:] == (257, 257)
    assert [days.count(day) for day in dict.fromkeys(days)] == [50, 50, 50, 50, 50, 7]


def test_chunk_that_was_not_committed_is_read_again(team, lea):
    run = started(lea)
    held = claim_import("one that dies")
    Import.objects.filter(pk=run.pk).update(lease_until=database_now() - timedelta(seconds=1))

    run_imports(worker="the next", budget=100)

    run.refresh_from_db()
    assert (counts(run), run.state, run.claimed_by) == ((257, 0, 0, 43), "done", "the next")
    assert run.attempt == held.attempt + 1


def test_living_worker_is_left_alone(team, lea):
    started(lea)
    assert claim_import("one").lease_until > database_now() + LEASE / 2
    assert claim_import("two") is None


def test_worker_that_was_paused_beyond_its_lease_changes_nothing(team, lea):
    started(lea)
    paused = claim_import("paused")
    Import.objects.filter(pk=paused.pk).update(lease_until=database_now() - timedelta(seconds=1))
    claim_import("the next")

    writer = import_rows._Writer(paused, import_rows._File(paused, at=database_now()))
    with paused.upload.file.open("rb") as stream:
        drafts = writer.file.drafts(import_rows.records(stream.file, writer.file.profile), 20)
        with pytest.raises(LeaseLost):
            writer.write(drafts)

    assert Person.objects.count() == 0
    assert counts(Import.objects.get()) == (0, 0, 0, 0)


def test_cancel_stops_it_and_keeps_what_came_in(team, lea):
    run = started(lea, pace="per_day", per_day=5)
    run_imports(budget=0.0001, chunk_rows=20)
    came_in = Person.objects.count()
    assert 0 < came_in < 257

    cancel_import(run, by=lea, at=database_now())
    run_imports(budget=100)

    assert (run.state, Person.objects.count()) == ("cancelled", came_in)
    assert set(Release.objects.values_list("state", "skipped_for")) == {("skipped", "cancelled")}
    with pytest.raises(ImportRefused):
        cancel_import(run, by=lea, at=database_now())


def test_rows_that_kill_the_worker_again_and_again_end_the_import_in_words(team, lea):
    run = started(lea)
    Import.objects.filter(pk=run.pk).update(attempt=import_rows.STANDSTILLS + 1)

    run_imports()

    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "Reading stopped 10 times at row 1.")


def test_file_of_two_passes_says_how_many_rows_are_in_and_no_row_that_it_is_not(team, lea, monkeypatch):
    rows = "".join(f"p{n}@mail{n}.io,{'Customer' if n >= 95 else 'New'}\n" for n in range(100))
    run = started(lea, "email,status\n" + rows)
    with monkeypatch.context() as broken:
        _stop_at(broken, 0)
        run_imports(budget=100)
    run.refresh_from_db()
    assert run.rows_done == 5
    assert run.error.startswith("Something went wrong after 5 rows; it is tried again in a moment.")

    Import.objects.filter(pk=run.pk).update(attempt=import_rows.STANDSTILLS + 2, lease_until=None)
    run_imports()
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "Reading stopped 10 times after 5 rows.")


def _stop_at(monkeypatch, at):
    """From the n-th release on, something of ours breaks."""
    real = ReleaseDays.due_at

    def due_at(self, position):
        if position >= at:
            raise NeverOpen
        return real(self, position)

    monkeypatch.setattr(ReleaseDays, "due_at", due_at)


def _again_later(run):
    Import.objects.filter(pk=run.pk).update(lease_until=database_now() - timedelta(seconds=1))
    run_imports(budget=100, chunk_rows=20)
    run.refresh_from_db()


def test_what_is_no_fault_of_the_file_ends_in_words_and_goes_on_when_it_is_mended(team, lea, client, monkeypatch):
    run = started(lea)
    client.force_login(lea)
    page = reverse("leads:import", args=[run.public_id])
    with monkeypatch.context() as broken:
        _stop_at(broken, 100)
        run_imports(budget=100, chunk_rows=20)
        run.refresh_from_db()
        came_in = run.rows_done
        assert (run.state, 0 < came_in < 300) == ("running", True)
        assert run.lease_until > database_now()
        assert f"Something went wrong at row {came_in + 1}; it is tried again in a moment." in client.get(page).text
        assert "min left" not in client.get(page).text

        for _n in range(5):
            _again_later(run)
        assert (run.state, run.rows_done, run.attempt) == ("failed", came_in, 4)
        assert run.error.startswith(f"It was tried several times and stopped at row {came_in + 1}")
        assert "Try again from there" in client.get(page).text
        assert Release.objects.filter(state="waiting").count() > 0

    form = {"form_id": str(uuid4())}
    assert client.post(reverse("leads:import_run", args=[run.public_id]), form).url == page
    _again_later(run)
    assert (run.state, counts(run), run.error) == ("done", (257, 0, 0, 43), "")


def test_only_what_stopped_can_be_tried_again(team, lea):
    run = bring(ROWS, by=lea)
    with pytest.raises(ImportRefused):
        try_again(run, by=lea, at=database_now())


def test_file_that_is_gone_ends_the_import_in_words(team, lea):
    run = started(lea)
    run.upload.file.delete(save=False)

    run_imports()

    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "The uploaded file is not there any more.")


def test_second_run_beside_the_first_reads_nothing_twice(team, lea):
    bring(ROWS, by=lea)
    assert run_imports() == 0


# Forty people, three times each: another city every time, another company the last.
AGAIN = "email,city,company\n" + "".join(
    f"p{n % 40}@mail{n % 40}.io,City {n // 40},{'Halden' if n >= 80 else 'Corvane'}\n" for n in range(120)
)


@pytest.mark.parametrize("rows", [1, 7, 0])
def test_people_met_again_are_the_same_wherever_the_file_is_cut(team, lea, rows):
    run = started(lea, AGAIN)
    run_imports(budget=100, chunk_rows=rows)

    run.refresh_from_db()
    assert (run.state, counts(run)) == ("done", (40, 80, 0, 0))
    assert set(Person.objects.values_list("city", flat=True)) == {"City 2"}
    current = Employment.objects.filter(is_current=True).values_list("account__name", flat=True)
    assert (len(current), set(current)) == (40, {"Halden"})


class Interrupted(import_rows._Writer):
    """Somebody corrects a person after her row was compared with her, and before it is written."""

    def _yield(self):
        person = Person.objects.get(contact_points__normalised="a@corvane.io")
        if person.version == 1:
            correct_person(person, expect=1, by=self.run.by, at=database_now(), city="Bergen")


def test_what_somebody_corrects_while_the_file_is_read_stays(team, lea):
    bring("email,city\na@corvane.io,Oslo\nb@corvane.io,Oslo\n", by=lea)
    run = started(lea, "email,city\na@corvane.io,Moss\nb@corvane.io,Moss\n")
    held = claim_import("one")

    writer = Interrupted(held, import_rows._File(held, at=database_now()))
    with held.upload.file.open("rb") as stream:
        writer.write(writer.file.drafts(import_rows.records(stream.file, writer.file.profile), 20))

    assert list(Person.objects.order_by("pk").values_list("city", flat=True)) == ["Bergen", "Moss"]
    run.refresh_from_db()
    assert counts(run) == (0, 1, 1, 0)
