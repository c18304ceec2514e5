"""The table "The life of a lead" and the rows around it: every rule that the database holds, shown refusing."""

from datetime import timedelta

import pytest

from agreement.models import AgreementVersion, Criterion, Phase
from leads.models import (
    Activity,
    Answer,
    Block,
    BlockLead,
    BulkMove,
    Clock,
    Consent,
    Engagement,
    EngagementKey,
    Import,
    ImportReject,
    Lead,
    LeadEvent,
    Note,
    Notice,
    Release,
    SavedView,
    SecondLook,
    SharedAct,
    Signal,
    SlidStep,
    Step,
    Verdict,
)
from team.models import Absence, Upload
from tests.constraints import again, constraints_of, put, refuses
from tests.make import NOON, disposition, make_lead, make_person, make_user, reason

CONSTRAINTS = constraints_of("leads")
LATER = NOON + timedelta(days=1)
PUBLIC_ID = "0191d2f0-0000-7000-8000-000000000001"


def lead(phase=Phase.QUEUED):
    return make_lead(phase=phase)


def change(phase, /, **fields):
    return lambda: put(lead(phase), **fields)


def step(**fields):
    worked = lead(Phase.WORKING)
    return Step(**{"lead": worked, "kind": "task", "due_at": NOON, "made_by": "system", "created_at": NOON, **fields})


def saved(row):
    row.save(force_insert=True)
    return row


def attempt():
    return Step.objects.get(lead=lead(Phase.WORKING), made_by="cadence")


def clock():
    return Clock.objects.get(lead=lead(), kind="first_touch")


def hand_off(phase=Phase.HANDED_OFF):
    return lead(phase).hand_offs.get()


def recycling():
    return lead(Phase.NURTURE).recyclings.get()


def signal(**fields):
    one = lead()
    given = {"kind": "engaged", "state": "offered", "person": one.person, "lead": one, "at": NOON}
    return Signal.objects.create(**given | fields)


def look():
    one = lead()
    return SecondLook.objects.create(lead=one, team=one.team, at=NOON, due_at=LATER)


def did(kind="asked"):
    return Engagement.objects.create(person=make_person(), kind=kind, at=NOON, recorded_at=NOON)


def key():
    return EngagementKey.objects.create(source="site", external_id="7", engagement_id=did().pk)


def version():
    return AgreementVersion.objects.in_force()


def verdict(**fields):
    return Verdict.objects.create(
        **{
            "person": make_person(),
            "engagement_id": 7,
            "version": lead().agreement,
            "answer": "lead",
            "at": NOON,
            **fields,
        }
    )


def event(**fields):
    return LeadEvent.objects.create(**{"lead": lead(), "verb": "log", "at": NOON, "to_phase": "queued", **fields})


def activity(**fields):
    one = lead()
    return Activity.objects.create(
        **{"lead": one, "person": one.person, "kind": "call", "at": NOON, "by": make_user("alice"), **fields}
    )


def slid(**fields):
    absence = Absence.objects.create(user=make_user("alice"), starts_at=NOON, ends_at=LATER)
    made = {"absence": absence, "step": saved(step()), "was_due_at": NOON, "due_at": LATER, **fields}
    return SlidStep.objects.create(**made)


def notice():
    one = clock()
    return Notice.objects.create(user=make_user("alice"), lead=one.lead, clock=one, kind="soon", at=NOON)


def file(**fields):
    by = make_user("max")
    upload = Upload.objects.create(
        purpose="import", name="x.csv", size=1, sha256="0" * 64, by=by, at=NOON, keep_until=LATER
    )
    return Import.objects.create(**{"upload": upload, "by": by, "created_at": NOON, **fields})


def rejected():
    return ImportReject.objects.create(import_run=file(), row_no=1, line_no=2, code="x", reason="x", raw="x")


def release(**fields):
    return Release.objects.create(**{"person": make_person(), "import_run": file(), "due_at": NOON, **fields})


def second_lead_of_one_person():
    one = lead()
    again(one, public_id=PUBLIC_ID)


def following_itself():
    one = lead()
    put(one, previous=one)


def lent_to_herself(one):
    put(one, lent_from=one.assignee)


def consent(**fields):
    said = {"is_given": True, "at": NOON, "noted_at": NOON, "source": "form", **fields}
    return Consent.objects.create(person=make_person(), **said)


def block(**fields):
    return Block.objects.create(**{"user": make_user("alice"), "title": "Today", "made_at": NOON, **fields})


def in_block(**fields):
    return BlockLead.objects.create(**{"block": block(), "lead": lead(), "position": 1, **fields})


