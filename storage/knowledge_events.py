"""What a batch of the indexer did to the items of one level, told as an event.

The event stands in the transaction that takes the batch off the outbox and moves the level's epoch on,
and its id is the epoch's: there is one for each batch that was committed, and none for another. An item
that is gone is named as the index had it; whose index entry is gone too, nobody can name any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from domain.clearance import ConfidentialityLevel
from domain.events import (
    ChangeKind,
    Event,
    EventDomain,
    KnowledgeChange,
    UpdateType,
    knowledge_update,
)
from domain.knowledge import KnowledgeCategory
from storage.tables import KnowledgeRow

IndexedItems = Mapping[str, tuple[str, str]]
"""The knowledge id and the category of items that the index holds, by item key."""


def changes_of(
    rows: Sequence[KnowledgeRow], *, held: IndexedItems, tried_before: Collection[str]
) -> list[KnowledgeChange]:
    """Return what becomes of a level's items when *rows* stand where the index *held* what it did.

    What a killed run may have taken out of the index counts as changed, not as added.
    """
    stored = {row.item_key for row in rows}
    known = {*held, *tried_before}
    kept = [
        KnowledgeChange(
            knowledge_id=row.knowledge_id,
            category=KnowledgeCategory(row.category),
            change=ChangeKind.CHANGED if row.item_key in known else ChangeKind.ADDED,
        )
        for row in rows
    ]
    removed = [
        KnowledgeChange(
            knowledge_id=knowledge_id,
            category=KnowledgeCategory(category),
            change=ChangeKind.REMOVED,
        )
        for item_key, (knowledge_id, category) in sorted(held.items())
        if item_key not in stored
    ]
    return kept + removed


def update_event(
    level: ConfidentialityLevel,
    *,
    epoch: int,
    occurred_at: datetime,
    changes: Sequence[KnowledgeChange],
) -> Event:
    """Return the event of the batch that moved the level on to *epoch*."""
    return knowledge_update(
        event_id=f"knowledge-{level.value}-{epoch}",
        occurred_at=occurred_at,
        source_domain=EventDomain.SHARED,
        update_type=_update_type(one.change for one in changes),
        confidentiality_level=level,
        changes=changes,
    )


def _update_type(kinds: Iterable[ChangeKind]) -> UpdateType:
    of_all = set(kinds)
    if of_all == {ChangeKind.ADDED}:
        return UpdateType.CREATED
    # Of a batch of items that nobody can name, all that is known is that they are gone.
    return UpdateType.DELETED if of_all <= {ChangeKind.REMOVED} else UpdateType.UPDATED
