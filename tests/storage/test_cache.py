from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlmodel import col, select

from domain.clearance import Clearance, ConfidentialityLevel
from domain.facets import Facet
from domain.knowledge import KnowledgeCategory
from storage import shared_cache
from storage.cache import CacheCounts, CacheKey, CacheKind, ContextCache, Made
from storage.cached_search import search_key
from storage.cached_values import LARGEST_BYTES, ModelCodec
from storage.knowledge_search import SearchQuery
from storage.redis_server import PrivateRedis
from storage.settings import Settings
from storage.stores import Stores, open_stores
from storage.tables import AuditRow
from tests.minhash_model import MinHashModel
from tests.stores import (
    INTERNAL,
    NOW,
    PUBLIC,
    RESTRICTED,
    TOP_SECRET,
    HandClock,
    OpenHome,
    item,
    reader_at,
    store,
)

CEO = reader_at(TOP_SECRET)
STAFF = reader_at(INTERNAL)
TEXT: ModelCodec[str] = ModelCodec(str)
CANARY = "Nightjar buys the whole Lisbon yard"


def key(request: str, level: ConfidentialityLevel = INTERNAL) -> CacheKey:
    return CacheKey(
        kind=CacheKind.SEARCH,
        clearance=Clearance(level=level),
        request=request,
        epochs=(1,),
        versions=("1",),
    )


