"""Whoever is forgotten stands in no column of a dump; an admin sees what is held, takes it with her, and forgets."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.urls import reverse

from accounts.models import Person, PersonMerge, Suppression
from agreement.models import Phase
from content.models import AssetThumb, ContentRequest, Feedback, LibrarySearch, RequestChange, Talk
from leads.actions.importing import forget_uploads
from leads.actions.merging import merge_people
from leads.models import (
    Block,
    Consent,
    EngagementKey,
    HandOff,
    Import,
    ImportReject,
    Lead,
    Note,
    Recycling,
    SavedView,
    Step,
)
from nurture.actions.erasing import forget_again, forget_person, write_down_erasures
from nurture.actions.erasure_log import lines
from nurture.actions.unnaming import ADDRESSES, WORDS
from nurture.held import held_of
from nurture.models import Incoming, IncomingBody, MessageBody, MessageLink, Told
from nurture.named import named
from team.models import AuditEntry, FormSubmission, Role, Upload
from tests.leads.files import received
from tests.make import NOON, make_asset, make_lead, make_person, make_user
from tests.nurture.making import engage, make_aside, make_letter_track, make_message

pytestmark = pytest.mark.django_db
JO, PHONE = "jo.prentice@brevik.example", "+12025550143"
# In lower case, as the dump is compared; the number by its last digits.
SAID = re.compile(r"jo\.prentice|jo%2eprentice|2025550143|202[ )-]+555[ -]0143|\bprentice\b")


def dump():
    """Every row of every table as the database holds it, its index tables included."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, cell in zip(names, row, strict=True):
                    text = bytes(cell).decode("utf-8", "replace") if isinstance(cell, bytes | memoryview) else str(cell)
                    found.setdefault(f"{table}.{name}", []).append(text.lower())
    return found


def where_said():
    return {column for column, cells in dump().items() if any(SAID.search(cell) for cell in cells)}


@pytest.fixture
def ada(db):
    return make_user("ada", Role.ADMIN)


@pytest.fixture
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


def jo(alice):
    person = make_person(given_name="Jo", family_name="Prentice", email=JO, phone=PHONE, title="Head", city="Brevik")
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=person)
    return person, lead


def plant(alice, mona):
    """She, and her words and name wherever one of us, a file or a provider may have put them."""
    person, lead = jo(alice)
    other = make_lead(phase=Phase.WORKING, bdr=alice)
    asleep = make_lead(phase=Phase.NURTURE, bdr=alice)
    met = make_lead(phase=Phase.HANDED_OFF, bdr=alice)
    words = f"Ask Jo Prentice, {JO} or (202) 555-0143."
    Note.objects.create(lead=other, text=words, at=NOON, by=alice)
    Note.objects.create(lead=lead, text=words, at=NOON, by=alice)
    Step.objects.filter(lead=other).update(title="Prentice, Jo knows")
    HandOff.objects.filter(lead=met).update(line=words, place="Jo Prentice’s office")
    Recycling.objects.filter(lead=asleep).update(vendor="JO PRENTICE Ltd")
    Consent.objects.create(person=other.person, is_given=True, at=NOON, noted_at=NOON, source="form", evidence=words)
    Block.objects.create(user=alice, title="Jo Prentice", query="/leads/?q=jo.prentice%40brevik.example", made_at=NOON)
    view = {"user": alice, "name": "Jo Prentice", "created_at": NOON}
    SavedView.objects.create(**view, query="q=Jo+Prentice")
    message = make_message(make_letter_track(), other.person)
    MessageBody.objects.create(message=message, to_address="a@b.example", subject=words, text=words, answer=words)
    MessageLink.objects.create(message=message, number=1, url="https://a.example/?to=jo.prentice%40brevik.example")
    aside = make_aside(text=words, sender="colleague@brevik.example")
    IncomingBody.objects.filter(incoming=aside).update(subject=words)
    Incoming.objects.filter(pk=aside.pk).update(error=words)
    told = {"hook": "x", "key": "y", "state": "aside", "told_at": NOON, "ended_at": NOON, "error": "ValueError: jo"}
    Told.objects.create(**told, body=b'{"email": "jo.prentice%40brevik.example"}', headers={"To": "x"})
    asset = make_asset()
    given = {"given_by": alice, "is_anonymous": False, "given_on": NOON.date()}
    Feedback.objects.create(**given, text=words, state="done", outcome=words, closed_at=NOON)
    Feedback.objects.create(**given, text="The lady of Brevik is wrong here", lead=lead.public_id)
    days = {"held_on": NOON.date(), "noted_on": NOON.date(), "noted_at": NOON}
    Talk.objects.create(rep=alice, by=mona, text=words, **days)
    asked = ContentRequest.objects.create(need=words, made_by=alice, made_at=NOON)
    RequestChange.objects.create(request=asked, verb="ask", at=NOON, by=alice, because=words)
    AssetThumb.objects.create(asset=asset, user=alice, version=asset.versions.get(), is_up=True, reason=words, at=NOON)
    LibrarySearch.objects.create(user=alice, at=NOON, place="library", q="jo prentice")
    FormSubmission.objects.create(form_id=lead.public_id, user=alice, at=NOON, answer_url="/search/?q=Jo+Prentice")
    row = {"user": mona, "content_type": ContentType.objects.get_for_model(Person), "action_flag": CHANGE}
    LogEntry.objects.create(**row, object_id=str(person.pk), object_repr="Jo Prentice", change_message=words)
    key = engage(person)
    EngagementKey.objects.create(source="form", external_id=f"form-7:{JO}", engagement_id=key.pk)
    file = f'Given,Family,Email,Phone\nJo,Prentice,{JO},{PHONE}\nAl,Sorensen,al@brevik.example,\n"Jo","Prentice",jo@,\n'
    run = received(file.encode(), by=mona)
    ImportReject.objects.create(import_run=run, row_no=3, line_no=4, code="x", reason=words, raw='"Jo","Prentice",jo@,')
    Import.objects.filter(pk=run.pk).update(error=words)
    Upload.objects.filter(pk=run.upload_id).update(name="jo prentice.csv")
    return person, lead, run


