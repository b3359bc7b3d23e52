"""A cached answer: what it says, how long it holds, and its form where other programs may look.

Outside of the process it lies sealed, together with its own name: whoever can write to Redis can move a
sealed value under another name, and must not hand a secret answer to a lower reader that way.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter

from domain.errors import SealBroken
from storage.sealing import Sealer

T = TypeVar("T")

LARGEST_BYTES = 4_000_000
"""An answer that is larger, encoded, is made anew each time."""
_COMPRESSED_FROM_BYTES = 1_000
_FASTEST = 1


@dataclass(frozen=True)
class CachedValue(Generic[T]):
    """An answer that holds from `made_at` until just before `valid_until`. Never changed: readers share it."""

    value: T
    made_at: datetime
    valid_until: datetime
    encoded_bytes: int

    def holds_at(self, now: datetime) -> bool:
        """Whether the answer may be given at *now*; a clock that was set back makes it unborn."""
        return self.made_at <= now < self.valid_until


class Codec(Protocol[T]):
    """How an answer becomes bytes and is read back equal."""

    def encode(self, value: T) -> bytes: ...

    def decode(self, encoded: bytes) -> T: ...


class ModelCodec(Generic[T]):
    """The JSON of frozen models."""

    def __init__(self, kind: type[T] | Any) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(kind)

    def encode(self, value: T) -> bytes:
        """Return *value* as JSON."""
        return self._adapter.dump_json(value)

    def decode(self, encoded: bytes) -> T:
        """Return what was encoded."""
        return self._adapter.validate_json(encoded)


def sealed(name: str, value: CachedValue[T], encoded: bytes, sealer: Sealer) -> bytes:
    """Return *value*, whose encoded form is *encoded*, as it may lie in Redis under *name*."""
    is_compressed = len(encoded) >= _COMPRESSED_FROM_BYTES
    times = (value.made_at.isoformat(), value.valid_until.isoformat())
    header = json.dumps([name, *times, is_compressed]).encode()
    body = zlib.compress(encoded, _FASTEST) if is_compressed else encoded
    return sealer.seal(header + b"\n" + body)


def unsealed(name: str, found: bytes, codec: Codec[T], sealer: Sealer) -> CachedValue[T] | None:
    """Return what was sealed under *name*; None when it was not, or another version wrote it."""
    try:
        header, _, body = sealer.open(found).partition(b"\n")
        sealed_as, made_at, valid_until, is_compressed = json.loads(header)
        if sealed_as != name:
            return None
        encoded = zlib.decompress(body) if is_compressed else body
        return CachedValue(
            codec.decode(encoded),
            datetime.fromisoformat(made_at),
            datetime.fromisoformat(valid_until),
            len(encoded),
        )
    except (SealBroken, ValueError, zlib.error):
        return None
