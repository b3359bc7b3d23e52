"""The steps of summaries and briefings: select by time, say what matters, compare, store."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from domain.briefing import AlertNotice, CeoBriefing
from domain.clearance import Reader
from domain.knowledge import Domain, ItemKey
from domain.model import FrozenModel
from domain.summary import StrategicSummary, TimeHorizon
from domain.window import WindowItem
from reasoning.briefing import compose_briefing
from reasoning.summary import summarize
from storage.reports import ReportKind
from tasks.cached_summaries import SummaryRequest, digest_of, summary_of
from tasks.identification import RunStamp
from tasks.step import step
from tasks.stores import current_stores

_READING = timedelta(minutes=10)
_THINKING = timedelta(minutes=10)


class DomainWindow(FrozenModel):
    """A domain's items in a horizon's window, and those in the window just before."""

    domain: Domain
    items: tuple[WindowItem, ...]
    items_before: tuple[WindowItem, ...]

    @property
    def item_keys(self) -> set[ItemKey]:
        """The addresses of all of them."""
        return {item.key for item in (*self.items, *self.items_before)}


class PreviousEdition(FrozenModel):
    """A reader's last edition, and which of its items the reader may still see."""

    briefing: CeoBriefing | None
    still_visible: tuple[WindowItem, ...]


@step(name="load-window", timeout=_READING, tags={"retrieval"}, keep_result=True)
async def load_window(
    domain: Domain, time_horizon: TimeHorizon, reader: Reader, run: RunStamp
) -> DomainWindow:
    """Select the domain's items of the window that ends now, and of the one before it."""
    knowledge = current_stores().knowledge
    start = run.now - time_horizon.duration
    before = start - time_horizon.duration
    items = await knowledge.updated_between(
        start, run.now, categories=domain.categories, reader=reader, purpose="summary"
    )
    items_before = await knowledge.updated_between(
        before, start, categories=domain.categories, reader=reader, purpose="summary"
    )
    return DomainWindow(domain=domain, items=items, items_before=items_before)


@step(name="summarize-domain", timeout=_THINKING, tags={"summary"}, keep_result=True)
async def summarize_domain(
    window: DomainWindow, time_horizon: TimeHorizon, reader: Reader, run: RunStamp
) -> StrategicSummary:
    """Say what matters in one domain; said to a reader of that clearance today, it is remembered."""
    request = SummaryRequest(
        domain=window.domain,
        time_horizon=time_horizon,
        day=run.now.date(),
        items=digest_of(window.items),
        items_before=digest_of(window.items_before),
    )
    return await summary_of(
        request,
        reader.clearance,
        now=run.now,
        cache=current_stores().cache,
        summarize=lambda: summarize(
            domain=window.domain,
            time_horizon=time_horizon,
            items=window.items,
            items_before=window.items_before,
            now=run.now,
        ),
    )


@step(name="load-previous-edition", timeout=_READING, tags={"retrieval"}, keep_result=True)
async def load_previous_edition(
    time_horizon: TimeHorizon, reader: Reader, run: RunStamp
) -> PreviousEdition:
    """Find the reader's last edition of that horizon at or below its clearance."""
    stores = current_stores()
    briefing = await stores.reports.find_latest(
        CeoBriefing,
        kind=ReportKind.BRIEFING,
        reader=reader,
        time_horizon=time_horizon,
        other_than=run.report_id,
    )
    if briefing is None:
        return PreviousEdition(briefing=None, still_visible=())
    keys = [
        ItemKey(knowledge_id=state.knowledge_id, confidentiality_level=state.confidentiality_level)
        for state in briefing.item_states
    ]
    visible = await stores.knowledge.still_visible(keys, reader, purpose="briefing")
    return PreviousEdition(briefing=briefing, still_visible=visible)


