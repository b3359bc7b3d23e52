"""The stores that the tasks of a flow run share.

Runs of one event loop share one set of stores: a database pool and the vectors in memory are too
heavy to hold once a run. The last run that leaves closes them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from storage.settings import Settings
from storage.stores import Stores, open_stores
from tasks.observation import observed_run

_given: ContextVar[Stores | None] = ContextVar("diarchy_stores", default=None)


@dataclass
class _Shared:
    """One set of stores with the number of runs that use it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    exit_stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    stores: Stores | None = None
    users: int = 0


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Settings, _Shared]] = WeakKeyDictionary()


def current_stores() -> Stores:
    """Return the stores of the flow run that this task belongs to."""
    stores = _given.get()
    if stores is None:
        raise RuntimeError("a task needs the stores that its flow opens")
    return stores


def current_settings() -> Settings:
    """Return the settings of the flow run's stores, or of the process outside of one."""
    stores = _given.get()
    return Settings() if stores is None else stores.settings


@asynccontextmanager
async def flow_stores() -> AsyncGenerator[Stores]:
    """Give the tasks of a flow run their stores; those of an enclosing `use_stores` come first."""
    given = _given.get()
    if given is not None:
        with observed_run():
            yield given
        return
    settings = Settings()
    of_loop = _shared.setdefault(asyncio.get_running_loop(), {})
    shared = of_loop.setdefault(settings, _Shared())
    async with shared.lock:
        if shared.stores is None:
            shared.stores = await shared.exit_stack.enter_async_context(open_stores(settings))
        stores = shared.stores
        shared.users += 1
    try:
        async with use_stores(stores):
            with observed_run():
                yield stores
    finally:
        async with shared.lock:
            shared.users -= 1
            if shared.users == 0:
                shared.stores = None
                await shared.exit_stack.aclose()


@asynccontextmanager
async def use_stores(stores: Stores) -> AsyncGenerator[None]:
    """Let every flow run inside use *stores*, for callers that opened their own."""
    before = _given.set(stores)
    try:
        yield
    finally:
        _given.reset(before)
