"""Who is briefed by itself, and how often."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import delete
from sqlmodel import col, select

from domain.errors import NotFound
from domain.summary import Cadence
from storage.audit import AuditAction, AuditLog, AuditOutcome
from storage.database import Database
from storage.tables import BriefingSubscriptionRow, PrincipalRow

_REGISTRAR = "registry"


class BriefingSubscriptions:
    """The subscriptions of registered principals. A revoked one keeps its own and gets nothing."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit

    async def add(self, name: str, cadences: Iterable[Cadence]) -> tuple[Cadence, ...]:
        """Subscribe *name* to *cadences* and return all that it has now. Raises `NotFound`."""
        return await self._change(name, lambda had: had | set(cadences))

    async def remove(self, name: str, cadences: Iterable[Cadence]) -> tuple[Cadence, ...]:
        """End the subscriptions of *name* to *cadences* and return what is left. Raises `NotFound`."""
        return await self._change(name, lambda had: had - set(cadences))

    async def subscribers(self, cadence: Cadence) -> tuple[str, ...]:
        """Return who is to be briefed, by name: the subscribed that are not revoked."""
        wanted = (
            select(BriefingSubscriptionRow.reader)
            .join(PrincipalRow, col(PrincipalRow.name) == col(BriefingSubscriptionRow.reader))
            .where(
                col(BriefingSubscriptionRow.cadence) == cadence.value,
                col(PrincipalRow.revoked_at).is_(None),
            )
            .order_by(col(BriefingSubscriptionRow.reader))
        )
        async with self._database.reading() as session:
            return tuple((await session.execute(wanted)).scalars())

    async def list(self) -> dict[str, tuple[Cadence, ...]]:
        """Return what each subscribed principal gets, revoked or not."""
        found: dict[str, set[Cadence]] = {}
        async with self._database.reading() as session:
            for row in (await session.execute(select(BriefingSubscriptionRow))).scalars():
                found.setdefault(row.reader, set()).add(Cadence(row.cadence))
        return {name: _in_order(cadences) for name, cadences in found.items()}

    async def _change(
        self, name: str, become: Callable[[set[Cadence]], set[Cadence]]
    ) -> tuple[Cadence, ...]:
        async with self._database.writing() as session:
            if await session.get(PrincipalRow, name) is None:
                raise NotFound(f"no principal is registered as {name!r}")
            of_name = col(BriefingSubscriptionRow.reader) == name
            rows = (await session.execute(select(BriefingSubscriptionRow).where(of_name))).scalars()
            had = {Cadence(row.cadence) for row in rows}
            wanted = become(had)
            if wanted != had:
                await session.execute(delete(BriefingSubscriptionRow).where(of_name))
                session.add_all(
                    BriefingSubscriptionRow(reader=name, cadence=cadence.value)
                    for cadence in _in_order(wanted)
                )
                detail = {"name": name, "briefings": [one.value for one in _in_order(wanted)]}
                await self._audit.append(
                    session,
                    _REGISTRAR,
                    AuditAction.PRINCIPAL_CHANGED,
                    AuditOutcome.ALLOWED,
                    detail,
                )
        return _in_order(wanted)


def _in_order(cadences: set[Cadence]) -> tuple[Cadence, ...]:
    return tuple(cadence for cadence in Cadence if cadence in cadences)
