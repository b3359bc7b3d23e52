"""What the evidence says that a requirement costs, and what it says is there for it.

A sum is the topic's own when its sentence names the topic beside it, or when it is the sum that a sentence
opens with in an item whose title names the topic. A sum that its own parts follow is a cost; so is one beside
a word of cost. A cap over several requests is no envelope of any one of them: it is held against their total.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from domain.analysis import Quantity, RequirementKind, TechnicalRequirement
from domain.evidence import Evidence
from domain.knowledge import ItemKey, KnowledgeCategory
from reasoning.bearing import Point
from reasoning.figures import Figure, FigureKind
from reasoning.quoting import as_evidence
from reasoning.terms import terms_of

_C = KnowledgeCategory
_WHERE = frozenset({_C.FINANCIAL_ANALYSIS, _C.STRATEGIC_PLANNING, _C.TECHNOLOGY_ROADMAP})
_CAP = re.compile(
    r"\b(?:cap(?:ped)?|ceiling|envelope|limit\w*|not exceed|no more than|at most|maximum"
    r"|remain(?:s|ing)?|headroom|available"
    r"|budget(?:s|ed)?|set aside|earmarked|approved|released)\b",
    re.IGNORECASE,
)
_COST = re.compile(
    r"\b(?:costs?|needs?|asks? for|requests?|requires?|estimat\w+|investment(?: of|:)|capital need"
    r"|plan(?:s|ned)? at|will take|comes to"
    r"|total|quote[ds]?|price)(?!\w)",
    re.IGNORECASE,
)
_NOT_FOR_THIS = re.compile(
    r"\b(?:revenue|turnover|EBITDA|sales|penalt\w+|credits?|saves?|saving\w*|a year|per year|a month"
    r"|contract\w*|loses?|debt|net|margin|contribution|value|delay|more than|less than|gap)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:()]\s|\s(?:and|but|while)\s")
_REACH = 60
_LEAST_SUM = 10_000
_SAME_TOTAL = 0.01
_FEWEST_PARTS = 2


class SumKind(StrEnum):
    """Whether a sum is what something costs or what there is for it."""

    COST = "cost"
    CAP = "cap"


class StatedSum(NamedTuple):
    """A sum of the topic's own, and the sentence that states it."""

    kind: SumKind
    quantity: Quantity
    point: Point


class SharedCap(NamedTuple):
    """What requests add up to, the cap on all of them, and the quotes that state both."""

    total: Quantity
    cap: Quantity
    evidence: tuple[Evidence, ...]


def stated_sums(points: Sequence[Point]) -> Iterator[StatedSum]:
    """Yield the costs and envelopes that *points* state for the topic itself."""
    for point in points:
        if point.category not in _WHERE:
            continue
        sums = _sums_in(point)
        for figure in sums:
            if not _is_own(figure, sums, point):
                continue
            kind = _kind_of(figure, sums, point.quote.text)
            if kind is not None:
                yield StatedSum(kind, figure.quantity, point)


def shared_cap(own: StatedSum, points: Sequence[Point]) -> SharedCap | None:
    """Return the cap on all requests where the item that states *own* adds them up beyond that cap."""
    sums = _sums_in(own.point)
    total = next((one for one in sums if _is_total(one, sums)), None)
    if total is None or total.quantity == own.quantity:
        return None
    for point in points:
        caps = _sums_in(point)
        is_cap = len(caps) == 1 and _CAP.search(point.quote.text) is not None
        if point.item.key != own.point.item.key or not is_cap or _names_another(point):
            continue
        cap = caps[0].quantity
        if cap.unit == total.quantity.unit and own.quantity.magnitude < cap.magnitude < (
            total.quantity.magnitude
        ):
            evidence = (as_evidence(point.quote), as_evidence(own.point.quote))
            return SharedCap(total.quantity, cap, evidence)
    return None


def largest_budget(requirements: Sequence[TechnicalRequirement]) -> TechnicalRequirement | None:
    """Return the requirement with the largest sum; the others are parts of it."""
    budgets = [one for one in requirements if one.kind is RequirementKind.BUDGET and one.quantity]
    return max(budgets, key=lambda one: one.quantity.magnitude if one.quantity else 0, default=None)


def weightiest(sums: Sequence[StatedSum], kind: SumKind, unit: str | None) -> StatedSum | None:
    """Return the sum of *kind*, in *unit* where one is given, of the most important item."""
    return min(
        (one for one in sums if one.kind is kind and unit in {None, one.quantity.unit}),
        key=lambda one: (-one.point.item.strategic_priority, *_place(one.point)),
        default=None,
    )


def _place(point: Point) -> tuple[float, ItemKey, int]:
    return -round(point.weight, 9), point.item.key, point.quote.start


def _sums_in(point: Point) -> tuple[Figure, ...]:
    return tuple(
        one
        for one in point.quote.figures
        if one.kind is FigureKind.MONEY and one.quantity.magnitude >= _LEAST_SUM
    )


def _is_own(figure: Figure, sums: Sequence[Figure], point: Point) -> bool:
    text = point.quote.text
    if point.names_topic and len(sums) == 1:
        return True
    begin = max((one.end for one in sums if one.end <= figure.start), default=0)
    begin = max(begin, *(match.end() for match in _CLAUSE.finditer(text[: figure.start])), 0)
    if point.names_topic and point.topic.is_named_in(terms_of(text[begin : figure.start])):
        return True
    return point.topic.is_named_in(terms_of(point.item.title)) and figure == sums[0]


def _kind_of(figure: Figure, sums: Sequence[Figure], text: str) -> SumKind | None:
    if _is_total(figure, sums):
        return SumKind.COST
    before = text[max(0, figure.start - _REACH) : figure.start]
    around = text[max(0, figure.start - _REACH) : figure.end + 16]
    if _NOT_FOR_THIS.search(around):
        return None
    cap, cost = _last(_CAP, before), _last(_COST, before)
    if cap < 0 and cost < 0:
        cap, cost = _last(_CAP, text), _last(_COST, text)
    if cap < 0 and cost < 0:
        return None
    return SumKind.CAP if cap >= cost else SumKind.COST


def _is_total(figure: Figure, sums: Sequence[Figure]) -> bool:
    """Whether the sums that follow *figure* add up to it."""
    parts = [one.quantity for one in sums if one.start > figure.start]
    if len(parts) < _FEWEST_PARTS or any(part.unit != figure.quantity.unit for part in parts):
        return False
    gap = abs(sum(part.magnitude for part in parts) - figure.quantity.magnitude)
    return gap <= _SAME_TOTAL * figure.quantity.magnitude


def _names_another(point: Point) -> bool:
    """Whether the sentence gives its sum to something that has a name: "the envelope for Harbour"."""
    return re.search(r"\b(?:for|of) (?!the\b|all\b)[A-Z]\w+", point.quote.statement) is not None


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.start() for match in pattern.finditer(text)), default=-1)
