"""*Send it again* is a human's word, and no more than that: what would never leave is refused, with the reason."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.actions.people import mark_contact_point, suppress_key, suppress_person
from accounts.models import ContactPoint
from leads.models import Consent
from nurture.actions.consenting import note_consent
from nurture.actions.deciding import send_again
from nurture.actions.sending import deliver
from nurture.models import Enrolment, Message
from team.models import AuditEntry, Role
from tests.make import NOON, make_asset, make_person, make_user
from tests.nurture.making import make_letter_track, make_message

pytestmark = pytest.mark.django_db


def bounced(message, admin):
    mark_contact_point(message.person.contact_points.get(kind="email"), ContactPoint.State.BOUNCED, by=None, at=NOON)


def silent(message, admin):
    suppress_person(message.person, "email", source="test", at=NOON)


def address_silent(message, admin):
    suppress_key("ada@brevik.example", "email", source="test", at=NOON)


def took_consent_back(message, admin):
    note_consent(message.person, is_given=False, source=Consent.Source.PREFERENCES, evidence="No.", at=NOON)


def expired(message, admin):
    type(message.asset).objects.update(expires_on=NOON.date() - timedelta(days=400))


def ended(message, admin):
    Enrolment.objects.update(state="ended", outcome="stopped", ended_at=NOON, due_at=None)


@pytest.mark.parametrize("state", ["refused", "unknown"])
@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (bounced, "No address of Ada takes mail: it is not sent again."),
        (silent, "Ada asked for no e-mail: it is not sent again."),
        (address_silent, "Ada asked for no e-mail: it is not sent again."),
        (took_consent_back, "It is not sent again: they have not agreed to get it."),
        (expired, "It is not sent again: what it brings has expired."),
        (ended, "It is not sent again: the track had ended for them."),
    ],
)
def test_what_would_never_leave_is_refused_with_the_reason(client, rules, happens, said, state):
    admin = make_user("ada", Role.ADMIN)
    message = stuck(state)
    happens(message, admin)
    client.force_login(admin)

    page = client.post(reverse("nurture:message_decide", args=[message.public_id]), {"say": "again"}, follow=True)

    message.refresh_from_db()
    assert said in page.text
    assert message.state == state
    assert not AuditEntry.objects.filter(about="nurture.message").exists()


def test_who_has_another_address_gets_it_there(sink, rules, clock):
    message = stuck("refused")
    bounced(message, None)
    other = "ada@corvane.example"
    ContactPoint.objects.create(person=message.person, kind="email", value=other, normalised=other)

    send_again(message, by=make_user("mona"), at=NOON)
    deliver(by="me", clock=clock)

    message.refresh_from_db()
    assert (message.state, message.body.to_address) == ("sent", other)


def stuck(state):
    person = make_person(given_name="Ada", family_name="", email="ada@brevik.example", time_zone="UTC")
    message = make_message(make_letter_track(asset=make_asset("The guide")), person)
    why = {"because": "hard"} if state == "refused" else {"claimed_at": NOON, "to_hash": "x", "begun_at": NOON}
    Message.objects.filter(pk=message.pk).update(state=state, due_at=None, **why)
    message.refresh_from_db()
    return message
