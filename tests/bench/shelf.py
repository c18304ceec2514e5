"""A library of any size for measuring, and what is asked of it: common words, rare ones, filters, misses."""

from datetime import timedelta
from random import Random
from urllib.parse import urlencode

from content.models import Asset, AssetVersion

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
    )
)  # fmt: skip


def fill_library(count, *, topics, labels, owner, at):
    """Rows of the models of the product: (assets, versions, (asset, label) pairs), made alike at every size."""
    rng = Random(20_261_129)
    weights = [1 / (place + 2) for place in range(len(WORDS))]
    kinds, forms, languages = (
        Asset.Kind.values,
        ("link", "link", "link", "snippet", "talk_track"),
        ("en", "en", "de", "fr"),
    )
    assets, versions, pairs = [], [], []
    for number in range(count):
        title = " ".join(rng.choices(WORDS, weights, k=rng.randrange(4, 8)))
        asset = Asset(
            title=f"{title} {number}",
            kind=rng.choice(kinds),
            topic=rng.choice(topics),
            when_to_use=" ".join(rng.choices(WORDS, weights, k=rng.randrange(15, 40))),
            language=rng.choice(languages),
            owner=owner,
            added_at=at - timedelta(minutes=number),
        )
        form = rng.choice(forms)
        said = {"url": f"https://asset.example/{number}"} if form == "link" else {"text": title}
        versions.append(
            AssetVersion(
                asset=asset,
                number=1,
                form=form,
                made_by=owner,
                made_at=at,
                approved_by=owner,
                approved_at=at,
                is_current=True,
                **said,
            )
        )
        pairs += [(asset, label) for label in rng.sample(labels, 5)]
        assets.append(asset)
    return assets, versions, pairs
