"""The year behind the demo's today: sound at any size, the same every time, and finished whenever it is interrupted."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, Q

from accounts.models import Account, Person
from agreement.models import Phase
from leads.checking import check_all
from leads.demo import words
from leads.demo.cast import make_cast
from leads.demo.world import World, make_library
from leads.demo.year import making
from leads.demo.year.making import is_year_missing, make_year
from leads.demo.year.progress import say_of_tracks, say_on_pages
from leads.models import Activity, Engagement, HandOff, Lead, LeadEvent, Recycling
from team.calendars import forget_kept_calendars
from team.models import Installation

# A Tuesday at ten in New York.
NOW = datetime(2027, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_calendar_of_another_database():
    forget_kept_calendars()
    yield
    forget_kept_calendars()


@pytest.fixture
def cast(db):
    made = make_cast(at=NOW, zone="America/New_York")
    make_library(World())
    return made


def told_nobody(part):
    """Progress that nobody watches."""


def history():
    """What happened, by whom, when; ids and public ids are another matter."""
    return list(
        LeadEvent.objects.order_by("at", "lead__person__family_name", "id").values_list("verb", "at", "to_phase")
    )


def test_a_part_of_the_year_keeps_every_promise(cast):
    make_year(cast, at=NOW, tell=told_nobody, share=0.12)

    assert {name: ids for name, ids in check_all(at=NOW).items() if ids} == {}
    assert Account.objects.count() == 202
    assert not LeadEvent.objects.filter(at__gt=NOW).exists()
    ends = set(Lead.objects.values_list("closed_as", flat=True))
    assert {"", "woken", "disqualified"} <= ends
    assert Lead.objects.filter(previous__isnull=False).exists()
    assert {"no_show", "qualified"} <= set(HandOff.objects.values_list("state", flat=True))
    assert len(set(Recycling.objects.values_list("category", flat=True))) >= 6


def test_who_signs_in_finds_none_of_it_in_her_own_day(cast):
    make_year(cast, at=NOW, tell=told_nobody, share=0.12)

    midnight = NOW - timedelta(hours=10)
    mine = [cast.ana, cast.ben, cast.clara, cast.mona]
    assert not LeadEvent.objects.filter(at__gt=midnight, by__in=mine).exists()
    assert not Lead.objects.filter(phase=Phase.QUEUED).exists()


def test_it_is_the_same_every_time_and_goes_on_where_it_was_interrupted(cast):
    with transaction.atomic():
        make_year(cast, at=NOW, tell=told_nobody, share=0.05)
        first, people = history(), Person.objects.count()
        transaction.set_rollback(True)
    assert not Lead.objects.exists()

    make_year(cast, at=NOW, tell=told_nobody, share=making.ACCOUNTS_A_CHUNK / 1682)
    assert is_year_missing()
    make_year(cast, at=NOW, tell=told_nobody, share=0.05)

    assert history() == first
    assert Person.objects.count() == people


def test_pages_say_how_far_it_is_and_keep_what_they_said_before(db):
    Installation.objects.update(calendar_shift="Demo: the team works at night today.")

    say_on_pages(0.4)
    assert Installation.objects.get().calendar_shift == (
        "Demo: the team works at night today.\nDemo: the year behind today is still being written, 40 % so far."
    )

    say_on_pages(1)
    assert Installation.objects.get().calendar_shift == "Demo: the team works at night today."

    say_of_tracks(is_done=False)
    assert Installation.objects.get().calendar_shift == (
        "Demo: the team works at night today.\nDemo: what tracks did in the year behind today is still being written."
    )

    say_of_tracks(is_done=True)
    assert Installation.objects.get().calendar_shift == "Demo: the team works at night today."


def test_what_may_be_noted_of_anybody_calls_nobody_he_or_she():
    written = Path(words.__file__).read_text()

    assert re.findall(r"\b(?:she|her|hers|herself|he|him|his|himself)\b", written, re.IGNORECASE) == []


def test_no_year_is_made_behind_an_installation_of_ones_own(db):
    assert not is_year_missing()
    with pytest.raises(CommandError, match="not the demo company"):
        call_command("demo", "--year")


# The smaller years and the demo are made on both databases; the whole one on the one that it ships with.
@pytest.mark.once
@pytest.mark.full
def test_the_whole_year_is_as_large_and_as_likely_as_it_says(cast):
    make_year(cast, at=NOW, tell=told_nobody)

    assert {name: ids for name, ids in check_all(at=NOW).items() if ids} == {}
    assert not is_year_missing()
    with_today = (2652 + 348, 1682 + 218)
    assert (Person.objects.count() + 348, Account.objects.count() + 218) == with_today == (3000, 1900)
    people = Count("employments", filter=Q(employments__is_current=True))
    assert Account.objects.annotate(people=people).filter(people__gte=3).count() == 93
    scans = Engagement.objects.filter(asset__title="Plant Fair, hall 4")
    assert scans.count() == 412
    webinars = Engagement.objects.filter(kind="attended").values_list("at", flat=True).distinct()
    assert len(webinars) == 12
    assert {at.weekday() for at in webinars} == {3}

    calls = Activity.objects.filter(kind="call")
    connect = calls.filter(is_conversation=True).count() / calls.count()
    assert 0.09 < connect < 0.14
    ends = Counter(HandOff.objects.values_list("state", flat=True))
    held, sent = ends["qualified"] + ends["not_qualified"], sum(ends.values())
    assert 0.84 < 1 - ends["rejected"] / sent < 0.93
    assert 0.74 < held / (held + ends["no_show"]) < 0.86
    assert 0.58 < ends["qualified"] / held < 0.75
    assert set(HandOff.objects.values_list("state", flat=True)) >= {"rejected", "no_show", "qualified", "not_qualified"}
    assert set(Recycling.objects.values_list("category", flat=True)) >= {"lost_deal", "mid_contract", "wrong_person"}
    won = Lead.objects.filter(closed_as="won").count()
    over = won + Lead.objects.filter(closed_as="lost").count() + LeadEvent.objects.filter(verb="stall").count()
    assert 0.16 < won / over < 0.32
    raised = Lead.objects.filter(origin="hand_raiser")
    assert 0.33 < raised.filter(first_handed_off_at__isnull=False).count() / raised.count() < 0.6
    bad = Lead.objects.filter(source="syndication", previous=None)
    assert bad.filter(first_handed_off_at__isnull=False).count() / bad.count() < 0.03
    arrived = Counter(Engagement.objects.filter(kind="downloaded").values_list("at__month", flat=True))
    assert arrived[8] < 0.7 * (arrived[6] + arrived[7] + arrived[9] + arrived[10]) / 4
