"""Tracks and whoever goes through them, at their smallest."""

from itertools import count

from accounts.actions.people import suppression_key
from content.models import Asset, AssetVersion, Topic
from leads.models import Engagement
from nurture.actions.moving import ask_to_empty, ask_to_move, work_on
from nurture.actions.planning import plan_messages
from nurture.models import Enrolment, Incoming, IncomingBody, Message, Track, TrackNode, TrackVersion
from tests.make import NOON, make_person, make_user

_n = count(1)


def make_topic(label="Backup"):
    return Topic.objects.create(key=f"topic-{next(_n)}", label=label)


def make_asset(*, topic=None, **fields):
    """Something that may be sent."""
    asset = Asset.objects.create(**{"title": f"Asset {next(_n)}", "kind": "guide", "topic": topic, **fields})
    by = make_user("maker")
    AssetVersion.objects.create(
        asset=asset, number=1, form="link", url="https://example.com/a", made_by=by, made_at=NOON, approved_by=by,
        approved_at=NOON, is_current=True,
    )  # fmt: skip
    return asset


def make_track(*nodes, kind="track", published=True, **fields):
    """`make_track(email(), wait(3), branch("clicked", [step()], []))`: the flow as it is read."""
    track = Track.objects.create(**{"kind": kind, "name": f"Track {next(_n)}", **fields})
    add_version(track, *nodes, published=published)
    return track


def add_version(track, *nodes, published=True, by=None):
    number = track.versions.count() + 1
    version = TrackVersion.objects.create(
        track=track, number=number, made_at=NOON, published_at=NOON if published else None, published_by=by
    )
    _write(version, nodes)
    return version


def _write(version, nodes, branch=None, arm=""):
    for position, (fields, yes, no) in enumerate(nodes, start=1):
        node = TrackNode.objects.create(version=version, branch=branch, arm=arm, position=position, **fields)
        _write(version, yes, node, "yes")
        _write(version, no, node, "no")


def email(**fields):
    return {"kind": "email", "subject": "Something to read", "text": "Hello.", **fields}, (), ()


def wait(days, **fields):
    return {"kind": "wait", "days": days, **fields}, (), ()


def step(words="Ask what is missing", **fields):
    return {"kind": "step", "step_kind": "call", "words": words, **fields}, (), ()


def goal(question, **fields):
    return {"kind": "goal", "question": question, **fields}, (), ()


def branch(question, yes, no=(), **fields):
    return {"kind": "branch", "question": question, **fields}, yes, no


def engage(person, kind="downloaded", *, at=NOON, **fields):
    return Engagement.objects.create(person=person, kind=kind, at=at, recorded_at=at, **{"points": 10, **fields})


def leave(message, *, at):
    """The outbox has sent it."""
    point = message.person.contact_points.filter(kind="email").first()
    type(message).objects.filter(pk=message.pk).update(
        state="sent", sent_at=at, claimed_at=at, claimed_by="test", due_at=None,
        to_hash=suppression_key(point.normalised) if point else "x",
    )  # fmt: skip


def make_letter_track(*, subject="Hello {{ first_name | there }}", text="Some words.", asset=None, **fields):
    """A published track of one e-mail."""
    return make_track(email(subject=subject, text=text, asset=asset), **fields)


def make_enrolment(track, person=None, *, lead=None, **fields):
    version = track.versions.get()
    person = person or (lead.person if lead else make_person(time_zone="UTC"))
    return Enrolment.objects.create(
        **{"person": person, "lead": lead, "track": track, "version": version, "started_at": NOON, "due_at": NOON}
        | fields
    )


def move_all(version, *, by, at):
    """Everybody of its track goes on in it; how many."""
    TrackVersion.objects.filter(pk=version.pk).update(published_by=by)
    version.refresh_from_db()
    ask_to_move(version, by=by, at=at)
    return work_on(version.track, at=at).done


def empty(track, *, into=None, by, at):
    """It is out of use, and everybody leaves it."""
    Track.objects.filter(pk=track.pk, retired_at=None).update(retired_at=at)
    ask_to_empty(track, into=into, by=by, at=at)
    return work_on(track, at=at)


def make_message(track=None, person=None, *, lead=None, due_at=NOON, asset=None):
    """What the first node of a track sends to somebody."""
    track = track or make_letter_track()
    enrolment = make_enrolment(track, person, lead=lead)
    node = track.versions.get().nodes.get()
    plan_messages(
        [
            Message(
                kind="nurture", person=enrolment.person, lead=lead, enrolment=enrolment, node=node,
                asset=asset or node.asset, planned_at=NOON, due_at=due_at,
            )
        ]
    )  # fmt: skip
    return Message.objects.get(enrolment=enrolment, node=node)


def make_aside(*, text="Please call me.", sender="jo@brevik.example", at=NOON):
    """Mail that could not be read."""
    row = Incoming.objects.create(
        source="imap", key=f"key-{next(_n)}", state="aside", error="ValueError: no such words", taken_at=at
    )
    IncomingBody.objects.create(incoming=row, sender=sender, subject="Re: Our offer", text=text)
    return row
