"""A language model writes parts of an analysis; whatever it does, the analysis stands and is cited."""

import re
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from domain.analysis import ComprehensiveAnalysis
from domain.clearance import ConfidentialityLevel
from domain.knowledge import KnowledgeCategory, KnowledgeItem
from flows import comprehensive_analysis
from tasks.stores import use_stores
from tests.flows.conftest import COMPANY, REQUIREMENT, told
from tests.model_server import Answer, answer_of, completion, model_server
from tests.stores import CONFIDENTIAL, INTERNAL, OpenHome, store

PUBLIC = ConfidentialityLevel.PUBLIC
SAID = "The tracking platform carries 600 requests per second."
QUOTE = SAID
LONG = told(
    "tracking-history",
    "Real-time tracking for customers carries requests. " * 40,
    INTERNAL,
    KnowledgeCategory.STRATEGIC_PLANNING,
    8,
)
_PARTS = ("trends", "collides_with", "executive_summary")

Analyse = Callable[..., Any]


def cited(
    statement: str, quote: str, number: int | None = None, finish_reason: str = "stop"
) -> Answer:
    """Answer in every prompt's part, citing the item in which *quote* stands, or *number*."""

    def answer(body: str) -> Response:
        found = re.search(r"<<<item (\d+)>>>(?:(?!<<<end).)*?The tracking platform carries", body)
        item_number = number or (int(found[1]) if found else 1)
        citations = [{"item": item_number, "quote": quote}]
        return answer_of(
            *({"part": p, "statement": statement, "citations": citations} for p in _PARTS),
            finish_reason=finish_reason,
        )

    return answer


@pytest.fixture
def analyse(
    open_home: OpenHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefect_api: str
) -> Analyse:
    del prefect_api
    homes = count(1)

    async def run(
        url: str,
        requester: str = "internal",
        *,
        company: Sequence[KnowledgeItem] = COMPANY,
        **settings: Any,
    ) -> ComprehensiveAnalysis:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "a-key")
        fields = {"model": "openai-chat:scripted", "model_ceiling": INTERNAL, **settings}
        stores = await open_home(home=tmp_path / f"home-{next(homes)}", **fields)
        for level in ConfidentialityLevel:
            await stores.principals.add(level.value, level)
        await store(stores, *company)
        async with use_stores(stores):
            return await comprehensive_analysis(REQUIREMENT, requester)

    return run


def broken(_: str) -> Response:
    return completion("{")


def refusing(_: str) -> Response:
    return completion("I will not answer that.")


def filtered(_: str) -> Response:
    return completion("", finish_reason="content_filter")


def rejecting(_: str) -> Response:
    return JSONResponse({"error": {"message": "secret words"}}, status_code=400)


def busy(_: str) -> Response:
    return Response(status_code=429, headers={"Retry-After": "0"})


def failing(_: str) -> Response:
    return Response(status_code=500)


def reasons(analysis: ComprehensiveAnalysis) -> set[str]:
    return {one.reason for one in analysis.collaboration_metadata.degraded}


async def test_what_the_evidence_says_is_written_and_signed(analyse: Analyse) -> None:
    with model_server(cited(SAID, QUOTE)) as server:
        analysis = await analyse(server.url)

    assert analysis.strategic_synthesis is not None
    (sentence,) = analysis.strategic_synthesis.executive_summary
    assert sentence.statement == SAID
    assert sentence.evidence[0].knowledge_id == "platform-freeze"
    metadata = analysis.collaboration_metadata
    assert metadata.reasoner == "extractive + model:openai-chat:scripted (prompts 1)"
    assert metadata.degraded == ()
    assert len(server.bodies) == 3
    assert not any('"tools"' in body for body in server.bodies)


