"""An edition is of the period in which it was due, in the time zone of its schedule."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.periods import edition_name
from domain.summary import Cadence

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("cadence", "due", "name"),
    [
        (Cadence.WEEKLY, datetime(2026, 11, 30, 6, tzinfo=UTC), "weekly-2026-W49"),
        (Cadence.MONTHLY, datetime(2026, 12, 1, 6, tzinfo=UTC), "monthly-2026-12"),
        (Cadence.QUARTERLY, datetime(2026, 10, 1, 6, tzinfo=UTC), "quarterly-2026-Q4"),
        (Cadence.QUARTERLY, datetime(2026, 3, 31, 6, tzinfo=UTC), "quarterly-2026-Q1"),
        # The first days of a year may belong to the last week of the year before, and the reverse.
        (Cadence.WEEKLY, datetime(2027, 1, 1, 6, tzinfo=UTC), "weekly-2026-W53"),
        (Cadence.WEEKLY, datetime(2025, 12, 29, 6, tzinfo=UTC), "weekly-2026-W01"),
    ],
)
def test_a_period_has_one_name(cadence: Cadence, due: datetime, name: str) -> None:
    assert edition_name(cadence, due, UTC) == name


@pytest.mark.parametrize(
    ("due", "name"),
    [
        # 23:30 in UTC is the next day in Berlin: after midnight by one hour in winter, two in summer.
        (datetime(2026, 11, 30, 23, 30, tzinfo=UTC), "monthly-2026-12"),
        (datetime(2026, 3, 31, 22, 30, tzinfo=UTC), "monthly-2026-04"),
        (datetime(2026, 11, 30, 22, 30, tzinfo=UTC), "monthly-2026-11"),
    ],
)
def test_the_schedules_zone_decides(due: datetime, name: str) -> None:
    assert edition_name(Cadence.MONTHLY, due, BERLIN) == name


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        edition_name(Cadence.WEEKLY, datetime(2026, 11, 30, 6), UTC)  # noqa: DTZ001
