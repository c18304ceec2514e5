"""The audit log: what is noted and what is not, read by admins, and found out when somebody changes it."""

import json

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from leads.checking import check_all
from leads.settings.changing import change_setting
from leads.settings.kind import mark_of
from leads.settings.people import People
from leads.settings.stages import Stages
from team.actions.auditing import entries_that_differ, note_audit
from team.actions.feeds import make_feed, revoke_feed
from team.models import AuditEntry, AuditHead, Role, User
from tests.leads.test_races import at_once
from tests.make import NOON, make_user

pytestmark = pytest.mark.django_db
Verb = AuditEntry.Verb
STAGES = Stages()


def noted():
    return list(AuditEntry.objects.order_by("number").values_list("verb", "by", "about", "about_id", "detail"))


def note(count, *, by=None):
    for _n in range(count):
        note_audit(Verb.LOGIN, by=by, at=NOON)


def forged(sql):
    """What somebody with the whole database in her hands does."""
    table = AuditEntry._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_is_append_only")
        else:
            cursor.execute(f"DROP TRIGGER {table}_is_append_only")
        cursor.execute(sql)


def test_who_signs_in_and_who_fails_is_noted_and_nothing_that_was_typed(alice):
    alice.set_password("correct horse battery")
    alice.save()
    url = reverse("account_login")

    Client().post(url, {"login": alice.email, "password": "wrong horse"})
    Client().post(url, {"login": "correct@horse.example", "password": "wrong horse"})
    Client().post(url, {"login": alice.email, "password": "correct horse battery"}, REMOTE_ADDR="192.0.2.7")
    User.objects.update(is_active=False)
    Client().post(url, {"login": alice.email, "password": "correct horse battery"})

    assert noted() == [
        ("login_failed", alice.pk, "", "", ""),
        ("login_failed", None, "", "", "unknown"),
        ("login", alice.pk, "", "", ""),
        ("login_failed", alice.pk, "", "", "left"),
    ]
    kept = json.dumps(list(AuditEntry.objects.values()), default=str)
    assert "horse" not in kept
    last = AuditEntry.objects.get(verb="login")
    assert last.address == "192.0.2.7"
    assert len(last.request_id) == 36


def test_what_somebody_may_not_is_noted_and_what_is_not_hers_to_know_is_not(client, alice):
    client.get(reverse("leads:settings"))
    client.force_login(alice)
    client.get(reverse("leads:settings"), {"secret": "x"})
    client.post(reverse("leads:setting_move", args=["stages", 1]))
    client.get("/leads/00000000-0000-7000-8000-000000000000/")

    assert noted() == [
        ("refused", alice.pk, "", "", "GET /settings/"),
        ("refused", alice.pk, "", "", "POST /settings/stages/1/move/"),
    ]


def test_a_change_of_a_setting_and_its_revert_are_noted_by_their_hashes(save, revert_last, dora):
    from_ = {"label": "Attempting"}
    pk = STAGES.groups(at=NOON)[1].rows[0].pk

    save("stages", pk, label="Trying")
    revert_last("stages")

    made, back = AuditEntry.objects.order_by("number")
    assert (made.verb, made.by, made.about, made.about_id) == ("setting", dora, "agreement.Stage", str(pk))
    assert (made.before, made.after) == (mark_of(from_), mark_of({"label": "Trying"}))
    assert (back.verb, back.before, back.after) == ("revert", made.after, made.before)


def test_what_is_refused_changes_nothing_and_is_not_noted_as_changed(save, alice, bob):
    save("people", alice.pk, email=bob.email)

    assert noted() == []


def test_what_leaves_as_a_file_is_noted(client, team, mona):
    client.force_login(mona)

    b"".join(client.post(reverse("leads:leads_export") + "?tier=A1&text=Ada"))
    b"".join(client.get(reverse("leads:team_month"), {"month": "2027-03"}))

    assert [(verb, about, about_id) for verb, _by, about, about_id, _detail in noted()] == [
        ("export", "leads", ""),
        ("export", "month", str(team.pk)),
    ]
    # Which filters were used, and not what was looked for.
    assert "Ada" not in str(noted())


