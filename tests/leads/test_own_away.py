"""Away: a rep says herself from when until when, who covers, and sees what that does; she comes back earlier."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Lane, Phase
from leads.actions.covering import foresee_absence, set_away
from leads.actions.leaving import release_absent
from leads.models import Lead, Notice
from team.models import Absence, Role, Team, User
from team.templatetags.midfield import away_words
from tests.make import NOON, make_calendar, make_lead, make_user

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def test_she_sets_herself_away_with_a_colleague_and_comes_back(client, alice, bob):
    client.force_login(alice)
    page = client.get(reverse("leads:away")).text
    assert f'<option value="{bob.pk}" selected>Bob</option>' in page

    done = client.post(reverse("leads:away"), {"cover": bob.pk, "until": "2027-03-03"}, follow=True)

    absence = Absence.objects.get()
    assert (absence.user, absence.cover, absence.ends_at) == (alice, bob, NOON.replace(day=4, hour=0))
    assert done.request["PATH_INFO"] == reverse("leads:queue")
    assert "Bob covers you until" in done.text
    assert "Back now" in client.get(reverse("leads:away")).text
    with time_machine.travel(NOON + timedelta(minutes=20), tick=False):
        back = client.post(reverse("leads:absence_end", args=[absence.pk]))
        assert back.url == reverse("leads:queue")
    absence.refresh_from_db()
    assert absence.ends_at == NOON + timedelta(minutes=20)


def test_who_is_away_already_is_covered_for_as_long_as_she_is(client, alice, bob, mona):
    """A cover that is chosen in the middle of a day of absence does not make two days of it."""
    hers = Absence.objects.create(user=alice, starts_at=NOON - timedelta(hours=3), ends_at=NOON + timedelta(hours=6))
    make_user("third", Role.BDR, team=Team.objects.get())
    client.force_login(mona)
    address = reverse("leads:rep_away", args=[alice.pk])

    page = client.get(address).text
    assert "Alice is away until 18:00. Choose who covers." in page
    refused = client.post(address, {"cover": ""})
    assert (refused.status_code, "Choose who covers." in refused.text) == (422, True)
    foreseen = client.post(address + "?preview", {"cover": bob.pk}, headers={"HX-Request": "true"}).text
    assert foreseen.startswith("Away until 18:00.")

    client.post(address, {"cover": bob.pk})
    assert Absence.objects.get() == hers
    hers.refresh_from_db()
    assert (hers.cover, hers.ends_at) == (bob, NOON + timedelta(hours=6))


def test_longer_than_two_working_days_without_cover_it_says_what_goes_to_the_pool(client, alice, bob):
    make_lead(phase=Phase.WORKING, bdr=alice)
    client.force_login(alice)

    said = client.post(
        reverse("leads:away") + "?preview", {"cover": "", "until": "2027-03-08"}, headers={"HX-Request": "true"}
    )

    assert "1 lead goes to the pool when it begins" in said.text
    assert not Absence.objects.exists()


def test_nobody_of_another_team_covers_her(client, alice, eve):
    client.force_login(alice)

    refused = client.post(reverse("leads:away"), {"cover": eve.pk, "until": "2027-03-03"})

    assert refused.status_code == 422
    assert not Absence.objects.exists()


def test_a_day_that_is_over_is_refused_at_its_field(client, alice):
    client.force_login(alice)

    refused = client.post(reverse("leads:away"), {"begins": "2027-02-01", "until": "2027-03-03"})

    assert refused.status_code == 422
    assert "That day is over." in refused.text


def test_an_account_executive_is_covered_by_who_sells(client, alice, peter):
    petra = make_user("petra", Role.AE)
    client.force_login(peter)

    page = client.get(reverse("leads:away")).text

    assert f'value="{petra.pk}"' in page
    assert ">Alice<" not in page


@pytest.mark.parametrize(("her_days", "team_days"), [(2, 5), (5, 2)])
def test_what_a_long_absence_gives_back_is_counted_in_her_own_days(team, alice, mona, her_days, team_days):
    Team.objects.filter(pk=team.pk).update(calendar=make_calendar(days=range(team_days)))
    User.objects.filter(pk=alice.pk).update(calendar=make_calendar(days=range(her_days)))
    alice.refresh_from_db()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=NOON - timedelta(days=1))
    starts_at, ends_at = NOON + timedelta(hours=20), NOON + timedelta(days=4, hours=7)

    foreseen = foresee_absence(alice, starts_at=starts_at, ends_at=ends_at, cover=None, at=NOON)
    set_away(alice, starts_at=starts_at, ends_at=ends_at, by=mona, at=NOON)
    release_absent(at=starts_at + timedelta(minutes=1))

    lead.refresh_from_db()
    assert lead.bdr == (alice if her_days == 2 else None)
    assert bool(foreseen.given_back) == (lead.bdr is None)


def test_who_is_away_today_covers_days_on_which_she_is_back(client, alice, bob):
    Absence.objects.create(user=bob, starts_at=NOON - timedelta(hours=1), ends_at=NOON + timedelta(hours=6))
    client.force_login(alice)
    here = reverse("leads:away")
    assert f"{bob} (away from" in client.get(here).text
    now = client.post(here, {"cover": bob.pk})
    assert (now.status_code, list(now.context["form"].errors)) == (422, ["cover"])
    foreseen = client.post(f"{here}?preview", {"cover": bob.pk}, headers={"hx-request": "true"}).text
    assert "Bob cannot cover" in foreseen
    assert client.post(here, {"cover": bob.pk, "begins": "2027-03-09", "until": "2027-03-10"}).status_code == 302
    assert Absence.objects.get(user=alice).cover == bob


def test_a_cover_for_an_absence_that_has_ended_sets_nobody_away_anew(client, alice, bob, mona):
    absence = Absence.objects.create(user=bob, starts_at=NOON - HOUR, ends_at=NOON + 72 * HOUR)
    client.force_login(mona)
    url = reverse("leads:rep_away", args=[bob.pk])
    page = client.get(url)
    assert f'name="absence" value="{absence.pk}"' in page.text
    data = {"form_id": page.context["form_id"], "absence": absence.pk, "cover": alice.pk}

    client.post(reverse("leads:absence_end", args=[absence.pk]))
    answer = client.post(url, data)

    assert answer.status_code == 409
    assert "Bob is here again since you opened this page." in answer.text
    assert not Absence.objects.covering(NOON).exists()


def test_who_is_back_reads_what_went_to_the_pool_and_was_told_when_it_did(client, alice, bob):
    leads = [make_lead(phase="working", bdr=bob, at=NOON - HOUR) for _ in range(2)]
    absence = Absence.objects.create(user=bob, starts_at=NOON - HOUR, ends_at=NOON + 240 * HOUR)
    release_absent(at=NOON)

    (told,) = Notice.objects.filter(user=bob, kind="released", at=NOON)
    assert told.leads == [lead.pk for lead in leads]
    client.force_login(bob)
    said = client.post(reverse("leads:absence_end", args=[absence.pk]), follow=True).text
    assert "Bob is here again. 2 leads went to the pool meanwhile, because nobody was there for them." in said


def test_who_is_back_reads_of_all_that_went_and_of_what_was_lent_only_where_it_was(client, alice, bob):
    make_lead(phase=Phase.WORKING, bdr=bob, at=NOON - HOUR)
    kept = make_lead(lane=Lane.HAND_RAISER, at=NOON - HOUR)
    Lead.objects.filter(pk=kept.pk).update(bdr=bob, reserved_until=NOON + HOUR)
    foreseen = foresee_absence(bob, starts_at=NOON, ends_at=NOON + 240 * HOUR, cover=None, at=NOON)
    alone = set_away(bob, starts_at=NOON, ends_at=NOON + 240 * HOUR, by=bob, at=NOON)
    release_absent(at=NOON)
    client.force_login(bob)

    said = client.post(reverse("leads:absence_end", args=[alone.pk]), follow=True).text

    assert foreseen.freed + foreseen.given_back == 2
    assert "Bob is here again. 2 leads went to the pool meanwhile" in said
    covered = set_away(bob, starts_at=NOON, ends_at=NOON + 6 * HOUR, cover=alice, by=bob, at=NOON)
    said = client.post(reverse("leads:absence_end", args=[covered.pk]), follow=True).text
    assert "Bob is here again." in said
    ahead = set_away(bob, starts_at=NOON + HOUR, ends_at=NOON + 6 * HOUR, by=bob, at=NOON)
    said = client.post(reverse("leads:absence_end", args=[ahead.pk]), follow=True).text
    assert "Cancelled: Bob, 1 Mar 2027." in said


@pytest.mark.parametrize(
    ("until", "said"), [("2027-03-01", "1 Mar 2027."), ("2027-03-03", "1 Mar 2027 to 3 Mar 2027.")]
)
def test_an_absence_is_called_by_its_last_day(client, alice, until, said):
    client.force_login(alice)
    for _twice in range(2):
        page = client.get(reverse("leads:away"))
        answer = client.post(reverse("leads:away"), {"form_id": page.context["form_id"], "until": until})

    assert f"Away already: Alice, {said}" in answer.text


def test_until_when_she_is_away_is_one_day_wherever_it_is_said(client, alice, bob, mona):
    client.force_login(mona)
    here = reverse("leads:rep_away", args=[alice.pk])
    data = {"cover": bob.pk, "until": "2027-03-10"}

    foreseen = client.post(f"{here}?preview", data, headers={"HX-Request": "true"}).text
    told = client.post(here, data, follow=True).text
    page = client.get(here).text

    assert foreseen == "Away until 10 Mar. Nothing waits for them meanwhile."
    assert "Bob covers Alice until 10 Mar." in told
    assert ">10 Mar</time>" in page
    assert "11 Mar" not in re.sub(r'title="[^"]*"', "", foreseen + told + page)
    assert away_words("Alice", NOON.replace(day=11, hour=0), "", now=NOON) == "Alice is away until 10 Mar"
