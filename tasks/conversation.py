"""The steps of one message: store it, recall what is in play, route it, look up, answer, remember.

A message that fails is stored with its failure, so that it can be sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple

from domain.working_memory import with_turn

from domain.analysis import BusinessPerspective, ComprehensiveAnalysis, TechnicalPerspective
from domain.clearance import ConfidentialityLevel, Reader, high_water_mark
from domain.errors import DiarchyError, InvalidInput
from domain.evidence import RetrievedItem
from domain.knowledge import ItemKey
from domain.model import FrozenModel
from domain.requests import AnalysisBrief, KeptRequest
from domain.sealed import SealedText
from domain.sessions import (
    LONGEST_MESSAGE,
    Conclusion,
    Message,
    RoutingDecision,
    SessionAnswer,
    WorkingMemory,
)
from reasoning.answering import answer_from_analysis, answer_from_knowledge, ask_back
from reasoning.domain_router import all_intent_phrases, intent_vectors, route_message
from reasoning.follow_ups import resolve_message
from storage.knowledge_base import SearchQuery
from storage.reports import ReportKind
from tasks.identification import RunStamp
from tasks.made_once import report_id_of
from tasks.step import step
from tasks.stores import current_stores

TURN_WITHIN = timedelta(minutes=20)
"""How long a message waits for those before it."""
_ITEMS = 12
_CONCLUSIONS = 3
_STORING = timedelta(minutes=2)
_LOOKING_UP = timedelta(minutes=10)
_THINKING = timedelta(minutes=5)


class Analysed(NamedTuple):
    """An analysis and the id under which it is stored."""

    report_id: str
    analysis: ComprehensiveAnalysis | BusinessPerspective | TechnicalPerspective


class Understood(FrozenModel):
    """A message in its conversation."""

    question: str
    """The message as a question of its own."""
    memory: WorkingMemory
    confidentiality_level: ConfidentialityLevel
    """The label of the question: of the message and of all that could flow into it."""

    @property
    def items_in_play(self) -> set[ItemKey]:
        """The items that what was said before cites: their words may stand in the question."""
        return {source.key for turn in self.memory.turns for source in turn.items}


class AskedAnalysis(FrozenModel):
    """A question as it is given to an analysis, and the report that this makes."""

    request: KeptRequest
    report_id: str


class LookedUp(FrozenModel):
    """What bears on a question."""

    items: tuple[RetrievedItem, ...]
    conclusions: tuple[Conclusion, ...]


@asynccontextmanager
async def working_on(message: Message, reader: Reader) -> AsyncGenerator[None]:
    """Hold the message's turn as long as the work inside takes, and store its failure, if it fails.

    A run that is cancelled or killed stores none: it may be resumed.
    """
    try:
        async with current_stores().sessions.holding_turn(message.message_id, reader):
            yield
    except DiarchyError as error:
        await fail_message(message, str(error), reader)
        raise
    except Exception as error:
        await fail_message(message, f"the run failed: {type(error).__name__}", reader)
        raise


@step(name="receive-message", timeout=_STORING)
async def receive_message(
    session_id: str, content: str | SealedText, reader: Reader, run: RunStamp
) -> Message:
    """Store what the reader said, once however often it is sent. Raises `NotFound`, `Conflict`."""
    stores = current_stores()
    text = stores.sealer.open_text(content)
    if not text.strip() or len(text) > LONGEST_MESSAGE:
        raise InvalidInput(f"content: must have 1 to {LONGEST_MESSAGE:,} characters")
    return await stores.sessions.receive(session_id, text, reader, message_id=run.report_id)


@step(name="find-answer", timeout=_STORING)
async def find_answer(message: Message, reader: Reader) -> Message | None:
    """Return the answer where the message has one already."""
    return await current_stores().sessions.find_answer(message.message_id, reader)


@step(name="await-turn", timeout=TURN_WITHIN + timedelta(minutes=1))
async def await_turn(message: Message, reader: Reader) -> None:
    """Wait until every message before this one is answered or has failed."""
    await current_stores().sessions.wait_for_turn(message.message_id, reader, within=TURN_WITHIN)


@step(name="understand-message", timeout=_STORING)
async def understand_message(message: Message, reader: Reader) -> Understood:
    """Resolve the message against what is in play in its session."""
    memory = await current_stores().working_memory.recall(message.session_id, reader)
    return Understood(
        question=resolve_message(message.content, memory).question,
        memory=memory,
        confidentiality_level=high_water_mark(
            [message.confidentiality_level, memory.confidentiality_level]
        ),
    )


@step(name="route-message", timeout=_LOOKING_UP)
async def decide_route(message: Message, understood: Understood, reader: Reader) -> RoutingDecision:
    """Say who answers."""
    embeddings = current_stores().embeddings
    # Each in a batch of its own: the last bits of a vector depend on its batch.
    intents = await embeddings.embed(all_intent_phrases(), reader.clearance)
    (vector,) = await embeddings.embed([message.content], reader.clearance)
    return route_message(
        message.content, vector.tolist(), intent_vectors(intents.tolist()), understood.memory
    )


@step(name="look-up", timeout=_LOOKING_UP, keep_result=True)
async def look_up(message: Message, question: str, reader: Reader) -> LookedUp:
    """Ask the knowledge base, and what earlier sessions concluded."""
    stores = current_stores()
    query = SearchQuery(text=question, limit=_ITEMS)
    (items,) = await stores.knowledge.search([query], reader, purpose="session")
    conclusions = await stores.conclusions.search(
        question, reader, limit=_CONCLUSIONS, other_than=message.session_id
    )
    return LookedUp(items=items, conclusions=conclusions)


@step(name="store-question", timeout=_STORING)
async def store_question(
    message: Message, understood: Understood, kind: ReportKind, reader: Reader
) -> AskedAnalysis:
    """Store the question as a request under its label, and note that it and its analysis are the session's."""
    stores = current_stores()
    request = KeptRequest(request_id=_digest("request", message.message_id), once=True)
    report_id = report_id_of(request, kind, reader)
    brief = AnalysisBrief(
        requirement=understood.question,
        confidentiality_level=understood.confidentiality_level,
        sources=(),
    )
    for made in (request.request_id, report_id):
        await stores.sessions.note_report(message.message_id, made, reader)
    await stores.reports.save(
        brief,
        report_id=request.request_id,
        kind=ReportKind.REQUEST,
        reader=reader,
        made_from=understood.items_in_play,
    )
    return AskedAnalysis(request=request, report_id=report_id)


