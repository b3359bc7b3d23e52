"""What a flow run has taken so far, as a row of the history that places the next ones."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect.context import FlowRunContext

from domain.clearance import Reader
from domain.routing import RoutedFlow
from domain.workload import RunMeasurement, SizeClass


def measure_run(flow: RoutedFlow, size: SizeClass, reader: Reader) -> RunMeasurement | None:
    """Return what the flow run of this task took from its start to now.

    None outside of a flow run, and in one that was started again: it finds finished work and says little
    of what a run takes.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.run_count > 1:
        return None
    taken = datetime.now(UTC) - context.start_time
    return RunMeasurement(
        flow=flow,
        level=reader.clearance.level,
        size=size,
        seconds=max(0.0, taken.total_seconds()),
    )
