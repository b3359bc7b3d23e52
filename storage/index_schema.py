"""The columns of a level's two LanceDB tables, and the stamp that says which model made the vectors.

Both carry the columns that a search filters by. None may be missing: a filter on a missing value
would have to be written twice, and forgetting one half of it would show what has expired.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa

from storage.embeddings import EmbeddingIdentity

NEVER_EXPIRES = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands in the index for "no expiry"."""


def window_schema(identity: EmbeddingIdentity) -> pa.Schema:
    """Return the columns of a level's windows, stamped with the model that made the vectors."""
    return pa.schema(
        [
            *_FILTERABLE,
            pa.field("start", pa.int64(), nullable=False),
            pa.field("length", pa.int64(), nullable=False),
            pa.field("vector", pa.list_(pa.float32(), identity.dimension), nullable=False),
        ],
        metadata=model_stamp(identity),
    )


def model_stamp(identity: EmbeddingIdentity) -> dict[str | bytes, str | bytes]:
    """Return what a table's schema says of the model that made its vectors."""
    return {
        "diarchy:model": identity.model,
        "diarchy:weights_sha256": identity.weights_sha256,
        "diarchy:dimension": str(identity.dimension),
    }


def text_schema() -> pa.Schema:
    """Return the columns of a level's items: their text and, cut by the index, its distinct words."""
    return pa.schema(
        [
            *_FILTERABLE,
            pa.field("text", pa.string(), nullable=False),
            pa.field("words", pa.list_(pa.string()), nullable=False),
            pa.field("word_counts", pa.list_(pa.int32()), nullable=False),
        ]
    )


_FILTERABLE = (
    pa.field("item_key", pa.string(), nullable=False),
    pa.field("knowledge_id", pa.string(), nullable=False),
    pa.field("version", pa.int64(), nullable=False),
    pa.field("confidentiality_level", pa.int8(), nullable=False),
    pa.field("category", pa.string(), nullable=False),
    pa.field("strategic_priority", pa.int8(), nullable=False),
    pa.field("updated_at", pa.timestamp("us", tz="UTC"), nullable=False),
    pa.field("expires_at", pa.timestamp("us", tz="UTC"), nullable=False),
)
