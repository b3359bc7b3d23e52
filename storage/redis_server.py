"""The way to Redis: the server that `DIARCHY_REDIS_URL` names, else the home's own.

Making a connection object starts and opens nothing; the first command does. A private server that has
died is started again by the next command that needs it. What Redis complains of is raised as
`RedisUnavailable`, without the command and its arguments.
"""

from __future__ import annotations

import asyncio
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from domain.errors import RedisUnavailable, StorageError
from storage.private_redis import PrivateRedis, RunningRedis, find_program
from storage.settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = [
    "PrivateRedis",
    "RedisConnection",
    "RunningRedis",
    "find_program",
    "translated_redis_errors",
]

BLOCKING_SECONDS = 1.0
"""The longest that a blocking command may wait; the socket's timeout must stay well above it."""
_CONNECT_SECONDS = 2.0
_SOCKET_SECONDS = 5.0
_TRIES_AGAIN = 1


class RedisConnection:
    """One pool of connections, bound to the event loop that uses it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Redis | None = None

    async def client(self) -> Redis:
        """Return the client. Wrap what is asked of it in `translated_redis_errors`.

        Raises `RedisUnavailable` when there is no server and none can be started.
        """
        if self._client is None:
            self._client = self._make_client()
            try:
                with translated_redis_errors():
                    await self._client.ping()  # pyright: ignore[reportGeneralTypeIssues] - typed for both clients
            except BaseException:
                await self.close()
                raise
        return self._client

    async def version(self) -> str:
        """Return what the server says it is; raises `RedisUnavailable`."""
        client = await self.client()
        with translated_redis_errors():
            told: dict[str, Any] = await client.info("server")
        return str(told["redis_version"])

    async def close(self) -> None:
        """Close the connections; a private server goes on running."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _make_client(self) -> Redis:
        # A fifth of a second that processes without any use for Redis do not spend.
        from redis.asyncio import ConnectionPool, Redis  # noqa: PLC0415
        from redis.asyncio.retry import Retry  # noqa: PLC0415
        from redis.backoff import ConstantBackoff  # noqa: PLC0415

        options: dict[str, Any] = {
            "socket_connect_timeout": _CONNECT_SECONDS,
            "socket_timeout": _SOCKET_SECONDS,
            # A connection that broke is opened once more, which also restarts a private server.
            "retry": Retry(ConstantBackoff(0.05), _TRIES_AGAIN),
            "health_check_interval": 30,
        }
        url = self._settings.redis_url
        if url is not None:
            return Redis.from_url(url, **options)
        from storage.redis_sockets import PrivateConnection  # noqa: PLC0415 - imports redis

        private = PrivateRedis(self._settings)
        pool = ConnectionPool(
            connection_class=PrivateConnection,
            path=str(private.socket),
            ensure_server=partial(asyncio.to_thread, private.start),
            **options,
        )
        return Redis.from_pool(pool)


class translated_redis_errors:  # noqa: N801 - reads as a function where it is used
    """Turn what the Redis client raises into ours, and raise a cancellation that it swallowed.

    Ours are kinds of errors, never commands or values. The client sends by `asyncio.wait_for`, which up
    to Python 3.11 loses a cancellation that comes just as it ends: its task would run for ever.
    """

    __slots__ = ("_cancellations",)

    def __enter__(self) -> None:
        self._cancellations = _cancellations()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, Exception):
            if _cancellations() > self._cancellations:
                raise asyncio.CancelledError from None
            if error is not None:
                translation = _translation_of(error)
                if translation is not None:
                    raise translation from None


def _cancellations() -> int:
    """Return how often the running task has been asked to end."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def _translation_of(error: Exception) -> StorageError | None:
    """Return our error for one of the Redis client's; None for any other."""
    from redis import exceptions  # noqa: PLC0415 - see _make_client

    if isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError | OSError):
        if isinstance(error.__cause__, RedisUnavailable):
            return error.__cause__
        return RedisUnavailable(f"Redis does not answer: {type(error).__name__}")
    if isinstance(error, exceptions.ResponseError):
        # The first word names the kind of the complaint; what follows may quote the command.
        kind = "OOM" if isinstance(error, exceptions.OutOfMemoryError) else str(error).split(" ")[0]
        if kind in _PASSING:
            return RedisUnavailable(_PASSING[kind])
        return StorageError(f"Redis refused a command: {type(error).__name__}")
    if isinstance(error, exceptions.RedisError):
        return StorageError(f"Redis failed: {type(error).__name__}")
    return None


_PASSING = {
    "OOM": "Redis is full: give it more memory",
    "LOADING": "Redis is reading its files",
    "BUSY": "Redis is busy with a script",
    "READONLY": "Redis takes no writes: it is a replica",
    "MISCONF": "Redis takes no writes: it cannot keep them",
    "MASTERDOWN": "Redis has lost its master",
    "CLUSTERDOWN": "the Redis cluster is down",
    "TRYAGAIN": "the Redis cluster is moving keys",
}
"""Complaints that may pass, by the word that they begin with."""
