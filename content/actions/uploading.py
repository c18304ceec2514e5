"""Files for the library: checked, and kept under a name of our own."""

from __future__ import annotations

import errno
import hashlib
import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.files import File
from django.utils.translation import gettext as _

from content.filetypes import FileRefused, extension_of, refuse_unfit
from team.models import Upload

if TYPE_CHECKING:
    from team.models import User

NAME_MAX = 200


def keep_file(file: File, *, name: str, by: User, at: datetime) -> Upload:
    """The file in the storage, and its row, which whoever names it writes. FileRefused, and nothing kept, where it is
    none of the library's."""
    shown = _shown(name)
    refuse_unfit(file.file, name=shown, size=file.size)  # type: ignore[arg-type]
    known = hashlib.sha256()
    for part in file.chunks():
        known.update(part)
    file.seek(0)
    upload = Upload(purpose=Upload.Purpose.ASSET, name=shown, size=file.size, sha256=known.hexdigest(), by=by, at=at)
    try:
        upload.file.save(f"{uuid.uuid4()}{extension_of(shown)}", file, save=False)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FileRefused(_("There is no room left on the server for this file.")) from error
        raise
    return upload


def drop_file(upload: Upload) -> None:
    """What was to be named by something that was refused."""
    upload.file.delete(save=False)


def _shown(name: str) -> str:
    """The file's name as it is shown: its last part, on one line, without what turns or hides letters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(c for c in last if c.isprintable()).strip()
    return clean[-NAME_MAX:] or "file"
