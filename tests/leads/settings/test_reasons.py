"""Reasons: named and ordered at once, ruled by versions; a new one can be given at once."""

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import AgreementVersion, Disposition, Phase, Reason, ReasonRule
from leads.actions.closing import disqualify_lead
from leads.actions.handing import reject_hand_off
from leads.actions.recycling import recycle_lead
from leads.checking import check_all
from leads.models import Recycling, SecondLook
from leads.settings.changing import preview
from leads.settings.dispositions import Dispositions
from leads.settings.kind import SettingConflict, SettingRefused
from leads.settings.reasons import Reasons
from team.models import SettingChange
from tests.make import NOON, make_lead, reason

pytestmark = pytest.mark.django_db

FREEZE = {"label": "Budget freeze", "category": "not_ready", "facts": ["wake_on"], "wake_days": "45"}


def rule(key):
    return ReasonRule.objects.get(version=AgreementVersion.objects.in_force(), reason__key=key)


def rules():
    """What the agreement in force says of each reason in use."""
    now = ReasonRule.objects.filter(version=AgreementVersion.objects.in_force(), reason__retired_at=None)
    left = ("id", "version_id")
    return [
        {k: v for k, v in row.items() if k not in left} | {"label": label}
        for row, label in zip(
            now.order_by("reason__position").values(),
            now.order_by("reason__position").values_list("reason__label", flat=True),
            strict=True,
        )
    ]


def add(client, dora, kind, **fields):
    client.force_login(dora)
    url = reverse("leads:setting_new", args=["reasons"]) + f"?kind={kind}"
    form = client.get(url).context["form"]
    sent = {field.html_name: field.value() for field in form if field.value() is not None}
    return client.post(url, {**sent, **fields, "save": "1"})


def forms_of(client, user, lead, panel):
    client.force_login(user)
    return client.get(reverse("leads:lead", args=[lead.public_id]) + f"?form={panel}").text


def test_a_new_reason_is_offered_with_its_facts_at_once_whenever_the_lead_came_in(client, dora, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())

    assert add(client, dora, "recycle", **FREEZE).status_code == 302

    new = reason("budget_freeze")
    page = forms_of(client, alice, lead, "recycle")
    assert "Budget freeze" in page
    # The reasons that ask for a day, by their number.
    asked = page.partition("if a day was named")[0].rpartition('data-when="reason=')[2].partition('"')[0]
    assert str(new.pk) in asked.split()

    recycle_lead(lead, reason=new, by=alice, at=timezone.now())
    assert Recycling.objects.get(lead=lead).category == "not_ready"
    assert lead.agreement.number == 1
    assert not any(check_all(at=timezone.now()).values())


def test_a_new_reason_to_disqualify_asks_for_its_second_look(client, dora, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    add(client, dora, "disqualify", label="Too small", second_look="on")

    assert "Too small" in forms_of(client, alice, lead, "disqualify")
    disqualify_lead(lead, reason=reason("too_small"), by=alice, at=timezone.now())

    assert SecondLook.objects.filter(lead=lead).exists()


def test_a_new_pick_carries_its_destination(client, dora, alice, peter):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, at=timezone.now())
    add(
        client, dora, "reject", label="Wrong season", destination="nurture", wake_days="30",
        destination_reason=str(reason("no_authority").pk),
    )  # fmt: skip

    hand_off = lead.hand_offs.get()
    reject_hand_off(hand_off, reason=reason("wrong_season"), by=peter, at=timezone.now())

    lead.refresh_from_db()
    assert (lead.phase, lead.reason.key) == (Phase.NURTURE, "no_authority")
    assert Recycling.objects.get(lead=lead).category == "no_authority"


def test_a_changed_rule_holds_for_whoever_comes_in_from_then_on(save, revert_last, alice):
    before = rules()
    early = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    save("reasons", reason("not_ready").pk, wake_days="10")
    late = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    now = timezone.now()
    for lead in (early, late):
        recycle_lead(lead, reason=reason("not_ready"), by=alice, at=now)
        lead.refresh_from_db()

    assert (early.wake_at - late.wake_at).days == 80
    revert_last("reasons")
    assert rules() == before
    assert AgreementVersion.objects.in_force().number == 3


