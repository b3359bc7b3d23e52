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
from reasoning.bearing import Point
from reasoning.comparisons import meets
from reasoning.figures import Figure, FigureKind, figures_in
from reasoning.money import SumKind, stated_sums
from reasoning.quoting import as_evidence
from reasoning.speakers import SPEAKERS
from reasoning.terms import terms_of

_C = KnowledgeCategory
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
_CLAUSE = re.compile(r"[,;:()]\s|\s(?:and|but|while)\s")
_ANY_DELAY = terms_of(
    "latency delay delays response responses respond answer answers percentile within refresh time"
)
_WRITTEN_OUT = 1_000


class Measurement(NamedTuple):
    """A requirement, the figure found for it and whether that satisfies it."""

    requirement: TechnicalRequirement
    point: Point
    found: Quantity
    satisfied: bool
    comparison: str
    """Both figures in one clause, without the quote."""

    @property
    def finding(self) -> Finding:
        """The comparison with the sentence that states the figure; cites both texts."""
        return Finding(
            statement=f"{self.comparison}: {self.point.quote.statement}",
            evidence=(self.requirement.evidence, as_evidence(self.point.quote)),
        )

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
    if requirement.kind is RequirementKind.BUDGET:
        yield from _of_money(requirement, required, points)
        return
    subject = _subject_of(requirement, required)
    for point in points:
        text = point.quote.text
        if (
            point.category not in _TECHNICAL
            or not _SPEAKS_OF[requirement.kind].search(text)
            or not _is_same_subject(requirement.kind, subject, point)
        ):
            continue
        figures = point.quote.figures
        if _restates(text, figures, required):
            continue
        for figure in figures:
            if _KINDS[requirement.kind] is not figure.kind:
                continue
            satisfied = meets(figure.quantity, requirement.comparison, required)
            if satisfied is not None:
                said = _comparison(requirement, point, figure.quantity, "puts it at", satisfied)
                yield Measurement(requirement, point, figure.quantity, satisfied, said)


def _of_money(
    requirement: TechnicalRequirement, required: Quantity, points: Sequence[Point]
) -> Iterator[Measurement]:
    for one in stated_sums(points):
        is_cap = one.kind is SumKind.CAP
        bound = Comparison.AT_LEAST if is_cap else Comparison.AT_MOST
        satisfied = meets(one.quantity, bound, required)
        if satisfied is not None:
            verb = "allows" if is_cap else "puts the cost at"
            said = _comparison(requirement, one.point, one.quantity, verb, satisfied)
            yield Measurement(requirement, one.point, one.quantity, satisfied, said)


def _is_same_subject(kind: RequirementKind, subject: frozenset[str], point: Point) -> bool:
    """Whether the sentence speaks of what the required figure is about, and of the topic's ground.

    A delay is compared only where the same thing is delayed; an alarm is not a map.
    """
    said = point.quote.terms
    if kind is RequirementKind.LATENCY:
        own = subject - _ANY_DELAY - point.topic.terms
        return bool(said & own) if own else point.on_topic
    head = terms_of(point.item.title) | said
    return bool(point.shared & subject) and (point.about or bool(head & point.topic.terms))


def _subject_of(requirement: TechnicalRequirement, required: Quantity) -> frozenset[str]:
    """Return the terms of the clause that holds the required figure."""
    text = requirement.evidence.quote
    place = next((one.start for one in figures_in(text) if one.quantity == required), 0)
    start = max((match.end() for match in _CLAUSE.finditer(text[:place])), default=0)
    end = next((match.start() for match in _CLAUSE.finditer(text, place)), len(text))
    return terms_of(text[start:end])


def _restates(text: str, figures: Sequence[Figure], required: Quantity) -> bool:
    """Whether a sentence says the required figure itself: it repeats the demand, it measures nothing."""
    said = (
        f"{required.magnitude:,.6g}"
        if required.magnitude < _WRITTEN_OUT
        else f"{required.magnitude:,.0f}"
    )
    return said in text or any(one.quantity == required for one in figures)


_PHRASES = {
    RequirementKind.THROUGHPUT: "The load required is",
    RequirementKind.LATENCY: "The delay allowed is",
    RequirementKind.AVAILABILITY: "The availability required is",
    RequirementKind.DATA_VOLUME: "The volume required is",
    RequirementKind.BUDGET: "The requirement counts on",
}


def _comparison(
    requirement: TechnicalRequirement,
    point: Point,
    found: Quantity,
    verb: str,
    satisfied: bool,
) -> str:
    required = requirement.quantity
    joint = "and" if satisfied else "but"
    return (
        f"{_PHRASES[requirement.kind]} {amount(required) if required else ''}, {joint} "
        f"{SPEAKERS[point.category]} {verb} {amount(found)}"
    )
