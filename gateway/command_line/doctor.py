"""`doctor`: looks at every part of a home; says what is wrong with it and what to do about that."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import typer

from domain.clearance import ConfidentialityLevel
from domain.errors import DiarchyError, StorageError
from gateway.command_line.failures import FAILED
from gateway.command_line.options import get_settings

if TYPE_CHECKING:
    from storage.settings import Settings
    from storage.stores import Stores

Check = Callable[["Stores"], Awaitable[str]]


def add_to(app: typer.Typer) -> None:
    """Give *app* this command."""
    app.command()(doctor)


def doctor() -> None:
    """Look at every part of this home; exit code 1 when something is wrong."""
    if asyncio.run(_count_failures(get_settings())):
        raise typer.Exit(FAILED)


async def _count_failures(settings: Settings) -> int:
    from storage.stores import open_stores

    checks: dict[str, Check] = {
        "home": _check_home,
        "principals": _check_principals,
        "audit log": _check_audit_log,
        "embedding model": _check_embedding_model,
        "search index": _check_search_index,
        "outbox": _check_outbox,
        "Redis": _check_redis,
        "Prefect": _check_prefect,
    }
    failures = 0
    async with open_stores(settings) as stores:
        for name, check in checks.items():
            try:
                typer.echo(f"ok      {name}: {await check(stores)}")
            except DiarchyError as error:
                failures += 1
                typer.echo(f"FAILED  {name}: {error}")
    return failures


async def _check_home(stores: Stores) -> str:
    home = stores.settings.home
    if home.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StorageError(f"others than its owner can enter it; run: chmod 700 {home}")
    database = "SQLite" if stores.database.is_sqlite else "PostgreSQL"
    return f"{home}, database in {database}"


async def _check_principals(stores: Stores) -> str:
    principals = await stores.principals.list()
    active = sum(principal.revoked_at is None for principal in principals)
    if not active:
        raise StorageError("nobody may ask; run: diarchy principals add NAME --clearance LEVEL")
    return f"{active} active, {len(principals) - active} revoked"


async def _check_audit_log(stores: Stores) -> str:
    return f"{await stores.audit.verify()} entries, the chain is whole"


async def _check_embedding_model(stores: Stores) -> str:
    identity = await stores.model.identity()
    return f"{identity.model}, {identity.dimension} dimensions"


async def _check_search_index(stores: Stores) -> str:
    from storage.vector_index import VectorIndex

    settings = stores.settings
    index = VectorIndex(
        settings.lancedb_location, stores.model, exact_search_chunks=settings.exact_search_chunks
    )
    passages = 0
    for level in ConfidentialityLevel:
        table = await index.find_table(level)
        passages += 0 if table is None else await table.count()
    return f"{passages} passages"


async def _check_outbox(stores: Stores) -> str:
    owed = await stores.knowledge.pending()
    if owed:
        raise StorageError(f"the index does not know {owed} changes yet; run: diarchy maintain")
    return "the index knows every change"


async def _check_redis(stores: Stores) -> str:
    from storage.redis_server import PrivateRedis, find_program

    if stores.settings.redis_url is not None:
        return f"Redis {await stores.redis.version()}, the one that DIARCHY_REDIS_URL names"
    running = PrivateRedis(stores.settings).find_running()
    if running is not None:
        return f"Redis {running.version}, this home's own, running"
    return f"not running; starts when needed, from {find_program()}"


async def _check_prefect(stores: Stores) -> str:
    from gateway.prefect_server import PrefectServer

    given = os.environ.get("PREFECT_API_URL")
    if given:
        return f"flows run against {given}"
    running = PrefectServer(stores.settings.home).find_running()
    return f"running at {running.ui_url}" if running else "not running; starts when needed"
