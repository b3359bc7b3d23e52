"""Everything that a Redis server holds, key by key: for those who look for what must not be there."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Any

from storage.event_streams import namespace_of
from storage.private_redis import PrivateRedis
from storage.redis_server import RedisConnection, translated_redis_errors
from storage.settings import Settings

_SCANNED_AT_ONCE = 500


async def read_everything(redis: RedisConnection) -> AsyncGenerator[tuple[str, bytes]]:
    """Yield every key with all that it holds, one value a line. Raises `RedisUnavailable`."""
    client: Any = await redis.client()
    with translated_redis_errors():
        async for name in client.scan_iter(count=_SCANNED_AT_ONCE):
            shown = name.decode(errors="replace") if isinstance(name, bytes) else str(name)
            yield shown, b"\n".join([_raw(name), *_flat(await _value(client, name))])


async def forget_installation(redis: RedisConnection, installation_id: str) -> int:
    """Delete every key of an installation that is no more; return how many."""
    client: Any = await redis.client()
    deleted = 0
    with translated_redis_errors():
        pattern = f"{namespace_of(installation_id)}*"
        found = [name async for name in client.scan_iter(match=pattern, count=_SCANNED_AT_ONCE)]
        for first in range(0, len(found), _SCANNED_AT_ONCE):
            deleted += await client.delete(*found[first : first + _SCANNED_AT_ONCE])
    return deleted


def redis_url_of(settings: Settings) -> str:
    """Return the URL of the Redis that *settings* mean, starting the home's own where it is not up."""
    if settings.redis_url is not None:
        return settings.redis_url
    return f"unix://{PrivateRedis(settings).start().socket}"


async def _value(client: Any, name: bytes) -> Any:
    """Return what a key holds; nothing for one that is gone since it was listed."""
    readers: dict[str, Callable[[], Awaitable[Any]]] = {
        "string": lambda: client.get(name),
        "stream": lambda: client.xrange(name),
        "hash": lambda: client.hgetall(name),
        "list": lambda: client.lrange(name, 0, -1),
        "set": lambda: client.smembers(name),
        "zset": lambda: client.zrange(name, 0, -1, withscores=True),
    }
    # What a module keeps is at least looked at as it would be dumped.
    return await readers.get((await client.type(name)).decode(), lambda: client.dump(name))()


def _flat(value: Any) -> Iterable[bytes]:
    match value:
        case None:
            return
        case dict():
            for name, content in value.items():  # pyright: ignore[reportUnknownVariableType] - whatever Redis holds
                yield from _flat(name)
                yield from _flat(content)
        case list() | tuple() | set():
            for part in value:  # pyright: ignore[reportUnknownVariableType] - whatever Redis holds
                yield from _flat(part)
        case _:
            yield _raw(value)


def _raw(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
