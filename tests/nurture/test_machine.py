"""Random weeks of tracks, mail and library. What left the house, and who lies idle, is asked in SQL after every step.

MACHINE_STEPS says how many steps on each database, as for the days of a team; a twentieth of them, since a ring of this
clock moves everything there is; NURTURE_STEPS says it by name.
"""

import os
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from itertools import count

import hypothesis.strategies as st
import pytest
from django.conf import settings as site
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.actions.people import mark_contact_point, suppress_key, suppress_person
from accounts.models import ContactPoint, Employment, Person, PersonMerge
from agreement.models import Disposition, Reason
from content.actions.keeping import (
    About,
    AssetRefused,
    Made,
    add_version,
    approve_version,
    change_asset,
    restore_asset,
    retire_asset,
)
from content.models import Asset, Topic
from leads.actions.changing import LeadConflict, MoveRefused, lock_leads
from leads.actions.claiming import claim_lead, release_lead
from leads.actions.closing import disqualify_lead
from leads.actions.engaging import NewEngagement, engage
from leads.actions.entering import add_lead
from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.actions.logging import log_call, set_step
from leads.actions.merging import erase_person, merge_people, undo_merge
from leads.actions.recycling import change_wake, recycle_lead, wake_lead
from leads.actions.signalling import look_at_job_changes, look_at_signals
from leads.actions.silencing import pass_over_shut
from leads.actions.sweeping import notice_clocks, sweep_leads
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import HandOff, Lead
from leads.settings.changing import change_setting
from leads.settings.kind import SettingConflict, SettingRefused
from leads.waking import Facts
from nurture.actions.advancing import advance, follow
from nurture.actions.claiming import begin_message, claim_messages, free_leases
from nurture.actions.deciding import say_it_arrived, send_again
from nurture.actions.drafting import add_node, draft_of, publish, revert
from nurture.actions.enrolling import enrol, pause, resume, skip, take_out
from nurture.actions.hearing import hear, judge_hits
from nurture.actions.passing import look_for_untried
from nurture.actions.planning import take_back, write_message
from nurture.actions.preferring import prefer, unsubscribe
from nurture.actions.receiving import take_mail
from nurture.actions.sending import deliver
from nurture.actions.sorting import enrol_fans, enrol_recycled, keep_fans_asleep
from nurture.actions.switching import start_mail, stop_mail
from nurture.checking import check_tracks
from nurture.models import Enrolment, Incoming, MailRules, Message, Track, TrackVersion
from nurture.track_settings import KIND
from team.models import Role
from tests.make import NOON, make_account, make_asset, make_person, make_team, make_user
from tests.nurture.mails import complaint, mail, report
from tests.nurture.making import branch, email, empty, goal, make_topic, make_track, step, wait
from tests.nurture.promises import idle, left_rightly
from tests.nurture.recording import FAULTS, Recording

