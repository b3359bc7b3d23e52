"""How search results are ordered: meaning and words together, then a bounded push by priority.

Each query's cosine and full-text scores are scaled over that query's permitted candidates and
joined in a convex combination, which keeps up with the better of the two where one is weak (Bruch,
Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", 2023). A candidate that bears
on the query in neither way falls below the floor and is not returned. Ties are broken by id and level.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

TEXT_WEIGHT = 0.45
"""Near half and half, which is safe for every kind of text; the best weight differs between kinds."""
CANDIDATES = 200
"""How many windows by meaning, and how many by words, are weighed for a query."""
PASSAGES = 3
"""How many windows of an item are returned."""
PRIORITY_PUSH = 0.05
"""Priority 10 lifts an item's relevance by this share, priority 1 lowers it by as much."""
COSINE_FLOOR = 0.25
LEAST_STRENGTH = 0.05
"""What a query's best cosine counts for at least, so that words alone still order the results."""
_NOISE = 1e-5
_DIGITS = 5
COVERAGE_FLOOR = 0.5
"""A candidate passes with this cosine, or when it holds this share of the query's words."""


class Candidate(NamedTuple):
    """One window that a search brought up."""

    item_key: str
    knowledge_id: str
    level_rank: int
    strategic_priority: int
    version: int
    start: int
    length: int
    cosine: float
    text_score: float
    """BM25 score; 0 when the window shares no word with the query."""


class RankedWindow(NamedTuple):
    """A window with its combined score in [0, 1]."""

    candidate: Candidate
    score: float


class RankedItem(NamedTuple):
    """An item with its windows, best first."""

    item_key: str
    level_rank: int
    version: int
    relevance: float
    """In [0, 1], comparable between queries; decides the order together with the priority."""
    windows: tuple[RankedWindow, ...]

    @property
    def best_cosine(self) -> float:
        """The highest cosine among the windows kept."""
        return max(window.candidate.cosine for window in self.windows)


def rank(candidates: Iterable[Candidate], *, limit: int | None = None) -> list[RankedItem]:
    """Return the items that *candidates* belong to, best first; at most *limit*, None for all."""
    weighed = _strongest(list(candidates))
    if not weighed:
        return []
    cosines = _scaled([candidate.cosine for candidate in weighed])
    texts = _scaled([candidate.text_score for candidate in weighed])
    strength = max(LEAST_STRENGTH, *(candidate.cosine for candidate in weighed))
    items: dict[tuple[str, int], list[_Weighed]] = {}
    for candidate, cosine, text in zip(weighed, cosines, texts, strict=True):
        # While an item moves between levels the index may hold it at both, each of its version.
        of_item = items.setdefault((candidate.item_key, candidate.version), [])
        of_item.append((candidate, cosine, text))
    ordered = sorted(
        (_order(windows, relevance), relevance, windows)
        for windows in items.values()
        for relevance in (_relevance_of(windows, strength),)
    )
    return [_ranked_item(windows, relevance, strength) for _, relevance, windows in ordered[:limit]]


def covers(query_terms: frozenset[str], text_terms: frozenset[str]) -> bool:
    """Return whether a text holds enough of the query's words to bear on it by words alone."""
    if not query_terms:
        return False
    return len(query_terms & text_terms) / len(query_terms) >= COVERAGE_FLOOR


def _strongest(candidates: list[Candidate]) -> list[Candidate]:
    """Keep the strongest by meaning and the strongest by words."""
    by_cosine = sorted(candidates, key=lambda found: (-found.cosine, *_place(found)))
    by_words = sorted(
        (found for found in candidates if found.text_score > 0),
        key=lambda found: (-found.text_score, *_place(found)),
    )
    return list(dict.fromkeys([*by_cosine[:CANDIDATES], *by_words[:CANDIDATES]]))


def _place(candidate: Candidate) -> tuple[str, int, int]:
    return (candidate.knowledge_id, candidate.level_rank, candidate.start)


def _scaled(scores: Sequence[float]) -> list[float]:
    """Return *scores* from 0 to 1, each 1 where they are all alike.

    Equal texts differ in the last bits, by where a row stands in a matrix: that decides nothing.
    """
    low, high = min(scores), max(scores)
    if high - low <= _NOISE:
        return [1.0 if high > 0 else 0.0] * len(scores)
    return [round((score - low) / (high - low), _DIGITS) for score in scores]


_Weighed = tuple[Candidate, float, float]
"""A window with its scaled cosine and its scaled text score."""


def _relevance_of(windows: list[_Weighed], strength: float) -> float:
    """Return an item's relevance: its best meaning and its best words may be in different windows."""
    best_cosine = max(cosine for _, cosine, _ in windows)
    best_text = max(text for _, _, text in windows)
    return _relevance(best_cosine, best_text, strength)


def _ranked_item(windows: list[_Weighed], relevance: float, strength: float) -> RankedItem:
    scored = [
        RankedWindow(candidate, _relevance(cosine, text, strength))
        for candidate, cosine, text in windows
    ]
    scored.sort(key=lambda window: (-window.score, window.candidate.start))
    first = scored[0].candidate
    return RankedItem(
        item_key=first.item_key,
        level_rank=first.level_rank,
        version=first.version,
        relevance=relevance,
        windows=tuple(scored[:PASSAGES]),
    )


def _relevance(cosine: float, text: float, strength: float) -> float:
    """Combine the scaled scores; *strength*, the query's best cosine, makes queries comparable."""
    combined = (1 - TEXT_WEIGHT) * cosine + TEXT_WEIGHT * text
    return round(combined * min(1.0, strength), 6)


def _order(windows: list[_Weighed], relevance: float) -> tuple[float, str, int, int]:
    candidate = windows[0][0]
    push = 1 + PRIORITY_PUSH * (candidate.strategic_priority - 5.5) / 4.5
    return (-relevance * push, candidate.knowledge_id, candidate.level_rank, candidate.version)
