"""The cache of answers: in this process, then in Redis, each found under everything that shapes it.

A reader finds only what was made for its own clearance from what is there now (`CacheKey`). Nothing that
happens above the clearance changes which answers it asks for, whether they are found or what makes room
for them. Of many who ask the same at once, one makes the answer and the others wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from domain.clearance import Clearance
from storage.cache_keys import CacheCounts, CacheKey, CacheKind
from storage.cached_values import LARGEST_BYTES, CachedValue, Codec, sealed, unsealed
from storage.metrics import CACHE_LOOKUPS
from storage.process_cache import ProcessTier
from storage.sealing import Sealer
from storage.shared_cache import SharedTier, Stored

__all__ = ["CacheCounts", "CacheKey", "CacheKind", "ContextCache", "Made"]

T = TypeVar("T")

_TIERS = {"in_process": "process", "in_redis": "redis", "awaited": "awaited", "missed": "missed"}
"""What the metrics call a place; they tell no clearance."""
_SHORTEST_SHARE = 0.8
"""Of the time to live: names get from this share up to all of it, lest all expire at one moment."""


class Made(NamedTuple, Generic[T]):
    """Answers that were just made, in the order asked for."""

    values: Sequence[T]
    made_at: datetime
    valid_until: datetime | None = None
    """When they stop being right without any change; None for never."""


Make = Callable[[Sequence[int]], Awaitable[Made[T]]]
"""Makes the answers to the requests at these places, as one batch."""


class ContextCache:
    """Keeps answers for readers of the same clearance. Never a source of truth: it may be empty any time."""

    def __init__(
        self,
        sealer: Sealer,
        shared: SharedTier,
        *,
        installation_id: Callable[[], Awaitable[str]],
        clock: Callable[[], datetime],
        lifetimes: Mapping[CacheKind, timedelta],
        entries: int,
        megabytes: int,
    ) -> None:
        self._sealer = sealer
        self._shared = shared
        self._installation_id = installation_id
        self._clock = clock
        self._lifetimes = lifetimes
        self._is_on = entries > 0
        self._process = ProcessTier(entries=entries, megabytes=megabytes)
        self._in_flight: dict[str, asyncio.Future[CachedValue[Any] | None]] = {}
        self._counts: dict[tuple[int, CacheKind], CacheCounts] = {}

    @property
    def is_on(self) -> bool:
        """Whether anything is kept at all."""
        return self._is_on

    def stats(self, clearance: Clearance) -> dict[CacheKind, CacheCounts]:
        """Return this process's counts for readers of exactly *clearance*; for nobody who reads less."""
        rank = clearance.level.rank
        return {kind: self._counts.get((rank, kind), CacheCounts()) for kind in CacheKind}

    async def fetch(
        self, key: CacheKey, codec: Codec[T], make: Callable[[], Awaitable[Made[T]]]
    ) -> T:
        """Return the one answer of *key*, made by *make* when it is not there."""
        (answer,) = await self.fetch_all([key], codec, lambda _: make())
        return answer

    async def fetch_all(self, keys: Sequence[CacheKey], codec: Codec[T], make: Make[T]) -> list[T]:
        """Return the answers of *keys*, which are of one kind and clearance, in order.

        What is missing is made as one batch. What another caller or process is making already is
        awaited, and made here after all when that fails or takes too long.
        """
        if not self._is_on or not keys:
            return list((await make(range(len(keys)))).values) if keys else []
        prefix = await self._prefix()
        batch = _Batch(keys, [key.name(prefix, self._sealer) for key in keys], prefix, codec, make)
        found: dict[str, CachedValue[T]] = {}
        for name in batch.places:
            held = self._process.find(batch.key.rank, name)
            if held is not None and held.holds_at(self._clock()):
                found[name] = held
        self._count(batch.key, in_process=len(found))
        missing = [name for name in batch.places if name not in found]
        if missing:
            found |= await self._find_or_make(batch, missing)
        return [found[name].value for name in batch.names]

    async def erase(self) -> bool:
        """Drop every answer of the installation here and in Redis; return whether Redis did its part.

        Another process may still hold some, under names that nobody asks for any more.
        """
        self._process.clear()
        return not self._is_on or await self._shared.erase(await self._prefix())

    async def _prefix(self) -> str:
        return f"diarchy:{await self._installation_id()}:cache"

    async def _find_or_make(
        self, batch: _Batch[T], missing: Sequence[str]
    ) -> dict[str, CachedValue[T]]:
        """Return the answers that this process does not hold.

        1. Join those that another caller of this process is finding or making; announce the others.
        2. Look for the others in Redis, and claim what is not there.
        3. Make what was claimed, and tell everyone who waits.
        4. Only then wait for those of other processes and callers: whoever waits has already made
           what others may wait for, so no two can wait for each other.
        5. Make what never came.
        """
        joined = {name: self._in_flight[name] for name in missing if name in self._in_flight}
        found: dict[str, CachedValue[T]] = {}
        async with self._announced([name for name in missing if name not in joined]) as own:
            self._take(batch, found, await self._read(own), "in_redis")
            absent = [name for name in own if name not in found]
            ours, theirs = await self._claim(batch, absent, found) if absent else ([], [])
            found |= await self._make(batch, ours)
            if theirs:
                self._take(batch, found, await self._shared.wait_for(theirs), "awaited")
                found |= await self._make(batch, [name for name in theirs if name not in found])
        for name, future in joined.items():
            # Shielded: who stops waiting must not take the answer from the others.
            value = await asyncio.shield(future)
            if value is not None and value.holds_at(self._clock()):
                found[name] = value
                self._count(batch.key, awaited=1)
        return found | await self._make(batch, [name for name in joined if name not in found])

    @asynccontextmanager
    async def _announced(self, names: list[str]) -> AsyncGenerator[list[str]]:
        """Let other callers wait for *names* until the block ends; those that have no answer then try."""
        loop = asyncio.get_running_loop()
        futures: dict[str, asyncio.Future[CachedValue[Any] | None]] = {
            name: loop.create_future() for name in names
        }
        self._in_flight |= futures
        try:
            yield names
        finally:
            for name, future in futures.items():
                # Told already, the name may by now be announced by somebody else.
                if self._in_flight.get(name) is future:
                    self._tell(name, None)

    def _tell(self, name: str, value: CachedValue[Any] | None) -> None:
        future = self._in_flight.pop(name, None)
        if future is not None and not future.done():
            future.set_result(value)

    async def _read(self, names: list[str]) -> dict[str, bytes]:
        answers = await self._shared.read(names) if names else []
        return {
            name: answer for name, answer in zip(names, answers, strict=True) if answer is not None
        }

    async def _claim(
        self, batch: _Batch[T], names: Sequence[str], found: dict[str, CachedValue[T]]
    ) -> tuple[list[str], list[str]]:
        """Return which of *names* are ours to make and which another process is making."""
        claims = dict(zip(names, await self._shared.claim(names), strict=True))
        finished = {name: claim.found for name, claim in claims.items() if claim.found is not None}
        self._take(batch, found, finished, "in_redis")
        ours = [name for name, claim in claims.items() if claim.is_ours]
        await self._shared.give_up([name for name in ours if name in found])
        left = [name for name in names if name not in found]
        return [name for name in left if name in ours], [name for name in left if name not in ours]

    def _take(
        self,
        batch: _Batch[T],
        found: dict[str, CachedValue[T]],
        answers: Mapping[str, bytes],
        where: str,
    ) -> None:
        """Open what came from Redis, hold it here and tell those who wait for it."""
        for name, answer in answers.items():
            value = unsealed(name, answer, batch.codec, self._sealer)
            if value is not None and value.holds_at(self._clock()):
                found[name] = value
                self._hold(batch.key, name, value)
                self._count(batch.key, **{where: 1})

    async def _make(self, batch: _Batch[T], names: Sequence[str]) -> dict[str, CachedValue[T]]:
        """Make the answers of *names*, hold them, tell those who wait, and store them in Redis."""
        if not names:
            return {}
        self._count(batch.key, missed=len(names))
        try:
            made = await batch.make([batch.places[name] for name in names])
        except BaseException:
            await self._shared.give_up(names)
            raise
        values: dict[str, CachedValue[T]] = {}
        stored: list[Stored] = []
        for name, value in zip(names, made.values, strict=True):
            encoded = batch.codec.encode(value)
            lifetime = self._lifetime(batch.key.kind, name)
            until = min(made.made_at + lifetime, made.valid_until or made.made_at + lifetime)
            values[name] = CachedValue(value, made.made_at, until, len(encoded))
            if until > made.made_at and len(encoded) <= LARGEST_BYTES:
                self._hold(batch.key, name, values[name])
                token = sealed(name, values[name], encoded, self._sealer)
                stored.append(Stored(name, token, (until - made.made_at).total_seconds()))
            else:
                self._tell(name, values[name])
        longest = self._lifetimes[batch.key.kind].total_seconds()
        if stored:
            bucket = batch.key.bucket(batch.prefix)
            await self._shared.write(bucket, stored, longest=longest)
        kept = {one.name for one in stored}
        await self._shared.give_up([name for name in names if name not in kept])
        return values

    def _hold(self, key: CacheKey, name: str, value: CachedValue[Any]) -> None:
        seconds = (value.valid_until - value.made_at).total_seconds()
        self._process.hold(key.rank, name, value, seconds=seconds)
        self._tell(name, value)

    def _lifetime(self, kind: CacheKind, name: str) -> timedelta:
        """Return the time to live; its jitter comes from the name, so that it is no news to anybody."""
        share = int(name.rpartition(":")[2][:8], 16) / 0xFFFFFFFF
        return self._lifetimes[kind] * (_SHORTEST_SHARE + (1 - _SHORTEST_SHARE) * share)

    def _count(self, key: CacheKey, **more: int) -> None:
        place = (key.rank, key.kind)
        counts = self._counts.get(place, CacheCounts())
        added = {name: getattr(counts, name) + count for name, count in more.items()}
        self._counts[place] = counts._replace(**added)
        for name, count in more.items():
            CACHE_LOOKUPS.add(key.kind.value, _TIERS[name], amount=count)


class _Batch(Generic[T]):
    """What one call asks for; `places` holds each name once, with the place of its first key."""

    def __init__(
        self,
        keys: Sequence[CacheKey],
        names: Sequence[str],
        prefix: str,
        codec: Codec[T],
        make: Make[T],
    ) -> None:
        self.key = keys[0]
        if any((key.kind, key.clearance) != (self.key.kind, self.key.clearance) for key in keys):
            raise ValueError("a batch is of one kind and one clearance")
        self.names = names
        self.places: dict[str, int] = {}
        for place, name in enumerate(names):
            self.places.setdefault(name, place)
        self.prefix = prefix
        self.codec = codec
        self.make = make
