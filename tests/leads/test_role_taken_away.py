"""A role that is taken away, and what whoever held it leaves behind."""

import pytest
from django.urls import reverse

from agreement.models import Phase
from leads.actions.outcomes import return_lead
from leads.actions.sweeping import notice_clocks
from leads.checking import check_all
from leads.models import HandOff
from team.models import Membership, Role
from tests.constraints import put
from tests.leads.covering import LATER, broken, fresh
from tests.make import make_lead, make_user


def take_role(site, user):
    held = user.memberships.get()
    rows = {"id": held.pk, "user": user.pk, "role": held.role, "team": held.team_id or "", "DELETE": "on"}
    fields = {
        "name": user.name, "email": user.email, "time_zone": "UTC", "open_limit": 40, "touches_goal": 60,
        "backup": user.backup_id or "", "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1,
        **{f"memberships-0-{name}": value for name, value in rows.items()},
    }  # fmt: skip
    assert site.post(reverse("admin:team_user_change", args=[user.pk]), fields).status_code == 302
    assert not user.memberships.exists()


def test_whoever_is_a_rep_no_more_passes_on_what_she_held(site, alice, mona, peter):
    worked, asleep, sent = (
        make_lead(phase=phase, bdr=alice, ae=peter) for phase in (Phase.WORKING, Phase.NURTURE, Phase.HANDED_OFF)
    )

    take_role(site, alice)

    assert (fresh(worked).phase, fresh(worked).bdr) == (Phase.QUEUED, None)
    assert (fresh(asleep).bdr, fresh(sent).bdr) == (mona, mona)
    assert broken() == set()


@pytest.mark.parametrize("has_backup", [True, False])
def test_whoever_is_an_ae_no_more_passes_on_her_deals(site, alice, peter, has_backup):
    paula = make_user("paula", Role.AE)
    put(peter, backup=paula if has_backup else None)
    deal = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    sent = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)

    take_role(site, fresh(peter))

    if has_backup:
        assert (fresh(deal).phase, fresh(deal).ae) == (Phase.ACCEPTED, paula)
    else:
        assert (fresh(deal).phase, fresh(deal).bdr) == (Phase.WORKING, alice)
    assert fresh(sent).phase == Phase.WORKING
    assert broken() == set()


def test_a_responsible_without_a_role_is_counted(alice, peter):
    make_lead(phase=Phase.WORKING, bdr=alice)
    make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)

    Membership.objects.filter(user__in=[alice, peter]).delete()

    assert len(check_all(at=LATER)["responsible_without_role"]) == 2


def test_what_comes_back_from_sales_goes_to_somebody_who_may_work_it(alice, bob, peter):
    deal = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    alice.memberships.all().delete()

    return_lead(deal, by=peter, at=LATER)

    assert fresh(deal).bdr == bob


def test_an_unanswered_hand_off_goes_to_no_backup_who_is_no_ae(alice, bob, peter):
    put(peter, backup=bob)
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=fresh(peter))

    notice_clocks(at=HandOff.objects.get(lead=lead).respond_by)

    assert HandOff.objects.get(lead=lead).escalated_to is None
