"""What the index really holds, read past everything that filters it, and what it ought to hold."""

from __future__ import annotations

from typing import NamedTuple

import lancedb
from sqlmodel import col, select

from storage.knowledge_rows import LEVELS
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
    connection = await lancedb.connect_async(stores.settings.lancedb_location)
    found: list[Window] = []
    for name in (await connection.list_tables()).tables:
        level, _, kind = name.rpartition("_")
        if kind == "windows":
            rows = await (await connection.open_table(name)).query().to_list()
            found.extend(
                Window(level, row["knowledge_id"], row["version"], row["start"], row["length"])
                for row in rows
            )
    return sorted(found)


async def texts_in_index(stores: Stores) -> list[tuple[str, str, int]]:
    """Return level, id and version of every item of every level's table, sorted."""
    connection = await lancedb.connect_async(stores.settings.lancedb_location)
    found: list[tuple[str, str, int]] = []
    for name in (await connection.list_tables()).tables:
        level, _, kind = name.rpartition("_")
        if kind == "items":
            rows = await (await connection.open_table(name)).query().to_list()
            found.extend((level, row["knowledge_id"], row["version"]) for row in rows)
    return sorted(found)


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
        for span in stores.knowledge._indexer._spans(row.content)
    )


async def assert_index_is_right(stores: Stores) -> None:
    """Fail unless the index holds exactly what the truth owes it, and nothing is owed."""
    assert await stores.knowledge.pending() == 0
    assert await windows_in_index(stores) == await windows_due(stores)
    assert await texts_in_index(stores) == sorted(
        (LEVELS[row.level_rank].value, row.knowledge_id, row.version)
        for row in await stored_rows(stores)
    )
