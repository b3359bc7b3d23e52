"""Results of finished phases, kept sealed in the truth until nobody can retry their flow run any more.

Every machine of an installation finds them there: a run whose machine died goes on elsewhere after its
last finished phase. A name is a keyed digest and a body is sealed, so neither says what the run is about.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from storage.database import Database
from storage.tables import TaskResultRow


class TaskResults:
    """Sealed results by name, the same for all processes of an installation."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def find(self, name: str) -> bytes | None:
        """Return what is kept under *name*, sealed, or None."""
        kept = select(TaskResultRow.sealed).where(col(TaskResultRow.name) == name)
        rows = await self._database.rows(kept)
        return bytes(rows[0].sealed) if rows else None

    async def keep(self, name: str, sealed: bytes) -> None:
        """Keep *sealed* under *name*, in place of what was kept there."""
        new = {"sealed": sealed, "kept_at": self._clock()}
        dialect = sqlite if self._database.is_sqlite else postgresql
        insert = dialect.insert(TaskResultRow).values(name=name, **new)
        await self._database.execute(
            insert.on_conflict_do_update(index_elements=["name"], set_=new)
        )

    async def drop_before(self, time: datetime) -> int:
        """Drop what was kept before *time*; return how many."""
        old = delete(TaskResultRow).where(col(TaskResultRow.kept_at) < time)
        return await self._database.execute(old)

    async def drop_all(self) -> None:
        """Drop everything: a run that is retried repeats its phases."""
        await self._database.execute(delete(TaskResultRow))
