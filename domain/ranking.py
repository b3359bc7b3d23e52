"""How search results are ordered: meaning and words together, then a bounded push by priority.

Each query's cosine and full-text scores are scaled over that query's permitted candidates and
joined in a convex combination, which keeps up with the better of the two where one is weak (Bruch,
Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", 2023). An item that bears on
the query in neither way falls below the floor and is not returned. Ties are broken by id and level.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
"""An item passes with a window of this cosine, or when it holds this share of the query's words."""


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
    """BM25 score of the whole item; 0 when it shares no word with the query."""
    coverage: float
    """Share of the query's distinct words that the item holds."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Windows that a search brought up, in columns: every one has an entry a window."""

    item_keys: Sequence[str]
    knowledge_ids: Sequence[str]
    level_ranks: NDArray[np.int64]
    strategic_priorities: NDArray[np.int64]
    versions: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    cosines: NDArray[np.float64]
    text_scores: NDArray[np.float64]
    coverages: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Iterable[Candidate]) -> Candidates:
        """Arrange *rows* in columns."""
        listed = list(rows)
        return cls(
            item_keys=[row.item_key for row in listed],
            knowledge_ids=[row.knowledge_id for row in listed],
            level_ranks=np.asarray([row.level_rank for row in listed], np.int64),
            strategic_priorities=np.asarray([row.strategic_priority for row in listed], np.int64),
            versions=np.asarray([row.version for row in listed], np.int64),
            starts=np.asarray([row.start for row in listed], np.int64),
            lengths=np.asarray([row.length for row in listed], np.int64),
            cosines=np.asarray([row.cosine for row in listed], np.float64),
            text_scores=np.asarray([row.text_score for row in listed], np.float64),
            coverages=np.asarray([row.coverage for row in listed], np.float64),
        )

    @classmethod
    def joined(cls, several: Sequence[Candidates]) -> Candidates:
        """Return the windows of *several* one after the other; there is at least one."""
        numbers = list(cls.__dataclass_fields__)[2:]
        return cls(
            [key for one in several for key in one.item_keys],
            [name for one in several for name in one.knowledge_ids],
            *(np.concatenate([getattr(one, name) for one in several]) for name in numbers),
        )

    def __len__(self) -> int:
        return len(self.item_keys)

    def row(self, index: int) -> Candidate:
        """Return one window."""
        return Candidate(
            self.item_keys[index],
            self.knowledge_ids[index],
            int(self.level_ranks[index]),
            int(self.strategic_priorities[index]),
            int(self.versions[index]),
            int(self.starts[index]),
            int(self.lengths[index]),
            float(self.cosines[index]),
            float(self.text_scores[index]),
            float(self.coverages[index]),
        )


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


def rank(candidates: Candidates, *, limit: int | None = None) -> list[RankedItem]:
    """Return the items above the floor, best first; at most *limit*, None for all."""
    if not len(candidates):
        return []
    rows = _strongest(candidates)
    cosines = candidates.cosines[rows]
    strength = max(LEAST_STRENGTH, float(cosines.max()))
    scaled_cosines = _scaled(cosines)
    scaled_texts = _scaled(candidates.text_scores[rows])
    items, first = _items(candidates, rows)
    # An item's best meaning and its best words may be in different windows.
    relevances = _relevance(
        _highest(scaled_cosines, items, len(first)),
        _highest(scaled_texts, items, len(first)),
        strength,
    )
    scores = _relevance(scaled_cosines, scaled_texts, strength)
    places = [_place(candidates, row) for row in rows[first].tolist()]
    pushed = _pushed(candidates, rows[first], relevances).tolist()
    ranked: list[RankedItem] = []
    for item in sorted(range(len(places)), key=lambda item: (-pushed[item], places[item])):
        if len(ranked) == limit:
            break
        windows = np.flatnonzero(items == item).tolist()
        best = sorted(
            (RankedWindow(candidates.row(int(rows[one])), float(scores[one])) for one in windows),
            key=lambda window: (-window.score, window.candidate.start),
        )[:PASSAGES]
        if _bears_on_the_query(best):
            ranked.append(_ranked_item(best, float(relevances[item])))
    return ranked


