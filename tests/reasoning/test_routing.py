"""From a request to its pool and queue: what it asks for, what such runs took, and what may be seen."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.analysis import Rating
from domain.clearance import Clearance, ConfidentialityLevel
from domain.placement import Placement, PoolState, QueueReason, QueueState
from domain.routing import AnalysisScope, RoutedFlow, WorkPool, WorkQueue
from domain.summary import TimeHorizon
from domain.workload import DurationBands, DurationClass, RunMeasurement, SizeClass
from reasoning.routing import (
    AnalysisWanted,
    BriefingWanted,
    IngestWanted,
    MaintenanceWanted,
    RoutingRequest,
    SummaryWanted,
    Wanted,
    choose_queue,
    predict,
)
from tests.stores import CONFIDENTIAL, INTERNAL, NOW, TOP_SECRET

POOLS = [
    PoolState(
        pool=pool,
        online_workers=1,
        slots=4,
        queues=tuple(QueueState(queue=queue, is_served=True) for queue in WorkQueue),
    )
    for pool in WorkPool
]
BUSINESS = "Should we raise prices for our Nordic customers next year?"
TECHNICAL = "Migrate the telemetry database to a cluster with failover and 99.95% availability."
EXAMPLES = Path(__file__).parents[2] / "examples" / "requirements"


def asked(
    wanted: Wanted, level: ConfidentialityLevel = INTERNAL, **fields: object
) -> RoutingRequest:
    return RoutingRequest.model_validate(
        {"wanted": wanted, "clearance": Clearance(level=level), **fields}
    )


def analysis(
    requirement: str,
    scope: AnalysisScope = AnalysisScope.AUTO,
    *,
    content_may_show: bool = True,
) -> AnalysisWanted:
    return AnalysisWanted(requirement=requirement, scope=scope, content_may_show=content_may_show)


def chosen(
    request: RoutingRequest, history: tuple[RunMeasurement, ...] = (), **options: DurationBands
) -> Placement:
    return choose_queue(request, POOLS, history, now=NOW, **options)


@pytest.mark.parametrize(
    ("requirement", "flow", "pool"),
    [
        (BUSINESS, RoutedFlow.BUSINESS_ANALYSIS, WorkPool.SOPHIA),
        (TECHNICAL, RoutedFlow.TECHNICAL_ANALYSIS, WorkPool.ARTEMIS),
        (f"{BUSINESS} {TECHNICAL}", RoutedFlow.COMPREHENSIVE_ANALYSIS, WorkPool.DIARCHY),
        ("What next?", RoutedFlow.COMPREHENSIVE_ANALYSIS, WorkPool.DIARCHY),
        ("   ", RoutedFlow.COMPREHENSIVE_ANALYSIS, WorkPool.DIARCHY),
    ],
)
def test_whatever_fits_is_one_side_alone_only_where_it_plainly_is(
    requirement: str, flow: RoutedFlow, pool: WorkPool
) -> None:
    placed = chosen(asked(analysis(requirement)))
    assert (placed.flow, placed.pool) == (flow, pool)
    assert predict(asked(analysis(requirement))).needs_both_domains is (pool is WorkPool.DIARCHY)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.txt")), ids=lambda file: file.stem)
def test_the_examples_need_both_sides(file: Path) -> None:
    placed = chosen(asked(analysis(file.read_text())))
    assert placed.flow is RoutedFlow.COMPREHENSIVE_ANALYSIS


@given(st.text(min_size=1, max_size=300), st.booleans())
@settings(deadline=None)
def test_nobody_gets_less_than_was_asked_for(requirement: str, content_may_show: bool) -> None:
    for scope, flow in (
        (AnalysisScope.COMPREHENSIVE, RoutedFlow.COMPREHENSIVE_ANALYSIS),
        (AnalysisScope.BUSINESS, RoutedFlow.BUSINESS_ANALYSIS),
        (AnalysisScope.TECHNICAL, RoutedFlow.TECHNICAL_ANALYSIS),
    ):
        wanted = analysis(requirement, scope, content_may_show=content_may_show)
        assert predict(asked(wanted)).flow is flow


@given(
    st.integers(min_value=1, max_value=30_000),
    st.sampled_from([BUSINESS, TECHNICAL, "x"]),
    st.sampled_from([BUSINESS, TECHNICAL, "1,000 requests per second, 99.99% availability, GDPR."]),
)
@settings(deadline=None, max_examples=40)
def test_above_the_pages_ceiling_nothing_but_the_length_decides(
    length: int, one: str, another: str
) -> None:
    def of(text: str) -> RoutingRequest:
        filled = (text * (length // len(text) + 1))[:length]
        return asked(analysis(filled, content_may_show=False))

    assert predict(of(one)) == predict(of(another))
    assert chosen(of(one)) == chosen(of(another))
    assert predict(of(one)).complexity is Rating.UNKNOWN


def test_a_demanding_requirement_is_seen_as_one() -> None:
    text = (EXAMPLES / "real-time-tracking.txt").read_text()
    assert predict(asked(analysis(text))).complexity is Rating.HIGH


@pytest.mark.parametrize(
    ("wanted", "flow", "expected"),
    [
        (SummaryWanted(time_horizon=TimeHorizon.YEAR), "strategic-summary", DurationClass.SHORT),
        (BriefingWanted(time_horizon=TimeHorizon.WEEK), "ceo-briefing", DurationClass.SHORT),
        (IngestWanted(files=0, total_bytes=0), "ingest-knowledge", DurationClass.SHORT),
        (IngestWanted(files=9_000, total_bytes=0), "ingest-knowledge", DurationClass.LONG),
        (MaintenanceWanted(), "maintain-knowledge", DurationClass.MEDIUM),
    ],
)
def test_with_no_history_at_all_every_kind_of_run_has_its_place(
    wanted: Wanted, flow: str, expected: DurationClass
) -> None:
    placed = chosen(asked(wanted))
    assert (placed.flow, placed.expected) == (flow, expected)
    assert placed.pool is WorkPool.DIARCHY


def took(seconds: float, level: ConfidentialityLevel) -> RunMeasurement:
    return RunMeasurement(
        flow=RoutedFlow.CEO_BRIEFING, level=level, size=SizeClass.SMALL, seconds=seconds
    )


def test_measured_runs_move_the_next_ones_to_the_queue_that_fits() -> None:
    request = asked(BriefingWanted(time_horizon=TimeHorizon.WEEK))
    assert chosen(request).queue is WorkQueue.SHORT
    assert chosen(request, (took(70, INTERNAL),) * 20).queue is WorkQueue.DEFAULT
    assert chosen(request, (took(700, INTERNAL),) * 20).queue is WorkQueue.LONG
    bands = DurationBands(short_up_to=timedelta(seconds=100))
    assert chosen(request, (took(70, INTERNAL),) * 20, bands=bands).queue is WorkQueue.SHORT


def test_the_length_of_runs_over_secrets_moves_nothing_below_them() -> None:
    wanted = BriefingWanted(time_horizon=TimeHorizon.WEEK)
    secret = (took(700, TOP_SECRET),) * 20
    assert chosen(asked(wanted, CONFIDENTIAL), secret) == chosen(asked(wanted, CONFIDENTIAL))
    assert chosen(asked(wanted, TOP_SECRET), secret).queue is WorkQueue.LONG


def test_urgency_and_a_near_deadline_come_first() -> None:
    wanted = BriefingWanted(time_horizon=TimeHorizon.WEEK)
    urgent = chosen(asked(wanted, urgent=True))
    assert (urgent.queue, urgent.priority) == (WorkQueue.URGENT, 1)
    assert urgent.queue_reason is QueueReason.ASKED_AS_URGENT
    near = chosen(asked(wanted, deadline=NOW + timedelta(seconds=20)))
    assert near.queue_reason is QueueReason.DEADLINE_NEAR
    gone = chosen(asked(wanted, deadline=NOW - timedelta(hours=1)))
    assert gone.queue is WorkQueue.URGENT
    assert chosen(asked(wanted, deadline=NOW + timedelta(hours=1))).queue is WorkQueue.SHORT


def test_what_is_seen_of_a_placement_holds_no_word_of_the_requirement() -> None:
    shown = chosen(asked(analysis(f"{BUSINESS} Project Heron."))).model_dump_json()
    assert "Heron" not in shown
    assert "Nordic" not in repr(asked(analysis(BUSINESS)))
