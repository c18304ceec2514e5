"""Stages: added, renamed, put in order, retired into a successor, each reverted."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase, Stage
from leads.actions.handing import hand_off_lead
from leads.actions.logging import log_call
from leads.actions.restaging import restage_lead
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import Lead, LeadEvent
from leads.settings.changing import preview_revert, revert_change
from leads.settings.registry import BY_SLUG
from team.models import SettingChange
from tests.make import NOON, disposition, make_lead

pytestmark = pytest.mark.django_db

DAY = timedelta(days=2)


def stage(key):
    return Stage.objects.get(key=key)


def in_order(phase):
    return list(Stage.objects.in_use().filter(phase=phase).order_by("position", "pk").values_list("key", flat=True))


def test_a_stage_is_added_at_the_end_of_its_phase_and_the_revert_takes_it_away(save, dora, revert_last):
    answer = save("stages", label="Left a message", phase="working")

    assert answer.status_code == 302
    assert in_order("working") == ["attempting", "connected", "left_a_message"]
    change = SettingChange.objects.get()
    assert (change.verb, change.by, change.changes["label"]) == ("add", dora, [None, "Left a message"])

    revert_last("stages")

    assert in_order("working") == ["attempting", "connected"]


def test_nothing_is_saved_before_the_page_has_said_what_it_touches(client, dora, alice):
    make_lead(phase=Phase.WORKING, bdr=alice)
    client.force_login(dora)

    answer = client.post(reverse("leads:setting", args=["stages", stage("attempting").pk]), {"label": "Trying"})

    assert answer.status_code == 200
    assert "Attempting → <b>Trying</b>" in answer.text
    assert "1 lead shows the new name" in answer.text
    assert stage("attempting").label == "Attempting"


def test_a_stage_that_was_changed_meanwhile_is_not_overwritten(client, dora):
    client.force_login(dora)
    url = reverse("leads:setting", args=["stages", stage("attempting").pk])
    seen = client.get(url).context["form"]["seen"].value()
    Stage.objects.filter(key="attempting").update(label="Dialling")

    answer = client.post(url, {"label": "Trying", "seen": seen, "save": "1"})

    assert answer.status_code == 409
    assert "Somebody has changed it since you opened this page." in answer.text
    assert stage("attempting").label == "Dialling"


def test_retiring_moves_the_leads_and_the_revert_brings_back_those_that_nobody_moved_since(
    save, dora, alice, revert_last
):
    stays, goes = make_lead(phase=Phase.WORKING, bdr=alice), make_lead(phase=Phase.WORKING, bdr=alice)
    attempting, connected = stage("attempting"), stage("connected")
    more = Stage.objects.create(key="more", label="More", phase="working", position=90)

    save("stages", attempting.pk, page="_retire", successor=more.pk)

    for lead in (stays, goes):
        lead.refresh_from_db()
    assert (stays.stage, goes.stage) == (more, more)
    assert in_order("working") == ["connected", "more"]
    assert make_lead(phase=Phase.WORKING, bdr=alice).stage == more

    restage_lead(goes, stage=connected, by=alice, at=timezone.now())
    revert_last("stages")

    for lead in (stays, goes):
        lead.refresh_from_db()
    assert (stays.stage, goes.stage) == (attempting, connected)
    assert in_order("working") == ["attempting", "connected", "more"]
    assert make_lead(phase=Phase.WORKING, bdr=alice).stage == attempting
    assert not any(check_all(at=timezone.now()).values())
    assert LeadEvent.objects.filter(lead=stays, verb="restage").count() == 2


def test_the_last_stage_of_a_phase_cannot_go(save):
    answer = save("stages", stage("recycled").pk, page="_retire", successor="")

    assert answer.status_code == 422
    assert "This is the last stage of its phase: it cannot go." in answer.text


def test_the_order_of_stages_says_nothing_of_what_enters_where(client, dora, save, alice, peter):
    save("stages", label="Warm", phase="working")
    for key in ("connected", "warm", "handed_off"):
        client.post(reverse("leads:setting_move", args=["stages", stage(key).pk]), {"to": "up"})

    assert in_order("working") == ["connected", "warm", "attempting"]
    assert in_order("handed_off") == ["handed_off", "meeting_booked"]
    assert stages_entered(alice, peter) == ["attempting", "connected", "meeting_booked", "handed_off"]


def test_what_enters_is_given_to_another_stage_and_the_revert_gives_it_back(
    client, save, alice, peter, revert_last, dora
):
    save("stages", label="Warm", phase="working")
    url = reverse("leads:setting", args=["stages", stage("warm").pk])

    page = client.post(url, {"label": "Warm", "is_connected": "on"})
    assert "Spoken to, they stand in: Connected → <b>Warm</b>" in page.text
    assert "Leads enter at “Warm” once somebody was spoken to" in page.text
    assert save("stages", stage("warm").pk, is_connected="on").status_code == 302
    assert (
        "leads enter here once somebody was spoken to"
        in client.get(reverse("leads:setting_list", args=["stages"])).text
    )
    assert stages_entered(alice, peter)[:2] == ["attempting", "warm"]

    revert_last("stages")
    assert stages_entered(alice, peter)[:2] == ["attempting", "connected"]


def test_what_entered_at_a_retired_stage_enters_at_its_successor_until_the_revert(
    client, save, alice, peter, revert_last, dora
):
    client.force_login(dora)
    page = client.post(
        reverse("leads:setting_retire", args=["stages", stage("connected").pk]), {"successor": stage("attempting").pk}
    )
    assert "Leads enter at “Attempting” once somebody was spoken to" in page.text

    save("stages", stage("connected").pk, page="_retire", successor=stage("attempting").pk)
    assert stages_entered(alice, peter)[:2] == ["attempting", "attempting"]

    revert_last("stages")
    assert stages_entered(alice, peter)[:2] == ["attempting", "connected"]

    save("stages", stage("connected").pk, page="_retire", successor=stage("attempting").pk)
    save("stages", label="Warm", phase="working")
    save("stages", stage("warm").pk, is_connected="on")
    retired = SettingChange.objects.filter(verb="retire").latest("id")
    client.post(reverse("leads:setting_revert", args=[retired.pk]))
    assert stages_entered(alice, peter)[:2] == ["attempting", "warm"]


def stages_entered(rep, ae):
    """Where a lead stands that is taken, spoken to, sent with a meeting, and without one."""
    when = (NOON + DAY).replace(tzinfo=None)
    taken, spoken_to, with_meeting, without = (make_lead(phase=Phase.WORKING, bdr=rep, at=NOON) for _n in range(4))
    log_call(spoken_to, disposition=disposition("call_back"), call_back=(when, "UTC"), by=rep, at=NOON)
    hand_off_lead(with_meeting, ae=ae, by=rep, at=NOON, meeting=(when, "UTC"))
    hand_off_lead(without, ae=ae, by=rep, at=NOON)
    return [Lead.objects.get(pk=one.pk).stage.key for one in (taken, spoken_to, with_meeting, without)]


def test_two_stages_of_a_phase_do_not_share_a_name(save):
    answer = save("stages", label="connected", phase="working")

    assert answer.status_code == 422
    assert "There is a stage of this name in this phase." in answer.text


def test_a_change_is_reverted_once_and_not_behind_a_later_one(save, revert_last, dora, client):
    pk = stage("attempting").pk
    save("stages", pk, label="Trying")
    first = SettingChange.objects.latest("id")
    save("stages", pk, label="Dialling")
    client.force_login(dora)

    refused = client.post(reverse("leads:setting_revert", args=[first.pk]))

    assert refused.status_code == 409
    assert "Name has changed again since: revert that first." in refused.text
    assert stage("attempting").label == "Dialling"

    revert_last("stages")
    assert stage("attempting").label == "Trying"
    client.post(reverse("leads:setting_revert", args=[first.pk]))
    assert stage("attempting").label == "Attempting"
    again = client.post(reverse("leads:setting_revert", args=[first.pk]))
    assert again.status_code == 409
    assert "This was reverted already." in again.text


def test_what_is_taken_back_into_a_stage_that_is_gone_stands_where_leads_enter(save, revert_last, alice, peter):
    now = timezone.now()
    save("stages", label="Warm", phase="working")
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    restage_lead(lead, stage=stage("warm"), by=alice, at=now)
    lead.refresh_from_db()
    hand_off_lead(lead, ae=peter, by=alice, at=now)
    revert_last("stages")

    undo_last(lead, by=alice, at=now)

    lead.refresh_from_db()
    assert (lead.phase, lead.stage) == (Phase.WORKING, stage("attempting"))
    assert not any(check_all(at=now).values())


def test_a_list_of_a_stage_shows_what_its_leads_went_on_in(client, save, alice, dora):
    now = timezone.now()
    save("stages", label="Warm", phase="working")
    warm = stage("warm")
    lead, _other = (make_lead(phase=Phase.WORKING, bdr=alice, at=now) for _n in range(2))
    restage_lead(lead, stage=warm, by=alice, at=now)
    client.force_login(alice)
    client.post(reverse("leads:view_save"), {"name": "Warm ones", "query": f"stage={warm.pk}"})
    client.force_login(dora)
    save("stages", warm.pk, page="_retire", successor=stage("connected").pk)

    client.force_login(alice)
    page = client.get(reverse("leads:queue"), {"stage": warm.pk})
    assert [row.lead_id for _group, rows in page.context["queue"].groups for row in rows] == [lead.pk]
    assert page.context["kept"].name == "Warm ones"
    assert f'<option value="{stage("connected").pk}" selected>' in page.text
    listed = client.get(reverse("leads:leads"), {"stage": warm.pk}).context["listed"]
    assert [line.lead_id for line in listed.lines] == [lead.pk]


def test_the_migration_lets_enter_where_the_order_said_before(db):
    Stage.objects.update(is_connected=False, is_without_meeting=False)
    Stage.objects.filter(key="handed_off").delete()
    Stage.objects.create(key="warm", label="Warm", phase="working", position=0)
    migration = import_module("agreement.migrations.0005_entries_by_order")

    migration.take_from_order(apps, None)

    # Where a phase has but one stage, that takes both.
    assert (stage("warm").is_connected, stage("connected").is_connected) == (True, False)
    assert stage("meeting_booked").is_without_meeting
    Stage.objects.filter(key="attempting").update(retired_at=NOON, successor=stage("warm"))
    migration.forget(apps, None)
    assert not stage("attempting").is_entry


def test_retirements_are_reverted_from_the_last_one_on_and_everything_is_as_before(client, save, dora, alice):
    now = timezone.now()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    more = Stage.objects.create(key="more", label="More", phase="working", position=90)

    def standing():
        lead.refresh_from_db()
        stages = Stage.objects.values_list("key", "retired_at", "successor", "is_entry", "is_connected")
        return lead.stage_id, set(stages)

    before = standing()
    save("stages", stage("attempting").pk, page="_retire", successor=more.pk)
    save("stages", more.pk, page="_retire", successor=stage("connected").pk)
    first, second = SettingChange.objects.order_by("id")
    url = {change.pk: reverse("leads:setting_revert", args=[change.pk]) for change in (first, second)}
    client.force_login(dora)

    refused = client.post(url[first.pk])
    assert "“More” was retired since: revert that first." in refused.text
    for change in (second, first):
        client.post(url[change.pk])

    assert standing() == before


def test_a_stage_that_comes_back_takes_nothing_from_the_others_and_goes_again(save, revert_last, dora):
    now, kind = timezone.now(), BY_SLUG["stages"]
    save("stages", label="Warm", phase="working")
    removed = revert_last("stages")
    save("stages", label="Hot", phase="working")
    save("stages", stage("hot").pk, is_connected="on")

    said = preview_revert(kind, removed, by=dora, at=now)
    assert {name for name, _old, _new in said.changes} == {"Name", "Phase"}
    back = revert_change(kind, removed, by=dora, at=now)

    assert stage("hot").is_connected
    save("stages", stage("connected").pk, is_connected="on")
    revert_change(kind, back, by=dora, at=now)
    assert not Stage.objects.filter(key="warm").exists()
