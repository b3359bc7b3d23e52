"""Who answers a message, why, and how sure that is."""

import asyncio
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.domain_routing import Routed, route_all, share_right
from benchmarks.routed_requests import Part, routed_requests
from domain.sessions import Route, WorkingMemory
from reasoning.domain_router import (
    LEAST_CONFIDENCE,
    IntentVectors,
    all_intent_phrases,
    intent_vectors,
    route_message,
)
from reasoning.intent_phrases import INTENT_PHRASES
from reasoning.intents import closeness
from reasoning.routing_cues import Form, cues_of
from reasoning.wishes import wish_in
from storage.embeddings import EmbeddingModel

NEW = WorkingMemory(session_id="session-1")
_AXES = list(Route)


def by_hand() -> IntentVectors:
    """Four directions, one a route."""
    rows = [np.eye(4)[_AXES.index(route)] for route in Route for _ in INTENT_PHRASES[route]]
    return intent_vectors(np.array(rows))


def towards(route: Route | None, strength: float = 1.0) -> list[float]:
    """A vector that is nearer to *route* the greater *strength* is; level with all for None."""
    vector = np.full(4, 0.5)
    if route is not None:
        vector[_AXES.index(route)] += strength
    return (vector / np.linalg.norm(vector)).tolist()


def after(question: str, route: Route) -> WorkingMemory:
    return WorkingMemory(session_id="session-1", question=question, route=route)


@pytest.fixture(scope="module")
def tuned() -> list[Routed]:
    return asyncio.run(route_all(routed_requests(Part.TUNED), EmbeddingModel()))


def test_the_tuned_half_of_the_labelled_requests_is_routed(tuned: list[Routed]):
    assert share_right(tuned) >= 0.92


def test_who_is_said_to_be_sure_is_right(tuned: list[Routed]):
    sure = [one for one in tuned if one.decision.route and one.decision.confidence >= 0.9]
    assert len(sure) > len(tuned) / 3
    assert share_right(sure) >= 0.95


def test_every_decision_gives_a_reason_or_asks(tuned: list[Routed]):
    for one in tuned:
        assert one.decision.reason.endswith((".", "”"))
        assert (one.decision.route is None) == bool(one.decision.candidates)


def test_the_labelled_set_is_large_and_halved_by_nobody():
    requests = routed_requests()
    assert len(requests) >= 240
    for route in (*Route, None):
        halves = [
            sum(r.part is part and r.route is route for r in requests)
            for part in (Part.TUNED, Part.HELD_OUT)
        ]
        assert abs(halves[0] - halves[1]) <= 2
        assert min(halves) >= 15


@pytest.mark.parametrize("route", Route)
def test_the_nearest_intents_decide_where_the_wording_says_little(route: Route):
    decision = route_message("Tell me about the brand", towards(route), by_hand(), NEW)
    assert decision.route is route


@pytest.mark.parametrize("typed", ["Brno?", "ok", "Good morning", "do it", "?", "the thing"])
def test_what_names_nothing_to_answer_is_asked_back(typed: str):
    decision = route_message(typed, towards(Route.SOPHIA), by_hand(), NEW)
    assert decision.route is None
    assert decision.confidence <= LEAST_CONFIDENCE
    assert set(decision.candidates) == set(Route)


def test_what_lies_between_two_routes_is_asked_back_with_the_likeliest_first():
    decision = route_message("Tell me about the hub prices", towards(None), by_hand(), NEW)
    assert decision.route is None
    assert decision.candidates[0] is Route.SOPHIA
    assert "could be" in decision.reason


@given(st.floats(0, 3), st.floats(0, 3))
def test_confidence_grows_with_the_margin(one: float, other: float):
    nearer, farther = max(one, other), min(one, other)
    message = "What does our brand mean for the market?"
    sure = route_message(message, towards(Route.SOPHIA, nearer), by_hand(), NEW).confidence
    less = route_message(message, towards(Route.SOPHIA, farther), by_hand(), NEW).confidence
    assert sure >= less


@given(st.text(max_size=200), st.integers(0, 3))
def test_any_text_gets_a_decision_with_a_reason(typed: str, axis: int):
    decision = route_message(typed, towards(_AXES[axis]), by_hand(), NEW)
    assert 0 <= decision.confidence <= 1
    assert decision.reason
    assert decision == route_message(typed, towards(_AXES[axis]), by_hand(), NEW)


def test_a_follow_up_leans_to_who_answered_before():
    for route in Route:
        decision = route_message("Why?", towards(None), by_hand(), after("Build the hub?", route))
        assert decision.route is route
        assert "continues the question before" in decision.reason


