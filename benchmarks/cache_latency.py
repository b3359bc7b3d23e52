"""What a cached answer takes in each tier, beside a bare GET of as many bytes from the same Redis.

The bare GET is redis-py's own, of a value of the sealed answer's size, and opens nothing: ours also works
out the name, opens the seal, reads the JSON and, as part of a search, asks SQL for the epochs. A briefing
is the bodies of the flow's steps called one after the other without Prefect. All sides take turns.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from benchmarks.corpora import EXAMPLE_KNOWLEDGE, EXAMPLES
from benchmarks.homes import NOW, READER, reader_of, temporary_stores
from benchmarks.report import milliseconds, percentile, print_table, times
from domain.clearance import ConfidentialityLevel
from domain.evidence import RetrievedItem
from domain.knowledge import Domain
from domain.records import DuplicateTracker, IngestDefaults
from domain.summary import TimeHorizon
from storage.cache import CacheKind, ContextCache, Made
from storage.cached_search import search_key
from storage.cached_values import CachedValue, ModelCodec, sealed
from storage.knowledge_base import SearchQuery
from storage.shared_cache import SharedTier
from storage.stores import Stores
from tasks import briefings as steps
from tasks.identification import RunStamp, identify_requester
from tasks.ingestion import find_source_files, index_pending, store_files
from tasks.stores import use_stores

_HITS = 300
_SEARCHES = 60
_BRIEFINGS = 15
_WARMING = 5
_LIMIT = 20
_ENTRIES = 1_000
_REWRITING_SECONDS = 0.2
_QUERY = (EXAMPLES / "requirements" / "real-time-tracking.txt").read_text(encoding="utf-8")

Side = Callable[[], Awaitable[object]]
Found = tuple[RetrievedItem, ...]


async def run(_: Path | None) -> None:
    """Measure and print the tiers, then a search, then a briefing."""
    async with temporary_stores(cache_entries=_ENTRIES) as stores, use_stores(stores):
        writer = await identify_requester.fn(READER, None)
        listing = await find_source_files.fn([str(EXAMPLE_KNOWLEDGE)])
        await store_files.fn(listing.files, IngestDefaults(), writer, NOW, DuplicateTracker())
        await index_pending.fn()
        await _tiers(stores)
        await _searches(stores)
        await _briefings(stores)


async def _tiers(stores: Stores) -> None:
    reader = await reader_of(stores)
    query = SearchQuery(text=_QUERY, limit=_LIMIT)
    (found,) = await stores.knowledge.search([query], reader)
    key = search_key(query, reader.clearance, (1, 2, 3, 4, 5), ("1",))
    codec: ModelCodec[Found] = ModelCodec(Found)
    in_redis = _cache(stores, megabytes=0)
    in_process = _cache(stores, megabytes=16)
    encoded = codec.encode(found)
    value = CachedValue(found, NOW, NOW + timedelta(hours=1), len(encoded))
    size = len(sealed("name", value, encoded, stores.sealer))
    redis = await stores.redis.client()
    await redis.set("bare", b"x" * size, ex=600)

    async def make() -> Made[Found]:
        return Made([found], made_at=NOW)

    seconds = await _by_turns(
        {
            "redis-py GET": lambda: redis.get("bare"),
            "Redis tier": lambda: in_redis.fetch(key, codec, make),
            "process tier": lambda: in_process.fetch(key, codec, make),
        },
        _HITS,
    )
    _print(
        f"A cached answer of {len(found)} items, {len(encoded):,} bytes of JSON, {size:,} sealed",
        seconds,
        against="redis-py GET",
    )


async def _searches(stores: Stores) -> None:
    cleared = await reader_of(stores)
    staff = await stores.principals.get_reader(READER, ConfidentialityLevel.INTERNAL)
    queries = [SearchQuery(text=_QUERY, limit=_LIMIT)]

    seconds = await _by_turns(
        {
            "nothing cached": lambda: stores.knowledge.search(queries, cleared),
            "cached, with its audit entry": lambda: stores.knowledge.search(queries, cleared),
            "cached, nothing above internal": lambda: stores.knowledge.search(queries, staff),
        },
        _SEARCHES,
        before={
            "nothing cached": lambda: _empty(stores),
            "cached, nothing above internal": lambda: stores.knowledge.search(queries, staff),
        },
    )
    _print("A search by the example requirement", seconds, against="nothing cached")


async def _briefings(stores: Stores) -> None:
    seconds = await _by_turns(
        {"cold": lambda: _briefing(stores), "warm": lambda: _briefing(stores)},
        _BRIEFINGS,
        before={"cold": lambda: _empty(stores)},
    )
    _print("A briefing's own work, month", seconds, against="cold")


async def _briefing(stores: Stores) -> None:
    horizon = TimeHorizon.MONTH
    reader = await identify_requester.fn(READER, None)
    stamp = RunStamp(report_id=stores.new_id(), now=stores.clock())
    previous = await steps.load_previous_edition.fn(horizon, reader, stamp)
    windows = [await steps.load_window.fn(domain, horizon, reader, stamp) for domain in Domain]
    summaries = [
        await steps.summarize_domain.fn(window, horizon, reader, stamp) for window in windows
    ]
    briefing = await steps.compose_edition.fn(
        windows, summaries, previous, time_horizon=horizon, reader=reader, run=stamp
    )
    made_from = steps.items_behind(windows, previous, ())
    await steps.store_briefing.fn(briefing, made_from, reader, stamp)


async def _empty(stores: Stores) -> None:
    """Empty both tiers, and let Redis finish writing its file anew."""
    await stores.cache.erase()
    await asyncio.sleep(_REWRITING_SECONDS)


def _cache(stores: Stores, *, megabytes: int) -> ContextCache:
    """Return a cache of its own over the same Redis; without megabytes it has no first tier."""
    return ContextCache(
        stores.sealer,
        SharedTier(stores.redis, entries=_ENTRIES),
        installation_id=stores.database.installation_id,
        clock=stores.clock,
        lifetimes=dict.fromkeys(CacheKind, timedelta(hours=1)),
        entries=_ENTRIES,
        megabytes=megabytes,
    )


async def _by_turns(
    sides: dict[str, Side], repetitions: int, *, before: dict[str, Side] | None = None
) -> dict[str, list[float]]:
    """Return the seconds of each side; what is to happen *before* it is not measured."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for number in range(-_WARMING, repetitions):
        for name, side in sides.items():
            if before and name in before:
                await before[name]()
            started = time.perf_counter()
            await side()
            if number >= 0:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def _print(title: str, seconds: dict[str, list[float]], *, against: str) -> None:
    reference = percentile(seconds[against], 50)
    rows = [
        [
            name,
            f"{percentile(taken, 50) * 1000:.3f}",
            milliseconds(percentile(taken, 99)),
            times(percentile(taken, 50) / reference),
        ]
        for name, taken in seconds.items()
    ]
    print_table(
        f"{title}, {len(seconds[against])} repetitions",
        ["", "p50 ms", "p99 ms", f"of {against}"],
        rows,
    )
