"""Mail in the history of somebody: what tracks did for her (letters that left, and how she came in, paused and left),
and what became of the letters that one of us wrote.

Read where it is kept: the subject of a letter goes when she is erased, and so does its line's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts.models import Person
from leads.telling import joined, who_words
from leads.timeline import EVENTS, PAGE, Above, Entry
from nurture.actions.composing import subjects_of
from nurture.fields import as_read
from nurture.models import Enrolment, Message, Passage, Preference
from nurture.stopped import stopped_rules
from nurture.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.utils.safestring import SafeString

    from leads.models import LeadEvent
    from leads.naming import Names
    from leads.timeline import Timeline

# Of one moment, what somebody did stands below what came of it.
ACTS, LETTERS = EVENTS + 1, EVENTS + 2
# So much of what a mail server said stands in one line; the whole of it is on the page of the letter.
ANSWER_CHARS = 120
What = Passage.What
# A step of ours, and a step set by hand that a play gives way to, are events of the lead already.
TOLD = (
    Q(what=What.ENTERED, node=None, because="")
    | Q(what__in=[What.PAUSED, What.RESUMED], because="")
    | Q(what=What.RESUMED, because=Passage.TAKEN_BACK)
    | Q(what=What.SKIPPED, because="by_hand")
    | Q(what=What.ENDED)
)
ICONS = {What.ENTERED: "step", What.PAUSED: "pause", What.RESUMED: "step", What.SKIPPED: "step", What.ENDED: "done"}


class TrackLines(Above):
    """One page of them: those of the pursuits that are told, and of an inquiry of hers; and what she chose on her own
    page, and is in now. One statement where she was in no track and has chosen nothing; whoever is left without, to
    compare, got nothing that could be told."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.letters: list[Message] = []
        self.acts: list[Passage] = []
        been = self._read_what_is_known()
        if timeline.show not in ("all", "touches", "moves"):
            return
        if been and timeline.show != "moves":
            self.letters = list(self._letters(been))
        if been and timeline.show != "touches":
            self.acts = list(self._acts(been))
        self.subjects = subjects_of(self.letters, at=timezone.now()) if self.letters else {}

    def want(self, names: Names) -> None:
        names.want("user", *[act.by_id for act in self.acts])

    def say(self, names: Names, *, reader: int) -> list[Entry]:
        said = [
            Entry(act.at, ACTS, act.pk, ICONS[What(act.what)], *_act_words(act, who_words(names, act.by_id, reader)))
            for act in self.acts
        ]
        return said + [
            Entry(
                letter.claimed_at, LETTERS, letter.pk, "mail",
                _letter_words(letter, self.subjects.get(letter.pk, "")),
                joined(
                    str(letter.asset) if letter.asset else "",
                    "" if letter.state == Message.State.SENT else str(letter.get_state_display()),
                ),
            )
            for letter in self.letters
            if letter.claimed_at
        ]  # fmt: skip

    def left_since(self, at: datetime) -> list[str]:
        left = [one for one in self.letters if one.claimed_at and one.claimed_at >= at]
        return [self.subjects.get(one.pk) or str(one.node or "") for one in left]

    def _read_what_is_known(self) -> list[int]:
        """What she is in now, what she chose, and the keys of all she was in."""
        lead = self.timeline.lead
        hers = Q(lead__in=list(self.timeline.pursuits)) | Q(lead=None, person=lead.person_id)
        goes_on = (Q(lead=lead) | Q(lead=None)) & Q(state__in=Enrolment.UNDER_WAY)
        state = Case(When(goes_on, then=F("state")), default=Value(""), output_field=CharField())
        been = Enrolment.objects.filter(hers, is_held_out=False).order_by()
        rows = Person.objects.filter(Q(pk=lead.person_id) | Q(merged_into=lead.person_id)).order_by()
        chosen = Preference.objects.filter(person__in=rows.values("pk")).order_by()
        of_none = Value("", output_field=CharField())
        said = been.values_list(Value("been"), "pk", state, "track__name")
        said = said.union(chosen.values_list(Value("chosen"), "pk", of_none, of_none), all=True)
        found: list[int] = []
        for what, pk, stands, name in said:
            if what == "chosen":
                self.asked_for = Wishes([lead.person_id]).chosen(lead.person_id, at=timezone.now()).phrases
                continue
            found.append(pk)
            if stands:
                is_paused = stands == Enrolment.State.PAUSED
                self.under_way = _("%(track)s, paused") % {"track": name} if is_paused else name
                self.goes_on = "" if is_paused else name
        return found

    def _letters(self, been: list[int]) -> QuerySet[Message]:
        rows = Message.objects.left().filter(enrolment__in=been)
        if self.timeline.before:
            rows = rows.filter(self.timeline.before.before(LETTERS, moment="claimed_at"))
        rows = rows.select_related("node", "asset", "lead", "enrolment__track")
        return rows.order_by("-claimed_at", "-id")[: PAGE + 1]

    def _acts(self, been: list[int]) -> QuerySet[Passage]:
        rows = Passage.objects.filter(TOLD, enrolment__in=been)
        if self.timeline.before:
            rows = rows.filter(self.timeline.before.before(ACTS))
        return rows.select_related("node", "enrolment__track").order_by("-at", "-id")[: PAGE + 1]


