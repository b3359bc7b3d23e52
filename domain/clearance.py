"""Knowledge is labelled and readers are cleared; reading is allowed when the clearance dominates the label.

What is derived from several sources carries the highest label among all of them, the high-water
mark. What has no label counts as most secret. A reader's *effective* clearance is the least of the
clearance in the registry, the bound that the request asks for and the ceiling of the process.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from domain.model import FrozenModel, UtcDatetime


class ConfidentialityLevel(StrEnum):
    """The five levels, least secret first. Compare them by `rank`, never as strings."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"
    TOP_SECRET = "top_secret"  # noqa: S105 - a level, not a password

    @property
    def rank(self) -> int:
        """0 for public up to 4 for top secret."""
        return _RANKS[self]


_RANKS = {level: rank for rank, level in enumerate(ConfidentialityLevel)}


class Clearance(FrozenModel):
    """What a reader may read: everything up to and including `level`."""

    level: ConfidentialityLevel

    def dominates(self, level: ConfidentialityLevel) -> bool:
        """Whether a holder of this clearance may read what is labelled *level*."""
        return self.level.rank >= level.rank

    @property
    def readable_levels(self) -> tuple[ConfidentialityLevel, ...]:
        """Every level that this clearance dominates, least secret first."""
        return tuple(level for level in ConfidentialityLevel if self.dominates(level))


class Principal(FrozenModel):
    """Someone or something that asks: a registered name with a clearance that the registry holds."""

    name: str
    clearance: Clearance
    registered_at: UtcDatetime
    revoked_at: UtcDatetime | None = None


class Reader(FrozenModel):
    """A principal in the act of reading: its name and its effective clearance for one request.

    Only the principals registry makes these, so that a clearance is never self-asserted.
    """

    name: str
    clearance: Clearance


def effective_clearance(
    registered: Clearance,
    *,
    max_confidentiality: ConfidentialityLevel | None,
    process_ceiling: ConfidentialityLevel,
) -> Clearance:
    """Return the least of the registered clearance, the request's bound and the process's ceiling."""
    bounds = [registered.level, process_ceiling]
    if max_confidentiality is not None:
        bounds.append(max_confidentiality)
    return Clearance(level=min(bounds, key=lambda level: level.rank))


def level_of_typed(author: Clearance) -> ConfidentialityLevel:
    """Return the label of what is typed without one: internal, or public where *author* reads no more."""
    return min(ConfidentialityLevel.INTERNAL, author.level, key=lambda level: level.rank)


def high_water_mark(levels: Iterable[ConfidentialityLevel | None]) -> ConfidentialityLevel:
    """Return the highest of *levels*; a missing label counts as most secret, no sources as public."""
    highest = ConfidentialityLevel.PUBLIC
    for level in levels:
        labelled = ConfidentialityLevel.TOP_SECRET if level is None else level
        if labelled.rank > highest.rank:
            highest = labelled
    return highest
