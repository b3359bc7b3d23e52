"""What became of each item since an edition: new, escalated, changed, resolved, still open.

An edition remembers a state for every item that it covered. An item is resolved only when it can no longer
be seen (expired, deleted) or says itself that it is closed, never because it grew old.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.briefing import Change, ChangeKind, ItemState
from domain.evidence import Finding, RetrievedItem
from domain.knowledge import ItemKey
from domain.window import WindowItem
from reasoning.cues import Role, says_closed
from reasoning.quoting import Quote, as_evidence
from reasoning.recommendations import asks_in
from reasoning.salience import Reading, readings_of
from reasoning.summary import foreseen_risks

KINDS = (
    ChangeKind.ESCALATED,
    ChangeKind.NEW,
    ChangeKind.CHANGED,
    ChangeKind.RESOLVED,
    ChangeKind.STILL_OPEN,
)
"""In the order in which an edition lists them."""


def item_states(items: Iterable[RetrievedItem]) -> tuple[ItemState, ...]:
    """Return what an edition remembers of *items*, by id and level."""
    states = [
        ItemState(
            knowledge_id=item.knowledge_id,
            confidentiality_level=item.confidentiality_level,
            title=item.title,
            category=item.category,
            strategic_priority=item.strategic_priority,
            content_digest=_digest(item),
        )
        for item in items
    ]
    return tuple(
        sorted(states, key=lambda state: (state.knowledge_id, state.confidentiality_level.rank))
    )


def changes_since(
    previous: tuple[ItemState, ...] | None, current: Iterable[RetrievedItem], now: datetime
) -> tuple[Change, ...]:
    """Return what became of each item: escalated first, then new, changed, resolved and still open.

    Within a kind by priority, then the latest first, then id and level. Without a previous edition
    everything is new. An item whose level moved is the same item, if it stands at one level in both editions.
    """
    readings = readings_of(item for item in current if not is_expired(item, now))
    return changes_of(previous or (), readings, now)


def changes_of(
    previous: Iterable[ItemState], readings: Sequence[Reading], now: datetime
) -> tuple[Change, ...]:
    """Return the same for items that are already read; none of them may be expired."""
    before = {key_of(state): state for state in previous}
    after = {reading.item.key for reading in readings}
    moved = _moved(before, after)
    changes: list[Change] = []
    for reading in readings:
        old = before.get(reading.item.key) or moved.get(reading.item.key)
        kind = ChangeKind.NEW if old is None else _kind(old, reading, now)
        if kind is not None:
            changes.append(_change(kind, reading, old, now))
    relabelled = {key_of(state) for state in moved.values()}
    gone = [state for key, state in before.items() if key not in after and key not in relabelled]
    changes += [_gone(state) for state in sorted(gone, key=_weight)]
    return tuple(sorted(changes, key=lambda change: KINDS.index(change.kind)))


def _kind(old: ItemState, reading: Reading, now: datetime) -> ChangeKind | None:
    item = reading.item
    is_same_text = old.content_digest == _digest(item)
    if reading.is_closed:
        return None if is_same_text else ChangeKind.RESOLVED
    if (
        item.strategic_priority > old.strategic_priority
        or item.confidentiality_level.rank > old.confidentiality_level.rank
    ):
        return ChangeKind.ESCALATED
    if not is_same_text or (item.strategic_priority, item.confidentiality_level) != (
        old.strategic_priority,
        old.confidentiality_level,
    ):
        return ChangeKind.CHANGED
    return ChangeKind.STILL_OPEN if _open_matters(reading, now) else None


def _open_matters(reading: Reading, now: datetime) -> list[Quote]:
    """Return what *reading* still asks for, then what it says may go wrong."""
    asked = [ask.quote for ask in asks_in((reading,), now) if ask.is_decision]
    return [*asked, *foreseen_risks(reading)]


def _change(kind: ChangeKind, reading: Reading, old: ItemState | None, now: datetime) -> Change:
    item = reading.item
    quote = _telling_quote(kind, reading, now)
    return Change(
        kind=kind,
        knowledge_id=item.knowledge_id,
        confidentiality_level=item.confidentiality_level,
        title=item.title,
        category=item.category,
        strategic_priority=item.strategic_priority,
        previous_priority=None if old is None else old.strategic_priority,
        finding=quote and Finding(statement=quote.statement, evidence=(as_evidence(quote),)),
    )


def _telling_quote(kind: ChangeKind, reading: Reading, now: datetime) -> Quote | None:
    if kind is ChangeKind.RESOLVED:
        return next((quote for quote in reading.by_salience if says_closed(quote.text)), None)
    if kind is ChangeKind.STILL_OPEN:
        return next(iter(_open_matters(reading, now)), None)
    facts = [quote for quote in reading.telling(*Role) if Role.DECISION not in quote.roles]
    return next(iter([*facts, *reading.by_salience]), None)


def _gone(state: ItemState) -> Change:
    return Change(
        kind=ChangeKind.RESOLVED,
        knowledge_id=state.knowledge_id,
        confidentiality_level=state.confidentiality_level,
        title=state.title,
        category=state.category,
        strategic_priority=state.strategic_priority,
        previous_priority=state.strategic_priority,
    )


def _weight(state: ItemState) -> tuple[int, str, int]:
    return -state.strategic_priority, state.knowledge_id, state.confidentiality_level.rank


def _moved(before: dict[ItemKey, ItemState], after: set[ItemKey]) -> dict[ItemKey, ItemState]:
    """Return what each item was that changed its level: one of its id gone, and one come."""
    gone = _only_of_their_id(key for key in before if key not in after)
    come = _only_of_their_id(key for key in after if key not in before)
    return {come[name]: before[gone[name]] for name in come.keys() & gone.keys()}


def _only_of_their_id(keys: Iterable[ItemKey]) -> dict[str, ItemKey]:
    """Return the keys whose id no other of *keys* has, by that id."""
    by_id: dict[str, list[ItemKey]] = {}
    for key in keys:
        by_id.setdefault(key.knowledge_id, []).append(key)
    return {name: alike[0] for name, alike in by_id.items() if len(alike) == 1}


def key_of(entry: ItemState | Change) -> ItemKey:
    """Return the address of the item that *entry* speaks of."""
    return ItemKey(
        knowledge_id=entry.knowledge_id, confidentiality_level=entry.confidentiality_level
    )


def is_expired(item: RetrievedItem, now: datetime) -> bool:
    """Whether *item* is no longer to be seen."""
    return item.expires_at is not None and item.expires_at <= now


def _digest(item: RetrievedItem) -> str:
    """Return the SHA-256 of the item's whole content, also beyond what a window's items carry of it."""
    if isinstance(item, WindowItem):
        return item.content_digest
    digest = hashlib.sha256()
    for passage in sorted(item.passages, key=lambda passage: passage.start):
        digest.update(passage.text.encode())
    return digest.hexdigest()
