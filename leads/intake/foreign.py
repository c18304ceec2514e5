"""Files that are no text table, whatever their name says: told apart by their first bytes."""

import codecs

from django.utils.translation import gettext as _

from leads.intake.records import UnreadableFile

# First bytes, what it is.
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"%PDF-", "PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh91AY&SY", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"{\\rtf", "RTF"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"PAR1\x15", "Parquet"),
)
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<table", b"<?xml", b"<svg")
# The share of them that no text has, and how many zeros are stray ones however short it is.
CONTROLS_MAX, STRAY_ZEROS = 0.05, 20
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def refuse_foreign(head: bytes) -> None:
    """Raise UnreadableFile, with what to do instead, when the file is a picture, a workbook, an archive, a page."""
    if head.startswith(_OLD_OFFICE) or (head.startswith(b"PK\x03\x04") and _is_workbook(head)):
        raise UnreadableFile(
            _("This is a spreadsheet, not a CSV file. Open it, save it as “CSV UTF-8” and upload that.")
        )
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise UnreadableFile(_("This is a ZIP archive. Unpack it and upload the CSV file inside."))
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            raise UnreadableFile(_("This is a %(kind)s file, not a table. Save it as CSV first.") % {"kind": kind})

    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if text[:20].lower().startswith(_MARKUP):
        raise UnreadableFile(_("This is a web page or XML, not a table. Export it as CSV instead."))
    if text.startswith((b"{", b"[{", b"[\n", b"[\r")):
        raise UnreadableFile(_("This is JSON, not a table. Export it as CSV instead."))
    if text[:20].upper().startswith((b"BEGIN:VCARD", b"BEGIN:VCALENDAR")):
        raise UnreadableFile(_("This is an address card or a calendar. Export it as CSV instead."))
    if _is_binary(head):
        raise UnreadableFile(not_text())


def refuse_noise(text: str) -> None:
    """Raise UnreadableFile when what was read with its encoding is full of zeros, as no text is; a few stray ones only
    cost the rows that hold them."""
    if text.count("\0") > max(STRAY_ZEROS, len(text) * CONTROLS_MAX):
        raise UnreadableFile(not_text())


def not_text() -> str:
    return _("This is not a text file. Save it as CSV and upload it again.")


def _is_workbook(head: bytes) -> bool:
    return any(mark in head for mark in (b"[Content_Types].xml", b"xl/", b"opendocument.spreadsheet"))


def _is_binary(head: bytes) -> bool:
    """More control characters than any text has. Zeros are left to the encoding: half of a wide one are."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > len(head) * CONTROLS_MAX


_CONTROLS = bytes(set(range(1, 32)) - set(b"\t\n\r\x0b\x0c\x1a\x1b")) + b"\x7f"
