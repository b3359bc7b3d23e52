"""What a cached answer is found by: everything that shapes it.

A name is made of the kind of answer, the reader's *effective clearance*, the whole request, the epochs of
the levels that the clearance may read, and the versions of what answered. What a field of a request or of
a key says can therefore not be forgotten: all of them are in the name, whoever adds one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from domain.clearance import Clearance
from domain.model import FrozenModel
from storage.sealing import Sealer


class CacheKind(StrEnum):
    """What is cached."""

    SEARCH = "search"
    SUMMARY = "summary"
    EMBEDDING = "embedding"


class CacheKey(FrozenModel):
    """Everything that shapes an answer; whatever is added here is part of the name by itself."""

    kind: CacheKind
    clearance: Clearance
    request: str
    """The canonical JSON of what was asked."""
    epochs: tuple[int, ...]
    """One for each readable level, read before the answer is made; none where no change matters."""
    versions: tuple[str, ...]
    """Of the code, the model and the settings that the answer comes from."""

    @property
    def rank(self) -> int:
        """The rank of the clearance."""
        return self.clearance.level.rank

    def name(self, prefix: str, sealer: Sealer) -> str:
        """Return the name in Redis; it tells the kind and the clearance, and of the rest nothing."""
        return f"{self.bucket(prefix)}:{sealer.digest(self.model_dump_json().encode())}"

    def bucket(self, prefix: str) -> str:
        """Return what the names of one kind and clearance begin with."""
        return f"{prefix}:{self.kind.value}:{self.rank}"


class CacheCounts(NamedTuple):
    """How often an answer of one kind was looked for at one clearance, by where it was found."""

    in_process: int = 0
    in_redis: int = 0
    awaited: int = 0
    """Somebody else was making it."""
    missed: int = 0
