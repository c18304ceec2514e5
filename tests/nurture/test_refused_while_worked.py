"""What a mail server refuses while somebody else holds the lead is known, and waits for nobody for long."""

from threading import Event, Thread

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import ContactPoint
from agreement.installation import publish_version_1
from agreement.models import Phase
from leads.models import Lead
from nurture.actions.sending import deliver
from nurture.models import MailRules, Message, MessageBody
from tests.make import make_lead, make_person, make_team
from tests.nurture.making import make_letter_track, make_message

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time"),
]


@pytest.fixture
def held(sink):
    """Whose address nobody has, and whose lead a colleague changes until the test is over."""
    publish_version_1(apps, at=timezone.now())
    MailRules.objects.get_or_create(pk=1)
    make_team("North")
    person = make_person(email="nobody.x@brevik.example", time_zone="UTC")
    lead, is_held, is_over = make_lead(phase=Phase.WORKING, person=person), Event(), Event()

    def hold():
        try:
            with transaction.atomic():
                Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
                is_held.set()
                is_over.wait(30)
        finally:
            connection.close()

    colleague = Thread(target=hold)
    colleague.start()
    is_held.wait(10)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    yield lead
    is_over.set()
    colleague.join()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '3s'")


def test_it_is_known_to_be_refused(held, clock):
    make_message(make_letter_track(kind="play"), lead=held, due_at=clock())

    deliver(by="me", clock=clock)

    message = Message.objects.get()
    assert (message.state, message.smtp_code) == ("refused", 550)
    assert "5.1.1" in MessageBody.objects.get(message=message).answer
    assert held.person.contact_points.get(kind="email").state == ContactPoint.State.OK