def test_a_name_changes_at_once_and_publishes_nothing(save):
    save("reasons", reason("not_ready").pk, label="Not  yet")

    assert reason("not_ready").label == "Not yet"
    assert AgreementVersion.objects.count() == 1


def test_the_revert_takes_back_what_nobody_gave_and_its_revert_brings_the_same_back(client, dora, revert_last):
    before = rules()
    add(client, dora, "recycle", **FREEZE)
    with_it = rules()

    revert_last("reasons")
    assert rules() == before
    assert Reasons().read(reason("budget_freeze").pk) is None

    revert_last("reasons")
    assert rules() == with_it
    assert Reason.objects.filter(label="Budget freeze").count() == 1


def test_a_reason_that_was_given_is_not_taken_back(client, dora, revert_last, alice):
    add(client, dora, "recycle", **FREEZE)
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    recycle_lead(lead, reason=reason("budget_freeze"), by=alice, at=timezone.now())

    with pytest.raises(SettingRefused, match="“Budget freeze” was given already: retire it instead"):
        revert_last("reasons")

    assert reason("budget_freeze").retired_at is None
    assert AgreementVersion.objects.in_force().number == 2


def test_a_retired_reason_goes_on_as_its_successor_and_its_revert_is_exact(client, dora, save, revert_last, alice):
    add(client, dora, "recycle", **FREEZE)
    Disposition.objects.filter(key="not_now").update(reason=reason("not_ready"))
    before, freeze = rules(), reason("budget_freeze")
    kept = Reasons().read(reason("reject_no_need").pk)
    early = make_lead(phase=Phase.HANDED_OFF, bdr=alice, at=timezone.now())

    save("reasons", reason("not_ready").pk, page="_retire", successor=freeze.pk)

    assert "not_ready" not in forms_of(client, alice, make_lead(phase=Phase.WORKING, bdr=alice), "recycle")
    assert Reasons().read(reason("reject_no_need").pk)["destination_reason"] == freeze.pk
    reject_hand_off(early.hand_offs.get(), reason=reason("reject_no_need"), by=early.ae, at=timezone.now())
    early.refresh_from_db()
    assert early.reason == freeze

    revert_last("reasons")
    assert rules() == before
    assert Reasons().read(reason("reject_no_need").pk) == kept


def test_what_names_a_retired_reason_keeps_it_through_a_change_of_something_else(client, dora, save):
    add(client, dora, "recycle", **FREEZE)
    pick, call = reason("reject_no_need"), Disposition.objects.get(key="not_now")
    save("reasons", reason("not_ready").pk, page="_retire", successor=reason("budget_freeze").pk)
    retired = SettingChange.objects.latest("id")

    assert save("reasons", pick.pk, wake_days="33").status_code == 302
    assert save("dispositions", call.pk, label="Later").status_code == 302
    assert Dispositions().read(call.pk)["reason"] == reason("budget_freeze").pk

    client.post(reverse("leads:setting_revert", args=[retired.pk]))
    assert Reasons().read(pick.pk)["destination_reason"] == reason("not_ready").pk
    assert Dispositions().read(call.pk)["reason"] == reason("not_ready").pk


def test_a_call_that_goes_on_with_a_retired_reason_proposes_its_successor(client, dora, save, alice):
    add(client, dora, "recycle", **FREEZE)
    save("reasons", reason("not_ready").pk, page="_retire", successor=reason("budget_freeze").pk)
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    client.force_login(alice)

    said = Disposition.objects.get(key="not_now")
    answer = client.post(
        reverse("leads:log_call", args=[lead.public_id]), {"disposition": said.pk, "version": lead.version}
    )

    assert f'value="{reason("budget_freeze").pk}" data-key="6" data-needs-more checked' in answer.text


