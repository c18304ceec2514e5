"""What the reps of the demo company miss in its library and say when they are asked, and what marketing made of it."""

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
from content.actions.pulsing import (
    Questions,
    answer_round,
    close_feedback,
    open_rounds,
    set_pulse,
    take_feedback_on,
)
from content.actions.talking import note_talk
from content.models import Asset, ContentRequest, Feedback, Label, PulseAsked, Topic
from leads.demo.cast import Cast
from leads.models import Lead
from team.company_time import company_day


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


QUESTIONS = (
    "What did you look for lately and not find?",
    "What do you not send any more, and why?",
    "What would save you most time?",
)
# Who says what to the three questions, four weeks ago.
SAID = (
    ("ana", "A pharma case. They all ask whether an auditor has seen it.", "The pricing page: it opens with the largest plan.", "First lines by role, so that I only change one word."),
    ("ben", "Something on ISO 55000", "", "One list of what is new, not a mail for each piece"),
    ("chloe", "Anything in French", "The office film: nobody opens it", ""),
    ("clara", "", "", "The sheet of the standstill hour as something they can fill in themselves"),
)  # fmt: skip
BECAME = {
    "One list of what is new, not a mail for each piece": ("done", "New for your leads in the library: one list, no mail."),
    "The office film: nobody opens it": ("done", "It is retired."),
    "Anything in French": ("declined", "Not before the spring: nobody here can keep it current."),
}  # fmt: skip


class Said(NamedTuple):
    """A talk: who noted it, with whom, how many days ago, what was said, and what is missing or wrong with what became
    of it: nothing yet, `taken` by marketing, or in words what was done."""

    by: str
    rep: str
    days_ago: int
    text: str
    missing: tuple[tuple[str, str], ...] = ()


TALKS = (
    Said("milo", "clara", 23, "We went through the last ten first calls. The sheet of the standstill hour opens doors where nothing else does; people ask for it by name.\n\nWhat never goes out is the whitepaper on audits: nobody has read past the second page.", (
        ("The sheet of the standstill hour names a currency that is not theirs", "Both currencies stand in it since Monday."),
    )),
    Said("mona", "ben", 9, "Weekly talk. Ben loses time before a first call: what somebody read stands on three pages, and all three are opened.", (
        ("First lines for whoever came to a webinar and to nothing else", ""),
        ("The comparison with the vendor they have is a year old", "taken"),
    )),
    Said("milo", "ana", 2, "Sat beside Ana for an hour. The question of price is answered with a story, and it works. We write that story down next week, as a talk track that others can use."),
)  # fmt: skip


def make_talks(cast: Cast, *, at: datetime) -> None:
    """What marketing and a manager noted of talks with reps, and what became of it."""
    for said in TALKS:
        by, moment = getattr(cast, said.by), at - timedelta(days=said.days_ago)
        lines = [line for line, _became in said.missing]
        on = company_day(moment)
        talk = note_talk(getattr(cast, said.rep), held_on=on, text=said.text, lines=lines, by=by, at=moment)
        became = dict(said.missing)
        for feedback in talk.feedback.order_by("pk"):
            if became[feedback.text] == "taken":
                take_feedback_on(feedback, by=cast.milo)
            elif outcome := became[feedback.text]:
                done_at = moment + timedelta(days=4)
                close_feedback(feedback, to=Feedback.State.DONE, outcome=outcome, by=cast.milo, at=done_at)


def make_answers(cast: Cast, *, at: datetime, on: date) -> None:
    """One round that was answered, and one that is asked now."""
    first = on - timedelta(days=31)
    asked = Questions(*QUESTIONS, every_weeks=4, next_on=first, is_anonymous=True)
    set_pulse(asked, by=cast.milo, at=at - timedelta(days=33))
    open_rounds(on=first)
    for name, *texts in SAID:
        user = getattr(cast, name)
        answer_round(PulseAsked.objects.get(user=user), texts, by=user, on=first + timedelta(days=1))
    for feedback in Feedback.objects.order_by("pk"):
        if feedback.text in BECAME:
            to, outcome = BECAME[feedback.text]
            close_feedback(feedback, to=to, outcome=outcome, by=cast.milo, at=at - timedelta(days=5))
    taken = Feedback.objects.filter(text__startswith="A pharma case").first()
    if taken is not None:
        take_feedback_on(taken, by=cast.milo)
    open_rounds(on=on - timedelta(days=3))
