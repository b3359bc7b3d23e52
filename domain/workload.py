"""How long a run is likely to take: from its size and from what runs of its kind took.

A reader's prediction stands on runs at or below its own clearance only. How long a run over secret
evidence took says something of that evidence, so it must not move what a lower reader's run is told to
expect. Of a prediction nothing but a class leaves: short, medium or long.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from domain.analysis import Rating
from domain.clearance import Clearance, ConfidentialityLevel
from domain.model import FrozenModel
from domain.routing import RoutedFlow
from domain.summary import TimeHorizon


class SizeClass(StrEnum):
    """How much a run has to read."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class DurationClass(StrEnum):
    """How long a run is expected to hold its slot."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


class RunMeasurement(FrozenModel):
    """What one run took, from its start to the storing of its result."""

    flow: RoutedFlow
    level: ConfidentialityLevel
    """The effective clearance that it read at: it may have worked on evidence up to here."""
    size: SizeClass
    seconds: float = Field(ge=0, allow_inf_nan=False)


class DurationBands(FrozenModel):
    """Where the duration classes end."""

    short_up_to: timedelta = timedelta(seconds=30)
    medium_up_to: timedelta = timedelta(seconds=180)

    def class_of(self, seconds: float) -> DurationClass:
        """Return the class of a run that takes *seconds*."""
        if seconds <= self.short_up_to.total_seconds():
            return DurationClass.SHORT
        if seconds <= self.medium_up_to.total_seconds():
            return DurationClass.MEDIUM
        return DurationClass.LONG


_TEXT_BOUNDS = (2_000, 20_000)
"""Characters of a requirement up to which it is small, and medium."""
_FILE_BOUNDS = (20, 500)
_BYTE_BOUNDS = (1_000_000, 50_000_000)
_SIZES = tuple(SizeClass)

_S, _M, _L = SizeClass
_F = RoutedFlow
_PRIORS: dict[RoutedFlow, dict[SizeClass, float]] = {
    _F.COMPREHENSIVE_ANALYSIS: {_S: 3, _M: 6, _L: 20},
    _F.BUSINESS_ANALYSIS: {_S: 2, _M: 4, _L: 12},
    _F.TECHNICAL_ANALYSIS: {_S: 2, _M: 4, _L: 12},
    _F.STRATEGIC_SUMMARY: {_S: 2, _M: 3, _L: 6},
    _F.CEO_BRIEFING: {_S: 3, _M: 5, _L: 10},
    _F.INGEST_KNOWLEDGE: {_S: 15, _M: 120, _L: 1_200},
    _F.MAINTAIN_KNOWLEDGE: {_S: 120, _M: 120, _L: 120},
    _F.DISPATCH_EVENTS: {_S: 60, _M: 60, _L: 60},
}
"""Seconds that a run is taken for before any of its kind has been measured: generous for two cores."""
_PRIOR_WEIGHT = 3
"""The prior counts as this many runs, so one odd run moves nothing and a dozen outweigh it."""
_ENOUGH = 5
"""Measured runs at the reader's own level from which those below it are left out."""
_MOST_CONSIDERED = 50
_QUANTILE = 0.75
"""Rather too long than too short: a long run among short ones costs them more than the other way round."""
_HARDER = {Rating.HIGH: 1.5}


def size_of_text(characters: int) -> SizeClass:
    """Return the size of an analysis by the length of its requirement."""
    return _size(characters, _TEXT_BOUNDS)


def size_of_horizon(horizon: TimeHorizon) -> SizeClass:
    """Return the size of a summary or briefing by how far back it looks."""
    if horizon is TimeHorizon.WEEK:
        return SizeClass.SMALL
    return SizeClass.MEDIUM if horizon is TimeHorizon.MONTH else SizeClass.LARGE


def size_of_files(files: int, total_bytes: int) -> SizeClass:
    """Return the size of an ingest: that of the number of its files or of their bytes, the larger."""
    sizes = (_size(files, _FILE_BOUNDS), _size(total_bytes, _BYTE_BOUNDS))
    return max(sizes, key=_SIZES.index)


def _size(amount: int, bounds: Sequence[int]) -> SizeClass:
    return _SIZES[sum(amount > bound for bound in bounds)]


def expected_seconds(
    flow: RoutedFlow,
    size: SizeClass,
    clearance: Clearance,
    history: Iterable[RunMeasurement],
    complexity: Rating = Rating.UNKNOWN,
) -> float:
    """Return the upper quartile of what such runs took, the prior counted in; *history* newest first.

    Runs above *clearance* are left out. A high *complexity* raises the prior by half.
    """
    alike = [
        one
        for one in history
        if one.flow is flow and one.size is size and clearance.dominates(one.level)
    ]
    at_own_level = [one for one in alike if one.level is clearance.level]
    taken = at_own_level if len(at_own_level) >= _ENOUGH else alike
    prior = _PRIORS[flow][size] * _HARDER.get(complexity, 1)
    seconds = sorted([one.seconds for one in taken[:_MOST_CONSIDERED]] + [prior] * _PRIOR_WEIGHT)
    return seconds[math.ceil(_QUANTILE * len(seconds)) - 1]
