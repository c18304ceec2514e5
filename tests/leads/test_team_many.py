"""Many leads at once: spread by room over who is here, put to sleep with one reason; a look first, one event each."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agreement.models import Lane, Phase
from leads.actions.logging import log_call, set_step
from leads.actions.many import Verb, Wish, do_to_many
from leads.actions.recycling import recycle_lead
from leads.actions.recycling_many import recycle_leads
from leads.actions.spreading import plan_spread, shares_of, spread_leads
from leads.checking import check_all
from leads.models import Lead, SharedAct
from team.models import Absence, User
from tests.make import NOON, disposition, make_lead, reason


def picked(*leads):
    return [str(lead.public_id) for lead in leads]


@pytest.fixture
def pooled(team):
    return [make_lead(team=team, at=NOON) for _ in range(5)]


def test_leads_are_spread_by_the_room_each_has(pooled, team, alice, bob, mona):
    for _ in range(2):
        make_lead(phase="working", bdr=alice, at=NOON)

    spread = spread_leads([lead.pk for lead in pooled], team=team, by=mona, at=NOON)

    # Alice held two: of five she gets one less than half, and both hold about the same then.
    assert {share.rep: (len(share.leads), share.then_held) for share in spread.shares} == {alice: (2, 4), bob: (3, 3)}
    assert Lead.objects.filter(bdr=alice).count() == 4
    assert {lead.events.filter(verb="reassign").count() for lead in pooled} == {1}
    assert len({lead.events.order_by("-id").first().data["act"] for lead in pooled}) == 1
    assert not any(check_all(at=NOON + timedelta(minutes=1)).values())


def test_who_is_away_or_full_gets_nothing_and_what_is_left_says_why(pooled, team, alice, bob, mona):
    Absence.objects.create(user=bob, starts_at=NOON - timedelta(hours=1), ends_at=NOON + timedelta(hours=4))
    alice.open_limit = 3
    alice.save(update_fields=["open_limit"])

    spread = spread_leads([lead.pk for lead in pooled], team=team, by=mona, at=NOON)

    assert [share.rep for share in spread.shares] == [alice]
    assert [why for _lead, why in spread.skipped] == ["Nobody who is here has room for it."] * 2
    assert Lead.objects.filter(bdr=alice).count() == 3


def test_who_has_never_signed_in_gets_nothing_and_is_named(client, pooled, team, alice, bob, mona):
    bob.last_login = None
    bob.save(update_fields=["last_login"])
    client.force_login(mona)

    page = client.get(reverse("leads:spread"), {"lead": picked(*pooled)})

    assert [share.rep for share in page.context["shares"]] == [alice]
    assert "Has never signed in and gets nothing:" in page.text
    assert "Bob." in page.text.split("gets nothing:")[1]
    spread_leads([lead.pk for lead in pooled], team=team, by=mona, at=NOON)
    assert Lead.objects.filter(bdr=alice).count() == 5


@pytest.mark.parametrize(
    ("who_is_here", "why"),
    [
        ("newcomers", "Whoever is here has never signed in."),
        ("nobody", "Nobody of the team is here."),
        ("herself", "Nobody else of the team is here."),
    ],
)
def test_what_nobody_gets_says_the_true_reason(client, pooled, team, alice, bob, mona, who_is_here, why):
    leads, now = pooled, timezone.now()
    if who_is_here == "newcomers":
        User.objects.filter(pk__in=[alice.pk, bob.pk]).update(last_login=None)
    else:
        away = [bob] if who_is_here == "herself" else [alice, bob]
        for rep in away:
            Absence.objects.create(user=rep, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(days=1))
    if who_is_here == "herself":
        leads = [make_lead(phase="working", bdr=alice, at=timezone.now())]
    client.force_login(mona)

    page = client.get(reverse("leads:spread"), {"lead": picked(*leads)}).text

    assert f"<p>{why}</p>" in page
    assert "has room" not in page
    assert [said for _lead, said in spread_leads([leads[0].pk], team=team, by=mona, at=timezone.now()).skipped] == [why]


@pytest.mark.parametrize("query", [{}, {"rep": "abc"}, {"team": "zz"}, {"team": "zz", "rep": "99999999999999999999"}])
def test_an_odd_address_chooses_nothing_and_says_so(client, pooled, mona, query):
    client.force_login(mona)

    for name in ("spread", "recycle_many", "move"):
        page = client.get(reverse(f"leads:{name}"), query)

        assert page.status_code == 200
        assert "Nothing is chosen" in page.text
        client.post(reverse(f"leads:{name}"), {**query, "all": "1"})
    assert not Lead.objects.exclude(pk__in=[lead.pk for lead in pooled]).exists()
    assert not Lead.objects.exclude(bdr=None).exists()


def test_an_address_that_names_a_rep_who_is_not_there_chooses_nothing(client, team, alice, bob, eve, mona):
    now = timezone.now()
    leads = [make_lead(phase="working", bdr=alice, at=now), make_lead(team=team, at=now)]
    User.objects.filter(pk=bob.pk).update(is_active=False)
    client.force_login(mona)

    for query in ({"rep": eve.pk}, {"rep": bob.pk}, {"rep": 99999}, {"rep": "abc"}, {"lane": "fast"}, {"team": "zz"}):
        query = {"team": team.pk, "phase": "held", "to": "pool", **query}
        for name in ("spread", "recycle_many", "move"):
            empty = client.get(reverse(f"leads:{name}"), query).text
            assert "Nothing is chosen" in empty
            said = (
                "another team" if query["team"] == "zz" else "Lane:" if "lane" in query else "Rep: No rep of this team"
            )
            assert said in empty.split("Nothing is chosen")[1].split("</p>")[0]
            # Back to the team that was asked for, not to the first she manages.
            assert f"?team={team.pk}" in empty.split("Nothing is chosen")[1].split("Back to the team")[0]
            client.post(reverse(f"leads:{name}"), {**query, "all": "1", "reason": reason("unresponsive").pk})
        page = client.get(reverse("leads:team_leads"), query)
        if "rep" in query:
            assert (page.status_code, page.context["leads"]) == (200, [])
            assert "No rep of this team" in page.text
            assert "Move all of these" not in page.text
    assert [Lead.objects.get(pk=lead.pk).bdr for lead in leads] == [alice, None]


def test_what_sales_has_or_sleeps_is_not_spread_and_nobody_gets_her_own(team, alice, bob, peter, mona):
    hers = make_lead(phase="working", bdr=alice, at=NOON)
    sold = make_lead(phase="accepted", bdr=alice, ae=peter, at=NOON)
    asleep = make_lead(phase="nurture", bdr=alice, at=NOON)

    spread = plan_spread([hers, sold, asleep], shares_of(team, at=NOON), team=team)

    assert {share.rep: share.leads for share in spread.shares} == {alice: [], bob: [hers]}
    assert [lead for lead, _why in spread.skipped] == [sold, asleep]


def test_the_preview_of_a_spread_says_who_gets_how_many_and_one_click_does_it_once(client, team, alice, bob, mona):
    now = timezone.now()
    leads = [make_lead(team=team, at=now) for _ in range(4)]
    client.force_login(mona)

    page = client.get(reverse("leads:spread"), {"lead": picked(*leads)})
    assert {share.rep.name: len(share.leads) for share in page.context["shares"]} == {"Alice": 2, "Bob": 2}
    assert not Lead.objects.filter(bdr__isnull=False).exists()
    data = {"lead": picked(*leads), "form_id": page.context["form_id"]}
    answer = client.post(reverse("leads:spread"), data, follow=True)
    client.post(reverse("leads:spread"), data)

    assert "4 leads spread: Alice 2, Bob 2." in answer.text
    assert [Lead.objects.filter(bdr=rep).count() for rep in (alice, bob)] == [2, 2]
    assert {lead.events.filter(verb="reassign").count() for lead in leads} == {1}


def test_whom_a_call_was_promised_is_not_put_to_sleep_with_many(team, alice, mona):
    lead = make_lead(phase="working", bdr=alice, at=NOON)
    log_call(lead, disposition=disposition("call_back"), by=alice, at=NOON, call_back=(datetime(2027, 3, 3, 9), "UTC"))

    done = recycle_leads([lead.pk], reason=reason("unresponsive"), by=mona, at=NOON)

    assert (done.leads, [why for _lead, why in done.skipped]) == ([], ["They wait for a call or an answer."])


def test_many_are_put_to_sleep_with_one_reason_and_who_waits_is_not(team, alice, peter, mona):
    working, queued = make_lead(phase="working", bdr=alice, at=NOON), make_lead(team=team, at=NOON)
    asking = make_lead(team=team, at=NOON, lane=Lane.HAND_RAISER)
    sold = make_lead(phase="accepted", bdr=alice, ae=peter, at=NOON)
    ids = [lead.pk for lead in (working, queued, asking, sold)]

    done = recycle_leads(ids, reason=reason("unresponsive"), by=mona, at=NOON)

    assert {lead.pk for lead in done.leads} == {working.pk, queued.pk}
    assert set(Lead.objects.filter(pk__in=[working.pk, queued.pk]).values_list("phase", flat=True)) == {Phase.NURTURE}
    assert [lead.pk for lead, _why in done.skipped] == [asking.pk, sold.pk]
    assert Lead.objects.get(pk=asking.pk).phase == Phase.QUEUED
    assert not any(check_all(at=NOON + timedelta(minutes=1)).values())


def test_the_page_offers_only_reasons_that_ask_nothing_about_each(client, team, alice, mona):
    lead = make_lead(phase="working", bdr=alice, at=timezone.now())
    client.force_login(mona)
    url = reverse("leads:recycle_many")

    page = client.get(url, {"lead": picked(lead)})
    assert [one.key for one in page.context["form"].fields["reason"].queryset] == ["unresponsive"]
    assert client.post(url, {"lead": picked(lead)}).status_code == 422
    wrong = {"lead": picked(lead), "reason": reason("mid_contract").pk}
    assert client.post(url, wrong).status_code == 422
    answer = client.post(url, {"lead": picked(lead), "reason": reason("unresponsive").pk}, follow=True)

    assert "1 lead sleeps: Unresponsive." in answer.text
    assert Lead.objects.get(pk=lead.pk).phase == Phase.NURTURE


def test_a_manager_takes_back_what_she_put_to_sleep_together(client, team, alice, mona):
    now = timezone.now()
    leads = [make_lead(phase="working", bdr=alice, at=now), make_lead(team=team, at=now)]
    client.force_login(mona)

    data = {"team": team.pk, "lead": picked(*leads), "reason": reason("unresponsive").pk}
    line = client.post(reverse("leads:recycle_many"), data, follow=True).text
    assert set(Lead.objects.values_list("phase", flat=True)) == {Phase.NURTURE}
    undo = reverse("leads:shared_undo", args=[SharedAct.objects.get().public_id])
    assert undo in line
    answer = client.post(undo, follow=True)

    assert answer.redirect_chain == [(f"{reverse('leads:team_leads')}?team={team.pk}", 302)]
    assert "2 leads are as before." in answer.text
    assert [Lead.objects.get(pk=lead.pk).phase for lead in leads] == [Phase.WORKING, Phase.QUEUED]
    assert not any(check_all(at=now + timedelta(minutes=1)).values())


def test_another_team_s_leads_are_not_there(client, team, eve, mona):
    other = make_lead(phase="working", bdr=eve, at=timezone.now())
    client.force_login(mona)

    for name in ("spread", "recycle_many"):
        data = {"lead": picked(other), "reason": reason("unresponsive").pk}
        client.post(reverse(f"leads:{name}"), data)

    assert Lead.objects.get(pk=other.pk).bdr == eve


def _asleep(lead):
    lead = Lead.objects.get(pk=lead.pk)
    columns = ("phase", "stage_id", "reason_id", "bdr_id", "due_at", "wake_at", "sweep_at", "band", "version")
    event = lead.events.order_by("-id").first()
    effects = {name: len(codes) for name, codes in event.data.get("effects", {}).items()}
    return (
        *(getattr(lead, column) for column in columns),
        list(lead.steps.order_by("pk").values_list("state", "closed_at")),
        list(lead.clocks.order_by("pk").values_list("state", "ended_at", "next_notice_at")),
        list(lead.recyclings.values_list("category", "wake_at", "at", "by", "undone_at", "vendor", "precision")),
        (event.verb, event.from_phase, event.to_phase, sorted(event.changes), event.data.get("early"), effects),
    )


def test_each_sleeps_as_if_it_had_been_put_to_sleep_alone(team, alice, bob, mona):
    def various():
        called = make_lead(phase="working", bdr=alice, at=NOON)
        log_call(called, disposition=disposition("no_answer"), by=alice, at=NOON)
        untouched = make_lead(phase="working", bdr=alice, at=NOON)
        own = make_lead(phase="working", bdr=alice, at=NOON)
        set_step(own, kind="email", due=NOON + timedelta(days=1), by=alice, at=NOON)
        return [called, untouched, own, make_lead(team=team, at=NOON), make_lead(bdr=bob, reserved=True, at=NOON)]

    alone, together, at = various(), various(), NOON + timedelta(minutes=5)
    for lead in alone:
        recycle_lead(lead, reason=reason("unresponsive"), by=mona, at=at)

    done = recycle_leads([lead.pk for lead in together], reason=reason("unresponsive"), by=mona, at=at)

    assert (len(done.leads), done.skipped) == (5, [])
    assert [_asleep(lead) for lead in together] == [_asleep(lead) for lead in alone]
    assert not any(check_all(at=at + timedelta(minutes=1)).values())


@pytest.mark.parametrize("whose", ["a manager's", "a rep's"])
def test_fifteen_are_put_to_sleep_in_hardly_more_statements_than_three(team, alice, bob, mona, whose):
    other = make_lead(bdr=bob, reserved=True, at=NOON)

    def statements(count):
        leads = [make_lead(phase="working", bdr=alice, at=NOON) for _ in range(count)]
        ids = [other.pk, *(lead.pk for lead in leads)]
        with CaptureQueriesContext(connection) as asked:
            if whose == "a manager's":
                assert len(recycle_leads(ids, reason=reason("unresponsive"), by=mona, at=NOON).leads) >= count
            else:
                wish = Wish(Verb.RECYCLE, reason=reason("unresponsive"))
                done = do_to_many(ids, wish, by=alice, at=NOON)
                assert ({lead.pk for lead in done.leads}, len(done.skipped)) == ({lead.pk for lead in leads}, 1)
                assert len(done.act.events) == count
        return len(asked)

    few, many = statements(3), statements(15)

    assert many - few <= 6, (few, many)
    assert many <= 45