def test_a_follow_up_that_asks_for_the_other_side_goes_there():
    before = after("Is there a market for live data?", Route.SOPHIA)
    decision = route_message(
        "and could our systems cope with it technically?",
        towards(Route.ARTEMIS, 0.5),
        by_hand(),
        before,
    )
    assert decision.route is Route.ARTEMIS


def test_what_is_said_when_asked_back_is_not_asked_back_for_want_of_words():
    asked_back = WorkingMemory(session_id="session-1", question="Brno", route=None)
    decision = route_message("the scrap rate", towards(Route.KNOWLEDGE), by_hand(), asked_back)
    assert decision.route is Route.KNOWLEDGE
    assert route_message("the scrap rate", towards(Route.KNOWLEDGE), by_hand(), NEW).route is None


def test_a_new_question_does_not_lean():
    typed = "Which architecture fits 5,000 events a second?"
    alone = route_message(typed, towards(Route.ARTEMIS), by_hand(), NEW)
    later = route_message(
        typed,
        towards(Route.ARTEMIS),
        by_hand(),
        after("Where do we stand in the market?", Route.SOPHIA),
    )
    assert alone == later


@pytest.mark.parametrize(
    ("typed", "route", "rest"),
    [
        (
            "Ask Sophia: can the broker take the load?",
            Route.SOPHIA,
            "can the broker take the load?",
        ),
        ("@artemis what does it mean for margin", Route.ARTEMIS, "what does it mean for margin"),
        ("Sophia, can the broker take it?", Route.SOPHIA, "can the broker take it?"),
        (
            "should we buy Lodestar? from both sides please",
            Route.BOTH,
            "should we buy Lodestar? please",
        ),
        ("just look up the capex cap", Route.KNOWLEDGE, "the capex cap"),
        ("ask both", Route.BOTH, ""),
        ("Artemis", Route.ARTEMIS, ""),
        ("the business side, please", Route.SOPHIA, ""),
        ("a full analysis please", Route.BOTH, ""),
        ("look it up", Route.KNOWLEDGE, ""),
    ],
)
def test_an_outright_wish_wins(typed: str, route: Route, rest: str):
    wish = wish_in(typed)
    assert wish is not None
    assert (wish.route, wish.rest) == (route, rest)
    other = next(one for one in Route if one is not route)
    decision = route_message(typed, towards(other, 5), by_hand(), NEW)
    assert (decision.route, decision.confidence) == (route, 1)


@pytest.mark.parametrize(
    "typed",
    [
        "Don't ask Sophia about the broker",
        "What does the audit say about both plants?",
        "Who is Sophia Lindqvist?",
        "Is business good?",
        "How technical is the talk?",
    ],
)
def test_what_only_names_somebody_is_no_wish(typed: str):
    assert wish_in(typed) is None


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("When is the audit?", Form.LOOKUP),
        ("what did the regulator say about labels", Form.LOOKUP),
        ("Should we open a shop in Graz?", Form.DECISION),
        ("what would a strike do to our margin", Form.JUDGEMENT),
        ("how would we migrate the archive?", Form.BUILDING),
        ("Is it worth it and possible?", Form.BOTH_SIDES),
    ],
)
def test_wording_tells_how_something_is_asked(typed: str, form: Form):
    assert form in cues_of(typed).forms


def test_the_reason_names_words_of_the_message_and_the_nearest_intent():
    reason = route_message(
        "What would a discount do to our margin?", towards(Route.SOPHIA), by_hand(), NEW
    ).reason
    assert "“margin”" in reason
    assert INTENT_PHRASES[Route.SOPHIA][0] in reason


def test_intents_are_normalised_and_wrong_shapes_are_refused():
    phrases = all_intent_phrases()
    intents = intent_vectors(np.full((len(phrases), 384), 3.0))
    assert intents.dimension == 384
    assert np.allclose(np.linalg.norm(intents.phrases, axis=1), 1)
    assert math.isclose(closeness([2.0] * 384, intents)[Route.BOTH].score, 1 / 4)
    with pytest.raises(ValueError, match="one a phrase"):
        intent_vectors(np.zeros((3, 384)))
    with pytest.raises(ValueError, match="384 numbers"):
        closeness([1.0, 0.0], intents)


def test_every_route_has_several_intents_and_none_is_shared():
    phrases = all_intent_phrases()
    assert len(set(phrases)) == len(phrases)
    assert min(len(INTENT_PHRASES[route]) for route in Route) >= 10
