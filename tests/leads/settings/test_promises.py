"""Promises: another version of the agreement, for whoever comes in from then on."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.actions.publishing import publish_next
from agreement.models import AgreementVersion, Lane, SLAClause
from leads.checking import check_all
from leads.models import Clock, Lead
from leads.settings.promises import ONE, Promises
from tests.make import make_lead

pytestmark = pytest.mark.django_db


def look(client, dora, **fields):
    """The page that says what it would touch."""
    client.force_login(dora)
    url = reverse("leads:setting", args=["promises", ONE])
    form = client.get(url).context["form"]
    sent = {field.html_name: field.value() for field in form if field.value() is not None}
    return client.post(url, {**sent, **fields})


def minutes_of(lead):
    clock = Clock.objects.get(lead=lead)
    return (clock.version.number, clock.clause.minutes)


def test_a_change_is_another_version_and_each_lead_keeps_the_one_it_came_in_by(save, team):
    now = timezone.now()
    early = make_lead(team=team, lane=Lane.CONTENT, at=now)
    was = Clock.objects.get(lead=early).due_at

    save("promises", ONE, content="2 h", content_notice="30 min")
    late = make_lead(team=team, lane=Lane.CONTENT, at=timezone.now())

    assert AgreementVersion.objects.in_force().number == 2
    assert minutes_of(early) == (1, 240)
    assert Clock.objects.get(lead=early).due_at == was
    assert minutes_of(late) == (2, 120)
    assert not any(check_all(at=timezone.now()).values())


def test_the_page_says_how_many_come_in_by_it_and_how_many_stay(client, dora, team):
    make_lead(team=team, lane=Lane.CONTENT, at=timezone.now())
    make_lead(team=team, lane=Lane.CONTENT, at=timezone.now() - timedelta(days=8))
    make_lead(team=team, lane=Lane.LIST, at=timezone.now())

    page = look(client, dora, content="2 h").text

    assert "Content: 4 h → <b>2 h</b>" in page
    assert "Version 2 of the agreement is in force from the moment you save" in page
    assert "1 lead came in here in the last 7 days" in page
    assert "2 running promises of these stay as they were judged" in page
    assert AgreementVersion.objects.in_force().number == 1


def test_a_promise_to_one_tier_counts_those_of_that_tier(client, dora, team):
    for tier in ("A1", "C3"):
        lead = make_lead(team=team, lane=Lane.CONTENT, at=timezone.now())
        Lead.objects.filter(pk=lead.pk).update(tier=tier)

    page = look(client, dora, finer_0_lane="content", finer_0_tier="A1", finer_0_promise="30 min").text

    assert "1 lead came in here in the last 7 days" in page
    assert "1 running promise of these stay" in page


def test_a_tier_is_promised_otherwise_and_the_revert_publishes_the_old_promises_again(save, revert_last, team):
    before = Promises().read(ONE)
    row = {"finer_0_lane": "content", "finer_0_tier": "C3", "finer_0_promise": "30 min", "finer_0_notice": "10 min"}

    save("promises", ONE, **row)
    assert minutes_of(make_lead(team=team, lane=Lane.CONTENT, at=timezone.now())) == (2, 30)
    revert_last("promises")

    assert Promises().read(ONE) == before
    assert minutes_of(make_lead(team=team, lane=Lane.CONTENT, at=timezone.now())) == (3, 240)
    assert list(SLAClause.objects.filter(version__number=3).values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_a_row_that_is_emptied_is_promised_like_its_lane(save):
    save("promises", ONE, finer_0_lane="content", finer_0_tier="A1", finer_0_promise="30 min")
    save("promises", ONE, finer_0_promise="")

    assert Promises().read(ONE)["finer"] == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"content": "4"}, "Say it with its unit: 5 min, 4 h or 2 d."),
        ({"content": ""}, "By when?"),
        ({"content": "0 min"}, "At least a minute"),
        ({"content": "1 h", "content_notice": "1 h"}, "Notice comes before the end: less than 1 h."),
        ({"response": "1 h", "response_notice": "2 h"}, "Notice comes before the end: less than 1 h."),
        ({"finer_0_lane": "list", "finer_0_promise": "1 h"}, "For which lane and which tier?"),
        (
            {f"finer_{n}_{part}": value for n in (0, 1) for part, value in
             (("lane", "list"), ("tier", "A1"), ("promise", "1 h"))},
            "This lane and tier is there twice.",
        ),
        (
            {"finer_0_lane": "list", "finer_0_tier": "A1", "finer_0_promise": "1 h", "finer_0_notice": "2 h"},
            "Notice comes before the end: less than 1 h.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_promised_is_refused_in_words(save, fields, words):
    answer = save("promises", ONE, **fields)

    assert answer.status_code == 422
    assert words in answer.text
    assert AgreementVersion.objects.get().number == 1


def test_a_hand_raiser_who_waits_longer_than_a_reader_is_asked_about_and_may_be(client, dora, save):
    page = look(client, dora, hand_raiser="1 d").text

    assert "“Hand-raiser” waits longer than “Content”" in page
    assert save("promises", ONE, hand_raiser="1 d").status_code == 302


def test_what_two_admins_change_at_the_same_page_is_not_lost(client, dora):
    client.force_login(dora)
    url = reverse("leads:setting", args=["promises", ONE])
    form = client.get(url).context["form"]
    sent = {field.html_name: field.value() for field in form if field.value() is not None}
    publish_next(
        lambda draft: SLAClause.objects.filter(version=draft, number=4).update(minutes=60, notice_minutes=0),
        by=None,
        at=timezone.now(),
    )

    answer = client.post(url, {**sent, "content": "2 h", "save": "1"})

    assert answer.status_code == 409
    assert AgreementVersion.objects.in_force().number == 2


def test_the_page_shows_the_last_versions_and_what_differed(client, dora, save):
    save("promises", ONE, content="2 h", rep_sourced="3 d")

    page = client.get(reverse("leads:setting_list", args=["promises"])).text

    assert "Version 2" in page
    assert "Content: 4 h → 2 h · Rep-sourced: 3 d" in page
    assert "in force" in page


def test_a_lane_of_its_own_may_have_none(save, revert_last):
    save("promises", ONE, rep_sourced="3 d", rep_sourced_notice="1 d")
    save("promises", ONE, rep_sourced="")

    assert Promises().read(ONE)["rep_sourced"] is None
    assert Promises().read(ONE)["rep_sourced_notice"] == 0
    revert_last("promises")
    assert Promises().read(ONE)["rep_sourced_notice"] == 480
