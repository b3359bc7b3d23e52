"""The rows of a level's two LanceDB tables, made from items and their windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from domain.clearance import ConfidentialityLevel
from domain.sentences import Span
from storage.embeddings import EmbeddingIdentity, Vectors
from storage.index_schema import NEVER_EXPIRES, text_schema, window_schema
from storage.tables import KnowledgeRow

if TYPE_CHECKING:
    from storage.level_table import LevelTable


class Window(NamedTuple):
    """A window of an item."""

    row: KnowledgeRow
    span: Span
    text: str
    """What is embedded: the title and the slice of the content."""


def window_rows(
    windows: Sequence[Window],
    vectors: Vectors,
    identity: EmbeddingIdentity,
    level: ConfidentialityLevel,
) -> pa.Table:
    """Return *windows* of *level* with their *vectors*, one a window, that *identity*'s model made."""
    schema = window_schema(identity)
    columns = _filterable_columns([window.row for window in windows], level)
    columns["start"] = [window.span.start for window in windows]
    columns["length"] = [window.span.end - window.span.start for window in windows]
    arrays = [pa.array(values, schema.field(name).type) for name, values in columns.items()]
    flat = pa.array(np.ascontiguousarray(vectors).reshape(-1))
    arrays.append(pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]))
    return pa.Table.from_arrays(arrays, schema=schema)


async def text_rows(rows: Sequence[KnowledgeRow], table: LevelTable) -> pa.Table:
    """Return items with their words, as the text index of *table* cuts them."""
    columns = _filterable_columns(rows, table.level)
    columns["text"] = [f"{row.title}\n{row.content}" for row in rows]
    words = [await table.words(text) for text in columns["text"]]
    columns["words"] = [list(found.counts) for found in words]
    columns["word_counts"] = [list(found.counts.values()) for found in words]
    return pa.table(columns, schema=text_schema())


def _filterable_columns(
    rows: Sequence[KnowledgeRow], level: ConfidentialityLevel
) -> dict[str, list[Any]]:
    return {
        "item_key": [row.item_key for row in rows],
        "knowledge_id": [row.knowledge_id for row in rows],
        "version": [row.version for row in rows],
        "confidentiality_level": [level.rank] * len(rows),
        "category": [row.category for row in rows],
        "strategic_priority": [row.strategic_priority for row in rows],
        "updated_at": [row.updated_at for row in rows],
        "expires_at": [min(row.expires_at or NEVER_EXPIRES, NEVER_EXPIRES) for row in rows],
    }
