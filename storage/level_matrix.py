"""One level's vectors in memory, searched exactly.

An exact scan has no statistics that a hidden row could move. Rows are ordered by id and offset, so
equal scores come back in one order however the table is laid out on disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from domain.knowledge import KnowledgeCategory
from domain.ranking import Candidate
from storage.embeddings import Vectors

MATRIX_COLUMNS = (
    "knowledge_id",
    "start",
    "length",
    "version",
    "item_key",
    "category",
    "strategic_priority",
    "expires_at",
    "vector",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CATEGORY_CODES = {category: code for code, category in enumerate(KnowledgeCategory)}


@dataclass(frozen=True, eq=False)
class LevelMatrix:
    """Every window of one level: `vectors` has shape (windows, dimension), the rest (windows,)."""

    level_rank: int
    table_version: int
    vectors: Vectors
    knowledge_ids: list[str]
    item_keys: list[str]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    versions: NDArray[np.int64]
    priorities: NDArray[np.int64]
    category_codes: NDArray[np.int8]
    expires_at: NDArray[np.int64]
    """Microseconds since 1970."""
    rows: dict[str, range]
    """For each item's id, which is unique within a level, the rows of its windows."""
    _expired: dict[int, frozenset[str]] = field(default_factory=dict[int, frozenset[str]])
    """The last answer of `expired` by how many windows it is of: time only adds to them."""

    @classmethod
    def of(cls, table: pa.Table, *, level_rank: int, table_version: int) -> LevelMatrix:
        """Arrange *table*, which holds `MATRIX_COLUMNS`."""
        ordered = table.sort_by([("knowledge_id", "ascending"), ("start", "ascending")])
        dimension = cast("pa.FixedSizeListType", table.schema.field("vector").type).list_size
        flat = cast("pa.FixedSizeListArray", ordered["vector"].combine_chunks()).flatten()
        vectors = np.ascontiguousarray(
            np.asarray(flat, dtype=np.float32).reshape(ordered.num_rows, dimension)
        )
        knowledge_ids = cast("list[str]", ordered["knowledge_id"].to_pylist())
        starts = np.asarray(ordered["start"], dtype=np.int64)
        codes = [
            _CATEGORY_CODES[KnowledgeCategory(name)] for name in ordered["category"].to_pylist()
        ]
        return cls(
            level_rank=level_rank,
            table_version=table_version,
            vectors=vectors,
            knowledge_ids=knowledge_ids,
            item_keys=cast("list[str]", ordered["item_key"].to_pylist()),
            starts=starts,
            lengths=np.asarray(ordered["length"], dtype=np.int64),
            versions=np.asarray(ordered["version"], dtype=np.int64),
            priorities=np.asarray(ordered["strategic_priority"], dtype=np.int64),
            category_codes=np.asarray(codes, dtype=np.int8),
            expires_at=np.asarray(ordered["expires_at"].cast(pa.int64()), dtype=np.int64),
            rows=_rows_by_id(knowledge_ids),
        )

    def scores(self, queries: Vectors) -> NDArray[np.float32]:
        """Return the cosines, shape (queries, windows)."""
        if len(queries) == 1:
            return (self.vectors @ queries[0])[np.newaxis, :]
        return np.ascontiguousarray((self.vectors @ queries.T).T)

    def visible(
        self, *, categories: Sequence[KnowledgeCategory] | None, now: datetime
    ) -> NDArray[np.bool_]:
        """Return which windows are unexpired and of one of *categories* (None: of any)."""
        mask = self.expires_at > _microseconds(now)
        if categories is not None:
            codes = [_CATEGORY_CODES[category] for category in categories]
            mask &= np.isin(self.category_codes, codes)
        return mask

    def expired(self, now: datetime) -> frozenset[str]:
        """Return the ids of the items that have expired by *now*."""
        rows = np.flatnonzero(self.expires_at <= _microseconds(now))
        if len(rows) not in self._expired:
            self._expired.clear()
            self._expired[len(rows)] = frozenset(self.knowledge_ids[row] for row in rows)
        return self._expired[len(rows)]

    def nearest(
        self, scores: NDArray[np.float32], mask: NDArray[np.bool_], limit: int
    ) -> NDArray[np.intp]:
        """Return the rows with the highest *scores* among *mask*, best first, ties by row."""
        rows = np.flatnonzero(mask)
        if len(rows) > limit:
            masked = scores[rows]
            cut = np.partition(masked, len(masked) - limit)[len(masked) - limit]
            rows = rows[masked >= cut]
        order = np.lexsort((rows, -scores[rows]))
        return rows[order][:limit]

    def candidates(
        self, rows: Sequence[int], cosines: NDArray[np.float32], text_scores: Mapping[str, float]
    ) -> list[Candidate]:
        """Return the windows at *rows* with their scores; *cosines* holds every window's."""
        places = np.asarray(rows, dtype=np.intp)
        columns = zip(
            rows,
            self.priorities[places].tolist(),
            self.versions[places].tolist(),
            self.starts[places].tolist(),
            self.lengths[places].tolist(),
            cosines[places].tolist(),
            strict=True,
        )
        return [
            Candidate(
                self.item_keys[row],
                self.knowledge_ids[row],
                self.level_rank,
                priority,
                version,
                start,
                length,
                cosine,
                text_scores.get(self.knowledge_ids[row], 0.0),
            )
            for row, priority, version, start, length, cosine in columns
        ]


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _rows_by_id(knowledge_ids: Sequence[str]) -> dict[str, range]:
    rows: dict[str, range] = {}
    first = 0
    for row, knowledge_id in enumerate(knowledge_ids):
        if knowledge_id != knowledge_ids[first]:
            first = row
        rows[knowledge_id] = range(first, row + 1)
    return rows
