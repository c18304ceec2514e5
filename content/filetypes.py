"""Which files the library takes: known by their first bytes and by their name, which must agree.

Nothing that a browser or an office runs: no pages, no drawings with scripts, no macros, no archives.
"""

from __future__ import annotations

import zipfile
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from django.utils.translation import gettext as _

UPLOAD_MAX_BYTES = 50 * 1024 * 1024
HEAD_BYTES = 4096
# A document has a few hundred parts.
PARTS_MAX = 20_000
# What a document says that it unpacks to; more is made to fill the disk of who opens it.
UNPACKED_MAX_BYTES = 1024**3


class FileRefused(ValueError):
    """The library does not take this file. Safe to show."""


class _Kind(NamedTuple):
    media_type: str
    # The first bytes, any of these; empty for what is told otherwise.
    begins: tuple[bytes, ...] = ()
    # Of an office document: the part that makes it one.
    part: str = ""
    # Of an open document: what it says it is.
    says: str = ""


_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
KINDS = {
    ".pdf": _Kind("application/pdf", (b"%PDF-",)),
    ".docx": _Kind(f"{_OFFICE}wordprocessingml.document", part="word/"),
    ".pptx": _Kind(f"{_OFFICE}presentationml.presentation", part="ppt/"),
    ".xlsx": _Kind(f"{_OFFICE}spreadsheetml.sheet", part="xl/"),
    ".odt": _Kind(f"{_OPEN}text", says=f"{_OPEN}text"),
    ".odp": _Kind(f"{_OPEN}presentation", says=f"{_OPEN}presentation"),
    ".ods": _Kind(f"{_OPEN}spreadsheet", says=f"{_OPEN}spreadsheet"),
    ".png": _Kind("image/png", (b"\x89PNG\r\n\x1a\n",)),
    ".jpg": _Kind("image/jpeg", (b"\xff\xd8\xff",)),
    ".jpeg": _Kind("image/jpeg", (b"\xff\xd8\xff",)),
    ".mp4": _Kind("video/mp4"),
    ".txt": _Kind("text/plain; charset=utf-8"),
    ".md": _Kind("text/plain; charset=utf-8"),
    ".csv": _Kind("text/csv; charset=utf-8"),
}
TEXTS = (".txt", ".md", ".csv")
ACCEPTED = ",".join(KINDS)


def media_type_of(name: str) -> str:
    kind = KINDS.get(extension_of(name))
    return kind.media_type if kind else "application/octet-stream"


def extension_of(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def refuse_unfit(file: IO[bytes], *, name: str, size: int) -> None:
    """FileRefused unless this is a file the library takes, and is what its name says. Leaves it at its beginning."""
    if size == 0:
        raise FileRefused(_("The file is empty."))
    if size > UPLOAD_MAX_BYTES:
        raise FileRefused(_("The file is larger than %(size)d MB.") % {"size": UPLOAD_MAX_BYTES // 1024**2})
    extension = extension_of(name)
    kind = KINDS.get(extension)
    if kind is None:
        taken = ", ".join(one.removeprefix(".").upper() for one in KINDS if one != ".jpeg")
        raise FileRefused(_("The library takes %(kinds)s. Save it as one of these.") % {"kinds": taken})
    try:
        if not _is(kind, extension, file):
            raise FileRefused(_("This is no %(kind)s file, whatever its name says.") % {"kind": extension[1:].upper()})
    finally:
        file.seek(0)


def _is(kind: _Kind, extension: str, file: IO[bytes]) -> bool:
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if extension in TEXTS:
        return _is_text(head, file)
    if extension == ".mp4":
        return head[4:8] == b"ftyp"
    if kind.begins:
        return head.startswith(kind.begins)
    return head.startswith(b"PK\x03\x04") and _is_document(kind, file)


def _is_text(head: bytes, file: IO[bytes]) -> bool:
    """UTF-8 without zeros, to its end; and no page that somebody saved under another name."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower().startswith(_MARKUP):
        return False
    file.seek(0)
    left = b""
    while part := file.read(1024 * 1024):
        block = left + part
        try:
            block.decode()
            left = b""
        except UnicodeDecodeError as error:
            # A letter that the next part goes on with.
            if error.end != len(block) or len(block) - error.start > 3:
                return False
            left = block[error.start :]
        if b"\0" in part:
            return False
    return not left


def _is_document(kind: _Kind, file: IO[bytes]) -> bool:
    """Its list of parts is read, and never a part but the one that says what it is."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if len(parts) > PARTS_MAX:
                return False
            if sum(part.file_size for part in parts) > UNPACKED_MAX_BYTES:
                raise FileRefused(_("This document unpacks to more than anybody could open."))
            if any("vbaproject" in name.lower() or name.startswith("Basic/") for name in names):
                raise FileRefused(_("This document has macros. Save it without them."))
            if kind.says:
                said = archive.getinfo("mimetype")
                return said.file_size < 200 and archive.read(said).decode("ascii", "ignore").strip() == kind.says
            return "[Content_Types].xml" in names and any(name.startswith(kind.part) for name in names)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        if isinstance(error, FileRefused):
            raise
        return False


_MARKUP = (b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script")
