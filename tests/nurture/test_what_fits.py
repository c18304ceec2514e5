"""What is chosen of the library for somebody: by a track and on the page of the lead by one rule."""

from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Person
from content.actions.keeping import retire_asset
from content.languages import code_of
from content.models import Asset, Label
from nurture.actions.advancing import advance
from nurture.actions.claiming import claim_messages
from nurture.actions.enrolling import enrol
from nurture.knowing import People
from nurture.models import Message
from nurture.offers import Offers, Taste, languages_of
from nurture.suggesting import Fit, suggestions_for
from tests.make import NOON, make_asset, make_lead, make_person
from tests.nurture.making import email, engage, make_topic, make_track, wait


@pytest.fixture
def topic(db):
    return make_topic("Maintenance")


@pytest.fixture
def lead(alice, topic):
    lead = make_lead(phase="nurture", bdr=alice, person=make_person(title="Planner"))
    lead.person.employments.update(role="doer")
    engage(lead.person, topic=topic, at=NOON - timedelta(days=9))
    return lead


def speaks(lead, language):
    Person.objects.filter(pk=lead.person_id).update(language=language)


def label(dimension, key):
    return Label.objects.get(dimension=dimension, key=key)


def one_after_the_other(lead):
    """What a track would bring her, letter by letter."""
    brought = []
    people = People([lead.person_id], at=NOON)
    while (pk := people.best_for(lead.person_id, without=brought)) is not None:
        brought.append(pk)
    return [Asset.objects.get(pk=pk).title for pk in brought]


def test_it_is_chosen_by_topic_then_language_then_role_then_stage_then_the_newest(lead, alice, topic):
    speaks(lead, "de-AT")
    doer, boss = label("persona", "doer"), label("persona", "decision_maker")
    asleep, late = label("stage", "nurture"), label("stage", "late")
    make_asset("German, for doers", topic=topic, language="de", labels=[doer])
    make_asset("German, for doers, asleep", topic=topic, language="de", labels=[doer, asleep])
    make_asset("German, older", topic=topic, language="de")
    make_asset("German, newer", topic=topic, language="de")
    make_asset("German, for doers, late", topic=topic, language="de", labels=[doer, late])
    make_asset("German, for others", topic=topic, language="de", labels=[boss, asleep])
    make_asset("Ours, for doers", topic=topic, language="en", labels=[doer, asleep])
    make_asset("French", topic=topic, language="fr", labels=[doer, asleep])
    make_asset("Of something else", topic=make_topic("Audits"), language="de", labels=[doer, asleep])
    make_asset("Ours, nobody said", topic=topic)

    expected = [
        "German, for doers, asleep",
        "German, for doers",
        "German, for doers, late",
        "German, newer",
        "German, older",
        "German, for others",
        "Ours, for doers",
        "Ours, nobody said",
    ]
    # A rep may choose what is marked for somebody else; a track never does.
    others = ("German, for doers, late", "German, for others")
    assert one_after_the_other(lead) == [title for title in expected if title not in others]
    on_page = suggestions_for(Fit(lead, at=NOON), by=alice, is_letter=True)
    assert [one.asset.title for one in on_page] == expected
    assert on_page[0].why == "about maintenance, for: doer, when: while they sleep, in their language, new to them"


@pytest.mark.parametrize(
    ("marks", "is_brought"),
    [
        ([("persona", "decision_maker")], False),
        ([("persona", "decision_maker"), ("persona", "doer")], True),
        ([("stage", "late")], False),
        ([("stage", "handed_off")], False),
        ([("stage", "late"), ("stage", "nurture")], True),
        ([("persona", "doer"), ("stage", "middle")], False),
        ([("persona", "decision_maker"), ("stage", "early")], False),
        ([("need", "grow"), ("objection", "price")], True),
    ],
)
def test_a_track_brings_nothing_that_is_marked_for_another_role_or_stage(lead, alice, topic, marks, is_brought):
    asset = make_asset("The guide", topic=topic, labels=[label(*mark) for mark in marks])
    track = make_track(email(brings_what_fits=True), wait(30))
    enrol(lead.person, track=track, by=alice, at=NOON)

    advance(at=NOON)

    assert list(Message.objects.values_list("asset", flat=True)) == ([asset.pk] if is_brought else [])


