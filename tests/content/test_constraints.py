"""Every rule about rows of the library, shown refusing."""

from datetime import timedelta

import pytest

from content.models import (
    Asset,
    AssetAccess,
    AssetEvent,
    AssetNotice,
    AssetThumb,
    ContentRequest,
    Feedback,
    Label,
    LibraryLook,
    LibrarySearch,
    LibraryWord,
    News,
    Pulse,
    PulseAsked,
    PulseRound,
    RequestChange,
    RequestVoice,
    Talk,
)
from tests.constraints import again, constraints_of, put, refuses
from tests.make import NOON, make_asset, make_user

CONSTRAINTS = constraints_of("content")


def asset():
    return Asset.objects.create(title="Fewer stops", kind="guide")


def same_title():
    asset()
    asset()


def itself():
    row = asset()
    put(row, successor=row)


def version():
    return make_asset().versions.get()


def access(**fields):
    AssetAccess.objects.create(
        **{"asset": asset(), "user": make_user("ana"), "at": NOON, "did": "used", "place": "lead", **fields}
    )


def thumb(**fields):
    row = version()
    known = {"asset": row.asset, "user": row.made_by, "version": row, "is_up": True, "at": NOON}
    return AssetThumb.objects.create(**{**known, **fields})


def notice(**fields):
    row = asset()
    user = make_user("mark")
    return AssetNotice.objects.create(
        **{"asset": row, "user": user, "kind": "expired", "day": NOON.date(), "at": NOON, **fields}
    )


def asked(**fields):
    made_by = make_user("ana")
    return ContentRequest.objects.create(**{"need": "A case study", "made_by": made_by, "made_at": NOON, **fields})


def voice(**fields):
    row = asked()
    return RequestVoice.objects.create(**{"request": row, "user": row.made_by, "at": NOON, **fields})


def change(**fields):
    row = asked()
    return RequestChange.objects.create(**{"request": row, "by": row.made_by, "at": NOON, "verb": "ask", **fields})


def news():
    row = change()
    return News.objects.create(user=row.by, change=row, at=NOON)


def joined_to_itself():
    row = asked()
    put(row, state="joined", closed_at=NOON, joined_to=row)


def pulse(**fields):
    asked = {"first": "A?", "second": "B?", "third": "C?", "next_on": NOON.date()}
    return Pulse.objects.create(**{**asked, "made_by": make_user("lea"), "made_at": NOON, **fields})


def pulse_round(**fields):
    days = {"opens_on": NOON.date(), "closes_on": NOON.date() + timedelta(days=7)}
    return PulseRound.objects.create(**{"pulse": pulse(), **days, "questions": ["A?"], "is_anonymous": True, **fields})


def feedback(**fields):
    said = {"text": "Shorter", "given_by": make_user("ana"), "is_anonymous": False, "given_on": NOON.date()}
    return Feedback.objects.create(**{**said, **fields})


def talk(**fields):
    held = {"held_on": NOON.date(), "noted_on": NOON.date(), "noted_at": NOON, "text": "Shorter"}
    return Talk.objects.create(**{**held, "rep": make_user("ana"), "by": make_user("lea"), **fields})


def talk_with_oneself():
    ana = make_user("ana")
    talk(rep=ana, by=ana)


def closed(**fields):
    return feedback(closed_at=NOON, outcome="Done", **fields)


