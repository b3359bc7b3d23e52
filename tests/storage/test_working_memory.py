"""What is in play in a session: kept in Redis, sealed and bounded, and made anew when it is not there."""

from __future__ import annotations

import pytest
from redis import Redis

from domain.clearance import Reader
from domain.errors import NotFound
from domain.sessions import WorkingMemory
from domain.working_memory import LONGEST_TURN, MOST_TURNS, memory_of, with_turn
from storage.stores import Stores
from tests.conversations import answer, exchange, registered, source
from tests.stores import CONFIDENTIAL, INTERNAL, OpenHome, reader_at


@pytest.fixture
async def ann(stores: Stores) -> Reader:
    reader = await registered(stores, CONFIDENTIAL, "ann")
    await stores.sessions.start(reader, session_id="s")
    return reader


async def talk(stores: Stores, reader: Reader, turns: int) -> WorkingMemory:
    """Say something *turns* times and remember each turn as the flow does; return what is kept."""
    memory = await stores.working_memory.recall("s", reader)
    for number in range(turns):
        given = answer(
            f"Answer {number} [1].",
            CONFIDENTIAL if number == 1 else INTERNAL,
            source(f"item-{number}"),
            entities=(f"Name {number}", "Frostline"),
            question=f"Question {number}?",
        )
        said = await exchange(stores, "s", f"m{number}", f"Question {number}", reader, given)
        memory = with_turn(memory, *said)
        await stores.working_memory.remember(memory, reader)
    return memory


async def test_what_is_kept_turn_by_turn_equals_what_is_made_anew(
    stores: Stores, ann: Reader, redis_of_all_tests: Redis
) -> None:
    for turns in (1, 3, MOST_TURNS):
        await stores.sessions.delete("s", ann)
        await stores.sessions.start(ann, session_id="s")
        kept = await talk(stores, ann, turns)
        assert await stores.working_memory.recall("s", ann) == kept
        redis_of_all_tests.flushall()
        rebuilt = await stores.working_memory.recall("s", ann)
        assert rebuilt == kept
        assert rebuilt == memory_of("s", await stores.sessions.messages("s", ann))
    assert len(kept.turns) == MOST_TURNS
    assert kept.entities[:2] == (f"Name {MOST_TURNS - 1}", "Frostline")
    assert kept.confidentiality_level is CONFIDENTIAL


async def test_without_redis_it_is_made_from_the_truth(
    open_home: OpenHome, redis_of_all_tests: Redis
) -> None:
    del redis_of_all_tests
    nowhere = await open_home(redis_url="unix:///nowhere/redis.sock")
    reader = await registered(nowhere, CONFIDENTIAL, "ann")
    await nowhere.sessions.start(reader, session_id="s")
    kept = await talk(nowhere, reader, 3)
    assert await nowhere.working_memory.recall("s", reader) == kept


async def test_nothing_in_redis_can_be_read(
    stores: Stores, ann: Reader, redis_of_all_tests: Redis
) -> None:
    given = answer("The brokers are Vogt and Brandt.", entities=("Vogt",))
    said = await exchange(stores, "s", "m", "Who are the brokers?", ann, given)
    memory = await stores.working_memory.recall("s", ann)
    assert [turn.text for turn in memory.turns] == [one.content for one in said]
    names = [name for name in redis_of_all_tests.scan_iter() if b":memory" in name]
    assert names
    for name in names:
        held = redis_of_all_tests.get(name) if redis_of_all_tests.type(name) == b"string" else b""
        assert isinstance(held, bytes)
        assert b"broker" not in held
        assert b"Vogt" not in held
        assert 0 < redis_of_all_tests.ttl(name) <= stores.settings.working_memory_ttl_seconds  # pyright: ignore[reportOperatorIssue] - an integer


async def test_each_clearance_has_its_own(stores: Stores, ann: Reader) -> None:
    await talk(stores, ann, 2)
    low = await stores.working_memory.recall("s", reader_at(INTERNAL, "ann"))
    assert [turn.text for turn in low.turns] == ["Question 0", "Answer 0 [1]."]
    assert low.confidentiality_level is INTERNAL
    assert len((await stores.working_memory.recall("s", ann)).turns) == 4


async def test_what_has_gone_on_elsewhere_is_not_overwritten(stores: Stores, ann: Reader) -> None:
    old = await talk(stores, ann, 1)
    said = await exchange(stores, "s", "later", "And then?", ann)
    await stores.working_memory.remember(old, ann)
    recalled = await stores.working_memory.recall("s", ann)
    assert recalled == with_turn(old, *said)


async def test_a_long_text_is_cut_to_what_a_follow_up_needs(stores: Stores, ann: Reader) -> None:
    await exchange(stores, "s", "m", "x" * 50_000, ann)
    recalled = await stores.working_memory.recall("s", ann)
    assert len(recalled.turns[0].text) == LONGEST_TURN


async def test_forgotten_it_is_in_redis_no_more(stores: Stores, ann: Reader) -> None:
    await talk(stores, ann, 1)
    assert await stores.working_memory.count("s", ann.clearance) == 1
    assert await stores.working_memory.forget("s")
    assert await stores.working_memory.count("s", ann.clearance) == 0


async def test_of_another_principal_s_session_nothing_is_recalled(
    stores: Stores, ann: Reader
) -> None:
    await talk(stores, ann, 1)
    with pytest.raises(NotFound):
        await stores.working_memory.recall("s", reader_at(CONFIDENTIAL, "bob"))


async def test_an_entry_that_was_moved_under_another_name_is_not_used(
    stores: Stores, ann: Reader, redis_of_all_tests: Redis
) -> None:
    await talk(stores, ann, 2)
    low = reader_at(INTERNAL, "ann")
    expected = await stores.working_memory.recall("s", low)
    names = sorted(
        name
        for name in redis_of_all_tests.scan_iter("diarchy:*:memory:*")
        if not name.endswith(b":index")
    )
    low_name, high_name = names
    moved = redis_of_all_tests.get(high_name)
    assert isinstance(moved, bytes)
    redis_of_all_tests.set(low_name, moved, ex=60)
    assert await stores.working_memory.recall("s", low) == expected
