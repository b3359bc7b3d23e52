"""Pictures as plain geometry: where ticks, numbered dots and bars stand, in picture units.

A plot is laid out for one width and knows no colour and no font: the style sheet has those.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis, in picture units."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A numbered point: where it belongs, and where it is drawn so that none hides another."""

    number: int
    shape: str
    """`circle`, `square` or `diamond`."""
    true_x: float
    true_y: float
    x: float
    y: float

    @property
    def moved(self) -> bool:
        """Whether the dot is drawn away from its true place."""
        return (self.x, self.y) != (self.true_x, self.true_y)


@dataclass(frozen=True, slots=True)
class RiskPlot:
    """The priority-by-risk picture laid out for one width, in picture units."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float
    radius: float
    first_attention: tuple[float, float]
    """The lower left corner of the field that deserves attention first."""
    columns: tuple[Tick, ...]
    rows: tuple[Tick, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class RangeBar:
    """A bar between two durations laid out for one width, in picture units."""

    width: float
    left: float
    right: float
    start: float
    end: float
    ticks: tuple[Tick, ...]
    deadline: float | None