@step(name="find-edition", timeout=_READING, tags={"briefing"})
async def find_edition(edition: str, reader: Reader) -> CeoBriefing | None:
    """Return the edition of that name when the reader has it already."""
    report_id = edition_report_id(edition, reader)
    return await current_stores().reports.find(CeoBriefing, report_id, reader)


@step(name="load-alerted", timeout=_READING, tags={"retrieval"}, keep_result=True)
async def load_alerted(alert: AlertNotice, reader: Reader) -> tuple[WindowItem, ...]:
    """Return those of the items that an alert names which the reader may see."""
    keys = [
        ItemKey(knowledge_id=name, confidentiality_level=alert.confidentiality_level)
        for name in alert.knowledge_ids
    ]
    return await current_stores().knowledge.still_visible(keys, reader, purpose="alert")


@step(name="compose-briefing", timeout=_THINKING, tags={"briefing"}, keep_result=True)
async def compose_edition(
    windows: Sequence[DomainWindow],
    summaries: Sequence[StrategicSummary],
    previous: PreviousEdition,
    *,
    time_horizon: TimeHorizon,
    reader: Reader,
    run: RunStamp,
    alert: AlertNotice | None = None,
    alerted: Sequence[WindowItem] = (),
) -> CeoBriefing:
    """Join the summaries and tell what changed since the previous edition."""
    in_window = {item.key: item for window in windows for item in window.items}
    remembered = {item.key: item for item in previous.still_visible}
    items = {**remembered, **in_window}
    edition = previous.briefing
    return compose_briefing(
        briefing_id=run.report_id,
        reader=reader.name,
        time_horizon=time_horizon,
        summaries=tuple(summaries),
        items=tuple(items[key] for key in sorted(items, key=_by_id_and_level)),
        previous_states=edition.item_states if edition else None,
        previous_briefing_id=edition.briefing_id if edition else None,
        previous_label=edition.confidentiality_level if edition else None,
        now=run.now,
        alert=alert,
        alerted=alerted,
    )


@step(name="store-summary", timeout=timedelta(minutes=2), tags={"release"})
async def store_summary(
    summary: StrategicSummary, window: DomainWindow, reader: Reader, run: RunStamp
) -> None:
    """Store the summary under its label, audited, before the reader gets it."""
    await current_stores().reports.save(
        summary,
        report_id=run.report_id,
        kind=ReportKind.SUMMARY,
        reader=reader,
        made_from=window.item_keys,
        time_horizon=summary.time_horizon,
    )


@step(name="store-briefing", timeout=timedelta(minutes=2), tags={"release"})
async def store_briefing(
    briefing: CeoBriefing, made_from: set[ItemKey], reader: Reader, run: RunStamp
) -> CeoBriefing:
    """Store the edition under its label, audited, before the reader gets it; return what is stored.

    Of two runs that make the same edition at once, both return the one that came first.
    """
    reports = current_stores().reports
    is_first = await reports.save(
        briefing,
        report_id=run.report_id,
        kind=ReportKind.BRIEFING,
        reader=reader,
        made_from=made_from,
        time_horizon=briefing.time_horizon,
    )
    return briefing if is_first else await reports.get(CeoBriefing, run.report_id, reader)


def items_behind(
    windows: Sequence[DomainWindow], previous: PreviousEdition, alerted: Sequence[WindowItem]
) -> set[ItemKey]:
    """Return every item that an edition is made from, those behind the edition before included."""
    keys = {key for window in windows for key in window.item_keys}
    keys |= {item.key for item in (*previous.still_visible, *alerted)}
    if previous.briefing is not None:
        keys |= {source.key for source in previous.briefing.sources}
    return keys


def edition_report_id(edition: str, reader: Reader) -> str:
    """Return the id of a named edition: one for each reader at each clearance."""
    named = f"{edition}\n{reader.name}\n{reader.clearance.level.value}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def _by_id_and_level(key: ItemKey) -> tuple[str, int]:
    return (key.knowledge_id, key.confidentiality_level.rank)
