"""Prefect's API, waited for while it is away.

Prefect's client tries again once it has been connected, and not before: a client that is made while the
API restarts would fail at once, and with it the try that an event has.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import httpx
from prefect import get_client
from prefect.client.orchestration import PrefectClient

_LONGEST = timedelta(minutes=5)
_PAUSE_SECONDS = 1.0


@asynccontextmanager
async def patient_client(within: timedelta = _LONGEST) -> AsyncGenerator[PrefectClient]:
    """A client of the API, once it answers; when it does not *within* that time, the client's error."""
    async with AsyncExitStack() as stack:
        yield await _connected(stack, within)


async def _connected(stack: AsyncExitStack, within: timedelta) -> PrefectClient:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within.total_seconds()
    while True:
        try:
            client = await stack.enter_async_context(get_client())
            (await client.hello()).raise_for_status()
        except (httpx.HTTPError, RuntimeError):  # the latter from its check of the API's version
            await stack.aclose()
            if loop.time() >= deadline:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return client
