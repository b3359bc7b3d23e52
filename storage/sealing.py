"""Sealing: what leaves the stores leaves encrypted.

Fernet (AES-128-CBC with HMAC-SHA256) under a key that only this installation holds. Several keys may
be given, newest first: all open, the first one seals, so keys can be rotated.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import cast

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from domain.errors import SealBroken, StorageError
from domain.sealed import SealedText
from storage.settings import Settings

KEY_FILE = "sealing.key"


Keys = Sequence[bytes]
"""Fernet keys, newest first."""


class Sealer:
    """Seals and opens values with this installation's keys.

    What was sealed with a key that came after this sealer was made opens too: *newer_keys* is asked for
    the present ones before a value is refused.
    """

    def __init__(self, keys: Keys, *, newer_keys: Callable[[], Keys] | None = None) -> None:
        self._take(keys)
        self._newer_keys = newer_keys

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
            if self._look_for_newer_keys():
                return self.open(sealed)
            raise SealBroken from error

    def reseal(self, sealed: bytes) -> bytes:
        """Return *sealed* under the newest key, its age kept; raise `SealBroken` when no key opens it."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken as error:
            raise SealBroken from error

    def needs_older_key(self, sealed: bytes) -> bool:
        """Return whether *sealed* opens, and with the newest key alone does not."""
        try:
            Fernet(self._keys[0]).decrypt(sealed)
        except InvalidToken:
            try:
                self.open(sealed)
            except SealBroken:
                return False
            return True
        return False

    def _take(self, keys: Keys) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise StorageError("a sealing key must be a 32-byte URL-safe base64 key") from error
        self._keys = tuple(keys)
        # The oldest: while keys are rotated, what has a name already is found by it.
        self._naming_key = hashlib.sha256(b"diarchy names" + keys[-1]).digest()

    def _look_for_newer_keys(self) -> bool:
        keys = self._keys if self._newer_keys is None else tuple(self._newer_keys())
        if keys == self._keys:
            return False
        self._take(keys)
        return True

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
    path = settings.home / KEY_FILE
    return Sealer(_read_or_create_keys(path), newer_keys=lambda: _read_or_create_keys(path))


def fingerprint(key: bytes) -> str:
    """Return a name of *key* that says nothing of it."""
    return hashlib.sha256(b"diarchy fingerprint" + key.strip()).hexdigest()[:16]


def known_fingerprints(settings: Settings) -> tuple[str, ...]:
    """Return the names of the keys that there are, newest first; none where none was made yet."""
    return tuple(fingerprint(key) for key in find_keys(settings))


def find_keys(settings: Settings) -> list[bytes]:
    """Return the keys that there are, newest first; none where none was made yet."""
    if settings.sealing_key:
        return [key.strip().encode() for key in settings.sealing_key.split(",")]
    path = settings.home / KEY_FILE
    return read_keys(path) if path.is_file() else []


def read_keys(path: Path) -> list[bytes]:
    """Return the keys in the file at *path*, a line each, newest first. Raises `StorageError`."""
    try:
        return path.read_bytes().split()
    except OSError as error:
        raise StorageError(f"the sealing keys cannot be read: {error.strerror}") from error


def replace_keys(path: Path, keys: Keys) -> None:
    """Put *keys* into the file at *path* in one step, readable by its owner alone."""
    Sealer(keys)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", delete=False) as draft:
            draft.write(b"\n".join(keys) + b"\n")
            draft.flush()
            os.fsync(draft.fileno())
        Path(draft.name).replace(path)
    except OSError as error:
        raise StorageError(f"the sealing key cannot be kept: {error.strerror}") from error


def _read_or_create_keys(path: Path) -> list[bytes]:
    """Return the home's keys. Processes that start together agree on one: the first link wins."""
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
        return path.read_bytes().split()
    except OSError as error:
        raise StorageError(f"the sealing key cannot be kept: {error.strerror}") from error
