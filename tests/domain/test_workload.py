"""What a run is expected to take follows from its size and from runs that its reader may know of."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.analysis import Rating
from domain.clearance import Clearance, ConfidentialityLevel
from domain.routing import RoutedFlow
from domain.summary import TimeHorizon
from domain.workload import (
    DurationBands,
    DurationClass,
    RunMeasurement,
    SizeClass,
    expected_seconds,
    size_of_files,
    size_of_horizon,
    size_of_text,
)
from tests.stores import CONFIDENTIAL, INTERNAL, TOP_SECRET

FLOW = RoutedFlow.CEO_BRIEFING
levels = st.sampled_from(ConfidentialityLevel)
measurements = st.builds(
    RunMeasurement,
    flow=st.sampled_from(RoutedFlow),
    level=levels,
    size=st.sampled_from(SizeClass),
    seconds=st.floats(min_value=0, max_value=1e6),
)


def took(
    seconds: float, level: ConfidentialityLevel = INTERNAL, size: SizeClass = SizeClass.SMALL
) -> RunMeasurement:
    return RunMeasurement(flow=FLOW, level=level, size=size, seconds=seconds)


def expected(history: list[RunMeasurement], level: ConfidentialityLevel = INTERNAL) -> float:
    return expected_seconds(FLOW, SizeClass.SMALL, Clearance(level=level), history)


@pytest.mark.parametrize("flow", RoutedFlow)
def test_without_history_a_larger_run_is_never_expected_to_be_shorter(flow: RoutedFlow) -> None:
    clearance = Clearance(level=INTERNAL)
    taken = [expected_seconds(flow, size, clearance, []) for size in SizeClass]
    assert taken == sorted(taken)
    assert taken[0] > 0


def test_one_odd_run_moves_nothing_and_a_dozen_do() -> None:
    before = expected([])
    assert expected([took(900)]) == before
    assert expected([took(900)] * 12) == 900


def test_runs_of_another_size_or_flow_do_not_count() -> None:
    assert expected([took(900, size=SizeClass.LARGE)] * 20) == expected([])


def test_enough_runs_at_the_readers_own_level_leave_out_those_below() -> None:
    history = [took(90, CONFIDENTIAL)] * 20 + [took(1, INTERNAL)] * 40
    assert expected(history, CONFIDENTIAL) == 90
    assert expected(history, INTERNAL) == 1


@given(
    st.lists(measurements, max_size=40),
    st.lists(measurements, max_size=40),
    levels,
    st.sampled_from(RoutedFlow),
    st.sampled_from(SizeClass),
)
def test_runs_above_a_reader_change_nothing_of_what_it_is_told(
    history: list[RunMeasurement],
    more: list[RunMeasurement],
    level: ConfidentialityLevel,
    flow: RoutedFlow,
    size: SizeClass,
) -> None:
    clearance = Clearance(level=level)
    above = [one for one in more if not clearance.dominates(one.level)]
    # Wherever they come in time among the others.
    mixed = [one for pair in zip(above, history, strict=False) for one in pair]
    mixed += above[len(history) :] + history[len(above) :]
    assert expected_seconds(flow, size, clearance, mixed) == expected_seconds(
        flow, size, clearance, history
    )


def test_a_hard_requirement_raises_the_prior_and_not_what_was_measured() -> None:
    clearance, size = Clearance(level=TOP_SECRET), SizeClass.SMALL
    hard = expected_seconds(FLOW, size, clearance, [], Rating.HIGH)
    assert hard == 1.5 * expected_seconds(FLOW, size, clearance, [])
    measured = [took(1)] * 20
    assert expected_seconds(FLOW, size, clearance, measured, Rating.HIGH) == 1


def test_sizes_and_bands_have_the_ends_that_they_name() -> None:
    assert [size_of_text(n) for n in (1, 2_000, 2_001, 20_000, 20_001)] == [
        SizeClass.SMALL,
        SizeClass.SMALL,
        SizeClass.MEDIUM,
        SizeClass.MEDIUM,
        SizeClass.LARGE,
    ]
    assert size_of_horizon(TimeHorizon.WEEK) is SizeClass.SMALL
    assert size_of_horizon(TimeHorizon.YEAR) is SizeClass.LARGE
    assert size_of_files(1, 60_000_000) is SizeClass.LARGE
    assert size_of_files(21, 10) is SizeClass.MEDIUM
    bands = DurationBands(short_up_to=timedelta(seconds=2), medium_up_to=timedelta(seconds=5))
    assert [bands.class_of(seconds) for seconds in (0, 2, 2.1, 5, 5.1)] == [
        DurationClass.SHORT,
        DurationClass.SHORT,
        DurationClass.MEDIUM,
        DurationClass.MEDIUM,
        DurationClass.LONG,
    ]
