"""Which person a row is about, and what it adds to her."""

from __future__ import annotations

from accounts.actions.matching.circle import NOTHING, Circle, KnownAccount, KnownPerson
from accounts.actions.matching.companies import MAY_BECOME_CUSTOMER, stand
from accounts.actions.matching.rows import PersonRow
from accounts.actions.people import TAKEN_OVER
from accounts.jobs import is_another_title
from accounts.models import ContactPoint, Employment, JobChange
from accounts.normalise import folded

NAMES = ("given_name", "family_name")


def add_to_person(
    circle: Circle,
    known: KnownPerson,
    row: PersonRow,
    account: KnownAccount | None,
    *,
    suppress: dict[str, str],
    notes: list[str],
    names_account: bool,
    is_elsewhere: bool = False,
) -> bool:
    """Everything the row says of her; returns whether any of it is new.

    Of a row that names somebody who is worked otherwise, or `is_elsewhere`, only what fills a gap; how the company
    stands that it names is told all the same.
    """
    has_other_name = known.is_worked and _is_called_otherwise(known, row)
    notes += ["other_name"] * has_other_name + ["other_company"] * is_elsewhere
    changed = _fill(known, row, may_overwrite=not (has_other_name or is_elsewhere), may_name=not has_other_name)
    found = _add_points(circle, known, row, notes)
    found |= _add_external_ids(circle, known, row)
    if not is_elsewhere:
        found |= _employ(circle, known, row, account, is_strong=names_account)
    known.is_found_otherwise |= found
    changed |= found
    is_silenced = _suppress(known, suppress, said=row.suppress)
    notes += ["silenced"] * (is_silenced and known.is_worked)
    changed |= is_silenced
    changed |= _stand(known, account if is_elsewhere else known.account, row.standing, is_hers=not is_elsewhere)
    circle.remember(known)
    return changed


def find_person(circle: Circle, row: PersonRow, account: KnownAccount | None) -> KnownPerson | None:
    for key in row.external_ids:
        if (known := circle.by_external.get(key)) is not None:
            return known
    for point in row.points:
        if point.kind == ContactPoint.Kind.EMAIL and (known := circle.by_email.get(point.normalised)) is not None:
            # Another id of the same source is another person there: the address is shared, she is not.
            sources = {source for source, _value in known.external_ids}
            if not any(source in sources for source, _value in row.external_ids):
                return known
    if row.is_known_by_phone:
        for point in row.points:
            if (known := circle.by_phone.get((point.normalised, row.name))) is not None:
                return known
    if row.is_known_by_place and account is not None:
        return circle.by_place.get((account, row.name))
    return None


def _is_called_otherwise(known: KnownPerson, row: PersonRow) -> bool:
    return any(
        (said := row.fields.get(name)) and (current := getattr(known.row, name)) and folded(said) != folded(current)
        for name in NAMES
    )


def _fill(known: KnownPerson, row: PersonRow, *, may_overwrite: bool, may_name: bool) -> bool:
    person, changed = known.row, False
    may_replace = may_overwrite and person.version == 1
    for name, value in row.fields.items():
        if name in NAMES and not may_name:
            continue
        current = getattr(person, name)
        if value and current != value and (may_replace or not current):
            setattr(person, name, value)
            known.is_found_otherwise |= name in NAMES
            changed = True
    for key, value in row.custom.items():
        if person.custom.get(key, NOTHING) != value and (may_overwrite or key not in person.custom):
            person.custom[key] = value
            changed = True
    known.is_changed |= changed
    return changed


def _add_points(circle: Circle, known: KnownPerson, row: PersonRow, notes: list[str]) -> bool:
    changed = False
    for point in row.points:
        key = (point.kind, point.normalised)
        if key in known.points:
            continue
        if point.kind == ContactPoint.Kind.EMAIL and point.normalised in circle.by_email:
            notes.append("email_of_another")
            continue
        new = ContactPoint(
            person=known.row,
            kind=point.kind,
            value=point.value,
            normalised=point.normalised,
            extension=point.extension,
            is_primary=not any(p.is_primary for (kind, _n), p in known.points.items() if kind == point.kind),
            state=ContactPoint.State.OK if point.is_certain else ContactPoint.State.UNVERIFIED,
            source=circle.source,
            created_at=circle.at,
        )
        known.points[key] = new
        known.new_points.append(new)
        changed = True
    return changed


def _add_external_ids(circle: Circle, known: KnownPerson, row: PersonRow) -> bool:
    changed = False
    for key in row.external_ids:
        if key not in known.external_ids and key not in circle.by_external:
            known.external_ids.add(key)
            known.new_external_ids.append(key)
            changed = True
    return changed


def _employ(
    circle: Circle, known: KnownPerson, row: PersonRow, account: KnownAccount | None, *, is_strong: bool
) -> bool:
    job = known.job
    may_overwrite = known.row.version == 1
    if job is None:
        if account is None and not row.title:
            return False
        known.job = Employment(person=known.row, account=account.row if account else None, title=row.title)
        known.account, known.job_is_changed = account, True
        return True
    changed = False
    if account is not None and account is not known.account:
        if known.account is None:
            job.account, known.account = account.row, account
            changed = True
        elif is_strong and may_overwrite:
            _leave(circle, known)
            known.new_job = JobChange.Kind.COMPANY
            known.job = Employment(person=known.row, account=account.row, title=row.title)
            known.account, known.job_is_changed = account, True
            return True
    if row.title and job.title != row.title and (may_overwrite or not job.title):
        if is_another_title(job.title, row.title):
            known.new_job = known.new_job or JobChange.Kind.TITLE
        job.title = row.title
        changed = True
    known.job_is_changed |= changed
    return changed


def _leave(circle: Circle, known: KnownPerson) -> None:
    """She works elsewhere now. A job that this very file gave her is simply another one."""
    job = known.job
    if job is None or job.pk is None:
        return
    job.is_current = False
    job.until_on = max(circle.at.date(), job.from_on) if job.from_on else circle.at.date()
    known.left.append(job)


def _suppress(known: KnownPerson, channels: dict[str, str], *, said: set[str]) -> bool:
    """`channels`: each with whose word it is; `said`: those that the file itself names. The others are known by a key
    that stays refused, and it stays the word of whoever said it."""
    new = {channel: channels[channel] for channel in sorted(channels.keys() - known.suppressed)}
    known.suppressed.update(new)
    known.new_suppressions |= new
    known.suppressed_by_one |= {channel for channel, source in new.items() if source in TAKEN_OVER}
    confirmed = sorted(said & known.suppressed_by_one)
    known.suppressed_by_one.difference_update(confirmed)
    known.confirmed_suppressions += confirmed
    return bool(new or confirmed)


def _stand(known: KnownPerson, account: KnownAccount | None, standing: str, *, is_hers: bool) -> bool:
    if account is not None:
        return stand(account, standing)
    if not is_hers or not standing or known.row.standing == standing or known.row.standing not in MAY_BECOME_CUSTOMER:
        return False
    known.row.standing = standing
    known.is_changed = True
    return True
