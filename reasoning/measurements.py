"""Required figures against the figures that the evidence states, where the units match.

A stated figure is compared only when its sentence bears on the requirement and speaks of what can be done:
a capacity for a load, a measured delay or availability, a cap or a cost for a budget. Each comparison cites
two quotes: the words that require and the words that measure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from domain.analysis import Comparison, Quantity, RequirementKind, TechnicalRequirement
from domain.evidence import Finding
from domain.knowledge import KnowledgeCategory
from reasoning.amounts import amount
from reasoning.bearing import SPEAKERS, Point
from reasoning.comparisons import meets
from reasoning.figures import Figure, FigureKind, figures_in
from reasoning.quoting import as_evidence
from reasoning.terms import terms_of

_C = KnowledgeCategory
_WHERE = {
    RequirementKind.BUDGET: frozenset(
        {_C.FINANCIAL_ANALYSIS, _C.STRATEGIC_PLANNING, _C.TECHNOLOGY_ROADMAP}
    ),
}
_TECHNICAL = frozenset(
    {_C.TECHNOLOGY_ROADMAP, _C.OPERATIONAL_METRICS, _C.RISK_MANAGEMENT, _C.STRATEGIC_PLANNING}
)
_SPEAKS_OF = {
    RequirementKind.THROUGHPUT: re.compile(
        r"\b(?:carr(?:y|ies|ied)|handl\w+|sustain\w*|capacity|limit(?:s|ed)?|tops? out|maximum"
        r"|up to|supports?|throughput"
        r"|saturat\w+|measured|load test|manages?|cop(?:e|es)|drops?|pushed|over|beyond)\b",
        re.IGNORECASE,
    ),
    RequirementKind.LATENCY: re.compile(
        r"\b(?:p\d\d|percentile|latenc\w+|delay\w*|median|respon\w+|old|measured|arriv\w+|lag\w*"
        r"|takes?|took|alarms?|positions?)\b",
        re.IGNORECASE,
    ),
    RequirementKind.AVAILABILITY: re.compile(
        r"\b(?:availab\w+|up-?time|SLAs?|service[- ]level)\b", re.IGNORECASE
    ),
    RequirementKind.DATA_VOLUME: re.compile(
        r"\b(?:stor\w+|holds?|capacity|limits?|volume|maximum|up to|carr(?:y|ies)|disk|archive)\b",
        re.IGNORECASE,
    ),
}
_KINDS = {
    RequirementKind.THROUGHPUT: FigureKind.RATE,
    RequirementKind.LATENCY: FigureKind.DURATION,
    RequirementKind.AVAILABILITY: FigureKind.SHARE,
    RequirementKind.DATA_VOLUME: FigureKind.VOLUME,
}
_CAP = re.compile(
    r"\b(?:cap(?:ped)?|ceiling|envelope|limit\w*|not exceed|no more than|at most|maximum"
    r"|remain(?:s|ing)?|headroom|available"
    r"|budget(?:s|ed)?|set aside|earmarked|approved|released)\b",
    re.IGNORECASE,
)
_COST = re.compile(
    r"\b(?:costs?|needs?|asks? for|requests?|requires?|estimat\w+|investment of|capital need"
    r"|plan(?:s|ned)? at|will take|comes to"
    r"|total|quote[ds]?|price)\b",
    re.IGNORECASE,
)
_NOT_FOR_THIS = re.compile(
    r"\b(?:revenue|turnover|EBITDA|sales|penalt\w+|credits?|saves?|saving\w*|a year|per year"
    r"|contract\w*|loses?|debt|net|margin)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:()]\s|\s(?:and|but|while)\s")
_MONEY_UNITS = frozenset(
    {"EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "JPY", "CAD", "AUD"}
)
_WRITTEN_OUT = 1_000
_REACH = 60


class Measurement(NamedTuple):
    """A requirement, the figure found for it and whether that satisfies it."""

    requirement: TechnicalRequirement
    point: Point
    found: Quantity
    satisfied: bool
    finding: Finding

    @property
    def gap(self) -> float:
        """How many times the required figure lies beyond the found one, or the reverse; 1 at par."""
        required = self.requirement.quantity
        if required is not None and required.unit == "percent":
            down, allowed = 100 - self.found.magnitude, 100 - required.magnitude
            return max(down, allowed) / max(min(down, allowed), 1e-9)
        low, high = sorted((abs(self.found.magnitude), abs(required.magnitude if required else 0)))
        return high / low if low else 10.0


def measurements_for(
    requirements: Sequence[TechnicalRequirement], points: Sequence[Point]
) -> tuple[Measurement, ...]:
    """Return, a requirement at most two: the figure that speaks most against it and the one most for it.

    A figure that satisfies is left out where another one does not: the obstacle is what matters.
    """
    found: list[Measurement] = []
    for requirement in requirements:
        if requirement.quantity is None or _is_part_of_budget(requirement, requirements):
            continue
        compared = sorted(_compared(requirement, points), key=_worst_first)
        failed = [one for one in compared if not one.satisfied]
        found += failed[:1] or compared[:1]
    return tuple(found)


def _is_part_of_budget(
    requirement: TechnicalRequirement, requirements: Sequence[TechnicalRequirement]
) -> bool:
    """Whether a larger sum is required too: what the evidence states is held against the whole."""
    mine = requirement.quantity
    return requirement.kind is RequirementKind.BUDGET and any(
        other.kind is RequirementKind.BUDGET
        and other.quantity is not None
        and mine is not None
        and other.quantity.unit == mine.unit
        and other.quantity.magnitude > mine.magnitude
        for other in requirements
    )


def _worst_first(one: Measurement) -> tuple[bool, float, str, int, int]:
    item = one.point.item
    return (
        one.satisfied,
        -one.point.weight,
        item.knowledge_id,
        item.confidentiality_level.rank,
        one.point.quote.start,
    )


def _compared(requirement: TechnicalRequirement, points: Sequence[Point]) -> Iterator[Measurement]:
    required = requirement.quantity
    if required is None:
        return
    where = _WHERE.get(requirement.kind, _TECHNICAL)
    subject = _subject_of(requirement, required)
    for point in points:
        text = point.quote.text
        figures = figures_in(text)
        if point.category not in where or _restates(text, figures, required):
            continue
        if requirement.kind is RequirementKind.BUDGET:
            if not point.names_topic:
                continue
        elif not (point.shared & subject):
            continue
        for figure in figures:
            reading = _reading(requirement, figure, text)
            if reading is None or not _is_of_topic(figure, figures, point):
                continue
            satisfied = meets(figure.quantity, reading.comparison, required)
            if satisfied is not None:
                finding = _finding(requirement, point, figure, reading, satisfied=satisfied)
                yield Measurement(requirement, point, figure.quantity, satisfied, finding)


def _subject_of(requirement: TechnicalRequirement, required: Quantity) -> frozenset[str]:
    """Return the terms of the clause that holds the required figure."""
    text = requirement.evidence.quote
    place = next((one.start for one in figures_in(text) if one.quantity == required), 0)
    start = max((match.end() for match in _CLAUSE.finditer(text[:place])), default=0)
    end = next((match.start() for match in _CLAUSE.finditer(text, place)), len(text))
    return terms_of(text[start:end])


def _restates(text: str, figures: Sequence[Figure], required: Quantity) -> bool:
    """Whether a sentence says the required figure itself: it repeats the demand, it measures nothing."""
    if required.unit in _MONEY_UNITS:
        return False
    said = (
        f"{required.magnitude:,.6g}"
        if required.magnitude < _WRITTEN_OUT
        else f"{required.magnitude:,.0f}"
    )
    return said in text or any(one.quantity == required for one in figures)


def _is_of_topic(figure: Figure, figures: Sequence[Figure], point: Point) -> bool:
    """Whether a sum is the topic's own: the only one of its sentence, or named by the words before it."""
    if figure.kind is not FigureKind.MONEY or figures == (figure,):
        return True
    text = point.quote.text
    if sum(one.kind is FigureKind.MONEY for one in figures) == 1:
        return True
    begin = max((one.end for one in figures if one.end <= figure.start), default=0)
    begin = max(begin, *(match.end() for match in _CLAUSE.finditer(text[: figure.start])), 0)
    return point.topic.is_named_in(terms_of(text[begin : figure.start]))