def view(**fields):
    return SavedView.objects.create(
        **{"user": make_user("alice"), "name": "Mine", "query": "tier=A", "created_at": NOON, **fields}
    )


CASES = {
    # The lead
    "lead_phase_is_known": change(Phase.QUEUED, phase="limbo"),
    "lead_lane_is_known": change(Phase.QUEUED, lane="slow"),
    "lead_open_is_due": change(Phase.WORKING, due_at=None),
    "lead_closed_says_how": lambda: put(lead(), phase="closed", due_at=None, stage=None, closed_at=NOON),
    "lead_queued_is_reserved_or_free": lambda: put(lead(), bdr=make_user("alice")),
    "lead_reserved_only_in_the_queue": change(Phase.WORKING, reserved_until=LATER),
    "lead_worked_has_a_bdr": change(Phase.HANDED_OFF, bdr=None),
    "lead_handed_off_has_an_ae": change(Phase.ACCEPTED, ae=None),
    "lead_nurture_has_a_wake_and_a_reason": change(Phase.NURTURE, wake_at=None),
    "lead_refused_has_a_reason": lambda: put(
        lead(), phase="closed", due_at=None, stage=None, closed_at=NOON, closed_as="disqualified"
    ),
    "lead_reason_only_where_refused": lambda: put(lead(Phase.WORKING), reason=reason("not_ready")),
    "lead_band_is_known": change(Phase.QUEUED, band=4),
    "lead_does_not_follow_itself": following_itself,
    "lead_one_open_per_person": second_lead_of_one_person,
    # Asleep, and looked at again
    "recycling_wakes_later": lambda: put(recycling(), wake_at=NOON),
    "recycling_has_a_category": lambda: put(recycling(), category=""),
    "recycling_satisfied_with_a_vendor": lambda: put(recycling(), satisfaction="happy"),
    "recycling_one_per_lead": lambda: again(recycling()),
    "secondlook_decided_has_its_moment": lambda: put(look(), state="approved"),
    "secondlook_one_open_per_lead": lambda: again(look()),
    # Sales
    "handoff_one_open_per_lead": lambda: again(hand_off(), public_id=PUBLIC_ID),
    "handoff_rejected_has_a_reason": lambda: put(hand_off(), state="rejected", answered_at=NOON),
    "handoff_answered_has_its_moment": lambda: put(hand_off(), state="accepted"),
    "handoff_meeting_has_its_zone": lambda: put(hand_off(), meeting_at=LATER, local_meeting=LATER),
    "handoff_read_once_sent": lambda: put(hand_off(), brief_read_at=NOON - timedelta(days=1)),
    "handoff_meeting_has_a_length": lambda: put(hand_off(), minutes=4),
    # History
    "leadevent_to_phase_is_known": lambda: event(to_phase="limbo"),
    "leadevent_has_a_verb": lambda: event(verb=""),
    "activity_kind_is_known": lambda: activity(kind="fax"),
    "activity_disposition_only_of_calls": lambda: activity(kind="email", disposition=disposition("no_answer")),
    "note_says_something_or_was_erased": lambda: Note.objects.create(lead=lead(), text="", at=NOON),
    "answer_value_is_known": lambda: Answer.objects.create(
        lead=lead(), criterion=Criterion.objects.first(), value="perhaps", at=NOON, by=make_user("alice")
    ),
    # What people do
    "engagement_kind_is_known": lambda: did("dreamt"),
    "engagementkey_once_per_source": lambda: again(key()),
    "verdict_answer_is_known": lambda: verdict(answer="perhaps"),
    "verdict_once_per_engagement": lambda: again(verdict()),
    # Work
    "step_kind_is_known": lambda: step(kind="dream").save(),
    "step_closed_has_its_moment": lambda: step(state="done").save(),
    "step_of_a_cadence_has_its_attempt": lambda: put(attempt(), attempt=0),
    "step_local_moment_has_its_zone": lambda: step(local_due=NOON).save(),
    "step_held_up_is_a_later_attempt": lambda: put(attempt(), held_from=LATER),
    "step_is_lent_to_somebody_else": lambda: lent_to_herself(attempt()),
    "slidstep_once_per_absence": lambda: again(slid()),
    "slidstep_goes_to_a_later_moment": lambda: slid(due_at=NOON),
    "step_one_find_contact_per_lead": lambda: again(saved(step(kind="find_contact"))),
    "step_one_open_attempt_per_lead": lambda: again(attempt()),
    "clock_ended_has_its_moment": lambda: put(clock(), state="met"),
    "clock_is_due_after_it_starts": lambda: put(clock(), due_at=NOON - timedelta(minutes=1)),
    "clock_missed_says_when": lambda: put(clock(), state="missed", ended_at=NOON, next_notice_at=None),
    "clock_one_running_per_kind": lambda: again(clock()),
    "notice_once_per_clock_and_kind": lambda: again(notice()),
    # Blocks
    "block_ended_has_its_moment": lambda: block(state="left"),
    "block_has_a_title": lambda: block(title=""),
    "block_one_open_per_user": lambda: again(block()),
    "blocklead_past_has_its_moment": lambda: in_block(state="done"),
    "blocklead_counts_from_one": lambda: in_block(position=0),
    "blocklead_one_at_each_place": lambda: again(in_block(), lead=lead()),
    "blocklead_each_lead_once": lambda: again(in_block(), position=2),
    # Kept views
    "savedview_has_a_name": lambda: view(name=""),
    "savedview_asks_for_something": lambda: view(query=""),
    "savedview_own_name_once": lambda: again(view(), name="MINE"),
    "savedview_team_name_once": lambda: again(view(team=lead().team), user=make_user("bob")),
    "sharedact_verb_is_known": lambda: SharedAct.objects.create(
        key="x", by=make_user("alice"), at=NOON, verb="dance", events=[]
    ),
    "consent_source_is_known": lambda: consent(source="hearsay"),
    "consent_by_hand_says_who_and_why": lambda: consent(source="by_hand", evidence="On the phone"),
    "consent_was_said_before_it_was_noted": lambda: consent(at=LATER),
    "signal_kind_is_known": lambda: signal(kind="moon"),
    "signal_state_is_known": lambda: signal(state="gone"),
    "signal_waiting_is_due": lambda: signal(state="waiting"),
    "signal_offered_names_a_lead": lambda: signal(lead=None),
    "signal_of_a_colleague_names_the_account": lambda: signal(kind="colleague"),
    "signal_one_offer_per_lead": lambda: again(signal(), state="planned"),
    "bulkmove_side_is_known": lambda: bulk_move(side="us"),
    "bulkmove_moved_what_it_looked_at": lambda: bulk_move(place=1, moved=2),
    # Files
    "import_state_is_known": lambda: file(state="lost"),
    "import_rows_add_up": lambda: file(state="done", rows_total=3, rows_created=2),
    "import_paced_says_how_many": lambda: file(pace="per_day"),
    "import_running_was_started": lambda: file(state="running"),
    "importreject_once_per_row": lambda: again(rejected()),
    "release_one_waiting_per_person": lambda: again(release()),
    "release_done_has_its_moment": lambda: release(state="skipped", done_at=NOON),
}


