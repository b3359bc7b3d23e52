from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from domain.clearance import Reader
from domain.errors import AccessDenied
from domain.events import Event
from storage.event_delivery import DeliveryPolicy
from storage.installation_state import observing
from storage.knowledge_search import SearchQuery
from storage.metric_exposition import Exposition
from storage.metrics import (
    CACHE_LOOKUPS,
    COUNTS,
    DENIALS,
    EVENTS_DEAD,
    EVENTS_PUBLISHED,
    INDEX_CHANGES,
    METRICS,
    STEP_RETRIES,
    STEP_SECONDS,
    CounterMetric,
    Series,
    series_of,
)
from storage.private_redis import PrivateRedis
from storage.settings import Settings
from storage.stores import Stores, open_stores
from tests.events import update
from tests.stores import INTERNAL, TOP_SECRET, OpenHome, item, reader_at, store, validated

COUNT_IN_A_PROCESS = """
import asyncio
from storage.metrics import STEP_RETRIES
from storage.stores import open_stores

async def count():
    async with open_stores():
        STEP_RETRIES.add("walk")

asyncio.run(count())
"""


@pytest.fixture(autouse=True)
def counted_from_nothing() -> None:
    COUNTS.take()


async def total(stores: Stores, metric: CounterMetric, *labels: str) -> float:
    """Return a counter as all processes of the installation have counted."""
    assert await stores.metrics.hand_on()
    return (await stores.metrics.read()).get(Series(metric.name, labels), 0)


def test_a_series_is_read_back_from_its_field():
    series = Series(STEP_SECONDS.name, ("index-pending", "failed"), "3")
    assert series_of(series.field()) == series


@pytest.mark.parametrize(
    "field", ["diarchy_unheard_of\t", "diarchy_step_seconds\tone label\tsum", "nonsense", ""]
)
def test_a_field_of_another_version_is_left_out(field: str):
    assert series_of(field) is None


async def test_counts_of_processes_add_up_and_end_by_themselves(
    open_home: OpenHome, home: Path, redis_of_all_tests: Redis
):
    stores = await open_home()
    STEP_RETRIES.add("walk", amount=2)
    await asyncio.gather(
        *(
            asyncio.to_thread(
                subprocess.run,
                [sys.executable, "-c", COUNT_IN_A_PROCESS],
                env={**os.environ, "DIARCHY_HOME": str(home)},
                check=True,
            )
            for _ in range(2)
        )
    )
    assert await total(stores, STEP_RETRIES, "walk") == 4
    (key,) = redis_of_all_tests.keys("diarchy:*:metrics")
    assert redis_of_all_tests.ttl(key) > 0


async def test_each_room_counts_what_it_does(stores: Stores):
    await stores.principals.add("ana", TOP_SECRET)
    await store(stores, item("plant", "The plant lacks welders."))
    await search(stores, reader_at(INTERNAL), "welders")
    await search(stores, reader_at(INTERNAL), "welders")
    with pytest.raises(AccessDenied):
        await stores.principals.get_reader("nobody")

    assert await total(stores, INDEX_CHANGES) == 1
    assert await total(stores, CACHE_LOOKUPS, "search", "missed") == 1
    assert await total(stores, CACHE_LOOKUPS, "search", "process") == 1
    assert await total(stores, DENIALS, "identify") == 1
    assert await total(stores, EVENTS_PUBLISHED) == 1


async def test_events_are_counted_by_kind_and_by_how_their_handling_ended(stores: Stores):
    async def handle(event: Event) -> None:
        if event.event_id == "bad":
            raise ValueError

    for name in ("good", "bad"):
        await stores.events.publish(update(name))
    policy = DeliveryPolicy(most_tries=1)
    await stores.events.consume("testers", "one", handle, until_idle=True, policy=policy)

    assert await total(stores, EVENTS_PUBLISHED) == 2
    assert await total(stores, EVENTS_DEAD, "failed") == 1
    samples = await samples_of(stores)
    handling = "diarchy_event_handling_seconds_count"
    assert samples[handling, "knowledge_update", "completed"] == 1
    assert samples[handling, "knowledge_update", "failed"] == 1
    assert samples["diarchy_event_wait_seconds_count", "knowledge_update"] == 2
    assert samples["diarchy_dead_letters",] == 1


