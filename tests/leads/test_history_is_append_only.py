"""The database refuses to rewrite what happened."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from accounts.models import Person
from agreement.installation import publish_version_1
from agreement.models import Phase
from leads.actions.engaging import NewEngagement, engage
from leads.actions.logging import log_call
from leads.actions.outcomes import lose_lead
from leads.actions.undoing import undo_last
from leads.models import Activity, Engagement, Lead, LeadEvent
from tests.make import NOON, disposition, make_account, make_lead, make_person, reason


@pytest.fixture
def history(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    engage([NewEngagement(lead.person_id, "visited", NOON)], at=NOON)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    return lead


CHANGES = [
    (LeadEvent, {"data": {}}), (LeadEvent, {"at": NOON}), (LeadEvent, {"verb": "log"}), (LeadEvent, {"lead_id": 1}),
    (Activity, {"at": NOON}), (Activity, {"kind": "email"}), (Activity, {"is_conversation": True}),
    (Engagement, {"points": 9}), (Engagement, {"kind": "asked"}), (Engagement, {"at": NOON}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "change"), CHANGES)
def test_what_happened_does_not_change(history, model, change):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        model.objects.update(**change)


@pytest.mark.parametrize("model", [LeadEvent, Activity, Engagement])
def test_what_happened_is_not_deleted(history, model):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite refuses changes only: emptying a table is a DELETE there")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        model.objects.all().delete()


def test_a_merge_may_say_whose_it_is(history):
    person, account = make_person(), make_account()
    for model in (Activity, Engagement):
        model.objects.update(person=person, account=account)

        assert model.objects.filter(person=person, account=account).exists()


def test_losing_a_deal_writes_one_event_that_stays_and_its_next_pursuit_names_it(alice, peter):
    lead = make_lead(phase=Phase.QUALIFIED, bdr=alice, ae=peter)

    event = lose_lead(lead, reason=reason("no_decision"), by=peter, at=NOON)

    following = Lead.objects.get(previous=lead)
    assert following.events.get().data["from"] == lead.pk
    assert LeadEvent.objects.get(pk=event.pk).data == event.data
    undo_last(lead, by=peter, at=NOON)
    assert Lead.objects.get(pk=lead.pk).phase == Phase.QUALIFIED
    assert Lead.objects.get(pk=following.pk).closed_as == "merged"


@pytest.mark.django_db(transaction=True)
def test_a_database_of_tests_can_be_emptied():
    # Another such test may have emptied it before.
    publish_version_1(apps, at=NOON)
    make_lead(phase=Phase.WORKING, person=make_person())
    assert Person.objects.exists()
