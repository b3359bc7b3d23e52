"""Who answers a message: Sophia, Artemis, both, or the knowledge base alone; or nobody yet, and it asks back.

Each route gets points: how much closer the message's vector is to that route's intents than to the others',
and what its wording says (`reasoning.routing_cues`). A follow-up leans to the route of the question before.
An outright wish ("ask Sophia") wins over all of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from domain.sessions import Route, RoutingDecision, WorkingMemory
from reasoning.follow_ups import resolve_message
from reasoning.intents import (
    INTENT_PHRASES,
    Closeness,
    IntentVectors,
    all_intent_phrases,
    closeness,
    intent_vectors,
)
from reasoning.routing_cues import Cues, Form, cues_of
from reasoning.terms import terms_of
from reasoning.wishes import wish_in

__all__ = [
    "INTENT_PHRASES",
    "IntentVectors",
    "all_intent_phrases",
    "intent_vectors",
    "route_message",
]

_LEAST_CONFIDENCE = 0.45
"""Below this it asks back."""
_SIMILARITY = 12.0
"""Points for a cosine similarity that is 1 above the routes' mean."""
_LEAN = 2.0
"""Points of a follow-up for the route of the question before."""
_FORM = {
    Form.LOOKUP: {Route.KNOWLEDGE: 1.5},
    Form.DECISION: {Route.BOTH: 0.7},
    Form.JUDGEMENT: {Route.SOPHIA: 1.0},
    Form.BUILDING: {Route.ARTEMIS: 1.0},
    Form.BOTH_SIDES: {Route.BOTH: 1.5},
}
_WORD = 0.3
_MOST_WORDS = 4
_WHO = {
    Route.SOPHIA: "a business question",
    Route.ARTEMIS: "a technical question",
    Route.BOTH: "a question for both sides",
    Route.KNOWLEDGE: "something to look up",
}


def route_message(
    content: str, vector: Sequence[float], intents: IntentVectors, memory: WorkingMemory
) -> RoutingDecision:
    """Return who answers *content*, the message as it was typed; *vector* is the vector of the same text.

    The confidence is the likeliest route's share when every route's points are raised as powers of e (a softmax):
    a quarter when nothing speaks for any route, and the higher the farther the first is ahead of the others. Below
    0.45 it asks back, as it does where the message names nothing to answer. A wish has confidence 1.

    Raises `ValueError` when the vector has another dimension than the intents.
    """
    wish = wish_in(content)
    if wish is not None:
        return RoutingDecision(
            route=wish.route, confidence=1, reason=f"You asked for it: “{wish.words}”."
        )
    is_follow_up = resolve_message(content, memory).is_follow_up
    cues = cues_of(content)
    close = closeness(vector, intents)
    lean = memory.route if is_follow_up else None
    shares = _shares(_points(close, cues, lean))
    ranked = sorted(Route, key=lambda route: -shares[route])
    best = ranked[0]
    if not (_says_something(content, cues) or (is_follow_up and memory.route)):
        return RoutingDecision(
            route=None,
            confidence=round(min(shares[best], _LEAST_CONFIDENCE), 3),
            reason="The message alone does not say what is asked.",
            candidates=tuple(ranked),
        )
    if shares[best] < _LEAST_CONFIDENCE:
        return RoutingDecision(
            route=None,
            confidence=round(shares[best], 3),
            reason=f"It could be {_WHO[best]} or {_WHO[ranked[1]]}.",
            candidates=tuple(ranked),
        )
    return RoutingDecision(
        route=best,
        confidence=round(shares[best], 3),
        reason=_reason(best, close[best], cues, lean),
    )


def _points(
    close: Mapping[Route, Closeness], cues: Cues, lean: Route | None
) -> Mapping[Route, float]:
    mean = sum(one.similarity for one in close.values()) / len(close)
    points = {route: _SIMILARITY * (close[route].similarity - mean) for route in Route}
    for form in cues.forms:
        for route, worth in _FORM[form].items():
            points[route] += worth
    business, technical = min(cues.business, _MOST_WORDS), min(cues.technical, _MOST_WORDS)
    points[Route.SOPHIA] += _WORD * (business - technical)
    points[Route.ARTEMIS] += _WORD * (technical - business)
    points[Route.BOTH] += _WORD * min(business, technical)
    if lean is not None:
        points[lean] += _LEAN
    return points


def _shares(points: Mapping[Route, float]) -> Mapping[Route, float]:
    highest = max(points.values())
    powers = {route: math.exp(value - highest) for route, value in points.items()}
    total = sum(powers.values())
    return {route: power / total for route, power in powers.items()}


def _says_something(content: str, cues: Cues) -> bool:
    return bool(terms_of(content)) and cues.any


def _reason(route: Route, close: Closeness, cues: Cues, lean: Route | None) -> str:
    if lean is route:
        return "It continues the question before."
    return f"It is close to “{close.nearest}”."
