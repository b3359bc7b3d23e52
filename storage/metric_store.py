"""Where the counts of all processes come together: one hash in Redis for an installation.

A flow run is a process of seconds that nobody could ask for its counts, and runs of one installation
may be on many machines. Each therefore adds its counts to the hash every few seconds and once more at
its end. Redis is a convenience here too: when it is down, counts wait in the process or are lost, and
nothing else happens. The hash ends by itself a while after the last count.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from domain.errors import StorageError
from storage.metrics import COUNTS, METRICS_LOST, Series, series_of
from storage.private_redis import PrivateRedis
from storage.redis_server import RedisConnection, translated_redis_errors
from storage.settings import Settings

KEPT = timedelta(days=30)
"""After so long without any count, counting starts from nothing, as after a restart."""
_EVERY_SECONDS = 5.0
_CONNECT_SECONDS = 1.0
_ANSWER_SECONDS = 0.5


class MetricStore:
    """The counts of an installation."""

    def __init__(self, redis: RedisConnection, namespace: str, settings: Settings) -> None:
        self._redis = redis
        self._key = f"{namespace}:metrics"
        self._settings = settings

    async def hand_on(self) -> bool:
        """Add this process's counts to those of all; return whether there is nothing left to add.

        What was not sent is kept for the next time. What was sent and not answered counts as lost: to
        send it again might count it twice. Starts no Redis server.
        """
        if not await asyncio.to_thread(self._is_there):
            return False
        taken = COUNTS.take()
        if not taken:
            return True
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                client = await self._redis.client()
        except (StorageError, TimeoutError):
            COUNTS.give_back(taken)
            return False
        try:
            with translated_redis_errors():
                async with asyncio.timeout(_ANSWER_SECONDS):
                    async with client.pipeline(transaction=True) as adding:
                        for series, amount in taken.items():
                            adding.hincrbyfloat(self._key, series.field(), amount)
                        adding.expire(self._key, KEPT)
                        await adding.execute()
        except StorageError:
            METRICS_LOST.add()
            return False
        return True

    async def read(self) -> dict[Series, float]:
        """Return the counts of all processes; raises `RedisUnavailable`."""
        client = await self._redis.client()
        with translated_redis_errors():
            fields: dict[bytes, bytes] = await client.hgetall(self._key)  # pyright: ignore[reportGeneralTypeIssues, reportAssignmentType] - typed for both clients
        counts = {series_of(field.decode()): float(count) for field, count in fields.items()}
        return {series: count for series, count in counts.items() if series is not None}

    @asynccontextmanager
    async def handing_on(self) -> AsyncGenerator[None]:
        """Hand on the counts of this process while the block runs, and at its end."""
        again = asyncio.create_task(self._hand_on_again_and_again())
        try:
            yield
        finally:
            again.cancel()
            await asyncio.wait([again])
            await self.hand_on()

    async def _hand_on_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            await self.hand_on()

    def _is_there(self) -> bool:
        if self._settings.redis_url is not None:
            return True
        found: Any = PrivateRedis(self._settings).find_running()
        return found is not None
