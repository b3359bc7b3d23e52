"""`doctor`: looks at every part of a home; says what is wrong with it and what to do about that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import typer

from domain.errors import DiarchyError, RedisUnavailable, StorageError
from gateway.command_line.failures import FAILED
from gateway.command_line.options import get_settings

if TYPE_CHECKING:
    from storage.settings import Settings
    from storage.stores import Stores

Check = Callable[["Settings"], Awaitable[str]]
StoresCheck = Callable[["Stores"], Awaitable[str]]


def add_to(app: typer.Typer) -> None:
    """Give *app* this command."""
    app.command()(doctor)


def doctor() -> None:
    """Look at every part of this home; exit code 1 when something is wrong."""
    if asyncio.run(_count_failures(get_settings())):
        raise typer.Exit(FAILED)


async def _count_failures(settings: Settings) -> int:
    from gateway import checks
    from storage.stores import open_stores

    failures = 0
    if await _passes("database", _check_database(settings)):
        # The parts are looked at as the commands find them: opened, where they are well.
        async with open_stores(settings) as stores:
            of_stores: dict[str, StoresCheck] = {
                "principals": _check_principals,
                "audit log": _check_audit_log,
                "embedding model": _check_embedding_model,
                "outbox": _check_outbox,
            }
            for name, check in of_stores.items():
                failures += not await _passes(name, check(stores))
    else:
        failures += 1
    of_settings: dict[str, Check] = {
        "home": checks.check_home,
        "disk": checks.check_disk,
        "clock": checks.check_clock,
        "sealing key": checks.check_keys,
        "search index": _check_search_index,
        "Redis": _check_redis,
        "Prefect": checks.check_prefect,
        "deployments": checks.check_deployments,
    }
    for name, check in of_settings.items():
        failures += not await _passes(name, check(settings))
    return failures


async def _passes(name: str, checking: Awaitable[str]) -> bool:
    try:
        typer.echo(f"ok      {name}: {await checking}")
    except (DiarchyError, OSError) as error:
        told = error if isinstance(error, DiarchyError) else error.strerror
        typer.echo(f"FAILED  {name}: {told}")
        return False
    return True


async def _check_database(settings: Settings) -> str:
    from storage.database import SQLITE_FILE, connect_database, open_database

    if settings.database_url is None and not (settings.home / SQLITE_FILE).exists():
        database = await open_database(settings)
    else:
        database = await connect_database(settings)
    try:
        kind = "SQLite" if database.is_sqlite else "PostgreSQL"
        return f"{kind}, tables at revision {await database.check_schema()}"
    finally:
        await database.close()


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


async def _check_outbox(stores: Stores) -> str:
    owed = await stores.knowledge.pending()
    if owed:
        raise StorageError(f"the index does not know {owed} changes yet; run: diarchy maintain")
    return "the index knows every change"


async def _check_search_index(settings: Settings) -> str:
    from storage.installation_state import observing

    async with observing(settings) as observer:
        state = await observer.look()
    if state.passages is None:
        raise StorageError(
            f"{state.troubles['index']}; its folder can be made anew: diarchy reindex"
        )
    return f"{sum(state.passages.values())} passages"


async def _check_redis(settings: Settings) -> str:
    from storage.redis_server import PrivateRedis, RedisConnection, find_program

    if settings.redis_url is not None:
        connection = RedisConnection(settings)
        try:
            return f"Redis {await connection.version()}, the one that DIARCHY_REDIS_URL names"
        except RedisUnavailable as error:
            raise RedisUnavailable(
                f"{error}; start the server that DIARCHY_REDIS_URL names: events wait meanwhile"
            ) from error
        finally:
            await connection.close()
    running = PrivateRedis(settings).find_running()
    if running is not None:
        return f"Redis {running.version}, this home's own, running"
    return f"not running; starts when needed, from {find_program()}"