class _Reading(NamedTuple):
    comparison: Comparison
    """How the found figure must stand to the required one."""
    verb: str


def _reading(requirement: TechnicalRequirement, figure: Figure, text: str) -> _Reading | None:
    kind = requirement.kind
    if kind is RequirementKind.BUDGET:
        return _reading_of_money(figure, text)
    if _KINDS[kind] is not figure.kind or not _SPEAKS_OF[kind].search(text):
        return None
    return _Reading(requirement.comparison, "puts it at")


def _reading_of_money(figure: Figure, text: str) -> _Reading | None:
    if figure.kind is not FigureKind.MONEY:
        return None
    before = text[max(0, figure.start - _REACH) : figure.start]
    around = text[max(0, figure.start - _REACH) : figure.end + 30]
    if _NOT_FOR_THIS.search(around):
        return None
    cap, cost = _last(_CAP, before), _last(_COST, before)
    if cap < 0 and cost < 0:
        cap, cost = _last(_CAP, text), _last(_COST, text)
    if cap < 0 and cost < 0:
        return None
    if cap >= cost:
        return _Reading(Comparison.AT_LEAST, "allows")
    return _Reading(Comparison.AT_MOST, "puts the cost at")


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.start() for match in pattern.finditer(text)), default=-1)


_PHRASES = {
    RequirementKind.THROUGHPUT: ("The load required is", "evidence"),
    RequirementKind.LATENCY: ("The delay allowed is", "evidence"),
    RequirementKind.AVAILABILITY: ("The availability required is", "evidence"),
    RequirementKind.DATA_VOLUME: ("The volume required is", "evidence"),
    RequirementKind.BUDGET: ("The requirement counts on", "evidence"),
}


def _finding(
    requirement: TechnicalRequirement,
    point: Point,
    figure: Figure,
    reading: _Reading,
    *,
    satisfied: bool,
) -> Finding:
    required = requirement.quantity
    opening = _PHRASES[requirement.kind][0]
    joint = "and" if satisfied else "but"
    speaker = SPEAKERS[point.category]
    statement = (
        f"{opening} {amount(required) if required else ''}, {joint} {speaker} {reading.verb} "
        f"{amount(figure.quantity)}: {point.quote.statement}"
    )
    return Finding(statement=statement, evidence=(requirement.evidence, as_evidence(point.quote)))
