"""One level's vectors in memory, searched exactly.

An exact scan has no statistics that a hidden row could move. Rows are ordered by id and offset, so
equal scores come back in one order however the table is laid out on disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from domain.knowledge import KnowledgeCategory
from domain.ranking import Candidates
from storage.embeddings import Vectors
from storage.level_words import WordScores

if TYPE_CHECKING:
    import pyarrow as pa

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


@dataclass(frozen=True)
class _Visible:
    """Which items could be seen at some moment, and how many had expired by then."""

    expired: int
    items: NDArray[np.bool_]
    rows: NDArray[np.intp]
    """Every window of those items."""


@dataclass(frozen=True, eq=False)
class LevelMatrix:
    """Every window of one level, item by item: `vectors` has shape (windows, dimension)."""

    level_rank: int
    table_version: int
    vectors: Vectors
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    first_rows: NDArray[np.int64]
    """Item i's windows are the rows from `first_rows[i]` up to `first_rows[i + 1]`."""
    item_of_row: NDArray[np.intp]
    knowledge_ids: list[str]
    """One an item, ascending; an id is unique within a level. So are the columns below."""
    item_keys: list[str]
    versions: NDArray[np.int64]
    priorities: NDArray[np.int64]
    category_codes: NDArray[np.int8]
    expires_at: NDArray[np.int64]
    """Microseconds since 1970."""
    _last_visible: dict[tuple[KnowledgeCategory, ...] | None, _Visible] = field(
        default_factory=dict[tuple[KnowledgeCategory, ...] | None, _Visible]
    )

    @classmethod
    def of(cls, table: pa.Table, *, level_rank: int, table_version: int) -> LevelMatrix:
        """Arrange *table*, which holds `MATRIX_COLUMNS`."""
        ordered = table.sort_by([("knowledge_id", "ascending"), ("start", "ascending")])
        dimension = cast("pa.FixedSizeListType", table.schema.field("vector").type).list_size
        flat = cast("pa.FixedSizeListArray", ordered["vector"].combine_chunks()).flatten()
        id_of_row = cast("list[str]", ordered["knowledge_id"].to_pylist())
        first_rows = _first_rows(id_of_row)
        items = ordered.take(first_rows[:-1])
        return cls(
            level_rank=level_rank,
            table_version=table_version,
            vectors=np.ascontiguousarray(
                np.asarray(flat, dtype=np.float32).reshape(ordered.num_rows, dimension)
            ),
            starts=np.asarray(ordered["start"], dtype=np.int64),
            lengths=np.asarray(ordered["length"], dtype=np.int64),
            first_rows=first_rows,
            item_of_row=np.repeat(np.arange(items.num_rows), np.diff(first_rows)),
            knowledge_ids=[id_of_row[row] for row in first_rows[:-1]],
            item_keys=cast("list[str]", items["item_key"].to_pylist()),
            versions=np.asarray(items["version"], dtype=np.int64),
            priorities=np.asarray(items["strategic_priority"], dtype=np.int64),
            category_codes=np.asarray(
                [
                    _CATEGORY_CODES[KnowledgeCategory(name)]
                    for name in items["category"].to_pylist()
                ],
                dtype=np.int8,
            ),
            expires_at=np.asarray(items["expires_at"].cast("int64"), dtype=np.int64),
        )

    def scores(self, queries: Vectors) -> NDArray[np.float32]:
        """Return the cosines, shape (queries, windows)."""
        if len(queries) == 1:
            return (self.vectors @ queries[0])[np.newaxis, :]
        return np.ascontiguousarray((self.vectors @ queries.T).T)

    def visible(
        self, *, categories: tuple[KnowledgeCategory, ...] | None, now: datetime
    ) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """Return which items are unexpired and of one of *categories* (None: of any), and their rows."""
        unexpired = self.expires_at > _microseconds(now)
        expired = len(unexpired) - int(np.count_nonzero(unexpired))
        last = self._last_visible.get(categories)
        # Time only adds to what has expired: as many as last time are the same ones.
        if last is None or last.expired != expired:
            items = unexpired
            if categories is not None:
                codes = [_CATEGORY_CODES[category] for category in categories]
                items = unexpired & np.isin(self.category_codes, codes)
            last = _Visible(expired, items, np.flatnonzero(items[self.item_of_row]))
            self._last_visible[categories] = last
        return last.items, last.rows

    def rows_of(self, item: int) -> range:
        """Return the rows of an item's windows."""
        return range(int(self.first_rows[item]), int(self.first_rows[item + 1]))

    def candidates(
        self, rows: Sequence[int], cosines: NDArray[np.float32], words: WordScores
    ) -> Candidates:
        """Return the windows at *rows* with their scores; *cosines* holds every window's."""
        places = np.asarray(rows, dtype=np.intp)
        items = self.item_of_row[places]
        numbers = items.tolist()
        return Candidates(
            item_keys=[self.item_keys[item] for item in numbers],
            knowledge_ids=[self.knowledge_ids[item] for item in numbers],
            level_ranks=np.full(len(places), self.level_rank),
            strategic_priorities=self.priorities[items],
            versions=self.versions[items],
            starts=self.starts[places],
            lengths=self.lengths[places],
            cosines=cosines[places].astype(np.float64),
            text_scores=words.scores[items].astype(np.float64),
            coverages=words.coverages[items].astype(np.float64),
        )


def highest(scores: NDArray[np.float32], places: NDArray[np.intp], limit: int) -> NDArray[np.intp]:
    """Return those of *places* with the highest *scores*, all that tie with the last included."""
    if len(places) <= limit:
        return places
    of_places = scores[places]
    cut = np.partition(of_places, len(places) - limit)[len(places) - limit]
    return places[of_places >= cut]


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _first_rows(id_of_row: Sequence[str]) -> NDArray[np.int64]:
    """Return the first row of each run of equal ids, and the number of rows at the end."""
    firsts = [row for row, name in enumerate(id_of_row) if row == 0 or name != id_of_row[row - 1]]
    return np.asarray([*firsts, len(id_of_row)], dtype=np.int64)
