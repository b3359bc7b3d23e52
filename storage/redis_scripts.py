"""Lua scripts that Redis runs wholly or not at all, asked for by their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis.asyncio import Redis


class RedisScript:
    """A script that every server learns the first time that it is asked for it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    async def run(self, client: Redis, *, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run it; wrap the call in `translated_redis_errors`."""
        try:
            return await client.evalsha(self._digest, len(keys), *keys, *arguments)  # pyright: ignore[reportGeneralTypeIssues] - typed for both clients
        except Exception as error:
            from redis.exceptions import NoScriptError  # noqa: PLC0415 - where it is needed at all

            if not isinstance(error, NoScriptError):
                raise
            return await client.eval(self._text, len(keys), *keys, *arguments)  # pyright: ignore[reportGeneralTypeIssues] - as above
