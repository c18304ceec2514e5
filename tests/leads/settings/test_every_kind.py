"""What holds for every kind of setting: previewed, kept in history, reverted to exactly what it was."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import CustomField
from agreement.models import Benchmark, Cadence, Criterion, Disposition, Reason, Stage
from content.models import Label, Topic
from leads.settings.kind import SettingRefused
from leads.settings.registry import BY_SLUG, KINDS
from team.models import Calendar, Installation, Role, SettingChange, Territory
from tests.make import NOON, make_calendar, make_team, make_user

pytestmark = pytest.mark.django_db

# A change of one of each kind: which, and what is typed.
EXAMPLES = {
    "promises": lambda: (
        1,
        {
            "content": "2 h",
            "content_notice": "",
            "finer_0_lane": "list",
            "finer_0_tier": "A1",
            "finer_0_promise": "1 d",
        },
    ),
    "choices": lambda: (Installation.objects.get().pk, {"company": "Corvane", "step_max_days": "7"}),
    "reasons": lambda: (Reason.objects.get(key="not_ready").pk, {"facts": ["wake_on"], "wake_days": "60"}),
    "fields": lambda: (
        CustomField.objects.create(entity="person", key="size", label="Size").pk,
        {"label": "Shirt", "type": "choice", "choices": "S\nM", "filterable": "on"},
    ),
    "cadences": lambda: (Cadence.objects.get(key="list").pk, {"day_1": "1", "kind_4": "call", "day_4": "12"}),
    "dispositions": lambda: (
        Disposition.objects.get(key="not_now").pk,
        {
            "label": "Later",
            "follows": "find_contact",
            "is_conversation": "",
            "with_email": "on",
            "sentiment": "positive",
        },
    ),
    "criteria": lambda: (Criterion.objects.get(key="budget").pk, {"label": "Money", "asked_at_qualified": "on"}),
    "calendars": lambda: (make_calendar().pk, {"hours_0": "8:00-12:00, 13:00-17:00", "country": "DE"}),
    "territories": lambda: (territory().pk, {"name": "Iberia", "segment": "mid-size", "bdr": ""}),
    "teams": lambda: (make_team().pk, {"name": "South-west", "calendar": str(make_calendar().pk)}),
    "people": lambda: (
        make_user("rita", Role.BDR, team=make_team()).pk,
        {"name": "Rita Holm", "role_1": "manager", "team_1": str(make_team().pk), "open_limit": "12"},
    ),
    "topics": lambda: (Topic.objects.create(key="safety", label="Safety").pk, {"label": "Safety at work"}),
    "labels": lambda: (Label.objects.get(key="save_cost").pk, {"label": "Spend less"}),
    "benchmarks": lambda: (Benchmark.objects.get(key="nurtured").pk, {"low": "12", "high": "18", "source": "Our own"}),
    "stages": lambda: (Stage.objects.get(key="attempting").pk, {"label": "Trying"}),
}


def territory():
    return Territory.objects.create(name="Spain", team=make_team(), country="ES", position=3)


def test_every_kind_is_tried_here():
    assert set(EXAMPLES) == {kind.slug for kind in KINDS}


@pytest.mark.parametrize("slug", EXAMPLES)
def test_what_was_changed_is_exactly_as_before_after_the_revert_that_says_first_what_it_touches(
    slug, client, save, revert_last
):
    kind, (pk, fields) = BY_SLUG[slug], EXAMPLES[slug]()
    before = kind.read(pk)

    assert save(slug, pk, **fields).status_code == 302
    assert kind.read(pk) != before
    change = SettingChange.objects.get()
    page = client.get(reverse("leads:setting_revert", args=[change.pk]))
    assert (page.status_code, bool(page.context["preview"].changes)) == (200, True)
    assert page.context["preview"].touches or slug in ("choices",)
    assert kind.read(pk) != before
    assert not SettingChange.objects.exclude(pk=change.pk).exists()
    revert_last(slug)

    assert kind.read(pk) == before
    assert SettingChange.objects.filter(reverts__isnull=False).count() == 1


@pytest.mark.parametrize("slug", EXAMPLES)
def test_only_an_admin_reverts(slug, save, revert_last, mona):
    pk, fields = EXAMPLES[slug]()
    save(slug, pk, **fields)

    with pytest.raises(SettingRefused):
        revert_last(slug, by=mona)


@pytest.mark.parametrize("slug", EXAMPLES)
def test_saving_what_is_there_changes_nothing(slug, save):
    pk, _fields = EXAMPLES[slug]()

    assert save(slug, pk).status_code == 302
    assert not SettingChange.objects.exists()


@pytest.mark.parametrize("slug", EXAMPLES)
def test_the_list_tells_who_changed_what(slug, client, save, dora):
    pk, fields = EXAMPLES[slug]()
    save(slug, pk, **fields)

    page = client.get(reverse("leads:setting_list", args=[slug])).text

    assert "Dora changed" in page
    assert "Revert" in page


# What a kind keeps by the key of a row, in a history of any length.
NAMES = {
    "people": lambda key: {"backup": [None, key], "roles": [[], [["bdr", key]]], "territories": [[], [key]]},
    "teams": lambda key: {"calendar": [None, key], "default": [None, key], "successor": [None, key]},
    "territories": lambda key: {"team": [key, key + 1], "bdr": [None, key]},
    "stages": lambda key: {"successor": [None, key], "is_entry": [key, key + 1]},
    "reasons": lambda key: {"successor": [None, key], "destination_reason": [None, key]},
    "dispositions": lambda key: {"reason": [None, key], "successor": [None, key]},
}


@pytest.mark.parametrize("slug", EXAMPLES)
def test_no_number_of_rows_or_lines_of_history_changes_the_queries_of_the_list(slug, client, dora):
    client.force_login(dora)
    pk, _fields = EXAMPLES[slug]()
    model, url = BY_SLUG[slug].model._meta.label, reverse("leads:setting_list", args=[slug])
    asked = []

    for number in (0, 12):
        for key in range(number):
            team = make_team()
            Territory.objects.create(
                name=f"T{key}", team=team, country="ES", bdr=make_user(f"u{key}", Role.BDR, team=team)
            )
            Stage.objects.create(key=f"s{key}", label=f"S{key}", phase="working", position=90 + key)
            CustomField.objects.create(entity="person", key=f"f{key}", label=f"F{key}", position=9 + key)
            Topic.objects.create(key=f"t{key}", label=f"T{key}")
            Label.objects.create(dimension="need", key=f"n{key}", label=f"N{key}")
        for key in range(number + 2):
            parts = NAMES.get(slug, lambda key: {})(key + 1)
            SettingChange.objects.create(at=NOON, by=dora, model=model, object_id=str(pk), verb="change", changes=parts)
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        asked.append(len(queries))

    assert asked[0] == asked[1]


def empty_calendar():
    return Calendar.objects.create(name="Empty", time_zone="UTC")


# What moves the leads or promises of a team is not tried beforehand: which page, what is typed there, what it answers.
MANY = {
    "hours of a team, and a name that is taken": lambda: (
        ("teams", make_team("South").pk, ""),
        {"name": "north", "calendar": make_calendar().pk},
        "There is, or was, a team of this name.",
    ),
    "a calendar without hours": lambda: (
        ("teams", make_team("South").pk, ""),
        {"calendar": empty_calendar().pk},
        "This calendar has no working hours.",
    ),
    "other hours, and a name that is taken": lambda: (
        ("calendars", make_calendar().pk, ""),
        {"name": empty_calendar().name, "hours_0": "8:00-12:00"},
        "There is a calendar of this name.",
    ),
    "the end of a stage that ended meanwhile": lambda: (
        ("stages", retired(Stage.objects.get(key="connected")).pk, "_retire"),
        {"successor": Stage.objects.create(key="warm", label="Warm", phase="working").pk},
        "This stage was retired already.",
    ),
}


def retired(stage):
    Stage.objects.filter(pk=stage.pk).update(retired_at=NOON, successor=Stage.objects.get(key="attempting"))
    return stage


@pytest.mark.parametrize("case", MANY)
def test_what_moves_many_and_cannot_be_is_refused_with_its_preview(case, client, dora, team):
    (slug, pk, page), fields, words = MANY[case]()
    client.force_login(dora)
    url = reverse(f"leads:setting{page}", args=[slug, pk])
    form = client.get(url).context["form"]
    sent = {field.html_name: field.value() for field in form if field.value() is not None}

    answer = client.post(url, sent | fields)

    assert answer.status_code in (409, 422)
    assert words in answer.text


def test_a_revert_that_moves_many_and_cannot_be_is_refused_with_its_preview(client, save, dora, team):
    south, west = make_team("South"), make_team("West")
    save("teams", south.pk, page="_retire", successor=west.pk)
    save("teams", west.pk, page="_retire", successor=team.pk)
    warm = Stage.objects.create(key="warm", label="Warm", phase="working", position=90)
    save("stages", warm.pk, page="_retire", successor=Stage.objects.get(key="attempting").pk)
    save("stages", label="Warm", phase="working")
    first = [SettingChange.objects.filter(verb="retire", model=model).earliest("id") for model in MODELS]

    told = [client.get(reverse("leads:setting_revert", args=[change.pk])) for change in first]

    assert [page.status_code for page in told] == [422, 422]
    assert "West was retired since: revert that first." in told[0].text
    assert "There is a stage of this name in this phase." in told[1].text


MODELS = ("team.Team", "agreement.Stage")