class Answering:
    """Makes answers and remembers which; may be told to wait or to fail."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.made: list[str] = []
        self.started = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.fails = False
        self.valid_until: Any = None

    async def fetch(self, cache: ContextCache, *requests: str, level: Any = INTERNAL) -> list[str]:
        async def make(places: Sequence[int]) -> Made[str]:
            asked = [requests[place] for place in places]
            self.made.extend(asked)
            self.started.set()
            await self.may_end.wait()
            if self.fails:
                raise RuntimeError("broken")
            answers = [f"answer to {one}" for one in asked]
            return Made(answers, made_at=self.clock(), valid_until=self.valid_until)

        return await cache.fetch_all([key(one, level) for one in requests], TEXT, make)


@pytest.fixture
def answering(clock: HandClock) -> Answering:
    return Answering(clock)


def counts(cache: ContextCache, level: ConfidentialityLevel = INTERNAL) -> CacheCounts:
    return cache.stats(Clearance(level=level))[CacheKind.SEARCH]


def cached_keys(redis: Redis) -> set[bytes]:
    return {name for name in redis.scan_iter("diarchy:*:cache:*") if not name.endswith(b":index")}


async def test_an_answer_is_made_once_then_found_in_redis_and_then_in_the_process(
    open_home: OpenHome, answering: Answering
):
    one, other = (await open_home()).cache, (await open_home()).cache
    for _ in range(2):
        assert await answering.fetch(one, "a") == ["answer to a"]
    for _ in range(3):
        assert await answering.fetch(other, "a") == ["answer to a"]
    assert answering.made == ["a"]
    assert counts(one) == CacheCounts(in_process=1, missed=1)
    assert counts(other) == CacheCounts(in_redis=1, in_process=2)


async def test_of_a_batch_only_what_is_missing_is_made_and_all_comes_in_order(
    open_home: OpenHome, answering: Answering
):
    cache = (await open_home()).cache
    await answering.fetch(cache, "b")
    asked = ["c", "b", "a", "c"]
    assert await answering.fetch(cache, *asked) == [f"answer to {one}" for one in asked]
    assert answering.made == ["b", "c", "a"]


async def test_readers_of_different_clearance_never_share_an_answer(
    open_home: OpenHome, answering: Answering
):
    cache = (await open_home()).cache
    await answering.fetch(cache, "a", level=TOP_SECRET)
    await answering.fetch(cache, "a", level=INTERNAL)
    assert answering.made == ["a", "a"]
    assert counts(cache, RESTRICTED) == CacheCounts()
    assert counts(cache, INTERNAL) == counts(cache, TOP_SECRET) == CacheCounts(missed=1)


async def test_many_who_ask_at_once_wait_for_one(open_home: OpenHome, answering: Answering):
    stores = [await open_home() for _ in range(2)]
    answering.may_end.clear()
    asking = [
        asyncio.create_task(answering.fetch(one.cache, "a")) for one in stores for _ in range(5)
    ]
    await answering.started.wait()
    answering.may_end.set()
    assert await asyncio.gather(*asking) == [["answer to a"]] * 10
    assert answering.made == ["a"]


async def test_two_batches_that_cross_do_not_wait_for_each_other(
    open_home: OpenHome, answering: Answering
):
    stores = [await open_home() for _ in range(2)]
    async with asyncio.timeout(30):
        found = await asyncio.gather(
            *(
                answering.fetch(one.cache, *asked)
                for _ in range(5)
                for one in stores
                for asked in (("a", "b", "c"), ("c", "b", "a"), ("b", "d"))
            )
        )
    assert {answer for answers in found for answer in answers} == {
        f"answer to {one}" for one in "abcd"
    }


async def test_a_failure_is_told_to_who_asked_first_and_the_others_try_themselves(
    open_home: OpenHome, answering: Answering
):
    cache = (await open_home()).cache
    answering.may_end.clear()
    answering.fails = True
    first = asyncio.create_task(answering.fetch(cache, "a"))
    await answering.started.wait()
    second = asyncio.create_task(answering.fetch(cache, "a"))
    await asyncio.sleep(0)
    answering.may_end.set()
    with pytest.raises(RuntimeError):
        await first
    with pytest.raises(RuntimeError):
        await second
    answering.fails = False
    assert await answering.fetch(cache, "a") == ["answer to a"]


@pytest.mark.parametrize("leaves", ["first", "second"])
async def test_who_stops_waiting_takes_the_answer_from_nobody(
    open_home: OpenHome, answering: Answering, leaves: str
):
    cache = (await open_home()).cache
    answering.may_end.clear()
    asking = {"first": asyncio.create_task(answering.fetch(cache, "a"))}
    await answering.started.wait()
    asking["second"] = asyncio.create_task(answering.fetch(cache, "a"))
    await asyncio.sleep(0)
    asking.pop(leaves).cancel()
    answering.may_end.set()
    (other,) = asking.values()
    assert await other == ["answer to a"]


async def test_an_answer_ends_with_its_time_to_live_or_when_it_stops_being_right(
    open_home: OpenHome, answering: Answering, clock: HandClock
):
    stores = [await open_home(cache_ttl_seconds=100) for _ in range(2)]
    answering.valid_until = NOW + timedelta(seconds=10)
    await answering.fetch(stores[0].cache, "short")
    answering.valid_until = None
    await answering.fetch(stores[0].cache, "long")
    clock.advance(timedelta(seconds=9))
    for one in stores:
        await answering.fetch(one.cache, "short", "long")
    assert answering.made == ["short", "long"]
    clock.advance(timedelta(seconds=1))
    await answering.fetch(stores[1].cache, "short", "long")
    assert answering.made == ["short", "long", "short"]
    clock.advance(timedelta(seconds=90))
    await answering.fetch(stores[1].cache, "long")
    assert answering.made[-1] == "long"


async def test_an_answer_from_the_future_is_not_given(
    open_home: OpenHome, answering: Answering, clock: HandClock
):
    stores = [await open_home() for _ in range(2)]
    await answering.fetch(stores[0].cache, "a")
    clock.advance(-timedelta(seconds=1))
    for one in stores:
        await answering.fetch(one.cache, "a")
    assert answering.made == ["a", "a"]


async def test_times_to_live_differ_a_little_and_by_nothing_but_the_name(
    open_home: OpenHome, answering: Answering, redis_of_all_tests: Redis
):
    cache = (await open_home(cache_ttl_seconds=1000)).cache
    await answering.fetch(cache, *(str(number) for number in range(40)))
    seconds = [redis_of_all_tests.ttl(name) for name in cached_keys(redis_of_all_tests)]
    assert all(790 <= left <= 1000 for left in seconds)
    assert max(seconds) - min(seconds) > 50


async def test_names_and_values_in_redis_reveal_nothing(
    open_home: OpenHome, redis_of_all_tests: Redis
):
    stores = await open_home()
    await store(stores, item("nightjar", f"{CANARY}. " * 30, TOP_SECRET, title="About Nightjar"))
    query = SearchQuery(text=f"Who says that {CANARY}?")
    (found,) = await stores.knowledge.search([query], CEO)
    assert CANARY in found[0].excerpt
    names = cached_keys(redis_of_all_tests)
    assert {name.split(b":")[3:5][0] for name in names} == {b"search", b"embedding"}
    assert {name.split(b":")[4] for name in names} == {b"4"}
    for name in redis_of_all_tests.scan_iter():
        raw = redis_of_all_tests.dump(name) or b""
        for text in ("Nightjar", "nightjar", "Lisbon"):
            assert text.encode() not in name + raw


async def test_a_value_that_was_moved_under_another_name_is_not_given(
    open_home: OpenHome, answering: Answering, redis_of_all_tests: Redis
):
    await answering.fetch((await open_home()).cache, "secret", level=TOP_SECRET)
    (secret,) = cached_keys(redis_of_all_tests)
    await answering.fetch((await open_home()).cache, "a", level=PUBLIC)
    (public,) = cached_keys(redis_of_all_tests) - {secret}
    redis_of_all_tests.set(public, redis_of_all_tests.get(secret) or b"", ex=100)
    assert await answering.fetch((await open_home()).cache, "a", level=PUBLIC) == ["answer to a"]


@pytest.mark.parametrize("broken", [b"", b"nonsense", b"gAAAAABm" + b"x" * 100])
async def test_what_cannot_be_opened_counts_as_not_there(
    open_home: OpenHome, answering: Answering, redis_of_all_tests: Redis, broken: bytes
):
    await answering.fetch((await open_home()).cache, "a")
    (name,) = cached_keys(redis_of_all_tests)
    redis_of_all_tests.set(name, broken, ex=100)
    assert await answering.fetch((await open_home()).cache, "a") == ["answer to a"]
    assert answering.made == ["a", "a"]


async def test_each_clearance_has_its_own_bound_in_both_tiers(
    open_home: OpenHome, answering: Answering, redis_of_all_tests: Redis
):
    stores = await open_home(cache_entries=4)
    await answering.fetch(stores.cache, "x", "y", level=PUBLIC)
    for number in range(20):
        await answering.fetch(stores.cache, str(number), level=TOP_SECRET)
    names = cached_keys(redis_of_all_tests)
    assert sum(b":search:4:" in name for name in names) == 4
    assert sum(b":search:0:" in name for name in names) == 2
    await answering.fetch(stores.cache, "x", "y", level=PUBLIC)
    assert counts(stores.cache, PUBLIC) == CacheCounts(missed=2, in_process=2)
    held = stores.cache._process._by_rank
    assert {rank: len(of_rank) for rank, of_rank in held.items()} == {0: 2, 4: 4}


async def test_a_process_holds_no_more_megabytes_than_it_may(
    open_home: OpenHome, answering: Answering
):
    cache = (await open_home(cache_megabytes=1)).cache
    await answering.fetch(cache, *(f"{number} " + "x" * 50_000 for number in range(20)))
    assert 1 < len(cache._process._by_rank[1]) < 6


async def test_what_is_too_large_is_made_each_time(
    open_home: OpenHome, answering: Answering, redis_of_all_tests: Redis
):
    cache = (await open_home()).cache
    large = "x" * LARGEST_BYTES
    for _ in range(2):
        await answering.fetch(cache, large)
    assert len(answering.made) == 2
    assert cached_keys(redis_of_all_tests) == set()


async def test_switched_off_it_keeps_nothing(
    open_home: OpenHome, answering: Answering, redis_of_all_tests: Redis
):
    stores = await open_home(cache_entries=0)
    for _ in range(2):
        assert await answering.fetch(stores.cache, "a") == ["answer to a"]
    await store(stores, item("a", "The plant in Brno."))
    assert await stores.knowledge.search([SearchQuery(text="Brno")], STAFF)
    assert answering.made == ["a", "a"]
    assert redis_of_all_tests.keys("diarchy:*:cache:*") == []


async def test_a_cached_answer_above_internal_is_audited_like_any_other(open_home: OpenHome):
    stores = await open_home()
    await store(stores, item("secret", "The plant in Brno is sold.", RESTRICTED))
    for _ in range(3):
        assert await stores.knowledge.search([SearchQuery(text="plant in Brno")], CEO)
    assert counts(stores.cache, TOP_SECRET).in_process == 2
    searches = select(AuditRow).where(col(AuditRow.action) == "search")
    async with stores.database.reading() as session:
        entries = (await session.execute(searches)).scalars().all()
    assert [entry.detail["items"] for entry in entries] == [[["secret", 3]]] * 3


async def test_an_expiry_shows_from_the_very_next_read_also_in_the_scores_of_the_others(
    open_home: OpenHome, clock: HandClock
):
    stores = [await open_home(cache_ttl_seconds=100_000) for _ in range(2)]
    fresh = await open_home(cache_entries=0)
    await store(
        stores[0],
        item("brief", "The plant in Brno is sold.", expires_at=NOW + timedelta(hours=1)),
        item("other", "The plant ships pumps to Brno and other places every week."),
    )
    query = [SearchQuery(text="the plant in Brno is sold")]
    for each in (*stores, *stores):
        assert len((await each.knowledge.search(query, STAFF))[0]) == 2
    clock.advance(timedelta(hours=1))
    expected = await fresh.knowledge.search(query, STAFF)
    assert [one.knowledge_id for one in expected[0]] == ["other"]
    for each in stores:
        assert await each.knowledge.search(query, STAFF) == expected


async def test_what_comes_from_redis_equals_what_was_found(open_home: OpenHome):
    stores, other = await open_home(), await open_home()
    await store(
        stores,
        item("a", "The plant in Brno.", tags=("x", "y"), expires_at=NOW + timedelta(days=1)),
        item("b", "Pumps for the plant.", category=KnowledgeCategory.TECHNOLOGY_ROADMAP),
    )
    query = [SearchQuery(text="the plant")]
    found = await stores.knowledge.search(query, STAFF)
    again = await other.knowledge.search(query, STAFF)
    assert counts(other.cache).in_redis == 1
    assert again == found
    assert repr(again) == repr(found)


async def test_erasing_leaves_no_answer_anywhere(
    open_home: OpenHome, answering: Answering, redis_of_all_tests: Redis
):
    stores = await open_home()
    await answering.fetch(stores.cache, "a", "b")
    redis_of_all_tests.set("somebody:else", 1, ex=100)
    assert await stores.cache.erase()
    assert list(redis_of_all_tests.scan_iter()) == [b"somebody:else"]
    await answering.fetch(stores.cache, "a")
    assert answering.made == ["a", "b", "a"]


async def test_a_purge_erases_what_is_cached(open_home: OpenHome, redis_of_all_tests: Redis):
    stores = await open_home()
    await store(stores, item("a", "The plant in Brno is sold this week."), item("b", "Pumps."))
    await stores.knowledge.search([SearchQuery(text="plant in Brno")], STAFF)
    assert cached_keys(redis_of_all_tests)
    await stores.knowledge.purge_item("a", CEO)
    assert redis_of_all_tests.keys("diarchy:*:cache:*") == []


# Redis that is not there.


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[PrivateRedis]:
    server = PrivateRedis(Settings(home=tmp_path / "own-redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def on_own_redis(
    own_redis: PrivateRedis, home: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stores]:
    monkeypatch.setattr(shared_cache, "_SILENT_SECONDS", 0.05)
    monkeypatch.setattr(shared_cache, "_ANSWER_SECONDS", 0.3)
    settings = Settings(home=home, redis_url=f"unix://{own_redis.socket}")
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(
            open_stores(settings, clock=clock, model=MinHashModel())
        )


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_without_redis_every_read_goes_on_with_one_warning_until_it_is_back(
    own_redis: PrivateRedis,
    on_own_redis: Stores,
    answering: Answering,
    caplog: pytest.LogCaptureFixture,
):
    stores = on_own_redis
    await store(stores, item("a", "The plant in Brno.", RESTRICTED))
    await answering.fetch(stores.cache, "before")
    own_redis.stop()
    for number in range(30):
        assert await answering.fetch(stores.cache, f"n{number}") == [f"answer to n{number}"]
        (found,) = await stores.knowledge.search([SearchQuery(text="plant")], CEO)
        assert [one.knowledge_id for one in found] == ["a"]
    assert await answering.fetch(stores.cache, "before") == ["answer to before"]
    assert answering.made.count("before") == 1
    (warning,) = warnings_in(caplog)
    assert "plant" not in warning.getMessage()
    own_redis.start()
    async with asyncio.timeout(20):
        while stores.cache._shared._is_down:
            await answering.fetch(stores.cache, f"again {len(answering.made)}")
            await asyncio.sleep(0.01)
    with Redis(unix_socket_path=str(own_redis.socket)) as redis:
        before = len(cached_keys(redis))
        await answering.fetch(stores.cache, "back")
        assert len(cached_keys(redis)) == before + 1
    assert len(warnings_in(caplog)) == 1


async def test_a_redis_that_hangs_does_not_hold_up_reads(
    own_redis: PrivateRedis,
    on_own_redis: Stores,
    answering: Answering,
    caplog: pytest.LogCaptureFixture,
):
    await answering.fetch(on_own_redis.cache, "before")
    pid = own_redis.start().pid
    os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(10):
            for number in range(5):
                await answering.fetch(on_own_redis.cache, str(number))
    finally:
        os.kill(pid, signal.SIGCONT)
    assert len(warnings_in(caplog)) == 1


async def test_a_purge_without_redis_says_so_and_succeeds(
    own_redis: PrivateRedis, on_own_redis: Stores, caplog: pytest.LogCaptureFixture
):
    await store(on_own_redis, item("a", "The plant in Brno is sold this week."))
    own_redis.stop()
    report = await on_own_redis.knowledge.purge_item("a", CEO)
    assert report.phrases_sought > 0
    assert any("sealed cached answers" in record.getMessage() for record in warnings_in(caplog))


# What the name of an answer is made of.

_BASE_QUERY = SearchQuery(text="the plant")
_OTHER_QUERIES = {
    "text": _BASE_QUERY.model_copy(update={"text": "the plan"}),
    "categories": _BASE_QUERY.model_copy(
        update={"categories": (KnowledgeCategory.RISK_MANAGEMENT,)}
    ),
    "aspect": _BASE_QUERY.model_copy(update={"aspect": Facet.FINANCE}),
    "limit": _BASE_QUERY.model_copy(update={"limit": 11}),
}
_FIELDS_THAT_SHAPE_NO_ANSWER: frozenset[str] = frozenset()
"""None so far. A field of `SearchQuery` that does not matter is listed here, with its reason."""


def name_of(one: CacheKey, stores: Stores) -> str:
    return one.name("diarchy:test:cache", stores.sealer)


async def test_every_field_of_a_query_is_in_the_name_of_its_answer(open_home: OpenHome):
    stores = await open_home()
    assert set(_OTHER_QUERIES) | _FIELDS_THAT_SHAPE_NO_ANSWER == set(SearchQuery.model_fields)
    names = {
        name_of(search_key(query, STAFF.clearance, (1, 2), ("1",)), stores)
        for query in (_BASE_QUERY, *_OTHER_QUERIES.values())
    }
    assert len(names) == 1 + len(_OTHER_QUERIES)


async def test_every_field_of_a_key_is_in_its_name(open_home: OpenHome):
    stores = await open_home()
    base = key("a")
    others = {
        "kind": CacheKind.SUMMARY,
        "clearance": Clearance(level=PUBLIC),
        "request": "b",
        "epochs": (2,),
        "versions": ("2",),
    }
    assert set(others) == set(CacheKey.model_fields)
    names = {
        name_of(base.model_copy(update={field: value}), stores) for field, value in others.items()
    }
    assert len({*names, name_of(base, stores)}) == 1 + len(others)
