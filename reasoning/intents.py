"""What each route is for, in sentences that a reader might say; a message goes where it is close to several.

Phrases of the code, never a reader's words: their vectors say nothing of anybody and may be kept and shared.
They are embedded once a process by whoever routes; here they are only compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domain.sessions import Route

_NEAREST = 3
"""A route is as close as its three nearest intents are on average: one chance likeness decides nothing."""

INTENT_PHRASES: Mapping[Route, tuple[str, ...]] = MappingProxyType(
    {
        Route.SOPHIA: (
            "What does a change of price mean for revenue and margin?",
            "How strong are our competitors, and how do we answer them?",
            "Which customers might leave us, and why?",
            "Is this market attractive enough to enter?",
            "What are customers willing to pay for it?",
            "What does it mean for our people, hiring, wages and retention?",
            "Can we afford it, and what does it do to cash, debt and the covenants?",
            "What is the business case and the return on the investment?",
            "Which strategy, partnership or acquisition helps us to grow?",
            "Where do we stand in the market, and what is our position?",
            "What would losing this account or contract cost us?",
            "What is the commercial risk and the damage to our reputation?",
            "Which products or locations should we give up because they do not earn enough?",
            "How do we negotiate with investors, lenders and suppliers?",
        ),
        Route.ARTEMIS: (
            "Is it technically feasible, and how would we build it?",
            "Which architecture fits these requirements?",
            "Can the system handle the load, with the latency and the throughput required?",
            "What are the technical risks of the migration?",
            "How secure is the system, and which vulnerabilities must be fixed?",
            "How do we integrate the software with other systems through an API?",
            "How long does the engineering work take, and how many engineers does it need?",
            "What breaks in the software when a component is replaced or switched off?",
            "Which database, platform or technology should we use?",
            "How do we make the service resilient, available and quick to recover from failures?",
            "How are data stored, encrypted, deleted and kept in one region?",
            "Can the devices, sensors, batteries and firmware do it?",
            "What has to be redesigned or tested in the product before it can be made?",
            "Is there enough computing capacity, network and storage?",
        ),
        Route.BOTH: (
            "Should we offer this new digital service to customers by next year within the budget?",
            "Should we build it ourselves or buy it, given its cost and the engineering effort?",
            "We want to launch a product: is there a market for it and can we build it in time?",
            "Decide whether to invest millions in a new plant or a new system by a date.",
            "Is it feasible and does it pay?",
            "Requirement with a budget, a deadline, legal compliance and technical demands",
            "Should we replace the old system now, considering money and technology?",
            "Give us the whole picture: the business and the technical side of the proposal.",
            "Should we promise customers a level of service that our systems have to keep?",
            "Should we automate this work, with what savings and which technology?",
            "Evaluate the introduction of a new app or platform with its revenue and its development.",
            "Go or no go for the project with this budget and this technology?",
        ),
        Route.KNOWLEDGE: (
            "When is the meeting?",
            "Who is responsible for it?",
            "What did the report say about it?",
            "What was the figure in the last quarter?",
            "How many are there?",
            "Where is the document? Show it to me.",
            "What is the status of the project?",
            "What does the contract say about this clause?",
            "When does the agreement end?",
            "List the open findings and the entries on this matter.",
            "Summarise what is known about it.",
            "What was decided or said in the meeting?",
            "Who approved or signed it, and on which day?",
            "How much is the fee, the rate or the limit at present?",
        ),
    }
)
"""The intents of each route."""


def all_intent_phrases() -> tuple[str, ...]:
    """Return every phrase in the order in which `intent_vectors` wants their vectors."""
    return tuple(chain.from_iterable(INTENT_PHRASES[route] for route in Route))


@dataclass(frozen=True, eq=False)
class IntentVectors:
    """The vectors of the intents: a matrix a route, one row a phrase, every row of length 1."""

    of_route: Mapping[Route, NDArray[np.float64]]

    @property
    def dimension(self) -> int:
        """How many numbers a vector has; 384 with the packaged model."""
        return int(self.of_route[Route.SOPHIA].shape[1])


@dataclass(frozen=True)
class Closeness:
    """How close a message is to one route."""

    similarity: float
    """Mean cosine similarity to its nearest intents, in [-1, 1]."""
    nearest: str
    """The nearest intent."""


def intent_vectors(vectors: ArrayLike) -> IntentVectors:
    """Return *vectors*, shape (phrases, dimension) in the order of `all_intent_phrases`, by route.

    Raises `ValueError` when there is not one vector a phrase.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    phrases = all_intent_phrases()
    if rows.ndim != 2 or len(rows) != len(phrases):  # noqa: PLR2004 - a matrix
        raise ValueError(f"expected {len(phrases)} vectors, one a phrase; got shape {rows.shape}")
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    by_route: dict[Route, NDArray[np.float64]] = {}
    start = 0
    for route in Route:
        end = start + len(INTENT_PHRASES[route])
        by_route[route] = rows[start:end]
        start = end
    return IntentVectors(MappingProxyType(by_route))


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
    close: dict[Route, Closeness] = {}
    for route in Route:
        similarities = intents.of_route[route] @ given
        order = np.argsort(-similarities, kind="stable")
        close[route] = Closeness(
            similarity=float(similarities[order[:_NEAREST]].mean()),
            nearest=INTENT_PHRASES[route][int(order[0])],
        )
    return close
