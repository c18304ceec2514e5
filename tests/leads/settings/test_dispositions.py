"""Dispositions: added, renamed, put in the order of the keys, retired into another, each reverted."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agreement.models import Disposition, Phase
from leads.actions.logging import log_call
from leads.models import Activity
from team.models import SettingChange
from tests.make import disposition, make_lead, reason

pytestmark = pytest.mark.django_db


def in_order():
    return list(Disposition.objects.in_use().order_by("position", "pk").values_list("key", flat=True))


def page(client, dora, *args, name="setting", **data):
    client.force_login(dora)
    return client.post(reverse(f"leads:{name}", args=["dispositions", *args]), data).text


def test_the_tenth_is_added_and_the_page_says_that_it_has_no_key(client, dora, save, revert_last, alice):
    text = page(client, dora, name="setting_new", label="Fax", follows="next_attempt", sentiment="neutral")
    assert "It is number 10 and has no key: the digits are 1 to 9" in text

    save("dispositions", label="Fax", follows="next_attempt", sentiment="neutral")

    assert in_order()[-1] == "fax"
    assert "has no key and is clicked" in client.get(reverse("leads:setting_list", args=["dispositions"])).text
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    client.force_login(alice)
    form = client.get(reverse("leads:lead", args=[lead.public_id])).text
    added = f'name="disposition" value="{disposition("fax").pk}"'
    assert f"{added}>" in form
    assert 'data-key="9"' in form

    revert_last("dispositions")
    assert not Disposition.objects.filter(key="fax").exists()


def test_the_order_is_the_order_of_the_keys(client, dora, revert_last, alice):
    first, second = disposition("no_answer"), disposition("voicemail")
    client.force_login(dora)

    client.post(reverse("leads:setting_move", args=["dispositions", second.pk]), {"to": "up"})

    assert in_order()[:2] == ["voicemail", "no_answer"]
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    client.force_login(alice)
    form = client.get(reverse("leads:lead", args=[lead.public_id])).text
    assert f'value="{second.pk}" data-key="1"' in form
    revert_last("dispositions")
    assert in_order()[:2] == [first.key, second.key]


def test_what_was_logged_stays_as_it_was_counted(client, dora, save, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    log_call(lead, disposition=disposition("gatekeeper"), by=alice, at=timezone.now())
    pk = disposition("gatekeeper").pk
    sent = {"follows": "next_attempt", "sentiment": "neutral", "is_conversation": "on"}
    assert "Nothing changes for 1 call logged so far" in page(client, dora, pk, label="Gatekeeper", **sent)

    save("dispositions", pk, is_conversation="on")

    assert not Activity.objects.get().is_conversation
    log_call(lead, disposition=disposition("gatekeeper"), by=alice, at=timezone.now())
    assert Activity.objects.latest("id").is_conversation


def test_retired_it_is_offered_to_nobody_and_the_revert_offers_it_again(client, dora, save, revert_last, alice):
    gone, instead = disposition("voicemail"), disposition("no_answer")

    save("dispositions", gone.pk, page="_retire", successor=instead.pk)

    assert gone.key not in in_order()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    client.force_login(alice)
    assert f'name="disposition" value="{gone.pk}"' not in client.get(reverse("leads:lead", args=[lead.public_id])).text
    sent = {"disposition": gone.pk, "version": lead.version}
    assert client.post(reverse("leads:log_call", args=[lead.public_id]), sent).status_code == 422

    revert_last("dispositions")
    assert in_order()[1] == gone.key


def test_one_that_plans_the_next_attempt_stays(save):
    for key in ("voicemail", "voicemail_email", "gatekeeper"):
        save("dispositions", disposition(key).pk, page="_retire", successor=disposition("no_answer").pk)
    pk = disposition("no_answer").pk

    retired = save("dispositions", pk, page="_retire", successor=disposition("meeting").pk)
    changed = save("dispositions", pk, follows="find_contact")

    assert (retired.status_code, changed.status_code) == (422, 422)
    assert "At least one disposition plans the cadence’s next attempt" in changed.text
    assert (disposition("no_answer").follows, disposition("no_answer").retired_at) == ("next_attempt", None)


def test_a_reason_is_offered_first_only_by_the_form_that_has_it(save):
    pk = disposition("not_now").pk

    refused = save("dispositions", pk, reason=reason("bad_data").pk)
    save("dispositions", pk, follows="find_contact", reason=reason("not_ready").pk)

    assert refused.status_code == 422
    assert "does not offer this reason" in refused.text
    assert disposition("not_now").reason is None


def test_the_list_counts_the_calls_of_30_days_each_from_its_index(client, dora, alice):
    now = timezone.now()
    for days in (1, 2, 40):
        lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now - timedelta(days=days))
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=now - timedelta(days=days))
    client.force_login(dora)

    with CaptureQueriesContext(connection) as asked:
        page = client.get(reverse("leads:setting_list", args=["dispositions"]))

    assert "2 calls in 30 days" in page.text
    (counted,) = [one["sql"] for one in asked if "leads_activity" in one["sql"]]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + counted)
        assert "activity_of_disposition" in str(cursor.fetchall())


def test_one_that_calls_were_logged_with_is_not_taken_away(save, revert_last, alice):
    save("dispositions", label="Fax", follows="next_attempt", sentiment="neutral")
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    log_call(lead, disposition=disposition("fax"), by=alice, at=timezone.now())

    with pytest.raises(Exception, match="retire it instead"):
        revert_last("dispositions")

    assert disposition("fax").retired_at is None


def test_two_do_not_share_a_name(save):
    answer = save("dispositions", label="no ANSWER", follows="next_attempt", sentiment="neutral")

    assert answer.status_code == 422


def test_one_that_is_taken_back_and_back_again_stands_where_it_stood(client, dora, save, revert_last):
    was = in_order()
    save("dispositions", label="Zed", follows="next_attempt", sentiment="neutral")
    added = SettingChange.objects.get()
    for _n in range(3):
        client.post(reverse("leads:setting_move", args=["dispositions", disposition("zed").pk]), {"to": "up"})
    before = in_order()
    assert before.index("zed") == len(was) - 3

    client.post(reverse("leads:setting_revert", args=[added.pk]))
    assert in_order() == was
    # Somebody else came meanwhile.
    save("dispositions", label="Fax", follows="next_attempt", sentiment="neutral")
    client.post(reverse("leads:setting_revert", args=[SettingChange.objects.get(verb="remove").pk]))

    assert in_order() == [*before, "fax"]
    assert SettingChange.objects.latest("id").object_id == added.object_id
    client.post(reverse("leads:setting_revert", args=[SettingChange.objects.latest("id").pk]))
    assert in_order() == [*was, "fax"]


def test_an_order_is_reverted_past_what_came_since(client, dora, save):
    was, first, last = in_order(), disposition("voicemail"), disposition("not_interested")
    client.force_login(dora)
    client.post(reverse("leads:setting_move", args=["dispositions", first.pk]), {"to": "up"})
    moved = SettingChange.objects.get()
    save("dispositions", label="Fax", follows="next_attempt", sentiment="neutral")
    save("dispositions", last.pk, page="_retire", successor=first.pk)
    url = reverse("leads:setting_revert", args=[moved.pk])

    assert "keys 1 to 9 go by this order" in client.get(url).text
    assert client.post(url).status_code == 302

    assert in_order() == [*was[:-1], "fax"]
    client.post(reverse("leads:setting_move", args=["dispositions", first.pk]), {"to": "up"})
    client.post(reverse("leads:setting_move", args=["dispositions", first.pk]), {"to": "down"})
    again = SettingChange.objects.filter(verb="order").order_by("-id")[1]
    assert client.post(reverse("leads:setting_revert", args=[again.pk])).status_code == 409
