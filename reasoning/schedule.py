"""When the evidence lets something begin or end, and what that means for a required date.

Read from sentences that bear on the requirement: a date before which something is not to be had, a freeze
that lasts until a date, a duration that work of this kind takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from domain.analysis import RequirementKind, TechnicalRequirement
from domain.evidence import Finding
from domain.knowledge import KnowledgeCategory
from reasoning.amounts import day
from reasoning.bearing import Point
from reasoning.dates import PeriodMention, dates_in, periods_in
from reasoning.quoting import as_evidence
from reasoning.speakers import SPEAKERS

_C = KnowledgeCategory
_PLANNING = frozenset(
    {
        _C.TECHNOLOGY_ROADMAP,
        _C.STRATEGIC_PLANNING,
        _C.RISK_MANAGEMENT,
        _C.HUMAN_RESOURCES,
        _C.OPERATIONAL_METRICS,
        _C.FINANCIAL_ANALYSIS,
    }
)
_NOT_BEFORE = re.compile(
    r"\b(?:not (?:\w+ ){0,3}(?:before|until)|no (?:earlier|sooner) than|not earlier than"
    r"|earliest(?: date)?(?: is)?|at the earliest"
    r"|available (?:from|in|only)|only (?:from|in|after|by)|slip(?:s|ped)? (?:to|into)"
    r"|moved (?:to|into)|postponed (?:to|until)"
    r"|delayed (?:to|until|into)|pushed (?:to|into)|arrives? in|(?:ready|complete[d]?|finished"
    r"|delivered|live|due|expected|planned"
    r"|possible|realistic) (?:only )?(?:in|by|for|on|from)|falls? (?:into|between|in"
    r"|on)(?: the second half of)?|starts? (?:on|in)|(?:is|until) the end of the \\w+ is"
    r"|go-live (?:in|on|is))\s(?:the )?(?:end of )?$",
    re.IGNORECASE,
)
_FROZEN = re.compile(
    r"\b(?:freez\w*|frozen|froze|moratorium|no (?:new )?(?:releases|changes))\b", re.IGNORECASE
)
_LONGEST_WEEKS = 156
_FROM_COUNT = re.compile(r"\b(?P<count>\d{1,3}) (?:to|-|–) $|\b(?P<dash>\d{1,3})[-–]$")
_TAKES = re.compile(
    r"\b(?:takes?|took|needs?|needed|requires?|lasts?|estimat\w+|effort of|lead time"
    r"|build(?:ing)?|migration|roll-?out"
    r"|work|effort|duration|implementation|delivery|deliver|integration|audit|observation"
    r"|certification|programme)\b",
    re.IGNORECASE,
)


class Duration(NamedTuple):
    """How long the evidence says that the work takes, in weeks, said by `point`."""

    minimum: float
    maximum: float
    point: Point


class Constraint(NamedTuple):
    """A stretch of time that the evidence closes: nothing before `until`, said by `point`."""

    until: date
    point: Point
    frozen: bool


def constraints_in(points: Sequence[Point], now: date) -> tuple[Constraint, ...]:
    """Return the dates, later than *now*, before which the evidence says something cannot be had."""
    found: list[Constraint] = []
    for point in points:
        if point.category not in _PLANNING or not point.on_topic:
            continue
        text = point.quote.text
        frozen = bool(_FROZEN.search(text))
        for mention in dates_in(text):
            before = text[max(0, mention.start - 45) : mention.start]
            held = _NOT_BEFORE.search(before)
            lasts = frozen and re.search(
                r"\b(?:until|till|through|runs? to|runs? until|to|ends? (?:on|in)|lifted (?:on"
                r"|in))\s(?:the )?$",
                before,
            )
            if (held or lasts) and mention.last > now:
                until = mention.last if lasts else mention.first
                found.append(Constraint(max(until, now), point, frozen))
                break
    return tuple(found)


def collisions(
    requirements: Sequence[TechnicalRequirement], constraints: Sequence[Constraint], now: date
) -> tuple[Finding, ...]:
    """Return what stands in the way of the earliest required date: what comes later, what is frozen."""
    deadline = earliest_deadline(requirements, now)
    if deadline is None:
        return ()
    due, requirement = deadline
    by_date = {(one.until, one.frozen): one for one in reversed(constraints)}
    constraints = [one for one in constraints if by_date[one.until, one.frozen] is one]
    return tuple(
        _collision(due, requirement, one) for one in constraints if one.until > due or one.frozen
    )


def _collision(due: date, requirement: TechnicalRequirement, one: Constraint) -> Finding:
    speaker = SPEAKERS[one.point.category]
    said = f"{speaker} says: {one.point.quote.statement}"
    if one.until > due:
        statement = f"It is due by {day(due)}, but {said}"
    elif one.until == due:
        statement = f"A freeze lasts until {day(due)}, the very day on which it is due; {said}"
    else:
        statement = f"A freeze lasts until {day(one.until)} and it is due by {day(due)}; {said}"
    return Finding(
        statement=statement, evidence=(requirement.evidence, as_evidence(one.point.quote))
    )


def earliest_deadline(
    requirements: Sequence[TechnicalRequirement], now: date
) -> tuple[date, TechnicalRequirement] | None:
    """Return the earliest required date that is not past, and the requirement; periods count from *now*."""
    dated: list[tuple[date, int, TechnicalRequirement]] = []
    for order, requirement in enumerate(requirements):
        if requirement.kind is not RequirementKind.DEADLINE:
            continue
        due = requirement.due or now + (requirement.period or timedelta(0))
        if due >= now:
            dated.append((due, order, requirement))
    if not dated:
        return None
    due, _, requirement = min(dated, key=lambda one: one[:2])
    return due, requirement


def durations_in(points: Sequence[Point]) -> Iterator[Duration]:
    """Yield the durations that the roadmap states for the work on the requirement's topic."""
    for point in points:
        if point.category is not _C.TECHNOLOGY_ROADMAP or not (point.about or point.names_topic):
            continue
        text = point.quote.text
        for period in periods_in(text):
            before = text[max(0, period.start - 60) : period.start]
            if _TAKES.search(before) and 1 <= period.weeks <= _LONGEST_WEEKS:
                yield Duration(
                    _lower_bound(before, text[period.start :], period), period.weeks, point
                )


def _lower_bound(before: str, here: str, period: PeriodMention) -> float:
    """Return the weeks of the lower end of "20 to 26 weeks"; the period itself where there is none."""
    lower = _FROM_COUNT.search(before)
    upper = re.match(r"\d{1,3}", here)
    if lower is None or upper is None:
        return period.weeks
    share = int(lower["count"] or lower["dash"]) / max(1, int(upper[0]))
    return min(share, 1.0) * period.weeks
