"""How an installation is, looked at part by part: for the operator's status, checks and metrics.

Every part is asked by itself and within a bound of time, so that one that is down or hangs is told of
and hides nothing of the others. Nothing is started, migrated or written. Counts are told a level, also
of the highest: this answers who operates the installation, and no principal.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any, TypeVar, cast

from sqlalchemy import Select, func
from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel
from domain.errors import DiarchyError, StorageError
from domain.model import FrozenModel, UtcDatetime
from storage.database import Database, connect_database
from storage.event_backlog import BusBacklog, count_backlog
from storage.event_streams import EventKeys, namespace_of
from storage.metric_store import MetricStore
from storage.metrics import Series
from storage.private_redis import PrivateRedis
from storage.redis_server import RedisConnection
from storage.settings import Settings
from storage.tables import InstallationRow, OutboxRow, OutgoingEventRow, ReportRow

T = TypeVar("T")

WITHIN_SECONDS = 3.0
_INDEX_SECONDS = 15.0
"""What reads the index takes seconds to import."""
_LEVELS = tuple(ConfidentialityLevel)


class OutboxState(FrozenModel):
    """What committed changes are still owed."""

    entries: dict[ConfidentialityLevel, int]
    """Changes that the index does not know yet."""
    oldest: timedelta
    """Since the oldest of them was recorded; zero without any."""
    outgoing_events: int
    """Events that the bus has not been told."""


class LastBriefing(FrozenModel):
    """When a reader got its last edition, under which label; of what it says nothing."""

    reader: str
    time_horizon: str | None
    created_at: UtcDatetime
    confidentiality_level: ConfidentialityLevel


class InstallationState(FrozenModel):
    """What could be looked up; None stands for what could not."""

    up: dict[str, bool]
    """Whether the database, Redis and the index answer."""
    troubles: dict[str, str]
    """What is wrong with those that do not."""
    outbox: OutboxState | None = None
    bus: BusBacklog | None = None
    passages: dict[ConfidentialityLevel, int] | None = None
    briefings: tuple[LastBriefing, ...] | None = None


class NotRunning(StorageError):
    """It does not run; it starts when it is needed."""


class Observer:
    """Looks at one installation again and again; bound to the event loop that uses it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._redis = RedisConnection(settings)
        self._database: Database | None = None
        self._installation_id: str | None = None
        self._count_passages: Callable[[], Awaitable[Mapping[ConfidentialityLevel, int]]] | None
        self._count_passages = None

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.close()
        if self._database is not None:
            await self._database.close()

    async def look(self, *, with_index: bool = True) -> InstallationState:
        """Return how the installation is now; takes a few seconds at the most."""
        up: dict[str, bool] = {}
        troubles: dict[str, str] = {}

        async def ask(
            part: str, question: Callable[[], Awaitable[T]], *, within: float = WITHIN_SECONDS
        ) -> T | None:
            try:
                async with asyncio.timeout(within):
                    answer = await question()
            except TimeoutError:
                troubles[part] = f"does not answer within {within:.0f} seconds"
            except DiarchyError as error:
                troubles[part] = str(error)
            else:
                up[part] = up.get(part, True)
                return answer
            up[part] = False
            return None

        outbox, briefings = await ask("database", self._look_at_database) or (None, None)
        bus = await ask("redis", self._look_at_bus)
        passages = None
        if with_index:
            passages = await ask("index", self._look_at_index, within=_INDEX_SECONDS)
        return InstallationState(
            up=up,
            troubles=troubles,
            outbox=outbox,
            bus=bus,
            passages=None if passages is None else dict(passages),
            briefings=briefings,
        )

    async def counts(self) -> dict[Series, float]:
        """Return what all processes have counted; nothing while Redis is down."""
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                namespace = namespace_of(await self._identify())
                await self._check_redis()
                return await MetricStore(self._redis, namespace, self._settings).read()
        except (DiarchyError, TimeoutError):
            return {}

    async def _connect(self) -> Database:
        if self._database is None:
            self._database = await connect_database(self._settings)
        return self._database

    async def _identify(self) -> str:
        if self._installation_id is None:
            database = await self._connect()
            rows = await database.rows(select(InstallationRow.installation_id))
            if not rows:
                raise StorageError("no process has used this installation yet")
            self._installation_id = str(rows[0].installation_id)
        return self._installation_id

    async def _look_at_database(self) -> tuple[OutboxState, tuple[LastBriefing, ...]]:
        database = await self._connect()
        rank, recorded_at = col(OutboxRow.level_rank), col(OutboxRow.recorded_at)
        by_level = select(rank, func.count(), func.min(recorded_at)).group_by(rank)
        owed: Sequence[Any] = await database.rows(cast("Select[Any]", by_level))
        outgoing = await database.rows(select(func.count()).select_from(OutgoingEventRow))
        oldest = min((row[2] for row in owed), default=None)
        now = self._settings.tell_time()
        entries = dict.fromkeys(_LEVELS, 0) | {_LEVELS[row[0]]: row[1] for row in owed}
        state = OutboxState(
            entries=entries,
            oldest=timedelta(0) if oldest is None else max(timedelta(0), now - oldest),
            outgoing_events=outgoing[0][0],
        )
        return state, await _last_briefings(database)

    async def _check_redis(self) -> None:
        """Raise `NotRunning` rather than start the home's own server."""
        if self._settings.redis_url is None:
            running = await asyncio.to_thread(PrivateRedis(self._settings).find_running)
            if running is None:
                raise NotRunning

    async def _look_at_bus(self) -> BusBacklog:
        await self._check_redis()
        return await count_backlog(self._redis, EventKeys(namespace_of(await self._identify())))

    async def _look_at_index(self) -> Mapping[ConfidentialityLevel, int]:
        if self._count_passages is None:
            # Seconds that nobody spends who does not ask, and in which the event loop goes on.
            await asyncio.to_thread(import_module, "storage.vector_index")
            from storage.embeddings import EmbeddingModel  # noqa: PLC0415 - imported by now
            from storage.vector_index import VectorIndex  # noqa: PLC0415 - as above

            index = VectorIndex(
                self._settings.lancedb_location,
                EmbeddingModel(self._settings.embedding_model),
                exact_search_chunks=self._settings.exact_search_chunks,
            )
            self._count_passages = index.count_passages
        return await self._count_passages()