STEPS = max(int(os.environ.get("NURTURE_STEPS") or int(os.environ.get("MACHINE_STEPS", "500")) // 20), 20)
STEPS_A_RUN = 50
which = st.integers(min_value=0, max_value=40)
ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
_n = count(1)


class Weeks(RuleBasedStateMachine):
    """A team, a library, tracks, and the people they feed."""

    # What came about, of all runs.
    tally: Counter[str] = Counter()
    # How many sleep when it begins.
    sleepers = 6

    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        # As TestCase marks its own: what must be durable is so inside of it.
        self.transaction._from_testcase = True
        self.transaction.__enter__()
        self.at = NOON

    def teardown(self):
        for model, name in ((Message, "message"), (Enrolment, "enrolment")):
            codes = ("state", "because") if model is Message else ("state", "outcome")
            self.tally.update(f"{name} {' '.join(filter(None, row))}" for row in model.objects.values_list(*codes))
        self.tally.update(f"came back {effect}" for (effect,) in Incoming.objects.values_list("effect"))
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize(
        opens=st.sampled_from([0, 8]), closes=st.sampled_from([17, 24]), weekends=st.booleans(), day=st.integers(1, 2)
    )
    def begin(self, opens=8, closes=17, weekends=False, day=1):
        (site.VAR_DIR / "mail-mark.json").unlink(missing_ok=True)
        Recording.taken[:], Recording.next[:] = [], []
        rules = {"opens": opens, "closes": closes, "on_weekends": weekends, "most_a_day": day, "most_a_week": 3}
        MailRules.objects.update_or_create(pk=1, defaults=rules)
        self.rules = MailRules.objects.get(pk=1)
        team = make_team("North")
        self.reps = [make_user(name, Role.BDR, team=team) for name in ("alice", "bob")]
        self.mona = make_user("mona", Role.MANAGER, team=team)
        self.peter, self.mark = make_user("peter", Role.AE), make_user("mark", Role.MARKETER)
        self.accounts = [make_account(), make_account()]
        self.topics = [make_topic("Backup"), make_topic("Storage")]
        for number in range(6):
            make_asset(by=self.mark, topic=self.topics[number % 2] if number < 5 else None)
        self.lay_out()
        for i in range(self.sleepers):
            self.somebody_falls_asleep(i, i, zone=ZONES[i % 4])
        self.tick()

    def lay_out(self):
        one, two, three, four = Asset.objects.order_by("pk")[:4]
        last = make_track(email(brings_what_fits=True), wait(9), email(brings_what_fits=True), is_by_hand=True)
        make_track(
            email(asset=one), wait(3),
            branch("clicked", [email(asset=two)], [wait(2), email(asset=three)]), wait(4), email(brings_what_fits=True),
            fallback=last,
        )  # fmt: skip
        make_track(
            email(brings_what_fits=True), wait(5), goal("topic", topic=self.topics[1]), step(), email(asset=four),
            topic=self.topics[0], hold_out_percent=20,
        )  # fmt: skip
        make_track(email(asset=two), wait(30), email(asset=one), category="mid_contract", fallback=last)
        make_track(email(brings_what_fits=True), wait(20), email(brings_what_fits=True), is_fan_base=True)
        make_track(step(), wait(2), email(asset=three), wait(1), step("Send the case", step_kind="email"), kind="play")

    # Who and what a step is about
    def one_of(self, rows, i):
        found = list(rows[:20])
        return found[i % len(found)] if found else None

    def lead(self, i, *phases):
        rows = Lead.objects.order_by("-pk")
        return self.one_of(rows.filter(phase__in=phases) if phases else rows, i)

    def person(self, i):
        return self.one_of(Person.objects.filter(merged_into=None, erased_at=None).order_by("-pk"), i)

    def message(self, i, *states):
        rows = Message.objects.select_related("person", "body").order_by("-pk")
        return self.one_of(rows.filter(state__in=states) if states else rows, i)

    def asset(self, i):
        return self.one_of(Asset.objects.order_by("pk"), i)

    def enrolment(self, i):
        return self.one_of(Enrolment.objects.under_way().select_related("track").order_by("-pk"), i)

    def track(self, i):
        return self.one_of(Track.objects.order_by("pk"), i)

    def owner(self, lead, i):
        return lead.bdr or self.reps[i % 2]

    # The clock
    @rule(hours=st.integers(1, 30))
    def hours_pass(self, hours):
        self.at += timedelta(hours=hours)
        self.tick()

    @rule(days=st.integers(1, 9))
    def days_pass(self, days):
        self.at += timedelta(days=days)
        self.tick()

    @rule(days=st.integers(1, 4), hours=st.integers(0, 23))
    def more_days_pass(self, days, hours):
        self.at += timedelta(days=days, hours=hours)
        self.tick()

    @rule(days=st.integers(20, 120))
    def a_season_passes(self, days):
        self.at += timedelta(days=days)
        self.tick()

    @rule()
    def a_moment_passes(self):
        self.at += timedelta(minutes=3)
        self.tick()

    def tick(self):
        for ring in (
            sweep_leads, notice_clocks, look_at_job_changes, look_at_signals, judge_hits, follow, advance,
            enrol_recycled, enrol_fans, keep_fans_asleep, look_for_untried, free_leases,
        ):  # fmt: skip
            ring(at=self.at)
        enrol_recycled(at=self.at, everybody=True)
        advance(at=self.at)
        deliver(by="me", clock=lambda: self.at)
        follow(at=self.at)

    # People
    @rule(i=which, kind=st.sampled_from(["downloaded", "downloaded", "attended", "visited", "asked", "registered"]))
    def somebody(self, i, kind):
        person = self.person(i) if i % 3 == 2 else None
        if person is None:
            account = self.accounts[i % 2] if i % 4 else None
            person = make_person(
                account=account, time_zone=ZONES[i % 4], phone="" if i % 5 else None, title="Planner" if account else ""
            )
        new = NewEngagement(
            person.pk, kind, self.at, source="site", external_id=f"e{next(_n)}", topic_id=self.topics[i % 2].pk,
            asset_id=self.asset(i).pk if i % 5 == 0 else None,
        )  # fmt: skip
        engage([new], at=self.at)

    @rule(i=which, r=which, zone=st.sampled_from(ZONES))
    def somebody_falls_asleep(self, i, r, zone):
        person, rep = make_person(time_zone=zone, account=self.accounts[i % 2]), self.reps[i % 2]
        engage(
            [NewEngagement(person.pk, "visited", self.at, "site", f"v{next(_n)}", topic_id=self.topics[r % 2].pk)],
            at=self.at,
        )
        with refusal():
            lead = Lead.objects.open().filter(person=person).first() or add_lead(person, by=rep, at=self.at)
            if lead.phase == "queued":
                claim_lead(lead, by=rep, at=self.at)
            reason = self.one_of(Reason.objects.filter(kind="recycle").order_by("pk"), r)
            recycle_lead(Lead.objects.get(pk=lead.pk), reason=reason, by=rep, at=self.at)

    @rule(i=which)
    def a_doer_reads_everything(self, i):
        if person := self.person(i):
            Employment.objects.filter(person=person, is_current=True).update(role="doer")
            if not person.employments.filter(is_current=True).exists():
                Employment.objects.create(person=person, title="Doer", role="doer")
            engage(
                [
                    NewEngagement(person.pk, "downloaded", self.at, source="site", external_id=f"d{next(_n)}")
                    for _once in range(4)
                ],
                at=self.at,
            )

    @rule(i=which, j=which)
    def she_takes_something_herself(self, i, j):
        person, asset = self.person(i), self.asset(j)
        if person:
            new = NewEngagement(
                person.pk, "downloaded", self.at, source="site", external_id=f"h{next(_n)}", asset_id=asset.pk
            )
            engage([new], at=self.at)

    @rule(i=which, what=st.sampled_from(["bounced", "wrong", "another"]))
    def an_address_changes(self, i, what):
        if person := self.person(i):
            point = person.contact_points.filter(kind="email", state__in=ContactPoint.USABLE).first()
            if what == "another":
                address = f"new{next(_n)}@corvane.example"
                ContactPoint.objects.create(person=person, kind="email", value=address, normalised=address)
            elif point:
                mark_contact_point(point, what, by=None, at=self.at)
                pass_over_shut([person.pk], at=self.at)

    @rule(i=which, j=which, back=st.booleans())
    def merge(self, i, j, back):
        kept, merged = self.person(i), self.person(j)
        if kept and merged and kept != merged:
            with refusal():
                found = merge_people(kept, merged, by=None, at=self.at)
                if back:
                    undo_merge(PersonMerge.objects.get(pk=found.pk), by=None, at=self.at)

    @rule(i=which)
    def erase(self, i):
        if i % 5 == 0 and (person := self.person(i)):
            erase_person(person, by=None, at=self.at)

    # Leads
    @rule(i=which)
    def take(self, i):
        if lead := self.lead(i, "queued"):
            with refusal():
                claim_lead(lead, by=self.owner(lead, i), at=self.at)

    @rule(i=which)
    def find(self, i):
        if person := self.person(i):
            with refusal():
                add_lead(person, by=self.reps[i % 2], at=self.at)

    @rule(i=which, r=which, days=st.integers(1, 500))
    def put_to_sleep(self, i, r, days):
        if lead := self.lead(i, "queued", "working"):
            reasons = list(Reason.objects.filter(kind="recycle").order_by("pk"))
            reason = reasons[r % len(reasons)]
            end = self.at.date() + timedelta(days=days)
            facts = Facts(contract_ends=end, precision="day") if reason.key == "mid_contract" else Facts()
            with refusal():
                if lead.phase == "queued":
                    claim_lead(lead, by=self.owner(lead, i), at=self.at)
                    lead.refresh_from_db()
                recycle_lead(lead, reason=reason, by=self.owner(lead, i), at=self.at, facts=facts)

    @rule(i=which, what=st.sampled_from(["wake", "later", "release", "step", "call", "disqualify", "undo", "undo"]))
    def work(self, i, what):
        asleep = what in ("wake", "later")
        if lead := (self.lead(i, "nurture") if asleep else self.lead(i)):
            by = self.owner(lead, i)
            with refusal():
                if what == "wake":
                    wake_lead(lead, by=by, at=self.at)
                elif what == "later":
                    change_wake(lead, wake_on=self.at.date() + timedelta(days=1 + i * 3), by=by, at=self.at)
                elif what == "release":
                    release_lead(lead, by=by, at=self.at)
                elif what == "step":
                    set_step(lead, kind="call", due=self.at + timedelta(hours=i), by=by, at=self.at)
                elif what == "call":
                    dispositions = list(Disposition.objects.order_by("position"))
                    promised = ((self.at + timedelta(hours=1 + i)).replace(tzinfo=None), "UTC")
                    log_call(
                        lead, disposition=dispositions[i % len(dispositions)], by=by, at=self.at, call_back=promised
                    )
                elif what == "disqualify":
                    reasons = list(Reason.objects.filter(kind="disqualify").order_by("pk"))
                    disqualify_lead(lead, reason=reasons[i % len(reasons)], by=by, at=self.at)
                elif (last := lead.events.order_by("-id").first()) and last.by:
                    undo_last(lead, by=last.by, at=self.at)

    @rule(i=which, accepts=st.booleans())
    def hand_over(self, i, accepts):
        if lead := self.lead(i, "working"):
            with refusal():
                hand_off_lead(lead, ae=self.peter, by=self.owner(lead, i), at=self.at, line="why now")
                if accepts:
                    accept_hand_off(HandOff.objects.get(lead=lead, state="sent"), by=self.peter, at=self.at)

    # Tracks
    @rule(i=which, t=which)
    def enrol_by_hand(self, i, t):
        if person := self.person(i):
            with refusal():
                enrol(person, track=self.track(t), by=self.reps[i % 2], at=self.at)

    @rule(i=which, act=st.sampled_from([pause, resume, resume, skip, take_out]))
    def steer(self, i, act):
        if enrolment := self.enrolment(i):
            with refusal():
                act(enrolment, by=self.reps[i % 2], at=self.at)

    @rule(t=which, i=which, what=st.sampled_from(["email", "wait", "goal"]), moves=st.booleans())
    def another_version(self, t, i, what, moves):
        track = self.track(t)
        values = {
            "email": {"kind": "email", "subject": "More", "text": "Words.", "asset_id": self.asset(i).pk},
            "wait": {"kind": "wait", "days": 1 + i},
            "goal": {"kind": "goal", "question": "replied"},
        }[what]
        with refusal():
            draft = draft_of(track, by=self.mark, at=self.at)
            line = list(draft.nodes.filter(branch=None).order_by("position"))
            add_node(track, values=values, after=line[i % len(line)] if line else None)
            publish(track, by=self.mark, at=self.at, moves=moves)

    @rule(t=which, i=which, what=st.sampled_from(["retire", "empty", "take up", "take up", "revert"]))
    def change_a_track(self, t, i, what):
        track = self.track(t)
        with refusal():
            if what != "revert":
                change_setting(KIND, track.pk, {"is_retired": what != "take up"}, by=self.mark, at=self.at)
                if what == "empty":
                    into = self.track(i) if i % 2 else None
                    empty(track, into=None if into == track else into, by=self.mark, at=self.at)
            else:
                versions = TrackVersion.objects.filter(track=track, published_at__isnull=False).order_by("number")
                revert(self.one_of(versions, i), by=self.mark, at=self.at)

    # The library
    @rule(i=which, what=st.sampled_from(["version", "draft", "approve", "retire", "restore", "expire", "last"]))
    def keep(self, i, what):
        asset = self.asset(i)
        made = Made("talk_track" if i % 9 == 0 else "snippet", text=f"Words {i}")
        with refusal():
            if what in ("version", "draft"):
                add_version(asset, made, is_approved=what == "version", by=self.mark, at=self.at)
            elif what == "approve":
                approve_version(self.one_of(asset.versions.order_by("pk"), i), by=self.mark, at=self.at)
            elif what == "retire":
                retire_asset(asset, because="old", successor=None, by=self.mark, at=self.at)
            elif what == "restore":
                restore_asset(asset, by=self.mark, at=self.at)
            else:
                ends = self.at.date() + timedelta(days=i) if what == "expire" else None
                about = About(asset.title, asset.kind, topic=asset.topic, owner=asset.owner, expires_on=ends)
                change_asset(asset, about, by=self.mark, at=self.at)

    # Mail
    @rule(i=which, j=which)
    def write_by_hand(self, i, j):
        if lead := self.lead(i, "working", "nurture", "queued"):
            with refusal():
                by = self.owner(lead, i)
                asset = self.asset(j) if j % 2 else None
                write_message(lead, subject="Hello", text="Words", asset=asset, by=by, at=self.at)

    @rule(i=which, what=st.sampled_from(["back", "arrived", "again"]))
    def decide(self, i, what):
        if message := self.message(i, *(["planned"] if what == "back" else ["unknown", "refused", "dead"])):
            with refusal():
                {"back": take_back, "arrived": say_it_arrived, "again": send_again}[what](
                    message, by=self.mark, at=self.at
                )

    @rule(faults=st.lists(st.sampled_from(["", "away", *FAULTS]), min_size=1, max_size=4))
    def the_server_has_moods(self, faults):
        Recording.next[:] = faults

    @rule(begins=st.booleans())
    def a_worker_dies(self, begins):
        for message in claim_messages(by="dead", at=self.at)[:1]:
            if begins:
                begin_message(message, at=self.at)

    @rule(stops=st.sampled_from([True, False, False]))
    def the_switch(self, stops):
        (stop_mail if stops else start_mail)(by=self.mona, at=self.at)
        self.tick()

    # What recipients say
    @rule(i=which, channel=st.sampled_from(["email", "all", "phone"]), by_key=st.booleans())
    def she_asks_for_silence(self, i, channel, by_key):
        person = self.person(i)
        point = person and person.contact_points.filter(kind="email").first()
        if by_key and point:
            suppress_key(point.normalised, "email", source="file", at=self.at)
        elif person and i % 3 == 0:
            lock_leads(list(Lead.objects.open().filter(person=person).values_list("pk", flat=True)))
            suppress_person(person, channel, source="import", at=self.at)
            pass_over_shut([person.pk], at=self.at)

    @rule(i=which)
    def she_unsubscribes(self, i):
        if i % 3 == 0 and (message := self.message(i, "sent", "unknown")):
            unsubscribe(message.person, message=message, at=self.at)

    @rule(i=which, pace=st.sampled_from(["normal", "weekly", "monthly"]), days=st.integers(0, 60), topics=st.booleans())
    def she_prefers(self, i, pace, days, topics):
        if person := self.person(i):
            until = self.at + timedelta(days=days) if days > 20 else None
            refused = [Topic.objects.order_by("pk")[i % 2]] if topics else []
            prefer(person, pace=pace, paused_until=until, refused=refused, at=self.at)

    @rule(i=which, times=st.integers(1, 3), link=st.booleans())
    def she_opens_or_follows(self, i, times, link):
        if message := self.message(i, "sent", "unknown"):
            links = list(message.links.order_by("number"))
            for once in range(times):
                hear(
                    message.pk, link=links[(i + once) % len(links)] if link and links else None, method="GET",
                    address=f"192.0.2.{i}", agent="Mozilla/5.0 Firefox/140.0", at=self.at,
                )  # fmt: skip

    @rule(
        i=which,
        what=st.sampled_from(["reply", "reply", "away", "automatic", "hard", "soft", "complaint", "stop", "stranger"]),
    )
    def something_comes_back(self, i, what):
        message = self.message(i, "sent", "unknown")
        if message is None:
            return
        address, name = message.body.to_address, f"<{message.public_id}@{site.SITE_HOST}>"
        more = {
            "sender": "x@nowhere.example" if what == "stranger" else address,
            "In_Reply_To": "" if what == "stranger" else name,
            "Message_ID": f"<{next(_n)}@back.example>",
            "Date": self.at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        }
        back = (self.at + timedelta(days=1 + i)).strftime("%d %B %Y")
        failed = ("5.1.1", "550 nobody here") if what == "hard" else ("4.2.2", "452 full")
        raw = {
            "away": lambda: mail(
                f"I am out of office and back on {back}.",
                subject="Out of office",
                Auto_Submitted="auto-replied",
                **more,
            ),
            "automatic": lambda: mail("We got your mail.", Auto_Submitted="auto-replied", **more),
            "hard": lambda: report((address, "failed", *failed), original=name),
            "soft": lambda: report((address, "failed", *failed), original=name),
            "complaint": lambda: complaint(original=name),
            "stop": lambda: mail("Unsubscribe", subject="unsubscribe", **more),
        }.get(what, lambda: mail("Call me on Friday.", **more))()
        for constant in (b"<report@mx.example>", b"<feedback@provider.example>"):
            raw = raw.replace(constant, more["Message_ID"].encode())
        assert take_mail(raw, source="mail", at=self.at).state == "done"

    # What must never be
    @invariant()
    def what_left_was_to_leave(self):
        names = list(Recording.taken)
        Recording.taken.clear()
        left_rightly(names, self.rules, at=self.at)

    @invariant()
    def nobody_lies_idle(self):
        assert idle(at=self.at) == {}

    @invariant()
    def everything_stands(self):
        broken = {**check_all(at=self.at), **check_tracks(at=self.at)}
        assert {name: ids for name, ids in broken.items() if ids} == {}
        if connection.vendor == "sqlite":
            connection.check_constraints()


def refusal():
    """A step may be refused in words; anything else is a fault."""
    return suppress(LeadConflict, MoveRefused, AssetRefused, SettingConflict, SettingRefused)


@pytest.mark.machine
@pytest.mark.django_db
def test_random_weeks_send_nothing_wrong_and_leave_nobody_idle(recording):
    machine = seed(int(os.environ.get("MACHINE_SEED", "20261129")))(Weeks)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(STEPS // STEPS_A_RUN, 1),
            stateful_step_count=min(STEPS_A_RUN, STEPS),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            # As for the days of a team: MACHINE_SHRINK=1 at one's desk.
            phases=[Phase.generate, *([Phase.shrink] if os.environ.get("MACHINE_SHRINK") else [])],
        ),
    )
    print(f"{STEPS} steps on {connection.vendor}: {dict(sorted(Weeks.tally.items()))}")
    # Where nothing is sent nothing wrong is.
    assert Weeks.tally["message sent"] > 0
