"""How many weeks the work may take: a bar from the least to the most, against the asked-for date.

Weeks are counted from the moment of the analysis, the only present that a stored result knows.
"""

from __future__ import annotations

import math
from datetime import date, datetime

from domain.analysis import (
    Comparison,
    ImplementationTimeline,
    RequirementKind,
    TechnicalRequirement,
)
from presentation.document import TimelinePicture
from presentation.plots import RangeBar, Tick
from presentation.wording import day

_WIDTH = 340.0
_MOST_TICKS = 4
_TICK_STEPS = (1, 2, 4, 8, 13, 26, 52)
_DAYS_IN_A_WEEK = 7


def timeline_picture(
    timeline: ImplementationTimeline, *, now: datetime, deadline: date | None
) -> list[TimelinePicture]:
    """Return the bar for *timeline*, or nothing when it holds no range."""
    if timeline.minimum_weeks is None or timeline.maximum_weeks is None:
        return []
    asked = _weeks_until(deadline, now)
    longest = max(timeline.maximum_weeks, asked or 0)
    sentence = f"The work may take {weeks_range(timeline)}, counted from {day(now)}."
    if deadline is not None and asked is not None:
        sentence += f" {_against(timeline, asked, deadline)}"
    return [
        TimelinePicture(
            title="How long the work may take",
            description=sentence,
            bar=_bar(timeline, longest=longest, asked=asked),
        )
    ]


def weeks_range(timeline: ImplementationTimeline) -> str:
    """Return `12 to 20 weeks`, `12 weeks`, or that there is no basis for a range."""
    least, most = timeline.minimum_weeks, timeline.maximum_weeks
    if least is None or most is None:
        return "no basis for a range"
    unit = "week" if most == 1 else "weeks"
    return f"{most} {unit}" if least == most else f"{least} to {most} {unit}"


def earliest_deadline(requirements: tuple[TechnicalRequirement, ...]) -> date | None:
    """Return the earliest date by which everything is asked for; None when no date is stated."""
    dates = [
        requirement.due
        for requirement in requirements
        if requirement.kind is RequirementKind.DEADLINE
        and requirement.due is not None
        and requirement.comparison is not Comparison.AT_LEAST
    ]
    return min(dates, default=None)


def _weeks_until(deadline: date | None, now: datetime) -> float | None:
    if deadline is None:
        return None
    return max(0.0, (deadline - now.date()).days / _DAYS_IN_A_WEEK)


def _against(timeline: ImplementationTimeline, asked: float, deadline: date) -> str:
    least, most = timeline.minimum_weeks or 0, timeline.maximum_weeks or 0
    away = f"{day(deadline)}, the date asked for, is {math.floor(asked)} weeks away"
    if asked >= most:
        return f"{away}: after the longest estimate."
    if asked < least:
        return f"{away}: before even the shortest estimate."
    return f"{away}: within the range, so it holds only if the work goes well."


def _bar(timeline: ImplementationTimeline, *, longest: float, asked: float | None) -> RangeBar:
    step = next(
        (step for step in _TICK_STEPS if longest / step < _MOST_TICKS),
        max(1, math.ceil(longest / _MOST_TICKS / 52)) * 52,
    )
    end = max(step, math.ceil(longest / step) * step)
    left, right = 12.0, _WIDTH - 22

    def at(weeks: float) -> float:
        return round(left + weeks / end * (right - left), 1)

    return RangeBar(
        width=_WIDTH,
        left=left,
        right=right,
        start=at(timeline.minimum_weeks or 0),
        end=at(timeline.maximum_weeks or 0),
        ticks=tuple(Tick(at(weeks), str(weeks)) for weeks in range(0, end + 1, step)),
        deadline=None if asked is None else at(asked),
    )
