from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.analysis import Comparison, Quantity, RequirementKind, TechnicalRequirement
from presentation.quantities import period_words, quantity_words, requirement_value
from tests.presentation.samples import required

UNITS = ["requests_per_second", "seconds", "percent", "bytes", "bytes_per_day", "rows", "EUR"]


@pytest.mark.parametrize(
    ("magnitude", "unit", "said"),
    [
        (1000, "requests_per_second", "1,000 requests a second"),
        (1, "events_per_second", "1 event a second"),
        (99.95, "percent", "99.95 %"),
        (0.2, "seconds", "200 milliseconds"),
        (90, "seconds", "90 seconds"),
        (7200, "seconds", "2 hours"),
        (5e12, "bytes", "5 TB"),
        (2.5e11, "bytes_per_day", "250 GB a day"),
        (10_000_000, "rows", "10 million rows"),
        (50_000, "users", "50,000 users"),
        (1_800_000, "EUR", "EUR 1.8 million"),
        (1_234_567, "USD", "USD 1,234,567"),
        (3_000_000_000, "GBP", "GBP 3 billion"),
        (12, "berths_a_port", "12 berths a port"),
    ],
)
def test_quantities_read_as_people_write_them(magnitude: float, unit: str, said: str):
    assert quantity_words(Quantity(magnitude=magnitude, unit=unit)) == said


@given(st.floats(), st.sampled_from(UNITS))
def test_every_figure_can_be_said(magnitude: float, unit: str):
    assert quantity_words(Quantity(magnitude=magnitude, unit=unit))


@pytest.mark.parametrize(
    ("period", "said"),
    [
        (timedelta(weeks=6), "6 weeks"),
        (timedelta(days=90), "90 days"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(seconds=61), "61 seconds"),
    ],
)
def test_periods_are_said_in_their_largest_whole_unit(period: timedelta, said: str):
    assert period_words(period) == said


@pytest.mark.parametrize(
    ("comparison", "said"),
    [
        (Comparison.AT_MOST, "by 31 March 2027"),
        (Comparison.AT_LEAST, "not before 31 March 2027"),
        (Comparison.EXACTLY, "on 31 March 2027"),
    ],
)
def test_a_date_says_on_which_side_of_it_the_work_must_fall(comparison: Comparison, said: str):
    requirement = TechnicalRequirement(
        kind=RequirementKind.DEADLINE,
        comparison=comparison,
        due=date(2027, 3, 31),
        evidence=required("live by 31 March 2027"),
    )
    assert requirement_value(requirement) == said
