"""What is told of every try of handling an event: counts, how long it took, a span, ids for the log."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager

from domain.events import Event
from storage.event_streams import time_of_entry
from storage.event_work import Entry
from storage.log_context import log_ids
from storage.metrics import EVENT_SECONDS, EVENT_WAIT_SECONDS
from storage.tracing import span


@contextmanager
def observed_handling(event: Event, entry: Entry) -> Generator[None]:
    """Count and trace one try of handling *event*, within the trace of what published it."""
    kind = event.payload.kind
    if not entry.tries and entry.deliveries <= 1:
        waited = time.time() - time_of_entry(entry.entry_id).timestamp()
        EVENT_WAIT_SECONDS.observe(max(0.0, waited), kind)
    with (
        log_ids(event_id=event.event_id),
        EVENT_SECONDS.timing(kind),
        span(
            f"handle {kind}",
            parent=event.trace_parent,
            consumes=True,
            event_id=event.event_id,
            event_kind=kind,
            correlation_id=event.correlation_id,
            level=event.confidentiality_level.value,
            attempt=entry.tries + 1,
        ),
    ):
        yield
