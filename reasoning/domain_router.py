"""Who answers a message: Sophia, Artemis, both, or the knowledge base alone; or nobody yet, and it asks back.

Each route gets points: how close the message's vector is to that route's intents (`reasoning.intents`), and
what its wording says (`reasoning.routing_cues`). A follow-up leans to the route of the question before; it is
short, so its few words count double and its vector half, or nothing where no word tells. An outright wish ("ask
Sophia") wins over all of it. The weights are set on one part of a labelled set of requests and measured on
others: `python -m benchmarks domain_routing`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from domain.sessions import Route, RoutingDecision, WorkingMemory
from reasoning.follow_ups import resolve_message
from reasoning.intent_phrases import INTENT_PHRASES
from reasoning.intents import (
    Closeness,
    IntentVectors,
    all_intent_phrases,
    closeness,
    intent_vectors,
)
from reasoning.routing_cues import Cues, Form, cues_of, names_something
from reasoning.wishes import wish_in

__all__ = [
    "INTENT_PHRASES",
    "LEAST_CONFIDENCE",
    "IntentVectors",
    "all_intent_phrases",
    "intent_vectors",
    "route_message",
]

LEAST_CONFIDENCE = 0.45
"""Below this it asks back."""
_CLOSENESS = 10.0
"""Points of a message that is such an intent and no other's."""
_LEAN = 3.0
"""Points of a follow-up for the route of the question before."""
_FORM: Mapping[Form, tuple[Route, float]] = {
    Form.LOOKUP: (Route.KNOWLEDGE, 1.6),
    Form.KNOWN: (Route.KNOWLEDGE, 5.0),
    Form.DECISION: (Route.BOTH, 1.4),
    Form.JUDGEMENT: (Route.SOPHIA, 1.0),
    Form.BUILDING: (Route.ARTEMIS, 1.6),
    Form.BOTH_SIDES: (Route.BOTH, 1.1),
}
_OWN_WORD, _OTHER_WORD, _WORD_OF_EACH = 0.5, 0.2, 0.2
_MOST_WORDS = 4
_WORDS_TOLD = 3
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

    The confidence is the likeliest route's share when every route's points are raised as powers of e (a
    softmax): a quarter where nothing speaks for any route, a half where two are level and the others far
    behind, and the nearer to 1 the farther the first is ahead. Below 0.45 it asks back, as it does where the
    message names nothing to answer. A wish has confidence 1.

    Raises `ValueError` when the vector has another dimension than the intents.
    """
    wish = wish_in(content)
    if wish is not None:
        return RoutingDecision(
            route=wish.route, confidence=1, reason=f"You asked for it: “{wish.words}”."
        )
    is_follow_up = resolve_message(content, memory).is_follow_up
    lean = memory.route if is_follow_up else None
    cues = cues_of(content)
    close = closeness(vector, intents)
    shares = _shares(_points(close, cues, lean))
    ranked = sorted(Route, key=lambda route: -shares[route])
    best, confidence = ranked[0], round(shares[ranked[0]], 3)
    if not is_follow_up and not names_something(content, cues):
        return RoutingDecision(
            route=None,
            confidence=min(confidence, LEAST_CONFIDENCE),
            reason="The message alone does not say what is asked.",
            candidates=tuple(ranked),
        )
    if confidence < LEAST_CONFIDENCE:
        return RoutingDecision(
            route=None,
            confidence=confidence,
            reason=f"It could be {_WHO[best]} or {_WHO[ranked[1]]}.",
            candidates=tuple(ranked),
        )
    return RoutingDecision(
        route=best, confidence=confidence, reason=_reason(best, close[best], cues, lean)
    )


def _points(
    close: Mapping[Route, Closeness], cues: Cues, lean: Route | None
) -> Mapping[Route, float]:
    nearness, wording = (_CLOSENESS, 1) if lean is None else (_CLOSENESS / 2, 2)
    if lean is not None and not cues.any:
        nearness = 0
    points = {route: nearness * close[route].score for route in Route}
    for form in _telling_forms(cues):
        route, worth = _FORM[form]
        points[route] += wording * worth
    business, technical = min(cues.business, _MOST_WORDS), min(cues.technical, _MOST_WORDS)
    points[Route.SOPHIA] += wording * (_OWN_WORD * business - _OTHER_WORD * technical)
    points[Route.ARTEMIS] += wording * (_OWN_WORD * technical - _OTHER_WORD * business)
    points[Route.BOTH] += wording * _WORD_OF_EACH * min(business, technical)
    if lean is not None:
        points[lean] += _LEAN
    return points


def _telling_forms(cues: Cues) -> frozenset[Form]:
    """Return the forms that count.

    Who asks who would pay looks nothing up; what it means and how it is built, asked at once, are both sides; a
    decision in words of the business alone is no question for both.
    """
    forms = cues.forms
    if forms & {Form.JUDGEMENT, Form.BUILDING}:
        forms -= {Form.LOOKUP}
    if {Form.JUDGEMENT, Form.BUILDING} <= forms:
        forms |= {Form.BOTH_SIDES}
    if cues.business and not cues.technical:
        forms -= {Form.DECISION}
    return forms


def _shares(points: Mapping[Route, float]) -> Mapping[Route, float]:
    highest = max(points.values())
    powers = {route: math.exp(value - highest) for route, value in points.items()}
    total = sum(powers.values())
    return {route: power / total for route, power in powers.items()}


def _reason(route: Route, close: Closeness, cues: Cues, lean: Route | None) -> str:
    """Return why *route* was taken: how it is asked, by which words, and what it is close to."""
    forms = [
        form.value for form in Form if form in _telling_forms(cues) and _FORM[form][0] is route
    ]
    said = list(dict.fromkeys(forms[:1]))
    words = list(_words_told(route, cues))
    if words:
        said.append(f"uses words of {' and of '.join(words)}")
    if lean is route:
        said.insert(0, "continues the question before")
    said.append(f"is close to “{close.nearest}”")
    sentence = ", ".join(said[:-1]) + (" and " if said[:-1] else "") + said[-1]
    return f"It {sentence}" + ("" if sentence.endswith("?”") else ".")


def _words_told(route: Route, cues: Cues) -> Iterator[str]:
    """Yield the field that says most of each side that *route* answers for, with its words."""
    sides = {
        Route.SOPHIA: (Route.SOPHIA,),
        Route.ARTEMIS: (Route.ARTEMIS,),
        Route.BOTH: (Route.SOPHIA, Route.ARTEMIS),
        Route.KNOWLEDGE: (),
    }
    for side in sides[route]:
        for name, words in list(cues.of_side(side).items())[:1]:
            yield f"{name} ({', '.join(f'“{word}”' for word in words[:_WORDS_TOLD])})"
