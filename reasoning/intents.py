"""How near a message is to what each route is for, told by vectors.

What tells the intents of one route from those of the others is a direction for each route, found by ridge
regression over the vectors of the phrases; a message is as near to a route as it lies in that direction. So
what all phrases have in common counts for nothing. The nearest phrase is kept to be named. Vectors arrive as
arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domain.sessions import Route
from reasoning.intent_phrases import INTENT_PHRASES

_RIDGE = 2.0
"""Greater takes less of any one phrase."""

Vectors = NDArray[np.float64]


def all_intent_phrases() -> tuple[str, ...]:
    """Return every phrase in the order in which `intent_vectors` wants their vectors."""
    return tuple(chain.from_iterable(INTENT_PHRASES[route] for route in Route))


@dataclass(frozen=True, eq=False)
class IntentVectors:
    """The vectors of the intents, and what tells the routes from each other."""

    phrases: Vectors
    """One row a phrase, every row of length 1."""
    mean: Vectors
    directions: Vectors
    """Shape (dimension, routes), in the order of `Route`."""

    @property
    def dimension(self) -> int:
        """How many numbers a vector has; 384 with the packaged model."""
        return int(self.phrases.shape[1])


@dataclass(frozen=True)
class Closeness:
    """How close a message is to one route."""

    score: float
    """About 1 for a message that is such an intent, about 0 for one that is another's; the routes sum to 1."""
    nearest: str
    """The nearest phrase of the route."""


def intent_vectors(vectors: ArrayLike) -> IntentVectors:
    """Return *vectors*, shape (phrases, dimension) in the order of `all_intent_phrases`, made ready to compare.

    Raises `ValueError` when there is not one vector a phrase.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    routes = _routes_of_phrases()
    if rows.ndim != 2 or len(rows) != len(routes):  # noqa: PLR2004 - a matrix
        raise ValueError(f"expected {len(routes)} vectors, one a phrase; got shape {rows.shape}")
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    mean = rows.mean(axis=0)
    centred = rows - mean
    belongs = np.eye(len(Route))[routes] - 1 / len(Route)
    weights = np.linalg.solve(centred @ centred.T + _RIDGE * np.eye(len(rows)), belongs)
    return IntentVectors(phrases=rows, mean=mean, directions=centred.T @ weights)


def closeness(vector: Sequence[float], intents: IntentVectors) -> Mapping[Route, Closeness]:
    """Return how close *vector* is to each route.

    Raises `ValueError` when it has another dimension than the intents.
    """
    given = np.asarray(vector, dtype=np.float64)
    if given.shape != (intents.dimension,):
        raise ValueError(
            f"expected a vector of {intents.dimension} numbers; got shape {given.shape}"
        )
    given = given / max(float(np.linalg.norm(given)), 1e-12)
    scores = (given - intents.mean) @ intents.directions + 1 / len(Route)
    similarities = intents.phrases @ given
    routes = _routes_of_phrases()
    phrases = all_intent_phrases()
    close: dict[Route, Closeness] = {}
    for place, route in enumerate(Route):
        own = np.flatnonzero(routes == place)
        nearest = int(own[int(np.argmax(similarities[own]))])
        close[route] = Closeness(score=float(scores[place]), nearest=phrases[nearest])
    return MappingProxyType(close)


def _routes_of_phrases() -> NDArray[np.int64]:
    """Return the place of each phrase's route; as many phrases a route, so that none is favoured."""
    return np.repeat(np.arange(len(Route)), [len(INTENT_PHRASES[route]) for route in Route]).astype(
        np.int64
    )