def _strongest(candidates: Candidates) -> NDArray[np.intp]:
    """Return the rows of the strongest by meaning and by words, each once, an item's in their order."""
    by_cosine = _best(candidates, np.arange(len(candidates)), candidates.cosines)
    with_words = np.flatnonzero(candidates.text_scores > 0)
    by_words = _best(candidates, with_words, candidates.text_scores)
    rows = np.union1d(by_cosine, by_words)
    return rows[np.argsort(candidates.starts[rows], kind="stable")]


def _best(
    candidates: Candidates, rows: NDArray[np.intp], scores: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Return those of *rows* with the highest *scores*, a tie at the end broken by place."""
    if len(rows) <= CANDIDATES:
        return rows
    of_rows = scores[rows]
    cut = np.partition(of_rows, len(rows) - CANDIDATES)[len(rows) - CANDIDATES]
    above = rows[of_rows > cut]
    tied = sorted(
        rows[of_rows == cut].tolist(),
        key=lambda row: (*_place(candidates, row), candidates.starts[row]),
    )
    return np.concatenate([above, tied[: CANDIDATES - len(above)]]).astype(np.intp)


def _place(candidates: Candidates, row: int) -> tuple[str, int, int]:
    return (
        candidates.knowledge_ids[row],
        int(candidates.level_ranks[row]),
        int(candidates.versions[row]),
    )


def _items(
    candidates: Candidates, rows: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Number the items of *rows*: each row's item, and each item's first place among the rows.

    While an item moves between levels the index may hold it at both, each of its version.
    """
    numbers: dict[tuple[str, int], int] = {}
    first: list[int] = []
    items: list[int] = []
    keys = [candidates.item_keys[int(row)] for row in rows]
    versions: list[int] = candidates.versions[rows].tolist()
    for place, key in enumerate(zip(keys, versions, strict=True)):
        number = numbers.setdefault(key, len(first))
        if number == len(first):
            first.append(place)
        items.append(number)
    return np.asarray(items, np.intp), np.asarray(first, np.intp)


def _highest(
    values: NDArray[np.float64], items: NDArray[np.intp], count: int
) -> NDArray[np.float64]:
    highest = np.zeros(count)
    np.maximum.at(highest, items, values)
    return highest


def _scaled(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return *scores* from 0 to 1, each 1 where they are all alike.

    Equal texts differ in the last bits, by where a row stands in a matrix: that decides nothing.
    """
    low, high = scores.min(), scores.max()
    if high - low <= _NOISE:
        return np.full(len(scores), 1.0 if high > 0 else 0.0)
    return np.round((scores - low) / (high - low), _DIGITS)


def _relevance(
    cosines: NDArray[np.float64], texts: NDArray[np.float64], strength: float
) -> NDArray[np.float64]:
    """Combine the scaled scores; *strength*, the query's best cosine, makes queries comparable."""
    combined = (1 - TEXT_WEIGHT) * cosines + TEXT_WEIGHT * texts
    return np.round(combined * min(1.0, strength), 6)


def _pushed(
    candidates: Candidates, rows: NDArray[np.intp], relevances: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return *relevances*, each moved by the priority of the item that *rows* names."""
    return relevances * (1 + PRIORITY_PUSH * (candidates.strategic_priorities[rows] - 5.5) / 4.5)


def _bears_on_the_query(windows: Sequence[RankedWindow]) -> bool:
    """Return whether an item passes the floor: near by meaning, or holding the query's words."""
    return any(
        window.candidate.cosine >= COSINE_FLOOR or window.candidate.coverage >= COVERAGE_FLOOR
        for window in windows
    )


def _ranked_item(windows: Sequence[RankedWindow], relevance: float) -> RankedItem:
    candidate = windows[0].candidate
    return RankedItem(
        item_key=candidate.item_key,
        level_rank=candidate.level_rank,
        version=candidate.version,
        relevance=relevance,
        windows=tuple(windows),
    )
