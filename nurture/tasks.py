"""Alarm clocks of tracks and of mail. Each rings, does what is due by the database's clock, and may be lost."""

import os
import socket

from celery import shared_task
from django.utils import timezone

from content.actions import pulsing, watching
from leads.actions.sweeping import ring
from nurture.actions import (
    advancing,
    claiming,
    counting,
    erasing,
    fetching,
    hearing,
    moving,
    passing,
    recording,
    replanning,
    sending,
    sorting,
    taking_up,
    unsent,
)
from team.company_time import company_day


@shared_task
def advance_tracks() -> int:
    """Every 15 seconds: whoever is due goes on. What went on is not due again."""
    return ring("advance_tracks", lambda at: advancing.advance(at=at))


@shared_task
def move_people() -> int:
    """Every 15 seconds: whoever is moved to the newest version of a track, or leaves one, batch by batch. Beside
    another, each batch is done by one of the two."""
    return moving.work_moves()


@shared_task
def follow_tracks() -> int:
    """Every minute: who woke, answered or was worked leaves her track; what one of us has done lets it go on, and so
    does what is taken back."""
    return ring("follow_tracks", lambda at: advancing.follow(at=at) + taking_up.take_up_again(at=at))


@shared_task
def enrol_recycled() -> int:
    """Every minute: whoever fell asleep a while ago gets her track, and whom no mail reached and who has an address by
    now. A sleep is looked at once, and once more with each new address."""
    return ring("enrol_recycled", lambda at: sorting.enrol_settled(at=at) + sorting.enrol_reachable(at=at))


@shared_task
def enrol_everybody() -> int:
    """Every hour: whom a new track fits by now, fans without a lead, and fans whose day comes. Each is done once."""
    return ring(
        "enrol_everybody",
        lambda at: (
            sorting.enrol_settled(at=at, everybody=True) + sorting.enrol_fans(at=at) + sorting.keep_fans_asleep(at=at)
        ),
    )


@shared_task
def look_for_untried() -> int:
    """Every hour: steps that nobody can try any more, whatever shut the way, leave the queue. What left it is found no
    more."""
    return ring("look_for_untried", lambda at: passing.look_for_untried(at=at))


@shared_task
def blank_erased() -> int:
    """Every ten minutes: words of mail left of who was erased meanwhile, and whoever a restored database knows again.
    What is blank is not looked at again."""
    return ring(
        "blank_erased",
        lambda at: erasing.blank_erased(at=at) + erasing.forget_again(at=at) + erasing.write_down_erasures(),
    )


@shared_task
def open_pulses() -> int:
    """Every ten minutes: the questions to reps that are due are asked. What was opened is due weeks later."""
    return ring("open_pulses", lambda at: pulsing.open_rounds(on=timezone.localdate(at)))


@shared_task
def tell_owners() -> int:
    """Every ten minutes: who answers for an asset hears that its day has come. Who has heard is not told again."""
    return ring("tell_owners", lambda at: watching.tell_owners(on=company_day(at), at=at))


@shared_task
def count_assets() -> int:
    """Every hour: what came of each asset is counted anew. A second run goes on where the first one stopped."""
    return ring("count_assets", lambda at: counting.count_assets(at=at))


@shared_task
def deliver() -> int:
    """Every 15 seconds: mail that is due. Beside another, each message is claimed by one of the two."""
    ring("free_leases", lambda at: claiming.free_leases(at=at))
    ring("settle_unsent", lambda at: unsent.settle_unsent(at=at))
    return sending.deliver(by=f"{socket.gethostname()}:{os.getpid()}")


@shared_task
def follow_rules() -> int:
    """Every 15 seconds: what is planned follows the rules of mail as they are now. Beside another, one of the two does
    it; mail that is due waits for neither."""
    return ring("follow_rules", lambda at: replanning.follow_rules(at=at), budget=replanning.BUDGET_SECONDS)


@shared_task
def judge_hits() -> int:
    """Every 15 seconds: openings and clicks that have settled. A second run finds none to judge."""
    return ring("judge_hits", lambda at: hearing.judge_hits(at=at))


@shared_task
def read_mailbox() -> int:
    """Every minute: what came back by mail. Beside another, each mail is recorded by one of the two."""
    return ring("read_mailbox", lambda at: fetching.read_mailbox(at=at))


@shared_task
def read_told() -> int:
    """Every 15 seconds: what mail providers told. What was read, or is being read, is not due."""
    return ring("read_told", lambda at: recording.read_told(at=at))
