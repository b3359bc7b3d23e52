"""What an ingest or a maintenance run did, in counts; what was refused, by place and reason."""

from __future__ import annotations

from pydantic import Field

from domain.errors import InvalidRecord
from domain.model import FrozenModel


class Refusal(FrozenModel):
    """A record that was not taken: where it stands and what was expected. Never its content."""

    file: str
    row: int | None
    field: str | None
    reason: str

    @classmethod
    def of(cls, error: InvalidRecord) -> Refusal:
        """Return the refusal that *error* tells of."""
        return cls(file=error.file, row=error.row, field=error.field, reason=error.reason)


class IngestReport(FrozenModel):
    """The outcome of an ingest, or of a part of one."""

    added: int = Field(default=0, ge=0)
    updated: int = Field(default=0, ge=0)
    unchanged: int = Field(default=0, ge=0)
    refused: int = Field(default=0, ge=0)
    """Records and files that were not taken."""
    refusals: tuple[Refusal, ...] = ()
    """Every problem of every refused record; a record can have several."""

    def plus(self, other: IngestReport) -> IngestReport:
        """Return both reports as one."""
        return IngestReport(
            added=self.added + other.added,
            updated=self.updated + other.updated,
            unchanged=self.unchanged + other.unchanged,
            refused=self.refused + other.refused,
            refusals=self.refusals + other.refusals,
        )


class MaintenanceReport(FrozenModel):
    """What a maintenance run did."""

    indexed: int
    """Writes that the index did not know yet."""
    expired: int
    """Items that left the index because their time is over."""
    audit_entries: int
    """Entries of the audit log, all of which fit their hash chain."""
