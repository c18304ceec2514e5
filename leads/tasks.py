"""Alarm clocks. Each rings, does what is due by the database's clock, and may be lost, late or doubled without harm."""

from celery import shared_task

from leads.actions import (
    import_rows,
    importing,
    leaving,
    moving,
    recounting,
    releasing,
    requests,
    rescoring,
    restaging,
    reteaming,
    signalling,
    sweeping,
)
from team.clock import database_now


@shared_task
def sweep_leads() -> int:
    """Every 15 seconds: wake, free, move between bands. A second run finds nothing due."""
    return sweeping.ring("sweep_leads", lambda at: sweeping.sweep_leads(at=at))


@shared_task
def look_at_signals() -> int:
    """Every 15 seconds: changes of job, answers, what colleagues did. Each is looked at once, rung twice or not."""
    return sweeping.ring("look_at_job_changes", lambda at: signalling.look_at_job_changes(at=at)) + sweeping.ring(
        "look_at_signals", lambda at: signalling.look_at_signals(at=at)
    )


@shared_task
def notice_clocks() -> int:
    """Every 15 seconds: notices, misses, escalations. Each is unique per clock and kind."""
    return sweeping.ring("notice_clocks", lambda at: sweeping.notice_clocks(at=at))


@shared_task
def expire_second_looks() -> int:
    """Every 10 minutes. A decided second look is not touched again."""
    return sweeping.ring("expire_second_looks", lambda at: sweeping.expire_second_looks(at=at))


@shared_task
def release_absent() -> int:
    """Every 5 minutes. Each absence is released once."""
    return sweeping.ring("release_absent", lambda at: leaving.release_absent(at=at))


@shared_task
def follow_settings() -> int:
    """Every 5 minutes: promises begun while the working hours were being changed, leads that came to a team or entered
    a stage while it was retired; and after a change, interest by another half-life. A second run moves nothing."""
    return sweeping.ring(
        "follow_settings",
        lambda at: (
            recounting.recount_lately_changed(at=at)
            + reteaming.pass_on_latecomers(at=at)
            + restaging.move_latecomers(at=at)
            + rescoring.reckon_interest_anew()
        ),
    )


@shared_task
def look_at_voices() -> int:
    """Every minute: whether the leads for which content is asked are pursued. A second run finds nothing to change."""
    return sweeping.ring("look_at_voices", lambda at: requests.look_at_voices())


@shared_task
def run_imports() -> int:
    """Every 15 seconds and after a start: read files that wait. Beside another, each file is read by one of the two."""
    return import_rows.run_imports()


@shared_task
def carry_on_moves() -> int:
    """Every 15 seconds and after a start: moves of many leads. Beside another, each part is done by one of the two."""
    return moving.carry_on_moves()


@shared_task
def forget_uploads() -> int:
    """Every hour: files past the day they are kept until. One that is gone is not looked for again."""
    return sweeping.ring("forget_uploads", lambda at: importing.forget_uploads(at=at))


@shared_task
def release_due() -> int:
    """Every 15 seconds: what files brought for today becomes leads. A person has one open lead, rung twice or not."""
    return releasing.release_due(at=database_now())
