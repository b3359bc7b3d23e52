"""The cache's first tier: answers as typed objects, in this process.

One bounded cache for each clearance: if all shared one, what a higher reader asks would push out what a
lower one has cached, and the lower one could tell by the time its own question takes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cachetools import TLRUCache

from storage.cached_values import CachedValue

_IN_MEMORY = 4
"""How many times its encoded size an answer of typed objects takes up, roughly."""
_MEGABYTE = 1_000_000


class _Held(NamedTuple):
    value: CachedValue[Any]
    seconds: float


class ProcessTier:
    """Holds the answers last used, by clearance and name."""

    def __init__(self, *, entries: int, megabytes: int) -> None:
        self._entries = entries
        self._bytes = megabytes * _MEGABYTE
        self._by_rank: dict[int, TLRUCache[str, _Held]] = {}

    def find(self, rank: int, name: str) -> CachedValue[Any] | None:
        """Return what is held under *name* for the clearance of *rank*, or None."""
        held = self._of(rank).get(name)
        return None if held is None else held.value

    def hold(self, rank: int, name: str, value: CachedValue[Any], *, seconds: float) -> None:
        """Hold *value* for at most *seconds*; what was used longest ago makes room."""
        of_rank = self._of(rank)
        of_rank.expire()
        while len(of_rank) >= self._entries and name not in of_rank:
            of_rank.popitem()
        if value.encoded_bytes * _IN_MEMORY <= self._bytes:
            of_rank[name] = _Held(value, seconds)

    def clear(self) -> None:
        """Drop everything."""
        self._by_rank.clear()

    def _of(self, rank: int) -> TLRUCache[str, _Held]:
        if rank not in self._by_rank:
            self._by_rank[rank] = TLRUCache(
                maxsize=self._bytes, ttu=_expires_at, getsizeof=_size_of
            )
        return self._by_rank[rank]


def _expires_at(name: str, held: _Held, now: float) -> float:
    del name
    return now + held.seconds


def _size_of(held: _Held) -> int:
    return held.value.encoded_bytes * _IN_MEMORY
