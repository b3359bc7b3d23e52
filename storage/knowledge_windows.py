"""Reads by time, category and priority: what summaries and briefings are made from. No embedding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from domain.clearance import Clearance
from domain.evidence import Passage
from domain.knowledge import ItemKey, KnowledgeCategory
from domain.window import WindowItem
from storage.database import Database
from storage.knowledge_rows import header_fields, visible_to
from storage.tables import KnowledgeRow

READ_CHARACTERS = 20_000
"""How much of an item's content a window carries: its beginning, where companies say what matters."""
_KEYS_AT_ONCE = 400


class KnowledgeWindows:
    """Selects items by when they were last updated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def updated_between(
        self,
        start: datetime,
        end: datetime,
        *,
        categories: Sequence[KnowledgeCategory],
        clearance: Clearance,
        now: datetime,
    ) -> tuple[WindowItem, ...]:
        """Return the visible items updated after *start* and up to *end*, by id and level."""
        return await self._items(
            col(KnowledgeRow.updated_at) > start,
            col(KnowledgeRow.updated_at) <= end,
            col(KnowledgeRow.category).in_([category.value for category in categories]),
            visible_to(clearance, now),
        )

    async def by_id(
        self, keys: Sequence[ItemKey], *, clearance: Clearance, now: datetime
    ) -> tuple[WindowItem, ...]:
        """Return those items of *keys* that are still visible, at whatever permitted level."""
        knowledge_ids = sorted({key.knowledge_id for key in keys})
        found: list[WindowItem] = []
        for first in range(0, len(knowledge_ids), _KEYS_AT_ONCE):
            some = knowledge_ids[first : first + _KEYS_AT_ONCE]
            condition = col(KnowledgeRow.knowledge_id).in_(some)
            found.extend(await self._items(condition, visible_to(clearance, now)))
        return tuple(found)

    async def _items(self, *conditions: Any) -> tuple[WindowItem, ...]:
        beginning = func.substr(KnowledgeRow.content, 1, READ_CHARACTERS).label("beginning")
        columns = [
            getattr(KnowledgeRow, name)
            for name in KnowledgeRow.model_fields
            if name not in {"content", "item_metadata"}
        ]
        in_order = (col(KnowledgeRow.knowledge_id), col(KnowledgeRow.level_rank))
        wanted = select(*columns, beginning).where(*conditions).order_by(*in_order)  # pyright: ignore[reportCallIssue, reportArgumentType] - typed for at most four columns
        async with self._database.reading() as session:
            rows: Sequence[Any] = (await session.execute(wanted)).all()
        return tuple(_window_item(row) for row in rows)


def _window_item(row: Any) -> WindowItem:
    return WindowItem(
        **header_fields(row),
        relevance_score=1,
        passages=(Passage(text=row.beginning, start=0, relevance=1),),
        content_digest=row.content_digest,
    )
