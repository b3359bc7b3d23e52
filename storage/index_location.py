"""Where each level's index lies, and with whose keys it is opened.

Every level has a folder, or a prefix of a bucket, of its own under the index's URI: keys can be cut so
that they open one level and no other. The options are JSON, for all levels and by level:

    {"all": {"region": "eu-central-1"},
     "internal": {"aws_access_key_id": "...", "aws_secret_access_key": {"file": "/run/secrets/internal"}},
     "restricted": {"uri": "s3://vault/diarchy", "aws_secret_access_key": {"env": "RESTRICTED_KEY"}}}

A secret stands there by reference only, and is read whenever the stores are opened. Once any level is
named, the named ones are all that the process can open.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple, cast

from domain.clearance import ConfidentialityLevel
from domain.errors import InvalidInput
from storage.secret_files import read_secret

ALL = "all"
_SETTING = "DIARCHY_LANCEDB_STORAGE_OPTIONS"
_REMOTE = "s3://"
_SECRET_WORDS = ("secret", "token", "password")


class IndexLocation(NamedTuple):
    """Where one level's tables lie; never to be shown, for the options hold keys."""

    uri: str
    options: dict[str, str]

    @property
    def is_remote(self) -> bool:
        """Whether it is an object store's."""
        return is_remote(self.uri)

    def __repr__(self) -> str:
        """Return what may be shown."""
        return f"IndexLocation({self.uri!r}, {sorted(self.options)})"


class StorageOptions:
    """The options as they are set: references, not what they lead to."""

    def __init__(self, text: str | None) -> None:
        """Take the setting's JSON; raises `ValueError` saying what was expected, never what it holds."""
        self._by_name = {} if text is None else _parsed(text)

    @property
    def levels(self) -> tuple[ConfidentialityLevel, ...]:
        """The levels that the process can open, least secret first."""
        named = set(self._by_name) - {ALL}
        return tuple(level for level in ConfidentialityLevel if not named or level.value in named)

    def location(self, level: ConfidentialityLevel, base: str) -> IndexLocation:
        """Return where *level* lies under *base*. Raises `InvalidInput` for a reference to nothing."""
        options = {
            name: _resolved(value, f"{_SETTING}, {place}, {name}")
            for place in (ALL, level.value)
            for name, value in self._by_name.get(place, {}).items()
        }
        uri = options.pop("uri", base).rstrip("/")
        return IndexLocation(f"{uri}/{level.value}", options)


def is_remote(uri: str) -> bool:
    """Whether *uri* names an object store's bucket."""
    return uri.startswith(_REMOTE)


def checked_uri(uri: str) -> str:
    """Return *uri*; raise `ValueError` unless it is a folder or an s3:// URI."""
    scheme, separator, rest = uri.partition("://")
    if separator and (f"{scheme}://" != _REMOTE or not rest.strip("/")):
        raise ValueError("must be a folder or s3://bucket/prefix")
    return uri


def _parsed(text: str) -> dict[str, dict[str, Any]]:
    try:
        given = json.loads(text)
    except ValueError:
        raise ValueError("must be a JSON object of options, for all levels and by level") from None
    known = {ALL, *(level.value for level in ConfidentialityLevel)}
    if not isinstance(given, dict) or not set(cast("dict[str, Any]", given)) <= known:
        raise ValueError(f"must be a JSON object whose names are among: {', '.join(sorted(known))}")
    for place, options in cast("dict[str, Any]", given).items():
        if not isinstance(options, dict):
            raise ValueError(f"{place} must be a JSON object of options")  # noqa: TRY004 - pydantic reads ValueError
        for name, value in cast("dict[str, Any]", options).items():
            _check(value, f"{place}, {name}", secret=any(word in name for word in _SECRET_WORDS))
            if name == "uri":
                checked_uri(value)
    return cast("dict[str, dict[str, Any]]", given)


def _check(value: object, place: str, *, secret: bool) -> None:
    if isinstance(value, str):
        if secret:
            raise ValueError(
                f'{place}: a secret stands by reference: {{"file": ...}} or {{"env": ...}}'
            )
        return
    references = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    if len(references) != 1 or not all(
        kind in {"file", "env"} and isinstance(named, str) for kind, named in references.items()
    ):
        raise ValueError(f'{place}: must be a string, {{"file": path}} or {{"env": variable}}')


def _resolved(value: str | dict[str, str], place: str) -> str:
    if isinstance(value, str):
        return value
    if "file" in value:
        return read_secret(Path(value["file"]), place)
    found = os.environ.get(value["env"])
    if not found:
        raise InvalidInput(f"{place}: the environment variable that it names is not set")
    return found
