"""The windows that the index holds of items, with their vectors: cut, embedded, handed on.

Which texts share a batch moves the last bits of a vector. So a batch is of one level, is cut before
anything is embedded, and is embedded whole, by whichever process: the same items give the same bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel
from domain.errors import StorageError
from domain.model import FrozenModel
from domain.sentences import Span
from storage.chunking import window_spans
from storage.database import Database
from storage.embeddings import EmbeddingModel
from storage.tables import KnowledgeRow

if TYPE_CHECKING:
    import pyarrow as pa

    from storage.index_rows import Window

_OVERLAP_TOKENS = 40
_MOST_TITLE_TOKENS = 32
_MARKERS_CHARACTERS = 200


class IndexBatch(FrozenModel):
    """Items of one level that the index is to agree with the truth about, by their keys, sorted."""

    level: ConfidentialityLevel
    item_keys: tuple[str, ...]


class ItemWindows:
    """Reads items from the truth and makes their windows."""

    def __init__(self, database: Database, model: EmbeddingModel) -> None:
        self._database = database
        self._model = model

    async def rows(self, batch: IndexBatch) -> Sequence[KnowledgeRow]:
        """Return those items of *batch* that are stored at its level, by id."""
        stored = (
            select(KnowledgeRow)
            .where(
                col(KnowledgeRow.item_key).in_(batch.item_keys),
                col(KnowledgeRow.level_rank) == batch.level.rank,
            )
            .order_by(col(KnowledgeRow.knowledge_id))
        )
        async with self._database.reading() as session:
            return (await session.execute(stored)).scalars().all()

    async def embedded(self, rows: Sequence[KnowledgeRow], level: ConfidentialityLevel) -> pa.Table:
        """Return the windows of *rows* with their vectors, embedded as one batch."""
        from storage.index_rows import window_rows  # noqa: PLC0415 - pyarrow, for writers only

        windows = await asyncio.to_thread(self._cut, rows)
        vectors = await self._model.embed([window.text for window in windows])
        return window_rows(windows, vectors, await self._model.identity(), level)

    async def are_of(self, windows: pa.Table, rows: Sequence[KnowledgeRow]) -> bool:
        """Whether *windows* were made from *rows* as they stand: the same versions of the same items.

        Raises `StorageError` when another model than this process's made them.
        """
        from storage.index_schema import window_schema  # noqa: PLC0415 - as above

        if windows.schema.metadata != window_schema(await self._model.identity()).metadata:
            raise StorageError(
                "a process that embeds has another model than this one: give both the same "
                "DIARCHY_EMBEDDING_MODEL"
            )
        keys: list[str] = windows["item_key"].to_pylist()
        versions: list[int] = windows["version"].to_pylist()
        return dict.fromkeys(zip(keys, versions, strict=True)) == dict.fromkeys(
            (row.item_key, row.version) for row in rows
        )

    def spans(self, content: str) -> list[Span]:
        """Return where the windows of *content* begin and end."""
        spans = window_spans(
            content,
            offsets_of_tokens=self._model.offsets_of_tokens,
            max_tokens=self._model.max_tokens - _MOST_TITLE_TOKENS,
            overlap_tokens=_OVERLAP_TOKENS,
        )
        # Nothing but list markers: there is still something to find.
        return spans or [Span(0, min(len(content), _MARKERS_CHARACTERS))]

    def _cut(self, rows: Sequence[KnowledgeRow]) -> list[Window]:
        from storage.index_rows import Window  # noqa: PLC0415 - as above

        windows: list[Window] = []
        for row in rows:
            title = self._title(row)
            for span in self.spans(row.content):
                text = f"{title}\n{row.content[span.start : span.end]}"
                windows.append(Window(row, span, text))
        return windows

    def _title(self, row: KnowledgeRow) -> str:
        """Return what of the title stands before each window: enough to tell what it is about."""
        offsets = self._model.offsets_of_tokens([row.title])[0]
        return (
            row.title
            if len(offsets) <= _MOST_TITLE_TOKENS
            else (row.title[: offsets[_MOST_TITLE_TOKENS - 1][1]])
        )


def as_bytes(windows: pa.Table) -> bytes:
    """Return *windows* in the form in which they leave the process that made them; seal it."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, windows.schema) as writer:
        writer.write_table(windows)
    return stream.getvalue().to_pybytes()


def from_bytes(stream: bytes) -> pa.Table:
    """Return the windows that `as_bytes` wrote."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    with pa.ipc.open_stream(stream) as reader:
        return reader.read_all()
