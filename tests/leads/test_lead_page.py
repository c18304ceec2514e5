"""The page of one lead: what it says to whom, and what it costs."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.actions.people import suppress_person
from accounts.models import Employment, Suppression
from agreement.models import Criterion, Phase
from content.models import Asset, Topic
from leads.actions.answering import answer_criteria
from leads.actions.closing import disqualify_lead
from leads.actions.engaging import NewEngagement, record_engagements
from leads.actions.handing import reject_hand_off
from leads.actions.logging import add_note, log_call
from leads.actions.recycling import recycle_lead, wake_lead
from leads.her_clock import weekend_of
from leads.models import Engagement, Lead, LeadEvent
from leads.models.lead import AE_PHASES
from leads.queue import Wanted, queue_of
from leads.waking import Facts
from team.models import Absence, Role, User
from tests.make import NOON, disposition, make_account, make_calendar, make_lead, make_person, make_user, reason


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def lead(alice, now):
    account = make_account(name="Fjell Marine", country="NO")
    person = make_person(given_name="Sam", family_name="Oduya", title="Operations manager", account=account)
    return make_lead(phase=Phase.WORKING, person=person, bdr=alice, at=now - timedelta(days=3))


def page_of(client, user, lead, **query):
    client.force_login(user)
    return client.get(reverse("leads:lead", args=[lead.public_id], query=query or None))


def test_it_says_who_she_is_what_is_next_and_what_is_known(client, alice, lead, now):
    need = Criterion.objects.get(key="need")
    answer_criteria(lead, answers={need: ("yes", "Two lines stop each other")}, by=alice, at=now)

    html = page_of(client, alice, lead).text

    for words in (
        "<h1>Sam Oduya</h1>", "Operations manager, Fjell Marine", "Attempting · MQL", "Attempt 1 of 6: call and e-mail",
        "Two lines stop each other", "1 of 5 known", "At a known company", "Decision maker missing",
        "To the pool of North: no territory names it.", "Judged by agreement version 1.", "Log call",
    ):  # fmt: skip
        assert words in html, words


def test_somebody_without_a_name_is_titled_by_her_best_facts(client, alice, now):
    person = make_person(
        given_name="", family_name="", email="it@halden.example", title="CTO", account=make_account(name="Halden Tools")
    )
    lead = make_lead(phase=Phase.WORKING, person=person, bdr=alice, at=now)

    assert "<h1>CTO, Halden Tools, it@halden.example</h1>" in page_of(client, alice, lead).text


@pytest.mark.parametrize(("zone", "phone", "said"), [("", None, "unknown"), ("Asia/Tokyo", None, "in Tokyo")])
def test_her_clock_is_shown_or_said_to_be_unknown(client, alice, now, zone, phone, said):
    lead = make_lead(phase=Phase.WORKING, person=make_person(time_zone=zone, phone=phone), bdr=alice, at=now)

    html = page_of(client, alice, lead).text

    assert said in html.partition("Local time")[2][:300]


def test_her_clock_shows_the_time_where_she_is_and_not_the_readers(client, alice, now):
    lead = make_lead(phase=Phase.WORKING, person=make_person(time_zone="Asia/Kolkata"), bdr=alice, at=now)

    html = page_of(client, alice, lead).text.partition("Local time")[2]

    there = now.astimezone(ZoneInfo("Asia/Kolkata"))
    clocks = {f"{at.hour}:{at.minute:02}" for at in (there, there + timedelta(minutes=1))}
    assert re.search(r"<time datetime=\"[^\"]*\+05:30\">([0-9:]+)</time> in Kolkata", html)[1] in clocks


def test_what_is_kept_for_her_is_begun_and_not_taken(client, alice, team, now):
    kept = make_lead(team=team, bdr=alice, reserved=True, at=now)
    Lead.objects.filter(pk=kept.pk).update(reserved_until=now + timedelta(hours=1))

    html = page_of(client, alice, kept).text

    assert "Kept for you: logging a call begins it." in html
    assert "Begin this lead" in html
    assert "Take this lead" not in html


def test_a_suppressed_person_has_no_number_to_dial(client, alice, lead, now):
    Suppression.objects.create(person=lead.person, channel="all", at=now, source="rep")

    html = page_of(client, alice, lead).text

    assert "do not contact" in html
    assert ("tel:" in html, "mailto:" in html) == (False, False)


def test_the_key_of_a_call_dials_only_for_whoever_chose_that(client, alice, now):
    person = make_person(phone="+4722334455")
    lead = make_lead(phase=Phase.WORKING, person=person, bdr=alice, at=now)

    assert ("data-dial" in page_of(client, alice, lead).text, alice.c_dials) == (False, False)
    assert 'href="tel:+4722334455"' in page_of(client, alice, lead).text
    client.post(reverse("team:profile"), {"name": "Alice", "time_zone": "UTC", "theme": "", "c_dials": "on"})
    assert 'data-dial="tel:+4722334455"' in page_of(client, alice, lead).text


@pytest.mark.parametrize(("tier", "said"), [("A1", "high (1)"), ("B2", "middle (2)"), ("C3", "low (3)")])
def test_the_band_of_interest_is_said_in_words(client, alice, lead, tier, said):
    type(lead).objects.filter(pk=lead.pk).update(tier=tier)

    assert f">{said}</span>" in page_of(client, alice, lead).text


def test_who_else_is_there_and_who_works_them(client, alice, bob, lead, now):
    colleague = make_person(given_name="Owen", family_name="Marsh", account=lead.account)
    Employment.objects.filter(person=colleague).update(role=Employment.Role.CHAMPION)
    make_lead(phase=Phase.WORKING, person=colleague, bdr=bob, at=now)

    html = page_of(client, alice, lead).text

    assert "worked by Bob" in html
    assert "Champion missing" not in html


def test_another_team_does_not_find_it(client, eve, lead):
    assert page_of(client, eve, lead).status_code == 404


def test_a_colleague_reads_it_and_cannot_act(client, bob, lead):
    response = page_of(client, bob, lead)

    assert "Alice works this lead." in response.text
    assert 'data-key="c"' not in response.text
    assert client.post(reverse("leads:note", args=[lead.public_id]), {"text": "x"}).status_code == 403


def test_a_lead_of_the_pool_can_be_taken_here(client, bob, now):
    lead = make_lead(at=now)

    assert "Take this lead" in page_of(client, bob, lead).text


def test_a_sleeping_lead_says_why_and_when_it_is_back(client, alice, lead, now):
    wake_on = (now + timedelta(days=200)).date()
    facts = Facts(contract_ends=(now + timedelta(days=300)).date(), precision="month", wake_on=wake_on)
    recycle_lead(lead, reason=reason("mid_contract"), by=alice, at=now, facts=facts, vendor="Acme")

    html = page_of(client, alice, lead).text

    assert "Asleep: Mid-contract" in html
    assert "Contract with Acme" in html
    assert "Wake now" in html


def test_the_next_pursuit_shows_what_came_before(client, alice, lead, now):
    log_call(lead, disposition=disposition("gatekeeper"), by=alice, at=now, note="On the floor until ten")
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=now)
    following = wake_lead(lead, by=alice, at=now)

    html = page_of(client, alice, following).text

    assert "On the floor until ten" in html
    assert "Other pursuits" in html
    assert "Open the next pursuit" in page_of(client, alice, lead).text


def test_interest_stands_beside_what_is_behind_it(client, alice, lead, now):
    topic = Topic.objects.create(key="downtime", label="Downtime cost")
    asset = Asset.objects.create(title="What an unplanned stop costs", kind="guide", topic=topic)
    record_engagements(
        [NewEngagement(lead.person_id, Engagement.Kind.DOWNLOADED, now, asset_id=asset.pk) for _ in range(2)], at=now
    )

    html = page_of(client, alice, lead).text

    assert "Downtime cost" in html
    assert "2 times" in html
    assert "What an unplanned stop costs" in html


def test_a_closed_lead_still_takes_a_note(client, alice, lead, now):
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=now)
    wake_lead(lead, by=alice, at=now)
    client.force_login(alice)

    client.post(reverse("leads:note", args=[lead.public_id]), {"text": "She called the switchboard."})

    assert "She called the switchboard." in page_of(client, alice, lead).text


@pytest.mark.parametrize("entries", [10, 500])
def test_it_costs_the_same_however_long_its_history(client, alice, lead, now, entries, django_assert_num_queries):
    LeadEvent.objects.bulk_create(
        LeadEvent(lead=lead, verb="log", at=now, by=alice, to_phase="working", data={"kind": "email"})
        for _ in range(entries)
    )
    Engagement.objects.bulk_create(
        Engagement(person_id=lead.person_id, kind="visited", at=now, recorded_at=now) for _ in range(entries)
    )
    add_note(lead, text="One", by=alice, at=now)
    page_of(client, alice, lead)

    # session, user, memberships, rail; lead, contacts, silence, people, pursuits, steps, answers, events, deeds,
    # tracks, letters, notes, names
    with django_assert_num_queries(17):
        page_of_again = client.get(reverse("leads:lead", args=[lead.public_id]))

    assert page_of_again.status_code == 200


@pytest.mark.parametrize("phase", [Phase.HANDED_OFF, Phase.ACCEPTED, Phase.QUALIFIED, Phase.NURTURE, Phase.QUEUED])
def test_it_stays_within_seventeen_queries_in_every_phase(
    client, alice, peter, team, phase, now, django_assert_max_num_queries
):
    lead = make_lead(phase=phase, person=make_person(account=make_account()), bdr=alice, ae=peter, at=now)
    # Until when she is away comes with the lead; only who sells is asked for what she covers.
    most = {alice: 15, peter: 16, make_user("polly", Role.AE, Role.BDR, team=team): 16}
    if phase not in AE_PHASES:
        most = {alice: 17}
    for user, queries in most.items():
        page_of(client, user, lead)
        with django_assert_max_num_queries(queries):
            client.get(reverse("leads:lead", args=[lead.public_id]))


def test_it_says_who_has_the_hand_off_to_answer_by_now(client, alice, peter, now):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, at=now)
    rita = make_user("rita", Role.AE)
    assert "passed on" not in page_of(client, alice, lead).text

    lead.hand_offs.update(escalated_to=rita)

    assert "passed on to Rita" in page_of(client, alice, lead).text
    assert "passed on to" not in page_of(client, rita, lead).text


@pytest.mark.parametrize("said", ["reject_no_authority", "asleep"])
def test_it_says_above_why_a_lead_is_here_again(client, alice, peter, now, said):
    if said == "asleep":
        slept = make_lead(phase=Phase.NURTURE, bdr=alice, at=now)
        lead = wake_lead(slept, by=alice, at=now + timedelta(days=1))
        page = page_of(client, alice, Lead.objects.get(pk=lead.pk)).text
        assert re.search(r'class="strip".*?<br>Not ready in \w+', page, re.DOTALL)
    else:
        lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, at=now)
        reject_hand_off(lead.hand_offs.get(), reason=reason(said), by=peter, at=now)
        page = page_of(client, alice, lead).text
        assert re.search(r'class="strip".*?<br>Rejected by Peter: No authority', page, re.DOTALL)


def test_no_stray_key_takes_back_that_somebody_is_never_contacted_again(client, alice, now):
    kept, silenced = (make_lead(phase=Phase.WORKING, bdr=alice, at=now) for _ in range(2))
    disqualify_lead(kept, reason=reason("bad_data"), by=alice, at=now)
    disqualify_lead(silenced, reason=reason("opted_out"), by=alice, at=now)

    told = re.compile(r'form="undo-last" name="event" value="\d+"(.*?)</button>')
    assert told.findall(page_of(client, alice, kept).text) == [' data-key="u">Undo <kbd>u</kbd>']
    assert told.findall(page_of(client, alice, silenced).text) == [">Undo"]


@pytest.mark.parametrize("phase", [Phase.HANDED_OFF, Phase.ACCEPTED])
def test_it_says_until_when_the_account_executive_is_away(client, alice, peter, phase, now):
    lead = make_lead(phase=phase, bdr=alice, ae=peter, at=now)
    assert "away until" not in page_of(client, alice, lead).text

    cover = make_user("petra", Role.AE)
    Absence.objects.create(user=peter, starts_at=now, ends_at=now + timedelta(days=3), cover=cover)

    assert re.search(r"Peter is away until [^;]+; Petra covers", page_of(client, alice, lead).text)


@pytest.mark.parametrize(
    "form", ["call", "touch", "note", "step", "answers", "meeting", "recycle", "disqualify", "person"]
)
def test_every_form_opens_without_javascript_and_as_a_fragment(client, alice, peter, lead, form):
    url = reverse("leads:lead", args=[lead.public_id], query={"form": form})
    client.force_login(alice)

    whole = client.get(url).text
    fragment = client.get(url, headers={"HX-Request": "true"}).text

    assert f'<div id="panel-{form}">' in whole
    assert "<form" in fragment
    assert "{#" not in whole + fragment


def test_an_account_executive_sees_what_to_answer(client, alice, peter, now):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, at=now)

    html = page_of(client, peter, lead).text

    assert "Accept hand-off" in html


def test_a_marketer_may_read_it_only(client, lead):
    html = page_of(client, make_user("mia", Role.MARKETER), lead).text

    assert "Alice works this lead." in html
    assert 'data-key="r"' not in html


def test_somebody_whom_nothing_reaches_has_a_page_too(client, alice, now):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(email=None, phone=None), at=now)

    assert page_of(client, alice, lead).status_code == 200


def test_whoever_works_saturdays_reads_here_what_her_queue_says_of_them(client, team, alice):
    saturday = NOON + timedelta(days=5)
    User.objects.filter(pk=alice.pk).update(calendar=make_calendar(days=range(6)))
    alice = User.objects.get(pk=alice.pk)
    person = make_person(time_zone="UTC")
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=saturday - timedelta(hours=1), person=person)
    callable_now = queue_of(
        alice, wanted=Wanted(callable_now=True), at=saturday, weekend=weekend_of(alice.pk, at=saturday)
    )

    with time_machine.travel(saturday, tick=False):
        page = page_of(client, alice, lead).context["page"]

    assert (callable_now.total, page.hers.is_callable) == (1, True)


def test_what_somebody_asked_for_has_a_name_of_its_own_among_the_facts(client, alice, lead, now):
    suppress_person(lead.person, "email", source="rep", at=now)
    client.force_login(alice)

    page = client.get(reverse("leads:lead", args=[lead.public_id])).text

    facts = page.partition('<aside class="who-is"')[2].partition('<dl class="facts">')[2].partition("</dl>")[0]
    assert facts.count("<dt>") == facts.count("<dd") > 3
    assert re.search(r"<dt>Asked for</dt><dd.*no e-mail", facts)