@step(name="compose-answer", timeout=_THINKING)
async def compose_answer(
    understood: Understood,
    decision: RoutingDecision,
    found: LookedUp | None,
    analysed: Analysed | None,
    run: RunStamp,
) -> SessionAnswer:
    """Answer from the analysis, or else from what was found; without either, ask back."""
    question, label = understood.question, understood.confidentiality_level
    if found is None:
        return ask_back(question, decision, label=label)
    if analysed is None:
        return answer_from_knowledge(
            question,
            found.items,
            recalled=found.conclusions,
            decision=decision,
            label=label,
            now=run.now,
        )
    return answer_from_analysis(
        question,
        analysed.analysis,
        report_id=analysed.report_id,
        evidence=found.items,
        recalled=found.conclusions,
        decision=decision,
        label=label,
    )


@step(name="store-answer", timeout=_STORING)
async def store_answer(
    message: Message,
    answer: SessionAnswer,
    understood: Understood,
    found: LookedUp | None,
    reader: Reader,
) -> Message:
    """Store the answer under its label, audited, before the reader gets it; return what is stored.

    Raises `AccessDenied` when *reader* may not read it any more.
    """
    return await current_stores().sessions.answer(
        message.message_id,
        answer,
        reader,
        answer_id=_digest("answer", message.message_id),
        made_from=() if found is None else {item.key for item in found.items},
        drew_on=[turn.message_id for turn in understood.memory.turns],
    )


@step(name="remember-turn", timeout=_LOOKING_UP)
async def remember_turn(
    message: Message, answer: Message, understood: Understood, reader: Reader
) -> None:
    """Keep what is in play now, and what was concluded."""
    stores = current_stores()
    await stores.working_memory.remember(with_turn(understood.memory, message, answer), reader)
    if answer.answer is not None and answer.answer.conclusion is not None:
        await stores.conclusions.add(answer.message_id)


@step(name="fail-message", timeout=_STORING)
async def fail_message(message: Message, reason: str, reader: Reader) -> None:
    """Store that the message could not be answered; sent again, it is tried again."""
    await current_stores().sessions.fail(message.message_id, reason, reader)


def _digest(of: str, message_id: str) -> str:
    return hashlib.sha256(f"{of}\n{message_id}".encode()).hexdigest()[:32]
