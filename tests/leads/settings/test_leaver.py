"""Somebody leaves: one preview of everything, her login ends and all of it goes on; the revert lets her in again."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.claiming import reassign_leads
from leads.actions.leaving import lend, release_absent
from leads.actions.logging import log_call
from leads.checking import check_all
from leads.models import Lead
from leads.settings.changing import change_setting, preview, revert_change
from leads.settings.kind import SettingRefused
from leads.settings.people import People
from team.actions.feeds import make_feed
from team.models import Absence, CalendarFeed, Membership, Role, Territory, User
from tests.make import NOON, disposition, make_lead, make_user

pytestmark = pytest.mark.django_db
KIND = People()
GONE = {"is_active": False, "territories": [], "successor": None, "ae_successor": None}


def leaves(user, *, by, at=NOON, **more):
    return change_setting(KIND, user.pk, GONE | more, by=by, at=at, verb="retire")


def test_everything_a_rep_leaves_is_said_once_and_goes_where_it_was_said(team, alice, bob, mona, peter, dora):
    phases = (Phase.WORKING, Phase.HANDED_OFF, Phase.NURTURE)
    worked, sent, asleep = (make_lead(phase=phase, bdr=alice, ae=peter, team=team) for phase in phases)
    reserved = make_lead(team=team, bdr=alice, reserved=True)
    call_back = (NOON + timedelta(days=1)).replace(tzinfo=None)
    log_call(worked, disposition=disposition("call_back"), by=alice, at=NOON, call_back=(call_back, "UTC"))
    spain = Territory.objects.create(name="Spain", team=team, bdr=alice, country="ES")
    later = NOON + timedelta(days=3)
    absence = Absence.objects.create(user=bob, cover=alice, starts_at=later, ends_at=later + timedelta(days=1))
    make_feed(alice, has_names=False, at=NOON)

    said = preview(KIND, alice.pk, GONE | {"successor": mona.pk}, at=NOON)

    assert [(one.text, one.soft) for one in said.touches] == [
        ("4 leads to Mona", "1 queued, 1 working, 1 handed off, 1 nurture"),
        ("1 promised moment goes with them", "none of them moves"),
        ("Territory Spain to North", ""),
        ("Mona covers Bob", ""),
        ("The address of their calendar is revoked", ""),
        ("They are signed out everywhere, at once", ""),
    ]
    leaves(alice, by=dora, successor=mona.pk)

    for lead in (worked, sent, asleep, reserved):
        lead.refresh_from_db()
        assert lead.bdr == mona
    spain.refresh_from_db()
    absence.refresh_from_db()
    assert (spain.bdr, absence.cover) == (None, mona)
    assert not CalendarFeed.objects.exists()
    assert not any(check_all(at=NOON).values())


def test_without_a_successor_the_pool_and_the_manager_go_on(team, alice, mona, dora):
    worked, asleep = (make_lead(phase=phase, bdr=alice, team=team) for phase in (Phase.WORKING, Phase.NURTURE))

    said = [one.text for one in preview(KIND, alice.pk, GONE, at=NOON).touches]
    leaves(alice, by=dora)

    assert said[:2] == ["1 lead to the pool of North", "1 lead to Mona"]
    worked.refresh_from_db()
    asleep.refresh_from_db()
    assert (worked.phase, asleep.bdr) == (Phase.QUEUED, mona)


def test_an_ae_leaves_only_with_somebody_for_her_deals(save, alice, peter, dora):
    paula, petra = make_user("paula", Role.AE), make_user("petra", Role.AE)
    User.objects.filter(pk=petra.pk).update(backup=peter)
    deal, sent = (make_lead(phase=phase, bdr=alice, ae=peter) for phase in (Phase.ACCEPTED, Phase.HANDED_OFF))

    refused = save("people", peter.pk, page="_retire")
    assert (refused.status_code, User.objects.get(pk=peter.pk).is_active) == (422, True)
    assert "Name the account executive who takes the deals." in refused.text

    assert save("people", peter.pk, page="_retire", ae_successor=str(paula.pk)).status_code == 302

    deal.refresh_from_db()
    sent.refresh_from_db()
    petra.refresh_from_db()
    assert (deal.ae, sent.phase, petra.backup) == (paula, Phase.WORKING, paula)
    assert not any(check_all(at=timezone.now()).values())


def test_what_a_leaver_took_at_the_very_moment_goes_to_her_successor(team, alice, bob, dora):
    late = make_lead(phase=Phase.WORKING, bdr=bob, team=team)
    leaves(alice, by=dora, successor=bob.pk)
    Lead.objects.filter(pk=late.pk).update(bdr=alice)

    release_absent(at=NOON + timedelta(minutes=10))

    late.refresh_from_db()
    assert (late.phase, late.bdr) == (Phase.WORKING, bob)


def test_she_is_signed_out_at_once_and_the_revert_lets_her_in_again_but_brings_no_lead_back(
    client, team, alice, bob, mona, dora
):
    alice.set_password("correct horse battery")
    alice.save()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, team=team, at=timezone.now())
    spain = Territory.objects.create(name="Spain", team=team, bdr=alice, country="ES")
    hers = Client()
    hers.force_login(alice)
    client.force_login(dora)
    held = KIND.read(alice.pk)

    made = leaves(alice, by=dora, at=timezone.now(), successor=bob.pk)

    assert hers.get("/").url.startswith(reverse("account_login"))
    spain.refresh_from_db()
    assert (KIND.read(alice.pk)["territories"], spain.bdr) == ([], bob)
    signed_in = {"login": alice.email, "password": "correct horse battery"}
    assert Client().post(reverse("account_login"), signed_in).url != "/"

    answer = client.post(reverse("leads:setting_revert", args=[made.pk]), follow=True)

    assert "Leads that went to others stay with them." in answer.text
    assert KIND.read(alice.pk) == held
    assert Lead.objects.get(pk=lead.pk).bdr == bob
    assert Client().post(reverse("account_login"), signed_in).url == "/"
    # What was signed in when she left is not signed in again.
    assert hers.get("/").url.startswith(reverse("account_login"))


def test_a_revert_speaks_of_leads_only_where_they_may_have_gone_to_others(client, alice, dora):
    renamed = change_setting(KIND, alice.pk, {"name": "Alice Holm"}, by=dora, at=timezone.now())
    client.force_login(dora)

    answer = client.post(reverse("leads:setting_revert", args=[renamed.pk]), follow=True)

    assert [str(one) for one in answer.context["messages"]] == ["Reverted."]
    assert User.objects.get(pk=alice.pk).name == "Alice"
    assert KIND.told_of_end("Ben Okafor") == "Ben Okafor has left."


def test_whom_she_backed_up_and_covered_comes_back_with_her_but_what_was_changed_since(client, team, alice, bob, dora):
    """An account executive who was backup of three, covered two colleagues, and had two territories as a rep."""
    petra, paula, pia, ida = (make_user(name, Role.AE) for name in ("petra", "paula", "pia", "ida"))
    Membership.objects.create(user=petra, role=Role.BDR, team=team)
    petra = User.objects.get(pk=petra.pk)
    User.objects.filter(pk__in=[paula.pk, pia.pk, ida.pk]).update(backup=petra)
    now = timezone.now()
    deal = make_lead(phase=Phase.ACCEPTED, bdr=bob, ae=ida, at=now)
    running, later = (
        Absence.objects.create(
            user=user, cover=petra, starts_at=now + timedelta(days=days), ends_at=now + timedelta(days=60)
        )
        for user, days in ((ida, -1), (pia, 5))
    )
    spain, chile = (Territory.objects.create(name=n, team=team, bdr=petra, country=n[:2]) for n in ("ES", "CL"))
    assert lend(at=now) == 1
    made = leaves(petra, by=dora, at=now, successor=bob.pk, ae_successor=paula.pk)
    # Meanwhile one got another backup, one another cover, and one territory another rep.
    User.objects.filter(pk=pia.pk).update(backup=ida)
    Absence.objects.filter(pk=later.pk).update(cover=None)
    Territory.objects.filter(pk=chile.pk).update(bdr=alice)
    client.force_login(dora)

    page = client.get(reverse("leads:setting_revert", args=[made.pk]))
    client.post(reverse("leads:setting_revert", args=[made.pk]))

    assert [touch.text for touch in page.context["preview"].touches] == [
        "They can sign in again",
        "2 people backed up by them again",
        "They cover Ida again",
        "Territory CL stays with Alice: it was given there since",
        "1 person backed up otherwise since: they stay so",
        "Pia stays covered by nobody: that was said since",
        "Leads that went to others stay with them",
        "New leads of ES go to them, not to Bob",
    ]
    backups = [User.objects.get(pk=one.pk).backup for one in (paula, pia, ida)]
    assert backups == [petra, ida, petra]
    assert [Absence.objects.get(pk=one.pk).cover for one in (running, later)] == [petra, None]
    assert [Territory.objects.get(pk=one.pk).bdr for one in (spain, chile)] == [petra, alice]
    assert {step.assignee for step in deal.steps.open()} == {petra}
    assert not any(check_all(at=now).values())


def test_nobody_ends_her_own_login(alice, dora):
    with pytest.raises(SettingRefused, match="You cannot end your own login"):
        leaves(dora, by=dora)

    assert User.objects.get(pk=dora.pk).is_active


def test_who_left_is_not_let_go_twice_and_her_successor_may_leave_later(save, team, alice, bob, mona, dora):
    made = leaves(alice, by=dora, successor=bob.pk)

    assert "They have left already." in save("people", alice.pk, page="_retire").text
    leaves(bob, by=dora)
    revert_change(KIND, made, by=dora, at=NOON)
    assert User.objects.get(pk=alice.pk).is_active


def test_the_only_manager_who_leaves_is_missed(team, alice, mona, dora):
    said = {one.text: one.warns for one in preview(KIND, mona.pk, GONE, at=NOON).touches}

    assert said["Nobody manages North any more"]


def test_what_sales_has_needs_somebody_and_the_preview_says_so(team, alice, peter, dora):
    make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, team=team)

    assert preview(KIND, alice.pk, GONE, at=NOON).touches[0].warns
    with pytest.raises(SettingRefused, match="Give the team a manager"):
        leaves(alice, by=dora)


def test_a_successor_gets_only_what_is_of_a_team_where_she_works(team, alice, bob, eve, dora):
    south = eve.memberships.get().team
    Membership.objects.create(user=alice, role=Role.BDR, team=south)
    here = make_lead(phase=Phase.WORKING, bdr=alice, team=team)
    there = make_lead(phase=Phase.WORKING, bdr=alice, team=team)
    reassign_leads([there.pk], team=south, by=None, at=NOON)

    said = {one.text for one in preview(KIND, alice.pk, GONE | {"successor": bob.pk}, at=NOON).touches}
    leaves(alice, by=dora, successor=bob.pk)

    here.refresh_from_db()
    there.refresh_from_db()
    assert "1 lead to Bob" in said
    assert (here.bdr, there.bdr) == (bob, None)
