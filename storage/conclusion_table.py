"""One level's LanceDB table of conclusions: their ids and their vectors, no words.

It lies in the level's own database beside the knowledge tables, under a name that no search for
knowledge opens. What a conclusion says, and who may read it now, the truth tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import pyarrow as pa
from lancedb import AsyncConnection, AsyncTable
from pyarrow import compute

from domain.errors import IndexMismatch, StorageError
from storage.embeddings import EmbeddingIdentity, Vectors
from storage.index_errors import translated_index_errors
from storage.index_schema import model_stamp

CONCLUSIONS = "conclusions"
"""The table's name in each level's database."""
_MERGED_EVERY = 50
"""Versions after which small files are merged: each addition makes one, and a search reads them all."""
_KEEP_OLD_VERSIONS = timedelta(minutes=10)
_AT_ONCE = timedelta(milliseconds=1)
"""As good as zero, which LanceDB warns about; the caller holds the lock that the warning asks for."""


class Near(NamedTuple):
    """A conclusion and how near it is."""

    conclusion_id: str
    cosine: float


class ConclusionTable:
    """The vectors of one level's conclusions."""

    def __init__(
        self, connection: AsyncConnection, table: AsyncTable, identity: EmbeddingIdentity
    ) -> None:
        self._connection = connection
        self._table = table
        self._stamp = _schema(identity).metadata

    @translated_index_errors()
    async def check_stamp(self) -> None:
        """Raise `IndexMismatch` when another model made the vectors, also since the table was opened."""
        if (await self._table.schema()).metadata != self._stamp:
            raise IndexMismatch

    @translated_index_errors()
    async def nearest(self, vector: Any, limit: int) -> list[Near]:
        """Return the *limit* nearest, compared one by one; how equals are ordered is left open."""
        found = self._table.query().nearest_to(vector).distance_type("dot")
        rows = await found.select(["conclusion_id", "_distance"]).limit(limit).to_arrow()
        return [Near(row["conclusion_id"], 1 - row["_distance"]) for row in rows.to_pylist()]

    @translated_index_errors()
    async def put(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add conclusions, or replace those of the same ids."""
        rows = _rows(ids, vectors, await self._table.schema())
        merge = self._table.merge_insert("conclusion_id")
        await merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)
        if await self._table.version() % _MERGED_EVERY == 0:
            await self._table.optimize(cleanup_older_than=_KEEP_OLD_VERSIONS)

    @translated_index_errors()
    async def ids(self) -> list[str]:
        """Return the ids of everything that the table holds, sorted."""
        rows = await self._table.query().select(["conclusion_id"]).to_arrow()
        return sorted(rows["conclusion_id"].to_pylist())

    @translated_index_errors()
    async def keep_only(self, ids: Sequence[str]) -> None:
        """Write the table anew with nothing but *ids*, and drop every older version of it.

        Deleting leaves rows in old files; only a rewrite does not. No other process may be writing.
        """
        schema = await self._table.schema()
        held = (await self._table.query().to_arrow()).cast(schema)
        wanted = pa.array(ids, pa.string())
        rows = held.filter(compute.is_in(held["conclusion_id"], value_set=wanted))  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue] - made when it is imported
        self._table = await self._connection.create_table(
            CONCLUSIONS, rows, schema=schema, mode="overwrite"
        )
        await self._table.optimize(cleanup_older_than=_AT_ONCE, delete_unverified=True)
        if len(await self._table.list_versions()) != 1:
            raise StorageError("older versions of the conclusions remain after an erasure")


@translated_index_errors()
async def find_conclusion_table(
    connection: AsyncConnection, identity: EmbeddingIdentity
) -> ConclusionTable | None:
    """Open the table, or return None where there is none. Raises `IndexMismatch` for another model's."""
    if not await has_conclusion_table(connection):
        return None
    table = ConclusionTable(connection, await connection.open_table(CONCLUSIONS), identity)
    await table.check_stamp()
    return table


@translated_index_errors()
async def create_conclusion_table(
    connection: AsyncConnection, identity: EmbeddingIdentity
) -> ConclusionTable:
    """Make the table empty, in place of the one that is there."""
    table = await connection.create_table(
        CONCLUSIONS,
        schema=_schema(identity),
        mode="overwrite" if await has_conclusion_table(connection) else "create",
    )
    return ConclusionTable(connection, table, identity)


@translated_index_errors()
async def has_conclusion_table(connection: AsyncConnection) -> bool:
    """Return whether there is a table, whichever model made it."""
    return CONCLUSIONS in (await connection.list_tables()).tables


def _schema(identity: EmbeddingIdentity) -> pa.Schema:
    return pa.schema(
        [
            pa.field("conclusion_id", pa.string(), nullable=False),
            pa.field("vector", pa.list_(pa.float32(), identity.dimension), nullable=False),
        ],
        metadata=model_stamp(identity),
    )


def _rows(ids: Sequence[str], vectors: Vectors, schema: pa.Schema) -> pa.Table:
    columns = {"conclusion_id": list(ids), "vector": [row.tolist() for row in vectors]}
    return pa.Table.from_pydict(columns, schema=schema)
