"""What somebody answered, reads and was sent is shown to whom her lead is, on the pages of tracks and of mail, too."""

from django.urls import reverse
from django.utils import timezone

from accounts.search import index_people
from agreement.models import Criterion, Phase
from leads.actions.closing import disqualify_lead
from nurture.actions.advancing import advance
from nurture.actions.enrolling import enrol
from nurture.models import Enrolment, Message
from tests.make import NOON, make_lead, make_person, reason
from tests.nurture.making import email, goal, leave, make_asset, make_message, make_track, wait


def sleeper(name, rep, person=None):
    return make_lead(phase=Phase.NURTURE, bdr=rep, person=person or make_person(given_name=name, family_name="Brevik"))


def test_a_track_is_tried_on_whose_lead_one_may_see_only(client, alice, eve, marketer):
    criterion = Criterion.objects.first()
    track = make_track(goal("criterion", criterion=criterion), wait(3), email())
    ada = sleeper("Ada", alice)
    inquiry = make_person()
    index_people([ada.person_id, inquiry.pk])
    tried = reverse("nurture:track_try", args=[track.public_id])

    def asked(user, person):
        client.force_login(user)
        return client.get(tried, {"person": person.public_id}).status_code

    assert [asked(user, ada.person) for user in (alice, marketer, eve)] == [200, 200, 404]
    # Who never had a pursuit is known by those who keep tracks.
    assert [asked(user, inquiry) for user in (marketer, alice, eve)] == [200, 404, 404]
    client.force_login(eve)
    assert client.post(tried, {"person": ada.person.public_id}).status_code == 404
    assert not Enrolment.objects.exists()
    found = client.get(tried, {"q": ada.person.family_name}).text
    assert str(ada.person) in found
    assert f"?person={ada.person.public_id}" not in found
    # She was theirs once, and is pursued by others now.
    sleeper("", eve, inquiry)
    assert asked(eve, inquiry) == 200


def test_behind_the_figures_of_a_track_stand_names_of_ones_own_leads(client, alice, eve, marketer):
    track = make_track(wait(3), email(subject="For you"))
    north, south = sleeper("Nora", alice), sleeper("Susa", eve)
    inquiry = make_person(given_name="Ingo", family_name="Brevik")
    for lead in (north, south):
        enrol(lead.person, track=track, by=marketer, at=timezone.now())
    enrol(inquiry, track=track, by=marketer, at=timezone.now())
    people = reverse("nurture:track_people", args=[track.public_id])

    def named(user):
        client.force_login(user)
        page = client.get(people, {"what": "under_way"})
        assert page.context["total"] == 3
        return [str(who) for who in (north.person, south.person, inquiry) if str(who) in page.text], page.text

    assert named(marketer)[0] == [str(north.person), str(south.person), str(inquiry)]
    assert named(alice)[0] == [str(north.person)]
    shown, text = named(eve)
    assert shown == [str(south.person)]
    assert "2 more are no leads of your teams" in text


def test_letters_of_other_teams_are_counted_and_not_named(client, alice, eve, marketer):
    now = timezone.now()
    asset = make_asset()
    north, south = sleeper("Nora", alice), sleeper("Susa", eve)
    for lead in (north, south):
        leave(make_message(lead=lead, asset=asset), at=now)
        by_hand = Message.objects.create(
            kind="by_hand", person=lead.person, lead=lead, by=lead.bdr, planned_at=now, due_at=now
        )
        leave(by_hand, at=now)
    came, sends = reverse("nurture:asset_worth", args=[asset.public_id]), reverse("nurture:sends")

    client.force_login(marketer)
    assert all(str(lead.person) in client.get(page).text for lead in (north, south) for page in (came, sends))
    client.force_login(eve)
    for page in (came, sends):
        text = client.get(page).text
        assert (str(north.person) in text, str(south.person) in text) == (False, True)
        assert "1 letter more" in text or "1 e-mail more" in text


def test_the_panel_of_a_lead_that_was_theirs_says_nothing_of_the_pursuit_that_is_not(client, alice, eve):
    track = make_track(wait(3), name="Quiet feed")
    person = make_person()
    theirs = sleeper("", eve, person)
    disqualify_lead(theirs, reason=reason("bad_data"), by=eve, at=NOON)
    now_hers = sleeper("", alice, person)
    enrol(person, track=track, by=alice, at=NOON)
    advance(at=NOON)
    client.force_login(eve)
    panel = client.get(reverse("nurture:lead_panel", args=[theirs.public_id]))
    assert panel.status_code == 200
    assert "Quiet feed" not in panel.text
    client.force_login(alice)
    assert "Quiet feed" in client.get(reverse("nurture:lead_panel", args=[now_hers.public_id])).text


def test_what_was_sent_to_an_inquiry_is_named_to_her_rep_and_leads_nowhere_that_is_refused(client, alice, marketer):
    inquiry = make_person()
    enrolment = enrol(inquiry, track=make_track(email(subject="For you"), wait(9)), by=marketer, at=NOON)
    advance(at=NOON)
    letter = Message.objects.get(enrolment=enrolment)
    leave(letter, at=NOON)
    lead = sleeper("", alice, inquiry)
    panel, link = (
        reverse("nurture:lead_panel", args=[lead.public_id]), reverse("nurture:message", args=[letter.public_id]),
    )  # fmt: skip

    told = {}
    for user in (alice, marketer):
        client.force_login(user)
        page = client.get(panel).text
        told[user] = ("For you" in page, link in page, client.get(link).status_code)

    assert told == {alice: (True, False, 404), marketer: (True, True, 200)}
