"""Who comes into which track: by hand where it fits, and by herself when she falls asleep."""

from datetime import timedelta

import pytest

from accounts.models import Employment, Suppression
from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.claiming import claim_lead
from leads.actions.logging import log_touch
from leads.actions.recycling import recycle_lead, wake_lead
from leads.actions.sweeping import sweep_leads
from leads.checking import check_all
from leads.models import Lead
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol, take_out
from nurture.actions.entering import is_held_out
from nurture.actions.sorting import enrol_fans, enrol_recycled, keep_fans_asleep
from nurture.models import Enrolment, Message, Sorting
from tests.make import NOON, make_account, make_lead, make_person, reason
from tests.nurture.making import email, engage, make_topic, make_track, step, wait

DAY = timedelta(days=1)


def asleep(alice, **more):
    return make_lead(phase=Phase.NURTURE, bdr=alice, **more)


def where(lead):
    one = Enrolment.objects.filter(person=lead.person).order_by("-id").first()
    return one.track.name if one else None


def test_one_is_refused_in_words_where_it_does_not_fit(alice):
    track, play = make_track(email(), name="Feed"), make_track(step(), kind="play", name="Ask")
    draft = make_track(email(), published=False, name="Draft")
    sleeping, worked = asleep(alice), make_lead(phase=Phase.WORKING, bdr=alice)
    nobody = asleep(alice, person=make_person(email=None))
    silent = asleep(alice)
    Suppression.objects.create(person=silent.person, channel="all", at=NOON)
    enrol(sleeping.person, track=track, by=alice, at=NOON)

    for lead, into, words in [
        (worked, track, "a track feeds who sleeps"),
        (sleeping, play, "for a lead that somebody works"),
        (worked, play, "follows the first conversation"),
        (sleeping, draft, "“Draft” is not published"),
        (nobody, track, "cannot be reached by e-mail"),
        (silent, track, "cannot be reached by e-mail"),
        (sleeping, track, "They are in “Feed” already"),
    ]:
        with pytest.raises(MoveRefused, match=words):
            enrol(lead.person, track=into, by=alice, at=NOON)
    assert Enrolment.objects.count() == 1


def test_an_inquiry_is_fed_until_it_has_a_lead(alice):
    person = make_person()
    hers = enrol(person, track=make_track(wait(9)), by=alice, at=NOON)
    advance(at=NOON)

    make_lead(person=person)
    follow(at=NOON + DAY)

    hers.refresh_from_db()
    assert (hers.lead, hers.state, hers.outcome) == (None, "ended", "woken")


def test_whoever_falls_asleep_gets_the_most_particular_track_there_is(alice):
    backup, network = make_topic("Backup"), make_topic("Network")
    make_track(email(), name="By hand", category="not_ready", is_by_hand=True)
    make_track(email(), name="Any")
    make_track(email(), name="Backup", topic=backup)
    make_track(email(), name="Not ready", category="not_ready")
    make_track(email(), name="Not ready, network", category="not_ready", topic=network)
    make_track(email(), name="Mid-contract", category="mid_contract")
    make_track(email(), name="Draft", category="not_ready", topic=backup, published=False)
    likes_both, likes_backup = asleep(alice), asleep(alice)
    engage(likes_both.person, topic=backup, points=30)
    engage(likes_both.person, topic=network, points=5)
    engage(likes_backup.person, topic=backup)
    no_address = asleep(alice, person=make_person(email=None))
    by_hand = asleep(alice)
    enrol(by_hand.person, track=make_track(wait(1), name="Hers"), by=alice, at=NOON)

    assert enrol_recycled(at=NOON) == 4
    assert enrol_recycled(at=NOON) == 0

    names = [where(lead) for lead in (likes_both, likes_backup, no_address, by_hand)]
    assert names == ["Not ready, network", "Not ready", None, "Hers"]
    answers = list(Sorting.objects.order_by("recycling").values_list("answer", flat=True))
    assert answers == ["taken", "taken", "unreachable", "elsewhere"]


def test_whom_no_track_fitted_is_looked_at_again_when_one_is_published(alice):
    lead = asleep(alice)
    assert enrol_recycled(at=NOON) == 1
    assert Sorting.objects.get().answer == "no_track"

    make_track(email(), name="Late", category="not_ready")
    Sorting.objects.filter(answer="no_track").delete()
    assert enrol_recycled(at=NOON + 9 * DAY, everybody=True) == 1

    assert where(lead) == "Late"
    hers = Enrolment.objects.get()
    take_out(hers, by=alice, at=NOON + 9 * DAY)
    assert enrol_recycled(at=NOON + 9 * DAY, everybody=True) == 0


