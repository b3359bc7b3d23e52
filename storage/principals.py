"""The registry of principals: the only place where a clearance comes from.

A request names who asks; the registry says what that principal may read. Nobody, an unknown name and
a revoked one are denied alike, and every denial is audited.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from sqlmodel import col, select

from domain.clearance import (
    Clearance,
    ConfidentialityLevel,
    Principal,
    Reader,
    effective_clearance,
)
from domain.errors import AccessDenied, Conflict, InvalidInput, NotFound
from storage.audit import AuditAction, AuditLog, AuditOutcome, storable
from storage.database import Database
from storage.tables import PrincipalRow

_NAME = re.compile(
    r"[^\s\x00-\x1f\x7f\ud800-\udfff]"
    r"(?:[^\x00-\x1f\x7f\ud800-\udfff]{0,198}[^\s\x00-\x1f\x7f\ud800-\udfff])?"
)
_LEVELS = tuple(ConfidentialityLevel)
_REGISTRAR = "registry"
"""Who registers is who holds the home's files; the log says so by this name."""


class PrincipalRegistry:
    """Who may ask, and how far each may see."""

    def __init__(
        self,
        database: Database,
        audit: AuditLog,
        *,
        clock: Callable[[], datetime],
        process_ceiling: ConfidentialityLevel,
    ) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._process_ceiling = process_ceiling

    async def get_reader(
        self, name: str, max_confidentiality: ConfidentialityLevel | None = None
    ) -> Reader:
        """Return the principal as a reader at its effective clearance.

        Raises `AccessDenied` when the name is unknown or revoked.
        """
        async with self._database.reading() as session:
            row = await session.get(PrincipalRow, name) if _NAME.fullmatch(name) else None
        if row is None or row.revoked_at is not None:
            await self._audit.record(
                storable(name)[:200], AuditAction.IDENTIFY, AuditOutcome.DENIED, {}
            )
            raise AccessDenied
        clearance = effective_clearance(
            Clearance(level=_LEVELS[row.level_rank]),
            max_confidentiality=max_confidentiality,
            process_ceiling=self._process_ceiling,
        )
        return Reader(name=name, clearance=clearance)

    async def add(self, name: str, level: ConfidentialityLevel) -> Principal:
        """Register *name*; raise `Conflict` when it is registered already, revoked or not."""
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                "a principal's name has 1 to 200 characters, no control characters and no white "
                "space at its ends"
            )
        row = PrincipalRow(name=name, level_rank=level.rank, registered_at=self._clock())
        async with self._database.writing() as session:
            if await session.get(PrincipalRow, name) is not None:
                raise Conflict(f"the principal {name!r} is registered already")
            session.add(row)
            detail = {"name": name, "clearance": level.value}
            await self._audit.append(
                session, _REGISTRAR, AuditAction.PRINCIPAL_ADDED, AuditOutcome.ALLOWED, detail
            )
        return _principal(row)

    async def set_clearance(self, name: str, level: ConfidentialityLevel) -> Principal:
        """Change what *name* may read, or admit a revoked one again; raise `NotFound`."""
        return await self._change(
            name, AuditAction.PRINCIPAL_CHANGED, level_rank=level.rank, revoked_at=None
        )

    async def revoke(self, name: str) -> Principal:
        """Deny *name* everything from the next request on; raise `NotFound`."""
        return await self._change(
            name, AuditAction.PRINCIPAL_REVOKED, level_rank=None, revoked_at=self._clock()
        )

    async def list(self) -> tuple[Principal, ...]:
        """Return every principal, by name."""
        async with self._database.reading() as session:
            by_name = select(PrincipalRow).order_by(col(PrincipalRow.name))
            return tuple(_principal(row) for row in (await session.execute(by_name)).scalars())

    async def _change(
        self, name: str, action: AuditAction, *, level_rank: int | None, revoked_at: datetime | None
    ) -> Principal:
        async with self._database.writing() as session:
            row = await session.get(PrincipalRow, name)
            if row is None:
                raise NotFound(f"no principal is registered as {name!r}")
            row.level_rank = row.level_rank if level_rank is None else level_rank
            row.revoked_at = revoked_at
            detail = {"name": name, "clearance": _LEVELS[row.level_rank].value}
            await self._audit.append(session, _REGISTRAR, action, AuditOutcome.ALLOWED, detail)
            return _principal(row)


def _principal(row: PrincipalRow) -> Principal:
    return Principal(
        name=row.name,
        clearance=Clearance(level=_LEVELS[row.level_rank]),
        registered_at=row.registered_at,
        revoked_at=row.revoked_at,
    )
