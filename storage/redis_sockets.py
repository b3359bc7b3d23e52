"""Connections to a home's own Redis, which start the server where none listens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import UnixDomainSocketConnection


class PrivateConnection(UnixDomainSocketConnection):
    """A connection to a private server; that it is needed is what starts the server."""

    def __init__(self, *, ensure_server: Callable[[], Awaitable[object]], **options: Any) -> None:
        self._ensure_server = ensure_server
        super().__init__(**options)

    async def _connect(self) -> None:
        try:
            await super()._connect()
        except (FileNotFoundError, ConnectionRefusedError):
            await self._ensure_server()
            await super()._connect()
