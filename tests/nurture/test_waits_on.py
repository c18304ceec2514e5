"""Who is looked at before they are due, for a reason that holds no more by then, waits on."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import ContactPoint, Employment
from agreement.models import Phase
from nurture.actions.advancing import follow
from nurture.models import Message
from tests.make import NOON, make_account, make_lead, make_person
from tests.nurture.making import email, make_enrolment, make_track, wait

DAY = timedelta(days=1)


class Meanwhile:
    """What somebody else does after the statement that finds whom a track looks at, and before the next one."""

    def __init__(self, named, act):
        self.named, self.act, self.is_found = named, act, False

    def __call__(self, execute, sql, params, many, context):
        if self.is_found and self.act is not None:
            act, self.act = self.act, None
            act()
        self.is_found = self.is_found or (self.named in sql and 'FROM "nurture_enrolment"' in sql)
        return execute(sql, params, many, context)


def bounced(state):
    return lambda: ContactPoint.objects.update(state=state)


def role(name):
    return lambda: Employment.objects.update(role=name)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("named", "is_so", "is_no_more"),
    [
        ("accounts_contactpoint", bounced("bounced"), bounced("ok")),
        ("accounts_employment", role("decision_maker"), role("doer")),
    ],
    ids=["beyond mail", "at goal"],
)
def test_a_wait_is_not_jumped_over_where_its_reason_is_gone_meanwhile(rules, alice, named, is_so, is_no_more):
    track = make_track(email(), wait(10), email(subject="Second"), goal="role", goal_role="decision_maker")
    jo = make_person(email="jo@brevik.example", account=make_account())
    waiting = track.versions.get().nodes.get(kind="wait")
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=jo)
    one = make_enrolment(track, lead=lead, node=waiting, due_at=NOON + 9 * DAY)
    is_so()
    meanwhile = Meanwhile(named, is_no_more)

    with connection.execute_wrapper(meanwhile):
        follow(at=NOON)

    assert meanwhile.act is None
    one.refresh_from_db()
    assert (one.state, one.node, one.due_at) == ("active", waiting, NOON + 9 * DAY)
    assert not Message.objects.exists()
