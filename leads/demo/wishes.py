"""What the reps of the demo company miss in its library, and what marketing made of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from content.actions.asking import (
    Need,
    Voice,
    accept_request,
    answer_request,
    ask_for,
    decline_request,
    join_request,
    take_request_on,
)
from content.models import Asset, ContentRequest, Label, Topic
from leads.demo.cast import Cast
from leads.models import Lead


class Wish(NamedTuple):
    """One need: who asks first and who joins, with what the lead is worth in thousands."""

    words: str
    days_ago: int
    askers: str
    marks: str = ""
    topic: str = ""
    thousands: tuple[int, ...] = ()
    needed_in: int = 0


OPEN = (
    Wish("A case study from a pharma plant that passed its audit with us", 9, "ana ben clara", "persona:decision_maker stage:working objection:trust", "audits", (90, 45, 60), 21),
    Wish("A calculator: what an hour of standstill costs in their own figures", 16, "ben ana", "persona:champion stage:accepted objection:price", "unplanned-stops", (120, 40)),
    Wish("A page that compares us fairly with the three vendors we meet most", 6, "clara ana chloe", "persona:decision_maker stage:late objection:incumbent", "", (75,)),
    Wish("The planner's week on one page, in French", 4, "dirk", "persona:doer stage:queued", "planning"),
    Wish("Two sentences on ISO 55000 that I can say on the phone", 3, "ana", "persona:influencer stage:working", "audits", (), 10),
    Wish("Something short for people who said: not before the budget", 1, "ben", "persona:decision_maker stage:nurture objection:timing"),
)  # fmt: skip
DONE = Wish(
    "One page for the person who has to sign",
    40,
    "ana ben",
    "persona:decision_maker stage:late objection:price",
    "unplanned-stops",
    (80, 30),
)
DECLINED = Wish("A film of our office", 33, "chloe")
ANSWER = "One page for the chief financial officer"


def make_wishes(cast: Cast, *, at: datetime, on: date) -> None:
    labels = {f"{label.dimension}:{label.key}": label for label in Label.objects.all()}
    topics = {topic.key: topic for topic in Topic.objects.all()}
    leads = {
        user.pk: list(Lead.objects.open().filter(bdr=user).order_by("pk").values_list("pk", flat=True)[:9])
        for user in (cast.ana, cast.ben, cast.clara, cast.chloe, cast.dirk)
    }

    def ask(wish: Wish) -> ContentRequest:
        asked_at = at - timedelta(days=wish.days_ago, hours=2)
        need = Need(
            wish.words,
            topics.get(wish.topic),
            tuple(labels[mark] for mark in wish.marks.split() if mark in labels),
            on + timedelta(days=wish.needed_in) if wish.needed_in else None,
        )
        asked: ContentRequest | None = None
        for place, name in enumerate(wish.askers.split()):
            user = getattr(cast, name)
            worth = wish.thousands[place] * 1000_00 if place < len(wish.thousands) else None
            hers = leads[user.pk]
            lead = hers[(wish.days_ago + place) % len(hers)] if hers and worth else None
            voice = Voice(lead, worth, "EUR" if worth else "")
            moment = asked_at + timedelta(hours=5 * place)
            if asked is None:
                asked = ask_for(need, voice, by=user, at=moment)
            else:
                join_request(asked, voice, by=user, at=moment)
        if asked is None:
            raise ValueError("nobody asks for this")
        return asked

    made = [ask(wish) for wish in OPEN]
    accept_request(made[1], by=cast.milo, at=at - timedelta(days=12))
    take_request_on(made[0], by=cast.milo, at=at - timedelta(days=2))
    answer = Asset.objects.in_use(on=on).filter(title=ANSWER).first()
    if answer is not None:
        answer_request(ask(DONE), answer, by=cast.milo, at=at - timedelta(days=20), on=on)
    because = "It would show desks. If a customer asks who we are, send them our faces page."
    decline_request(ask(DECLINED), because=because, by=cast.milo, at=at - timedelta(days=30))
