from content.models.asset import Asset, AssetEvent, AssetVersion
from content.models.demand import ContentRequest, LibraryLook, News, RequestChange, RequestVoice
from content.models.figures import AssetFigures
from content.models.notice import AssetNotice
from content.models.pulse import Feedback, Pulse, PulseAsked, PulseRound
from content.models.talk import Talk
from content.models.topic import Label, Topic
from content.models.use import AssetAccess, AssetText, AssetThumb, LibrarySearch, LibraryWord

__all__ = [
    "Asset",
    "AssetAccess",
    "AssetEvent",
    "AssetFigures",
    "AssetNotice",
    "AssetText",
    "AssetThumb",
    "AssetVersion",
    "ContentRequest",
    "Feedback",
    "Label",
    "LibraryLook",
    "LibrarySearch",
    "LibraryWord",
    "News",
    "Pulse",
    "PulseAsked",
    "PulseRound",
    "RequestChange",
    "RequestVoice",
    "Talk",
    "Topic",
]
