"""An act on many is taken back as a set: as if each were taken back alone, at a fraction of the statements."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actions.people import suppress_person
from agreement.models import Cadence, Criterion, Lane, Phase, StepKind
from leads.actions.answering import answer_criteria
from leads.actions.changing import LeadConflict
from leads.actions.handing import hand_off_lead
from leads.actions.logging import add_note, log_call
from leads.actions.many import Verb, Wish, do_to_many
from leads.actions.sharing import undo_shared
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.folding import fold
from leads.models import Clock, Lead, LeadEvent
from tests.make import NOON, disposition, make_account, make_lead, make_person, reason

AT = NOON + timedelta(minutes=5)
SINCE = AT + timedelta(minutes=1)
LATER = AT + timedelta(minutes=2)
VERBS = [Verb.SNOOZE, Verb.STEP, Verb.CADENCE, Verb.RECYCLE, Verb.RELEASE]


def wish(verb):
    given = {
        Verb.SNOOZE: {"due": NOON + timedelta(days=2)},
        Verb.STEP: {"due": NOON + timedelta(days=2), "kind": StepKind.EMAIL, "title": "Send the guide"},
        Verb.CADENCE: {"cadence": Cadence.objects.get(lane=Lane.LIST, is_current=True)},
        Verb.RECYCLE: {"reason": reason("unresponsive")},
        Verb.RELEASE: {},
    }
    return Wish(verb, **given[verb])


def called(lead, rep):
    log_call(lead, disposition=disposition("no_answer"), by=rep, at=NOON)


def nothing(lead, *_who):
    return None


def booked(lead, colleague, ae):
    other = make_lead(phase=Phase.WORKING, bdr=colleague, person=make_person(account=lead.account))
    start = (NOON + timedelta(days=3)).replace(tzinfo=None), "UTC"
    hand_off_lead(other, ae=ae, by=colleague, at=SINCE, meeting=start)


def silent(lead, *_who):
    suppress_person(lead.person, "all", source="unsubscribe", at=SINCE)


def noted(lead, colleague, _ae):
    add_note(lead, text="I know her", by=colleague, at=SINCE)


def answered(lead, colleague, _ae):
    answer_criteria(lead, answers={Criterion.objects.first(): ("yes", "")}, by=colleague, at=SINCE)


# What was before on each of the leads, and what happens between the act and its undo.
LEADS = [
    (nothing, nothing), (called, nothing), (called, booked), (nothing, booked), (called, silent), (called, noted),
    (called, answered),
]  # fmt: skip


def stands(lead):
    """All that there is of a lead, but ids."""
    mine = {"id", "public_id", "person_id", "account_id"}
    (columns,) = Lead.objects.filter(pk=lead.pk).values()
    steps = lead.steps.order_by("pk").values_list("kind", "state", "due_at", "closed_at", "held_from", "snoozed")
    clocks = Clock.objects.filter(lead=lead).order_by("pk")
    events = lead.events.order_by("pk").values_list("verb", "by", "at", "from_phase", "to_phase", "data__because")
    return (
        {name: value for name, value in columns.items() if name not in mine},
        list(steps),
        list(clocks.values_list("kind", "state", "due_at", "ended_at", "missed_at", "next_notice_at")),
        list(events),
        lead.recyclings.filter(undone_at=LATER).count(),
        fold(lead.events.order_by("id")).contradictions,
    )


@pytest.mark.parametrize("verb", VERBS)
def test_each_is_what_it_would_be_had_it_been_taken_back_alone(alice, bob, peter, verb):
    made, acts = [], []
    for _time in range(2):
        leads = [make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=make_account())) for _ in LEADS]
        for lead, (before, _since) in zip(leads, LEADS, strict=True):
            before(lead, alice)
        done = do_to_many([lead.pk for lead in leads], wish(verb), by=alice, at=AT)
        assert len(done.leads) == len(LEADS)
        for lead, (_before, since) in zip(leads, LEADS, strict=True):
            since(lead, bob, peter)
        made.append(leads)
        acts.append(done.act)

    together = undo_shared(acts[0], by=alice, at=LATER)
    alone = []
    for lead in made[1]:
        try:
            undo_last(lead, by=alice, at=LATER, event_id=dict(acts[1].events)[lead.pk])
        except LeadConflict as refused:
            alone.append(str(refused))

    assert [stands(lead) for lead in made[0]] == [stands(lead) for lead in made[1]]
    assert [why for _lead, why in together.stayed] == alone
    assert [lead.pk for lead, _why in together.stayed] == [made[0][-1].pk]
    # The tick that finds what nobody has settled has come by then.
    assert not any(check_all(at=LATER + timedelta(minutes=6)).values())


@pytest.mark.parametrize("verb", VERBS)
def test_a_lead_more_costs_few_statements_more(alice, verb):
    def statements(count):
        people = [make_person(account=make_account()) for _ in range(count)]
        leads = [make_lead(phase=Phase.WORKING, bdr=alice, person=person) for person in people]
        act = do_to_many([lead.pk for lead in leads], wish(verb), by=alice, at=AT).act
        with CaptureQueriesContext(
            connection,
        ) as asked:
            undo_shared(act, by=alice, at=LATER)
        assert LeadEvent.objects.filter(lead__in=leads, verb="correct").count() == count
        times = [re.match(r"(\d+) times: ", one["sql"]) for one in asked]
        return len(asked), sum(int(found[1]) if found else 1 for found in times)

    few, many = statements(3), statements(23)

    # One trip, whatever they are; in it a row of the lead, of its steps and of its clock.
    assert many[0] == few[0] <= 30
    assert (many[1] - few[1]) / 20 <= 4
