import pytest
from pydantic import ValidationError

from domain.knowledge import KnowledgeCategory
from reasoning.requests import (
    BUSINESS_QUESTIONS,
    MAX_REQUIREMENT_LENGTH,
    TECHNICAL_QUESTIONS,
    gist_of,
    questions_for,
)
from tests.reasoning.corpus import request


def test_every_category_is_asked_and_every_question_has_its_own_name():
    questions = questions_for(request())
    assert {category for question in questions for category in question.categories} == set(
        KnowledgeCategory
    )
    names = [question.name for question in questions]
    assert len(set(names)) == len(names)
    assert set(BUSINESS_QUESTIONS) | set(TECHNICAL_QUESTIONS) == set(names)


def test_a_short_requirement_is_asked_whole():
    assert questions_for(request("Track  every\ncontainer."))[0].text == "Track every container."


def test_a_long_requirement_is_reduced_to_sentences_that_say_most():
    padding = "The weather was fine on that particular morning near Utrecht. "
    points = [
        f"Telemetry platform number {number} ingests telemetry events from tracker {number}. "
        for number in range(60)
    ]
    gist = gist_of(padding + "".join(points))
    assert len(gist) <= 400
    assert "Telemetry platform number" in gist
    assert "weather" not in gist


@pytest.mark.parametrize("text", ["x" * MAX_REQUIREMENT_LENGTH, "word " * 20_000, "a. " * 33_000])
def test_questions_stay_short_whatever_the_requirement(text: str):
    asked = request(text[:MAX_REQUIREMENT_LENGTH])
    assert all(len(question.text) < 600 for question in questions_for(asked))


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (MAX_REQUIREMENT_LENGTH + 1)])
def test_an_empty_or_endless_requirement_is_refused(text: str):
    with pytest.raises(ValidationError):
        request(text)
