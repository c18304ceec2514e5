from content.models.asset import Asset, AssetEvent, AssetVersion
from content.models.topic import Label, Topic
from content.models.use import AssetAccess, AssetText, AssetThumb, LibrarySearch

__all__ = [
    "Asset",
    "AssetAccess",
    "AssetEvent",
    "AssetText",
    "AssetThumb",
    "AssetVersion",
    "Label",
    "LibrarySearch",
    "Topic",
]
