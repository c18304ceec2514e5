"""The deals of an account executive: their end, their list, and the mark of one that is late."""

import re
from datetime import timedelta

from django.urls import reverse

from agreement.models import Phase
from leads.models import Lead, Note
from tests.leads.hand_offs.sending import page_of, post_lead
from tests.make import make_lead


def test_a_deal_is_won_lost_stalled_or_returned_by_its_ae(client, alice, peter, now):
    client.force_login(peter)
    leads = [make_lead(phase="qualified", bdr=alice, ae=peter, at=now - timedelta(hours=3)) for _ in range(4)]
    won, lost, stalled, returned = leads

    assert post_lead(client, "win", won).status_code == 302
    named = {"line": "Price", "vendor": " Torqline "}
    assert post_lead(client, "lose", lost, reason="lost_to_competitor", **named).status_code == 302
    assert post_lead(client, "stall", stalled, reason="not_ready", line="Budget frozen").status_code == 302
    assert post_lead(client, "return", returned, line="Yours").status_code == 302

    assert [Lead.objects.get(pk=lead.pk).phase for lead in leads] == ["closed", "closed", "nurture", "working"]
    following = Lead.objects.get(previous=lost)
    assert (following.phase, following.recyclings.get().vendor) == (Phase.NURTURE, "Torqline")
    client.force_login(alice)
    assert "Deal lost to Torqline in" in client.get(reverse("leads:coming_back")).text
    assert Note.objects.filter(lead=stalled, text="Budget frozen").exists()


def test_losing_says_when_the_next_pursuit_wakes(client, alice, peter, now):
    lead = make_lead(phase="qualified", bdr=alice, ae=peter, at=now - timedelta(hours=3))
    client.force_login(peter)

    response = client.get(page_of(lead.hand_offs.get()))

    picks = response.context["sales"].lose.form.picks
    assert picks["no_budget"].then.startswith("closed as lost; the next pursuit sleeps and comes back on ")
    assert picks["out_of_the_market"].then == "closed as lost. It does not come back."


def test_the_list_of_deals_goes_on_page_by_page(client, alice, peter, now, monkeypatch):
    monkeypatch.setattr("leads.inbox.PAGE", 2)
    leads = [make_lead(phase="qualified", bdr=alice, ae=peter, at=now - timedelta(hours=3)) for _ in range(3)]
    # The oldest is overdue, and the last two are due at once.
    Lead.objects.filter(pk=leads[0].pk).update(due_at=now - timedelta(days=1))
    Lead.objects.filter(pk__in=[lead.pk for lead in leads[1:]]).update(due_at=now + timedelta(days=1))
    monkeypatch.setattr("leads.inbox.FEW", 1)
    client.force_login(peter)
    url = reverse("leads:hand_offs") + "?list=qualified"

    deals = client.get(reverse("leads:hand_offs")).context["inbox"].groups[-1]
    assert ([one.lead_id for one in deals.items], deals.total) == ([leads[0].pk], 3)
    first = client.get(url).context["group"]
    rest = client.get(f"{url}&before={first.next_id}").context["group"]

    assert [one.lead_id for one in [*first.items, *rest.items]] == [lead.pk for lead in leads]
    assert rest.next_id is None
    assert "group" not in client.get(reverse("leads:hand_offs") + "?list=nothing").context


def test_a_deal_that_is_late_carries_the_same_mark_in_the_inbox_and_in_its_list(client, alice, peter, now):
    lead = make_lead(phase="qualified", bdr=alice, ae=peter, at=now - timedelta(days=9))
    Lead.objects.filter(pk=lead.pk).update(due_at=now - timedelta(days=5, hours=1))
    client.force_login(peter)

    # The row alone: the top bar and the brief speak of the same moment.
    urls = (reverse("leads:hand_offs"), reverse("leads:hand_offs") + "?list=qualified")
    rows = [client.get(url).text.partition("row-link")[2].partition("<small>")[0].partition("</li>")[0] for url in urls]
    marks = {mark for row in rows for mark in re.findall(r'<span class="when".*?</span>', row)}

    assert len(marks) == 1
    assert 'data-is="overdue"' in str(marks)
    assert "5 days late" in str(marks)
