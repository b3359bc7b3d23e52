from __future__ import annotations

from datetime import timedelta

from storage.stores import Stores
from tests.stores import HandClock


async def test_what_is_kept_is_found_and_kept_again_it_is_replaced(stores: Stores):
    assert await stores.results.find("phase") is None
    await stores.results.keep("phase", b"sealed")
    assert await stores.results.find("phase") == b"sealed"
    await stores.results.keep("phase", b"\x00sealed again\xff")
    assert await stores.results.find("phase") == b"\x00sealed again\xff"


async def test_old_results_are_dropped_and_young_ones_stay(stores: Stores, clock: HandClock):
    await stores.results.keep("old", b"1")
    clock.advance(timedelta(days=2))
    await stores.results.keep("young", b"2")
    assert await stores.results.drop_before(clock.now - timedelta(days=1)) == 1
    assert await stores.results.find("old") is None
    assert await stores.results.find("young") == b"2"


async def test_what_is_kept_again_counts_as_young(stores: Stores, clock: HandClock):
    await stores.results.keep("phase", b"1")
    clock.advance(timedelta(days=2))
    await stores.results.keep("phase", b"1")
    assert await stores.results.drop_before(clock.now - timedelta(days=1)) == 0


async def test_a_result_is_kept_while_another_process_holds_the_write_lock(stores: Stores):
    """Else every phase would wait for the ingest of the day; SQLite has one writer whatever is asked."""
    if stores.database.is_sqlite:
        return
    async with stores.database.writing():
        await stores.results.keep("phase", b"1")
    assert await stores.results.find("phase") == b"1"
