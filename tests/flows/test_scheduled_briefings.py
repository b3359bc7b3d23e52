"""A schedule may fire late, twice, or at once in two places: each reader has one edition of a period."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect import get_client
from prefect.client.schemas.objects import State
from prefect.flow_engine import run_flow_async
from prefect.states import Scheduled
from sqlmodel import col, select

from domain.briefing import CeoBriefing
from domain.clearance import Reader
from domain.summary import Cadence, TimeHorizon
from flows import ceo_briefing, scheduled_briefings
from flows.scheduled_briefings import BriefingsFailed, ScheduledBriefings
from storage.stores import Stores
from storage.tables import AuditRow, ReportRow
from tests.stores import NOW, HandClock

BRIEFING = sys.modules["flows.ceo_briefing"]
"""The module: its name in the package is the flow's."""


async def stored(stores: Stores) -> list[tuple[str, str]]:
    """Return reader and horizon of every briefing that is stored."""
    rows = await stores.database.rows(
        select(ReportRow).where(col(ReportRow.kind) == "ceo_briefing")
    )
    return sorted((row.reader, row.time_horizon or "") for row in rows)


async def released(stores: Stores) -> list[str]:
    """Return to whom something was released, once for each release."""
    rows = await stores.database.rows(select(AuditRow).where(col(AuditRow.action) == "release"))
    return sorted(row.principal for row in rows)


async def scheduled_for(due: datetime, cadence: Cadence, timezone: str = "UTC") -> Any:
    """Run the flow as a worker does that finds a run which was due at *due*."""
    async with get_client() as client:
        run = await client.create_flow_run(
            scheduled_briefings,
            parameters={"cadence": cadence, "timezone": timezone},
            state=Scheduled(scheduled_time=due),
        )
    return await run_flow_async(scheduled_briefings, flow_run=run, parameters=run.parameters)


@pytest.fixture
async def subscribed(company: Stores) -> Stores:
    for name in ("confidential", "internal"):
        await company.subscriptions.add(name, [Cadence.WEEKLY])
    return company


async def test_everyone_who_subscribed_gets_one_edition_however_often_it_fires(
    subscribed: Stores, clock: HandClock
) -> None:
    first = await scheduled_briefings()
    clock.advance(timedelta(hours=5))
    assert await scheduled_briefings() == first
    assert first.readers == 2
    assert await stored(subscribed) == [("confidential", "week"), ("internal", "week")]
    assert await released(subscribed) == ["confidential", "internal"]


async def test_fired_twice_at_once_each_reader_has_one_edition(subscribed: Stores) -> None:
    both = await asyncio.gather(scheduled_briefings(), scheduled_briefings())
    assert both[0] == both[1]
    assert await released(subscribed) == ["confidential", "internal"]


async def test_two_runs_that_both_find_no_edition_store_and_return_one(
    company: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_looked = asyncio.Barrier(2)
    look = BRIEFING.find_edition

    async def look_together(edition: str, reader: Reader) -> CeoBriefing | None:
        found = await look(edition, reader)
        await both_have_looked.wait()
        return found

    monkeypatch.setattr(BRIEFING, "find_edition", look_together)
    one, other = await asyncio.gather(
        *(ceo_briefing("confidential", TimeHorizon.WEEK, edition="weekly-2026-W19") for _ in "ab")
    )
    assert one == other
    assert await stored(company) == [("confidential", "week")]
    assert await released(company) == ["confidential"]


async def test_a_late_run_makes_the_edition_that_was_due(subscribed: Stores) -> None:
    del subscribed
    week_before = NOW - timedelta(days=7)
    late: ScheduledBriefings = await scheduled_for(week_before, Cadence.WEEKLY)
    assert late.edition == "weekly-2026-W18"
    assert (await scheduled_for(NOW, Cadence.WEEKLY)).edition == "weekly-2026-W19"
    new_year = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    berlin = await scheduled_for(new_year, Cadence.MONTHLY, "Europe/Berlin")
    assert berlin == ScheduledBriefings(edition="monthly-2026-01", readers=0)


async def test_the_revoked_get_nothing(subscribed: Stores) -> None:
    await subscribed.principals.revoke("confidential")
    assert (await scheduled_briefings()).readers == 1
    assert await stored(subscribed) == [("internal", "week")]


async def test_one_that_fails_keeps_no_other_from_its_edition_and_is_made_up_for(
    subscribed: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    identify = BRIEFING.identify_requester

    async def fail_for_one(requester: str, bound: Any) -> Reader:
        if requester == "confidential":
            raise ValueError("words of a secret")
        return await identify(requester, bound)

    with monkeypatch.context() as patched:
        patched.setattr(BRIEFING, "identify_requester", fail_for_one)
        run: Any = scheduled_briefings(return_state=True)
        state: State[Any] = await run
        assert state.is_failed()
        assert state.message is not None
        assert "1 of 2 briefings" in state.message
        assert "secret" not in state.message
        with pytest.raises(BriefingsFailed):
            await state.aresult()
    assert await stored(subscribed) == [("internal", "week")]
    await scheduled_briefings()
    assert await released(subscribed) == ["confidential", "internal"]
