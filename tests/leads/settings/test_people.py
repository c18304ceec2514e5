"""Users: added like a colleague, given roles and limits, a role taken with what it held, let in, taken back."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

from agreement.models import Phase
from leads.checking import check_all
from leads.models import Lead
from leads.settings.changing import change_setting, preview, preview_revert, revert_change
from leads.settings.kind import SettingRefused
from leads.settings.people import People
from team.models import AuditEntry, Membership, Role, SettingChange, Territory, User
from tests.make import NOON, make_calendar, make_lead, make_team, make_user

pytestmark = pytest.mark.django_db
KIND = People()


@pytest.fixture
def south(eve):
    return eve.memberships.get().team


def roles(user):
    return list(Membership.objects.filter(user=user).order_by("pk").values_list("role", "team"))


def said(pk, new):
    return [(one.text, one.soft) for one in preview(KIND, pk, new, at=NOON).touches]


def test_a_new_user_is_like_a_colleague_and_is_let_in(client, save, alice, peter, dora):
    hours = make_calendar()
    User.objects.filter(pk=alice.pk).update(calendar=hours, backup=peter, open_limit=12, time_zone="Europe/Oslo")
    Membership.objects.create(user=alice, role=Role.ADMIN)
    client.force_login(dora)
    form = client.get(reverse("leads:setting_new", args=["people"]), {"like": alice.pk}).context["form"]
    sent = {field.html_name: field.value() for field in form if field.value() is not None}

    answer = client.post(
        reverse("leads:setting_new", args=["people"]), sent | {"name": "Rita", "email": "R@corvane.io", "save": "1"}
    )

    rita = User.objects.get(email="r@corvane.io")
    assert (rita.calendar, rita.backup, rita.open_limit, rita.time_zone) == (hours, peter, 12, "Europe/Oslo")
    # Whoever is like an admin is none for it.
    assert roles(rita) == [("bdr", alice.memberships.first().team_id)]
    assert answer.url == reverse("leads:person_login", args=[rita.pk])
    assert not rita.has_usable_password()

    page = client.post(answer.url, {"act": "password"})

    rita.refresh_from_db()
    assert rita.check_password(page.context["password"])
    assert "no-store" in page.headers["Cache-Control"]
    assert page.context["password"] not in client.get(answer.url).text
    assert page.context["password"] not in str(SettingChange.objects.values_list("changes", flat=True))


def test_what_was_typed_stays_when_a_colleague_is_copied_into_the_form(client, dora, alice, peter):
    alice.backup, alice.open_limit = peter, 77
    alice.save(update_fields=["backup", "open_limit"])
    client.force_login(dora)
    url = reverse("leads:setting_new", args=["people"])
    typed = {"name": "Nina Berg", "email": "nina@example.com", "open_limit": "5"}

    copied = client.post(url, {**typed, "like": alice.pk, "copy": "1"})
    form = copied.context["form"]
    assert [form[name].value() for name in ("name", "email", "open_limit")] == ["Nina Berg", "nina@example.com", 77]
    assert form["role_0"].value() == Role.BDR
    assert 'name="copy" value="1" form="setting"' in copied.text
    assert not User.objects.filter(email="nina@example.com").exists()
    # Nobody was chosen: then the form is looked at as it stands.
    assert client.post(url, {**typed, "like": "", "copy": "1"}).context["form"]["open_limit"].value() == "5"


def test_a_link_to_choose_a_password_goes_to_her_alone(client, dora, alice):
    client.force_login(dora)

    client.post(reverse("leads:person_login", args=[alice.pk]), {"act": "link"})

    assert [letter.to for letter in mail.outbox] == [[alice.email]]
    noted = AuditEntry.objects.get(verb="let_in")
    assert (noted.by, noted.about_id) == (dora, str(alice.pk))
    assert "sent a login link" in client.get(reverse("leads:audit")).text


def test_the_territories_of_a_colleague_are_taken_over_only_if_asked(client, save, alice, dora):
    team = alice.memberships.get().team
    spain = Territory.objects.create(name="Spain", team=team, bdr=alice, country="ES")
    client.force_login(dora)
    url = reverse("leads:setting_new", args=["people"])

    assert client.get(url, {"like": alice.pk}).context["form"]["territories"].value() is None
    form = client.get(url, {"like": alice.pk, "territories": "1"}).context["form"]
    assert form["territories"].value() == [spain.pk]

    bob = make_user("bob", Role.BDR, team=team)
    change_setting(KIND, bob.pk, {"territories": [spain.pk]}, by=dora, at=NOON)

    assert Territory.objects.get().bdr == bob
    cara = make_user("cara", Role.BDR, team=team)
    assert said(cara.pk, {"territories": [spain.pk]}) == [("New leads of Spain go to them, not to Bob", "")]


def test_a_role_that_is_taken_passes_on_what_it_held_and_the_preview_says_to_whom(
    team, south, alice, mona, peter, dora, revert_last
):
    Membership.objects.create(user=alice, role=Role.BDR, team=south)
    worked, asleep = (make_lead(phase=phase, bdr=alice, team=team) for phase in (Phase.WORKING, Phase.NURTURE))
    kept = make_lead(phase=Phase.WORKING, bdr=alice, team=south)
    new = {"roles": [["bdr", south.pk]]}

    assert said(alice.pk, new) == [("1 lead to the pool of North", "1 working"), ("1 lead to Mona", "1 nurture")]
    change_setting(KIND, alice.pk, new, by=dora, at=NOON)

    held = {lead.pk: (lead.phase, lead.bdr) for lead in Lead.objects.select_related("bdr")}
    assert held == {
        worked.pk: (Phase.QUEUED, None),
        asleep.pk: (Phase.NURTURE, mona),
        kept.pk: (Phase.WORKING, alice),
    }
    assert not any(check_all(at=NOON).values())

    revert_last("people")

    assert set(roles(alice)) == {("bdr", team.pk), ("bdr", south.pk)}
    assert Lead.objects.get(pk=worked.pk).bdr is None


def test_deals_of_an_ae_no_more_go_to_her_backup(alice, peter, dora):
    paula = make_user("paula", Role.AE)
    User.objects.filter(pk=peter.pk).update(backup=paula)
    deal, sent = (make_lead(phase=phase, bdr=alice, ae=peter) for phase in (Phase.ACCEPTED, Phase.HANDED_OFF))

    assert [text for text, _soft in said(peter.pk, {"roles": []})] == [
        "1 lead that sales has to Paula",
        "1 unanswered hand-off back to its rep",
        "Without a role they see nothing",
    ]
    change_setting(KIND, peter.pk, {"roles": []}, by=dora, at=NOON)

    deal.refresh_from_db()
    sent.refresh_from_db()
    assert (deal.ae, sent.phase) == (paula, Phase.WORKING)


def test_a_backup_named_with_the_loss_of_the_role_is_who_the_preview_names(alice, peter, dora):
    paula, petra = make_user("paula", Role.AE), make_user("petra", Role.AE)
    User.objects.filter(pk=peter.pk).update(backup=paula)
    deal = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    both = {"roles": [["marketer", None]], "backup": petra.pk}

    assert said(peter.pk, both)[0][0] == "1 lead that sales has to Petra"
    change_setting(KIND, peter.pk, both, by=dora, at=NOON)

    assert Lead.objects.get(pk=deal.pk).ae == petra


def test_her_territories_go_with_the_role_and_come_back_with_it(team, south, alice, save, revert_last):
    Membership.objects.create(user=alice, role=Role.BDR, team=south)
    spain = Territory.objects.create(name="Spain", team=south, bdr=alice, country="ES")

    save("people", alice.pk, role_1="", team_1="")
    assert Territory.objects.get().bdr is None

    revert_last("people")
    assert Territory.objects.get(pk=spain.pk).bdr == alice


def test_a_territory_of_a_team_where_she_is_no_bdr_is_refused(south, alice, eve, save):
    spain = Territory.objects.create(name="Spain", team=south, bdr=eve, country="ES")

    answer = save("people", alice.pk, territories=[spain.pk])

    assert answer.status_code == 422
    assert "Spain goes to South, where they are no BDR." in answer.text


def test_nobody_takes_the_administration_from_herself_and_one_admin_stays(dora, alice):
    with pytest.raises(SettingRefused, match="away from yourself"):
        change_setting(KIND, dora.pk, {"roles": []}, by=dora, at=NOON)

    ada = make_user("ada", Role.ADMIN)
    change_setting(KIND, ada.pk, {"roles": []}, by=dora, at=NOON)
    assert not User.objects.get(pk=ada.pk).is_staff

    # Read before Dora took the role from her.
    stale = User.objects.get(pk=ada.pk)
    stale.__dict__["held"] = frozenset({("admin", None)})
    with pytest.raises(SettingRefused, match="one always stays"):
        change_setting(KIND, dora.pk, {"roles": []}, by=stale, at=NOON)
    assert dora.memberships.filter(role=Role.ADMIN).exists()


def test_whoever_becomes_an_admin_enters_the_administration_and_loses_it_with_the_revert(alice, save, revert_last):
    save("people", alice.pk, role_1="admin")
    assert User.objects.get(pk=alice.pk).is_superuser

    revert_last("people")
    assert not User.objects.get(pk=alice.pk).is_superuser


def test_two_users_do_not_share_an_address_and_bdrs_have_a_team(save, alice, bob):
    assert "There is, or was, a user with this address." in save("people", alice.pk, email=bob.email.upper()).text
    assert "Say the team in which they are it." in save("people", alice.pk, role_1="manager").text
    assert (
        "They have this role already"
        in save("people", alice.pk, role_1="bdr", team_1=str(alice.memberships.get().team_id)).text
    )


def test_a_user_is_taken_back_until_she_has_worked(save, revert_last, team, alice):
    save("people", name="Rita", email="rita@corvane.io", role_0="bdr", team_0=str(team.pk))
    rita = User.objects.get(email="rita@corvane.io")
    User.objects.filter(pk=rita.pk).update(last_login=NOON)
    with pytest.raises(SettingRefused, match="let them leave instead"):
        revert_last("people")

    User.objects.filter(pk=rita.pk).update(last_login=None)
    revert_last("people")

    assert not User.objects.filter(pk=rita.pk).exists()


def test_another_address_signs_in_and_the_one_before_does_not(save, alice):
    User.objects.filter(pk=alice.pk).update(email="old@corvane.io")
    alice.refresh_from_db()
    alice.set_password("correct horse battery")
    alice.save()
    # As it is kept once she has followed a link that was sent there.
    EmailAddress.objects.create(user=alice, email="old@corvane.io", verified=True, primary=True)

    save("people", alice.pk, email="new@corvane.io")

    def signs_in(email):
        sent = {"login": email, "password": "correct horse battery"}
        return Client().post(reverse("account_login"), sent).status_code == 302

    assert (signs_in("old@corvane.io"), signs_in("new@corvane.io")) == (False, True)


def test_the_list_says_what_each_is_and_holds(client, dora, alice, mona):
    make_lead(phase=Phase.WORKING, bdr=alice)
    User.objects.filter(pk=alice.pk).update(last_login=None)
    client.force_login(dora)

    page = client.get(reverse("leads:setting_list", args=["people"])).text

    assert "BDR North" in page
    assert "holds 1 of 40" in page
    assert "never signed in" in page


def test_no_number_of_people_changes_the_queries_of_the_list(client, dora, team, django_assert_num_queries):
    client.force_login(dora)
    url = reverse("leads:setting_list", args=["people"])
    client.get(url)
    for _round in range(2):
        for _n in range(5):
            make_user("rep", Role.BDR, team=team)
        # session, user, roles; loads, teams, users, memberships; history; the rail's
        with django_assert_num_queries(9):
            client.get(url)


def test_a_team_added_from_a_group_is_the_first_role(client, dora):
    team = make_team("West")
    client.force_login(dora)

    form = client.get(reverse("leads:setting_new", args=["people"]), {"team": team.pk}).context["form"]

    assert (form["role_0"].value(), form["team_0"].value()) == ("bdr", team.pk)


def test_what_saving_would_refuse_is_refused_before_its_preview_says_go_ahead(client, dora, alice, bob):
    client.force_login(dora)
    url = reverse("leads:setting", args=["people", alice.pk])
    form = client.get(url).context["form"]
    sent = {field.html_name: field.value() for field in form if field.value() is not None}

    refused = client.post(url, sent | {"email": bob.email})
    agreed = client.post(url, sent | {"email": "rita@corvane.io"})

    assert (refused.status_code, refused.context["preview"]) == (422, None)
    assert "There is, or was, a user with this address." in refused.text
    assert (agreed.status_code, bool(agreed.context["preview"])) == (200, True)
    # Only looked at: nothing is kept.
    assert not User.objects.filter(email="rita@corvane.io").exists()
    assert not SettingChange.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("part", ["calendar", "backup"])
def test_what_was_taken_away_since_is_no_revert_and_no_error_at_the_very_end(client, alice, peter, dora, part):
    was = make_calendar() if part == "calendar" else make_user("paula", Role.AE)
    new = {"calendar": make_calendar(), "backup": peter}[part]
    change_setting(KIND, alice.pk, {part: was.pk}, by=dora, at=NOON)
    made = change_setting(KIND, alice.pk, {part: new.pk}, by=dora, at=NOON)
    was.delete()

    for goes_back in (preview_revert, revert_change):
        with pytest.raises(SettingRefused, match="is not there any more"):
            goes_back(KIND, made, by=dora, at=NOON)
    client.force_login(dora)
    assert "is not there any more" in client.get(reverse("leads:setting_revert", args=[made.pk])).text
