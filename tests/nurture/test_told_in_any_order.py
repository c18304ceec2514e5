"""What a provider tells comes twice, and in any order: what follows is the same, once."""

from datetime import timedelta
from itertools import permutations

import pytest

from accounts.actions.people import correct_contact_point, mark_contact_point
from accounts.models import ContactPoint, Suppression
from leads.models import LeadEvent
from nurture.models import Incoming
from team.clock import database_now
from tests.nurture.test_providers import GONE, LOGIN, read, tell
from tests.nurture.test_receiving import JO, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]

LATER = {"RecordType": "Bounce", "Type": "SoftBounce", "ID": 41, "Email": JO, "Details": "smtp;451 4.4.1 later"}
SPAM = {"RecordType": "SpamComplaint", "ID": 43, "Email": JO}
STOP = {
    "RecordType": "SubscriptionChange", "SuppressSending": True, "Recipient": JO,
    "SuppressionReason": "ManualSuppression", "ChangedAt": "2027-03-01T12:00:00Z",
}  # fmt: skip


@pytest.mark.parametrize("order", [*permutations(["later", "gone", "spam", "stop"])], ids="-".join)
def test_it_ends_the_same(alice, jo, order):
    message = sent(jo, by=alice, at=database_now())
    said = {"later": LATER, "gone": GONE, "spam": SPAM, "stop": STOP}

    for name in [*order, *order, *reversed(order)]:
        assert tell(of(message, said[name]), **LOGIN) == 200
        read()

    message.refresh_from_db()
    assert jo.contact_points.get(kind="email").state == ContactPoint.State.BOUNCED
    assert None not in (message.bounced_at, message.complained_at, message.unsubscribed_at)
    assert sorted(Incoming.objects.values_list("kind", flat=True)) == [
        "bounce_hard", "bounce_soft", "complaint", "unsubscribe",
    ]  # fmt: skip
    assert Suppression.objects.filter(person=jo).count() == 1
    struck = LeadEvent.objects.filter(lead__person=jo, verb="receive", data__kind="bounce_hard")
    assert struck.count() == 1


def test_a_bounce_that_is_told_late_strikes_no_address_that_was_corrected_since(alice, jo):
    message = sent(jo, by=alice, at=database_now())
    correct_contact_point(jo.contact_points.get(kind="email"), "jo@corvane.example", by=alice, at=database_now())

    tell(of(message, GONE), **LOGIN)
    read()

    assert jo.contact_points.get(kind="email").state == ContactPoint.State.OK
    message.refresh_from_db()
    assert message.bounced_at is not None


def test_who_says_that_an_address_is_good_after_all_is_not_contradicted_by_the_same_bounce(alice, jo):
    message = sent(jo, by=alice, at=database_now())
    tell(of(message, GONE), **LOGIN)
    read()
    mark_contact_point(jo.contact_points.get(kind="email"), "ok", by=alice, at=database_now() + timedelta(minutes=1))

    tell(of(message, GONE | {"ID": 99}), **LOGIN)
    read()

    assert jo.contact_points.get(kind="email").state == ContactPoint.State.OK


def of(message, told):
    return {**told, "Metadata": {"message": str(message.public_id)}}