def test_of_whom_role_or_pursuit_is_not_known_is_brought_what_is_marked_for_some(topic):
    somebody = make_person(title="Planner")
    engage(somebody, topic=topic, at=NOON - timedelta(days=9))
    make_asset("For who decides", topic=topic, labels=[label("persona", "decision_maker")])
    make_asset("Asleep", topic=topic, labels=[label("stage", "nurture")])
    make_asset("Choosing", topic=topic, labels=[label("stage", "late")])
    # A mark of the marketers' own says nothing that we know of anybody.
    finance = Label.objects.create(dimension="persona", key="finance", label="Finance")
    make_asset("For finance", topic=topic, labels=[finance])

    people = People([somebody.pk], at=NOON)
    brought = []
    while (pk := people.best_for(somebody.pk, without=brought)) is not None:
        brought.append(pk)

    titles = {Asset.objects.get(pk=pk).title for pk in brought}
    assert titles == {"For who decides", "Asleep", "For finance"}


def test_of_whom_no_language_is_known_takes_ours_first_and_then_any(lead, topic):
    make_asset("Ours", topic=topic, language="en")
    make_asset("French", topic=topic, language="fr")

    assert one_after_the_other(lead) == ["Ours", "French"]
    speaks(lead, "Deutsch")
    assert one_after_the_other(lead) == ["Ours"]
    speaks(lead, "French")
    assert one_after_the_other(lead) == ["French", "Ours"]


def test_whoever_has_had_the_sixty_newest_is_brought_what_is_older(lead, alice, topic):
    oldest = make_asset("The oldest of all", topic=topic)
    for _n in range(60):
        engage(lead.person, "downloaded", asset=make_asset(topic=topic), at=NOON - timedelta(days=3))
    track = make_track(email(brings_what_fits=True))
    enrol(lead.person, track=track, by=alice, at=NOON)

    advance(at=NOON)

    assert list(Message.objects.values_list("asset", flat=True)) == [oldest.pk]


def test_who_are_alike_are_asked_for_once_however_many_they_are(topic, django_assert_max_num_queries):
    leads = [make_lead(phase="nurture") for _n in range(12)]
    for lead in leads:
        engage(lead.person, topic=topic, at=NOON - timedelta(days=9))
    make_asset("The guide", topic=topic)
    ids = [lead.person_id for lead in leads]

    with django_assert_max_num_queries(21):
        people = People(ids, at=NOON)
        assert len({people.best_for(person) for person in ids}) == 1


@pytest.mark.parametrize("alike", [True, False])
def test_however_different_they_are_the_library_is_asked_the_same(topic, alike):
    other = make_topic("Audits")
    guide, german = make_asset("The guide", topic=topic), make_asset("Auf Deutsch", topic=topic, language="de")
    boss = make_asset("For who decides", topic=other, labels=[label("persona", "decision_maker")])
    leads = [make_lead(phase="nurture", person=make_person(title="Planner")) for _n in range(6)]
    for number, lead in enumerate(leads if not alike else []):
        speaks(lead, ["de", "fr", "en"][number % 3])
        lead.person.employments.update(role=["doer", "decision_maker"][number % 2])
    for number, lead in enumerate(leads):
        engage(lead.person, topic=topic if alike or number % 2 == 0 else other, at=NOON - timedelta(days=9))
    people = People([lead.person_id for lead in leads], at=NOON)

    with CaptureQueriesContext(connection) as asked:
        brought = [people.best_for(lead.person_id) for lead in leads]

    # What may be sent, and the labels it bears.
    assert len([one for one in asked if one["sql"].startswith('SELECT "content_asset')]) == 2
    assert brought == ([guide.pk] * 6 if alike else [german.pk, boss.pk, guide.pk, boss.pk, guide.pk, boss.pk])


def test_what_they_want_to_hear_of_next_is_read_for_all_at_once(topic):
    further = [make_topic(name) for name in ("Audits", "Costs", "Plans")]
    guides = [make_asset(topic=one) for one in further]
    leads = [make_lead(phase="nurture") for _n in range(3)]
    for lead, second in zip(leads, further, strict=True):
        for days, about in [(9, topic), (8, topic), (7, second)]:
            engage(lead.person, topic=about, at=NOON - timedelta(days=days))
    people = People([lead.person_id for lead in leads], at=NOON)

    with CaptureQueriesContext(connection) as asked:
        brought = [people.best_for(lead.person_id) for lead in leads]

    assert brought == [guide.pk for guide in guides]
    assert len([one for one in asked if one["sql"].startswith('SELECT "content_asset')]) == 4