def test_no_column_of_a_dump_says_who_she_was(alice, mona, rules, var):
    person, _lead, run = plant(alice, mona)
    for model, columns in [*WORDS.items(), *ADDRESSES.items()]:
        assert any(f"{model._meta.db_table}.{column}" in where_said() for column in columns), model
    others = (Note.objects.exclude(lead__person=person).get().text, Step.objects.count(), Lead.objects.count())

    found = forget_person(person, by=None, at=NOON)

    assert where_said() == set()
    assert found > 20
    assert Note.objects.exclude(lead__person=person).get().text == "Ask [erased], [erased] or [erased]."
    assert (others[0].startswith("Ask Jo"), Step.objects.count(), Lead.objects.count()) == (True, *others[1:])
    run.refresh_from_db()
    # Whoever stood beside her in the file still does.
    assert "al@brevik.example" in json.dumps(run.profile)
    assert forget_uploads(at=NOON) == 1


# Rows of these are codes, settings, or what the company says of itself and its people: no words about whom it pursues.
NO_WORDS = {
    "team.AuditEntry", "team.AuditHead", "team.Calendar", "team.CalendarDay", "team.Absence", "team.CalendarFeed",
    "team.Installation", "team.Tick", "team.SettingChange", "team.Team", "team.User", "team.Territory",
    "agreement.Benchmark", "agreement.Stage", "agreement.Reason", "agreement.Disposition", "agreement.Criterion",
    "agreement.Cadence", "agreement.AgreementVersion", "agreement.ReasonRule", "agreement.SLAClause",
    "agreement.Transition", "agreement.DefinitionRule", "agreement.ScoreRule", "accounts.Account",
    "accounts.AccountDomain", "accounts.CustomField", "content.Topic", "content.Label", "content.Asset",
    "content.AssetVersion", "content.AssetEvent", "content.AssetText", "content.LibraryWord", "content.RequestVoice",
    "content.Pulse", "content.PulseRound", "leads.BulkMove", "leads.SharedAct", "leads.Notice", "nurture.Track",
    "nurture.TrackNode", "nurture.MailRules", "nurture.MailServer", "nurture.SenderCheck", "nurture.SendingHost",
}  # fmt: skip
# Of what belongs to somebody: names of forms, zones, codes, ids and hashes.
NO_WORDS_OF_HERS = {
    "accounts.PersonMerge", "accounts.Suppression", "leads.Lead", "leads.LeadEvent", "leads.Engagement",
    "leads.Release", "nurture.Passage", "nurture.Message", "nurture.Hit", "nurture.TrackMove",
}  # fmt: skip
GONE = {"accounts.Person", "accounts.ContactPoint", "accounts.Employment", "accounts.ExternalId", "accounts.SearchText"}


def test_whoever_adds_a_column_of_words_says_whether_it_may_name_somebody():
    """A model with words is in one of these lists, or in `WORDS`; then the test above asks that it forgets."""
    asked = {model._meta.label for model in [*WORDS, *ADDRESSES, Told]}
    texts = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
    for room in ("team", "agreement", "accounts", "content", "leads", "nurture"):
        for model in apps.get_app_config(room).get_models():
            words = [f.name for f in model._meta.local_fields if isinstance(f, texts) and not f.choices]
            if words:
                lists = asked | NO_WORDS | NO_WORDS_OF_HERS | GONE
                assert model._meta.label in lists, f"{model._meta.label}: {words}, see WORDS"


def test_somebody_of_the_same_name_keeps_it(alice, rules, var):
    person, _lead = jo(alice)
    namesake = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(given_name="Jo", family_name="Prentice"))
    note = Note.objects.create(lead=namesake, text=f"Jo Prentice wrote, not {JO}.", at=NOON, by=alice)
    assert named([person.pk]).has_namesakes

    forget_person(person, by=None, at=NOON)

    note.refresh_from_db()
    assert note.text == "Jo Prentice wrote, not [erased]."