CASES = {
    "librarylook_asset_is_a_key": lambda: LibraryLook.objects.create(user=make_user("ana"), at=NOON, asset=0),
    "assetnotice_kind_is_known": lambda: notice(kind="late"),
    "assetnotice_once_a_day_it_has": lambda: again(notice()),
    "pulse_asks_three_questions": lambda: pulse(third=""),
    "pulse_comes_every_few_weeks": lambda: pulse(every_weeks=0),
    "pulse_one_is_asked": lambda: again(pulse()),
    "pulseround_once_a_day": lambda: again(pulse_round()),
    "pulseround_closes_after_it_opens": lambda: pulse_round(closes_on=NOON.date()),
    "pulseasked_once_a_round": lambda: again(PulseAsked.objects.create(round=pulse_round(), user=make_user("ana"))),
    "feedback_state_is_known": lambda: closed(state="lost"),
    "feedback_says_something": lambda: feedback(text=""),
    "feedback_closed_says_what_became_of_it": lambda: closed(),
    "feedback_in_work_has_an_owner": lambda: feedback(state="in_work"),
    "feedback_heard_once_it_is_closed": lambda: feedback(heard_at=NOON),
    "feedback_of_a_talk_has_a_name": lambda: feedback(talk=talk(), is_anonymous=True),
    "talk_says_something": lambda: talk(text=""),
    "talk_is_with_somebody_else": talk_with_oneself,
    "talk_is_noted_once_it_was_held": lambda: talk(held_on=NOON.date() + timedelta(days=1)),
    "contentrequest_state_is_known": lambda: asked(state="lost", closed_at=NOON),
    "contentrequest_says_what_is_needed": lambda: asked(need=""),
    "contentrequest_needed_on_a_day_to_come": lambda: asked(
        asked_on=NOON.date(), needed_on=NOON.date() - timedelta(days=1)
    ),
    "contentrequest_closed_has_a_moment": lambda: asked(closed_at=NOON),
    "contentrequest_in_work_has_an_owner": lambda: asked(state="in_work"),
    "contentrequest_done_by_an_asset": lambda: asked(state="done", closed_at=NOON),
    "contentrequest_declined_for_a_reason": lambda: asked(state="declined", closed_at=NOON),
    "contentrequest_joined_to_another": joined_to_itself,
    "requestvoice_once_per_user": lambda: again(voice()),
    "requestvoice_once_per_user_and_lead": lambda: again(voice(lead=7)),
    "requestvoice_worth_has_a_currency": lambda: voice(worth=1),
    "requestvoice_of_no_lead_loses_none": lambda: voice(is_pursued=False),
    "requestchange_verb_is_known": lambda: change(verb="burn"),
    "news_once_per_change": lambda: again(news()),
    "asset_has_a_title": lambda: put(asset(), title=""),
    "asset_title_once_per_kind": same_title,
    "asset_is_not_its_own_successor": itself,
    "asset_retired_for_a_reason": lambda: put(asset(), retired_at=NOON),
    "assetversion_form_is_known": lambda: put(version(), form="film"),
    "assetversion_holds_what_its_form_says": lambda: put(version(), form="snippet"),
    "assetversion_leads_to_the_web": lambda: put(version(), url="javascript:alert(1)"),
    "assetversion_approved_by_somebody": lambda: put(version(), approved_by=None),
    "assetversion_current_is_approved": lambda: put(version(), approved_by=None, approved_at=None),
    "assetversion_number_once": lambda: again(version(), is_current=False),
    "assetversion_one_is_current": lambda: again(version(), number=2),
    "assetevent_verb_is_known": lambda: AssetEvent.objects.create(
        asset=asset(), at=NOON, by=make_user("ana"), verb="burn"
    ),
    "assetaccess_did_is_known": lambda: access(did="ate"),
    "assetaccess_place_is_known": lambda: access(place="moon"),
    "librarysearch_place_is_known": lambda: LibrarySearch.objects.create(
        user=make_user("ana"), at=NOON, place="moon", q="x"
    ),
    "libraryword_is_a_word": lambda: LibraryWord.objects.create(word=""),
    "assetthumb_once_per_user": lambda: again(thumb()),
    "assetthumb_down_has_a_reason": lambda: thumb(is_up=False),
    "label_dimension_is_known": lambda: Label.objects.create(dimension="mood", key="x", label="X"),
    "label_says_something": lambda: Label.objects.create(dimension="need", key="x", label=""),
    "label_key_once_per_dimension": lambda: again(Label.objects.get(dimension="persona", key="champion")),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_database_refuses(name):
    refuses(CONSTRAINTS[name], CASES[name])


def test_every_constraint_has_its_case():
    assert set(CASES) == set(CONSTRAINTS)


@pytest.mark.django_db
def test_one_title_may_be_a_guide_and_a_webinar():
    again(asset(), kind="webinar", public_id="0191d2f0-0000-7000-8000-000000000001")

    assert Asset.objects.filter(title="Fewer stops").count() == 2