def test_one_statement_for_many_and_one_for_each_put_everything_in_the_same_order(topic):
    doer, boss = label("persona", "doer"), label("persona", "decision_maker")
    asleep, late = label("stage", "nurture"), label("stage", "late")
    for language, whose, when in product(
        ["", "en", "de", "fr"], [[], [doer], [boss], [doer, boss]], [[], [asleep], [asleep, late]]
    ):
        make_asset(topic=topic, language=language, labels=[*whose, *when])
    rows = Asset.objects.sendable(on=NOON.date()).filter(topic=topic)
    offers = Offers([topic.pk], on=NOON.date())

    for written, personas, stages in product(
        ["", "de", "en"], [(), (doer.pk,)], [(), (late.pk,), (asleep.pk, late.pk)]
    ):
        taste = Taste(*languages_of(written), personas=personas, stages=stages)
        one_by_one = taste.best_first(rows, topics=[topic.pk]).values_list("pk", flat=True)
        assert [asset for asset, _day in offers.best_first(topic.pk, taste)] == list(one_by_one), taste


def test_it_is_found_by_an_index(lead, topic):
    taste = People([lead.person_id], at=NOON).taste(lead.person_id)

    plan = taste.best_first(Asset.objects.sendable(on=NOON.date()).filter(topic=topic), topics=[topic.pk]).explain()

    assert "asset_on_topic" in plan or "Seq Scan on content_asset" in plan


def test_the_form_of_a_letter_and_the_page_of_a_lead_say_by_which_rule(client, marketer, lead, topic):
    client.force_login(marketer)
    track = make_track(published=False)
    make_asset("The guide", topic=topic, at=timezone.now())
    engage(lead.person, topic=topic, at=timezone.now() - timedelta(days=1))

    form = client.get(reverse("nurture:node_new", args=[track.public_id]), {"kind": "email"}).text
    panel = client.get(reverse("nurture:suggested", args=[lead.public_id])).text

    assert "first in their language (else in ours), then for their role" in form
    assert "of that what is in their language, for their role" in panel


@pytest.mark.parametrize(
    ("written", "code"),
    [("en", "en"), ("de_DE", "de"), ("pt-BR", "pt"), ("German", "de"), ("Français", "fr"), ("", ""), ("Klingon", "")],
)
def test_a_language_is_read_as_people_and_files_write_it(written, code):
    assert code_of(written) == code


def test_the_words_of_a_rep_are_brought_by_no_track(lead, topic):
    make_asset("After a voicemail", topic=topic, form="snippet")
    make_asset("What to say", topic=topic, form="talk_track")
    make_asset("The guide", topic=topic)

    assert one_after_the_other(lead) == ["The guide"]


def test_what_goes_out_of_use_before_it_leaves_gives_way_to_what_fits_next(lead, alice, topic, rules, clock):
    second, first = make_asset("Second", topic=topic), make_asset("First", topic=topic)
    enrolment = enrol(lead.person, track=make_track(email(brings_what_fits=True), wait(30)), by=alice, at=clock())
    advance(at=clock())
    assert Message.objects.get().asset == first
    retire_asset(first, because="Outdated", successor=None, by=alice, at=clock())
    claim_messages(by="test", at=clock.on(hours=1))
    assert Message.objects.get().because == "expired"

    advance(at=clock.on(hours=1))

    message = Message.objects.get()
    assert (message.state, message.because, message.asset) == ("planned", "", second)
    enrolment.refresh_from_db()
    assert enrolment.node == message.node
    # With nothing left that fits it is passed over.
    retire_asset(second, because="Outdated", successor=None, by=alice, at=clock())
    claim_messages(by="test", at=clock.on(hours=1))
    advance(at=clock.on(hours=1))
    enrolment.refresh_from_db()
    assert (enrolment.node.kind, Message.objects.get().state) == ("wait", "cancelled")