def bulk_move(**fields):
    known = {"by": make_user("mona"), "team": lead().team, "side": "bdr", "leads": [], "started_at": NOON}
    return BulkMove.objects.create(**(known | fields))


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_database_refuses(team, name):
    refuses(CONSTRAINTS[name], CASES[name])


def test_every_constraint_has_its_case():
    assert set(CASES) == set(CONSTRAINTS)


# The whole table, row by row: what each phase must have, taken away.
@pytest.mark.parametrize(
    ("phase", "taken"),
    [
        (phase, taken)
        for phase, needs in {
            Phase.QUEUED: ["due_at", "stage"],
            Phase.WORKING: ["due_at", "stage", "bdr"],
            Phase.HANDED_OFF: ["due_at", "stage", "bdr", "ae"],
            Phase.ACCEPTED: ["due_at", "stage", "ae"],
            Phase.QUALIFIED: ["due_at", "stage", "ae"],
            Phase.NURTURE: ["due_at", "stage", "wake_at", "reason"],
        }.items()
        for taken in (*needs, "team")
    ],
)
def test_a_phase_keeps_what_it_needs(team, phase, taken):
    one = lead(phase)

    with pytest.raises(Exception, match=r"constraint|NULL|null"):
        put(one, **{taken: None})


@pytest.mark.parametrize("closed_as", Lead.ClosedAs.values)
def test_a_closed_lead_is_nobodys_and_due_never(team, closed_as):
    one = lead(Phase.WORKING)
    put(one, phase="closed", closed_as=closed_as, closed_at=NOON, due_at=None, stage=None, reason=reason("bad_data"))

    one.refresh_from_db()
    assert (one.is_open, one.responsible_id) == (False, None)
    refuses(CONSTRAINTS["lead_open_is_due"], lambda: put(one, due_at=NOON))