class LetterLines(Above):
    """That somebody e-mailed leads to her letter, and says so where it has not left. Nothing is asked where no e-mail
    was written."""

    def __init__(self, timeline: Timeline) -> None:
        self.looked = {one.pk for one in timeline.events}
        self.letters = _letters_of(timeline.events)
        if not self.letters:
            return
        waits = any(one.state == Message.State.PLANNED for one in self.letters.values())
        self.is_stopped = waits and stopped_rules() is not None
        self.now = timezone.now()

    def mark(self, entry: Entry, event: LeadEvent) -> None:
        letter = self.letters.get(event.pk)
        if letter is None:
            return
        entry.text = format_html('<a href="{}">{}</a>', reverse("nurture:message", args=[letter.public_id]), entry.text)
        if entry.is_taken_back and letter.may_have_left:
            # The attempt is counted no more; that they got it, or may have, stays true.
            entry.is_taken_back = False
            is_sure = letter.state == Message.State.SENT
            entry.soft = _("taken back, but it had left") if is_sure else _("taken back, but it may have left")
            return
        if entry.is_taken_back and letter.state in Message.NEVER_LEFT:
            entry.back = _why_not(letter)
            return
        entry.soft = joined(self._stands(letter), entry.soft)

    def has_left(self, events: Sequence[LeadEvent]) -> bool:
        # A history of one kind has not read all of them.
        letters = self.letters | _letters_of([one for one in events if one.pk not in self.looked])
        return any(letters[one.pk].may_have_left for one in events if one.pk in letters)

    def _stands(self, letter: Message) -> str:
        State = Message.State
        if letter.state == State.SENT:
            return ""
        if letter.state in Message.NEVER_LEFT:
            return _why_not(letter)
        if letter.state == State.UNKNOWN:
            return _("nobody knows whether it left")
        if letter.state == State.PLANNED and self.is_stopped:
            return _("waits until mail is started again")
        if letter.due_at and letter.due_at > self.now:
            return _("waits for their mail server")
        return _("goes out now")


def _letters_of(events: Sequence[LeadEvent]) -> dict[int, Message]:
    """What these logged as an e-mail and was written here, by the event. Nothing is asked where none did."""
    logged = [one for one in events if one.verb == "log" and one.data.get("kind") == "email"]
    if not logged:
        return {}
    leads = {one.lead_id for one in logged}
    letters = Message.objects.filter(lead__in=leads, event_id__in=[one.pk for one in logged]).select_related("body")
    return {one.event_id: one for one in letters if one.event_id}


def _why_not(letter: Message) -> str:
    """Why it did not leave, with what the server said; empty where somebody has taken back what was logged of it."""
    Because = Message.Because
    if letter.because == Because.UNDONE:
        return ""
    why = str(Because(letter.because).label)
    answer = letter.body.answer if letter.because in (Because.HARD, Because.TOO_OFTEN) else ""
    if answer:
        why = f"{why}: {Truncator(answer).chars(ANSWER_CHARS)}"
    return _("did not leave: %(why)s") % {"why": why}


def _letter_words(letter: Message, subject: str) -> SafeString | str:
    """What was sent, with the way to it; the page of a letter to an inquiry is for who keeps tracks alone."""
    track = letter.enrolment.track if letter.enrolment else ""
    if not subject:
        return _("“%(track)s” sent a letter") % {"track": track}
    if letter.lead_id is None:
        return _("“%(track)s” sent “%(subject)s”") % {"track": track, "subject": subject}
    link = format_html('<a href="{}">{}</a>', reverse("nurture:message", args=[letter.public_id]), subject)
    return format_html(_("“{track}” sent “{subject}”"), track=track, subject=link)


def _act_words(act: Passage, who: str) -> tuple[str, str]:
    """What happened, and what belongs to it."""
    names = {"who": who, "track": act.enrolment.track}
    match act.what:
        case What.ENTERED:
            said = _("%(who)s started “%(track)s”") if act.by_id else _("“%(track)s” began")
        case What.PAUSED:
            said = _("%(who)s paused “%(track)s”")
        case What.RESUMED:
            said = (
                _("%(who)s let “%(track)s” go on")
                if act.by_id
                else _("“%(track)s” goes on: what had stopped it was taken back")
            )
        case What.SKIPPED:
            said = _("%(who)s left out a step of “%(track)s”")
        case _:
            if act.because == Enrolment.Outcome.STOPPED and act.by_id:
                return _("%(who)s took them out of “%(track)s”") % names, ""
            return _("“%(track)s” ended") % names, _outcome(act.because)
    node = act.node if act.what == What.SKIPPED else None
    soft = (as_read(node.subject) or node.words or str(node.get_kind_display())) if node else ""
    return said % names, soft


def _outcome(code: str) -> str:
    return str(Enrolment.Outcome(code).label) if code in Enrolment.Outcome.values else ""
