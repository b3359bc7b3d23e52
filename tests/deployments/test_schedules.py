"""Schedules keep to their hour on the wall, also in the weeks in which the clocks change."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from prefect.client.schemas.schedules import CronSchedule
from prefect.server.schemas.schedules import CronSchedule as ServersSchedule

from deployments.declared import read_declarations

_SCHEDULES = {
    schedule["slug"]: (schedule, one)
    for one in read_declarations(Path(__file__).parents[2] / "prefect.yaml")
    for schedule in one.get("schedules", [])
}
_ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"]


async def occurrences(slug: str, zone: str, start: datetime, number: int) -> list[datetime]:
    """Return when Prefect's server would run the schedule, were it in *zone*."""
    schedule = ServersSchedule(cron=_SCHEDULES[slug][0]["cron"], timezone=zone)
    dates = await schedule.get_dates(n=number, start=start)
    return [datetime.fromisoformat(str(date)).astimezone(ZoneInfo(zone)) for date in dates]


@pytest.mark.parametrize("zone", _ZONES)
async def test_a_weekly_briefing_comes_on_mondays_at_six_all_year(zone: str) -> None:
    dates = await occurrences("weekly", zone, datetime(2026, 1, 1, tzinfo=UTC), 52)
    assert {(date.isoweekday(), date.hour, date.minute) for date in dates} == {(1, 6, 0)}
    assert len({date.isocalendar()[:2] for date in dates}) == 52, "each week has one"


@pytest.mark.parametrize("zone", _ZONES)
async def test_the_daily_care_comes_once_a_day_all_year(zone: str) -> None:
    dates = await occurrences("daily", zone, datetime(2026, 1, 1, tzinfo=UTC), 365)
    assert {(date.hour, date.minute) for date in dates} == {(4, 30)}
    assert len({date.date() for date in dates}) == 365


@pytest.mark.parametrize("zone", _ZONES)
async def test_months_and_quarters_have_one_briefing_each(zone: str) -> None:
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    months = await occurrences("monthly", zone, start, 12)
    assert len({(date.year, date.month) for date in months}) == 12
    quarters = await occurrences("quarterly", zone, start, 4)
    assert {date.month for date in quarters} == {1, 4, 7, 10}
    assert {(date.day, date.hour) for date in [*months, *quarters]} == {(1, 6)}


@pytest.mark.parametrize("slug", _SCHEDULES)
def test_every_schedule_names_a_time_zone_and_an_edition_is_of_the_same(slug: str) -> None:
    schedule, deployment = _SCHEDULES[slug]
    assert CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
    assert (
        deployment.get("parameters", {}).get("timezone", schedule["timezone"])
        == (schedule["timezone"])
    )
