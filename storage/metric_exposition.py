"""The counts and the state of an installation in the form that Prometheus reads.

For the operator's eyes: sizes and lags are told a level, also of the highest one, so whoever can read this
learns how much there is at levels that it may not read. Nothing of it reaches a reader's answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from storage.installation_state import InstallationState
from storage.metrics import (
    BUS_AGE_SECONDS,
    BUS_IN_WORK,
    BUS_WAITING,
    DEAD_LETTERS,
    INDEX_PASSAGES,
    METRICS,
    OUTBOX_AGE_SECONDS,
    OUTBOX_ENTRIES,
    OUTGOING_EVENTS,
    PART_UP,
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Series,
)

_INFINITE = "+Inf"


class Exposition(Collector):
    """What one moment's counts and state say."""

    def __init__(self, counts: Mapping[Series, float], state: InstallationState) -> None:
        self._counts = counts
        self._state = state

    def text(self) -> str:
        """Return it in Prometheus's text format."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry).decode()

    def collect(self) -> Iterator[Metric]:
        """Yield every metric, also one without any count yet."""
        of_each: dict[str, dict[Series, float]] = defaultdict(dict)
        for series, count in self._counts.items():
            of_each[series.metric][series] = count
        gauges = _gauges(self._state)
        for metric in METRICS.values():
            match metric:
                case CounterMetric():
                    yield _counter(metric, of_each[metric.name])
                case HistogramMetric():
                    yield _histogram(metric, of_each[metric.name])
                case GaugeMetric():
                    yield _gauge(metric, gauges.get(metric.name, {}))


def _counter(metric: CounterMetric, counts: Mapping[Series, float]) -> Metric:
    family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    if not metric.labels and not counts:
        # Prometheus sees a rise only from a value that it has seen.
        family.add_metric((), 0)
    for series in sorted(counts):
        family.add_metric(series.labels, counts[series])
    return family


def _histogram(metric: HistogramMetric, counts: Mapping[Series, float]) -> Metric:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    bounds = [*(str(bound) for bound in metric.buckets), _INFINITE]
    for labels in sorted({series.labels for series in counts}):
        buckets: list[tuple[str, float]] = []
        total = 0.0
        for place, bound in enumerate(bounds):
            total += counts.get(Series(metric.name, labels, str(place)), 0)
            buckets.append((bound, total))
        seconds = counts.get(Series(metric.name, labels, "sum"), 0)
        family.add_metric(labels, buckets, seconds)
    return family


def _gauge(metric: GaugeMetric, values: Mapping[tuple[str, ...], float]) -> Metric:
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels in sorted(values):
        family.add_metric(labels, values[labels])
    return family


def _gauges(state: InstallationState) -> dict[str, dict[tuple[str, ...], float]]:
    """Return the values of the gauges by labels; what could not be looked up is left out."""
    gauges: dict[str, dict[tuple[str, ...], float]] = {
        PART_UP.name: {(part,): float(up) for part, up in state.up.items()},
        INDEX_PASSAGES.name: {
            (level.value,): count for level, count in (state.passages or {}).items()
        },
    }
    if state.outbox is not None:
        outbox = state.outbox
        gauges[OUTBOX_ENTRIES.name] = {
            (level.value,): count for level, count in outbox.entries.items()
        }
        gauges[OUTBOX_AGE_SECONDS.name] = {(): outbox.oldest.total_seconds()}
        gauges[OUTGOING_EVENTS.name] = {(): outbox.outgoing_events}
    if state.bus is not None:
        groups = state.bus.groups
        gauges[BUS_WAITING.name] = {(group.name,): group.waiting for group in groups}
        gauges[BUS_IN_WORK.name] = {(group.name,): group.in_work for group in groups}
        gauges[BUS_AGE_SECONDS.name] = {
            (group.name,): group.oldest.total_seconds() for group in groups
        }
        gauges[DEAD_LETTERS.name] = {(): state.bus.dead_letters}
    return gauges
