"""The administration: admins only; settings change with their history, what happened does not change at all."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from accounts.models import SearchText
from accounts.search import index_accounts
from agreement.models import AgreementVersion, Cadence, Stage
from leads.models import Lead
from team.models import Calendar, Membership, Role, SettingChange, Team, User
from tests.make import make_account, make_lead, make_person, make_team, make_user

HISTORY = [
    "lead", "leadevent", "clock", "activity", "engagement", "step", "handoff", "notice", "release", "answer", "note",
    "secondlook", "recycling", "verdict", "interest", "import", "importreject",
]  # fmt: skip


@pytest.fixture
def ada(db):
    return User.objects.create_superuser("ada@example.com", "a long enough password", name="Ada")


@pytest.fixture
def site(client, ada):
    client.force_login(ada)
    return client


def url(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def inline(prefix, *rows, first=0):
    """The fields of an inline form set with these rows."""
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": first}
    for n, row in enumerate(rows):
        data |= {f"{prefix}-{n}-{name}": value for name, value in row.items()}
    return data


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model._meta.label_lower)
def test_every_list_opens_for_an_admin(site, team, alice, model):
    make_lead(phase="handed_off", bdr=alice, person=make_person(account=make_account()))

    assert site.get(url(model, "changelist")).status_code == 200


@pytest.mark.parametrize("role", [Role.BDR, Role.MANAGER, Role.AE, Role.MARKETER])
def test_nobody_else_comes_in(client, team, role):
    client.force_login(make_user("eve", role, team=team))

    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_signing_in_goes_through_the_one_door(client, db):
    response = client.get(reverse("admin:login"))

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_nobody_reads_or_makes_the_second_factor_of_others(site):
    assert [model._meta.label for model in admin.site._registry if model._meta.app_label == "mfa"] == []


@pytest.mark.parametrize("name", HISTORY)
def test_what_happened_is_looked_at_only(site, alice, name):
    lead = make_lead(phase="handed_off", bdr=alice)
    model = next(one for one in admin.site._registry if one._meta.label_lower == f"leads.{name}")

    assert site.get(url(model, "add")).status_code == 403
    row = model.objects.first()
    if row is not None:
        assert site.get(url(model, "change", row.pk)).status_code == 200
        assert site.post(url(model, "change", row.pk), {"phase": "closed"}).status_code == 403
        assert site.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        site.post(url(model, "changelist"), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
        assert model.objects.filter(pk=row.pk).exists()
    assert Lead.objects.get(pk=lead.pk).phase == "handed_off"


def test_a_user_is_made_with_her_roles_and_may_enter_where_she_is_admin(site, team, ada):
    response = site.post(
        url(User, "add"),
        {
            "name": "Rita", "email": "Rita@Example.com", "new_password": "correct horse battery", "time_zone": "UTC",
            "open_limit": 30, "touches_goal": 50,
            **inline("memberships", {"role": "bdr", "team": team.pk}, {"role": "admin", "team": ""}),
        },
    )  # fmt: skip

    assert response.status_code == 302
    rita = User.objects.get(email="rita@example.com")
    assert rita.check_password("correct horse battery")
    assert (rita.is_staff, rita.is_superuser) == (True, True)
    assert set(rita.memberships.values_list("role", "team")) == {("bdr", team.pk), ("admin", None)}
    change = SettingChange.objects.get(model="team.User", object_id=str(rita.pk))
    assert change.by == ada
    assert "new_password" not in change.changes
    assert "battery" not in str(change.changes)


def test_losing_the_role_of_admin_closes_the_door(site, team):
    rita = User.objects.create_superuser("rita@example.com", "a long enough password", name="Rita")
    held = rita.memberships.get()

    site.post(
        url(User, "change", rita.pk),
        {
            "name": "Rita", "email": rita.email, "time_zone": "UTC", "open_limit": 40, "touches_goal": 60,
            **inline("memberships", {"id": held.pk, "user": rita.pk, "role": "admin", "DELETE": "on"}, first=1),
        },
    )  # fmt: skip

    rita.refresh_from_db()
    assert (rita.is_staff, rita.is_superuser) == (False, False)


def test_nobody_takes_the_administration_from_herself(site, ada):
    held = ada.memberships.get()

    response = site.post(
        url(User, "change", ada.pk),
        {
            "name": "Ada", "email": ada.email, "time_zone": "UTC", "open_limit": 40, "touches_goal": 60,
            **inline("memberships", {"id": held.pk, "user": ada.pk, "role": "admin", "DELETE": "on"}, first=1),
        },
    )  # fmt: skip

    assert response.status_code == 200
    assert "You cannot take the role of admin away from yourself." in response.text
    assert Membership.objects.filter(user=ada, role=Role.ADMIN).exists()


def test_a_weak_password_is_refused(site):
    response = site.post(
        url(User, "add"),
        {"name": "Rita", "email": "r@example.com", "new_password": "short", "time_zone": "UTC", "open_limit": 1,
         "touches_goal": 1, **inline("memberships")},
    )  # fmt: skip

    assert response.status_code == 200
    assert not User.objects.filter(name="Rita").exists()


def test_deactivating_passes_on_what_she_held(site, team, alice, mona):
    working = make_lead(phase="working", bdr=alice)
    asleep = make_lead(phase="nurture", bdr=alice)

    site.post(url(User, "changelist"), {"action": "deactivate", "_selected_action": [alice.pk]})

    alice.refresh_from_db()
    assert alice.is_active is False
    assert Lead.objects.get(pk=working.pk).phase == "queued"
    assert Lead.objects.get(pk=asleep.pk).bdr == mona


def test_an_ae_with_deals_is_not_deactivated_without_a_backup(site, alice, peter):
    make_lead(phase="qualified", bdr=alice, ae=peter)

    response = site.post(url(User, "changelist"), {"action": "deactivate", "_selected_action": [peter.pk]}, follow=True)

    assert "Name the account executive who takes the deals." in response.text
    peter.refresh_from_db()
    assert peter.is_active is True


def test_standings_and_hours_are_not_changed_behind_the_back_of_what_runs_by_them(site, team):
    calendar, account, person = team.calendar, make_account(name="Corvane"), make_person()
    other = Calendar.objects.create(name="Other", time_zone="UTC")
    hours = {"name": "North", "time_zone": "Europe/Oslo", "country": "", "subdivision": ""}

    assert site.get(url(Calendar, "change", calendar.pk)).status_code == 200
    assert site.post(url(Calendar, "change", calendar.pk), hours).status_code == 403
    site.post(url(Team, "change", team.pk), {"name": "North", "calendar": other.pk, **inline("memberships")})
    ids = {**inline("external_ids"), **inline("domains")}
    site.post(url(type(account), "change", account.pk), {"name": "Corvane", "standing": "customer", **ids})
    names = {"given_name": "Ada", "family_name": "Holm", "standing": "customer"}
    forms = [inline(prefix) for prefix in ("contact_points", "employments", "external_ids", "suppressions")]
    site.post(url(type(person), "change", person.pk), names | {k: v for form in forms for k, v in form.items()})

    for row in (calendar, team, account, person):
        row.refresh_from_db()
    assert (calendar.name, calendar.time_zone, team.calendar_id) != ("North", "Europe/Oslo", other.pk)
    assert (team.calendar_id, team.name) == (calendar.pk, "North")
    assert (account.standing, person.standing, person.family_name) == ("prospect", "prospect", "Holm")


def test_codes_change_their_label_at_once_and_their_key_never(site):
    stage = Stage.objects.get(key="attempting")

    site.post(url(Stage, "change", stage.pk), {"label": "Trying", "position": 2, "key": "x", "phase": "closed"})

    stage.refresh_from_db()
    assert (stage.label, stage.key, stage.phase) == ("Trying", "attempting", "working")
    assert SettingChange.objects.get(model="agreement.Stage").changes == {"label": ["Attempting", "Trying"]}


def test_a_published_agreement_is_not_changed(site):
    version = AgreementVersion.objects.get()

    assert site.get(url(AgreementVersion, "change", version.pk)).status_code == 200
    assert site.post(url(AgreementVersion, "change", version.pk), {"note": "x"}).status_code == 403


def test_the_attempts_of_a_cadence_stay_as_they_were_begun(site):
    cadence = Cadence.objects.get(key="content")
    steps = list(cadence.steps.values_list("position", "kind"))
    rows = [
        {"id": step.pk, "cadence": cadence.pk, "position": 99, "day_offset": 1, "kind": "email"}
        for step in cadence.steps.all()
    ]

    site.post(
        url(Cadence, "change", cadence.pk),
        {"label": "Inbound", "is_current": "on", **inline("steps", *rows, first=len(rows))},
    )

    cadence.refresh_from_db()
    assert cadence.label == "Inbound"
    assert list(cadence.steps.values_list("position", "kind")) == steps


def test_a_renamed_account_is_found_by_its_new_name(site):
    account = make_account(name="Old Name")
    her = make_person(given_name="", family_name="", email=None, account=account)
    index_accounts([account.pk])

    site.post(
        url(type(account), "change", account.pk),
        {"name": "New Name", **inline("domains"), **inline("external_ids")},
    )

    account.refresh_from_db()
    assert (account.name, account.standing, account.version) == ("New Name", "prospect", 2)
    assert "new name" in SearchText.objects.get(account=account).text
    her.refresh_from_db()
    assert str(her) == "New Name"
    assert "new name" in SearchText.objects.get(person=her).text


def test_teams_are_retired_and_never_deleted(site):
    team = make_team("West", is_default=False)

    assert site.post(url(Team, "delete", team.pk), {"post": "yes"}).status_code == 403
    assert Team.objects.filter(pk=team.pk).exists()


@pytest.mark.parametrize("rows", [1, 20])
def test_a_list_costs_the_same_queries_for_any_number_of_rows(site, alice, rows, django_assert_num_queries):
    now = timezone.now()
    for _ in range(rows):
        make_lead(phase="working", bdr=alice, at=now - timedelta(hours=1), person=make_person(account=make_account()))
    site.get(url(Lead, "changelist"))

    # session, user; count, leads; teams for the filter
    with django_assert_num_queries(5):
        site.get(url(Lead, "changelist"))
