"""Between a row of SQL and the item that it stands for, and the one condition for seeing it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import col

from domain.clearance import Clearance, ConfidentialityLevel
from domain.knowledge import ItemKey, KnowledgeItem
from storage.tables import KnowledgeRow

LEVELS = tuple(ConfidentialityLevel)


def visible_to(clearance: Clearance, now: datetime) -> ColumnElement[bool]:
    """Return the condition under which a row exists for a reader: permitted and not expired.

    Every query for content goes through this. The permitted levels are listed, so a rank outside
    the five levels matches nothing.
    """
    return and_(
        permitted_to(clearance),
        or_(col(KnowledgeRow.expires_at).is_(None), col(KnowledgeRow.expires_at) > now),
    )


def permitted_to(clearance: Clearance) -> ColumnElement[bool]:
    """Return the condition under which a row may be read or written, expired or not."""
    return col(KnowledgeRow.level_rank).in_([level.rank for level in clearance.readable_levels])


def addressed_by(knowledge_id: str) -> ColumnElement[bool]:
    """Return the condition that a row has this id; what no id can be matches nothing."""
    try:
        knowledge_id.encode()
    except UnicodeEncodeError:
        return false()
    return false() if "\x00" in knowledge_id else col(KnowledgeRow.knowledge_id) == knowledge_id


def header_fields(row: KnowledgeRow) -> dict[str, Any]:
    """Return the fields of a `KnowledgeHeader` for *row*."""
    return {
        "knowledge_id": row.knowledge_id,
        "title": row.title,
        "category": row.category,
        "confidentiality_level": LEVELS[row.level_rank],
        "strategic_priority": row.strategic_priority,
        "source": row.source,
        "tags": tuple(row.tags),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "expires_at": row.expires_at,
    }


def item_of(row: KnowledgeRow) -> KnowledgeItem:
    """Return the item that *row* holds."""
    return KnowledgeItem(
        **header_fields(row), content=row.content, metadata=dict(row.item_metadata)
    )


def key_of(row: KnowledgeRow) -> ItemKey:
    """Return the address of the item that *row* holds."""
    return ItemKey(knowledge_id=row.knowledge_id, confidentiality_level=LEVELS[row.level_rank])


def columns_of(item: KnowledgeItem, *, clock_filled: Collection[str]) -> dict[str, Any]:
    """Return the columns that *item* decides; times in *clock_filled* are no part of its digest."""
    return {
        "knowledge_id": item.knowledge_id,
        "level_rank": item.confidentiality_level.rank,
        "title": item.title,
        "category": item.category.value,
        "strategic_priority": item.strategic_priority,
        "source": item.source,
        "tags": list(item.tags),
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "expires_at": item.expires_at,
        "content": item.content,
        "content_digest": content_digest(item.content),
        "record_digest": _record_digest(item, clock_filled),
        "item_metadata": item.metadata,
    }


def content_digest(content: str) -> str:
    """Return the SHA-256 of *content*, hexadecimal."""
    return hashlib.sha256(content.encode()).hexdigest()


def _record_digest(item: KnowledgeItem, clock_filled: Collection[str]) -> str:
    given = item.model_dump(mode="json", exclude=set(clock_filled))
    canonical = json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
