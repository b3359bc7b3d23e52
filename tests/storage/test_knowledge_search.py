from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.clearance import ConfidentialityLevel, Reader
from domain.evidence import RetrievedItem
from domain.knowledge import KnowledgeCategory, KnowledgeItem
from storage.audit import AuditAction
from storage.knowledge_search import _WHOLE_UP_TO, MAX_QUERY_CHARACTERS, SearchQuery
from storage.stores import Stores
from tests.stores import (
    CONFIDENTIAL,
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
HOSTILE = (
    "' OR 1=1; DROP TABLE knowledge_items; --",
    "category = 'x' OR true",
    '"unclosed phrase AND (NOT OR',
    "title:plant^5 +must -not *?~2 [a TO z] {x} \\ / && || !",
    "😀🏭 ≠ ﷽ \u202e \u200f",
    "plant\x00welders",
    "\x00",
    "%_",
    "{{7*7}} ${x} %s {0}",
    "the of and",
    ".",
    "語" * 300,
)
WELDERS = "The Brno plant lacks 14 welders this quarter and falls behind on orders."
COMPANY = (
    item("port", "The port of Rotterdam closes its cold store in May.", PUBLIC),
    item("plant", WELDERS),
    item("hiring", "Two welders were hired in Brno and start in June.", INTERNAL),
    item(
        "lease", "The office lease in Vienna ends next year.", CONFIDENTIAL, strategic_priority=10
    ),
    item("talks", "Talks to sell the Brno plant and its welders began.", TOP_SECRET),
)


async def search(
    stores: Stores, text: str, reader: Reader = CEO, **fields: Any
) -> tuple[RetrievedItem, ...]:
    (found,) = await stores.knowledge.search([SearchQuery(text=text, **fields)], reader)
    return found


def ids(found: tuple[RetrievedItem, ...]) -> list[str]:
    return [one.knowledge_id for one in found]


async def company(open_home: OpenHome, **overrides: Any) -> Stores:
    stores = await open_home(**overrides)
    await store(stores, *COMPANY)
    return stores


async def test_what_bears_on_the_question_comes_first_with_its_passage(stores: Stores):
    await store(stores, *COMPANY)
    found = await search(stores, "Which plant is short of welders?")
    assert ids(found)[0] == "plant"
    assert found[0].excerpt == WELDERS
    assert {"talks", "hiring"} <= set(ids(found))
    assert [one.relevance_score for one in found] == sorted(
        (one.relevance_score for one in found), reverse=True
    )
    assert all(0 <= one.relevance_score <= 1 for one in found)


@pytest.mark.parametrize("level", list(ConfidentialityLevel))
async def test_nobody_reads_up(open_home: OpenHome, level: ConfidentialityLevel):
    stores = await open_home()
    await store(stores, *(item(each.value, WELDERS, each) for each in ConfidentialityLevel))
    found = await search(stores, "welders in Brno", reader_at(level))
    assert {one.confidentiality_level for one in found} == set(
        reader_at(level).clearance.readable_levels
    )


async def test_an_expired_item_is_invisible_at_once(open_home: OpenHome, clock: HandClock):
    stores = await open_home()
    await store(stores, item("brief", WELDERS, expires_at=NOW + timedelta(hours=1)), *COMPANY)
    assert "brief" in ids(await search(stores, "welders in Brno"))
    clock.advance(timedelta(hours=1))
    assert "brief" not in ids(await search(stores, "welders in Brno"))


@pytest.mark.parametrize("chunks", [250_000, 0], ids=["in memory", "on disk"])
async def test_a_category_filter_leaves_only_those_categories(open_home: OpenHome, chunks: int):
    stores = await open_home(exact_search_chunks=chunks)
    await store(
        stores,
        item("risk", WELDERS),
        item("people", WELDERS, title="T", category=KnowledgeCategory.HUMAN_RESOURCES),
        item("money", WELDERS, title="T", category=KnowledgeCategory.FINANCIAL_ANALYSIS),
    )
    wanted = (KnowledgeCategory.HUMAN_RESOURCES, KnowledgeCategory.FINANCIAL_ANALYSIS)
    assert ids(await search(stores, "welders", categories=wanted)) == ["money", "people"]


async def test_ties_come_in_the_order_of_their_ids(open_home: OpenHome):
    stores = await open_home()
    await store(stores, *(item(name, WELDERS, title="T") for name in ("c", "a", "b")))
    assert ids(await search(stores, "welders in Brno")) == ["a", "b", "c"]


async def test_priority_orders_equals_and_carries_nothing_that_does_not_bear(open_home: OpenHome):
    stores = await company(open_home)
    await store(stores, item("z-urgent", WELDERS, title="Note plant", strategic_priority=9))
    found = ids(await search(stores, "Which plant lacks welders?", limit=200))
    assert found.index("z-urgent") < found.index("plant")
    assert "lease" not in found


async def test_what_nothing_bears_on_finds_nothing(open_home: OpenHome):
    stores = await company(open_home)
    assert await search(stores, "quantum chromodynamics lattice") == ()


async def test_the_limit_is_kept_and_no_item_comes_twice(open_home: OpenHome):
    stores = await open_home()
    await store(stores, *(item(f"n{number:02}", WELDERS) for number in range(30)))
    assert len(await search(stores, "welders", limit=7)) == 7
    everything = ids(await search(stores, "welders", limit=200))
    assert len(everything) == len(set(everything)) == 30


async def test_an_empty_knowledge_base_finds_nothing(stores: Stores):
    assert await search(stores, "anything") == ()
    assert await stores.knowledge.search([], CEO) == []


async def test_a_level_emptied_again_is_searched_in_peace(open_home: OpenHome):
    for chunks in (250_000, 0):
        stores = await open_home(exact_search_chunks=chunks)
        await store(stores, *COMPANY)
        await stores.knowledge.delete_item("talks", CEO)
        assert "talks" not in ids(await search(stores, "welders in Brno"))


@pytest.mark.parametrize(
    "arguments",
    [
        {"text": "x", "nope": 1},
        {"text": ""},
        {"text": " \n"},
        {"text": "x" * (MAX_QUERY_CHARACTERS + 1)},
        {"text": "x", "limit": 0},
        {"text": "x", "limit": 201},
        {"text": "x", "categories": []},
        {"text": "x", "categories": ["gossip"]},
        {"text": "x", "categories": ["risk_management' OR '1'='1"]},
        {"text": "x", "clearance": "top_secret"},
        {"text": "\ud800"},
    ],
)
def test_arguments_that_are_not_what_was_expected_are_refused(arguments: dict[str, Any]):
    with pytest.raises(ValidationError):
        SearchQuery.model_validate(arguments)


@pytest.mark.parametrize("chunks", [250_000, 0], ids=["in memory", "on disk"])
async def test_hostile_queries_are_only_words(open_home: OpenHome, chunks: int):
    stores = await company(open_home, exact_search_chunks=chunks)
    alone = [await search(stores, text, STAFF) for text in HOSTILE]
    for found in alone:
        assert {one.confidentiality_level for one in found} <= {PUBLIC, INTERNAL}
    together = await stores.knowledge.search([SearchQuery(text=text) for text in HOSTILE], STAFF)
    assert [ids(found) for found in together] == [ids(found) for found in alone]
    assert ids(await search(stores, "plant\x00welders"))[0] == "plant"


@pytest.mark.parametrize("text", ["welders in Brno " * 6250, "x" * 100_000, "w " * 50_000])
async def test_a_query_of_100_000_characters_is_answered(open_home: OpenHome, text: str):
    stores = await company(open_home)
    found = await search(stores, text[:100_000])
    if text.startswith("welders"):
        assert ids(found)[0] in {"plant", "hiring", "talks"}


async def test_hostile_ids_are_found_and_changed_as_any_other(open_home: OpenHome):
    stores = await open_home()
    names = ("a' OR '1'='1", 'b"; DROP', "c%_", "d\\", "e😀", "f`g`", "h, i", "(j)")
    await store(stores, *(item(name, WELDERS) for name in names))
    assert sorted(ids(await search(stores, "welders"))) == sorted(names)
    for name in names:
        await stores.knowledge.update_item(name, {"content": "Nothing of that any more."}, CEO)
    assert await search(stores, "welders in Brno") == ()
    for name in names:
        await stores.knowledge.delete_item(name, CEO)
    assert await search(stores, "Nothing of that any more.") == ()


def _raised(stores: Stores) -> Any:
    return stores.knowledge._writer.reclassify("plant", TOP_SECRET, CEO, reason="r")


def _deleted(stores: Stores) -> Any:
    return stores.knowledge._writer.delete("plant", CEO, action=AuditAction.DELETE)


def _rewritten(stores: Stores) -> Any:
    return stores.knowledge._writer.update("plant", {"content": "A secret merger."}, CEO)


@pytest.mark.parametrize("change", [_raised, _deleted, _rewritten])
@pytest.mark.parametrize("chunks", [250_000, 0], ids=["in memory", "on disk"])
async def test_an_index_that_lags_behind_serves_nothing_of_before(
    open_home: OpenHome, change: Any, chunks: int
):
    stores = await company(open_home, exact_search_chunks=chunks)
    await search(stores, "welders")
    await change(stores)
    assert await stores.knowledge.pending()
    for reader in (STAFF, CEO):
        assert "plant" not in ids(await search(stores, "Which plant lacks welders?", reader))
    await stores.knowledge.drain_outbox()
    visible_to_ceo = "plant" in ids(await search(stores, "Which plant lacks welders?"))
    assert visible_to_ceo is (change is _raised)
    assert "plant" not in ids(await search(stores, "Which plant lacks welders?", STAFF))


async def test_an_item_that_is_in_two_levels_while_it_moves_is_found_where_it_is_now(
    open_home: OpenHome, monkeypatch: pytest.MonkeyPatch
):
    stores = await open_home()
    await store(stores, item("a", WELDERS, RESTRICTED), COMPANY[0])
    indexer = stores.knowledge._indexer
    await stores.knowledge._writer.reclassify("a", INTERNAL, CEO, reason="r")
    original = indexer._drain_level

    async def stop_before_the_old_level(level: ConfidentialityLevel, *args: Any) -> int:
        return 0 if level is RESTRICTED else await original(level, *args)

    with monkeypatch.context() as halfway:
        halfway.setattr(indexer, "_drain_level", stop_before_the_old_level)
        await stores.knowledge.drain_outbox()
    for reader in (STAFF, CEO):
        (found,) = await search(stores, "welders in Brno", reader)
        assert found.confidentiality_level is INTERNAL


async def test_memory_and_disk_give_the_same(open_home: OpenHome):
    contents = [
        f"{subject} {deed} {when}."
        for subject in ("The Brno plant", "Our port", "A rival", "The board", "The office lease")
        for deed in ("lacks welders", "ships pumps to Vienna", "asks for a lower price")
        for when in ("this quarter", "in May", "for the third time", "without saying why")
    ]
    levels = list(ConfidentialityLevel)
    items: list[KnowledgeItem] = [
        item(f"n{number:03}", content, levels[number % 5], strategic_priority=1 + number % 10)
        for number, content in enumerate(contents)
    ]
    memory = await open_home()
    await store(memory, *items)
    disk = await open_home(exact_search_chunks=0)
    queries = [
        SearchQuery(text="Who lacks welders?", limit=50),
        SearchQuery(text="pumps to Vienna in May", limit=20),
        SearchQuery(text="lower price", limit=5),
        SearchQuery(text="board", categories=(KnowledgeCategory.RISK_MANAGEMENT,), limit=60),
    ]
    for reader in (CEO, STAFF):
        for left, right in zip(
            await memory.knowledge.search(queries, reader),
            await disk.knowledge.search(queries, reader),
            strict=True,
        ):
            assert left
            scores = [dict(_scores(found)) for found in (left, right)]
            assert scores[0].keys() == scores[1].keys()
            assert all(abs(scores[0][key] - scores[1][key]) <= 1e-4 for key in scores[0])


def _scores(found: tuple[RetrievedItem, ...]) -> list[tuple[str, float]]:
    return [(one.knowledge_id, one.relevance_score) for one in found]


async def test_passages_are_verbatim_also_far_inside_a_long_text_of_wide_characters(stores: Stores):
    filler = f"東😀{'x' * 150} " * 700
    content = f"{filler}\n\nThe Brno plant lacks welders. That is all."
    assert len(filler) > _WHOLE_UP_TO
    await store(stores, item("long", content))
    (found,) = await search(stores, "Brno plant welders")
    assert "lacks welders" in found.excerpt
    for passage in found.passages:
        assert content[passage.start : passage.start + len(passage.text)] == passage.text


async def test_a_search_that_brings_up_secrets_is_audited_by_id(stores: Stores):
    await store(stores, *COMPANY)
    before = await stores.audit.verify()
    await search(stores, "Rotterdam cold store", STAFF)
    assert await stores.audit.verify() == before
    await search(stores, "Who began talks to sell?")
    assert await stores.audit.verify() == before + 1
