"""Small files of every kind that the library takes."""

import io
import zipfile

from django.core.files.base import ContentFile


def pdf(inside=b""):
    return ContentFile(b"%PDF-1.7\n" + inside + b"\n%%EOF\n")


def document(part="word/document.xml", *others, content_types=True, mimetype="", unpacks_to=0):
    """An office document of these parts, or an open one that says what it is."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        if mimetype:
            archive.writestr("mimetype", mimetype)
        if content_types and not mimetype:
            archive.writestr("[Content_Types].xml", "<Types/>")
        for name in (part, *others):
            archive.writestr(name, "x")
        if unpacks_to:
            # Only its list of parts says so.
            archive.filelist[-1].file_size = unpacks_to
    return ContentFile(kept.getvalue())