def test_the_last_of_a_category_stays(save):
    answer = save("reasons", reason("mid_contract").pk, page="_retire", successor=reason("not_ready").pk)

    assert answer.status_code == 422
    assert "“Mid-contract” needs a reason: this is its last." in answer.text
    assert reason("mid_contract").retired_at is None


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("recycle", {"label": "Later", "category": "not_ready", "wake_days": ""}, "Nothing sleeps without a day."),
        ("recycle", {"label": "Later", "category": "not_ready", "wake_days": "9", "facts": ["shoe_size"]}, "shoe_size"),
        ("recycle", {"label": "not READY", "category": "not_ready", "wake_days": "9"}, "another one of this name"),
        ("reject", {"label": "Later", "destination": "nurture", "wake_days": "9"}, "needs a reason to recycle."),
        ("reject", {"label": "Later", "destination": "nurture"}, "Nothing sleeps without a day."),
        ("lose", {"label": "Later"}, "What sleeps needs a reason to recycle."),
    ],
)
def test_what_leads_nowhere_is_refused(client, dora, kind, fields, words):
    answer = add(client, dora, kind, **fields)

    assert answer.status_code == 422
    assert words in answer.text
    assert AgreementVersion.objects.get().number == 1


def test_a_rejection_does_not_go_on_as_a_reason_that_is_retired(client, dora, save):
    add(client, dora, "recycle", **FREEZE)
    gone = reason("not_ready")
    save("reasons", gone.pk, page="_retire", successor=reason("budget_freeze").pk)

    answer = add(
        client, dora, "reject", label="Later", destination="nurture", wake_days="9", destination_reason=str(gone.pk)
    )

    assert answer.status_code == 422
    assert "Select a valid choice" in answer.text


def test_a_fact_that_no_form_asks_for_is_not_written(dora):
    values = Reasons().read(reason("not_ready").pk)

    with pytest.raises(SettingRefused, match="No form asks for this: shoe_size"):
        Reasons().write(values["pk"], values, values | {"facts": ["shoe_size"]}, by=dora, at=timezone.now())


def test_a_category_that_changes_goes_with_the_picks_that_carry_it(client, dora, save, revert_last):
    add(client, dora, "recycle", **FREEZE)
    pk = reason("budget_freeze").pk
    add(client, dora, "reject", label="Later", destination="nurture", wake_days="9", destination_reason=str(pk))

    save("reasons", pk, category="no_authority")
    assert rule("later").category == "no_authority"

    revert_last("reasons")
    assert rule("later").category == "not_ready"


def test_the_page_says_what_a_retirement_touches(client, dora, alice):
    make_lead(phase=Phase.NURTURE, bdr=alice, at=timezone.now())
    add(client, dora, "recycle", **FREEZE)

    page = client.post(
        reverse("leads:setting_retire", args=["reasons", reason("not_ready").pk]),
        {"successor": reason("budget_freeze").pk},
    ).text

    assert "1 lead keeps it in its history" in page
    assert "2 reasons of sales send on as “Budget freeze” from now on" in page
    assert "1 disposition proposes “Budget freeze” from now on" in page


def test_open_second_looks_at_who_was_given_it_are_named_before_it_goes_or_asks_for_none(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=NOON)

    for change in ({"successor": reason("competitor").pk}, {"second_look": False}):
        said = [one.text for one in preview(Reasons(), reason("bad_data").pk, change, at=NOON).touches]
        assert "Still to be decided of who was disqualified with it: 1 open second look" in said


def test_they_are_put_in_order_among_their_kind_and_the_rep_sees_them_so(client, dora, revert_last, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    client.force_login(dora)

    client.post(reverse("leads:setting_move", args=["reasons", reason("mid_contract").pk]), {"to": "up"})

    page = forms_of(client, alice, lead, "recycle")
    assert page.index("</kbd> Mid-contract") < page.index("</kbd> Not ready")
    revert_last("reasons")
    page = forms_of(client, alice, lead, "recycle")
    assert page.index("</kbd> Mid-contract") > page.index("</kbd> Not ready")


def test_an_older_change_is_not_reverted_behind_a_newer(save, dora, revert_last):
    save("reasons", reason("not_ready").pk, wake_days="10")
    first = SettingChange.objects.latest("id")
    save("reasons", reason("not_ready").pk, wake_days="20")
    SettingChange.objects.exclude(pk=first.pk).delete()

    with pytest.raises(SettingConflict):
        revert_last("reasons")