async def test_what_is_told_is_every_metric_and_nothing_of_content_or_of_who_asked(
    stores: Stores, redis_of_all_tests: Redis
):
    await stores.principals.add("ana-token-11", TOP_SECRET)
    await store(stores, item("id-token-12", "content-token-13", TOP_SECRET))
    await search(stores, reader_at(TOP_SECRET, "ana-token-11"), "query-token-14")
    with pytest.raises(AccessDenied):
        await stores.principals.get_reader("stranger-token-15")

    await stores.metrics.hand_on()
    text = await exposed(stores)
    (key,) = redis_of_all_tests.keys("diarchy:*:metrics")
    kept = repr(redis_of_all_tests.hgetall(key))

    assert "token" not in text
    assert "token" not in kept
    assert {family.name for family in text_string_to_metric_families(text)} == set(METRICS)


async def test_sizes_and_lags_are_told_a_level(stores: Stores):
    await store(stores, item("plant", "The plant lacks welders.", TOP_SECRET))
    await stores.knowledge.add_items(validated(item("later", "Another.")), reader_at(TOP_SECRET))
    samples = await samples_of(stores)
    assert samples["diarchy_index_passages", "top_secret"] == 1
    assert samples["diarchy_index_changes_total",] == 1
    assert samples["diarchy_index_passages", "public"] == 0
    assert samples["diarchy_outbox_entries", "internal"] == 1
    assert samples["diarchy_outbox_entries", "top_secret"] == 0
    assert samples["diarchy_up", "database"] == 1


async def test_buckets_of_a_histogram_hold_everything_that_is_as_quick(stores: Stores):
    for seconds in (0.001, 0.005, 0.3, 1_000):
        STEP_SECONDS.observe(seconds, "walk", "completed")
    await stores.metrics.hand_on()
    buckets = {
        sample.labels["le"]: sample.value
        for family in text_string_to_metric_families(await exposed(stores))
        for sample in family.samples
        if sample.name == "diarchy_step_seconds_bucket"
    }
    assert buckets["0.005"] == 2
    assert buckets["0.25"] == 2
    assert buckets["0.5"] == 3
    assert buckets["300.0"] == 3
    assert buckets["+Inf"] == 4


async def test_without_redis_the_work_goes_on_and_counts_wait(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("DIARCHY_REDIS_URL")
    settings = Settings(home=home, redis_url=f"unix://{home}/nobody.sock")
    async with open_stores(settings) as stores:
        STEP_RETRIES.add("walk")
        began = time.monotonic()
        assert not await stores.metrics.hand_on()
        assert time.monotonic() - began < 5
        async with observing(settings) as observer:
            state = await observer.look(with_index=False)
            assert await observer.counts() == {}
    assert state.up == {"database": True, "redis": False}
    assert "does not answer" in state.troubles["redis"]
    assert COUNTS.take()[Series(STEP_RETRIES.name, ("walk",))] == 1


async def test_counting_starts_no_server(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DIARCHY_REDIS_URL")
    settings = Settings(home=home)
    async with open_stores(settings) as stores:
        STEP_RETRIES.add("walk")
        assert not await stores.metrics.hand_on()
        async with observing(settings) as observer:
            state = await observer.look(with_index=False)
    assert not state.up["redis"]
    assert PrivateRedis(settings).find_running() is None


async def test_looking_at_a_home_that_does_not_exist_makes_none(home: Path):
    async with observing(Settings(home=home)) as observer:
        state = await observer.look(with_index=False)
    assert not state.up["database"]
    assert not home.exists()  # noqa: ASYNC240 - quick


async def search(stores: Stores, reader: Reader, text: str) -> None:
    await stores.knowledge.search([SearchQuery(text=text)], reader)


async def exposed(stores: Stores) -> str:
    async with observing(stores.settings) as observer:
        return Exposition(await observer.counts(), await observer.look()).text()


async def samples_of(stores: Stores) -> dict[tuple[str, ...], float]:
    """Return the samples by their name and the values of their labels."""
    await stores.metrics.hand_on()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(await exposed(stores))
        for sample in family.samples
    }