def test_she_who_sleeps_again_is_sorted_again(alice):
    make_track(wait(9), name="Feed", category="not_ready")
    lead = asleep(alice)
    enrol_recycled(at=NOON)
    back = wake_lead(lead, by=alice, at=NOON + DAY)
    follow(at=NOON + DAY)

    again = make_lead_sleep(back, alice, at=NOON + 2 * DAY)
    enrol_recycled(at=NOON + 2 * DAY)

    assert [one.lead for one in Enrolment.objects.order_by("id")] == [lead, again]


def make_lead_sleep(lead, rep, *, at):
    claim_lead(lead, by=rep, at=at)
    recycle_lead(Lead.objects.get(pk=lead.pk), reason=reason("not_ready"), by=rep, at=at)
    return Lead.objects.get(pk=lead.pk)


@pytest.mark.parametrize("what", ["play", "inquiry"])
def test_what_she_was_in_before_she_fell_asleep_ends_whichever_tick_comes_first(alice, what):
    feeds = make_track(email(), name="Feeds", category="not_ready")
    person = make_person(time_zone="UTC")
    if what == "inquiry":
        before = enrol(person, track=make_track(wait(9), is_by_hand=True), by=alice, at=NOON)
        lead = asleep(alice, person=person)
    else:
        lead = make_lead(phase=Phase.WORKING, bdr=alice, person=person)
        log_touch(lead, kind="email", by=alice, at=NOON)
        before = enrol(person, track=make_track(step(), kind="play"), by=alice, at=NOON)
        recycle_lead(Lead.objects.get(pk=lead.pk), reason=reason("not_ready"), by=alice, at=NOON)

    assert enrol_recycled(at=NOON + timedelta(seconds=30)) == 1

    before.refresh_from_db()
    assert before.state == "ended"
    hers = Enrolment.objects.under_way().get(person=person)
    assert (hers.track, hers.lead) == (feeds, lead)
    assert Sorting.objects.get().answer == "taken"


def test_those_held_out_are_always_the_same_and_get_nothing(alice):
    track = make_track(email(), category="not_ready", hold_out_percent=50)
    leads = [asleep(alice) for _lead in range(12)]

    enrol_recycled(at=NOON)
    advance(at=NOON)

    held = {one.person_id for one in Enrolment.objects.filter(is_held_out=True)}
    assert held == {lead.person_id for lead in leads if is_held_out(track, lead.person)}
    assert set(Enrolment.objects.values_list("hold_out_percent", flat=True)) == {50}
    assert 0 < len(held) < 12
    assert Message.objects.count() == 12 - len(held)
    wake_lead(leads[0], by=alice, at=NOON + DAY)
    wake_lead(leads[1], by=alice, at=NOON + DAY)
    follow(at=NOON + DAY)
    assert Enrolment.objects.filter(outcome="woken").count() == 2


def test_doers_who_read_everything_are_fans_asleep_or_without_a_lead(alice):
    make_track(email(), name="Not ready", category="not_ready")
    fans = make_track(email(), name="Fans", is_fan_base=True)
    doers = [make_person(account=make_account()) for _person in range(3)]
    Employment.objects.filter(person__in=doers).update(role="doer")
    sleeping, inquiry, reads_little = doers
    lead = asleep(alice, person=sleeping)
    for person, times in ((sleeping, 4), (inquiry, 4), (reads_little, 3)):
        for _time in range(times):
            engage(person)

    enrol_recycled(at=NOON)
    assert [enrol_fans(at=NOON), enrol_fans(at=NOON)] == [1, 0]

    assert where(lead) == "Fans"
    near = lead.wake_at - timedelta(hours=12)
    assert keep_fans_asleep(at=near) == 1
    assert sweep_leads(at=lead.wake_at) == 0
    lead.refresh_from_db()
    assert (lead.phase, lead.wake_at) == (Phase.NURTURE, near + 180 * DAY)
    assert {name for name, ids in check_all(at=near).items() if ids} == set()
    Employment.objects.filter(person=sleeping).update(role="decision_maker")
    assert keep_fans_asleep(at=lead.wake_at) == 0
    assert set(Enrolment.objects.filter(track=fans).values_list("person", flat=True)) == {sleeping.pk, inquiry.pk}