def test_the_end_of_a_login_and_the_address_of_a_calendar_are_noted(alice, mona, dora):
    make_feed(alice, has_names=True, at=NOON)
    gone = {"is_active": False, "territories": [], "successor": None, "ae_successor": None}
    change_setting(People(), alice.pk, gone, by=dora, at=NOON, verb="retire")

    assert noted() == [
        ("feed_made", alice.pk, "", "", "names"),
        ("feed_revoked", dora.pk, "team.User", str(alice.pk), ""),
        ("deactivated", dora.pk, "team.User", str(alice.pk), ""),
        ("setting", dora.pk, "team.User", str(alice.pk), "retire"),
    ]
    assert not revoke_feed(alice, by=alice, at=NOON)
    assert len(noted()) == 4


def test_the_log_is_whole_and_says_so(alice):
    note(3, by=alice)

    assert list(entries_that_differ()) == []
    assert [entry.previous for entry in AuditEntry.objects.order_by("number")] == [
        "", *AuditEntry.objects.order_by("number").values_list("hash", flat=True)[:2],
    ]  # fmt: skip


def test_the_database_refuses_to_change_an_entry(alice):
    note(1)

    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.update(by=alice)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE team_auditentry SET detail = 'x' WHERE number = 2", [2]),
        ("DELETE FROM team_auditentry WHERE number = 2", [2]),
        ("DELETE FROM team_auditentry WHERE number = 4", [4]),
        ("DELETE FROM team_auditentry WHERE number > 2", [3, 4]),
        ("DELETE FROM team_auditentry", [1, 2, 3, 4]),
        ("UPDATE team_auditentry SET number = 9 WHERE number = 4", [4]),
    ],
)
def test_what_somebody_changed_or_took_out_is_found(sql, found):
    note(4)

    forged(sql)

    assert list(entries_that_differ()) == found
    assert check_all(at=NOON)["audit_is_not_whole"] == found


def test_an_entry_that_was_written_anew_with_its_hash_breaks_the_next():
    note(4)
    entry = AuditEntry.objects.get(number=2)
    entry.detail = "somebody else"

    forged(f"UPDATE team_auditentry SET detail = 'somebody else', hash = '{entry.sealed()}' WHERE number = 2")

    assert list(entries_that_differ()) == [3]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_chain(transactional_db):
    at_once(*[lambda: note(5)] * 4)

    assert AuditHead.objects.get().number == AuditEntry.objects.count() == 20
    assert list(entries_that_differ()) == []


def test_admins_read_it_by_who_and_what_and_page_by_page(client, dora, alice, django_assert_num_queries):
    stage = STAGES.groups(at=NOON)[1].rows[0]
    change_setting(STAGES, stage.pk, {"label": "Trying"}, by=dora, at=NOON)
    note(70, by=alice)
    client.force_login(dora)
    url = reverse("leads:audit")
    client.get(url)

    # session, user, roles, the rail's; entries, the last, and the users of the filter
    with django_assert_num_queries(7):
        page = client.get(url)
    assert [one.entry.number for one in page.context["entries"]] == list(range(71, 21, -1))

    rest = client.get(url + page.context["next_url"])
    assert [one.entry.number for one in rest.context["entries"]] == list(range(21, 0, -1))
    assert "stage: Trying" in rest.text
    assert rest.context["next_url"] == ""

    hers = client.get(url, {"by": dora.pk, "verb": "setting"})
    assert [(one.who, one.about) for one in hers.context["entries"]] == [("Dora", "stage: Trying")]
    refused = client.get(url, {"verb": "guess"})
    assert refused.status_code == 422
    assert "Not filtered:" in refused.text
    assert "Not saved" not in refused.text


def test_every_act_has_its_words(client, dora, team, alice):
    for verb in Verb:
        note_audit(verb, by=None, at=NOON, about="month", about_id=str(team.pk), detail="2027-03")
    note_audit(Verb.LET_IN, by=dora, at=NOON, about="team.User", about_id=str(alice.pk))
    note_audit(Verb.SETTING, by=dora, at=NOON, about="team.Team", about_id="999")
    client.force_login(make_user("root", Role.ADMIN))

    page = client.get(reverse("leads:audit")).text

    assert "the month of North: 2027-03" in page
    assert "user: Alice" in page
