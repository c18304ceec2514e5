from content.models.asset import Asset, AssetEvent, AssetVersion
from content.models.demand import ContentRequest, News, RequestChange, RequestVoice
from content.models.topic import Label, Topic
from content.models.use import AssetAccess, AssetText, AssetThumb, LibrarySearch

__all__ = [
    "Asset",
    "AssetAccess",
    "AssetEvent",
    "AssetText",
    "AssetThumb",
    "AssetVersion",
    "ContentRequest",
    "Label",
    "LibrarySearch",
    "News",
    "RequestChange",
    "RequestVoice",
    "Topic",
]
