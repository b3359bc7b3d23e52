"""What is worked out for a request is worked out once, and is no part of the request."""

from __future__ import annotations

import copy
import pickle

from domain.clearance import ConfidentialityLevel
from reasoning.bearing import points_for
from reasoning.requests import AnalysisRequest
from reasoning.shortcuts import Shortcuts
from tests.reasoning.corpora import retrieved


def request_for(requirement: str) -> AnalysisRequest:
    return AnalysisRequest(requirement=requirement, requirement_level=ConfidentialityLevel.INTERNAL)


def test_the_same_question_is_worked_out_once():
    asked: list[str] = []

    def answer(question: str, *, loudly: bool = False) -> str:
        asked.append(question)
        return question.upper() if loudly else question

    shortcuts = Shortcuts()
    assert [shortcuts.of(answer, "why"), shortcuts.of(answer, "why")] == ["why", "why"]
    assert shortcuts.of(answer, "why", loudly=True) == "WHY"
    assert shortcuts.of(answer, "how") == "how"
    assert asked == ["why", "why", "how"]


def test_evidence_is_read_once_for_a_request_and_again_for_another_context():
    request = request_for("Track the carriers' parcels.")
    near = {"strategy": (retrieved("The carriers lose forty parcels a day in Brno."),)}
    far = {"strategy": (retrieved("The carriers lose two parcels a day in Lyon."),)}
    first = points_for(request, near)
    assert points_for(request, dict(near)) is first
    assert [point.quote.text for point in points_for(request, far)] == [
        "The carriers lose two parcels a day in Lyon."
    ]


def test_a_copy_with_another_requirement_is_read_for_itself():
    context = {"strategy": (retrieved("The carriers lose forty parcels a day in Brno."),)}
    request = request_for("Track the carriers' parcels.")
    assert points_for(request, context)
    other = request.model_copy(update={"requirement": "Paint the canteen green."})
    assert points_for(other, context) == ()


def test_a_request_is_equal_and_written_alike_whatever_has_been_read_for_it():
    sentence = "The carriers lose forty parcels a day in Brno."
    request, unread = request_for("Track parcels."), request_for("Track parcels.")
    points_for(request, {"strategy": (retrieved(sentence),)})
    assert request == unread
    assert request.model_dump() == unread.model_dump()
    assert sentence not in repr(request)
    assert sentence.encode() not in pickle.dumps(request)
    assert pickle.dumps(copy.deepcopy(request)) == pickle.dumps(unread)
