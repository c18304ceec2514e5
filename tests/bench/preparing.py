"""What `tests.bench.prepare` does: a small company with a pool and worked leads, and the start of an import."""

from pathlib import Path

from django.core.files import File
from django.utils import timezone

from accounts.models import ContactPoint, CustomField, Person
from agreement.models import Lane
from content.actions.indexing import index_assets
from content.models import Asset, AssetFigures, AssetVersion, Label, Topic
from leads.actions.claiming import take_next
from leads.actions.entering import NewLead, open_leads
from leads.actions.importing import answer_questions, decide_columns, ids_source, receive_file, start_import
from leads.imports import NEEDS_SOURCE, OTHER, Meaning, guessed_mapping
from leads.intake.reading import Profile
from leads.models import Lead
from team.models import Team, User
from tests.bench import dataset
from tests.bench.company import make_company, sign_in_all
from tests.bench.shelf import fill_library

POOL, WORKED = 1500, 60


def company():
    """A company whose measured rep works 60 leads, with 1,500 in the pool of her team: {e-mail: session key}."""
    now = timezone.now()
    make_company()
    team = Team.objects.order_by("pk").first()
    people = Person.objects.bulk_create(
        [Person(given_name="Person", family_name=f"{number}") for number in range(POOL + WORKED)], batch_size=500
    )
    ContactPoint.objects.bulk_create(
        [
            ContactPoint(person=person, kind="email", value=address, normalised=address, is_primary=True)
            for number, person in enumerate(people)
            for address in [f"person{number}@elsewhere.example"]
        ],
        batch_size=500,
    )
    new = [NewLead(person.pk, Lane.CONTENT, Lead.Origin.INBOUND, team_id=team.pk) for person in people]
    for start in range(0, len(new), 500):
        open_leads(new[start : start + 500], by=None, at=now)
    rep = User.objects.get(email=dataset.FULL_REP)
    for _ in range(WORKED):
        take_next(by=rep, at=now)
    return sign_in_all()


def library(count):
    """The company with so many assets: {e-mail: session key}."""
    make_company()
    owner = User.objects.get(email="marketer1@bench.example")
    rep = User.objects.get(email=dataset.FULL_REP)
    topics, labels = list(Topic.objects.all()), list(Label.objects.all())
    assets, versions, pairs, figures = fill_library(
        int(count), topics=topics, labels=labels, owner=owner, rep=rep, at=timezone.now()
    )
    Asset.objects.bulk_create(assets, batch_size=500)
    AssetVersion.objects.bulk_create(versions, batch_size=500)
    AssetFigures.objects.bulk_create(figures, batch_size=500)
    through = Asset.labels.through
    through.objects.bulk_create([through(asset=one, label=label) for one, label in pairs], batch_size=500)
    index_assets(asset.pk for asset in assets)
    return sign_in_all()


def people_of_the_company():
    """The company without leads."""
    make_company()
    return User.objects.count()


def start(path):
    """Import a file of people as a marketer would who changes nothing that is guessed; released 100 a day."""
    now = timezone.now()
    marketer = User.objects.get(email="marketer1@bench.example")
    with Path(path).open("rb") as stream:
        run = receive_file(File(stream), name="leads.csv", kind="people", by=marketer, at=now)
    profile = Profile.from_json(run.profile)
    fields = list(CustomField.objects.filter(entity="person", retired_at=None))
    mapping = guessed_mapping(profile, kind=run.kind, fields=fields, earlier=None, zone="UTC")
    mapping = ids_source(mapping, profile, kind=run.kind)
    for column in mapping.columns:
        if column.get("target") in NEEDS_SOURCE and not column.get("source"):
            column["source"] = "bench"
    decide_columns(run, mapping, by=marketer, at=now)
    answer_questions(
        run, source="bench", happened_at=now, lane=Lane.LIST, engagement_kind="", pace="per_day", per_day=100,
        meanings={OTHER: Meaning.NEW_LEAD.value}, by=marketer, at=now,
    )  # fmt: skip
    start_import(run, by=marketer, at=timezone.now())
    return run.pk
