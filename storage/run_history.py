"""What past runs took: few rows of every kind, kept and read so that no level touches another's.

A run's row is written in the transaction that stores its result. Of runs of one flow, level and size the
newest hundred stay; older ones go with the next of the same kind, so that runs at one level never push
out those of another. A reader is given the rows at or below its own clearance.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from domain.clearance import Clearance, ConfidentialityLevel
from domain.routing import RoutedFlow
from domain.workload import RunMeasurement, SizeClass
from storage.database import Database
from storage.tables import RunMeasurementRow

KEPT_OF_A_KIND = 100
_LEVELS = tuple(ConfidentialityLevel)


async def add_measurement(
    session: AsyncSession, measurement: RunMeasurement, measured_at: datetime
) -> None:
    """Write what a run took in *session*, a writing one, and drop what it makes one too many."""
    alike = (
        col(RunMeasurementRow.flow) == measurement.flow.value,
        col(RunMeasurementRow.level_rank) == measurement.level.rank,
        col(RunMeasurementRow.size_class) == measurement.size.value,
    )
    session.add(
        RunMeasurementRow(
            flow=measurement.flow.value,
            level_rank=measurement.level.rank,
            size_class=measurement.size.value,
            seconds=measurement.seconds,
            measured_at=measured_at,
        )
    )
    await session.flush()
    newest_to_go = (
        select(RunMeasurementRow.measurement_id)
        .where(*alike)
        .order_by(col(RunMeasurementRow.measurement_id).desc())
        .offset(KEPT_OF_A_KIND)
        .limit(1)
        .scalar_subquery()
    )
    await session.execute(
        delete(RunMeasurementRow).where(
            *alike, col(RunMeasurementRow.measurement_id) <= newest_to_go
        )
    )


class RunHistory:
    """What runs took, for those who place the next ones."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def add(self, measurement: RunMeasurement) -> None:
        """Remember what a run took that stores no report."""
        async with self._database.writing() as session:
            await add_measurement(session, measurement, self._clock())

    async def read(self, clearance: Clearance) -> tuple[RunMeasurement, ...]:
        """Return what runs at or below *clearance* took, newest first."""
        readable = (
            select(
                RunMeasurementRow.flow,
                RunMeasurementRow.level_rank,
                RunMeasurementRow.size_class,
                RunMeasurementRow.seconds,
            )
            .where(
                col(RunMeasurementRow.level_rank).in_(
                    [level.rank for level in clearance.readable_levels]
                )
            )
            .order_by(col(RunMeasurementRow.measurement_id).desc())
        )
        return tuple(
            RunMeasurement(
                flow=RoutedFlow(row.flow),
                level=_LEVELS[row.level_rank],
                size=SizeClass(row.size_class),
                seconds=row.seconds,
            )
            for row in await self._database.rows(cast("Select[Any]", readable))
        )
