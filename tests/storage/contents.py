"""What the index really holds, read past everything that filters it, and what it ought to hold."""

from __future__ import annotations

from typing import Any, NamedTuple

import lancedb
from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel
from storage.knowledge_rows import LEVELS
from storage.level_table import ITEMS, WINDOWS
from storage.settings import Settings
from storage.stores import Stores
from storage.tables import KnowledgeRow


class Window(NamedTuple):
    level: str
    knowledge_id: str
    version: int
    start: int
    length: int


async def windows_in_index(stores: Stores) -> list[Window]:
    """Return every window of every level's table, sorted; one that is there twice comes twice."""
    found = [
        Window(level.value, row["knowledge_id"], row["version"], row["start"], row["length"])
        for level in stores.settings.index_levels
        for row in await rows_in_index(stores.settings, level, WINDOWS)
    ]
    return sorted(found)


async def texts_in_index(stores: Stores) -> list[tuple[str, str, int]]:
    """Return level, id and version of every item of every level's table, sorted."""
    found: list[tuple[str, str, int]] = [
        (level.value, row["knowledge_id"], row["version"])
        for level in stores.settings.index_levels
        for row in await rows_in_index(stores.settings, level, ITEMS)
    ]
    return sorted(found)


async def rows_in_index(
    settings: Settings, level: ConfidentialityLevel, table: str
) -> list[dict[str, Any]]:
    """Return every row of one of a level's tables."""
    location = settings.index_location(level)
    connection = await lancedb.connect_async(location.uri, storage_options=location.options)
    if table not in (await connection.list_tables()).tables:
        return []
    return await (await connection.open_table(table)).query().to_list()


async def stored_rows(stores: Stores) -> list[KnowledgeRow]:
    """Return every row of the truth, by id and level."""
    in_order = (col(KnowledgeRow.knowledge_id), col(KnowledgeRow.level_rank))
    async with stores.database.reading() as session:
        return list((await session.execute(select(KnowledgeRow).order_by(*in_order))).scalars())


async def windows_due(stores: Stores) -> list[Window]:
    """Return the windows that the truth, cut now, would make: what the index should hold."""
    return sorted(
        Window(
            LEVELS[row.level_rank].value,
            row.knowledge_id,
            row.version,
            span.start,
            span.end - span.start,
        )
        for row in await stored_rows(stores)
        for span in stores.knowledge._indexer.windows.spans(row.content)
    )


async def assert_index_is_right(stores: Stores) -> None:
    """Fail unless the index holds exactly what the truth owes it, and nothing is owed."""
    assert await stores.knowledge.pending() == 0
    assert await windows_in_index(stores) == await windows_due(stores)
    assert await texts_in_index(stores) == sorted(
        (LEVELS[row.level_rank].value, row.knowledge_id, row.version)
        for row in await stored_rows(stores)
    )