@pytest.mark.parametrize("words", ["Call 12025550143", "00 1 202-555-0143", "(202) 555 0143!", "Tel.202.555.0143"])
def test_a_number_is_found_however_it_is_grouped(alice, words):
    person, _lead = jo(alice)
    who = named([person.pk])
    assert "0143" not in who.without(words)
    assert who.without("2025550144, 92025550143999, 4143") == "2025550144, 92025550143999, 4143"


def test_a_switchboard_that_others_have_is_nobodys(alice):
    person, _lead = jo(alice)
    make_person(phone=PHONE)
    assert named([person.pk]).without(f"Call {PHONE}") == f"Call {PHONE}"


def test_an_admin_sees_what_is_held_and_takes_all_of_it(client, ada, alice, mona, rules, var):
    person, lead, _run = plant(alice, mona)
    twin = make_person(given_name="Josephine", family_name="Prentice")
    merge_people(person, twin, by=None, at=NOON)
    client.force_login(ada)
    assert (
        reverse("nurture:held", args=[person.public_id])
        in client.get(reverse("leads:lead", args=[lead.public_id])).text
    )
    page = client.get(reverse("nurture:held", args=[person.public_id])).text
    assert "other places" in page

    answer = client.post(reverse("nurture:held_export", args=[person.public_id]))

    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    told = json.loads(archive.read("person.json"))
    assert {one["given_name"] for one in told["accounts.Person"]} == {"Jo", "Josephine"}
    assert [one["public_id"] for one in told["leads.Lead"]] == [str(lead.public_id)]
    assert {"accounts.ContactPoint", "leads.Note", "leads.LeadEvent", "leads.Engagement"} <= set(told)
    assert [one["text"] for one in told["leads.Note"]] == [f"Ask Jo Prentice, {JO} or (202) 555-0143."]
    for label, rows in told.items():
        lines_of = archive.read(f"{label.lower()}.csv").decode("utf-8-sig")
        assert lines_of.startswith(f'"{next(iter(rows[0]))}"'), label
    entry = AuditEntry.objects.get(verb="export")
    assert (entry.by, entry.about_id) == (ada, str(person.public_id))


def test_she_types_the_name_and_says_why(client, ada, alice, rules, var):
    person, _lead = jo(alice)
    client.force_login(ada)
    page, held = (reverse(name, args=[person.public_id]) for name in ("nurture:erase", "nurture:held"))
    for bad in ({"typed": "Jo"}, {"typed": ""}, {"because": "again"}, {"because": "x\0"}, {"typed": "Jo Prentice\0"}):
        answer = client.post(page, {"because": "asked", "typed": "Jo Prentice", **bad})
        assert (answer.status_code, bad) == (422, bad)
    assert Person.objects.get(pk=person.pk).erased_at is None

    client.post(page, {"because": "mistake", "typed": " jo  prentice"})

    shown = client.get(held).text
    assert "Should never have been kept" in shown
    assert "Prentice" not in shown
    # Another click of the same form changes nothing.
    assert client.post(page, {"because": "asked", "typed": "Jo Prentice"}).status_code == 302
    assert [(one.by, one.detail) for one in AuditEntry.objects.filter(verb="erased")] == [(ada, "mistake")]
    assert "Should never have been kept" in client.get(reverse("leads:audit")).text


def test_a_restored_database_forgets_the_same_people_again(alice, rules, var):
    person, _lead = jo(alice)
    merge_people(person, make_person(given_name="Josephine", email=None, phone=None), by=None, at=NOON)
    forget_person(person, by=None, at=NOON)
    assert write_down_erasures() == 1
    assert write_down_erasures() == 0
    written = (var / "erasures.log").read_text()
    assert not SAID.search(written.lower())
    assert forget_again(at=NOON) == 0
    # Restored: the copy was made before, and the keys of her addresses are not in it.
    restored(person)
    (var / "erasures.log").write_text(written + '{"instance": "cut o')
    assert where_said()

    assert forget_again(at=NOON + timedelta(days=1)) == 1

    assert where_said() == set()
    assert Suppression.objects.exclude(key_hash="").count() == 2
    assert AuditEntry.objects.get(verb="erased").detail == "again"
    assert (forget_again(at=NOON), len(lines())) == (0, 1)


def restored(person):
    """As the copy has her. What was noted since is not in it, and only a test may take that out of the log."""
    Person.objects.filter(pk=person.pk).update(given_name="Jo", family_name="Prentice", erased_at=None)
    person.contact_points.create(kind="email", value=JO, normalised=JO)
    Suppression.objects.all().delete()
    PersonMerge.objects.all().delete()
    Person.objects.filter(merged_into=person).update(erased_at=None)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("TRUNCATE team_auditentry")
        else:
            cursor.execute("DELETE FROM team_auditentry")


def test_what_is_hers_is_found_by_what_points_at_her(alice, mona, rules, var):
    person, lead, _run = plant(alice, mona)
    other = Lead.objects.get(person__consents__isnull=False)
    Recycling.objects.update(referred_to=person)
    found = held_of([person.pk])
    assert found[Lead] == [lead.pk]
    assert Recycling not in found
    assert not set(found[Step]) & set(other.steps.values_list("pk", flat=True))
