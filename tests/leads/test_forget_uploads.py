"""Uploaded files are kept for so long and then deleted; what came of them stays."""

from datetime import timedelta
from pathlib import Path

import pytest

from accounts.models import Person
from leads.actions.importing import ImportRefused, forget_uploads, start_import
from leads.models import ImportReject
from leads.tasks import forget_uploads as tick
from team.models import Tick, Upload
from tests.leads.files import answered, bring, decided, received

pytestmark = pytest.mark.django_db

ROWS = "Email\na@corvane.io\nbad\n"


def day_after(run):
    return run.upload.keep_until + timedelta(days=1)


def test_file_is_gone_after_its_day_and_its_rows_stay(team, lea):
    run = bring(ROWS, by=lea)
    path = Path(run.upload.file.path)
    assert forget_uploads(at=run.upload.keep_until - timedelta(seconds=1)) == 0
    assert path.exists()

    assert forget_uploads(at=day_after(run)) == 1

    assert not path.exists()
    assert list(Upload.objects.values_list("name", "file")) == [("people.csv", "")]
    assert (Person.objects.count(), ImportReject.objects.get().raw.strip()) == (1, "bad")
    assert forget_uploads(at=day_after(run)) == 0


def test_file_that_is_being_read_is_left_alone(team, lea):
    run = answered(decided(received(ROWS, by=lea), by=lea), by=lea)
    start_import(run, by=lea, at=run.created_at)

    assert forget_uploads(at=day_after(run)) == 0
    assert Path(run.upload.file.path).exists()


def test_import_whose_file_is_gone_cannot_be_started(team, lea):
    run = answered(decided(received(ROWS, by=lea), by=lea), by=lea)
    forget_uploads(at=day_after(run))

    with pytest.raises(ImportRefused):
        start_import(run, by=lea, at=day_after(run))
    run.refresh_from_db()
    assert run.state == "cancelled"


def test_file_that_was_deleted_by_one_who_was_killed_is_forgotten_by_the_next(team, lea):
    run = bring(ROWS, by=lea)
    Path(run.upload.file.path).unlink()

    assert forget_uploads(at=day_after(run)) == 1
    assert Upload.objects.get().file.name == ""


def test_pages_of_a_forgotten_file_still_open(client, team, lea):
    run = bring(ROWS, by=lea)
    forget_uploads(at=day_after(run))
    client.force_login(lea)

    assert "2 rows were read" in client.get(f"/imports/{run.public_id}/").text
    assert b"bad" in b"".join(client.get(f"/imports/{run.public_id}/rejected.csv").streaming_content)


def test_tick_twice_is_as_good_as_once(team, lea):
    Upload.objects.filter(pk=bring(ROWS, by=lea).upload_id).update(keep_until="2026-01-01T00:00Z")

    assert (tick(), tick()) == (1, 0)
    assert Tick.objects.filter(kind="forget_uploads").exists()
