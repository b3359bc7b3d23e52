"""What is counted, under which names and labels, and the counts of this process.

Counting is for those who operate the installation: a count carries names of steps, flows, kinds and
outcomes that the code itself gives, never a principal's name, an id or content, and no clearance. It
costs a microsecond, asks no store and never fails. `storage/metric_store.py` hands the counts on; a
process counts for the one installation that it opens.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

_MOST_SERIES = 5_000
"""Far more than the code can name: what would go beyond is a mistake, and is not counted."""
_SEPARATOR = "\t"
_SUM = "sum"

_SHORT_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)
_LONG_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 180.0, 600.0, 1800.0, 7200.0)


class Series(NamedTuple):
    """One of a metric's counts: the values of its labels, and what of a histogram it counts."""

    metric: str
    labels: tuple[str, ...]
    part: str = ""
    """Of a histogram: `sum`, or the place of the bucket; of a counter nothing."""

    def field(self) -> str:
        """Return it as one string, which `series_of` reads back."""
        return _SEPARATOR.join((self.metric, *self.labels, self.part))


def series_of(field: str) -> Series | None:
    """Return the series that *field* names; None for one that this version does not know."""
    metric, *rest = field.split(_SEPARATOR)
    known = METRICS.get(metric)
    if known is None or len(rest) != len(known.labels) + 1:
        return None
    return Series(metric, tuple(rest[:-1]), rest[-1])


class Counts:
    """Counts of this process that nobody has taken yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Series, float] = {}

    def add(self, series: Series, amount: float) -> None:
        """Add *amount* to *series*."""
        with self._lock:
            before = self._counts.get(series)
            if before is not None:
                self._counts[series] = before + amount
            elif len(self._counts) < _MOST_SERIES:
                self._counts[series] = amount

    def take(self) -> dict[Series, float]:
        """Return what was counted since the last time, and count from nothing again."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def give_back(self, taken: Mapping[Series, float]) -> None:
        """Take in again what could not be handed on."""
        for series, amount in taken.items():
            self.add(series, amount)


COUNTS = Counts()
"""Those of this process."""


@dataclass(frozen=True, slots=True)
class CounterMetric:
    """Something that is counted."""

    name: str
    """Without the ending `_total` that it is exposed with."""
    help: str
    labels: tuple[str, ...] = ()

    def add(self, *labels: str, amount: float = 1) -> None:
        """Count *amount* more under *labels*, in the order in which they are declared."""
        if amount:
            COUNTS.add(Series(self.name, labels), amount)


@dataclass(frozen=True, slots=True)
class HistogramMetric:
    """Something that takes a number of seconds."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: Sequence[float] = _SHORT_SECONDS
    """Upper bounds in seconds; what is longer than all of them counts in a last one."""

    def observe(self, seconds: float, *labels: str) -> None:
        """Count one that took *seconds*."""
        COUNTS.add(Series(self.name, labels, str(bisect_left(self.buckets, seconds))), 1)
        COUNTS.add(Series(self.name, labels, _SUM), seconds)

    @contextmanager
    def timing(self, *labels: str) -> Generator[None]:
        """Count the block with the outcome `completed`, `failed` or `cancelled` as the last label."""
        began = perf_counter()
        outcome = "cancelled"
        try:
            yield
            outcome = "completed"
        except Exception:
            outcome = "failed"
            raise
        finally:
            self.observe(perf_counter() - began, *labels, outcome)


@dataclass(frozen=True, slots=True)
class GaugeMetric:
    """Something that is looked up when somebody asks."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


Metric = CounterMetric | HistogramMetric | GaugeMetric

FLOW_RUNS_STARTED = CounterMetric(
    "diarchy_flow_runs_started",
    "Flow runs that began; one that was killed shows here and nowhere else.",
    ("flow",),
)
FLOW_RUN_SECONDS = HistogramMetric(
    "diarchy_flow_run_seconds",
    "How long flow runs took, by how they ended.",
    ("flow", "outcome"),
    _LONG_SECONDS,
)
STEP_SECONDS = HistogramMetric(
    "diarchy_step_seconds",
    "How long each attempt at a step of a flow took, by how it ended.",
    ("step", "outcome"),
)
STEP_RETRIES = CounterMetric(
    "diarchy_step_retries", "Attempts at a step after a failed one.", ("step",)
)
CACHE_LOOKUPS = CounterMetric(
    "diarchy_cache_lookups",
    "Answers that were looked for, by where they were found: process, redis, awaited or missed.",
    ("kind", "tier"),
)
EVENTS_PUBLISHED = CounterMetric("diarchy_events_published", "Events that came onto the bus.")
EVENT_SECONDS = HistogramMetric(
    "diarchy_event_handling_seconds",
    "How long each try of handling an event took, by how it ended.",
    ("kind", "outcome"),
    _LONG_SECONDS,
)
EVENT_WAIT_SECONDS = HistogramMetric(
    "diarchy_event_wait_seconds",
    "Seconds from the publishing of an event to its first try.",
    ("kind",),
)
EVENTS_DEAD = CounterMetric(
    "diarchy_events_dead",
    "Events that were given up, by why: failed, expired, unreadable or never_finished.",
    ("reason",),
)
INDEX_CHANGES = CounterMetric("diarchy_index_changes", "Outbox entries that the index followed.")
DENIALS = CounterMetric(
    "diarchy_denials", "Requests that were refused and audited as denied.", ("action",)
)
METRICS_LOST = CounterMetric(
    "diarchy_metrics_lost", "Times that a process could not hand its counts on."
)

PART_UP = GaugeMetric(
    "diarchy_up", "Whether a part answers: database, redis, index or prefect.", ("part",)
)
INDEX_PASSAGES = GaugeMetric(
    "diarchy_index_passages", "Passages that the index of a level holds.", ("level",)
)
OUTBOX_ENTRIES = GaugeMetric(
    "diarchy_outbox_entries", "Changes of a level that the index does not know yet.", ("level",)
)
OUTBOX_AGE_SECONDS = GaugeMetric(
    "diarchy_outbox_age_seconds", "Age of the oldest change that the index does not know yet."
)
OUTGOING_EVENTS = GaugeMetric(
    "diarchy_outgoing_events", "Events of committed changes that the bus has not been told."
)
BUS_WAITING = GaugeMetric(
    "diarchy_bus_waiting_events", "Events that a group of consumers has not begun.", ("group",)
)
BUS_IN_WORK = GaugeMetric(
    "diarchy_bus_unfinished_events",
    "Events that consumers of a group have begun and not done with.",
    ("group",),
)
BUS_AGE_SECONDS = GaugeMetric(
    "diarchy_bus_age_seconds", "Age of the oldest event that a group has not done with.", ("group",)
)
DEAD_LETTERS = GaugeMetric("diarchy_dead_letters", "Events given up and not brought back.")

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        FLOW_RUNS_STARTED,
        FLOW_RUN_SECONDS,
        STEP_SECONDS,
        STEP_RETRIES,
        CACHE_LOOKUPS,
        EVENTS_PUBLISHED,
        EVENT_SECONDS,
        EVENT_WAIT_SECONDS,
        EVENTS_DEAD,
        INDEX_CHANGES,
        DENIALS,
        METRICS_LOST,
        PART_UP,
        INDEX_PASSAGES,
        OUTBOX_ENTRIES,
        OUTBOX_AGE_SECONDS,
        OUTGOING_EVENTS,
        BUS_WAITING,
        BUS_IN_WORK,
        BUS_AGE_SECONDS,
        DEAD_LETTERS,
    )
}
"""Every metric there is, by name."""
