"""The one place that puts the stores together."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from storage.audit import AuditLog
from storage.cache import CacheKind, ContextCache
from storage.cached_embeddings import CachedEmbeddings
from storage.cached_search import CachedSearch
from storage.collaborations import CollaborationStore
from storage.conclusions import ConclusionMemory
from storage.database import Database, open_database
from storage.embeddings import EmbeddingModel
from storage.epochs import LevelEpochs
from storage.event_bus import EventBus
from storage.event_streams import namespace_of
from storage.handled_events import HandledEvents
from storage.indexing import Indexer
from storage.knowledge_base import KnowledgeBase
from storage.knowledge_search import KnowledgeSearch
from storage.knowledge_writer import KnowledgeWriter
from storage.metric_store import MetricStore
from storage.outgoing_events import EventRelay, OutgoingEvents
from storage.principals import PrincipalRegistry
from storage.purging import Purger
from storage.redis_server import RedisConnection
from storage.reports import ReportStore
from storage.run_history import RunHistory
from storage.sealing import Sealer, open_sealer
from storage.session_erasure import SessionEraser
from storage.sessions import SessionStore
from storage.settings import Settings
from storage.shared_cache import SharedTier
from storage.subscriptions import BriefingSubscriptions
from storage.task_results import TaskResults
from storage.vector_index import open_vector_index
from storage.working_memory import WorkingMemoryStore

_VECTORS_ARE_KEPT = timedelta(days=1)
_MEMORIES = 2_000
"""Working memories that Redis holds for each clearance; beyond, the oldest are made anew when asked for."""


@dataclass(frozen=True)
class Stores:
    """Everything that remembers, opened for one event loop."""

    settings: Settings
    database: Database
    audit: AuditLog
    principals: PrincipalRegistry
    subscriptions: BriefingSubscriptions
    knowledge: KnowledgeBase
    reports: ReportStore
    sessions: SessionStore
    working_memory: WorkingMemoryStore
    conclusions: ConclusionMemory
    runs: RunHistory
    redis: RedisConnection
    cache: ContextCache
    epochs: LevelEpochs
    events: EventBus
    relay: EventRelay
    handled: HandledEvents
    collaborations: CollaborationStore
    metrics: MetricStore
    results: TaskResults
    sealer: Sealer
    model: EmbeddingModel
    embeddings: CachedEmbeddings
    clock: Callable[[], datetime]
    new_id: Callable[[], str]


@asynccontextmanager
async def open_stores(
    settings: Settings | None = None,
    *,
    clock: Callable[[], datetime] | None = None,
    new_id: Callable[[], str] | None = None,
    model: EmbeddingModel | None = None,
) -> AsyncGenerator[Stores]:
    """Open the stores of the installation that *settings* describe and close them at the end.

    *clock* and *new_id* replace the time and the random ids of the process, *model* its embedding
    model.
    """
    settings = settings or Settings()
    tell_time = clock or settings.tell_time
    make_id = new_id or _random_id
    database = await open_database(settings)
    redis = RedisConnection(settings)
    try:
        sealer = open_sealer(settings)
        model = model or _model_of(settings, sealer)
        index = open_vector_index(settings, model)
        audit = AuditLog(database, clock=tell_time)
        reports = ReportStore(database, audit, clock=tell_time)
        results = TaskResults(database, clock=tell_time)
        cache = _open_cache(settings, database, sealer, redis, tell_time)
        epochs = LevelEpochs(database)
        namespace = namespace_of(await database.installation_id())
        events = EventBus(redis, namespace, clock=tell_time)
        embeddings = CachedEmbeddings(model, cache, clock=tell_time)
        outgoing = OutgoingEvents(clock=tell_time)
        relay = EventRelay(database, events)
        indexer = Indexer(database, index, model, outgoing, clock=tell_time)
        memory = WorkingMemoryStore(
            database,
            audit,
            SharedTier(redis, entries=_MEMORIES),
            sealer,
            clock=tell_time,
            lifetime=timedelta(seconds=settings.working_memory_ttl_seconds),
        )
        conclusions = ConclusionMemory(database, audit, index, model, embeddings, clock=tell_time)
        eraser = SessionEraser(
            database=database,
            audit=audit,
            memory=memory,
            conclusions=conclusions,
            results=results,
            cache=cache,
            settings=settings,
        )
        knowledge = KnowledgeBase(
            database=database,
            audit=audit,
            writer=KnowledgeWriter(database, audit, clock=tell_time, new_id=make_id),
            search=CachedSearch(
                KnowledgeSearch(database, index, model, embeddings),
                cache,
                epochs,
                model,
                exact_search_chunks=settings.exact_search_chunks,
            ),
            indexer=indexer,
            purger=Purger(
                database=database,
                indexer=indexer,
                reports=reports,
                sessions=eraser,
                results=results,
                cache=cache,
                settings=settings,
            ),
            relay=relay,
            clock=tell_time,
        )
        principals = PrincipalRegistry(
            database, audit, clock=tell_time, process_ceiling=settings.process_ceiling
        )
        metrics = MetricStore(redis, namespace, settings)
        stores = Stores(
            settings=settings,
            database=database,
            audit=audit,
            principals=principals,
            subscriptions=BriefingSubscriptions(database, audit),
            knowledge=knowledge,
            reports=reports,
            sessions=SessionStore(database, audit, eraser, clock=tell_time, new_id=make_id),
            working_memory=memory,
            conclusions=conclusions,
            runs=RunHistory(database, clock=tell_time),
            redis=redis,
            cache=cache,
            epochs=epochs,
            events=events,
            relay=relay,
            handled=HandledEvents(database, clock=tell_time),
            collaborations=CollaborationStore(database, outgoing, clock=tell_time),
            metrics=metrics,
            results=results,
            sealer=sealer,
            model=model,
            embeddings=embeddings,
            clock=tell_time,
            new_id=make_id,
        )
        async with metrics.handing_on():
            yield stores
    finally:
        await redis.close()
        await database.close()


def _open_cache(
    settings: Settings,
    database: Database,
    sealer: Sealer,
    redis: RedisConnection,
    clock: Callable[[], datetime],
) -> ContextCache:
    lifetime = timedelta(seconds=settings.cache_ttl_seconds)
    return ContextCache(
        sealer,
        SharedTier(redis, entries=settings.cache_entries),
        installation_id=database.installation_id,
        clock=clock,
        lifetimes={
            CacheKind.SEARCH: lifetime,
            CacheKind.SUMMARY: lifetime,
            CacheKind.EMBEDDING: max(lifetime, _VECTORS_ARE_KEPT),
        },
        entries=settings.cache_entries,
        megabytes=settings.cache_megabytes,
    )


def _model_of(settings: Settings, sealer: Sealer) -> EmbeddingModel:
    local = _shared_model(settings.embedding_model)
    if settings.embedding_url is None:
        return local
    # Few processes have a service, and httpx takes as long to import as a small database to open.
    from storage.embedding_service import ServedEmbeddings  # noqa: PLC0415

    return ServedEmbeddings(settings.embedding_url, sealer, local)


@lru_cache(maxsize=4)
def _shared_model(location: str | None) -> EmbeddingModel:
    """Return the process's one model of that name: weights are loaded once."""
    return EmbeddingModel(location)


def _random_id() -> str:
    return uuid.uuid4().hex
