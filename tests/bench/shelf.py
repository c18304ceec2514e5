"""A library of any size for measuring, and what is asked of it: common words, rare ones, filters, misses, each part of
it by its state, each order."""

from datetime import timedelta
from random import Random
from urllib.parse import urlencode

from content.models import Asset, AssetFigures, AssetVersion

START = (
    "alpha", "brisk", "cobalt", "delta", "ember", "fjord", "garnet", "harbour", "iris", "jasper", "kelvin", "lumen",
    "meadow", "nickel", "ochre", "prism", "quartz", "ridge", "saffron", "timber",
)  # fmt: skip
END = ("ing", "ed", "al", "ory", "ist", "ence", "ward", "like", "hood", "", "ment", "able")
# The first is in every second text, the last in one of hundreds, as in a language.
WORDS = tuple(f"{start}{end}" for end in END for start in START)
QUERIES = tuple(
    f"/library/?{urlencode(asked)}"
    for asked in (
        {"q": WORDS[0]}, {"q": WORDS[1]}, {"q": "brisk cobalt"}, {"q": "del"}, {"q": "a"}, {"q": WORDS[60]},
        {"q": WORDS[120]}, {"q": WORDS[239]}, {"q": "timberable saffronable"}, {"q": "alpha brisk cobalt delta"},
        {"q": "nowhere"}, {"q": "alpha nowhere"}, {"topic": "topic-2"}, {"persona": "doer", "stage": "early"},
        {"q": "alpha", "persona": "champion"}, {"q": WORDS[90], "topic": "topic-4", "form": "talk_track"},
        {"q": "ember", "language": "de", "kind": "webinar"}, {"objection": "price", "need": "save_cost", "q": "fj"}, {},
        {"topic": "topic-1", "persona": "influencer", "objection": "trust", "language": "fr", "kind": "event"},
        {"state": "expired"}, {"state": "retired"}, {"state": "expiring"}, {"state": "unused"}, {"state": "never"},
        {"state": "mine"}, {"state": "retired", "q": "alpha"}, {"state": "expired", "q": WORDS[60]},
        {"state": "never", "topic": "topic-3"}, {"order": "used"}, {"order": "opened"}, {"order": "answered"},
        {"order": "met"}, {"order": "promoted"}, {"order": "used", "q": "alpha"}, {"order": "met", "topic": "topic-2"},
        {"order": "answered", "state": "retired"},
    )
)  # fmt: skip
# What only who keeps the library is offered.
KEEPERS_QUERIES = tuple(
    f"/library/?{urlencode(asked)}"
    for asked in (
        {"state": "waiting"}, {"state": "review"}, {"state": "nothing"}, {"state": "review", "q": "brisk"},
        {"q": "alpha", "order": "used"},
    )
)  # fmt: skip


def fill_library(count, *, topics, labels, owner, rep, at):
    """Rows of the models of the product: (assets, versions, (asset, label) pairs, figures), made alike at every size.

    Of a hundred, ten are retired, ten expired, three run out soon, five are to be looked at again, two wait for a
    decision and two are a name only; of every five one was used, half of those lately.
    """
    rng, drawn = Random(20_261_129), Random(11)
    weights = [1 / (place + 2) for place in range(len(WORDS))]
    kinds, forms, languages = (
        Asset.Kind.values,
        ("link", "link", "link", "snippet", "talk_track"),
        ("en", "en", "de", "fr"),
    )
    assets, versions, pairs, figures = [], [], [], []
    for number in range(count):
        title = " ".join(rng.choices(WORDS, weights, k=rng.randrange(4, 8)))
        asset = Asset(
            title=f"{title} {number}",
            kind=rng.choice(kinds),
            topic=rng.choice(topics),
            when_to_use=" ".join(rng.choices(WORDS, weights, k=rng.randrange(15, 40))),
            language=rng.choice(languages),
            added_at=at - timedelta(minutes=number),
            **{"owner": owner} | _state(drawn.randrange(100), rep=rep, at=at),
        )
        if not drawn.randrange(5):
            asset.last_used_at = at - timedelta(days=drawn.randrange(180))
            figures.append(AssetFigures(asset=asset, as_of=at, **_figures(drawn)))
        form = rng.choice(forms)
        said = {"url": f"https://asset.example/{number}"} if form == "link" else {"text": title}
        waits = asset.handed_in_by is not None
        approved = {} if waits else {"approved_by": owner, "approved_at": at, "is_current": True}
        if asset.owner is not None or waits:
            versions.append(
                AssetVersion(
                    asset=asset, number=1, form=form, made_by=rep if waits else owner, made_at=at, **approved, **said
                )
            )
        pairs += [(asset, label) for label in rng.sample(labels, 5)]
        assets.append(asset)
    return assets, versions, pairs, figures


def _state(drawn, *, rep, at):
    """What an asset is beside what it says, of a hundred."""
    on = at.date()
    if drawn < 10:
        return {"retired_at": at, "retired_because": "Old"}
    if drawn < 20:
        return {"expires_on": on - timedelta(days=drawn)}
    if drawn < 23:
        return {"expires_on": on + timedelta(days=drawn)}
    if drawn < 28:
        return {"review_on": on - timedelta(days=drawn)}
    if drawn < 30:
        return {"handed_in_by": rep, "owner": None}
    return {"owner": None} if drawn < 32 else {}


def _figures(drawn):
    """Each figure is a part of the one before it."""
    figures, most = {}, drawn.randrange(1, 200)
    for name in AssetFigures.NAMES:
        figures[name], most = most, drawn.randrange(most + 1)
    return figures
