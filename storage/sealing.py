"""Sealing: what leaves the stores leaves encrypted.

Fernet (AES-128-CBC with HMAC-SHA256) under a key that only this installation holds. Several keys may
be given, newest first: all open, the first one seals, so keys can be rotated.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import cast

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from domain.errors import SealBroken, StorageError
from domain.sealed import SealedText
from storage.settings import Settings

KEY_FILE = "sealing.key"


class Sealer:
    """Seals and opens values with this installation's keys."""

    def __init__(self, keys: list[bytes]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise StorageError("a sealing key must be a 32-byte URL-safe base64 key") from error
        self._naming_key = hashlib.sha256(b"diarchy names" + keys[0]).digest()

    def digest(self, value: bytes) -> str:
        """Return a name for *value* that only this installation can work out, hexadecimal.

        HMAC-SHA256: whoever sees the name of a key cannot find out by trying what was asked.
        """
        return hmac.new(self._naming_key, value, hashlib.sha256).hexdigest()

    def seal(self, value: bytes) -> bytes:
        """Return *value* encrypted and authenticated."""
        return self._fernet.encrypt(value)

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed; raise `SealBroken` when no key opens it."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise SealBroken from error

    def seal_text(self, text: str) -> SealedText:
        """Return *text* in a form that may stand in a flow's parameters."""
        return SealedText(sealed=self.seal(text.encode()).decode("ascii"))

    def open_text(self, text: str | SealedText) -> str:
        """Return the text, opened when it is sealed."""
        if isinstance(text, str):
            return text
        return self.open(text.sealed.encode("ascii")).decode()

    def seal_notes(self, notes: Mapping[str, str]) -> SealedText:
        """Return notes by name in a form that may stand in a flow's parameters."""
        return self.seal_text(json.dumps(dict(notes)))

    def open_notes(self, notes: SealedText) -> dict[str, str]:
        """Return the notes that `seal_notes` sealed."""
        return cast("dict[str, str]", json.loads(self.open_text(notes)))


def open_sealer(settings: Settings) -> Sealer:
    """Return the sealer of this installation; makes the key file on first use."""
    if settings.sealing_key:
        return Sealer([key.strip().encode() for key in settings.sealing_key.split(",")])
    return Sealer([_read_or_create_key(settings.home / KEY_FILE)])


def _read_or_create_key(path: Path) -> bytes:
    """Return the home's key. Processes that start together agree on one: the first link wins."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Readable by its owner alone from the start, and whole before anyone can find it.
            with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.") as draft:
                draft.write(Fernet.generate_key())
                draft.flush()
                os.fsync(draft.fileno())
                with suppress(FileExistsError):
                    os.link(draft.name, path)
        return path.read_bytes()
    except OSError as error:
        raise StorageError(f"the sealing key cannot be kept: {error.strerror}") from error