@pytest.mark.parametrize(
    "answer",
    [
        cited(SAID, "Words that stand in no item."),
        cited(SAID, QUOTE, number=99),
        cited("The tracking platform does not carry 600 requests per second.", QUOTE),
        cited("The tracking platform carries 2031 requests per second.", QUOTE),
        broken,
        refusing,
        cited(SAID, QUOTE, finish_reason="length"),
        filtered,
        rejecting,
    ],
)
async def test_an_answer_that_cannot_be_used_leaves_the_rules_result(
    analyse: Analyse, answer: Answer
) -> None:
    with model_server(answer) as server:
        analysis = await analyse(server.url)

    assert analysis.strategic_synthesis is not None
    assert analysis.strategic_synthesis.executive_summary
    assert "2031" not in analysis.strategic_synthesis.model_dump_json()
    metadata = analysis.collaboration_metadata
    assert metadata.reasoner == "extractive"
    assert {one.part for one in metadata.degraded} == {
        "business_perspective",
        "technical_perspective",
        "strategic_synthesis",
    }
    assert not any("secret" in reason for reason in reasons(analysis))


async def test_a_model_that_never_answers_is_left_in_time(analyse: Analyse) -> None:
    with model_server(None) as server:
        analysis = await analyse(server.url, model_timeout_seconds=0.3)
    assert len(analysis.collaboration_metadata.degraded) == 3
    assert analysis.unified_recommendations


@pytest.mark.parametrize(
    "passing",
    [
        busy,
        failing,
    ],
)
async def test_a_fault_that_passes_is_tried_again(analyse: Analyse, passing: Answer) -> None:
    with model_server(passing, cited(SAID, QUOTE)) as server:
        analysis = await analyse(server.url)
    assert analysis.collaboration_metadata.degraded == ()
    assert len(server.bodies) == 4


async def test_nothing_above_a_models_ceiling_is_sent_to_it(analyse: Analyse) -> None:
    with model_server(cited(SAID, QUOTE)) as server:
        analysis = await analyse(server.url, "confidential")
    assert server.bodies == []
    assert reasons(analysis) == {"written by rules: no model may see text that is confidential"}


async def test_the_second_model_gets_what_the_first_may_not_see(analyse: Analyse) -> None:
    with model_server(cited(SAID, QUOTE)) as server:
        analysis = await analyse(
            server.url,
            "confidential",
            model_ceiling=PUBLIC,
            local_model="openai-chat:near",
            local_model_ceiling=CONFIDENTIAL,
        )
    assert all('"near"' in body for body in server.bodies)
    assert "EUR 6.8 million" in "".join(server.bodies)
    assert "stranger" not in "".join(server.bodies)
    assert "model:openai-chat:near" in analysis.collaboration_metadata.reasoner


async def test_a_question_that_is_too_long_is_not_cut(analyse: Analyse) -> None:
    with model_server(cited(SAID, QUOTE)) as server:
        analysis = await analyse(server.url, company=(*COMPANY, LONG), model_max_characters=1_000)
    assert server.bodies == []
    assert all("longer than" in reason for reason in reasons(analysis))
    assert len(analysis.collaboration_metadata.degraded) == 3


async def test_without_a_model_nothing_is_asked(analyse: Analyse) -> None:
    with model_server(cited(SAID, QUOTE)) as server:
        analysis = await analyse(server.url, model=None)
    assert server.bodies == []
    assert analysis.collaboration_metadata.reasoner == "extractive"
    assert analysis.collaboration_metadata.degraded == ()


async def test_what_is_above_the_reader_changes_no_byte_that_is_sent(analyse: Analyse) -> None:
    sent: list[list[str]] = []
    said: list[str] = []
    below = [one for one in COMPANY if one.confidentiality_level is INTERNAL]
    for company in (COMPANY, below):
        with model_server(cited(SAID, QUOTE)) as server:
            analysis = await analyse(server.url, company=company)
        sent.append(server.bodies)
        said.append(analysis.model_dump_json(exclude={"collaboration_metadata": {"analysis_id"}}))
    assert sent[0]
    assert sent[0] == sent[1]
    assert said[0] == said[1]