@asynccontextmanager
async def observing(settings: Settings) -> AsyncGenerator[Observer]:
    """Give an observer of the installation that *settings* describe, and close it at the end."""
    observer = Observer(settings)
    try:
        yield observer
    finally:
        await observer.close()


async def _last_briefings(database: Database) -> tuple[LastBriefing, ...]:
    of_each = (
        select(
            col(ReportRow.reader),
            col(ReportRow.time_horizon),
            func.max(col(ReportRow.created_at)).label("newest"),
        )
        .where(col(ReportRow.kind) == "ceo_briefing")
        .group_by(col(ReportRow.reader), col(ReportRow.time_horizon))
        .subquery()
    )
    newest = (
        select(ReportRow.reader, ReportRow.time_horizon, ReportRow.created_at, ReportRow.level_rank)
        .join(
            of_each,
            (col(ReportRow.reader) == of_each.c.reader)
            & (col(ReportRow.time_horizon) == of_each.c.time_horizon)
            & (col(ReportRow.created_at) == of_each.c.newest),
        )
        .where(col(ReportRow.kind) == "ceo_briefing")
        .order_by(col(ReportRow.reader), col(ReportRow.time_horizon))
    )
    return tuple(
        LastBriefing(
            reader=row.reader,
            time_horizon=row.time_horizon,
            created_at=row.created_at,
            confidentiality_level=_LEVELS[row.level_rank],
        )
        for row in await database.rows(cast("Select[Any]", newest))
    )
