"""A CEO briefing: what needs a decision, and what became of each item since the reader's last edition.

Of many new items the weightiest are listed and the others counted. The label covers every item, every
remembered item and the edition before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.analysis import Degradation
from domain.briefing import (
    AlertNotice,
    BriefingAlert,
    CeoBriefing,
    Change,
    ChangeKind,
    ItemState,
)
from domain.clearance import ConfidentialityLevel, high_water_mark
from domain.evidence import Finding, RetrievedItem, Source
from domain.knowledge import Domain, ItemKey, domain_of
from domain.summary import StrategicSummary, TimeHorizon
from reasoning.changes import KINDS, changes_of, changes_since, is_expired, item_states, key_of
from reasoning.contradictions import to_settle
from reasoning.cues import Role
from reasoning.placing import titled
from reasoning.quoting import as_evidence
from reasoning.recommendations import asks_in, recommendations_from
from reasoning.salience import Reading, Said, readings_of
from reasoning.summary import sources_of

__all__ = ["changes_since", "compose_briefing", "item_states"]

MOST_HEADLINES = 3
MOST_DECISIONS = 7
MOST_ALERTED = 5
MOST_TO_SETTLE = 2
MOST_NEW = 15
MOST_CHANGES_OF_A_KIND = 40
"""What an edition lists of each kind; it remembers every item all the same."""

_MOST = {ChangeKind.NEW: MOST_NEW}


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
    alert: AlertNotice | None = None,
    alerted: Sequence[RetrievedItem] = (),
    degraded: tuple[Degradation, ...] = (),
) -> CeoBriefing:
    """Return the edition for *reader* as of *now*.

    *items* are all items that the reader may read of the window, and those that the previous edition
    listed and that can still be read. *previous_states* and *previous_label* are None on a first
    edition; the states must hold nothing above the reader's clearance of today. *alerted* are the
    items that *alert* names and the reader may read.
    """
    readings = readings_of(item for item in items if not is_expired(item, now))
    said = Said()
    told = _told_by_alert(alert, alerted, now, said)
    asks = [ask for ask in asks_in(readings, now) if ask.is_decision]
    decisions = recommendations_from(asks, now, said=said, limit=MOST_DECISIONS)
    decisions += to_settle(
        [reading.item for reading in readings],
        now,
        ranked_after=len(decisions),
        limit=MOST_TO_SETTLE,
    )
    changes = changes_of(previous_states or (), readings, now)
    news = [change for change in changes if change.kind is not ChangeKind.STILL_OPEN]
    headline = _headline(
        readings, {evidence.key for one in decisions for evidence in one.evidence}, news, said
    )
    listed = _listed(changes)
    domains = _with_news(summaries, {one.owner_domain for one in decisions}, news)
    cited = [
        *(told.findings if told else ()),
        *headline,
        *decisions,
        *(change.finding for change in listed if change.finding),
    ]
    return CeoBriefing(
        confidentiality_level=high_water_mark(
            [
                *(item.confidentiality_level for item in items),
                *(summary.confidentiality_level for summary in summaries),
                *(state.confidentiality_level for state in previous_states or ()),
                previous_label or ConfidentialityLevel.PUBLIC,
                *(item.confidentiality_level for item in alerted),
                alert.confidentiality_level if alert else ConfidentialityLevel.PUBLIC,
            ]
        ),
        sources=_all_sources(sources_of(cited, [*items, *alerted]), domains),
        briefing_id=briefing_id,
        reader=reader,
        time_horizon=time_horizon,
        generated_at=now,
        window_start=now - time_horizon.duration,
        previous_briefing_id=previous_briefing_id,
        nothing_material=not decisions and not news and told is None,
        headline=headline,
        decisions=decisions,
        changes=listed,
        changes_omitted=len(changes) - len(listed),
        domains=domains,
        item_states=item_states(reading.item for reading in readings),
        alert=told,
        degraded=degraded,
    )


def _told_by_alert(
    alert: AlertNotice | None, alerted: Sequence[RetrievedItem], now: datetime, said: Said
) -> BriefingAlert | None:
    """Return the alert with what its items say first, the weightiest item first."""
    if alert is None:
        return None
    readings = readings_of(item for item in alerted if not is_expired(item, now))
    findings: list[Finding] = []
    for reading in sorted(readings, key=lambda one: -one.item.strategic_priority):
        quote = said.first_new([*reading.telling(*Role), *reading.by_salience])
        if quote is not None:
            findings.append(Finding(statement=titled(quote), evidence=(as_evidence(quote),)))
    return BriefingAlert(
        event_id=alert.event_id,
        alert_category=alert.alert_category,
        priority_level=alert.priority_level,
        findings=tuple(findings[:MOST_ALERTED]),
    )


def _listed(changes: Sequence[Change]) -> tuple[Change, ...]:
    return tuple(
        change
        for kind in KINDS
        for change in [one for one in changes if one.kind is kind][
            : _MOST.get(kind, MOST_CHANGES_OF_A_KIND)
        ]
    )


def _headline(
    readings: Sequence[Reading], asking: set[ItemKey], news: Sequence[Change], said: Said
) -> tuple[Finding, ...]:
    """Return the facts behind the weightiest items that ask for a decision or are news.

    Those that ask come first among items of one priority, then escalated ones. What is asked itself
    stands among the decisions and is not repeated.
    """
    kinds = {key_of(change): KINDS.index(change.kind) for change in news}
    weightiest = sorted(
        (one for one in readings if one.item.key in kinds or one.item.key in asking),
        key=lambda one: (
            -one.item.strategic_priority,
            one.item.key not in asking,
            kinds.get(one.item.key, len(KINDS)),
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
