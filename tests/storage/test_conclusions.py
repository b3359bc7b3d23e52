"""What sessions conclude is found again by who may read it, and is evidence for nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.clearance import Reader
from domain.errors import IndexMismatch, NotFound
from domain.knowledge import ItemKey, KnowledgeCategory
from storage.knowledge_base import SearchQuery
from storage.stores import Stores, open_stores
from tests.conversations import answer, exchange, registered, source
from tests.minhash_model import MinHashModel
from tests.storage.contents import rows_in_index
from tests.stores import (
    CONFIDENTIAL,
    INTERNAL,
    NOW,
    TOP_SECRET,
    HandClock,
    OpenHome,
    item,
    reader_at,
    store,
)

ASKED = "Which brokers carry our frozen goods?"
CONCLUDED = "Frozen goods are carried by the brokers Vogt and Brandt."


@pytest.fixture
async def ann(stores: Stores) -> Reader:
    await store(
        stores,
        item("brokers", "The brokers Vogt and Brandt carry frozen goods.", CONFIDENTIAL),
        item("port", "The port closes its cold store in May.", INTERNAL),
    )
    reader = await registered(stores, CONFIDENTIAL, "ann")
    for name in ("s", "t"):
        await stores.sessions.start(reader, session_id=name)
    return reader


async def conclude(stores: Stores, reader: Reader, text: str = CONCLUDED, number: int = 0) -> None:
    cited = source("brokers", CONFIDENTIAL)
    given = answer(f"{text} [1]", CONFIDENTIAL, cited, conclusion=text)
    await exchange(stores, "s", f"m{number}", ASKED, reader, given, made_from=[cited.key])
    await stores.conclusions.drain()


async def test_it_is_found_in_another_session_by_whoever_may_read_it(
    stores: Stores, ann: Reader
) -> None:
    await conclude(stores, ann)
    bob = await registered(stores, TOP_SECRET, "bob")
    for reader, session in ((ann, "t"), (bob, "any")):
        (found,) = await stores.conclusions.search(ASKED, reader, limit=3, other_than=session)
        assert (found.text, found.confidentiality_level) == (CONCLUDED, CONFIDENTIAL)
        assert [cited.knowledge_id for cited in found.sources] == ["brokers"]
        assert found.concluded_at == NOW
        told = found.model_dump_json()
        assert "ann" not in told
        assert '"s"' not in told
    assert await stores.conclusions.search(ASKED, ann, limit=3, other_than="s") == ()
    low = await registered(stores, INTERNAL, "eve")
    assert await stores.conclusions.search(ASKED, low, limit=3) == ()


async def test_what_does_not_bear_on_the_question_is_left_out(stores: Stores, ann: Reader) -> None:
    await conclude(stores, ann)
    assert await stores.conclusions.search("Who paints the office walls?", ann, limit=3) == ()


async def test_it_goes_with_any_of_its_sources(
    stores: Stores, ann: Reader, clock: HandClock
) -> None:
    await conclude(stores, ann)
    bob = await registered(stores, TOP_SECRET, "bob")
    key = ItemKey("brokers", CONFIDENTIAL)
    await stores.knowledge.reclassify_item(key.knowledge_id, TOP_SECRET, bob, reason="talks")
    clock.advance(timedelta(minutes=1))
    assert await stores.conclusions.search(ASKED, ann, limit=3) == ()


async def test_no_search_for_knowledge_brings_one_up(stores: Stores, ann: Reader) -> None:
    await conclude(stores, ann)
    (found,) = await stores.knowledge.search([SearchQuery(text=ASKED)], ann)
    assert {one.knowledge_id for one in found} <= {"brokers", "port"}
    window = await stores.knowledge.updated_between(
        NOW - timedelta(days=400),
        NOW,
        categories=tuple(KnowledgeCategory),
        reader=ann,
        purpose="summary",
    )
    assert {one.knowledge_id for one in window} == {"brokers", "port"}
    for one in found:
        assert CONCLUDED not in one.model_dump_json()


async def test_a_run_that_died_before_the_index_knew_is_made_good(
    stores: Stores, ann: Reader
) -> None:
    cited = source("brokers", CONFIDENTIAL)
    given = answer("Vogt [1].", CONFIDENTIAL, cited, conclusion=CONCLUDED)
    await exchange(stores, "s", "m", ASKED, ann, given)
    assert await stores.conclusions.pending() == 1
    assert await stores.conclusions.search(ASKED, ann, limit=3) == ()
    async with open_stores(stores.settings, clock=lambda: NOW) as others:
        assert await others.conclusions.drain() == 1
        assert await others.conclusions.drain() == 0
    assert len(await stores.conclusions.search(ASKED, ann, limit=3)) == 1


async def test_rebuilt_from_the_truth_it_finds_the_same(stores: Stores, ann: Reader) -> None:
    for number, text in enumerate((CONCLUDED, "Brokers of frozen goods ask for more.")):
        await conclude(stores, ann, text, number)
    before = await stores.conclusions.search(ASKED, ann, limit=5)
    assert len(before) == 2
    assert await stores.conclusions.rebuild() == 2
    assert await stores.conclusions.search(ASKED, ann, limit=5) == before


async def test_a_limit_is_kept_and_equals_come_in_one_order(stores: Stores, ann: Reader) -> None:
    for number in range(5):
        await conclude(stores, ann, CONCLUDED, number)
    found = await stores.conclusions.search(ASKED, ann, limit=5)
    ids = [one.conclusion_id for one in found]
    assert ids == sorted(ids)
    for limit in (1, 3):
        some = await stores.conclusions.search(ASKED, ann, limit=limit)
        assert [one.conclusion_id for one in some] == ids[:limit]


async def test_of_a_session_that_is_not_one_s_own_nothing_is_erased(
    stores: Stores, ann: Reader
) -> None:
    await conclude(stores, ann)
    with pytest.raises(NotFound):
        await stores.sessions.delete("s", reader_at(TOP_SECRET, "bob"))
    assert len(await stores.conclusions.search(ASKED, ann, limit=3)) == 1


async def test_it_is_left_out_once_a_source_is_deleted_or_expired(
    stores: Stores, ann: Reader, clock: HandClock
) -> None:
    ceo = await registered(stores, TOP_SECRET, "ceo")
    expires = NOW + timedelta(days=1)
    await store(stores, item("deleted", "One."), item("expiring", "Two.", expires_at=expires))
    for number, name in enumerate(("deleted", "expiring")):
        given = answer("So.", INTERNAL, conclusion=CONCLUDED)
        made_from = [ItemKey(name, INTERNAL)]
        await exchange(stores, "s", f"m{number}", ASKED, ann, given, made_from=made_from)
    await stores.conclusions.drain()
    assert len(await stores.conclusions.search(ASKED, ann, limit=5)) == 2
    await stores.knowledge.delete_item("deleted", ceo)
    assert len(await stores.conclusions.search(ASKED, ann, limit=5)) == 1
    clock.advance(timedelta(days=2))
    assert await stores.conclusions.search(ASKED, ann, limit=5) == ()


async def test_more_equals_than_are_fetched_at_once_keep_one_order(open_home: OpenHome) -> None:
    stores = await open_home()
    reader = await registered(stores, INTERNAL, "ann")
    await stores.sessions.start(reader, session_id="s")
    for number in range(40):
        given = answer("So.", conclusion=CONCLUDED)
        await exchange(stores, "s", f"m{number}", ASKED, reader, given)
    await stores.conclusions.drain()
    everything = await stores.conclusions.search(ASKED, reader, limit=40)
    ids = [one.conclusion_id for one in everything]
    assert ids == sorted(ids)
    assert len(ids) == 40
    assert await stores.conclusions.search(ASKED, reader, limit=3) == everything[:3]


async def test_each_level_s_table_holds_ids_and_vectors_and_no_words(
    stores: Stores, ann: Reader
) -> None:
    await conclude(stores, ann)
    for level in stores.settings.index_levels:
        rows = await rows_in_index(stores.settings, level, "conclusions")
        expected = [["conclusion_id", "vector"]] if level is CONFIDENTIAL else []
        assert [sorted(row) for row in rows] == expected


async def test_another_model_is_refused_until_a_reindex(open_home: OpenHome) -> None:
    stores = await open_home()
    reader = await registered(stores, INTERNAL, "ann")
    await stores.sessions.start(reader, session_id="s")
    await exchange(stores, "s", "m", ASKED, reader, answer("So.", conclusion=CONCLUDED))
    await stores.conclusions.drain()
    async with open_stores(stores.settings, model=MinHashModel()) as other:
        with pytest.raises(IndexMismatch):
            await other.conclusions.search(ASKED, reader, limit=3)
        assert await other.conclusions.rebuild() == 1
        assert len(await other.conclusions.search(CONCLUDED, reader, limit=3)) == 1
    with pytest.raises(IndexMismatch):
        await stores.conclusions.search(ASKED, reader, limit=3)
