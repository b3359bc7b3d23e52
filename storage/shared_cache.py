"""The cache's second tier: sealed answers in Redis, shared by every process of the installation.

Redis is a convenience here. When it is down or slow every call returns as if nothing were cached, one
warning is logged, and for some seconds nobody asks it again. Every key has a time to live, and each
kind of answer of each clearance has its own bound, so nobody's use pushes out what a lower reader has.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from domain.errors import StorageError
from storage.redis_server import RedisConnection, translated_redis_errors

if TYPE_CHECKING:
    from redis.asyncio import Redis

T = TypeVar("T")

_log = logging.getLogger("diarchy.cache")

_START_SECONDS = 5.0
"""How long a server of the home's own may take to start."""
_ANSWER_SECONDS = 2.0
_SILENT_SECONDS = 5.0
_MAKING_SECONDS = 10
"""After this a process that makes an answer counts as dead, and another one makes it."""
_WAIT_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.004
_LONGEST_PAUSE_SECONDS = 0.1
_SCANNED_AT_ONCE = 500
_MILLISECONDS = 1000


class Claim(NamedTuple):
    """What came of asking to make an answer."""

    is_ours: bool
    """Nobody else is making it, so this process is to."""
    found: bytes | None
    """The answer, where somebody finished it a moment ago."""


class Stored(NamedTuple):
    """An answer to be stored."""

    name: str
    sealed: bytes
    seconds: float
    """Its time to live."""


class SharedTier:
    """Reads and writes sealed answers by name; knows nothing of what they say."""

    def __init__(self, connection: RedisConnection, *, entries: int) -> None:
        self._connection = connection
        self._entries = entries
        self._is_down = False
        self._silent_until = 0.0

    async def read(self, names: Sequence[str]) -> list[bytes | None]:
        """Return the sealed answer of each name, None where there is none."""
        return await self._ask(lambda redis: redis.mget(names), [None] * len(names))

    async def claim(self, names: Sequence[str]) -> list[Claim]:
        """Ask, for each name, to be the one process that makes its answer."""

        async def ask(redis: Redis) -> list[Claim]:
            async with redis.pipeline(transaction=False) as pipe:
                for name in names:
                    pipe.set(_making(name), 1, nx=True, ex=_MAKING_SECONDS)
                    # In this order: who makes an answer stores it before letting go of the claim.
                    pipe.get(name)
                answers = await pipe.execute()
            return [
                Claim(is_ours=bool(answers[index]), found=answers[index + 1])
                for index in range(0, len(answers), 2)
            ]

        return await self._ask(ask, [Claim(is_ours=True, found=None)] * len(names))

    async def wait_for(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return what other processes make of *names*; what they give up or take too long for is left out."""
        found: dict[str, bytes] = {}
        awaited = list(names)
        pause = _FIRST_PAUSE_SECONDS
        deadline = time.monotonic() + _WAIT_SECONDS
        while awaited and time.monotonic() < deadline:
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE_SECONDS, pause * 1.5)
            # Claims first: one that is gone when its answer is not there yet has been given up.
            asked = [*map(_making, awaited), *awaited]
            answers: list[bytes | None] = await self._ask(
                lambda redis, asked=asked: redis.mget(asked), [None] * len(asked)
            )
            claims, values = answers[: len(awaited)], answers[len(awaited) :]
            for name, claim, value in zip(tuple(awaited), claims, values, strict=True):
                if value is not None:
                    found[name] = value
                if value is not None or claim is None:
                    awaited.remove(name)
        return found

    async def write(self, bucket: str, values: Sequence[Stored], *, longest: float) -> None:
        """Store *values* and let go of the claims on them.

        *bucket* names the kind of answer and the clearance, which has a bound of its own: the soonest
        to expire make room. *longest* is the longest that any value of it lives.
        """
        index = f"{bucket}:index"
        now = time.time()

        async def store(redis: Redis) -> None:
            # As one: the index must not be without its time to live when this process is killed.
            async with redis.pipeline(transaction=True) as pipe:
                for value in values:
                    pipe.set(value.name, value.sealed, px=_in_milliseconds(value.seconds))
                    pipe.delete(_making(value.name))
                pipe.zadd(index, {value.name: now + value.seconds for value in values})
                pipe.pexpire(index, _in_milliseconds(longest))
                pipe.zremrangebyscore(index, "-inf", now)
                pipe.zcard(index)
                *_, count = await pipe.execute()
            if count > self._entries:
                dropped: list[Any] = await redis.zpopmin(index, count - self._entries)
                await redis.delete(*(name for name, _ in dropped))

        await self._ask(store, None)

    async def give_up(self, names: Sequence[str]) -> None:
        """Let go of claims whose answers could not be made."""
        if names:
            await self._ask(lambda redis: redis.delete(*map(_making, names)), 0)

    async def drop(self, names: Mapping[str, str]) -> bool:
        """Delete one name of each bucket, from the server's files too; return whether it did."""

        async def delete(redis: Redis) -> bool:
            async with redis.pipeline(transaction=True) as pipe:
                for bucket, name in names.items():
                    pipe.delete(name)
                    pipe.zrem(f"{bucket}:index", name)
                await pipe.execute()
            await _rewrite_files(redis)
            return True

        self._silent_until = 0.0
        return await self._ask(delete, otherwise=False, seconds=_START_SECONDS)

    async def erase(self, prefix: str) -> bool:
        """Delete every key that begins with *prefix*, from the server's files too; return whether it did."""

        async def delete(redis: Redis) -> bool:
            scan = redis.scan_iter(match=f"{prefix}*", count=_SCANNED_AT_ONCE)
            found = [name async for name in scan]
            for first in range(0, len(found), _SCANNED_AT_ONCE):
                await redis.delete(*found[first : first + _SCANNED_AT_ONCE])
            await _rewrite_files(redis)
            return True

        self._silent_until = 0.0
        return await self._ask(delete, otherwise=False, seconds=_START_SECONDS)

    async def _ask(
        self,
        question: Callable[[Any], Awaitable[T]],
        otherwise: T,
        *,
        seconds: float = _ANSWER_SECONDS,
    ) -> T:
        """Return Redis's answer, or *otherwise* when it gives none in time or gave none lately."""
        if time.monotonic() < self._silent_until:
            return otherwise
        if self._is_down:
            # One caller tries whether it is back; the others go on without.
            self._silent_until = time.monotonic() + _SILENT_SECONDS
        try:
            with translated_redis_errors():
                async with asyncio.timeout(_START_SECONDS):
                    redis = await self._connection.client()
                async with asyncio.timeout(seconds):
                    answer = await question(redis)
        except StorageError as error:
            self._silent_until = time.monotonic() + _SILENT_SECONDS
            if not self._is_down:
                self._is_down = True
                _log.warning("nothing is cached in Redis until it is back: %s", error)
            return otherwise
        if self._is_down:
            self._is_down = False
            self._silent_until = 0.0
            _log.info("Redis is back")
        return answer


async def _rewrite_files(redis: Redis) -> None:
    """Have the server write its append-only file, if it keeps one, anew without what was deleted."""
    while (state := await redis.info("persistence"))["aof_enabled"]:
        if not state["aof_rewrite_in_progress"]:
            await redis.bgrewriteaof()
            return
        # A rewrite that is under way may have begun before the deletion.
        await asyncio.sleep(_LONGEST_PAUSE_SECONDS)


def _making(name: str) -> str:
    return f"{name}:making"


def _in_milliseconds(seconds: float) -> int:
    return max(1, round(seconds * _MILLISECONDS))
