"""Strategic alignment: what the company says that speaks for a requirement, and what against it.

A sentence speaks for it when its wording commits, prioritises or opens a chance, and against it when its
wording limits, freezes, delays or contradicts; a chance with a limit is ambiguous and left out. Each item is
heard once on each side. Strength weighs each sentence by how closely it bears and by its item's priority:
(for - against) / (for + against).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.analysis import StrategicAlignment
from domain.knowledge import KnowledgeCategory
from reasoning.bearing import Point, first_of_each_item
from reasoning.competition import is_of_rival
from reasoning.cues import Role

_COMMITTING = frozenset(KnowledgeCategory) - {
    KnowledgeCategory.CUSTOMER_INSIGHTS,
    KnowledgeCategory.COMPETITIVE_ANALYSIS,
    KnowledgeCategory.MARKET_INTELLIGENCE,
}
"""Whose word of commitment is the company's own; the others can only open a chance."""
_MOST = 5
_FLOOR = 0.25
"""Share of the weightiest sentence's weight below which a sentence is not quoted."""


def strategic_alignment(
    points: Sequence[Point],
    categories: Iterable[KnowledgeCategory],
    rivals: Sequence[str] = (),
) -> StrategicAlignment:
    """Return what the items of *categories* say for and against, at most five each.

    What they say of *rivals* alone speaks neither way.
    """
    supports, conflicts = sides_of(points, categories, rivals)
    for_it = sum(point.influence for point in supports)
    against_it = sum(point.influence for point in conflicts)
    total = for_it + against_it
    return StrategicAlignment(
        supports=tuple(point.finding for point in supports),
        conflicts=tuple(point.finding for point in conflicts),
        strength=round((for_it - against_it) / total, 3) if total else 0,
    )


def sides_of(
    points: Sequence[Point],
    categories: Iterable[KnowledgeCategory],
    rivals: Sequence[str] = (),
) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """Return the points for and the points against, weightiest first, each item once a side."""
    wanted = frozenset(categories)
    heard = [
        point
        for point in points
        if point.category in wanted
        and point.on_topic
        and point.weight >= _FLOOR
        and not is_of_rival(point, rivals)
    ]
    against = [
        point
        for point in heard
        if Role.CONFLICT in point.roles
        and Role.OPPORTUNITY not in point.roles
        and point.category in _COMMITTING
    ]
    in_favour = [
        point for point in heard if _speaks_for(point) and Role.CONFLICT not in point.roles
    ]
    return first_of_each_item(in_favour, _MOST), first_of_each_item(against, _MOST)


def _speaks_for(point: Point) -> bool:
    if Role.OPPORTUNITY in point.roles:
        return True
    return Role.SUPPORT in point.roles and point.category in _COMMITTING
