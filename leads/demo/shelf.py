"""The library of the demo company: what its assets lead to, when they are used, and what became of some of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

from content.actions.keeping import About, Made, add_asset, add_version, change_asset, retire_asset
from content.actions.using import judge_asset, miss_search
from content.models import Asset, AssetAccess, Label, Topic
from content.models.use import Place
from content.words import query_words
from leads.demo.cast import Cast

SITE = "https://wartwell.example/read"


class Item(NamedTuple):
    """One asset: where it is or what it says, for whom and when."""

    title: str
    when: str
    marks: str
    url: str = ""
    text: str = ""
    form: str = "link"
    kind: str = "guide"
    topic: str = ""


# What engagements name already, by its title.
KNOWN = (
    Item("What an hour of standstill really costs", "First mail after a call in which stops were mentioned. Ask what an hour costs before you send it; the sheet on page 4 is for their own figures.", "persona:decision_maker persona:champion stage:early need:save_cost objection:price", "standstill"),
    Item("A bottling line that stopped stopping", "When they say that this does not work in a plant like theirs. Same size, same age of machines, nine months.", "persona:champion persona:decision_maker stage:middle stage:accepted need:reduce_risk objection:trust", "bottling-line"),
    Item("From firefighting to a plan in 90 days", "For whoever wants to see how it begins. The recording is 40 minutes; point to minute 12.", "persona:champion persona:doer stage:middle need:save_time objection:effort", "90-days"),
    Item("The planner's week on one page", "A present for the planner: it helps with or without us. Good with a voicemail.", "persona:doer stage:early stage:working need:save_time", "week-on-a-page"),
    Item("Why the Monday meeting takes two hours", "Opens the talk about planning with managers who sit in that meeting.", "persona:decision_maker persona:influencer stage:early need:save_time", "monday-meeting"),
    Item("Scheduling around production, live", "When production and maintenance fight over the line. Invite both.", "persona:champion persona:influencer stage:middle need:reduce_risk", "scheduling-live"),
    Item("Which spare parts to keep, and how many", "When money is bound on shelves, or the part is never there.", "persona:doer persona:influencer stage:early need:save_cost", "spare-parts"),
    Item("The bearing that was on the shelf all along", "A short read for a sleeper: a story, no offer.", "persona:doer stage:nurture need:save_time", "bearing"),
    Item("Checklist for the next safety audit", "As soon as an audit has a date. Ask for the date.", "persona:champion persona:doer stage:early stage:nurture need:comply", "audit-checklist"),
    Item("An audit without the binder", "After they failed an item, or were told to prove inspections.", "persona:decision_maker stage:middle need:comply objection:no_need", "no-binder"),
    Item("Moving out of the maintenance spreadsheet", "When the spreadsheet has an owner who is proud of it: it praises the sheet first.", "persona:champion persona:influencer stage:middle objection:effort objection:incumbent", "out-of-the-sheet"),
    Item("Three plants, one calendar", "For groups with several sites, before the meeting.", "persona:decision_maker stage:late stage:handed_off need:grow objection:trust", "three-plants"),
    Item("Pricing", "Only when they ask, and never alone: with the sheet of what standstill costs.", "persona:decision_maker stage:late objection:price", "pricing"),
    Item("Integrations", "For whoever asks what happens to the ERP.", "persona:influencer stage:middle stage:late objection:incumbent objection:effort", "integrations"),
)  # fmt: skip
NEW = (
    Item("After a voicemail: two times tomorrow", "Right after you spoke on the machine.", "stage:queued stage:working persona:doer persona:champion", text="Hello,\n\nI have just left you a message. Tomorrow I can call at 10:15 or at 14:30: which suits you better? The page with the planner's week is for you either way.", form="snippet", kind="template", topic="planning"),
    Item("We have a vendor: what their contract ends with", "When they say that they have somebody. Find out the notice, and put them to sleep until then.", "objection:incumbent stage:working persona:decision_maker", text="That is good to hear: most of the people we work with had something when we met. May I ask when you would have to say that you leave? Then I call two months before, and not in between.", form="talk_track", kind="template"),
    Item("Too expensive: what does an hour cost you?", "Never argue about the price before this question.", "objection:price stage:working stage:accepted persona:decision_maker", text="Compared with what? What does an hour cost when line 2 stands? And how many of those did you have last month? Let us put both figures side by side.", form="talk_track", kind="template", topic="unplanned-stops"),
    Item("Not now: when, and what has to happen", "Ends a call well: with a date and a reason.", "objection:timing stage:working stage:nurture", text="I understand. What has to happen so that it becomes a subject? And when will you know? I come back then, with nothing but that.", form="talk_track", kind="template"),
    Item("One page for the chief financial officer", "When the champion has to ask for money. Let them send it themselves.", "persona:decision_maker stage:late stage:qualified need:save_cost objection:price objection:authority", "one-page-cfo", kind="case", topic="unplanned-stops"),
    Item("Which rule asks for which inspection", "Reference for audits, a table by machine.", "persona:doer stage:middle need:comply", "rules-table", topic="audits"),
    Item("A day with a technician", "Film of four minutes, without a word about us.", "persona:doer stage:nurture need:save_time", "technician", kind="page", topic="planning"),
    Item("Security and where the data lies", "When somebody from IT sits in.", "persona:influencer stage:late stage:qualified objection:trust", "security", kind="page"),
)  # fmt: skip
LOOKED_FOR = ("pharma", "return on investment calculator", "french case study", "competitor comparison", "iso 55000")


def fill_shelf(cast: Cast, *, rng: Random, at: datetime) -> None:
    """Versions, days and marks; what is used by whom; one that is over, one that runs out, one a rep made."""
    begun = at - timedelta(days=120)
    topics = {topic.key: topic for topic in Topic.objects.all()}
    labels = {f"{label.dimension}:{label.key}": label for label in Label.objects.all()}
    known = {asset.title: asset for asset in Asset.objects.select_related("topic")}
    shelf: list[Asset] = []
    for item in KNOWN:
        asset = known[item.title]
        about = _about(item, labels, cast, kind=asset.kind, topic=asset.topic)
        change_asset(asset, about, by=cast.milo, at=begun)
        add_version(asset, _made(item), is_approved=True, by=cast.milo, at=begun)
        shelf.append(asset)
    for item in NEW:
        about = _about(item, labels, cast, kind=item.kind, topic=topics.get(item.topic))
        shelf.append(add_asset(about, _made(item), by=cast.milo, at=begun + timedelta(days=rng.randrange(60))))
    _change_some(shelf, cast, on=at.date(), at=at - timedelta(days=9))
    _hand_in(cast, topics, labels, at=at - timedelta(hours=30))
    _use(shelf, cast, rng, at=at)


def _change_some(shelf: list[Asset], cast: Cast, *, on: date, at: datetime) -> None:
    named = {asset.title: asset for asset in shelf}
    costs = named["What an hour of standstill really costs"]
    newer = Made("link", url=f"{SITE}/standstill-this-year", note="Energy prices of this year")
    add_version(costs, newer, is_approved=True, by=cast.milo, at=at)
    draft = Made("link", url=f"{SITE}/pricing-next", note="From January on; waits for the board")
    add_version(named["Pricing"], draft, is_approved=False, by=cast.milo, at=at)
    Asset.objects.filter(pk=named["Pricing"].pk).update(expires_on=on + timedelta(days=21))
    Asset.objects.filter(pk=named["Scheduling around production, live"].pk).update(
        expires_on=on - timedelta(days=6), successor=named["From firefighting to a plan in 90 days"]
    )
    Asset.objects.filter(pk=named["Integrations"].pk).update(review_on=on - timedelta(days=2))
    retire_asset(
        named["Which rule asks for which inspection"],
        because="The rules changed in autumn; the checklist has them.",
        successor=named["Checklist for the next safety audit"],
        by=cast.milo,
        at=at,
    )


def _hand_in(cast: Cast, topics: dict[str, Topic], labels: dict[str, Label], *, at: datetime) -> None:
    item = Item(
        "How I explain the first week to planners",
        "When they fear the change-over. I say it on every second call.",
        "persona:doer objection:effort stage:working",
        text="Monday we copy your list as it is. Tuesday you plan one day with it, beside your own. Nobody else sees it yet."
        " By Friday you tell me which of the two you threw away.",
        form="talk_track",
    )
    about = _about(item, labels, cast, kind="template", topic=topics["planning"])
    add_asset(about, _made(item), by=cast.ana, at=at)


# Of twenty-two.
USED = 15


def _use(shelf: list[Asset], cast: Cast, rng: Random, *, at: datetime) -> None:
    """A few are used every day, most are not, as everywhere."""
    reps = (cast.ana, cast.ben, cast.chloe, cast.clara, cast.dirk)
    rows: list[AssetAccess] = []
    last: dict[int, datetime] = {}
    for rank, asset in enumerate(rng.sample(shelf, len(shelf)), 1):
        # The last are used by nobody.
        for _time in range(60 // rank if rank <= USED else 0):
            moment = at - timedelta(minutes=rng.randrange(60, 60 * 24 * 75))
            used = rng.random() < 0.6
            did = AssetAccess.Did.USED if used else AssetAccess.Did.OPENED
            place = rng.choice((Place.LEAD, Place.LEAD, Place.COMPOSER, Place.LIBRARY, Place.MOBILE))
            rows.append(AssetAccess(asset=asset, user=rng.choice(reps), at=moment, did=did, place=place))
            if used:
                last[asset.pk] = max(moment, last.get(asset.pk, moment))
    AssetAccess.objects.bulk_create(sorted(rows, key=lambda row: row.at))
    for pk, moment in last.items():
        Asset.objects.filter(pk=pk).update(last_used_at=moment)
    named = {asset.title: asset for asset in shelf}
    for title, rep, is_up, reason in (
        ("What an hour of standstill really costs", cast.ana, True, "They filled in the sheet and called back."),
        ("What an hour of standstill really costs", cast.ben, True, ""),
        ("Pricing", cast.ben, False, "The page opens with the largest plan, and small plants stop reading."),
        ("Too expensive: what does an hour cost you?", cast.clara, True, "Got me the figure in two of three calls."),
    ):
        asset = named[title]
        current = asset.versions.get(is_current=True)
        judge_asset(asset, current, is_up=is_up, reason=reason, by=rep, at=at - timedelta(days=rng.randrange(1, 8)))
    for q in LOOKED_FOR:
        moment = at - timedelta(minutes=rng.randrange(60, 60 * 24 * 20))
        miss_search(query_words(q), {}, place=Place.LIBRARY, by=rng.choice(reps), at=moment)


def _about(item: Item, labels: dict[str, Label], cast: Cast, *, kind: str, topic: Topic | None) -> About:
    return About(
        title=item.title,
        kind=kind,
        topic=topic,
        labels=tuple(labels[mark] for mark in item.marks.split()),
        when_to_use=item.when,
        language="en",
        owner=cast.milo,
    )


def _made(item: Item) -> Made:
    return Made(item.form, url=f"{SITE}/{item.url}" if item.url else "", text=item.text)
