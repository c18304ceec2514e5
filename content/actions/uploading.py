"""Files for the library: checked, and kept under a name of our own.

A file is received before what names it is whole: until a version does, it is kept for a day, and the tick that forgets
old files takes it. Nobody has more than so many of them waiting.
"""

from __future__ import annotations

import errno
import hashlib
import uuid
from datetime import datetime, timedelta

from django.core.files import File
from django.db import transaction
from django.db.models import Count, Sum
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from content.filetypes import UPLOAD_MAX_BYTES, FileRefused, extension_of, refuse_unfit
from team.models import Upload, User

NAME_MAX = 200
HELD_FOR = timedelta(days=1)
# Of one user, at a time: files that nothing names yet, and the bytes of all of them.
HELD_MOST = 10
HELD_MAX_BYTES = 4 * UPLOAD_MAX_BYTES


def receive_file(file: File, *, name: str, by: User, at: datetime) -> Upload:
    """The file in the storage, held for a day. FileRefused, and nothing kept, where the library takes no such file, or
    too many of hers wait to be named."""
    shown = _shown(name)
    refuse_unfit(file.file, name=shown, size=file.size)  # type: ignore[arg-type]
    _must_be_few(by, size=file.size or 0)
    known = hashlib.sha256()
    for part in file.chunks():
        known.update(part)
    file.seek(0)
    upload = Upload(
        purpose=Upload.Purpose.ASSET,
        name=shown,
        size=file.size,
        sha256=known.hexdigest(),
        by=by,
        at=at,
        keep_until=at + HELD_FOR,
    )
    try:
        upload.file.save(f"{uuid.uuid4()}{extension_of(shown)}", file, save=False)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FileRefused(_("There is no room left on the server for this file.")) from error
        raise
    try:
        with transaction.atomic():
            # One after the other: many that are sent at once are no more than many that are sent in a row.
            User.objects.select_for_update(no_key=True).get(pk=by.pk)
            _must_be_few(by, size=upload.size)
            upload.save()
    except BaseException:
        upload.file.delete(save=False)
        raise
    return upload


def held_by(user: User, pk: int | None, *, at: datetime) -> Upload | None:
    """A file that she sent before, for a form that was not whole, and that nothing names yet."""
    if pk is None:
        return None
    return Upload.objects.filter(pk=pk, by=user, purpose=Upload.Purpose.ASSET, keep_until__gt=at).first()


def keep_file(upload: Upload, *, at: datetime) -> bool:
    """From now on a version names it: kept as long as that. False when it was forgotten, or something names it."""
    held = Upload.objects.filter(pk=upload.pk, purpose=Upload.Purpose.ASSET, keep_until__gt=at)
    return bool(held.update(keep_until=None))


def _must_be_few(by: User, *, size: int) -> None:
    held = Upload.objects.filter(by=by, purpose=Upload.Purpose.ASSET, keep_until__isnull=False).exclude(file="")
    has = held.aggregate(files=Count("pk"), bytes=Sum("size"))
    bytes_held = has["bytes"] or 0
    if has["files"] < HELD_MOST and bytes_held + size <= HELD_MAX_BYTES:
        return
    words = ngettext(
        "%(n)d file (%(size)s) that you sent belongs to no asset yet, and there is no room for another beside it. "
        "Finish its form, or come back in a day: then it is forgotten.",
        "%(n)d files (%(size)s) that you sent belong to no asset yet, and there is no room for another beside them. "
        "Finish their forms, or come back in a day: then they are forgotten.",
        has["files"],
    )
    raise FileRefused(words % {"n": has["files"], "size": filesizeformat(bytes_held)})


def _shown(name: str) -> str:
    """The file's name as it is shown: its last part, on one line, without what turns or hides letters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(c for c in last if c.isprintable()).strip()
    return clean[-NAME_MAX:] or "file"
