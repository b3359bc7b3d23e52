"""From events to flow runs: a knowledge update, a strategic alert, a request for collaboration.

As a flow it works off what waits and ends; `serve_events` goes on until it is told to stop. Any number
of dispatchers of an installation share the work.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress

import httpx
from prefect import get_client

from domain.errors import RedisUnavailable
from flows.event_handlers import EventHandlers
from flows.resuming import resume_crashed_runs
from flows.starting import run_for_event
from storage.stores import Stores
from tasks.quiet_flow import quiet_flow
from tasks.stores import flow_stores

GROUP = "dispatcher"
_AT_ONCE = 4
_RELAY_SECONDS = 2.0
_RESUME_SECONDS = 20.0


@quiet_flow(name="dispatch-events", run_name="dispatch-events")
async def dispatch_events() -> int:
    """Work off every event that waits; return how many."""
    async with flow_stores() as stores:
        await stores.relay.publish_pending()
        return await _consume(stores, until_idle=True)


async def serve_events(stop: asyncio.Event, *, on_ready: Callable[[], None] = lambda: None) -> int:
    """Work events off as they come until *stop* is set; return how many. *on_ready* is called once."""
    async with flow_stores() as stores, asyncio.TaskGroup() as tasks:
        on_ready()
        besides = [
            tasks.create_task(_relay_until_cancelled(stores)),
            tasks.create_task(_resume_until_cancelled()),
        ]
        handled = await _consume(stores, stop=stop)
        for one in besides:
            one.cancel()
    return handled


async def _consume(
    stores: Stores, *, until_idle: bool = False, stop: asyncio.Event | None = None
) -> int:
    handlers = EventHandlers(stores, run_for_event)
    return await stores.events.consume(
        GROUP,
        f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}",
        handlers.handle,
        concurrency=_AT_ONCE,
        until_idle=until_idle,
        stop=stop,
    )


async def _relay_until_cancelled(stores: Stores) -> None:
    """Publish what a process committed and could not publish itself."""
    while True:
        with suppress(RedisUnavailable):  # the consumer says so; what is committed waits
            await stores.relay.publish_pending()
        await asyncio.sleep(_RELAY_SECONDS)


async def _resume_until_cancelled() -> None:
    """Offer crashed runs again that nobody offers."""
    while True:
        await asyncio.sleep(_RESUME_SECONDS)
        with suppress(httpx.HTTPError, RuntimeError):  # the API is away: later
            async with get_client() as client:
                await resume_crashed_runs(client)
