"""Where the unix sockets of a home lie: in it, readable by their owner alone."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path

_LONGEST_PATH = 100
"""Bytes. A unix socket's address has room for 108 on Linux, for 104 elsewhere."""
_SHORT_ROOT = Path("/tmp")  # noqa: S108 - not TMPDIR: all processes of a home must find one place


def private_socket(folder: Path, name: str) -> Path:
    """Return the path of a socket: in *folder*, or in a short private folder where that is too long."""
    path = folder / name
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return _SHORT_ROOT / f"diarchy-{os.geteuid()}-{digest}" / name


def make_private(folder: Path) -> None:
    """Make *folder*, or refuse one that somebody else may have put there to listen in.

    Raises `PermissionError` for one that others can enter.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    owned = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    if not owned or found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        reason = f"{folder} must be a folder that only its owner can enter"
        raise PermissionError(errno.EPERM, reason)
