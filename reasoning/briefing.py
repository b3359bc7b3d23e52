"""A CEO briefing: what needs a decision, and what became of each item since the reader's last edition.

An edition remembers a state for every item that it covered. The next one compares: an item is resolved
only when it can no longer be seen (expired, deleted) or says itself that it is closed, never because
it grew old. The label covers every item, every remembered item and the edition before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.analysis import Degradation
from domain.briefing import CeoBriefing, Change, ChangeKind, ItemState
from domain.clearance import ConfidentialityLevel, high_water_mark
from domain.evidence import Finding, RetrievedItem, Source
from domain.knowledge import Domain, ItemKey, domain_of
from domain.summary import StrategicSummary, TimeHorizon
from reasoning.cues import Role, says_closed
from reasoning.quoting import Quote, as_evidence
from reasoning.recommendations import asks_in, recommendations_from
from reasoning.salience import Reading, Said, readings_of, titled
from reasoning.summary import foreseen_risks, sources_of

MOST_HEADLINES = 3
MOST_DECISIONS = 12
MOST_CHANGES_OF_A_KIND = 40
"""What an edition lists of each kind; it remembers every item all the same."""

_KINDS = (
    ChangeKind.ESCALATED,
    ChangeKind.NEW,
    ChangeKind.CHANGED,
    ChangeKind.RESOLVED,
    ChangeKind.STILL_OPEN,
)


def compose_briefing(
    *,
    briefing_id: str,
    reader: str,
    time_horizon: TimeHorizon,
    summaries: Sequence[StrategicSummary],
    items: Sequence[RetrievedItem],
    previous_states: tuple[ItemState, ...] | None,
    previous_briefing_id: str | None,
    now: datetime,
    previous_label: ConfidentialityLevel | None,
    degraded: tuple[Degradation, ...] = (),
) -> CeoBriefing:
    """Return the edition for *reader* as of *now*.

    *items* are all items that the reader may read of the window, and those that the previous edition
    listed and that can still be read. *previous_states* and *previous_label* are None on a first
    edition; the states must hold nothing above the reader's clearance of today.
    """
    readings = readings_of(item for item in items if not _is_expired(item, now))
    said = Said()
    asks = [ask for ask in asks_in(readings, now) if ask.is_decision]
    decisions = recommendations_from(asks, now, said=said, limit=MOST_DECISIONS)
    changes = _changes(previous_states or (), readings, now)
    news = [change for change in changes if change.kind is not ChangeKind.STILL_OPEN]
    headline = _headline(
        readings, {evidence.key for one in decisions for evidence in one.evidence}, news, said
    )
    listed = _listed(changes)
    domains = _with_news(summaries, {one.owner_domain for one in decisions}, news)
    cited = [*headline, *decisions, *(change.finding for change in listed if change.finding)]
    return CeoBriefing(
        confidentiality_level=high_water_mark(
            [
                *(item.confidentiality_level for item in items),
                *(summary.confidentiality_level for summary in summaries),
                *(state.confidentiality_level for state in previous_states or ()),
                previous_label or ConfidentialityLevel.PUBLIC,
            ]
        ),
        sources=_all_sources(sources_of(cited, items), domains),
        briefing_id=briefing_id,
        reader=reader,
        time_horizon=time_horizon,
        generated_at=now,
        window_start=now - time_horizon.duration,
        previous_briefing_id=previous_briefing_id,
        nothing_material=not decisions and not news,
        headline=headline,
        decisions=decisions,
        changes=listed,
        domains=domains,
        item_states=item_states(reading.item for reading in readings),
        degraded=degraded,
    )


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

    Within a kind by priority, then id and level. Without a previous edition everything is new. An item
    whose level moved is the same item, if it stands at one level in both editions.
    """
    readings = readings_of(item for item in current if not _is_expired(item, now))
    return _changes(previous or (), readings, now)


def _changes(
    previous: Iterable[ItemState], readings: Sequence[Reading], now: datetime
) -> tuple[Change, ...]:
    before = {_key(state): state for state in previous}
    after = {reading.item.key for reading in readings}
    moved = _moved(before, after)
    changes: list[Change] = []
    for reading in readings:
        old = before.get(reading.item.key) or moved.get(reading.item.key)
        kind = ChangeKind.NEW if old is None else _kind(old, reading, now)
        if kind is not None:
            changes.append(_change(kind, reading, old, now))
    relabelled = {_key(state) for state in moved.values()}
    changes += [
        _gone(state) for key, state in before.items() if key not in after and key not in relabelled
    ]
    return tuple(sorted(changes, key=_order))


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
    facts = [quote for quote in reading.by_salience if Role.DECISION not in quote.roles]
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


def _order(change: Change) -> tuple[int, int, str, int]:
    return (
        _KINDS.index(change.kind),
        -change.strategic_priority,
        change.knowledge_id,
        change.confidentiality_level.rank,
    )


def _listed(changes: Sequence[Change]) -> tuple[Change, ...]:
    return tuple(
        change
        for kind in _KINDS
        for change in [one for one in changes if one.kind is kind][:MOST_CHANGES_OF_A_KIND]
    )


def _headline(
    readings: Sequence[Reading], asking: set[ItemKey], news: Sequence[Change], said: Said
) -> tuple[Finding, ...]:
    """Return the facts behind the weightiest items that ask for a decision or are news.

    Those that ask come first among items of one priority, then escalated ones. What is asked itself
    stands among the decisions and is not repeated.
    """
    kinds = {_key(change): _KINDS.index(change.kind) for change in news}
    weightiest = sorted(
        (one for one in readings if one.item.key in kinds or one.item.key in asking),
        key=lambda one: (
            -one.item.strategic_priority,
            one.item.key not in asking,
            kinds.get(one.item.key, len(_KINDS)),
        ),
    )
    found: list[Finding] = []
    for reading in weightiest:
        if len(found) < MOST_HEADLINES:
            quote = said.first_new([*reading.telling(*Role), *reading.by_salience])
            if quote is not None:
                found.append(Finding(statement=titled(quote), evidence=(as_evidence(quote),)))
    return tuple(found)


def _with_news(
    summaries: Iterable[StrategicSummary], asked: set[Domain], news: Iterable[Change]
) -> tuple[StrategicSummary, ...]:
    touched = asked | {domain_of(change.category) for change in news}
    order = list(Domain)
    chosen = [one for one in summaries if one.items_considered and one.domain in touched]
    return tuple(sorted(chosen, key=lambda summary: order.index(summary.domain)))


def _all_sources(own: Iterable[Source], domains: Iterable[StrategicSummary]) -> tuple[Source, ...]:
    by_key = {source.key: source for summary in domains for source in summary.sources}
    by_key |= {source.key: source for source in own}
    return tuple(
        sorted(
            by_key.values(),
            key=lambda source: (source.knowledge_id, source.confidentiality_level.rank),
        )
    )


def _key(entry: ItemState | Change) -> ItemKey:
    return ItemKey(
        knowledge_id=entry.knowledge_id, confidentiality_level=entry.confidentiality_level
    )


def _is_expired(item: RetrievedItem, now: datetime) -> bool:
    return item.expires_at is not None and item.expires_at <= now


def _digest(item: RetrievedItem) -> str:
    """Return the SHA-256 of the item's content, which a window's items carry as one passage."""
    digest = hashlib.sha256()
    for passage in sorted(item.passages, key=lambda passage: passage.start):
        digest.update(passage.text.encode())
    return digest.hexdigest()
